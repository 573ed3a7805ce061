"""YAML files that people write: loaded with positions, so that every mistake is told with file, line and column.

Duplicate keys and tabs are refused, `no` and `08:30` stay words (YAML 1.2), and a pydantic model's complaints are
translated into sentences at the place in the file that caused them.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.errors import Problem, SetupError
from bot.yamlmend import Mend, meant, untabbed
from bot.yamltree import TWICE, Loc, Stumble, Tree, build

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    Model = TypeVar("Model", bound=BaseModel)

#: A line that may hold a secret is told by its name alone: what is told stands in logs and mails.
_SECRET = re.compile(r"pass(?:word|wd|phrase)?\b|secret|token|api.?key|://[^/\s]{0,200}:[^/\s]{0,200}@"
                     r"|^\s*key\s*(?::|$)|\bdkim\b|-----BEGIN", re.IGNORECASE)
#: Among so many names the one that was meant is looked for.
_MOST_NAMES = 1_000
#: The longest file that is looked at, in bytes; how much of a line is repeated, in characters; how many mistakes of
#: one part are told.
_MOST_BYTES, _LONGEST, _MOST_TOLD = 5_000_000, 300, 200
#: After so many slips that keep a file from being YAML the rest waits until they are mended.
_MOST_SLIPS = 10


class YamlFile:
    """A parsed file that remembers where each key and value stands. `data` is plain dicts, lists and scalars; `text`
    is the file as it stood, its line ends too."""

    def __init__(self, path: Path, text: str, tree: Tree) -> None:
        self.path = path
        self.text = text
        self.lines = text.splitlines()
        self._places = tree.places
        self.data = tree.data

    def place(self, loc: Loc) -> tuple[int, int | None]:
        """Line and column (1-based) of the deepest part of `loc` that stands in the file; of the whole: line 1."""
        for end in range(len(loc), 0, -1):
            if loc[:end] in self._places:
                return self._places[loc[:end]]
        return 1, None

    def problem(self, loc: Loc, what: str, mend: str = "", kind: str = "") -> Problem:
        """A Problem at that place of this file."""
        line, column = self.place(loc)
        return Problem(file=self.path, line=line, column=column, what=_short(what), mend=_short(mend), kind=kind,
                       source=_source(self.lines, line))

    def known(self, loc: Loc) -> Loc:
        """`loc` without the parts that stand in no file: pydantic puts names of types and validators into it."""
        kept: Loc = ()
        for part in loc:
            if (*kept, part) in self._places or not _is_model_name(part):
                kept = (*kept, part)
        return kept


def _short(text: str) -> str:
    """A sentence that repeats what stands in the file, and so may be as long as it."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"


def _source(lines: list[str], line: int | None) -> str:
    source = lines[line - 1] if line and line <= len(lines) else ""
    return source.partition(":")[0] + ": …" if _SECRET.search(source) else source[:_LONGEST]


def read_yaml(path: Path, error: type[SetupError]) -> YamlFile:
    """Read and parse one file. Raises `error` with Problems when it cannot be read or is not YAML."""
    return parse_yaml(path, read_text(path, error), error)


def read_text(path: Path, error: type[SetupError]) -> str:
    """What stands in a file. Raises `error` with a Problem when it cannot be read."""
    try:
        content = path.read_bytes()
        if len(content) > _MOST_BYTES:
            raise _fail(error, path, f"This file is {len(content) / 1e6:.0f} MB long; no rules are.",
                        "Take the last good copy: liaison rules log, liaison rules back.", line=1)
        return content.decode("utf-8-sig")
    except FileNotFoundError as missing:
        raise _fail(error, path, "This file is missing.", "Copy it from the shipped examples.") from missing
    except UnicodeDecodeError as unreadable:
        line = unreadable.object[:unreadable.start].count(b"\n") + 1
        raise _fail(error, path, f"Line {line} is not UTF-8 text.", "Save the file as UTF-8.", line) from unreadable
    except OSError as closed:
        raise _fail(error, path, f"This file cannot be read: {closed.strerror}.",
                    "Give the bot's account the right to read it.") from closed


