"""ImapSource where IMAP is unlike the other sources: UIDs, IDLE, sign-in, TLS, broken lines, poison."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.config import ImapServer, Mailbox, Secret
from bot.errors import ConfigError, LoginError, MailboxError
from bot.inbox.imap import ImapSource
from bot.login import password, scrub
from bot.types import Batch, Position
from tests.faults import FaultProxy
from tests.servers import MailServers, until

NOW = datetime.now(UTC)


def post(number: int, padding: int = 0) -> bytes:
    """A small post."""
    return f"Subject: post {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\nHello.\r\n".encode() + b"x" * padding


class Reader:
    """A user's mailbox, and sources of it that are closed at the end."""

    def __init__(self, servers: MailServers, user: str) -> None:
        self.servers, self.user = servers, user
        self._sources: list[ImapSource] = []

    def source(self, folder: str = "INBOX", secret: str | None = None, **settings: object) -> ImapSource:
        """A source; settings of the mailbox and of its server, by name."""
        of_server = {name: settings.pop(name) for name in list(settings) if name in ImapServer.model_fields}
        server = {
            "host": self.servers.host, "port": self.servers.imap_port, "user": self.user,
            "ca_file": self.servers.ca_file, "timeout_seconds": 5,
        }
        mailbox = Mailbox.model_validate({"name": "lists", "imap": server | of_server} | settings)
        self._sources.append(ImapSource(mailbox, folder, secret or self.servers.password))
        return self._sources[-1]

    def behind(self, proxy: FaultProxy, **settings: Any) -> ImapSource:
        """A source that goes through a proxy, in clear text so that the proxy can read along."""
        return self.source(port=proxy.port, security="none", **settings)

    def append(self, *numbers: int, folder: str = "INBOX") -> None:
        """Deliver posts."""
        for number in numbers:
            self.servers.append(self.user, post(number), folder)

    def close(self) -> None:
        """Close all sources."""
        for source in self._sources:
            source.close()


@pytest.fixture
def reader(mail_servers: MailServers, user: str) -> Iterator[Reader]:
    """A user with an empty mailbox."""
    reader = Reader(mail_servers, user)
    yield reader
    reader.close()


@pytest.fixture
def proxy(mail_servers: MailServers) -> Iterator[FaultProxy]:
    """A proxy in front of the unencrypted IMAP port."""
    with FaultProxy(mail_servers.imap_plain_port) as proxy:
        yield proxy


def read(source: ImapSource, after: Position | None = None) -> tuple[list[Batch], Position | None]:
    """All batches and the position then."""
    batches = list(source.batches(after, NOW))
    return batches, batches[-1].position if batches else after


def uids(batches: list[Batch]) -> list[int]:
    """The UIDs of all arrivals."""
    return [arrival.uid for batch in batches for arrival in batch.arrivals]


# ── UIDs ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_uidvalidity_is_a_first_start_and_is_logged(reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    reader.append(1, 2, folder="Lists")
    source = reader.source("Lists")
    _, after = read(source)
    source.close()
    with reader.servers.client(reader.user) as client:
        client.delete_folder("Lists")
    time.sleep(1.1)
    reader.append(3, folder="Lists")
    batches, renewed = read(source, after)
    assert uids(batches) == [1]
    assert after and renewed and after.uid_validity != renewed.uid_validity
    assert "uidvalidity-changed account=lists folder=Lists" in caplog.text


def test_removed_messages_move_the_position(reader: Reader) -> None:
    reader.append(1)
    source = reader.source()
    _, after = read(source)
    reader.append(2, 3)
    reader.servers.expunge(reader.user, [2, 3])
    batches, after = read(source, after)
    assert [batch.arrivals for batch in batches] == [()]
    assert after is not None and after.uid == 3


def test_a_message_removed_in_between_is_passed_over(reader: Reader) -> None:
    reader.append(1, 2, 3, 4)
    found = reader.source(batch=2).batches(None, NOW)
    first = next(found)
    reader.servers.expunge(reader.user, [3])
    rest = list(found)
    assert uids([first, *rest]) == [1, 2, 4]
    assert rest[-1].position.uid == 4


def test_gaps_between_uids_cost_nothing(reader: Reader) -> None:
    reader.append(1, 2, 3, 4, 5)
    reader.servers.expunge(reader.user, [2, 3, 4])
    batches, _ = read(reader.source())
    position = Position(account="lists", folder="INBOX", uid_validity=batches[0].position.uid_validity, uid=1)
    assert uids(read(reader.source(), position)[0]) == [5]


def test_news_during_a_fetch_is_not_missed(reader: Reader) -> None:
    reader.append(1, 2)
    source = reader.source(batch=1)
    found = source.batches(None, NOW)
    next(found)
    reader.append(3)
    after = list(found)[-1].position
    assert uids(read(source, after)[0]) == [3]


