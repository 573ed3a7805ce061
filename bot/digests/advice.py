"""What the liaison can do about a message that waits for a word of theirs, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: By the guard that holds a message. Only what really works: the mailbox has every message as it came.
_HELD: Mapping[str, str] = MappingProxyType({
    "fraud": "Do not open its links or files. Delete it from the mailbox, or report it to campus IT. If it is real "
             "after all, forward it from the mailbox yourself.",
    "unauthenticated": "Do not open its links or files. If it might be real, ask the sender by telephone or in a new "
                       "mail; if they wrote it, forward it from the mailbox yourself.",
    "patron-data": "Nobody has seen it, and it should stay so. Ask the sender to post it again without the patron; "
                   "if staff must act on it, tell the one person it concerns.",
    "too-large": "Look at it in the mailbox, and forward what staff need.",
    "repeats-held": "Nobody has seen it. If what it repeats may be seen after all, forward both from the mailbox.",
    "rule": "Your own rule holds it. To let it go, change the rule in routing.yaml: held mail is judged again at once.",
})
_OTHER = "Look at it in the mailbox, and forward what staff need."
UNREADABLE = "Look at it in the mailbox; the bot keeps its bytes as they came. If it matters to staff, forward it."


def of_held(kind: str) -> str:
    """What to do about a message that a guard or a rule holds."""
    return _HELD.get(kind, _OTHER)


def of_unsure(has_guess: bool, was_sent: bool) -> str:
    """What to do about a message that the bot is not sure of."""
    learn = "add a word or a sender of it to the area in areas.yaml, and the next one finds its way"
    if was_sent:
        return f"If that is wrong, tell them; and {learn}."
    guess = "If the guess is right, " if has_guess else "If you know its area, "
    return f"It stands in your own digest. Forward it to whom it concerns. {guess}{learn}."


def to_see(number: int) -> str:
    """The command that shows everything about a message."""
    return f"liaison explain {number}" if number else ""
