"""An IMAP server that does on command what real ones do only sometimes. It knows no more than the bot asks of it.

    with ScriptedImap(messages=3) as server:        # listens on server.port; any user may sign in
        server.refuse["EXAMINE"] = ["NO [THROTTLED] slow down"]
"""

from __future__ import annotations

import re
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from types import TracebackType

_COMMAND = re.compile(rb"(\S+) (UID FETCH|FETCH|[A-Z]+)(?: (.*))?\r\n", re.IGNORECASE)


class ScriptedImap:
    """One folder with messages of UIDs 1 to `messages`, less those in `gone`. Set the fields at any time.

    `refuse` holds tagged answers per command, used up one by one; "BYE …" says goodbye and ends the connection.
    `poison` is a UID whose body ends the connection. `goodbye_after` ends each connection after so many commands.
    `most` connections are taken at once. `idle` says whether it knows IDLE; `nudges` makes it say EXISTS on every
    NOOP though nothing came. `quota` is what is used and what may be, in kilobytes.
    `commands` counts what was asked, `longest` is the longest line that it sent.
    """

    def __init__(self, messages: int = 3) -> None:
        self.messages, self.gone = messages, set[int]()
        self.uid_validity = 7
        self.refuse: dict[str, list[str]] = {}
        self.poison, self.goodbye_after, self.most = 0, 0, 0
        self.idle, self.nudges = True, False
        self.quota: tuple[int, int] | None = None
        self.commands: Counter[str] = Counter()
        self.longest = self.connections = self.open = 0
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.script = self
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> ScriptedImap:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def uids(self) -> Sequence[int]:
        """What the folder holds."""
        if not self.gone:
            return range(1, self.messages + 1)  # quick to look into, however large
        return [uid for uid in range(1, self.messages + 1) if uid not in self.gone]


def body(uid: int) -> bytes:
    """The message with a UID."""
    return f"Subject: post {uid}\r\nMessage-ID: <{uid}@example.org>\r\n\r\nHello.\r\n".encode()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True
    script: ScriptedImap


class _Gone(Exception):  # noqa: N818
    """The connection ends here."""


class _Session(socketserver.StreamRequestHandler):
    """One connection."""

    server: _Server

    def handle(self) -> None:
        """Greet, and answer until the end."""
        script = self.server.script
        script.connections += 1
        script.open += 1
        try:
            if script.most and script.open > script.most:
                self._say("* BYE Too many simultaneous connections.")
                return
            self._say("* OK ready")
            done = 0
            while (line := self.rfile.readline()) and (found := _COMMAND.fullmatch(line)):
                done += 1
                if script.goodbye_after and done > script.goodbye_after:
                    self._say("* BYE Autologout; six minutes are over")
                    return
                self._answer(found[1].decode(), found[2].decode().upper(), (found[3] or b"").decode())
        except (_Gone, OSError):
            pass
        finally:
            script.open -= 1

    def _say(self, line: str | bytes) -> None:
        raw = line if isinstance(line, bytes) else line.encode()
        self.server.script.longest = max(self.server.script.longest, len(raw))
        self.wfile.write(raw + b"\r\n")

    def _answer(self, tag: str, command: str, rest: str) -> None:
        script = self.server.script
        script.commands[command] += 1
        scripted = script.refuse.get(command)
        if scripted:
            answer = scripted.pop(0)
            if answer.startswith("BYE"):
                self._say(f"* {answer}")
                raise _Gone
            self._say(f"{tag} {answer}")
            return
        for line in self._lines(command, rest):
            self._say(line)
        self._say(f"{tag} OK done")
        if command == "LOGOUT":
            raise _Gone

    def _lines(self, command: str, rest: str) -> Iterator[str | bytes]:
        script, uids = self.server.script, self.server.script.uids()
        if command == "CAPABILITY":
            yield "* CAPABILITY IMAP4rev1" + (" IDLE" if script.idle else "") + (" QUOTA" if script.quota else "")
        elif command == "GETQUOTAROOT" and script.quota:
            yield '* QUOTAROOT INBOX ""'
            yield f'* QUOTA "" (STORAGE {script.quota[0]} {script.quota[1]})'
        elif command in ("EXAMINE", "SELECT"):
            yield f"* {len(uids)} EXISTS"
            yield f"* OK [UIDVALIDITY {script.uid_validity}] ok"
            yield f"* OK [UIDNEXT {script.messages + 1}] ok"
        elif command == "NOOP" and script.nudges:
            yield f"* {len(uids)} EXISTS"
        elif command == "LIST":
            yield '* LIST () "/" INBOX'
        elif command == "LOGOUT":
            yield "* BYE goodbye"
        elif command in ("FETCH", "UID FETCH"):
            yield from self._fetched(command, rest, uids)

    def _fetched(self, command: str, rest: str, uids: Sequence[int]) -> Iterator[str | bytes]:
        numbers = list(_numbers(rest.split()[0]))
        for number in numbers:
            at = uids.index(number) if command == "UID FETCH" and number in uids else number - 1
            if not 0 <= at < len(uids) or (command == "UID FETCH" and number not in uids):
                continue
            uid = uids[at]
            if "BODY" not in rest:
                yield f"* {at + 1} FETCH (UID {uid} RFC822.SIZE {len(body(uid))})"
            elif uid == self.server.script.poison:
                raise _Gone
            else:
                yield f"* {at + 1} FETCH (UID {uid} BODY[] {{{len(body(uid))}}}\r\n".encode() + body(uid) + b")"


def _numbers(said: str) -> Iterator[int]:
    for part in said.split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)
