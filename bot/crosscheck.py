"""Names that one of the liaison's files uses and another should define; told of all files at once.

It looks at what stands in the files, not at what became of it: a slip elsewhere hides no unknown name. What is of the
wrong kind altogether is passed over here; the models tell of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import Problem
from bot.yamlfile import YamlFile, did_you_mean
from bot.yamltree import Loc

FILES = ("areas.yaml", "people.yaml", "routing.yaml")

#: A name for all people, usable wherever a group is.
EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class _Known:
    """The ids that stand in the files; None where the file cannot be read, so that nothing is unknown."""

    areas: frozenset[str] | None
    persons: frozenset[str] | None
    who: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class _Use:
    """A name that is used: where, what it should be, among what."""

    file: YamlFile
    loc: Loc
    name: str
    kind: str
    known: frozenset[str] | None


def cross_check(files: Mapping[str, YamlFile], liaison: str | None) -> Iterator[Problem]:
    """Every unknown name, in the order of the files; files that could not be parsed are left out of `files`."""
    people = _block(files, "people.yaml", "people")
    groups = _block(files, "people.yaml", "groups") or {}
    areas = _data(files, "areas.yaml")
    known = _Known(
        areas=None if areas is None else frozenset(map(str, areas)),
        persons=None if people is None else frozenset(map(str, people)),
        who=None if people is None else frozenset({*map(str, people), *map(str, groups), EVERYONE}),
    )
    called = _called(people or {}, areas or {})
    for use in _uses(files, known):
        if use.known is not None and use.name not in use.known:
            yield use.file.problem(use.loc, f"There is no {use.kind} `{use.name}`.", _meant(use, known, called),
                                   f"unknown-{use.kind.replace(' ', '-')}")
    if people is not None:
        yield from _of_people(files["people.yaml"], people, groups, liaison)
    if "routing.yaml" in files:
        yield from _same_rule_names(files["routing.yaml"])


def _data(files: Mapping[str, YamlFile], name: str) -> Mapping[Any, Any] | None:
    data = files[name].data if name in files else None
    return data if isinstance(data, dict) else None


def _block(files: Mapping[str, YamlFile], name: str, key: str) -> Mapping[Any, Any] | None:
    block = (_data(files, name) or {}).get(key)
    return block if isinstance(block, dict) else None


def _of_people(
    file: YamlFile, people: Mapping[Any, Any], groups: Mapping[Any, Any], liaison: str | None
) -> Iterator[Problem]:
    if liaison is not None and liaison not in people:
        yield file.problem(
            ("people",), f"The liaison `{liaison}` of config.yaml does not stand here.",
            did_you_mean(liaison, map(str, people)) or "Add this person, or change `liaison:` in config.yaml.",
            "unknown-liaison",
        )
    for name in (EVERYONE, *people):
        if name in groups:
            yield file.problem(("groups", name), f"`{name}` cannot be the name of a group.",
                               "Give the group another name.", "name-taken")


# ── what was meant by a name that is none ──


def _called(people: Mapping[Any, Any], areas: Mapping[Any, Any]) -> dict[str, str]:
    """Ids by what people and areas are called elsewhere: names, addresses, labels."""
    return {
        str(block[line]).casefold(): str(key)
        for blocks, lines in ((areas, ("label",)), (people, ("name", "address")))
        for key, block in blocks.items() if isinstance(block, dict)
        for line in lines if _is_name(block.get(line))
    }


def _meant(use: _Use, known: _Known, called: Mapping[str, str]) -> str:
    """The id that was probably meant; else what the name is, if it is something else."""
    names, word = use.known or frozenset(), use.name.strip().casefold()
    parts = [part.strip() for part in use.name.replace(";", ",").split(",")]
    if len(parts) == 1:
        parts = use.name.split()
    if len(parts) > 1 and all(part in names for part in parts):
        return f"Several stand in brackets: `[{', '.join(parts)}]`."
    if (key := called.get(word)) in names:
        return f"Did you mean `{key}`? The id stands here, as it stands in front of the colon."
    if EVERYONE in names and word in ("all", "everybody", "anyone", "staff"):
        return f"Did you mean `{EVERYONE}`?"
    if use.kind == "person" and use.name in (known.who or ()):
        return "That is a group; one person's id stands here."
    if use.kind != "area" and use.name in (known.areas or ()):
        return "That is an area; the ids of people or groups stand here."
    if use.kind == "area" and use.name in (known.who or ()):
        return "That is no area; people and groups stand behind `to`."
    return did_you_mean(use.name, names) or did_you_mean(word, names)


# ── where names are used ──


def _uses(files: Mapping[str, YamlFile], known: _Known) -> Iterator[_Use]:
    for key, area in (_data(files, "areas.yaml") or {}).items():
        file = files["areas.yaml"]
        yield from _named(file, (key, "mandatory_for"), area, "person or group", known.who)
        yield from _named(file, (key, "lead"), area, "person", known.persons)
    for key, person in (_block(files, "people.yaml", "people") or {}).items():
        yield from _of_person(files["people.yaml"], key, person, known)
    groups = _block(files, "people.yaml", "groups") or {}
    for key in groups:
        yield from _named(files["people.yaml"], ("groups", key), groups, "person", known.persons)
    for n, rule in _rules(files.get("routing.yaml")):
        file = files["routing.yaml"]
        for line in ("to", "never"):
            yield from _named(file, ("rules", n, line), rule, "person or group", known.who)
        for line in ("tag", "untag"):
            yield from _named(file, ("rules", n, line), rule, "area", known.areas)
        yield from _of_when(file, ("rules", n, "when"), rule.get("when"), known)


def _of_person(file: YamlFile, key: Any, person: Any, known: _Known) -> Iterator[_Use]:
    areas = person.get("areas") if isinstance(person, dict) else None
    for area in areas if isinstance(areas, dict) else ():
        yield _Use(file, ("people", key, "areas", area), str(area), "area", known.areas)
    yield from _named(file, ("people", key, "deputy"), person, "person", known.persons)


def _of_when(file: YamlFile, loc: Loc, when: Any, known: _Known) -> Iterator[_Use]:
    """Every area named anywhere inside a condition."""
    if not isinstance(when, dict):
        return
    yield from _named(file, (*loc, "area"), when, "area", known.areas)
    yield from _of_when(file, (*loc, "not"), when.get("not"), known)
    for key in ("all", "any"):
        parts = when.get(key)
        for n, part in enumerate(parts if isinstance(parts, list) else ()):
            yield from _of_when(file, (*loc, key, n), part, known)


def _named(file: YamlFile, loc: Loc, block: Any, kind: str, known: frozenset[str] | None) -> Iterator[_Use]:
    """The names in the last key of `loc`: one word, a list of them, or areas with their scores."""
    value = block.get(loc[-1]) if isinstance(block, dict) else None
    if isinstance(value, list):
        for n, name in enumerate(value):
            yield from _scored(file, (*loc, n), name, kind, known)
            if _is_name(name):
                yield _Use(file, (*loc, n), str(name), kind, known)
    elif isinstance(value, dict):
        yield from _scored(file, loc, value, kind, known)
    elif _is_name(value):
        yield _Use(file, loc, str(value), kind, known)


def _scored(file: YamlFile, loc: Loc, value: Any, kind: str, known: frozenset[str] | None) -> Iterator[_Use]:
    """Areas with a least score: the names before the colons."""
    for name in value if isinstance(value, dict) and kind == "area" else ():
        yield _Use(file, (*loc, name), str(name), kind, known)


def _is_name(value: object) -> bool:
    return type(value) in (str, int)


def _rules(file: YamlFile | None) -> Iterable[tuple[int, Mapping[Any, Any]]]:
    rules = file.data.get("rules") if file is not None and isinstance(file.data, dict) else None
    return [(n, rule) for n, rule in enumerate(rules) if isinstance(rule, dict)] if isinstance(rules, list) else []


def _same_rule_names(file: YamlFile) -> Iterator[Problem]:
    seen: set[str] = set()
    for n, rule in _rules(file):
        name = str(rule.get("rule", "")).strip()
        if name and name in seen:
            yield file.problem(("rules", n, "rule"), f"A rule `{name}` stands here a second time.",
                               "Every rule needs a name of its own, since digests name it.", "duplicate")
        seen.add(name)
