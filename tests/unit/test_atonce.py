"""What goes at once: one alert for each state of a downtime, its thread, quiet hours, the cap, replies, the deputy."""

from __future__ import annotations

import itertools
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from bot.assemble import load_templates, stationery
from bot.commands.explain import _sent
from bot.pipeline.judges import build_judges
from bot.pipeline.publish import Publisher
from bot.pipeline.receive import Receiver
from bot.rulebook import Rulebook
from bot.store.values import DeliveryRow
from bot.types import Disposition
from tests.unit.builders import CARLI, CHICAGO, CONFIG, PEOPLE, SERVER, book, config, raw, rules
from tests.unit.test_publish import House, local

AREAS = """\
downtime: {label: System status, words: [outage, is down, maintenance, restored, still down]}
cataloging: {label: Cataloging, words: [bib record]}
training: {label: Training, words: [webinar]}
"""
NOW_PEOPLE = """\
people:
  robin: {name: Robin Vale, address: robin@library.example.edu}
  dana: {name: Dana Ortiz, address: dana@library.example.edu, areas: {downtime: now}, deputy: lee}
  lee: {name: Lee Abara, address: lee@library.example.edu, areas: {downtime: weekly}}
  sam: {name: Sam Whitfield, address: sam@library.example.edu, areas: {downtime: now}}
"""
DOWN = "Alma is down since 9:40 this morning. Nobody can log in. We are investigating with the vendor right now.\n"
STILL = "Alma is still down for everybody. No change, and no estimate yet; the vendor is working on it right now.\n"
BACK = "Alma has been restored and works again for all libraries. Thank you for waiting with us this morning.\n"
PLAN = "Alma will be unavailable for scheduled maintenance on {day}, from 1:00 a.m. to 5:00 a.m. Central Time.\n"


def said(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def rulebook(people: str = NOW_PEOPLE, routing: str = "") -> Rulebook:
    return book(routing, people=people, areas=AREAS)


class Desk(House):
    """The house of the publisher's tests, with people who read downtimes, and posts by number."""

    def __init__(self, folder: Path, rules_: Rulebook, text: str = CONFIG) -> None:
        super().__init__(folder, rules_)
        self.folder, self.posts = folder, itertools.count(1)
        settings = config(folder, text)
        numbers = itertools.count(1)
        self.judges = build_judges(settings, rules_, None)
        templates = load_templates(settings, self.store, local("2026-11-23T08:00"))
        self.paper = stationery(settings, templates, lambda: f"id{next(numbers)}")
        self.publisher = Publisher(self.store, lambda: self.judges, self.paper, eager=False)
        self.receiver = Receiver(self.store, lambda: self.judges)
        self.publisher.publish(local("2026-11-23T06:00"))

    def post(self, at: str, text: str, subject: str = "Alma is down", **how: object) -> str:
        key = f"p{next(self.posts)}"
        self.take(at, raw(text, subject=subject, key=key, to="announce", date_=format_datetime(local(at)),
                          **how))  # type: ignore[arg-type]
        return key

    def go(self, at: str) -> int:
        return self.publisher.publish_urgent(local(at)).urgent

    def told(self, at: str, text: str, subject: str = "Alma is down", **how: object) -> int:
        self.post(at, text, subject, **how)
        return self.go(at)

    def to(self, reader: str) -> list[EmailMessage]:
        return [self.mail(row) for row in self.rows("urgent") if row.reader == reader]

    def edit(self, people: str, routing: str = "") -> None:
        self.judges = build_judges(config(self.folder), rulebook(people, routing), None)

    def explained(self, message: int) -> str:
        stored = self.store.archive.get(message)
        assert stored is not None
        return "\n".join(_sent(stored, self.store, CHICAGO).lines)

    def answer(self, at: str, row: DeliveryRow, sender: str, *, extra: str = "", subject: str = "Re: Alma") -> None:
        name = self.mail(row)["Message-ID"]
        self.uid += 1
        mail = (f"Authentication-Results: {SERVER}; dmarc=pass header.from=library.example.edu\r\n"
                f"From: {sender}\r\nTo: robin@library.example.edu\r\nSubject: {subject}\r\n"
                f"Date: {format_datetime(local(at))}\r\nMessage-ID: <a{self.uid}@library.example.edu>\r\n"
                f"In-Reply-To: {name}\r\nReferences: {name}\r\n{extra}\r\nI have it.\r\n")
        self.uid -= 1
        self.take(at, mail.encode())

    def sent(self) -> None:
        """The outbox is emptied, as the sender does."""
        for row in self.store.outbox.open():
            self.store.outbox.record(row.id, "sent", 250, "taken", row.created_at)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, rulebook())


