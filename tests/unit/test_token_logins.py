"""Signing in by tokens to real servers: Dovecot, Postfix, and one that offers a mechanism of the test's choosing."""

from __future__ import annotations

import base64
import json
import logging
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from click.testing import CliRunner

from bot.cli import main
from bot.config import Config, load_config
from bot.errors import LoginError, MailboxError, SendError, SmtpLoginError
from bot.inbox.imap import ImapSource
from bot.logins import Logins, try_imap, try_smtp
from bot.outbox.smtp import SmtpTransport
from bot.tokens import sasl
from tests.faults import ScriptedServer, ScriptedSMTP
from tests.loginserver import SECRET, LoginServer, Trouble
from tests.servers import MailServers
from tests.unit.builders import write_config
from tests.unit.test_smtp import mail

_CONFIG = """\
library: {{name: Prairie Lakes College Library, time_zone: America/Chicago, liaison: robin}}
mailboxes:
  - name: lists
    imap: {{host: localhost, port: {imap}, user: {user}, oauth: {oauth}, ca_file: {ca}, timeout_seconds: 5{more}}}
sending:
  from: {{name: Library Digest, address: digest@library.example.edu}}
  smtp: {{host: localhost, port: {smtp}, user: {user}, oauth: same, ca_file: {ca}, timeout_seconds: 5}}
trust: {{authentication_server: mx.library.example.edu}}
store: var/store.db
rules: rules
"""


class Campus:
    """Mail servers, a login server, and configs for them."""

    def __init__(self, folder: Path, servers: MailServers, login: LoginServer, user: str) -> None:
        self.folder, self.servers, self.login, self.user = folder, servers, login, user
        login.state.user = user
        (folder / "secret").write_text(SECRET + "\n")
        (folder / "secret").chmod(0o600)

    def config(self, oauth: dict[str, object] | None = None, **changed: object) -> Config:
        """A config, written and read."""
        section = oauth or self.login.other(secret={"file": str(self.folder / "secret")})
        given = {"imap": self.servers.imap_port, "smtp": self.servers.smtp_port, "user": self.user, "more": "",
                 "ca": self.servers.ca_file, "oauth": json.dumps(section)} | changed
        return load_config(write_config(self.folder, _CONFIG.format(**given)))

    def source(self, config: Config, logins: Logins) -> ImapSource:
        """The mailbox of a config."""
        return ImapSource(config.mailboxes[0], "INBOX", logins.imap(config.mailboxes[0]))

    def transport(self, config: Config, logins: Logins) -> SmtpTransport:
        """The sending server of a config."""
        assert config.sending.smtp is not None
        return SmtpTransport(config.sending.smtp, logins.smtp(config.sending.smtp), 60_000)


@pytest.fixture
def campus(tmp_path: Path, mail_servers: MailServers, user: str) -> Iterator[Campus]:
    with LoginServer(mail_servers) as login:
        yield Campus(tmp_path, mail_servers, login, f"token-{user}")


def asked(campus: Campus) -> int:
    """How many tokens were asked for."""
    return len(campus.login.state.asked)


# ── good tokens ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mechanism", sasl.MECHANISMS)
def test_both_servers_take_a_token_by_either_mechanism(
    campus: Campus, mechanism: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sasl, "MECHANISMS", (mechanism,))
    config = campus.config()
    logins = Logins(config)
    try_imap(config, config.mailboxes[0], logins)
    try_smtp(config, logins)
    assert asked(campus) == 1
    assert set(campus.login.state.shown) == set(campus.login.state.issued)


def test_the_mechanism_is_what_the_server_offers() -> None:
    assert [sasl.choose(names) for names in (["PLAIN", "xoauth2"], ["XOAUTH2", "OAUTHBEARER"], ["PLAIN"], [])] == [
        "XOAUTH2", "OAUTHBEARER", None, None]
    assert sasl.first("OAUTHBEARER", "a=b,c@x", "T", "h", 1) == (
        b"n,a=a=3Db=2Cc@x,\x01host=h\x01port=1\x01auth=Bearer T\x01\x01")
    assert sasl.first("XOAUTH2", "a@x", "T", "h", 1) == b"user=a@x\x01auth=Bearer T\x01\x01"


def test_a_shared_mailbox_is_opened_by_another_account(campus: Campus) -> None:
    config = campus.config(user="deputy", more=f", mailbox: {campus.user}")
    try_imap(config, config.mailboxes[0])


def test_a_token_is_taken_from_the_file_by_the_next_process(campus: Campus) -> None:
    for _ in range(2):
        config = campus.config()
        try_imap(config, config.mailboxes[0], Logins(config))
    assert asked(campus) == 1


