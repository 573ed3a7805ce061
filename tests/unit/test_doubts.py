"""What is legal and probably not meant: each doubt is told at its place, and what is well is not doubted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conditions import Subject, When, holds
from bot.doubts import Ground, doubts
from bot.logic import alternatives, entails
from bot.rulebook import open_rules
from bot.types import Reading
from tests.unit.builders import AREAS, PEOPLE, SHIPPED_RULES, TODAY, URGENT, message, rules, texts, write_rules


def told(tmp_path: Path, routing: str = "", *, people: str = PEOPLE, areas: str = AREAS, today: date = TODAY,
         lists: Collection[str] | None = None) -> list[str]:
    book, files = open_rules(write_rules(tmp_path, texts(areas, people, routing)), "robin")
    found = doubts(Ground(book=book, files=files, today=today, liaison="robin", lists=lists))
    return [f"{one.kind} {one.file.name}:{one.line}:{one.column} {one.what}" for one in found]


def kinds(tmp_path: Path, *lines: str) -> list[str]:
    """The doubts about rules alone."""
    return [one.split()[0] for one in told(tmp_path, rules(*lines)) if "routing.yaml" in one]


QUIET = PEOPLE.replace("lee@library.example.edu,", "lee@library.example.edu, deputy: dana,").replace(
    "sam@library.example.edu,", "sam@library.example.edu, deputy: lee,").replace(
    "dana@library.example.edu,", "dana@library.example.edu, deputy: robin,")


def test_well_meant_files_are_not_doubted(tmp_path: Path) -> None:
    assert told(tmp_path, rules("rule: r, when: {list: techserv-ig, text: a}, to: [dana]"), people=QUIET,
                lists=["techserv-ig"]) == []


def test_the_shipped_rules_have_one_thin_area_and_no_other_doubt() -> None:
    book, files = open_rules(SHIPPED_RULES, "robin")
    found = doubts(Ground(book=book, files=files, today=TODAY, liaison="robin"))
    assert [one.kind for one in found] == ["area-with-one"]


@pytest.mark.parametrize("when", [
    "{text: nz, not: {text: nz}}", "{text: [a, b], not: {text: [B, a, c]}}",
    "{list: x, not: {any: [{list: x}, {text: y}]}}",
    "{urgent: true, all: [{urgent: false}]}",
    "{area: cataloging, all: [{not: {area: [cataloging, training]}}]}",
    "{any: [{text: a, not: {text: a}}, {urgent: true, not: {urgent: true}}]}",
])
def test_a_rule_that_can_never_hold(tmp_path: Path, when: str) -> None:
    assert kinds(tmp_path, f"rule: r, when: {when}, to: [dana]") == ["rule-never-holds"]


@pytest.mark.parametrize("when", [
    "{text: [a, b], not: {text: a}}", "{text: a, not: {subject: a}}", "{text: a, not: {text: a, urgent: true}}",
    "{any: [{text: a, not: {text: a}}, {text: b}]}", "{list: [a, b], all: [{list: c}]}", "{not: {text: a}}",
])
def test_a_rule_that_may_hold_is_not_doubted(tmp_path: Path, when: str) -> None:
    assert kinds(tmp_path, f"rule: r, when: {when}, to: [dana]") == []


@pytest.mark.parametrize(("above", "below", "between"), [
    ("text: [a, b]", "text: a", ""), ("text: a", "text: a, urgent: true", ""),
    ("not: {text: a}", "not: {text: [a, b]}", ""),
    ("area: training", "area: training, text: a", ""), ("any: [{text: a}, {list: l}]", "list: L, subject: s", ""),
    ("text: a", "any: [{text: a, list: l}, {text: a, list: m}]", "rule: m, when: {text: z}, tag: [training]"),
])
def test_a_rule_below_one_that_stops(tmp_path: Path, above: str, below: str, between: str) -> None:
    lines = [f"rule: above, when: {{{above}}}, to: [dana], stop: true", *([between] if between else []),
             f"rule: below, when: {{{below}}}, to: [lee]"]
    [doubt] = [one for one in told(tmp_path, rules(*lines)) if "routing.yaml" in one]
    assert doubt.startswith(f"rule-shadowed routing.yaml:{len(lines) + 1}:6 Rule `below` has no effect")
    assert kinds(tmp_path, *reversed(lines)) == []


@pytest.mark.parametrize(("above", "below", "between"), [
    ("text: a", "text: [a, b]", ""), ("text: a, urgent: true", "text: a", ""),
    ("not: {text: [a, b]}", "not: {text: a}", ""),
    ("area: training", "area: training, text: a", "rule: m, when: {text: z}, tag: [training]"),
])
def test_a_rule_that_the_stop_above_leaves_something(tmp_path: Path, above: str, below: str, between: str) -> None:
    lines = [f"rule: above, when: {{{above}}}, to: [dana], stop: true", *([between] if between else []),
             f"rule: below, when: {{{below}}}, to: [lee]"]
    assert kinds(tmp_path, *lines) == []


def test_rules_that_contradict(tmp_path: Path) -> None:
    one, other = "rule: a, when: {text: [x, y]}, to: [dana, lee]", "rule: b, when: {text: [y, x]}, never: [desk]"
    assert kinds(tmp_path, one, other) == kinds(tmp_path, other, one) == ["rules-contradict"]
    assert kinds(tmp_path, one, "rule: b, when: {text: x}, never: [desk]") == []  # dana's `y` stays with her
    assert kinds(tmp_path, one, "rule: b, when: {text: [x, y, z]}, never: [sam]") == []
    assert kinds(tmp_path, f"{one}, stop: true", other) == ["rule-shadowed"]
    assert kinds(tmp_path, "rule: a, when: {text: x}, to: [sam], never: [desk]") == ["rules-contradict"]
    assert kinds(tmp_path, "rule: a, when: {text: x}, to: [sam], hold: true") == ["rules-contradict"]


def test_lists_that_nothing_came_from(tmp_path: Path) -> None:
    routing = "expect: {rpt-ig: any}\n" + rules("rule: r, when: {not: {not: {list: [techserv, PVE-ig]}}}, to: [dana]")
    found = told(tmp_path, routing, people=QUIET, lists=["pve-ig", "techserv2-ig"])
    assert [one.partition(" No message")[0] for one in found] == [
        "list-unseen areas.yaml:1:41", "list-unseen routing.yaml:1:10", "list-unseen routing.yaml:3:15"]
    assert told(tmp_path, routing, people=QUIET, lists=None) == told(tmp_path, routing, people=QUIET, lists=[]) == []


def test_leavers(tmp_path: Path) -> None:
    people = QUIET.replace("name: Lee Abara", "name: Lee, away: {from: 2026-06-01, until: 2099-01-01}")
    found = told(tmp_path, rules("rule: r, when: {text: a}, to: [lee]"), people=people)
    assert found == [
        "leaver-named people.yaml:4:20 `lee` is on leave from 2026-06-01 until 2099-01-01, and is still named in group "
        "`desk`, rule `r` and `sam` as the deputy.",
        "rule-for-leavers routing.yaml:2:32 Rule `r` sends only to people on leave for good: `lee`."]
    assert told(tmp_path, people=people, today=date(2026, 5, 31)) == []
    over = QUIET.replace("name: Lee Abara", "name: Lee, away: {from: 2026-06-01, until: 2026-06-20}")
    assert told(tmp_path, people=over, today=date(2026, 8, 1)) == []
    assert [one.split()[0] for one in told(tmp_path, people=over)] == ["leave-over"]


def test_people_with_nothing_twice_and_in_a_circle(tmp_path: Path) -> None:
    extra = "  max: {name: Max, address: SAM@library.example.edu, areas: {training: never}, deputy: max}\n"
    people = QUIET.replace("groups:", f"{extra}groups:").replace("name: Robin Vale", "deputy: dana, name: R")
    found = told(tmp_path, people=people)
    assert [one.split()[0] for one in found] == ["deputy-loop", "same-address", "deputy-loop"]
    assert "`robin` and `dana` stand in for each other" in found[0]
    assert "`max` is named as their own deputy" in found[2]
    alone = people.replace(", deputy: max", "")
    assert "reader-with-nothing" in {one.split()[0] for one in told(tmp_path, people=alone)}
    mandatory = AREAS.replace("label: Training", "label: Training, mandatory_for: [max]")
    assert "reader-with-nothing" not in {one.split()[0] for one in told(tmp_path, people=alone, areas=mandatory)}


def test_addresses_that_are_a_slip_away_from_the_others(tmp_path: Path) -> None:
    odd = [one for one in told(tmp_path, people=QUIET.replace("sam@library.example.edu", "sam@libary.example.edu"))
           if one.startswith("address-odd")]
    assert odd == ["address-odd people.yaml:5:30 `sam` alone has an address at `libary.example.edu`."]
    bare = told(tmp_path, people=QUIET.replace("sam@library.example.edu", "sam@library"))
    assert [one.split()[0] for one in bare if "`library`" in one] == ["address-odd"]
    other = told(tmp_path, people=QUIET.replace("sam@library.example.edu", "sam@consortium.example.org"))
    assert not [one for one in other if one.startswith("address-odd")]


def test_a_lead_who_does_not_read_the_area(tmp_path: Path) -> None:
    for lead, mandatory, expected in (("sam", "[]", ["lead-not-reading"]), ("dana", "[]", []), ("sam", "[sam]", [])):
        areas = AREAS.replace("cataloging: {", f"cataloging: {{lead: {lead}, mandatory_for: {mandatory}, ", 1)
        found = [one for one in told(tmp_path, areas=areas) if one.startswith("lead")]
        assert [one.split()[0] for one in found] == expected


@pytest.mark.parametrize(("when", "kind"), [
    ("{text: 'survey, questionnaire'}", "several-in-one"), ("{subject: 'survey OR poll'}", "several-in-one"),
    ("{list: 'a-list; b-list'}", "several-in-one"), ("{not: {sender: 'a.example, b.example'}}", "several-in-one"),
    ("{any: [{text: a}, {text: 'b | c'}]}", "several-in-one"),
    ("{text: [/survey, poll]}", "half-expression"), ("{text: [/survey/i]}", "half-expression"),
    ("{text: ['/a, b|c/', survey and poll]}", ""), ("{sender: Rose Example}", ""), ("{text: and/or}", ""),
])
def test_words_that_are_several_or_half_an_expression(tmp_path: Path, when: str, kind: str) -> None:
    assert kinds(tmp_path, f"rule: r, when: {when}, to: [dana]") == ([kind] if kind else [])


def test_words_of_areas_are_looked_at_too(tmp_path: Path) -> None:
    areas = AREAS + "new: {label: New, lists: 'a, b', words: [/half], senders: [x.example.edu]}\n"
    found = [one for one in told(tmp_path, areas=areas) if "areas.yaml:4" in one and "nobody" not in one]
    assert [one.split()[0] for one in found] == ["several-in-one", "half-expression"]


def test_a_text_that_a_hash_cuts(tmp_path: Path) -> None:
    text = ("rules:\n  - rule: a\n    when: {text: x}\n    to: [dana]\n    why: item #1 on our list\n"
            "  - rule: b\n    when: {text: y}   #every day\n    to: [dana]\n    why: plain  # a comment\n")
    assert [one for one in told(tmp_path, text) if one.startswith("cut")] == [
        "cut-by-hash routing.yaml:5:15 What begins with `#1` is a comment and no part of the text."]


def test_thin_areas(tmp_path: Path) -> None:
    areas = AREAS + "new: {label: New}\n"
    found = told(tmp_path, areas=areas, people=QUIET.replace(", deputy: lee", ""))
    assert found == ["area-with-one areas.yaml:3:1 only `sam` reads `training`, and has no deputy.",
                     "area-with-nobody areas.yaml:4:1 nobody reads `new`; its mail comes to the liaison (robin)."]


def test_one_person_alone_with_many_areas_is_one_doubt(tmp_path: Path) -> None:
    areas = AREAS + "new: {label: New}\nold: {label: Old}\n"
    people = QUIET.replace(" deputy: lee, areas: {", " areas: {new: daily, old: weekly, ")
    assert told(tmp_path, areas=areas, people=people) == [
        "area-with-one areas.yaml:3:1 only `sam` reads `training`, `new` and `old`, and has no deputy."]


# ── what is said of conditions is true of every message ──


_WORDS = st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True)
_LEAF = st.one_of(
    st.fixed_dictionaries({"text": _WORDS}), st.fixed_dictionaries({"list": _WORDS}),
    st.fixed_dictionaries({"urgent": st.booleans()}), st.fixed_dictionaries({"text": _WORDS, "list": _WORDS}),
)
_WHEN = st.recursive(_LEAF, lambda inner: st.one_of(
    st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"not": inner}), st.builds(lambda one, other: {**one, "not": other}, _LEAF, inner),
), max_leaves=5)
_MAIL = st.tuples(st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abc")), st.booleans())


def _holds(when: When, mail: tuple[set[str], set[str], bool]) -> bool:
    said, lists, urgent = mail
    subject = Subject(message=message(" ".join(sorted(said)), subject="-"), lists=tuple(lists), areas=(),
                      reading=Reading(urgent=URGENT if urgent else None))
    return holds(when, subject).holds


@settings(max_examples=300, deadline=None)
@given(one=_WHEN, other=_WHEN, mail=_MAIL)
def test_no_doubt_about_conditions_is_ever_wrong(one: dict[str, object], other: dict[str, object],
                                                 mail: tuple[set[str], set[str], bool]) -> None:
    narrow, wide = When.model_validate(one), When.model_validate(other)
    ways, others = alternatives(narrow), alternatives(wide)
    if ways == ():
        assert not _holds(narrow, mail)
    if ways and others and entails(ways, others) and _holds(narrow, mail):
        assert _holds(wide, mail)
