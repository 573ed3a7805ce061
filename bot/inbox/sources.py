"""Which source reads which kind of mailbox."""

from __future__ import annotations

from bot.config import Mailbox
from bot.inbox.imap import ImapSource
from bot.inbox.maildir import MaildirSource
from bot.inbox.mbox import MboxSource
from bot.inbox.source import Seen, Source
from bot.login import Credential


def open_source(mailbox: Mailbox, folder: str, credential: Credential, seen: Seen) -> Source:
    """The source for one folder of a mailbox. Nothing is connected or read yet."""
    if mailbox.imap is not None:
        return ImapSource(mailbox, folder, credential)
    if mailbox.maildir is not None:
        return MaildirSource(mailbox, folder, seen)
    return MboxSource(mailbox, folder)
