"""What a message holds, collected in one walk over its parts: text, attached messages, calendars, files, and defects.

Of alternatives (RFC 2046, 5.1.4) the plain one is taken when it says something; attached messages are kept apart.
"""

from __future__ import annotations

import binascii
import email
import re
from dataclasses import dataclass, field
from email.message import Message as Part

from bot import headers
from bot.inbox import mime
from bot.inbox.body import reflow
from bot.types import Attachment

LONGEST_TEXT = 200_000
LONGEST_ENCLOSED = 50_000
MOST_ENCLOSED = 30
MOST_CALENDARS = 10
LONGEST_CALENDAR = 200_000
MOST_ATTACHMENTS = 100
#: Text files up to this size are looked through for patron data.
LARGEST_SCANNED = 300_000
#: Decoded text and HTML that one message may cost, over all its parts.
MOST_WORK = 600_000

#: How a link that shows one host and leads to another is told: a defect that the guards read.
LINK_DEFECT = "a link shows {shown} but leads to {target}"
#: How patron data in an attached text file is told.
FILE_DEFECT = "the attached file {name} holds {what}"

_STUB = re.compile(
    r"(?:html|view (?:it|this|the) (?:e-?mail|message|newsletter)? ?(?:in|on|as)|does not support|cannot (?:display"
    r"|show)|online version)", re.IGNORECASE)
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_SCANNED = (".csv", ".txt", ".xml", ".json", ".tsv")


@dataclass(slots=True)
class Content:
    """What the walk has found so far."""

    texts: list[str] = field(default_factory=list)
    enclosed: list[str] = field(default_factory=list)
    calendars: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    work: int = MOST_WORK

    @property
    def text(self) -> str:
        """The whole body."""
        return "\n\n".join(text.strip("\n") for text in self.texts if text.strip())[:LONGEST_TEXT]


def collect(root: Part, plain: str | None = None) -> Content:
    """Walk a message. `plain` is the text of a single-part message, where mail-parser has read it soundly."""
    content = Content()
    if plain is not None and mime.media_type(root) == "text/plain" and not root.is_multipart():
        content.texts.append(_flowed(root, mime.clean(plain)[:LONGEST_TEXT]))
        content.defects.extend(mime.damage(root))
    else:
        _visit(root, content, top=True)
    return content


def _visit(part: Part, content: Content, *, top: bool = False, text: bool = True) -> None:
    """Sort one part to where it belongs. Without `text` only files, calendars and messages are wanted."""
    kind = mime.media_type(part)
    if part.is_multipart():
        content.defects.extend(mime.damage(part))
        _visit_container(part, kind, content, text=text)
    elif kind.startswith("multipart/"):  # it has no parts: what stands there is all there is
        content.texts.append(_read(part, content))
    elif kind == "text/calendar" or mime.file_name(part).lower().endswith(".ics"):
        _add_calendar(part, content)
    elif mime.is_attached(part) and not (top and kind.startswith("text/")):
        _attach(part, content)
    elif kind == "text/rfc822-headers":
        _enclose_text(_read(part, content), content)
    elif not kind.startswith("text/"):
        _attach(part, content)
    elif text:
        content.texts.append(_as_text(part, kind, content))


def _visit_container(part: Part, kind: str, content: Content, *, text: bool) -> None:
    kids = mime.children(part)
    if kind == "message/delivery-status":
        return
    if kind.startswith("message/"):
        _enclose(part, kids, content)
    elif kind == "multipart/alternative" and text:
        _visit_alternatives(kids, content)
    else:
        for kid in kids:
            _visit(kid, content, text=text and mime.disposition(part) != "attachment")


def _visit_alternatives(kids: list[Part], content: Content) -> None:
    plain = [kid for kid in kids if mime.media_type(kid) == "text/plain" and not mime.is_attached(kid)]
    if len(plain) == len(kids):
        plain = plain[:1]
    others = [kid for kid in kids if kid not in plain]
    said = "\n".join(_as_text(kid, "text/plain", content) for kid in plain)
    if not said.strip() or (len(said) < 300 and _STUB.search(said) and others):
        before = len(content.texts)
        for kid in _richest_last(others):
            _visit(kid, content, text=len(content.texts) == before)
        if "".join(content.texts[before:]).strip():
            return
        others = []
    content.texts.append(said)
    for kid in others:
        _look_at_links(kid, content)
        _visit(kid, content, text=False)