def test_tokens_may_be_kept_in_memory_alone(campus: Campus) -> None:
    config = campus.config(campus.login.other(secret={"file": str(campus.folder / "secret")}, keep="memory"))
    logins = Logins(config)
    try_imap(config, config.mailboxes[0], logins)
    try_smtp(config, logins)
    assert asked(campus) == 1
    assert not any("tokens" in path.name for path in campus.folder.rglob("*"))


# ── tokens that end ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_revoked_token_is_fetched_anew_once(campus: Campus) -> None:
    config = campus.config()
    logins = Logins(config)
    try_imap(config, config.mailboxes[0], logins)
    campus.login.revoke()
    try_imap(config, config.mailboxes[0], logins)
    campus.login.revoke()
    try_smtp(config, logins)
    assert asked(campus) == 3


def test_a_connection_is_renewed_when_its_token_ends(campus: Campus) -> None:
    config = campus.config()
    logins = Logins(config)
    source, transport = campus.source(config, logins), campus.transport(config, logins)
    with ExitStack() as stack:
        stack.callback(source.close)
        stack.callback(transport.close)
        source.sign_in()
        transport.sign_in()
        before = asked(campus)
        vars(source)["_good_until"] = vars(transport)["_good_until"] = 0.0
        logins.by_tokens()[0].tokens.refused(next(iter(campus.login.state.issued)))
        first, mailer = source._client, transport._smtp
        assert not source.wait(30, lambda: False)
        assert transport.send(mail(1, recipient="dana@example.edu")).state == "sent"
        list(source.batches(None, datetime.now(UTC)))
        assert source._client is not first and transport._smtp is not mailer
        assert asked(campus) == before + 1


# ── refusals, in words ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_token_for_another_user_is_told_with_its_mend(campus: Campus, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    campus.login.state.user = "somebody-else"
    config = campus.config()
    with pytest.raises(LoginError) as imap:
        try_imap(config, config.mailboxes[0])
    with pytest.raises(SmtpLoginError) as smtp:
        try_smtp(config)
    for caught in (imap.value, smtp.value):
        assert f"localhost did not take the token for {campus.user}" in caught.what
        assert "The token must be for" in caught.mend
    assert not any(secret in text for secret in campus.login.secrets()
                   for text in (caplog.text, str(imap.value), str(smtp.value)))


def test_exchanges_missing_grants_are_named(campus: Campus) -> None:
    campus.login.state.user = "somebody-else"
    config = campus.config(campus.login.microsoft(secret={"file": str(campus.folder / "secret")}))
    with pytest.raises(LoginError, match=r"New-ServicePrincipal -AppId 6666.*Add-MailboxPermission -Identity token-"):
        try_imap(config, config.mailboxes[0])
    with pytest.raises(SmtpLoginError, match=r"Add-RecipientPermission token-.*SMTP\.SendAsApp"):
        try_smtp(config)


@pytest.mark.parametrize(("trouble", "temporary", "words"), [
    (Trouble(down=True), True, "cannot be reached"), (Trouble(rubbish=True), True, "makes no sense"),
    (Trouble(status=503), True, "out of order"),
    (Trouble(status=401, error={"error": "invalid_client"}), False, "its secret is wrong"),
])
def test_no_token_is_told_by_both_servers_logins(
    campus: Campus, trouble: Trouble, temporary: bool, words: str
) -> None:
    campus.login.state.trouble = trouble
    config = campus.config()
    with pytest.raises(MailboxError, match=words) as imap:
        try_imap(config, config.mailboxes[0])
    with pytest.raises(SendError, match=words) as smtp:
        try_smtp(config)
    assert isinstance(imap.value, LoginError) is isinstance(smtp.value, SmtpLoginError) is not temporary
    assert imap.value.temporary is smtp.value.temporary is temporary
    campus.login.state.trouble = Trouble()
    try_imap(config, config.mailboxes[0])


def test_a_server_that_cannot_ask_whose_token_it_is_says_nothing_about_it(campus: Campus) -> None:
    config = campus.config()
    logins = Logins(config)
    logins.by_tokens()[0].tokens.token()
    campus.login._http.shutdown()
    campus.login._http.server_close()
    with pytest.raises(MailboxError, match="cannot sign anyone in just now") as caught:
        try_imap(config, config.mailboxes[0], logins)
    assert caught.value.temporary
    assert asked(campus) == 1
    campus.login._http = campus.login._https


