"""An IMAP client whose sockets do not wait for ever (`bot.patience`), from the greeting on."""

from __future__ import annotations

import socket

from imapclient import IMAPClient
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.tls import IMAP4_TLS, wrap_socket

from bot.patience import connect


class _Plain(IMAP4WithTimeout):  # type: ignore[misc]
    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return connect(self.host, self.port, timeout if timeout is not None else self._timeout)


class _Tls(IMAP4_TLS):  # type: ignore[misc]
    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        plain = connect(self.host, self.port, timeout if timeout is not None else self._timeout)
        try:
            wrapped: socket.socket = wrap_socket(plain, self.ssl_context, self.host)
            return wrapped
        except (OSError, ValueError):
            plain.close()
            raise


class PatientClient(IMAPClient):  # type: ignore[misc]
    """The client; over TLS it is the context that makes its sockets."""

    def _create_IMAP4(self) -> IMAP4WithTimeout | IMAP4_TLS:  # noqa: N802
        if self.ssl:
            return _Tls(self.host, self.port, self.ssl_context, self._timeout.connect)
        return _Plain(self.host, self.port, self._timeout.connect)
