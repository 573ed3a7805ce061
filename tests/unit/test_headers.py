"""Headers: decoding, addresses, identity, dates, lists, subjects; and the words that rules and taggers match by."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import headers
from bot.words import find_phrase, fold, stem, words


@pytest.mark.parametrize(("raw", "text"), [
    ("plain", "plain"),
    ("=?utf-8?q?H=C3=A9?= =?utf-8?q?llo?= there", "Héllo there"),
    ("=?utf-8?B?w6k=?= =?iso-8859-1?Q?=E9?=", "éé"),
    ("=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "é"),
    ("=?iso-8859-1?Q?=93Now=94?=", "“Now”"),
    ("=?x-invented?q?abc?=", "abc"),
    ("=?utf-8?q?unfinished", "=?utf-8?q?unfinished"),
    ("folded\r\n value\0", "folded value"),
    ("a \udce9 b", "a é b"),
])
def test_decode(raw: str, text: str) -> None:
    assert headers.decode(raw) == text


@pytest.mark.parametrize(("raw", "expected"), [
    ('Ann <Ann@X.org>, "Doe, J" <d@x.org>', [("ann@x.org", "Ann"), ("d@x.org", "Doe, J")]),
    ("ann at b.edu (Ann A.)", [("ann@b.edu", "Ann A.")]),
    ("undisclosed-recipients:;", []),
    ("Group: a@b.example, d@e.example;", [("a@b.example", ""), ("d@e.example", "")]),
    ("a@b.example (Ann)", [("a@b.example", "Ann")]),
    ('"ann@x.org" <evil@z.example>', [("evil@z.example", "ann@x.org")]),
    ("=?utf-8?q?A=2C_B?= <q@x.org>", [("q@x.org", "A, B")]),
    ("(((((", []),
    ("", []),
])
def test_addresses(raw: str, expected: list[tuple[str, str]]) -> None:
    assert [(address.address, address.name) for address in headers.addresses(raw)] == expected


def test_message_ids_keep_their_angles_and_stand_once() -> None:
    assert headers.message_ids("<a@b> <c@d>\r\n <a@b>") == ("<a@b>", "<c@d>")
    assert headers.message_ids("a@b.example") == ("<a@b.example>",)
    assert headers.message_ids("<>") == ()


@pytest.mark.parametrize(("raw", "offset"), [
    ("Tue, 03 Mar 2026 10:00:00 -0600", -6), ("Tue, 03 Mar 2026 10:00:00", 0), ("3 Mar 2026 10:00 CST", -6)])
def test_dates_are_aware(raw: str, offset: int) -> None:
    date = headers.parse_date(raw)
    assert date is not None
    assert date.utcoffset() == timedelta(hours=offset)
    assert date.astimezone(UTC) == datetime(2026, 3, 3, 10 - offset, tzinfo=UTC)


@pytest.mark.parametrize("raw", ["", "yesterday", "Tue, 03 Mar 99999 10:00 -0600", "Tue, 03 Mar 2026 10:00:00 +9999"])
def test_unreadable_dates_are_none(raw: str) -> None:
    assert headers.parse_date(raw) is None


@pytest.mark.parametrize(("raw", "identifier", "name"), [
    ("Tech <TechServ-IG.carli.example.edu>", "techserv-ig.carli.example.edu", "techserv-ig"),
    ("<mailto:techserv-ig@carli.example.edu?subject=x>", "techserv-ig@carli.example.edu", "techserv-ig"),
    ("e-resource_contacts.lists.example.edu", "e-resource_contacts.lists.example.edu", "e-resource_contacts"),
])
def test_lists(raw: str, identifier: str, name: str) -> None:
    assert headers.list_identifier(raw) == identifier
    assert headers.list_name(identifier) == name


def test_a_list_that_takes_no_posts_has_no_identifier() -> None:
    assert headers.list_identifier("NO") is None


@pytest.mark.parametrize(("raw", "base"), [
    ("Re: [I-SHARE] Fwd: [EXTERNAL] AW: Hours", "Hours"), ("RE[2]: Hours (fwd)", "Hours"), ("[Only]", "[Only]"),
    ("Re:", "Re:"), ("Report: hours", "Report: hours")])
def test_base_subject(raw: str, base: str) -> None:
    assert headers.base_subject(raw) == base


def test_prefixes_stand_at_the_head_only() -> None:
    assert headers.subject_prefixes("Re: [I-SHARE] [EXTERNAL] hours [sic]") == ("i-share", "external")


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=400))
def test_nothing_raises(raw: str) -> None:
    headers.decode(raw).encode("utf-8")
    for found in headers.addresses(raw):
        assert "@" in found.address
    headers.message_ids(raw)
    headers.parse_date(raw)
    headers.list_identifier(raw)
    headers.base_subject(raw)
    fold(raw)
    find_phrase(raw, raw)


@pytest.mark.parametrize("raw", ["=?" * 30_000, "(" * 60_000, "[a]" * 20_000, "re: " * 15_000, "<" * 60_000])
def test_hostile_headers_cost_little(raw: str) -> None:
    begun = time.process_time()
    headers.decode(raw)
    headers.addresses(raw)
    headers.base_subject(raw)
    headers.list_identifier(raw)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(("one", "other"), [
    ("record", "records"), ("catalog", "cataloging"), ("library", "libraries"), ("process", "processes"),
    ("update", "updating"), ("ship", "shipped"), ("file", "filed"), ("date", "dates"), ("fulfill", "fulfilled"),
    ("address", "addresses"), ("purchase", "purchases"), ("query", "queries")])
def test_inflections_are_the_same_word(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [
    ("hold", "holdings"), ("meet", "meetings"), ("not", "notes"), ("new", "news"), ("sit", "site"), ("us", "use")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize(("phrase", "text", "found"), [
    ("bib record", "The “Bib  Records” of the NZ", "Bib Records"),
    ("i-share", "see I\u2011Share\u2019s page", "I-Share's"),
    ("network zone", "Network\nZone rules", "Network Zone"),
    ("e", "bee", None),
    ("", "text", None),
    ("???", "text", None),
    ("cafe", "Café", "Café"),
])
def test_find_phrase(phrase: str, text: str, found: str | None) -> None:
    assert find_phrase(phrase, text) == found


def test_words() -> None:
    assert words("I-Share's e-mail, don\u2019t!") == ("i", "share", "e", "mail", "dont")
