"""Bodies cut into new text, quotes, signatures and footers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.inbox.body import BodyParts, reflow, split_body

GOOGLE = 'You received this message because you are subscribed to the Google Groups "x" group.\nTo unsubscribe, mail x.'
CASES = {
    "plain": ("One.\n\nTwo.\n", BodyParts(new="One.\n\nTwo.")),
    "closing block": (
        "Text.\n\nBest,\nAnn Arbogast\nHead of Cataloging\n555-0101\n",
        BodyParts(new="Text.", signature="Best,\nAnn Arbogast\nHead of Cataloging\n555-0101")),
    "name block": (
        "Text.\n\nAnn Arbogast\nTechnical Services Librarian\nNorthlake University",
        BodyParts(new="Text.", signature="Ann Arbogast\nTechnical Services Librarian\nNorthlake University")),
    "thanks is no closing": ("Thanks,\nI will do that.\n\nMore.", BodyParts(new="Thanks,\nI will do that.\n\nMore.")),
    "google groups": ("Text.\n\n-- \n" + GOOGLE, BodyParts(new="Text.", footer="--\n" + GOOGLE)),
    "listserv": (
        "Text.\n\n############################\n\nTo unsubscribe from the ALMA-L list, click this:\nhttp://x.example",
        BodyParts(new="Text.", footer=(
            "############################\n\nTo unsubscribe from the ALMA-L list, click this:\nhttp://x.example"))),
    "original message": (
        "Yes.\n\n-----Original Message-----\nFrom: Bo\nOld.",
        BodyParts(new="Yes.", quoted="-----Original Message-----\nFrom: Bo\nOld.")),
    "bold outlook block": (
        "Yes.\n\n*From:* Bo <bo@x.example>\n*Sent:* Monday\n*To:* Ann\n*Subject:* Hi\n\nOld.",
        BodyParts(new="Yes.", quoted="*From:* Bo <bo@x.example>\n*Sent:* Monday\n*To:* Ann\n*Subject:* Hi\n\nOld.")),
    "unmarked quote": (
        "Yes.\n\nOn Mon, Jan 5, 2026 at 9:00 AM Bo <bo@x.example> wrote:\n\nCan you come?",
        BodyParts(new="Yes.", quoted="On Mon, Jan 5, 2026 at 9:00 AM Bo <bo@x.example> wrote:\n\nCan you come?")),
    "signature above the quote": (
        "Yes.\n\n-- \nAnn\n\n> Old.", BodyParts(new="Yes.", quoted="> Old.", signature="--\nAnn")),
    "caution": (
        "CAUTION: This email originated from outside of the organization.\n\nText.",
        BodyParts(new="Text.", footer="CAUTION: This email originated from outside of the organization.")),
    "caution of the writer": (
        "Caution: Alma is slow today.\n\nText.", BodyParts(new="Caution: Alma is slow today.\n\nText.")),
    "prose that begins with From": (
        "From: noon to one we are closed.\nTo be safe, come at two.",
        BodyParts(new="From: noon to one we are closed.\nTo be safe, come at two.")),
    "on that day": ("On Monday we wrote:\nnothing new", BodyParts(new="On Monday we wrote:\nnothing new")),
    "empty": ("", BodyParts()),
}


@pytest.mark.parametrize("name", CASES)
def test_split(name: str) -> None:
    text, expected = CASES[name]
    assert split_body(text) == expected


def test_interleaved_replies_keep_their_new_lines() -> None:
    parts = split_body("On Mon, Bo wrote:\n> Shall we start?\nYes.\n> And stop?\nNo.\n")
    assert parts.new == "Yes.\nNo."
    assert parts.quoted == "On Mon, Bo wrote:\n> Shall we start?\n> And stop?"


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from([
    "", "Text here.", "> quoted", "-- ", "Best,", "Ann Arbogast", "From: Bo", "Sent: Monday", "To: Ann", "Subject: x",
    "On Mon, Jan 5, 2026, Bo wrote:", "____________________", "x mailing list", "To unsubscribe from this list, click",
    "[EXTERNAL] This message originated outside", "-----Original Message-----"]), max_size=25))
def test_no_word_is_lost(lines: list[str]) -> None:
    parts = split_body("\n".join(lines))
    kept = "\n".join((parts.new, parts.quoted, parts.signature, parts.footer))
    assert sorted(kept.split()) == sorted("\n".join(lines).split())


def test_reflow() -> None:
    assert reflow("Hello \nworld\n> a \n> b\n-- \nAnn") == "Hello world\n> a b\n-- \nAnn"
    assert reflow("Hel \nlo", delsp=True) == "Hello"
    assert reflow("> a \nb") == "> a \nb"


@pytest.mark.parametrize("text", [
    "> \n" * 60_000, "On x 1\n" * 20_000, "From: a\n" * 20_000, "_ " * 100_000, " " * 200_000, "-- \n" * 40_000,
    "Thanks,\n" * 20_000, ("On " + "1 " * 90 + "\n") * 3_000, (" " * 1_500 + "x\n") * 2_000])
def test_hostile_text_costs_little(text: str) -> None:
    begun = time.process_time()
    split_body(text)
    assert time.process_time() - begun < 1


def test_the_last_item_of_a_list_of_events_is_no_signature() -> None:
    text = "Classes\n\nMending 1\nEast Branch, April 9 at 6 PM\n\nDisc Cleaning Day\nCentral Library, May 16 at 10 AM"
    assert split_body(text).new == text
    assert split_body(text).signature == ""
