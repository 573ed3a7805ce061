"""Reports: once for each slot, to the deputy on leave, what nobody got each week, the director's page each month."""

from __future__ import annotations

import email
import email.policy
import itertools
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.assemble import load_templates, stationery
from bot.cli import main
from bot.commands.check import check
from bot.pipeline.judges import build_judges
from bot.pipeline.publish import Publisher
from bot.pipeline.receive import Receiver
from bot.rulebook import Rulebook
from bot.store.store import Store
from bot.store.values import DeliveryRow
from tests.unit.builders import CHICAGO, CONFIG, PEOPLE, batch, book, config, raw, rules, write_config

ASK = "Please send us the worksheet of the overlay of each bib record by {day}.\n"
TO_DANA = rules("rule: r, when: {text: overlay}, to: [dana], send: daily, stop: true",
                "rule: keep, when: {text: confidential}, hold: true")
NOW_DANA = rules("rule: r, when: {text: overlay}, to: [dana, lee], send: now, stop: true")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


class Bureau:
    """A store, its rules, and a publisher that can be started anew."""

    def __init__(self, folder: Path, rulebook: Rulebook, director: str = "") -> None:
        text = CONFIG.replace("liaison: robin", f"liaison: robin, director: {director}") if director else CONFIG
        self.settings = config(folder, text)
        self.store = Store.in_memory()
        self.numbers = itertools.count(1)
        self.judges = build_judges(self.settings, rulebook, None)
        self.uid = 0
        self.restart()

    def restart(self) -> None:
        """Another process on the same store."""
        templates = load_templates(self.settings, self.store, local("2026-01-01T00:00"))
        paper = stationery(self.settings, templates, lambda: f"{next(self.numbers)}")
        self.publisher = Publisher(self.store, lambda: self.judges, paper, eager=False)

    def edit(self, rulebook: Rulebook) -> None:
        """The liaison edits the rules."""
        self.judges = build_judges(self.settings, rulebook, None)

    def take(self, now: str, text: str, key: str = "", **more: str) -> None:
        moment = local(now)
        mail = raw(text, key=key or now.replace(":", ""), date_=f"{moment:%a, %d %b %Y %H:%M:%S %z}", **more)
        Receiver(self.store, lambda: self.judges).receive(batch(mail, first=self.uid + 1), moment)
        self.uid += 1

    def rows(self, slot: str) -> list[DeliveryRow]:
        written = self.store.outbox.between(local("2020-01-01T00:00"), local("2030-01-01T00:00"))
        return [row for row in written if row.slot.startswith(slot)]

    def mail(self, row: DeliveryRow) -> EmailMessage:
        parsed = email.message_from_bytes(self.store.outbox.raw(row.id), policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def text(self, slot: str) -> str:
        """What a report says, on one line."""
        body = self.mail(self.rows(slot)[0]).get_body(("plain",))
        assert body is not None
        return " ".join(body.get_content().split())


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    """Thursday's report is out; the next is Friday's."""
    one = Bureau(tmp_path, book(TO_DANA))
    one.publisher.publish(local("2026-11-19T08:00"))
    return one


# ── once ──


@pytest.mark.parametrize("change", ["2026-03-06", "2026-10-30"])          # Fridays before the clocks change
def test_each_digest_day_has_one_report_through_restarts_and_both_changes_of_the_clocks(
    tmp_path: Path, change: str
) -> None:
    one, now = Bureau(tmp_path, book(TO_DANA)), local(f"{change}T07:00")
    one.publisher.publish(now)
    end = now + timedelta(days=5)
    while now < end:
        now += timedelta(minutes=45)
        one.restart()
        one.publisher.publish(now)
    days = [row.slot.partition(":")[2] for row in one.rows("report")]
    weekdays = [(local(f"{change}T12:00") + timedelta(days=number)).date() for number in range(5)]
    assert days == [f"{day}" for day in weekdays if day.weekday() < 5]


def test_a_crash_while_a_report_is_written_leaves_neither_mail_nor_mark(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("bot.store.outbox.move_mark", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            bureau.publisher.publish(local("2026-11-20T07:30"))
    assert bureau.rows("report") == []
    bureau.restart()
    bureau.publisher.publish(local("2026-11-20T07:31"))
    assert len(bureau.rows("report")) == 1


def test_a_leave_that_begins_between_two_runs_makes_no_second_report(bureau: Bureau) -> None:
    bureau.publisher.publish(local("2026-11-20T07:30"))
    bureau.edit(book(TO_DANA, people=_away("2026-11-20", "2026-11-30")))
    bureau.restart()
    bureau.publisher.publish(local("2026-11-20T07:31"))
    assert [row.reader for row in bureau.rows("report")] == ["robin"]


def _away(start: str, until: str, deputy: str = "lee") -> str:
    return PEOPLE.replace("{name: Robin Vale,", f"{{deputy: {deputy}, away: {{from: {start}, until: {until}}}, "
                                                "name: Robin Vale,")


def test_on_leave_the_deputy_gets_it_and_is_told_why(bureau: Bureau) -> None:
    bureau.edit(book(TO_DANA, people=_away("2026-11-20", "2026-11-20")))
    bureau.publisher.publish(local("2026-11-20T07:30"))
    bureau.publisher.publish(local("2026-11-23T07:30"))
    assert [row.reader for row in bureau.rows("report")] == ["lee", "robin"]
    assert "you stand in for Robin Vale" in bureau.text("report:2026-11-20")
    assert "stand in" not in bureau.text("report:2026-11-23")


def test_when_the_deputy_is_away_too_the_deputys_deputy_gets_it(bureau: Bureau) -> None:
    people = _away("2026-11-20", "2026-11-20").replace(
        "{name: Lee Abara,", "{deputy: sam, away: {from: 2026-11-19, until: 2026-11-21}, name: Lee Abara,")
    bureau.edit(book(TO_DANA, people=people))
    bureau.publisher.publish(local("2026-11-20T07:30"))
    assert [row.reader for row in bureau.rows("report")] == ["sam"]


def test_with_nobody_there_it_waits_for_the_liaison(bureau: Bureau) -> None:
    bureau.edit(book(TO_DANA, people=_away("2026-11-20", "2026-11-20", deputy="robin")))
    bureau.publisher.publish(local("2026-11-20T07:30"))
    assert [row.reader for row in bureau.rows("report")] == ["robin"]


# ── what stands in it ──


def test_what_is_held_stands_first_with_what_can_be_done(bureau: Bureau) -> None:
    bureau.take("2026-11-19T09:00", "This is confidential: the overlay of record 21847000298471.\n",
                subject="Card 21847000298471")
    bureau.publisher.publish(local("2026-11-20T07:30"))
    told = bureau.text("report")
    assert told.index("DECIDE") < told.index("Held:") < told.index("liaison explain 1") < told.index("AREAS WITH")
    assert "21847000298471" not in bureau.store.outbox.raw(bureau.rows("report")[0].id).decode()


def test_a_request_is_told_each_day_and_once_when_it_is_past(bureau: Bureau) -> None:
    bureau.take("2026-11-19T09:00", ASK.format(day="Monday, November 23, 2026"))
    for day in ("20", "23", "24", "25"):
        bureau.publisher.publish(local(f"2026-11-{day}T07:30"))
    said = [bureau.text(f"report:2026-11-{day}") for day in ("20", "23", "24", "25")]
    assert ["Mon 23 Nov, in 3 days:" in said[0], "Mon 23 Nov, today:" in said[1],
            "Mon 23 Nov, past:" in said[2], "Mon 23 Nov" in said[3]] == [True, True, True, False]
    assert "1 due today" in bureau.rows("report:2026-11-23")[0].subject


def test_what_nobody_got_stands_in_the_first_report_of_a_week(bureau: Bureau) -> None:
    bureau.publisher.publish(local("2026-11-20T07:30"))
    bureau.take("2026-11-20T09:00", "Does anybody know a good recipe for wheat paste?\n", subject="Wheat paste")
    bureau.publisher.publish(local("2026-11-24T07:30"))          # nothing ran on Monday
    bureau.publisher.publish(local("2026-11-25T07:30"))
    assert "WHAT NOBODY GOT THIS WEEK" in bureau.text("report:2026-11-24")
    assert "Wheat paste" in bureau.text("report:2026-11-24")
    assert "NOBODY GOT" not in bureau.text("report:2026-11-25")


def test_yesterdays_digest_is_not_told_today(bureau: Bureau) -> None:
    bureau.take("2026-11-19T09:00", "The overlay of each bib record.\n")
    bureau.publisher.publish(local("2026-11-20T07:30") + timedelta(seconds=9))
    bureau.publisher.publish(local("2026-11-23T07:30"))
    assert "1 got a digest" in bureau.text("report:2026-11-20")
    assert "got a digest" not in bureau.text("report:2026-11-23")


def test_a_reader_stays_in_trouble_until_a_mail_gets_through(bureau: Bureau) -> None:
    bureau.take("2026-11-19T09:00", "The overlay of each bib record.\n")
    bureau.publisher.publish(local("2026-11-20T07:30"))
    [digest] = [row for row in bureau.rows("daily") if row.state == "queued"]
    bureau.store.outbox.record(digest.id, "failed", 550, "5.1.1 unknown", local("2026-11-20T07:31"))
    bureau.publisher.publish(local("2026-11-30T07:30"))
    assert "Dana Ortiz: 1 mail not delivered" in bureau.text("report:2026-11-30")
    bureau.take("2026-11-30T09:00", "Another overlay of a bib record in the zone.\n")
    bureau.publisher.publish(local("2026-12-01T07:30"))
    fresh = next(row for row in bureau.rows("daily:2026-12-01") if row.state == "queued")
    bureau.store.outbox.record(fresh.id, "sent", 250, "ok", local("2026-12-01T07:31"))
    bureau.publisher.publish(local("2026-12-02T07:30"))
    assert "not delivered" not in bureau.text("report:2026-12-02")


def test_areas_that_hang_on_nobody_or_one_person_are_named(bureau: Bureau) -> None:
    bureau.edit(book(TO_DANA, people=PEOPLE.replace(", areas: {training: weekly}", "")))
    bureau.publisher.publish(local("2026-11-20T07:30"))
    told = bureau.text("report")
    assert "Nobody reads, so it comes to you: Training" in told
    assert "One person only: System status (Dana Ortiz, no deputy)" in told


# ── the director's page ──


def test_the_director_gets_the_page_once_a_month_and_the_liaison_a_copy(tmp_path: Path) -> None:
    one = Bureau(tmp_path, book(NOW_DANA), director="sam")
    one.publisher.publish(local("2026-10-30T08:00"))
    one.take("2026-10-30T09:00", "The overlay of a bib record.\n")
    one.publisher.publish_urgent(local("2026-10-30T09:01"))
    for number, row in enumerate(one.rows("now:"), 2):
        one.store.outbox.record(row.id, "sent", 250, "ok", local("2026-10-30T09:00") + timedelta(minutes=number * 2))
    for day in range(4):                       # a Sunday, so the page waits for Monday's slot; the clocks change, too
        one.restart()
        one.publisher.publish(local("2026-10-31T12:00") + timedelta(days=day))
    assert sorted((row.reader, row.slot) for row in one.rows("month")) == [
        ("robin", "month:2026-10"), ("sam", "month:2026-10")]
    told = one.text("month:2026-10")
    assert "1 message could not wait and went out as 2 mails" in told
    assert "5 minutes in the middle, 6 minutes at worst" in told
    assert "Robin Vale has a copy" in told


def test_the_page_has_its_charts_inside_with_words_and_figures(tmp_path: Path) -> None:
    one = Bureau(tmp_path, book(NOW_DANA), director="sam")
    one.publisher.publish(local("2026-10-30T08:00"))
    one.take("2026-10-30T09:00", "The overlay of a bib record.\n")
    one.publisher.publish(local("2026-11-02T07:30"))
    mail = one.mail(one.rows("month")[0])
    assert mail.get_content_type() == "multipart/alternative"
    plain, related = mail.iter_parts()
    assert (plain.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    html, *pictures = related.iter_parts()
    named = {picture["Content-ID"].strip("<>") for picture in pictures}
    assert len(named) == 2
    assert all(f"cid:{name}" in html.get_content() for name in named)
    assert 'alt="Bar chart, posts by list in October 2026: techserv-ig 1."' in html.get_content()
    assert html.get_content().count("<table") == html.get_content().count("</table>")


def test_without_a_director_there_is_no_page(bureau: Bureau) -> None:
    bureau.publisher.publish(local("2026-12-01T07:30"))
    assert bureau.rows("month") == []


def test_a_director_whom_nobody_knows_is_a_fault_and_told_by_check(tmp_path: Path) -> None:
    one = Bureau(tmp_path, book(TO_DANA), director="samm")
    one.publisher.publish(local("2026-11-20T07:30"))
    one.publisher.publish(local("2026-12-01T07:30"))
    assert one.rows("month") == []
    assert ["samm" in fault.what for fault in one.store.health.faults()] == [True]
    checked = check(write_config(tmp_path / "b", CONFIG.replace("liaison: robin", "liaison: robin, director: samm")))
    assert any("samm" in str(one) and "Did you mean `sam`?" in str(one) for one in checked.mistakes)


# ── the command ──


def test_the_command_shows_any_report_and_marks_nothing(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    store = Store.open(str(tmp_path / "var/store.db"))
    judges = build_judges(config(tmp_path), book(), None)
    Receiver(store, lambda: judges).receive(batch(raw()), local("2026-11-19T09:00"))
    before = store.health.mark("report:until")
    said = {words: _said(path, *words.split()) for words in ("", "--week", "--day 2026-11-19", "--month 2026-11")}
    assert "1 received = 1 routed" in said["--day 2026-11-19"]
    assert "Subject: Liaison report, Thu 19 Nov" in said["--day 2026-11-19"]
    assert "THE LISTS IN NOVEMBER 2026" in said["--month 2026-11"]
    assert store.health.mark("report:until") == before
    assert store.outbox.open() == []
    store.close()


def test_the_commands_html_has_its_pictures_inside(tmp_path: Path) -> None:
    path, page = write_config(tmp_path), tmp_path / "page.html"
    store = Store.open(str(tmp_path / "var/store.db"))
    judges = build_judges(config(tmp_path), book(), None)
    Receiver(store, lambda: judges).receive(batch(raw()), local("2026-11-24T09:00"))
    store.close()
    _said(path, "--month", "2026-11", "--html", str(page))
    assert page.read_text().count("data:image/png;base64,") == 2
    assert "cid:" not in page.read_text()


@pytest.mark.parametrize("words", [
    "--day yesterday", "--month 2026-13", "--week --day 2026-11-19", "--day 2999-01-01", "--month 2999-01",
])
def test_what_the_command_cannot_show_it_says(tmp_path: Path, words: str) -> None:
    path = write_config(tmp_path)
    Store.open(str(tmp_path / "var/store.db")).close()
    result = CliRunner().invoke(main, ["report", "--config", str(path), *words.split()])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def _said(path: Path, *words: str) -> str:
    result = CliRunner().invoke(main, ["report", "--config", str(path), *words])
    assert result.exit_code == 0, result.output
    return result.output
