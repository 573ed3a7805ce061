"""Who gets a message, in which way, and why: one evaluation for live routing, explain, preview and dry runs.

The order, as the liaison's guide tells it:

1. A guard that holds or sets aside a message ends it: nobody gets it, the liaison sees it in the report.
2. Every rule whose `when` holds applies, in file order. Rules add readers (`to`, `cc-liaison`), raise urgency (`send`),
   add areas (`tag`); only `untag`, `hold`, `never` and `stop` take away. After `stop` neither later rules nor areas add
   readers.
3. Readers' own choices: whoever reads one of the message's areas gets it in the way chosen for that area; so does
   whoever reads an area that only an item of a newsletter is about, but never at once.
4. Mandatory areas last: nobody named there can be left out, by `never` neither.
5. That a downtime is moved, called off or over goes at once to exactly those who were told of it at once; to the
   deputy of one who is on leave by now.
6. What nobody gets goes to the liaison, so nothing falls through; so does what went by a mere guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType

from bot.conditions import Finding, Subject, holds
from bot.rule import Rule
from bot.rulebook import Person, Rulebook
from bot.types import Decision, Disposition, Message, Reading, Route, RuleOutcome, Tag, Verdict, Way

CATCH_ALL = "catch-all"
UNSURE = "unsure"
FOLLOW_UP = "follow-up"
DOWNTIME = "downtime"
_FIRST = "you were told of this downtime at once, so you are told how it went on"
#: What a downtime's later posts may say, in words, and which of them end it.
_SAID: Mapping[str, str] = MappingProxyType({"moved": "moved", "cancelled": "called off", "resolved": "over"})
_OVER = ("cancelled", "resolved")
#: The name and the end of what the trail says of mail that would go at once and may not.
_AT_ONCE, _WAITS = "at once", ", so it waits for the digest"

#: The stronger way wins where two reasons lead to one reader.
_STRENGTH: Mapping[Way, int] = MappingProxyType({Way.NOW: 3, Way.DAILY: 2, Way.WEEKLY: 1, Way.NEVER: 0})


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """All that routing may look at. `lists` are the lists of all copies; `fresh` is false for old mail of a backfill,
    which is never sent at once; without `authenticated` nothing is either. `told` are those who were told at once of
    the downtime that it is about; `age` is how old it was when it came in."""

    message: Message
    reading: Reading
    lists: tuple[str, ...]
    today: date
    authenticated: bool = True
    fresh: bool = True
    told: frozenset[str] = frozenset()
    age: timedelta = timedelta(0)


@dataclass(slots=True)
class _Draft:
    """What the rules made of a case so far."""

    routes: dict[str, Route] = field(default_factory=dict)
    areas: list[Tag] = field(default_factory=list)
    untagged: set[str] = field(default_factory=set)
    trail: list[RuleOutcome] = field(default_factory=list)
    never: set[str] = field(default_factory=set)
    send: tuple[Way, Rule] | None = None
    hold: Verdict | None = None
    stopped: str | None = None
    _subject: Subject | None = None

    def subject(self, case: Case) -> Subject:
        """What conditions look at now: made anew only when a rule has added an area or taken one away."""
        if self._subject is None:
            areas = {str(tag.value): tag.score for tag in self.areas}
            self._subject = Subject(message=case.message, reading=case.reading, lists=case.lists, areas=areas,
                                    age=case.age)
        return self._subject

    def retag(self, added: Iterable[Tag], taken: Iterable[str]) -> None:
        """A rule corrects what the message is about."""
        self.untagged.update(taken)
        added = list(added)
        self.untagged.difference_update(str(tag.value) for tag in added)
        self.areas = [tag for tag in (*self.areas, *added) if tag.value not in self.untagged]
        self._subject = None

    def add(self, route: Route) -> None:
        """Keep the stronger of two routes to one reader; the earlier one where they are equal."""
        old = self.routes.get(route.reader)
        if old is None or _STRENGTH[route.way] > _STRENGTH[old.way]:
            self.routes[route.reader] = route

    def insist(self, route: Route) -> None:
        """A mandatory area: the reader gets it at least so, and is told why it cannot be switched off."""
        old = self.routes.get(route.reader)
        if old is None:
            self.routes[route.reader] = route
            return
        way = max(old.way, route.way, key=lambda way: _STRENGTH[way])
        told = old if old.area == route.area else route
        self.routes[route.reader] = replace(told, way=way, mandatory=True)


def decide(case: Case, book: Rulebook, liaison: str) -> Decision:
    """Route one message. Pure: the same case and rules give the same decision."""
    draft = _Draft(areas=list(case.reading.areas))
    for rule in book.rules:
        _apply(rule, case, book, draft, liaison)
    if draft.hold is not None:
        return Decision(hold=draft.hold, trail=tuple(draft.trail), areas=tuple(draft.areas))
    if draft.stopped is None:
        _add_readers_of_areas(case, book, draft)
    for reader in draft.never:
        draft.routes.pop(reader, None)
    _add_mandatory(case, book, draft)
    _raise(draft)
    _keep_from_haste(case, draft)
    wanted = [route for route in draft.routes.values() if route.way is not Way.NEVER]
    routes = _with_deputies(wanted, case, book, draft.never) or [_catch_all(case, draft, liaison)]
    routes = _after_the_first(routes, case, book, draft)
    if _rests_on_a_guess(routes, book, draft) and liaison not in {route.reader for route in routes}:
        routes.append(_question(draft, liaison))
    return Decision(routes=tuple(routes), trail=tuple(draft.trail), areas=tuple(draft.areas))


# ── rules ──


def _apply(rule: Rule, case: Case, book: Rulebook, draft: _Draft, liaison: str) -> None:
    if draft.stopped is not None:
        draft.trail.append(RuleOutcome(rule=rule.rule, held=False, because=f"not looked at: `{draft.stopped}` stops"))
        return
    finding = holds(rule.when, draft.subject(case))
    draft.trail.append(_outcome(rule.rule, finding))
    if finding.holds:
        _take_effect(rule, finding.because, case, book, draft)
        _copy_to_liaison(rule, finding.because, case, book, draft, liaison)


#: Message by message most rules fail by the same words.
@lru_cache(maxsize=4096)
def _outcome(rule: str, finding: Finding) -> RuleOutcome:
    return RuleOutcome(rule=rule, held=finding.holds, because=finding.because)


def _take_effect(rule: Rule, because: str, case: Case, book: Rulebook, draft: _Draft) -> None:
    if rule.tag or rule.untag:
        known = {tag.value for tag in draft.areas}
        draft.retag([Tag(name="area", value=area, by="rule", why=f"rule “{rule.rule}”: {because}")
                     for area in rule.tag if area not in known], rule.untag)
    area = str(draft.areas[0].value) if draft.areas else None
    for reader in book.members(rule.to):
        way = rule.send or _chosen(book.people[reader], draft.areas, case) or Way.DAILY
        draft.add(Route(reader=reader, way=way, rule=rule.rule, why=_rule_why(rule, because), area=area))
    if rule.send and not rule.to and (draft.send is None or _STRENGTH[rule.send] > _STRENGTH[draft.send[0]]):
        draft.send = (rule.send, rule)
    draft.never.update(book.members(rule.never))
    if rule.hold and draft.hold is None:
        draft.hold = Verdict(disposition=Disposition.HELD, kind="rule", why=_rule_why(rule, because))
    if rule.stop:
        draft.stopped = rule.rule


def _copy_to_liaison(rule: Rule, because: str, case: Case, book: Rulebook, draft: _Draft, liaison: str) -> None:
    if rule.cc_liaison:
        way = rule.send or _chosen(book.people[liaison], draft.areas, case) or Way.DAILY
        area = str(draft.areas[0].value) if draft.areas else None
        draft.add(Route(reader=liaison, way=way, rule=rule.rule, why=_rule_why(rule, because), area=area))


def _rule_why(rule: Rule, because: str) -> str:
    return f"{rule.why.rstrip('.')} (rule “{rule.rule}”: {because})"


def _chosen(person: Person, areas: Iterable[Tag], case: Case) -> Way | None:
    ways = [_by_area(person, str(tag.value), case) for tag in areas]
    return max((way for way in ways if way is not Way.NEVER), key=lambda way: _STRENGTH[way], default=None)


def _by_area(person: Person, area: str, case: Case) -> Way:
    """The way this person chose for an area; what is urgent goes at once to those who chose `daily`."""
    way = person.areas.get(area, Way.NEVER)
    return Way.NOW if way is Way.DAILY and case.reading.urgent is not None else way


# ── readers' own choices, and what nobody can switch off ──


def _add_readers_of_areas(case: Case, book: Rulebook, draft: _Draft) -> None:
    for tag, is_item in _told(draft, case):
        area = str(tag.value)
        for reader, person in book.people.items():
            if area not in person.areas:
                continue
            way = _by_area(person, area, case)
            if way is Way.NEVER:
                continue
            way = _unhurried(way) if is_item else way
            why = f"you read {book.label(area)}: {tag.why}"
            draft.add(Route(reader=reader, way=way, rule=f"area:{area}", why=why, area=area))


def _told(draft: _Draft, case: Case) -> list[tuple[Tag, bool]]:
    """The areas of the message, then those that only single items of a newsletter are about (marked True)."""
    known = {tag.value for tag in draft.areas} | draft.untagged
    items = [(tag, True) for tag in case.reading.item_areas if tag.value not in known]
    return [*((tag, False) for tag in draft.areas), *items]


def _unhurried(way: Way) -> Way:
    """An item of a newsletter waits for the digest."""
    return Way.DAILY if way is Way.NOW else way


def _raise(draft: _Draft) -> None:
    if draft.send is None:
        return
    way, rule = draft.send
    for reader, route in draft.routes.items():
        if _STRENGTH[way] > _STRENGTH[route.way]:
            why = f"{rule.why.rstrip('.')} (rule “{rule.rule}”)"
            draft.routes[reader] = replace(route, way=way, rule=rule.rule, why=why)


def _add_mandatory(case: Case, book: Rulebook, draft: _Draft) -> None:
    for tag, is_item in _told(draft, case):
        area = book.areas.get(str(tag.value))
        if area is None:
            continue
        way = Way.NOW if case.reading.urgent is not None and not is_item else Way.DAILY
        for reader in book.members(area.mandatory_for):
            why = f"{area.label} is for everybody it concerns: {tag.why}"
            draft.insist(Route(reader=reader, way=way, rule=f"mandatory:{tag.value}", why=why, area=str(tag.value),
                               mandatory=True))


# ── what holds for every route ──


def _keep_from_haste(case: Case, draft: _Draft) -> None:
    """Nothing goes at once whose sender is not known for certain, or that is old news; the trail says so."""
    hasty = [route for route in draft.routes.values() if route.way is Way.NOW]
    if not hasty or (case.authenticated and case.fresh):
        return
    reason = "its sender could not be verified" if not case.authenticated else "it was not new any more when it came"
    draft.trail.append(RuleOutcome(rule=_AT_ONCE, held=False, because=f"{reason}{_WAITS}"))
    draft.routes.update({route.reader: replace(route, way=Way.DAILY) for route in hasty})


def is_kept_from_haste(decision: Decision) -> bool:
    """Whether somebody was to get it at once, and its age or its sender stood against it."""
    return any(one.rule == _AT_ONCE and one.because.endswith(_WAITS) for one in decision.trail)


def _with_deputies(routes: list[Route], case: Case, book: Rulebook, never: set[str]) -> list[Route]:
    """Somebody on leave finds mail in the digest of the first day back; what cannot wait goes to the deputy too, at
    once even if the deputy's own way would be slower; not to one whom a rule leaves out."""
    settled: dict[str, Route] = {}
    standing_in: list[Route] = []
    for route in routes:
        person = book.people[route.reader]
        is_missed = route.way is Way.NOW and person.is_away(case.today)
        settled[route.reader] = replace(route, way=Way.DAILY) if is_missed else route
        deputy = person.deputy
        if is_missed and deputy and deputy not in never and not book.people[deputy].is_away(case.today):
            why = f"you stand in for {person.name}: {route.why}"
            standing_in.append(replace(route, reader=deputy, why=why, mandatory=False))
    for route in standing_in:
        own = settled.get(route.reader)
        if own is None or own.way is not Way.NOW:
            settled[route.reader] = replace(route, mandatory=bool(own and own.mandatory))
    return list(settled.values())


