"""What was probably meant where a file is no YAML: each usual slip of a hand is undone on trial, and what lets the
parser read furthest is what is told.

So nothing is told that would not help: a mend counts only if the file can be read beyond the place where it could not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from bot.yamltree import ends_at

#: How many lines above and below the place a trial looks; how many trials there are, and how many characters they read.
_ABOVE, _BELOW, _TRIALS, _READ = 40, 30, 60, 600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """A slip and its mend: the line (1-based) and column to point at, the whole line as it was probably meant.
    `is_shown` where a look at that line says more than words."""

    number: int = 0
    column: int
    what: str
    how: str
    line: str
    is_shown: bool = True


Look = Callable[[str], Iterator[Mend]]


def meant(lines: Sequence[str], number: int, began: int | None) -> Mend | None:
    """The mend of a file that cannot be read on at line `number`; what stands open there began in line `began`."""
    if not lines:
        return None
    kept = _window(lines, number, began)
    if ends_at("\n".join(lines[n] for n in kept) + "\n")[0] != kept.index(min(number, len(lines)) - 1) + 1:
        kept = list(range(min(len(lines), number + _BELOW)))  # the window begins inside of a list of several lines
    at = kept.index(min(number, len(lines)) - 1) + 1
    since = kept.index(began - 1) + 1 if began and began - 1 in kept else None
    best = _best([lines[n] for n in kept], at, since)
    return best and replace(best, number=kept[best.number - 1] + 1)


def untabbed(lines: Sequence[str]) -> list[str]:
    """The lines with spaces in the place of the tabs that indent them: so many as let the parser get furthest."""
    tried = [_beside_others(lines)]
    if sum(map(len, lines)) < _READ // 4:  # of a file that no hand wrote, one guess is enough
        tried += [[_widened(line, width) for line in lines] for width in (2, 4, 8)]
    return max(tried, key=lambda one: ends_at("\n".join(one) + "\n")) if len(tried) > 1 else tried[0]


def _beside_others(lines: Sequence[str]) -> list[str]:
    """Each such line in the column of the line above, or further in where that opens a block."""
    found: list[str] = []
    column = 0
    for line in lines:
        found.append(" " * column + line.lstrip() if "\t" in _blank(line) else line)
        if _says(found[-1]):
            column = _indent(found[-1]) + 2 * _opens(found[-1])
    return found


def _widened(line: str, width: int) -> str:
    blank = _blank(line)
    return blank.replace("\t", " " * width) + line[len(blank):]


def _blank(line: str) -> str:
    return line[:len(line) - len(line.lstrip())]


def _best(lines: Sequence[str], number: int, began: int | None) -> Mend | None:
    """What lets the parser get furthest, of what lets it get on at all."""
    best, furthest = None, (float(number), False)
    trials = _READ // (1 + sum(map(len, lines)))
    for one in islice(_candidates(lines, number, began), min(_TRIALS, trials)):
        reached = ends_at("\n".join([*lines[:one.number - 1], one.line, *lines[one.number:]]) + "\n")
        if reached > furthest:
            best, furthest = one, reached
    return best


def _window(lines: Sequence[str], number: int, began: int | None) -> list[int]:
    """The lines (from 0) that a trial reads: those around the place, and further up what they stand in."""
    start = max(0, min(number, began or number) - _ABOVE)
    outer: list[int] = []
    least = min((_indent(line) for line in lines[start:number] if _says(line)), default=0)
    for n in range(start - 1, -1, -1):
        if _says(lines[n]) and _indent(lines[n]) < least:
            outer.append(n)
            least = _indent(lines[n])
    return [*reversed(outer), *range(start, min(len(lines), number + _BELOW))]


def _candidates(lines: Sequence[str], number: int, began: int | None) -> Iterator[Mend]:
    places = list(_places(lines, number, began))
    for look in _LOOKS:
        for place in places:
            for one in look(lines[place - 1]):
                yield replace(one, number=place)
    yield from _dashes(lines, places, is_named=False)
    for place in places:
        yield from _indents(lines, place)
    yield from _dashes(lines, places, is_named=True)


def _places(lines: Sequence[str], number: int, began: int | None) -> Iterator[int]:
    """The lines where the slip may be, each once: the line itself, what it stands in, what stands above it."""
    above = [at for at in range(min(number, len(lines)), 0, -1) if _says(lines[at - 1])]
    here = _indent(lines[above[0] - 1]) if above else 0
    outer = next((at for at in above[1:] if _indent(lines[at - 1]) < here), None)
    first = next((at for n, at in enumerate(above[1:-1], 1)
                  if _indent(lines[at - 1]) > here and _opens(lines[above[n + 1] - 1])), None)
    prior = above[1:2]
    if len(above) > 2 and _opens(lines[above[2] - 1]) and _indent(lines[above[2] - 1]) == _indent(lines[above[1] - 1]):
        above = [above[1], above[0]]  # `when:` and what should stand in it begin in one column
    yield from dict.fromkeys(at for at in (*above[:1], *prior, *above[1:2], began, outer, first)
                             if at is not None and at <= len(lines))


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _opens(line: str) -> bool:
    return line.rstrip().endswith(":")


# ── slips inside a line ──

_ODD_SPACE = re.compile("[\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000]")
_DASHES = re.compile(r"(\s*)([—–−•·‣▪*])\s+(?=\S)")
_MERGE = re.compile(r"<{7}|={7}|>{7}|\|{7}")
_NAME = r"[A-Za-z_][\w-]*"
#: A rule begins an item wherever it stands.
_NAMED = re.compile(rf"(?!rule:){_NAME} *:")
_KEY = re.compile(rf"(\s*(?:- +)*)({_NAME})(\s*=\s*|\s+|$)(.*)")
_TIGHT = re.compile(rf"(\s*(?:- +)*)({_NAME}):(?=[^\s:/])")
_VALUE = re.compile(rf"(\s*(?:- +)*(?:{_NAME} *: +)?)(\S.*?)\s*(?:\s#.*)?")
#: What begins something else than a text in YAML.
_SIGNS = "@%*&!|>`"


def _odd_space(line: str) -> Iterator[Mend]:
    if found := _ODD_SPACE.search(line):
        yield Mend(column=found.start() + 1, what="What stands here looks like a space and is none: such come with "
                   "text from web pages and word processors.", how="Delete it, and type a space.",
                   line=_ODD_SPACE.sub(" ", line), is_shown=False)


def _wide_colon(line: str) -> Iterator[Mend]:
    if found := re.search("[：∶﹕]\\s*", line):
        yield Mend(column=found.start() + 1, what="This looks like a colon and is none.", how="Type a plain colon.",
                   line=line[:found.start()] + ": " + line[found.end():])


def _left_by_merge(line: str) -> Iterator[Mend]:
    if _MERGE.match(line):
        yield Mend(column=1, what="This line was left by a program that joins two versions of a file.",
                   how="Keep one of the versions around it, and delete the line.", line="", is_shown=False)


def _second_document(line: str) -> Iterator[Mend]:
    if line.rstrip() in ("---", "..."):
        yield Mend(column=1, what=f"`{line.rstrip()}` ends the file here; nothing below it counts.",
                   how="Delete the line.", line="", is_shown=False)


def _dash_sign(line: str) -> Iterator[Mend]:
    if found := _DASHES.match(line):
        yield Mend(column=found.start(2) + 1, what=f"`{found[2]}` begins no item of a list here; a hyphen does.",
                   how="Type a hyphen and a space.", line=f"{found[1]}- {line[found.end():]}")
    elif found := re.match(r"(\s*)-(?=[A-Za-z\"'])", line):
        yield Mend(column=found.end() + 1, what="A space is missing behind the hyphen.", how="",
                   line=f"{found[1]}- {line[found.end():]}")


def _curly(line: str) -> Iterator[Mend]:
    if found := re.search("[“”„‟]", line):
        yield Mend(column=found.start() + 1, what="Curly quotes are letters like any other to YAML.",
                   how="Type straight ones.", line=re.sub("[“”„‟]", '"', line))


def _tight_colon(line: str) -> Iterator[Mend]:
    if found := _TIGHT.match(line):
        yield Mend(column=found.end() + 1, what=f"A space is missing behind the colon of `{found[2]}`.", how="",
                   line=f"{found[0]} {line[found.end():]}")


def _no_colon(line: str) -> Iterator[Mend]:
    if (found := _KEY.fullmatch(line)) and ": " not in line and not _opens(line):
        rest = found[4].removeprefix("=").strip()
        yield Mend(column=found.end(2) + 1, what=f"There is no colon behind `{found[2]}`.", how="",
                   line=f"{found[1]}{found[2]}:{' ' if rest else ''}{rest}")


def _bare_text(line: str) -> Iterator[Mend]:
    """A text that needs quotes because of what it begins with, or has inside."""
    found = _VALUE.fullmatch(line)
    if found and (why := _needs_quotes(found[2])):
        yield Mend(column=found.start(2) + 1, what=why, how="Put the whole text in quotes.",
                   line=found[1] + _in_quotes(found[2]))


def _needs_quotes(text: str) -> str:
    if text[0] in _SIGNS:
        return f"A text that begins with `{text[0]}` means something else."
    if re.match(r"\[[^\]]*\]\s*[^\s#\]},]|\{[^{}]*\}\s*[^\s#\]},]", text):
        return f"A text that begins with `{text[0]}` is taken for a list or a block; something stands behind its end."
    if re.match(r"\"[^\"]*\"\s*[^\s#]|'[^']*'\s*[^\s#']", text):
        return "Something stands behind the quote that ends the text."
    inside = text[0] not in "[{\"'" and (": " in text or text.endswith(":"))
    return "A colon stands inside the text, and looks like that behind a name." if inside else ""


def _in_quotes(text: str) -> str:
    return f"'{text}'" if '"' in text and "'" not in text else json.dumps(text, ensure_ascii=False)


def _listed_text(line: str) -> Iterator[Mend]:
    """The same for the items of a list in brackets, and for expressions there."""
    for found in re.finditer(r"(?<=[\[,{\s])/(?:[^/\\\s]|\\.| (?!/))+/(?=\s*[,\]}])", line):
        yield Mend(column=found.start() + 1, what="An expression with brackets, commas or colons needs quotes.",
                   how="Put it in single quotes.", line=f"{line[:found.start()]}'{found[0]}'{line[found.end():]}")
    for found in re.finditer(r"(?:[\[{,]\s*|: +)([@%*&!|>`][^,\]}\"']*)", line):
        yield Mend(column=found.start(1) + 1, what=f"A text that begins with `{found[1][0]}` means something else.",
                   how="Put it in quotes.", line=f'{line[:found.start(1)]}"{found[1].strip()}"{line[found.end(1):]}')


def _backslash(line: str) -> Iterator[Mend]:
    if found := re.search(r"\"([^\"']*\\[^\"']*)\"", line):
        yield Mend(column=found.start() + 1, what="Between double quotes a backslash means something of its own.",
                   how="Use single quotes.", line=f"{line[:found.start()]}'{found[1]}'{line[found.end():]}")


def _commas(line: str) -> Iterator[Mend]:
    if re.search(r"[\[{]", line) and ";" in line:
        yield Mend(column=line.index(";") + 1, what="What stands in brackets is parted by commas, not by semicolons.",
                   how="", line=line.replace(";", ","))
    if found := re.search(rf"[{{,][^,{{}}]*?: *[\w-]+( +)({_NAME}:)", line):
        yield Mend(column=found.start(2) + 1, what=f"A comma is missing in front of `{found[2][:-1]}`.", how="",
                   line=f"{line[:found.start(1)]}, {line[found.start(2):]}")
    if found := re.search(r"([\"'])( +)[\"'\w/]", line):
        yield Mend(column=found.end(1) + 1, what="A comma is missing here.", how="",
                   line=f"{line[:found.end(1)]}, {line[found.end(2):]}")


def _open_quote(line: str) -> Iterator[Mend]:
    for sign in "\"'":
        if line.count(sign) % 2:
            ends = [found.start() for found in re.finditer(r"[,\]}]|\s*$", line) if found.start() > line.index(sign)]
            for end in ends[:8]:
                yield Mend(column=line.rindex(sign, 0, end) + 1, what="This quote is not closed.", how="",
                           line=f"{line[:end]}{sign}{line[end:]}")


def _brackets(line: str) -> Iterator[Mend]:
    for opening, closing in ("[]", "{}"):
        surplus = line.count(opening) - line.count(closing)
        if surplus < 0:
            at = line.rindex(closing)
            yield Mend(column=at + 1, what=f"There is one `{closing}` more than `{opening}`.", how="Take it out.",
                       line=line[:at] + line[at + 1:])
        if surplus > 0:
            for found in re.finditer(r"[\]}]|\s*$", line):
                yield Mend(column=line.rindex(opening) + 1, what=f"This `{opening}` is not closed.", how="",
                           line=f"{line[:found.start()]}{closing}{line[found.start():]}")
        elif _says(line) and not surplus and not re.match(rf"\s*(?:- |{_NAME} *:)", line):
            last = line.rstrip()  # of a list of several lines
            yield Mend(column=len(last) + 1, what=f"A `{opening}` of the lines above is not closed.", how="",
                       line=last.rstrip(",") + closing)


_LOOKS: tuple[Look, ...] = (
    _odd_space, _wide_colon, _left_by_merge, _second_document, _dash_sign, _curly, _tight_colon, _no_colon,
    _listed_text, _bare_text, _backslash, _commas, _open_quote, _brackets,
)


# ── slips of a line among others ──


def _dashes(lines: Sequence[str], places: Sequence[int], *, is_named: bool) -> Iterator[Mend]:
    """The missing hyphen of an item; of one that begins with a name only if that is asked for."""
    what = "Each item of a list begins with a hyphen; here it is missing."
    how = "Put a hyphen and a space in front of it."
    for place in places:
        line = lines[place - 1]
        indent, said = _indent(line), line.lstrip()
        if not said.startswith("-") and is_named == bool(_NAMED.match(said)):
            for before in {max(indent - 2, 0): None, indent: None}:
                yield Mend(number=place, column=indent + 1, what=what, how=how, line=f"{' ' * before}- {said}")


_STEPS = {1: "one", 2: "two", 3: "three", 4: "four"}


def _indents(lines: Sequence[str], place: int) -> Iterator[Mend]:
    """The line further left or right, where other lines of the file begin."""
    said = lines[place - 1].lstrip(" ")
    here = _indent(lines[place - 1])
    usual = {_indent(line) for line in lines if _says(line)} - {here}
    for there in sorted(usual, key=lambda indent: (abs(indent - here), indent))[:5]:
        yield Mend(
            number=place, column=here + 1, line=" " * there + said, is_shown=False,
            what=f"This line begins in column {here + 1}, and does not fit to the lines around it.",
            how=f"Begin it in column {there + 1}, "
                f"{_STEPS.get(abs(there - here), abs(there - here))} further {'left' if there < here else 'right'}.")
