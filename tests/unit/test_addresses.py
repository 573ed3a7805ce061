"""What comes back: an outcome of its mail, told; a dead address is paused, and only by what nobody else can know."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.commands.resume import resume as resume_by_name
from bot.errors import ConfigError
from bot.pipeline.addresses import DAYS, resume, stand_in
from bot.store.returns import Dead
from bot.store.store import Store
from bot.store.values import DeliveryRow
from bot.types import Disposition
from tests.unit.builders import CARLI, book, raw, rules, write_config
from tests.unit.test_publish import House, local
from tests.unit.test_returned import failed, report

DANA = "dana@library.example.edu"
PEOPLE = """\
people:
  robin: {name: Robin Vale, address: robin@library.example.edu}
  dana: {name: Dana Ortiz, address: Dana@library.example.edu, deputy: lee}
  lee: {name: Lee Abara, address: lee@library.example.edu}
"""
AT_ONCE = rules("rule: r, when: {text: overlay}, to: [dana], send: now, stop: true")
GONE = "smtp; 550 5.1.1 no such user"


class Library(House):
    """A library that writes to Dana at once; the days go by."""

    def __init__(self, folder: Path, people: str = PEOPLE) -> None:
        super().__init__(folder, book(AT_ONCE, people=people))
        self.now = local("2026-11-23T09:00")

    def write(self) -> DeliveryRow:
        """A post that goes to Dana at once, sent."""
        key = f"post{self.uid + 1}"
        text = " ".join([f"The overlay {key} concerns"] + [f"{key}{n}" for n in range(30)])
        self.come(raw(text, key=key, subject=key, date_=f"{self.now:%a, %d %b %Y %H:%M:%S %z}"))
        self.publisher.publish_urgent(self.now)
        row = self.rows("urgent")[-1]
        self.send()
        return row

    def send(self) -> None:
        """Everything that is due leaves."""
        while (delivery := self.store.outbox.lease(self.now, timedelta(minutes=5))) is not None:
            self.store.outbox.record(delivery.id, "sent", 250, "2.0.0 taken", self.now)

    def come(self, mail: bytes) -> str:
        """A mail comes in; what became of it."""
        self.take(self.now.replace(tzinfo=None).isoformat(), mail)
        return self.store.archive.received(self.now - timedelta(1), self.now + timedelta(1))[-1].kind

    def message_id(self, row: DeliveryRow) -> str:
        return str(self.mail(row)["Message-ID"])

    def bounce(self, row: DeliveryRow, address: str = DANA, text: str = GONE, head: str = "", action: str = "failed",
               name: str | None = None) -> str:
        """A report about a mail; looked at, told."""
        status = failed(address, text, status="").replace("failed", action)
        name = name or self.message_id(row)
        came = self.come(report(status, returned=f"Message-ID: {name}\nTo: x\n\nHi.", head=head))
        self.publisher.publish_urgent(self.now)
        return came

    def state(self, row: DeliveryRow) -> str:
        """A mail's state now."""
        return next(one.state for one in self.rows("urgent") if one.id == row.id)

    def die(self, days: int) -> DeliveryRow:
        """Mails of so many days come back."""
        for _ in range(days):
            row = self.write()
            self.bounce(row)
            self.now += timedelta(days=1)
        return row

    def notices(self) -> list[str]:
        return [row.subject for row in self.rows("notice")]

    def paused(self) -> list[str]:
        return [one.address for one in self.store.returns.paused()]

    def faults(self) -> list[str]:
        return [fault.what for fault in self.store.health.faults()]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A library on a Monday morning."""
    return Library(tmp_path)


def test_a_mail_that_came_back_is_failed_and_told_once(library: Library) -> None:
    row = library.write()
    assert library.state(row) == "sent"
    assert library.bounce(row) == "delivery-report"
    assert library.state(row) == "failed"
    assert [one.reply for one in library.store.outbox.failed(library.now - timedelta(1))] == [
        "came back: 550 5.1.1 no such user"]
    assert library.notices() == ["A mail to Dana@library.example.edu could not be delivered"]
    library.bounce(row)
    assert len(library.notices()) == 1
    assert library.paused() == []


def test_a_dead_address_is_paused_and_its_mail_goes_to_the_deputy(library: Library) -> None:
    library.die(DAYS - 1)
    assert library.paused() == []
    library.die(1)
    assert library.paused() == [DANA]
    assert library.notices() == [*["A mail to Dana@library.example.edu could not be delivered"] * (DAYS - 1),
                                 "Mail to Dana Ortiz comes back"]
    assert library.faults() == [f"Mail to {DANA} comes back, so Dana Ortiz's mail goes to Lee Abara."]
    mail = library.mail(library.write())
    assert (mail["To"], mail["Subject"][:16]) == ("Lee Abara <lee@library.example.edu>", "For Dana Ortiz: ")
    assert library.rows("urgent")[-1].recipient == "lee@library.example.edu"
    before = library.notices()
    for _ in range(5):
        library.now += timedelta(hours=7)
        library.publisher.publish(library.now)
    assert library.notices() == before


def test_days_count_and_not_mails(library: Library) -> None:
    for _ in range(2 * DAYS):
        library.bounce(library.write())
    assert library.paused() == []


@pytest.mark.parametrize("text", [
    "smtp; 552 5.2.2 mailbox full", "smtp; 452 4.2.2 over quota", "smtp; 550 5.4.5 Daily user sending limit exceeded",
    "smtp; 550 5.7.1 Message rejected as spam", "smtp; 552 5.3.4 too large",
])
def test_a_mailbox_that_is_full_or_takes_one_mail_not_is_not_dead(library: Library, text: str) -> None:
    for _ in range(DAYS + 2):
        row = library.write()
        library.bounce(row, text=text)
        assert library.state(row) == "failed"
        library.now += timedelta(days=1)
    assert library.paused() == []
    assert library.rows("urgent")[-1].recipient.lower() == DANA


def test_a_delay_is_only_noted(library: Library) -> None:
    row = library.write()
    library.bounce(row, action="delayed", text="smtp; 451 4.4.1 no answer")
    assert (library.state(row), library.notices()) == ("sent", [])
    assert library.store.returns.of_delivery(row.id) == [("delayed", "451 4.4.1 no answer")]
    library.bounce(row)
    assert library.state(row) == "failed"


def test_a_mail_that_came_through_begins_the_count_anew(library: Library) -> None:
    library.die(DAYS - 1)
    library.write()
    library.now += timedelta(days=3)
    library.die(DAYS - 1)
    assert library.paused() == []
    library.die(1)
    assert library.paused() == [DANA]


def test_a_refusal_at_the_door_counts_the_same(library: Library) -> None:
    for _ in range(DAYS):
        library.write()
        row = library.rows("urgent")[-1]
        library.store.outbox.record(row.id, "failed", 550, "5.1.1 no such user", library.now,
                                    refused=("dead", row.recipient))
        library.now += timedelta(days=1)
        library.publisher.publish_urgent(library.now)
    assert library.paused() == [DANA]


# ── who can cut a reader off ──


def test_a_report_that_names_no_mail_of_ours_changes_nothing(library: Library) -> None:
    for number in range(DAYS + 1):
        row = library.write()
        library.bounce(row, name=f"<urgent.{number:032x}@library.example.edu>")
        assert library.state(row) == "sent"
        library.now += timedelta(days=1)
    assert (library.paused(), library.notices()) == ([], [])


def test_a_mail_to_somebody_else_proves_nothing(library: Library) -> None:
    """Lee, who gets mail of the bot's, too, cannot write a report about Dana."""
    for _ in range(DAYS + 1):
        row = library.write()
        library.bounce(row, address="lee@library.example.edu")
        assert library.state(row) == "sent"
        library.now += timedelta(days=1)
    assert library.paused() == []