def _after_the_first(routes: list[Route], case: Case, book: Rulebook, draft: _Draft) -> list[Route]:
    """Moved, called off, over: at once to those who had the first word at once (or stand in for them), whatever their
    ways are now, and to nobody else. If nobody had, a new time is a first word, and that it is over can wait."""
    post = case.reading.outage_post
    if post is None or post.stage not in _SAID or not (case.told or post.stage in _OVER):
        return routes
    may_go = case.authenticated and case.fresh
    settled = {route.reader: route if route.reader in case.told and may_go else _unhasty(route) for route in routes}
    for reader in sorted(case.told & book.people.keys()) if may_go else ():
        own = settled.get(reader) or Route(reader=reader, way=Way.NOW, rule=FOLLOW_UP, why=_FIRST, area=DOWNTIME)
        settled[reader] = own if own.way is Way.NOW else replace(own, way=Way.NOW, rule=FOLLOW_UP, why=_FIRST)
    others = sum(route.way is Way.NOW and route.reader not in case.told for route in routes)
    if others:
        because = f"only who was told of the downtime at once is told at once that it is {_SAID[post.stage]}"
        draft.trail.append(RuleOutcome(rule=_AT_ONCE, held=False, because=because))
    # Somebody's leave may have begun since the first word.
    return _with_deputies(list(settled.values()), case, book, draft.never)


