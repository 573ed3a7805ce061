"""The guards in the order in which they decide; read the list aloud. Pure: message and trust in, verdicts out.

Noise stands first: what is set aside reaches nobody, so nothing worse can be said of it. Of several guards that speak,
the first decides and all are told to the liaison. What is too large never comes here (the mailbox source knows).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.inbox import patron
from bot.inbox.fraud import fraud, held, unauthenticated
from bot.inbox.noise import administrivia, auto_reply, delivery_report, loop, own_mail, test_post
from bot.inbox.trust import Trust, authenticated
from bot.types import Message, Verdict

__all__ = ["GUARDS", "Guard", "Trust", "authenticated", "inspect", "patron_data"]

Guard = Callable[[Message, Trust], Verdict | None]

_FILE = re.compile(r"^the attached file (.{1,130}?) holds (.{1,200})$")


def patron_data(message: Message, trust: Trust) -> Verdict | None:
    """Names, numbers or library business of patrons, anywhere in the message, masked in the why."""
    for place, text in patron.places(message.subject, message.text, message.enclosed):
        found = patron.find(text) if text else None
        if found:
            if text is message.text and patron.find(message.new_text) is None:
                place = "its quoted or closing part"
            return held("patron-data", f"In {place} there is {found}; the law keeps that from being passed on.")
    for defect in message.defects:
        file = _FILE.match(defect)
        if file:
            return held("patron-data", f"In the attached file {file[1]} there is {file[2]}; the law keeps that from "
                f"being passed on.")
    return None


GUARDS: tuple[Guard, ...] = (
    own_mail,
    loop,
    delivery_report,
    auto_reply,
    administrivia,
    test_post,
    unauthenticated,
    fraud,
    patron_data,
)


def inspect(message: Message, trust: Trust) -> tuple[Verdict, ...]:
    """The verdicts of all guards that speak, in their order; the first decides. Empty: the message may go on."""
    found = (guard(message, trust) for guard in GUARDS)
    return tuple(verdict for verdict in found if verdict is not None)