class TokenSMTP(ScriptedSMTP):
    """Takes XOAUTH2 only, as Exchange does, and says why not (RFC 7628, 3.2.2)."""

    command_size_limit = 12_288

    async def auth_XOAUTH2(self, _: SMTP, words: list[str]) -> AuthResult:  # noqa: N802
        given = base64.b64decode(words[1]).decode()
        if "Bearer token-" in given and self.event_handler.is_kind:
            return AuthResult(success=True, auth_data=given)
        error = base64.b64encode(b'{"status":"401","schemes":"bearer","scope":"mail"}').decode()
        self.event_handler.answered = await self.challenge_auth(error, encode_to_b64=False)
        return AuthResult(success=False, handled=False)


class TokenServer(ScriptedServer):
    """An SMTP server with that one mechanism behind STARTTLS."""

    def factory(self) -> TokenSMTP:
        return TokenSMTP(self.scripted, hostname="mx.example.net", tls_context=self.tls, require_starttls=True,
                         auth_required=True, auth_exclude_mechanism=["LOGIN", "PLAIN"])


@pytest.fixture
def exchange(mail_servers: MailServers) -> Iterator[TokenServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(mail_servers.root / "cert.pem", mail_servers.root / "key.pem")
    server = TokenServer(tls=context)
    vars(server.scripted).update(is_kind=True, answered=None)
    server.start()
    yield server
    server.stop()


def test_smtp_by_xoauth2_alone_and_its_error_is_answered(campus: Campus, exchange: TokenServer) -> None:
    config = campus.config(smtp=exchange.port)
    logins = Logins(config)
    transport = campus.transport(config, logins)
    assert transport.send(mail(1)).state == "sent"
    transport.close()
    exchange.scripted.is_kind = False  # type: ignore[attr-defined]
    with pytest.raises(SmtpLoginError, match=r"535.*; 401\)"):
        try_smtp(config, logins)
    assert exchange.scripted.answered == b""  # type: ignore[attr-defined]


def test_a_token_that_ends_between_two_mails_is_renewed_without_a_word(campus: Campus, exchange: TokenServer) -> None:
    config = campus.config(smtp=exchange.port)
    transport = campus.transport(config, Logins(config))
    assert transport.send(mail(1)).state == "sent"
    exchange.scripted.script.replies["MAIL"] = ["530 5.7.57 Client not authenticated"]
    assert transport.send(mail(2)).state == "sent"
    transport.close()
    assert len(exchange.scripted.messages) == 2


def test_a_server_without_tokens_is_said(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    config = campus.config()
    monkeypatch.setattr(sasl, "MECHANISMS", ("UNHEARD-OF",))
    with pytest.raises(LoginError, match="takes no tokens here"):
        try_imap(config, config.mailboxes[0])
    with pytest.raises(SmtpLoginError, match="takes no tokens here"):
        try_smtp(config)
    assert asked(campus) == 0


# ── liaison login ─────────────────────────────────────────────────────────────────────────────────────────────────


def run(campus: Campus, *words: str) -> tuple[int, str]:
    """`liaison …` with the campus's config."""
    done = CliRunner().invoke(main, [*words, "--config", str(campus.folder / "config.yaml")], input="")
    return done.exit_code, done.output


def test_login_guides_the_consent_and_is_idempotent(campus: Campus, caplog: pytest.LogCaptureFixture) -> None:
    campus.config(campus.login.microsoft())
    assert run(campus, "check")[0] == 1
    code, said = run(campus, "login")
    assert code == 0, said
    assert "ABCD1234" in said and "consent given" in said
    assert "IMAP login of lists at localhost: good" in said and "SMTP login at localhost: good" in said
    before = asked(campus)
    code, said = run(campus, "login")
    assert (code, asked(campus)) == (0, before)
    assert "ABCD1234" not in said
    assert "Nobody has consented" not in run(campus, "check")[1]
    assert not any(secret in said + caplog.text for secret in campus.login.secrets())
    assert "ABCD1234" in run(campus, "login", "--again")[1]


def test_login_keeps_no_consent_of_another_account(campus: Campus) -> None:
    campus.config(campus.login.microsoft())
    campus.login.state.user = "kim@example.org"
    code, said = run(campus, "login")
    assert code == 1
    assert f"The consent was given by kim@example.org, but `user` is {campus.user}" in said
    assert not Path(campus.config(campus.login.microsoft()).tokens).exists()


def test_login_tells_what_is_wrong_and_ends_with_one(campus: Campus) -> None:
    campus.config()
    (campus.folder / "secret").write_text("wrong")
    code, said = run(campus, "login")
    assert code == 1
    assert "its secret is wrong" in said and "Traceback" not in said
