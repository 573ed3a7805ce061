"""The grammar of `when:`: what holds, by which words, and that a bad expression costs little time."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.conditions import Subject, When, holds, matches_sender, search
from bot.types import Attachment, Event, EventType, Reading, Request, Tag
from bot.wanted import is_regex
from tests.unit.builders import NOW, URGENT, message


def subject(text: str = "", *, title: str = "Notice", sender: str = "ann@lists.carli.example.org",
            name: str = "Ann Arbogast", lists: tuple[str, ...] = (), areas: tuple[str, ...] = (),
            urgent: bool = False) -> Subject:
    return Subject(message=message(text, subject=title, sender=sender, name=name), lists=lists,
                   areas=dict.fromkeys(areas, 0.9), reading=Reading(urgent=URGENT if urgent else None))


def told(*events: EventType, asks: bool = False) -> Subject:
    """A message that tells of dates, and may ask something."""
    tags = tuple(Tag(name="event", by="extractor", why="a date", value=Event(start=NOW, type=kind)) for kind in events)
    request = Tag(name="request", by="extractor", why="asks", value=Request(what="Answer us.")) if asks else None
    return replace(subject(), reading=Reading(events=tags, request=request))


def sent(**changes: Any) -> Subject:
    """A message with other headers, files or ancestors."""
    one = subject()
    return replace(one, message=replace(one.message, **changes))


PRIORITY = (("x-priority", "1 (Highest)"), ("x-mailer", "Alma Notifier"))
FILES = (Attachment(name="Loads 2026.XLSX", media_type="application/vnd.ms-excel", size=9),
         Attachment(name="", media_type="text/calendar", size=9))


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
    ({"area": {"training": 0.9}}, subject(areas=("training",)), True, "is about training (0.90)"),
    ({"area": {"training": 0.95}}, subject(areas=("training",)), False, "is not about training at 0.95 or more"),
    ({"area": ["downtime", {"training": 0.5}]}, subject(areas=("training",)), True, "is about training (0.90)"),
    ({"header": {"X-Priority": ["high", "highest"]}}, sent(headers=PRIORITY), True,
     "the header x-priority says “Highest”"),
    ({"header": {"x-priority": "/^1/", "x-mailer": "primo"}}, sent(headers=PRIORITY), False,
     "the header x-mailer does not say primo"),
    ({"header": {"x-priority": "/^1/", "x-mailer": "alma"}}, sent(headers=PRIORITY), True,
     "the header x-priority says “1”, the header x-mailer says “Alma”"),
    ({"header": {"x-loop": "/./"}}, subject(), False, "the header x-loop does not say /./"),
    ({"attachment": True}, sent(attachments=FILES), True, "has a file"),
    ({"attachment": True}, subject(), False, "has no file"),
    ({"attachment": False}, subject(), True, "has no file"),
    ({"attachment": ".xlsx"}, sent(attachments=FILES), True, "has the file Loads 2026.XLSX"),
    ({"attachment": "load"}, sent(attachments=FILES), True, "has the file Loads 2026.XLSX"),
    ({"attachment": ["text/calendar", ".pdf"]}, sent(attachments=FILES), True, "has the file text/calendar"),
    ({"attachment": [".pdf", "/^minutes/"]}, sent(attachments=FILES), False, "has no file .pdf or /^minutes/"),
    ({"has-event": True}, told("meeting"), True, "tells a date"),
    ({"has-event": False}, told("meeting"), False, "tells a date"),
    ({"has-event": ["training", "meeting"]}, told("meeting"), True, "tells the date of a meeting"),
    ({"has-event": "training"}, told("meeting"), False, "tells no date of a training"),
    ({"has-request": True}, told(asks=True), True, "asks something of the library"),
    ({"has-request": True}, subject(), False, "asks nothing of the library"),
    ({"has-request": False}, subject(), True, "asks nothing of the library"),
    ({"thread": "first"}, subject(), True, "opens a conversation"),
    ({"thread": "first"}, sent(in_reply_to=("<a@example.org>",)), False, "is a reply"),
    ({"thread": "reply"}, sent(references=("<a@example.org>",)), True, "is a reply"),
    ({"thread": "Reply"}, subject(title="[PVE-IG] Re: Notice"), True, "is a reply"),
    ({"thread": "reply"}, subject(title="Reply cards"), False, "opens a conversation"),
    ({"thread": "<a@example.org>"}, sent(references=("<b@example.org>", "<a@example.org>")), True,
     "is of that conversation"),
    ({"thread": "<one@carli.example.org>"}, subject(), True, "is of that conversation"),
    ({"thread": "<a@example.org>"}, subject(), False, "is of another conversation"),
    ({"age": "over 2 days"}, replace(subject(), age=timedelta(days=3)), True, "was over 2 days old when it came in"),
    ({"age": "over 2 days"}, subject(), False, "was not over 2 days old when it came in"),
    ({"age": "Under 1 hour"}, subject(), True, "was under 1 hour old when it came in"),
    ({"age": "under 30 minutes"}, replace(subject(), age=timedelta(minutes=30)), False,
     "was not under 30 minutes old when it came in"),
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
    {"area": {"training": 0}}, {"area": {"training": 1.1}}, {"area": {"training": True}}, {"area": {}},
    {"header": {}}, {"header": "x-priority"}, {"header": {"x-priority": []}}, {"attachment": []}, {"attachment": None},
    {"has-event": "party"}, {"has-event": []}, {"has-request": "perhaps"}, {"thread": "second"}, {"thread": "<a>"},
    {"age": "2 days"}, {"age": "over 0 days"}, {"age": "over 2 years"}, {"age": 3},
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
