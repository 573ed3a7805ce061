"""The JSON Schemas: fresh, complete, kept by all that ships, and no kinder than `check` to mistakes of kind."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from bot.cli import main
from bot.commands.schema import text_of
from bot.config import load_config
from bot.errors import ConfigError, RulesError
from bot.fileschema import SCHEMAS, schema_of
from bot.rulebook import FILES, parse_rulebook
from bot.yamltree import build
from tests.unit.builders import AREAS, CONFIG, PEOPLE, ROOT, SHIPPED_RULES, rules, texts

_BLOCK = re.compile(r"```yaml (areas|people|routing)\n(.*?)```", re.DOTALL)


def refusals(name: str, text: str) -> list[str]:
    data = build(text).data
    return [error.message for error in Draft202012Validator(schema_of(name)).iter_errors(data)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_shipped_schemas_are_fresh(name: str) -> None:
    shipped = SHIPPED_RULES / "schema" / f"{name}.schema.json"
    assert shipped.read_text("utf-8") == text_of(name), "liaison schema --write rules/schema"
    Draft202012Validator.check_schema(schema_of(name))


@pytest.mark.parametrize("path", [*(SHIPPED_RULES / name for name in FILES), ROOT / "config.example.yaml"],
                         ids=lambda path: path.name)
def test_what_ships_names_its_schema_and_keeps_it(path: Path) -> None:
    text = path.read_text("utf-8")
    found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert found is not None
    name = (path.parent / found[1]).resolve().name.removesuffix(".schema.json")
    assert (path.parent / found[1]).is_file()
    assert refusals(name, text) == []


def test_the_guides_examples_keep_their_schemas() -> None:
    blocks = _BLOCK.findall((ROOT / "docs" / "liaison.md").read_text("utf-8"))
    assert len(blocks) >= 3
    assert [refusals(name, block) for name, block in blocks] == [[]] * len(blocks)


def _settings(part: Any) -> list[tuple[str, dict[str, Any]]]:
    found = list(part.get("properties", {}).items())
    return found + [one for inner in part.get("$defs", {}).values() for one in _settings(inner)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_setting_has_a_sentence(name: str) -> None:
    assert [key for key, one in _settings(schema_of(name)) if not one.get("description")] == []


@pytest.mark.parametrize(("name", "text"), [
    ("routing", rules("rule: r, wen: {text: a}, when: {text: b}, to: [dana]")),
    ("routing", rules("rule: r, when: {txt: a}, to: [dana]")),
    ("routing", rules("rule: r, to: [dana]")),
    ("routing", rules("rule: r, when: {}, to: [dana]")),
    ("routing", rules("rule: r, when: {text: a}")),
    ("routing", rules("rule: r, when: {text: a}, reply-to: lst")),
    ("routing", rules("rule: r, when: {text: a}, acknowledge: soon")),
    ("routing", rules("rule: r, when: {text: a}, to: [dana], send: never")),
    ("routing", rules("rule: r, when: {text: a}, to: [dana], send: dialy")),
    ("routing", rules("rule: '', when: {text: a}, to: [dana]")),
    ("routing", rules("rule: r, when: {text: true}, to: [dana]")),
    ("routing", rules("rule: r, when: {area: {cataloging: 8}}, to: [dana]")),
    ("routing", rules("rule: r, when: {has-event: party}, to: [dana]")),
    ("routing", rules("rule: r, when: {age: two days}, to: [dana]")),
    ("routing", rules("rule: r, when: {header: high}, to: [dana]")),
    ("routing", rules("rule: r, when: {text: a}, to: [dana], examples: {matches: a}")),
    ("routing", rules("rule: r, when: {text: a}, hold: maybe")),
    ("routing", rules("rule: r, when: {text: []}, to: [dana]")),
    ("routing", rules("rule: r, when: {text: ' '}, to: [dana]")),
    ("routing", "rules: hello\n"), ("routing", "- rule: r\n"), ("routing", "rules:\n"), ("routing", "rulez: []\n"),
    ("routing", "slots: {dayly: {at: 07:30, on: mon}}\n"), ("routing", "slots: {daily: {at: 24:00, on: mon}}\n"),
    ("routing", "slots: {daily: {at: 07:30, on: monthly}}\n"),
    ("routing", "slots: {daily: {at: 07:30, on: [mon, 3]}}\n"),
    ("routing", "slots: {daily: {at: 7.30, on: mon}}\n"), ("routing", "slots: {daily: {at: 07:30}}\n"),
    ("routing", "holidays:\n  - {name: Labor Day}\n"), ("routing", "holidays:\n  - {name: Break, from: 2026-12-24}\n"),
    ("routing", "holidays:\n  - {name: Labor Day, onn: 2026-09-07}\n"), ("routing", "expect: {announce: soon}\n"),
    ("areas", ""), ("areas", "- a\n"), ("areas", AREAS + "new:\n"), ("areas", AREAS + "new: [1]\n"),
    ("areas", AREAS + "new: {lable: x}\n"), ("areas", AREAS + "new: {label: 5}\n"),
    ("people", ""), ("people", PEOPLE.replace("dana@library.example.edu", "dana")),
    ("people", PEOPLE.replace("downtime: now", "downtime: soon")),
    ("people", PEOPLE.replace("name: Lee Abara", "quiet: {weekend: true}, name: Lee")),
    ("people", PEOPLE.replace("name: Sam Whitfield", "name: S, away: {from: soon, until: 2026-01-01}")),
    ("people", PEOPLE.replace("name: Sam Whitfield", "name: S, posts: all")),
    ("config", CONFIG.replace("store:", "stroe:")), ("config", CONFIG.replace("maildir: mail", "maildir: m, mbox: n")),
    ("config", CONFIG.replace("  folder: out\n", "")), ("config", CONFIG.replace("liaison: robin", "liaison: [a]")),
    ("config", CONFIG + "quiet_after_minutes: 0\n"), ("config", CONFIG + "log: {level: loud}\n"),
])
def test_mistakes_of_kind_are_refused_by_both(tmp_path: Path, name: str, text: str) -> None:
    assert refusals(name, text)
    if name == "config":
        (tmp_path / "config.yaml").write_text(text)
        with pytest.raises(ConfigError):
            load_config(tmp_path / "config.yaml")
    else:
        with pytest.raises(RulesError):
            parse_rulebook(texts(**{name: text}), Path("rules"), "robin")


@pytest.mark.parametrize(("name", "text"), [
    ("routing", ""), ("routing", rules("rule: r, when: {text: 856}, to: dana")),
    ("routing", rules("rule: r, when: {all: [{text: a}, {not: {list: [b]}}]}, stop: true, acknowledge: 30 minutes")),
    ("routing", "slots: {daily: {at: 7:05, on: Weekdays}, weekly: {at: 07:30, on: 'mon, wed'}}\n"),
    ("routing", "slots: {daily: {at: 07:30, on: [Mondays, thurs]}}\nexpect: {a: 2 Weeks, b: any}\n"),
    ("routing", rules("rule: r, when: {area: {cataloging: 0.8}, header: {x-priority: [high, 1]}, has-event: meeting,"
                      " has-request: false, thread: first, age: over 2 days, attachment: [.pdf]}, untag: downtime")),
    ("routing", rules("rule: r, when: {attachment: true, area: [a, {b: 1}], has-event: true}, cc-liaison: true,"
                      " examples: {match: [4, a.eml, {text: b, list: c}], not: some words}")),
    ("areas", AREAS), ("people", PEOPLE), ("config", CONFIG),
])
def test_what_is_well_is_refused_by_neither(name: str, text: str) -> None:
    assert refusals(name, text) == []


def test_the_command_prints_one_or_writes_all(tmp_path: Path) -> None:
    shown = CliRunner().invoke(main, ["schema", "people.yaml"])
    assert json.loads(shown.output)["title"] == "people.yaml"
    assert CliRunner().invoke(main, ["schema", "--write", str(tmp_path / "new")]).exit_code == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {f"{name}.schema.json" for name in SCHEMAS}
    refused = CliRunner().invoke(main, ["schema", "peopel"])
    assert refused.exit_code == 2
    assert "There are areas, people, routing, config." in refused.output
