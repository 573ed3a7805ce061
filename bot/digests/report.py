"""The liaison's mails: the daily report, in which every message is accounted for, and plain notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.digests.phrases import clean_line, count, day_long, day_of, day_short, posted, shorten, zone_word
from bot.digests.render import Rendered, Templates
from bot.digests.values import House


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A message that was held or quarantined: `why` in plain words, patron data masked already."""

    subject: str
    who: str
    lists: str
    why: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsure:
    """A message that the bot asks about, and what it would have said ("Cataloging, 0.42")."""

    subject: str
    who: str
    lists: str
    guess: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """Machine noise of one kind, with the subjects of its messages."""

    kind: str
    number: int
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class AtOnce:
    """A message that went out at once, when, and to whom."""

    subject: str
    at: datetime
    readers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Undelivered:
    """A mail that has not reached its reader: `state` is "deferred" or "failed", `reply` what the server said."""

    reader: str
    what: str
    state: str
    reply: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Poll:
    """A mailbox, and when it was last read with success."""

    mailbox: str
    last: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Everything that the report of one day says. The six counts are of arrivals between `since` and `until`."""

    since: datetime
    until: datetime
    zone: ZoneInfo
    received: int
    routed: int
    folded: int
    held: int
    set_aside: int
    quarantined: int
    held_items: tuple[Kept, ...] = ()
    quarantine: tuple[Kept, ...] = ()
    unsure: tuple[Unsure, ...] = ()
    aside: tuple[Aside, ...] = ()
    at_once: tuple[AtOnce, ...] = ()
    served: tuple[str, ...] = ()
    nothing_new: tuple[str, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
    faults: tuple[str, ...] = ()
    polls: tuple[Poll, ...] = ()
    quiet_after: timedelta = timedelta(minutes=30)

    @property
    def parts(self) -> tuple[tuple[int, str], ...]:
        """What became of the arrivals, in the order of the sentence."""
        return (
            (self.routed, "routed"), (self.folded, "folded into another"), (self.held, "held"),
            (self.set_aside, "set aside"), (self.quarantined, "quarantined"),
        )

    @property
    def missing(self) -> int:
        """Received less accounted for: 0 on every good day."""
        return self.received - sum(number for number, _ in self.parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One entry of a list: what, and a quiet line below it. `alarm` is shown in red."""

    what: str
    note: str = ""
    alarm: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """A part of the report, with one sentence on what it means."""

    title: str
    about: str
    rows: tuple[Row, ...]


SHOWN = 40
_KINDS = {
    "auto-reply": ("automatic reply", "automatic replies"), "delivery-report": ("delivery report", "delivery reports"),
    "administrivia": ("list administration", "list administration"), "test-post": ("test post", "test posts"),
    "own-mail": ("mail of the bot's own", "mails of the bot's own"), "loop": ("mail in a loop", "mails in a loop"),
    "reply": ("reply to the bot", "replies to the bot"),
}


def report(figures: Figures, now: datetime, *, templates: Templates, house: House) -> Rendered:
    """The liaison's report of one day."""
    day = day_of(figures.until, figures.zone)
    subject = shorten(f"Liaison report, {day_short(day, day)}: {'; '.join(_headlines(figures, now))}", 150)
    values = {
        "subject": subject, "preheader": sum_line(figures), "house": house, "day_words": day_long(day),
        "span": f"{posted(figures.since, now, figures.zone)} to {posted(figures.until, now, figures.zone)}",
        "sum": sum_line(figures), "alarm": alarm_line(figures), "chapters": chapters(figures, now),
        "zone": f"{zone_word(now.astimezone(figures.zone))}, {figures.zone.key}",
    }
    return Rendered(
        subject=subject, preheader=sum_line(figures),
        text=templates.text("report", values), html=templates.html("report", values),
    )


def notice(title: str, paragraphs: Sequence[str], *, templates: Templates, house: House) -> Rendered:
    """A plain notice to the liaison: a title and some sentences."""
    subject = clean_line(title, 150)
    preheader = shorten(clean_line(paragraphs[0], 140), 140) if paragraphs else subject
    values = {"subject": subject, "preheader": preheader, "house": house, "paragraphs": tuple(paragraphs)}
    return Rendered(
        subject=subject, preheader=preheader,
        text=templates.text("notice", values), html=templates.html("notice", values),
    )


# ── the numbers ───────────────────────────────────────────────────────────────────────────────────────────────────


def sum_line(figures: Figures) -> str:
    """"41 received = 30 routed + 5 folded into another + 3 held + 2 set aside + 1 quarantined"."""
    parts = " + ".join(f"{number:,} {name}" for number, name in figures.parts)
    return f"{figures.received:,} received {'=' if not figures.missing else 'is not'} {parts}"


def alarm_line(figures: Figures) -> str:
    """What to say in red when they do not add up; the empty string when they do."""
    if not figures.missing:
        return ""
    gap = abs(figures.missing)
    what = "unaccounted for" if figures.missing > 0 else "counted twice"
    verb = "is" if gap == 1 else "are"
    return f"The numbers do not add up: {count(gap, 'message')} {verb} {what}. Please tell whoever runs the bot."


