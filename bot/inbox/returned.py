"""Mail that came back: what a delivery report says of which of our mails (RFC 3464; RFC 6533; else flufl.bounce).

Anybody can send a report. What makes one believable is the Message-ID of a mail of ours, which only its reader and the
servers on its way have seen; whether there was such a mail, and to whom, the store knows. Pure; never raises.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Part
from email.parser import HeaderParser
from typing import Literal

from flufl.bounce import all_failures

from bot.inbox import mime
from bot.replycodes import enhanced

#: So much of a report is looked at: its words stand before the mail that it returns.
LONGEST = 1_000_000
_MOST_NAMES, _MOST_RECIPIENTS, _MOST_BLOCKS = 20, 20, 100

Action = Literal["failed", "delayed"]

_OURS = r"<(?:urgent|digest|report|notice|reminder)\.[0-9A-Za-z.-]{1,64}@[^<>\s\"]{1,255}>"
_NAMED = re.compile(rf"message-id:\s{{0,5}}({_OURS})", re.IGNORECASE)
_ANY = re.compile(_OURS)
_ADDRESS = re.compile(r"[^\s<>;,\"]{1,128}@[^\s<>;,\"]{1,255}")
_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>@]{0,200})>")
_HEADERS_ONLY = ("text/rfc822-headers", "message/global-headers")
_RETURNED = ("message/rfc822", "message/global")
_STATUS = ("message/delivery-status", "message/global-delivery-status")
_FOREIGN = (ValueError, TypeError, AttributeError, LookupError, AssertionError, RecursionError)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """What became of the mail for one recipient: every spelling of the address that the report knows, lower-cased; the
    enhanced code, and the words of the server that refused."""

    addresses: frozenset[str]
    action: Action
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A delivery report: the Message-IDs that it names, the likeliest first, and what it says of whom."""

    names: tuple[str, ...]
    recipients: tuple[Recipient, ...]


def read_report(raw: bytes) -> Report | None:
    """The report in these bytes; None when they name none of our mails or tell no failure."""
    try:
        root = mime.read_tree(raw[:LONGEST]).root
        names = tuple(dict.fromkeys(_names(root)))[:_MOST_NAMES]
        if not names:
            return None
        recipients = tuple(_by_status(root))[:_MOST_RECIPIENTS] or tuple(_by_form(root))[:_MOST_RECIPIENTS]
    except _FOREIGN:
        return None
    return Report(names=names, recipients=recipients) if recipients else None


# ── which mail ──


def _names(root: Part) -> Iterator[str]:
    """Of the returned mail itself first, then as servers quote it, then what the report answers to."""
    texts = []
    for part in _parts(root):
        kind = part.get_content_type()
        if part is not root:
            yield from _ANY.findall(str(part.get("message-id", "")))
        if kind in _HEADERS_ONLY or (kind.startswith("text/") and not part.is_multipart()):
            texts.append(_text(part))
        elif kind in _STATUS:
            texts += [f"message-id: {block.get('x-original-message-id', '')}" for block in _blocks(part)]
    for text in texts:
        yield from _NAMED.findall(text)
    yield from _ANY.findall(str(root.get("in-reply-to", "")))
    yield from _ANY.findall(str(root.get("references", "")))


def _parts(root: Part) -> Iterator[Part]:
    """The parts of the report, and the mail it returns, but not what lies inside that."""
    yield root
    for part in root.get_payload() if root.is_multipart() else ():
        if not isinstance(part, Part):
            continue
        yield part
        if part.is_multipart() and (part.get_content_type() in _RETURNED or part.get_content_maintype() == "multipart"):
            yield from (inner for inner in part.get_payload() if isinstance(inner, Part))


def _text(part: Part) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return part.as_string()
    text = payload.decode("utf-8", "replace")
    # A header may be folded before the Message-ID; a report for people may be HTML.
    return html.unescape(_TAG.sub(" ", text)) if part.get_content_type() == "text/html" else text


# ── what became of it ──


def _by_status(root: Part) -> Iterator[Recipient]:
    """RFC 3464, 2.3: a block of fields for each recipient."""
    for part in _parts(root):
        for block in _blocks(part) if part.get_content_type() in _STATUS else ():
            found = _recipient(block)
            if found is not None:
                yield found


def _blocks(part: Part) -> list[Part]:
    payload = part.get_payload()
    if isinstance(payload, list) and part.get_content_type() == _STATUS[0]:
        return [block for block in payload if isinstance(block, Part)][:_MOST_BLOCKS]
    text = part.as_string().replace("\r\n", "\n").partition("\n\n")[2]
    return [HeaderParser().parsestr(block) for block in re.split(r"\n[ \t]*\n", text)[:_MOST_BLOCKS]]


def _recipient(block: Part) -> Recipient | None:
    action = str(block.get("action", "")).split(";")[0].strip().lower()
    named = [str(block.get(name, "")) for name in ("final-recipient", "original-recipient")]
    addresses = frozenset(address for value in named if (address := _address(value)))
    if not addresses or action not in ("failed", "delayed"):
        return None
    said = " ".join(str(block.get("diagnostic-code", "")).split()).partition(";")
    status, text = enhanced(str(block.get("status", ""))), (said[2] or said[0]).strip()
    # What the server said is more exact than the reporter's own "5.0.0".
    shown = text if enhanced(text) else f"{status} {text}".strip()
    return Recipient(addresses=addresses, action="failed" if action == "failed" else "delayed", text=shown[:500])


def _address(value: str) -> str:
    """The address of "rfc822; dana@library.example.edu"."""
    found = _ADDRESS.search(value.partition(";")[2] or value)
    return found[0].strip(".").lower() if found else ""


def _by_form(root: Part) -> Iterator[Recipient]:
    """Reports of servers that have a form of their own."""
    later, gone = all_failures(root)
    words = " ".join(next((_text(part) for part in _parts(root) if part.get_content_maintype() == "text"), "").split())
    for found, action in ((gone, "failed"), (later - gone, "delayed")):
        for raw in sorted(found):
            address = raw.decode("utf-8", "replace").lower()
            yield Recipient(addresses=frozenset({address}), action="failed" if action == "failed" else "delayed",
                            text=_about(address, words))


def _about(address: str, words: str) -> str:
    """What is said behind the last mention of an address before the returned mail begins: there the reason stands."""
    said = re.split(r"-{2,} ?(?:below this line|this is a copy|original message|returned message)", words,
                    maxsplit=1, flags=re.IGNORECASE)[0]
    at = said.lower().rfind(address)
    return said[max(at, 0):][:500]
