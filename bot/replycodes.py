"""What a server's refusal says: of the address, of the mailbox, of this one mail, or of the hour. Pure.

    dead       nobody is there: unknown, disabled, moved away, no such domain
    full       the mailbox holds no more; it may tomorrow
    later      try again: every 4xx, and limits of rate, whatever their first digit
    refused    this mail is not taken (content, size, policy); that says nothing of the address

By the enhanced status code (RFC 3463, 5248) where it is plain; where it is not, by the words that servers use.
"""

from __future__ import annotations

import re
from typing import Literal

Fate = Literal["dead", "full", "later", "refused"]

_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_BASIC = re.compile(r"(?<!\d)([245]\d\d)(?=[ \-]|$)")
#: Limits of what may be sent in an hour or a day (Exchange Online, Gmail, campus relays).
_LIMIT_CODES = frozenset({"5.4.5", "5.7.28", "5.1.90", "5.2.121", "5.2.122"})
_LIMITS = re.compile(
    r"\b(?:rate[ -]limit|sending[ -](?:limit|quota|rate)|thread limit|concurrent (?:connections?|sessions?)"
    r"|submission ?quota ?exceeded|(?:daily|hourly) (?:\w+ ){0,3}(?:limit|quota)|too (?:many|much) (?:messages|mails?"
    r"|connections|concurrent|mail from)|throttl|at a rate that|unusual rate)", re.IGNORECASE)
_FULL_CODES = frozenset({"4.2.2", "5.2.2"})
_FULL = re.compile(
    r"\b(?:mailbox|inbox|account|recipient|user)\b[^.\n]{0,60}\b(?:is |are )?(?:over ?quota|over (?:its |the )?"
    r"(?:quota|limit)|full|exceeded (?:its |the )?(?:\w+ )?(?:quota|limit))\b|\b(?:over ?quota|quota (?:is )?exceeded"
    r"|mailbox full|out of storage space|insufficient (?:system |disk )?storage)\b", re.IGNORECASE)
_AGAIN = re.compile(r"\b(?:try (?:it |sending )?(?:your message )?again|temporar|greylist|graylist)", re.IGNORECASE)
#: Unknown, bad domain, bad syntax, moved, null MX, disabled, no way to the domain.
_DEAD_CODES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"})
#: Codes that servers use for anything; the words decide. 5.4.1 is how Exchange says that there is no such recipient.
_VAGUE_CODES = frozenset({"", "5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.4.0", "5.4.1", "5.5.0", "5.5.4", "5.7.1"})
_NOBODY = re.compile(
    r"\b(?:(?:no such|unknown|unrecogni[sz]ed|invalid|non-?existent) (?:\w+ ){0,2}(?:user|mailbox|recipient|address"
    r"|account|person|domain|alias|here)|(?:user|recipient|mailbox|account|address)\b[^.\n]{0,80}\b(?:unknown"
    r"|not known|not found|(?:does|did) ?n[o']t exist|doesn\u2019t exist|is disabled|has been disabled|is inactive"
    r"|no longer (?:exists|valid|active|available|in use|works)|not exist|is not valid|unavailable)"
    r"|recipient address rejected: access denied|doesn't have an? \S{1,40} account|host or domain name not found"
    r"|no longer (?:works|employed|with) |not a (?:valid|known) (?:user|mailbox|recipient))", re.IGNORECASE)


def enhanced(text: str) -> str:
    """The first enhanced status code in a reply ("5.1.1"); the empty string when it has none."""
    found = _ENHANCED.search(text)
    return found[1] if found else ""


def fate(code: int | None, text: str) -> Fate:
    """What a reply of a 4 or 5 means. `code` is its basic code, else the first one in `text` counts."""
    status = enhanced(text)
    if status in _LIMIT_CODES or _LIMITS.search(text):
        return "later"
    if status in _FULL_CODES or (status[2:] not in ("1.1", "3.4", "2.3") and _FULL.search(text)):
        return "full"
    if _first_digit(code, status, text) != "5":
        return "later"
    if status in _DEAD_CODES:
        return "dead"
    if _AGAIN.search(text):
        return "later"
    return "dead" if status in _VAGUE_CODES and _NOBODY.search(text) else "refused"


def _first_digit(code: int | None, status: str, text: str) -> str:
    """An enhanced code is the more exact one; a basic code of another class beside it is a forwarder's own."""
    if status:
        return status[0]
    if code is not None and code > 0:
        return str(code)[0]
    found = _BASIC.search(text)
    return found[1][0] if found else "5"


def is_passing(code: int | None, text: str) -> bool:
    """Whether a refusal may be none tomorrow, whatever its first digit."""
    return fate(code, text) in ("later", "full")
