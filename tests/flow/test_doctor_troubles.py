"""What the doctor says of each trouble: the step that fails, what it saw, and what campus IT is to do about it."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.commands import doctor as commands
from bot.commands.doctor import exit_code
from bot.config import Server
from bot.doctor.servers import certificate
from bot.doctor.steps import Doubt, Finding
from bot.login import password_mend
from tests.disks import small_disk
from tests.faults import FaultProxy
from tests.flow.house import House
from tests.flow.test_by_tokens import by_tokens, login
from tests.flow.test_doctor import examine, patient, wrong
from tests.imapscript import ScriptedImap
from tests.loginserver import CLIENT, SECRET, LoginServer, Trouble
from tests.servers import PASSWORD

__all__ = ["login", "patient"]


def told(found: dict[str, Finding], step: str) -> str:
    """What is said of a step, and what to do."""
    return f"{found[step].saw} → {found[step].mend}"


# ── tokens ──


def test_tokens_that_are_given_and_taken_are_well(patient: House, login: LoginServer) -> None:
    by_tokens(patient, login)
    found = examine(patient)
    assert wrong(found) == []
    step = f"login of {patient.account}: token"
    assert found[step].saw == "The login server gives a token, for IMAP lists and SMTP."
    assert found["mailbox lists: sign in"].state == found["sending: sign in"].state == "well"
    assert not any(secret in str(found) for secret in login.secrets())


SIGN_INS = ["mailbox lists: sign in", "sending: sign in"]


def test_a_secret_that_is_refused_is_named_with_its_place_in_entra(patient: House, login: LoginServer) -> None:
    by_tokens(patient, login)
    (patient.folder / "app.secret").write_text("an0ther~secret")
    found = examine(patient)
    step = f"login of {patient.account}: token"
    assert wrong(found) == [step, *SIGN_INS]
    assert f"AADSTS7000215): the secret of the app {CLIENT} is wrong" in found[step].saw
    assert "Certificates & secrets" in found[step].mend and "not its Secret ID" in found[step].mend
    assert not any(secret in str(found) for secret in (*login.secrets(), SECRET, "an0ther~secret"))


def test_a_token_for_somebody_else_is_told_with_the_very_grants_that_are_missing(patient: House,
                                                                               login: LoginServer) -> None:
    by_tokens(patient, login)
    login.state.user = "somebody-else"
    found = examine(patient)
    assert wrong(found) == SIGN_INS
    read, send = (told(found, step) for step in SIGN_INS)
    assert f"did not take the token for {patient.account}" in read
    for words in (f"New-ServicePrincipal -AppId {CLIENT}", f"Add-MailboxPermission -Identity {patient.account}",
                  "-AccessRights FullAccess", "-ImapEnabled $true", "IMAP.AccessAsApp", "admin consent"):
        assert words in read, words
    for words in ("-AccessRights SendAs", "-SmtpClientAuthenticationDisabled $false", "SMTP.SendAsApp"):
        assert words in send, words
    assert not any(secret in str(found) for secret in login.secrets())


@pytest.mark.parametrize(("trouble", "saw", "mend"), [
    (Trouble(down=True), "cannot be reached: it closed the connection", "(firewall, proxy)"),
    (Trouble(rubbish=True), "an answer that makes no sense", "the sign-in page of the campus network"),
    (Trouble(status=503), "is out of order just now (HTTP 503)", "tries again"),
], ids=["down", "rubbish", "out-of-order"])
def test_a_login_server_in_trouble(patient: House, login: LoginServer, trouble: Trouble, saw: str, mend: str) -> None:
    by_tokens(patient, login)
    login.state.trouble = trouble
    found = examine(patient)
    step = f"login of {patient.account}: token"
    assert wrong(found) == [step, *SIGN_INS]
    assert saw in found[step].saw and mend in found[step].mend


# ── the network ──


def in_clear_text(house: House, port: int) -> None:
    """The mailbox is read without TLS."""
    text = house.config.read_text()
    assert f"port: {port}, security: tls" in text
    house.config.write_text(text.replace(f"port: {port}, security: tls", f"port: {port}, security: none"))


@pytest.mark.parametrize(("trouble", "saw"), [
    ("delay", "did not answer within 1 seconds"), ("trickle", "did not answer within 1 seconds"),
    ("blackhole", "did not answer within 1 seconds"), ("garble", "no IMAP server"),
])
@pytest.mark.parametrize("security", ["tls", "none"])
def test_a_mailbox_server_that_is_slow_or_talks_rubbish(patient: House, trouble: str, saw: str, security: str) -> None:
    servers = patient.servers
    with FaultProxy(servers.imap_port if security == "tls" else servers.imap_plain_port) as proxy:
        setattr(proxy, trouble, {"delay": 4.0, "trickle": 0.3}.get(trouble, True))
        patient.configure(imap_port=proxy.port, patience=1)
        if security == "none":
            in_clear_text(patient, proxy.port)
        found = examine(patient)
        proxy.end()
    assert wrong(found) == ["mailbox lists: TLS"]
    expected = "does not speak TLS as expected" if (trouble, security) == ("garble", "tls") else saw
    assert expected in found["mailbox lists: TLS"].saw
    assert found["mailbox lists: TLS"].mend
    assert found["mailbox lists: sign in"].state == "not reached"


class _Says(socketserver.StreamRequestHandler):
    """Says one line, and hangs up."""

    line = b""

    def handle(self) -> None:
        self.wfile.write(self.line)


@contextlib.contextmanager
def saying(line: bytes) -> Iterator[int]:
    """A port whose server says one line to everybody."""
    handler = type("Handler", (_Says,), {"line": line})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("line", "saw", "mend"), [
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is no SMTP server", "587 is usual"),
    (b"554 5.7.1 not from your network\r\n", "takes no connection from here (554 5.7.1 not from", "operator"),
    (b"220 ready\r\n", "closed the connection", "whether a firewall ends connections"),
])
def test_a_sending_server_that_is_none_or_takes_nobody(patient: House, line: bytes, saw: str, mend: str) -> None:
    with saying(line) as port:
        patient.config.write_text(patient.config.read_text().replace(f"port: {patient.servers.smtp_port}",
                                                                     f"port: {port}"))
        found = examine(patient)
    assert wrong(found) == ["sending: TLS"]
    assert saw in found["sending: TLS"].saw and mend in found["sending: TLS"].mend


def test_a_name_of_which_dns_says_nothing(patient: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, ask = threading.Event(), socket.getaddrinfo

    def silent(host: str, *more: Any, **named: Any) -> Any:
        return ended.wait(30) if host == "silent.example.edu" else ask(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    patient.configure(patience=1)
    patient.config.write_text(patient.config.read_text().replace("{host: localhost", "{host: silent.example.edu", 1))
    found = examine(patient)
    ended.set()
    assert wrong(found) == ["mailbox lists: DNS"]
    assert "DNS did not say within 1 seconds" in found["mailbox lists: DNS"].saw
    assert "DNS servers of this machine" in found["mailbox lists: DNS"].mend


# ── mailboxes ──


@pytest.mark.parametrize(("quota", "state", "saw"), [
    ((960, 1000), "doubt", "The mailbox is 96% full."), ((940, 1000), "well", "There is room."),
    ((0, 0), "well", "There is room."), (None, "well", "The server tells no quota."),
])
def test_the_quota(patient: House, quota: tuple[int, int] | None, state: str, saw: str) -> None:
    with ScriptedImap() as server:
        server.quota, server.idle = quota, False
        patient.configure(imap_port=server.port)
        in_clear_text(patient, server.port)
        found = examine(patient)
    assert wrong(found) == []
    assert (found["mailbox lists: quota"].state, found["mailbox lists: quota"].saw) == (state, saw)
    assert state == "well" or "raise the quota" in found["mailbox lists: quota"].mend
    assert "no IDLE" in found["mailbox lists: IDLE"].saw and "poll_minutes" in found["mailbox lists: IDLE"].mend
    assert exit_code(list(found.values())) == 2


def test_a_password_that_is_refused_is_told_in_words(patient: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIAISON_IMAP_PASSWORD", "wrong-horse")
    found = examine(patient)
    assert wrong(found) == ["mailbox lists: sign in"]
    assert f"refused the user or password of {patient.account} ([AUTH" in found["mailbox lists: sign in"].saw
    assert "oauth" in password_mend("outlook.office365.com") and "app password" in password_mend("imap.gmail.com")


def test_a_password_that_is_not_there_is_told_where_it_is_wanted(patient: House,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIAISON_IMAP_PASSWORD")
    found = examine(patient)
    assert wrong(found) == ["files: passwords", "mailbox lists: sign in"]
    assert "LIAISON_IMAP_PASSWORD" in found["mailbox lists: sign in"].saw


@pytest.mark.parametrize("days", [3, 20, 21])
def test_a_certificate_that_ends_soon(days: int) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    cert = {"notAfter": f"{now + timedelta(days=days, hours=1):%b %d %H:%M:%S %Y} GMT"}
    server = Server.model_validate({"host": "mail.example.edu", "port": 993, "user": "x"})
    if days == 21:
        assert "(21 days)" in certificate(cert, server, now)
        return
    with pytest.raises(Doubt) as caught:
        certificate(cert, server, now)
    assert f"({days} days)" in caught.value.what and "renew it" in caught.value.mend


# ── this machine ──


def test_a_clock_that_is_off_is_told_beside_the_mail_servers(patient: House, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(minutes=10)

    monkeypatch.setattr(commands, "datetime", Ahead)
    bot = patient.settings["account"]
    patient.config.write_text(patient.config.read_text().replace("  per_minute",
                                                                 f"  answers: {bot}@example.edu\n  per_minute"))
    found = examine(patient, mail=True)
    assert found["test mail: back"].state == "doubt"
    assert "clock and the mail server's are 0:" in found["test mail: back"].saw
    assert "timedatectl" in found["test mail: back"].mend
    assert exit_code(list(found.values())) == 2


def test_a_disk_that_is_almost_full(patient: House) -> None:
    patient.config.write_text(patient.config.read_text().replace("least_free_mb: 0", "least_free_mb: 200"))
    with small_disk(patient.folder / "var", 6_000_000) as var:
        found = examine(patient)
    assert wrong(found) == ["this machine: disk"]
    assert "6 MB are left where the store lies; 200 are the least." in found["this machine: disk"].saw
    assert str(var) in found["this machine: disk"].mend


# ── files ──


def test_broken_rules_are_told_and_the_sending_server_is_tried_all_the_same(patient: House) -> None:
    path = patient.folder / "rules/routing.yaml"
    path.write_text(f"{path.read_text()}slotz: {{}}\n")
    found = examine(patient)
    assert wrong(found) == ["files: routing.yaml"]
    assert "There is no setting `slotz` here" in found["files: routing.yaml"].saw
    assert found["files: routing.yaml"].saw.startswith("Line ") and "slots" in found["files: routing.yaml"].mend
    assert found["sending: sign in"].state == "well"
    assert found["sending: sender"].state == "not tried"
    assert "Mend the files above" in found["sending: sender"].mend


def test_a_broken_template_is_named_by_its_file_and_line(patient: House) -> None:
    folder = patient.folder / "templates"
    folder.mkdir()
    (folder / "digest.html.j2").write_text("<p>\n{% if %}\n")
    patient.config.write_text(f"{patient.config.read_text()}templates: templates\n")
    found = examine(patient)
    assert wrong(found) == ["files: digest.html.j2"]
    assert found["files: digest.html.j2"].saw.startswith("Line 2: ")
    assert "the shipped template is used" in found["files: digest.html.j2"].mend


# ── the command ──


@pytest.mark.parametrize(("change", "code"), [("", 2), ("host: no.such.host.invalid, port: 993", 1)])
def test_json_says_the_same_as_the_words(patient: House, change: str, code: int) -> None:
    """Doubts alone: the test's domains have no records in DNS, or no DNS answers."""
    if change:
        shown = f"host: localhost, port: {patient.settings['imap_port']}"
        patient.config.write_text(patient.config.read_text().replace(shown, change))
    else:
        text = patient.config.read_text()
        assert "@example.edu}" in text
        patient.config.write_text(text.replace("@example.edu}", "@elsewhere.example.org}"))
    spoken, told_ = patient.command("doctor"), patient.command("doctor", "--json")
    assert spoken.wait() == told_.wait() == code, spoken.said
    found = json.loads(told_.said)
    assert found["exit"] == code
    for one in found["findings"]:
        if one["course"] != "this machine":
            assert f"{one['step']}: {one['saw']}" in spoken.said
            assert not one["mend"] or f"→ {one['mend']}" in spoken.said
    assert PASSWORD not in spoken.said + told_.said


def test_a_broken_config_is_a_finding_too(patient: House) -> None:
    patient.config.write_text("mailboxes: [\n")
    bot = patient.command("doctor", "--json")
    assert bot.wait() == 1, bot.said
    (found,) = json.loads(bot.said)["findings"]
    assert (found["course"], found["step"], found["state"]) == ("files", "config.yaml", "wrong")
    assert found["saw"].startswith("Line ")
