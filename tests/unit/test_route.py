"""Routing: the order of evaluation as its docstring tells it, and what can never happen whatever the rules say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.routing.route import CATCH_ALL, UNSURE, Case, decide
from bot.rulebook import Rulebook
from bot.types import Decision, Disposition, NewsItem, Reading, Tag, Way
from tests.unit.builders import AREAS, PEOPLE, area, book, case, rules, ways

MANDATORY = AREAS.replace("words: [outage, is down]", "words: [outage], mandatory_for: [everyone]")
AWAY = PEOPLE.replace("downtime: now}}", "downtime: now}, deputy: lee, away: {from: 2026-11-20, until: 2026-11-27}}")


def routed(one: Case, where: Rulebook) -> Decision:
    return decide(one, where, "robin")


@pytest.mark.parametrize(("line", "one", "expected"), [
    ("", case("cataloging"), {"dana": Way.DAILY, "lee": Way.WEEKLY}),
    ("", case("cataloging", "training"), {"dana": Way.DAILY, "lee": Way.WEEKLY, "sam": Way.WEEKLY}),
    ("", case("downtime"), {"dana": Way.NOW}),
    ("", case("cataloging", urgent=True), {"dana": Way.NOW, "lee": Way.WEEKLY}),
    ("", case(), {"robin": Way.DAILY}),
    ("rule: r, when: {text: overlay}, to: [sam]", case(text="an overlay"), {"sam": Way.DAILY}),
    ("rule: r, when: {text: overlay}, to: [sam]", case(text="nothing"), {"robin": Way.DAILY}),
    ("rule: r, when: {text: overlay}, to: [sam], send: weekly", case(text="an overlay"), {"sam": Way.WEEKLY}),
    ("rule: r, when: {text: overlay}, to: [sam], send: now", case(text="an overlay"), {"sam": Way.NOW}),
    ("rule: r, when: {text: overlay}, to: [desk]", case(text="an overlay"), {"sam": Way.DAILY, "lee": Way.DAILY}),
    ("rule: r, when: {text: overlay}, to: [everyone]", case(text="overlay"),
     {"robin": Way.DAILY, "dana": Way.DAILY, "lee": Way.DAILY, "sam": Way.DAILY}),
    # the way chosen for the area, where a rule names none
    ("rule: r, when: {area: cataloging}, to: [lee]", case("cataloging"), {"dana": Way.DAILY, "lee": Way.WEEKLY}),
    # the stronger way wins where two reasons lead to one reader
    ("rule: r, when: {area: cataloging}, to: [lee], send: now", case("cataloging"),
     {"dana": Way.DAILY, "lee": Way.NOW}),
    ("rule: r, when: {area: downtime}, to: [dana], send: weekly", case("downtime"), {"dana": Way.NOW}),
    # send without `to` raises everybody, and lowers nobody
    ("rule: r, when: {area: cataloging}, send: now", case("cataloging"), {"dana": Way.NOW, "lee": Way.NOW}),
    ("rule: r, when: {area: downtime}, send: weekly", case("downtime"), {"dana": Way.NOW}),
    # tag adds an area, and its readers
    ("rule: r, when: {text: webex}, tag: [training]", case("cataloging", text="Webex"),
     {"dana": Way.DAILY, "lee": Way.WEEKLY, "sam": Way.WEEKLY}),
    # untag takes an area away, its readers with it, and what is mandatory for it
    ("rule: r, when: {text: webex}, untag: [cataloging]", case("cataloging", "training", text="Webex"),
     {"sam": Way.WEEKLY}),
    ("rule: r, when: {text: webex}, untag: [cataloging], tag: [training]", case("cataloging", text="Webex"),
     {"sam": Way.WEEKLY}),
    # cc-liaison: in the rule's way, or the liaison's own
    ("rule: r, when: {area: training}, cc-liaison: true", case("training"), {"sam": Way.WEEKLY, "robin": Way.DAILY}),
    ("rule: r, when: {area: training}, cc-liaison: true, to: [dana], send: weekly, stop: true", case("training"),
     {"dana": Way.WEEKLY, "robin": Way.WEEKLY}),
    # never takes away; who is left nobody is the liaison's
    ("rule: r, when: {area: cataloging}, never: [lee]", case("cataloging"), {"dana": Way.DAILY}),
    ("rule: r, when: {area: cataloging}, never: [everyone]", case("cataloging"), {"robin": Way.DAILY}),
    # stop: no readers by area
    ("rule: r, when: {area: cataloging}, to: [sam], stop: true", case("cataloging"), {"sam": Way.DAILY}),
    ("rule: r, when: {area: cataloging}, stop: true", case("cataloging"), {"robin": Way.DAILY}),
    # what is urgent goes at once to those who chose `daily`, by a rule that stops, too
    ("rule: r, when: {area: cataloging}, to: [dana, lee], stop: true", case("cataloging", urgent=True),
     {"dana": Way.NOW, "lee": Way.WEEKLY}),
    # a rule's own `send` is the liaison's word
    ("rule: r, when: {area: cataloging}, to: [dana], send: weekly, stop: true", case("cataloging", urgent=True),
     {"dana": Way.WEEKLY}),
])
def test_one_rule(line: str, one: Case, expected: dict[str, Way]) -> None:
    assert ways(routed(one, book(rules(line) if line else "")).routes) == expected


def test_a_hold_reaches_nobody_and_later_rules_are_still_told() -> None:
    decision = routed(case("downtime", text="secret"), book(rules(
        "rule: first, when: {text: secret}, hold: true", "rule: second, when: {area: downtime}, to: [sam]")))
    assert decision.routes == ()
    assert decision.hold is not None
    assert (decision.hold.disposition, decision.hold.kind) == (Disposition.HELD, "rule")
    assert "“first”" in decision.hold.why
    assert "“secret”" in decision.hold.why
    assert [(one.rule, one.held) for one in decision.trail] == [("first", True), ("second", True)]


def test_of_two_holds_the_first_gives_the_reason() -> None:
    decision = routed(case(text="secret"), book(rules(
        "rule: a, when: {text: secret}, hold: true", "rule: b, when: {text: secret}, hold: true")))
    assert decision.hold is not None
    assert "“a”" in decision.hold.why


def test_a_mandatory_area_does_not_undo_a_hold() -> None:
    where = book(rules("rule: h, when: {area: downtime}, hold: true"), areas=MANDATORY)
    assert routed(case("downtime"), where).routes == ()


def test_after_stop_no_rule_is_looked_at() -> None:
    decision = routed(case("cataloging"), book(rules(
        "rule: a, when: {area: cataloging}, to: [sam], stop: true",
        "rule: b, when: {area: cataloging}, to: [lee]",
        "rule: c, when: {area: cataloging}, hold: true")))
    assert ways(decision.routes) == {"sam": Way.DAILY}
    assert decision.hold is None
    assert [one.because for one in decision.trail[1:]] == ["not looked at: `a` stops"] * 2


def test_a_rule_before_stop_counts() -> None:
    decision = routed(case("cataloging"), book(rules(
        "rule: b, when: {area: cataloging}, to: [lee]", "rule: a, when: {area: cataloging}, to: [sam], stop: true")))
    assert set(ways(decision.routes)) == {"sam", "lee"}


def test_a_later_rule_sees_the_areas_that_an_earlier_one_gave() -> None:
    giving, using = "rule: a, when: {text: webex}, tag: [training]", "rule: b, when: {area: training}, to: [dana]"
    assert "dana" in ways(routed(case(text="webex"), book(rules(giving, using))).routes)
    assert "dana" not in ways(routed(case(text="webex"), book(rules(using, giving))).routes)


def test_a_tag_that_is_there_already_is_not_doubled() -> None:
    decision = routed(case("training"), book(rules("rule: a, when: {area: training}, tag: [training, downtime]")))
    assert [tag.value for tag in decision.areas] == ["training", "downtime"]
    assert decision.areas[1].by == "rule"


@pytest.mark.parametrize("never", ["", "rule: n, when: {area: downtime}, never: [everyone]",
                                   "rule: n, when: {area: downtime}, stop: true"])
def test_a_mandatory_area_reaches_everybody_whatever_the_rules_say(never: str) -> None:
    decision = routed(case("downtime"), book(rules(never) if never else "", areas=MANDATORY))
    assert set(ways(decision.routes)) == {"robin", "dana", "lee", "sam"}
    assert all(route.mandatory for route in decision.routes)


def test_a_mandatory_area_keeps_the_faster_way_that_somebody_chose() -> None:
    found = ways(routed(case("downtime"), book(areas=MANDATORY)).routes)
    assert found == {"dana": Way.NOW, "robin": Way.DAILY, "lee": Way.DAILY, "sam": Way.DAILY}


def test_what_is_urgent_in_a_mandatory_area_goes_at_once() -> None:
    found = ways(routed(case("downtime", urgent=True), book(areas=MANDATORY)).routes)
    assert set(found.values()) == {Way.NOW}


def test_a_rule_that_raises_raises_mandatory_readers_too() -> None:
    where = book(rules("rule: r, when: {area: downtime}, send: now"), areas=MANDATORY)
    assert set(ways(routed(case("downtime"), where).routes).values()) == {Way.NOW}


@pytest.mark.parametrize(("state", "words"), [
    ({"authenticated": False}, "could not be verified"), ({"fresh": False}, "not new any more"),
])
def test_nothing_goes_at_once_that_is_old_or_not_verified(state: dict[str, bool], words: str) -> None:
    where = book(rules("rule: r, when: {area: downtime}, to: [sam], send: now"))
    decision = routed(replace(case("downtime", urgent=True), **state), where)
    assert set(ways(decision.routes).values()) == {Way.DAILY}
    assert any(words in one.because for one in decision.trail)


def test_what_goes_at_once_goes_to_the_deputy_too() -> None:
    decision = routed(case("downtime"), book(people=AWAY))
    assert ways(decision.routes) == {"dana": Way.DAILY, "lee": Way.NOW}
    assert decision.routes[1].why.startswith("you stand in for Dana Ortiz")


@pytest.mark.parametrize(("one", "expected"), [
    (case("cataloging"), {"dana": Way.DAILY, "lee": Way.WEEKLY}),                       # can wait: no deputy
    (case("downtime", today=date(2026, 11, 19)), {"dana": Way.NOW}),                    # the day before
    (case("downtime", today=date(2026, 11, 20)), {"dana": Way.DAILY, "lee": Way.NOW}),  # the first day
    (case("downtime", today=date(2026, 11, 27)), {"dana": Way.DAILY, "lee": Way.NOW}),  # the last day
    (case("downtime", today=date(2026, 11, 28)), {"dana": Way.NOW}),                    # back
    (case("downtime", authenticated=False), {"dana": Way.DAILY}),
    # a deputy who reads it anyway, more slowly, has it at once
    (case("downtime", "cataloging"), {"dana": Way.DAILY, "lee": Way.NOW}),
])
def test_leave(one: Case, expected: dict[str, Way]) -> None:
    assert ways(routed(one, book(people=AWAY)).routes) == expected


def test_a_deputy_whom_a_rule_leaves_out_is_left_out() -> None:
    where = book(rules("rule: n, when: {area: downtime}, never: [lee]"), people=AWAY)
    assert ways(routed(case("downtime"), where).routes) == {"dana": Way.DAILY}


def test_a_deputy_on_leave_is_not_bothered() -> None:
    both = AWAY.replace("areas: {cataloging: weekly}", "away: {from: 2026-11-20, until: 2026-11-27}")
    assert ways(routed(case("downtime"), book(people=both)).routes) == {"dana": Way.DAILY}


@pytest.mark.parametrize(("one", "rule", "words"), [
    (case(), CATCH_ALL, "no area and no rule"),
    (case(unsure=["training", "downtime"]), UNSURE, "perhaps training, downtime"),
    (replace(case("training"), today=date(2026, 1, 1)), CATCH_ALL, "nobody reads"),
])
def test_what_nobody_gets_comes_to_the_liaison(one: Case, rule: str, words: str) -> None:
    nobody = PEOPLE.replace(", areas: {training: weekly}", "")
    [route] = routed(one, book(people=nobody)).routes
    assert (route.reader, route.way, route.rule) == ("robin", Way.DAILY, rule)
    assert words in route.why


def test_what_goes_by_a_mere_guess_comes_to_the_liaison_too() -> None:
    guess = Tag(name="area", value="cataloging", score=0.44, by="classifier", why="speaks of it")
    routes = {route.reader: route for route in routed(replace(case(), reading=Reading(areas=(guess,))), book()).routes}
    assert {"dana", "robin"} <= set(routes)
    assert (routes["robin"].rule, routes["robin"].way) == (UNSURE, Way.DAILY)
    assert "only guessed" in routes["robin"].why


def test_an_item_of_a_newsletter_brings_its_readers_but_never_at_once() -> None:
    item = NewsItem(heading="Windows", text="t", areas=(area("downtime", why="its item “Windows” speaks of it"),))
    news = replace(case("training"), reading=Reading(areas=(area("training"),), items=(item,)))
    routes = {route.reader: route for route in routed(news, book()).routes}
    assert routes["dana"].way is Way.DAILY
    assert "its item “Windows”" in routes["dana"].why
    assert ways(routed(case("downtime"), book()).routes)["dana"] is Way.NOW


def test_each_route_has_its_why_and_its_section() -> None:
    decision = routed(case("cataloging", text="overlay"), book(rules("rule: r, when: {text: overlay}, to: [sam]")))
    by_rule, by_area = (next(r for r in decision.routes if r.reader == who) for who in ("sam", "dana"))
    assert by_rule.why == "because (rule “r”: says “overlay”)"
    assert by_area.why == "you read Cataloging: its words"
    assert (by_rule.area, by_area.area) == ("cataloging", "cataloging")


def test_a_person_of_no_choice_reads_nothing_by_area() -> None:
    people = PEOPLE.replace("{training: weekly}", "{training: never}")
    assert ways(routed(case("training"), book(people=people)).routes) == {"robin": Way.DAILY}


# ── whatever the rules say ──

_words = st.sampled_from(["overlay", "webinar", "outage"])
_readers = st.lists(st.sampled_from(["dana", "lee", "sam", "desk"]), min_size=1, max_size=2, unique=True)
_ids = st.lists(st.sampled_from(["cataloging", "downtime", "training"]), max_size=3, unique=True)


@st.composite
def _adding(draw: st.DrawFn) -> str:
    """A rule that only adds readers or raises: such rules do not look at each other's work."""
    send = draw(st.sampled_from(["", ", send: now", ", send: daily", ", send: weekly"]))
    return f"when: {{text: {draw(_words)}}}, to: [{', '.join(draw(_readers))}]{send}"