# ── one alert for each state, in one thread ──


def test_a_state_is_told_once_and_a_change_in_the_same_thread(desk: Desk) -> None:
    assert desk.told("2026-11-23T10:00", DOWN) == 2
    assert desk.told("2026-11-23T10:20", STILL, "Update: Alma is still down") == 0
    assert desk.told("2026-11-23T11:00", BACK, "Alma restored") == 2
    for reader in ("dana", "sam"):
        first, second = desk.to(reader)
        assert first["In-Reply-To"] is None
        assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
        assert second["Subject"].startswith("Resolved: Alma restored")
    assert desk.to("dana")[0]["Message-ID"] != desk.to("sam")[0]["Message-ID"]
    assert "told at once before" in desk.explained(2)


def test_what_was_not_told_again_stands_in_the_digest(desk: Desk) -> None:
    desk.told("2026-11-23T10:00", DOWN)
    desk.told("2026-11-23T10:20", STILL, "Update: Alma is still down")
    desk.publisher.publish(local("2026-11-24T07:30"))
    digest = next(desk.mail(row) for row in desk.rows() if row.reader == "dana")
    body = digest.get_body(("plain",))
    assert body is not None
    said = " ".join(body.get_content().split())
    assert "still down for everybody" in said
    assert "sent to you at 10 a.m." in said or "sent to you yesterday" in said


def test_the_end_goes_to_those_who_had_the_first_word_whatever_their_ways_are_now(desk: Desk) -> None:
    desk.told("2026-11-23T10:00", DOWN)
    turned = NOW_PEOPLE.replace("downtime: now}, deputy", "downtime: never}, deputy").replace("weekly", "now")
    desk.edit(turned)                                     # dana wants none any more, lee wants all at once
    desk.receiver.rejudge(local("2026-11-23T10:30"))
    desk.told("2026-11-23T11:00", BACK, "Alma restored")
    assert len(desk.to("dana")) == 2
    assert len(desk.to("sam")) == 2
    assert not [mail for mail in desk.to("lee") if "restored" in mail["Subject"]]


def test_an_end_whose_beginning_nobody_had_at_once_waits_for_the_digest(desk: Desk) -> None:
    assert desk.told("2026-11-23T11:00", BACK, "Alma restored") == 0


def test_a_plan_that_moves_is_told_with_the_new_time_and_a_reminder_is_not(desk: Desk) -> None:
    assert desk.told("2026-11-23T10:00", PLAN.format(day="Sunday, December 6"), "Alma maintenance December 6") == 2
    assert desk.told("2026-11-25T10:00", PLAN.format(day="Sunday, December 6"), "Reminder: Alma maintenance") == 0
    moved = "The Alma maintenance has been moved.\n\n" + PLAN.format(day="Monday, December 7")
    assert desk.told("2026-11-30T10:00", moved, "Alma maintenance moved to December 7") == 2
    first, second = desk.to("sam")
    assert second["In-Reply-To"] == first["Message-ID"]
    assert "7 Dec" in second["Subject"]


def test_all_posts_of_one_batch_become_one_alert_of_the_present_state(desk: Desk) -> None:
    desk.post("2026-11-23T10:00", DOWN)
    desk.post("2026-11-23T10:05", STILL, "Update: Alma is still down")
    assert desk.go("2026-11-23T10:06") == 2
    assert len(desk.to("dana")) == 1
    desk.post("2026-11-25T10:00", "Primo VE is down right now and shows an error to everybody.\n", "Primo VE is down")
    desk.post("2026-11-25T10:05", "Primo VE has been restored and works again.\n", "Primo VE restored")
    assert desk.go("2026-11-25T10:06") == 0          # it is over; the digest tells


def test_who_becomes_a_reader_later_gets_no_history(desk: Desk) -> None:
    desk.told("2026-11-23T10:00", DOWN)
    desk.told("2026-11-23T11:00", BACK, "Alma restored")
    desk.edit(NOW_PEOPLE + "  kim: {name: Kim Park, address: kim@library.example.edu, areas: {downtime: now}}\n")
    desk.receiver.rejudge(local("2026-11-23T11:30"))
    assert desk.go("2026-11-23T11:31") == 0
    assert desk.to("kim") == []


