"""Actions, approvals and undoing on the command line."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from commands import Done, at_the_shop

from shopfloor.actions.naming import action_id
from shopfloor.app import App, open_app
from shopfloor.config import Config
from shopfloor.identity.identity import Identity, Staff
from shopfloor.kernel.ids import CustomerId

JONAS = Identity(customer_id=CustomerId("c-002"))
LARGE_ORDER = "150"
"""Of his: nothing of it was sent, and it is over the limit."""
SNEAKERS = "add the Speedster Red Edition in size 9 to my cart"
TICKET = {"email": "a@b.example", "subject": "A call", "summary": "They rang."}


def shopfloor(*args: str, data: Path, typed: str = "") -> Done:
    return at_the_shop(*args, data=data, typed=typed, LOGNAME="grace")


def rows(*args: str, data: Path) -> list[dict]:
    done = shopfloor(*args, "--json", data=data)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def said(app: App, *texts: str) -> str:
    conversation, _ = await app.chat.open("test", JONAS)
    for text in texts:
        await app.chat.post(conversation, text)
        await app.chat.answer(conversation)
    return conversation


@dataclass(frozen=True, kw_only=True)
class Floor:
    """A demo shop in which a cancellation waits, something lies in a cart, and a ticket was opened."""

    data: Path
    cancelling: str
    filling: str
    """The conversations in which that was said."""
    ticket: str
    """The action's key."""


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Floor:
    path = tmp_path_factory.mktemp("actions") / "data"

    async def prepare() -> Floor:
        async with open_app(Config(data=path)) as app:
            cancelling = await said(app, f"please cancel order {LARGE_ORDER}", "yes")
            filling = await said(app, SNEAKERS)
            ticket = await app.staff_desk.propose("open_ticket", TICKET, Staff(name="Alan"))
            return Floor(data=path, cancelling=cancelling, filling=filling, ticket=ticket.key)

    return anyio.run(prepare)


@pytest.fixture
def data(floor: Floor) -> Path:
    return floor.data


def test_a_cancellation_that_waits_is_listed_shown_rejected_and_approved(data: Path) -> None:
    [waiting] = rows("actions", "list", "--waiting", "--kind", "cancel_order", data=data)
    name = waiting["id"]
    listed = shopfloor("approvals", "list", data=data)
    assert name in listed.stdout
    assert "$991.95  for c-002  by OrderManagementAgent" in listed.stdout
    assert re.search(r"cannot be undone; expires in \d+ (hours|days)", listed.stdout)
    shown = shopfloor("approvals", "show", name[:10], data=data)
    assert "touches     order:150" in shown.stdout
    assert 'arguments   order_number "150"' in shown.stdout
    assert "undo        no: It was not done: it is waiting for approval. (undo.not_done)" in shown.stdout
    refused = shopfloor("approvals", "reject", name, "--reason", " ", data=data)
    assert (refused.returncode, "say why" in refused.stderr) == (2, True)
    refused = shopfloor("approvals", "edit", name, "--args", '{"order_number": "151"}', data=data)
    assert (refused.returncode, "about something else" in refused.stderr) == (2, True)
    done = shopfloor("approvals", "approve", name, "--set", "reason=150", "--json", data=data)
    assert done.returncode == 0, done.stderr
    action = json.loads(done.stdout)
    assert (action["state"], action["staff"], action["args"]["reason"]) == ("executed", "grace", "150")
    assert (action["result"]["state"], action["undo"]["rule"]) == ("cancelled", "undo.irreversible")
    assert [step["state"] for step in action["steps"]][-3:] == ["approved", "confirmed", "executed"]
    assert [step["edited"] for step in action["steps"]][-3:] == [{"reason": "150"}, {}, {}]
    shown = shopfloor("actions", "show", name, data=data).stdout
    assert 'approved: by grace; rule approval.approved; reason is "150" now' in " ".join(shown.split())
    late = shopfloor("approvals", "reject", name, "--reason", "No.", "--as", "Alan", data=data)
    assert (late.returncode, late.stderr) == (2, "shopfloor: grace has approved this action already\n")
    assert rows("approvals", "list", data=data) == []


