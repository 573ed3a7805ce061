"""Tokens of every kind from a login server that gives, refuses, drips, talks rubbish, or is not there."""

from __future__ import annotations

import io
import json
import logging
import os
import select
import socket
import stat
import subprocess
import sys
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pydantic import TypeAdapter

from bot.errors import ConfigError, TokenError
from bot.oauth import OAuth
from bot.tokens.drawer import Memory, TokenFile
from bot.tokens.keeper import Tokens
from bot.tokens.provider import Places, Provider
from bot.tokens.values import Fetched, Kept
from tests.loginserver import CLIENT, SECRET, LoginServer, Trouble
from tests.servers import MailServers, until
from tests.unit.builders import ROOT

USER = "liaison@library.example.edu"


@pytest.fixture
def server(mail_servers: MailServers) -> Iterator[LoginServer]:
    """A login server."""
    with LoginServer(mail_servers) as running:
        running.state.user = USER
        yield running


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """A throw-away key."""
    return rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption()).decode()


def public(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(serialization.Encoding.PEM,
                                         serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def certificate(key: rsa.RSAPrivateKey, ends: datetime) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "liaison")])
    built = x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key(),
                                    serial_number=1, not_valid_before=ends - timedelta(days=90), not_valid_after=ends)
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def provider(section: dict[str, Any], user: str = USER, **environ: str) -> Provider:
    return Provider(TypeAdapter(OAuth).validate_python(section), user, Places(environ={"S": SECRET, **environ}))


def google_key(server: LoginServer, key: rsa.RSAPrivateKey) -> str:
    server.state.keys["bot@x.iam.example.com"] = public(key)
    return json.dumps({"type": "service_account", "client_email": "bot@x.iam.example.com", "private_key": pem(key),
                       "private_key_id": "1", "token_uri": f"{server.base}/google/token"})


def google(server: LoginServer, **changed: object) -> dict[str, Any]:
    return {"provider": "google", "ca_file": str(server.ca_file), "timeout_seconds": 5} | changed


# ── each way to a token ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_app_with_a_secret_gets_a_token_of_microsoft(server: LoginServer) -> None:
    fetched = provider(server.microsoft(secret={"env": "S"}))(None)
    assert server.state.issued[fetched.access].user == USER
    assert fetched.lasts == 3600
    assert server.state.asked[-1]["scope"] == "https://outlook.office365.com/.default"


def test_an_app_with_a_certificate_gets_a_token_of_microsoft(server: LoginServer, key: rsa.RSAPrivateKey) -> None:
    ends = datetime(2027, 3, 1, tzinfo=UTC)
    server.state.keys[CLIENT] = public(key)
    one = provider(server.microsoft(certificate={"env": "C"}), C=pem(key) + certificate(key, ends))
    assert one(None).access in server.state.issued
    assert "client_secret" not in server.state.asked[-1]
    found = one.secret_end()
    assert found is not None and found[1] == ends


def test_a_service_account_gets_a_token_of_google_for_a_mailbox(server: LoginServer, key: rsa.RSAPrivateKey) -> None:
    fetched = provider(google(server, key={"env": "K"}), K=google_key(server, key))(None)
    assert server.state.issued[fetched.access].user == USER
    assert 3500 < fetched.lasts <= 3600


def test_a_refresh_token_gets_a_token_of_each(server: LoginServer) -> None:
    consent = server.consent(USER)
    installed = json.dumps({"installed": {"client_id": CLIENT, "client_secret": SECRET,
                                          "token_uri": f"{server.base}/google/token"}})
    for one in (provider(server.microsoft()), provider(google(server, client={"env": "F"}), F=installed),
                provider(server.other(secret={"env": "S"}, refresh_token={"env": "R"}), R="old")):
        assert one(consent).access in server.state.issued
    assert provider(server.other(refresh_token={"env": "R"}), R=consent)("gone").access in server.state.issued


def test_a_secret_alone_is_enough_for_other_servers(server: LoginServer) -> None:
    assert provider(server.other(secret={"env": "S"}))(None).access in server.state.issued


