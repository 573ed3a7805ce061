"""A message that cannot be laid out keeps back no other: it is left out of the mail, and the liaison is told.

What is bad in a message should have been seen when it came in. Where it was not, this is the second net: the message
waits, and every other one goes its way.
"""

from __future__ import annotations

import logging
from datetime import datetime

from bot.store.store import Store

log = logging.getLogger(__name__)

#: What a message may make compose and render raise. Not among them: the store's errors, which concern all messages.
UNFIT = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, AssertionError,
         MemoryError)


def tell_unfit(store: Store, message: int, wrong: Exception, now: datetime) -> None:
    """Note that a message stands in no mail. Of the error only its kind is told: its words may be the message's."""
    log.error("unfit message=%d error=%s", message, type(wrong).__name__)
    store.health.fault(
        f"unfit:{message}", f"Message {message} cannot be laid out ({type(wrong).__name__}), so it stands in no mail.",
        f"See what it says: liaison explain {message}; and pass on what matters of it yourself.", now)
