"""What is wrong, by the facts: mailboxes, slots, outbox, lists, disk, clock and the daemon's own loops. Pure.

What another room notes as a fault where it happens (a failed look, a refused edit, a server that takes no mail) is not
found here; of what follows from such a fault nothing is said while it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.silence import Quiet
from bot.store.values import DeliveryRow, Poll

#: How long after its hour a slot's mails may be unwritten, or written and not yet tried.
LATE = timedelta(minutes=30)
#: How long any mail may wait untried, and how long one that a server put off.
UNTRIED, PUT_OFF = timedelta(hours=1), timedelta(hours=4)
#: From how many held for one reason in a day on, if they are as many as all that was routed, the config is rather wrong
#: than so much mail a forgery.
MANY_HELD = 8
#: The kinds of faults that are found here, and end here.
KINDS = ("silent", "slot", "outbox", "list", "hush", "disk", "clock", "heart", "withheld")


@dataclass(frozen=True, kw_only=True, slots=True)
class Overdue:
    """A slot whose mails are not all written though its hour is past."""

    name: str
    moment: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """The reason for which most mail of the last day was held as not to be trusted, how much mail that was, and how
    much went to readers."""

    why: str = ""
    number: int = 0
    routed: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """How things stand. `polls` are those of the mailboxes that are configured; `standing` are the keys of all open
    faults; `free_mb` is None where the store is no file; `odd_clock` says what is odd about the clock; `stopped` are
    loops of the daemon that no longer beat; `is_awake` is False just after a start or a sleep, when nobody can have
    looked yet."""

    now: datetime
    polls: Sequence[Poll] = ()
    quiet_after: timedelta = timedelta(minutes=30)
    overdue: Sequence[Overdue] = ()
    waiting: Sequence[DeliveryRow] = ()
    quiet: Sequence[Quiet] = ()
    free_mb: float | None = None
    least_free_mb: float = 0
    odd_clock: str = ""
    stopped: Sequence[str] = ()
    held: Held = Held()
    standing: frozenset[str] = frozenset()
    is_awake: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One thing that is wrong."""

    key: str
    what: str
    mend: str


def found(facts: Facts) -> list[Found]:
    """All that is wrong."""
    looks = (_mailboxes, _slots, _outbox, _lists, _disk, _clock, _loops, _withheld)
    return [one for look in looks for one in look(facts)]


def silent(polls: Sequence[Poll], now: datetime, quiet_after: timedelta) -> list[Poll]:
    """Mailboxes without a successful poll for longer than they may be quiet."""
    return [poll for poll in polls if (last := _last(poll, now)) is not None and now - last > quiet_after]


def _last(poll: Poll, now: datetime) -> datetime | None:
    """The last success that can be believed: a clock that has been set back since noted it in the future."""
    if poll.last_success is None or poll.last_success > now:
        return poll.failing_since
    return poll.last_success


def _mailboxes(facts: Facts) -> Iterator[Found]:
    for poll in silent(facts.polls, facts.now, facts.quiet_after) if facts.is_awake else ():
        if f"login:{poll.account}" in facts.standing:
            continue
        minutes = f"{facts.quiet_after.total_seconds() / 60:g} minutes"
        yield Found(key=f"silent:{poll.account}:{poll.folder}",
                    what=f"The mailbox {poll.account}, {poll.folder} cannot be read: there has been no successful look "
                         f"into it for {minutes}.",
                    mend=f"{poll.error or 'The log says more.'} The bot goes on trying.")


def _slots(facts: Facts) -> Iterator[Found]:
    if facts.is_awake and not _is_explained(facts, "publish", "store"):
        for one in facts.overdue:
            yield Found(key=f"slot:{one.name}",
                        what=f"The mails of the {one.name} slot of {one.moment:%A, %H:%M} are not all written.",
                        mend="The log says why; the bot goes on trying. If it does not move, restart it.")


def _outbox(facts: Facts) -> Iterator[Found]:
    if not facts.is_awake or _is_explained(facts, "sending", "send", "store"):
        return
    late = [row for row in facts.waiting if _is_late(row, facts.now)]
    if late:
        since = min(row.created_at for row in late)
        hours = (facts.now - since).total_seconds() / 3600
        mails = "1 mail waits" if len(late) == 1 else f"{len(late)} mails wait"
        said = next((row.reply for row in late if row.reply), "")
        yield Found(key="outbox", what=f"{mails} to be sent, the oldest for {hours:.1f} hours.",
                    mend=f"{f'The mail server said: {said[:200]}. ' if said else ''}"
                         "The command `liaison status` shows which.")


def _is_late(row: DeliveryRow, now: datetime) -> bool:
    if row.attempts and row.state == "deferred":
        return now - row.created_at > PUT_OFF
    return now - row.created_at > (LATE if row.kind in ("digest", "report") else UNTRIED)


def _lists(facts: Facts) -> Iterator[Found]:
    for quiet in facts.quiet:
        days = max(1, round(quiet.expected / timedelta(days=1)))
        came = f"since {quiet.last:%B %-d}" if quiet.last else "since the bot looks at it"
        most = f"by its past {days} days would be the most" if quiet.is_learned else f"routing.yaml expects {days} days"
        yield Found(key=f"{'hush' if quiet.is_learned else 'list'}:{quiet.name}",
                    what=f"Nothing has come from the list {quiet.name} {came}; {most}.",
                    mend="Look whether the address is still subscribed; if the silence is fine, say so under `expect` "
                         "in routing.yaml.")


def _disk(facts: Facts) -> Iterator[Found]:
    if facts.free_mb is not None and facts.free_mb < facts.least_free_mb:
        yield Found(key="disk", what=f"The disk that holds the store has {facts.free_mb:.0f} MB left; "
                                     f"{facts.least_free_mb:g} MB is the least that config.yaml allows.",
                    mend="Free some space before it is full. If it fills up nothing is lost, but nothing moves.")


def _clock(facts: Facts) -> Iterator[Found]:
    if facts.odd_clock:
        yield Found(key="clock", what=facts.odd_clock,
                    mend="See that a time server keeps this machine's clock (timedatectl shows it); digests go by it.")


def _loops(facts: Facts) -> Iterator[Found]:
    for name in facts.stopped:
        yield Found(key=f"heart:{name}", what=f"The bot's loop `{name}` hangs or has ended.",
                    mend="systemd restarts the bot by itself if the service has WatchdogSec; else restart it.")


def _withheld(facts: Facts) -> Iterator[Found]:
    held = facts.held
    if held.number >= max(MANY_HELD, held.routed):
        yield Found(key="withheld",
                    what=f"{held.number} messages of the last 24 hours are held ({held.routed} went to readers), all "
                         f"for one reason: {held.why}",
                    mend="If these are your lists, `trust:` in config.yaml is wrong: look at the domains of the "
                         "consortium, and at the name of your mail server. If they are forged, nothing is to do. Held "
                         "mail stays in the mailbox, and stands in the report.")


def _is_explained(facts: Facts, *causes: str) -> bool:
    return not facts.standing.isdisjoint(causes)
