"""`liaison who`: who gets what an area is about, in which way and why; what leads mail to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from bot.commands.desk import known, open_desk
from bot.commands.explain import Part
from bot.rule import Rule
from bot.rulebook import Rulebook
from bot.types import Way


def who(named: Path | None, area: str) -> list[Part]:
    """The chapters on one area. Raises ConfigError with what was probably meant when there is none of that name."""
    with open_desk(named, needs_mail=False) as desk:
        book = desk.in_force.book
        area = known(area, book.areas, "area", "areas.yaml")
        today = datetime.now(UTC).astimezone(desk.in_force.zone).date()
        label = f"{book.label(area)} ({area})" + (f": {book.areas[area].about}" if book.areas[area].about else "")
        return [
            *([Part(title=desk.note, lines=())] if desk.note else []),
            Part(title=label, lines=tuple(_signs(book, area))),
            Part(title="Who gets it", lines=tuple(_readers(book, area, today)) or (
                f"nobody: what is about it comes to the liaison ({desk.in_force.liaison})",)),
            Part(title="Rules that name it", lines=tuple(
                rule_line(rule) for rule in book.rules if _names(rule, area)) or ("none",)),
        ]


def _signs(book: Rulebook, area: str) -> Iterator[str]:
    one = book.areas[area]
    for name, values in (("lists", one.lists), ("words", one.words), ("senders", one.senders)):
        yield f"{name}: {', '.join(values) or 'none'}"
    if one.lead:
        yield f"lead: {book.people[one.lead].name} ({one.lead})"


def _readers(book: Rulebook, area: str, today: date) -> Iterator[str]:
    """One line for each person, with every reason, in the order of people.yaml."""
    mandatory = set(book.members(book.areas[area].mandatory_for))
    for reader, person in book.people.items():
        reasons = list(_reasons(book, area, reader, reader in mandatory))
        if reasons:
            yield f"{person.name} ({reader}): {'; '.join(reasons)}{_leave(book, reader, today)}"


def _reasons(book: Rulebook, area: str, reader: str, is_mandatory: bool) -> Iterator[str]:
    way = book.people[reader].areas.get(area)
    if way not in (None, Way.NEVER):
        yield f"{way}, own choice{' (at once when urgent)' if way is Way.DAILY else ''}"
    if is_mandatory:
        yield "mandatory: daily, at once when urgent"
    for rule in book.rules:
        if area in _wanted(rule) and reader in book.members(rule.to):
            yield f"{rule.send or 'in their own way'}, rule “{rule.rule}”"
        if area in _wanted(rule) and reader in book.members(rule.never):
            yield f"not where rule “{rule.rule}” holds"


def _wanted(rule: Rule) -> tuple[str, ...]:
    """The areas that a rule asks for or adds; one that stands in a `not` is not asked for."""
    asked = [area for part in (*rule.when.all, *rule.when.any) for area in part.areas()]
    return (*(one.area for one in rule.when.area), *asked, *rule.tag)


def _names(rule: Rule, area: str) -> bool:
    return area in (*rule.tag, *rule.untag) or area in rule.when.areas()


def _leave(book: Rulebook, reader: str, today: date) -> str:
    person = book.people[reader]
    if person.away is None or person.away.until < today:
        return ""
    since = "on leave" if person.is_away(today) else f"on leave from {person.away.start:%a %d %b}"
    deputy = book.people[person.deputy].name if person.deputy else ""
    instead = f"; what cannot wait goes to {deputy}" if deputy else "; nobody stands in"
    return f" — {since} until {person.away.until:%a %d %b}{instead}"


def rule_line(rule: Rule) -> str:
    """A rule in one line: its name, what it does, and its reason."""
    does = [f"{name} {', '.join(values)}" for name, values in (
        ("to", rule.to), ("tag", rule.tag), ("untag", rule.untag), ("never", rule.never)) if values]
    does += [f"send {rule.send}"] if rule.send else []
    does += [word for word, is_on in (
        ("cc-liaison", rule.cc_liaison), ("hold", rule.hold), ("stop", rule.stop)) if is_on]
    return f"{rule.rule}: {'; '.join(does) or 'changes how it is answered'} ({rule.why.rstrip('.')})"
