"""`shopfloor mcp`: servers attached from the command line, and an agent that uses their tools."""

import json
import shlex
import sys
from pathlib import Path

import pytest
from cli.test_cli_team import shopfloor

SERVER = Path(__file__).parents[1] / "tools" / "mcp_tools_server.py"
COMMAND = shlex.join([sys.executable, str(SERVER)])
BROKEN = shlex.join([sys.executable, "-c", "raise SystemExit"])
"""A program that is no server: whatever is to be told before it is started is not told by it."""
CARD = """
id: time_keeper
name: Time Keeper
half: conversation
description: Tells the time in places where the shop has stores.
instructions: Tell the time.
tools: [clock_now, clock_set_alarm]
skills:
  - id: tell_time
    name: Tell the time
    description: Tells what time it is at our store in Oslo.
    status: Looking at the clock...
    examples: [what time is it in your Oslo store, tell me the time in Oslo, time in oslo, how late is it in oslo]
    steps:
      - call: clock_now
        with: {timeZone: "'Europe/Oslo'"}
        as: clock
      - say: "In {{ clock.data.zone }} it is {{ clock.data.time }}."
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an attached server, and an agent that names two of its tools."""
    path = tmp_path_factory.mktemp("mcp") / "data"
    (path.parent / "card.yaml").write_text(CARD, "utf-8")
    early = shopfloor("agents", "add", str(path.parent / "card.yaml"), data=path)
    assert early.returncode == 2
    assert "there is no tool clock_now" in early.stderr
    done = shopfloor("mcp", "attach", "clock", "--command", COMMAND, "--read", "now", "--allow", "setAlarm", data=path)
    assert done.returncode == 0, done.stderr
    assert "now  clock_now, a read\n" in done.stdout
    assert "setAlarm  clock_set_alarm, allowed\n" in done.stdout
    assert "echo  not callable.\n" in done.stdout
    done = shopfloor("agents", "add", str(path.parent / "card.yaml"), data=path)
    assert done.returncode == 0, done.stderr
    return path


def test_a_playbook_calls_an_attached_tool(data: Path) -> None:
    done = shopfloor("chat", "-m", "what time is it in your Oslo store", data=data)
    assert "In Europe/Oslo it is 12:00." in done.stdout, done.stderr


def test_the_tools_of_a_server_are_shown_with_what_agents_may_call(data: Path) -> None:
    tools = json.loads(shopfloor("mcp", "tools", "clock", "--json", data=data).stdout)
    standing = {tool["card_name"]: (tool["is_callable"], tool["is_read"]) for tool in tools}
    assert standing["clock_now"] == (True, True)
    assert standing["clock_set_alarm"] == (True, False)
    assert standing["clock_echo"] == (False, False)
    (row,) = json.loads(shopfloor("mcp", "list", "--json", data=data).stdout)
    assert (row["name"], row["transport"], row["tools"]) == ("clock", "stdio", ["clock_now", "clock_set_alarm"])
    assert "tools: clock_now, clock_set_alarm" in shopfloor("mcp", "list", data=data).stdout


def test_a_card_cannot_name_a_tool_that_is_not_allowed_or_is_for_others(data: Path) -> None:
    card = data.parent / "other.yaml"
    other = CARD.replace("time_keeper", "other_keeper").replace("Time Keeper", "Other Keeper")
    card.write_text(other.replace("clock_set_alarm", "clock_echo"), "utf-8")
    done = shopfloor("agents", "check", str(card), data=data)
    assert (done.returncode, "there is no tool clock_echo" in done.stderr) == (2, True)
    attach = ("mcp", "attach", "mine", "--command", COMMAND, "--read", "now", "--agent", "time_keeper")
    assert shopfloor(*attach, data=data).returncode == 0
    card.write_text(other.replace("clock_", "mine_").replace(", mine_set_alarm", ""), "utf-8")
    done = shopfloor("agents", "check", str(card), data=data)
    assert (done.returncode, "mine_now is for time_keeper only: leave it out" in done.stderr) == (2, True)
    assert shopfloor("mcp", "detach", "mine", data=data).stdout == "mine is detached.\n"


def test_an_agent_whose_server_is_down_fails_and_the_rest_works(data: Path) -> None:
    broken = shopfloor("mcp", "attach", "clock", "--replace", "--command", BROKEN, data=data)
    assert (broken.returncode, "the MCP server clock ended the connection" in broken.stderr) == (1, True)
    gone = data.parent / "gone.py"
    gone.write_text(SERVER.read_text("utf-8"), "utf-8")
    again = ("mcp", "attach", "clock", "--replace", "--read", "now", "--allow", "setAlarm")
    assert shopfloor(*again, "--command", shlex.join([sys.executable, str(gone)]), data=data).returncode == 0
    gone.unlink()
    done = shopfloor("chat", "-m", "what time is it in your Oslo store", data=data)
    assert done.returncode == 0
    assert "12:00" not in done.stdout
    done = shopfloor("chat", "-m", "do you have red sneakers in men's size 9", data=data)
    assert "Speedster Red Edition" in done.stdout
    assert shopfloor("agents", "check", str(data.parent / "card.yaml"), data=data).returncode == 0
    assert shopfloor(*again, "--command", COMMAND, data=data).returncode == 0


def test_a_server_whose_tools_nobody_may_call_says_how_that_is_changed(data: Path) -> None:
    done = shopfloor("mcp", "attach", "idle", "--command", COMMAND, data=data)
    assert done.returncode == 0, done.stderr
    assert "None of its tools may be called yet: attach it with --replace" in done.stderr
    assert shopfloor("mcp", "detach", "idle", data=data).returncode == 0


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["attach", "clock", "--command", COMMAND], "an MCP server clock is attached already: give --replace"),
        (["attach", "my-clock", "--command", BROKEN], "it is a word of at most 20 small letters and digits"),
        (["attach", "get", "--command", BROKEN], "its tools would be named like the shop's own get_"),
        (["attach", "two", "--command", BROKEN, "--agent", "nobody"], "there is no agent nobody: there are "),
        (["attach", "two", "--command", COMMAND, "--read", "setAlarm"], "does not say that setAlarm only reads"),
        (["attach", "two", "--command", COMMAND, "--allow", "nothing"], "the server has no tool nothing: it has now,"),
        (["attach", "two"], "give a command or a url, one of them"),
        (["attach", "two", "--command", "'"], "the command cannot be read"),
        (["tools", "two"], "no MCP server two is attached"),
        (["detach", "two"], "no MCP server two is attached"),
        (["serve", "--http", "--token", "x"], "each request brings its own token"),
        (["serve", "--token", "x"], "the sign-in token is not valid"),
    ],
)
def test_mistakes_are_told_with_their_remedy(data: Path, args: list[str], problem: str) -> None:
    done = shopfloor("mcp", *args, data=data)
    assert done.returncode == 2
    assert problem in done.stderr


def test_detaching_names_the_agents_that_are_left_without(data: Path) -> None:
    done = shopfloor("mcp", "detach", "clock", data=data)
    assert done.stdout == "clock is detached.\n"
    assert "still name its tools, and fail where they need them: time_keeper" in done.stderr
    assert json.loads(shopfloor("mcp", "list", "--json", data=data).stdout) == []
    done = shopfloor("chat", "-m", "what time is it in your Oslo store", data=data)
    assert (done.returncode, "12:00" in done.stdout) == (0, False)
