"""What is legal in the liaison's files and probably not meant. Pure: the day and the lists seen are arguments.

Doubts hinder nothing: the files are taken up all the same. Each stands at the place that one would mend.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.conditions import When
from bot.errors import Problem
from bot.logic import Alternative, alternatives, entails
from bot.rule import Rule
from bot.rulebook import FILES, Person, Rulebook
from bot.types import Way
from bot.wanted import is_regex
from bot.yamlfile import YamlFile, did_you_mean
from bot.yamltree import Loc

#: Leave longer than this is a farewell; leave that ended so long ago is a line that was forgotten.
_FAREWELL, _FORGOTTEN = timedelta(days=365), timedelta(days=60)

#: How many names a sentence may hold; how many people make a domain the usual one.
_SHOWN, _SEVERAL = 6, 3


@dataclass(frozen=True, kw_only=True)
class Ground:
    """All that doubts look at. `lists` are those that messages have come from, None where nobody knows; `known_readers`
    get mail for other reasons than areas and rules (the liaison, the director)."""

    book: Rulebook
    files: Mapping[str, YamlFile]
    today: date
    liaison: str
    known_readers: Collection[str] = ()
    lists: Collection[str] | None = None


def doubts(ground: Ground) -> tuple[Problem, ...]:
    """Every doubt, in the order of the files."""
    found = [one for look in _LOOKS for one in look(ground)]
    return tuple(sorted(found, key=lambda one: (FILES.index(one.file.name), one.line or 0, one.column or 0)))


# ── rules ──


def _rules(ground: Ground) -> list[tuple[int, Rule, tuple[Alternative, ...] | None]]:
    return [(n, rule, alternatives(rule.when)) for n, rule in enumerate(ground.book.rules)]


def _never_hold(ground: Ground) -> Iterator[Problem]:
    for n, rule, ways in _rules(ground):
        if ways == ():
            yield _at(ground, 2, ("rules", n, "when"), "rule-never-holds",
                      f"Rule `{rule.rule}` can never hold: its conditions contradict each other.",
                      "Take one of them out, or join them by `any`.")


def _shadowed(ground: Ground) -> Iterator[Problem]:
    rules = _rules(ground)
    enders = [(n, rule, ways) for n, rule, ways in rules if (rule.stop or rule.hold) and ways]
    for n, rule, ways in rules:
        if not ways:
            continue
        above = next((one for at, one, wide in enders
                      if at < n and entails(ways, wide) and not _retagged_between(ground, at, n)), None)
        if above is not None:
            does = "stops there" if above.stop else "holds every such message"
            yield _at(ground, 2, ("rules", n, "rule"), "rule-shadowed",
                      f"Rule `{rule.rule}` has no effect: whenever it would hold, `{above.rule}` above it {does}.",
                      f"Move it above `{above.rule}`, or take it out.")


def _retagged_between(ground: Ground, start: int, end: int) -> bool:
    """Whether a rule between the two changes an area that either of them asks about: they do not see the same then."""
    rules = ground.book.rules
    asked = {*rules[start].when.areas(), *rules[end].when.areas()}
    return any(area in asked for rule in rules[start:end] for area in (*rule.tag, *rule.untag))


def _contradict(ground: Ground) -> Iterator[Problem]:
    rules = _rules(ground)
    keepers = [(n, rule, set(ground.book.members(rule.never)), ways) for n, rule, ways in rules if rule.never and ways]
    for n, rule, ways in rules:
        wanted = set(ground.book.members(rule.to))
        if rule.hold and wanted:
            yield _at(ground, 2, ("rules", n, "to"), "rules-contradict",
                      f"Rule `{rule.rule}` holds a message and sends it, too; held, it goes to nobody.",
                      "Take out `hold` or `to`.")
        for at, other, never, wide in keepers:
            both = sorted(wanted & never)
            if (both and ways and not (rule.stop and at > n) and entails(ways, wide)
                    and not _retagged_between(ground, min(at, n), max(at, n))):
                where = "itself" if at == n else f"rule `{other.rule}`"
                yield _at(ground, 2, ("rules", n, "to"), "rules-contradict",
                          f"Rule `{rule.rule}` sends to {_and(both)} what {where} never lets them have, under the same "
                          "condition; `never` wins.", "Take the names out of one of the two.")


def _untags_mandatory(ground: Ground) -> Iterator[Problem]:
    for n, rule in enumerate(ground.book.rules):
        for area in rule.untag:
            if ground.book.areas[area].mandatory_for:
                yield _at(ground, 2, ("rules", n, "untag"), "untags-mandatory",
                          f"Rule `{rule.rule}` takes `{area}` away, and with it what nobody may switch off.",
                          "See with liaison replay what would be lost; or use `never`, which mandatory areas override.")


def _unknown_lists(ground: Ground) -> Iterator[Problem]:
    """Lists that nothing has come from: a slip in the name, or a list that is no more."""
    if not ground.lists:
        return
    seen = {name.casefold() for name in ground.lists}
    for key, area in ground.book.areas.items():
        yield from (_silent(ground, 0, (key, "lists", n), name) for n, name in enumerate(area.lists)
                    if name.casefold() not in seen)
    for n, rule in enumerate(ground.book.rules):
        named = sorted({value for way in alternatives(rule.when) or () for claim in way
                        if claim.key == "list" for value in claim.values})
        yield from (_silent(ground, 2, ("rules", n, "when", "list"), name) for name in named if name not in seen)
    yield from (_silent(ground, 2, ("expect", name), name) for name in ground.book.expect if name not in seen)


def _silent(ground: Ground, file: int, loc: Loc, name: str) -> Problem:
    return _at(ground, file, loc, "list-unseen", f"No message has come from a list `{name}` yet.",
               did_you_mean(name, ground.lists or ()) or "Look whether the bot's mailbox is subscribed to it.")


# ── words ──


def _words(ground: Ground) -> Iterator[tuple[int, Loc, str, str]]:
    """Every word that mail is looked through for: the file, where it stands, the setting, the word."""
    for key, area in ground.book.areas.items():
        for line, words in (("lists", area.lists), ("words", area.words), ("senders", area.senders)):
            yield from ((0, (key, line, n), line, word) for n, word in enumerate(words))
    for n, rule in enumerate(ground.book.rules):
        yield from ((2, loc, line, word) for loc, line, word in _of_when(rule.when, ("rules", n, "when")))


def _of_when(when: When, loc: Loc) -> Iterator[tuple[Loc, str, str]]:
    for line in ("list", "sender", "subject", "text"):
        yield from (((*loc, line, n), line, word) for n, word in enumerate(getattr(when, line)))
    for line, parts in (("all", when.all), ("any", when.any)):
        for n, part in enumerate(parts):
            yield from _of_when(part, (*loc, line, n))
    if when.not_ is not None:
        yield from _of_when(when.not_, (*loc, "not"))


_PARTS = re.compile(r" *[,;|] *| +(?:OR|AND) +")


def _odd_words(ground: Ground) -> Iterator[Problem]:
    for file, loc, line, word in _words(ground):
        parts = [part for part in _PARTS.split(word) if part]
        if not is_regex(word) and word.startswith("/"):
            yield _at(ground, file, loc, "half-expression",
                      f"`{word}` begins like a regular expression and does not end like one; it is looked for as it "
                      "stands.", "Write `/…/` with nothing behind the last /; capitals make no difference.")
        elif len(parts) > 1 and not is_regex(word):
            yield _at(ground, file, loc, "several-in-one",
                      f"`{word}` is one {line.removesuffix('s')}, not {len(parts)}: all of it is looked for.",
                      f"Several stand in brackets: `[{', '.join(parts)}]`.")


_CUT = re.compile(r"\s*(?:- +)*[\w-]+: +[^\s\"'\[{#|>&!][^#]*?( #[^\s#].*)")


def _cut(ground: Ground) -> Iterator[Problem]:
    """A text with ` #1` inside ends before it; who writes a comment leaves a space behind the sign."""
    for name in FILES:
        for number, line in enumerate(ground.files[name].lines, 1):
            if found := _CUT.fullmatch(line):
                yield replace(_at(ground, FILES.index(name), (), "cut-by-hash",
                                  f"What begins with `{found[1].split()[0]}` is a comment and no part of the text.",
                                  "Put the whole text in quotes; or leave a space behind the #."),
                              line=number, column=found.start(1) + 2, source=line)


# ── people ──


def _is_gone(person: Person, today: date) -> bool:
    away = person.away
    return away is not None and away.start <= today <= away.until and away.until - away.start >= _FAREWELL


def _leavers(ground: Ground) -> Iterator[Problem]:
    for key, person in ground.book.people.items():
        away = person.away
        if away is not None and away.until < ground.today - _FORGOTTEN:
            yield _at(ground, 1, ("people", key, "away"), "leave-over",
                      f"`{key}`: this leave ended on {away.until}.", "Take the line out.")
        if away is not None and _is_gone(person, ground.today):
            named = _named_in(ground, key)
            still = f", and is still named in {_and(named)}" if named else ""
            yield _at(ground, 1, ("people", key, "away"), "leaver-named",
                      f"`{key}` is on leave from {away.start} until {away.until}{still}.",
                      "Who has left should stand in no file; put a colleague in their place.")


def _named_in(ground: Ground, key: str) -> list[str]:
    book = ground.book
    return [
        *(f"group `{name}`" for name, members in book.groups.items() if key in members),
        *(f"rule `{rule.rule}`" for rule in book.rules if key in rule.to),
        *(f"area `{name}`" for name, area in book.areas.items() if key == area.lead or key in area.mandatory_for),
        *(f"`{name}` as the deputy" for name, person in book.people.items() if person.deputy == key),
    ]


def _for_leavers(ground: Ground) -> Iterator[Problem]:
    people = ground.book.people
    for n, rule in enumerate(ground.book.rules):
        readers = ground.book.members(rule.to)
        if readers and all(_is_gone(people[one], ground.today) for one in readers):
            yield _at(ground, 2, ("rules", n, "to"), "rule-for-leavers",
                      f"Rule `{rule.rule}` sends only to people on leave for good: {_and(sorted(readers))}.",
                      "Name somebody who is there.")


def _with_nothing(ground: Ground) -> Iterator[Problem]:
    book = ground.book
    named = set(book.members(tuple(name for rule in book.rules for name in rule.to)))
    named.update(book.members(tuple(name for area in book.areas.values() for name in area.mandatory_for)))
    named.update(ground.known_readers, {ground.liaison}, (one.deputy or "" for one in book.people.values()))
    for key, person in book.people.items():
        if key not in named and not any(way is not Way.NEVER for way in person.areas.values()):
            yield _at(ground, 1, ("people", key), "reader-with-nothing",
                      f"`{key}` gets nothing: no area, no rule, and nothing mandatory.",
                      "Give them `areas:`, or take them out.")


def _same_address(ground: Ground) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for key, person in ground.book.people.items():
        known = first.setdefault(person.address.casefold(), key)
        if known != key:
            yield _at(ground, 1, ("people", key, "address"), "same-address",
                      f"`{key}` has the address of `{known}`, who gets every mail twice then.",
                      "Keep one of the two, or mend the address.")


def _odd_addresses(ground: Ground) -> Iterator[Problem]:
    """A domain that one person alone has, and that is a slip away from one that several have."""
    at = {key: person.address.rpartition("@")[2] for key, person in ground.book.people.items()}
    known = Counter(at.values())
    usual = [domain for domain, people in known.items() if people >= _SEVERAL]
    for key, domain in at.items():
        near = difflib.get_close_matches(domain, usual, n=1, cutoff=0.85) if known[domain] == 1 else []
        if near or "." not in domain:
            yield _at(ground, 1, ("people", key, "address"), "address-odd",
                      f"`{key}` alone has an address at `{domain}`.",
                      f"Did you mean `{near[0]}`?" if near else "Write the whole domain, as in library.example.edu.")


def _deputy_loops(ground: Ground) -> Iterator[Problem]:
    people = ground.book.people
    told: set[frozenset[str]] = set()
    for key in people:
        chain = [key]
        while (following := people[chain[-1]].deputy) is not None and following not in chain:
            chain.append(following)
        if following == key and frozenset(chain) not in told:
            told.add(frozenset(chain))
            what = (f"`{key}` is named as their own deputy." if len(chain) == 1 else
                    f"{_and(chain)} stand in for each other in a circle; if all are away, nobody does.")
            yield _at(ground, 1, ("people", key, "deputy"), "deputy-loop", what, "Name somebody outside the circle.")


# ── areas ──


def _thin_areas(ground: Ground) -> Iterator[Problem]:
    book = ground.book
    alone: dict[str, list[str]] = {}
    for key, area in book.areas.items():
        readers = {*book.members(area.mandatory_for), *(
            name for name, person in book.people.items() if person.areas.get(key, Way.NEVER) is not Way.NEVER)}
        if not readers:
            yield _at(ground, 0, (key,), "area-with-nobody",
                      f"nobody reads `{key}`; its mail comes to the liaison ({ground.liaison}).",
                      "Let somebody read it, in people.yaml.")
        if len(readers) == 1:
            alone.setdefault(readers.pop(), []).append(key)
    # One line for each person, not one for each area: at the beginning the liaison reads them all.
    for only, areas in alone.items():
        if book.people[only].deputy is None:
            yield _at(ground, 0, (areas[0],), "area-with-one",
                      f"only `{only}` reads {_and(areas)}, and has no deputy.",
                      f"Name a `deputy` of `{only}`, or a second reader.")


def _leads(ground: Ground) -> Iterator[Problem]:
    book = ground.book
    for key, area in book.areas.items():
        reads = book.people[area.lead].areas.get(key, Way.NEVER) is not Way.NEVER if area.lead else True
        if area.lead and not reads and area.lead not in book.members(area.mandatory_for):
            yield _at(ground, 0, (key, "lead"), "lead-not-reading",
                      f"`{area.lead}` leads `{key}` and does not read it.",
                      f"Let them read it, in people.yaml: `areas: {{{key}: daily}}`.")


def _at(ground: Ground, file: int, loc: Loc, kind: str, what: str, mend: str) -> Problem:
    return ground.files[FILES[file]].problem(loc, what, mend, kind)


def _and(names: list[str]) -> str:
    shown = [name if "`" in name else f"`{name}`" for name in names]
    if len(shown) > _SHOWN:
        return f"{', '.join(shown[:_SHOWN - 1])} and {len(shown) - _SHOWN + 1} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


_LOOKS: tuple[Callable[[Ground], Iterator[Problem]], ...] = (
    _never_hold, _shadowed, _contradict, _untags_mandatory, _unknown_lists, _leavers, _for_leavers, _with_nothing,
    _same_address, _odd_addresses, _deputy_loops, _thin_areas, _leads,
    _odd_words, _cut,
)
