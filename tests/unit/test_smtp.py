"""SmtpTransport, answer by answer, on a server with a list of replies; signing in, on Postfix; then the folder."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.config import SmtpServer
from bot.errors import SendError, SmtpLoginError
from bot.outbox.folder import FolderTransport
from bot.outbox.smtp import LOST, SmtpTransport
from bot.types import Delivery
from tests.faults import FaultProxy, ScriptedServer, scripted_server
from tests.servers import MailServers, until

Make = Callable[..., SmtpTransport]


def mail(number: int = 1, **changed: object) -> Delivery:
    """A mail to one recipient."""
    raw = f"From: digest@example.edu\r\nSubject: mail {number}\r\nMessage-ID: <{number}@example.edu>\r\n\r\nHi.\r\n"
    delivery = Delivery(
        id=number, reader="dana", slot="daily 07:30", kind="digest", recipient="dana@library.example.edu",
        envelope_sender="bounces@example.edu", message_id=f"<{number}@example.edu>", raw=raw.encode(), attempts=0,
        created_at=datetime(2026, 11, 2, 7, 30, tzinfo=UTC),
    )
    return replace(delivery, **changed)  # type: ignore[arg-type]


@pytest.fixture
def make(scripted: ScriptedServer) -> Iterator[Make]:
    """Makes transports, to the scripted server if not told otherwise."""
    made: list[SmtpTransport] = []

    def build(secret: str | None = None, **settings: object) -> SmtpTransport:
        given = {"host": "127.0.0.1", "port": scripted.port, "security": "none", "timeout_seconds": 5} | settings
        made.append(SmtpTransport(SmtpServer.model_validate(given), secret, 60_000))
        return made[-1]

    yield build
    for transport in made:
        transport.close()


def script(server: ScriptedServer, **replies: list[str]) -> None:
    """Tell the server what to answer."""
    server.scripted.script.replies.update(replies)


# ── what a server answers ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize(
    ("reply", "state"),
    [("451 4.3.0 later", "deferred"), ("450 busy", "deferred"), ("552 5.3.4 too large", "failed"), ("550 no", "failed"),
     ("552 5.2.2 full", "deferred"), ("550 5.4.5 Daily user sending limit exceeded", "deferred")],
)
def test_an_answer_becomes_an_outcome(
    make: Make, scripted: ScriptedServer, command: str, reply: str, state: str
) -> None:
    script(scripted, **{command: [reply]})
    transport = make()
    outcome = transport.send(mail())
    assert (outcome.state, outcome.code, outcome.reply) == (state, int(reply[:3]), reply[4:])
    assert scripted.scripted.messages == []
    assert transport.send(mail(2)).state == "sent"
    assert len(scripted.scripted.messages) == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "DOT"])
def test_421_defers_and_closes(make: Make, scripted: ScriptedServer, command: str) -> None:
    script(scripted, **{command: ["421 4.3.2 shutting down"]})
    transport = make()
    outcome = transport.send(mail())
    assert (outcome.state, outcome.code) == ("deferred", 421)
    assert transport.send(mail(2)).state == "sent"


def test_a_connection_that_was_idle_too_long_is_made_anew(make: Make, scripted: ScriptedServer) -> None:
    transport = make()
    transport.send(mail())
    script(scripted, MAIL=["421 4.4.2 idle too long"])
    assert transport.send(mail(2)).state == "sent"


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_line_lost_before_the_content_is_tried_once_more(
    make: Make, scripted: ScriptedServer, command: str
) -> None:
    script(scripted, **{command: ["drop"]})
    assert make().send(mail()).state == "sent"
    assert len(scripted.scripted.messages) == 1


def test_a_line_lost_twice_is_an_error(make: Make, scripted: ScriptedServer) -> None:
    script(scripted, RCPT=["drop", "drop"])
    with pytest.raises(SendError, match="closed the connection"):
        make().send(mail())
    assert scripted.scripted.messages == []


def test_a_line_lost_after_the_final_dot_leaves_the_outcome_open(make: Make, scripted: ScriptedServer) -> None:
    script(scripted, DOT=["drop"])
    transport = make()
    outcome = transport.send(mail())
    assert (outcome.state, outcome.code, outcome.reply) == ("deferred", None, LOST)
    assert len(scripted.scripted.messages) == 1
    assert transport.send(mail()).state == "sent"


def test_a_line_lost_within_the_content_leaves_the_outcome_open(make: Make, scripted: ScriptedServer) -> None:
    with FaultProxy(scripted.port) as proxy:
        transport = make(port=proxy.port)
        transport.send(mail())
        proxy.cut_up = 2000
        outcome = transport.send(mail(2, raw=mail(2).raw + b"x" * 70_000))
    assert (outcome.state, outcome.reply) == ("deferred", LOST)
    assert len(scripted.scripted.messages) == 1


def test_no_answer_to_the_final_dot_ends_within_its_time_limit(make: Make, scripted: ScriptedServer) -> None:
    script(scripted, DOT=["hang"])
    began = time.monotonic()
    assert make(timeout_seconds=0.5).send(mail()).reply == LOST
    assert time.monotonic() - began < 4


def test_a_black_hole_ends_within_the_time_limit(make: Make, scripted: ScriptedServer) -> None:
    with FaultProxy(scripted.port) as proxy:
        proxy.blackhole = True
        transport = make(port=proxy.port, timeout_seconds=0.5)
        began = time.monotonic()
        with pytest.raises(SendError, match="did not answer"):
            transport.send(mail())
        assert time.monotonic() - began < 4
        transport.close()


def test_a_greeting_that_refuses_is_an_error(make: Make, scripted: ScriptedServer) -> None:
    script(scripted, EHLO=["421 4.3.2 too busy"])
    with pytest.raises(SendError):
        make(security="starttls").send(mail())


def test_a_mail_larger_than_the_server_takes_is_not_sent(make: Make, scripted: ScriptedServer) -> None:
    transport = make()
    outcome = transport.send(mail(raw=mail().raw + b"x" * 600_000))
    assert outcome.state == "failed" and "500000" in outcome.reply
    assert transport.send(mail(2)).state == "sent"


# ── the envelope ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_envelope_is_the_deliverys(make: Make, scripted: ScriptedServer) -> None:
    make().send(mail())
    assert scripted.scripted.messages[0][:2] == ("bounces@example.edu", ["dana@library.example.edu"])


def test_one_connection_carries_many_mails(make: Make, scripted: ScriptedServer) -> None:
    transport = make()
    for number in range(5):
        transport.send(mail(number))
    assert len(scripted.scripted.sessions) == 1


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, False),
        ({"recipient": "dana@bücherei.example.org"}, False),
        ({"recipient": "dåna@library.example.edu"}, True),
        ({"raw": "Subject: Grüße\r\n\r\nHi.\r\n".encode()}, True),
        ({"raw": "Subject: hi\r\n\r\nGrüße.\r\n".encode()}, False),
    ],
)
def test_smtputf8_only_when_needed(
    make: Make, scripted: ScriptedServer, changed: dict[str, Any], wanted: bool
) -> None:
    assert make().send(replace(mail(), **changed)).state == "sent"
    assert ("SMTPUTF8" in scripted.scripted.options[0]) is wanted


def test_bare_line_ends_cannot_smuggle_a_second_mail(make: Make, scripted: ScriptedServer) -> None:
    make().send(mail(raw=b"Subject: a\n\nHi.\n.\nMAIL FROM:<x@example.org>\r.\rend\n"))
    assert [content for *_, content in scripted.scripted.messages] == [
        b"Subject: a\r\n\r\nHi.\r\n.\r\nMAIL FROM:<x@example.org>\r\n.\r\nend\r\n"
    ]


def test_an_address_with_a_line_end_is_refused_here(make: Make, scripted: ScriptedServer) -> None:
    assert make().send(mail(recipient="dana@example.edu>\r\nRCPT TO:<kim@example.edu")).state == "failed"
    assert scripted.scripted.messages == []


def test_mails_leave_evenly_spaced(scripted: ScriptedServer) -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    server = SmtpServer(host="127.0.0.1", port=scripted.port, security="none")
    transport = SmtpTransport(server, None, 30, clock=lambda: now[0], sleep=sleep)
    for number in range(3):
        transport.send(mail(number))
    now[0] += 60
    transport.send(mail(4))
    transport.close()
    assert slept == [2.0, 2.0]


# ── signing in, TLS ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("secret", ["battery staple", "pässword"])
def test_a_wrong_password_is_refused_and_not_told(make: Make, secret: str) -> None:
    with scripted_server(("digest", "correct horse")) as server:
        transport = make(secret, port=server.port, user="digest")
        with pytest.raises(SmtpLoginError) as caught:
            transport.send(mail())
        error = caught.value
    assert not error.temporary and "digest" in error.what and error.mend
    assert secret not in f"{error!r} {error} {error.__cause__!r} {error.__context__!r}"


@pytest.mark.parametrize("secret", ["correct horse", "pässword"])
def test_signing_in(make: Make, secret: str) -> None:
    with scripted_server(("digest", secret)) as server:
        transport = make(secret, port=server.port, user="digest")
        assert transport.send(mail()).state == "sent"
        transport.close()


def test_a_server_that_wants_a_password_which_is_not_set_is_no_failed_mail(make: Make) -> None:
    refused = pytest.raises(SmtpLoginError, match="without signing in")
    with scripted_server(("digest", "correct horse")) as server, refused:
        make(port=server.port).send(mail())


def test_starttls_that_is_not_offered_is_not_done_without(make: Make, scripted: ScriptedServer) -> None:
    with pytest.raises(SendError, match="does not offer STARTTLS"):
        make(security="starttls").send(mail())
    assert scripted.scripted.messages == []


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_tls_of_both_kinds_on_postfix(make: Make, mail_servers: MailServers, user: str, security: str) -> None:
    port = mail_servers.smtps_port if security == "tls" else mail_servers.smtp_port
    transport = make(
        mail_servers.password, host=mail_servers.host, port=port, security=security, user=user,
        ca_file=mail_servers.ca_file,
    )
    assert transport.send(mail(recipient=f"{user}@example.edu")).state == "sent"
    assert b"ESMTPSA" in until(lambda: mail_servers.mailbox(user))[0]


@pytest.mark.parametrize(
    ("host", "trusted", "said"), [("localhost", False, "not trusted"), ("127.0.0.1", True, "another host name")]
)
def test_a_certificate_that_proves_nothing_is_refused(
    make: Make, mail_servers: MailServers, host: str, trusted: bool, said: str
) -> None:
    ca_file = mail_servers.ca_file if trusted else None
    with pytest.raises(SendError, match=said):
        make(host=host, port=mail_servers.smtp_port, security="starttls", ca_file=ca_file).send(mail())


@pytest.mark.parametrize(
    ("recipient", "state", "code"),
    [("unknown@example.edu", "failed", 550), ("later@example.edu", "deferred", 450)],
)
def test_postfix_refuses_a_recipient(
    make: Make, mail_servers: MailServers, recipient: str, state: str, code: int
) -> None:
    transport = make(host="localhost", port=mail_servers.smtp_port)
    outcome = transport.send(mail(recipient=recipient))
    assert (outcome.state, outcome.code) == (state, code)
    assert transport.send(mail(2)).state in ("sent", "failed")


# ── the folder ────────────────────────────────────────────────────────────────────────────────────────────────────


def names(folder: Path) -> list[str]:
    """All files of a folder."""
    return sorted(path.name for path in folder.iterdir())


HTML = b"Message-ID: <1@example.edu>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hi</p>\r\n"


def test_the_same_mail_written_again_is_one_file(tmp_path: Path) -> None:
    transport = FolderTransport(tmp_path)
    assert [transport.send(mail()).state for _ in range(2)] == ["sent", "sent"]
    assert names(tmp_path) == ["2026-11-02-daily_07_30-dana.eml"]


def test_another_mail_of_the_same_name_gets_its_own(tmp_path: Path) -> None:
    transport = FolderTransport(tmp_path)
    for _ in range(2):
        transport.send(mail(1))
        transport.send(mail(2))
    assert len(names(tmp_path)) == 2


def test_html_stands_beside_the_mail(tmp_path: Path) -> None:
    FolderTransport(tmp_path).send(mail(raw=HTML))
    assert (tmp_path / "2026-11-02-daily_07_30-dana.html").read_text().strip() == "<p>Hi</p>"


@pytest.mark.parametrize("reader", ["../../etc/passwd", "a/b\0c", "..", "", "…" * 300])
def test_names_never_leave_the_folder(tmp_path: Path, reader: str) -> None:
    folder = tmp_path / "out"
    FolderTransport(folder).send(mail(reader=reader, slot="../x"))
    assert len(names(folder)) == 1 and names(tmp_path) == ["out"]


def test_a_full_folder_is_an_error_and_leaves_no_half_file(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(SendError) as caught:
            FolderTransport(tmp_path).send(mail())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.mend and names(tmp_path) == []
