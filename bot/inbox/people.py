"""Names of persons, and where a text mentions somebody: by name, by login, by a number that can be a person's. Pure.

What is said of a person stands elsewhere (`borrowers`); here is only how names look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from bot.inbox.domains import word_set

_UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u024f\u1e00-\u1eff"
_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\u2019'-"
_WORD = rf"[{_UPPER}][{_LETTER}]{{1,24}}"
_TITLE = r"(?:Dr|Prof|Professor|Mr|Mrs|Ms|Mx|Miss|Sr|Father|Dean)\.? "
_PLAIN_NAME = rf"{_WORD}(?: [A-Z]\.?)?(?: (?:de|van|von|der|la|del|al|bin|da|dos|y)){{0,3}} {_WORD}"
#: A name in a field or a cell, where fewer things can be meant.
CELL_NAME = (
    rf"(?:{_WORD}, {_WORD}(?: [A-Z]\.?)?|{_PLAIN_NAME}|[A-Z]\. ?{_WORD}|{_WORD}, [A-Z]\.|[A-Z]{{2,20}}, [A-Z]{{2,20}})")
STREET = (
    r"\d{1,5} (?:[NSEW]\.? |North |South |East |West )?(?:[A-Z][\w.]{1,20} ){1,3}(?:St|Street|Ave|Avenue|Rd|Road|Dr"
    r"|Drive|Ln|Lane|Ct|Court|Blvd|Way|Place|Pl|Terrace|Circle|Cir|Row)\b\.?")

Kind = Literal["titled", "turned", "plain", "short", "single", "mail", "login", "number"]

_NAME = re.compile(
    rf"\b(?:{_TITLE}(?P<titled>{_WORD}(?: {_WORD})?)"
    rf"|(?P<turned>{_WORD}, (?:{_WORD}|[A-Z]\.)(?: [A-Z]\.?)?|[A-Z]{{2,20}}, [A-Z]{{2,20}})"
    rf"|(?P<plain>{_PLAIN_NAME}(?: {_WORD})?)|(?P<short>[A-Z]\. ?{_WORD}))")
#: One capitalised word amid a sentence; what stands at its beginning is capitalised whatever it is.
_SINGLE = re.compile(rf"(?<=[a-z,] )(?P<single>[{_UPPER}][{_UPPER}a-z\u00df-\u00f6\u00f8-\u00ff-]{{2,24}})\b")
_LOGIN = re.compile(
    r"\b(?P<mail>[\w.+-]{2,40}@[\w.-]{4,80})|\b(?P<login>[a-z]{2,16}\d{1,5})\b"
    r"|(?<![\w.$/:#-])(?P<number>[A-Za-z@]{1,2}\d{6,9}|\d{7,9})(?![\w/-]|\.\d)")
#: Mentions that are looked at in one text; hostile ones hold nothing else.
_MOST = 250

#: Capitalised words that look like a name and are none.
_NO_NAMES = word_set(
    "library libraries university college alma primo carli network zone services service group load loads record "
    "records type types data user users patron patrons borrower borrowers student students faculty system "
    "sharing resource resources support account accounts management center office team committee task force staff the "
    "this that these those your our my her his their its all any no new one two three each every some other both "
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed thu fri sat sun "
    "illinois chicago springfield peoria urbana state public academic community interest open access digital online "
    "central north south east west ex libris oclc i-share ishare rapido worldcat illiad voyager analytics ezproxy "
    "information technology experience guide policy policies workflow configuration fulfillment circulation block "
    "blocks letter letters notice notices success education user-facing ill sis nz iz xml csv pdf "
    "affairs privacy id ids number address role roles fees fines registration report reports loan request "
    "requests help desk advisory council working and or for of by with from to "
    "interface test testy mctest example sample please dear hello hi thanks thank if when as in on at note important "
    "reminder question questions summer fall spring winter re fw fwd subject sent date "
    "directory integration integrations sync job jobs import export profile profiles statistical category categories "
    "facing engagement association assistant worker workers employment driven borrowing lending returns delivery "
    "pickup hall house building street department vendor module overdue lost can could would will should does do did "
    "has have had is are was were who what which why how where might let since because after before until while "
    "although but so yes not also even then than once he she we they you it there here name item items barcode due "
    "title titles book books author isbn issn status balance fine expired expires chapter volume intro history "
    "introduction organic chemistry biology physics algebra anatomy science studies art american united states "
    "english last first copy copies waive bulk saint box tab "
    "journals journal press publishers publishing database databases package society institute company archive "
    "archives "
    "board google scholar microsoft jstor ebsco proquest elsevier wiley springer gale sage oxford cambridge hathitrust "
    "receipt screen field button menu mode note notes list lists")
_STANDINS = (["jane", "doe"], ["john", "doe"])


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody, or what may be somebody, at text[start:stop]."""

    kind: Kind
    name: str
    start: int
    stop: int

    @property
    def masked(self) -> str:
        """Initials of a name, the first sign of anything else."""
        return initials(self.name) if self.kind in NAMED else f"{self.name[0]}…"


NAMED: tuple[Kind, ...] = ("titled", "turned", "plain", "short", "single")


def is_name(text: str) -> bool:
    """Whether capitalised words can be a person's name: none of them is a word of library business."""
    words = [word.strip(".,\u2019'").removesuffix("'s").removesuffix("\u2019s").lower() for word in text.split()]
    return bool(words) and not any(word in _NO_NAMES for word in words) and words not in _STANDINS


def initials(name: str) -> str:
    """"Marcus Webb" as "M. W."."""
    return " ".join(f"{word[0]}." for word in name.replace(",", " ").split() if word[0].isupper())


def mentions(text: str) -> list[Mention]:
    """Where a text may speak of a person, at most 500 times: names, then logins and numbers."""
    named = list(islice(_names(text), _MOST))
    taken = {place for one in named for place in range(one.start, one.stop)}
    single = (Mention("single", match[0], match.start(), match.end()) for match in _SINGLE.finditer(text)
              if match.start() not in taken and is_name(match[0]))
    marks = (Mention(_kind(match), match[0], match.start(), match.end()) for match in _LOGIN.finditer(text))
    return [*named, *islice(single, _MOST - len(named)), *islice(marks, _MOST)]


def without_names(text: str) -> str:
    """The text with every name cut to initials."""
    for name in {one.name for one in islice(_names(text), _MOST)}:
        text = text.replace(name, initials(name))
    return text


def _names(text: str) -> Iterator[Mention]:
    """Names of two words and more: "Can Marcus Webb" is "Marcus Webb", "Marcus Webb's" too."""
    for match in _NAME.finditer(text):
        kind = _kind(match)
        start, stop = match.span(kind)
        words = match[kind].split(" ")
        while words and kind in ("plain", "titled") and not is_name(words[0]):
            start += len(words.pop(0)) + 1
        while words and kind in ("plain", "titled") and not is_name(words[-1]):
            stop -= len(words.pop()) + 1
        if len(words) > (kind == "plain") and is_name(" ".join(words)):
            name = re.sub("['\u2019]s?$", "", text[start:stop])
            yield Mention(kind, name, start, start + len(name))


def _kind(match: re.Match[str]) -> Kind:
    kind: Kind = match.lastgroup  # type: ignore[assignment]  # the groups are called so
    return kind
