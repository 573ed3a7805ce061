"""Plain text → its sentences, each with the heading it stands under; and a summary made of a message's own sentences.

Mail is not prose: lines are wrapped at 72 characters or not at all, lists stand one item a line, headings end in a
colon or in nothing. `sentences` joins wrapped lines, keeps list lines apart, and does not stop at "a.m." or "Feb.".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from bot.types import Message

#: No more of a text than this is looked at.
CAP = 20_000
#: … and no more of one sentence.
SENTENCE = 800
#: A line at least this long that ends without a stop was broken by a mail program, not by its writer.
WRAP = 52

_ITEM = re.compile(
    r"\s{0,12}(?:\[[ xX]?\]\s?|[-*•·▪◦‣o>\u2013]\s+|\(?\d{1,2}[.)]\s+|[a-zA-Z][.)]\s+|[A-Z][\w /&'-]{0,24}:\s)"
)
_DATED = re.compile(
    r"\s{0,12}\W{0,3}(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|"
    r"sun)(?:day)?\b[.,]?\s+\W?\s{0,3}(?:[A-Z]|\d|at\b)"
    r"|(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?\s\d|\d{1,2}/\d{1,2}\b|"
    r"\d{4}-\d\d-\d\d|\d{1,2}:\d\d)",
    re.IGNORECASE,
)
#: Columns make a table's row of a line.
_ROW = re.compile(r"[^\s.!?:] {3,20}\S|\t\S|\S \| \S")
_OPEN_END = re.compile(
    r"(?:[,(&/\u2013-]|(?<![\w-])(?:on|at|by|from|to|until|the|of|and|or|a|an|in|for|is|are|be|between|through|before|"
    r"after|this|next|"
    r"with|will|that|as|your|our|than))\s*$",
    re.IGNORECASE,
)
_STOP = re.compile(r"[.!?][.!?]{0,5}[\"'”\u2019)\]*]{0,3}\s+(?=[\"'“\u2018(\[*]{0,2}[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“/\u2013-])(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|weds?|thurs?|thu|fri|sat|sun|"
    r"dr|mr|mrs|ms|prof|st|"
    r"vs|e\.g|i\.e|approx|ca|inc|univ|dept|lib|jr|sr|ext|vol|ed|cf|rm|u\.s|no|[A-Z])\.$",
    re.IGNORECASE,
)
_HALF_DAY = re.compile(r"\d\s?[ap]\.\s?m\.$", re.IGNORECASE)
_AFTER_HALF_DAY = re.compile(
    r"\(?(?:(?:central|eastern|mountain|pacific|on|to|and|until|through|[cemp][sd]?t|utc|gmt|mon|tues?|"
    r"wed(?:nes)?|thu(?:rs)?|fri|"
    r"sat(?:ur)?|sun|today|tomorrow|tonight)(?:day)?\b|\d)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:st|dr|mr|mrs|ms|prof|[a-z])\.$", re.IGNORECASE)
_HEADING_END = re.compile(r"[.!?,;]\W{0,2}$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence or list line; `heading` is the heading above it or empty; `block` counts paragraphs from 0."""

    text: str
    heading: str = ""
    block: int = 0
    is_heading: bool = False