def parse_yaml(path: Path, text: str, error: type[SetupError]) -> YamlFile:
    """Parse text that stands, or stood, in a file. Raises `error` with Problems when it is not YAML."""
    file, slips = parse_as_meant(path, text)
    if slips or file is None:
        raise error(str(path), problems=slips)
    return file


def parse_as_meant(path: Path, text: str) -> tuple[YamlFile | None, tuple[Problem, ...]]:
    """The file as it was probably meant, so that the rest of it can be looked at, and what keeps it from being YAML.
    None where that is anybody's guess."""
    tree, slips, lines, tried = build(text), list[Problem](), text.splitlines(), text.splitlines()
    while tree.stumbles:
        said, line, column = tree.stumbles[0]
        if said.startswith(TWICE):
            slips += _repeated(path, lines, tree.stumbles)
            break
        if _indenting_tab(tried, line) is not None:
            plain = untabbed(tried)
            slips += [_tab_problem(path, lines, number, plain[number - 1]) for number in range(line, len(lines) + 1)
                      if _indenting_tab(tried, number) is not None]
            tried = plain
            tree = build("\n".join(tried) + "\n")
            continue
        mend = None if _NO_SLIP.search(said) else meant(tried, line, tree.began)
        if mend is None or len(slips) >= _MOST_SLIPS or mend.number in {slip.line for slip in slips}:
            return None, tuple(slips) or (_syntax_problem(path, lines, said, line, column),)
        slips.append(_mended(path, lines, mend))
        tried[mend.number - 1] = mend.line
        tree = build("\n".join(tried) + "\n")
    return YamlFile(path, text, tree), tuple(slips)


#: What the parser says of a file for which a mended line is no help.
_NO_SLIP = re.compile("document start|characters? .*allowed|stands inside itself|too much stands here")


def _mended(path: Path, lines: list[str], mend: Mend) -> Problem:
    is_shown = mend.is_shown and not _SECRET.search(mend.line)
    write = f"Write `{mend.line.strip()}`." if is_shown else ""
    return Problem(file=path, line=mend.number, column=mend.column, what=_short(mend.what), kind="syntax",
                   mend=_short(f"{mend.how} {write}".strip()), source=_source(lines, mend.number))


def _repeated(path: Path, lines: list[str], stumbles: Iterable[Stumble]) -> Iterable[Problem]:
    """Keys that stand twice. A whole rule without its hyphen repeats all the keys of the rule above it: one slip."""
    in_rule = False
    for said, line, column in stumbles:
        key = said.partition(" `")[2].removesuffix("`")
        if not in_rule or key not in _OF_A_RULE:
            in_rule = key == "rule"
            mend = "Keep one of the two."
            if in_rule:
                mend += " If a new rule begins here, put a hyphen in front of it: `- rule: …`."
            yield Problem(file=path, line=line, column=column, what=_short(f"`{key}` stands here a second time."),
                          mend=mend, source=_source(lines, line), kind="duplicate")


#: What follows the name of a rule.
_OF_A_RULE = frozenset({"when", "to", "send", "cc-liaison", "tag", "untag", "hold", "never", "stop", "reply-to",
                        "acknowledge", "why", "examples"})


_NUMBERS = {2: "two", 4: "four", 6: "six", 8: "eight"}


def _tab_problem(path: Path, lines: list[str], line: int, meant_: str) -> Problem:
    spaces = len(meant_) - len(meant_.lstrip())
    return Problem(file=path, line=line, column=_indenting_tab(lines, line), kind="syntax",
                   what="A tab stands here; YAML is indented with spaces.",
                   mend=f"Begin the line with {_NUMBERS.get(spaces, spaces)} spaces." if spaces else "Delete the tab.",
                   source=_source(lines, line))


