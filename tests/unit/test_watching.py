"""Watching itself, on a store: which faults open and end, who is told of them, and by how many mails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.assemble import assemble
from bot.config import load_config
from bot.daemon import Daemon
from bot.digests.values import ReaderView
from bot.pipeline import watching
from bot.pipeline.judges import build_judges
from bot.pipeline.watching import Watch
from bot.store.store import Store
from bot.types import Disposition, Outgoing
from tests.contract.stores import add, admission
from tests.unit.builders import CONFIG, book, config, write_config

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Bot:
    """A bot's look at itself; its mailbox is read at every look unless `is_read` is False."""

    def __init__(self, folder: Path, text: str = CONFIG) -> None:
        self.store, self.config = Store.in_memory(), config(folder, text)
        self.now, self.up = NOW, 1000.0
        self.is_read = True
        self.mails: list[SimpleNamespace] = []
        self.judges = build_judges(self.config, book(), None)
        self.start()

    def start(self) -> None:
        self.watch = Watch(self.store, self.config, lambda: self.judges, self.tell, lambda: self.up)

    def tell(self, key: str, title: str, paragraphs: object, now: datetime, *, to: ReaderView | None = None) -> bool:
        reader = to.address if to else "liaison"
        self.mails.append(SimpleNamespace(key=key, title=title, text=str(paragraphs), to=reader))
        return True

    def look(self, *stopped: str) -> None:
        if self.is_read:
            self.store.health.polled("lists", "INBOX", self.now)
        self.watch.look(self.now, stopped)

    def go(self, span: timedelta, step: timedelta = 5 * MINUTE) -> None:
        """Let time pass, looking now and then."""
        end = self.now + span
        while self.now < end:
            self.sleep(min(step, end - self.now))
            self.look()

    def sleep(self, span: timedelta) -> None:
        self.now += span
        self.up += span.total_seconds()

    def keys(self) -> list[str]:
        return [fault.key for fault in self.store.health.faults()]

    def titles(self) -> list[str]:
        return [mail.title for mail in self.mails]


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    one = Bot(tmp_path)
    one.go(HOUR)
    assert (one.keys(), one.mails) == ([], [])
    return one


def test_a_silent_mailbox_is_told_once_then_still_then_over(bot: Bot) -> None:
    bot.is_read = False
    bot.go(30 * MINUTE)
    assert bot.mails == []
    bot.go(5 * MINUTE)
    assert len(bot.mails) == 1 and "no successful look into it for 30 minutes" in bot.mails[0].text
    bot.go(23 * HOUR)
    assert len(bot.mails) == 1
    bot.go(HOUR)
    assert bot.titles()[1].startswith("Still, for 1 day: The mailbox lists")
    bot.is_read = True
    bot.go(10 * MINUTE)
    assert (bot.keys(), len(bot.mails)) == ([], 2)
    bot.go(10 * MINUTE)
    assert bot.titles()[2].startswith("Over: The mailbox lists")
    assert "lasted 1 day" in bot.mails[2].text
    bot.go(3 * DAY)
    assert len(bot.mails) == 3


def test_all_that_one_look_finds_is_one_mail(bot: Bot) -> None:
    for key in ("model", "templates", "calendars"):
        bot.store.health.fault(key, f"The {key} cannot be used.", "Mend it.", bot.now)
    bot.look()
    (mail,) = bot.mails
    assert mail.title.startswith("3 things to know of the bot.")
    assert all(f"The {key} cannot be used. Mend it." in mail.text for key in ("model", "templates", "calendars"))


def test_a_row_of_faults_makes_no_row_of_mails(bot: Bot) -> None:
    for minute in range(20):
        bot.store.health.fault(f"odd:{minute}", f"Number {minute} is odd.", "", bot.now)
        bot.go(MINUTE, MINUTE)
    assert len(bot.mails) <= 3
    bot.go(10 * MINUTE)
    assert all(sum(f"Number {minute} is odd." in mail.text for mail in bot.mails) == 1 for minute in range(20))