def _unhasty(route: Route) -> Route:
    return replace(route, way=_unhurried(route.way))


def _rests_on_a_guess(routes: Iterable[Route], book: Rulebook, draft: _Draft) -> bool:
    """Whether somebody gets it for an area that is no more than the bot's best guess; a rule that adds or takes away
    areas, or asks for none, knows better."""
    if not Reading(areas=tuple(draft.areas)).is_guess:
        return False
    asking = {rule.rule for rule in book.rules if any(rule.when.areas())}
    return any(route.rule in asking or route.rule.startswith(("area:", "mandatory:")) for route in routes)


def _question(draft: _Draft, liaison: str) -> Route:
    """The liaison sees what went to somebody on no more than a guess."""
    guess = draft.areas[0].value
    return Route(reader=liaison, way=Way.DAILY, rule=UNSURE, why=f"the bot only guessed that this is about {guess}",
                 area=str(guess))


def _catch_all(case: Case, draft: _Draft, liaison: str) -> Route:
    area = str(draft.areas[0].value) if draft.areas else None
    if case.reading.unsure and not draft.areas:
        guess = ", ".join(str(tag.value) for tag in case.reading.unsure[:2])
        why = f"the bot is not sure whom this concerns (perhaps {guess})"
        return Route(reader=liaison, way=Way.DAILY, rule=UNSURE, why=why, area=None)
    why = "nobody reads this area" if draft.areas else "no area and no rule fits, so it comes to the liaison"
    return Route(reader=liaison, way=Way.DAILY, rule=CATCH_ALL, why=why, area=area)
