"""What every transport promises, asked of SMTP on a real Postfix, on a scripted server, and of a folder alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from bot.config import SmtpServer
from bot.errors import SendError
from bot.outbox.folder import FolderTransport
from bot.outbox.smtp import SmtpTransport
from bot.outbox.transport import Transport
from bot.types import Delivery
from tests.faults import ScriptedServer
from tests.servers import MailServers, free_ports, until

BODY = "Good morning.\r\n.\r\n..two dots\r\nFrom here on\r\n" + "long " * 150 + "\r\nend\r\n"


def mail(number: int, recipient: str, body: str = BODY) -> Delivery:
    """A mail to one recipient."""
    message_id = f"<{number}.{recipient}>"
    head = f"From: digest@example.edu\r\nTo: {recipient}\r\nSubject: mail {number}\r\nMessage-ID: {message_id}\r\n"
    head += "Date: Mon, 02 Nov 2026 07:30:00 -0600\r\n"
    return Delivery(
        id=number, reader=recipient.partition("@")[0], slot=f"2026-11-{number:02}T07:30", kind="digest",
        recipient=recipient, envelope_sender="bounces@example.edu", message_id=message_id,
        raw=f"{head}\r\n{body}".encode(), attempts=0, created_at=datetime(2026, 11, number, 7, 30, tzinfo=UTC),
    )


class Way(Protocol):
    """A kind of transport, and how a test sees what it delivered."""

    recipient: str

    def transport(self) -> Transport: ...

    def dead(self) -> Transport: ...

    def delivered(self, count: int) -> list[bytes]: ...


class PostfixWay:
    """Through Postfix with STARTTLS and a password, into a Dovecot mailbox."""

    def __init__(self, servers: MailServers, user: str) -> None:
        self.servers, self.user = servers, user
        self.recipient = f"{user}@example.edu"

    def transport(self, port: int = 0) -> Transport:
        """A transport."""
        servers = self.servers
        server = SmtpServer(
            host=servers.host, port=port or servers.smtp_port, user=self.user, ca_file=servers.ca_file,
            timeout_seconds=10,
        )
        return SmtpTransport(server, servers.password, 60_000)

    def dead(self) -> Transport:
        """A transport to nobody."""
        return self.transport(free_ports(1)[0])

    def delivered(self, count: int) -> list[bytes]:
        """What arrived, without what the servers put above it."""
        until(lambda: len(self.servers.mailbox(self.user)) >= count, what="mail")
        return [b"From: digest" + raw.partition(b"\r\nFrom: digest")[2] for raw in self.servers.mailbox(self.user)]


class ScriptedWay:
    """To a scripted server, in clear text."""

    recipient = "dana@library.example.edu"

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server

    def transport(self, port: int = 0) -> Transport:
        """A transport."""
        server = SmtpServer(host="127.0.0.1", port=port or self.server.port, security="none", timeout_seconds=10)
        return SmtpTransport(server, None, 60_000)

    def dead(self) -> Transport:
        """A transport to nobody."""
        return self.transport(free_ports(1)[0])

    def delivered(self, count: int) -> list[bytes]:
        """What was accepted."""
        return [content for _sender, _recipients, content in self.server.scripted.messages]


class FolderWay:
    """Into a folder."""

    recipient = "dana@library.example.edu"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def transport(self) -> Transport:
        """A transport."""
        return FolderTransport(self.folder)

    def dead(self) -> Transport:
        """A transport into a folder that cannot be."""
        (self.folder.parent / "file").touch()
        return FolderTransport(self.folder.parent / "file" / "below")

    def delivered(self, count: int) -> list[bytes]:
        """What was written."""
        return [path.read_bytes() for path in sorted(self.folder.glob("*.eml"))]


@pytest.fixture(params=["postfix", "scripted", "folder"])
def way(request: pytest.FixtureRequest, tmp_path: Path, user: str) -> Way:
    """Each kind of transport."""
    if request.param == "postfix":
        return PostfixWay(request.getfixturevalue("mail_servers"), user)
    if request.param == "scripted":
        return ScriptedWay(request.getfixturevalue("scripted"))
    return FolderWay(tmp_path / "outbox")


@pytest.fixture
def transport(way: Way) -> Iterator[Transport]:
    """A transport that is closed at the end."""
    transport = way.transport()
    yield transport
    transport.close()


def test_a_mail_is_sent_byte_for_byte(way: Way, transport: Transport) -> None:
    delivery = mail(1, way.recipient)
    outcome = transport.send(delivery)
    assert outcome.state == "sent" and outcome.reply
    assert way.delivered(1) == [delivery.raw]


def test_several_mails_are_sent_each_by_itself(way: Way, transport: Transport) -> None:
    deliveries = [mail(number, way.recipient) for number in (1, 2, 3)]
    assert [transport.send(delivery).state for delivery in deliveries] == ["sent"] * 3
    assert sorted(way.delivered(3)) == sorted(delivery.raw for delivery in deliveries)


def test_bytes_beyond_ascii_arrive(way: Way, transport: Transport) -> None:
    delivery = mail(1, way.recipient, "Café, naïvely in UTF-8\r\n")
    assert transport.send(delivery).state == "sent"
    assert "Café".encode() in way.delivered(1)[0]


def test_a_transport_works_again_after_close(way: Way, transport: Transport) -> None:
    transport.send(mail(1, way.recipient))
    transport.close()
    transport.close()
    assert transport.send(mail(2, way.recipient)).state == "sent"


def test_what_cannot_be_reached_raises_with_a_mend(way: Way) -> None:
    transport = way.dead()
    with pytest.raises(SendError) as caught:
        transport.send(mail(1, way.recipient))
    assert caught.value.mend and caught.value.temporary
    transport.close()
