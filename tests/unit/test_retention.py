"""Texts of old mail are forgotten as areas.yaml says; what was decided stays, and nothing is forgotten too soon."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.errors import RulesError
from bot.pipeline.forget import forget_old
from bot.pipeline.judges import build_judges
from bot.pipeline.receive import Receiver
from bot.pipeline.replay import is_the_rules
from bot.retention import GONE, is_forgotten, kept_for
from bot.rulebook import Rulebook
from bot.store.store import Store
from bot.types import Disposition, Way
from tests.contract.stores import mail
from tests.unit.builders import AREAS, NOW, batch, book, config, raw, rules

DAY = timedelta(days=1)
#: Cataloging keeps a hundred days, training two years; a downtime is kept for ever.
KEPT = AREAS.replace("words: [bib record, overlay]}", "words: [bib record, overlay], retention: 100 days}").replace(
    "words: [webinar]}", "words: [webinar], retention: 2 years}")
BIB = "The overlay of bib records has changed for all catalogers of the consortium since this morning.\n"
BOTH = "A webinar on bib records and their overlay: everything that catalogers have to know about them now.\n"
DOWN = "An outage: Alma is down for all of us, and bib records cannot be reached by anybody at the moment.\n"


@pytest.mark.parametrize(("areas", "expected"), [
    (("a",), 90), (("a", "b"), 400), (("b", "ever"), None), (("ever",), None), ((), None), (("gone",), None),
])
def test_the_longest_time_counts_and_silence_means_for_ever(areas: tuple[str, ...], expected: int | None) -> None:
    retention = {"a": 90 * DAY, "b": 400 * DAY, "ever": None}
    assert kept_for(areas, retention) == (None if expected is None else expected * DAY)


@pytest.mark.parametrize(("text", "days"), [("90 days", 90), ("18 months", 558), ("2 years", 732), ("9 weeks", 63),
                                            ("1 Year", 366)])
def test_a_span_is_at_least_what_it_says(text: str, days: int) -> None:
    found = book(areas=AREAS.replace("words: [webinar]}", f"words: [webinar], retention: {text}}}"))
    assert found.areas["training"].retention == days * DAY


@pytest.mark.parametrize("text", ["soon", "30 days", "0 years", "-1 days", "2", "true"])
def test_a_span_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(RulesError, match=r"areas\.yaml:3"):
        book(areas=AREAS.replace("words: [webinar]}", f"words: [webinar], retention: {text}}}"))


class Archive:
    """A store with mail of one day, by these rules."""

    def __init__(self, folder: Path, rulebook: Rulebook | None = None) -> None:
        self.book, self.store = rulebook or book(areas=KEPT), Store.in_memory()
        judges = build_judges(config(folder), self.book, None)
        self._receiver = Receiver(self.store, lambda: judges)

    def take(self, *mails: bytes) -> None:
        self._receiver.receive(batch(*mails), NOW)

    def send_all(self) -> None:
        """Every route was carried by a digest."""
        for reader in self.book.people:
            waiting = self.store.archive.waiting(reader, list(Way))
            if waiting:
                carried = mail(reader, "daily:2026-11-24", "digest", *(row.message for row in waiting))
                self.store.outbox.queue(carried, [row.id for row in waiting], NOW)

    def forget(self, days: int) -> int:
        return forget_old(self.store, self.book, NOW + days * DAY)

    def is_gone(self, number: int) -> bool:
        stored = self.store.archive.get(number)
        assert stored is not None
        return is_forgotten(stored.message)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


def test_each_message_goes_when_its_last_area_lets_it(archive: Archive) -> None:
    archive.take(raw(BIB, key="a"), raw(BOTH, key="b", subject="A webinar"), raw(DOWN, key="c", subject="Alma is down"),
                 raw("The kitchen of the annex gets a new kettle.\n", key="d", subject="Kettle"))
    archive.send_all()
    assert archive.forget(100) == 0
    assert archive.forget(101) == 1 and archive.is_gone(1)
    assert archive.forget(101) == 0
    assert archive.forget(733) == 1 and archive.is_gone(2)
    assert archive.forget(5_000) == 0
    assert [archive.is_gone(number) for number in (3, 4)] == [False, False]


def test_what_stays_is_the_record_and_no_word_of_the_text(archive: Archive) -> None:
    archive.take(raw(BIB + "Please send us your answers by December 4, 2026.\n", key="a", subject="Notice"))
    archive.send_all()
    before = archive.store.archive.get(1)
    assert archive.forget(200) == 1
    after = archive.store.archive.get(1)
    assert before is not None and after is not None and before.message is not None and after.message is not None
    assert (after.message.subject, after.message.sender, after.lists) == (
        before.message.subject, before.message.sender, before.lists)
    assert after.reading.area_ids == before.reading.area_ids
    assert after.disposition is Disposition.ROUTED
    assert archive.store.archive.raw(1) == b""
    assert "overlay" not in repr(after) and "answers" not in repr(after)
    assert GONE in repr(after)
    assert {row.route.reader for row in archive.store.archive.routes(1)} == {"dana", "lee"}
    assert not is_the_rules(after)


def test_copies_go_with_it(archive: Archive) -> None:
    archive.take(raw(BIB, key="a"), raw(BIB, key="b", to="pubserv-ig"))
    archive.send_all()
    assert [one.disposition for one in archive.store.archive.many([1, 2]).values()] == [
        Disposition.ROUTED, Disposition.FOLDED]
    assert archive.forget(200) == 2
    assert archive.is_gone(1) and archive.is_gone(2)


def test_what_still_waits_for_somebody_is_kept(archive: Archive) -> None:
    archive.take(raw(BIB, key="a"))
    assert archive.forget(5_000) == 0
    archive.send_all()
    assert archive.forget(5_000) == 1


def test_what_is_still_to_come_is_kept(archive: Archive) -> None:
    archive.take(raw(BIB + "Please send us your answers by September 1, 2027.\n", key="a"))
    archive.send_all()
    days = (date(2027, 9, 1) - NOW.date()).days
    assert archive.forget(days) == 0
    assert archive.forget(days + 2) == 1


def test_a_rule_that_holds_keeps_it_for_the_liaison(tmp_path: Path) -> None:
    archive = Archive(tmp_path, book(rules("rule: r, when: {text: overlay}, hold: true"), areas=KEPT))
    archive.take(raw(BIB, key="a"))
    assert archive.forget(5_000) == 0


def test_without_a_word_in_the_areas_nothing_is_forgotten(tmp_path: Path) -> None:
    archive = Archive(tmp_path, book())
    archive.take(raw(BIB, key="a"))
    archive.send_all()
    assert archive.forget(50_000) == 0


def test_more_than_one_slice_is_forgotten(archive: Archive) -> None:
    text = "Overlay {0} of bib records: {1}.\n"
    archive.take(*(raw(text.format(n, " ".join(f"w{n}x{m}" for m in range(20))), key=str(n), subject=f"Part {n}")
                   for n in range(620)))
    archive.send_all()
    assert archive.forget(101) == 620
