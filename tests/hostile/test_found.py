"""What hostile mail was found to do, each once, by name: it must not come back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bot.cli import main
from bot.inbox import html, mime
from bot.inbox.attached import Unread, text_of
from bot.inbox.message import Unreadable, parse
from bot.pipeline import letters
from bot.reading.calendar import calendar_events, invitations
from bot.reading.dates import read_dates
from bot.types import Disposition, Message
from tests.hostile import checker
from tests.hostile.line import NOW, Line
from tests.unit import builders
from tests.unit.builders import raw

ZONE = ZoneInfo("America/Chicago")


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A library of its own."""
    one = Line(tmp_path)
    yield one
    one.close()


def calendar(*lines: str) -> Message:
    """A post with one calendar entry."""
    entry = "\r\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", "SUMMARY:A meeting", *lines, "END:VEVENT",
                         "END:VCALENDAR", ""))
    return parse(f"From: a@example.org\r\nContent-Type: text/calendar; charset=utf-8\r\n"
                 f"Date: Tue, 24 Nov 2026 08:30:00 -0600\r\n\r\n{entry}".encode())


# ── calendars ──


@pytest.mark.parametrize("rule", [
    "FREQ=YEARLY;BYEASTER=1;INTERVAL=0", "FREQ=DAILY;INTERVAL=0", "FREQ=WEEKLY;INTERVAL=0;BYDAY=MO",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2", "FREQ=MONTHLY;BYSETPOS=366;BYDAY=MO",
])
def test_a_rule_that_goes_on_for_ever_leaves_its_start(rule: str) -> None:
    begun = time.process_time()
    found = calendar_events(calendar("DTSTART:20100105T160000Z", f"RRULE:{rule}"), ZONE)
    assert len(found.events) == 1
    assert time.process_time() - begun < 2


def test_a_rule_that_honest_people_write_is_told_date_by_date() -> None:
    found = calendar_events(calendar("DTSTART:20100105T160000Z", "RRULE:FREQ=WEEKLY;BYDAY=TU,TH"), ZONE)
    assert len(found.events) == 12
    assert {event.start.strftime("%a") for event in found.events} == {"Tue", "Thu"}


def test_a_day_of_no_time_of_ours_is_no_date_and_stops_no_digest(line: Line) -> None:
    assert calendar_events(calendar("DTSTART:00010101T000000"), ZONE).events == ()
    assert calendar_events(calendar("DTSTART:20261201", "DURATION:P9999999D"), ZONE).events[0].end is None
    entry = "\r\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY:Meeting", "DTSTART:00010101T000000", "END:VEVENT",
                         "END:VCALENDAR"))
    line.take(raw(entry).replace(b"text/plain", b"text/calendar"))
    line.publish()
    assert line.mails("digest")


def test_a_giant_sequence_number_costs_no_dates() -> None:
    found = invitations(calendar("DTSTART:20261201T160000Z", f"SEQUENCE:{'9' * 30}"), ZONE)
    assert [one.sequence for one in found] == [0]


# ── one bad message stops nothing ──


