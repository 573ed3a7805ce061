"""One finished mail: the bytes that go over the wire, the same for the same input.

Headers are written here and not by the standard library's folding, which encodes a long `List-Unsubscribe` into words
that no mail program reads; the parts, too (see `_body`). Nothing that came from outside can begin a new header. RFC
5322, 2045-2047, 2369, 2919, 3834; List-Unsubscribe-Post (8058) needs a web address and is left out.
"""

from __future__ import annotations

import hashlib
import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

from bot.digests.phrases import clean_line, clean_text, list_name
from bot.digests.render import Rendered
from bot.digests.values import ReaderView
from bot.digests.wording import ENGLISH, Words
from bot.page import Picture
from bot.types import Address

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[A-Za-z0-9.-]{1,200}>")
_CONTENT_ID = re.compile(r"[a-z0-9.-]{1,100}@[A-Za-z0-9.-]{1,200}")
_ADDRESS = re.compile(r"[!#-'*+/-9=?A-Z^-~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
_LIST_ID = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){1,10}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_{|}~-]*")
_LINE = 76
#: The newest ones suffice to keep a thread together.
_MOST_REFERENCES = 20
#: RFC 5322, 2.1.1.
_LONGEST_LINE = 998
_TOO_LONG_A_LINE = re.compile(rb"[^\r\n]{%d}" % (_LONGEST_LINE + 1))


def build(
    rendered: Rendered,
    *,
    sender: Address,
    recipient: Address,
    reply_to: Address,
    message_id: str,
    date: datetime,
    list_id: str,
    calendar: bytes | None = None,
    originals: Sequence[Original] = (),
    references: Sequence[str] = (),
    liaison: Address | None = None,
) -> bytes:
    """The mail, with CRLF line ends: text and HTML as alternatives, `calendar` (METHOD:PUBLISH) as a file beside them,
    and `originals`, posts as they came, as attached messages (message/rfc822). `references` are the Message-IDs of
    our own mails that this one continues, oldest first. The pictures that the HTML shows stand beside it
    (multipart/related). Unsubscribing leads to the `liaison` where replies do not.

    Raises ValueError for a Message-ID, address or list identifier that is none: those are ours, not from outside.
    """
    thread = [_matching(_MESSAGE_ID, name, "Message-ID") for name in references[-_MOST_REFERENCES:]]
    unsubscribe = f"<mailto:{_address(liaison or reply_to)}?subject={quote('Less of this, please')}>"
    fields = (
        ("From", _mailbox(sender)),
        ("To", _mailbox(recipient)),
        ("Reply-To", _mailbox(reply_to)),
        ("Subject", _words(clean_line(rendered.subject, 250), "Subject")),
        ("Date", format_datetime(date)),
        ("Message-ID", _matching(_MESSAGE_ID, message_id, "Message-ID")),
        *((("In-Reply-To", thread[-1]), ("References", " ".join(thread))) if thread else ()),
        ("List-Id", f"<{_matching(_LIST_ID, list_id, 'list identifier')}>"),
        ("List-Unsubscribe", unsubscribe),
        ("Auto-Submitted", "auto-generated"),
        ("X-Liaison-Loop", list_id),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Content-Language", rendered.language),
    )
    return _head(fields) + _body(rendered, calendar, originals, message_id)


def addressed(rendered: Rendered, reader: ReaderView) -> Rendered:
    """The mail as its reader gets it: when somebody else does, the subject says for whom it is."""
    if reader.in_care_of is None:
        return rendered
    words = reader.words
    return replace(rendered, subject=words.say("For %(name)s: %(subject)s", name=reader.name, subject=rendered.subject))


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """A post as it came: its bytes, and the name that its file gets."""

    name: str
    raw: bytes


def via(sender: Address, lists: Iterable[str], consortium: str = "CARLI", words: Words = ENGLISH) -> Address:
    """The From of a post that is sent on at once: our own address, "CARLI announce via Library Digest"."""
    name = next((list_name(name) for name in lists), "")
    known = name.lower().startswith(consortium.lower())
    whose = name if known else f"{consortium} {name}".strip()
    said = words.say("%(list)s via %(bot)s", list=whose, bot=sender.name)
    return Address(address=sender.address, name=clean_line(said, 120))


# ── header fields ─────────────────────────────────────────────────────────────────────────────────────────────────