def test_who_becomes_a_reader_later_gets_the_present_state_once(desk: Desk) -> None:
    desk.told("2026-11-23T10:00", DOWN)
    desk.told("2026-11-23T10:20", STILL, "Update: Alma is still down")
    desk.edit(NOW_PEOPLE + "  kim: {name: Kim Park, address: kim@library.example.edu, areas: {downtime: now}}\n")
    desk.receiver.rejudge(local("2026-11-23T10:30"))
    assert desk.go("2026-11-23T10:31") == 1
    assert desk.told("2026-11-23T11:00", BACK, "Alma restored") == 3
    first, second = desk.to("kim")
    assert second["References"] == first["Message-ID"]


def test_nothing_goes_at_once_whose_sender_is_not_known_for_certain(desk: Desk) -> None:
    assert desk.told("2026-11-23T10:00", DOWN, vouched=False) == 0
    desk.told("2026-11-23T10:10", DOWN, "Alma is down for all")
    assert desk.told("2026-11-23T10:20", BACK, "Alma restored", vouched=False) == 0


STORM = rules("rule: storm, when: {subject: [red alert]}, to: [dana], send: now, stop: true")
WORDS = ("apple", "birch", "cedar", "dahlia", "elm", "fern", "gorse", "hazel", "iris", "juniper", "kale", "lilac")


def storm(desk: Desk, at: str, first: int, last: int) -> None:
    for word in WORDS[first:last]:
        text = " ".join(f"{word}{n}" for n in range(20))
        desk.post(at, f"The {word} shelf: {text}.\n", f"Red alert {word}")


# ── quiet hours and holidays ──

QUIET = NOW_PEOPLE.replace("deputy: lee", 'deputy: lee, quiet: {from: "20:00", until: "07:00"}')


def test_quiet_hours_hold_what_is_not_critical_and_let_it_go_when_they_end(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rulebook(QUIET))
    desk.post("2026-11-23T21:00", PLAN.format(day="Sunday, December 6"), "Alma maintenance December 6")
    assert desk.go("2026-11-23T21:00") == 1
    assert "held: quiet hours until Tue 24 Nov 07:00" in desk.explained(1)
    assert desk.go("2026-11-24T06:59") == 0
    desk.publisher.publish(local("2026-11-24T06:59"))
    assert desk.go("2026-11-24T07:00") == 1
    assert len(desk.to("dana")) == len(desk.to("sam")) == 1
    assert desk.go("2026-11-24T07:01") == 0


@pytest.mark.parametrize(("subject", "text"), [
    ("Alma is down", DOWN),
    ("Phishing mails to library staff", "Compromised accounts are sending phishing mails right now.\n"),
])
def test_what_is_critical_breaks_through(tmp_path: Path, subject: str, text: str) -> None:
    routing = rules("rule: r, when: {text: [Compromised accounts]}, to: [dana, sam], send: now")
    desk = Desk(tmp_path, rulebook(QUIET, routing))
    assert desk.told("2026-11-23T22:00", text, subject) == 2


def test_what_outlasts_its_window_is_critical(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rulebook(QUIET))
    plan = PLAN.format(day="Tuesday, November 24")
    assert desk.told("2026-11-23T10:00", plan, "Alma maintenance November 24") == 2
    assert desk.told("2026-11-24T05:40", f"Alma is still down right now; the work takes longer. {plan}",
                     "Alma is still down") == 2


def test_the_end_of_what_broke_through_waits_for_the_morning(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rulebook(QUIET))
    assert desk.told("2026-11-23T22:00", DOWN) == 2
    assert desk.told("2026-11-24T02:00", BACK, "Alma restored") == 1      # sam sleeps at other hours
    assert desk.go("2026-11-24T07:00") == 1
    first, second = desk.to("dana")
    assert second["In-Reply-To"] == first["Message-ID"]


def test_what_was_held_and_is_over_by_then_is_left_to_the_digest(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rulebook(QUIET))
    desk.told("2026-11-23T21:00", PLAN.format(day="Sunday, December 6"), "Alma maintenance December 6")
    desk.told("2026-11-23T23:00", "The Alma maintenance of Sunday, December 6, has been cancelled.\n",
              "Alma maintenance cancelled")
    assert len(desk.to("sam")) == 2
    assert desk.go("2026-11-24T07:00") == 0
    assert desk.to("dana") == []
    assert "over before this could go" in desk.explained(1)
    desk.publisher.publish(local("2026-11-24T07:30"))
    assert "dana" in desk.who()


