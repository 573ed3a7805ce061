"""Folding of text for matching: the one place that says when two words are the same.

Letters are lower-cased, quotes and dashes made plain, accents dropped, and English plural, -ing and -ed endings folded,
so that "record" finds "Records" and "catalog" finds "cataloging". Rules and taggers share it, so they cannot disagree.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import islice

_PLAIN = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "`": "'", "\u00b4": "'",
    "“": '"', "”": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": None, "\u00ad": None, "\ufeff": None,
})
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]{1,20})*")
_VOWEL = re.compile(r"[aeiouy]")
#: Three letters that had an e: without one, the verb would have doubled its last letter.
_CLOSED = re.compile(r"[^aeiouy][aeiouy][^aeiouywx]")

#: Words whose ending is not an inflection, or means something else without it: a holding is not a hold.
_WHOLE = frozenset({
    "holding", "meeting", "building", "evening", "morning", "setting", "heading", "binding", "listing", "finding",
    "during", "nothing", "something", "everything", "anything", "string", "spring", "news", "series", "always",
    "perhaps", "lens", "alias", "bias", "canvas", "texas", "kansas", "illinois", "species", "hundred", "need", "feed",
    "speed", "exceed", "proceed", "indeed", "embed", "united", "red", "bed", "shed", "sacred", "being", "thing",
})


def fold(text: str) -> str:
    """Lower case, plain quotes, dashes and spaces, no accents. The length may change."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN)).lower()
    return "".join(char for char in plain if not unicodedata.combining(char))


#: Several taggers look at one text, so the last few are remembered; more would only hold memory.
@lru_cache(maxsize=16)
def words(text: str) -> tuple[str, ...]:
    """The folded words of a text in order, inflected as they stand; "I-Share's" gives i, share."""
    return tuple(map(_bare, _WORD.findall(fold(text))))


@lru_cache(maxsize=64)
def stems(text: str) -> tuple[str, ...]:
    """The folded words of a text in order, without their English endings."""
    return tuple(map(_bare_stem, _WORD.findall(fold(text))))


#: Nearly all words of a message were met before: one look instead of the rules of English.
@lru_cache(maxsize=20_000)
def _bare_stem(word: str) -> str:
    return stem(_bare(word))


def _bare(word: str) -> str:
    return word if "'" not in word else word.removesuffix("'s").replace("'", "")


def stem(word: str) -> str:
    """A folded word without plural, -ing or -ed. It need not be a word: it is only ever compared."""
    single = _singular(word)
    if single in _WHOLE or len(single) < 5:
        return single
    for ending in ("ing", "ed"):
        root = single.removesuffix(ending)
        if root != single and len(root) > 2 and _VOWEL.search(root) and not root.endswith("e"):
            return _undouble(root)
    return single.removesuffix("e")


def _singular(word: str) -> str:
    if word in _WHOLE or len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1]


def _undouble(root: str) -> str:
    """The verb behind a stripped ending: shipp is ship, fil is file; fulfill, process and staff keep theirs."""
    if _CLOSED.fullmatch(root):
        return root + "e"
    doubled = len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lszf"
    return (root[:-1] if doubled else root).removesuffix("e")


class _Indexed:
    """A text's stems as one searchable line. Where a word stands in the text is only looked up for what is found."""

    def __init__(self, text: str) -> None:
        self.text = text.translate(_PLAIN)
        self.line = f" {' '.join(map(_line_stem, _WORD.findall(self.text)))} "

    def find(self, wanted: str) -> str | None:
        place = self.line.find(wanted)
        if place < 0:
            return None
        first, count = self.line.count(" ", 0, place), wanted.count(" ") - 1
        spans = [match.span() for match in islice(_WORD.finditer(self.text), first, first + count)]
        return " ".join(self.text[spans[0][0]:spans[-1][1]].split())


@lru_cache(maxsize=20_000)
def _line_stem(word: str) -> str:
    """The stem of a word as it is written; some letters of other scripts fold to several words, here they are one."""
    return stem(_bare(fold(word))).replace(" ", "")


@lru_cache(maxsize=64)
def _indexed(text: str) -> _Indexed:
    return _Indexed(text)


@lru_cache(maxsize=10_000)
def _wanted(phrase: str) -> str:
    """The phrase as it stands in an index: its stems between blanks, or nothing."""
    parts = stems(phrase)
    return f" {' '.join(parts)} " if parts else ""


def find_phrase(phrase: str, text: str) -> str | None:
    """The words of `text` that match `phrase` as they stand there, or None. A phrase without words matches nothing."""
    wanted = _wanted(phrase)
    return _indexed(text).find(wanted) if wanted else None
