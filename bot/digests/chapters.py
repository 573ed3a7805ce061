"""The chapters of the liaison's report: what needs a decision, then what happened, then how things stand. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from bot.digests import advice
from bot.digests.phrases import clean_line, count, day_short, days_left, join_words, list_name, posted
from bot.digests.report_values import (
    Aside,
    AtOnce,
    Chapter,
    Due,
    Figures,
    InDoubt,
    Kept,
    Missed,
    Poll,
    Row,
    Thin,
    Undelivered,
    Unsure,
)
from bot.silence import Quiet

SHOWN = 40
_KINDS = {
    "auto-reply": ("automatic reply", "automatic replies"), "delivery-report": ("delivery report", "delivery reports"),
    "administrivia": ("list administration", "list administration"), "test-post": ("test post", "test posts"),
    "reply": ("reply to the bot", "replies to the bot"),
    "own-mail": ("mail of the bot's own", "mails of the bot's own"), "loop": ("mail in a loop", "mails in a loop"),
}
_SUSPECT = ("fraud", "unauthenticated")


def chapters(figures: Figures, now: datetime) -> tuple[Chapter, ...]:
    """What stands in the report, what needs the liaison first; parts with nothing to say are left out."""
    week = f"Since {posted(figures.missed_since, now, figures.zone)}." if figures.missed_since else ""
    parts = (
        _chapter("Decide", "Nobody but you has seen what is held. The command after a message tells all about it.",
                 _decide(figures, now)),
        _chapter("Faults", "What went wrong since the last report.",
                 [Row(what=clean_line(fault, 400), alarm=True) for fault in figures.faults]),
        _chapter("Sent at once", "", [_at_once(item, figures, now) for item in figures.at_once]),
        _chapter("Asked of the library", "By the day it is due. What is past stands here once more and then drops out.",
                 [_due(item, figures.day) for item in sorted(figures.dues, key=lambda one: one.due)]),
        _chapter("Not delivered", "Deferred mails are tried again by themselves; failed ones are not.",
                 _undelivered(figures.undelivered)),
        _chapter("May have come twice", "The line broke, or the bot ended, before the mail server had answered; they "
                 "went again, with the same Message-ID.", [_in_doubt(mail) for mail in figures.in_doubt]),
        _chapter("Lists gone quiet", "Has the library's subscription ended?",
                 [_quiet(quiet, figures, now) for quiet in figures.quiet]),
        _chapter("Areas with nobody, or one person", "", _thin(figures.thin)),
        _chapter("What nobody got this week", week, [_missed(item, figures, now) for item in figures.missed]),
        _chapter("Readers", "", _readers(figures)),
        _chapter("Set aside", "Machine noise, sent to nobody.", [_aside(kind) for kind in figures.aside]),
        _chapter("Mailboxes", "", [_poll(poll, figures, now) for poll in figures.polls]),
    )
    return tuple(chapter for chapter in parts if chapter.rows)


def _chapter(title: str, about: str, rows: Sequence[Row]) -> Chapter:
    more = [Row(what=f"and {len(rows) - SHOWN:,} more")] if len(rows) > SHOWN else []
    return Chapter(title=title, about=about, rows=(*rows[:SHOWN], *more))


# ── to decide ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _decide(figures: Figures, now: datetime) -> list[Row]:
    """What may be fraud first, then what is held, what is unsure, what could not be read."""
    suspect = [item for item in figures.held_items if item.kind in _SUSPECT]
    held = [item for item in figures.held_items if item.kind not in _SUSPECT]
    return [
        *(_kept("Perhaps fraud", item, advice.of_held(item.kind), figures, now) for item in suspect),
        *(_kept("Held", item, advice.of_held(item.kind), figures, now) for item in held),
        *(_unsure(item) for item in figures.unsure),
        *(_kept("Could not be read", item, advice.UNREADABLE, figures, now) for item in figures.quarantine),
    ]


def _kept(state: str, item: Kept, todo: str, figures: Figures, now: datetime) -> Row:
    origin = _origin(item.who, item.lists, posted(item.at, now, figures.zone), advice.to_see(item.number))
    return Row(what=f"{state}: {_subject(item.subject)}", note=f"{origin}\n{clean_line(item.why, 300)}\n{todo}")


def _unsure(item: Unsure) -> Row:
    guess = clean_line(item.guess, 200)
    if item.readers:
        said = f"It guessed {guess}, and sent it to {_names(item.readers)}."
    else:
        said = f"It would have said {guess}." if guess else "It had no guess."
    todo = advice.of_unsure(bool(guess), bool(item.readers))
    return Row(what=f"Not sure: {_subject(item.subject)}",
               note=f"{_origin(item.who, item.lists, advice.to_see(item.number))}\n{said}\n{todo}")


def _subject(text: str) -> str:
    return clean_line(text, 140) or "(no subject)"


def _origin(*parts: str) -> str:
    return " · ".join(clean_line(part, 100) for part in parts if part)


def _names(names: Sequence[str], most: int = 12) -> str:
    shown = [clean_line(name, 60) for name in names[:most]]
    return join_words([*shown, f"{len(names) - most} more"] if len(names) > most else shown)


# ── what happened, and what is asked ──────────────────────────────────────────────────────────────────────────────


def _at_once(item: AtOnce, figures: Figures, now: datetime) -> Row:
    to = _names(item.readers) or "nobody"
    return Row(what=_subject(item.subject), note=f"{posted(item.at, now, figures.zone)} · to {to}")


def _due(item: Due, today: date) -> Row:
    over = item.due < today
    left = "past" if over else days_left(item.due, today)
    went = f"went to {_names(item.readers, 3)}" if item.readers else ""
    note = _origin(item.who, f"“{clean_line(item.subject, 70)}”", went, advice.to_see(item.number))
    return Row(what=f"{day_short(item.due, today)}, {left}: {clean_line(item.what, 200)}", note=note, alarm=over)


def _undelivered(mails: Iterable[Undelivered]) -> list[Row]:
    """One row a reader: which mails wait or failed, and the server's last word."""
    by_reader: dict[str, list[Undelivered]] = {}
    for mail in mails:
        by_reader.setdefault(mail.reader, []).append(mail)
    return [_reader_in_trouble(reader, mine) for reader, mine in by_reader.items()]