def test_what_a_conversation_did_is_shown_then_undone_and_the_exit_status_tells(floor: Floor, data: Path) -> None:
    scope = ("undo", "--conversation", floor.filling)
    preview = shopfloor(*scope, "--preview", data=data)
    assert (preview.returncode, "will be undone  set_cart_line: Speedster Red Edition" in preview.stdout) == (0, True)
    no = shopfloor(*scope, data=data, typed="n\n")
    assert (no.returncode, "Undo this action? [y/N]\nNothing was undone." in no.stderr) == (1, True)
    assert no.stdout == preview.stdout
    yes = shopfloor(*scope, data=data, typed="y\n")
    assert yes.returncode == 0, yes.stderr
    assert yes.stdout.startswith(preview.stdout)
    assert "undone  set_cart_line" in yes.stdout.removeprefix(preview.stdout)
    again = shopfloor(*scope, "--yes", data=data)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "There is nothing to undo.\n")
    stays = shopfloor("undo", "--action", floor.ticket, "--yes", "--json", data=data)
    assert stays.returncode == 1
    [step] = json.loads(stays.stdout)["steps"]
    assert (step["is_undone"], step["rule"], step["action"]["id"]) == (
        False,
        "undo.irreversible",
        action_id(floor.ticket),
    )


def test_staff_propose_an_action_once_under_their_own_id(floor: Floor, data: Path) -> None:
    propose = ("actions", "propose", "open_ticket", "--key", "call 7")
    args = TICKET | {"subject": "A call\x1b[2J"}
    first = shopfloor(*propose, "--args", "-", "--json", data=data, typed=json.dumps(args))
    again = shopfloor(*propose, "--args", json.dumps(args), "--as", "Alan", "--json", data=data)
    assert first.returncode == again.returncode == 0, first.stderr + again.stderr
    assert first.stdout == again.stdout
    made = json.loads(first.stdout)
    assert (made["key"], made["state"], made["staff"], made["agent"]) == ("staff/call 7", "executed", "grace", "staff")
    other = shopfloor(*propose, "--args", json.dumps(args | {"summary": "Other."}), data=data)
    assert (other.returncode, "use a new key" in other.stderr) == (2, True)
    shown = shopfloor("actions", "show", made["id"], data=data)
    assert "proposed" in shown.stdout
    assert "\x1b" not in shown.stdout
    mine = rows("actions", "list", "--agent", "staff", "--since", "2h", "--resource", "ticket:new", data=data)
    assert [action["key"] for action in mine] == [made["key"], floor.ticket]
    wrong = shopfloor("actions", "propose", "cancel_order", "--args", '{"order_number": 1}', data=data)
    assert (wrong.returncode, "order_number: Input should be a valid string" in wrong.stderr) == (2, True)


def test_lists_go_on_where_they_ended(data: Path) -> None:
    everything = [
        action["id"] for action in rows("actions", "list", "--customer", "jonas.weber@example.org", data=data)
    ]
    first = shopfloor("actions", "list", "--customer", "c-002", "--limit", "1", data=data)
    assert everything[0] in first.stdout
    assert first.stderr == f"There are more: go on with --after {everything[0]}\n"
    rest = rows("actions", "list", "--customer", "c-002", "--after", everything[0], data=data)
    assert [action["id"] for action in rest] == everything[1:]
    assert rest


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["actions", "list", "--state", "odd"], "there is no state odd: choose one of proposed, declined"),
        (["actions", "list", "--since", "soon"], "'soon' is no time: write 2h, "),
        (["actions", "list", "--customer", "nobody@example.com"], "there is no customer nobody@example.com"),
        (["actions", "show", "zzzz"], "there is no action zzzz"),
        (["actions", "propose", "steal"], "there is no action called steal"),
        (["actions", "propose", "open_ticket", "--args", "[]"], "--args is no JSON object"),
        (["actions", "propose", "open_ticket", "--args", "{"], "--args is no JSON"),
        (["approvals", "approve", "zzzz", "--as", " "], "' ' is no name"),
        (["undo"], "say what to undo with one of --action"),
        (["undo", "--action", "a", "--turn", "b"], "say what to undo with one of --action"),
        (["undo", "--agent", "a"], "--since goes with --agent"),
        (["undo", "--turn", "a", "--json"], "nobody is asked"),
        (["undo", "--conversation", "c9", "--preview"], "there is no conversation c9"),
    ],
)
def test_a_mistake_is_one_line_with_its_remedy(data: Path, args: list[str], said: str) -> None:
    done = shopfloor(*args, data=data)
    assert done.returncode == 2
    assert done.stderr.startswith("shopfloor: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
