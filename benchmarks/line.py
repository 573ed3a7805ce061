"""A loopback line to a server that looks at what passes: commands are counted, news stamped."""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import threading
import time
from types import TracebackType

_COMMAND = re.compile(rb"^[A-Za-z0-9]+ [A-Za-z]", re.MULTILINE)
_NEWS = re.compile(rb"^\* \d+ EXISTS", re.MULTILINE)


class Line:
    """Passes everything on to a port of the loopback. `commands` are tagged commands: one each is a round trip.

    `news` are the moments (time.monotonic) at which an EXISTS was about to be handed to the client.
    """

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._server = socket.create_server(("127.0.0.1", 0))
        self._other: dict[socket.socket, tuple[socket.socket, bool]] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._server, selectors.EVENT_READ)
        self._open = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = int(self._server.getsockname()[1])
        self.commands = 0
        self.news: list[float] = []

    def __enter__(self) -> Line:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open = False
        self._thread.join(5)
        for sock in [self._server, *self._other]:
            sock.close()
        self._selector.close()

    def _run(self) -> None:
        while self._open:
            for key, _ in self._selector.select(0.5):
                sock = key.fileobj
                if sock is self._server:
                    self._accept()
                elif isinstance(sock, socket.socket) and sock in self._other:
                    self._pass_on(sock)

    def _accept(self) -> None:
        client, _ = self._server.accept()
        server = socket.create_connection(("127.0.0.1", self._upstream))
        for sock, other, from_client in ((client, server, True), (server, client, False)):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._other[sock] = (other, from_client)
            self._selector.register(sock, selectors.EVENT_READ)

    def _pass_on(self, sock: socket.socket) -> None:
        other, from_client = self._other[sock]
        try:
            data = sock.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            self._hang_up(sock, other)
            return
        if from_client:
            self.commands += len(_COMMAND.findall(data))
        elif _NEWS.search(data):
            self.news.append(time.monotonic())
        with contextlib.suppress(OSError):
            other.sendall(data)

    def _hang_up(self, *ends: socket.socket) -> None:
        for sock in ends:
            if self._other.pop(sock, None) is not None:
                self._selector.unregister(sock)
                sock.close()