def _headlines(figures: Figures, now: datetime) -> list[str]:
    failed = sum(mail.state == "failed" for mail in figures.undelivered)
    said = [
        "THE NUMBERS DO NOT ADD UP" if figures.missing else "",
        "a mailbox is silent" if any(is_silent(poll, figures, now) for poll in figures.polls) else "",
        count(len(figures.faults), "fault") if figures.faults else "",
        f"{failed} not delivered" if failed else "",
        f"{figures.held} held" if figures.held else "",
        f"{len(figures.unsure)} unsure" if figures.unsure else "",
        f"{figures.quarantined} unreadable" if figures.quarantined else "",
        f"{figures.received:,} received" + ("" if figures.missing else ", all accounted for"),
    ]
    return [part for part in said if part]


# ── the chapters ──────────────────────────────────────────────────────────────────────────────────────────────────


def chapters(figures: Figures, now: datetime) -> tuple[Chapter, ...]:
    """What stands in the report, what needs the liaison first; parts with nothing to say are left out."""
    parts = (
        _chapter("Faults", "What went wrong since the last report.",
                 [Row(what=clean_line(fault, 400), alarm=True) for fault in figures.faults]),
        _chapter("Held", "Nobody but you has seen these.", [_kept(item, figures, now) for item in figures.held_items]),
        _chapter("Not sure", "The bot did not dare to decide.", [_unsure(item) for item in figures.unsure]),
        _chapter("Could not be read", "The mails are kept as they came.",
                 [_kept(item, figures, now) for item in figures.quarantine]),
        _chapter("Not delivered", "Deferred mails are tried again by themselves; failed ones are not.",
                 [_undelivered(mail) for mail in figures.undelivered]),
        _chapter("Sent at once", "", [_at_once(item, figures, now) for item in figures.at_once]),
        _chapter("Readers", "", _readers(figures)),
        _chapter("Set aside", "Machine noise, sent to nobody.", [_aside(kind) for kind in figures.aside]),
        _chapter("Mailboxes", "", [_poll(poll, figures, now) for poll in figures.polls]),
    )
    return tuple(chapter for chapter in parts if chapter.rows)


def _chapter(title: str, about: str, rows: Sequence[Row]) -> Chapter:
    more = [Row(what=f"and {len(rows) - SHOWN:,} more")] if len(rows) > SHOWN else []
    return Chapter(title=title, about=about, rows=(*rows[:SHOWN], *more))


def _kept(item: Kept, figures: Figures, now: datetime) -> Row:
    origin = [clean_line(part, 80) for part in (item.who, item.lists) if part]
    when = posted(item.at, now, figures.zone)
    return Row(what=clean_line(item.subject, 140) or "(no subject)",
               note=f"{' · '.join((*origin, when))}\n{clean_line(item.why, 300)}")


def _unsure(item: Unsure) -> Row:
    origin = " · ".join(clean_line(part, 80) for part in (item.who, item.lists) if part)
    guess = f"It would have said: {clean_line(item.guess, 200)}." if item.guess else "It had no guess."
    return Row(what=clean_line(item.subject, 140) or "(no subject)", note=f"{origin}\n{guess}")


def _undelivered(mail: Undelivered) -> Row:
    what = f"{clean_line(mail.reader, 60)}: {clean_line(mail.what, 80)}, {mail.state}"
    return Row(what=what, note=clean_line(mail.reply, 300), alarm=mail.state == "failed")


def _at_once(item: AtOnce, figures: Figures, now: datetime) -> Row:
    to = ", ".join(clean_line(name, 60) for name in item.readers) or "nobody"
    return Row(what=clean_line(item.subject, 140), note=f"{posted(item.at, now, figures.zone)} · to {to}")


def _readers(figures: Figures) -> list[Row]:
    rows = [("got a digest", figures.served), ("had nothing new", figures.nothing_new)]
    return [Row(what=f"{len(names)} {what}", note=", ".join(names)) for what, names in rows if names]


def _aside(kind: Aside) -> Row:
    subjects = [clean_line(subject, 80) for subject in kind.subjects[:8]]
    more = [f"and {len(kind.subjects) - 8} more"] if len(kind.subjects) > 8 else []
    names = _KINDS.get(kind.kind, (kind.kind, kind.kind))
    return Row(what=count(kind.number, *names), note="; ".join((*subjects, *more)))


def is_silent(poll: Poll, figures: Figures, now: datetime) -> bool:
    """Whether a mailbox has not been read for longer than it may stay quiet."""
    return poll.last is None or now - poll.last > figures.quiet_after


def _poll(poll: Poll, figures: Figures, now: datetime) -> Row:
    last = posted(poll.last, now, figures.zone) if poll.last else "never"
    return Row(what=clean_line(poll.mailbox, 80), note=f"last read {last}", alarm=is_silent(poll, figures, now))
