"""A post of the sample as a raw message: the headers that list and mail servers put around it, its body, its files."""

from __future__ import annotations

import io
import re
import textwrap
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from typing import Any

from bot.sample.posts import OUR_SERVER, READER, Form, Laying, MailList, Post, add_workdays, fill, shown, token

# ── headers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def raw_message(laying: Laying, post: Post) -> bytes:
    """The message as our mail server stored it, CRLF line ends."""
    message = EmailMessage(policy=SMTP)
    for headers in (_trace(laying, post), _letterhead(laying, post), _list_headers(laying, post)):
        for name, value in headers:
            message[name] = value
    content = laying.sample.content(post)
    for name, value in content.headers.items():
        message[name] = fill(laying, content, value)
    _fill_body(message, laying, post)
    return re.sub(rb"\r?\n", b"\r\n", message.as_bytes())


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
    queue = token(post.slug, laying.day, "queue").upper()
    home = laying.sample.author(post).address.rpartition("@")[2]
    origin = post.origin or f"mail.{home}"
    yield "Return-Path", f"<{_envelope(laying, post)}>"
    yield "Delivered-To", READER
    yield "Received", f"by mail.library.example.edu (Dovecot) with LMTP id {queue[:8]} for <{READER}>; {_stamp(at, 7)}"
    if post.auth == "local":
        return
    last = f"lists.{posted.domain}" if posted else origin
    address = "192.0.2.25" if posted else _number(origin)
    yield "Received", (
        f"from {last} ({last} [{address}]) by {OUR_SERVER} (Postfix) with ESMTPS id {queue[:10]} "
        f"for <{READER}>; {_stamp(at, 6)}"
    )
    yield "Authentication-Results", _authentication(laying, post, home)
    if posted:
        yield "Received", (
            f"from {origin} ({origin} [{_number(origin)}]) by {last} (Postfix) with ESMTPS id {queue[2:]} "
            f"for <{posted.address}>; {_stamp(at, 3)}"
        )


def _stamp(sent: datetime, seconds: int) -> str:
    at = sent.astimezone(UTC) + timedelta(seconds=seconds)
    return at.astimezone(sent.tzinfo).strftime("%a, %d %b %Y %H:%M:%S %z")


def _number(host: str) -> str:
    """An address of the documentation range (RFC 5737) for a host."""
    return f"198.51.100.{int(token(host), 16) % 254 + 1}"


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
    return f"<{written:%Y%m%d}.{token(original.slug, laying.day)}@{domain}>"


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
    yield "Archived-At", f"<{page}/archive/{key}/{token('archive', post.slug)}>"
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
            part.set_boundary(f"=_part_{token(post.slug, laying.day, number)}")


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
    when = shown(laying.sent[post.slug], "%a, %b %-d, %Y at %-I:%M %p")
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