def _indenting_tab(lines: list[str], number: int) -> int | None:
    """The column of a tab before a line's first word."""
    source = lines[number - 1] if 0 < number <= len(lines) else ""
    indent = source[:len(source) - len(source.lstrip())]
    return indent.index("\t") + 1 if "\t" in indent and source.strip() else None


def _syntax_problem(path: Path, lines: list[str], said: str, line: int, column: int) -> Problem:
    what, mend = _syntax_words(said, lines[line - 1] if line <= len(lines) else "")
    return Problem(file=path, line=line, column=column, what=_short(what), mend=mend,
                   source=_source(lines, line), kind="syntax")


def _syntax_words(said: str, source: str) -> tuple[str, str]:
    if "\t" in source:
        return "A tab stands here; YAML is indented with spaces.", "Replace the tab by two spaces."
    if "character" in said and "allowed" in said:
        return "A character stands here that no text file has.", "Delete it, or take the last good copy of the file."
    if "document start" in said:
        return ("This line stands further left than the first one, so it is no part of the same block.",
                "Begin all of them in one column; or a line above the first is missing, such as `people:`.")
    return (
        f"The line cannot be understood ({said}).",
        "Look for a missing colon, a quote that is not closed, or a line indented differently from its neighbours.",
    )


_WHOLE = object()


def validate(
    file: YamlFile, model: type[Model], error: type[SetupError], names: Iterable[str] = (), *,
    data: object = _WHOLE, below: Loc = (),
) -> Model:
    """The file, or the part `data` that stands `below`, as a `model`; raises `error` with every mistake at once.

    `names` are the words that "did you mean" chooses from.
    """
    from pydantic import ValidationError

    given = file.data if data is _WHOLE else data
    try:
        return model.model_validate({} if given is None else given)
    except ValidationError as wrong:
        raise error(str(file.path), problems=tuple(_problems(file, wrong, names, below))) from wrong


def _problems(file: YamlFile, wrong: ValidationError, names: Iterable[str], below: Loc) -> Iterable[Problem]:
    seen = set()
    for detail in wrong.errors(include_url=False)[:_MOST_TOLD]:
        if detail["loc"][-1:] == ("bool",) and isinstance(detail.get("input"), (list, tuple)):
            continue  # the other half of "true, or a list of …", which tells what is wrong with the list
        loc = file.known((*below, *(part for part in detail["loc"] if isinstance(part, (int, str)))))
        what, mend = _sentence(detail, loc, names)
        if (loc, what) not in seen:
            seen.add((loc, what))
            yield file.problem(loc, what, mend, detail["type"])


def _is_model_name(part: int | str) -> bool:
    return isinstance(part, str) and (part.startswith("function-") or "[" in part or part[:1].isupper())


#: What should stand there instead, by pydantic's name of the mistake.
_SHOULD_BE: Mapping[str, str] = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"),
                    "lines of the form `name: value` belong here"),
    **dict.fromkeys(("tuple_type", "list_type"), "a list belongs here: [one, two], or lines that begin with a dash"),
    "string_type": "a word belongs here; put it in quotes", "bool_type": "write true or false",
    "bool_parsing": "write true or false", "too_short": "at least one belongs here",
}


def _sentence(detail: ErrorDetails, loc: Loc, names: Iterable[str]) -> tuple[str, str]:
    kind, given = detail["type"], detail.get("input")
    key = next((part for part in reversed(loc) if isinstance(part, str)), "")
    if detail["loc"][-1:] == ("[key]",) and kind == "string_type":
        return f"`{given}` is a number; a name belongs here.", "Put it in quotes."
    if kind == "extra_forbidden":
        return f"There is no setting `{key}` here.", _other_setting(key, names)
    if kind == "missing":
        return f"`{key}` is missing.", f"Add a line `{key}: …`."
    if kind in ("value_error", "no_provider"):
        return str(detail["msg"]).removeprefix("Value error, "), ""
    if kind in ("enum", "literal_error") and given is None:
        return f"Nothing stands behind `{key}`.", _spaced(key)
    if kind in ("enum", "literal_error"):
        expected = str((detail.get("ctx") or {}).get("expected", ""))
        return f"`{given}` is not one of {expected}.", did_you_mean(str(given), re.findall(r"'([^']+)'", expected))
    if kind.startswith("date_") and isinstance(given, (str, int, float)):
        return f"`{key}` cannot be {_shown(given, loc)}: that is no day of the calendar.", _dated(str(given))
    what = f"`{key}` cannot be {_shown(given, loc)}" if key else f"This file cannot be {_shown(given, loc)}"
    mend = "" if key else "Compare it with the shipped example."
    return f"{what}: {_SHOULD_BE.get(kind) or _lower(detail['msg'])}.", mend


