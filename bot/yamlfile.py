"""YAML files that people write: loaded with positions, so that every mistake is told with file, line and column.

Duplicate keys and tabs are refused, `no` and `08:30` stay words (YAML 1.2), and a pydantic model's complaints are
translated into sentences at the place in the file that caused them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.errors import Problem, SetupError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    Model = TypeVar("Model", bound=BaseModel)

Loc = tuple[int | str, ...]


class YamlFile:
    """A parsed file that remembers where each key and value stands. `data` is plain dicts, lists and scalars."""

    def __init__(self, path: Path, text: str, tree: Any) -> None:
        self.path = path
        self.lines = text.splitlines()
        self._tree = tree
        self.data = _plain(tree)

    def place(self, loc: Loc) -> tuple[int | None, int | None]:
        """Line and column (1-based) of the deepest part of `loc` that stands in the file."""
        node, found = self._tree, (None, None)
        for part in loc:
            where = _position(node, part)
            if where is None:
                break
            found, node = where, node[part]
        return found

    def problem(self, loc: Loc, what: str, mend: str = "") -> Problem:
        """A Problem at that place of this file."""
        line, column = self.place(loc)
        source = self.lines[line - 1] if line and line <= len(self.lines) else ""
        return Problem(file=self.path, line=line, column=column, what=what, mend=mend, source=source)


def read_yaml(path: Path, error: type[SetupError]) -> YamlFile:
    """Read and parse one file. Raises `error` with a Problem when it cannot be read or is not YAML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as missing:
        raise _fail(error, path, "This file is missing.", "Copy it from the shipped examples.") from missing
    except (OSError, UnicodeDecodeError) as unreadable:
        raise _fail(error, path, f"This file cannot be read: {unreadable}.", "Save it as UTF-8 text.") from unreadable
    return parse_yaml(path, text, error)


def parse_yaml(path: Path, text: str, error: type[SetupError]) -> YamlFile:
    """Parse text that stands, or stood, in a file. Raises `error` with a Problem when it is not YAML."""
    return YamlFile(path, text, _parse(path, text, error))


def _parse(path: Path, text: str, error: type[SetupError]) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    loader = YAML(typ="rt")
    loader.allow_duplicate_keys = False
    try:
        return loader.load(text)
    except MarkedYAMLError as wrong:
        raise error(str(path), problems=(_syntax_problem(path, text, wrong),)) from wrong
    except (YAMLError, ValueError, RecursionError) as wrong:
        raise _fail(error, path, f"This is not YAML: {str(wrong).splitlines()[0]}.", "") from wrong


def _syntax_problem(path: Path, text: str, wrong: Any) -> Problem:
    mark = wrong.problem_mark or wrong.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
    lines = text.splitlines()
    source = lines[line - 1] if line and line <= len(lines) else ""
    what, mend = _syntax_words(str(wrong.problem or wrong.context or "This is not YAML"), source)
    return Problem(file=path, line=line, column=column, what=what, mend=mend, source=source)


def _syntax_words(problem: str, source: str) -> tuple[str, str]:
    if "\t" in source:
        return "A tab stands here; YAML is indented with spaces.", "Replace the tab by two spaces."
    if "duplicate key" in problem:
        key = problem.partition('"')[2].partition('"')[0]
        return f"`{key}` stands here a second time.", "Keep one of the two."
    return (
        f"The line cannot be understood ({problem}).",
        "Look for a missing colon, a quote that is not closed, or a line that is indented differently from its neighbours.",
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
    for detail in wrong.errors(include_url=False):
        loc = (*below, *(part for part in detail["loc"] if not _is_model_name(part)))
        what, mend = _sentence(detail, names)
        if (loc, what) not in seen:
            seen.add((loc, what))
            yield file.problem(loc, what, mend)


def _is_model_name(part: int | str) -> bool:
    """Pydantic puts names of union members and validators into `loc`; they stand in no file."""
    return isinstance(part, str) and (part.startswith("function-") or "[" in part or part[:1].isupper())


def _sentence(detail: ErrorDetails, names: Iterable[str]) -> tuple[str, str]:
    kind, key, given = detail["type"], str(detail["loc"][-1] if detail["loc"] else "file"), detail.get("input")
    if kind == "extra_forbidden":
        return f"There is no setting `{key}` here.", did_you_mean(key, names)
    if kind == "missing":
        return f"`{key}` is missing.", f"Add a line `{key}: …`."
    if kind == "value_error":
        return str(detail["msg"]).removeprefix("Value error, "), ""
    if kind in ("enum", "literal_error"):
        expected = str((detail.get("ctx") or {}).get("expected", ""))
        return f"`{given}` is not one of {expected}.", ""
    shown = given if isinstance(given, (str, int, float, bool)) else type(given).__name__
    return f"`{key}` cannot be `{shown}`: {_lower(detail['msg'])}.", ""


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A question that names the closest known word, or nothing."""
    close = difflib.get_close_matches(word, sorted(set(names)), n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`?" if close else ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _fail(error: type[SetupError], path: Path, what: str, mend: str) -> SetupError:
    return error(str(path), problems=(Problem(file=path, line=None, column=None, what=what, mend=mend),))


def _position(node: Any, part: int | str) -> tuple[int, int] | None:
    try:
        if isinstance(node, Mapping) and part in node:
            line, column = node.lc.key(part)  # type: ignore[attr-defined]
        elif isinstance(node, Sequence) and not isinstance(node, str) and isinstance(part, int):
            line, column = node.lc.item(part)  # type: ignore[attr-defined]
        else:
            return None
    except (AttributeError, KeyError, IndexError):
        return None
    return line + 1, column + 1


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, str):
        return str(node)
    return node
