"""How long an answer may take as a whole: sockets that do not wait for ever on a server that says one byte a second.

A socket's own time limit begins anew with each byte that comes. Here the time spent waiting is added up over a whole
operation: it may last `WAITS` time limits, and longer only as far as the answer comes at `SLOWEST` bytes a second.
Time in which nobody waits for the server (IDLE, a pause between two mails) does not count.

A host's name is looked up in a thread of its own: the system's getaddrinfo knows no limit, and cannot be called back.
Whoever waited for it long enough goes on; the thread is left to end when the system gives up. While it has not, whoever
asks for the same name waits for that same thread, so that there is one for each name and no more.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

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


class NameTimeoutError(TimeoutError):
    """DNS did not say in time where a host is."""


class _Lookup(threading.Thread):
    """One question to the system's resolver."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(name=f"lookup-{host}", daemon=True)
        self._asked = (host, port)
        self.found: list[Any] = []
        self.wrong: Exception | None = None

    def run(self) -> None:
        """Ask, for as long as it takes."""
        try:
            self.found = socket.getaddrinfo(*self._asked, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as wrong:
            self.wrong = wrong
        finally:
            with _asking:
                _lookups.pop(self._asked, None)


_asking = threading.Lock()
_lookups: dict[tuple[str, int], _Lookup] = {}


def addresses(host: str, port: int, limit: float | None) -> list[Any]:
    """What getaddrinfo says of a host, within `limit` seconds. Raises OSError, NameTimeoutError when it took
    longer, and ValueError for what is no name."""
    with _asking:
        lookup = _lookups.get((host, port))
        if lookup is None:
            lookup = _lookups[host, port] = _Lookup(host, port)
            lookup.start()
    lookup.join(limit)
    if lookup.is_alive():
        raise NameTimeoutError(f"no answer about {host}")
    if lookup.wrong is not None:
        raise lookup.wrong
    return lookup.found


def connect(host: str, port: int, limit: float | None, most: float | None = None) -> PatientSocket:
    """A connection in clear text. The name is looked up within `limit` seconds, each address of the host has as long,
    and all together `most` (else `WAITS` limits). Raises OSError."""
    end = time.monotonic() + (most or WAITS * limit) if limit else None
    wrong: OSError = OSError("the name leads to no address")
    for family, kind, number, _, address in addresses(host, port, limit):
        left = end and end - time.monotonic()
        if left is not None and left <= 0:
            break
        sock = PatientSocket(family, kind, number)
        try:
            sock.settimeout(limit if left is None or limit is None else min(limit, left))
            sock.connect(address)
            sock.settimeout(limit)
            return sock
        except OSError as error:
            sock.close()
            wrong = error
    raise wrong


def begin(sock: object) -> None:
    """A new operation begins on a socket, if it counts."""
    if isinstance(sock, (PatientSocket, PatientTls)):
        sock.begin(sock.gettimeout())
