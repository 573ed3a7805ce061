"""Held means held: by none of the ways out of the house does a word of a held post reach anybody but the liaison."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.digests.month import page
from bot.pipeline.judges import build_judges
from bot.pipeline.month import gather_month
from bot.types import Disposition
from tests.hostile import checker
from tests.hostile.line import AREAS, NOW, PEOPLE, ROUTING, Line
from tests.unit.builders import book, raw, rules

#: Words that stand in held posts alone.
SECRET = "zanzibarine"
HELD_TEXT = (f"Please do not pass this on: the {SECRET} vendor will leave us, and the {SECRET} outage begins on "
             "Wednesday, December 2, 2026 at 10 a.m. Central Time. Please answer by December 9, 2026.\n")
HOLD = rules("rule: kept, when: {text: [do not pass this on]}, hold: true",
             *(line[4:].removesuffix(", why: because}").removeprefix("{") for line in ROUTING.splitlines()[1:]))
HELD_POST = raw(HELD_TEXT, subject="The vendor and the overlay", key="held")
WITH_DEPUTY = PEOPLE.replace("sam@library.example.edu}", "sam@library.example.edu, deputy: lee}")
#: What must reach people, so that their mails are not empty of themselves.
OPEN = raw("An open word on the overlay of bib records.\n", subject="Open word", key="open",
           date_="Tue, 24 Nov 2026 08:31:00 -0600")


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A library whose rules hold one kind of post, with one such post and an open one in it."""
    one = Line(tmp_path, HOLD)
    assert one.take(HELD_POST).admission.disposition is Disposition.HELD
    assert one.take(OPEN).admission.disposition is Disposition.ROUTED
    yield one
    one.close()


def told(line: Line) -> dict[str, str]:
    """All that each person but the liaison got, with what hangs on it, and the calendar files."""
    found: dict[str, str] = {}
    for _, reader, mail in line.mails():
        words = "".join(checker.said(mail, kind) for kind in ("plain", "html"))
        hung = "".join(part.as_string() for part in checker.parts(checker.read(mail)))
        found[reader] = f"{found.get(reader, '')}{words}{hung}{checker.read(mail)['Subject']}"
    found.pop("robin", None)
    return {**found, "calendars": b"".join(line.calendars()).decode()}


def leaks(line: Line) -> list[str]:
    """Who got a word of it."""
    found = told(line)
    assert {"dana", "lee", "sam"} <= found.keys()
    assert all("Open word" in found[reader] for reader in ("dana", "lee", "sam"))
    return [reader for reader, words in found.items() if SECRET in words.lower()]


def test_it_leaves_by_no_mail_calendar_or_attachment(line: Line) -> None:
    line.publish()
    assert leaks(line) == []
    assert SECRET not in "".join(checker.said(mail, "plain") for kind, _, mail in line.mails() if kind == "report")


REPLY = "Re: The vendor and the overlay"
QUOTED = "".join(f"> {part}\n" for part in HELD_TEXT.strip().split(" the ", 1))


@pytest.mark.parametrize(("subject", "extra", "text"), [
    (REPLY, "In-Reply-To: <held@carli.example.org>\r\n", f"I see.\n\nOn Tue, Nov 24, 2026, Ann wrote:\n{QUOTED}"),
    (REPLY, "In-Reply-To: <held@carli.example.org>\r\n", QUOTED),
    (REPLY, "", f"I see.\n\n-----Original Message-----\nFrom: Ann\nSubject: The vendor\n\n{HELD_TEXT[24:]}"),
    ("Fwd: The vendor and the overlay", "", f"FYI\n\n---------- Forwarded message ----------\n{HELD_TEXT[24:]}"),
    ("Something else", "References: <held@carli.example.org>\r\n", f"Top.\n\n{HELD_TEXT[24:160]}"),
])
def test_a_reply_that_quotes_it_is_held_with_it(line: Line, subject: str, extra: str, text: str) -> None:
    quoted = text.replace("do not pass this on", "keep this")
    received = line.take(raw(quoted, subject=subject, key="reply", extra=extra))
    assert (received.admission.disposition, received.admission.kind) == (Disposition.HELD, "repeats-held")
    assert "message 1" in received.admission.why
    line.publish()
    assert leaks(line) == []


