"""A test mail to the liaison and, where the bot reads an address of its own (`answers`), back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP
from email.utils import format_datetime, parsedate_to_datetime

from bot.config import Config, Mailbox
from bot.doctor.servers import open_client
from bot.doctor.steps import Doubt, Step
from bot.errors import SendError
from bot.login import Credential, imap_login, tls_context
from bot.outbox.transport import Transport
from bot.types import Delivery

_ODD = timedelta(minutes=2)


@dataclass(kw_only=True, slots=True)
class Letter:
    """One test mail on its way. `wait` is how many seconds it may take to come back."""

    config: Config
    transport: Transport
    liaison: str
    credential: Callable[[Mailbox], Credential]
    clock: Callable[[], datetime]
    wait: float = 60
    message_id: str = ""

    def course(self) -> list[Step]:
        """Out, and back."""
        back = [box for box in self.config.mailboxes if box.imap] if self.config.sending.answers else []
        steps = [Step(name="out", work=self._out, seconds=150)]
        return [*steps, Step(name="back", work=lambda: self._back(back[0]), seconds=self.wait + 60)] if back else steps

    def _out(self) -> str:
        answers = self.config.sending.answers
        for recipient in dict.fromkeys((self.liaison, *([answers] if answers else []))):
            outcome = self.transport.send(self._delivery(recipient))
            if outcome.state != "sent":
                raise SendError(f"The mail to {recipient} was not taken ({outcome.reply}).",
                                "The answer names the reason; the mail server's operator knows more.")
        more = "" if answers else " Look whether it arrives; with `answers` in config.yaml the bot could see it itself."
        return f"A test mail to {self.liaison} was taken by the server.{more}"

    def _delivery(self, recipient: str) -> Delivery:
        sender, now = self.config.sending.sender, self.clock()
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"] = f"{sender.name} <{sender.address}>", recipient
        mail["Subject"] = "Test mail of liaison doctor: nothing to do"
        self.message_id = self.message_id or f"<doctor.{uuid.uuid4().hex}@{sender.address.rpartition('@')[2]}>"
        mail["Message-ID"], mail["Date"] = self.message_id, format_datetime(now)
        mail["Auto-Submitted"], mail["List-Id"] = "auto-generated", f"<{sender.list_identifier}>"
        mail.set_content("Somebody tried whether the bot can send, with liaison doctor --mail. It asks nothing.\n")
        return Delivery(id=0, reader="", slot="doctor", kind="notice", recipient=recipient, attempts=1, created_at=now,
                        envelope_sender=sender.bounces, message_id=self.message_id, raw=mail.as_bytes())

    def _back(self, mailbox: Mailbox) -> str:
        """Wait for it in the mailbox, and compare the clocks."""
        server, begun = mailbox.imap, time.monotonic()
        if server is None:
            raise AssertionError("only mailboxes on a server are asked")
        with open_client(server) as client:
            if server.security == "starttls":
                client.starttls(tls_context(server))
            imap_login(client, server, self.credential(mailbox))
            while time.monotonic() - begun < self.wait:
                for folder in mailbox.folders:
                    client.select_folder(folder, readonly=True)
                    if found := client.search(["HEADER", "Message-ID", self.message_id]):
                        header = client.fetch(found[-1:], ["BODY.PEEK[HEADER]"])[found[-1]][b"BODY[HEADER]"]
                        return _clocks(header, time.monotonic() - begun)
                time.sleep(1)
        raise Doubt(f"It did not come back to {self.config.sending.answers} within {self.wait:g} seconds.",
                    "See that mail to this address comes into a folder that the bot reads, and look into junk mail.")


def _clocks(header: bytes, seconds: float) -> str:
    read = BytesHeaderParser().parsebytes(header)
    said = f"It came back after {seconds:.0f} seconds."
    try:
        stamped = parsedate_to_datetime(str(read.get_all("Received", [""])[-1]).rpartition(";")[2].strip())
        apart = abs(stamped - parsedate_to_datetime(str(read["Date"])))
    except (ValueError, TypeError):
        return said
    if apart > _ODD:
        raise Doubt(f"{said} This machine's clock and the mail server's are {apart} apart.",
                    "See that a time server keeps this machine's clock (timedatectl shows it).")
    return f"{said} This machine's clock agrees with the mail server's."
