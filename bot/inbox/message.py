"""Raw bytes → Message. mail-parser reads first; what it is known to lose or damage is repaired from the same tree.

Bad mail is data: everything that was missing, damaged or cut stands in `defects`. The only error is Unreadable, for
bytes in which there is no message at all.
"""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import datetime, timedelta, timezone
from email.errors import MessageError
from email.message import Message as Part

import mailparser
from mailparser.exceptions import MailParserError

from bot import headers
from bot.errors import LiaisonError
from bot.inbox import mime
from bot.inbox.body import split_body
from bot.inbox.lists import lists_of
from bot.inbox.parts import Content, collect
from bot.types import Address, Message

MOST_DEFECTS = 40
#: Of a larger message mail-parser gets the header alone.
LARGEST_BODY = 300_000
MOST_RECIPIENTS = 500
MOST_REFERENCES = 200

# mail-parser logs headers that it cannot read; headers of mail never belong in a log.
logging.getLogger("mailparser").setLevel(logging.CRITICAL + 1)

_FOREIGN = (
    ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError, AssertionError, MessageError,
    MailParserError,
)
_SAFE_WORD = re.compile(r"=\?(?:utf-8|us-ascii)\?[bBqQ]\?", re.IGNORECASE)
_IDENTITY = (
    b"from", b"sender", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id", b"in-reply-to", b"references",
    b"content-type", b"content-transfer-encoding",
)


class Unreadable(LiaisonError):  # noqa: N818
    """There is no message in these bytes: none at all, or neither header nor text."""


def parse(raw: bytes, *, size: int | None = None, known_lists: frozenset[str] = frozenset()) -> Message:
    """A message of raw bytes; `size` is its true size when `raw` is only its head. Raises nothing but Unreadable."""
    if not raw.strip():
        raise Unreadable("The message is empty.", "Nothing can be done with it.")
    tree = mime.read_tree(raw)
    is_large = len(raw) > LARGEST_BODY
    first = _first_resort(_head_of(tree.root) if is_large else tree.root, tree.defects)
    content = collect(tree.root, None if is_large else _sound_text(tree.root, first))
    if not tree.root.keys() and not content.text.strip() and not content.attachments and not content.enclosed:
        raise Unreadable("The message has neither a header nor a text.", "Its bytes are kept; look at them there.")
    return _Reader(tree.root, first, [*tree.defects, *content.defects]).message(
        content, len(raw) if size is None else size, known_lists)


def own_bytes_hash(raw: bytes) -> str:
    """sha256 over body and identity of raw bytes; transport headers (Received, Return-Path …) don't count."""
    head, body = _head_and_body(raw)
    kept = (line for line in _unfolded(head) if line.partition(b":")[0].strip().lower() in _IDENTITY)
    digest = hashlib.sha256(b"\n".join(b" ".join(line.split()) for line in kept))
    digest.update(b"\n\n" + body.replace(b"\r\n", b"\n").strip(b"\n"))
    return digest.hexdigest()


def _head_and_body(raw: bytes) -> tuple[bytes, bytes]:
    end = re.search(rb"\r?\n\r?\n", raw)
    return (raw[:end.start()], raw[end.end():]) if end else (raw, b"")


def _unfolded(head: bytes) -> list[bytes]:
    return re.sub(rb"\r?\n[ \t]+", b" ", head).replace(b"\r\n", b"\n").split(b"\n")


def _head_of(root: Part) -> Part:
    """The header alone: mail-parser decodes every part there is, files included, and keeps it all in memory."""
    head = Part()
    for name, value in root.raw_items():
        if name.lower() not in ("content-type", "content-transfer-encoding"):
            head[name] = value
    head.set_payload("")
    return head


def _first_resort(root: Part, defects: list[str]) -> mailparser.MailParser | None:
    try:
        return mailparser.MailParser(root)
    except _FOREIGN as error:
        defects.append(f"mail-parser gave up on this message ({type(error).__name__}); it was read without it")
        return None


def _sound_text(root: Part, first: mailparser.MailParser | None) -> str | None:
    """mail-parser's text of a message in one part, when its label can be believed."""
    if first is None or root.is_multipart() or first.defects_categories or len(first.text_plain) != 1:
        return None
    text = first.text_plain[0]
    label = (mime.declared_charset(root) or "").lower()
    known = not label or headers.charset_name(label) is not None
    sound = known and isinstance(text, str) and "\ufffd" not in text and (label == "utf-8" or text.isascii())
    is_plain = "=\n" not in text and "=\r" not in text
    return text if sound and is_plain and "iso-2022" not in label and not root.defects else None


