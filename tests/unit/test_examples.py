"""The examples that rules carry: those of the shipped rules and of the ten recipes hold, and wrong ones are told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.linear import load_models
from bot.pipeline.examples import Wrong, try_examples
from bot.pipeline.judges import build_judges
from bot.pipeline.receive import Judges, Receiver
from bot.routing.route import decide
from bot.rulebook import FILES, parse_rulebook
from bot.sample.library import sample_config
from bot.shipped import shipped
from bot.store.store import Store
from tests.unit.builders import CONFIG, NOW, ROOT, SHIPPED_RULES, batch, case, raw, rules, write_config

_RECIPES = re.findall(r"### (?:\d+\. )?([^\n]+)\n\n```yaml recipe\n(.*?)```",
                      (ROOT / "docs" / "recipes.md").read_text("utf-8"), re.DOTALL)


def judges_of(routing: str) -> Judges:
    """The sample library with other rules, read by the shipped model."""
    texts = {name: (SHIPPED_RULES / name).read_text("utf-8") for name in FILES} | {"routing.yaml": routing}
    book = parse_rulebook(texts, SHIPPED_RULES, "robin")
    return build_judges(sample_config(Path("sample")), book, load_models(shipped("models")))


def tried(judges: Judges, folder: Path = SHIPPED_RULES, store: Store | None = None) -> list[Wrong]:
    return list(try_examples(judges, folder, store.archive.get if store else lambda number: None, NOW))


# ── what ships ──


def test_there_are_ten_recipes_and_each_carries_examples() -> None:
    assert len(_RECIPES) >= 10
    assert [title for title, text in _RECIPES if "examples:" not in text] == []


@pytest.mark.parametrize(("title", "text"), _RECIPES, ids=[title for title, _ in _RECIPES])
def test_a_recipe_holds_for_its_examples(title: str, text: str) -> None:
    judges = judges_of("rules:\n" + "".join(f"  {line}\n" for line in text.splitlines()))
    assert [wrong.what for wrong in tried(judges)] == []


def test_all_recipes_can_stand_in_one_file() -> None:
    whole = "rules:\n" + "".join(f"  {line}\n" for _, text in _RECIPES for line in text.splitlines())
    assert len(judges_of(whole).book.rules) == len(_RECIPES)


def test_the_shipped_rules_keep_their_examples() -> None:
    judges = judges_of((SHIPPED_RULES / "routing.yaml").read_text("utf-8"))
    assert any(rule.examples for rule in judges.book.rules)
    assert tried(judges) == []


# ── what is wrong ──

_RULE = "rule: r, when: {{text: overlay, not: {{list: b}}}}, to: [dana], examples: {}"


@pytest.mark.parametrize(("examples", "said"), [
    ("{match: An overlay}", ""), ("{match: {text: An overlay, list: a}}", ""), ("{not: Overture}", ""),
    ("{not: {text: An overlay, list: b}}", ""),
    ("{match: Overture}", "should match this example, and does not: does not say overlay"),
    ("{match: {subject: An overlay, list: b}}", "should match this example, and does not: posted to b"),
    ("{not: An overlay}", "should not match this example, and does: says “overlay”"),
    ("{match: saved.eml}", ""), ("{not: saved.eml}", "should not match this example, and does"),
    ("{match: gone.eml}", "The example gone.eml cannot be read: No such file or directory."),
    ("{match: 1}", ""), ("{not: 1}", "should not match this example, and does"),
    ("{match: 99}", "No message 99 is stored that could be tried."),
])
def test_what_is_told_of_an_example(tmp_path: Path, examples: str, said: str) -> None:
    judges = judges_of(rules(_RULE.format(examples)))
    (tmp_path / "saved.eml").write_bytes(raw("An overlay of records.\n"))
    store = Store.in_memory()
    Receiver(store, lambda: judges).receive(batch(raw("The overlay of bib records has changed for all of us.\n")), NOW)
    found = tried(judges, tmp_path, store)
    assert [said in wrong.what for wrong in found] == ([True] if said else [])
    assert all(wrong.is_mistake is ("99" not in wrong.what) for wrong in found)
    assert all(wrong.loc[:3] == ("rules", 0, "examples") for wrong in found)


def test_a_rule_above_that_stops_is_told_as_the_reason() -> None:
    judges = judges_of(rules("rule: first, when: {text: overlay}, to: [dana], stop: true",
                             "rule: r, when: {text: overlay}, to: [lee], examples: {match: overlay}"))
    assert ["not looked at: `first` stops" in wrong.what for wrong in tried(judges)] == [True]


def test_an_example_goes_the_way_that_mail_goes() -> None:
    """One evaluation: what the trail of a message says is what its example says."""
    judges = judges_of(rules("rule: r, when: {text: overlay}, to: [dana], examples: {match: An overlay}"))
    decision = decide(case(text="An overlay"), judges.book, "robin")
    assert [one.held for one in decision.trail] == [True]
    assert tried(judges) == []


# ── as check tells it ──


def check(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["check", "--config", str(folder / "config.yaml"), *words])


def test_check_tells_the_place_of_a_wrong_example(tmp_path: Path) -> None:
    write_config(tmp_path, CONFIG)
    (tmp_path / "rules" / "routing.yaml").write_text(
        "rules:\n  - rule: r\n    when: {text: overlay}\n    to: [dana]\n    why: because\n    examples:\n"
        "      match:\n        - An overlay\n        - Overture\n      not: 7\n")
    said = check(tmp_path, "--json")
    assert said.exit_code == 1
    found = json.loads(said.output)
    [mistake] = [one for one in found["mistakes"] if one["kind"] == "example"]
    assert (mistake["line"], mistake["column"]) == (9, 11)
    assert "does not say overlay" in mistake["what"]
    [doubt] = [one for one in found["doubts"] if one["kind"] == "example-missing"]
    assert doubt["line"] == 10


def test_without_a_wrong_example_check_is_content(tmp_path: Path) -> None:
    write_config(tmp_path, CONFIG)
    (tmp_path / "rules" / "routing.yaml").write_text(
        rules("rule: r, when: {text: overlay}, to: [dana], examples: {match: [An overlay]}"))
    assert check(tmp_path).exit_code == 0


@pytest.mark.parametrize(("examples", "said"), [
    ("{match: {text: ''}}", "This example says nothing"), ("{match: {}}", "This example says nothing"),
    ("{match: {txt: a}}", "txt"), ("{matches: a}", "matches"), ("{match: true}", ""), ("{match: 1.5}", ""), ("[a]", ""),
])
def test_an_example_that_cannot_be_understood_is_refused(tmp_path: Path, examples: str, said: str) -> None:
    write_config(tmp_path, CONFIG)
    (tmp_path / "rules" / "routing.yaml").write_text(rules(_RULE.format(examples)))
    found = check(tmp_path)
    assert found.exit_code == 1 and said in found.output and "routing.yaml:2" in found.output