def _reader_in_trouble(reader: str, mails: Sequence[Undelivered]) -> Row:
    failed = any(mail.state == "failed" for mail in mails)
    what = "; ".join(f"{clean_line(mail.what, 80)} ({mail.state})" for mail in mails[:4])
    more = f"; and {len(mails) - 4} more" if len(mails) > 4 else ""
    todo = "If the address is wrong or the person has left, mend people.yaml." if failed else ""
    note = "\n".join(filter(None, (what + more, clean_line(mails[-1].reply, 300), todo)))
    return Row(what=f"{clean_line(reader, 60)}: {count(len(mails), 'mail')} not delivered", note=note, alarm=failed)


def _in_doubt(mail: InDoubt) -> Row:
    again = "" if mail.times == 1 else f", {mail.times} times"
    return Row(what=f"{clean_line(mail.reader, 60)}: {clean_line(mail.what, 120)}{again}")


def _readers(figures: Figures) -> list[Row]:
    rows = [("got a digest", figures.served), ("had nothing new", figures.nothing_new)]
    return [Row(what=f"{len(names)} {what}", note=", ".join(names)) for what, names in rows if names]


def _missed(item: Missed, figures: Figures, now: datetime) -> Row:
    origin = _origin(item.who, posted(item.at, now, figures.zone), item.why, advice.to_see(item.number))
    return Row(what=_subject(item.subject), note=origin)


# ── how things stand ──────────────────────────────────────────────────────────────────────────────────────────────


def _quiet(quiet: Quiet, figures: Figures, now: datetime) -> Row:
    last = f"last post {posted(quiet.last, now, figures.zone)}" if quiet.last else "no post since the bot looks at it"
    silence = f", {count((now - quiet.last).days, 'day')} ago" if quiet.last else ""
    days = count(-(-quiet.expected // timedelta(days=1)), "day")
    why = f"By its past, {days} would be the most." if quiet.is_learned else f"routing.yaml expects {days} at most."
    return Row(what=f"{list_name(quiet.name)}: {last}{silence}", note=why)


def _thin(areas: Sequence[Thin]) -> list[Row]:
    nobody = [clean_line(one.area, 60) for one in areas if not one.reader]
    single = [
        f"{clean_line(one.area, 60)} ({clean_line(one.reader, 60)}, "
        f"{'deputy ' + clean_line(one.deputy, 60) if one.deputy else 'no deputy'})" for one in areas if one.reader
    ]
    rows = [("Nobody reads, so it comes to you", nobody), ("One person only", single)]
    return [Row(what=f"{title}: {', '.join(names)}") for title, names in rows if names]


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
