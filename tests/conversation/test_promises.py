"""What a model may say was done or is there: only what a tool or a page tells, and never that it did it itself."""

import pytest
from pydantic import JsonValue

from shopfloor.conversation.promises import unkept

CANCELLED: JsonValue = {"order": {"state": "cancelled", "can_be_returned": False}, "outcome": "found"}
OPEN: JsonValue = {"order": {"state": "paid", "is_cancellable": True}, "outcome": "found"}
STOCK: JsonValue = {"variants": [{"size": "9", "stock": 3}], "outcome": "found"}
PAGE: JsonValue = {"text": "We refund the price within 5 days after the goods are back."}


@pytest.mark.parametrize(
    ("sentence", "outputs"),
    [
        ("Your order has been cancelled.", [CANCELLED]),
        ("It was cancelled yesterday.", [CANCELLED]),
        ("We refund you within 5 days.", [PAGE]),
        ("We will refund the price once the goods are back.", [PAGE]),
        ("Size 9 is in stock.", [STOCK]),
        ("Would you like me to cancel it? I have not cancelled anything.", [OPEN]),
        ("Shall I have it cancelled?", []),
        ("It can be cancelled until it is shipped.", [OPEN]),
        ("I have found two pairs.", [STOCK]),
        ("I looked it up: it can be cancelled.", [OPEN]),
        ("I will look into it.", []),
        ("Ihre Bestellung ist unterwegs.", []),
    ],
)
def test_what_is_borne_out_may_be_said(sentence: str, outputs: list[JsonValue]) -> None:
    assert unkept(sentence, outputs) == ()


@pytest.mark.parametrize(
    ("sentence", "outputs", "claim"),
    [
        ("I have cancelled your order.", [CANCELLED], "cancellation"),
        ("I've just refunded you.", [PAGE], "refund"),
        ("I will refund you today.", [PAGE], "refund"),
        ("We have changed the address.", [OPEN], "change"),
        ("Your order has been cancelled.", [OPEN], "cancellation"),
        ("Your refund was credited.", [OPEN], "refund"),
        ("It is in stock.", [OPEN], "stock"),
        ("It is sold out.", [], "stock"),
        ("Ich habe Ihre Bestellung storniert.", [OPEN], "cancellation"),
        ("Die Bestellung wurde storniert.", [OPEN], "cancellation"),
        ("He cancelado tu pedido.", [OPEN], "cancellation"),
        ("J'ai annulé votre commande.", [OPEN], "cancellation"),
        ("I have e-mailed it to you.", [], "sending"),
        ("Ich habe Ihnen den Betrag zurückerstattet.", [OPEN], "refund"),
        ("Wir haben das Paket zugeschickt.", [], "sending"),
        ("I've re-sent it.", [], "sending"),
        ("I cancelled your order.", [OPEN], "cancellation"),
        ("He reenviado el correo.", [], "sending"),
        ("J'ai renvoyé le colis.", [], "sending"),
        ("I've escalated this to a colleague.", [], "ticket"),
        ("I have added it to your cart.", [STOCK], "subscription"),
    ],
)
def test_what_nothing_bears_out_may_not(sentence: str, outputs: list[JsonValue], claim: str) -> None:
    assert claim in unkept(sentence, outputs)
