"""`shopfloor catalogue import`: what it takes, what it tells, and how it ends."""

import json
from pathlib import Path

import pytest
from commands import at_the_shop

FEED = """\
id,title,price,availability,product_type,link
KAZOO,Brass Kazoo,9.50 USD,in_stock,Instruments > Kazoos,https://shop.example/kazoo
PAN,Iron Pan,,in_stock,Kitchen > Pans,
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop") / "data"


def test_a_feed_is_tried_then_taken_and_found(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    file.write_text(FEED)
    trial = at_the_shop("catalogue", "import", str(file), "--dry-run", data=data)
    assert trial.returncode == 1
    assert trial.stdout.splitlines() == [
        "So it would be: 1 product (1 new, 0 changed, 0 unchanged) from 2 rows",
        "Not used: link",
        "Left out: 1",
        "  line 3 (PAN): it has no price: write it like 15.00 USD",
    ]
    assert "Kazoo" not in at_the_shop("search", "brass kazoo", data=data).stdout
    taken = at_the_shop("catalogue", "import", str(file), "--json", data=data)
    assert taken.returncode == 1
    assert json.loads(taken.stdout) == {
        "dry_run": False,
        "rows": 2,
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "removed": [],
        "not_removed": "",
        "left_out": [{"line": 3, "id": "PAN", "why": "it has no price: write it like 15.00 USD"}],
        "unused_columns": ["link"],
    }
    assert "Brass Kazoo" in at_the_shop("search", "brass kazoo", data=data).stdout
    file.write_text(FEED.replace("Iron Pan,,", "Iron Pan,30.00 USD,"))
    again = at_the_shop("catalogue", "import", str(file), data=data)
    assert (again.returncode, again.stdout.splitlines()[0]) == (
        0,
        "2 products (1 new, 0 changed, 1 unchanged) from 2 rows",
    )


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("feed.csv", None, "cannot be read"),
        ("feed.xml", "<a/>", "--format"),
        ("feed.csv", "a,b\n", "no column id"),
        ("feed.csv", "id;title\n", "save it with commas"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_remedy(
    data: Path, tmp_path: Path, name: str, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    refused = at_the_shop("catalogue", "import", str(tmp_path / name), data=data)
    assert refused.returncode == 2
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr
