"""Which credential opens which server: passwords, or tokens that are fetched and kept; what of them ends, and when.

Everything that signs in goes this way: the daemon, `once`, `check`, `login`, and whoever tries a login (`try_imap`,
`try_smtp`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.config import Config, Mailbox, Server, SmtpServer
from bot.errors import ConfigError
from bot.inbox.imap import ImapSource
from bot.login import Credential, password
from bot.oauth import Ending, Google, Microsoft, Other
from bot.outbox.smtp import SmtpTransport
from bot.section import Secret

if TYPE_CHECKING:
    from bot.tokens.drawer import Drawer
    from bot.tokens.keeper import Tokens
    from bot.tokens.provider import Provider

AnyOAuth = Microsoft | Google | Other


@dataclass(frozen=True, kw_only=True)
class Login:
    """One login by tokens: who gets them, and where they are used (`places`, as in "IMAP lists")."""

    tokens: Tokens
    provider: Provider
    oauth: AnyOAuth
    user: str
    places: tuple[str, ...]


class Logins:
    """The credentials of one config."""

    def __init__(self, config: Config, environ: Mapping[str, str] = os.environ,
                 credentials_dir: str | None = None) -> None:
        self._config = config
        self._environ = environ
        self._directory = credentials_dir or environ.get("CREDENTIALS_DIRECTORY")
        self._by_name: dict[str, Login] = {}
        self._drawers: dict[str, Drawer] = {}

    def imap(self, mailbox: Mailbox) -> Credential:
        """What opens a mailbox. Raises ConfigError when a secret cannot be found."""
        server = mailbox.imap
        if server is None:
            return None
        if server.oauth is not None:
            return self._way(server, server.oauth, f"IMAP {mailbox.name}")
        return self._password(server.password)

    def smtp(self, server: SmtpServer) -> Credential:
        """What opens the sending server. Raises ConfigError when a secret cannot be found."""
        if server.oauth is not None:
            return self._way(server, self._as_read() if server.oauth == "same" else server.oauth, "SMTP")
        return self._password(server.password)

    @property
    def has_tokens(self) -> bool:
        """Whether any server is opened by tokens."""
        servers = [self._config.sending.smtp, *(box.imap for box in self._config.mailboxes)]
        return any(server is not None and server.oauth is not None for server in servers)

    def by_tokens(self) -> list[Login]:
        """All logins by tokens. Raises ConfigError when a secret cannot be found."""
        for mailbox in self._config.mailboxes:
            self.imap(mailbox)
        if self._config.sending.smtp is not None:
            self.smtp(self._config.sending.smtp)
        return list(self._by_name.values())

    def endings(self) -> Iterator[Ending]:
        """What ends some day, as far as it is known."""
        for login in self.by_tokens():
            try:
                found = login.provider.secret_end()
            except ConfigError:
                found = None
            if found is not None:
                yield Ending(name=f"secret:{login.tokens.name}", what=found[0], when=found[1],
                             mend=_new_secret(login.oauth))
            ends = login.tokens.kept().refresh_ends if login.oauth.wants_consent else None
            if ends is not None:
                yield Ending(name=f"consent:{login.tokens.name}", what=f"The consent of {login.user}", when=ends,
                             mend="Give it again before that day: liaison login --again")

    # ── passwords ──

    def _password(self, secret: Secret | None) -> str | None:
        return None if secret is None else password(secret, self._environ, self._directory)

    # ── tokens ──

    def _as_read(self) -> AnyOAuth:
        return next(box.imap.oauth for box in self._config.mailboxes if box.imap is not None and box.imap.oauth)

    def _way(self, server: Server, oauth: AnyOAuth, place: str) -> Credential:
        from bot.tokens.door import TokenLogin

        mailbox = server.mailbox or server.user or ""
        if isinstance(oauth, Google) and oauth.key is not None:
            mailbox = oauth.subject or mailbox
            user = mailbox
        else:
            user = server.user or ""
        login = self._login(oauth, user, place)
        client = "the service account" if isinstance(oauth, Google) else oauth.client_id
        return TokenLogin(login.tokens, server, mailbox, oauth.provider, client, wants_consent=oauth.wants_consent)

    def _login(self, oauth: AnyOAuth, user: str, place: str) -> Login:
        """One and the same for all servers that the same tokens open: what one fetches, the other uses."""
        from bot.errors import TokenError
        from bot.tokens.keeper import Tokens
        from bot.tokens.provider import Places, Provider

        name = _name(oauth, user)
        known = self._by_name.get(name)
        if known is None:
            provider = Provider(oauth, user, Places(environ=self._environ, credentials=self._directory))
            provider.check()
            missing = TokenError(f"Nobody has consented yet that the bot may use the mailbox of {user}.",
                                 "Run: liaison login") if oauth.wants_consent else None
            known = Login(tokens=Tokens(name, provider, self._drawer(oauth.keep), missing), provider=provider,
                          oauth=oauth, user=user, places=())
        places = tuple(dict.fromkeys((*known.places, place)))
        self._by_name[name] = Login(tokens=known.tokens, provider=known.provider, oauth=known.oauth, user=known.user,
                                    places=places)
        return self._by_name[name]

    def _drawer(self, keep: str) -> Drawer:
        from bot.tokens.drawer import Memory, TokenFile

        if keep not in self._drawers:
            self._drawers[keep] = Memory() if keep == "memory" else TokenFile(self._config.tokens)
        return self._drawers[keep]


def _name(oauth: AnyOAuth, user: str) -> str:
    """What a login is called in the token file: another app, tenant or user is another login."""
    if isinstance(oauth, Microsoft):
        return f"microsoft {oauth.tenant} {oauth.client_id} {user if oauth.wants_consent else 'app'}"
    if isinstance(oauth, Google):
        return f"google {'key' if oauth.key is not None else 'client'} {user}"
    return f"other {oauth.token_url} {oauth.client_id} {user}"


def _new_secret(oauth: AnyOAuth) -> str:
    if isinstance(oauth, Microsoft) and oauth.certificate is not None:
        return ("Make a new certificate, upload its public half in Entra (App registrations, Certificates & secrets), "
                "and put it with its key where `certificate` points.")
    day = "and its own end as `secret_expires`"
    if isinstance(oauth, Microsoft):
        return ("Make a new client secret in Entra (App registrations, Certificates & secrets), put its Value where "
                f"`secret` points, {day}.")
    return f"Make a new one, put it where config.yaml points, {day}."


# ── trying ──


def try_imap(config: Config, mailbox: Mailbox, logins: Logins | None = None) -> None:
    """Connect and sign in to a mailbox by the daemon's own code, and out again. Raises what the daemon would meet:
    MailboxError, LoginError, ConfigError. Does nothing for a mailbox that is no IMAP account."""
    if mailbox.imap is None:
        return
    source = ImapSource(mailbox, mailbox.folders[0], (logins or Logins(config)).imap(mailbox))
    try:
        source.sign_in()
    finally:
        source.close()


def try_smtp(config: Config, logins: Logins | None = None) -> None:
    """Connect and sign in to the sending server by the daemon's own code, and send nothing. Raises SendError,
    SmtpLoginError or ConfigError. Does nothing where mails go into a folder."""
    server = config.sending.smtp
    if server is None:
        return
    transport = SmtpTransport(server, (logins or Logins(config)).smtp(server), config.sending.per_minute)
    try:
        transport.sign_in()
    finally:
        transport.close()
