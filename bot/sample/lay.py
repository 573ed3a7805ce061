"""The sample mailbox: renders messages.yaml into raw list mail as a server would have taken it in by `now`.

Owns the meaning of messages.yaml (explained at its head), the headers that mailing-list and mail servers put around a
post, and the laying of the result as a Maildir. Reads no clock and draws no lots: the same `now` gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import textwrap
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
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


def compose(now: datetime, zone: ZoneInfo) -> list[tuple[str, bytes]]:
    """All messages as (file-name stem, raw message), oldest first; none lies after `now`."""
    sample = read_sample()
    day = last_workday(now.astimezone(zone).date())
    laying = Laying(sample=sample, zone=zone, day=day, sent=_sent(sample, day, now, zone))
    return [
        (f"{number:03d}-{slug}", _raw(laying, sample.posts[slug]))
        for number, slug in enumerate(laying.sent, start=1)
    ]


def lay(folder: Path, now: datetime, zone: ZoneInfo) -> int:
    """Write the sample as a Maildir and say how many messages; 0, and nothing written, where mail lies already."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if any((folder / "cur").iterdir()) or any((folder / "new").iterdir()):
        return 0
    messages = compose(now, zone)
    for stem, raw in messages:
        _deliver(folder, stem, raw)
    return len(messages)


def _deliver(folder: Path, stem: str, raw: bytes) -> None:
    head = BytesHeaderParser(policy=SMTP).parsebytes(raw)
    sent = parsedate_to_datetime(head["Date"]).timestamp()
    # Named by arrival, the topmost Received: a copy that kept its original's Date still stands in its own place.
    arrived = parsedate_to_datetime(head["Received"].rpartition(";")[2]).timestamp()
    name = f"{int(arrived)}.{stem}.{OUR_SERVER}"
    (folder / "tmp" / name).write_bytes(raw)
    os.utime(folder / "tmp" / name, (sent, sent))
    (folder / "tmp" / name).rename(folder / "new" / name)


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


def _sent(sample: Sample, day: date, now: datetime, zone: ZoneInfo) -> dict[str, datetime]:
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
    clock = time.fromisoformat(post.time).replace(second=int(_token(post.slug), 16) % 60)
    return datetime.combine(add_workdays(day, post.day), clock, zone).astimezone(UTC)


_PLACE = re.compile(r"\{([^{}]*)\}")
_WHEN = re.compile(r"(?P<base>[a-z@][\w@ -]*?)??\s*(?:(?P<count>[+-]\d+) (?P<unit>workday|day|minute)s?)?")


def fill(laying: Laying, post: Post, text: str) -> str:
    """A text with every placeholder filled. Raises ValueError for one that cannot be understood."""

    def word(match: re.Match[str]) -> str:
        when, _, form = match[1].partition(":")
        return _shown(_moment(laying, post, when.strip()), form.strip() or "%A, %B %-d")

    return _PLACE.sub(word, text)


def _shown(moment: datetime, form: str) -> str:
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


# ── headers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _raw(laying: Laying, post: Post) -> bytes:
    message = EmailMessage(policy=SMTP)
    for headers in (_trace(laying, post), _letterhead(laying, post), _list_headers(laying, post)):
        for name, value in headers:
            message[name] = value
    content = laying.sample.content(post)
    for name, value in content.headers.items():
        message[name] = fill(laying, content, value)
    _fill_body(message, laying, post)
    return re.sub(rb"\r?\n", b"\r\n", message.as_bytes())


def _token(*words: object) -> str:
    return hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()[:12]


def _list_of(laying: Laying, post: Post) -> MailList | None:
    return laying.sample.lists[post.list] if post.list else None


def _envelope(laying: Laying, post: Post) -> str:
    """The envelope sender: a list's bounce address, or the writer's own."""
    posted = _list_of(laying, post)
    if posted:
        return posted.address.replace("@", "-bounces@")
    return laying.sample.author(post).address if post.envelope is None else post.envelope


def _trace(laying: Laying, post: Post) -> Iterator[tuple[str, str]]:
    """What the servers on the way wrote on top, the last one first (RFC 5321, 4.4)."""
    at, posted = laying.sent[post.slug], _list_of(laying, post)
    token = _token(post.slug, laying.day, "queue").upper()
    home = laying.sample.author(post).address.rpartition("@")[2]
    origin = post.origin or f"mail.{home}"
    yield "Return-Path", f"<{_envelope(laying, post)}>"
    yield "Delivered-To", READER
    yield "Received", f"by mail.library.example.edu (Dovecot) with LMTP id {token[:8]} for <{READER}>; {_stamp(at, 7)}"
    if post.auth == "local":
        return
    last = f"lists.{posted.domain}" if posted else origin
    address = "192.0.2.25" if posted else _number(origin)
    yield "Received", (
        f"from {last} ({last} [{address}]) by {OUR_SERVER} (Postfix) with ESMTPS id {token[:10]} "
        f"for <{READER}>; {_stamp(at, 6)}"
    )
    yield "Authentication-Results", _authentication(laying, post, home)
    if posted:
        yield "Received", (
            f"from {origin} ({origin} [{_number(origin)}]) by {last} (Postfix) with ESMTPS id {token[2:]} "
            f"for <{posted.address}>; {_stamp(at, 3)}"
        )


