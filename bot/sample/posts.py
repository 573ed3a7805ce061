"""The posts of messages.yaml as values, when each was sent, and how their placeholders are filled. Reads no clock."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from zoneinfo import ZoneInfo

READER = "liaison@library.example.edu"
OUR_SERVER = "mx.library.example.edu"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Form = Literal["plain", "latin1", "base64", "flowed", "alternative", "html", "raw"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Who writes. `sign` stands below each of their messages."""

    name: str
    address: str
    sign: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailList:
    """A list and what its server adds to a post."""

    name: str
    title: str
    domain: str = "carli.example.edu"
    footer: str = ""

    @property
    def address(self) -> str:
        """Where one posts to."""
        return f"{self.name}@{self.domain}".lower()


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """One entry of `messages`."""

    slug: str
    day: int
    time: str
    ago: int | None = None
    by: str = ""
    subject: str = ""
    text: str = ""
    list: str = ""
    to: str = READER
    reply_to: str = ""
    quotes: bool = False
    copy_of: str = ""
    same_id: bool = False
    sign: bool = True
    form: Form = "plain"
    content_type: str = ""
    calendar: str = ""
    attach: Sequence[str] = ()
    auth: Literal["pass", "fail", "local"] = "pass"
    envelope: str | None = None
    origin: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """The whole of messages.yaml."""

    anchors: dict[str, str]
    lists: dict[str, MailList]
    people: dict[str, Person]
    posts: dict[str, Post]

    def content(self, post: Post) -> Post:
        """The post whose words this one carries: itself, or the one it is a copy of."""
        return self.posts[post.copy_of] if post.copy_of else post

    def author(self, post: Post) -> Person:
        """Who wrote it."""
        return self.people[self.content(post).by]


@dataclass(frozen=True, kw_only=True, slots=True)
class Laying:
    """The sample at one laying day: `day` is day 0, `sent` when each message was sent, by slug, oldest first."""

    sample: Sample
    zone: ZoneInfo
    day: date
    sent: dict[str, datetime]


@cache
def read_sample() -> Sample:
    """messages.yaml as values; a key that nobody knows is an error."""
    from ruamel.yaml import YAML

    text = files("bot.sample").joinpath("messages.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = YAML(typ="safe").load(text)
    return Sample(
        anchors=data["anchors"],
        lists={key: MailList(**entry) for key, entry in data["lists"].items()},
        people={key: Person(**entry) for key, entry in data["people"].items()},
        posts={entry["slug"]: Post(**entry) for entry in data["messages"]},
    )


def token(*words: object) -> str:
    """A short word that follows from `words` and looks drawn by lot."""
    return hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()[:12]


# ── when ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def last_workday(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def add_workdays(day: date, count: int) -> date:
    """The day so many working days later, or earlier where `count` is negative."""
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while day.weekday() > 4:
            day += step
    return day


def sent_times(sample: Sample, day: date, now: datetime, zone: ZoneInfo) -> dict[str, datetime]:
    """When each message was sent: as planned, but what would be late moves to just before `now`, order kept."""
    planned = {slug: _planned(post, day, now, zone) for slug, post in sample.posts.items()}
    latest = now.astimezone(UTC).replace(microsecond=0)
    midnight = datetime.combine(day, time(), zone).astimezone(UTC)
    today = sum(post.day == 0 for post in sample.posts.values())
    # Soon after midnight they stand closer, so that they do not slip into the day before.
    step = min(max((latest - midnight) // (today + 1), timedelta(seconds=15)), timedelta(minutes=3))
    sent: list[tuple[str, datetime]] = []
    for slug in sorted(planned, key=lambda slug: planned[slug], reverse=True):
        latest = min(planned[slug], latest - step)
        sent.append((slug, latest.replace(microsecond=0).astimezone(zone)))
    return dict(reversed(sent))


def _planned(post: Post, day: date, now: datetime, zone: ZoneInfo) -> datetime:
    if post.ago is not None:  # an outage that goes on now keeps to no office hours
        return (now - timedelta(minutes=post.ago)).astimezone(UTC)
    # Odd seconds, since no real mail is sent on the full minute. In UTC, where comparing is safe.
    clock = time.fromisoformat(post.time).replace(second=int(token(post.slug), 16) % 60)
    return datetime.combine(add_workdays(day, post.day), clock, zone).astimezone(UTC)


_PLACE = re.compile(r"\{([^{}]*)\}")
_WHEN = re.compile(r"(?P<base>[a-z@][\w@ -]*?)??\s*(?:(?P<count>[+-]\d+) (?P<unit>workday|day|minute)s?)?")


def fill(laying: Laying, post: Post, text: str) -> str:
    """A text with every placeholder filled. Raises ValueError for one that cannot be understood."""

    def word(match: re.Match[str]) -> str:
        when, _, form = match[1].partition(":")
        return shown(_moment(laying, post, when.strip()), form.strip() or "%A, %B %-d")

    return _PLACE.sub(word, text)


def shown(moment: datetime, form: str) -> str:
    """A moment by strftime, with %-d and its kin on every platform."""
    # %-d is not known to every platform's strftime.
    plain = re.sub(r"%-([dmIH])", lambda part: str(int(moment.strftime(f"%{part[1]}"))), form)
    return moment.strftime(plain)


def _moment(laying: Laying, post: Post, when: str) -> datetime:
    match = _WHEN.fullmatch(when)
    if match is None:
        raise ValueError(f"{post.slug}: {{{when}}} is no date")
    base = _base(laying, post, match["base"] or "today")
    count, unit = int(match["count"] or 0), match["unit"]
    if unit == "minute":
        return (base.astimezone(UTC) + timedelta(minutes=count)).astimezone(base.tzinfo)
    if unit == "workday":
        return datetime.combine(add_workdays(base.date(), count), base.timetz())
    return base + timedelta(days=count)


def _base(laying: Laying, post: Post, name: str) -> datetime:
    if name == "sent":
        return laying.sent[post.slug]
    if name == "utc":
        return laying.sent[post.slug].astimezone(UTC)
    if name.startswith("@"):
        return laying.sent[name[1:]]
    if name in laying.sample.anchors:
        return _moment(laying, Post(slug=name, day=0, time="12:00"), laying.sample.anchors[name])
    written = laying.sent[post.slug].date() if post.ago is not None else add_workdays(laying.day, post.day)
    return datetime.combine(_named_day(written, name), time(12), laying.zone)


def _named_day(today: date, name: str) -> date:
    if name == "today":
        return today
    side, _, weekday = name.partition(" ")
    if side not in ("next", "last") or weekday not in WEEKDAYS:
        raise ValueError(f"{name!r} is neither a day nor one of the anchors")
    wanted = WEEKDAYS.index(weekday)
    if side == "next":
        return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)
    return today - timedelta(days=(today.weekday() - wanted - 1) % 7 + 1)
