"""Rules of the header and of MIME."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from tests.judge.mail import Mail, rule, walk

_ONCE = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "Auto-Submitted",
         "MIME-Version", "Content-Type", "Content-Language")
_AT_MOST_ONCE = ("In-Reply-To", "References", "Precedence", "Sender")
_ID = re.compile(r"<[^<>@\s]+@([A-Za-z0-9.-]+)>")
_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-](?!0000)\d{4}")
_BESIDE = {"text/calendar", "message/rfc822", "application/octet-stream"}


@rule("RFC 5322, 2.1: lines end with CRLF, and CR and LF stand nowhere else")
def line_ends(mail: Mail) -> Iterator[str]:
    bare = len(re.findall(rb"(?<!\r)\n|\r(?!\n)", mail.raw))
    if bare:
        yield f"{bare} bare CR or LF"


@rule("RFC 5322, 2.1.1: at most 998 bytes; a header line of more than 78 only where it cannot be folded")
def line_length(mail: Mail) -> Iterator[str]:
    if (longest := max(map(len, mail.raw.split(b"\r\n")))) > 998:
        yield f"a line of {longest} bytes"
    for line in mail.head.split(b"\r\n"):
        if len(line) > 78 and b" " in line.partition(b": ")[2].strip():
            yield f"a header line of {len(line)} bytes: {line[:40]!r}"


@rule("RFC 5322, 2.2 and 3.2.2: ASCII fields, no folded line of blanks only, no NUL")
def header_bytes(mail: Mail) -> Iterator[str]:
    if not mail.head.isascii():
        yield "8-bit bytes in the header"
    if b"\0" in mail.raw:
        yield "a NUL byte"
    for line in mail.head.split(b"\r\n"):
        if not line.strip() or not re.match(rb"[!-9;-~]+:|[ \t]+\S", line):
            yield f"no field and no folded line: {line[:40]!r}"


@rule("RFC 5322, 3.6: each field once, no Cc, no Bcc")
def fields_once(mail: Mail) -> Iterator[str]:
    for name in _ONCE:
        if (number := len(mail.message.get_all(name, []))) != 1:
            yield f"{name} stands {number} times"
    for name in (*_AT_MOST_ONCE, "Cc", "Bcc"):
        if (number := len(mail.message.get_all(name, []))) > (name in _AT_MOST_ONCE):
            yield f"{name} stands {number} times"


@rule("RFC 5322, 3.3: a date with its day of the week and a zone that is known")
def date_with_zone(mail: Mail) -> Iterator[str]:
    written = "".join(re.findall(r"(?m)^Date: (.*)$", mail.head.decode("ascii", "replace").replace("\r\n", "\n")))
    if not _DATE.fullmatch(written):
        yield f"Date: {written}"
    elif parsedate_to_datetime(written).strftime("%a") != written[:3]:
        yield f"the wrong day of the week: {written}"


@rule("RFC 5322, 3.6.4: a Message-ID in our own domain; what is continued stands last in References")
def message_ids(mail: Mail) -> Iterator[str]:
    own, domain = str(mail.message["Message-ID"]).strip(), _from_domain(mail)
    found = _ID.fullmatch(own)
    if not found or found[1].lower() != domain:
        yield f"Message-ID {own} is not of {domain}"
    before, replied = str(mail.message["References"] or "").split(), str(mail.message["In-Reply-To"] or "").strip()
    if (before[-1:] or [""]) != [replied] or own in before or len(set(before)) != len(before):
        yield f"In-Reply-To {replied} and References {before} do not fit"


@rule("RFC 5322, 3.6.2 and 3.6.3: From one address of ours, To one reader, replies to one address")
def addresses(mail: Mail) -> Iterator[str]:
    for name in ("From", "To", "Reply-To"):
        field = mail.message[name]
        if field is None or len(field.addresses) != 1 or "@" not in field.addresses[0].addr_spec:
            yield f"{name} is not one address"


@rule("RFC 2047, 2 and 5: a subject that says something, in words that decode, none over 75 characters")
def subject_words(mail: Mail) -> Iterator[str]:
    subject = str(mail.message["Subject"] or "")
    if not subject.strip() or len(subject) > 150:
        yield f"a subject of {len(subject)} characters"
    if re.search(r"=\?[^ ]+\?=|\ufffd|[\x00-\x1f]", subject):
        yield f"a damaged subject: {subject[:60]}"
    for word in re.findall(rb"=\?[^ ?]+\?[BbQq]\?[^ ?]*\?=", mail.head):
        if len(word) > 75:
            yield f"an encoded word of {len(word)} characters"


@rule("RFC 3834, 5: Auto-Submitted: auto-generated, and nobody's absence answers")
def auto_submitted(mail: Mail) -> Iterator[str]:
    if mail.message["Auto-Submitted"] != "auto-generated":
        yield f"Auto-Submitted: {mail.message['Auto-Submitted']}"
    for name in ("X-Liaison-Loop", "Precedence", "X-Auto-Response-Suppress"):
        if not mail.message[name]:
            yield f"no {name}"


@rule("RFC 2919, 2; RFC 2369, 2; RFC 8058, 3.1: List-Id, List-Unsubscribe by mail, one-click only with a web address")
def list_fields(mail: Mail) -> Iterator[str]:
    if not re.fullmatch(r"<[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+>", str(mail.message["List-Id"] or "")):
        yield f"List-Id: {mail.message['List-Id']}"
    leave = str(mail.message["List-Unsubscribe"] or "")
    if not re.fullmatch(r"<mailto:[!-~]+@[!-~]+>(, <https://[!-~]+>)?", leave):
        yield f"List-Unsubscribe: {leave}"
    if mail.message["List-Unsubscribe-Post"] and "https:" not in leave:
        yield "List-Unsubscribe-Post without a web address"


@rule("RFC 2045, 4 and 5; RFC 2046, 5.1: sound parts, each multipart with parts")
def mime_parts(mail: Mail) -> Iterator[str]:
    if str(mail.message["MIME-Version"]) != "1.0":
        yield f"MIME-Version: {mail.message['MIME-Version']}"
    for part in walk(mail.message):
        kind = part.get_content_type()
        yield from (f"{kind}: {type(defect).__name__}" for defect in part.defects)
        if part is not mail.message and part["MIME-Version"] and kind != "message/rfc822":
            yield f"{kind} repeats MIME-Version"
        if kind.startswith("multipart/") and not list(part.iter_parts()):
            yield f"{kind} without parts"


@rule("RFC 2046, 5.1.1: boundaries of at most 70 characters, none within another or within a body")
def boundaries(mail: Mail) -> Iterator[str]:
    found = [part.get_boundary() or "" for part in walk(mail.message)
             if part.get_content_maintype() == "multipart"]
    lines = mail.raw.split(b"\r\n")
    for number, one in enumerate(found):
        if not 0 < len(one) <= 70 or any(other.startswith(one) for other in (*found[:number], *found[number + 1:])):
            yield f"boundary {one}"
        if sum(line == f"--{one}--".encode() for line in lines) != 1:
            yield f"boundary {one} does not end once"


@rule("RFC 2046, 5.1.4: text, then HTML, as the alternatives; what hangs on the mail stands beside them")
def order_of_parts(mail: Mail) -> Iterator[str]:
    kinds = [[one.get_content_type() for one in part.iter_parts()] for part in mail.parts("multipart/alternative")]
    if len(kinds) != 1 or kinds[0] not in (["text/plain", "text/html"], ["text/plain", "multipart/related"]):
        yield f"alternatives are {kinds}"
    for mixed in mail.parts("multipart/mixed"):
        first, *others = [one.get_content_type() for one in mixed.iter_parts()] or [""]
        if first not in ("multipart/alternative", "multipart/mixed") or not set(others) <= _BESIDE:
            yield f"multipart/mixed holds {[first, *others]}"


@rule("RFC 2387, 3; RFC 2392: pictures stand beside the page that shows them, each shown, each with its Content-ID")
def related(mail: Mail) -> Iterator[str]:
    ids = [str(part["Content-ID"] or "").strip("<> ") for part in mail.parts("image")]
    shown = re.findall(r'src="cid:([^"]+)"', mail.html)
    if sorted(ids) != sorted(set(shown)) or "" in ids:
        yield f"pictures {ids}, shown {shown}"
    for part in mail.parts("multipart/related"):
        if part.get_param("type") != "text/html" or next(part.iter_parts()).get_content_type() != "text/html":
            yield "the root of multipart/related is no page"
    for part in mail.parts("image"):
        if part.get_content_disposition() != "inline":
            yield f"a picture is {part.get_content_disposition()}"


@rule("RFC 2045, 6.7 and 6.8; RFC 2046, 4.1.2: texts in UTF-8 that decode, encoded lines of at most 76 characters")
def encodings(mail: Mail) -> Iterator[str]:
    for part in mail.parts("text"):
        charset, coding = part.get_content_charset(), str(part["Content-Transfer-Encoding"])
        if charset != "utf-8" or coding not in ("quoted-printable", "base64"):
            yield f"{part.get_content_type()} in {charset}, {coding}"
        try:
            bytes(part.get_payload(decode=True) or b"").decode("utf-8")
        except UnicodeDecodeError:
            yield f"{part.get_content_type()} is no UTF-8"
        if max(map(len, str(part.get_payload()).splitlines()), default=0) > 76:
            yield f"{part.get_content_type()} has an encoded line of more than 76 characters"


@rule("RFC 2183, 2.3: file names without a path or a control character")
def file_names(mail: Mail) -> Iterator[str]:
    for part in walk(mail.message):
        name = part.get_filename()
        if name is not None and not re.fullmatch(r"[^\x00-\x1f/\\:]{1,100}", name):
            yield f"a file named {name!r}"


def _from_domain(mail: Mail) -> str:
    field = mail.message["From"]
    return field.addresses[0].domain.lower() if field is not None and field.addresses else ""