def _stamp(sent: datetime, seconds: int) -> str:
    at = sent.astimezone(UTC) + timedelta(seconds=seconds)
    return at.astimezone(sent.tzinfo).strftime("%a, %d %b %Y %H:%M:%S %z")


def _number(host: str) -> str:
    """An address of the documentation range (RFC 5737) for a host."""
    return f"198.51.100.{int(_token(host), 16) % 254 + 1}"


def _authentication(laying: Laying, post: Post, home: str) -> str:
    """Authentication-Results as our own server writes them (RFC 8601)."""
    envelope = _envelope(laying, post)
    if post.auth == "fail":
        verdict = f"spf=fail smtp.mailfrom={envelope}; dkim=none; dmarc=fail (p=reject) header.from={home}"
    else:
        # The writer's own signature is said to have survived the list, so that DMARC is aligned for members' posts too.
        signers = dict.fromkeys((envelope.rpartition("@")[2], home))
        signed = "; ".join(f"dkim=pass header.d={domain} header.s=s1" for domain in signers)
        verdict = f"spf=pass smtp.mailfrom={envelope}; {signed}; dmarc=pass header.from={home}"
    return f"{OUR_SERVER}; {verdict}"


def _letterhead(laying: Laying, post: Post) -> Iterator[tuple[str, Any]]:
    """What the writer's own program wrote."""
    author, posted = laying.sample.author(post), _list_of(laying, post)
    yield "From", f"{author.name} <{author.address}>"
    yield "To", f"{posted.name}@{posted.domain}" if posted else post.to
    yield "Subject", _subject(laying, post)
    yield "Date", laying.sent[post.copy_of if post.same_id else post.slug]
    yield "Message-ID", message_id(laying, post)
    answered = [message_id(laying, other) for other in _ancestors(laying, laying.sample.content(post))]
    if answered:
        yield "In-Reply-To", answered[-1]
        yield "References", " ".join(answered)


def message_id(laying: Laying, post: Post) -> str:
    """The Message-ID; a copy may have kept its original's."""
    original = laying.sample.content(post) if post.same_id else post
    domain = post.origin or laying.sample.author(post).address.rpartition("@")[2]
    written = add_workdays(laying.day, original.day)
    return f"<{written:%Y%m%d}.{_token(original.slug, laying.day)}@{domain}>"


def _ancestors(laying: Laying, post: Post) -> list[Post]:
    """The messages it answers, directly or not, the first of the conversation first."""
    if not post.reply_to:
        return []
    parent = laying.sample.posts[post.reply_to]
    return [*_ancestors(laying, parent), parent]


def _subject(laying: Laying, post: Post) -> str:
    content, posted = laying.sample.content(post), _list_of(laying, post)
    said = content if content.subject else _ancestors(laying, content)[0]
    subject = fill(laying, said, said.subject)
    prefix = f"[{posted.name.upper()}]" if posted else ""
    if prefix not in subject:
        subject = f"{prefix} {subject}"
    return subject if content.subject else f"Re: {subject}"


def _list_headers(laying: Laying, post: Post) -> Iterator[tuple[str, str]]:
    """What the list server added (RFC 2369, 2919)."""
    posted = _list_of(laying, post)
    if posted is None:
        return
    key, page = posted.name.lower(), f"https://lists.{posted.domain.removeprefix('lists.')}"
    yield "List-Id", f"{posted.title} <{key}.{posted.domain}>"
    yield "List-Post", f"<mailto:{posted.address}>"
    yield "List-Unsubscribe", f"<{page}/options/{key}>, <mailto:{key}-leave@{posted.domain}>"
    yield "List-Archive", f"<{page}/archive/{key}/>"
    yield "Precedence", "list"
    yield "Sender", posted.address.replace("@", "-bounces@")


# ── bodies ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _fill_body(message: EmailMessage, laying: Laying, post: Post) -> None:
    content = laying.sample.content(post)
    if content.form == "raw":
        message["MIME-Version"] = "1.0"
        message["Content-Type"] = content.content_type
        message.set_payload(fill(laying, content, content.text))
        return
    _set_text(message, content.form, _body(laying, content), _footer(laying, post))
    if content.calendar:
        event = fill(laying, content, content.calendar)
        message.add_alternative(event, subtype="calendar", params={"method": "REQUEST"})
    for name in content.attach:
        _attach(message, name)
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            # The library would draw a random one.
            part.set_boundary(f"=_part_{_token(post.slug, laying.day, number)}")


