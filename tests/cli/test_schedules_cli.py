"""`shopfloor schedules` tells when what the calendar calls for is done, and a server does it then."""

import json
import time
from pathlib import Path

from commands import run_command
from server_process import Process


def standing(data: Path) -> dict[str, str | None]:
    done = run_command("schedules", "--json", "--data", str(data))
    listed = {one["name"]: one for one in json.loads(done.stdout)}
    assert listed.keys() == {"retention", "knowledge"}
    return listed["retention"]


def test_a_server_does_what_the_calendar_calls_for_and_tells_when(tmp_path: Path) -> None:
    data = tmp_path / "data"
    told = run_command("schedules", "--data", str(data))
    assert "retention  0 * * * *  never up to now, due" in told.stdout
    done = run_command("settings", "set", "schedules.retention=30 3 1 1 *", "--data", str(data))
    assert done.returncode == 0, done.stderr
    server = Process(data, "--role", "worker")
    try:
        server.until_ready()
        deadline = time.monotonic() + 30
        while standing(data)["ran_at"] is None:
            assert time.monotonic() < deadline, server.errors.read_text()
            time.sleep(0.2)
    finally:
        server.close()
    assert standing(data)["cron"] == "30 3 1 1 *"
    assert "-01-01T" in str(standing(data)["next_at"])
    told = run_command("schedules", "--data", str(data))
    assert "(now), next" in told.stdout


def test_times_that_never_come_are_refused_with_the_remedy(tmp_path: Path) -> None:
    refused = run_command("settings", "set", "schedules.retention=@daily", "--data", str(tmp_path / "data"))
    assert refused.returncode == 2
    assert "schedules.retention: write minute, hour, day of the month" in refused.stderr
