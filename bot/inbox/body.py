"""A body as plain text, cut into what its writer wrote now, what they quoted, how they signed, and what machines added.

Pure text in, pure text out; every line of the body lands in exactly one part. Order matters: banners at the top and
list footers at the end go first, then quotes, then signatures. Interleaved replies keep their new lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MOST_LINES = 20_000
LONGEST_LINE = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyParts:
    """The parts of a body; each is plain text without blank lines at its ends."""

    new: str = ""
    quoted: str = ""
    signature: str = ""
    footer: str = ""


def split_body(text: str) -> BodyParts:
    """Cut a body into its parts. What is beyond the line cap counts as quoted."""
    lines = text.split("\n")
    lines, rest = lines[:MOST_LINES], lines[MOST_LINES:]
    banner, lines = _cut_banner(lines)
    lines, footer = _cut_footer(lines)
    marks = _mark_quotes(lines)
    signed = _signature_lines(lines, marks)
    return BodyParts(
        new=_joined([line for place, line in enumerate(lines) if not marks[place] and place not in signed]),
        quoted=_joined([*(line for place, line in enumerate(lines) if marks[place]), *rest]),
        signature=_joined([line for place, line in enumerate(lines) if place in signed]),
        footer=_joined([*banner, *footer]),
    )


def _joined(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")


def reflow(text: str, *, delsp: bool = False) -> str:
    """The paragraphs of a format=flowed body put together again (RFC 3676, 4.1). Line ends must be plain."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        if open_depth == depth and content != "-- " and out:
            out[-1] += content
        else:
            out.append((">" * depth + " " if depth else "") + content)
        flows = content.endswith(" ") and content != "-- "
        if flows and delsp:
            out[-1] = out[-1][:-1]
        open_depth = depth if flows else -1
    return "\n".join(out)


# ── banners and footers ───────────────────────────────────────────────────────────────────────────────────────────

_BANNER = re.compile(
    r"^\W{0,6}(?:\[?external\]?\W{0,4}$|\[?external(?: e-?mail| sender| message)?\]?\b.{0,40}\b(?:message|e-?mail"
    r"|sender|mail|originat)"
    r"|caution\s?:.{0,60}(?:e-?mail|message|external|outside|originat|sender)|warning\s?:.{0,40}(?:external|outside"
    r"|originat)"
    r"|(?:this|the) (?:message|e-?mail)\b.{0,30}\b(?:originated|sent|came|is)\b.{0,20}\b(?:outside|external)"
    r"|you don'?t often get e-?mail from|some people who received this message don'?t often"
    r"|do not click (?:on )?(?:any )?links.{0,80}(?:unless|recogni)|exercise caution when opening"
    r"|learn why this is important)",
    re.IGNORECASE)
_BANNER_MORE = re.compile(
    r"(?:click(?:ing)? (?:on )?(?:any )?links|attachments?\b|recogni[sz]e the sender|know the content|content is safe"
    r"|outside (?:of )?"
    r"(?:the|your|our)|verify the sender|organi[sz]ation|exercise caution|suspicious|phish|learn why)", re.IGNORECASE)
_RULE = re.compile(r"^\s*(?:[_=*#-]\s?){10,}\s*$")


def _cut_banner(lines: list[str]) -> tuple[list[str], list[str]]:
    """The "[EXTERNAL] …" and "CAUTION: …" lines that a mail server put above the text."""
    place = _skip(lines, 0, lambda line: not line.strip() or bool(_RULE.match(line[:200])))
    if place >= len(lines) or not _BANNER.match(lines[place].replace("\u2019", "'")[:300]):
        return [], lines
    end = place + 1
    while end < min(len(lines), place + 6) and _BANNER_MORE.search(lines[end][:300]):
        end += 1
    if end < len(lines) and _RULE.match(lines[end][:200]):
        end += 1
    return lines[:end], lines[end:]


def _skip(lines: list[str], place: int, test: Callable[[str], bool]) -> int:
    while place < len(lines) and test(lines[place]):
        place += 1
    return place


