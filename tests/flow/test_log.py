"""The log says what happened by numbers and names: no words of mail, no patron's data, no addresses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.inbox.message import parse
from bot.sample.lay import compose

_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|WARNING|ERROR) [\w.]+ \S.*")


def test_no_word_of_any_message_reaches_the_log(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "bot.cli", "once", "--quiet"], cwd=tmp_path, check=True, timeout=120,
                   env={**os.environ, "PYTHONPATH": os.getcwd()})
    log = (tmp_path / "var" / "liaison.log").read_text("utf-8")
    assert all(_LINE.fullmatch(line) for line in log.splitlines())
    assert log.count(" received message=") == 66
    assert log.count(" composed slot=") >= 9
    zone = ZoneInfo("America/Chicago")
    for slug, raw in compose(datetime(2026, 3, 10, 12, tzinfo=zone), zone):
        message = parse(raw)
        said = [message.subject, *(line.strip() for line in message.text.splitlines())]
        assert not [line for line in said if len(line) > 20 and line in log], slug
        assert message.sender is None or message.sender.address not in log
    assert "21357004618820" not in log
