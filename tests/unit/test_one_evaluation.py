"""Random rules and random mail: live routing, explain and replay never disagree, and order matters only where it is
meant to."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.config import Config, Trust
from bot.pipeline.judges import build_judges
from bot.pipeline.receive import Judges, Receiver, read_again
from bot.pipeline.replay import Comparison, is_the_rules, replay, ways
from bot.pipeline.touched import Touched
from bot.routing.route import decide
from bot.rulebook import Rulebook
from bot.sample.library import sample_config
from bot.store.store import Store
from bot.store.values import Stored
from bot.types import Disposition, Way
from tests.unit.builders import CARLI, NOW, SERVER, batch, book, case, raw

AREAS = ("cataloging", "downtime", "training")
READERS = ("robin", "dana", "lee", "sam")
LISTS = ("techserv-ig", "pubserv-ig")
SENDERS = ("ann", "bea", "support")
WORDS = ("overlay", "bib record", "outage", "is down", "webinar", "survey", "restored", "maintenance", "confidential")
OUTAGE = ", outage, is down, restored, maintenance, cancelled"
SUBJECTS = ("Alma is down", "Alma outage", "Alma is restored", "Alma maintenance on December 5",
            "Alma maintenance on December 5 is cancelled", "A survey", "A bib record", "The webinar", "Minutes")
SENTENCES = (
    "Alma is down for all libraries now; we are working on it.", "The outage is over and Alma is restored.",
    "Alma will be unavailable on Saturday, December 5, 2026, from 6 to 9 a.m. for maintenance.",
    "Please send us your answers by December 4, 2026.", "The overlay of bib records will change.",
    "Join us for the webinar on December 3, 2026 at 2 p.m.", "Nothing more for today.",
)
CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# ── what the liaison may write ──

_atoms = st.one_of(
    st.sampled_from(LISTS).map(lambda name: f"list: {name}"),
    st.sampled_from(AREAS).map(lambda name: f"area: {name}"),
    st.sampled_from(SENDERS).map(lambda name: f"sender: {name}@{CARLI}"),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(lambda said: f"text: [{', '.join(said)}]"),
    st.sampled_from(WORDS).map(lambda said: f"subject: {said}"),
    st.booleans().map(lambda is_so: f"urgent: {str(is_so).lower()}"),
    st.sampled_from(AREAS).map(lambda name: f"area: {{{name}: 0.8}}"),
    st.sampled_from(("has-event: true", "has-event: [training, maintenance]", "has-request: true", "thread: reply",
                     "thread: first", "age: over 2 hours", "attachment: false", "header: {subject: alma}")),
)
_pairs = st.lists(_atoms, min_size=1, max_size=2, unique_by=lambda line: line.split(":")[0]).map(
    lambda lines: f"{{{', '.join(lines)}}}")
_whens = st.one_of(_pairs, _pairs.map(lambda one: f"{{not: {one}}}"),
                   st.tuples(_pairs, _pairs).map(lambda two: f"{{any: [{two[0]}, {two[1]}]}}"))
_people = st.lists(st.sampled_from((*READERS, "desk", "everyone")), min_size=1, max_size=2, unique=True).map(", ".join)
_add = st.one_of(
    _people.map(lambda who: f"to: [{who}]"),
    st.tuples(_people, st.sampled_from(("now", "daily", "weekly"))).map(lambda two: f"to: [{two[0]}], send: {two[1]}"),
    st.sampled_from(("now", "daily")).map(lambda way: f"send: {way}"),
    _people.map(lambda who: f"never: [{who}]"), st.just("cc-liaison: true"),
)
_any_effect = st.one_of(_add, st.sampled_from(AREAS).map(lambda name: f"tag: [{name}]"),
                        st.sampled_from(AREAS).map(lambda name: f"untag: [{name}]"), st.just("hold: true"),
                        _people.map(lambda who: f"to: [{who}], stop: true"))
_ways = st.sampled_from(("now", "daily", "weekly", "never"))


def _rules(effects: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    rules = st.lists(st.tuples(_whens, effects), max_size=5)
    return rules.map(lambda found: "rules:\n" + "".join(
        f"  - {{rule: r{n}, when: {when}, {effect}, why: because}}\n" for n, (when, effect) in enumerate(found))
        if found else "")


_named = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True).map(", ".join)
_evidence = st.tuples(_named, st.sampled_from(
    ("", ", lists: [techserv-ig]", f", senders: [bea@{CARLI}]", ", mandatory_for: [desk]", ", mandatory_for: [robin]")))
_leave = st.sampled_from(("", ", deputy: robin", ", deputy: robin, away: {from: 2026-11-01, until: 2026-12-31}"))
_person = st.tuples(st.tuples(_ways, _ways, _ways), _leave)


@st.composite
def _parts(draw: st.DrawFn, effects: st.SearchStrategy[str] = _any_effect) -> dict[str, object]:
    """What the three files are put together from."""
    return {**{area: draw(_evidence) for area in AREAS}, **{reader: draw(_person) for reader in READERS},
            "rules": draw(_rules(effects))}


def _book(parts: dict[str, Any]) -> Rulebook:
    areas = "".join(f"{name}: {{label: {name.title()}, words: [{parts[name][0]}{OUTAGE if name == 'downtime' else ''}]"
                    f"{parts[name][1]}}}\n" for name in AREAS)
    people = "".join(
        f"  {name}: {{name: {name.title()}, address: {name}@example.edu, areas: "
        f"{{{', '.join(f'{area}: {way}' for area, way in zip(AREAS, parts[name][0], strict=True))}}}"
        f"{parts[name][1] if name != 'robin' else ''}}}\n" for name in READERS)
    return book(parts["rules"], areas=areas, people=f"people:\n{people}groups:\n  desk: [sam, lee]\n")


@st.composite
def _edits(draw: st.DrawFn) -> tuple[Rulebook, Rulebook]:
    """A book, and the same with one or two parts of it written anew, as an edit is."""
    before, other = draw(_parts()), draw(_parts())
    chosen = draw(st.lists(st.sampled_from((*AREAS, *READERS, "rules")), min_size=1, max_size=2, unique=True))
    return _book(before), _book({**before, **{name: other[name] for name in chosen}})


_mails = st.lists(st.tuples(
    st.sampled_from(SUBJECTS), st.lists(st.sampled_from(WORDS), max_size=2), st.sampled_from(SENTENCES),
    st.sampled_from(LISTS), st.sampled_from(SENDERS), st.booleans(),
), min_size=1, max_size=6)


# ── a bot without a classifier, its store in memory ──


_Mail = tuple[str, list[str], str, str, str, bool]


class _Bot:
    def __init__(self, config: Config, first: Rulebook) -> None:
        self._config = config
        self.store = Store.in_memory()
        self.judges = self.by(first)
        self.receiver = Receiver(self.store, lambda: self.judges)

    def by(self, rules: Rulebook) -> Judges:
        return build_judges(self._config, rules, None)

    def take_in(self, mails: list[_Mail]) -> None:
        for number, (subject, said, sentence, to, sender, vouched) in enumerate(mails, 1):
            mail = raw(f"{sentence} {', '.join(said)}, number {number} of {'x' * number}.\n", subject=subject, to=to,
                       key=f"k{number}", sender=f"Ann <{sender}@{CARLI}>", vouched=vouched)
            self.receiver.receive(batch(mail, first=number), NOW)

    def past(self) -> list[Stored]:
        return [one for one in self.store.archive.iterate(NOW - timedelta(days=1), NOW + timedelta(days=1))
                if is_the_rules(one)]

    def live(self) -> dict[int, tuple[bool, dict[str, Way]]]:
        """Whether a rule holds it, and each reader's way, as it is stored."""
        return {one.id: (one.disposition is Disposition.HELD,
                         {row.route.reader: row.route.way for row in self.store.archive.routes(one.id)})
                for one in self.past()}

    def compare(self, after: Rulebook) -> Comparison:
        edited = self.by(after)
        return Comparison(self.judges, edited, Touched(self.judges, edited, frozenset()),
                          self.store.alerts.readers)


