"""The liaison's three files as one frozen value: areas, people and groups, rules and slots.

Loading tells every mistake at once with file, line, column and what was probably meant. Who gets what is decided in
`bot.routing`; this module only says what the files say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from bot.conditions import When
from bot.config import Language, MailAddress, Zone
from bot.crosscheck import EVERYONE, FILES, cross_check
from bot.errors import Problem, RulesError
from bot.hours import Clock, Holiday, Quiet
from bot.languages import mistake, offered
from bot.retention import Retention
from bot.rule import Examples, Label, ReplyTo, Rule, Written
from bot.section import Section
from bot.silence import Expected
from bot.types import Way
from bot.wanted import Ids, Words
from bot.yamlfile import YamlFile, parse_as_meant, read_text, validate
from bot.yamltree import Loc

__all__ = ["EVERYONE", "FILES", "Area", "Person", "Rulebook", "load_rulebook", "open_rules", "parse_rulebook"]

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Editors know ECMA 262's regular expressions, which have no "small and capital letters alike" for a part.
_DAY = "([Mm]on(d(ay?)?)?|[Tt]ue(s(d(ay?)?)?)?|[Ww]ed(n(e(s(d(ay?)?)?)?)?)?|[Tt]hu(r(s(d(ay?)?)?)?)?|[Ff]ri(d(ay?)?)?" \
       "|[Ss]at(u(r(d(ay?)?)?)?)?|[Ss]un(d(ay?)?)?)s?"
_ON = {"anyOf": [
    {"type": "string", "pattern": f"^([Ww]eekdays|[Ee]very day|{_DAY}([, ]+{_DAY})*)$"},
    {"type": "array", "items": {"type": "string", "pattern": f"^{_DAY}$"}, "minItems": 1}]}
_FULL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _days(value: object) -> object:
    if isinstance(value, str) and value.lower() in ("weekdays", "every day"):
        return list(DAYS[:5] if value.lower() == "weekdays" else DAYS)
    values = value.replace(",", " ").split() if isinstance(value, str) else value
    return [_day(part) for part in (values if isinstance(values, (list, tuple)) else [values])]


def _day(value: object) -> object:
    """`Tuesdays` is tue; what is no day is left as it stands, to be refused by its own name."""
    word = value.lower().removesuffix("s") if isinstance(value, str) else ""
    return next((short for short, full in zip(DAYS, _FULL_DAYS, strict=True)
                 if len(word) >= 3 and full.startswith(word)), value)




Model = TypeVar("Model", bound=BaseModel)


class Area(Section):
    """A functional area of the library."""

    label: Label
    about: str = ""
    lists: Ids = ()
    words: Words = ()
    senders: Words = ()
    lead: str | None = None
    mandatory_for: Ids = ()
    checklist: tuple[str, ...] = ()
    retention: Retention | None = None


class Away(Section):
    """Leave: `from` is the first day away, `until` the last."""

    start: date = Field(alias="from")
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> Away:
        if self.until < self.start:
            raise ValueError("`until` lies before `from`.")
        return self


class Person(Section):
    """A member of staff, and the way each area reaches them."""

    name: Label
    address: MailAddress
    areas: dict[str, Way] = Field(default_factory=dict)
    time_zone: Zone | None = None
    language: Language | None = None
    deputy: str | None = None
    away: Away | None = None
    quiet: Quiet | None = None
    posts: Literal["summaries", "full"] = "summaries"
    originals: bool = False

    def is_away(self, day: date) -> bool:
        """Whether they are on leave that day."""
        return self.away is not None and self.away.start <= day <= self.away.until


class PeopleFile(Section):
    """people.yaml."""

    people: dict[str, Person] = Field(min_length=1)
    groups: dict[str, Ids] = Field(default_factory=dict)


class Slot(Section):
    """When a kind of digest goes out."""

    at: Clock
    on: Annotated[tuple[Day, ...], BeforeValidator(_days), Field(min_length=1), WithJsonSchema(_ON)]

    def is_closed(self, day: date) -> bool:
        """Whether the library is closed that day, so that no digest goes out."""
        return False


class Timetable(Slot):
    """A slot, and the days on which there is none."""

    holidays: tuple[Holiday, ...] = ()

    def is_closed(self, day: date) -> bool:
        """Whether the day is a holiday."""
        return any(holiday.covers(day) for holiday in self.holidays)


class RoutingFile(Section):
    """routing.yaml."""

    slots: dict[Literal["daily", "weekly"], Slot] = Field(default_factory=dict)
    holidays: tuple[Holiday, ...] = ()
    expect: Expected = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()


_DEFAULT_SLOTS = {
    "daily": Slot(at=time(7, 30), on=DAYS[:5]),
    "weekly": Slot(at=time(7, 30), on=("mon",)),
}


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """The rules in force. `version` names the very text of the files, `texts` holds it."""

    areas: dict[str, Area]
    people: dict[str, Person]
    groups: dict[str, tuple[str, ...]]
    rules: tuple[Rule, ...]
    slots: dict[str, Timetable]
    version: str
    texts: dict[str, str]
    holidays: tuple[Holiday, ...] = ()
    expect: Expected = field(default_factory=dict)

    def members(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """People ids for ids and groups, each once, in order."""
        found: dict[str, None] = {}
        for name in names:
            found.update(dict.fromkeys(self._members(name)))
        return tuple(found)

    def _members(self, name: str) -> tuple[str, ...]:
        if name in self.people:
            return (name,)
        if name in self.groups:
            return self.groups[name]
        return tuple(self.people) if name == EVERYONE else ()

    def zone(self, reader: str, default: ZoneInfo) -> ZoneInfo:
        """A reader's time zone, or the library's."""
        person = self.people.get(reader)
        return ZoneInfo(person.time_zone) if person and person.time_zone else default

    def reply_to(self, held: Iterable[str]) -> ReplyTo:
        """Where answers go: the first rule among those that held (by name) and says so; else the liaison."""
        return next((rule.reply_to for rule in self._held(held) if rule.reply_to), "liaison")

    def acknowledge(self, held: Iterable[str]) -> timedelta | None:
        """How long to wait for an answer: the first rule among those that held and asks for one."""
        return next((rule.acknowledge for rule in self._held(held) if rule.acknowledge), None)

    def _held(self, names: Iterable[str]) -> list[Rule]:
        held = set(names)
        return [rule for rule in self.rules if rule.rule in held]

    def label(self, area: str | None) -> str:
        """An area's label, or the id of an area that is gone."""
        return self.areas[area].label if area in self.areas else (area or "Other")