def _richest_last(kids: list[Part]) -> list[Part]:
    return sorted(kids, key=lambda kid: mime.media_type(kid) != "text/html" and not kid.is_multipart())


def _as_text(part: Part, kind: str, content: Content) -> str:
    raw = _read(part, content)
    if kind not in ("text/html", "application/xhtml+xml"):
        return _flowed(part, raw)
    from bot.inbox import html

    _tell_links(raw, content)
    return html.to_text(raw)


def _read(part: Part, content: Content) -> str:
    text, wrong = mime.part_text(part, min(content.work, 2 * LONGEST_TEXT))
    content.work -= len(text)
    content.defects.extend(wrong)
    return text


def _flowed(part: Part, text: str) -> str:
    """RFC 3676 flowed text put together again; other text as it is."""
    if "flowed" not in str(part.get("content-type", "")).lower():
        return text
    return reflow(text, delsp=bool(re.search(r"delsp\s*=\s*\"?yes", str(part.get("content-type", "")), re.IGNORECASE)))


def _look_at_links(part: Part, content: Content) -> None:
    """Links of an HTML alternative that nobody reads as text must still be judged."""
    if mime.media_type(part) == "text/html" and not part.is_multipart():
        _tell_links(_read(part, content), content)
    elif part.is_multipart():
        for kid in mime.children(part):
            _look_at_links(kid, content)


def _tell_links(raw: str, content: Content) -> None:
    if "href" not in raw and "HREF" not in raw:
        return
    from bot.inbox import html

    found = dict.fromkeys(html.deceptive_links(raw))
    content.defects.extend(LINK_DEFECT.format(shown=shown, target=target) for shown, target in list(found)[:5])


def _attach(part: Part, content: Content) -> None:
    if mime.media_type(part) in _SIGNATURES or len(content.attachments) >= MOST_ATTACHMENTS:
        return
    found = mime.attachment(part)
    content.attachments.append(found)
    if found.size <= LARGEST_SCANNED and (found.media_type.startswith(
        "text/") or found.name.lower().endswith(_SCANNED)):
        _scan(part, found.name, content)


def _scan(part: Part, name: str, content: Content) -> None:
    from bot.inbox import patron

    found = patron.find(_read(part, content))
    if found is not None:
        content.defects.append(FILE_DEFECT.format(name=name, what=found))


def _add_calendar(part: Part, content: Content) -> None:
    """iCalendar wherever it stands, named or not (RFC 5545)."""
    text = _read(part, content)[:LONGEST_CALENDAR]
    if "BEGIN:VCALENDAR" in text.upper() and len(content.calendars) < MOST_CALENDARS:
        content.calendars.append(text)
    if mime.file_name(part) or "BEGIN:VCALENDAR" not in text.upper():
        content.attachments.append(mime.attachment(part))


# ── attached messages ─────────────────────────────────────────────────────────────────────────────────────────────


def _enclose(part: Part, kids: list[Part], content: Content) -> None:
    for kid in kids:
        inner = Content(work=content.work)
        _visit(_unpacked(part, kid), inner, top=True)
        content.work = inner.work
        _enclose_text(_as_enclosed(kid, inner.text), content)
        for text in inner.enclosed:
            _enclose_text(text, content)
        content.attachments.extend(inner.attachments[:MOST_ATTACHMENTS - len(content.attachments)])
        content.calendars.extend(inner.calendars[:MOST_CALENDARS - len(content.calendars)])
        content.defects.extend(inner.defects)


def _unpacked(part: Part, kid: Part) -> Part:
    """An attached message that was sent in base64 against the rule of RFC 2046, 5.2.1."""
    inside = mime.inside(kid)
    if mime.transfer_encoding(part) != "base64" or kid.keys() or not isinstance(inside, str):
        return kid
    try:
        return email.message_from_bytes(binascii.a2b_base64(inside[:LARGEST_SCANNED].encode("ascii", "replace")))
    except (ValueError, TypeError, LookupError, RecursionError):
        return kid


def _as_enclosed(kid: Part, text: str) -> str:
    lines = [f"{name}: {headers.decode(kid[name])}" for name in ("From", "Date", "Subject") if kid[name] is not None]
    return "\n".join((*lines, "", text)) if lines else text


def _enclose_text(text: str, content: Content) -> None:
    if text.strip() and len(content.enclosed) < MOST_ENCLOSED:
        content.enclosed.append(text.strip("\n")[:LONGEST_ENCLOSED])
