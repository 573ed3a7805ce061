"""Writing what is due into the outbox: each reader's digest once a slot, urgent mail at once, the report each day."""

from __future__ import annotations

import email
import email.policy
import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from bot.assemble import load_templates, stationery
from bot.pipeline.judges import build_judges
from bot.pipeline.publish import Publisher
from bot.pipeline.receive import Receiver
from bot.rulebook import Rulebook
from bot.store.store import Store
from bot.store.values import DeliveryRow
from tests.unit.builders import AREAS, CHICAGO, PEOPLE, batch, book, config, raw, rules

LONG = ("The committee asks every library to look at the overlay rules for its bib records before the next import, and "
        "to tell the office which collections should be passed over this time around.\n")
TO_ALL = rules("rule: r, when: {text: overlay}, to: [dana, lee, sam], send: daily, stop: true")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


class House:
    def __init__(self, folder: Path, rulebook: Rulebook, *, eager: bool = False) -> None:
        settings = config(folder)
        numbers = itertools.count(1)
        self.store = Store.in_memory()
        self.judges = build_judges(settings, rulebook, None)
        templates = load_templates(settings, self.store, local("2026-11-23T08:00"))
        paper = stationery(settings, templates, lambda: f"{next(numbers)}")
        self.publisher = Publisher(self.store, lambda: self.judges, paper, eager=eager)
        self.receiver = Receiver(self.store, lambda: self.judges)
        self.uid = 0

    def take(self, now: str, *mails: bytes) -> None:
        self.receiver.receive(batch(*mails, first=self.uid + 1), local(now))
        self.uid += len(mails)

    def rows(self, kind: str = "digest") -> list[DeliveryRow]:
        return [row for row in self.store.outbox.between(local("2020-01-01T00:00"), local("2030-01-01T00:00"))
                if row.kind == kind and row.state != "empty"]

    def who(self, kind: str = "digest") -> list[str]:
        return sorted(row.reader for row in self.rows(kind))

    def mail(self, row: DeliveryRow) -> EmailMessage:
        parsed = email.message_from_bytes(self.store.outbox.raw(row.id), policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Monday's slots are settled; a post comes at nine; the next slot is Tuesday, 07:30."""
    one = House(tmp_path, book(TO_ALL))
    one.publisher.publish(local("2026-11-23T08:00"))
    one.take("2026-11-23T09:00", raw(LONG, date_="Mon, 23 Nov 2026 09:00:00 -0600"))
    return one


def test_nothing_goes_before_its_hour(house: House) -> None:
    assert house.publisher.publish(local("2026-11-24T07:29")).digests == 0
    assert house.who() == []


def test_at_its_hour_each_reader_gets_one_digest_and_the_liaison_a_report(house: House) -> None:
    done = house.publisher.publish(local("2026-11-24T07:30"))
    assert (done.digests, done.reports) == (3, 1)
    assert house.who() == ["dana", "lee", "sam"]
    assert house.who("report") == ["robin"]
    assert {row.slot for row in house.rows()} == {"daily:2026-11-24"}


def test_publishing_again_writes_nothing_more(house: House) -> None:
    house.publisher.publish(local("2026-11-24T07:30"))
    for minutes in range(5):
        done = house.publisher.publish(local("2026-11-24T07:30") + timedelta(minutes=minutes))
        assert (done.urgent, done.digests, done.empty, done.reports) == (0, 0, 0, 0)


def test_another_publisher_on_the_same_store_writes_nothing_more(house: House, tmp_path: Path) -> None:
    house.publisher.publish(local("2026-11-24T07:30"))
    other = House(tmp_path, book(TO_ALL))
    again = Publisher(house.store, lambda: house.judges, other.publisher._paper, eager=False)
    assert again.publish(local("2026-11-24T07:31")).digests == 0


def test_a_run_that_crashed_between_two_readers_is_finished_by_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = house.store.outbox.queue
    calls = itertools.count()

    def queue(*given: object, **named: object) -> bool:
        if next(calls) == 1:
            raise KeyboardInterrupt
        return real(*given, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(house.store.outbox, "queue", queue)
        with pytest.raises(KeyboardInterrupt):
            house.publisher.publish(local("2026-11-24T07:30"))
    assert house.who() == ["dana"]
    house.publisher.publish(local("2026-11-24T07:31"))
    assert house.who() == ["dana", "lee", "sam"]


def test_a_digest_is_a_good_citizens_mail(house: House) -> None:
    house.publisher.publish(local("2026-11-24T07:30"))
    row = next(row for row in house.rows() if row.reader == "dana")
    mail = house.mail(row)
    assert mail["To"] == "Dana Ortiz <dana@library.example.edu>"
    assert mail["From"] == "Library Digest <digest@library.example.edu>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "digest.library.example.edu" in mail["List-Id"]
    assert mail["Message-ID"].endswith("@library.example.edu>")
    assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}
    body = mail.get_body(("plain",))
    assert body is not None
    assert "overlay" in body.get_content()


def test_what_a_digest_carried_is_not_carried_again(house: House) -> None:
    house.publisher.publish(local("2026-11-24T07:30"))
    assert house.publisher.publish(local("2026-11-25T07:30")).digests == 0
    assert len(house.rows()) == 3


def test_after_a_long_sleep_one_digest_goes_out(house: House) -> None:
    for day in (24, 25, 26):
        house.take(f"2026-11-{day}T09:00", raw(f"{LONG}{day}", key=f"k{day}", subject=f"Post {day}",
                                               date_=f"{day} Nov 2026 09:00:00 -0600"))
    done = house.publisher.publish(local("2026-12-09T23:00"))
    assert done.digests == 3
    assert {row.slot for row in house.rows()} == {"daily:2026-12-09"}
    assert house.publisher.publish(local("2026-12-09T23:01")).digests == 0


def test_an_hour_that_is_put_off_after_it_was_kept_brings_nothing_before_it(tmp_path: Path) -> None:
    house = House(tmp_path, book(TO_ALL))
    house.publisher.publish(local("2026-11-23T08:00"))
    house.publisher.publish(local("2026-11-24T07:30"))
    house.take("2026-11-24T09:00", raw(LONG, date_="Tue, 24 Nov 2026 09:00:00 -0600"))
    slots = "slots: {daily: {at: '15:00', on: [mon, tue, wed, thu, fri]}}"
    house.judges = replace(house.judges, book=book(TO_ALL + slots))
    assert house.publisher.publish(local("2026-11-24T10:00")).digests == 0
    assert house.publisher.publish(local("2026-11-25T14:59")).digests == 0
    assert house.publisher.publish(local("2026-11-25T15:00")).digests == 3


def test_on_the_first_day_an_hour_that_is_put_off_to_after_the_start_counts(tmp_path: Path) -> None:
    house = House(tmp_path, book(TO_ALL))
    assert house.publisher.publish(local("2026-11-24T09:00")).digests == 0
    house.take("2026-11-24T09:01", raw(LONG, date_="Tue, 24 Nov 2026 09:01:00 -0600"))
    assert house.publisher.publish(local("2026-11-24T09:02")).digests == 0
    house.judges = build_judges(config(tmp_path), book(TO_ALL + 'slots: {daily: {at: "09:05", on: weekdays}}\n'), None)
    assert house.publisher.publish(local("2026-11-24T09:04")).digests == 0
    assert house.publisher.publish(local("2026-11-24T09:05")).digests == 3
    assert house.publisher.publish(local("2026-11-24T09:06")).digests == 0
    house.take("2026-11-24T12:00", raw("Which overlay do you use?\n", key="two", subject="Overlay again"))
    assert house.publisher.publish(local("2026-11-25T09:05")).digests == 3


def test_a_clock_that_ran_ahead_for_a_while_keeps_no_digest_back(house: House) -> None:
    house.publisher.publish(local("2027-03-01T08:00"))
    house.take("2026-11-24T09:00", raw("Which overlay do you use?\n", key="two", subject="Overlay again"))
    assert house.publisher.publish(local("2026-11-25T07:30")).digests == 3


def test_on_monday_daily_and_weekly_become_one_mail(tmp_path: Path) -> None:
    house = House(tmp_path, book())                       # dana reads it daily, lee weekly
    house.publisher.publish(local("2026-11-23T08:00"))
    house.take("2026-11-28T09:00", raw(LONG, date_="Sat, 28 Nov 2026 09:00:00 -0600"))
    house.publisher.publish(local("2026-11-30T07:30"))
    assert sorted((row.reader, row.slot) for row in house.rows()) == [
        ("dana", "daily:2026-11-30"), ("lee", "daily:2026-11-30")]


def test_weekly_waits_for_its_day(tmp_path: Path) -> None:
    house = House(tmp_path, book())
    house.publisher.publish(local("2026-11-23T08:00"))
    house.take("2026-11-23T09:00", raw(LONG, date_="Mon, 23 Nov 2026 09:00:00 -0600"))
    house.publisher.publish(local("2026-11-24T07:30"))
    assert house.who() == ["dana"]


def test_a_reader_in_another_zone_has_the_digest_at_their_own_hour(tmp_path: Path) -> None:
    people = PEOPLE.replace("name: Dana Ortiz", "time_zone: America/New_York, name: Dana Ortiz")
    house = House(tmp_path, book(TO_ALL, people=people))
    house.publisher.publish(local("2026-11-23T08:00"))
    house.take("2026-11-23T09:00", raw(LONG, date_="Mon, 23 Nov 2026 09:00:00 -0600"))
    house.publisher.publish(local("2026-11-24T06:30"))
    assert house.who() == ["dana"]
    house.publisher.publish(local("2026-11-24T07:30"))
    assert house.who() == ["dana", "lee", "sam"]


def test_who_is_on_leave_gets_it_on_the_first_day_back(tmp_path: Path) -> None:
    people = PEOPLE.replace("name: Dana Ortiz", "away: {from: 2026-11-23, until: 2026-11-25}, name: Dana Ortiz")
    house = House(tmp_path, book(TO_ALL, people=people))
    house.publisher.publish(local("2026-11-23T08:00"))
    house.take("2026-11-23T09:00", raw(LONG, date_="Mon, 23 Nov 2026 09:00:00 -0600"))
    for day, expected in ((24, 0), (25, 0), (26, 1)):
        house.publisher.publish(local(f"2026-11-{day}T07:30"))
        assert house.who().count("dana") == expected


def test_what_cannot_wait_is_written_at_once_and_once(tmp_path: Path) -> None:
    now = rules("rule: r, when: {text: overlay}, to: [dana, sam], send: now, stop: true")
    house = House(tmp_path, book(now))
    house.publisher.publish(local("2026-11-23T08:00"))
    house.take("2026-11-23T09:00", raw(LONG, date_="Mon, 23 Nov 2026 09:00:00 -0600"))
    assert house.publisher.publish_urgent(local("2026-11-23T09:01")).urgent == 2
    assert house.publisher.publish_urgent(local("2026-11-23T09:02")).urgent == 0
    assert {row.slot for row in house.rows("urgent")} == {"now:1"}
    assert len({house.mail(row)["Message-ID"] for row in house.rows("urgent")}) == 2


def test_a_report_comes_also_when_nothing_came(tmp_path: Path) -> None:
    house = House(tmp_path, book())
    house.publisher.publish(local("2026-11-23T08:00"))
    assert house.publisher.publish(local("2026-11-24T07:30")).reports == 1
    assert house.publisher.publish(local("2026-11-24T07:31")).reports == 0


def test_an_eager_start_publishes_at_once(tmp_path: Path) -> None:
    house = House(tmp_path, book(TO_ALL), eager=True)
    house.take("2026-11-23T09:00", raw(LONG, date_="Mon, 23 Nov 2026 09:00:00 -0600"))
    done = house.publisher.publish(local("2026-11-23T09:01"))
    assert (done.digests, done.reports) == (3, 1)


def test_a_notice_is_told_once_for_its_key(house: House) -> None:
    assert house.publisher.tell("rules:1", "Title", ["Words."], local("2026-11-23T10:00")) is True
    assert house.publisher.tell("rules:1", "Title", ["Words."], local("2026-11-23T10:01")) is False
    [row] = house.rows("notice")
    assert (row.reader, row.slot) == ("robin", "notice:rules:1")


def test_a_reader_who_is_gone_stops_nobody(tmp_path: Path) -> None:
    house = House(tmp_path, book(TO_ALL))
    house.publisher.publish(local("2026-11-23T08:00"))
    house.take("2026-11-23T09:00", raw(LONG, date_="Mon, 23 Nov 2026 09:00:00 -0600"))
    without = PEOPLE.replace("  sam:", "  tom:").replace("[sam, lee]", "[lee]")
    house.judges = build_judges(config(tmp_path), book(people=without, areas=AREAS), None)
    house.publisher.publish(local("2026-11-24T07:30"))
    assert house.who() == ["dana", "lee"]


def test_originals_hang_on_the_digest_of_who_wants_them(tmp_path: Path) -> None:
    people = PEOPLE.replace("areas: {cataloging: daily, downtime: now}", "areas: {cataloging: daily}, originals: true")
    one = House(tmp_path, book(TO_ALL, people=people))
    one.publisher.publish(local("2026-11-23T08:00"))
    post = raw(LONG, date_="Mon, 23 Nov 2026 09:00:00 -0600")
    one.take("2026-11-23T09:00", post)
    one.publisher.publish(local("2026-11-24T07:30"))
    carried = {row.reader: post.replace(b"\r\n", b"\n") in one.store.outbox.raw(row.id).replace(b"\r\n", b"\n")
               for row in one.rows()}
    assert carried == {"dana": True, "lee": False, "sam": False}


def test_preview_shows_and_marks_nothing(house: House) -> None:
    shown = house.publisher.preview("dana", local("2026-11-23T10:00"))
    assert shown is not None
    assert "overlay" in shown.rendered.text
    assert house.publisher.preview("robin", local("2026-11-23T10:00")) is None
    assert house.publisher.publish(local("2026-11-24T07:30")).digests == 3


# ── languages ──


def test_a_reader_gets_their_own_language_among_others(tmp_path: Path) -> None:
    people = PEOPLE.replace("dana: {", "dana: {language: es, ")
    one = House(tmp_path, book(TO_ALL, people=people))
    one.publisher.publish(local("2026-11-23T08:00"))
    one.take("2026-11-23T09:00", raw(LONG, date_="Mon, 23 Nov 2026 09:00:00 -0600"))
    one.publisher.publish(local("2026-11-24T07:30"))
    mails = {row.reader: one.mail(row) for row in one.rows()}
    assert {name: mail["Content-Language"] for name, mail in mails.items()} == {"dana": "es", "lee": "en", "sam": "en"}
    assert mails["dana"]["Subject"].startswith("Resumen de la biblioteca, mar 24 nov:")
    assert mails["lee"]["Subject"].startswith("Library digest, Tue 24 Nov:")
    page = mails["dana"].get_body(("html",))
    assert page is not None and '<html lang="es">' in page.get_content()


def test_the_librarys_language_is_that_of_readers_who_chose_none(tmp_path: Path) -> None:
    people = PEOPLE.replace("lee: {", "lee: {language: en, ")
    one = House(tmp_path, book(TO_ALL, people=people))
    paper = replace(one.publisher._paper, language="es")
    one.publisher = Publisher(one.store, lambda: one.judges, paper, eager=False)
    one.publisher.publish(local("2026-11-23T08:00"))
    one.take("2026-11-23T09:00", raw(LONG, date_="Mon, 23 Nov 2026 09:00:00 -0600"))
    one.publisher.publish(local("2026-11-24T07:30"))
    languages = {row.reader: one.mail(row)["Content-Language"] for row in one.rows()}
    assert languages == {"dana": "es", "lee": "en", "sam": "es"}
    [report] = [one.mail(row) for row in one.rows("report")]
    assert report["Content-Language"] == "en"


def test_a_mail_at_once_is_in_its_readers_language(tmp_path: Path) -> None:
    people = PEOPLE.replace("dana: {", "dana: {language: es, ")
    one = House(tmp_path, book(rules("rule: r, when: {text: overlay}, to: [dana, lee], send: now"), people=people))
    one.publisher.publish(local("2026-11-23T08:00"))
    one.take("2026-11-23T09:00", raw(LONG, date_="Mon, 23 Nov 2026 09:00:00 -0600"))
    one.publisher.publish(local("2026-11-23T09:01"))
    mails = {row.reader: one.mail(row) for row in one.rows("urgent")}
    assert {name: mail["Content-Language"] for name, mail in mails.items()} == {"dana": "es", "lee": "en"}
    text = mails["dana"].get_body(("plain",))
    assert text is not None and "Se le envía de inmediato" in text.get_content()
