"""The grammar of `when:`: what holds, by which words, and that a bad expression costs little time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.conditions import Subject, When, holds, is_regex, matches_sender, search
from bot.types import Reading
from tests.unit.builders import URGENT, message


def subject(text: str = "", *, title: str = "Notice", sender: str = "ann@lists.carli.example.org",
            name: str = "Ann Arbogast", lists: tuple[str, ...] = (), areas: tuple[str, ...] = (),
            urgent: bool = False) -> Subject:
    return Subject(message=message(text, subject=title, sender=sender, name=name), lists=lists, areas=areas,
                   reading=Reading(urgent=URGENT if urgent else None))


def when(**lines: object) -> When:
    return When.model_validate(lines)


@pytest.mark.parametrize(("lines", "one", "expected", "because"), [
    ({"text": "network zone"}, subject("the Network Zones changed"), True, "says “Network Zones”"),
    ({"text": "network zone"}, subject("the network is a zone"), False, "does not say network zone"),
    ({"text": "catalog"}, subject("cataloging it"), True, "says “cataloging”"),
    ({"text": "hold"}, subject("holdings"), False, "does not say hold"),
    ({"text": "cant"}, subject("you can’t"), True, "says “can't”"),
    ({"text": ["one", "two"]}, subject("two"), True, "says “two”"),
    ({"text": ["one", "two"]}, subject("none"), False, "does not say one or two"),
    ({"text": "notice"}, subject("body"), True, "says “Notice”"),
    ({"subject": "notice"}, subject("body"), True, "subject says “Notice”"),
    ({"subject": "body"}, subject("body"), False, "the subject does not say body"),
    ({"text": 856}, subject("field 856 is"), True, "says “856”"),
    ({"text": r"/\bNZ-\d+/"}, subject("see nz-42."), True, "says “nz-42”"),
    ({"list": "TechServ-IG"}, subject(lists=("techserv-ig",)), True, "posted to TechServ-IG"),
    ({"list": ["a", "b"]}, subject(lists=("c",)), False, "was not posted to a or b"),
    ({"area": "training"}, subject(areas=("downtime", "training")), True, "is about training"),
    ({"area": "training"}, subject(), False, "is not about training"),
    ({"urgent": True}, subject(urgent=True), True, "is urgent"),
    ({"urgent": True}, subject(), False, "is not urgent"),
    ({"urgent": False}, subject(), True, "is not urgent"),
    ({"sender": "carli.example.org"}, subject(), True, "from carli.example.org"),
    ({"sender": "arbogast"}, subject(), True, "from arbogast"),
    ({"sender": "example.com"}, subject(), False, "does not come from example.com"),
    ({"text": "one", "subject": "notice"}, subject("one"), True, "subject says “Notice”, says “one”"),
    ({"text": "one", "subject": "other"}, subject("one"), False, "the subject does not say other"),
    ({"all": [{"text": "one"}, {"text": "two"}]}, subject("one two"), True, "says “one”, says “two”"),
    ({"all": [{"text": "one"}, {"text": "two"}]}, subject("one"), False, "does not say two"),
    ({"any": [{"text": "one"}, {"text": "two"}]}, subject("two"), True, "says “two”"),
    ({"any": [{"text": "one"}, {"text": "two"}]}, subject(""), False, "does not say one and does not say two"),
    ({"not": {"text": "one"}}, subject("two"), True, "does not say one"),
    ({"not": {"text": "one"}}, subject("one"), False, "says “one”"),
    ({"not": {"any": [{"text": "one"}, {"not": {"text": "two"}}]}}, subject("two"), True,
     "does not say one and says “two”"),
])
def test_what_holds_and_why(lines: dict[str, object], one: Subject, expected: bool, because: str) -> None:
    finding = holds(when(**lines), one)
    assert (finding.holds, finding.because) == (expected, because)


def test_a_message_without_a_sender_comes_from_nobody() -> None:
    from dataclasses import replace

    one = subject()
    nobody = replace(one, message=replace(one.message, sender=None))
    assert not holds(when(sender="example.org"), nobody).holds
    assert holds(When.model_validate({"not": {"sender": "example.org"}}), nobody).holds


@pytest.mark.parametrize(("word", "expected"), [
    ("ann@lists.carli.example.org", True), ("ANN@lists.carli.example.org", True), ("carli.example.org", True),
    ("@carli.example.org", True), ("lists.carli.example.org", True), ("example.org", True), ("org", True),
    ("li.example.org", False), ("bob@lists.carli.example.org", False), ("ann", True), ("anna", False),
    ("/^ann arb/", True), ("/<ann@/", True), ("/bob/", False),
])
def test_senders(word: str, expected: bool) -> None:
    assert matches_sender(word, "ann@lists.carli.example.org", "Ann Arbogast") is expected


@pytest.mark.parametrize("lines", [
    {}, {"all": []}, {"any": []}, {"not": None}, {"urgent": None}, {"area": []}, {"text": []}, {"text": ""},
    {"text": "  "}, {"text": True}, {"text": 1.5}, {"txt": "a"}, {"text": "/(a/"}, {"text": "/*a/"},
    {"text": "/a{2,1}/"}, {"text": "/[z-a]/"}, {"not": {"text": "/(/"}}, {"text": "/" + "(" * 3000 + ")" * 3000 + "/"},
])
def test_a_condition_that_says_nothing_or_cannot_be_read_is_refused(lines: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        When.model_validate(lines)


@pytest.mark.parametrize("bomb", ["/(a+)+$/", "/(a|aa)+$/", "/(a*)*b/", "/^(([a-z])+.)+[A-Z]([a-z])+$/", "/(.*)*,x/"])
def test_a_regex_bomb_ends_within_its_time_and_finds_nothing(bomb: str) -> None:
    begun = time.monotonic()
    found = search(bomb, "a" * 40_000 + "!")
    assert time.monotonic() - begun < 1.5
    assert found is None or len(found) <= 80


def test_only_the_beginning_of_a_very_long_text_counts() -> None:
    assert not holds(when(text="needle"), subject("hay " * 20_000 + "needle")).holds


@pytest.mark.parametrize(("word", "expected"), [
    ("/a/", True), ("//", False), ("/", False), ("a/b/", False), ("", False),
])
def test_what_counts_as_an_expression(word: str, expected: bool) -> None:
    assert is_regex(word) is expected


def test_areas_named_anywhere_are_found() -> None:
    nested = {"area": "a", "all": [{"area": "b"}], "any": [{"not": {"area": ["c", "d"]}}], "not": {"area": "e"}}
    assert sorted(When.model_validate(nested).areas()) == ["a", "b", "c", "d", "e"]


_leaf = st.sampled_from([{"text": "one"}, {"text": "two"}, {"urgent": True}, {"area": "training"}])
_nested = st.recursive(_leaf, lambda inner: st.one_of(
    st.fixed_dictionaries({"not": inner}),
    st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)})), max_leaves=8)


@settings(max_examples=80, deadline=None)
@given(one=_nested, other=_nested, text=st.sampled_from(["", "one", "two", "one two"]), urgent=st.booleans())
def test_all_any_and_not_are_logic(one: dict[str, object], other: dict[str, object], text: str, urgent: bool) -> None:
    about = subject(text, urgent=urgent)

    def true(lines: dict[str, object]) -> bool:
        return holds(When.model_validate(lines), about).holds

    assert true({"not": one}) is not true(one)
    assert true({"all": [one, other]}) == (true(one) and true(other))
    assert true({"any": [one, other]}) == (true(one) or true(other))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_any_word_is_either_refused_or_can_be_looked_for(word: str) -> None:
    try:
        condition = When.model_validate({"text": word, "sender": word})
    except ValidationError:
        return
    holds(condition, subject("some text"))