def test_a_post_that_cannot_be_laid_out_keeps_no_other_from_the_digest(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = raw(subject="Poison", key="bad"), raw("Another post on the overlay of bib records.\n", key="good")
    number = line.take(bad).id
    line.take(good)
    summarise = line.paper.summarise

    def breaks(message: Message) -> str:
        if message.subject == "Poison":
            raise OverflowError("date value out of range: the post's own words")
        return summarise(message)

    object.__setattr__(line.paper, "summarise", breaks)
    line.publish()
    told = [checker.said(mail, "plain") for _, reader, mail in line.mails("digest") if reader == "dana"]
    assert len(told) == 1 and "Another post" in told[0] and "Poison" not in told[0]
    [fault] = line.store.health.faults()
    assert f"liaison explain {number}" in fault.mend and "own words" not in fault.what + fault.mend
    report = next(checker.said(mail, "plain") for kind, _, mail in line.mails() if kind == "report")
    assert f"Message {number} cannot be laid out" in " ".join(report.split())


def test_a_post_that_cannot_go_at_once_keeps_no_other_from_going(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    urgent = letters.urgent

    def breaks(item: object, *given: object, **named: object) -> object:
        if "Poison" in item.message.subject:  # type: ignore[attr-defined]
            raise ValueError("the post's own words")
        return urgent(item, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(letters, "urgent", breaks)
    line.take(raw(subject="Poison", key="bad"))
    line.take(raw("Another post on the overlay of bib records.\n", key="good"))
    line.publisher.publish_urgent(NOW)
    assert [reader for _, reader, _ in line.mails("urgent")] == ["sam"]
    line.publisher.publish_urgent(NOW)
    assert len(line.mails("urgent")) == 1
    assert [fault.what for fault in line.store.health.faults()] == [
        "Message 1 cannot be laid out (ValueError), so it stands in no mail."]


def test_whatever_a_library_raises_over_a_message_quarantines_that_message_alone(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.pipeline import receive

    class Odd(Exception):  # noqa: N818
        """No error that Python knows."""

    def breaks(message: Message) -> object:
        if message.subject == "Poison":
            raise Odd("the post's own words")
        return signature(message)

    signature = receive.folding.signature
    monkeypatch.setattr(receive.folding, "signature", breaks)
    fates = [line.take(one).admission for one in (raw(subject="Poison", key="bad"), raw(key="good"))]
    assert [one.disposition for one in fates] == [Disposition.QUARANTINED, Disposition.ROUTED]
    assert "own words" not in fates[0].why
    assert line.store.archive.raw(1) == raw(subject="Poison", key="bad")


# ── files and pages ──


def test_files_share_what_a_message_may_cost_and_what_is_not_read_is_told() -> None:
    table = "Content-Type: text/csv; name=\"{}.csv\"\r\n\r\n21234000123456,Smith\r\n"
    many = "".join(f"--b\r\n{table.format(number)}\r\n" for number in range(20))
    found = parse(f"From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{many}--b--\r\n".encode())
    assert len(found.attached) == 12
    assert sum("is too large to be read" in defect for defect in found.defects) == 8


def test_a_pdf_of_more_objects_than_any_is_not_opened() -> None:
    with pytest.raises(Unread, match="too large"):
        text_of("a.pdf", b"%PDF-1.4\n" + b"1 0 obj\n" * 50_000)


@pytest.mark.parametrize("markup", [
    "<em>" * 300, "<x-y>" * 300, "<br>" * 30_000, "<p " + " ".join(f"a{n}" for n in range(3_000)) + ">",
    "<p a=\">\" " + " ".join(f"a{n}='>'" for n in range(3_000)) + ">",
])
def test_markup_that_costs_too_much_is_seen_before_it_does(markup: str) -> None:
    assert html.costs_too_much(markup)
    assert "Alma is down." in html.to_text(f"<p>Alma is down.</p>{markup}")


def test_markup_as_mail_programs_write_it_is_laid_out() -> None:
    row = '<tr style="mso-yfti-irow:1"><td width=319 valign=top><p class=MsoNormal>a<o:p></o:p></p></td></tr>'
    assert not html.costs_too_much(f"<table>{row * 900}</table><ul><li>a<li>b</ul><p>x<br>" + "<p>x" * 2_000)
    image = f'<p>x<img src="data:image/png;base64,{"A" * 200_000}">'
    assert not html.costs_too_much(image)


def test_lines_are_cut_wherever_they_end() -> None:
    for end in (b"\r", b"\n", b"\r\n"):
        defects = mime.read_tree(b"Subject: x" + end * 2 + (b"y" + end) * 100_000).defects
        assert any("only the first 60000 were read" in defect for defect in defects)
    full = b"Subject: x\r\n\r\n" + (b"y" * 70 + b"\r\n") * 100_000
    assert mime.read_tree(full).defects == []


# ── what nobody sees ──


@pytest.mark.parametrize("sign", ["\u00ad", "\u200b", "\u202e", "\u2066", "\U000e0041", "\u2060", "\ufeff", "\u3164"])
def test_what_nobody_sees_hides_no_word_from_the_rules(sign: str) -> None:
    found = parse(f"From: a@example.org\r\nSubject: pass{sign}word\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
                  f"Your pass{sign}word ends.\r\n".encode())
    assert (found.subject, found.text.strip()) == ("password", "Your password ends.")
    page = parse("From: a@example.org\r\nContent-Type: text/html\r\n\r\n"
                 f"<p>Your pass&#{ord(sign)};word ends.".encode())
    assert page.text.strip() == "Your password ends."


def test_joiners_stay_where_a_script_needs_them() -> None:
    found = parse("From: a@example.org\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
                  "می\u200cخواهم 👩\u200d💻".encode())
    assert found.text == "می\u200cخواهم 👩\u200d💻"


# ── the terminal ──


def test_what_a_mail_server_answers_acts_on_no_terminal(line: Line) -> None:
    line.take(raw(key="one"))
    line.publish()
    row = line.store.outbox.open()[0]
    line.store.outbox.record(row.id, "failed", 550, "5.1.1 \x1b[2J\x1b]0;owned\x07\u202e[bold red]gone\x9b31m", NOW)
    config = str(line.folder / "config.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "300")
        patch.setattr("bot.commands.status.datetime", _At)
        said = CliRunner().invoke(main, ["status", "--config", config]).output
    assert "[bold red]gone" in said
    assert checker.unseen(said) == set()


class _At(datetime):
    """The house's own day."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return NOW.astimezone(tz)


# ── whatever comes ──


def test_separators_of_word_processors_end_a_line() -> None:
    found = parse("Subject: a\r\n\r\n\u2028One\u2028two\u2029three\x85four\r\n".encode())
    assert found.new_text.split("\n") == ["One", "two", "three", "four"]


@given(st.binary(max_size=3_000))
def test_no_bytes_break_the_parser(content: bytes) -> None:
    _reads(content)
    _reads(b"From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + content)


@given(st.lists(st.tuples(
    st.sampled_from(["From", "To", "Subject", "Date", "Message-ID", "References", "List-Id", "Content-Type", "X",
                     "Content-Transfer-Encoding", "Content-Disposition", "Reply-To", "Authentication-Results"]),
    st.text(max_size=200)), max_size=12), st.text(max_size=500))
def test_no_headers_break_the_parser(pairs: list[tuple[str, str]], text: str) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in pairs)
    _reads(f"{head}\r\n{text}".encode("utf-8", "surrogateescape"))


@given(st.lists(st.sampled_from([
    "Monday", "next", "the", "31", "30th", "February", "Feb.", "2026", "9999", "0", "12/31", "1/1/1", "noon", "25:61",
    "10", "a.m.", "p.m.", "-", "–", "to", "through", "until", "every", "other", "except", ",", ".", "\n", "\t", "|",
    "and", "CST", "UTC+99", "week", "of", "from", "by", "İ", "①", "¾", "٣", "\u0000", "tomorrow", "1st",
    "99999999999999999999",
]), max_size=25))
def test_no_words_break_the_reading_of_dates(words: list[str]) -> None:
    message = builders.message(" ".join(words), subject="A meeting")
    for event in read_dates(message, ZONE).events:
        assert event.start.year in range(1970, 2200)
        assert event.end is None or event.end.year in range(1970, 2201)


def _reads(content: bytes) -> None:
    try:
        found = parse(content)
    except Unreadable:
        return
    shown = (found.subject, found.sender.name if found.sender else "", found.new_text,
             *(file.name for file in found.attachments))
    assert [checker.unseen(words.replace("\r", "")) for words in shown] == [set() for _ in shown]
