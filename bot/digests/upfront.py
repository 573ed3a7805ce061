"""What stands at the top of a digest: what is asked, what is dated, and what the whole mail holds in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.digests.outages import State, has_passed, headline
from bot.digests.phrases import (
    KINDS,
    TO,
    bare_subject,
    clean_line,
    day_of,
    day_short,
    days_left,
    join_words,
    shorten,
    times,
)
from bot.digests.threads import Thread, written
from bot.digests.values import AHEAD, Asked, Dated, Scene, Section
from bot.digests.wording import Words
from bot.types import Event, Pending, Request


def asked_rows(threads: Sequence[Thread], scene: Scene) -> tuple[Asked, ...]:
    """What the library is asked to do, the soonest first, without a date last.

    What is overdue drops out, and what was asked for the time of an outage that is over. What several posts ask by one
    last day stands once, in the words of the newest, but of a newsletter only where nothing else asks.
    """
    told = [item for thread in threads if not _is_over(thread) for item in thread.fresh]
    rows: dict[object, Asked] = {}
    for item in sorted(told, key=lambda item: (not item.reading.items, written(item))):
        if row := _asked(item, scene):
            rows[_matter(item, scene) or (row.what, row.due)] = row
    same = {(row.what, row.due): row for row in rows.values()}
    return tuple(sorted(same.values(), key=lambda row: (row.due is None, row.due or scene.today)))


def _matter(item: Pending, scene: Scene) -> str:
    """What names the last day of what is asked, the same in all posts that tell of it; empty without one."""
    request = item.reading.asked
    known = scene.happenings.get((item.id, request.due)) if request and request.due else None
    return known.uid if known else ""


def _is_over(thread: Thread) -> bool:
    return thread.outage is not None and thread.outage.state.is_over


def _asked(item: Pending, scene: Scene) -> Asked | None:
    request = _standing(item, scene)
    if request is None or (request.due is not None and request.due < scene.today):
        return None
    who = item.message.sender
    return Asked(
        what=clean_line(request.what or request.sentence, 220), due=request.due,
        by=day_short(request.due, scene.today, scene.words) if request.due else "",
        left=days_left(request.due, scene.today, scene.words) if request.due else "",
        subject=bare_subject(item.message.subject, item.lists, scene.words),
        who=clean_line(who.label, 60) if who else "",
    )


def _standing(item: Pending, scene: Scene) -> Request | None:
    """What a post asks, by the day that holds now; None once nobody asks for it any more."""
    request = item.reading.asked
    known = scene.happenings.get((item.id, request.due)) if request and request.due else None
    if request is None or known is None:
        return request
    return replace(request, due=day_of(known.start, scene.zone)) if known.state == "on" else None


def dated_rows(threads: Sequence[Thread], scene: Scene) -> tuple[Dated, ...]:
    """What happens in the next three weeks, in order of time; each thing once, however often it was posted."""
    rows: dict[tuple[object, ...], tuple[tuple[str, str], Dated]] = {}
    for thread in threads:
        for item, event in _events(thread):
            known = scene.happenings.get((item.id, _told(event, scene)))
            if (known and known.state != "on") or _is_asked(event, item, scene):
                continue
            current = replace(event, start=known.start, end=known.end) if known and event.sure else event
            if _is_ahead(current, scene):
                row = _order(current, scene), _dated(current, item, scene, known.title if known else "")
                rows.setdefault((known.uid,) if known else (thread.id, event.type, event.start), row)
    return _folded([row for _, row in sorted(rows.values(), key=lambda pair: pair[0])], scene.words)


def _folded(rows: Sequence[Dated], words: Words) -> tuple[Dated, ...]:
    """The days of a series in one row, at the first of them; its hours once where all days have the same."""
    series: dict[tuple[str, str, bool], list[Dated]] = {}
    for row in rows:
        series.setdefault((row.subject, row.kind, row.sure), []).append(row)
    return tuple(_row(days, words) for days in series.values())


def _row(days: Sequence[Dated], words: Words) -> Dated:
    first, *others = days
    if not others:
        return first
    is_steady = all(day.times == first.times for day in others)
    told = join_words([f"{day.when} {day.times}" if day.times and not is_steady else day.when for day in others],
                      words)
    return replace(first, also=words.say("also %(days)s", days=told), count=len(days))


def _events(thread: Thread) -> Iterator[tuple[Pending, Event]]:
    """A thread's dates, newest post first. Of a maintenance only the last word counts, and nothing once it is over."""
    told = _is_over(thread)
    for item in reversed(thread.fresh):
        windows = [event for event in item.reading.dates if event.type == "maintenance"]
        others = [event for event in item.reading.dates if event.type != "maintenance"]
        yield from ((item, event) for event in (others if told else (*windows, *others)))
        told = told or bool(windows)


