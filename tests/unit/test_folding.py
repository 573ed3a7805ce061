"""Copies and conversations: what is the same post, what is news, and which earlier mail a message belongs to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reading.folding import (
    Earlier,
    find_copy,
    likeness,
    may_join_by_subject,
    reply_names,
    signature,
    subject_key,
)
from bot.types import Message
from tests.unit.builders import message

TEXT = (
    "The catalog committee of the consortium asks every library to look at the merge rules for its bibliographic "
    "records before the next import. Records without an identifier are left alone, and the holdings stay where they "
    "are. Please tell the office which of your collections should be passed over."
)
OTHER = "A short course on reading usage statistics for new colleagues takes place in the museum downtown this month."


def earlier(one: Message, number: int = 1, content: str = "") -> Earlier:
    return Earlier(id=number, message=one, signature=signature(one)[0], bytes_hash=content)


def copied(new: Message, old: Message, *, content: str = "", before: str = "") -> str | None:
    found = find_copy(new, signature(new)[0], content, [earlier(old, content=before)])
    return found.why if found else None


def post(text: str = TEXT, *, key: str | None = None, subject: str = "Merge rules",
         lists: tuple[str, ...] = ("announce",), sender: str = "ann@carli.example.org") -> Message:
    return message(text, subject=subject, message_id=f"<{key}@carli.example.org>" if key else None, lists=lists,
                   sender=sender)


@pytest.mark.parametrize(("new", "why"), [
    (post(key="a", lists=("i-share",)), "the same Message-ID, posted to i-share"),
    (post(key="b", lists=("i-share",)), "the same text, posted to i-share"),
    (post(key=None), "the same text, posted to announce"),
    (post(TEXT + " Thank you all.", key="b"), "the same text, posted to announce"),
    (post(key="b", subject="[announce] Merge rules", sender="bob@example.edu"), "the same text, posted to announce"),
    # no copies: another writer and subject, a changed number, a word of news, other words
    (post(key="b", subject="Something else", sender="bob@example.edu"), None),
    (post(TEXT.replace("next import", "import of 12 May"), key="b"), None),
    (post(key="b", subject="Updated: Merge rules"), None),
    (post("Correction: " + TEXT, key="b"), None),
    (post("REMINDER. " + TEXT, key="b"), None),
    (post(OTHER, key="b"), None),
    # a careless sender's repeated Message-ID is not the same post
    (post(OTHER, key="a"), None),
    # what is short is said by many
    (post("Thanks!", key="b"), None),
])
def test_what_is_a_copy_of_the_post(new: Message, why: str | None) -> None:
    assert copied(new, post(key="a")) == why


def test_short_texts_fold_by_their_message_id_alone() -> None:
    assert copied(post("Thank you!", key="a"), post("Thanks!", key="a")) == "the same Message-ID, posted to announce"
    assert copied(post("Thanks!", key="b"), post("Thanks!", key="a")) is None


def test_the_very_same_bytes_are_the_very_same_message() -> None:
    assert copied(post("", key=None), post("", key=None), content="x", before="x") == "the very same message again"
    assert copied(post("", key=None), post("", key=None)) is None


def test_the_first_fitting_candidate_is_the_original() -> None:
    new = post(key="c")
    found = find_copy(new, signature(new)[0], "", [
        earlier(post(OTHER, key="x"), 7), earlier(post(key="a"), 8), earlier(post(key="b"), 9)])
    assert found is not None
    assert found.of == 8


def test_without_a_sender_the_text_alone_is_no_proof() -> None:
    assert copied(replace(post(key="b"), sender=None), post(key="a")) is None


def test_a_signature_is_repeatable_and_its_bands_fit_a_bigint() -> None:
    packed, bands = signature(post())
    assert (packed, bands) == signature(post())
    assert len(packed) == 256
    assert len(bands) == 16
    assert all(0 <= band < 2**56 for band in bands)


def test_a_text_without_words_has_no_signature() -> None:
    assert signature(message("… — !")) == (b"", ())
    assert likeness(b"", b"") == 0.0
    assert likeness(signature(post())[0], b"") == 0.0


def test_case_and_punctuation_make_no_difference() -> None:
    assert likeness(signature(post(TEXT.upper().replace(".", "!")))[0], signature(post())[0]) == 1.0


def test_unlike_texts_are_unlike() -> None:
    assert likeness(signature(post())[0], signature(post(OTHER))[0]) < 0.2


def test_a_footer_leaves_a_band_in_common() -> None:
    with_footer = post(TEXT + " You receive this since you read the list.")
    assert set(signature(with_footer)[1]) & set(signature(post())[1])


@pytest.mark.parametrize(("subject", "joins"), [
    ("Re: Merge rules", True), ("RE: Merge rules", True), ("Fwd: Merge rules", True), ("[list] Re: Merge rules", True),
    ("AW: Merge rules", True), ("Re[2]: Merge rules", True), ("Merge rules", False), ("Re: Hi", False), ("Re:", False),
    ("Regarding: Merge rules", False), ("", False),
])
def test_only_what_calls_itself_a_reply_joins_by_subject(subject: str, joins: bool) -> None:
    assert may_join_by_subject(message(subject=subject)) is joins


@pytest.mark.parametrize("subject", ["Re: [announce] Merge rules", "RE: RE: Merge Rules!", "Fwd: merge   rules"])
def test_the_key_of_a_subject_is_its_words(subject: str) -> None:
    assert subject_key(message(subject=subject)) == "merge rules"


def test_the_nearest_earlier_mail_is_named_first() -> None:
    one = message(in_reply_to=["<c>"], references=["<a>", "<b>", "<c>"])
    assert reply_names(one) == ("<c>", "<b>", "<a>")
    assert reply_names(message()) == ()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    mine, theirs = signature(message(one))[0], signature(message(other))[0]
    assert 0.0 <= likeness(mine, theirs) <= 1.0
    assert likeness(mine, theirs) == likeness(theirs, mine)
    assert likeness(mine, mine) == (1.0 if mine else 0.0)
