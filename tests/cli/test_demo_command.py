"""`shopfloor demo` at a terminal: the session, then the page, until Ctrl-C."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

SHOPFLOOR = Path(sys.executable).with_name("shopfloor")
ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+/)#token=[\w.-]+&ask=Where%27s")


def test_at_a_terminal_the_page_is_served_until_ctrl_c(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [SHOPFLOOR, "demo", "--no-browser", "--data", tmp_path / "data"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        shown = ""
        while not (found := ADDRESS.search(shown)):
            assert select.select([ours], [], [], 60)[0], shown
            shown += os.read(ours, 65_536).decode("utf-8", "replace")
        assert shown.index("TRK456") < shown.index("Ctrl-C ends")
        with urllib.request.urlopen(found[1], timeout=10) as page:  # noqa: S310
            assert b"<html" in page.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    os.close(ours)
