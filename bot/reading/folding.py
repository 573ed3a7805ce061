"""Copies and conversations: when two messages are one post, and which earlier mail a message belongs to.

Pure: the store looks candidates up, this module judges them. Copies fold, they are never dropped; an update with news
in it is no copy. MinHash signatures come from rensa (64 permutations over three-word shingles), cut into 16 bands; they
find candidates, the texts themselves decide. What differs between two postings of one announcement does not count:
greetings, apologies for cross-posting, signatures, telephone numbers, a note that only says who forwards it.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b

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
#: The share of words that two copies have in common; of the shorter one, when the other only has more around it.
_SAME_WORDS, _CONTAINED, _MOST_MORE = 0.85, 0.95, 30
#: An announcement goes to its lists at one sitting.
_SITTING = timedelta(hours=6)
#: The share of words that an edit without news replaces by others.
_MOST_SWAPPED = 0.06
#: Below this a repeated Message-ID is a careless sender's, not the same post.
_OTHER_TEXT = 0.2
#: So long may the word be with which somebody forwards an own post, and its headers so far from the top.
_COVERING, _HEAD_OF_QUOTE = 20, 600
#: Texts shorter than this say "thanks" in many mouths.
_FEW_WORDS = 12
_MOST_TEXT = 60_000

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_NUMBER = re.compile(r"\d+")
_REPLY = re.compile(r"\s*(?:\[[^\[\]]{1,40}\]\s*){0,4}(?:re|fwd?|aw|wg|sv|vs|antw)(?:\[\d{1,3}\])?\s?:", re.IGNORECASE)
_FORWARD = re.compile(r"\s*(?:\[[^\[\]]{1,40}\]\s*){0,4}(?:fwd?|fw|wg|tr)\s?:", re.IGNORECASE)
_NEWS = re.compile(
    r"\b(?:updat(?:e[ds]?|ing)|correct(?:ion|ed)|resolved|restored|cancel(?:l?ed|lation)|extend(?:ed|ing)|extension"
    r"|postponed|moved|reschedul\w{1,5}|reminder|final|rescinded|now open|closed|back up|called off|delayed|new date"
    r"|(?:last|second|2nd|third|final) (?:chance|call|day|notice)|one more week|ignore|disregard)\b", re.IGNORECASE)
def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words that turn an announcement into another one: a day, a month, a state.
_TELLING = _word_set(
    "monday tuesday wednesday thursday friday saturday sunday january february march april june july august september "
    "october november december today tomorrow tonight noon midnight am pm not no never unavailable available again "
    "down up slow working fixed completed complete over begins began started ended ends open closed full yet still "
    "instead "
    "cancelled canceled postponed resolved restored extended delayed reopened ready live")
_COUNTS = _word_set("one two three four five six seven eight nine ten eleven twelve half quarter first second third")
_URL = re.compile(r"(?:https?://|www\.)\S{1,500}|<?\S{1,80}@\S{3,120}>?", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\d)\+?(?:1[ .-]?)?\(?\d{3}\)?[ ./-]{0,2}\d{3}[ .-]?\d{4}(?!\d)")
_GREETING = re.compile(
    r"^\W{0,4}(?:dear|hello|hi|hey|greetings|good (?:morning|afternoon|day)|colleagues|friends|folks"
    r"|all)\b[^\n.?]{0,70}"
    r"[,:!.\u2014-]?\s*$", re.IGNORECASE)
_CROSS_POSTED = re.compile(
    r"cross[- ]?post|apolog\w{2,5} for (?:any |the |possible )?(?:dup|multiple|repeat)"
    r"|(?:excuse|pardon|forgive)(?: the| any)? (?:dup|cross|multiple)|re-?sending|sent again|posted again"
    r"|(?:sent|post(?:ed|ing)|forward(?:ed|ing)|sharing) (?:this |it |the (?:below|following) )?"
    r"(?:to multiple|to several|on behalf|for|from|to) ")
_SENTENCE_END = re.compile(r"[.!?\n][)\]*]{0,4}")
_LONGEST_NOTE = 200
_COVER = re.compile(
    r"^\W{0,4}(?:fyi|for your (?:information|interest)|please see (?:below|the (?:message|note|announcement) below)"
    r"|see below|passing (?:this )?(?:on|along)|in case you (?:missed|have not seen) (?:it|this)"
    r"|of (?:possible )?interest|from the \S{1,30} list)\b[^\n]{0,60}$", re.IGNORECASE)
_QUOTED_HEAD = re.compile(
    r"^\W{0,4}\*?(?:from|sent|date|to|cc|subject|reply-to|importance)\s?:|original message|forwarded message"
    r"|^\W{0,6}$|mailing list|unsubscribe|listinfo|_{8,}", re.IGNORECASE)


# ── the text that counts ──────────────────────────────────────────────────────────────────────────────────────────


def core(message: Message) -> str:
    """What a post says, without what differs between two postings of it; of a bare forward, what it forwards."""
    sender = message.sender.address if message.sender else ""
    return _core(message.subject, message.new_text[:_MOST_TEXT], message.quoted_text[:_MOST_TEXT], sender)


@lru_cache(maxsize=64)
def _core(subject: str, new: str, quoted: str, sender: str) -> str:
    own = _stripped(new)
    if quoted and _FORWARD.match(subject) and _adds_nothing(own, sender and sender in quoted[:_HEAD_OF_QUOTE].lower()):
        return _stripped("\n".join(line.lstrip("> ") for line in quoted.split("\n") if not _QUOTED_HEAD.search(line)))
    return own


def _adds_nothing(own: str, is_own_post: object) -> bool:
    """Whether what stands above a forwarded post says nothing; who forwards an own post may say a word why."""
    words = _words(own)
    return len(words) <= 3 or bool(is_own_post and len(words) <= _COVERING and not _NEWS.search(own)
                                   and not _is_telling(words))


def _stripped(text: str) -> str:
    lines = [line for line in _without_notes(text).split("\n") if line.strip()]
    while lines and (_GREETING.match(lines[0][:120]) or _COVER.match(lines[0][:120]) or not _WORD.search(lines[0])):
        del lines[0]
    return "\n".join(lines)


def _without_notes(text: str) -> str:
    """The text without the sentences that speak of posting it, where they stand at its head or its end."""
    cut = len(text)
    # In small letters, which is far quicker; the one letter that grows by it would shift the places.
    for match in reversed([*_CROSS_POSTED.finditer(text[:1_000].replace("\u0130", "I").lower())]):
        if match.end() > cut:
            continue
        start = max(text.rfind(sign, 0, match.start()) for sign in ".!?\n") + 1
        end = _SENTENCE_END.search(text, match.end(), match.end() + _LONGEST_NOTE)
        if end is not None and end.end() - start < _LONGEST_NOTE:
            text, cut = text[:start] + "\n" + text[end.end():], start
    return text


def _plain(text: str) -> str:
    """Without addresses and telephone numbers: signatures have them, news has not."""
    text = _URL.sub(" ", text) if "@" in text or "www." in text or "://" in text else text
    return _PHONE.sub(" ", text)


def signature(message: Message) -> tuple[bytes, tuple[int, ...]]:
    """MinHash signature of the text that counts and its LSH bands, one of them of the subject where it is no reply's.

    Empty for a text without words.
    """
    words = _words(core(message))[:5000]
    if not words:
        return b"", ()
    shingles = [" ".join(words[at:at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1))]
    minhash = RMinHash(num_perm=_PERMUTATIONS, seed=42)
    minhash.update(shingles)
    numbers = minhash.digest()
    rows = _PERMUTATIONS // _BANDS
    packed = struct.pack(f"<{_PERMUTATIONS}I", *numbers)
    text_bands = tuple(_band(n, packed[n * rows * 4:(n + 1) * rows * 4]) for n in range(_BANDS))
    return packed, (*_subject_band(message), *text_bands)[:_BANDS]


def _subject_band(message: Message) -> tuple[int, ...]:
    key = subject_key(message)
    if key.count(" ") < 1 or (_REPLY.match(message.subject) and not _FORWARD.match(message.subject)):
        return ()
    return (_band(_BANDS, key.encode()),)


def _band(number: int, part: bytes) -> int:
    """A band as one number below 2^56, so that it fits every database's BIGINT."""
    return int.from_bytes(blake2b(part, digest_size=7, salt=number.to_bytes(2, "little")).digest(), "little")