def load_rulebook(folder: Path, liaison: str | None = None, templates: Path | None = None) -> Rulebook:
    """Read the three files of a folder. Raises RulesError with every mistake of all of them. The library's own
    `templates` may add languages."""
    return open_rules(folder, liaison, templates)[0]


def open_rules(
    folder: Path, liaison: str | None = None, templates: Path | None = None
) -> tuple[Rulebook, dict[str, YamlFile]]:
    """The same, and the files themselves, so that more can be said of places in them."""
    return _rulebook(lambda name: parse_as_meant(folder / name, read_text(folder / name, RulesError)), liaison,
                     templates)


def parse_rulebook(texts: Mapping[str, str], folder: Path, liaison: str | None = None,
                   templates: Path | None = None) -> Rulebook:
    """The same from texts by file name, as they once stood in `folder`."""
    return _rulebook(lambda name: parse_as_meant(folder / name, texts.get(name, "")), liaison, templates)[0]


#: A file as it was probably meant, and what keeps it from being YAML.
_Read = tuple[YamlFile | None, tuple[Problem, ...]]


def _rulebook(
    read: Callable[[str], _Read], liaison: str | None, templates: Path | None
) -> tuple[Rulebook, dict[str, YamlFile]]:
    problems: list[Problem] = []
    files = _each(read, problems)
    areas, people, routing = _validated(files, problems)
    known = {(problem.file, problem.line, problem.what) for problem in problems}
    problems += [one for one in islice(cross_check(files, liaison), _MOST_TOLD)
                 if (one.file, one.line, one.what) not in known]
    if people is not None:
        problems += _languages(files["people.yaml"], people, templates)
    if problems or people is None or routing is None:
        raise RulesError("rules", problems=tuple(sorted(problems, key=_in_order)))
    return Rulebook(
        areas=areas, people=people.people, groups={name: tuple(who) for name, who in people.groups.items()},
        rules=routing.rules, slots=_slots(routing), holidays=routing.holidays, expect=routing.expect,
        version=_version(files), texts={name: file.text for name, file in files.items()},
    ), files


