"""The life of a fault: opened, told, told again while it stands, over. Pure; the store keeps it, `watching` applies it.

    opened    told by mail when it has stood for its patience; a cause that keeps mail itself from going is never
              mailed while it stands: `status`, the health file and the outside watcher say it
    still     told again after one day, then two, four, and every seven
    over      told, with how long it lasted, when it has stayed away for a while; that while grows with each return, so
              that what comes and goes makes a few mails, not hundreds
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.digests.phrases import count, shorten
from bot.store.health import SAME_LIFE
from bot.store.values import Fault

_DAY = timedelta(days=1)
#: When what still stands is told again, by how often it was told.
_STILL = (_DAY, 2 * _DAY, 4 * _DAY, 7 * _DAY)
#: How long a fault that was told has to stay away, for its first life and each return.
_CALM = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=16), _DAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How faults of one kind are told. `patience` is how long it stands before that, None never; `by_mail` False: not
    while it stands; `told_elsewhere`: another notice tells it first; `is_alarm`: whether things count as not well."""

    patience: timedelta | None = timedelta(0)
    by_mail: bool = True
    told_elsewhere: bool = False
    to_operator: bool = True
    is_alarm: bool = True


#: By the first word of a fault's key.
_POLICIES = {
    "mailbox": Policy(patience=None),  # each failed look; what is told is the silence that comes of it
    "poll": Policy(patience=timedelta(minutes=10)),
    "publish": Policy(patience=timedelta(minutes=10)),
    "send": Policy(patience=timedelta(minutes=10)),
    "rules-crash": Policy(patience=timedelta(minutes=10)),
    "sending": Policy(patience=timedelta(minutes=30), by_mail=False),
    "store": Policy(patience=timedelta(minutes=10), by_mail=False),
    "rules": Policy(to_operator=False, told_elsewhere=True),
    "address": Policy(to_operator=False, told_elsewhere=True),
    "director": Policy(to_operator=False),
    "hush": Policy(to_operator=False, is_alarm=False),
    "ends": Policy(patience=None, is_alarm=False),  # told weeks before by a notice of its own
}
_OTHERS = Policy()


class Stage(StrEnum):
    """What is told of a fault; without a word go NOTED, which another notice tells, and CLOSED, an end."""

    NEW = "new"
    NOTED = "noted"
    STILL = "still"
    OVER = "over"
    CLOSED = "closed"


#: What is recorded and not told.
SILENT = (Stage.NOTED, Stage.CLOSED)


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """One thing to tell."""

    fault: Fault
    stage: Stage

    @property
    def to_operator(self) -> bool:
        """Whether it concerns whoever runs the bot."""
        return policy(self.fault.key).to_operator


def policy(key: str) -> Policy:
    """How a fault is told."""
    return _POLICIES.get(key.partition(":")[0], _OTHERS)


def alarms(faults: Sequence[Fault]) -> list[Fault]:
    """The open faults that mean that things are not well."""
    return [fault for fault in faults if policy(fault.key).is_alarm]


def news(faults: Sequence[Fault], now: datetime) -> list[News]:
    """What there is to tell of these faults. Nothing, while one stands that keeps all mail from going: what it keeps
    back may be over by then."""
    found = [News(fault=fault, stage=stage) for fault in faults if (stage := _stage(fault, now)) is not None]
    is_cut_off = any(fault.cleared_at is None and not policy(fault.key).by_mail for fault in faults)
    return [one for one in found if not is_cut_off or one.stage in SILENT]


def _stage(fault: Fault, now: datetime) -> Stage | None:
    # A clock that was put back must not keep anything silent until it is there again: hence the absolute values.
    if fault.cleared_at is not None:
        return _ending(fault, fault.cleared_at, now)
    how = policy(fault.key)
    if how.patience is None or not how.by_mail:
        return None
    if fault.told_at is None:
        first = Stage.NOTED if how.told_elsewhere else Stage.NEW
        return first if abs(now - fault.first_at) >= how.patience else None
    return Stage.STILL if abs(now - fault.told_at) >= _STILL[min(fault.tellings, len(_STILL)) - 1] else None


def _ending(fault: Fault, cleared_at: datetime, now: datetime) -> Stage | None:
    away, how = abs(now - cleared_at), policy(fault.key)
    # What could not be mailed while it stood is told when it is over, if it stood for long.
    is_late = not how.by_mail and how.patience is not None and cleared_at - fault.first_at >= how.patience
    if fault.tellings or is_late:
        return Stage.OVER if away >= _CALM[min(fault.lives, len(_CALM)) - 1] else None
    return Stage.CLOSED if away >= SAME_LIFE else None


# ── in words ──


def key_of(told: Sequence[News]) -> str:
    """A name for one telling: the same news make the same one, so that it is told once."""
    parts = sorted(f"{one.fault.key}|{one.fault.first_at.isoformat()}|{one.stage}|{one.fault.tellings}" for one in told)
    return "fault:" + hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


def title(told: Sequence[News], now: datetime) -> str:
    """The subject of the one mail that tells all of it."""
    first = _headline(told[0], now)
    return first if len(told) == 1 else shorten(f"{count(len(told), 'thing')} to know of the bot. {first}", 150)


def _headline(one: News, now: datetime) -> str:
    sentence = shorten(one.fault.what, 110)
    if one.stage is Stage.STILL:
        return f"Still, for {lasting(now - one.fault.first_at)}: {sentence}"
    return f"Over: {sentence}" if one.stage is Stage.OVER else sentence


def paragraphs(told: Sequence[News], now: datetime, zone: ZoneInfo) -> list[str]:
    """What the mail says."""
    more = ["The command `liaison status` shows how things stand."]
    if any(one.stage is not Stage.OVER for one in told):
        more = ["You will hear when this is over, and now and then as long as it lasts. " + more[0]]
    return [*(_paragraph(one, now, zone) for one in told), *more]


def _paragraph(one: News, now: datetime, zone: ZoneInfo) -> str:
    fault = one.fault
    since = fault.first_at.astimezone(zone).strftime("%A, %B %-d, %H:%M")
    if one.stage is Stage.OVER:
        stood = lasting((fault.cleared_at or now) - fault.first_at)
        return f"Over: {fault.what} It began on {since} and lasted {stood}."
    spoken = f"{fault.what} {fault.mend}".strip()
    if one.stage is Stage.STILL:
        return f"Still, for {lasting(now - fault.first_at)}: {spoken}"
    return f"{spoken} It began on {since}."


def lasting(span: timedelta) -> str:
    """A span in words, as exact as one wants to know: "5 minutes", "3 hours 20 minutes", "2 days 4 hours"."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return count(minutes, "minute") if minutes else "less than a minute"
    hours, left = divmod(minutes, 60)
    if hours < 24:
        return " ".join([count(hours, "hour"), *([count(left, "minute")] if left else [])])
    days, hours = divmod(hours, 24)
    return " ".join([count(days, "day"), *([count(hours, "hour")] if hours else [])])
