"""The whole line as one object: raw bytes in, everything that leaves because of them out.

A store on disk, the shipped model, rules by which three people get every post. What a guard holds leaves by no real
mail, so a post is laid out a second time as if it had been routed (`forced`): what the guards miss must be harmless
too.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from bot.assemble import load_templates, stationery
from bot.digests.compose import compose
from bot.digests.render import Templates, render
from bot.digests.urgent import urgent
from bot.digests.values import SlotView
from bot.inbox.page import page_of
from bot.linear import Models, load_models
from bot.page import Page
from bot.pipeline.judges import build_judges
from bot.pipeline.letters import pending_of
from bot.pipeline.publish import Publisher
from bot.pipeline.receive import Received, Receiver
from bot.store.store import Store
from bot.store.values import RouteRow, Stored
from bot.types import Pending, Route, Way
from tests.unit.builders import ROOT, batch, book, config, rules, texts, write_rules

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
AREAS = """\
cataloging: {label: Cataloging, lists: [techserv-ig], words: [bib record, overlay]}
downtime: {label: System status, words: [outage, is down]}
"""
PEOPLE = """\
people:
  robin: {name: Robin Vale, address: robin@library.example.edu}
  dana: {name: Dana Ortiz, address: dana@library.example.edu, originals: true}
  lee: {name: Lee Abara, address: lee@library.example.edu, posts: full}
  sam: {name: Sam Whitfield, address: sam@library.example.edu}
"""
#: Two who read digests, one who is told at once.
ROUTING = rules("rule: all, when: {not: {subject: [qwxzzz]}}, to: [dana, lee], send: daily",
                "rule: soon, when: {not: {subject: [qwxzzz]}}, to: [sam], send: now")


@lru_cache(maxsize=1)
def _models() -> Models:
    return load_models(ROOT / "models")


@dataclass(frozen=True, kw_only=True)
class Forced:
    """A post's mails as if it had been routed: at once, in a digest, and whole in a digest; and its own page."""

    urgent: bytes
    digests: tuple[bytes, ...]
    page: Page | None


class Line:
    """One library for many hostile posts."""

    def __init__(self, folder: Path, routing: str = ROUTING, *, templates: Templates | None = None,
                 people: str = PEOPLE) -> None:
        settings = self.settings = config(folder)
        write_rules(folder / "rules", texts(AREAS, people, routing))
        numbers = itertools.count(1)
        self.folder = folder
        self.store = Store.open(settings.store)
        self.judges = build_judges(settings, book(routing, people=people, areas=AREAS), _models())
        self.templates = templates or load_templates(settings, self.store, NOW)
        self.paper = stationery(settings, self.templates, lambda: f"id{next(numbers)}")
        self.publisher = Publisher(self.store, lambda: self.judges, self.paper, eager=False,
                                   calendars=folder / "calendars")
        self.receiver = Receiver(self.store, lambda: self.judges)
        self.publisher.publish(NOW - timedelta(days=1))
        self._uid = 0

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    def take(self, raw: bytes) -> Received:
        """One post in, as a mailbox shows it."""
        self._uid += 1
        return self.receiver.receive(batch(raw, first=self._uid), NOW)[0]

    def publish(self, days: int = 1) -> None:
        """What is to go at once, and the digests of the next morning."""
        self.publisher.publish_urgent(NOW + timedelta(minutes=1))
        self.publisher.publish(NOW + timedelta(days=days))

    def mails(self, *kinds: str) -> list[tuple[str, str, bytes]]:
        """(kind, reader, bytes) of what stands in the outbox."""
        rows = self.store.outbox.between(NOW - timedelta(days=400), NOW + timedelta(days=400))
        return [(row.kind, row.reader, self.store.outbox.raw(row.id)) for row in rows
                if row.state != "empty" and (not kinds or row.kind in kinds)]

    def calendars(self) -> list[bytes]:
        """The calendar files."""
        return [path.read_bytes() for path in sorted((self.folder / "calendars").rglob("*.ics"))]

    def stored(self, number: int) -> Stored:
        """A stored message."""
        found = self.store.archive.get(number)
        assert found is not None
        return found

    def forced(self, number: int, raw: bytes) -> Forced | None:
        """A post laid out whatever the guards say of it; None when it could not be read at all."""
        stored = self.stored(number)
        if stored.message is None:
            return None
        route = Route(reader="dana", way=Way.DAILY, rule="r", why="it was asked for", area="cataloging")
        item = pending_of(RouteRow(id=1, message=number, route=route, sent_at=None, digested=False), stored)
        page = page_of(raw, stored.message)
        reader, house = self.publisher._reader("dana"), self.publisher._house()
        words = urgent(item, reader, (), NOW, templates=self.paper.templates, house=house, page=page)
        alone = self.publisher._outgoing(reader, f"now:{number}", "urgent", words, house.sender, NOW).raw
        return Forced(urgent=alone, page=page, digests=tuple(
            mail for full in (False, True) for mail in self._digest(item, full=full)))

    def _digest(self, item: Pending, *, full: bool) -> list[bytes]:
        reader, house = self.publisher._reader("dana"), self.publisher._house()
        slot = SlotView(name="daily", label="Library digest", starts_at=NOW)
        digest = compose(replace(reader, full_texts=full), slot, [item], (), NOW, summarise=self.paper.summarise,
                         house=house)
        if digest is None:  # word of an outage that is long over
            return []
        originals = self.publisher._originals(digest) if full else ()
        return [self.publisher._outgoing(reader, "daily", "digest", render(digest, self.paper.templates), house.sender,
                                         NOW, digest.items, originals).raw]
