"""`liaison explain`: the whole trail of one message, by the code that runs live; sends and stores nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.commands.desk import Desk, open_desk
from bot.errors import ConfigError
from bot.inbox.guard import authenticated
from bot.pipeline.receive import Judges, examine
from bot.pipeline.replay import is_the_rules, ways
from bot.retention import GONE, is_forgotten
from bot.store.alerts import CAP, SETTLED
from bot.store.intake import Intake
from bot.store.store import Store
from bot.store.values import Admission, RouteRow, Stored
from bot.types import Arrival, Decision, Disposition, Event, Message, Reading, Request, Tag, Verdict, Way

_SHOWN = ("from", "to", "date", "subject", "list-id", "list-post", "message-id", "in-reply-to", "reply-to",
          "auto-submitted", "precedence", "return-path", "authentication-results")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A chapter of the trail: a heading and its lines."""

    title: str
    lines: tuple[str, ...]


class _Undo(Exception):  # noqa: N818  no error: it undoes what explaining would store
    """Ends a transaction that must leave nothing behind."""


def explain(named: Path | None, what: str, folder: Path | None = None) -> list[Part]:
    """The trail of a file or of a stored message's number, by the rules in force or by the edited files of a folder.

    Raises ConfigError when there is neither file nor number, RulesError when the edited files have mistakes.
    """
    with open_desk(named, needs_mail=False) as desk:
        edited = None if folder is None else desk.judges(desk.edited(folder))
        is_number = what.isdigit() and not Path(what).exists()
        note = f"Explained by the files in {folder}, which are not in force by this." if folder else desk.note
        parts = _of_number(int(what), desk, edited) if is_number else _of_file(Path(what), desk, edited)
        return [*([Part(title=note, lines=())] if note else []), *parts]


def _of_file(path: Path, desk: Desk, edited: Judges | None) -> list[Part]:
    try:
        raw = path.read_bytes()
    except OSError as wrong:
        raise ConfigError(f"{path} cannot be read: {wrong.strerror}.",
                          "Name a message file, or the number of a message as the report shows it.") from wrong
    arrival = Arrival(account="explain", folder=str(path), uid_validity=0, uid=0, raw=raw, size=len(raw))
    judges = edited or desk.in_force
    admission = _examined(arrival, desk.store, judges)
    if admission.message is None:
        return [Part(title="Quarantined", lines=(admission.why,))]
    before = _examined(arrival, desk.store, desk.in_force) if edited else admission
    return [
        *_said(admission.message, admission.verdicts, admission.reading, judges),
        _outcome(admission.disposition, admission.kind, admission.why, admission.folded_into),
        *(_routing(admission.decision, judges) if admission.folded_into is None else ()),
        *(_difference(before.decision, admission.decision) if edited else ()),
    ]


def _examined(arrival: Arrival, store: Store, judges: Judges) -> Admission:
    found: list[Admission] = []

    def look(intake: Intake) -> None:
        found.append(examine(arrival, intake, judges, datetime.now(UTC)))
        raise _Undo

    try:
        with store.intake() as intake:
            look(intake)
    except _Undo:
        pass
    return found[0]


def _of_number(number: int, desk: Desk, edited: Judges | None) -> list[Part]:
    store, judges = desk.store, edited or desk.in_force
    stored = store.archive.get(number)
    if stored is None:
        raise ConfigError(f"There is no message with the number {number}.",
                          "The report and `liaison status` show the numbers of messages.")
    if stored.message is None:
        return [Part(title=f"Message {number} is in quarantine", lines=(stored.why,))]
    comparison = desk.compare(judges)
    for older in _older_posts(stored, store):
        comparison.decide(older)
    readings, decisions = comparison.judge(stored)
    return [
        *_said(stored.message, stored.verdicts, readings[1], judges),
        *_downtime(stored, store, judges.zone),
        *(_by_rules(decisions, judges, edited is not None) if is_the_rules(stored) else (_stored_outcome(stored),)),
        _sent(stored, store, judges.zone),
    ]


def _older_posts(stored: Stored, store: Store) -> list[Stored]:
    """The posts before it about the same downtime: whom other rules would have told of it is who is told more."""
    found = None if stored.incident is None else store.archive.incident(stored.incident)
    older = store.archive.many([number for number in found[1] if number < stored.id]) if found else {}
    return [one for _, one in sorted(older.items()) if is_the_rules(one)]


def _stored_outcome(stored: Stored) -> Part:
    outcome = _outcome(stored.disposition, stored.kind, stored.why, stored.folded_into)
    if is_forgotten(stored.message):
        return replace(outcome, lines=(*outcome.lines, f"of this message {GONE}"))
    return outcome


def _by_rules(decisions: tuple[Decision, Decision], judges: Judges, is_edit: bool) -> list[Part]:
    """What the rules make of it now: the outcome, the trail, and what an edit would change."""
    before, after = decisions
    hold = after.hold
    outcome = _outcome(hold.disposition, hold.kind, hold.why, None) if hold else _outcome(Disposition.ROUTED, "", "",
                                                                                         None)
    return [outcome, *_routing(after, judges), *(_difference(before, after) if is_edit else ())]


def _difference(before: Decision, after: Decision) -> list[Part]:
    """Each reader whose way differs from what the rules in force make of it."""
    old, new = ways(before), ways(after)
    lines = tuple(f"{reader}: {old.get(reader, Way.NEVER)} → {new.get(reader, Way.NEVER)}"
                  for reader in sorted(old.keys() | new.keys()) if old.get(reader) != new.get(reader))
    return [Part(title="Against the rules in force", lines=lines or ("nothing is otherwise",))]