class _Reader:
    """One message being put together: mail-parser's fields where they are sound, ours where they are not."""

    def __init__(self, root: Part, first: mailparser.MailParser | None, defects: list[str]) -> None:
        self.root = root
        self.first = first
        self.defects = defects
        self.raw_pairs = [(name.lower(), str(value)) for name, value in root.raw_items()]

    def message(self, content: Content, size: int, known: frozenset[str]) -> Message:
        """The finished value."""
        pairs = tuple((name, _value(name, value)) for name, value in self.raw_pairs)
        subject, to, cc = self._subject(), self._addresses("to"), self._addresses("cc")
        parts = split_body(content.text)
        return Message(
            message_id=next(iter(self._ids("message-id")), None), subject=subject, date=self._date(),
            sender=self._sender(), reply_to=self._addresses("reply-to"), to=to, cc=cc,
            in_reply_to=self._ids("in-reply-to"), references=self._ids("references"),
            lists=lists_of(pairs, (*to, *cc), subject, known), text=content.text, new_text=parts.new,
            quoted_text=parts.quoted, signature=parts.signature, footer=parts.footer, enclosed=tuple(content.enclosed),
            attached=tuple(content.attached), calendars=tuple(content.calendars),
            attachments=tuple(content.attachments), headers=pairs, size=size,
            defects=tuple(dict.fromkeys(self.defects))[:MOST_DEFECTS])

    def _raw(self, name: str) -> list[str]:
        return [value for key, value in self.raw_pairs if key == name]

    def _said(self, name: str) -> object:
        """mail-parser's word on a header; None when it has none or fails over it."""
        if self.first is None:
            return None
        try:
            return getattr(self.first, name)
        except _FOREIGN:
            return None

    def _subject(self) -> str:
        raw = self._raw("subject")
        if len(raw) > 1:
            self.defects.append(f"the message has {len(raw)} subjects; the first one counts")
        if not raw:
            return ""
        said = self._said("subject")
        if isinstance(said, str) and said and said.isprintable() and _plainly_encoded(raw[0]):
            return headers.unfold(said)
        return headers.decode(raw[0])

    def _sender(self) -> Address | None:
        found = self._addresses("from")
        if not found:
            self.defects.append("no sender's address could be read")
            return next(iter(self._addresses("sender")), None)
        if len(found) > 1:
            self.defects.append(f"the message names {len(found)} senders; the first one counts")
        return found[0]

    def _addresses(self, name: str) -> tuple[Address, ...]:
        raw = self._raw(name)
        if not raw:
            return ()
        said = self._said("from_" if name == "from" else name.replace("-", "_"))
        if len(raw) == 1 and self._is_sound(name, raw[0], said):
            found = (headers.mailbox(spec, label) for label, spec in said)  # type: ignore[attr-defined]
            return tuple(address for address in found if address is not None)[:MOST_RECIPIENTS]
        return tuple(dict.fromkeys(address for value in raw for address in headers.addresses(value)))[:MOST_RECIPIENTS]

    def _is_sound(self, name: str, raw: str, said: object) -> bool:
        if not isinstance(said, list) or not said or not _plainly_encoded(raw) or self.first is None:
            return False
        if any(defect.get("header") == name for defect in self.first.address_header_defects):
            return False
        return all("@" in spec and label.isprintable() for label, spec in said)

    def _ids(self, name: str) -> tuple[str, ...]:
        found = (found for value in self._raw(name) for found in headers.message_ids(value))
        return tuple(dict.fromkeys(found))[:MOST_REFERENCES]

    def _date(self) -> datetime | None:
        raw = self._raw("date")
        said = self._said("date")
        offset = _offset(self._said("timezone"))
        if isinstance(said, datetime) and said.tzinfo is not None and offset and 1970 < said.year < 2200:
            return said.astimezone(offset)
        found = headers.parse_date(raw[0]) if raw else None
        if found is None:
            self.defects.append("the date is missing" if not raw else "the date cannot be read")
        elif said is None:
            self.defects.append("the date is written against the rules")
        return found


def _plainly_encoded(raw: str) -> bool:
    """Nothing in it that mail-parser is known to damage: 8 bit, or words in other charsets than UTF-8."""
    return raw.isascii() and raw.count("=?") == len(_SAFE_WORD.findall(raw))


def _offset(text: object) -> timezone | None:
    try:
        return timezone(timedelta(hours=float(str(text))))
    except (ValueError, OverflowError):
        return None


def _value(name: str, raw: str) -> str:
    machine = name in headers.MACHINE_HEADERS or name.startswith(("arc-", "x-ms-exchange", "x-spam"))
    return headers.unfold(raw) if machine else headers.decode(raw)
