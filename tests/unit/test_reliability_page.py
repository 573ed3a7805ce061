"""docs/reliability.md names tests; each of them exists, and is run."""

from __future__ import annotations

import ast
import re

import pytest

from tests.unit.builders import ROOT

PAGE = (ROOT / "docs/reliability.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)))


def test_the_page_names_tests_in_full() -> None:
    assert len(NAMED) > 20
    assert len(re.findall(r"`tests/", PAGE)) == len(re.findall(r"`tests/[\w/]+\.py::test_\w+`", PAGE))


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda part: part.rpartition("/")[2])
def test_a_test_named_on_the_page_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_promise_has_a_test() -> None:
    tables = re.findall(r"^\| promise \|.*\n\| --- .*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    rows = [row for table in tables for row in table.splitlines()]
    assert len(rows) > 40
    assert [row for row in rows if "::test_" not in row] == []
