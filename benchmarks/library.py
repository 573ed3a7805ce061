"""A library of its own for one measurement: config and rules in a scratch folder, the bot as parts or process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.generate import DOMAIN, SERVER
from bot.assemble import Plant, assemble
from bot.config import load_config
from bot.shipped import shipped
from bot.types import Arrival, Batch, Position
from tests.servers import PASSWORD, MailServers

_CONFIG = """\
library: {{name: Prairie Lakes College Library, time_zone: America/Chicago, liaison: robin}}
mailboxes:
  - name: lists
    {mailbox}
    backfill: {{days: 60, messages: 1000000}}
    poll_minutes: 5
sending:
  from: {{name: Library Digest, address: digest@library.example.edu}}
  {sending}
  per_minute: 60000
trust: {{authentication_server: {server}, consortium: [{domain}], members: [example.edu]}}
store: store.db
rules: rules
health_file: health.json
log: {{file: liaison.log, level: info}}
"""
_IMAP = ("imap: {{host: localhost, port: {port}, security: none, user: {user}, "
         "password: {{env: LIAISON_IMAP_PASSWORD}}}}")
_SMTP = "smtp: {{host: 127.0.0.1, port: {port}, security: none}}"


class Library:
    """config.yaml and rules. Without an IMAP port it reads an empty Maildir; without SMTP it writes files."""

    def __init__(
        self, folder: Path, *, imap_port: int | None = None, user: str = "", smtp_port: int | None = None
    ) -> None:
        self.folder = folder
        self.config = folder / "config.yaml"
        mailbox = _IMAP.format(port=imap_port, user=user) if imap_port else "maildir: mail"
        sending = _SMTP.format(port=smtp_port) if smtp_port else "folder: outbox"
        (folder / "rules").mkdir(parents=True)
        for path in shipped("rules").glob("*.yaml"):
            (folder / "rules" / path.name).write_text(path.read_text("utf-8"), "utf-8")
        config = _CONFIG.format(mailbox=mailbox, sending=sending, server=SERVER, domain=DOMAIN)
        self.config.write_text(config, "utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the rules, as the liaison would. Raises ValueError when there is nothing to change."""
        path = self.folder / "rules" / name
        text = path.read_text("utf-8")
        if old not in text:
            raise ValueError(f"{name} does not hold {old!r}")
        path.write_text(text.replace(old, new), "utf-8")

    @contextmanager
    def plant(self, now: datetime) -> Iterator[Plant]:
        """The bot's parts in this process."""
        os.environ["LIAISON_IMAP_PASSWORD"] = PASSWORD
        plant = assemble(load_config(self.config), now)
        try:
            yield plant
        finally:
            plant.close()

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        """The bot as a real process, ended by SIGTERM."""
        command = "from bot.cli import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", command, "run", "--quiet", "--config", str(self.config)],
            env={**os.environ, "LIAISON_IMAP_PASSWORD": PASSWORD}, stdin=subprocess.DEVNULL, cwd=self.folder,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def batch(raws: Iterable[bytes], first_uid: int) -> Batch:
    """Messages as a mailbox would hand them over."""
    arrivals = tuple(
        Arrival(account="lists", folder="INBOX", uid_validity=1, uid=first_uid + at, raw=raw, size=len(raw))
        for at, raw in enumerate(raws)
    )
    position = Position(account="lists", folder="INBOX", uid_validity=1, uid=arrivals[-1].uid)
    return Batch(arrivals=arrivals, position=position, total=len(arrivals))


def fill(servers: MailServers, user: str, raws: Iterable[bytes]) -> None:
    """Make a mailbox before its user's first sign-in: files written straight into the Maildir."""
    home = servers.root / "mail" / user
    for name in ("cur", "new", "tmp"):
        (home / name).mkdir(parents=True)
    start = int(datetime.now(UTC).timestamp()) - 86_400
    for number, raw in enumerate(raws):
        (home / "cur" / f"{start + number // 100}.M{number:06d}.host,S={len(raw)}:2,").write_bytes(raw)
    subprocess.run(["chown", "-R", "mail:mail", home], check=True)
