"""A roster merged into the text of people.yaml. What a person wrote there stays: comments, order, and every way chosen.

New people are added at the end, addresses are brought up to date, and areas that the roster names are added. Nobody is
taken out, and nothing that stands there is made less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any

from bot.starter.roster import Hire, new_id

if TYPE_CHECKING:
    from ruamel.yaml import YAML


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """The new text, and what was done: ids by what became of them. `absent` stand in the file and not in the roster."""

    text: str
    added: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


def merge(text: str, hires: Iterable[Hire]) -> Merged:
    """The file with a roster's people. `text` must be a valid people.yaml."""
    yaml = _yaml()
    tree = yaml.load(text)
    people = tree["people"]
    seen: set[str] = set()
    added: list[str] = []
    changed: dict[str, tuple[str, ...]] = {}
    for hire in hires:
        known = _known(hire, people, seen)
        if known is None:
            known = new_id(hire, {*map(str, people), *map(str, tree.get("groups") or ())})
            _append(people, known, hire)
            added.append(known)
        elif did := tuple(_updated(people[known], hire)):
            changed[known] = did
        seen.add(known)
    absent = tuple(str(key) for key in people if key not in seen)
    written = _text(yaml, tree) if added or changed else text
    if "\r\n" in text and written is not text:
        written = written.replace("\n", "\r\n")
    return Merged(text=written, added=tuple(added), changed=changed,
                  absent=absent)


def _yaml() -> YAML:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _text(yaml: YAML, tree: Any) -> str:
    out = StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


def _known(hire: Hire, people: Mapping[str, Any], seen: set[str]) -> str | None:
    """Who this is among those who stand there: by address, by id, then by the whole name."""
    for key, person in people.items():
        if str(person.get("address", "")).casefold() == hire.address.casefold():
            return key
    if hire.id and hire.id in people and hire.id not in seen:
        return hire.id
    same = [key for key, person in people.items()
            if str(person.get("name", "")).casefold() == hire.name.casefold() and key not in seen]
    return same[0] if len(same) == 1 else None


def _append(people: Any, key: str, hire: Hire) -> None:
    """At the end; what stands behind the last person (a blank line, a comment) stays behind the new one."""
    from ruamel.yaml.comments import CommentedMap

    person = CommentedMap(name=hire.name, address=hire.address)
    if hire.areas:
        person["areas"] = _flow(hire)
    tail = _take_tail(people)
    people[key] = person
    if tail is not None:
        last = list(person)[-1]
        person.ca.items[last] = [None, None, tail, None]


def _flow(hire: Hire) -> Any:
    from ruamel.yaml.comments import CommentedMap

    areas = CommentedMap((area, str(way)) for area, way in hire.areas.items())
    areas.fa.set_flow_style()
    return areas


def _take_tail(people: Any) -> Any:
    """ruamel hangs blank lines and comments before the next block on the very last value: they are moved on."""
    node, key = people, list(people)[-1]
    while hasattr(node[key], "ca") and node[key] and not node[key].fa.flow_style():
        node, key = node[key], list(node[key])[-1] if isinstance(node[key], dict) else len(node[key]) - 1
    held = node.ca.items.get(key)
    at = 2 if isinstance(node, dict) else 0
    token = held[at] if held else None
    if token is None or ("\n" not in token.value.rstrip("\n") and not token.value.startswith("\n")):
        return None
    own, _, rest = token.value.partition("\n")
    if not rest.strip() and "\n" not in rest:
        return None
    held[at] = None if not own.strip() else _token(token, own + "\n")
    return _token(token, "\n" + rest)


def _token(like: Any, value: str) -> Any:
    from ruamel.yaml.tokens import CommentToken

    return CommentToken(value, like.start_mark, None)


def _updated(person: Any, hire: Hire) -> Iterable[str]:
    """Bring an entry up to date; what was done, in words."""
    if str(person.get("address", "")).casefold() != hire.address.casefold():
        yield f"address {person.get('address')} → {hire.address}"
        person["address"] = hire.address
    areas = person.get("areas")
    new = {area: way for area, way in hire.areas.items() if area not in (areas or {})}
    if not new:
        return
    yield f"reads {', '.join(f'{area} ({way})' for area, way in new.items())}, too"
    if areas is None:
        person["areas"] = _flow(Hire(line=0, name="", address="", areas=new))
    else:
        areas.update({area: str(way) for area, way in new.items()})
