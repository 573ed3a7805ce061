"""Named places between a message's arrival and a reader's mailbox, where a test can end the process.

The product only says that it passes them. What happens then is `act`, which does nothing; no config and no environment
variable changes that, tests put something else there from within the process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

Point = Literal[
    "fetched",    # the bytes are here, nothing of them is stored
    "storing",    # in the transaction, before the position moves
    "stored",     # the transaction is done, nobody was told of it
    "composing",  # a mail is rendered, its row is not written
    "queued",     # its row is written
    "leased",     # the sender has it, nothing went over the line
    "data-sent",  # the server has all bytes, its answer is not read
    "accepted",   # the server said 250, that is not recorded
    "recorded",   # it is
    "migrating",  # in the transaction that changes the schema
    "reloading",  # an edit of the rules is kept as a version, not all that waits is judged by it
    "training",   # some files of a new model are written
]
POINTS: tuple[Point, ...] = get_args(Point)


def nothing(point: Point) -> None:
    """What happens at a point."""


act: Callable[[Point], None] = nothing


def passing(point: Point) -> None:
    """Say that a point is passed."""
    act(point)