def test_a_message_id_that_a_list_has_seen_proves_nothing(library: Library) -> None:
    for number in range(DAYS + 1):
        row = library.write()
        answer = raw(f"Thank you {number}, we look into it.", key=f"answer{number}", sender=f"Dana <{DANA}>",
                     extra=f"In-Reply-To: {library.message_id(row)}\r\n")
        assert library.come(answer) != "reply"
        library.bounce(row)
        assert library.state(row) == "sent"
        library.now += timedelta(days=1)
    assert library.paused() == []


def test_an_old_mail_does_not_come_back(library: Library) -> None:
    rows = [library.write() for _ in range(DAYS)]
    library.now += timedelta(days=11)
    for row in rows:
        library.bounce(row)
        assert library.state(row) == "sent"


def test_a_mailbox_that_passes_mail_on_to_nobody_is_told_once_and_not_paused(library: Library) -> None:
    for _ in range(DAYS + 1):
        row = library.write()
        library.bounce(row, address="dana@home.example.com")
        assert library.state(row) == "sent"
        library.now += timedelta(days=1)
    assert library.notices() == ["Mail to Dana@library.example.edu fails behind that mailbox"]
    assert library.paused() == []


def test_reports_that_look_alike_count_each(library: Library) -> None:
    """The second is folded into the first as a copy, and yet it is another mail that came back."""
    rows = []
    for _ in range(2):
        rows.append(library.write())
        library.bounce(rows[-1])
        library.now += timedelta(minutes=5)
    kinds = [one.disposition for one in library.store.archive.received(local("2026-11-23T00:00"), library.now)]
    assert [library.state(row) for row in rows] == ["failed", "failed"]
    assert Disposition.FOLDED in kinds


