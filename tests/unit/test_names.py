"""DNS that does not answer, and hosts of many addresses: whoever connects goes on within the time limit."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.config import ImapServer, Mailbox, SmtpServer
from bot.errors import LiaisonError, MailboxError, SendError, TokenError
from bot.inbox.imap import ImapSource
from bot.outbox.smtp import SmtpTransport
from bot.patience import WAITS, connect
from bot.tokens.line import Line
from tests.servers import until

LIMIT = 0.3
HOST = "mail.library.example.edu"
found = socket.getaddrinfo


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A resolver that answers nothing as long as the test lasts; the names that it was asked for."""
    ended, asked = threading.Event(), list[str]()

    def getaddrinfo(host: str, *more: Any, **named: Any) -> Any:
        if host != HOST:
            return found(host, *more, **named)
        asked.append(host)
        ended.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield asked
    ended.set()
    until(lambda: not lookups(), 5, "the end of the lookups")


def lookups() -> list[str]:
    """Threads that still wait for the resolver."""
    return [one.name for one in threading.enumerate() if one.name.startswith("lookup-")]


def imap(security: str) -> Callable[[], object]:
    server = ImapServer.model_validate({"host": HOST, "port": 1, "user": "liaison", "security": security,
                                        "timeout_seconds": LIMIT})
    return ImapSource(Mailbox(name="lists", imap=server), "INBOX", "secret").sign_in


def smtp(security: str) -> Callable[[], object]:
    server = SmtpServer.model_validate({"host": HOST, "port": 1, "security": security, "timeout_seconds": LIMIT})
    return SmtpTransport(server, None, 60_000).sign_in


def login() -> Callable[[], object]:
    return lambda: Line("The login server", LIMIT).get(f"https://{HOST}/token")


@pytest.mark.parametrize("way", [
    *(pytest.param((lambda s=s: imap(s)), id=f"imap-{s}") for s in ("none", "starttls", "tls")),
    *(pytest.param((lambda s=s: smtp(s)), id=f"smtp-{s}") for s in ("none", "starttls", "tls")),
    pytest.param(login, id="login"),
])
def test_a_resolver_that_does_not_answer_holds_nobody_up(silent: list[str],
                                                         way: Callable[[], Callable[[], object]]) -> None:
    work = way()
    for _ in range(3):
        began = time.monotonic()
        with pytest.raises(LiaisonError) as caught:
            work()
        assert time.monotonic() - began < LIMIT + 2
        assert isinstance(caught.value, (MailboxError, SendError, TokenError)) and caught.value.temporary
        assert "DNS" in caught.value.what and "campus IT" in caught.value.mend.replace("Campus", "campus")
    assert silent == [HOST]  # one question, however often the bot tries
    assert len(lookups()) == 1


def test_a_name_that_is_not_known_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(MailboxError, match="not known to DNS"):
        imap("tls")()


def test_a_host_of_many_addresses_that_swallow_all_takes_no_longer_than_an_answer_may(
        monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        queued = [socket.socket() for _ in range(4)]
        for one in queued:  # what is full of visitors answers no more of them
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        here = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [here] * 20)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            connect(HOST, port, LIMIT)
        assert LIMIT < time.monotonic() - began < WAITS * LIMIT + 1
        for one in queued:
            one.close()


def test_the_next_address_is_taken_where_the_first_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as open_, socket.create_server(("127.0.0.1", 0)) as closed:
        ports = [one.getsockname()[1] for one in (closed, open_)]
        closed.close()
        both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
        with connect(HOST, 1, LIMIT) as sock:
            assert sock.getpeername()[1] == ports[1]
            assert sock.gettimeout() == LIMIT
