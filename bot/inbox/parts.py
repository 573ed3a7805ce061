"""What a message holds, collected in one walk over its parts: text, attached messages, calendars, files, and defects.

Of alternatives (RFC 2046, 5.1.4) the plain one is taken when it says something; attached messages are kept apart.
"""

from __future__ import annotations

import binascii
import email
import re
from dataclasses import dataclass, field
from email.message import Message as Part
from html import unescape

from bot import headers
from bot.inbox import attached, mime
from bot.inbox.attached import Budget
from bot.inbox.body import reflow
from bot.types import Attachment

LONGEST_TEXT = 200_000
LONGEST_ENCLOSED = 50_000
MOST_ENCLOSED = 30
MOST_CALENDARS = 10
LONGEST_CALENDAR = 200_000
MOST_ATTACHMENTS = 100
#: A message sent in base64 against the rules is unpacked up to this size.
LARGEST_UNPACKED = 300_000
#: Attached files that are opened in one message, their bytes together, and the text that is kept of one.
MOST_FILES = 12
MOST_FILE_BYTES = 12_000_000
LONGEST_FILE = 100_000
#: Decoded text and HTML that one message may cost, over all its parts.
MOST_WORK = 600_000
#: Tags that are laid out, over all parts; beyond, they are only cut out.
MOST_TAGS = 25_000

#: How a link that shows one host and leads to another is told: a defect that the guards read.
LINK_DEFECT = "a link shows {shown} but leads to {target}"
#: How patron data in what HTML hides is told, and a file that cannot be looked into: defects that the guards read.
HIDDEN_DEFECT = "its HTML hides {what}"
FILE_DEFECT = "the attached file {name} {how}"

_STUB = re.compile(
    r"(?:html|view (?:it|this|the) (?:e-?mail|message|newsletter)? ?(?:in|on|as)|does not support|cannot (?:display"
    r"|show)|online version)", re.IGNORECASE)
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_TEXT_FILES = (".csv", ".txt", ".xml", ".json", ".tsv", ".log", ".htm", ".html")
_MARKUP = re.compile(r"<(style|script)\b[^<]{0,100000}</\1\s*>|<(/?(?:p|div|tr|li|table|h[1-6])\b|br\b)?[^<>]{0,3000}>",
    re.IGNORECASE)
_SAID_ASIDE = re.compile(r"\b(?:alt|title|value|aria-label)\s*=\s*[\"']([^\"'<>]{6,400})[\"']", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){5,}")


@dataclass(slots=True)
class Content:
    """What the walk has found so far."""

    texts: list[str] = field(default_factory=list)
    enclosed: list[str] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    calendars: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    work: int = MOST_WORK
    tags: int = MOST_TAGS
    files: int = MOST_FILES
    file_bytes: int = MOST_FILE_BYTES
    budget: Budget = field(default_factory=Budget)

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
        _look_at_markup(kid, said, content)
        _visit(kid, content, text=False)


def _richest_last(kids: list[Part]) -> list[Part]:
    return sorted(kids, key=lambda kid: mime.media_type(kid) != "text/html" and not kid.is_multipart())


def _as_text(part: Part, kind: str, content: Content) -> str:
    raw = _read(part, content)
    if kind not in ("text/html", "application/xhtml+xml"):
        return _flowed(part, raw)
    from bot.inbox import html

    _tell_links(raw, content)
    content.tags -= raw.count("<")
    text = html.to_text(raw, is_late=content.tags < 0)
    _tell_hidden(raw, text, content)
    return text


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


def _look_at_markup(part: Part, said: str, content: Content) -> None:
    """An HTML alternative that nobody reads as text must still be judged: its links, and what it holds besides."""
    if mime.media_type(part) == "text/html" and not part.is_multipart():
        raw = _read(part, content)
        _tell_links(raw, content)
        _tell_hidden(raw, said, content)
    elif part.is_multipart():
        for kid in mime.children(part):
            _look_at_markup(kid, said, content)


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
    if found.media_type.startswith("text/") or found.name.lower().endswith(_TEXT_FILES):
        _read_text_file(part, found, content)
    elif attached.is_readable(found.name, found.media_type):
        _open(part, found, content)