def _downtime(stored: Stored, store: Store, zone: ZoneInfo) -> list[Part]:
    """The incident that the post belongs to, with its state, its window and all its posts."""
    found = None if stored.incident is None else store.archive.incident(stored.incident)
    if found is None:
        return []
    incident, posts = found
    what = ", ".join((*incident.systems, *incident.places)) or "a system"
    when = f"; its window: {window_line(incident.window, zone)}" if incident.window else ""
    since = incident.opened_at.astimezone(zone).strftime("%a %Y-%m-%d %H:%M")
    return [Part(title="The downtime", lines=(
        f"{what}: {incident.stage}{when}", f"first told {since}; {len(posts)} posts: {', '.join(map(str, posts))}"))]


def window_line(event: Event, zone: ZoneInfo) -> str:
    """A window with both its ends."""
    ends = (event.start, event.end) if event.end else (event.start,)
    return " to ".join(end.astimezone(zone).strftime("%a %Y-%m-%d %H:%M") if isinstance(end, datetime)
                       else end.strftime("%a %Y-%m-%d") for end in ends)


def _said(message: Message, verdicts: tuple[Verdict, ...], reading: Reading, judges: Judges) -> list[Part]:
    vouched, why = authenticated(message, judges.trust)
    headers = [f"{name}: {value[:160]}" for name, value in message.headers if name in _SHOWN]
    return [
        Part(title="The message", lines=(*headers, f"lists: {', '.join(message.lists) or 'none'}",
                                         *(f"defect: {defect}" for defect in message.defects))),
        Part(title="The guards", lines=(f"{'verified' if vouched else 'not verified'}: {why}",
                                        *(f"{one.disposition} as {one.kind}: {one.why}" for one in verdicts),
                                        *(() if verdicts else ("nothing against it",)))),
        Part(title="What it says", lines=tuple(_tags(reading, judges.zone)) or ("no tag",)),
    ]


def _tags(reading: Reading, zone: ZoneInfo) -> Iterator[str]:
    for tag in reading.areas:
        yield f"area {tag.value}: {tag.why} ({tag.by}, {tag.score:.2f})"
    for tag in reading.unsure:
        yield f"perhaps {tag.value}, not sure: {tag.why} ({tag.by}, {tag.score:.2f})"
    for other in (reading.urgent, reading.request, reading.outage, *reading.events):
        if other is not None:
            yield f"{_named(other, zone)}: {other.why} ({other.by})"
    for item in reading.items:
        about = ", ".join(item.area_ids) or "no area"
        yield f"item “{item.heading or ' '.join(item.text.split()[:8])}”: {about}"


def _named(tag: Tag, zone: ZoneInfo) -> str:
    value = tag.value
    if isinstance(value, Event):
        start = value.start.astimezone(zone).strftime("%a %Y-%m-%d %H:%M") if isinstance(value.start, datetime) else (
            value.start.strftime("%a %Y-%m-%d"))
        return f"{value.type} {start}{'' if value.sure else ' (not sure)'}"
    if isinstance(value, Request):
        return f"asks “{value.what}”{f' by {value.due:%a %Y-%m-%d}' if value.due else ''}"
    return tag.name


def _outcome(disposition: Disposition, kind: str, why: str, folded_into: int | None) -> Part:
    if folded_into is not None:
        original = f"it goes where that one goes: liaison explain {folded_into}"
        return Part(title="Outcome: folded", lines=(f"a copy of message {folded_into}: {why}", original))
    lines = (f"{kind}: {why}",) if why else ()
    return Part(title=f"Outcome: {disposition}", lines=lines)


def _routing(decision: Decision, judges: Judges) -> list[Part]:
    rules = tuple(
        f"{'✓' if one.held else '·'} {one.rule}: {'held' if one.held else 'did not hold'}: {one.because}"
        for one in decision.trail
    )
    readers = tuple(
        f"{judges.book.people[route.reader].name} ({route.reader}), {route.way}"
        f"{', mandatory' if route.mandatory else ''}: {route.why}"
        for route in decision.routes
    )
    return [Part(title="The rules, in order", lines=rules or ("there are none",)),
            Part(title="Who gets it", lines=readers or ("nobody but the liaison's report",))]


def _sent(stored: Stored, store: Store, zone: ZoneInfo) -> Part:
    lines = [f"{row.route.reader}: {row.route.way}, by {row.route.rule}"
             f"{', in a digest' if row.digested else ''}{', sent at once' if row.sent_at else ''}"
             f"{'' if row.digested or row.sent_at else ', waiting'}{_held_words(row, zone)}"
             for row in store.archive.routes(stored.id)]
    lines += [f"mail {row.id} to {row.recipient} ({row.slot}): {row.state}{f', {row.reply}' if row.reply else ''}"
              for row in store.outbox.of_message(stored.id)]
    lines += [f"an answer is wanted from {reader}: {f'came {_clock(at, zone)}' if at else 'none yet'}"
              for reader, at in store.alerts.answers(stored.id)]
    return Part(title="What was stored and sent", lines=tuple(lines) or ("nothing",))


def _held_words(row: RouteRow, zone: ZoneInfo) -> str:
    """Why it was not sent at once, or not yet."""
    if row.held == SETTLED:
        return f"; not at once: {row.held_why}"
    if not row.held or row.sent_at:
        return ""
    at = f", at {_clock(row.held_until, zone)}" if row.held == CAP and row.held_until else ""
    return f"; held: {row.held_why}{at}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%a %Y-%m-%d %H:%M")
