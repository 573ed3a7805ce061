"""Past mail by edited rules beside those in force: who would have got what otherwise. Nothing is stored or sent.

Each message goes through the one evaluation that routes live, twice. What nobody has asked of the rules stays as it
was: what a guard held or set aside stands, leave counts by the day on which the message came, and a downtime's later
posts go to those whom each side would have told of it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.inbox.masking import mask
from bot.pipeline.receive import Judges, decide_again
from bot.pipeline.touched import Touched
from bot.retention import is_forgotten
from bot.routing.route import CATCH_ALL, DOWNTIME, UNSURE, is_kept_from_haste
from bot.store.values import Stored
from bot.types import Decision, Disposition, Reading, Tag, Way

#: The readers told at once of an incident by messages older than one.
Readers = Callable[[int, int], frozenset[str]]

#: The stronger way, the higher.
WORTH = {Way.NOW: 3, Way.DAILY: 2, Way.WEEKLY: 1, Way.NEVER: 0}


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A message that would go otherwise: each reader's way before and after, for those whose way differs.

    `at` is when it was written; `nobody` is why it would reach nobody but the liaison from now on ("held",
    "catch-all"), else empty. `weight` says how much it matters to lose: downtime first, then what is urgent, what asks
    for something, what has a date.
    """

    id: int
    subject: str
    at: datetime
    ways: Mapping[str, tuple[Way, Way]]
    is_downtime: bool
    weight: int
    nobody: str = ""

    @property
    def gained(self) -> tuple[str, ...]:
        """Who would get it and did not."""
        return tuple(reader for reader, (before, _) in self.ways.items() if before is Way.NEVER)

    @property
    def lost(self) -> tuple[str, ...]:
        """Who got it and would not."""
        return tuple(reader for reader, (_, after) in self.ways.items() if after is Way.NEVER)

    @property
    def sooner(self) -> tuple[str, ...]:
        """Who would get it sooner than they did."""
        return tuple(reader for reader, (before, after) in self.ways.items()
                     if before is not Way.NEVER and WORTH[after] > WORTH[before])

    @property
    def later(self) -> tuple[str, ...]:
        """Who would get it later than they did."""
        return tuple(reader for reader, (before, after) in self.ways.items()
                     if after is not Way.NEVER and WORTH[after] < WORTH[before])

    @property
    def now_at_once(self) -> tuple[str, ...]:
        """For whom it would turn urgent: a mail of its own, where it was none."""
        return tuple(reader for reader, (_, after) in self.ways.items() if after is Way.NOW)

    @property
    def no_more_at_once(self) -> tuple[str, ...]:
        """For whom it would stop being urgent, or not come at all."""
        return tuple(reader for reader, (before, _) in self.ways.items() if before is Way.NOW)

    @property
    def miss_downtime(self) -> tuple[str, ...]:
        """Who would lose word of a downtime: altogether, or as a mail at once."""
        return tuple(dict.fromkeys((*self.lost, *self.no_more_at_once))) if self.is_downtime else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """What an edit would have done to the messages that were looked at; the weightiest first, then the newest.

    `kept_from_haste` counts the messages that the edited rules alone want to go at once, and that do not: old news when
    they came, or of a sender that could not be verified.
    """

    looked_at: int
    read_again: int
    moved: tuple[Moved, ...] = ()
    kept_from_haste: int = 0

    @property
    def readers(self) -> tuple[str, ...]:
        """All for whom something would differ, in order of name."""
        return tuple(sorted({reader for one in self.moved for reader in one.ways}))

    @property
    def lost_downtimes(self) -> tuple[Moved, ...]:
        """Notices of a downtime that somebody would lose."""
        return tuple(one for one in self.moved if one.miss_downtime)


@dataclass(slots=True)
class _Told:
    """Whom one side has told at once of the incidents so far."""

    readers: dict[int, set[str]] = field(default_factory=dict)

    def note(self, stored: Stored, decision: Decision) -> None:
        if stored.incident is not None:
            now = (route.reader for route in decision.routes if route.way is Way.NOW)
            self.readers.setdefault(stored.incident, set()).update(now)

    def of(self, stored: Stored) -> set[str]:
        return self.readers.get(stored.incident or 0, set())