def _set_text(message: EmailMessage, form: Form, body: str, footer: str) -> None:
    text = f"{body}\n{footer}" if footer else body
    if form == "html":
        message.set_content(_OUTLOOK.replace("BODY", f"{body}{_html(footer)}"), subtype="html")
    elif form == "latin1":
        message.set_content(text, charset="iso-8859-1", cte="quoted-printable")
    elif form == "base64":
        message.set_content(text, cte="base64")
    elif form == "flowed":
        message.set_content(_flow(body) + "\n" + footer, params={"format": "flowed"})
    else:
        message.set_content(text)
    if form == "alternative":
        message.add_alternative(f"<html><body>\n{_html(text)}</body></html>\n", subtype="html")


def _body(laying: Laying, post: Post) -> str:
    """What the writer wrote, with signature and quoted text."""
    body = fill(laying, post, post.text)
    sign = re.sub(r"^--$", "-- ", laying.sample.people[post.by].sign, flags=re.MULTILINE) if post.sign else ""
    if sign:
        body += _html(sign) if post.form == "html" else f"\n{sign}"
    return body + (_quote(laying, laying.sample.posts[post.reply_to]) if post.quotes else "")


def _quote(laying: Laying, post: Post) -> str:
    writer = laying.sample.people[post.by]
    when = _shown(laying.sent[post.slug], "%a, %b %-d, %Y at %-I:%M %p")
    quoted = "".join(f"> {line}".rstrip() + "\n" for line in _body(laying, post).rstrip().splitlines())
    return f"\nOn {when} {writer.name}\n<{writer.address}> wrote:\n{quoted}"


def _footer(laying: Laying, post: Post) -> str:
    posted = _list_of(laying, post)
    if posted is None or posted.footer:
        return posted.footer if posted else ""
    page = f"https://lists.{posted.domain.removeprefix('lists.')}/listinfo/{posted.name.lower()}"
    return f"{'_' * 47}\n{posted.name} mailing list\n{posted.name}@{posted.domain}\n{page}\n"


def _flow(text: str) -> str:
    """Long lines broken softly, with a space before the break (RFC 3676, 4.1)."""
    return "".join(
        " \n".join(textwrap.wrap(line, 71)) + "\n" if len(line) > 71 else f"{line}\n" for line in text.splitlines()
    )


def _html(text: str) -> str:
    """A plain text as simple HTML: a line in capitals is a heading, lines with a star are a list."""
    return "".join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block)


def _block(block: str) -> str:
    lines = [_linked(line) for line in block.strip().splitlines()]
    if block.isupper():
        return f"<h2>{lines[0]}</h2>\n"
    if block.lstrip().startswith("* "):
        points = re.split(r"(?:^|\n)\s*\* ", "\n".join(lines))[1:]
        return "<ul>\n" + "".join(f"<li>{point}</li>\n" for point in points) + "</ul>\n"
    if re.match(r"[-_]{10,}$", lines[0]):
        return "<hr>\n<p>" + "<br>\n".join(lines[1:]) + "</p>\n"
    return "<p>" + ("<br>\n" if len(max(lines, key=len)) < 60 else "\n").join(lines) + "</p>\n"


def _linked(line: str) -> str:
    return re.sub(r"https://\S+", lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(line, quote=False))


_OUTLOOK = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word">
<head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<style><!--
p.MsoNormal, li.MsoNormal {margin:0in; font-size:11.0pt; font-family:"Calibri",sans-serif;}
a:link {color:#0563C1; text-decoration:underline;}
--></style></head>
<body lang="EN-US" link="#0563C1" vlink="#954F72"><div class="WordSection1">
BODY</div></body></html>
"""


# ── attachments ───────────────────────────────────────────────────────────────────────────────────────────────────


def _attach(message: EmailMessage, name: str) -> None:
    if name.endswith(".pdf"):
        message.add_attachment(_pdf(name), maintype="application", subtype="pdf", filename=name)
        return
    sheet = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    message.add_attachment(_xlsx(), maintype="application", subtype=sheet, filename=name)


def _pdf(title: str) -> bytes:
    """The least that calls itself a PDF: one empty page."""
    return (
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        f"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>endobj\n4 0 obj<</Title({title})>>endobj\n"
        "trailer<</Root 1 0 R/Info 4 0 R/Size 5>>\n%%EOF\n"
    ).encode("ascii")


_WORKBOOK = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>',
}


def _xlsx() -> bytes:
    """The bones of a workbook. Entries bear no date of their own, so the bytes never differ."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        for name, xml in _WORKBOOK.items():
            book.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8"?>{xml}')
    return target.getvalue()
