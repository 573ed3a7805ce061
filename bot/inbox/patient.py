"""An IMAP client whose sockets do not wait for ever (`bot.patience`), from the greeting on."""

from __future__ import annotations

import socket

from imapclient import IMAPClient
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.tls import IMAP4_TLS

from bot.patience import connect


class _Plain(IMAP4WithTimeout):  # type: ignore[misc]
    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return connect(self.host, self.port, timeout if timeout is not None else self._timeout)


class PatientClient(IMAPClient):  # type: ignore[misc]
    """The client; over TLS it is the context that makes its sockets."""

    def _create_IMAP4(self) -> IMAP4WithTimeout | IMAP4_TLS:  # noqa: N802
        return super()._create_IMAP4() if self.ssl else _Plain(self.host, self.port, self._timeout.connect)
