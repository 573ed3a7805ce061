"""A bad network between the bot and its mailbox: every step ends in time, leaves nothing behind, and goes on later."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from bot.errors import LoginError, MailboxError
from bot.inbox.imap import ImapSource
from bot.patience import WAITS
from tests.faults import FaultProxy
from tests.servers import MailServers, until
from tests.unit.test_imap import Reader, read, uids

LIMIT = 0.4
#: What one operation may take: the limit of the whole, one last look, and what a busy machine adds.
MOST = (WAITS + 1) * LIMIT + 2.5


@pytest.fixture
def reader(mail_servers: MailServers, user: str) -> Iterator[Reader]:
    """A user with three posts."""
    reader = Reader(mail_servers, user)
    reader.append(1, 2, 3)
    yield reader
    reader.close()


@pytest.fixture(params=["clear", "tls"])
def proxy(request: pytest.FixtureRequest, mail_servers: MailServers) -> Iterator[FaultProxy]:
    """A proxy before the IMAP server, in clear text or over TLS."""
    with FaultProxy(mail_servers.imap_port if request.param == "tls" else mail_servers.imap_plain_port) as proxy:
        yield proxy


def behind(reader: Reader, proxy: FaultProxy, **settings: Any) -> ImapSource:
    """A source through the proxy, in the way of the port behind it."""
    security = "tls" if proxy.target == reader.servers.imap_port else "none"
    return reader.source(port=proxy.port, security=security, timeout_seconds=LIMIT, **settings)


def held() -> tuple[int, int]:
    """How many sockets and threads this process has."""
    return psutil.Process().num_fds(), threading.active_count()


@contextmanager
def nothing_left() -> Iterator[None]:
    """Whatever goes wrong inside, no socket and no thread stays."""
    before = held()
    yield
    until(lambda: held() <= before, 10, f"the end of what was opened: {before} became {held()}")


def fails_in_time(source: ImapSource, wait: float = 0) -> MailboxError:
    """Reading, or waiting, ends in an error within the limit."""
    began = time.monotonic()
    with pytest.raises(MailboxError) as caught:
        if wait:
            source.wait(wait, lambda: False)
        else:
            read(source)
    assert time.monotonic() - began < MOST + wait
    assert caught.value.mend and caught.value.temporary and not isinstance(caught.value, LoginError)
    return caught.value


def catches_up(reader: Reader, proxy: FaultProxy, source: ImapSource) -> None:
    """The network is well again, and so is the source, by itself."""
    proxy.end()
    assert uids(read(source)[0]) == [1, 2, 3]


@pytest.mark.parametrize("trouble", ["refuse", "blackhole", "trickle", "delay", "garble"])
def test_while_connecting(reader: Reader, proxy: FaultProxy, trouble: str) -> None:
    source = behind(reader, proxy)
    setattr(proxy, trouble, {"trickle": 0.2, "delay": LIMIT * 2}.get(trouble, True))
    with nothing_left():
        for _ in range(2):
            fails_in_time(source)
        proxy.end()
    catches_up(reader, proxy, source)


@pytest.mark.parametrize(("step", "trouble"), [
    *((step, trouble) for step in (b"LOGIN", b"EXAMINE", b"RFC822.SIZE", b"BODY.PEEK")
      for trouble in ("reset", "blackhole")),
    (b"LOGIN", "trickle"), (b"BODY.PEEK", "trickle"),
])
def test_in_the_middle(mail_servers: MailServers, reader: Reader, step: bytes, trouble: str) -> None:
    with FaultProxy(mail_servers.imap_plain_port) as proxy:
        source = behind(reader, proxy)
        proxy.trouble_on = (step, trouble)
        with nothing_left():
            fails_in_time(source)
            proxy.end()
        catches_up(reader, proxy, source)


@pytest.mark.parametrize("trouble", ["reset", "blackhole", "trickle"])
def test_while_idling(mail_servers: MailServers, reader: Reader, trouble: str) -> None:
    with FaultProxy(mail_servers.imap_plain_port) as proxy:
        source = behind(reader, proxy)
        with nothing_left():
            read(source)
            source.wait(0.1, lambda: False)
            proxy.trouble_on = (b"DONE" if trouble != "reset" else b"IDLE", trouble)
            fails_in_time(source, 0.3)
            proxy.end()
        catches_up(reader, proxy, source)


@pytest.mark.parametrize("cut", [60, 400, 700, 1_000, 1_300])
def test_cut_in_the_middle_of_a_literal(mail_servers: MailServers, reader: Reader, cut: int) -> None:
    reader.servers.append(reader.user, b"Subject: long\r\n\r\n" + b"x" * 70 + b"\r\n" * 600)
    with FaultProxy(mail_servers.imap_plain_port) as proxy:
        source = behind(reader, proxy)
        source._examine()
        proxy.cut_down = cut
        with nothing_left():
            fails_in_time(source)
            proxy.end()
        assert uids(read(source)[0]) == [1, 2, 3, 4]


def test_a_line_that_is_slow_and_steady_is_waited_for(mail_servers: MailServers, reader: Reader) -> None:
    """Not slowness ends an operation, but an answer that never comes to an end."""
    reader.servers.append(reader.user, b"Subject: long\r\n\r\n" + b"x" * 30_000)
    with FaultProxy(mail_servers.imap_plain_port) as proxy:
        source = behind(reader, proxy)
        source._examine()
        proxy.trickle, proxy.drip = 0.1, 1_000
        began = time.monotonic()
        assert uids(read(source)[0]) == [1, 2, 3, 4]
        assert time.monotonic() - began > WAITS * LIMIT