def likeness(one: bytes, other: bytes) -> float:
    """The share of equal MinHash values: an estimate of the Jaccard index of the two texts, 0 to 1."""
    if not one or len(one) != len(other):
        return 0.0
    mine, theirs = (struct.unpack(f"<{len(part) // 4}I", part) for part in (one, other))
    return float(sum(a == b for a, b in zip(mine, theirs, strict=True))) / len(mine)


# ── copies ────────────────────────────────────────────────────────────────────────────────────────────────────────


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
    same_id = message.message_id is not None and message.message_id == earlier.message.message_id
    close = same_id and likeness(mine, earlier.signature) >= _OTHER_TEXT
    if close or (same_id and (_is_short(message) or _is_short(earlier.message))):
        return "the same Message-ID" + _through(message)
    if _is_same_announcement(message, earlier.message):
        return "the same text" + _through(message)
    return None


def _through(message: Message) -> str:
    return f", posted to {', '.join(message.lists)}" if message.lists else ""


def _is_same_announcement(message: Message, earlier: Message) -> bool:
    if message.sender is None or earlier.sender is None:
        return False
    one, other = core(message), core(earlier)
    mine, theirs = _words(_plain(one)), _words(_plain(other))
    by_same = message.sender.address == earlier.sender.address
    same_subject = _subject_words(message) == _subject_words(earlier)
    if min(len(mine), len(theirs)) < _FEW_WORDS:
        return by_same and same_subject and len(mine) >= 4 and mine == theirs and not _is_reply(message)
    if not (by_same or same_subject) or _news(message) != _news(earlier) or not _same_subject_numbers(message, earlier):
        return False
    if mine == theirs or _only_dressed(Counter(mine), Counter(theirs), one, other):
        return True
    return by_same and same_subject and _is_cross_post(message, earlier) and _only_more(Counter(mine), Counter(theirs))


