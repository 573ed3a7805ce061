"""Copies and conversations: when two messages are one post, and which earlier mail a message belongs to.

Pure: the store looks candidates up, this module judges them. Copies fold, they are never dropped; an update with news
in it is no copy. MinHash signatures come from rensa (64 permutations over three-word shingles), cut into 16 bands.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from rensa import RMinHash

from bot.headers import base_subject
from bot.types import Message

#: How long after a post a copy of it may come: yearly inquiries look alike and are no copies.
COPY_WINDOW = timedelta(days=30)
#: How long a conversation without reply headers may rest before the same subject is a new one.
THREAD_WINDOW = timedelta(days=21)
#: How long the word "it is down" keeps its replies urgent.
OUTAGE_WINDOW = timedelta(hours=24)

_PERMUTATIONS, _BANDS, _SHINGLE = 64, 16, 3
_SAME_TEXT = 0.8
#: Below this a repeated Message-ID is a careless sender's, not the same post.
_OTHER_TEXT = 0.2
#: Texts shorter than this say "thanks" in many mouths.
_FEW_WORDS = 12

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_NUMBER = re.compile(r"\d+")
_REPLY = re.compile(r"\s*(?:\[[^\[\]]{1,40}\]\s*){0,4}(?:re|fwd?|aw|wg|sv|vs|antw)(?:\[\d{1,3}\])?\s?:", re.IGNORECASE)
_NEWS = re.compile(
    r"\b(?:update[ds]?|correct(?:ion|ed)|resolved|restored|cancel(?:l?ed|lation)|extended|postponed|moved|reschedul\w*|"
    r"reminder|final|rescinded|now open|closed|back up)\b", re.IGNORECASE)


def signature(message: Message) -> tuple[bytes, tuple[int, ...]]:
    """MinHash signature of the new text and its LSH bands; empty for a text without words."""
    words = _words(message.new_text)[:5000]
    if not words:
        return b"", ()
    shingles = [" ".join(words[at:at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1))]
    minhash = RMinHash(num_perm=_PERMUTATIONS, seed=42)
    minhash.update(shingles)
    numbers = minhash.digest()
    rows = _PERMUTATIONS // _BANDS
    packed = struct.pack(f"<{_PERMUTATIONS}I", *numbers)
    return packed, tuple(_band(n, packed[n * rows * 4:(n + 1) * rows * 4]) for n in range(_BANDS))


def _band(number: int, part: bytes) -> int:
    """A band as one number below 2^56, so that it fits every database's BIGINT."""
    from hashlib import blake2b

    return int.from_bytes(blake2b(part, digest_size=7, salt=number.to_bytes(2, "little")).digest(), "little")


def likeness(one: bytes, other: bytes) -> float:
    """The share of equal MinHash values: an estimate of the Jaccard index of the two texts, 0 to 1."""
    if not one or len(one) != len(other):
        return 0.0
    mine, theirs = (struct.unpack(f"<{len(part) // 4}I", part) for part in (one, other))
    return float(sum(a == b for a, b in zip(mine, theirs, strict=True)) / len(mine))


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """An earlier message as far as this module needs it."""

    id: int
    message: Message
    signature: bytes
    bytes_hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """Which earlier message a new one is a copy of, and why."""

    of: int
    why: str


def find_copy(message: Message, mine: bytes, bytes_hash: str, candidates: Iterable[Earlier]) -> Copy | None:
    """The first candidate that is the same post."""
    for earlier in candidates:
        why = _same(message, mine, bytes_hash, earlier)
        if why:
            return Copy(of=earlier.id, why=why)
    return None


def _same(message: Message, mine: bytes, bytes_hash: str, earlier: Earlier) -> str | None:
    if bytes_hash and bytes_hash == earlier.bytes_hash:
        return "the very same message again"
    alike = likeness(mine, earlier.signature)
    same_id = message.message_id is not None and message.message_id == earlier.message.message_id
    if same_id and (alike >= _OTHER_TEXT or _is_short(message) or _is_short(earlier.message)):
        return "the same Message-ID" + _through(message)
    if alike >= _SAME_TEXT and _is_same_announcement(message, earlier.message):
        return "the same text" + _through(message)
    return None


def _through(message: Message) -> str:
    return f", posted to {', '.join(message.lists)}" if message.lists else ""


def _is_same_announcement(message: Message, earlier: Message) -> bool:
    if _is_short(message) or message.sender is None or earlier.sender is None:
        return False
    return _numbers(message) == _numbers(earlier) and _news(message) == _news(earlier) and (
        message.sender.address == earlier.sender.address
        or _subject_words(message) == _subject_words(earlier)
    )


def _is_short(message: Message) -> bool:
    return len(_words(message.new_text)) < _FEW_WORDS


def _numbers(message: Message) -> list[str]:
    """A changed date or hour makes an update."""
    return sorted(set(_NUMBER.findall(message.new_text)))


def _news(message: Message) -> set[str]:
    """Words in the subject or first lines that announce a change."""
    return {word.lower() for word in _NEWS.findall(f"{message.subject}\n{message.new_text[:200]}")}


def _subject_words(message: Message) -> frozenset[str]:
    return frozenset(_words(base_subject(message.subject)))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def reply_names(message: Message) -> tuple[str, ...]:
    """The Message-IDs that name this message's conversation, nearest first (RFC 5322, 3.6.4)."""
    return tuple(dict.fromkeys([*message.in_reply_to, *reversed(message.references)]))


def subject_key(message: Message) -> str:
    """The base subject as conversations are found by."""
    return " ".join(_words(base_subject(message.subject)))[:200]


def may_join_by_subject(message: Message) -> bool:
    """Whether, without reply headers, the subject alone may lead to a conversation: only what calls itself a reply."""
    return _REPLY.match(message.subject) is not None and len(subject_key(message)) >= 6