def test_more_messages_than_are_listed_at_once_come_in_order(reader: Reader) -> None:
    reader.servers.fill(reader.user, 1234, post(1))
    batches, _ = read(reader.source(batch=500))
    assert uids(batches) == list(range(1, 1235))
    assert [batch.remaining for batch in batches] == [734, 234, 0]


def test_a_quiet_poll_is_one_round_trip_of_constant_size(reader: Reader, proxy: FaultProxy) -> None:
    reader.servers.fill(reader.user, 300, post(1))
    source = reader.behind(proxy)
    _, after = read(source)
    read(source, after)
    chunks, down = proxy.chunks, proxy.down
    for _ in range(5):
        assert read(source, after)[0] == []
    assert proxy.chunks - chunks == 5
    assert proxy.down - down < 5 * 100


def test_flags_stay_as_they_are(reader: Reader) -> None:
    reader.append(1, 2)
    read(reader.source())
    assert reader.servers.flags(reader.user) == [set(), set()]


def test_folder_names_beyond_ascii(reader: Reader) -> None:
    reader.append(1, folder="Bücherei/日本")
    assert uids(read(reader.source("Bücherei/日本"))[0]) == [1]


def test_a_missing_folder_is_answered_with_those_that_exist(reader: Reader) -> None:
    reader.append(1, folder="I-Share lists")
    with pytest.raises(MailboxError) as caught:
        read(reader.source("I-Share list"))
    assert "Did you mean `I-Share lists`?" in caught.value.mend
    assert "INBOX" in caught.value.mend


# ── IDLE ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_idle_wakes_on_delivery(reader: Reader, security: str) -> None:
    port = reader.servers.imap_port if security == "tls" else reader.servers.imap_plain_port
    source = reader.source(port=port, security=security)
    _, after = read(source)
    read(source, after)
    timer = threading.Timer(0.7, reader.append, [1])
    timer.start()
    assert source.wait(30, lambda: False) is True
    timer.join()
    assert uids(read(source, after)[0]) == [1]


def test_what_came_just_before_idle_wakes_at_once(reader: Reader) -> None:
    source = reader.source()
    _, after = read(source)
    read(source, after)
    reader.append(1)
    began = time.monotonic()
    assert source.wait(30, lambda: False) is True
    assert time.monotonic() - began < 3


def test_without_idle_the_time_just_passes(reader: Reader) -> None:
    source = reader.source(idle=False)
    _, after = read(source)
    began = time.monotonic()
    assert source.wait(1.2, lambda: False) is False
    assert 1.1 < time.monotonic() - began < 2
    assert read(source, after)[0] == []


def test_a_connection_closed_during_idle_is_noticed(reader: Reader, proxy: FaultProxy) -> None:
    source = reader.behind(proxy)
    read(source)
    source.wait(0.1, lambda: False)
    proxy.cut_down = 30
    timer = threading.Timer(0.5, reader.append, [1])
    timer.start()
    with pytest.raises(MailboxError, match="closed the connection"):
        source.wait(20, lambda: False)
    timer.join()
    assert uids(read(source, None)[0]) == [1]


def test_a_line_that_died_during_idle_ends_within_the_time_limit(reader: Reader, proxy: FaultProxy) -> None:
    source = reader.behind(proxy, timeout_seconds=1)
    read(source)
    proxy.blackhole = True
    began = time.monotonic()
    with pytest.raises(MailboxError):
        source.wait(1, lambda: False)
    assert time.monotonic() - began < 4


# ── signing in, TLS, the network ──────────────────────────────────────────────────────────────────────────────────


def trouble(source: ImapSource) -> MailboxError:
    """What reading a source ends with."""
    with pytest.raises(MailboxError) as caught:
        read(source)
    assert caught.value.mend
    return caught.value


