"""Whatever a writer can write of a date is read back exactly: forms by reference days around turns of clock and year.

Every example is a sentence made from a real start and end by one of the usual forms of days and times; the reader must
give the same start and end, told from the message's own Date in the library's zone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.reading.dates import candidates, events
from bot.types import Event, Message

CHICAGO = ZoneInfo("America/Chicago")
DAY = timedelta(days=1)
#: Days around which reading dates goes wrong: clocks set, New Year, leap days, ends of months.
TURNS = [date(2024, 3, 10), date(2024, 11, 3), date(2026, 3, 8), date(2026, 11, 1), date(2023, 12, 31),
         date(2025, 1, 1), date(2024, 2, 29), date(2027, 2, 28), date(2025, 4, 30), date(2021, 7, 15)]

nows = st.builds(
    lambda turn, shift, hour: datetime.combine(turn + shift * DAY, time(hour, 20), CHICAGO),
    st.sampled_from(TURNS), st.integers(-6, 6), st.integers(7, 17),
)


def read(text: str, now: datetime) -> list[Event]:
    message = Message(message_id=None, subject="", date=now, sender=None, text=text, new_text=text)
    return list(events(message, CHICAGO))


# ── forms ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def ordinal(number: int) -> str:
    return f"{number}{'th' if 10 < number < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


#: Days with their year, and such as mean the next day of that name.
WITH_YEAR: list[Callable[[date], str]] = [
    lambda day: f"{day:%A}, {day:%B} {day.day}, {day.year}", lambda day: f"{day:%b}. {ordinal(day.day)}, {day.year}",
    lambda day: f"{day.day} {day:%B} {day.year}", lambda day: f"{day:%Y-%m-%d}", lambda day: f"{day:%m/%d/%Y}",
    lambda day: f"{day.month}/{day.day}/{day:%y}", lambda day: f"{day:%a}., {day:%b}. {day.day}, {day.year}",
    lambda day: f"{day.month}/{day.day}/{day.year} ({day:%a})", lambda day: f"{day:%d-%b-%Y}",
]
WITHOUT_YEAR: list[Callable[[date], str]] = [
    lambda day: f"{day:%A}, {day:%B} {day.day}", lambda day: f"{day:%a} {day:%b} {day.day}",
    lambda day: f"{day:%B} {ordinal(day.day)}", lambda day: f"the {ordinal(day.day)} of {day:%B}",
    lambda day: f"{day.month}/{day.day}", lambda day: f"{day:%a} {day.month}/{day.day}",
    lambda day: f"{day:%A} the {ordinal(day.day)} of {day:%B}", lambda day: f"{day:%B} {day.day} ({day:%A})",
]
NEXT_MONTH: list[Callable[[date], str]] = [
    lambda day: f"{day:%A} the {ordinal(day.day)}", lambda day: f"the {ordinal(day.day)}",
]


def clock(at: time, form: int) -> str:
    half, hour = ("am", "pm")[at.hour >= 12], at.hour % 12 or 12
    short = f"{hour}" if at.minute == 0 else f"{hour}:{at:%M}"
    if at.minute == 0 and at.hour in (0, 12) and form % 2:
        return "noon" if at.hour else "midnight"
    return [f"{hour}:{at:%M} {half}", f"{short} {half[0]}.m.", f"{short}{half}", f"{at:%H:%M}",
            f"{hour}:{at:%M} {half.upper()}", f"{short} {half}"][form]


clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 5, 15, 30, 45]))
joints = st.sampled_from(["-", " - ", " to ", "\u2013", " until ", " through ", " \u2014 "])
forms = st.integers(0, 5)


def at_wall(day: date, at: time, zone: ZoneInfo = CHICAGO) -> datetime:
    """The instant that a clock on the wall means; a time that spring skips is an hour later on it."""
    return datetime.combine(day, at, zone).astimezone(UTC).astimezone(CHICAGO)


def told(text: str, now: datetime) -> list[tuple[date | datetime, date | datetime | None]]:
    return [(event.start, event.end) for event in read(text, now)]


# ── one date ──────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=300, deadline=None, derandomize=True)
@given(nows, st.integers(1, 240), st.sampled_from([*WITH_YEAR, *WITHOUT_YEAR]), clocks, forms)
def test_a_day_and_a_time(now: datetime, ahead: int, write: Callable[[date], str], at: time, form: int) -> None:
    day = now.date() + ahead * DAY
    for text in (f"The webinar is {write(day)} at {clock(at, form)}.", f"Webinar: {write(day)}, {clock(at, form)} CT"):
        assume(at.hour or at.minute)  # midnight of a day is told apart below
        assert told(text, now) == [(at_wall(day, at), None)]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(nows, st.integers(1, 240), st.sampled_from([*WITH_YEAR, *WITHOUT_YEAR]), clocks, st.integers(15, 600), forms,
       joints, st.booleans())
def test_a_range_in_one_line(now: datetime, ahead: int, write: Callable[[date], str], at: time, minutes: int, form: int,
                             joint: str, ordered: bool) -> None:
    day = now.date() + ahead * DAY
    stop = (datetime.combine(day, at) + timedelta(minutes=minutes))
    start, end = at_wall(day, at), at_wall(stop.date(), stop.time())
    assume(end > start)
    span = f"{clock(at, form)}{joint}{clock(stop.time(), form)}"
    text = f"Maintenance: {write(day)}, {span}" if ordered else f"The maintenance runs from {span} on {write(day)}."
    assert told(text, now) == [(start, end)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(nows, st.integers(1, 200), st.integers(1, 4), st.sampled_from(WITHOUT_YEAR[:6]), clocks, clocks, forms)
def test_a_window_over_nights(now: datetime, ahead: int, nights: int, write: Callable[[date], str], at: time,
                              until: time, form: int) -> None:
    first, last = now.date() + ahead * DAY, now.date() + (ahead + nights) * DAY
    assume((at.hour or at.minute) and (until.hour or until.minute))
    text = f"Alma will be down from {write(first)} at {clock(at, form)} until {write(last)} at {clock(until, form)}."
    start, end = at_wall(first, at), at_wall(last, until)
    assert told(text, now) == [(start, end)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(nows, st.integers(1, 240), st.sampled_from(WITH_YEAR), clocks, st.integers(1, 12), forms)
def test_a_start_with_a_length(now: datetime, ahead: int, write: Callable[[date], str], at: time, hours: int,
                               form: int) -> None:
    day = now.date() + ahead * DAY
    assume(at.hour or at.minute)
    start = at_wall(day, at)
    end = (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(CHICAGO)
    unit = "hour" if hours == 1 else "hours"
    assert told(f"Maintenance begins on {write(day)} at {clock(at, form)} for {hours} {unit}.", now) == [(start, end)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(nows, st.integers(1, 200), st.sampled_from(WITH_YEAR), clocks, forms,
       st.sampled_from([("ET", "America/New_York"), ("Eastern", "America/New_York"), ("PT", "America/Los_Angeles"),
                        ("Mountain time", "America/Denver"), ("Central", "America/Chicago"), ("CST", "America/Chicago"),
                        ("UTC", "UTC"), ("GMT", "UTC"), ("(Pacific)", "America/Los_Angeles")]))
def test_another_zone(now: datetime, ahead: int, write: Callable[[date], str], at: time, form: int,
                      zone: tuple[str, str]) -> None:
    day = now.date() + (1 + ahead) * DAY
    assume(at.hour or at.minute)
    text = f"The webinar is {write(day)} at {clock(at, form)} {zone[0]}."
    assert told(text, now) == [(at_wall(day, at, ZoneInfo(zone[1])), None)]


# ── days told by what stands around them ──────────────────────────────────────────────────────────────────────────


@settings(max_examples=150, deadline=None, derandomize=True)
@given(nows, st.integers(1, 27), st.sampled_from(NEXT_MONTH))
def test_a_number_of_the_month(now: datetime, ahead: int, write: Callable[[date], str]) -> None:
    day = now.date() + ahead * DAY
    assert told(f"Please complete the survey by {write(day)}.", now) == [(day, None)]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(nows, st.integers(1, 6), st.sampled_from(["", "this ", "this coming "]))
def test_a_weekday(now: datetime, ahead: int, which: str) -> None:
    day = now.date() + ahead * DAY
    assert told(f"The workshop is {which}{day:%A} at 2 p.m.", now) == [(at_wall(day, time(14)), None)]
    monday = now.date() + (7 - now.weekday()) * DAY
    following = monday + day.weekday() * DAY
    assert told(f"The workshop is next {day:%A} at 2 p.m.", now) == [(at_wall(following, time(14)), None)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(nows)
def test_words_for_near_days(now: datetime) -> None:
    today = now.date()
    assert told("The webinar is tomorrow at noon.", now) == [(at_wall(today + DAY, time(12)), None)]
    assert told("The webinar is today at 7:30 p.m.", now) == [(at_wall(today, time(19, 30)), None)]
    assert told("Please reply by COB today.", now) == [(today, None)]
    assert told("The webinar is two weeks from today at 3.", now) == [(at_wall(today + 14 * DAY, time(15)), None)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(nows, st.integers(1, 150), st.lists(st.integers(1, 6), min_size=1, max_size=3), clocks, forms)
def test_a_list_of_days_with_one_time(now: datetime, ahead: int, gaps: list[int], at: time, form: int) -> None:
    days = [now.date() + ahead * DAY]
    for gap in gaps:
        days.append(days[-1] + gap * DAY)
    assume(len({day.month for day in days}) == 1 and (at.hour or at.minute))
    numbers = [str(day.day) for day in days]
    text = f"Webinars on {days[0]:%B} {', '.join(numbers[:-1])} and {numbers[-1]} at {clock(at, form)}"
    assert told(text, now) == [(at_wall(day, at), None) for day in days]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(nows, st.integers(2, 100), st.integers(1, 20), st.sampled_from(WITHOUT_YEAR[:4]))
def test_a_moved_date_leaves_only_the_new_one(now: datetime, ahead: int, later: int,
                                              write: Callable[[date], str]) -> None:
    old, new = now.date() + ahead * DAY, now.date() + (ahead + later) * DAY
    text = f"The meeting has moved from {write(old)} to {write(new)} at 2 p.m."
    assert told(text, now) == [(at_wall(new, time(14)), None)]
    assert told(f"CANCELLED: the webinar of {write(old)}, 2 p.m.", now) == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(nows, st.integers(1, 5), st.integers(0, 6))
def test_a_weekday_of_every_month_means_the_next(now: datetime, nth: int, weekday: int) -> None:
    assume(nth < 5)
    name = ["first", "second", "third", "fourth"][nth - 1]
    text = f"Office hours are the {name} {date(2024, 1, 1 + weekday):%A} of each month at 2 p.m."
    (found,) = candidates(
        Message(message_id=None, subject="", date=now, sender=None, text=text, new_text=text), CHICAGO
    )
    times = found.times()
    assert times is not None
    assert times.first_day.weekday() == weekday
    assert (times.first_day.day - 1) // 7 == nth - 1
    assert 0 <= (times.first_day - now.date()).days <= 40


# ── series and hedges ─────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=150, deadline=None, derandomize=True)
@given(nows, st.integers(1, 90), st.integers(2, 9), st.sampled_from(WITHOUT_YEAR[:4]), st.sampled_from([
    "Webinars on {day:%A}s, {first} through {last}, 2-3 p.m.",
    "Webinar every {day:%A} from {first} to {last}, 2-3 p.m.",
    "A webinar, {day:%A} afternoons, {first} until {last}, 2-3 p.m.",
    "Weekly webinar, {first} \u2013 {last}, 2-3 p.m.",
]))
def test_a_series_is_told_for_each_week(now: datetime, ahead: int, weeks: int, write: Callable[[date], str],
                                        text: str) -> None:
    days = [now.date() + (ahead + 7 * week) * DAY for week in range(weeks)]
    found = told(text.format(day=days[0], first=write(days[0]), last=write(days[-1])), now)
    assert found == [(at_wall(day, time(14)), at_wall(day, time(15))) for day in days]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(nows, st.integers(1, 60), st.integers(2, 5))
def test_a_series_of_every_other_week(now: datetime, ahead: int, times: int) -> None:
    days = [now.date() + (ahead + 14 * turn) * DAY for turn in range(times)]
    text = (f"Webinars every other {days[0]:%A} at 2 p.m., {days[0]:%B} {days[0].day}, {days[0].year} to "
            f"{days[-1]:%B} {days[-1].day}, {days[-1].year}.")
    assert told(text, now) == [(at_wall(day, time(14)), None) for day in days]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(nows, st.integers(1, 200), st.integers(1, 4), st.sampled_from(WITHOUT_YEAR[:6]), clocks, clocks, forms,
       st.sampled_from(["until, we expect, {0}", "and should be up again by {0}", "until probably {0}",
                        "and should reappear around {0}", "and the upgrade should be complete by {0}",
                        "and we hope to open it again on {0}"]))
def test_a_window_whose_end_is_hedged(now: datetime, ahead: int, nights: int, write: Callable[[date], str], at: time,
                                      until: time, form: int, end_as: str) -> None:
    first, last = now.date() + ahead * DAY, now.date() + (ahead + nights) * DAY
    assume((at.hour or at.minute) and (until.hour or until.minute))
    ended = end_as.format(f"{write(last)} at {clock(until, form)}")
    text = f"Alma will be down from {write(first)} at {clock(at, form)} {ended}."
    assert told(text, now) == [(at_wall(first, at), at_wall(last, until))]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(nows, st.integers(2, 100), st.integers(1, 3), st.sampled_from(WITHOUT_YEAR[:4]),
       st.sampled_from(["The server moves to a new home from", "The switch to the new server lasts from",
                        "The move happens at night: from"]))
def test_a_move_elsewhere_is_a_window(now: datetime, ahead: int, nights: int, write: Callable[[date], str],
                                      said: str) -> None:
    first, last = now.date() + ahead * DAY, now.date() + (ahead + nights) * DAY
    (found,) = told(f"Maintenance. {said} {write(first)}, 10 p.m. to {write(last)}, 3 a.m.", now)
    assert found == (at_wall(first, time(22)), at_wall(last, time(3)))


# ── forms of real announcements ───────────────────────────────────────────────────────────────────────────────────

Span = tuple[date | datetime, date | datetime | None]


def spans(text: str, now: datetime, subject: str = "") -> list[Span]:
    """The start and end of every moment, whatever it may be."""
    message = Message(message_id=None, subject=subject, date=now, sender=None, text=text, new_text=text)
    times = [one.times() for one in candidates(message, CHICAGO) if not one.moment.old]
    return [(one.start, one.end) for one in times if one is not None]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(nows, st.integers(1, 240), st.sampled_from(WITH_YEAR), st.integers(7, 20), st.integers(1, 3),
       st.sampled_from([" - ", " \u2013 ", ", ", " | ", " \u00b7 "]))
def test_a_day_and_its_hours_joined_by_a_dash(now: datetime, ahead: int, write: Callable[[date], str], hour: int,
                                              hours: int, joint: str) -> None:
    day = now.date() + ahead * DAY
    span = f"{clock(time(hour), 0)} to {clock(time(hour + hours), 0)}".replace(" am", "am").replace(" pm", "pm")
    assert spans(f"{write(day)}{joint}{span}", now) == [(at_wall(day, time(hour)), at_wall(day, time(hour + hours)))]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(nows, st.integers(1, 200), st.sampled_from([*WITH_YEAR, *WITHOUT_YEAR]), st.sampled_from([
    "We will meet from 2 to 3:30 p.m. Bring questions.", "Time: 2:00 \u2013 3:30 pm", "2-3:30pm, online",
    "Time (Central): 2 to 3:30 pm\nThe recording will be posted.",
]))
def test_the_subject_names_the_day_and_the_text_the_hours(now: datetime, ahead: int, write: Callable[[date], str],
                                                          text: str) -> None:
    day = now.date() + ahead * DAY
    assert (at_wall(day, time(14)), at_wall(day, time(15, 30))) in spans(text, now, f"Webinar, {write(day)}")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(nows, st.integers(1, 90), st.integers(1, 5), st.sampled_from(["{0} & {1}", "{0}, {1} & {2}", "{0}, {1}, & {2}"]),
       st.sampled_from(["", ", 2-3 pm", " | 2:00 \u2013 3:00 p.m."]))
def test_an_ampersand_joins_days(now: datetime, ahead: int, gap: int, numbers: str, hours: str) -> None:
    days = [now.date() + (ahead + gap * turn) * DAY for turn in range(3)][: numbers.count("{")]
    assume(len({day.month for day in days}) == 1)
    written = numbers.format(*(day.day for day in days))
    found = spans(f"Webinars: {days[0]:%B} {written}{hours}", now)
    wanted: list[Span] = [(at_wall(day, time(14)), at_wall(day, time(15))) if hours else (day, None) for day in days]
    assert found == wanted


@settings(max_examples=100, deadline=None, derandomize=True)
@given(nows, st.integers(1, 200), st.integers(1, 4), st.sampled_from([
    "{a:%A}-{b:%A}, {a:%B} {a.day}-{b.day}", "{a:%a} - {b:%a}, {a:%B} {a.day}-{b.day}, {a.year}",
    "{a:%A} to {b:%A}, {a:%B} {a.day}\u2013{b:%B} {b.day}", "{a:%A} {a:%B} {a.day} - {b:%A} {b:%B} {b.day}",
]))
def test_weekdays_before_a_range_of_dates(now: datetime, ahead: int, more: int, form: str) -> None:
    first, last = now.date() + ahead * DAY, now.date() + (ahead + more) * DAY
    assume(first.month == last.month)
    assert spans(f"The conference is {form.format(a=first, b=last)}.", now) == [(first, last)]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(nows, st.integers(1, 200), st.sampled_from(WITH_YEAR[:1] + WITHOUT_YEAR[:2]), st.sampled_from([
    "Please reply by close of business {0}.", "Please reply by the end of {0}.", "Please reply by COB {0}.",
    "Please reply no later than {0}.", "Replies are due {0}.",
]))
def test_a_last_day_with_its_close(now: datetime, ahead: int, write: Callable[[date], str], text: str) -> None:
    day = now.date() + ahead * DAY
    assert spans(text.format(write(day)), now) == [(day, None)]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(nows, st.integers(1, 200), st.sampled_from(WITH_YEAR[:5]), st.integers(7, 18), st.sampled_from([
    "The upgrade is on {day} after {start} and before {end}.",
    "The upgrade starts at {start} on {day} and ends by {end}.",
    "Date: {day}\nStart: {start}\nDuration: 3 hours", "Date: {day}\nStart time: {start}\nEnd time: {end}",
    "Start: {day} {start}\nEnd: {day} {end}", "The upgrade begins {day} at {start}.\nService should be back by {end}.",
    "Date: {day}\nTime: {start} - {end} (UTC-06:00) Central Time", "{day}\n{start} \u2013 {end}\nEverything is down.",
]))
def test_a_window_in_the_forms_of_notices(now: datetime, ahead: int, write: Callable[[date], str], hour: int,
                                          form: str) -> None:
    day = now.date() + ahead * DAY
    text = form.format(day=write(day), start=clock(time(hour), 0), end=clock(time(hour + 3), 0))
    assert spans(text, now)[:1] == [(at_wall(day, time(hour)), at_wall(day, time(hour + 3)))]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(nows, st.integers(1, 200), st.integers(-11, 11), st.sampled_from(["{0:%H:%M} UTC{1}", "{0:%H:%M} (GMT{1})"]))
def test_an_offset_from_utc(now: datetime, ahead: int, offset: int, form: str) -> None:
    assume(offset)
    day = now.date() + (1 + ahead) * DAY
    text = form.format(time(15, 30), f"{'+' if offset > 0 else '-'}{abs(offset):02}:00")
    start = datetime.combine(day, time(15, 30), UTC) - timedelta(hours=offset)
    assert spans(f"{day:%Y-%m-%d} {text}", now) == [(start.astimezone(CHICAGO), None)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(nows, st.integers(1, 100), st.integers(2, 60), st.sampled_from(WITHOUT_YEAR[:4]))
def test_a_last_day_takes_no_hours_of_sessions(now: datetime, ahead: int, later: int,
                                               write: Callable[[date], str]) -> None:
    due, day = now.date() + ahead * DAY, now.date() + (ahead + later) * DAY
    text = (f"The proposal deadline is {write(due)}.\nThe workshops will be held on {write(day)}. "
            "Sessions run from 9:00 am \u2013 4:00 pm.")
    assert spans(text, now) == [(due, None), (at_wall(day, time(9)), at_wall(day, time(16)))]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(nows, st.integers(0, 4), st.sampled_from([
    "The form is open until next week, when it closes {0:%A} at 5 p.m.",
    "Voting goes on till next week and ends {0:%A}, 5:00 p.m.",
]))
def test_a_weekday_of_the_next_week(now: datetime, weekday: int, text: str) -> None:
    day = now.date() + (7 - now.weekday() + weekday) * DAY
    assert spans(text.format(day), now) == [(at_wall(day, time(17)), None)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(nows, st.integers(1, 6), st.sampled_from([
    "The packet for {0:%A}'s meeting is posted. It is long.\nWe will be meeting at Midway at 9:30am.",
    "The packet for {0:%A}'s meeting is posted. It is long.\n\nThere are two new items.\nWe begin at 9:30 as always.",
]))
def test_hours_of_the_only_day_far_below_it(now: datetime, ahead: int, text: str) -> None:
    day = now.date() + ahead * DAY
    assert spans(text.format(day), now) == [(at_wall(day, time(9, 30)), None)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(2021, 2030), st.integers(9, 12), st.integers(1, 28))
def test_the_year_named_beside_a_list(year: int, month: int, day: int) -> None:
    now = datetime(year, 12, 30, 9, 20, tzinfo=CHICAGO)
    text = f"Our {year + 1} conferences: April 9 in Alton; {date(year, month, day):%B} {day} in Peru;"
    assert spans(text, now) == [(date(year + 1, 4, 9), None), (date(year + 1, month, day), None)]


def test_a_place_named_after_the_sun_is_no_sunday() -> None:
    now = datetime(2026, 3, 30, 9, 20, tzinfo=CHICAGO)
    text = "Rising Sun Branch, Thursday, April 9 at 6 PM"
    assert spans(text, now) == [(at_wall(date(2026, 4, 9), time(18)), None)]


def test_what_ends_beside_a_happening_is_not_its_end() -> None:
    now = datetime(2026, 3, 30, 9, 20, tzinfo=CHICAGO)
    text = "The roadshow comes to us on Friday, May 1, with registration ending Monday, April 6."
    assert spans(text, now) == [(date(2026, 5, 1), None), (date(2026, 4, 6), None)]
