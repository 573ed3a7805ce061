"""`liaison what`: all that decides what one reader gets, and what they got of late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.commands.desk import Desk, known, open_desk
from bot.commands.explain import Part
from bot.commands.who import rule_line
from bot.rulebook import EVERYONE, Person, Rulebook
from bot.types import Way

_LATELY = timedelta(days=30)


def what(named: Path | None, reader: str) -> list[Part]:
    """The chapters on one reader. Raises ConfigError with what was probably meant when there is none of that name."""
    with open_desk(named, needs_mail=False) as desk:
        book, now = desk.in_force.book, datetime.now(UTC)
        reader = known(reader, book.people, "reader", "people.yaml")
        person = book.people[reader]
        return [
            *([Part(title=desk.note, lines=())] if desk.note else []),
            Part(title=f"{person.name} ({reader}), {person.address}", lines=tuple(_person(book, reader, person))),
            Part(title="Areas", lines=tuple(_areas(book, reader, person)) or ("none",)),
            Part(title="Rules that name them", lines=tuple(_rules(book, reader)) or ("none",)),
            Part(title="The last 30 days", lines=tuple(_lately(desk, reader, now)) or ("nothing was sent",)),
        ]


def _person(book: Rulebook, reader: str, person: Person) -> Iterator[str]:
    groups = [name for name, members in book.groups.items() if reader in members]
    yield f"groups: {', '.join(groups) or 'none'}"
    yield f"quiet hours: {_quiet(person)}"
    yield f"leave: {f'{person.away.start:%a %d %b %Y} to {person.away.until:%a %d %b %Y}' if person.away else 'none'}"
    yield f"deputy: {_name(book, person.deputy) if person.deputy else 'none'}"
    stands_in = [_name(book, other) for other, one in book.people.items() if one.deputy == reader]
    yield f"stands in for: {', '.join(stands_in) or 'nobody'}"
    if person.time_zone:
        yield f"time zone: {person.time_zone}"


def _name(book: Rulebook, reader: str) -> str:
    return f"{book.people[reader].name} ({reader})"


def _quiet(person: Person) -> str:
    quiet = person.quiet
    if quiet is None:
        return "none"
    hours = f"{quiet.start:%H:%M} to {quiet.until:%H:%M}" if quiet.start and quiet.until else ""
    return " and ".join(part for part in (hours, "weekends" if quiet.weekends else "") if part)


def _areas(book: Rulebook, reader: str, person: Person) -> Iterator[str]:
    """Own choices in their order, then what is mandatory beyond them."""
    mandatory = {name for name, area in book.areas.items() if reader in book.members(area.mandatory_for)}
    for area in (*person.areas, *(name for name in book.areas if name in mandatory - person.areas.keys())):
        way = person.areas.get(area)
        urgent = ", at once when urgent" if way is Way.DAILY or (area in mandatory and way is not Way.NOW) else ""
        always = ", mandatory" if area in mandatory else ""
        yield f"{book.label(area)} ({area}): {way or Way.DAILY}{urgent}{always}"


def _rules(book: Rulebook, reader: str) -> Iterator[str]:
    for rule in book.rules:
        named = [*rule.to, *rule.never]
        by = next((name for name in named if name == reader), None) or next(
            (name for name in named if reader in book.members((name,))), None)
        if by is not None:
            through = "" if by == reader else (", as everybody" if by == EVERYONE else f", by the group {by}")
            yield f"{rule_line(rule)}{through}"


def _lately(desk: Desk, reader: str, now: datetime) -> Iterator[str]:
    """What was sent, by area, the most first."""
    found = desk.store.tally.got(reader, now - _LATELY, now)
    for area, (at_once, in_digests) in sorted(found.items(), key=lambda row: (-sum(row[1]), row[0] or "")):
        label = desk.in_force.book.label(area) if area else "no area, by a rule or as the liaison"
        parts = [f"{count} {words}" for count, words in ((at_once, "at once"), (in_digests, "in digests")) if count]
        yield f"{label}: {', '.join(parts)}"
