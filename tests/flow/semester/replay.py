"""The replay: the bot on its scenario, by a clock that jumps from one moment that matters to the next.

The parts are the daemon's own: it reads the mailbox on Dovecot, publishes, and sends through Postfix. Only its threads
stand still: one look after another, so that half a year passes in a minute or two, and always in the same way. Once a
month the bot ends and starts again.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parsedate_to_datetime
from functools import cached_property
from itertools import groupby
from pathlib import Path

import yaml

from bot.assemble import Plant, assemble
from bot.config import Mailbox, load_config
from bot.daemon import Daemon
from bot.inbox.source import Source
from bot.store.values import DeliveryRow, Fault, RouteRow, Stored
from tests.flow.semester.scenario import CHICAGO, FIRST, HERE, LAST, Scenario, Sent, central, mentioned
from tests.servers import MailServers, until

CONFIG = """\
library: {{name: Prairie Lakes College Library, time_zone: America/Chicago, liaison: robin, instances: [NA06]}}
mailboxes:
  - name: lists
    imap: {{host: localhost, port: {imap_port}, security: tls, user: "{mail}-lists",
           password: {{env: LIAISON_IMAP_PASSWORD}}, ca_file: {ca_file}}}
sending:
  from: {{name: Library Digest, address: "{mail}-digest@example.com", envelope_sender: "{mail}-bounces@example.com"}}
  smtp: {{host: localhost, port: {smtp_port}, security: starttls, user: "{mail}-lists",
          password: {{env: LIAISON_SMTP_PASSWORD}}, ca_file: {ca_file}}}
  per_minute: 60000
  answers: "{mail}-lists@example.com"
trust: {{authentication_server: mx.example.net, consortium: [carli.example.edu]}}
store: var/store.db
rules: rules
"""

#: When quiet hours end or slots are due, Central time: midnight, 6:00 and 7:30 in New York, and our own.
_EVERY_DAY = (time(0, 0), time(5, 0), time(6, 30), time(7, 0), time(7, 30), time(8, 0))
#: How long after a message of the plot something may be due: an answer, a list of what was too much.
_AFTER = (timedelta(minutes=10), timedelta(minutes=31))
READERS = tuple(yaml.safe_load((HERE / "rules/people.yaml").read_text())["people"])


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail as it lay in a reader's mailbox."""

    reader: str
    mail: EmailMessage

    @cached_property
    def kind(self) -> str:
        """Urgent, digest, reminder, report or notice."""
        return self.message_id[1:].partition(".")[0]

    @cached_property
    def message_id(self) -> str:
        """Its Message-ID."""
        return str(self.mail["Message-ID"])

    @cached_property
    def at(self) -> datetime:
        """When it was written, by its Date."""
        return parsedate_to_datetime(str(self.mail["Date"]))

    @cached_property
    def subject(self) -> str:
        """Its subject."""
        return str(self.mail["Subject"])

    @cached_property
    def text(self) -> str:
        """Its plain text."""
        part = self.mail.get_body(("plain",))
        return "\n".join(str(part.get_content()).splitlines()) if part else ""

    @cached_property
    def told(self) -> list[str]:
        """The messages that it shows, by their addresses."""
        return list(dict.fromkeys(mentioned(self.text)))

    @cached_property
    def calendars(self) -> list[bytes]:
        """Its text/calendar parts, not those inside attached originals."""
        found = [part for part in self._own(self.mail) if part.get_content_type() == "text/calendar"]
        return [bytes(part.get_payload(decode=True)) for part in found]

    @cached_property
    def originals(self) -> list[str]:
        """The Message-IDs of the posts that hang on it as they came."""
        found = [part for part in self._own(self.mail) if part.get_content_type() == "message/rfc822"]
        return [str(part.get_payload(0)["Message-ID"]) for part in found]  # type: ignore[index]

    def _own(self, part: EmailMessage) -> Iterator[EmailMessage]:
        yield part
        for inner in part.iter_parts() if part.is_multipart() and part.get_content_type() != "message/rfc822" else ():
            yield from self._own(inner)

    def __str__(self) -> str:
        return f"{self.kind} to {self.reader}, {self.at:%a %d %b %Y %H:%M}: {self.subject}"


@dataclass(frozen=True, kw_only=True)
class Semester:
    """What the replay left: mailboxes, and what the store says."""

    scenario: Scenario
    mails: dict[str, list[Mail]]
    stored: dict[str, Stored]
    routes: dict[str, list[RouteRow]]
    rows: list[DeliveryRow]
    faults: list[Fault]
    came_in: int

    def of_kind(self, reader: str, *kinds: str) -> list[Mail]:
        """A reader's mails of some kinds, in the order they were written."""
        return [mail for mail in self.mails[reader] if mail.kind in kinds]

    def telling(self, reader: str, slug: str) -> list[Mail]:
        """A reader's mails, other than reports, that show a message."""
        return [mail for mail in self.mails[reader] if mail.kind in ("urgent", "digest") and slug in mail.told]