def test_a_reply_that_says_nothing_of_it_goes_its_way(line: Line) -> None:
    received = line.take(raw("We meet at noon about the overlay, as always.\n", subject=REPLY, key="reply",
                             extra="In-Reply-To: <held@carli.example.org>\r\n"))
    assert received.admission.disposition is Disposition.ROUTED
    line.publish()
    assert leaks(line) == []


def test_who_posts_it_anew_without_what_it_was_held_for_is_heard(line: Line) -> None:
    anew = HELD_TEXT.replace("Please do not pass this on: ", "").replace(SECRET, "old")
    received = line.take(raw(anew, subject="The vendor and the overlay", key="anew"))
    assert received.admission.disposition is Disposition.ROUTED


def test_a_copy_through_another_list_is_held_too(line: Line) -> None:
    copy = line.take(raw(HELD_TEXT, subject="The vendor and the overlay", key="held", to="announce"))
    assert copy.admission.disposition in (Disposition.FOLDED, Disposition.HELD)
    line.publish()
    assert leaks(line) == []


def test_an_attached_original_that_encloses_it_is_held(line: Line) -> None:
    outer = raw(subject="Fwd: The vendor and the overlay", key="outer").partition(b"Content-Type")[0]
    enclosed = (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below.\r\n--b\r\n"
                b"Content-Type: message/rfc822\r\n\r\n" + HELD_POST.replace(b"do not pass this on", b"keep this")
                + b"\r\n--b--\r\n")
    assert line.take(outer + enclosed).admission.kind == "repeats-held"
    line.publish()
    assert leaks(line) == []


def test_what_an_edit_holds_after_it_was_sent_goes_to_no_deputy_and_no_digest(tmp_path: Path) -> None:
    ask = ROUTING.replace("send: now", "send: now, acknowledge: 30 minutes")
    one = Line(tmp_path, ask, people=WITH_DEPUTY)
    one.take(HELD_POST)
    one.take(OPEN)
    one.publisher.publish_urgent(NOW)
    before = {raw_ for _, _, raw_ in one.mails()}
    for row in one.store.outbox.open():
        one.store.outbox.record(row.id, "sent", 250, "taken", NOW)
    one.judges = build_judges(one.settings, book(HOLD, people=WITH_DEPUTY, areas=AREAS), None)
    one.receiver.rejudge(NOW)
    one.publisher.publish_urgent(NOW + timedelta(hours=2))
    one.publisher.publish(NOW + timedelta(days=1))
    later = [(reader, mail) for _, reader, mail in one.mails() if mail not in before and reader != "robin"]
    assert later
    whole = [reader for reader, mail in later if SECRET in checker.said(mail, "plain").lower()]
    one.close()
    assert whole == []


@pytest.mark.parametrize("words", [
    ["preview", "dana", "--no-open"], ["what", "dana"], ["status"], ["who", "cataloging"],
])
def test_no_command_shows_its_text_but_the_liaisons_own(line: Line, words: list[str]) -> None:
    config = str(line.folder / "config.yaml")
    done = CliRunner().invoke(main, [words[0], "--config", config, *words[1:]])
    assert done.output.strip() and SECRET not in done.output.lower()


def test_the_directors_page_knows_nothing_of_it(line: Line) -> None:
    line.publish()
    rendered = page(gather_month(line.store, line.judges, NOW.date().replace(day=1), NOW + timedelta(days=2)), NOW,
                    templates=line.templates, house=line.publisher._house(), copy_to="")
    assert SECRET not in (rendered.text + rendered.html + rendered.subject).lower()
    assert "The vendor" not in rendered.text
