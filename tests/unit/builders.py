"""Small builders of messages, cases and rulebooks that several rooms' tests share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.config import Config
from bot.inbox import patron
from bot.inbox.borrowers import Borrowers
from bot.linear import load_models
from bot.outbox.transport import Transport
from bot.reading.outage import OutageTagger
from bot.reading.tagger import Surroundings
from bot.routing.route import Case
from bot.rulebook import Rulebook, parse_rulebook
from bot.types import (
    Address,
    Arrival,
    Batch,
    By,
    Delivery,
    Event,
    Message,
    Outcome,
    Position,
    Reading,
    Request,
    Tag,
    Way,
)

ROOT = Path(__file__).parents[2]
SHIPPED_RULES = ROOT / "rules"
CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
CARLI = "carli.example.org"
SERVER = "mx.library.example.edu"

AREAS = """\
cataloging: {label: Cataloging, lists: [techserv-ig], words: [bib record, overlay]}
downtime: {label: System status, words: [outage, is down]}
training: {label: Training, words: [webinar]}
"""
PEOPLE = """\
people:
  robin: {name: Robin Vale, address: robin@library.example.edu}
  dana: {name: Dana Ortiz, address: dana@library.example.edu, areas: {cataloging: daily, downtime: now}}
  lee: {name: Lee Abara, address: lee@library.example.edu, areas: {cataloging: weekly}}
  sam: {name: Sam Whitfield, address: sam@library.example.edu, areas: {training: weekly}}
groups:
  desk: [sam, lee]
"""


# ── what the liaison writes ──


def texts(areas: str = AREAS, people: str = PEOPLE, routing: str = "") -> dict[str, str]:
    """The three files by name."""
    return {"areas.yaml": areas, "people.yaml": people, "routing.yaml": routing}


def book(routing: str = "", *, people: str = PEOPLE, areas: str = AREAS) -> Rulebook:
    """A rulebook of three texts; `robin` is the liaison."""
    return parse_rulebook(texts(areas, people, routing), Path("rules"), "robin")


def rules(*lines: str) -> str:
    """routing.yaml with these rules, each as a YAML flow mapping without `why`."""
    return "rules:\n" + "".join(f"  - {{{line}, why: because}}\n" for line in lines)


def write_rules(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """The three files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (files or texts()).items():
        (folder / name).write_text(text, "utf-8")
    return folder


CONFIG = """\
library: {name: Prairie Lakes College Library, time_zone: America/Chicago, liaison: robin}
mailboxes:
  - {name: lists, maildir: mail}
sending:
  from: {name: Library Digest, address: digest@library.example.edu}
  folder: out
trust: {authentication_server: mx.library.example.edu, consortium: [carli.example.org], members: [example.edu]}
store: var/store.db
rules: rules
"""


def write_config(folder: Path, text: str = CONFIG, *, with_rules: bool = True) -> Path:
    """A config file with its rules beside it and an empty Maildir."""
    for name in ("cur", "new", "tmp"):
        (folder / "mail" / name).mkdir(parents=True, exist_ok=True)
    if with_rules:
        write_rules(folder / "rules")
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return path


def config(folder: Path, text: str = CONFIG) -> Config:
    """The same, loaded."""
    from bot.config import load_config

    return load_config(write_config(folder, text))


# ── mail ──


def message(
    text: str = "", *, subject: str = "Notice", sender: str = "ann@carli.example.org", name: str = "Ann Arbogast",
    lists: Sequence[str] = (), message_id: str | None = "<one@carli.example.org>", references: Sequence[str] = (),
    in_reply_to: Sequence[str] = (),
) -> Message:
    """A parsed post."""
    return Message(
        message_id=message_id, subject=subject, date=NOW, sender=Address(address=sender, name=name), text=text,
        new_text=text, lists=tuple(lists), references=tuple(references), in_reply_to=tuple(in_reply_to),
    )


def area(name: str, *, score: float = 0.9, by: By = "classifier", why: str = "its words") -> Tag:
    """An area tag."""
    return Tag(name="area", value=name, score=score, by=by, why=why)


