"""Answers to mails that the bot sent at once: told by the Message-ID they name and the address they come from.

An answer that came through a list is list mail, too, and goes its way; any other is set aside as a reply to the bot.
What a machine answers never counts (the guards for noise speak before).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from bot.store.alerts import Sent
from bot.types import Disposition, Message, Verdict

#: How the Message-IDs of mails sent at once begin; nothing else is looked up.
_OURS = "<urgent."
_MOST = 50


class Lookup(Protocol):
    """What the store is asked."""

    def our_mail(self, names: Collection[str], address: str) -> Sent | None: ...


def answered_mail(message: Message, intake: Lookup) -> Sent | None:
    """The mail of ours that this answers, when it comes from the reader who got that mail."""
    named = dict.fromkeys((*message.in_reply_to, *reversed(message.references)))
    ours = [name for name in named if name.startswith(_OURS)][:_MOST]
    return intake.our_mail(ours, message.sender.address) if ours and message.sender else None


def reply(message: Message, intake: Lookup) -> Verdict | None:
    """The word that sets an answer aside; None for any other mail, and for what came through a list."""
    mail = None if message.lists else answered_mail(message, intake)
    if mail is None:
        return None
    about = f"message {mail.messages[0]}" if len(mail.messages) == 1 else f"{len(mail.messages)} messages"
    return Verdict(disposition=Disposition.SET_ASIDE, kind="reply",
                   why=f"{mail.reader} answers the mail that was sent at once about {about}.")