# ── refusals and trouble, in words ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("code", "what", "mend"), [
    (7000215, "the secret of the app", "Value (not its Secret ID)"), (7000222, "has expired", "new client secret"),
    (700016, "is not in the tenant", "easily swapped"), (65001, "nobody has consented", "Grant admin consent"),
    (50034, f"no account {USER}", "Mend `user`"), (53003, "Conditional Access", "Sign-in logs"),
    (90002, "no tenant", "Directory (tenant) ID"), (7000218, "without a secret", "Allow public client flows"),
    (12345, "AADSTS12345", "error?code=12345"),
])
def test_microsofts_numbers_are_words_with_a_mend(server: LoginServer, code: int, what: str, mend: str) -> None:
    server.state.trouble = Trouble(error={"error": "invalid", "error_codes": [code],
                                          "error_description": f"AADSTS{code}: {SECRET} Trace ID: 9"})
    with pytest.raises(TokenError) as caught:
        provider(server.microsoft(secret={"env": "S"}))(None)
    assert not caught.value.temporary
    assert what in caught.value.what and mend in caught.value.mend
    assert SECRET not in str(caught.value)


def test_a_tenant_that_is_not_there_is_said(server: LoginServer) -> None:
    with pytest.raises(TokenError, match=r"AADSTS90002.*there is no tenant elsewhere"):
        provider(server.microsoft(tenant="elsewhere", secret={"env": "S"}))(None)