@lru_cache(maxsize=8)
def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text in order, at most the first 20,000 characters of it."""
    found: list[Sentence] = []
    heading = ""
    for block, lines in enumerate(_blocks(text[:CAP])):
        units = _units(lines)
        for index, unit in enumerate(units):
            is_heading = _is_heading(unit, alone=len(units) == 1, first=index == 0)
            if is_heading:
                heading = unit.strip(" *=#_-:")
            above = "" if is_heading else heading
            found += [Sentence(part, above, block, is_heading) for part in split_sentences(unit)]
    return tuple(found)


def _blocks(text: str) -> Iterator[list[str]]:
    lines: list[str] = []
    for line in [*text.replace("\xa0", " ").split("\n"), ""]:
        if line.strip():
            lines.append(line.rstrip())
        elif lines:
            yield lines
            lines = []


def _units(lines: list[str]) -> list[str]:
    """Lines, with those joined that a mail program broke."""
    bare = [line.strip() for line in lines]
    rows = [bool(_ROW.search(line)) for line in bare] if len(lines) > 1 else [False]
    units = bare[:1]
    for at in range(1, len(lines)):
        if not (rows[at] or rows[at - 1]) and _continues(lines[at - 1], lines[at]):
            units[-1] = f"{units[-1]} {bare[at]}"
        else:
            units.append(bare[at])
    return units


def _continues(before: str, line: str) -> bool:
    if _ITEM.match(line):
        return False
    if _OPEN_END.search(before[-24:]):
        return True
    if _DATED.match(line):
        return False
    return len(before) >= WRAP or line.lstrip()[:1].islower()


def _is_heading(unit: str, *, alone: bool, first: bool) -> bool:
    if len(unit) > 90 or _HEADING_END.search(unit):
        return False
    if unit.endswith(":"):
        return not re.search(r"\d", unit) or first
    letters = unit.strip(" *=#_-")
    if unit[:1] in "*=#_" and unit[-1:] in "*=#_":
        return True
    return bool(letters) and ((letters.isupper() and len(letters) > 5) or (alone and len(unit) < 60 and " " in letters))


def split_sentences(text: str) -> list[str]:
    """Cut one paragraph or line into sentences."""
    parts: list[str] = []
    begin = 0
    for stop in _STOP.finditer(text):
        if not _is_inside(text, begin, stop):
            parts.append(text[begin : stop.end()].strip())
            begin = stop.end()
    last = text[begin:].strip()
    return [*parts, last] if last else parts


def _is_inside(text: str, begin: int, stop: re.Match[str]) -> bool:
    """Whether this full stop ends an abbreviation within a sentence."""
    before = text[max(begin, stop.start() - 12) : stop.start() + 1]
    after = text[stop.end() : stop.end() + 12]
    if _HALF_DAY.search(before):
        return bool(_AFTER_HALF_DAY.match(after))
    if not _ABBREVIATION.search(before):
        return False
    if re.search(r"\b(?:[Nn]o|NO|may|mar|sat|sun|ed)\.$", before):
        return after[:1].isdigit()
    return after[:1].isdigit() or bool(_NAMED.search(before)) or after[:1].isupper()


# ── summary ───────────────────────────────────────────────────────────────────────────────────────────────────────

_SKIP = re.compile(
    r"^\W*(?:dear|hi|hello|hey|greetings|good (?:morning|afternoon|evening|day)|thanks?|thank you|many thanks|"
    r"best|regards|"
    r"sincerely|cheers|happy \w+day|apologies for|sorry for (?:the )?cross|please excuse|\*+|caution|external|"
    r"warning: ?this|"
    r"this (?:message|e-?mail) (?:was|is|originated)|you (?:are receiving|received) this|to unsubscribe|"
    r"unsubscribe|view this|"
    r"hope (?:this|you|everyone)|i hope|we hope (?:this|you)|sent from|https?:|on behalf of|all[,:]|folks|"
    r"colleagues|everyone[,:])",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"\b(?:will be|unavailable|down|restored|maintenance|outage|due|deadline|by \w+day|register|webinar|"
    r"meeting|survey|vote|renew\w*|"
    r"please (?:complete|submit|return|respond|review|test|send)|must|new|change[sd]?|now available|moved|"
    r"cancell?ed|upgrade|release|"
    r"workaround|resolved|fixed|invite[sd]?|asks?|need)\b",
    re.IGNORECASE,
)
_BULLETS = re.compile(r"^[-*•·–]\s+")
_WHEN = re.compile(r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\btomorrow\b|\btoday\b", re.IGNORECASE)


def summary(message: Message, limit: int = 280) -> str:
    """One or two of the message's own sentences that say what matters, at most `limit` characters; may be empty.

    Greetings, thanks, banners and links are passed over. The first telling sentence leads; a stronger one that
    fits (a date, a demand) follows in the text's order.
    """
    told = _with_what_follows(_told(message.new_text[:CAP]), limit)
    if not told:
        return _shorten(" ".join(message.subject.split()), limit)
    ranked = sorted(range(len(told)), key=lambda at: (-_weight(told[at], at), at))
    chosen = [ranked[0]]
    for at in ranked[1:]:
        fits = len(told[ranked[0]]) + 1 + len(told[at]) <= limit and not told[ranked[0]].endswith(told[at])
        if fits and not told[at].endswith(told[ranked[0]]) and _weight(told[at], at) > 0:
            chosen = sorted((ranked[0], at))
            break
    return _shorten("".join(f"{told[at]}{_between(told[at])}" for at in chosen[:-1]) + told[chosen[-1]], limit)


def _between(line: str) -> str:
    """What parts a line from the next: rows of a list or table end without a stop and would run into each other."""
    return " " if line.rstrip(")]”\"'’").endswith((".", "!", "?", ":", ";", "…", ",", "-", "–")) else "; "


def _told(text: str) -> list[str]:
    """The sentences that could stand in a summary: not greetings, headings, bare links or scraps."""
    plain = [_BULLETS.sub("", " ".join(sentence.text.split())) for sentence in sentences(text)[:60]
             if not sentence.is_heading]
    return [line for line in plain if len(line) >= 20 and not _SKIP.match(line)] or [
        line for line in plain if len(line) >= 3 and not _SKIP.match(line)
    ]


def _with_what_follows(told: list[str], limit: int) -> list[str]:
    """What ends in a colon goes with the first line of what it announces, if that fits; alone it says little."""
    return [f"{line} {below}" if line.endswith(":") and below and len(line) + len(below) < limit else line
            for line, below in zip_longest(told, told[1:], fillvalue="")]


def _weight(line: str, at: int) -> float:
    strong = min(3, len(_STRONG.findall(line[:400])))
    return strong + (1 if _WHEN.search(line) else 0) + max(0.0, 3 - at) - (1 if line.endswith("?") else 0) - (
        2 if line.endswith(":") else 0) - at / 20


def _shorten(line: str, limit: int) -> str:
    """The line, cut at a word with an ellipsis if it is longer than `limit`."""
    if len(line) <= limit:
        return line
    cut = line[: max(1, limit - 1)]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:-") + "…"
