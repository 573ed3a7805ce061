"""A library with its bot for one test: own mail users, own config and rules, own clock, the bot as a real process.

The mail goes the whole way: appended to the liaison's mailbox on Dovecot over TLS, sent through Postfix with STARTTLS
and a password, read back from the readers' mailboxes over IMAP.
"""

from __future__ import annotations

import email
import email.policy
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.store.store import Store
from bot.store.values import DeliveryRow, Stored
from tests.flow.bots import Bot, Stable
from tests.servers import PASSWORD, MailServers, until

CHICAGO = ZoneInfo("America/Chicago")
LIST_DOMAIN = "lists.example.org"
READERS = ("robin", "ana", "ben", "cleo")

AREAS = """\
downtime:
  label: System status
  about: outages and maintenance
cataloging:
  label: Cataloging and metadata
  about: bibliographic records
"""

PEOPLE = """\
people:
  robin: {{name: Robin Vale, address: {robin}}}
  ana: {{name: Ana Ruiz, address: {ana}}}
  ben: {{name: Ben Oduya, address: {ben}}}
  cleo: {{name: Cleo Marsh, address: {cleo}}}
groups:
  catalogers: [ana, ben]
"""

ROUTING = """\
slots:
  daily: {at: "07:30", on: every day}
  weekly: {at: "07:30", on: [mon]}
rules:
  - rule: confidential-stays-here
    when: {text: [confidential]}
    hold: true
    why: the sender asks that this is not passed on
  - rule: red-alert
    when: {subject: [red alert]}
    to: [ana, ben, cleo]
    send: now
    stop: true
    why: nobody must miss an alert
  - rule: catalogers-read-techserv
    when: {list: techserv-ig}
    to: [catalogers]
    send: daily
    stop: true
    why: catalogers read TechServ-ig
"""

_CONFIG = """\
library: {{name: Prairie Lakes College Library, time_zone: America/Chicago, liaison: robin}}
mailboxes:
  - name: lists
    imap: {{host: localhost, port: {imap_port}, security: tls, user: {account},
           {imap_by}, ca_file: {ca_file}, timeout_seconds: {patience}}}
    folders: [{folder}]
    poll_minutes: {poll_minutes}
sending:
  from: {{name: Library Digest, address: {bot}, envelope_sender: {bounces}}}
  smtp: {smtp}
  per_minute: 60000
trust: {{authentication_server: mx.example.net, consortium: [example.org]}}
store: var/store.db
rules: rules
health_file: var/health.json
least_free_mb: 0
log: {{file: var/liaison.log, level: info}}
"""

_SMTP = ("{{host: localhost, port: {smtp_port}, security: starttls, user: {account}, "
         "password: {{env: LIAISON_SMTP_PASSWORD}}, ca_file: {ca_file}, timeout_seconds: 5}}")


def _morning(now: datetime) -> datetime:
    """Nine o'clock of the next ordinary Tuesday: no slot, no weekend and no night is near, whenever the tests run.

    Ordinary: no change of summer time in the week before or after it, which would move an hour under a test.
    """
    day = now.astimezone(CHICAGO).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day.weekday() != 1 or len({(day + timedelta(days=days)).utcoffset() for days in (-8, 0, 8)}) > 1:
        day += timedelta(days=1)
    return day.astimezone(UTC)


# ── posts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def post(key: str, when: datetime, *, subject: str = "", to: str = "techserv-ig", text: str = "",
         message_id: str = "", headers: str = "") -> bytes:
    """A list post as our own mail server took it in. `key` stands in subject and text and makes both unlike others."""
    name = key.lower().replace(" ", "-")
    said = text or f"Colleagues, {key} concerns the {name} shelves: {' '.join(f'{name}{n}' for n in range(15))}."
    return (
        "Received: from lists.example.org by mx.example.net; " + format_datetime(when) + "\r\n"
        "Authentication-Results: mx.example.net; dmarc=pass header.from=example.org\r\n"
        "From: Kim Larsen <kim@example.org>\r\n"
        f"To: {to}@{LIST_DOMAIN}\r\n"
        f"Subject: [{to}] {subject or f'Notice {key}'}\r\n"
        f"Date: {format_datetime(when)}\r\n"
        f"Message-ID: {message_id or f'<{name}@example.org>'}\r\n"
        f"List-Id: <{to}.{LIST_DOMAIN}>\r\n"
        f"List-Post: <mailto:{to}@{LIST_DOMAIN}>\r\n"
        f"{headers}"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        f"{said}\r\n\r\nKim\r\n"
    ).encode()