_FOOTER_WORDS = re.compile(
    r"(?:mailing list|list ?info|unsubscribe|/listinfo/|/mailman|/postorius|/sympa|list archives?|@lists?\.|-leave@"
    r"|manage your subscription"
    r"|groups\.google\.com|groups\.io|listserv|list settings|subscription options|\bsubscribers? (?:of|to)\b"
    r"|\bsubscribed to\b|(?:broadcast|discussion|announcement|e-?mail) list\b)", re.IGNORECASE)
_FOOTER_START = re.compile(
    r"^\s*(?:to unsubscribe (?:from|send|click|and|,)|you (?:received|receive|get|got|are getting) this"
    r" (?:message|e-?mail|post|mail|notice) (?:because|as|since)\b"
    r"|you are (?:receiving|subscribed|currently subscribed)\b.{0,80}\b(?:list|group|because|to|as)\b"
    r"|unsubscribe\s*(?::|\||<http)|this (?:message|e-?mail) was sent to .{0,80}list"
    r"|to (?:manage|change) your (?:subscription|list|e-?mail) |(?:to )?(?:view|visit) (?:this discussion"
    r"|the list archives?)\b"
    r"|.{0,60}\bmailing list\s+(?:--|<|\()|if you no longer wish to receive)", re.IGNORECASE)
_MOST_FOOTER = 25


def _cut_footer(lines: list[str]) -> tuple[list[str], list[str]]:
    """What a list server put below the text. Looked for in the last lines only, and never inside a quotation."""
    first = max(0, len(lines) - _MOST_FOOTER)
    for place in range(first, len(lines)):
        if _starts_footer(lines, place):
            return lines[:place], lines[place:]
    return lines, []


def _starts_footer(lines: list[str], place: int) -> bool:
    line = lines[place][:300]
    after = [below[:300] for below in lines[place + 1:place + 7]]
    if _RULE.match(line) or line.strip() in ("--", "---"):
        near = [below for below in after if below.strip()][:2]
        told = any(_FOOTER_WORDS.search(below) or _FOOTER_START.match(below) for below in near)
        return told and not _has_quote(lines, place)
    return bool(_FOOTER_START.match(line)) and not _has_quote(lines, place) and _short(lines[place:])


def _has_quote(lines: list[str], place: int) -> bool:
    return any(line.startswith(">") for line in lines[place:])


def _short(lines: list[str]) -> bool:
    return sum(len(line) for line in lines) < 1_200 and sum(bool(line.strip()) for line in lines) <= 12


# ── quotes ────────────────────────────────────────────────────────────────────────────────────────────────────────

_WROTE = re.compile(
    r"^\s*(?:on|le|am|el|op)\b.{4,300}\b(?:wrote|writes|a écrit|schrieb|escribió|schreef)\b.{0,120}:\s*$"
    r"|^\s*\S.{0,150}<\S{3,100}@\S{3,100}> (?:wrote|writes):\s*$"
    r"|^\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.{2,200}\b(?:wrote|writes):\s*$", re.IGNORECASE)
_ON = re.compile(r"^\s*On\b.{0,60}(?:\d|day\b)", re.IGNORECASE)
_ORIGINAL = re.compile(
    r"^\s*(?:[-_]{2,}\s*(?:original (?:message|appointment)|forwarded (?:message|by)\b.{0,60}|weitergeleitete nachricht"
    r"|message d'origine)\s*[-_]*"
    r"|begin forwarded message\s*:|[-_]{5,}\s*forwarded .{0,60}[-_]*)\s*$", re.IGNORECASE)
_BLOCK_FROM = re.compile(r"^\s*[*>]?\s*(?:from|von|de)\s?:\s?\*?.{2,300}$", re.IGNORECASE)
_BLOCK_FIELD = re.compile(r"^\s*\*?(from|sent|date|to|cc|subject|reply-to|importance|attachments|gesendet|an"
    r"|betreff)\s?:\s?\*?", re.IGNORECASE)


