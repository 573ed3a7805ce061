"""The wheel works anywhere: rules, templates, classifier and sample library are inside."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "build", "--quiet", "--wheel", "--no-isolation", "--outdir", out, ROOT],
                   check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_what_ships_is_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("rules", "rules/schema", "templates"):
        for path in (one for one in (ROOT / folder).iterdir() if one.is_file()):
            assert f"bot/shipped/{folder}/{path.name}" in names
    assert {"bot/shipped/models/reader.npz", "bot/shipped/models/words.npz",
            "bot/shipped/models/reader.json", "bot/shipped/config.example.yaml",
            "bot/sample/messages.yaml", "bot/store/migrations/versions/0001_first_schema.py"} <= names
    assert not [name for name in names if name.startswith(("tests/", "var/", "benchmarks/"))]


def test_it_runs_far_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site, work = tmp_path / "site", tmp_path / "work"
    work.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    ran = subprocess.run([sys.executable, "-m", "bot.cli", "once", "--quiet"], cwd=work, capture_output=True, text=True,
                         env={**os.environ, "PYTHONPATH": str(site)}, timeout=120, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(list((work / "var" / "outbox").glob("*daily*.html"))) == 8
