"""Starts `tests.hostile.run` and reads what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field

from tests.unit.builders import ROOT


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What became of one message (`fate` empty: of a morning's mails): processor time in seconds, memory in MB at the
    most and before, and what is wrong."""

    name: str
    fate: str = ""
    kind: str = ""
    why: str = ""
    seconds: float = 0.0
    before: int = 0
    megabytes: int = 0
    wrong: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


def put_through(*words: str, seconds: float = 1_500) -> list[Fate]:
    """Everything that a process of its own says. It must end well, and say nothing besides."""
    done = subprocess.run([sys.executable, "-W", "error", "-m", "tests.hostile.run", *words], cwd=ROOT, timeout=seconds,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3_000:]
    assert done.stderr == b""
    return [_fate(json.loads(line)) for line in done.stdout.splitlines()]


def _fate(said: dict[str, object]) -> Fate:
    known = {name: said[name] for name in Fate.__dataclass_fields__ if name in said}
    name = str(said.get("file") or f"{said.get('seed')} {said.get('number')}")
    return Fate(**{**known, "name": name, "wrong": tuple(said["wrong"])})  # type: ignore[arg-type]