def test_whose_leave_begins_while_a_mail_is_held_gets_none_and_the_deputy_does(tmp_path: Path) -> None:
    away = QUIET.replace("deputy: lee", "deputy: lee, away: {from: 2026-11-24, until: 2026-11-27}")
    desk = Desk(tmp_path, rulebook(away))
    desk.post("2026-11-23T21:00", PLAN.format(day="Sunday, December 6"), "Alma maintenance December 6")
    assert desk.go("2026-11-23T21:00") == 1                               # sam; dana's night is quiet
    assert desk.go("2026-11-24T00:01") == 1
    (mail,) = desk.to("lee")
    assert "you stand in for Dana Ortiz" in " ".join(said(mail).split())
    desk.publisher.publish(local("2026-11-24T07:30"))
    assert desk.go("2026-11-24T07:31") == 0
    assert desk.to("dana") == []
    desk.publisher.publish(local("2026-11-30T07:30"))
    assert "dana" in desk.who()


def test_what_follows_in_a_leave_goes_to_the_deputy(tmp_path: Path) -> None:
    away = NOW_PEOPLE.replace("deputy: lee", "deputy: lee, away: {from: 2026-11-24, until: 2026-11-27}")
    desk = Desk(tmp_path, rulebook(away))
    desk.told("2026-11-23T10:00", PLAN.format(day="Sunday, December 6"), "Alma maintenance December 6")
    moved = f"The Alma maintenance has been rescheduled. {PLAN.format(day='Sunday, December 13')}"
    assert desk.told("2026-11-25T10:00", moved, "Alma maintenance rescheduled") == 2
    assert [len(desk.to(reader)) for reader in ("dana", "lee", "sam")] == [1, 1, 2]


def test_a_holiday_holds_for_everybody_and_has_no_digest(tmp_path: Path) -> None:
    routing = "holidays:\n  - {name: Thanksgiving, from: 2026-11-26, until: 2026-11-27}\n"
    desk = Desk(tmp_path, rulebook(QUIET, routing))
    desk.publisher.publish(local("2026-11-25T07:30"))
    assert desk.told("2026-11-26T10:00", PLAN.format(day="Sunday, December 6"), "Alma maintenance December 6") == 0
    assert "Thanksgiving until Sat 28 Nov 00:00" in desk.explained(1)
    done = desk.publisher.publish(local("2026-11-27T12:00"))
    assert (done.digests, done.urgent) == (0, 0)
    assert desk.told("2026-11-27T13:00", DOWN.replace("Alma", "Primo VE"), "Primo VE is down") == 2
    assert desk.go("2026-11-28T00:00") == 1                               # sam; dana's night is quiet, too
    assert desk.go("2026-11-28T07:00") == 1
    assert desk.publisher.publish(local("2026-11-28T09:00")).digests == 0
    assert desk.publisher.publish(local("2026-11-30T07:30")).digests > 0
    assert {row.slot for row in desk.rows()} == {"daily:2026-11-30"}
    assert {row.slot for row in desk.rows("report")} == {"report:2026-11-25", "report:2026-11-30"}


def test_what_a_long_holiday_held_is_one_list_at_its_end(tmp_path: Path) -> None:
    routing = ("holidays:\n  - {name: Winter break, from: 2026-12-24, until: 2027-01-01}\n" + STORM)
    desk = Desk(tmp_path, rulebook(PEOPLE, routing))
    for number, day in enumerate(("2026-12-24T10:00", "2026-12-28T10:00", "2026-12-31T10:00")):
        storm(desk, day, number, number + 1)
        assert desk.go(day) == 0
    assert desk.go("2027-01-02T00:00") == 1
    assert desk.go("2027-01-02T00:01") == 0
    (mail,) = desk.to("dana")
    assert mail["Subject"].startswith("3 messages marked urgent")
    assert "while the library was closed" in " ".join(said(mail).split())
    assert all(f"RED ALERT {word.upper()}" in said(mail) for word in WORDS[:3])
    assert sum(len(row.items) for row in desk.rows("urgent")) == 3


def test_two_that_a_night_held_are_two_mails(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rulebook(QUIET.replace("downtime: now", "downtime: daily"), STORM))
    storm(desk, "2026-11-23T22:00", 0, 2)
    assert desk.go("2026-11-23T22:00") == 0
    assert desk.go("2026-11-24T07:00") == 2


# ── the cap ──