def _head(fields: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{_folded(name, value)}\r\n" for name, value in fields).encode("ascii")


def _folded(name: str, value: str) -> str:
    """One field in lines of at most 76 characters where its blanks allow it (RFC 5322, 2.2.3)."""
    lines, line = [], f"{name}:"
    for word in value.split():
        if len(line) + 1 + len(word) > _LINE and line.strip() != f"{name}:":
            lines.append(line)
            line = ""
        line = f"{line} {word}"
    return "\r\n".join((*lines, line))


def _mailbox(address: Address) -> str:
    phrase = _phrase(address.name)
    return f"{phrase} <{_address(address)}>" if phrase else _address(address)


def _phrase(name: str) -> str:
    """A display name: as it is, quoted, or as encoded words (RFC 5322, 3.2.5 and RFC 2047, 5)."""
    line = clean_line(name, 120)
    if not line.isascii():
        return _words(line, "From")
    return line if _PLAIN_NAME.fullmatch(line) else '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'


#: The sender, the names of the areas, and what many readers' subjects have in common are the same in many mails.
@lru_cache(maxsize=1_000)
def _words(line: str, field: str) -> str:
    """ASCII as it is; else encoded words of at most 75 characters, none of which splits a character (RFC 2047)."""
    if line.isascii() and "=?" not in line and max(map(len, line.split()), default=0) < 400:
        return line
    encoded = Header(line, "utf-8", maxlinelen=_LINE - 1, header_name=field).encode(linesep="\n")
    return " ".join(encoded.split())


def _address(address: Address) -> str:
    local, _, domain = address.address.rpartition("@")
    wire = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    return _matching(_ADDRESS, f"{local}@{wire}", "address")


def is_address(address: Address) -> bool:
    """Whether it can stand in a mail of ours."""
    try:
        return bool(_address(address))
    except (ValueError, UnicodeError):
        return False


def _matching(pattern: re.Pattern[str], value: str, what: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"`{value[:80]!r}` cannot stand in a mail as its {what}.")
    return value


# ── the parts ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _body(rendered: Rendered, calendar: bytes | None, originals: Sequence[Original], message_id: str) -> bytes:
    """MIME-Version, Content-Type and the parts. Put together by hand: the library's generator takes most of the time
    that a digest costs, and not a byte of a post that is carried may change. Boundaries come from the Message-ID."""
    words = _multipart("alternative", message_id, [_text("plain", rendered.text), _page(rendered, message_id)])
    beside = [*([_dates(calendar)] if calendar is not None else []), *map(_attached, originals)]
    return b"MIME-Version: 1.0\r\n" + (_multipart("mixed", message_id, [words, *beside]) if beside else words)


def _multipart(kind: str, message_id: str, parts: Iterable[bytes], more: str = "") -> bytes:
    """Parts under one head (RFC 2046, 5.1.1); in each its own head comes first."""
    boundary = _boundary(kind, message_id)
    head = f'Content-Type: multipart/{kind};{more}\r\n boundary="{boundary}"\r\n'.encode("ascii")
    between = f"\r\n--{boundary}\r\n".encode("ascii")
    return b"".join((head, between, between.join(parts), f"\r\n--{boundary}--\r\n".encode("ascii")))


def _text(kind: str, words: str) -> bytes:
    """A text part (RFC 2045, 6.7)."""
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    text = clean_text(words)
    encoded = b2a_qp((text if text.endswith("\n") else f"{text}\n").encode("utf-8", "replace"), istext=True)
    return head.encode("ascii") + encoded.replace(b"\n", b"\r\n")


def _page(rendered: Rendered, message_id: str) -> bytes:
    """The HTML; the pictures stand beside it (RFC 2387), not beside the whole mail."""
    html = _text("html", rendered.html)
    if not rendered.pictures:
        return html
    return _multipart("related", message_id, [html, *map(_picture, rendered.pictures)], ' type="text/html";')


def _picture(picture: Picture) -> bytes:
    cid = _matching(_CONTENT_ID, picture.cid, "Content-ID")
    return _file(picture.media_type, picture.raw, f'inline; filename="{_plain(picture.name, "picture")}"',
                 f"Content-ID: <{cid}>\r\n")


def _dates(calendar: bytes) -> bytes:
    return _file('text/calendar; method="PUBLISH"; charset="utf-8"', calendar, 'attachment; filename="dates.ics"')


def _file(kind: str, raw: bytes, place: str, more: str = "") -> bytes:
    """A part in base64 (RFC 2045, 6.8; RFC 2183)."""
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: {place}\r\n{more}\r\n"
    return head.encode("ascii") + encodebytes(raw).replace(b"\n", b"\r\n")


def _plain(name: str, instead: str) -> str:
    """A file's name in letters that every mail program shows, and nothing that looks like a path."""
    return re.sub(r"([^\w.()-]|\.{2})+", " ", name, flags=re.ASCII)[:60].strip(" .") or instead


def _attached(original: Original) -> bytes:
    """A post as message/rfc822, which may not be encoded (RFC 2046, 5.2.1); one that no relay would leave alone (8-bit
    or NUL bytes, lines over 998) travels as a file of bytes instead."""
    place = f'attachment; filename="{_plain(original.name, "post")}.eml"'
    raw = original.raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    if raw.isascii() and b"\0" not in raw and _TOO_LONG_A_LINE.search(raw) is None:
        return f"Content-Type: message/rfc822\r\nContent-Disposition: {place}\r\n\r\n".encode("ascii") + raw
    return _file("application/octet-stream", original.raw, place)


def _boundary(kind: str, message_id: str) -> str:
    return f"={kind[:3]}-{hashlib.sha256(message_id.encode()).hexdigest()[:32]}"