def _is_ahead(event: Event, scene: Scene) -> bool:
    return not has_passed(event, scene.zone, scene.now) and day_of(event.start, scene.zone) <= scene.today + AHEAD


def _told(event: Event, scene: Scene) -> date | datetime:
    """The start under which a happening knows it: of a deadline the day."""
    return day_of(event.start, scene.zone) if event.type == "deadline" else event.start


def _is_asked(event: Event, item: Pending, scene: Scene) -> bool:
    """A deadline that is asked for stands in "Needs an answer" already."""
    request = item.reading.asked
    return event.type == "deadline" and request is not None and request.due == day_of(event.start, scene.zone)


def _order(event: Event, scene: Scene) -> tuple[str, str]:
    start = event.start
    clock = start.astimezone(scene.zone).time().isoformat() if isinstance(start, datetime) else ""
    return day_of(start, scene.zone).isoformat(), clock


def _dated(event: Event, item: Pending, scene: Scene, title: str) -> Dated:
    """One row, named by what happens where that is known: a newsletter's subject says little."""
    day, last = day_of(event.start, scene.zone), day_of(event.end or event.start, scene.zone)
    words = scene.words
    hours, when = times(event, scene.zone, words), day_short(day, scene.today, words)
    spans = last > day and not hours
    subject = clean_line(title or _of_item(event, item), 140) or bare_subject(item.message.subject, item.lists, words)
    return Dated(
        day=day, when=f"{when}{TO}{day_short(last, scene.today, words)}" if spans else when, times=hours,
        subject=subject, kind=words.say(KINDS[event.type]), sure=event.sure,
    )


def _of_item(event: Event, item: Pending) -> str:
    """What names a date that only one item of a newsletter speaks of: the sentence it stands in, or the heading."""
    return next((event.sentence or one.heading for one in item.reading.items for tag in one.events
                 if tag.value == event), "")


# ── what it holds, in one line ────────────────────────────────────────────────────────────────────────────────────


def contents_line(
    asked: Sequence[Asked], status: Section | None, dates: Sequence[Dated], sections: Sequence[Section], words: Words
) -> str:
    """"2 need an answer, 1 system notice, 3 dates, 9 posts in Cataloging and Fulfillment"."""
    notices = len(status.cards) if status else 0
    parts = [
        words.count(len(asked), "%(count)s needs an answer", "%(count)s need an answer") if asked else "",
        words.count(notices, "%(count)s system notice", "%(count)s system notices") if notices else "",
        words.count(_days(dates), "%(count)s date", "%(count)s dates") if dates else "",
        _posts_in([section for section in sections if section.cards], words),
    ]
    return ", ".join(part for part in parts if part)


def _days(dates: Sequence[Dated]) -> int:
    return sum(row.count for row in dates)


def _posts_in(sections: Sequence[Section], words: Words) -> str:
    posts = sum(section.posts for section in sections)
    if not posts:
        return ""
    names = [section.label for section in sections]
    where = join_words(names, words) if len(names) <= 4 else words.count(
        len(names) - 3, "%(areas)s and %(count)s other area", "%(areas)s and %(count)s other areas",
        areas=", ".join(names[:3]))
    return words.count(posts, "%(count)s post in %(areas)s", "%(count)s posts in %(areas)s", areas=where)


def headlines(
    threads: Sequence[Thread], asked: Sequence[Asked], dates: Sequence[Dated], sections: Sequence[Section], scene: Scene
) -> tuple[str, ...]:
    """What the mail's subject says, the most pressing first."""
    cards = [card for section in sections for card in section.cards]
    outage = _outage_headline(threads, scene)
    if len(cards) == 1 and not asked and not outage:
        return (shorten(cards[0].subject, 90),)
    words, posts = scene.words, sum(section.posts for section in sections)
    counted = (
        words.count(len(asked), "%(count)s request", "%(count)s requests") if asked else "",
        words.count(_days(dates), "%(count)s date", "%(count)s dates") if dates and not (outage and asked) else "",
        words.count(posts, "%(count)s post", "%(count)s posts") if posts else "",
    )
    return tuple(part for part in (outage, *counted) if part)


def _outage_headline(threads: Sequence[Thread], scene: Scene) -> str:
    """The newest outage, one that is still ahead or going on before one that is over; a mere notice is no headline."""
    told = [
        (written(thread.newest), thread, thread.outage) for thread in threads
        if thread.outage and thread.fresh and thread.outage.state is not State.NOTICE
    ]
    said = [
        (outage.state, headline(thread.subject, thread.newest.message, outage, scene.zone, scene.now,
                                scene.words))
        for _, thread, outage in sorted(told, key=lambda row: row[0], reverse=True)
    ]
    return min(said, key=lambda pair: pair[0].is_over, default=(State.PAST, ""))[1]
