"""The monthly page for the director: how much came, where it went, how fast, and what is still asked. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from bot.digests.chart import WIDTH, bars, height
from bot.digests.phrases import clean_line, count, day_short, days_left, join_words, shorten
from bot.digests.render import Rendered, Templates
from bot.digests.report_values import Due
from bot.digests.values import House
from bot.page import Picture

#: How many lists or areas are named; the rest become one row.
_NAMED = 10
#: How many open requests fit on the page.
_REQUESTS = 12
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthFigures:
    """What happened in a month, whose first day is `first`; `since` when the bot came only later in it.

    `before` is how many messages the month before had (None: not counted); `waits` how long each mail sent at once took
    from the arrival of its message to the mail server's 250, `slowest` the subject of the slowest; `urgent` how many
    messages these mails told of.
    """

    first: date
    zone: ZoneInfo
    received: int
    routed: int
    folded: int
    kept: int
    set_aside: int
    since: date | None = None
    before: int | None = None
    lists: tuple[tuple[str, int], ...] = ()
    areas: tuple[tuple[str, int], ...] = ()
    digests: int = 0
    at_once: int = 0
    people: int = 0
    urgent: int = 0
    waits: tuple[timedelta, ...] = ()
    slowest: str = ""
    dues: tuple[Due, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A chart and its figures: `about` is one sentence, `alt` says the picture in words."""

    title: str
    about: str
    rows: tuple[tuple[str, int], ...]
    alt: str
    cid: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """A row of the open requests."""

    by: str
    left: str
    what: str
    who: str


def month_name(first: date) -> str:
    """"November 2026"."""
    return f"{_MONTHS[first.month - 1]} {first.year}"


def page(figures: MonthFigures, now: datetime, *, templates: Templates, house: House, copy_to: str) -> Rendered:
    """The page of one month; `copy_to` is the name of who gets a copy, or empty."""
    name, today = month_name(figures.first), now.astimezone(figures.zone).date()
    drawn = [_chart(title, about, rows, name, house) for title, about, rows in _charts(figures) if rows]
    subject = shorten(f"The lists in {name}: {'; '.join(_headlines(figures))}", 150)
    values = {
        "subject": subject, "preheader": _volume(figures), "house": house, "month": name, "volume": _volume(figures),
        "fate": _fate(figures), "mails": _mails(figures), "urgent": urgent_line(figures), "copy_to": copy_to,
        "charts": tuple(chart for chart, _ in drawn), "asking": _asking(figures.dues, today),
        "more_asking": max(0, len(figures.dues) - _REQUESTS),
    }
    return Rendered(
        subject=subject, preheader=_volume(figures), text=templates.text("month", values),
        html=templates.html("month", values), pictures=tuple(picture for _, picture in drawn),
    )


# ── the charts ────────────────────────────────────────────────────────────────────────────────────────────────────


def _charts(figures: MonthFigures) -> tuple[tuple[str, str, tuple[tuple[str, int], ...]], ...]:
    return (
        ("Posts by list", "A post that came through two lists counts in both.", _named(figures.lists, "other lists")),
        ("Posts by area", "A post that concerns two areas counts in both.", _named(figures.areas, "other areas")),
    )


def _named(rows: Sequence[tuple[str, int]], others: str) -> tuple[tuple[str, int], ...]:
    """The largest first; what is beyond the tenth as one row."""
    ordered = sorted(((clean_line(name, 60), number) for name, number in rows), key=lambda row: (-row[1], row[0]))
    if len(ordered) <= _NAMED + 1:
        return tuple(ordered)
    return (*ordered[:_NAMED], (f"{len(ordered) - _NAMED} {others}", sum(number for _, number in ordered[_NAMED:])))


def _chart(title: str, about: str, rows: tuple[tuple[str, int], ...], name: str, house: House) -> tuple[Chart, Picture]:
    png = bars(rows)
    slug = title.lower().replace(" ", "-")
    domain = house.sender.address.rpartition("@")[2]
    cid = f"{slug}.{hashlib.sha256(png).hexdigest()[:16]}@{domain}"
    told = ", ".join(f"{label} {number:,}" for label, number in rows)
    chart = Chart(title=title, about=about, rows=rows, alt=f"Bar chart, {title.lower()} in {name}: {told}.", cid=cid,
                  width=WIDTH, height=height(len(rows)))
    return chart, Picture(cid=cid, media_type="image/png", name=f"{slug}.png", raw=png)


# ── the sentences ─────────────────────────────────────────────────────────────────────────────────────────────────


def _headlines(figures: MonthFigures) -> list[str]:
    said = [count(figures.received, "message"), f"{figures.urgent:,} sent at once" if figures.urgent else "",
            count(len(figures.dues), "open request") if figures.dues else ""]
    return [part for part in said if part]


def _volume(figures: MonthFigures) -> str:
    """How many came, beside the month before: "412 messages came in, 38 fewer than in October"."""
    came = f"{count(figures.received, 'message')} came in"
    if figures.since is not None:
        return f"{came} from {day_short(figures.since, figures.since)} on, when the bot began."
    if figures.before is None:
        return f"{came}."
    change, last = figures.received - figures.before, _MONTHS[figures.first.month - 2]
    if change == 0:
        return f"{came}, as many as in {last}."
    return f"{came}, {abs(change):,} {'more' if change > 0 else 'fewer'} than in {last}."


def _fate(figures: MonthFigures) -> str:
    parts = [
        f"{figures.routed:,} went to staff", f"{figures.folded:,} were copies of these" if figures.folded else "",
        f"{figures.set_aside:,} were machine noise" if figures.set_aside else "",
        f"{figures.kept:,} were kept for the liaison to decide" if figures.kept else "",
    ]
    return f"{join_words([part for part in parts if part])}."


def _mails(figures: MonthFigures) -> str:
    mails = [count(figures.digests, "digest") if figures.digests else "",
             f"{count(figures.at_once, 'mail')} at once" if figures.at_once else ""]
    sent = join_words([part for part in mails if part])
    reached = "person" if figures.people == 1 else "people"
    return f"{sent} reached {figures.people:,} {reached}." if sent else "No mail was sent to staff."


def urgent_line(figures: MonthFigures) -> str:
    """How long what could not wait took, from its arrival to our mail server's word that it has the mail."""
    if not figures.waits:
        return "Nothing had to be sent at once."
    half, worst = _span(timedelta(seconds=median(wait.total_seconds() for wait in figures.waits))), max(figures.waits)
    said = f"{count(figures.urgent, 'message')} could not wait and went out as {count(len(figures.waits), 'mail')}."
    slowest = f" (“{shorten(clean_line(figures.slowest), 70)}”)" if figures.slowest else ""
    span = f"{half} in the middle, {_span(worst)} at worst{slowest}"
    times = f"{half}, all of them" if half == _span(worst) else span
    return f"{said} From a message's arrival until our mail server had taken the mail: {times}."


def _span(span: timedelta) -> str:
    minutes = span / timedelta(minutes=1)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return count(round(minutes), "minute")
    return count(round(minutes / 60), "hour")


def _asking(dues: Sequence[Due], today: date) -> tuple[Asking, ...]:
    return tuple(
        Asking(by=day_short(one.due, today), left=days_left(one.due, today), what=clean_line(one.what, 160),
               who=clean_line(one.who, 60))
        for one in dues[:_REQUESTS]
    )
