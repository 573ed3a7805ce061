"""The liaison's mails: the daily report, in which every message is accounted for, and plain notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.digests.chapters import chapters, is_silent
from bot.digests.phrases import clean_line, count, day_long, day_short, posted, shorten, zone_word
from bot.digests.render import Rendered, Templates
from bot.digests.report_values import Figures
from bot.digests.values import House


def report(figures: Figures, now: datetime, *, templates: Templates, house: House, stands_in_for: str = "") -> Rendered:
    """The liaison's report of one day; `stands_in_for` names the liaison when it goes to a deputy."""
    day = figures.day
    subject = shorten(f"Liaison report, {day_short(day, day)}: {'; '.join(_headlines(figures, now))}", 150)
    values = {
        "subject": subject, "preheader": sum_line(figures), "house": house, "day_words": day_long(day),
        "span": f"{posted(figures.since, now, figures.zone)} to {posted(figures.until, now, figures.zone)}",
        "sum": sum_line(figures), "alarm": alarm_line(figures), "chapters": chapters(figures, now),
        "zone": f"{zone_word(now.astimezone(figures.zone))}, {figures.zone.key}", "stands_in_for": stands_in_for,
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
    due = sum(figures.day == one.due for one in figures.dues)
    said = [
        "THE NUMBERS DO NOT ADD UP" if figures.missing else "",
        "a mailbox is silent" if any(is_silent(poll, figures, now) for poll in figures.polls) else "",
        f"{figures.to_decide} to decide" if figures.to_decide else "",
        count(len(figures.faults), "fault") if figures.faults else "",
        f"{failed} not delivered" if failed else "",
        f"{due} due today" if due else "",
        count(len(figures.quiet), "quiet list") if figures.quiet else "",
        f"{figures.received:,} received" + ("" if figures.missing else ", all accounted for"),
    ]
    return [part for part in said if part]