class Comparison:
    """Routes messages twice, in the order they came; `told` looks up who was really told of a downtime."""

    def __init__(self, before: Judges, after: Judges, touched: Touched, told: Readers) -> None:
        self._judges = (before, after)
        self._touched = touched
        self._real = told
        self._told = (_Told(), _Told())
        self.read_again = 0

    def decide(self, stored: Stored) -> tuple[Decision, Decision]:
        """Where a message goes by the rules in force, and by the edited ones."""
        return self.judge(stored)[1]

    def judge(self, stored: Stored) -> tuple[tuple[Reading, Reading], tuple[Decision, Decision]]:
        """Its readings and decisions before and after."""
        again = self._touched.readings(stored)
        self.read_again += again is not None
        readings = again or (stored.reading, stored.reading)
        real = frozenset() if stored.incident is None else self._real(stored.incident, stored.id)
        # What really happened, with what this side would have done in the place of the rules in force.
        by_edit = (real - self._told[0].of(stored)) | self._told[1].of(stored)
        before = decide_again(stored, self._judges[0], real, readings[0])
        after = decide_again(stored, self._judges[1], by_edit, readings[1])
        self._told[0].note(stored, before)
        self._told[1].note(stored, after)
        return readings, (before, after)


def is_the_rules(stored: Stored) -> bool:
    """Whether rules decide about a stored message: not what a guard kept back, a copy of another, or what has lost its
    text."""
    return stored.message is not None and not is_forgotten(stored.message) and stored.folded_into is None and (
        stored.disposition is Disposition.ROUTED
        or (stored.disposition is Disposition.HELD and stored.kind == "rule"))


def replay(past: Iterable[Stored], comparison: Comparison) -> Replay:
    """Every message of the past by both sides."""
    found: list[Moved] = []
    looked_at = kept = 0
    for stored in past:
        if not is_the_rules(stored):
            continue
        looked_at += 1
        readings, decisions = comparison.judge(stored)
        kept += is_kept_from_haste(decisions[1]) and not is_kept_from_haste(decisions[0])
        moved = _moved(stored, readings, decisions)
        if moved is not None:
            found.append(moved)
    found.sort(key=lambda one: (one.weight, one.at), reverse=True)
    return Replay(looked_at=looked_at, read_again=comparison.read_again, moved=tuple(found),
                  kept_from_haste=kept)


def ways(decision: Decision) -> dict[str, Way]:
    """Each reader's way."""
    return {route.reader: route.way for route in decision.routes}


def _moved(stored: Stored, readings: tuple[Reading, Reading], decisions: tuple[Decision, Decision]) -> Moved | None:
    before, after = (ways(decision) for decision in decisions)
    differing = {reader: (before.get(reader, Way.NEVER), after.get(reader, Way.NEVER))
                 for reader in sorted(before.keys() | after.keys()) if before.get(reader) != after.get(reader)}
    nobody = _nobody(decisions[1]) if not _nobody(decisions[0]) else ""
    if stored.message is None or not (differing or nobody):
        return None
    is_downtime = any(_is_downtime(reading, decision) for reading, decision in zip(readings, decisions, strict=True))
    return Moved(id=stored.id, subject=mask(stored.message.subject) or "(no subject)",
                 at=stored.message.date or stored.received_at, ways=differing, is_downtime=is_downtime, nobody=nobody,
                 weight=_weight(readings, is_downtime, differing))


def _nobody(decision: Decision) -> str:
    """Why a message reaches nobody but the liaison, or nothing."""
    if decision.hold is not None:
        return "held"
    alone = {route.rule for route in decision.routes}
    return CATCH_ALL if alone <= {CATCH_ALL, UNSURE} else ""


def _is_downtime(reading: Reading, decision: Decision) -> bool:
    areas: tuple[Tag, ...] = (*reading.areas, *decision.areas)
    return reading.outage_post is not None or any(tag.value == DOWNTIME for tag in areas)


def _weight(readings: tuple[Reading, Reading], is_downtime: bool, ways: Mapping[str, tuple[Way, Way]]) -> int:
    is_urgent = any(reading.urgent is not None for reading in readings)
    at_once = any(Way.NOW in pair for pair in ways.values())
    asks = any(reading.request is not None for reading in readings)
    dated = any(reading.events for reading in readings)
    return 16 * is_downtime + 8 * is_urgent + 4 * at_once + 2 * asks + dated
