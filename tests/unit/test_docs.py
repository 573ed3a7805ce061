"""The docs tell the truth: their files load, their commands exist, their words are the program's words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.config import load_config
from bot.rulebook import FILES, load_rulebook

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"```yaml (areas|people|routing)\n(.*?)```", re.DOTALL)


def test_the_liaisons_guide_is_a_rulebook(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "liaison.md").read_text("utf-8")
    for name, block in _BLOCK.findall(text):
        (tmp_path / f"{name}.yaml").write_text(block, "utf-8")
    book = load_rulebook(tmp_path, "dana")
    assert set(book.people) == {"dana", "lee"}
    assert [rule.rule for rule in book.rules] == [
        "network-zone-guidelines", "confidential-stays-here", "trials-wait-for-monday"]


def test_the_example_config_loads() -> None:
    config = load_config(ROOT / "config.example.yaml")
    assert config.trust.authentication_server == "mx.library.example.edu"


def test_the_example_rules_load_and_have_eight_readers() -> None:
    book = load_rulebook(ROOT / "rules", "robin")
    assert len(book.people) == 8
    assert len(book.areas) == 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_named_in_the_docs_exist(page: Path) -> None:
    blocks = re.findall(r"^ {4}(liaison .*)$|`(liaison [^`]+)`", page.read_text("utf-8"), re.MULTILINE)
    named = {" ".join(parts).split()[1] for parts in blocks if len(" ".join(parts).split()) > 1}
    named = {name for name in named if not name.startswith("-")}
    assert named <= set(main.commands)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_help_with_an_example(name: str) -> None:
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0
    assert "Example" in shown.output
    assert "--config" in shown.output
    assert f"liaison {name}" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), target


def test_addresses_in_examples_are_invented() -> None:
    files = [*PAGES, ROOT / "config.example.yaml", *(ROOT / "rules" / name for name in FILES)]
    for path in files:
        for domain in re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", path.read_text("utf-8")):
            assert domain.endswith(("example.edu", "example.org", "example.com")), (path.name, domain)
