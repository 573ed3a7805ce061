"""The guards in the order in which they decide; read the list aloud. Pure: message and trust in, verdicts out.

Noise stands first: what is set aside reaches nobody, so nothing worse can be said of it. Of several guards that speak,
the first decides and all are told to the liaison. What is too large never comes here (the mailbox source knows).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from bot.inbox import patron
from bot.inbox.borrowers import LONGEST, Borrowers
from bot.inbox.fraud import fraud, held, unauthenticated
from bot.inbox.masking import mask_file
from bot.inbox.noise import administrivia, auto_reply, delivery_report, loop, own_mail, test_post
from bot.inbox.trust import Trust, authenticated
from bot.types import Message, Verdict

__all__ = ["GUARDS", "Guard", "Trust", "authenticated", "colleagues", "inspect", "patron_data", "told_by"]

Guard = Callable[[Message, Trust], Verdict | None]

_HIDDEN = re.compile(r"^its HTML hides (.{1,200})$")
_UNREAD = re.compile(r"^the attached file (.{1,130}?) (is (?:encrypted|damaged|too large|of a kind)[^.]{0,40})$")
_LAW = "the law keeps that from being passed on"


def patron_data(message: Message, borrowers: Borrowers) -> Verdict | None:
    """Names, numbers or library business of patrons, anywhere in the message, masked in the why."""
    told = next(_patron_data(message, borrowers), None)
    return held("patron-data", told) if told else None


def _patron_data(message: Message, borrowers: Borrowers) -> Iterator[str]:
    """What is found, as sentences: in the subject and the text, in attached messages and files, in hidden HTML."""
    for place, text in patron.places(message.subject, message.text, message.enclosed):
        found = patron.find(text) if text else None
        if found:
            if text is message.text and patron.find(message.new_text) is None:
                place = "its quoted or closing part"
            yield f"In {place} there is {found}; {_LAW}."
    yield from _persons(message, borrowers)
    for text in message.attached:
        name, _, inside = text.partition("\n")
        found = patron.find_in_table(inside) if patron.is_table(name) else _in_prose(inside, borrowers)
        if found:
            yield f"In the attached file {mask_file(name)} there is {found}; {_LAW}."
    for defect in message.defects:
        hidden, unread = _HIDDEN.match(defect), _UNREAD.match(defect)
        if hidden:
            yield f"Its HTML hides {hidden[1]}; {_LAW}."
        elif unread and patron.announced(f"{message.subject}\n{message.text}", unread[1]):
            yield f"The attached file {mask_file(unread[1])} {unread[2]}; the message announces data of patrons in it."


def _persons(message: Message, borrowers: Borrowers) -> Iterator[str]:
    """Persons whom subject and text together, or an attached message, tell of with their library business."""
    found = borrowers.first(told_by(message), colleagues(message), len(message.signature) + len(message.footer))
    if found:
        yield f"Its text speaks of {found}; {_LAW}."
    for text in message.enclosed:
        found = borrowers.first(patron.opened(text), frozenset())
        if found:
            yield f"An attached message speaks of {found}; {_LAW}."


def told_by(message: Message) -> str:
    """What a reader sees of a message: subject and text, as the model of borrowers is taught and asked."""
    return patron.opened(f"{message.subject}\n\n{message.text}"[:LONGEST])


def _in_prose(text: str, borrowers: Borrowers) -> str | None:
    return patron.find(text) or borrowers.first(patron.opened(text), frozenset())


def colleagues(message: Message) -> frozenset[str]:
    """The names of those who write and are written to, lower-cased: "Vale, Robin" is Robin Vale."""
    named = (message.sender, *message.reply_to, *message.to[:20], *message.cc[:20])
    signed = message.signature.strip().split("\n")[:2]
    names = [*(address.name for address in named if address is not None), *signed]
    turned = (" ".join(reversed(name.split(", "))) if name.count(", ") == 1 else name for name in names)
    return frozenset(name.strip(" ,").lower() for name in turned if name.strip())


GUARDS: tuple[Guard, ...] = (
    own_mail,
    loop,
    delivery_report,
    auto_reply,
    administrivia,
    test_post,
    unauthenticated,
    fraud,
)


def inspect(message: Message, trust: Trust, borrowers: Borrowers | None = None) -> tuple[Verdict, ...]:
    """The verdicts of all guards that speak, in their order; the first decides. Empty: the message may go on.

    Without the model of `borrowers` the guard of patron data goes by plain words and holds rather too much.
    """
    found = (*(guard(message, trust) for guard in GUARDS), patron_data(message, borrowers or Borrowers(None)))
    return tuple(verdict for verdict in found if verdict is not None)
