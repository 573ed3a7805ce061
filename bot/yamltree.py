"""YAML text as plain data with the place of every key and item: from libyaml's events, never trusting the text.

Depth, size and aliases have bounds, so that no file takes long or blows the stack; all repeated keys are told, not
the first alone. Scalars are those of YAML 1.2's core schema: `no`, `08:30` and `2026-12-18` are words. Merge keys
(`<<`) and tags mean nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any

Loc = tuple[int | str, ...]
#: What is wrong, and the line and column (1-based) where it is.
Stumble = tuple[str, int, int]

#: How deep lists and blocks may stand in each other, and how many keys and items a file may have, aliases written out.
DEEPEST, MOST = 40, 50_000

#: How a key that stands twice is told.
TWICE = "duplicate key"

_INT = re.compile(r"[-+]?[0-9]{1,18}|0x[0-9a-fA-F]{1,15}|0o[0-7]{1,20}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,3})?")
_NAMED = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")), **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class Tree:
    """What a text says, and where; `stumbles` is what keeps it from being YAML, and then `data` is nothing. `began` is
    the line where the quote, list or block began in which the parser stumbled."""

    data: Any = None
    places: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    stumbles: list[Stumble] = field(default_factory=list)
    began: int | None = None


@dataclass(slots=True, eq=False)
class _Node:
    """A scalar, a list or a block as it stands, aliases not yet written out."""

    line: int
    column: int
    value: Any = None
    items: list[_Node] | None = None
    pairs: list[tuple[_Node, _Node]] | None = None


class _Stop(Exception):  # noqa: N818  carries a stumble out of the depths
    def __init__(self, said: str, line: int, column: int) -> None:
        super().__init__(said)
        self.stumble = (said, line, column)


def build(text: str) -> Tree:
    """The tree of a text. Never raises: what is wrong with the text stands in `stumbles`."""
    from yaml import MarkedYAMLError, YAMLError
    from yaml.reader import ReaderError

    tree = Tree()
    try:
        root = _composed(text)
        if root is not None:
            tree.data = _written_out(root, (), tree, ())
    except _Stop as stop:
        tree.stumbles.append(stop.stumble)
    except ReaderError as wrong:
        tree.stumbles.append((str(wrong.reason), *_place_of(text)))
    except MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        tree.began = wrong.context_mark.line + 1 if wrong.context_mark else None
        tree.stumbles.append((str(wrong.problem or wrong.context or "this is no YAML"), *place))
    except (YAMLError, ValueError) as wrong:  # a lone surrogate, say, that no file in UTF-8 can hold
        tree.stumbles.append((str(wrong).partition("\n")[0], *_place_of(text)))
    return tree


def ends_at(text: str) -> tuple[float, bool]:
    """The line where reading ends, infinite for all of it; and whether no key stands twice."""
    tree = build(text)
    twice = bool(tree.stumbles) and tree.stumbles[0][0].startswith(TWICE)
    return (float(tree.stumbles[0][1]) if tree.stumbles and not twice else inf), not twice


_ODD = re.compile("[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]|\\ufeff")


def _place_of(text: str) -> tuple[int, int]:
    """Where the first character stands that YAML does not allow; the reader names bytes, not lines."""
    found = _ODD.search(text)
    before = text[:found.start()] if found else ""
    lines = before.splitlines() or [""]
    return (len(lines), len(lines[-1]) + 1) if not before.endswith(("\n", "\r")) else (len(lines) + 1, 1)


# ── events to nodes, without recursion ──


def _composed(text: str) -> _Node | None:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root: _Node | None = None
    stack: list[tuple[_Node, list[_Node]]] = []
    anchors: dict[str, _Node] = {}
    count = 0
    for event in yaml.parse(text, Loader=loader):
        node = _node(event, anchors)
        count += node is not None
        if isinstance(event, yaml.DocumentStartEvent) and root is not None:
            raise _Stop("a second document begins here", *_mark(event))
        if count > MOST or len(stack) > DEEPEST:
            raise _Stop("too much stands here for a file of rules", *_mark(event))
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            _close(*stack.pop())
        elif node is not None:
            root = root or node
            if stack:
                stack[-1][1].append(node)
            if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                stack.append((node, []))
    return root


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _node(event: Any, anchors: dict[str, _Node]) -> _Node | None:
    """The node that an event begins, or names."""
    import yaml

    if isinstance(event, yaml.AliasEvent):
        if event.anchor not in anchors:
            raise _Stop(f"`*{event.anchor}` names nothing above", *_mark(event))
        return anchors[event.anchor]
    if not isinstance(event, yaml.NodeEvent):
        return None
    node = _Node(*_mark(event))
    if isinstance(event, yaml.ScalarEvent):
        is_plain = event.style is None or event.style == ""
        node.value = _scalar(event.value) if is_plain and event.implicit[0] else event.value
    else:
        node.items = [] if isinstance(event, yaml.SequenceStartEvent) else None
        node.pairs = [] if isinstance(event, yaml.MappingStartEvent) else None
    if event.anchor:
        anchors[event.anchor] = node
    return node


def _close(node: _Node, children: list[_Node]) -> None:
    if node.pairs is None:
        node.items = children
    else:
        node.pairs = list(zip(children[::2], children[1::2], strict=True))


def _scalar(text: str) -> Any:
    """A plain word as a value. A number too long for any setting stays the word that it is."""
    if text in _NAMED:
        return _NAMED[text]
    if not (text[0].isdigit() or text[0] in "+-."):
        return text
    if _INT.fullmatch(text):
        return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))
    return float(text) if _FLOAT.fullmatch(text) else text


# ── nodes to data and places ──


def _written_out(node: _Node, loc: Loc, tree: Tree, above: tuple[_Node, ...]) -> Any:
    if node.items is None and node.pairs is None:
        return node.value
    if node in above:
        raise _Stop("it stands inside itself", node.line, node.column)
    if len(tree.places) > MOST or len(above) > DEEPEST:
        raise _Stop("too much stands here for a file of rules", node.line, node.column)
    inside = (*above, node)
    if node.items is not None:
        for at, item in enumerate(node.items):
            tree.places[(*loc, at)] = (item.line, item.column)
        return [_written_out(item, (*loc, at), tree, inside) for at, item in enumerate(node.items)]
    return dict(_entries(node, loc, tree, inside))


def _entries(node: _Node, loc: Loc, tree: Tree, inside: tuple[_Node, ...]) -> Iterator[tuple[Any, Any]]:
    seen = set()
    for key, value in node.pairs or ():
        if key.items is not None or key.pairs is not None:
            raise _Stop("a name belongs before the colon, not a list", key.line, key.column)
        if key.value in seen:
            tree.stumbles.append((f"{TWICE} `{key.value}`", key.line, key.column))
        seen.add(key.value)
        # The text of a key names its place, as pydantic names it.
        tree.places[(*loc, key.value if isinstance(key.value, (int, str)) else str(key.value))] = (key.line, key.column)
        yield key.value, _written_out(value, (*loc, key.value), tree, inside)
