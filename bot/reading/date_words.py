"""The words and figures of English dates and times: one sentence → tokens. No grammar; every pattern is linear."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple


class Token(NamedTuple):
    """A word, figure or sign at text[begin:stop]; `kind` is its part in a date, `value` its number."""

    kind: str
    begin: int
    stop: int
    text: str
    value: int = 0


def word_set(words: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(words.split())


def _numbered(words: str, first: int) -> dict[str, int]:
    return {name: number for number, name in enumerate(words.split(), first)}


MONTHS = _numbered("jan feb mar apr may jun jul aug sep oct nov dec", 1)
_WEEKDAYS = _numbered("mon tue wed thu fri sat sun", 0)
_ORDINALS = _numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth "
    "twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first", 1,
)
#: Counts in words, in tenths, so that a half is one too.
COUNTS = {name: number * 10 for name, number in _numbered(
    "one two three four five six seven eight nine ten eleven twelve", 1
).items()} | {"fifteen": 150, "twenty": 200, "thirty": 300, "forty": 400, "forty-five": 450, "sixty": 600,
              "ninety": 900, "a": 10, "an": 10, "half": 5, "couple": 20}
_TOLD = {
    "to": "to until till til through thru",
    "and": "and or plus & /",
    "which": "this next coming upcoming following last past",
    "end": "end close cob eod",
    "unit": "hour hours hr hrs minute minutes min mins",
    "part": "morning afternoon evening night overnight mornings afternoons evenings nights",
    "near": "today tonight tomorrow yesterday",
    "week": "week weeks fortnight",
    "the": "the",
    "that": "that same",
    "of": "of in",
}
_KINDS: dict[str, tuple[str, int]] = {
    word: (kind, 0) for kind, words in _TOLD.items() for word in words.split()
} | {word: ("ordinal", number) for word, number in _ORDINALS.items()} | {
    word: ("count", number) for word, number in COUNTS.items()
} | {"noon": ("noon", 12), "midday": ("noon", 12), "midnight": ("noon", 0), "thanksgiving": ("holiday", 0),
    "christmas": ("holiday", 0), "labor": ("holiday", 0), "memorial": ("holiday", 0), "halloween": ("holiday", 0),
    "thur": ("weekday", 3)}
_FULL_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)
_FULL_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_KINDS |= {name: ("month", number) for number, name in enumerate(_FULL_MONTHS, 1)} | {"sept": ("month", 9)}
_KINDS |= {name: ("month", number) for name, number in MONTHS.items()}
_KINDS |= {name: ("weekday", number) for number, name in enumerate(_FULL_WEEKDAYS)}
_KINDS |= {name: ("weekday", number) for name, number in _WEEKDAYS.items()}
_KINDS |= {name: ("weekday", number) for name, number in (("tues", 1), ("weds", 2), ("thurs", 3))}
_KINDS |= {f"{name}s": ("weekdays", number) for number, name in enumerate(_FULL_WEEKDAYS)}
#: English words that are dates only with a capital.
_CAPITAL = frozenset({"may", "mar", "march", "sat", "sun", "mon", "wed", "jan", "dec"})

_HALF = r"(?:\s?[ap]\.?\s?m\b\.?|[ap]\b)"
_CLOCK = (
    rf"(?:24:00|(?:2[0-3]|[01]?\d):[0-5]\d)(?::[0-5]\d)?(?!\d)(?:{_HALF})?|(?:1[0-2]|0?\d)(?:\.[0-5]\d)?{_HALF}"
    r"|(?:[01]\d|2[0-3])[0-5]\d(?=\s?(?:-|\u2013|to)\s?\d{4}\s?(?:hours|hrs|(?-i:[CEMP][SD]?T|UTC|GMT))\b|"
    r"\s?(?:(?:hours|hrs|h)\b|(?-i:[CEMP][SD]?T|UTC|GMT)\b))"
)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
#: The look ahead spares a blank all the forms that it cannot be.
TOKEN = re.compile(
    r"(?=\S)(?:(?P<word>(?:twenty|thirty|forty)-(?:[a-z]+)|[^\W\d_]+(?:['\u2019][^\W\d_]+)*)"
    r"|(?P<junk>[$#§€£]\s?\d[\d,.]{0,20}|\(\d{3}\)\s?\d{3}-\d{4}|\d{3}[-.]\d{3,4}(?:[-.]\d{4})?\b|\d{1,3}(?:,\d{3})+\b"
    r"|\d+(?:\.\d+){2,}\b|24/7|\d+(?:\.\d+)?\s?%|(?:19|20)\d\d\s?[-\u2013/]\s?(?:(?:19|20)\d\d|\d\d)\b(?![-/:]\d|\s?[ap]\.?\s?m\b))"
    rf"|(?P<iso>(?:19|20)\d\d(?P<s>[-/])(?:0[1-9]|1[0-2])(?P=s){_DAY}(?!\d)(?:T(?=\d\d?:))?)"
    rf"|(?P<slash>(?:1[0-2]|0?[1-9])/{_DAY}(?:/(?:20)?\d\d)?(?![\w/%]|\.\d|\s(?:of|hour|inch)))"
    rf"|(?P<slashed>(?:1[0-2]|0?[1-9])(?P<t>[.-]){_DAY}(?P=t)(?:20)\d\d(?!\w))"
    rf"|(?P<time>{_CLOCK})"
    r"|(?P<nth>[0-3]?\d\s?(?:st|nd|rd|th)\b)"
    r"|(?P<year>(?:19|20)\d\d(?![\w,]\w|[/:]\d))"
    r"|(?P<half>\d{1,2}(?:\.\d(?!\d)|\s1/2))"
    r"|(?P<num>\d{1,2}(?![\w/%]|[:.,]\d))"
    r"|(?P<other>\d+\w*)"
    r"|(?P<dash>--?|[\u2013\u2014])"
    r"|(?P<sign>[&/@.;:,()\[\]|?!\u2022*+]))",
    re.IGNORECASE,
)
#: Zones by their first letters; capitals alone, or names written out ("Central Time").
_ZONES = {
    "c": "America/Chicago", "e": "America/New_York", "m": "America/Denver", "p": "America/Los_Angeles", "u": "UTC",
    "g": "UTC", "z": "UTC", "b": "Europe/London", "i": "Asia/Jerusalem",
}
ZONE = (
    r"(?:(?:u\.?s\.?\s)?(?:(?:central|eastern|mountain|pacific)(?:\s(?:standard|"
    r"daylight))?(?:\stime)?\b(?!\s(?-i:[A-Z])[a-z]|\.\w)"
    r"|(?-i:UTC|GMT)[+\u2212-]\d\d?(?::?\d\d)?\b(?!\s?(?:UTC|GMT))|(?-i:[CEMP][SD]?T|UTC|GMT|BST|I[SD]T)\b|(?:british\ssummer|greenwich\smean|israel)\stime\b)|(?<=\d)(?-i:Z)\b)"
)
#: Outlook names the standard offset before the zone, in summer too: the name counts.
_OFFSET = r"(?:(?:utc|gmt)[+\u2212-]\d\d?(?::?\d\d)?\)?\s{1,2}(?=[cemp]))?"
ZONE_TAIL = re.compile(rf"\s{{0,2}}[,/]?\s{{0,2}}\(?{_OFFSET}\(?({ZONE})\)?", re.IGNORECASE)
_FROM_UTC = re.compile(r"([+\u2212-])\s?0?(\d{1,2})")


def zone_of(written: str) -> str:
    """The IANA name of a zone as ZONE finds it (west of Greenwich is "+" there)."""
    if offset := _FROM_UTC.search(written):
        return f"Etc/GMT{'-' if offset[1] == '+' else '+'}{min(int(offset[2]), 12)}"
    return _ZONES[re.sub(r"u\.?s\.?\s", "", written.lower())[0]]


_LINK = re.compile(r"\S{1,200}@\S{1,100}|\b(?:https?://|www\.)\S{1,300}", re.IGNORECASE)
#: A sentence with more is none; the rest is not read.
_MOST = 400

_DIGIT = re.compile(r"\d")
_HINTS = (
    "day", "tomorrow", "tonight", "noon", "midnight", "o'clock", "o\u2019clock", "morning", "afternoon", "evening",
    "cob", "eod", "end of", "close of", "weeks from", "week from", "fortnight", "thanksgiving", "christmas",
    "halloween", "teenth", "the first", "the tenth", "the twent", " mon", " tue", " wed", " thu", " fri", " sat",
    " sun",
)


def is_dated(text: str) -> bool:
    """A cheap question, asked first: could there be any date or time in here?"""
    if _DIGIT.search(text):
        return True
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)


def tokens(text: str) -> list[Token]:
    """The tokens of a sentence. Links count as blank; figures inside of words ("MARC21") are no figures."""
    if "@" in text or "/" in text:
        text = _LINK.sub(lambda match: " " * len(match.group()), text)
    return list(_read(text))


def _read(text: str) -> Iterable[Token]:
    after = -1
    for count, match in enumerate(TOKEN.finditer(text)):
        begin, stop = match.span()
        form, written = match.lastgroup or "", match.group()
        kind, told, value = _word(written) if form == "word" else _figure(form, written.lower(), begin == after)
        yield Token(kind, begin, stop, told, value)
        after = stop if form in ("word", "other") else -1
        if count == _MOST:
            return


def _figure(form: str, written: str, is_glued: bool) -> tuple[str, str, int]:
    """The part in a date of what is no word; a figure right behind a word is none."""
    if written == "&":
        return "and", written, 0
    if is_glued or form in ("junk", "other"):
        return form if form in ("sign", "dash") else "other", written, 0
    return form, written, int(written.rstrip(" stndrh")) if form in ("nth", "num", "year") else 0


@lru_cache(maxsize=4_000)
def _word(written: str) -> tuple[str, str, int]:
    """A word's part in a date: names need a capital where small letters spell another word."""
    word = written.lower()
    bare = word[:-2] if word[-2:] in ("'s", "\u2019s") else word
    kind, value = _KINDS.get(bare, ("word", 0))
    if bare in _CAPITAL and not written[0].isupper():
        return "word", word, 0
    return kind, bare, value