def _is_cross_post(message: Message, earlier: Message) -> bool:
    """Posted to another list at the same sitting."""
    if message.date is None or earlier.date is None or not message.lists or not earlier.lists:
        return False
    return not set(message.lists) & set(earlier.lists) and abs(message.date - earlier.date) <= _SITTING


def _only_more(mine: Counter[str], theirs: Counter[str]) -> bool:
    """One has all that the other says and a few words more for its own list."""
    more, less = sorted((mine - theirs, theirs - mine), key=lambda words: -words.total())
    return more.total() <= _MOST_MORE and less.total() <= 2 and not _is_telling(less)


def _is_telling(words: Iterable[str]) -> bool:
    return any(word in _TELLING or word in _COUNTS or _NUMBER.search(word) for word in words)


def _only_dressed(mine: Counter[str], theirs: Counter[str], one: str, other: str) -> bool:
    """Nearly the same words, and no number, day, state or name among those that differ."""
    more, less = mine - theirs, theirs - mine
    common = (mine & theirs).total()
    alike = common / max(mine.total(), theirs.total())
    inside = common / min(mine.total(), theirs.total())
    if alike < _SAME_WORDS and (inside < _CONTAINED or max(more.total(), less.total()) > _MOST_MORE):
        return False
    if min(more.total(), less.total()) > max(2, _MOST_SWAPPED * max(mine.total(), theirs.total())):
        return False
    changed = {*more, *less}
    counted = more.keys() & _COUNTS and less.keys() & _COUNTS
    if counted or changed & _TELLING or any(_NUMBER.search(word) for word in changed):
        return False
    return not (more and less and (_names(one) & more.keys()) and (_names(other) & less.keys()))


def _names(text: str) -> set[str]:
    """Words with a capital inside a sentence: systems, people, places."""
    return {found.lower() for found in _INNER_CAPITAL.findall(text)}


_INNER_CAPITAL = re.compile(r"(?<=[a-z,;] )[A-Z][^\W_]+")


def _is_short(message: Message) -> bool:
    return len(_words(message.new_text)) < _FEW_WORDS


def _is_reply(message: Message) -> bool:
    return bool(message.in_reply_to) or _REPLY.match(message.subject) is not None


def _same_subject_numbers(message: Message, earlier: Message) -> bool:
    """A subject may leave its date out in another list, but it names no other one."""
    mine, theirs = (set(_NUMBER.findall(base_subject(one.subject))) for one in (message, earlier))
    return not mine or not theirs or mine == theirs


def _news(message: Message) -> set[str]:
    """Words in the subject or first lines that announce a change."""
    return {word.lower() for word in _NEWS.findall(f"{message.subject}\n{core(message)[:200]}")}


def _subject_words(message: Message) -> frozenset[str]:
    return frozenset(_words(base_subject(message.subject)))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


# ── conversations ─────────────────────────────────────────────────────────────────────────────────────────────────


def reply_names(message: Message) -> tuple[str, ...]:
    """The Message-IDs that name this message's conversation, nearest first (RFC 5322, 3.6.4)."""
    return tuple(dict.fromkeys([*message.in_reply_to, *reversed(message.references)]))


def subject_key(message: Message) -> str:
    """The base subject as conversations are found by."""
    return " ".join(_words(base_subject(message.subject)))[:200]


def may_join_by_subject(message: Message) -> bool:
    """Whether, without reply headers, the subject alone may lead to a conversation: only what calls itself a reply."""
    return _REPLY.match(message.subject) is not None and len(subject_key(message)) >= 6
