"""A mail server's door, opened by tokens: IMAP and SMTP, and plain words when the server does not take one.

A token that the server refuses is fetched anew once, for it may have been revoked before its end; a new one that is
refused, too, is told. What a server cannot tell just now says nothing about the token.
"""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from bot.config import Server
from bot.errors import LoginError, MailboxError, SendError, SmtpLoginError, TokenError
from bot.login import TRY_LATER, scrub
from bot.tokens import sasl
from bot.tokens.keeper import Tokens
from bot.tokens.mends import Refusal, imap_mend, smtp_mend
from bot.tokens.values import Held


@dataclass(frozen=True, kw_only=True, slots=True)
class _Refused:
    """A server said no: its words, and whether the token was new."""

    said: str
    held: Held


class TokenLogin:
    """Signs in to one server by tokens (the TokenWay shape). `client` is the app that asks, `kind` the provider."""

    def __init__(self, tokens: Tokens, server: Server, mailbox: str, kind: str, client: str, *,
                 wants_consent: bool) -> None:
        self.tokens = tokens
        self._server = server
        self._mailbox = mailbox
        self._kind, self._client, self._wants_consent = kind, client, wants_consent

    def _open(self, offered: Sequence[str], attempt: Callable[[str], float | _Refused], mend: Callable[[Refusal], str],
              refused: type[LoginError] | type[SmtpLoginError]) -> float:
        """What both kinds of servers have in common: a token that was kept is tried once more, as a new one."""
        mechanism = sasl.choose(list(offered))
        if mechanism is None:
            raise refused(f"{self._server.host} takes no tokens here (it offers neither OAUTHBEARER nor XOAUTH2).",
                          "Check `host`, `port` and `security`; or use a `password` instead of `oauth`.")
        outcome = attempt(mechanism)
        if isinstance(outcome, _Refused) and not outcome.held.is_new:
            outcome = attempt(mechanism)
        if isinstance(outcome, _Refused):
            raise refused(self._what(outcome.said), mend(self._refusal(outcome.said)))
        return outcome

    # ── IMAP ──

    def imap(self, client: IMAPClient) -> float:
        """Sign in; until when the connection should be used, by the clock that never runs back. Raises LoginError when
        refused, MailboxError when nobody can tell just now."""
        offered = [name for name in sasl.MECHANISMS if client.has_capability(f"AUTH={name}")]
        return self._open(offered, partial(self._imap_try, client), imap_mend, LoginError)

    def _imap_try(self, client: IMAPClient, mechanism: str) -> float | _Refused:
        try:
            held = self.tokens.token()
        except TokenError as wrong:
            raise (MailboxError if wrong.temporary else LoginError)(wrong.what, wrong.mend) from wrong
        heard: list[bytes] = []

        def speak(challenge: bytes) -> bytes:
            # The server's first challenge says nothing, a second one is its error.
            heard.append(challenge)
            if len(heard) == 1:
                return sasl.first(mechanism, self._mailbox, held.access, self._server.host, self._server.port)
            return sasl.answer_to_error(mechanism)

        try:
            client.sasl_login(mechanism, speak)
        except IMAPClientError as error:
            if isinstance(error.__context__, IMAPClientAbortError):
                raise error.__context__ from None
            said = self._said(str(error), heard[-1] if heard else b"", held)
            if TRY_LATER.search(said):
                raise MailboxError(f"{self._server.host} cannot sign anyone in just now ({said}).",
                                   imap_mend(self._refusal(said))) from None
            self.tokens.refused(held.access)
            return _Refused(said=said, held=held)
        return held.good_until

    # ── SMTP ──

    def smtp(self, smtp: smtplib.SMTP) -> float:
        """Sign in (RFC 4954); until when the connection should be used. Raises SmtpLoginError when refused, SendError
        when nobody can tell just now."""
        offered = smtp.esmtp_features.get("auth", "").split()
        return self._open(offered, partial(self._smtp_try, smtp), smtp_mend, SmtpLoginError)

    def _smtp_try(self, smtp: smtplib.SMTP, mechanism: str) -> float | _Refused:
        try:
            held = self.tokens.token()
        except TokenError as wrong:
            raise (SendError if wrong.temporary else SmtpLoginError)(wrong.what, wrong.mend) from wrong
        words = sasl.first(mechanism, self._mailbox, held.access, self._server.host, self._server.port)
        code, reply = smtp.docmd("AUTH", f"{mechanism} {base64.b64encode(words).decode()}")
        error = b""
        if code == 334:
            error = _decoded(reply)
            code, reply = smtp.docmd(base64.b64encode(sasl.answer_to_error(mechanism)).decode())
        if code == 235:
            return held.good_until
        said = self._said(f"{code} {reply.decode('utf-8', 'replace')}", error, held)
        if code < 0:
            raise smtplib.SMTPServerDisconnected("the server closed the connection")
        if code // 100 == 4:
            raise SendError(f"{self._server.host} cannot sign anyone in just now ({said}).", "The bot tries again.")
        self.tokens.refused(held.access)
        return _Refused(said=said, held=held)

    # ── words ──

    def _said(self, answer: str, error: bytes, held: Held) -> str:
        words = sasl.error_words(error)
        return scrub(f"{answer}; {words}" if words else answer, held.access)

    def _what(self, said: str) -> str:
        return f"{self._server.host} did not take the token for {self._mailbox} ({said})."

    def _refusal(self, said: str) -> Refusal:
        return Refusal(kind=self._kind, client=self._client, user=self._server.user or "", mailbox=self._mailbox,
                       wants_consent=self._wants_consent, account=self.tokens.kept().account, said=said)


def _decoded(reply: bytes) -> bytes:
    try:
        return base64.b64decode(reply, validate=True)
    except ValueError:
        return b""