@pytest.mark.parametrize(("answer", "what", "mend"), [
    ({"error": "invalid_grant", "error_description": "Invalid email or User ID"}, "no account", "`subject`"),
    ({"error": "unauthorized_client", "error_description": "Client is unauthorized"}, "may not act for",
     "Domain-wide delegation"),
    ({"error": "access_denied", "error_description": "Requested client not authorized."}, "denied", "delegation"),
    ({"error": "admin_policy_enforced"}, "policy of the Workspace administrator", "trust the app"),
    ({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, "was deleted", "new key"),
    ({"error": "invalid_grant", "error_description": "Invalid JWT: iat and exp"}, "clock", "NTP"),
])
def test_googles_refusals_are_words_with_a_mend(
    server: LoginServer, key: rsa.RSAPrivateKey, answer: dict[str, Any], what: str, mend: str
) -> None:
    server.state.trouble = Trouble(error=answer)
    with pytest.raises(TokenError) as caught:
        provider(google(server, key={"env": "K"}), K=google_key(server, key))(None)
    assert not caught.value.temporary
    assert what in caught.value.what and mend in caught.value.mend
    assert "PRIVATE KEY" not in str(caught.value)


def test_an_ended_consent_of_google_is_said(server: LoginServer) -> None:
    installed = json.dumps({"installed": {"client_id": CLIENT, "client_secret": SECRET,
                                          "token_uri": f"{server.base}/google/token"}})
    with pytest.raises(TokenError, match="seven days") as caught:
        provider(google(server, client={"env": "F"}), F=installed)("revoked")
    assert "liaison login" in caught.value.mend


def every_kind(server: LoginServer, key: rsa.RSAPrivateKey) -> list[Provider]:
    return [provider(server.microsoft(secret={"env": "S"}, timeout_seconds=0.5)),
            provider(google(server, key={"env": "K"}, timeout_seconds=0.5), K=google_key(server, key)),
            provider(server.other(secret={"env": "S"}, timeout_seconds=0.5))]


@pytest.mark.parametrize(("trouble", "words"), [
    (Trouble(down=True), "cannot be reached"), (Trouble(drip=True), "no whole answer within 0.5 seconds"),
    (Trouble(rubbish=True), "makes no sense"), (Trouble(status=503), "out of order"),
    (Trouble(rubbish=True, is_everywhere=False), "makes no sense"),
    (Trouble(half=True, is_everywhere=False), "makes no sense"),
])
def test_a_login_server_in_trouble_is_no_refusal_and_holds_nobody_up(
    server: LoginServer, key: rsa.RSAPrivateKey, trouble: Trouble, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.state.trouble = trouble
    for one in every_kind(server, key):
        began = time.monotonic()
        with pytest.raises(TokenError, match=words) as caught:
            one(None)
        assert caught.value.temporary
        assert "tries again by itself" in caught.value.mend
        assert time.monotonic() - began < 8
        assert "half-of-it" not in caplog.text + "".join(traceback.format_exception(caught.value))
    until(lambda: not any(isinstance(thread, threading.Timer) for thread in threading.enumerate()), 5, "timers")


def test_an_untrusted_login_server_is_not_told_the_secret(server: LoginServer) -> None:
    section = server.other(secret={"env": "S"})
    del section["ca_file"]
    with pytest.raises(TokenError, match="certificate is not trusted"):
        provider(section)(None)
    assert server.state.asked == []


def test_a_proxy_of_the_environment_carries_it_unread(server: LoginServer, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []

    def carry(listener: socket.socket) -> None:
        client = listener.accept()[0]
        with client, socket.create_connection(("127.0.0.1", server.port)) as target:
            heard.append(client.recv(4096))
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while ready := select.select([client, target], [], [], 5)[0]:
                data = ready[0].recv(65536)
                if not data:
                    return
                heard.append(data)
                (target if ready[0] is client else client).sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=carry, args=(listener,))
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "")
        fetched = provider(server.other(secret={"env": "S"}))(None)
        thread.join(10)
    assert fetched.access in server.state.issued
    assert heard[0].startswith(f"CONNECT localhost:{server.port} ".encode())
    assert SECRET.encode() not in b"".join(heard)


@pytest.mark.parametrize(("section", "text", "words"), [
    ({"provider": "google", "key": {"env": "T"}}, "{}", "no key file of a Google service account"),
    ({"provider": "google", "key": {"env": "T"}}, "nothing", "no JSON"),
    ({"provider": "google", "client": {"env": "T"}}, "{}", "no client file"),
    ({"provider": "microsoft", "tenant": "t", "client_id": "c", "certificate": {"env": "T"}}, "x", "no private key"),
    ({"provider": "microsoft", "tenant": "t", "client_id": "c", "secret": {"env": "U"}}, "", "app's secret is"),
])
def test_a_secret_of_another_kind_is_a_mistake_of_the_config(section: dict[str, Any], text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        provider(section, T=text).check()


# ── a person's consent ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_person_consents_by_a_device_code(server: LoginServer) -> None:
    server.state.pending = 1
    said: list[str] = []
    fetched = provider(server.microsoft()).consent(said.append, io.StringIO())
    assert "ABCD1234" in said[0] and USER in said[0]
    assert (fetched.account, fetched.refresh in server.state.refresh) == (USER, True)


def _redirect(server: LoginServer, said: str) -> str:
    """What the browser is sent to after a consent."""
    url = next(line for line in said.splitlines() if line.startswith("https://"))
    given = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    server.state.codes["the-code"] = given["code_challenge"]
    return f"{given['redirect_uri']}?{urllib.parse.urlencode({'code': 'the-code', 'state': given['state']})}"


def test_a_person_consents_in_a_browser_on_this_machine(server: LoginServer) -> None:
    visits: list[threading.Thread] = []

    def say(words: str) -> None:
        def visit() -> None:
            # A scanner that knows no state is not listened to.
            target = _redirect(server, words)
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(target.partition("?")[0] + "favicon.ico", timeout=5)
            urllib.request.urlopen(target.replace("state=", "state=x"), timeout=5).close()
            urllib.request.urlopen(target, timeout=5).close()

        visits.append(threading.Thread(target=visit))
        visits[0].start()

    server.state.refresh_lasts = 604_800
    with open("/dev/null") as nobody:
        fetched = provider(server.other(authorize_url="https://login.example.org/auth")).consent(say, nobody)
    visits[0].join(10)
    assert (fetched.refresh in server.state.refresh, fetched.refresh_lasts) == (True, 604_800)


@pytest.fixture
def keyboard() -> Iterator[tuple[TextIO, TextIO]]:
    """What is typed, and the hand that types."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as typed, os.fdopen(writing, "w") as hand:
        yield typed, hand


def test_a_person_consents_in_a_browser_elsewhere_and_pastes(
    server: LoginServer, keyboard: tuple[TextIO, TextIO]
) -> None:
    typed, hand = keyboard

    def say(words: str) -> None:
        hand.write("what?\n" + _redirect(server, words) + "\n")
        hand.flush()

    installed = json.dumps({"installed": {"client_id": CLIENT, "client_secret": SECRET,
                                          "auth_uri": "https://a.example.org",
                                          "token_uri": f"{server.base}/google/token"}})
    fetched = provider(google(server, client={"env": "F"}), F=installed).consent(say, typed)
    assert fetched.refresh in server.state.refresh
    assert fetched.access not in repr(fetched)


# ── keeping them ──────────────────────────────────────────────────────────────────────────────────────────────────


class Counting:
    """Gives t1, t2 … that last some seconds; fails when told to."""

    def __init__(self, lasts: float = 100) -> None:
        self.lasts, self.count, self.wrong = lasts, 0, None
        self.seen: list[str | None] = []
        self.slow = 0.0

    wrong: TokenError | None

    def __call__(self, refresh: str | None) -> Fetched:
        self.count += 1
        self.seen.append(refresh)
        time.sleep(self.slow)
        if self.wrong is not None:
            raise self.wrong
        return Fetched(access=f"t{self.count}", lasts=self.lasts, refresh=f"r{self.count}")


def test_a_token_is_used_until_shortly_before_its_end() -> None:
    fetch, ticks = Counting(), [0.0]
    start = datetime(2026, 11, 24, tzinfo=UTC)
    tokens = Tokens("x", fetch, Memory(), clock=lambda: start + timedelta(seconds=ticks[0]), ticks=lambda: ticks[0])
    assert (tokens.token().access, tokens.token().is_new) == ("t1", False)
    ticks[0] = 79
    assert tokens.token().access == "t1"
    ticks[0] = 81
    assert (tokens.token().access, fetch.seen) == ("t2", [None, "r1"])


def test_a_refused_token_is_not_used_again_here_or_from_the_file(tmp_path: Path) -> None:
    fetch = Counting()
    tokens = Tokens("x", fetch, TokenFile(tmp_path / "tokens"))
    tokens.refused(tokens.token().access)
    assert (tokens.token().access, tokens.token().access) == ("t2", "t2")
    assert Tokens("x", fetch, TokenFile(tmp_path / "tokens")).token().access == "t2"


def test_threads_share_one_fetch_and_one_failure() -> None:
    fetch, told = Counting(), list[str]()
    fetch.slow, fetch.wrong = 0.3, TokenError("down", temporary=True)
    tokens = Tokens("x", fetch, Memory())

    def ask() -> None:
        try:
            told.append(tokens.token().access)
        except TokenError as wrong:
            told.append(wrong.what)

    for expected in (["down"] * 6, ["t2"] * 6):
        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert told == expected
        told.clear()
        fetch.wrong = None
    assert fetch.count == 2


def test_the_file_is_for_the_bot_alone_and_survives_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "var" / "tokens"
    Tokens("x", Counting(), TokenFile(path)).token()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir() if "new" in one.name] == []
    path.chmod(0o644)
    assert TokenFile(path).get("x").access == "t1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for rubbish in ("{", "[]", '{"x": {"ends": "soon"}}', '{"x": 5}'):
        path.write_text(rubbish)
        assert TokenFile(path).get("x") == Kept()


def test_a_clock_that_was_put_back_keeps_no_token_longer(tmp_path: Path) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    fetch = Counting()
    Tokens("x", fetch, TokenFile(tmp_path / "t"), clock=lambda: now).token()
    Tokens("x", fetch, TokenFile(tmp_path / "t"), clock=lambda: now - timedelta(days=3)).token()
    assert fetch.count == 2


def test_without_a_consent_only_a_person_can_help_and_a_consent_counts_at_once() -> None:
    missing, drawer, fetch = TokenError("nobody"), Memory(), Counting()
    running = Tokens("x", fetch, drawer, missing)
    with pytest.raises(TokenError, match="nobody"):
        running.token()
    Tokens("x", fetch, drawer, missing).consent(Fetched(access="c", lasts=100, refresh="rc"))
    assert (running.token().access, fetch.count, running.kept().refresh) == ("c", 0, "rc")


def test_a_bot_with_passwords_imports_none_of_it() -> None:
    script = ("import sys, bot.cli, bot.daemon, bot.assemble, bot.commands.run\n"
              "print([name for name in ('msal', 'google.auth', 'requests', 'jwt', 'bot.tokens.door') "
              "if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
