"""Sign-in tokens: only what this installation signed, for this purpose, and in time by its own clock."""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.identity.tokens import ALGORITHM, AUDIENCE, LIFETIME, CustomerTokens
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import CustomerId

NOW = datetime(2020, 5, 4, 12, 0, tzinfo=UTC)
"""Long before the machine's own clock, so that a check against that one shows."""
SECRET = b"s" * 32
MAYA = CustomerId("c-001")


def tokens(at: datetime = NOW, secret: bytes = SECRET) -> CustomerTokens:
    return CustomerTokens(secret, FixedClock(at))


def signed(claims: Mapping[str, Any], secret: bytes = SECRET, algorithm: str = ALGORITHM) -> str:
    valid = {"sub": MAYA, "aud": AUDIENCE, "exp": int(NOW.timestamp()) + 60}
    held = {name: value for name, value in {**valid, **claims}.items() if value is not None}
    return jwt.encode(held, secret, algorithm=algorithm)


def part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_names_the_customer_it_was_signed_for() -> None:
    assert tokens().verify(tokens().sign(MAYA)) == MAYA


def test_another_process_with_the_same_secret_knows_the_token() -> None:
    assert tokens(secret=bytes(SECRET)).verify(signed({})) == MAYA


def test_a_token_expires_by_the_installations_clock() -> None:
    token = tokens().sign(MAYA)
    almost = NOW + LIFETIME - timedelta(seconds=1)
    assert tokens(almost).verify(token) == MAYA
    with pytest.raises(InvalidInput, match="expired"):
        tokens(NOW + LIFETIME).verify(token)


def test_a_shorter_lifetime_is_kept_to() -> None:
    token = tokens().sign(MAYA, lifetime=timedelta(minutes=1))
    with pytest.raises(InvalidInput, match="expired"):
        tokens(NOW + timedelta(minutes=2)).verify(token)


@pytest.mark.parametrize(
    "token",
    [
        signed({}, secret=b"t" * 32),
        signed({"aud": "another-app"}),
        signed({"aud": None}),
        signed({"exp": None}),
        signed({"exp": "soon"}),
        signed({"exp": 10**30}),
        signed({"sub": None}),
        signed({"sub": 1}),
        signed({}, secret=b"s" * 64, algorithm="HS512"),
        jwt.encode({"sub": MAYA, "aud": AUDIENCE, "exp": 10**10}, None, algorithm="none"),
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({'sub': MAYA, 'aud': AUDIENCE, 'exp': 10**10})}.",
        f"{part({'alg': ['HS256']})}.{part({'sub': MAYA})}.AAAA",
        "",
        ".",
        "..",
        "a.b.c",
        "not a token",
        "né.né.né",
        "\ud800.a.b",
        "e30.e30.e30",
        "x" * 100_000,
    ],
    ids=lambda token: token[:12].encode("ascii", "backslashreplace").decode() if isinstance(token, str) else None,
)
def test_what_this_installation_did_not_sign_for_this_purpose_names_nobody(token: str) -> None:
    with pytest.raises(InvalidInput, match="sign in again"):
        tokens().verify(token)


@given(st.data())
def test_a_token_with_one_letter_changed_names_nobody_else(data: st.DataObject) -> None:
    token = tokens().sign(MAYA)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("aZ0_-.").filter(lambda letter: letter != token[place]))
    with suppress(InvalidInput):  # the last letter holds bits that count for nothing
        assert tokens().verify(token[:place] + letter + token[place + 1 :]) == MAYA