URGENT = Tag(name="urgent", by="extractor", why="says “is down”")


def event(start: date | datetime, *, by: By = "extractor", why: str = "a date") -> Tag:
    """A meeting."""
    return Tag(name="event", value=Event(type="meeting", start=start), by=by, why=why)


def request(what: str, *, by: By = "extractor", score: float = 0.9) -> Tag:
    """A request."""
    return Tag(name="request", value=Request(what=what), by=by, why="please", score=score)


def case(
    *areas: str, text: str = "", subject: str = "Notice", urgent: bool = False, unsure: Sequence[str] = (),
    lists: Sequence[str] = (), authenticated: bool = True, fresh: bool = True, today: date = TODAY,
    sender: str = "ann@carli.example.org",
) -> Case:
    """What routing looks at."""
    reading = Reading(
        areas=tuple(area(name) for name in areas), unsure=tuple(area(name, score=0.3) for name in unsure),
        urgent=URGENT if urgent else None,
    )
    return Case(message=message(text, subject=subject, lists=lists, sender=sender), reading=reading,
                lists=tuple(lists), today=today, authenticated=authenticated, fresh=fresh)


def raw(
    text: str = "The overlay of a bib record changed; look at each bib record in your zone.\n", *,
    subject: str = "Bib record overlay", key: str = "one", to: str = "techserv-ig", vouched: bool = True,
    date_: str = "Tue, 24 Nov 2026 08:30:00 -0600", extra: str = "",
    sender: str = "Ann Arbogast <ann@carli.example.org>",
) -> bytes:
    """A list post as raw bytes."""
    word = f"Authentication-Results: {SERVER}; dmarc=pass header.from={CARLI}\r\n" if vouched else ""
    return (
        f"{word}From: {sender}\r\nTo: {to}@{CARLI}\r\nSubject: {subject}\r\nDate: {date_}\r\n"
        f"Message-ID: <{key}@{CARLI}>\r\nList-Id: <{to}.{CARLI}>\r\n{extra}"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    ).encode()


def batch(*mails: bytes, first: int = 1, account: str = "lists") -> Batch:
    """Mails as a mailbox shows them."""
    arrivals = tuple(
        Arrival(account=account, folder="INBOX", uid_validity=1, uid=uid, raw=mail, size=len(mail))
        for uid, mail in enumerate(mails, first)
    )
    position = Position(account=account, folder="INBOX", uid_validity=1, uid=first + len(mails) - 1)
    return Batch(arrivals=arrivals, position=position)


# ── a transport that can be told to fail ──


@dataclass
class FakeTransport(Transport):
    """Answers from a list (an Outcome, or an exception to raise), then takes everything."""

    answers: list[Outcome | Exception] = field(default_factory=list)
    sent: list[Delivery] = field(default_factory=list)
    seen: list[Delivery] = field(default_factory=list)
    closed: bool = False

    def send(self, delivery: Delivery) -> Outcome:
        """The next answer."""
        self.seen.append(delivery)
        answer = self.answers.pop(0) if self.answers else Outcome(state="sent", code=250, reply="2.0.0 taken")
        if isinstance(answer, Exception):
            raise answer
        if answer.state == "sent":
            self.sent.append(delivery)
        return answer

    def close(self) -> None:
        """Remember it."""
        self.closed = True


def ways(decision_routes: Sequence[object]) -> dict[str, Way]:
    """Reader and way of each route."""
    from bot.types import Route

    return {route.reader: route.way for route in decision_routes if isinstance(route, Route)}


def outage_tag(message: Message, *told: Tag) -> Tag | None:
    """What the bot's own tagger says of a post about downtime."""
    area = Tag(name="area", value="downtime", by="rule", why="test")
    around = Surroundings(zone=CHICAGO, told=(area, *told))
    return next(iter(OutageTagger().tags(message, around)), None)


# ── patron data ──

BORROWERS = Borrowers(load_models(ROOT / "models")["patrons"])


def patron_data_in(text: str) -> str | None:
    """What the guard says of a text: of its form, or of a person."""
    return patron.find(text) or BORROWERS.first(patron.opened(text), frozenset())