def test_a_refused_edit_is_told_by_its_own_notice_and_here_only_later(bot: Bot) -> None:
    bot.store.health.fault("rules", "The last edit of the rules is not in force.", "", bot.now)
    bot.go(HOUR)
    assert bot.mails == []
    bot.go(DAY)
    bot.store.health.clear("rules", bot.now)
    bot.go(HOUR)
    assert [title.partition(":")[0] for title in bot.titles()] == ["Still, for 1 day", "Over"]


def test_the_operator_is_told_what_is_theirs(tmp_path: Path) -> None:
    bot = Bot(tmp_path, CONFIG + "operator: it@library.example.edu\n")
    bot.store.health.fault("director", "The last edit names no director.", "", bot.now)
    bot.store.health.fault("templates", "A template is broken.", "", bot.now)
    bot.look()
    liaison, operator = bot.mails
    assert (liaison.to, operator.to) == ("liaison", "it@library.example.edu")
    assert "edit" in liaison.text and "template" in liaison.text
    assert "edit" not in operator.text and "template" in operator.text


def test_an_operator_who_is_the_liaison_is_told_once(tmp_path: Path) -> None:
    bot = Bot(tmp_path, CONFIG + "operator: Robin@library.example.edu\n")
    bot.store.health.fault("templates", "A template is broken.", "", bot.now)
    bot.look()
    assert [mail.to for mail in bot.mails] == ["liaison"]


def test_after_a_sleep_a_mailbox_has_its_time(bot: Bot) -> None:
    bot.sleep(9 * HOUR)
    bot.is_read = False
    bot.look()
    bot.go(30 * MINUTE)
    assert bot.keys() == []
    bot.go(5 * MINUTE)
    assert bot.keys() == ["silent:lists:INBOX"]


def test_a_silence_goes_on_over_a_sleep_and_ends_when_the_mailbox_is_read(bot: Bot) -> None:
    bot.is_read = False
    bot.go(HOUR)
    bot.sleep(9 * HOUR)
    bot.look()
    assert bot.keys() == ["silent:lists:INBOX"]
    bot.is_read = True
    bot.go(5 * MINUTE)
    assert bot.keys() == []


def test_a_bot_that_dies_again_and_again_hides_no_silence(bot: Bot) -> None:
    bot.is_read = False
    for _ in range(12):
        bot.start()
        bot.go(4 * MINUTE, MINUTE)
    assert bot.keys() == ["silent:lists:INBOX"]


@pytest.mark.parametrize(("moved", "words"), [(3 * HOUR, "put forward by 3 hours"), (-5 * DAY, "put back by 5 days")])
def test_a_clock_that_was_set_is_told_and_settles(bot: Bot, moved: timedelta, words: str) -> None:
    bot.now += moved
    bot.go(5 * MINUTE)
    assert bot.keys() == ["clock"] and words in bot.mails[0].text
    bot.go(7 * HOUR)
    assert bot.keys() == []
    assert bot.titles()[-1].startswith("Over: This machine's clock")


def test_a_clock_put_back_while_the_bot_was_down_is_seen(bot: Bot) -> None:
    bot.now -= 2 * DAY
    bot.start()
    bot.look()
    assert bot.keys() == ["clock"]


def test_a_sleep_is_no_setting_of_the_clock(bot: Bot) -> None:
    bot.sleep(5 * DAY)
    bot.look()
    assert bot.keys() == []


def test_a_slot_that_is_not_written_is_a_fault_until_it_is(bot: Bot) -> None:
    bot.store.health.set_mark("slot:daily:America/Chicago", "daily:2026-11-23", bot.now)
    bot.look()
    assert bot.keys() == ["slot:daily"]
    bot.store.health.set_mark("slot:daily:America/Chicago", "daily:2026-11-24", bot.now)
    bot.look()
    assert bot.keys() == []


