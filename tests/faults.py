"""Servers that misbehave on command: a loopback proxy that breaks connections, an SMTP server with a list of replies.

    with FaultProxy(port) as proxy:      # listens on proxy.port
        proxy.blackhole = True           # open connections stay open, nothing passes any more
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import ssl
import struct
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.servers import free_ports


class FaultProxy:
    """A TCP proxy on 127.0.0.1 in front of a port of the loopback. Set its fields at any time.

    `refuse` resets new connections at once; `blackhole` swallows everything in both directions; `delay` waits so many
    seconds before each chunk; `cut_down` (`cut_up`) resets the connection after so many more bytes from (to) the
    server, once; `cut_on` resets every connection in which the client sends these bytes. `trickle` waits so many
    seconds after every `drip` bytes from the server, `garble` turns all that it says into noise. `trouble_on` names
    bytes and a trouble ("reset", "blackhole", "trickle"): it begins when the client sends these bytes. `down` and `up`
    count bytes, `chunks` how often the client spoke, `connections` how often it came.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.refuse = self.blackhole = False
        self.delay = 0.0
        self.cut_down: int | None = None
        self.cut_up: int | None = None
        self.cut_on: bytes | None = None
        self.trickle, self.drip = 0.0, 1
        self.garble = False
        self.trouble_on: tuple[bytes, str] | None = None
        self.up = self.down = self.chunks = self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> FaultProxy:
        self._spawn(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _spawn(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            if not select.select([self._listener], [], [], 0.05)[0]:
                continue
            client = self._listener.accept()[0]
            self.connections += 1
            if self.refuse:
                _reset(client)
            else:
                self._spawn(self._carry, client)

    def _carry(self, client: socket.socket) -> None:
        lost = contextlib.suppress(OSError)
        with lost, client, socket.create_connection(("127.0.0.1", self.target), 10) as server:
            while not self._ended.is_set() and self._carry_once(client, server):
                pass

    def _carry_once(self, client: socket.socket, server: socket.socket) -> bool:
        for source in select.select([client, server], [], [], 0.05)[0]:
            data = source.recv(65536)
            upward = source is client
            if upward and self.trouble_on is not None and self.trouble_on[0] in data:
                self.begin(self.trouble_on[1])
            if not data:
                return False
            if not self.blackhole and not self._pass_on(data, client, server, upward):
                return False
        return True

    def begin(self, trouble: str) -> None:
        """A trouble begins, for this connection and all that follow."""
        if trouble == "reset":
            self.cut_down = 0
            self.refuse = True
        else:
            setattr(self, trouble, 0.2 if trouble == "trickle" else True)

    def end(self) -> None:
        """All is well again."""
        self.refuse = self.blackhole = self.garble = False
        self.delay = self.trickle = 0.0
        self.cut_down = self.cut_up = self.cut_on = self.trouble_on = None

    def _drip(self, data: bytes, client: socket.socket) -> None:
        """To the client, by drops as long as the trouble lasts."""
        while data and self.trickle and not self._ended.is_set():
            client.sendall(data[:self.drip])
            data = data[self.drip:]
            time.sleep(self.trickle)
        client.sendall(data)

    def _pass_on(self, data: bytes, client: socket.socket, server: socket.socket, upward: bool) -> bool:
        time.sleep(self.delay)
        passed = self._allowed(data, upward)
        self._count(passed, upward)
        if self.garble and not upward:
            passed = bytes(byte ^ 0x5A for byte in passed)
        if self.trickle and not upward:
            self._drip(passed, client)
        else:
            (server if upward else client).sendall(passed)
        if len(passed) < len(data) or (upward and self.cut_on is not None and self.cut_on in data):
            _reset(client)
            return False
        return True

    def _count(self, data: bytes, upward: bool) -> None:
        self.up += len(data) if upward else 0
        self.down += 0 if upward else len(data)
        self.chunks += upward

    def _allowed(self, data: bytes, upward: bool) -> bytes:
        name = "cut_up" if upward else "cut_down"
        left: int | None = getattr(self, name)
        if left is None:
            return data
        setattr(self, name, None if left < len(data) else left - len(data))
        return data[:left]


def _reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


# ── SMTP with a list of replies ───────────────────────────────────────────────────────────────────────────────────


@dataclass
class Script:
    """What a server shall answer, per command ("EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "DOT", "RSET",
    "QUIT"): used up one by one, then it behaves. A reply is a line such as "451 4.3.0 later", or "drop" (the line is
    cut), or "hang" (no answer)."""

    replies: dict[str, list[str]] = field(default_factory=dict)

    def take(self, command: str) -> str | None:
        """The next reply for a command, if one is left."""
        left = self.replies.get(command)
        return left.pop(0) if left else None


class ScriptedHandler:
    """Keeps what it accepted in `messages` (envelope sender, recipients, content) and asks the script first."""

    def __init__(self) -> None:
        self.script = Script()
        self.messages: list[tuple[str | None, list[str], bytes]] = []
        self.options: list[list[str]] = []
        self.sessions: set[int] = set()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message, then answer as told."""
        reply = self.script.take("DOT")
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        if reply is None or not reply.startswith(("4", "5")):
            self.messages.append((envelope.mail_from, list(envelope.rcpt_tos), content))
        self.options.append(list(envelope.mail_options))
        self.sessions.add(id(session))
        return reply or "250 2.0.0 taken"


class ScriptedSMTP(SMTP):
    """aiosmtpd, but the script is asked before each command."""

    async def _scripted(self, command: str) -> bool:
        reply = self.event_handler.script.take(command)
        if reply is None:
            return False
        await self.push(reply)
        return True

    async def push(self, status: str | bytes) -> None:
        """Send a reply, or cut the line, or say nothing."""
        text = status.decode() if isinstance(status, bytes) else status
        if text == "drop" and isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
        elif text not in ("drop", "hang"):
            await super().push(text)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        """EHLO."""
        if not await self._scripted("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        """STARTTLS."""
        if not await self._scripted("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        """AUTH."""
        if not await self._scripted("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802
        """RSET."""
        if not await self._scripted("RSET"):
            await super().smtp_RSET(arg)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        """QUIT."""
        if not await self._scripted("QUIT"):
            await super().smtp_QUIT(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """MAIL FROM."""
        if not await self._scripted("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """RCPT TO."""
        if not await self._scripted("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """DATA."""
        if not await self._scripted("DATA"):
            await super().smtp_DATA(arg)


class ScriptedServer(Controller):
    """The scripted server on a free port of 127.0.0.1. `sign_in` asks for a user and a password over plain text."""

    def __init__(self, sign_in: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.sign_in = sign_in
        self.tls = tls
        self.scripted = ScriptedHandler()
        super().__init__(self.scripted, hostname="127.0.0.1", port=free_ports(1)[0], ready_timeout=20)

    def factory(self) -> ScriptedSMTP:
        """One per connection."""
        with warnings.catch_warnings():
            # aiosmtpd dislikes passwords in clear text; this server hears none but invented ones.
            warnings.simplefilter("ignore", UserWarning)
            return ScriptedSMTP(
                self.scripted, hostname="mx.example.net", ident="scripted", enable_SMTPUTF8=True,
                data_size_limit=500_000, tls_context=self.tls, authenticator=self._check,
                auth_required=self.sign_in is not None, auth_require_tls=False,
            )

    def _check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        given = (getattr(data, "login", b"").decode(), getattr(data, "password", b"").decode())
        return AuthResult(success=given == self.sign_in, handled=False)


@contextlib.contextmanager
def scripted_server(sign_in: tuple[str, str] | None = None,
                    tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    """A running scripted server."""
    server = ScriptedServer(sign_in, tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()
