"""Slips of a hand in a file: each is told where it is, with what was meant; and what is told does mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import Problem, RulesError
from bot.rulebook import FILES, parse_rulebook
from bot.yamlfile import parse_as_meant
from bot.yamltree import build
from tests.unit.builders import SHIPPED_RULES

SHIPPED = {name: (SHIPPED_RULES / name).read_text(encoding="utf-8") for name in FILES}
AREAS, PEOPLE, ROUTING = FILES
PLACE = "address: dortiz@library.example.edu"
NAME = "name: Dana Ortiz"
WHY = "why: delivery news concern the desk"
TRIALS = "- rule: vendor-trials"
WAYS = "{cataloging: daily, downtime: now, training: weekly}"
WORDS = "text: [survey, questionnaire]"


def told(file: str, *edits: tuple[str, str]) -> list[Problem]:
    text = SHIPPED[file]
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(RulesError) as caught:
        parse_rulebook({**SHIPPED, file: text}, Path("rules"), "robin")
    return list(caught.value.problems)


def place(file: str, part: str) -> int:
    return next(n for n, line in enumerate(SHIPPED[file].splitlines(), 1) if part in line)


SLIPS = [
    # the line that is wrong (by what stands there), what stands there instead, and what is said
    (PEOPLE, f"    {PLACE}", f"\t{PLACE}", "A tab stands here"),
    (PEOPLE, f"    {PLACE}", f"   {PLACE}", "Begin it in column 5, one further right."),
    (PEOPLE, f"    {PLACE}", f"     {PLACE}", "Begin it in column 5, one further left."),
    (PEOPLE, "  dana:\n", " dana:\n", "Begin it in column 3, one further right."),
    (PEOPLE, "  dana:\n", "dana:\n", "Begin it in column 3, two further right."),
    (PEOPLE, "  dana:\n", "  dana\n", "There is no colon behind `dana`. Write `dana:`."),
    (PEOPLE, NAME, "name Dana Ortiz", "There is no colon behind `name`. Write `name: Dana Ortiz`."),
    (PEOPLE, NAME, "name = Dana Ortiz", "There is no colon behind `name`. Write `name: Dana Ortiz`."),
    (PEOPLE, NAME, "name:Dana Ortiz", "A space is missing behind the colon of `name`. Write `name: Dana Ortiz`."),
    (PEOPLE, NAME, "name: Dana: Ortiz", 'Put the whole text in quotes. Write `name: "Dana: Ortiz"`.'),
    (PEOPLE, PLACE, "address：dortiz@library.example.edu", "Type a plain colon."),
    (PEOPLE, f"    {PLACE}", f"\u00a0\u00a0\u00a0\u00a0{PLACE}", "looks like a space and is none"),
    (PEOPLE, PLACE, PLACE.replace(" ", "\u00a0"), "looks like a space and is none"),
    (PEOPLE, WAYS, "{cataloging: daily; downtime: now}", "parted by commas, not by semicolons."),
    (PEOPLE, WAYS, "{cataloging: daily downtime: now}", "A comma is missing in front of `downtime`."),
    (PEOPLE, "  lee:\n", "<<<<<<< HEAD\n  lee:\n", "left by a program that joins two versions"),
    (PEOPLE, "  lee:\n", "---\n  lee:\n", "`---` ends the file here"),
    (PEOPLE, WAYS, "{cataloging: daily, downtime: now, cataloging: now}", "`cataloging` stands here a second time."),
    (AREAS, "label: Discovery and", "label: Discovery: and", 'Write `label: "Discovery: and Primo VE"`.'),
    (AREAS, "label: Discovery and", "label: @Discovery and", "A text that begins with `@` means something else."),
    (AREAS, "    - Check due", "    Check due", "Each item of a list begins with a hyphen; here it is missing."),
    (ROUTING, WHY, "why: delivery: to the desk", 'Write `why: "delivery: to the desk"`.'),
    (ROUTING, WHY, "why: what concerns the desk:", 'Write `why: "what concerns the desk:"`.'),
    (ROUTING, WHY, 'why: "delivery" news', "Write `why: '\"delivery\" news'`."),
    (ROUTING, WHY, "why: 'tis the desk", "This quote is not closed."),
    (ROUTING, WHY, "why: “delivery: news”", "Curly quotes are letters like any other to YAML. Type straight ones."),
    (ROUTING, WHY, f"  {WHY}", "Begin it in column 5, two further left."),
    (ROUTING, f"    {WHY}", f"  {WHY}", "Begin it in column 5, two further right."),
    (ROUTING, TRIALS, f"  {TRIALS}", "Begin it in column 3, two further left."),
    (ROUTING, f"  {TRIALS}", TRIALS, "Begin it in column 3, two further right."),
    (ROUTING, TRIALS, TRIALS.replace("-", "—", 1), "Type a hyphen and a space. Write `- rule: vendor-trials`."),
    (ROUTING, TRIALS, TRIALS.replace("-", "•", 1), "Type a hyphen and a space. Write `- rule: vendor-trials`."),
    (ROUTING, TRIALS, TRIALS.replace("- ", "-", 1), "A space is missing behind the hyphen."),
    (ROUTING, TRIALS, TRIALS.replace("-", " ", 1), "If a new rule begins here, put a hyphen in front of it"),
    (ROUTING, "      area: cataloging\n", "    area: cataloging\n", "Begin it in column 7, two further right."),
    (ROUTING, '"not for distribution"', '"not for distribution', 'Write `when: {text: [confidential, "not for distr'),
    (ROUTING, "to: [desk]", "to: [desk", "This `[` is not closed. Write `to: [desk]`."),
    (ROUTING, "to: [desk]", "to: [desk]]", "There is one `]` more than `[`. Take it out. Write `to: [desk]`."),
    (ROUTING, "courier]}", "courier]", "This `{` is not closed."),
    (ROUTING, WORDS, "text: [@all, survey]", 'Write `when: {text: ["@all", survey]'),
    (ROUTING, WORDS, "text: [*all, survey]", "A text that begins with `*` means something else."),
    (ROUTING, WORDS, r"text: [/\d{1,3} items/, survey]", r"Write `when: {text: ['/\d{1,3} items/', survey]"),
    (ROUTING, WORDS, r'text: ["/\d+ items/", survey]', "Between double quotes a backslash means something of its own."),
]


@pytest.mark.parametrize(("file", "old", "new", "said"), SLIPS, ids=[said[:60] for *_, said in SLIPS])
def test_a_slip_is_told_in_its_line_with_what_was_meant(file: str, old: str, new: str, said: str) -> None:
    first, *others = told(file, (old, new))
    assert said in str(first)
    assert not others
    assert first.line == place(file, old.rstrip("\n").removeprefix("  "))
    assert str(first).splitlines()[-1].strip() == "^"
    assert first.kind in ("syntax", "duplicate")


def test_two_slips_in_one_file_are_told_at_once() -> None:
    found = told(PEOPLE, (NAME, "name Dana Ortiz"), ("name: Kim Park", "name: Kim: Park"), ("[sam, kim]", "[sam, kim"))
    assert [one.line for one in found] == [place(PEOPLE, NAME), place(PEOPLE, "Kim Park"), place(PEOPLE, "[sam, kim]")]


def test_a_slip_hides_no_other_mistake_of_its_file_or_of_others() -> None:
    found = told(ROUTING, (WHY, "why: delivery: to the desk"), ("to: [casey]", "to: [cassey]"))
    assert ["cassey" in one.what for one in found] == [False, True]
    found = told(PEOPLE, (NAME, "name Dana Ortiz"), ("analytics: never", "analytics: nevver"))
    assert [one.line for one in found] == [place(PEOPLE, NAME), place(PEOPLE, "analytics: never")]
    found = told(PEOPLE, ("  noor:\n", "  dana:\n"), ("desk: [sam, kim]", "desk: [sam, kimm]"))
    assert [one.kind for one in found] == ["duplicate", "unknown-person"]


@pytest.mark.parametrize("tab", ["\t", "\t\t", "  \t"])
def test_a_tab_hides_no_other_mistake(tab: str) -> None:
    found = told(PEOPLE, (f"    {PLACE}", tab + PLACE), ("analytics: never", "analytics: nevver"))
    assert [one.line for one in found] == [place(PEOPLE, PLACE), place(PEOPLE, "analytics: never")]
    assert found[0].mend == "Begin the line with four spaces."


def test_a_tab_below_very_many_empty_lines_is_told() -> None:
    # Looking back over all of them from each one would take minutes.
    found = parse_as_meant(Path(PEOPLE), "people:\n" + "\n" * 100_000 + "\trobin: x\n")[1]
    assert [(one.line, one.mend) for one in found] == [(100_002, "Begin the line with two spaces.")]


def test_a_file_that_is_indented_with_tabs_alone_is_read_on() -> None:
    text = "people:\n\trobin:\n\t\tname: Robin Vale\n\t\taddress: r@example.edu\n\t\tareas: {sistems: daily}\n"
    with pytest.raises(RulesError) as caught:
        parse_rulebook({**SHIPPED, PEOPLE: text}, Path("rules"), "robin")
    mine = [one for one in caught.value.problems if one.file.name == PEOPLE]
    assert [one.line for one in mine if one.kind == "syntax"] == [2, 3, 4, 5]
    assert any("sistems" in one.what for one in mine)


def test_what_is_told_to_write_can_be_read() -> None:
    """Each line that is shown after "Write", put in the slip's place, makes the file YAML."""
    shown = 0
    for file, old, new, _ in SLIPS:
        text = SHIPPED[file].replace(old, new, 1)
        one = told(file, (old, new))[0]
        before, _, written = one.mend.partition("Write `")
        if written and not written.endswith(" …"):
            lines = text.splitlines()
            indent = len(lines[(one.line or 1) - 1]) - len(lines[(one.line or 1) - 1].lstrip())
            lines[(one.line or 1) - 1] = " " * indent + written.removesuffix("`.")
            assert not build("\n".join(lines)).stumbles, (before, written)
            shown += 1
    assert shown > 20


def test_a_first_line_that_is_missing_is_named() -> None:
    [one] = told(PEOPLE, ("people:\n", ""))
    assert "a line above the first is missing, such as `people:`" in one.mend


def test_a_slip_in_a_long_file_is_still_named() -> None:
    more = "".join(f"  p{n}:\n    name: P {n}\n    address: p{n}@example.edu\n" for n in range(300))
    text = SHIPPED[PEOPLE].replace("\ngroups:", more + "\ngroups:").replace("name: P 250\n", "name: P: 250\n")
    with pytest.raises(RulesError) as caught:
        parse_rulebook({**SHIPPED, PEOPLE: text}, Path("rules"), "robin")
    assert 'Write `name: "P: 250"`.' in str(caught.value)


def test_a_line_that_may_hold_a_secret_is_not_shown() -> None:
    tree = told(PEOPLE, (NAME, "password: hush: hush"))
    assert "hush" not in str(tree[0])
