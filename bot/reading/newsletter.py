"""Newsletters and minutes → their items, each with its heading and its own text; anything else → nothing.

Four ways of writing items are known: headings on lines of their own, numbers, paragraphs that open with their topic
("Billing: …", "Finance. …"), and plain lists of bullets. The way that finds the most text wins. A table of contents
is passed over when the items follow it. Pure; a newsletter is told by its name or by its form, never by its list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from bot.types import Message

#: No more of a text than this is cut, and into no more items.
_CAP, _MOST = 40_000, 40
#: So many items make a newsletter that calls itself one; so many, and so long, one that does not.
_FEW, _MANY, _LONG = 3, 4, 22
_HEADING, _HEADED_LINE = 80, 50

_NAMED = re.compile(
    r"\b(?:news(?:letter)?|digest|round-?up|bulletin|minutes|in this issue|highlights|notes (?:of|from)|"
    r"(?:meeting|call|board|committee) (?:notes|summary|report)|summary of|month in|week in)\b", re.IGNORECASE)
_PRESENT = re.compile(r"^\W{0,3}(?:present|attending|attendees|in attendance|roll call|regrets)\b", re.I | re.M)
_CONTENTS = re.compile(r"^\W{0,6}(?:in this (?:issue|newsletter|edition)|contents|table of contents|inside)\b", re.I)
_NUMBER = re.compile(r"^\s{0,4}\(?(?:#|item )?(\d{1,2})[.):]\s+(?=\S)")
_BULLET = re.compile(r"^\s{0,6}(?:[-*•·▪◦‣>\u2013\u2014]|\(?[a-z]\))\s+(?=\S)")
_RULE = re.compile(r"^\s{0,4}(?:[-=_*~#+]\s?){4,}\s*$")
_LETTERS = re.compile(r"[A-Za-z]{2}")
_MARKED = re.compile(r"(?:#{1,4} |\*\*\S|==\S|\*[^* ][^*]*\*$)")
_UNFINISHED = re.compile(r"[.,;!?]\W{0,2}$")
_LEAD = re.compile(r"^\W{0,3}([A-Z][^.:!?\n]{1,60}?)(?:[.:]|\s[\u2013\u2014]|\s--?)\s+(?=\S)")
#: What opens a paragraph and is no topic.
_NO_TOPIC = re.compile(
    r"^(?:dear|hi|hello|all|note|ps|p\.s|re|from|to|date|subject|when|where|who|what|time|cost|zoom|register|questions?|"
    r"https?|please|thanks?|thank you|best|also|first|second|third|finally|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday|january|february|march|april|may|june|july|august|september|october|november|december)\b", re.I)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One item as it stands: its heading (may be empty) and its text, in the writer's words."""

    heading: str
    text: str

    @property
    def words(self) -> int:
        """How many words its text has."""
        return len(self.text.split())


def sections(message: Message) -> tuple[Section, ...]:
    """The items of a newsletter or of minutes in order; empty for every other message."""
    lines = message.new_text[:_CAP].split("\n")
    if len(lines) < _FEW:
        return ()
    ways: tuple[Callable[[list[str]], list[Section]], ...] = (_headed, _numbered, _led)
    found = max((_kept(way(lines)) for way in ways), key=lambda way: sum(one.words for one in way[:_MOST]))
    if _is_named(message):
        return tuple(_best(found, _kept(_bulleted(lines)))[:_MOST])
    return tuple(found[:_MOST]) if _looks_like_one(found) else ()


def _best(found: list[Section], bullets: list[Section]) -> list[Section]:
    if len(found) >= _FEW:
        return found
    return bullets if len(bullets) > _FEW else []


def _kept(found: list[Section]) -> list[Section]:
    """Without the contents, and without headings that nothing stands under."""
    return [one for one in found if one.words >= _FEW and not _CONTENTS.match(one.heading)]


def _is_named(message: Message) -> bool:
    head = f"{message.subject}\n{message.new_text[:400]}"
    return bool(_NAMED.search(head) or _PRESENT.search(head))


def _looks_like_one(found: list[Section]) -> bool:
    """Steps of a recipe are short and belong together; items of a newsletter are paragraphs."""
    return len(found) >= _MANY and sum(one.words for one in found) >= _LONG * len(found)


