"""The scenario: 400 messages from October to March. The plot is written by hand (plot.yaml), with what each reader must
get of it; the background is drawn by lot, always the same, from the messages that the bot's models were taught with.

Every message names its own address in the list's archive, so that it can be found again in any mail that tells of it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

HERE = Path(__file__).parent
TRAINING = HERE.parents[2] / "models/training"
CHICAGO, NEW_YORK = ZoneInfo("America/Chicago"), ZoneInfo("America/New_York")
FIRST, LAST = date(2026, 10, 12), date(2027, 3, 26)
ALL = 400
ARCHIVE = "https://lists.carli.example.edu/archive/"
#: The files of training messages that the background is drawn from.
FILES = "abcdefghijklmnp"
#: Of the background, so many come a second time, through another list.
COPIES = 14
#: When mail comes in, Central time; several posts may come in one look.
_HOURS = ((5, 50), (8, 20), (10, 15), (12, 40), (15, 40), (18, 30))
_LISTS = {"announce", "i-share", "i-shareliaisons", "resshare-ig", "pubserv-ig", "techserv-ig", "rpt-ig", "pve-ig",
          "e-resource_contacts"}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One message of the scenario. `must` is what the plot declares of it; nothing for the background."""

    slug: str
    at: datetime
    subject: str
    raw: bytes
    message_id: str
    must: dict[str, Any] = field(default_factory=dict)

    @property
    def is_plot(self) -> bool:
        """Whether it was written by hand."""
        return bool(self.must)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """All messages in the order they come, and what the plot says of dates and answers."""

    messages: tuple[Sent, ...]
    happenings: dict[str, dict[str, Any]]
    answers: dict[str, dict[str, Any]]

    def named(self, slug: str) -> Sent:
        """A message by its name."""
        return next(one for one in self.messages if one.slug == slug)


def scenario(seed: int = 20261012) -> Scenario:
    """The whole semester; the same seed gives the same bytes."""
    told = yaml.safe_load((HERE / "plot.yaml").read_text())
    plot = list(_plot(told))
    every = sorted([*plot, *_background(ALL - len(plot), seed)], key=lambda one: (one.at, one.slug))
    return Scenario(messages=tuple(every), happenings=told.get("happenings", {}), answers=told.get("answers", {}))


def link(slug: str) -> str:
    """Where a message stands in the list's archive."""
    return f"{ARCHIVE}{slug}.html"


def mentioned(text: str) -> list[str]:
    """The messages whose addresses stand in a text."""
    return re.findall(re.escape(ARCHIVE) + r"([\w-]+)\.html", text)


def central(words: str) -> datetime:
    """A moment as plot.yaml writes it, which is Central time."""
    return datetime.fromisoformat(words).replace(tzinfo=CHICAGO)


# ── the plot ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _plot(told: dict[str, Any]) -> Iterator[Sent]:
    written = told["messages"]
    for slug, one in written.items():
        content = {**written[one["copy_of"]], **one} if "copy_of" in one else one
        at = central(one["at"])
        message_id = _own_id(one["copy_of"] if one.get("same_id") else slug)
        subject = content.get("subject", "")
        raw = b"\r\n\r\n" if one.get("empty") else _raw(
            told["people"][content["by"]], content["list"] if content.get("list") else "", subject,
            content["text"].replace("{link}", link(content.get("copy_of", slug))), at, message_id,
            answers=_own_id(content["answers"]) if content.get("answers") else "", dmarc=content.get("dmarc", "pass"),
            headers=_headers(content), archived=link(content.get("copy_of", slug)),
            invitation=content.get("invitation", ""))
        yield Sent(slug=slug, at=at, subject=subject, raw=raw, message_id=message_id, must={"fate": "routed", **one})


def _headers(content: dict[str, Any]) -> dict[str, str]:
    about = {"X-Areas": ", ".join(content["areas"])} if "areas" in content else {}
    return {**about, **content.get("headers", {})}


def _own_id(slug: str) -> str:
    return f"<{slug}@lists.carli.example.edu>"


def _raw(sender: str, name: str, subject: str, text: str, at: datetime, message_id: str, *, archived: str,
         answers: str = "", dmarc: str = "pass", headers: dict[str, str] | None = None, invitation: str = "") -> bytes:
    """A list post as our own mail server took it in."""
    message, domain = EmailMessage(policy=SMTP), parseaddr(sender)[1].rpartition("@")[2]
    message["Received"] = f"from lists.carli.example.edu by mx.example.net; {format_datetime(at)}"
    message["Authentication-Results"] = f"mx.example.net; dmarc={dmarc} header.from={domain}"
    message["From"], message["To"] = sender, f"{name or 'liaison'}@carli.example.edu"
    message["Subject"] = f"[{name.upper()}] {subject}" if name else subject
    message["Date"], message["Message-ID"] = format_datetime(at - timedelta(minutes=1)), message_id
    if answers:
        message["In-Reply-To"] = message["References"] = answers
    if name:
        message["List-Id"], message["List-Post"] = f"<{name}.carli.example.edu>", f"<mailto:{name}@carli.example.edu>"
    message["Archived-At"] = f"<{archived}>"
    for key, value in (headers or {}).items():
        message[key] = value
    message.set_content(text)
    if invitation:
        message.add_alternative(invitation, subtype="calendar", params={"method": "REQUEST"})
        for part in message.walk():
            if part.is_multipart():
                part.set_boundary("=_part")
    return message.as_bytes()


# ── the background ────────────────────────────────────────────────────────────────────────────────────────────────


def _background(count: int, seed: int) -> Iterator[Sent]:
    """Posts of the training messages on days of the semester. Downtimes and what cannot wait belong to the plot."""
    known = [json.loads(line) for name in FILES for line in (TRAINING / f"{name}.jsonl").read_text().splitlines()]
    fit = [one for one in known if one["list"] in _LISTS and "downtime" not in one["areas"] and not one["urgent"]]
    # Each has lots of its own: a message more or less changes no other's day.
    lots = {one["id"]: random.Random(f"{seed}:{one['id']}") for one in fit}
    drawn = sorted(fit, key=lambda one: (lots[one["id"]].random(), one["id"]))[:count - COPIES]
    for number, one in enumerate(drawn):
        luck = lots[one["id"]]
        sent = _laid(f"b-{one['id']}", one, one["list"], _some_time(luck))
        yield sent
        if number < COPIES:
            other = luck.choice(sorted(_LISTS - {one["list"]}))
            yield _laid(f"{sent.slug}-again", one, other, sent.at + timedelta(minutes=luck.choice((0, 7, 45))),
                        message_id=sent.message_id if number % 2 else "", named=sent.slug)


def _laid(slug: str, one: dict[str, Any], name: str, at: datetime, *, message_id: str = "", named: str = "") -> Sent:
    subject = re.sub(r"^\s*\[[^\]]*\]\s*", "", one["subject"])
    own = message_id or _own_id(slug)
    text = f"{one['text'].rstrip()}\n\n{link(named or slug)}\n"
    return Sent(slug=slug, at=at, subject=subject, message_id=own,
                raw=_raw(one["from"], name, subject, text, at, own, archived=link(named or slug)))


def _some_time(luck: random.Random) -> datetime:
    """Some moment of the semester at which mail comes in, seldom on a weekend."""
    while True:
        day = FIRST + timedelta(days=luck.randrange((LAST - FIRST).days - 8))
        if day.weekday() < 5 or luck.random() < 0.2:
            hour, minute = luck.choice(_HOURS)
            return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHICAGO)
