"""`liaison status`: is it well, what waits, what was held; from the store alone, while the daemon runs or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.commands.setting import find_setting
from bot.config import Config
from bot.digests import slots
from bot.inbox.masking import mask
from bot.pipeline.judges import InForce
from bot.pipeline.receive import Judges
from bot.pulse import silent
from bot.store.store import Store
from bot.store.values import Fault, Poll
from bot.types import Count, Disposition

Row = tuple[str, str, str]
_KEPT = (Disposition.HELD, Disposition.QUARANTINED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What the command shows; rows are ready to be laid out."""

    polls: tuple[Row, ...]
    slots: tuple[Row, ...]
    queue: tuple[Row, ...]
    held: tuple[Row, ...]
    faults: tuple[Row, ...]
    counts: Count
    is_well: bool


def status(named: Path | None) -> Status | None:
    """The state of the bot, or None when it has never run here."""
    config, now = find_setting(named).config, datetime.now(UTC)
    if "://" not in config.store and not Path(config.store).exists():
        return None
    store = Store.open(config.store)
    try:
        store.check()
        in_force = InForce(config, store, now, keep=False)
        return _with_refused(_status(config, store, in_force(), now), in_force)
    finally:
        store.close()


def _with_refused(status: Status, in_force: InForce) -> Status:
    """What is wrong with the files now, if no bot has noticed it yet."""
    wrong = in_force.refused.wrong
    if wrong is None or any("edit of the rules" in what for _, what, _ in status.faults):
        return status
    told = "; ".join(str(problem).splitlines()[0] for problem in wrong.problems[:5])
    row = ("now", f"The rules as they stand cannot be taken up: {told}", "Mend them and save; liaison check helps.")
    return replace(status, faults=(*status.faults, row), is_well=False)


def _status(config: Config, store: Store, judges: Judges, now: datetime) -> Status:
    polls, faults = store.health.polls(), store.health.faults()
    quiet = silent(polls, now, timedelta(minutes=config.quiet_after_minutes))
    week = now - timedelta(days=7)
    failed = store.outbox.failed(week)
    return Status(
        polls=tuple(_poll(poll, poll in quiet, judges.zone) for poll in polls),
        slots=tuple(_slot(name, store, judges, now) for name in judges.book.slots),
        queue=tuple((row.slot, row.recipient, f"{row.state}{f': {row.reply}' if row.reply else ''}")
                    for row in (*store.outbox.open(), *failed)) + tuple(
                        (row.slot, row.recipient, "sent; may have come twice") for row in store.outbox.in_doubt(week)),
        held=tuple(_held(store, now, judges.zone)), faults=tuple(_fault(fault, judges.zone) for fault in faults),
        counts=store.archive.count(), is_well=not faults and not quiet and not failed,
    )


def _poll(poll: Poll, is_quiet: bool, zone: ZoneInfo) -> Row:
    last = _time(poll.last_success, zone) if poll.last_success else "never"
    note = f"failing since {_time(poll.failing_since, zone)}: {poll.error}" if poll.failing_since else (
        "silent for too long; is the bot running?" if is_quiet else "well")
    return (f"{poll.account}, {poll.folder}", last, note)


def _slot(name: str, store: Store, judges: Judges, now: datetime) -> Row:
    last = store.outbox.last(f"{name}:")
    following = slots.following(judges.book.slots[name], now, judges.zone)
    return (name, _time(last.created_at, judges.zone) if last else "none yet", _time(following, judges.zone))


def _held(store: Store, now: datetime, zone: ZoneInfo) -> list[Row]:
    return [
        (f"{one.id}", mask(one.message.subject) if one.message else "(unreadable)", f"{one.kind}: {one.why}")
        for one in store.archive.received(now - timedelta(days=14), now + timedelta(days=1), _KEPT)
    ]


def _fault(fault: Fault, zone: ZoneInfo) -> Row:
    return (_time(fault.first_at, zone), fault.what, fault.mend)


def _time(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%a %d %b %H:%M") if moment else "never"