# ── how it ends ──


def test_another_address_in_the_liaisons_file_ends_the_pause(library: Library) -> None:
    library.die(DAYS)
    assert library.faults()
    library.judges = type(library.judges)(**{
        **{name: getattr(library.judges, name) for name in library.judges.__dataclass_fields__},
        "book": book(AT_ONCE, people=PEOPLE.replace("Dana@library", "dana.ortiz@library"))})
    mail = library.mail(library.write())
    assert mail["To"] == "Dana Ortiz <dana.ortiz@library.example.edu>"
    assert (library.paused(), library.faults()) == ([], [])


def test_resuming_writes_to_the_address_again_and_forgets_what_came_back(library: Library) -> None:
    library.die(DAYS)
    assert resume(library.store, "Dana@library.example.edu", library.now)
    assert not resume(library.store, "Dana@library.example.edu", library.now)
    assert (library.write().recipient.lower(), library.faults()) == (DANA, [])
    library.die(DAYS - 1)
    assert library.paused() == []
    library.die(1)
    assert library.paused() == [DANA]


def test_the_liaisons_own_address_is_paused_only_if_somebody_stands_in(tmp_path: Path) -> None:
    alone = Library(tmp_path, PEOPLE.replace("dana:", "sam:").replace("robin:", "dana:").replace("sam:", "robin:")
                    .replace("Dana@", "x@").replace("robin@", "dana@").replace(", deputy: lee", ""))
    alone.judges = type(alone.judges)(**{
        **{name: getattr(alone.judges, name) for name in alone.judges.__dataclass_fields__}, "liaison": "dana"})
    alone.die(DAYS + 1)
    assert alone.paused() == []
    (said,) = alone.faults()
    assert said == f"Mail to {DANA} comes back (550 5.1.1 no such user), and nobody stands in for Robin Vale."


@pytest.mark.parametrize(("away", "gone", "wanted"), [
    ("", ["dana"], "lee"), ("lee", ["dana"], "robin"), ("", ["dana", "lee"], "robin"),
    ("", ["dana", "lee", "robin"], None), ("lee robin", ["dana"], "lee"),
])
def test_who_stands_in(away: str, gone: list[str], wanted: str | None) -> None:
    people = PEOPLE
    for name in away.split():
        people = people.replace(f"{name}@library.example.edu", f"{name}@library.example.edu, "
                                                               "away: {from: 2026-11-01, until: 2026-12-01}")
    assert stand_in(book(people=people), "dana", "robin", date(2026, 11, 24), gone) == wanted


# ── machines that answer ──


@pytest.mark.parametrize("head", [
    "Auto-Submitted: auto-replied\r\n", "X-Autoreply: yes\r\n", "Precedence: auto_reply\r\n",
    "Auto-Submitted: auto-replied (challenge)\r\n",
])
def test_a_machine_that_answers_gets_no_answer_and_counts_for_nothing(library: Library, head: str) -> None:
    row = library.write()
    before = len(library.rows("urgent")), library.notices()
    for number in range(2):  # the second note looks like the first
        answer = raw("I am away. Please confirm that you are a person by clicking here.", key=f"away{number}",
                     sender=f"Dana <{DANA}>", subject="Automatic reply: post1",
                     extra=f"{head}In-Reply-To: {library.message_id(row)}\r\n")
        library.come(answer.replace(f"List-Id: <techserv-ig.{CARLI}>\r\n".encode(), b""))
        library.publisher.publish_urgent(library.now)
    assert (len(library.rows("urgent")), library.notices()) == before
    assert library.state(row) == "sent"


# ── the command ──


def test_resuming_by_the_command(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    assert resume_by_name(path, "dana") == ("The bot has not run here yet, so nothing is paused.", False)
    store = Store.open(str(tmp_path / "var/store.db"))
    assert resume_by_name(path, "dana") == ("Mail to dana@library.example.edu was not paused.", False)
    store.returns.pause(Dead(address=DANA, reader="dana", days=(), text="550"), local("2026-11-23T09:00"))
    said, was_paused = resume_by_name(path, "dana")
    assert was_paused and "dana@library.example.edu again" in said
    assert store.returns.paused() == []
    with pytest.raises(ConfigError, match="Did you mean `dana`"):
        resume_by_name(path, "dnaa")
    store.close()