def _config() -> Config:
    trust = Trust(authentication_server=SERVER, consortium=[CARLI], members=["example.edu"])
    return sample_config(Path("nowhere")).model_copy(update={"trust": trust})


@CALM
@given(edit=_edits(), mails=_mails)
def test_replay_says_what_a_live_edit_then_does(edit: tuple[Rulebook, Rulebook], mails: list[_Mail]) -> None:
    before, after = edit
    bot = _Bot(_config(), before)
    bot.take_in(mails)
    assert bot.past()
    comparison = bot.compare(after)
    stands = bot.live()
    told = {one.id: comparison.decide(one) for one in bot.past()}
    # Explain and the left side of the replay are what was stored when the mail came.
    assert {number: (old.hold is not None, ways(old)) for number, (old, _) in told.items()} == stands

    moved = {one.id for one in replay(bot.past(), bot.compare(after)).moved}
    bot.judges = bot.by(after)
    bot.receiver.rejudge(NOW)
    lives = bot.live()
    assert {number: (new.hold is not None, ways(new)) for number, (_, new) in told.items()} == lives
    assert {number for number in lives if lives[number][1] != stands[number][1]} <= moved


@CALM
@given(edit=_edits(), mails=_mails)
def test_only_what_the_edit_touches_is_read_again_and_the_rest_would_read_the_same(
    edit: tuple[Rulebook, Rulebook], mails: list[_Mail]
) -> None:
    before, after = edit
    bot = _Bot(_config(), before)
    bot.take_in(mails)
    old, new = bot.judges, bot.by(after)
    touched = Touched(old, new, frozenset())
    for stored in bot.past():
        found = touched.readings(stored) or (stored.reading, stored.reading)
        assert found == (read_again(stored, old), read_again(stored, new))


@CALM
@given(rules=_parts(_add).map(_book), said=st.lists(st.sampled_from(WORDS), max_size=3),
       areas=st.sets(st.sampled_from(AREAS)),
       urgent=st.booleans(), to=st.sampled_from(LISTS))
def test_no_order_of_unrelated_rules_changes_who_gets_what(
    rules: Rulebook, said: list[str], areas: set[str], urgent: bool, to: str
) -> None:
    """Rules that neither hold, stop, nor tell an area to later ones."""
    one = case(*sorted(areas), text=" ".join(said), urgent=urgent, lists=[to])
    found = [ways(decide(one, replace(rules, rules=order), "robin"))
             for order in itertools.islice(itertools.permutations(rules.rules), 24)]
    assert all(each == found[0] for each in found)