class Replay:
    """One run. Files lie below `folder`, mail users begin with `mail`."""

    def __init__(self, folder: Path, servers: MailServers, mail: str) -> None:
        self.servers, self.mail, self.config = servers, mail, folder / "config.yaml"
        lay_rules(folder, mail)
        self.config.write_text(CONFIG.format(imap_port=servers.imap_port, smtp_port=servers.smtp_port, mail=mail,
                                             ca_file=servers.ca_file))
        self.now = datetime.combine(FIRST, time(0, 1), CHICAGO)
        self.came: list[str] = []
        self._plant: Plant | None = None
        self._daemon: Daemon | None = None
        self._sources: list[tuple[Mailbox, Source]] = []

    # ── the bot ──

    def start(self) -> None:
        """End the bot if it runs, and start it."""
        self.end()
        self._plant = assemble(load_config(self.config), self.now, keep=True)
        self._daemon = Daemon(self._plant, lambda *_: None, lambda: self.now.astimezone(UTC))
        self._sources = self._plant.sources()

    def end(self) -> None:
        """End the bot."""
        for _, source in self._sources:
            source.close()
        if self._plant is not None:
            self._plant.close()
        self._plant, self._sources = None, []

    def look(self, now: datetime) -> None:
        """What the daemon does at this moment: take in, publish, send."""
        assert self._daemon is not None
        self.now = now
        for _, source in self._sources:
            assert self._daemon._poll_once(source)
        self._daemon.publish()
        self._daemon.send()

    def run(self, scenario: Scenario) -> Semester:
        """The whole semester."""
        self.start()
        month = FIRST.month
        arrivals = {at: list(group) for at, group in groupby(scenario.messages, lambda one: one.at)}
        answers = {central(one["at"]): (slug, one["by"]) for slug, one in scenario.answers.items()}
        for now in moments(scenario, [*arrivals, *answers]):
            if now.month != month:
                month = now.month
                self.start()
            self.deliver(now, {one.slug: one.raw for one in arrivals.get(now, ())})
            if now in answers:
                slug, reader = answers[now]
                self.deliver(now, {f"answer-{slug}": self.answer(scenario.named(slug), reader, now)})
            self.look(now)
        return self.read_back(scenario)

    # ── mail ──

    def deliver(self, now: datetime, raws: dict[str, bytes]) -> None:
        """Put mail into the mailbox that the bot reads."""
        if raws:
            with self.servers.client(f"{self.mail}-lists") as client:
                for slug, raw in raws.items():
                    client.append("INBOX", raw, msg_time=now)
                    self.came.append(slug)

    def answer(self, asked: Sent, reader: str, now: datetime) -> bytes:
        """A reader's answer to the mail at once about a message."""
        mails: list[Mail] = until(lambda: [one for one in self.mailbox(reader) if asked.slug in one.told], 20,
                                  f"the mail about {asked.slug} for {reader}")
        reply = EmailMessage(policy=email.policy.SMTP)
        reply["From"], reply["To"] = f"{self.mail}-{reader}@example.com", str(mails[-1].mail["Reply-To"])
        reply["Subject"], reply["Date"] = f"Re: {mails[-1].subject}", format_datetime(now)
        reply["Message-ID"] = f"<answer-{asked.slug}@example.com>"
        reply["In-Reply-To"] = reply["References"] = mails[-1].message_id
        reply["Authentication-Results"] = "mx.example.net; dmarc=pass header.from=example.com"
        reply.set_content("I am on it.")
        return reply.as_bytes()

    def mailbox(self, reader: str) -> list[Mail]:
        """A reader's mailbox, read over IMAP, in the order the mails were written."""
        mails = [Mail(reader=reader, mail=_parsed(raw)) for raw in self.servers.mailbox(f"{self.mail}-{reader}")]
        return sorted(mails, key=lambda one: one.at)

    def read_back(self, scenario: Scenario) -> Semester:
        """Wait until the servers have delivered all, and read every mailbox."""
        assert self._plant is not None
        store = self._plant.store
        rows = [row for row in store.outbox.between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
                if row.state != "empty"]
        for reader in READERS:
            wanted = sum(row.reader == reader and row.state == "sent" for row in rows)
            until(lambda reader=reader, wanted=wanted: self._held(reader) >= wanted, 60,  # type: ignore[misc]
                  f"{wanted} mails in the mailbox of {reader}")
        every = store.archive.received(datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
        by_uid = {one.uid: one for one in every}
        stored = {slug: by_uid[uid] for uid, slug in enumerate(self.came, 1)}
        return Semester(
            scenario=scenario, mails={reader: self.mailbox(reader) for reader in READERS}, stored=stored,
            routes={slug: store.archive.routes(one.id) for slug, one in stored.items()}, rows=rows,
            faults=store.health.faults(datetime(2026, 1, 1, tzinfo=UTC)), came_in=len(self.came))

    def _held(self, reader: str) -> int:
        with self.servers.client(f"{self.mail}-{reader}") as client:
            return int(client.select_folder("INBOX", readonly=True)[b"EXISTS"])


def _parsed(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def moments(scenario: Scenario, others: Iterable[datetime]) -> list[datetime]:
    """Every moment that matters, once, in order."""
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    found = {datetime.combine(day, clock, CHICAGO) for day in days for clock in _EVERY_DAY} | set(others)
    found |= {one.at + span for one in scenario.messages if one.must.get("now") for span in _AFTER}
    return sorted({one.astimezone(UTC): one for one in found}.values(), key=lambda one: one.astimezone(UTC))


def lay_rules(folder: Path, mail: str) -> None:
    """The liaison's three files; the areas are the shipped ones, but only the desk must read of downtimes."""
    rules = folder / "rules"
    rules.mkdir()
    areas = (HERE.parents[2] / "rules/areas.yaml").read_text()
    (rules / "areas.yaml").write_text(areas.replace("mandatory_for: [everyone]", "mandatory_for: [desk]"))
    people = (HERE / "rules/people.yaml").read_text()
    (rules / "people.yaml").write_text(re.sub(r"\{mail\}", mail, people))
    (rules / "routing.yaml").write_text((HERE / "rules/routing.yaml").read_text())