def _mark_quotes(lines: list[str]) -> list[bool]:
    """For each line, whether it is quoted."""
    marks = [line.startswith((">", " >")) for line in lines]
    last_mark = max((place for place, mark in enumerate(marks) if mark), default=-1)
    for place, line in enumerate(lines):
        if marks[place] or not line.strip():
            continue
        if _opens_original(lines, place):
            return marks[:place] + [True] * (len(lines) - place)
        height = _attribution(lines, place)
        if not height or not (_leads_to_quote(marks, place + height) or _is_dated(lines[place:place + height])):
            continue
        marks[place:place + height] = [True] * height
        if last_mark < place and _nothing_marked(lines, marks, place + height):
            return marks[:place] + [True] * (len(lines) - place)
    return marks


def _leads_to_quote(marks: list[bool], place: int) -> bool:
    return any(marks[place:place + 3])


def _is_dated(attribution: list[str]) -> bool:
    """A date or an address tells an attribution from a sentence such as "On Monday we wrote:"."""
    return bool(re.search(r"\d|@", " ".join(attribution)))


def _nothing_marked(lines: list[str], marks: list[bool], place: int) -> bool:
    return any(line.strip() for line in lines[place:]) and not any(marks[place:])


def _opens_original(lines: list[str], place: int) -> bool:
    """"-----Original Message-----", or Outlook's block of From, Sent, To, Subject, perhaps below a ruled line."""
    line = lines[place].strip()[:LONGEST_LINE]
    if _ORIGINAL.match(line):
        return True
    if _RULE.match(line[:200]):
        below = next((at for at in range(place + 1, min(len(lines), place + 3)) if lines[at].strip()), None)
        return below is not None and _is_block(lines, below)
    return _is_block(lines, place)


def _is_block(lines: list[str], place: int) -> bool:
    """A From line is only a header when other header lines stand right below it; in prose they do not."""
    if not _BLOCK_FROM.match(lines[place].strip()[:LONGEST_LINE]):
        return False
    found: set[str] = set()
    for line in [below for below in lines[place + 1:place + 14] if below.strip()][:8]:
        field = _BLOCK_FIELD.match(line[:200])
        if field:
            found.add(field[1].lower())
        elif not found or "subject" in found or "betreff" in found:
            break
    return bool(found & {"sent", "date", "gesendet"}) and bool(found & {"to", "subject", "an", "betreff"})


def _attribution(lines: list[str], place: int) -> int:
    """How many lines an "On … wrote:" takes here (mailers wrap it), or 0. It must lead to something."""
    first = lines[place].strip()[:LONGEST_LINE]
    if _WROTE.match(first):
        return 1 if place + 1 < len(lines) else 0
    if not _ON.match(first):
        return 0
    for height in (2, 3):
        joined = " ".join(line.strip()[:300] for line in lines[place:place + height])
        if len(lines) > place + height - 1 and _WROTE.match(joined):
            return height
    return 0


# ── signatures ────────────────────────────────────────────────────────────────────────────────────────────────────

_CLOSING = re.compile(
    r"^\s*(?:(?:with )?(?:many |much |kind |best |warm |warmest |kindest )?(?:thanks|regards"
    r"|wishes)(?: and [a-z ]{3,20})?(?: again)?(?: in advance)?(?: so much| very much)?"
    r"|thank you(?: (?:again|all|both|so much|very much|in advance|for your [a-z ]{3,40}))?|thanks(?: (?:again|all"
    r"|so much|very much|in advance|everyone|for your [a-z ]{3,40}))?"
    r"|best|cheers|sincerely(?: yours)?|yours(?: truly| sincerely)?|respectfully|cordially|warmly|take care|all (?:the"
    r"|my) best|all best|gratefully|peace|thx|ttfn)"
    r"\s*[,.!-]{0,3}\s*$", re.IGNORECASE)
