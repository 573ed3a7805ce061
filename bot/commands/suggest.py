"""`liaison suggest`: the lines that would have sent mails like one to a reader, tried on past mail; writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.commands.desk import Desk, known, open_desk
from bot.commands.replay import LONGEST, Trial, over, shown
from bot.digests.phrases import shorten
from bot.errors import ConfigError
from bot.headers import base_subject
from bot.inbox.masking import mask
from bot.pipeline.receive import decide_again, told
from bot.pipeline.replay import WORTH, is_the_rules
from bot.pipeline.suggesting import Proposal, Search
from bot.retention import GONE, is_forgotten
from bot.rule import Rule
from bot.rulebook import Rulebook
from bot.store.values import Stored
from bot.types import Decision, Way
from bot.yamlfile import quoted

#: So many of the best conditions are tried before giving up.
_TRIED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """What to write into routing.yaml, where, and what it would have done; `instead` says why there are no lines."""

    subject: str
    reader: str
    lines: tuple[str, ...] = ()
    where: str = ""
    matched: str = ""
    trial: Trial | None = None
    other_way: str = ""
    instead: str = ""


def suggest(named: Path | None, number: int, reader: str, *, way: str | None = None, days: int = 90) -> Suggestion:
    """The proposal. Raises ConfigError for a message or a reader that is not there."""
    if not 1 <= days <= LONGEST:
        raise ConfigError(f"{days} days make no span.", f"Name a number from 1 to {LONGEST}.")
    with open_desk(named) as desk:
        reader = known(reader, desk.in_force.book.people, "reader", "people.yaml")
        stored = desk.store.archive.get(number)
        if stored is None:
            raise ConfigError(f"There is no message with the number {number}.",
                              "The report and `liaison status` show the numbers of messages.")
        return _Maker(desk, stored, reader, Way(way) if way else None, days, datetime.now(UTC)).make()


class _Maker:
    """Works out one suggestion."""

    def __init__(self, desk: Desk, example: Stored, reader: str, way: Way | None, days: int, now: datetime) -> None:
        self._desk, self._example, self._reader, self._way = desk, example, reader, way
        self._days, self._now = days, now
        self._subject = mask(example.message.subject) if example.message else ""
        self._decision = self._decide(example)

    def make(self) -> Suggestion:
        """The lines, or why there are none."""
        why = self._no_use()
        if why:
            return self._instead(why)
        search = self._searched()
        for proposal in search.proposals()[:_TRIED]:
            found = self._tried(proposal, search)
            if found is not None:
                return found
        return self._instead("No plain conditions would send it there: " + self._obstacle())

    def _instead(self, why: str) -> Suggestion:
        return Suggestion(subject=self._subject, reader=self._reader, instead=why)

    def _decide(self, stored: Stored) -> Decision:
        return decide_again(stored, self._desk.in_force, told(stored, self._desk.store.alerts.readers))

    def _no_use(self) -> str:
        """Why no rule would help, or none is needed."""
        example = self._example
        if example.folded_into is not None:
            return f"It is a copy of message {example.folded_into}; ask for that one."
        if is_forgotten(example.message):
            return f"Of this message {GONE}, so nothing can be found that is like it."
        if not is_the_rules(example):
            return f"Rules do not decide about it: it was kept back as {example.kind}. {example.why}".strip()
        has = next((route for route in self._decision.routes if route.reader == self._reader), None)
        if has is not None and (self._way is None or WORTH[has.way] >= WORTH[self._way]):
            return f"{self._name()} gets it already, {has.way}: {has.why}."
        return ""

    def _name(self) -> str:
        return self._desk.in_force.book.people[self._reader].name

    def _searched(self) -> Search:
        areas = tuple(str(tag.value) for tag in self._decision.areas)
        search = Search(example=self._example, areas=areas)
        seen = False
        past = self._desk.store.archive.iterate(self._now - timedelta(days=self._days), self._now + timedelta(days=1))
        for stored in past:
            if is_the_rules(stored):
                seen = seen or stored.id == self._example.id
                search.look(stored, stored.reading, self._decide(stored))
        if not seen:
            search.look(self._example, self._example.reading, self._decision)
        return search

    def _tried(self, proposal: Proposal, search: Search) -> Suggestion | None:
        """The rule at the end of the others, or else on top of them; None where neither brings the example there."""
        book, rule = self._desk.in_force.book, self._rule(proposal)
        places = ((*book.rules, rule), "at the end of `rules:` in routing.yaml"), \
                 ((rule, *book.rules), "on top of `rules:` in routing.yaml, for a rule below it stops or keeps it back")
        for rules, where in places:
            edited = replace(book, rules=rules, version="suggested")
            if self._brings(edited):
                return self._shown(rule, where, proposal, search, edited)
        return None

    def _rule(self, proposal: Proposal) -> Rule:
        """A rule with a name that no other has."""
        words = [value for key, value in proposal.atoms if key in ("subject", "area")] or [proposal.atoms[0][1]]
        base = re.sub(r"[^a-z0-9]+", "-", " ".join((*words, "to", self._reader)).lower()).strip("-")
        taken = {rule.rule for rule in self._desk.in_force.book.rules}
        name = next(one for one in (base, *(f"{base}-{n}" for n in range(2, 1000))) if one not in taken)
        why = f"{self._name()} asked for mails like “{shorten(base_subject(self._subject), 60)}”"
        return Rule(rule=name, when=proposal.when, to=(self._reader,), send=self._way, why=why)

    def _brings(self, edited: Rulebook) -> bool:
        judges = self._desk.judges(edited)
        decision = decide_again(self._example, judges, told(self._example, self._desk.store.alerts.readers))
        # At once is no matter of rules alone: what was old when it came waits for the digest.
        least = min(WORTH[self._way or Way.WEEKLY], WORTH[Way.DAILY])
        return any(route.reader == self._reader and WORTH[route.way] >= least for route in decision.routes)

    def _shown(self, rule: Rule, where: str, proposal: Proposal, search: Search, edited: Rulebook) -> Suggestion:
        found = over(self._desk, edited, self._days, self._now)
        trial = shown(found, self._desk, edited, days=self._days, rules="the suggested rule, too")
        matched = (f"In {self._days} days it holds for {_count(proposal.like, 'message')} of this kind (that one among "
                   f"them) and for {_count(proposal.others, 'other')}.")
        return Suggestion(subject=self._subject, reader=self._name(), lines=tuple(rule_lines(rule)), where=where,
                          matched=matched, trial=trial, other_way=self._other_way(search))

    def _other_way(self, search: Search) -> str:
        found = search.of_area()
        person = self._desk.in_force.book.people[self._reader]
        if found is None or found[0] not in self._desk.in_force.book.areas or found[0] in person.areas:
            return ""
        area, count = found
        return (f"Or, for all that is about {self._desk.in_force.book.label(area)} ({count} in {self._days} days), in "
                f"people.yaml, among {person.name}'s areas: {area}: {self._way or Way.DAILY}")

    def _obstacle(self) -> str:
        book = self._desk.in_force.book
        held = {one.rule for one in self._decision.trail if one.held}
        for rule in book.rules:
            if rule.rule in held and (rule.hold or self._reader in book.members(rule.never)):
                return f"the rule “{rule.rule}” {'holds it' if rule.hold else f'keeps it from {self._name()}'}."
        return "write a rule by hand, and try it with liaison replay."


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def rule_lines(rule: Rule) -> Iterator[str]:
    """A rule as it stands in routing.yaml."""
    when = {key: getattr(rule.when, key) for key in ("list", "area", "sender", "subject") if getattr(rule.when, key)}
    yield f"  - rule: {quoted(rule.rule)}"
    yield f"    when: {{{', '.join(f'{key}: {quoted(str(values[0]))}' for key, values in when.items())}}}"
    yield f"    to: [{', '.join(map(quoted, rule.to))}]"
    if rule.send is not None:
        yield f"    send: {rule.send}"
    yield f"    why: {quoted(rule.why)}"
