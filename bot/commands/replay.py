"""`liaison replay`: an edit of the rules tried on past mail; sends and stores nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.commands.desk import Desk, open_desk
from bot.errors import ConfigError
from bot.pipeline.replay import Moved, Replay, replay
from bot.rulebook import Rulebook
from bot.types import Way

#: Longest span that may be asked for, in days.
LONGEST = 3650


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A message in a table: number, day, subject, and how it would move for somebody."""

    id: int
    day: str
    subject: str
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """What one reader would gain and lose; `sooner` and `later` are messages that come in another way."""

    id: str
    name: str
    gained: tuple[Line, ...]
    lost: tuple[Line, ...]
    sooner: tuple[Line, ...]
    later: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A replay, ready to be shown. `rules` is what was tried; `same` says that it is the very text in force.

    `downtimes` are sentences on downtime notices that somebody would lose: with any, and without `accepted`, the
    edit is not fit to be taken up.
    """

    days: int
    looked_at: int
    read_again: int
    rules: str
    same: bool
    downtimes: tuple[str, ...] = ()
    readers: tuple[Reader, ...] = ()
    turn_urgent: tuple[Line, ...] = ()
    stop_urgent: tuple[Line, ...] = ()
    nobody: tuple[Line, ...] = ()
    accepted: bool = False
    kept_from_haste: int = 0

    @property
    def is_well(self) -> bool:
        """Whether nobody would lose word of a downtime, or that is accepted."""
        return self.accepted or not self.downtimes

    def as_json(self) -> dict[str, Any]:
        """For scripts: the same facts by name."""
        lists = {name: [_json(line) for line in getattr(self, name)]
                 for name in ("turn_urgent", "stop_urgent", "nobody")}
        kinds = ("gained", "lost", "sooner", "later")
        people = {one.id: {kind: [_json(line) for line in getattr(one, kind)] for kind in kinds}
                  for one in self.readers}
        return {"days": self.days, "looked_at": self.looked_at, "read_again": self.read_again, "rules": self.rules,
                "same": self.same, "kept_from_haste": self.kept_from_haste,
                "lost_downtimes": list(self.downtimes), "readers": people, **lists,
                "ok": self.is_well}


def _json(line: Line) -> dict[str, Any]:
    return {"id": line.id, "day": line.day, "subject": line.subject, "how": line.how}


def try_edit(named: Path | None, *, days: int = 90, folder: Path | None = None, accept: bool = False) -> Trial:
    """The edited files against the rules in force, over the mail of so many days.

    Raises RulesError for files with mistakes, ConfigError when there is no past mail or the span makes no sense.
    """
    if not 1 <= days <= LONGEST:
        raise ConfigError(f"{days} days make no span.", f"Name a number from 1 to {LONGEST}.")
    with open_desk(named) as desk:
        book = desk.edited(folder)
        rules = f"the files in {folder or desk.config.rules}"
        if book.version == desk.in_force.book.version:
            return Trial(days=days, looked_at=0, read_again=0, rules=rules, same=True)
        found = over(desk, book, days, datetime.now(UTC))
        return shown(found, desk, book, days=days, rules=rules, accepted=accept)


def over(desk: Desk, book: Rulebook, days: int, now: datetime) -> Replay:
    """The replay of so many days."""
    past = desk.store.archive.iterate(now - timedelta(days=days), now + timedelta(days=1))
    return replay(past, desk.compare(desk.judges(book)))


# ── in words ──


def shown(found: Replay, desk: Desk, book: Rulebook, *, days: int, rules: str, accepted: bool = False) -> Trial:
    """A replay in the words of the tables."""
    view = _View(desk, book)
    return Trial(
        days=days, looked_at=found.looked_at, read_again=found.read_again, kept_from_haste=found.kept_from_haste,
        rules=rules, same=False,
        accepted=accepted, downtimes=tuple(view.downtime(one) for one in found.lost_downtimes),
        readers=tuple(view.reader(reader, found.moved) for reader in found.readers),
        turn_urgent=tuple(view.line(one, f"at once to {view.names(one.now_at_once)}")
                          for one in found.moved if one.now_at_once),
        stop_urgent=tuple(view.line(one, f"no more at once to {view.names(one.no_more_at_once)}")
                          for one in found.moved if one.no_more_at_once),
        nobody=tuple(view.line(one, "held: nobody gets it" if one.nobody == "held" else "only to the liaison")
                     for one in found.moved if one.nobody),
    )


class _View:
    """Names and days as the library says them."""

    def __init__(self, desk: Desk, book: Rulebook) -> None:
        self._books = (book, desk.in_force.book)
        self._zone = desk.in_force.zone

    def name(self, reader: str) -> str:
        """A person's name; who is gone from the edited files is told so."""
        new, old = self._books
        if reader in new.people:
            return new.people[reader].name
        return f"{old.people[reader].name if reader in old.people else reader} (no longer in people.yaml)"

    def names(self, readers: tuple[str, ...]) -> str:
        """Several names; a crowd is counted."""
        first = [self.name(reader) for reader in readers[:6]]
        rest = len(readers) - len(first)
        return ", ".join(first) + (f" and {rest} more" if rest else "")

    def line(self, one: Moved, how: str) -> Line:
        """A row about a message."""
        day = one.at.astimezone(self._zone).strftime("%a %d %b")
        return Line(id=one.id, day=day, subject=one.subject, how=how)

    def reader(self, reader: str, moved: tuple[Moved, ...]) -> Reader:
        """What a reader would gain and lose."""
        def lines(kind: str) -> Iterator[Line]:
            for one in moved:
                if reader in getattr(one, kind):
                    yield self.line(one, _how(*one.ways[reader]))
        return Reader(id=reader, name=self.name(reader), gained=tuple(lines("gained")), lost=tuple(lines("lost")),
                      sooner=tuple(lines("sooner")), later=tuple(lines("later")))

    def downtime(self, one: Moved) -> str:
        """One sentence on a downtime notice that somebody would lose."""
        line = self.line(one, "")
        later = tuple(reader for reader in one.miss_downtime if reader not in one.lost)
        parts = [f"{self.names(one.lost)} would not get it"] if one.lost else []
        parts += [f"{self.names(later)} would not get it at once"] if later else []
        return f"“{line.subject}” ({line.day}, message {line.id}): {'; '.join(parts)}."


def _how(before: Way, after: Way) -> str:
    if before is Way.NEVER:
        return _WORDS[after]
    return f"was {_WORDS[before]}" if after is Way.NEVER else f"{_WORDS[before]} → {_WORDS[after]}"


_WORDS = {Way.NOW: "at once", Way.DAILY: "daily", Way.WEEKLY: "weekly", Way.NEVER: "not at all"}