def _in_order(problem: Problem) -> tuple[int, int, int]:
    return FILES.index(problem.file.name), problem.line or 0, problem.column or 0


def _slots(routing: RoutingFile) -> dict[str, Timetable]:
    """The liaison's hours, and the usual ones for what is left out; none on a holiday."""
    chosen = {**_DEFAULT_SLOTS, **{str(name): slot for name, slot in routing.slots.items()}}
    return {name: Timetable(at=slot.at, on=slot.on, holidays=routing.holidays) for name, slot in chosen.items()}


def _each(read: Callable[[str], _Read], problems: list[Problem]) -> dict[str, YamlFile]:
    """The files that are YAML, or nearly; and what is wrong with them. A slip of the hand hides no other mistake."""
    files: dict[str, YamlFile] = {}
    for name in FILES:
        try:
            file, slips = read(name)
        except RulesError as wrong:
            problems.extend(wrong.problems)
            continue
        problems.extend(slips)
        if file is not None:
            files[name] = file
    return files


def _validated(
    files: dict[str, YamlFile], problems: list[Problem]
) -> tuple[dict[str, Area], PeopleFile | None, RoutingFile | None]:
    areas = _areas(files["areas.yaml"], problems) if "areas.yaml" in files else {}
    people = routing = None
    if "people.yaml" in files:
        people = _collect(files["people.yaml"], (), files["people.yaml"].data, PeopleFile, problems)
    if "routing.yaml" in files:
        routing = _collect(files["routing.yaml"], (), files["routing.yaml"].data or {}, RoutingFile, problems)
    return areas, people, routing


#: With so many mistakes a file is none of areas.
_MOST_TOLD = 200


def _areas(file: YamlFile, problems: list[Problem]) -> dict[str, Area]:
    if not isinstance(file.data, dict) or not file.data:
        what = "This file should hold the areas, one after the other, each with its id and a colon."
        problems.append(file.problem((), what, "Compare it with the shipped example.", "missing"))
        return {}
    found = {str(name): _collect(file, (name,), raw, Area, problems) for name, raw in file.data.items()
             if len(problems) < _MOST_TOLD}
    return {name: area for name, area in found.items() if area is not None}


def _collect(
    file: YamlFile, loc: Loc, raw: object, model: type[Model], problems: list[Problem]
) -> Model | None:
    try:
        return validate(file, model, RulesError, _KEYS, data=raw, below=loc)
    except RulesError as wrong:
        problems.extend(wrong.problems)
        return None


_KEYS = frozenset(
    name
    for model in (Area, Person, PeopleFile, Rule, Examples, Written, RoutingFile, Slot, Away, When, Quiet, Holiday)
    for key, field in model.model_fields.items()
    for name in (field.alias or key,)
)


def _languages(file: YamlFile, people: PeopleFile, templates: Path | None) -> Iterator[Problem]:
    """Languages that nobody has words for."""
    chosen = {key: person.language for key, person in people.people.items() if person.language}
    there = offered(templates) if chosen else ()
    for key, language in chosen.items():
        if wrong := mistake(language, there):
            yield file.problem(("people", key, "language"), *wrong, "unknown-language")


def _version(files: dict[str, YamlFile]) -> str:
    text = "\0".join("\n".join(files[name].lines) for name in FILES)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