def alert(key: str, when: datetime) -> bytes:
    """A post that cannot wait."""
    return post(key, when, subject=f"Red alert {key}", to="announce")


# ── the process ───────────────────────────────────────────────────────────────────────────────────────────────────


class House:
    """One library. Files lie below `folder`; mail users begin with `name`."""

    def __init__(self, folder: Path, servers: MailServers, name: str, stable: Stable, **settings: object) -> None:
        self.folder, self.servers, self.name, self._stable = folder, servers, name, stable
        self.account = f"{name}-lists"
        self.addresses = {who: f"{name}-{who}@example.edu" for who in READERS}
        self.bot_address = f"{name}-digest@example.edu"
        self.password = PASSWORD
        self.settings: dict[str, object] = {
            "imap_port": servers.imap_port, "smtp_port": servers.smtp_port, "account": self.account,
            "ca_file": servers.ca_file, "bot": self.bot_address, "bounces": f"{name}-bounces@example.edu",
            "folder": "INBOX", "patience": 5,
            "imap_by": "password: {env: LIAISON_IMAP_PASSWORD}", "poll_minutes": 5, **settings,
        }
        self.config = folder / "config.yaml"
        self.running: list[Bot] = []
        self._store: Store | None = None
        self._ahead = folder / "clock"
        self._ahead.write_text(str((_morning(datetime.now(UTC)) - datetime.now(UTC)).total_seconds()))
        (folder / "rules").mkdir()
        self.rule("areas.yaml", AREAS)
        self.rule("people.yaml", PEOPLE.format(**self.addresses))
        self.rule("routing.yaml", ROUTING)
        self.configure()

    def configure(self, **settings: object) -> None:
        """Write config.yaml, with some settings changed."""
        self.settings |= settings
        smtp = self.settings.get("smtp") or _SMTP.format(**self.settings)
        self.config.write_text(_CONFIG.format(**{**self.settings, "smtp": smtp}))

    def rule(self, file: str, text: str) -> None:
        """Write one of the liaison's files as an editor does: beside, then renamed."""
        beside = self.folder / "rules" / f".{file}.new"
        beside.write_text(text)
        beside.replace(self.folder / "rules" / file)

    # ── the clock ──

    def now(self) -> datetime:
        """What the bot takes for now."""
        return datetime.now(UTC) + timedelta(seconds=float(self._ahead.read_text()))

    def take_real_time(self) -> None:
        """Put the clock to the machine's."""
        self.pass_time(datetime.now(UTC) - self.now())

    def pass_time(self, span: timedelta) -> None:
        """Let time pass."""
        ahead = float(self._ahead.read_text()) + span.total_seconds()
        beside = self._ahead.with_name("clock.new")
        beside.write_text(str(ahead))
        beside.replace(self._ahead)

    def pass_to_slot(self, days: int = 1) -> None:
        """To just behind the next daily slot, or the one so many days ahead."""
        now = self.now().astimezone(CHICAGO)
        slot = now.replace(hour=7, minute=30, second=2, microsecond=0)
        slot += timedelta(days=days - 1 if slot > now else days)
        self.pass_time(slot.astimezone(UTC) - now.astimezone(UTC))

    # ── the bot ──

    def command(self, *words: str, kill: str = "") -> Bot:
        """Start `liaison` with some words and this config; it ends by SIGKILL as `kill` orders ("accepted 3")."""
        environment = self._environment() | ({"LIAISON_TEST_KILL": kill} if kill else {})
        bot = self._stable.start([*words, "--config", str(self.config)], self.folder, environment)
        self.running.append(bot)
        return bot

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ, "LIAISON_TEST_CLOCK": str(self._ahead),
            "LIAISON_IMAP_PASSWORD": self.password, "LIAISON_SMTP_PASSWORD": PASSWORD, "COLUMNS": "400",
        }

    def run(self, kill: str = "") -> Bot:
        """Start the daemon; it may not be ready yet."""
        return self.command("run", "--quiet", kill=kill)

    def start(self) -> Bot:
        """Start the daemon and wait until its first round is over."""
        polled = self._last_look()
        bot = self.run()
        until(lambda: self._last_look() > polled or bot.process.poll() is not None, 30, "the first look")
        assert bot.process.poll() is None, bot.said
        return bot

    def _last_look(self) -> datetime:
        never = datetime.min.replace(tzinfo=UTC)
        if not (self.folder / "var/store.db").exists():
            return never
        with self.store() as store:
            return max((poll.last_attempt or never for poll in store.health.polls()), default=never)

    def once(self) -> Bot:
        """One pass; wait for its end."""
        bot = self.command("once", "--quiet")
        bot.wait()
        return bot

    def status(self) -> Bot:
        """`liaison status`, ended."""
        bot = self.command("status")
        bot.wait()
        return bot

    def log(self) -> str:
        """The log so far."""
        path = self.folder / "var/liaison.log"
        return path.read_text() if path.exists() else ""

    def close(self) -> None:
        """End what still runs."""
        for bot in self.running:
            bot.close()
        if self._store is not None:
            self._store.close()

    # ── mail ──

    def deliver(self, *raws: bytes, folder: str = "INBOX") -> None:
        """Put mail into the liaison's mailbox."""
        with self.servers.client(self.account) as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            for raw in raws:
                client.append(folder, raw)

    def mails(self, who: str) -> list[EmailMessage]:
        """What lies in a reader's mailbox, in the order of arrival."""
        return [parsed(raw) for raw in self.servers.mailbox(f"{self.name}-{who}")]

    def of_kind(self, who: str, kind: str) -> list[EmailMessage]:
        """A reader's mails of one kind: urgent, digest, report or notice."""
        return [mail for mail in self.mails(who) if mail["Message-ID"].startswith(f"<{kind}.")]

    def wait_for(self, who: str, kind: str, count: int = 1, seconds: float = 30) -> list[EmailMessage]:
        """Wait until so many mails of a kind have come to a reader."""
        until(lambda: len(self.of_kind(who, kind)) >= count, seconds, f"{count} {kind} for {who}\n{self.log()[-3000:]}")
        return self.of_kind(who, kind)

    # ── the store ──

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The bot's store, looked into from outside."""
        if self._store is None:
            self._store = Store.open(str(self.folder / "var/store.db"))
        yield self._store

    def received(self) -> list[Stored]:
        """All that was taken in."""
        with self.store() as store:
            return store.archive.received(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))

    def deliveries(self) -> list[DeliveryRow]:
        """All rows of the outbox that are mails."""
        with self.store() as store:
            rows = store.outbox.between(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        return [row for row in rows if row.state != "empty"]

    def wait_received(self, count: int, seconds: float = 30) -> None:
        """Wait until so many messages are stored."""
        until(lambda: len(self.received()) >= count, seconds, f"{count} messages in the store\n{self.log()[-3000:]}")

    def wait_all_sent(self, seconds: float = 30) -> None:
        """Wait until nothing is left to send, and all that was sent lies in the mailboxes."""
        def is_empty() -> bool:
            with self.store() as store:
                return not store.outbox.open() and not self.servers.is_underway()

        until(is_empty, seconds, f"an empty outbox\n{self.log()[-3000:]}")


# ── reading mail back ─────────────────────────────────────────────────────────────────────────────────────────────


def parsed(raw: bytes) -> EmailMessage:
    """A mail as a mail program reads it."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def text(mail: EmailMessage) -> str:
    """The plain text, its lines joined."""
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def html(mail: EmailMessage) -> str:
    """The HTML."""
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def sums(report: EmailMessage) -> tuple[int, list[int]]:
    """The report's "41 received = 30 routed + …" as (41, [30, …])."""
    return numbers(text(report))


def numbers(report: str) -> tuple[int, list[int]]:
    """The same of a report's text."""
    found = re.search(r"(\d+) received = ((?:\d+ [a-z ]+\+ )+\d+ quarantined)", report)
    assert found, report[:500]
    return int(found[1]), [int(number) for number in re.findall(r"\d+", found[2])]


def steady(ask: Callable[[], object], seconds: float = 2.0) -> None:
    """Nothing changes for a while. What must not happen can only be watched for so long."""
    first, end = ask(), time.monotonic() + seconds
    while time.monotonic() < end:
        assert ask() == first
        time.sleep(0.1)