def test_what_exceeds_the_cap_is_one_list_and_the_liaison_is_told_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rulebook(PEOPLE, STORM))
    storm(desk, "2026-11-23T10:00", 0, 8)
    assert desk.go("2026-11-23T10:00") == 6
    storm(desk, "2026-11-23T10:05", 8, 11)
    assert desk.go("2026-11-23T10:05") == 0
    assert "more than 6 mails in an hour" in desk.explained(8)
    assert desk.go("2026-11-23T10:09") == 0
    assert desk.go("2026-11-23T10:10") == 1
    assert desk.go("2026-11-23T10:11") == 0
    *_, last = desk.to("dana")
    assert last["Subject"].startswith("5 more messages marked urgent")
    body = last.get_body(("plain",))
    assert body is not None
    assert all(f"RED ALERT {word.upper()}" in body.get_content() for word in WORDS[6:11])
    assert len(desk.rows("notice")) == 1
    assert sum(len(row.items) for row in desk.rows("urgent")) == 11


def test_one_beyond_the_cap_is_an_ordinary_mail_later(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rulebook(PEOPLE, STORM))
    storm(desk, "2026-11-23T10:00", 0, 7)
    assert desk.go("2026-11-23T10:00") == 6
    assert desk.go("2026-11-23T10:10") == 1
    assert desk.to("dana")[-1]["Subject"] == "Red alert gorse"


def test_the_cap_is_the_operators(tmp_path: Path) -> None:
    two = CONFIG.replace("  folder: out\n", "  folder: out\n  urgent_per_hour: 2\n")
    desk = Desk(tmp_path, rulebook(PEOPLE, STORM), two)
    storm(desk, "2026-11-23T10:00", 0, 7)
    assert desk.go("2026-11-23T10:00") == 2


@pytest.mark.parametrize("crash", range(9))
def test_a_crash_between_any_two_steps_loses_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash: int
) -> None:
    desk = Desk(tmp_path, rulebook(PEOPLE, STORM))
    storm(desk, "2026-11-23T10:00", 0, 9)
    steps = itertools.count()

    def breaking(real: object) -> object:
        def step(*given: object, **named: object) -> object:
            if next(steps) == crash:
                raise KeyboardInterrupt
            return real(*given, **named)  # type: ignore[operator]
        return step

    with monkeypatch.context() as patch:
        patch.setattr(desk.store.outbox, "queue", breaking(desk.store.outbox.queue))
        patch.setattr(desk.store.alerts, "hold", breaking(desk.store.alerts.hold))
        for at in ("2026-11-23T10:00", "2026-11-23T10:10"):
            try:
                desk.go(at)
            except KeyboardInterrupt:
                continue
    for at in ("2026-11-23T10:10", "2026-11-23T10:20", "2026-11-23T10:30"):
        desk.go(at)
    carried = [number for row in desk.rows("urgent") for number in row.items]
    assert sorted(carried) == list(range(1, 10))


def test_an_edit_of_the_rules_while_they_wait_loses_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rulebook(PEOPLE, STORM))
    storm(desk, "2026-11-23T10:00", 0, 9)
    desk.go("2026-11-23T10:00")
    desk.edit(PEOPLE, STORM + "# another version\n")
    desk.receiver.rejudge(local("2026-11-23T10:05"))
    for at in ("2026-11-23T10:06", "2026-11-23T10:16", "2026-11-23T10:26"):
        desk.go(at)
    assert sorted(number for row in desk.rows("urgent") for number in row.items) == list(range(1, 10))


# ── replies ──


