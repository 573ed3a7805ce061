"""How long an answer may take as a whole: sockets that do not wait for ever on a server that says one byte a second.

A socket's own time limit begins anew with each byte that comes. Here the time spent waiting is added up over a whole
operation: it may last `WAITS` time limits, and longer only as far as the answer comes at `SLOWEST` bytes a second.
Time in which nobody waits for the server (IDLE, a pause between two mails) does not count.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: So many time limits for what is short, and so many bytes a second for what is long.
WAITS, SLOWEST = 3, 2_000


class _Patient:
    """What both kinds of sockets share: they count bytes, and the time spent waiting for them."""

    _waited = 0.0
    _got = 0
    _limit: float | None = None

    def begin(self, limit: float | None) -> None:
        """A new operation begins, with the time limit that is usual for one answer."""
        self._waited, self._got, self._limit = 0.0, 0, limit

    def _left(self, limit: float | None) -> None:
        limit = limit and (self._limit or limit)
        if limit and self._waited > WAITS * limit + self._got / SLOWEST:
            raise TimeoutError("the answer came too slowly")

    def _count(self, begun: float, got: int) -> int:
        self._waited += time.monotonic() - begun
        self._got += got
        return got


class PatientSocket(_Patient, socket.socket):
    """A socket in clear text."""

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        """As ever, within the time that an operation may take. Raises TimeoutError."""
        self._left(self.gettimeout())
        begun = time.monotonic()
        return self._count(begun, super().recv_into(buffer, nbytes, flags))


class PatientTls(_Patient, ssl.SSLSocket):
    """A socket over TLS; made by a context that names it (`sslsocket_class`)."""

    def recv_into(self, buffer: WriteableBuffer, nbytes: int | None = None, flags: int = 0) -> int:
        """As ever, within the time that an operation may take. Raises TimeoutError."""
        self._left(self.gettimeout())
        begun = time.monotonic()
        return self._count(begun, super().recv_into(buffer, nbytes, flags))


def connect(host: str, port: int, limit: float | None) -> PatientSocket:
    """A connection in clear text, made within `limit` seconds for each address of the host. Raises OSError."""
    plain = socket.create_connection((host, port), limit)
    patient = PatientSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    patient.settimeout(limit)
    return patient


def begin(sock: object) -> None:
    """A new operation begins on a socket, if it counts."""
    if isinstance(sock, (PatientSocket, PatientTls)):
        sock.begin(sock.gettimeout())
