import pytest

from shopfloor.language.address import AddressParts, is_street, parse_address


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("15 Market St", {"line1": "15 Market St"}),
        (
            "15 Market Street, Apt 4, Portland, ME 04101",
            {
                "line1": "15 Market Street",
                "line2": "Apt 4",
                "city": "Portland",
                "region": "ME",
                "postal_code": "04101",
                "country": "US",
            },
        ),
        (
            "to 22b Baker St London NW1 6XE UK",
            {"line1": "22b Baker St", "city": "London", "postal_code": "NW1 6XE", "country": "GB"},
        ),
        (
            "please ship it to 15 market street\nportland, me 04101",
            {"line1": "15 Market Street", "city": "Portland", "region": "ME", "postal_code": "04101", "country": "US"},
        ),
        (
            "Hauptstraße 12, 10115 Berlin, Germany",
            {"line1": "Hauptstraße 12", "city": "Berlin", "postal_code": "10115", "country": "DE"},
        ),
        (
            "123 King St W, Toronto, ON M5H 1A1",
            {"line1": "123 King St W", "city": "Toronto", "region": "ON", "postal_code": "M5H 1A1", "country": "CA"},
        ),
        ("change order 123 to 99 Elm Road instead of the old one", {"line1": "99 Elm Road"}),
        ("It's 15 Market St. My name is Bob", {"line1": "15 Market St"}),
        ("15 Market St tomorrow please", {"line1": "15 Market St"}),
    ],
)
def test_the_parts_of_an_address_are_read(text: str, parts: AddressParts) -> None:
    assert parse_address(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "where is order 123",
        "2 pairs of boots",
        "I have 3 items in this place",
        "size 9 way too small",
        "I paid 1200 dollars",
        "tell me 12345",
        "",
    ],
)
def test_what_names_no_street_is_no_address(text: str) -> None:
    assert not is_street(text)
    assert parse_address(text) == {}


@pytest.mark.parametrize("text", ["15 Market St", "PO Box 12", "10 rue de Rivoli", "350 5th Ave"])
def test_a_street_is_known_by_its_number_and_kind(text: str) -> None:
    assert is_street(text)
