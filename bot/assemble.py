"""Builds the running parts from a config: wiring only, no decisions about mail."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.config import Config, Mailbox
from bot.digests.render import Templates
from bot.errors import ConfigError, TemplateError
from bot.inbox.source import Source
from bot.inbox.sources import open_source
from bot.logins import Logins
from bot.outbox.folder import FolderTransport
from bot.outbox.signing import Sign, unsigned
from bot.outbox.smtp import SmtpTransport
from bot.outbox.transport import Transport
from bot.pipeline.deliver import Deliverer
from bot.pipeline.ends import announce
from bot.pipeline.judges import InForce
from bot.pipeline.publish import Publisher
from bot.pipeline.receive import Receiver
from bot.pipeline.stationery import Stationery
from bot.pipeline.suspects import Suspects
from bot.reading.sentences import summary
from bot.shipped import shipped
from bot.store.engine import file_of
from bot.store.store import Store
from bot.types import Address, Message

log = logging.getLogger(__name__)

TEMPLATES_FAULT = "templates"


@dataclass(frozen=True, kw_only=True)
class Plant:
    """All running parts of one bot."""

    config: Config
    store: Store
    in_force: InForce
    receiver: Receiver
    publisher: Publisher
    deliverer: Deliverer
    transport: Transport
    logins: Logins

    def sources(self) -> list[tuple[Mailbox, Source]]:
        """A source for each folder of each mailbox; nothing is connected yet. Raises ConfigError for passwords."""
        return [
            (mailbox, open_source(mailbox, folder, self.logins.imap(mailbox), self.store.archive.seen))
            for mailbox in self.config.mailboxes for folder in mailbox.folders
        ]

    def announce_endings(self, now: datetime) -> bool:
        """Tell of secrets and consents that end soon; True when a mail was written. Raises StoreError."""
        try:
            endings = list(self.logins.endings())
        except ConfigError as wrong:
            log.warning("endings-not-known error=%s", wrong.what)
            return False
        return announce(endings, self.store, self.publisher.tell, self.in_force().zone, now)

    def close(self) -> None:
        """Let go of connections and the store."""
        self.transport.close()
        self.receiver.close()
        self.publisher.close()
        self.store.close()


def assemble(config: Config, now: datetime, *, eager: bool = False, store: Store | None = None,
             keep: bool = False) -> Plant:
    """Open the store and build everything on it. Raises SetupError or StoreError with the mend. With `keep`, for what
    takes in and sends, the rules of the files are stored as those in force."""
    opened = store or Store.open(config.store)
    in_force = InForce(config, opened, now, keep=keep)
    templates = load_templates(config, opened, now)
    logins = Logins(config)
    transport = open_transport(config, logins)
    publisher = Publisher(opened, in_force, stationery(config, templates), eager=eager, calendars=calendars(config),
                          suspects=Suspects(_note(config, "composing") if keep else None, "composing it"))
    receiver = Receiver(opened, in_force, Suspects(_note(config, "reading") if keep else None),
                        Suspects(_note(config, "judging") if keep else None, "judging it"), publisher.tell)
    return Plant(
        config=config, store=opened, in_force=in_force, receiver=receiver, publisher=publisher,
        deliverer=Deliverer(opened, transport, timedelta(hours=config.sending.give_up_hours)), transport=transport,
        logins=logins,
    )


def _note(config: Config, name: str) -> Path | None:
    """The file in which is noted which message is being read or judged, or which mail composed: beside the store; of
    one on a database server beside the health file or the log, and nowhere where there is neither."""
    path = file_of(config.store) or config.health_file or config.log.file
    return None if path is None else Path(f"{path}.{name}")


def calendars(config: Config) -> Path | None:
    """The folder of the calendar files: the one that is named, or one beside the mails that go into a folder."""
    folder = config.sending.folder
    return config.calendars or (folder / "calendars" if folder is not None else None)


def load_templates(config: Config, store: Store, now: datetime) -> Templates:
    """The templates; a broken one of the library's own is told to the liaison, and the shipped one stands in."""
    templates = Templates(shipped("templates"), config.templates)
    if config.templates is not None and not config.templates.is_dir():
        raise TemplateError(f"The folder {config.templates} for the library's own templates does not exist.",
                            "Make it, or delete `templates:` from config.yaml.")
    if templates.problems:
        told = "; ".join(str(problem).splitlines()[0] for problem in templates.problems[:5])
        store.health.fault(TEMPLATES_FAULT, f"A template or a catalogue of the library's own is broken: {told}",
                           "What is shipped is used in its place until it is mended.", now)
    else:
        store.health.clear(TEMPLATES_FAULT, now)
    return templates


def stationery(config: Config, templates: Templates,
               new_id: Callable[[], str] = lambda: uuid.uuid4().hex) -> Stationery:
    """What our mails are written on."""
    return Stationery(templates=templates, library=config.library.name, sender=config.sending.sender,
                      summarise=_remembering(), new_id=new_id, urgent_per_hour=config.sending.urgent_per_hour,
                      answers=Address(address=config.sending.answers) if config.sending.answers else None,
                      director=config.library.director, sign=signing(config), language=config.library.language)


def signing(config: Config) -> Sign:
    """How our mails are signed; not at all without a key. Raises ConfigError for a key that cannot be used."""
    if config.sending.dkim is None:
        return unsigned
    from bot.outbox.signer import open_signer

    return open_signer(config.sending.dkim, config.sending.sender, os.environ, os.environ.get("CREDENTIALS_DIRECTORY"))


def _remembering() -> Callable[[Message], str]:
    """Summaries, each made once: sixty messages stand in two hundred digests."""
    known: dict[tuple[str | None, int], str] = {}

    def summarise(message: Message) -> str:
        key = (message.message_id, hash(message.new_text))
        if key not in known:
            if len(known) > 2000:
                known.clear()
            known[key] = summary(message)
        return known[key]

    return summarise


def open_transport(config: Config, logins: Logins) -> Transport:
    """The folder or the server that mail leaves by. Raises ConfigError when a password or secret is missing."""
    if config.sending.folder is not None:
        return FolderTransport(config.sending.folder)
    server = config.sending.smtp
    if server is None:
        raise AssertionError("the config knows a folder or a server")
    return SmtpTransport(server, logins.smtp(server), config.sending.per_minute)