def test_a_slot_has_half_an_hour(bot: Bot) -> None:
    bot.store.health.set_mark("slot:daily:America/Chicago", "daily:2026-11-24", bot.now)
    slot = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)  # 07:30 in Chicago
    bot.go(slot + 30 * MINUTE - bot.now, 10 * MINUTE)
    assert bot.keys() == []
    bot.go(5 * MINUTE)
    assert bot.keys() == ["slot:daily"]


def test_a_digest_that_waits_is_a_fault_until_it_is_sent(bot: Bot) -> None:
    bot.store.outbox.queue(Outgoing(
        reader="dana", slot="daily:2026-11-24", kind="digest", recipient="dana@library.example.edu", message_id="<a@b>",
        envelope_sender="digest@library.example.edu", subject="s", raw=b"x"), (), bot.now)
    bot.go(35 * MINUTE)
    assert bot.keys() == ["outbox"]
    leased = bot.store.outbox.lease(bot.now, HOUR)
    assert leased is not None
    bot.store.outbox.record(leased.id, "sent", 250, "", bot.now, None)
    bot.look()
    assert bot.keys() == []


def test_a_disk_that_fills_is_told_before_it_is_full(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching.shutil, "disk_usage", lambda path: SimpleNamespace(free=299_000_000))
    bot.look()
    assert bot.keys() == ["disk"] and "299 MB left" in bot.mails[0].text


def test_a_loop_that_hangs_is_told(bot: Bot) -> None:
    bot.look("poll-lists-INBOX")
    assert bot.keys() == ["heart:poll-lists-INBOX"]
    bot.look()
    assert bot.keys() == []


def test_what_a_mailbox_left_behind_that_is_gone_is_over(bot: Bot) -> None:
    bot.store.health.fault("mailbox:old:INBOX", "It refuses.", "", bot.now)
    bot.store.health.polled("old", "INBOX", bot.now - 9 * DAY)
    bot.look()
    assert bot.keys() == []


def test_a_telling_that_a_crash_cut_off_is_not_told_twice(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    bot.store.health.fault("model", "The model cannot be used.", "", bot.now)
    monkeypatch.setattr(bot.store.health, "told", lambda keys, now: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bot.look()
    monkeypatch.undo()
    bot.start()
    bot.go(30 * MINUTE)
    assert len({mail.key for mail in bot.mails}) == 1


def test_composing_that_takes_minutes_is_no_clock_that_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The look at the clock comes after composing, and reads it anew."""
    passed, takes = timedelta(0), iter((timedelta(0), 5 * MINUTE, timedelta(0)))

    def publish() -> None:
        nonlocal passed
        passed += next(takes)

    plant = assemble(load_config(write_config(tmp_path)), NOW)
    daemon = Daemon(plant, lambda *_: None, lambda: NOW + passed, lambda: passed.total_seconds())
    monkeypatch.setattr(daemon, "publish", publish)
    try:
        for _ in range(3):
            daemon.look()
        assert plant.store.health.mark(watching._ODD) is None
    finally:
        plant.close()


def test_mail_that_is_held_in_crowds_for_one_reason_is_a_fault_until_it_is_a_day_old(bot: Bot) -> None:
    def hold(kind: str, why: str, *numbers: int) -> None:
        for number in numbers:
            add(bot.store, admission(number, at=bot.now, disposition=Disposition.HELD, kind=kind, why=why))

    hold("patron-data", "It names a patron.", *range(9))
    hold("fraud", "It comes from elsewhere.", *range(9, 16))
    bot.go(HOUR)
    assert bot.keys() == []
    hold("fraud", "It comes from elsewhere.", 16)
    bot.go(HOUR)
    assert bot.keys() == ["withheld"]
    (mail,) = bot.mails
    assert "It comes from elsewhere" in mail.title + mail.text
    assert "`trust:`" in mail.text
    bot.go(24 * HOUR)
    assert bot.keys() == []