@pytest.mark.parametrize(("rule", "address"), [
    ("", "robin@library.example.edu"), (", reply-to: liaison", "robin@library.example.edu"),
    (", reply-to: sender", f"ann@{CARLI}"), (", reply-to: list", f"announce@{CARLI}"),
])
def test_where_replies_go_is_the_rules_word(tmp_path: Path, rule: str, address: str) -> None:
    routing = rules(f"rule: r, when: {{subject: [alma]}}, to: [dana], send: now, stop: true{rule}")
    desk = Desk(tmp_path, rulebook(PEOPLE, routing))
    desk.told("2026-11-23T10:00", DOWN, extra=f"List-Post: <mailto:announce@{CARLI}>\r\n")
    (mail,) = desk.to("dana")
    assert address in mail["Reply-To"]
    assert "robin@library.example.edu" in mail["List-Unsubscribe"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert ("A reply goes to" in body.get_content()) == (CARLI in address)


def test_without_a_list_address_replies_go_to_the_liaison(tmp_path: Path) -> None:
    routing = rules("rule: r, when: {subject: [alma]}, to: [dana], send: now, stop: true, reply-to: list")
    desk = Desk(tmp_path, rulebook(PEOPLE, routing))
    desk.told("2026-11-23T10:00", DOWN, extra="List-Post: NO\r\n")
    assert "robin@" in desk.to("dana")[0]["Reply-To"]


# ── acknowledgement ──

ASKS = rules("rule: r, when: {subject: [alma]}, to: [dana, sam], send: now, stop: true, acknowledge: 30m")


@pytest.fixture
def asking(tmp_path: Path) -> Desk:
    one = Desk(tmp_path, rulebook(NOW_PEOPLE, ASKS),
               CONFIG.replace("  folder: out\n", "  folder: out\n  answers: lists@library.example.edu\n"))
    assert one.told("2026-11-23T10:00", DOWN) == 2
    one.sent()
    return one


def test_an_answer_is_asked_for_and_leads_to_a_mailbox_that_the_bot_reads(asking: Desk) -> None:
    mail = asking.to("dana")[0]
    assert mail["Reply-To"] == "lists@library.example.edu"
    body = mail.get_body(("plain",))
    assert body is not None
    said = " ".join(body.get_content().split())
    assert "Please answer this mail; one word is enough." in said
    assert "within 30 minutes, Lee Abara gets it, too." in said


def test_without_an_answer_the_deputy_gets_it_once(asking: Desk) -> None:
    assert asking.go("2026-11-23T10:29") == 0
    assert asking.go("2026-11-23T10:30") == 2              # dana's deputy lee; sam has none, so the liaison
    assert asking.go("2026-11-23T10:31") == 0
    (second,) = asking.to("lee")
    assert second["Subject"].startswith("No answer yet: ")
    assert "Dana Ortiz was sent today, 10 a.m." in " ".join(said(second).split())
    assert ".." not in said(second)
    assert len(asking.to("robin")) == 1


def test_an_answer_of_anybody_is_enough_and_is_accounted_for(asking: Desk) -> None:
    row = next(row for row in asking.rows("urgent") if row.reader == "sam")
    asking.answer("2026-11-23T10:10", row, "Sam Whitfield <Sam@library.example.edu>")
    stored = asking.store.archive.get(2)
    assert stored is not None
    assert (stored.disposition, stored.kind) == (Disposition.SET_ASIDE, "reply")
    assert asking.store.archive.routes(2) == []
    assert asking.go("2026-11-23T11:00") == 0
    assert "an answer is wanted from sam: came Mon 2026-11-23 10:10" in asking.explained(1)
    count = asking.store.archive.count()
    assert count.received == sum(number for _, number in count)


@pytest.mark.parametrize(("sender", "extra", "subject", "kind"), [
    ("Mallory <mallory@example.org>", "", "Re: Alma", ""),                                     # not the reader
    ("sam@library.example.edu", "Auto-Submitted: auto-replied\r\n", "Automatic reply", "auto-reply"),
])
def test_what_is_no_answer_does_not_count(asking: Desk, sender: str, extra: str, subject: str, kind: str) -> None:
    row = next(row for row in asking.rows("urgent") if row.reader == "sam")
    asking.answer("2026-11-23T10:10", row, sender, extra=extra, subject=subject)
    stored = asking.store.archive.get(2)
    assert stored is not None
    assert stored.kind != "reply"
    assert kind in ("", stored.kind)
    assert asking.go("2026-11-23T10:30") == 2


def test_when_it_is_over_nobody_is_woken(asking: Desk) -> None:
    asking.told("2026-11-23T10:20", BACK, "Alma restored")
    asking.sent()
    body = asking.to("dana")[-1].get_body(("plain",))
    assert body is not None
    assert "Please answer" not in body.get_content()
    assert asking.go("2026-11-23T10:30") == 0


def test_a_mail_that_never_left_is_not_waited_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path, rulebook(NOW_PEOPLE, ASKS))
    desk.told("2026-11-23T10:00", DOWN)
    assert desk.go("2026-11-23T12:00") == 0                # it still stands in the outbox
    for row in desk.store.outbox.open():
        desk.store.outbox.record(row.id, "failed", 550, "no such user", local("2026-11-23T12:00"))
    assert desk.go("2026-11-23T12:01") == 2


def test_a_crash_between_the_second_mail_and_its_note_sends_it_once(
    asking: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(asking.store.alerts, "close", crash)
        with pytest.raises(KeyboardInterrupt):
            asking.go("2026-11-23T10:30")
    asking.go("2026-11-23T10:31")
    assert len(asking.to("lee")) == 1
    assert asking.go("2026-11-23T10:32") == 0