# ── headings on lines of their own ──


def _headed(lines: list[str]) -> list[Section]:
    places = [at for at in range(len(lines)) if _is_heading(lines, at)]
    return [_section(lines[at], lines[at + 1:end]) for at, end in _spans(places, len(lines))]


def _is_heading(lines: list[str], at: int) -> bool:
    line = lines[at].strip()
    if not 3 <= len(line) <= _HEADING or _RULE.match(line) or not _LETTERS.search(line):
        return False
    below = lines[at + 1] if at + 1 < len(lines) else ""
    if line.isupper() or _RULE.match(below) or (line[0] in "#*=" and _MARKED.match(line)):
        return True
    above = lines[at - 1] if at else ""
    # The cheap questions first: most lines are the midst of a paragraph.
    is_apart = not above.strip() or bool(_RULE.match(above))
    if not is_apart or not line[0].isupper() or len(line.split()) > 9 or not _follows(lines, at):
        return False
    return not _UNFINISHED.search(line[-4:]) and not _BULLET.match(line) and not _NO_TOPIC.match(line)


def _follows(lines: list[str], at: int) -> bool:
    """Whether real text stands below, at once or after one empty line."""
    rest = [line for line in lines[at + 1:at + 3] if line.strip()]
    return bool(rest) and len(rest[0].strip()) > 25


# ── numbers ──


def _numbered(lines: list[str]) -> list[Section]:
    """The run 1, 2, 3 … with the most text: the same numbers stand in the table of contents first."""
    runs: list[list[tuple[int, int]]] = []
    for at, line in enumerate(lines):
        match = _NUMBER.match(line)
        if match is None:
            continue
        number = int(match[1])
        if runs and number == runs[-1][-1][0] + 1:
            runs[-1].append((number, at))
        elif number == 1:
            runs.append([(number, at)])
    starts = [run[0][1] for run in runs] + [len(lines)]
    cut = [_cut(lines, [at for _, at in run], end) for run, end in zip(runs, starts[1:], strict=True)]
    return max(cut, key=lambda run: sum(one.words for one in run), default=[])


def _cut(lines: list[str], places: list[int], end: int) -> list[Section]:
    return [_opened(_NUMBER.sub("", lines[at], count=1), lines[at + 1:to]) for at, to in _spans(places, end)]


# ── paragraphs that open with their topic, and bullets ──


def _led(lines: list[str]) -> list[Section]:
    paragraphs = list(_paragraphs(lines))
    led = [part for part in paragraphs if (match := _LEAD.match(part[0])) and not _NO_TOPIC.match(match[1])]
    if 2 * len(led) < len(paragraphs):
        return []
    return [_opened(part[0], part[1:]) for part in led]


def _bulleted(lines: list[str]) -> list[Section]:
    places = [at for at, line in enumerate(lines) if _BULLET.match(line)]
    ends = [next((at for at in range(place + 1, to) if not lines[at].strip()), to)
            for place, to in _spans(places, len(lines))]
    return [_opened(_BULLET.sub("", lines[at], count=1), lines[at + 1:to]) for at, to in zip(places, ends, strict=True)]


def _paragraphs(lines: list[str]) -> Iterator[list[str]]:
    for is_text, part in groupby(lines, key=lambda line: bool(line.strip())):
        if is_text:
            yield list(part)


# ── what they share ──


def _spans(places: list[int], end: int) -> list[tuple[int, int]]:
    return list(zip(places, [*places[1:], end], strict=True)) if places else []


def _section(heading: str, lines: list[str]) -> Section:
    kept = [line for line in lines if not _RULE.match(line)]
    return Section(heading=heading.strip(" *=#_-:\t"), text=_text(kept))


def _opened(first: str, lines: list[str]) -> Section:
    """An item whose heading is its short first line, or the topic that this line opens with, if it does."""
    if lines and len(first.strip()) <= _HEADED_LINE and not _UNFINISHED.search(first):
        return Section(heading=first.strip(" *=#_-:\t"), text=_text(lines))
    match = _LEAD.match(first)
    heading = match[1].strip() if match and not _NO_TOPIC.match(match[1]) else ""
    return Section(heading=heading, text=_text([first[match.end():] if match and heading else first, *lines]))


def _text(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