def test_a_wrong_password_is_refused_and_not_told(reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    error = trouble(reader.source(secret="battery staple"))
    assert isinstance(error, LoginError) and not error.temporary
    assert reader.user in error.what and "AUTHENTICATIONFAILED" in error.what
    assert "staple" not in f"{error!r} {error} {error.__cause__!r} {error.__context__!r} {caplog.text}"


@pytest.mark.parametrize("secret", ["naïve passwörd", 'with "quotes" and \\'])
def test_a_password_of_any_characters_is_tried(reader: Reader, secret: str) -> None:
    error = trouble(reader.source(secret=secret))
    assert isinstance(error, LoginError)
    assert secret not in repr(error)


def test_the_line_breaking_at_sign_in_is_no_refusal(reader: Reader, proxy: FaultProxy) -> None:
    proxy.cut_on = b"LOGIN"
    error = trouble(reader.behind(proxy))
    assert not isinstance(error, LoginError) and error.temporary


def test_an_untrusted_certificate_is_refused(reader: Reader) -> None:
    error = trouble(reader.source(ca_file=None))
    assert "not trusted" in error.what and "ca_file" in error.mend


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_for_another_host_is_refused(reader: Reader, security: str) -> None:
    port = reader.servers.imap_port if security == "tls" else reader.servers.imap_plain_port
    error = trouble(reader.source(host="127.0.0.1", port=port, security=security))
    assert "another host name" in error.what


def test_tls_on_the_wrong_port_is_told(reader: Reader) -> None:
    assert "TLS" in trouble(reader.source(port=reader.servers.imap_plain_port)).what


def test_an_unknown_host_and_a_closed_port_are_told_apart(reader: Reader) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "refuses connections" in trouble(reader.source(port=port)).what
    assert "DNS" in trouble(reader.source(host="mail.invalid")).what


def test_a_server_that_says_nothing_ends_within_the_time_limit(reader: Reader, proxy: FaultProxy) -> None:
    proxy.blackhole = True
    began = time.monotonic()
    assert "did not answer within 1 seconds" in trouble(reader.behind(proxy, timeout_seconds=1)).what
    assert time.monotonic() - began < 4


def test_a_line_that_dies_between_polls_ends_within_the_time_limit(reader: Reader, proxy: FaultProxy) -> None:
    source = reader.behind(proxy, timeout_seconds=1)
    _, after = read(source)
    proxy.blackhole = True
    began = time.monotonic()
    with pytest.raises(MailboxError):
        read(source, after)
    assert time.monotonic() - began < 4
    proxy.blackhole = False
    reader.append(1)
    assert uids(read(source, after)[0]) == [1]


def test_connections_are_reused_and_closed(reader: Reader, proxy: FaultProxy) -> None:
    source = reader.behind(proxy)
    after = None
    for number in range(3):
        reader.append(number)
        _, after = read(source, after)
    assert proxy.connections == 1
    source.close()
    until(lambda: sum(thread.is_alive() for thread in proxy._threads) == 1, what="the end of the connection")


# ── poison ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_that_breaks_its_fetch_is_handed_over_empty(reader: Reader, proxy: FaultProxy) -> None:
    reader.append(1, 2, 3)
    source = reader.behind(proxy)
    proxy.cut_on = b"FETCH 1,2,3 (BODY"
    for _ in range(2):
        with pytest.raises(MailboxError):
            read(source)
    proxy.cut_on = b"FETCH 2 (BODY"
    after, taken = None, []
    for _ in range(2):
        with pytest.raises(MailboxError):
            for batch in source.batches(after, NOW):
                taken.append(batch)
                after = batch.position
    batches, after = read(source, after)
    arrivals = [arrival for batch in [*taken, *batches] for arrival in batch.arrivals]
    assert [(arrival.uid, bool(arrival.raw)) for arrival in arrivals] == [(1, True), (2, False), (3, True)]
    assert after is not None and after.uid == 3


def test_a_broken_line_alone_poisons_nothing(reader: Reader, proxy: FaultProxy) -> None:
    reader.append(1, 2, 3)
    source = reader.behind(proxy)
    proxy.cut_down = 1500
    with pytest.raises(MailboxError):
        read(source)
    arrivals = [arrival for batch in read(source)[0] for arrival in batch.arrivals]
    assert [arrival.uid for arrival in arrivals] == [1, 2, 3] and all(arrival.raw for arrival in arrivals)


# ── the password's place ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_password_comes_from_three_places(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from file \n")
    (tmp_path / "secret").chmod(0o600)
    assert password(Secret(env="IMAP_PASSWORD"), {"IMAP_PASSWORD": "from env"}, None) == "from env"
    assert password(Secret(file=tmp_path / "secret"), {}, None) == "from file "
    assert password(Secret(credential="secret"), {}, tmp_path) == "from file "


def test_a_file_readable_by_all_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "secret").write_text("open-sesame")
    (tmp_path / "secret").chmod(0o644)
    password(Secret(file=tmp_path / "secret"), {}, None)
    assert "readable-by-all" in caplog.text and "sesame" not in caplog.text


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (Secret(env="NOT_SET"), "NOT_SET"),
        (Secret(env="EMPTY"), "empty"),
        (Secret(env="LINES"), "more than one line"),
        (Secret(file=Path("/nowhere/at/all")), "cannot be read"),
        (Secret(credential="imap"), "not started by systemd"),
    ],
)
def test_a_missing_password_is_told_with_its_mend(secret: Secret, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        password(secret, {"EMPTY": "", "LINES": "first\nsecond"}, None)
    assert said in caught.value.what and caught.value.mend
    assert "second" not in str(caught.value)


def test_scrubbed_text_is_one_line_without_the_secret() -> None:
    assert scrub("NO hunter2\r\n\x1b[31m is wrong " + "x" * 500, "hunter2").startswith("NO … ?[31m is wrong x")
    assert len(scrub("x" * 500, None)) == 300