def _read_text_file(part: Part, found: Attachment, content: Content) -> None:
    """A text file, within the same bounds as the others."""
    content.files -= 1
    content.file_bytes -= found.size
    if content.files < 0 or content.file_bytes < 0:
        content.defects.append(FILE_DEFECT.format(name=found.name, how="is too large to be read"))
        return
    text = _text_of(part)
    _keep_file(found.name, text, content, whole=len(text) < LONGEST_FILE)


def _text_of(part: Part) -> str:
    """An attached text, kept apart from the work that the body may cost: its own cap is small."""
    text, _ = mime.part_text(part, LONGEST_FILE)
    return _stripped(text) if "<td" in text[:20_000].lower() else text


def _open(part: Part, found: Attachment, content: Content) -> None:
    """Look into a workbook, a document or a .pdf; what cannot be read is a defect."""
    content.files -= 1
    content.file_bytes -= found.size
    try:
        if content.files < 0 or content.file_bytes < 0 or found.size > attached.LARGEST_FILE:
            raise attached.Unread("is too large to be read")
        text, whole = attached.text_of(found.name, mime.payload(part), content.budget)
        _keep_file(found.name, text, content, whole=whole)
    except attached.Unread as error:
        content.defects.append(FILE_DEFECT.format(name=found.name, how=error))


def _keep_file(name: str, text: str, content: Content, *, whole: bool) -> None:
    if text.strip() and len(content.attached) < MOST_FILES:
        content.attached.append(f"{name}\n{text[:LONGEST_FILE]}")
    if not whole:
        content.defects.append(FILE_DEFECT.format(name=name, how="is long; only its beginning was read"))


def _tell_hidden(raw: str, shown: str, content: Content) -> None:
    """Patron data in HTML that the text does not show: hidden elements, alternative texts, another version's table."""
    stripped = _stripped(raw)
    fresh = not set(_LONG_NUMBER.findall(stripped)) <= set(_LONG_NUMBER.findall(shown))
    if not (fresh or len(stripped) > 1.2 * len(shown) + 300 or _SAID_ASIDE.search(raw)):
        return
    from bot.inbox import borrowers, patron

    words = set(shown.split())
    unseen = "\n".join(line for line in stripped.split("\n") if not words.issuperset(line.split()))
    found = patron.find(unseen[:LONGEST_FILE]) or borrowers.cautious(unseen[:LONGEST_FILE])
    if found is not None:
        content.defects.append(HIDDEN_DEFECT.format(what=found))


def _stripped(markup: str) -> str:
    """Markup without its tags, a line for each block, with the texts that stand in for pictures."""
    aside = "\n".join(_SAID_ASIDE.findall(markup)[:500])
    bare = _MARKUP.sub(lambda tag: "\n" if tag[2] else " ", markup)
    return unescape(f"{bare}\n{aside}" if aside else bare)


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
        inner = Content(work=content.work, tags=content.tags, files=content.files,
                        file_bytes=content.file_bytes, budget=content.budget)
        _visit(_unpacked(part, kid), inner, top=True)
        content.work, content.tags, content.files = inner.work, inner.tags, inner.files
        content.file_bytes = inner.file_bytes
        _enclose_text(_as_enclosed(kid, inner.text), content)
        for text in inner.enclosed:
            _enclose_text(text, content)
        content.attachments.extend(inner.attachments[:MOST_ATTACHMENTS - len(content.attachments)])
        content.attached.extend(inner.attached[:MOST_FILES - len(content.attached)])
        content.calendars.extend(inner.calendars[:MOST_CALENDARS - len(content.calendars)])
        content.defects.extend(inner.defects)


def _unpacked(part: Part, kid: Part) -> Part:
    """An attached message that was sent in base64 against the rule of RFC 2046, 5.2.1."""
    inside = mime.inside(kid)
    if mime.transfer_encoding(part) != "base64" or kid.keys() or not isinstance(inside, str):
        return kid
    try:
        return email.message_from_bytes(binascii.a2b_base64(inside[:LARGEST_UNPACKED].encode("ascii", "replace")))
    except (ValueError, TypeError, LookupError, RecursionError):
        return kid


def _as_enclosed(kid: Part, text: str) -> str:
    lines = [f"{name}: {headers.decode(kid[name])}" for name in ("From", "Date", "Subject") if kid[name] is not None]
    return "\n".join((*lines, "", text)) if lines else text


def _enclose_text(text: str, content: Content) -> None:
    if text.strip() and len(content.enclosed) < MOST_ENCLOSED:
        content.enclosed.append(text.strip("\n")[:LONGEST_ENCLOSED])
