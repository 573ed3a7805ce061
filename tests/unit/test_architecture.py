"""The house as it is meant to stand: who imports whom, how long anything may be, and what no file does."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.unit.builders import ROOT

FILES = sorted(path for path in (ROOT / "bot").rglob("*.py") if "shipped" not in path.parts)
#: Empty packages and what alembic writes.
_BARE = {"bot/store/migrations/__init__.py", "bot/store/migrations/versions/__init__.py"}
_GENERATED = "migrations"
LONGEST_FUNCTION, LONGEST_FILE, MEDIAN, NINETIETH = 40, 400, 6, 20


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _functions() -> Iterator[tuple[str, int]]:
    """Each function with the lines of its body, docstring left out; the migrations are tables, not code."""
    for path in FILES:
        if _GENERATED in path.parts:
            continue
        for node in ast.walk(_tree(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield f"{_name(path)}:{node.name}", _length(node)


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_rooms_import_only_what_lies_below_them() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_no_function_is_long() -> None:
    assert [(name, lines) for name, lines in _functions() if lines > LONGEST_FUNCTION] == []


def test_functions_are_short_on_the_whole() -> None:
    lengths = sorted(lines for _, lines in _functions())
    assert statistics.median(lengths) <= MEDIAN
    assert lengths[len(lengths) * 9 // 10] <= NINETIETH


def test_no_file_is_long() -> None:
    lengths = {_name(path): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_each_module_says_what_it_owns(path: Path) -> None:
    if _name(path) not in _BARE:
        assert ast.get_docstring(_tree(path))


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_no_module_prints_or_runs_text_as_code(path: Path) -> None:
    calls = [node.func for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]
    called = {function.id for function in calls if isinstance(function, ast.Name)}
    assert not called & {"print", "eval", "exec", "breakpoint"}


def test_no_module_loads_pickles() -> None:
    imported = {
        alias.name.partition(".")[0] for path in FILES for node in ast.walk(_tree(path))
        if isinstance(node, ast.Import) for alias in node.names
    }
    assert not imported & {"pickle", "joblib", "marshal", "shelve", "dill"}


#: The clock is read at the edges; everywhere else `now` is an argument.
_EDGES = ("bot/inbox/files.py", "bot/daemon.py", "bot/commands/", "bot/cli.py", "bot/terminal.py",
          "bot/tokens/clock.py")


@pytest.mark.parametrize("path", [path for path in FILES if not _name(path).startswith(_EDGES)], ids=_name)
def test_the_clock_is_read_at_the_edges_alone(path: Path) -> None:
    read = [
        f"{_name(path)}:{node.lineno}" for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        and f"{node.value.id}.{node.attr}" in {"datetime.now", "datetime.utcnow", "date.today", "time.time"}
    ]
    assert read == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_broad_except_says_why(path: Path) -> None:
    source = path.read_text("utf-8").splitlines()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{_name(path)}:{node.lineno}"
            is_broad = isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")
            is_logged = any("log." in line for line in source[node.lineno:node.lineno + 3])
            is_told = is_logged or "noqa: BLE001" in source[node.lineno - 1]
            assert is_told or not is_broad, f"{_name(path)}:{node.lineno}"