_CONTACT = re.compile(
    r"(?:\d{3}[-. )]{1,2}\d{3}[-. ]\d{4}|\b\d{3}-\d{4}\b|\S@\S+\.\S|https?://|\bwww\.|\b(?:librarian|director|head of"
    r"|coordinator|manager|specialist|university|library|college|"
    r"consortium|department|services|dean|associate|assistant|professor|archivist|cataloge?r|pronouns|he/him|she/her"
    r"|they/them)\b)", re.IGNORECASE)
#: Nobody signs with a date: what has one is the last item of a list.
_DAY_OF_MONTH = re.compile(
    r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}\b", re.IGNORECASE)
_PARTICLES = frozenset({"de", "van", "von", "der", "la", "le", "and", "&", "di", "da", "del", "y"})
_MOST_SIGNATURE = 14


def _signature_lines(lines: list[str], marks: list[bool]) -> set[int]:
    """The places of signature lines: a "-- " block in each new stretch, a closing block at the end of the last ones."""
    signed: set[int] = set()
    for stretch in _stretches(lines, marks):
        start = _delimiter(lines, stretch)
        if start is None:
            start = _closing(lines, stretch)
        if start is not None:
            signed.update(place for place in stretch if place >= start)
    return signed


def _stretches(lines: list[str], marks: list[bool]) -> list[list[int]]:
    """Runs of unquoted lines without the blank ones at their ends."""
    out: list[list[int]] = []
    run: list[int] = []
    for place in range(len(lines) + 1):
        if place < len(lines) and not marks[place]:
            run.append(place)
        elif run:
            filled = [at for at in run if lines[at].strip()]
            if filled:
                out.append(list(range(filled[0], filled[-1] + 1)))
            run = []
    return out


def _delimiter(lines: list[str], stretch: list[int]) -> int | None:
    found = [place for place in stretch if lines[place] in ("-- ", "--", "\u2014")]
    return found[0] if found and stretch[-1] - found[0] <= 30 else found[-1] if found else None


def _closing(lines: list[str], stretch: list[int]) -> int | None:
    """Where "Best,\\nJane Doe\\n…" begins, or a bare name block with a title or a phone number; None without either."""
    tail = [place for place in stretch[-_MOST_SIGNATURE:] if lines[place].strip()]
    for number, place in enumerate(tail):
        below = [lines[at] for at in tail[number + 1:]]
        if _CLOSING.match(lines[place][:120]) and len(lines[place]) < 60 and _signs(below):
            return place
    return _name_block(lines, stretch)


def _signs(below: list[str]) -> bool:
    """What follows a closing word must look like a name and its titles, not like more text."""
    return not below or (_is_name(below[0]) and all(len(line) <= 110 and not _is_sentence(line) for line in below))


def _is_name(line: str) -> bool:
    words = line.strip().strip("~-\u2013\u2014*_ ,.").split(",")[0].split()
    if not 1 <= len(words) <= 6 or any(char.isdigit() for char in line) or line.rstrip().endswith(("?", ":", "!")):
        return False
    return all(word[0].isupper() or word.lower() in _PARTICLES or word[0] in "(\"'“" for word in words)


def _is_sentence(line: str) -> bool:
    words = line.split()
    lower = sum(word[:1].islower() for word in words)
    return len(words) >= 7 and lower * 2 > len(words) and line.rstrip().endswith((".", "?", "!"))


def _name_block(lines: list[str], stretch: list[int]) -> int | None:
    """The last paragraph, when it is a name above a title, a phone number or an address, and something stands above."""
    end = stretch[-1]
    start = end
    while start > stretch[0] and lines[start - 1].strip():
        start -= 1
    block = [line.strip() for line in lines[start:end + 1]]
    if start == stretch[0] or not 2 <= len(block) <= 9 or not _is_name(block[0]) or len(block[0].split()) < 2:
        return None
    fits = not any(len(line) > 90 or _is_sentence(line) or line.startswith(("*", "-", "•", "o ")) or
                   _DAY_OF_MONTH.search(line) for line in block)
    return start if fits and any(_CONTACT.search(line) for line in block[1:]) else None
