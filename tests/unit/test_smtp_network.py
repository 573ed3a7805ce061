"""Sending by a bad network and by servers that refuse at any step: ends in time, leaves nothing, says what to do."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bot.errors import SendError, SmtpLoginError
from bot.outbox.smtp import LOST
from bot.patience import WAITS
from tests.faults import FaultProxy, ScriptedServer, scripted_server
from tests.servers import make_certificates, until
from tests.unit.test_smtp import Make, mail, make, script

__all__ = ["make"]

LIMIT = 0.3
MOST = (WAITS + 1) * LIMIT + 2.5


@contextmanager
def nothing_left() -> Iterator[None]:
    """Whatever goes wrong inside, no socket and no thread stays."""
    def held() -> tuple[int, int]:
        return psutil.Process().num_fds(), threading.active_count()

    before = held()
    yield
    until(lambda: held() <= before, 10, "the end of what was opened")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A certificate for localhost, and its authority."""
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, folder / "ca.pem"


# ── the network ──


@pytest.mark.parametrize("trouble", ["refuse", "blackhole", "trickle", "delay", "garble"])
def test_while_connecting(make: Make, scripted: ScriptedServer, trouble: str) -> None:
    with FaultProxy(scripted.port) as proxy:
        transport = make(port=proxy.port, timeout_seconds=LIMIT)
        setattr(proxy, trouble, {"trickle": 0.2, "delay": LIMIT * 2}.get(trouble, True))
        began = time.monotonic()
        with nothing_left():
            with pytest.raises(SendError) as caught:
                transport.send(mail())
            proxy.end()
        assert time.monotonic() - began < 2 * MOST and caught.value.mend and caught.value.temporary
        assert transport.send(mail()).state == "sent"
    assert len(scripted.scripted.messages) == 1


@pytest.mark.parametrize(("step", "trouble"), [
    (b"mail FROM", "blackhole"), (b"rcpt TO", "blackhole"), (b"DATA", "blackhole"), (b"rcpt TO", "trickle"),
])
def test_in_the_middle(make: Make, scripted: ScriptedServer, step: bytes, trouble: str) -> None:
    with FaultProxy(scripted.port) as proxy:
        transport = make(port=proxy.port, timeout_seconds=LIMIT)
        proxy.trouble_on = (step, trouble)
        began = time.monotonic()
        with nothing_left():
            with pytest.raises(SendError):
                transport.send(mail())
            proxy.end()
        assert time.monotonic() - began < 2 * MOST
        assert transport.send(mail()).state == "sent"
    assert len(scripted.scripted.messages) == 1


def test_an_answer_to_the_final_dot_that_drips_leaves_the_outcome_open(make: Make, scripted: ScriptedServer) -> None:
    with FaultProxy(scripted.port) as proxy:
        transport = make(port=proxy.port, timeout_seconds=0.2)
        transport.send(mail())
        script(scripted, DOT=["250 2.0.0 " + "taken " * 60])
        proxy.trouble_on, proxy.drip = (b"\r\n.\r\n", "trickle"), 1
        began = time.monotonic()
        assert transport.send(mail(2)).reply == LOST
        assert time.monotonic() - began < 10
        proxy.end()


# ── refusals at each step ──


@pytest.mark.parametrize("reply", ["421 4.3.2 busy", "432 4.3.2 Concurrent connections limit exceeded", "554 5.3.2 no"])
@pytest.mark.parametrize("command", ["EHLO", "STARTTLS", "AUTH"])
def test_a_refusal_while_connecting_fails_no_mail(make: Make, tls: tuple[ssl.SSLContext, Path], command: str,
                                                  reply: str) -> None:
    """The mail is still to be sent, and will be."""
    with scripted_server(("digest", "correct horse"), tls[0]) as server:
        transport = make("correct horse", host="localhost", port=server.port, user="digest", security="starttls",
                         ca_file=tls[1])
        script(server, **{command: [reply] * 5, "HELO": [reply]})
        with nothing_left(), pytest.raises(SendError) as caught:
            transport.send(mail())
        assert caught.value.mend and "horse" not in str(caught.value)
        assert isinstance(caught.value, SmtpLoginError) is (command == "AUTH" and reply.startswith("5"))
        server.scripted.script.replies.clear()
        assert transport.send(mail()).state == "sent"
        transport.close()


@pytest.mark.parametrize("reply", ["450 no", "550 no", "421 bye", "drop", "hang"])
def test_a_server_that_cannot_reset_loses_no_mail(make: Make, scripted: ScriptedServer, reply: str) -> None:
    transport = make(timeout_seconds=LIMIT)
    script(scripted, RCPT=["550 5.1.1 no such user"], RSET=[reply])
    assert transport.send(mail()).state == "failed"
    assert transport.send(mail(2)).state == "sent"


@pytest.mark.parametrize("reply", ["450 no", "550 no", "421 bye", "drop", "hang"])
def test_whatever_answers_a_goodbye_closing_raises_nothing(make: Make, scripted: ScriptedServer, reply: str) -> None:
    transport = make()
    transport.send(mail())
    script(scripted, QUIT=[reply])
    began = time.monotonic()
    with nothing_left():
        transport.close()
    assert time.monotonic() - began < 5


def test_one_refused_among_many_keeps_no_other_back(make: Make, scripted: ScriptedServer) -> None:
    transport = make()
    script(scripted, RCPT=["250 ok", "550 5.1.1 no such user", "250 ok", "451 4.3.0 later"])
    states = [transport.send(mail(number)).state for number in range(6)]
    assert states[1] == "failed" and states[3] == "deferred"
    assert states.count("sent") == 2  # "250 ok" from the script names no recipient to the server: DATA is refused


@pytest.mark.parametrize("reply", [
    "432 4.3.2 Concurrent connections limit exceeded", "554 5.2.0 STOREDRV.Submission; Sender thread limit exceeded",
    "421 4.7.28 unusual rate of unsolicited mail", "550 5.7.28 unusual rate of unsolicited mail",
    "550 5.4.5 Daily user sending limit exceeded", "550 5.1.90 daily limit for message recipients",
    "452 4.5.3 too many recipients",
])
@pytest.mark.parametrize("command", ["MAIL", "DOT"])
def test_a_limit_of_rate_is_waited_for_whatever_its_first_digit(make: Make, scripted: ScriptedServer, command: str,
                                                                reply: str) -> None:
    script(scripted, **{command: [reply]})
    transport = make()
    assert transport.send(mail()).state == "deferred"
    assert transport.send(mail()).state == "sent"


# ── nothing in clear text ──


def test_no_password_leaves_in_clear_text_where_tls_was_demanded(make: Make) -> None:
    with scripted_server(("digest", "correct horse")) as server, FaultProxy(server.port) as proxy:
        heard: list[bytes] = []
        count = proxy._count
        proxy._count = lambda data, upward: (heard.append(data), count(data, upward))[1]  # type: ignore[method-assign]
        with pytest.raises(SendError, match="STARTTLS"):
            make("correct horse", port=proxy.port, user="digest", security="starttls").send(mail())
        said = b"".join(heard).upper()
        assert b"EHLO" in said and b"AUTH PLAIN" not in said.replace(b"250-AUTH", b"").replace(b"250 AUTH", b"")
        assert b"MAIL FROM" not in said
