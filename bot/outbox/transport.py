"""What every transport is: takes finished bytes for one recipient, says what became of them."""

from __future__ import annotations

from typing import Protocol

from bot.types import Delivery, Outcome


class Transport(Protocol):
    """Hands mails over. `send` never raises for what a server answered to one mail: that is its Outcome.

    It raises SendError when the server cannot be reached or refuses to talk at all (nothing was handed over), and
    SmtpLoginError when it refuses the credentials. One connection is kept and reused until `close`.
    """

    def send(self, delivery: Delivery) -> Outcome: ...

    def close(self) -> None: ...
