"""What each reader should have got, and when: by the plot's own words, and a calendar of the test's own.

Nothing here asks the bot how digests are timed or composed. Of the background, who gets a message is what the store's
routes say (they are what `liaison explain` tells); when and how often is judged here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.flow.semester.replay import Semester
from tests.flow.semester.scenario import CHICAGO, NEW_YORK, central

SLOT = time(7, 30)
CLOSED = {date(2026, 11, 26), date(2026, 11, 27), date(2027, 1, 18),
          *(date(2026, 12, 24) + timedelta(days=number) for number in range(9))}
#: The first and the last day of Dana's leave.
LEAVE = date(2026, 11, 28), date(2026, 12, 11)
#: In which nights nothing that is not critical may wake whom; Sam's weekends are quiet, too.
NIGHTS = {"sam": (time(20), time(7)), "noor": (time(21), time(6)), "tomas": (time(18), time(8))}
QUIET_WEEKENDS = ("sam",)
#: What was too much for an hour goes as a list ten minutes later, whenever the replay looks next.
_THE_SAME_DAY = timedelta(hours=10)
WEEKLY_ONLY = ("pat", "ines", "vic")
DAILY = ("robin", "dana", "lee", "sam", "kim", "casey", "noor", "ulla", "tomas")


@dataclass(frozen=True, kw_only=True)
class Due:
    """One message that one reader must find: in a mail of this kind, written at this moment (local to the reader).

    `until`: it may come somewhat later than `at`, but before that.
    """

    slug: str
    reader: str
    kind: str
    at: datetime
    until: datetime | None = None


def zone(reader: str) -> ZoneInfo:
    """Where a reader works."""
    return NEW_YORK if reader == "noor" else CHICAGO


def is_working(day: date) -> bool:
    """Whether the library is open."""
    return day.weekday() < 5 and day not in CLOSED


def is_away(reader: str, day: date) -> bool:
    """Whether a reader is on leave."""
    return reader == "dana" and LEAVE[0] <= day <= LEAVE[1]


def is_monday(day: date) -> bool:
    """A Monday, or the working day that stands in for one."""
    monday = day - timedelta(days=day.weekday())
    before = (monday + timedelta(days=number) for number in range(day.weekday()))
    return is_working(day) and not any(is_working(one) for one in before)


def slot(day: date, reader: str) -> datetime:
    """The moment of a reader's digest on a day."""
    return datetime.combine(day, SLOT, zone(reader))


def digest_after(at: datetime, reader: str, *, weekly: bool = False) -> datetime:
    """The first digest of a reader's that comes after a moment."""
    first = at.astimezone(zone(reader)).date()
    days = (first + timedelta(days=number) for number in range(60))
    return next(slot(day, reader) for day in days if slot(day, reader) > at and is_working(day)
                and not is_away(reader, day) and (is_monday(day) or not weekly))


def due(semester: Semester) -> dict[tuple[str, str], Due]:
    """All that must be found, by (message, reader)."""
    found = [one for sent in semester.scenario.messages for one in
             (_of_plot(semester, sent.slug) if sent.is_plot else _of_background(semester, sent.slug))]
    return {(one.slug, one.reader): one for one in found}


def _of_plot(semester: Semester, slug: str) -> Iterator[Due]:
    sent = semester.scenario.named(slug)
    late = {reader: central(str(at)) for reader, at in sent.must.get("late", {}).items()}
    if sent.must["fate"] != "routed":
        return
    for reader in sent.must.get("now", ()):
        yield Due(slug=slug, reader=reader, kind="urgent", at=late.get(reader, sent.at))
    for reader, at in sent.must.get("deputies", {}).items():
        yield Due(slug=slug, reader=reader, kind="urgent", at=central(str(at)))
    for way in ("daily", "weekly"):
        for reader in sent.must.get(way, ()):
            at = digest_after(sent.at, reader, weekly=way == "weekly")
            yield Due(slug=slug, reader=reader, kind="digest", at=at)
    yield from (one for one in _of_background(semester, slug) if one.reader in sent.must.get("may", ()))


def _of_background(semester: Semester, slug: str) -> Iterator[Due]:
    at = semester.scenario.named(slug).at
    for row in semester.routes[slug]:
        reader, way = row.route.reader, row.route.way.value
        if way == "now":
            first = _awake(at, reader)
            yield Due(slug=slug, reader=reader, kind="urgent", at=first, until=first + _THE_SAME_DAY)
        elif way != "never":
            yield Due(slug=slug, reader=reader, kind="digest", at=digest_after(at, reader, weekly=way == "weekly"))


def _awake(at: datetime, reader: str) -> datetime:
    """The first moment at which a reader may be disturbed; nights here begin in an evening and end in a morning."""
    begin, end = NIGHTS.get(reader, (None, None))
    local = at.astimezone(zone(reader))
    while True:
        if local.date() in CLOSED or (reader in QUIET_WEEKENDS and local.weekday() > 4):
            local = datetime.combine(local.date() + timedelta(days=1), time(), zone(reader))
        elif begin and end and local.time() >= begin:
            local = datetime.combine(local.date() + timedelta(days=1), end, zone(reader))
        elif begin and end and local.time() < end:
            local = datetime.combine(local.date(), end, zone(reader))
        else:
            return local