@st.composite
def _anything(draw: st.DrawFn) -> str:
    effect = draw(st.sampled_from(["hold: true", "stop: true", "never: [everyone]", "send: now", "tag: [training]",
                                   "never: [dana], to: [dana]", "to: [desk], stop: true", "send: weekly"]))
    return f"when: {{text: {draw(_words)}}}, {effect}"


def _named(lines: list[str]) -> str:
    return rules(*(f"rule: r{n}, {line}" for n, line in enumerate(lines))) if lines else ""


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(_adding(), max_size=5), data=st.data(), areas=_ids, text=st.lists(_words, max_size=3),
       urgent=st.booleans())
def test_the_order_of_rules_that_only_add_never_matters(
    lines: list[str], data: st.DataObject, areas: list[str], text: list[str], urgent: bool
) -> None:
    one = case(*areas, text=" ".join(text), urgent=urgent)
    other = data.draw(st.permutations(lines))
    assert ways(routed(one, book(_named(lines))).routes) == ways(routed(one, book(_named(list(other)))).routes)


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(st.one_of(_adding(), _anything()), max_size=6), areas=_ids, text=st.lists(_words, max_size=3),
       urgent=st.booleans(), authenticated=st.booleans(), fresh=st.booleans(), mandatory=st.booleans(),
       away=st.booleans())
def test_every_message_reaches_somebody_once_or_is_held(
    lines: list[str], areas: list[str], text: list[str], urgent: bool, authenticated: bool, fresh: bool,
    mandatory: bool, away: bool,
) -> None:
    one = case(*areas, text=" ".join(text), urgent=urgent, authenticated=authenticated, fresh=fresh)
    where = book(_named(lines), areas=MANDATORY if mandatory else AREAS, people=AWAY if away else PEOPLE)
    decision = routed(one, where)
    readers = [route.reader for route in decision.routes]
    assert bool(readers) != (decision.hold is not None)
    assert len(readers) == len(set(readers))
    assert all(route.way is not Way.NEVER and route.why for route in decision.routes)
    if not (authenticated and fresh):
        assert all(route.way is not Way.NOW for route in decision.routes)
    if decision.hold is None and mandatory and any(tag.value == "downtime" for tag in decision.areas):
        assert set(readers) >= set(where.people)
    assert routed(one, where) == decision