def _shown(given: object, loc: Loc) -> str:
    if any(_SECRET.search(str(part)) for part in loc):
        return "what stands there"
    if isinstance(given, bool):
        return f"`{str(given).lower()}`"
    if isinstance(given, (str, int, float)):
        return f"`{str(given)[:60]}`"
    words = {list: "a list", tuple: "a list", dict: "a block of lines", type(None): "empty"}
    return words.get(type(given), f"`{given}`")


#: What people write for a setting, beyond slips of the pen.
_OTHER_WORDS: Mapping[str, str] = {
    "if": "when", "where": "when", "from": "sender", "body": "text", "words": "text", "word": "text", "to": "until",
    "end": "until", "start": "from", "begin": "from", "email": "address", "e-mail": "address", "mail": "address",
    "title": "label", "description": "about", "because": "why", "reason": "why", "time": "at", "days": "on",
    "date": "on", "vacation": "away", "leave": "away", "substitute": "deputy", "backup": "deputy", "unless": "not",
    "except": "not", "or": "any", "and": "all",
}


def _other_setting(key: str, names: Iterable[str]) -> str:
    """A known name that is not this one: that stands in a wrong place."""
    others = [name for name in names if name != key]
    if (word := _OTHER_WORDS.get(key.lower())) in others:
        return f"Did you mean `{word}`?"
    return did_you_mean(key.strip("“”‘’'\""), others)


def _spaced(key: str) -> str:
    name, colon, value = key.partition(":")
    return f"A space is missing behind the colon: `{name}: {value}`." if colon else f"Write `{key}: …`."


_AMERICAN = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_IN_WORDS = ("%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y", "%Y %m %d", "%d %m %Y")


def _dated(text: str) -> str:
    """The day that was meant, the month first as on American calendars."""
    if found := _AMERICAN.fullmatch(text.strip()):
        text = f"{found[3]} {found[1]} {found[2]}"
    plain = " ".join(re.sub(r"[,./]|(?<=\d)(?:st|nd|rd|th)\b", " ", text).split())
    for form in _IN_WORDS:
        with suppress(ValueError):
            return f"Did you mean `{datetime.strptime(plain, form).date()}`?"  # noqa: DTZ007  a day has no zone
    return "Write it as in `2026-12-18`: year, month, day."


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A question that names the closest known word, or nothing."""
    known = sorted({name for name in names if abs(len(name) - len(word)) <= len(word)})[:_MOST_NAMES]
    close = difflib.get_close_matches(word[:100], known, n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`?" if close else ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _fail(error: type[SetupError], path: Path, what: str, mend: str, line: int | None = None) -> SetupError:
    return error(str(path), problems=(
        Problem(file=path, line=line, column=None, what=what, mend=mend, kind="unreadable"),))


_BARE = re.compile(r"[a-z][a-z0-9@._-]*(?: [a-z0-9@._-]+)*", re.IGNORECASE)
#: Words that YAML reads as something else.
_NOT_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})


def quoted(text: str) -> str:
    """A text as YAML takes it for the same text: bare where that is safe."""
    is_safe = _BARE.fullmatch(text) and text.lower() not in _NOT_WORDS
    return text if is_safe else json.dumps(text, ensure_ascii=False)
