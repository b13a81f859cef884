"""Signals on the command line: it carries them out itself, or lets the running server do so."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import time
from pathlib import Path

import anyio
import pytest
from commands import at_the_shop as shopfloor
from commands import environment_of

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.outreach.rules import OutreachRules

MAYA = "maya.lindqvist@example.com"
SHOPFLOOR = Path(sys.executable).with_name("shopfloor")
HOODIES = {"Harbour Heavyweight Hoodie": "P115-BLACK-XL", "Coldframe Grid Hoodie": "P117-BLACK-XL"}
"""Both are sold out."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo shop without quiet hours: these tests run at any."""
    path = tmp_path_factory.mktemp("signals") / "data"

    async def prepare() -> None:
        async with open_app(Config(data=path)) as app:
            brand = await app.settings.in_force()
            awake = OutreachRules(quiet_from=time(0), quiet_until=time(0))
            await app.settings.put(brand.model_copy(update={"outreach": awake}))

    anyio.run(prepare)
    return path


@pytest.fixture
def server(data: Path) -> Iterator[subprocess.Popen[str]]:
    command = [SHOPFLOOR, "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment_of(data), text=True) as running:
        assert running.stdout
        for line in running.stdout:
            if "browser" in line:
                break
        yield running
        running.terminate()


def wait_for(hoodie: str, data: Path) -> str:
    asked = f"Notify me when the {hoodie} is back in black, size XL"
    done = shopfloor("chat", "--customer", MAYA, "-m", asked, "--json", data=data)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])["event_data"]["conversation_id"]


def outbox(data: Path, conversation: str) -> list[dict]:
    messages = json.loads(shopfloor("outbox", "list", "--json", data=data).stdout)
    return [message for message in messages if message["conversation_id"] == conversation]


def test_a_hoodie_that_is_restocked_is_announced_by_the_command_itself(data: Path) -> None:
    hoodie = "Harbour Heavyweight Hoodie"
    conversation = wait_for(hoodie, data)
    done = shopfloor("shop", "restock", HOODIES[hoodie], "3", data=data)
    assert done.returncode == 0, done.stderr
    assert f"{MAYA}, by lead_generation: sent, in {conversation} and in the outbox" in done.stdout
    (message,) = outbox(data, conversation)
    assert message["email"] == MAYA
    assert message["text"] in shopfloor("outbox", "list", data=data).stdout.replace("    ", "")
    assert shopfloor("shop", "restock", HOODIES[hoodie], "5", data=data).stdout == "", "it was not sold out"
    assert "stock_returned" in shopfloor("signals", "list", data=data).stdout
    assert shopfloor("signals", "run", data=data).returncode == 0
    assert len(outbox(data, conversation)) == 1


def test_a_signal_that_is_sent_again_is_known_and_why_nothing_is_sent_is_told(data: Path) -> None:
    send = ("signals", "send", "parcel_delayed", "--order", "107", "--id", "p1")
    first, again = shopfloor(*send, data=data), shopfloor(*send, data=data)
    why = (
        f"{MAYA}, by order_management: not sent, since the order has come, was cancelled, or is not theirs (order.over)"
    )
    assert why in first.stdout
    assert "known already" in again.stdout
    other = shopfloor("signals", "send", "parcel_delayed", "--order", "123", "--id", "p1", data=data)
    assert (other.returncode, "use a new id" in other.stderr) == (2, True)
    nobody = shopfloor("signals", "send", "cart_abandoned", "--cart", "cart-99", data=data)
    assert "Nobody is to hear of it" in nobody.stdout


def test_a_signal_that_cannot_be_read_is_refused(data: Path) -> None:
    for args in (("moon_landing",), ("stock_returned", "--order", "123")):
        refused = shopfloor("signals", "send", *args, data=data)
        assert refused.returncode == 2
        assert "shopfloor: the signal" in refused.stderr


def test_a_running_server_carries_out_what_the_command_stores(data: Path, server: subprocess.Popen[str]) -> None:
    hoodie = "Coldframe Grid Hoodie"
    conversation = wait_for(hoodie, data)
    done = shopfloor("shop", "restock", HOODIES[hoodie], "3", "--json", data=data)
    assert done.returncode == 0, done.stderr
    (outreach,) = json.loads(done.stdout)["outreaches"]
    assert (outreach["state"], outreach["rule"], outreach["conversation_id"]) == ("sent", "allowed", conversation)
    refused = shopfloor("signals", "run", data=data)
    assert (refused.returncode, "running server" in refused.stderr) == (2, True)
    assert len(outbox(data, conversation)) == 1
    assert server.poll() is None
