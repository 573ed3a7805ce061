"""The courses through the mail servers: the name, the door, TLS, signing in, and what is needed behind it."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from bot.config import Mailbox, Server
from bot.doctor.steps import Doubt, Step, Untried
from bot.errors import LiaisonError, MailboxError, SendError
from bot.inbox.patient import PatientClient
from bot.login import Credential, imap_login, network_trouble, scrub, tls_context
from bot.outbox.smtp import PatientSmtp, PatientSmtpTls, SmtpTransport
from bot.patience import WAITS, addresses, connect

#: A certificate that ends within so many days is worth a word.
_FEW_DAYS = 21
_FULL = 0.95


def smtp_course(server: Server, transport: SmtpTransport, sender: str, recipient: str | None,
                now: datetime) -> list[Step]:
    """The steps to the server that sends; the last one offers a mail and takes it back, so nothing is sent. Without a
    recipient it cannot be tried."""
    limit = _whole(server)
    return [
        *door(server), Step(name="TLS", work=lambda: _smtp_tls(server, now), seconds=limit),
        Step(name="sign in", work=lambda: _smtp_sign_in(server, transport), seconds=2 * limit),
        Step(name="sender", work=lambda: _offer(server, transport, sender, recipient), seconds=limit),
    ]


def door(server: Server) -> list[Step]:
    """The name, and the port."""
    return [Step(name="DNS", work=lambda: _dns(server), seconds=_whole(server)),
            Step(name="TCP", work=lambda: _tcp(server), seconds=_whole(server))]


def _whole(server: Server) -> float:
    """How long a step may take: longer than the connection itself waits, which can say more of what was wrong."""
    return (WAITS + 2) * server.timeout_seconds


def _dns(server: Server) -> str:
    try:
        found = addresses(server.host, server.port, server.timeout_seconds)
    except OSError as error:
        raise LiaisonError(*network_trouble(error, server)) from error
    return f"{server.host} is {', '.join(sorted({str(one[4][0]) for one in found}))}."


def _tcp(server: Server) -> str:
    try:
        connect(server.host, server.port, server.timeout_seconds).close()
    except OSError as error:
        raise LiaisonError(*network_trouble(error, server)) from error
    return f"Port {server.port} answers."


def open_client(server: Server) -> IMAPClient:
    """A connection, greeted and not signed in. Raises OSError, and IMAPClientError for what is no IMAP."""
    limit = SocketTimeout(connect=server.timeout_seconds, read=server.timeout_seconds)
    return PatientClient(server.host, server.port, ssl=server.security == "tls", timeout=limit,
                         ssl_context=tls_context(server))


def certificate(cert: object, server: Server, now: datetime) -> str:
    """What is said of a certificate that is trusted and for this name; Doubt when it ends soon."""
    ends = dict(cert).get("notAfter") if isinstance(cert, dict) else None
    if ends is None:
        return "TLS works."
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(ends)), UTC)
    days = (until - now).days
    said = (f"The certificate of {server.host} is trusted, for this name, and valid until {until:%Y-%m-%d} "
            f"({days} days).")
    if days < _FEW_DAYS:
        raise Doubt(said, "The mail server's operator should renew it before.")
    return said


class ImapCourse:
    """The steps to a mailbox on an IMAP server, all on one connection. `credential` finds what opens it; it may
    raise ConfigError."""

    def __init__(self, mailbox: Mailbox, server: Server, credential: Callable[[], Credential], now: datetime) -> None:
        self._mailbox, self._server, self._credential, self._now = mailbox, server, credential, now
        self._client: IMAPClient | None = None

    def steps(self) -> list[Step]:
        """In their order."""
        limit = _whole(self._server)
        return [
            *door(self._server), Step(name="TLS", work=self._tls, seconds=limit),
            Step(name="sign in", work=self._sign_in, seconds=2 * limit),
            *(Step(name=f"folder {name}", work=partial(self._folder, name), is_alone=True)
              for name in self._mailbox.folders),
            Step(name="quota", work=self._quota, is_alone=True), Step(name="IDLE", work=self._idle, is_alone=True),
        ]

    def close(self) -> None:
        """Hang up. Never raises."""
        if self._client is not None:
            with contextlib.suppress(IMAPClientError, OSError):
                self._client.shutdown()

    def _tls(self) -> str:
        server = self._server
        try:
            self._client = client = open_client(server)
        except OSError as error:
            raise MailboxError(*network_trouble(error, server)) from error
        except (IMAPClientError, ValueError, LookupError, TypeError) as error:
            raise MailboxError(
                f"What answers on {server.host}:{server.port} is no IMAP server ({scrub(str(error), None)}).",
                "Check `host` and `port`; 993 is usual for `security: tls`, 143 for starttls.") from error
        try:
            if server.security == "starttls":
                client.starttls(tls_context(server))
        except OSError as error:
            raise MailboxError(*network_trouble(error, server)) from error
        except IMAPClientError as error:
            raise MailboxError(f"{server.host} does not offer STARTTLS on port {server.port}.",
                               "Use port 993 with `security: tls`, or let the server offer STARTTLS.") from error
        if server.security == "none":
            raise Doubt("The connection is not encrypted (`security: none`).", "Use tls, except on this very machine.")
        return certificate(client.socket().getpeercert(), server, self._now)

    def _sign_in(self) -> str:
        imap_login(self._open(), self._server, self._credential())
        return f"{self._server.user} is signed in."

    def _folder(self, name: str) -> str:
        client = self._open()
        try:
            shown = client.select_folder(name, readonly=True)
        except IMAPClientError:
            names = sorted(str(one[2]) for one in client.list_folders())
            raise MailboxError(f"There is no folder `{name}`.",
                               f"There are: {', '.join(names[:20])}. Write one of these under `folders`.") from None
        return f"It can be read, and holds {int(shown[b'EXISTS'])} messages."

    def _quota(self) -> str:
        client = self._open()
        if not client.has_capability("QUOTA"):
            return "The server tells no quota."
        try:
            _, quotas = client.get_quota_root("INBOX")
        except IMAPClientError:
            return "The server tells no quota."
        for one in quotas:
            if one.resource == "STORAGE" and one.limit and one.usage / one.limit >= _FULL:
                raise Doubt(f"The mailbox is {one.usage / one.limit:.0%} full.",
                            "Delete old mail or raise the quota: a full mailbox takes no list mail.")
        return "There is room." if quotas else "The mailbox has no quota."

    def _idle(self) -> str:
        if self._open().has_capability("IDLE"):
            return "The server wakes the bot when mail comes (IDLE)."
        raise Doubt("The server does not wake the bot (no IDLE).",
                    f"It is asked every {self._mailbox.poll_minutes:g} minutes all the same; lower `poll_minutes`.")

    def _open(self) -> IMAPClient:
        if self._client is None:
            raise MailboxError("There is no connection.")
        return self._client


def _smtp_tls(server: Server, now: datetime) -> str:
    limit = server.timeout_seconds
    try:
        if server.security == "tls":
            smtp: smtplib.SMTP = PatientSmtpTls(server.host, server.port, "[127.0.0.1]", timeout=limit,
                                                context=tls_context(server))
        else:
            smtp = PatientSmtp(server.host, server.port, "[127.0.0.1]", timeout=limit)
    except OSError as error:
        raise _smtp_trouble(error, server) from error
    try:
        if server.security == "starttls":
            smtp.starttls(context=tls_context(server))
        cert = smtp.sock.getpeercert() if isinstance(smtp.sock, ssl.SSLSocket) else None
    except smtplib.SMTPNotSupportedError as error:
        raise SendError(f"{server.host} does not offer STARTTLS on port {server.port}.",
                        "Use port 587 with `security: starttls` or 465 with `tls`, as the server offers.") from error
    except OSError as error:
        raise _smtp_trouble(error, server) from error
    finally:
        smtp.close()
    if cert is None:
        raise Doubt("The connection is not encrypted (`security: none`).", "Use starttls, except on this very machine.")
    return certificate(cert, server, now)


def _smtp_trouble(error: OSError, server: Server) -> SendError:
    """smtplib's errors are OSErrors, too; the one below them says more."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        if error.smtp_code < 200:
            return SendError(f"What answers on {server.host}:{server.port} is no SMTP server ({scrub(said, None)}).",
                             "Check `host` and `port`; 587 is usual for `security: starttls`, 465 for tls.")
        return SendError(f"{server.host} takes no connection from here ({error.smtp_code} {scrub(said, None)}).",
                         "The answer names the reason; the mail server's operator knows more.")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        inner = error.__context__
        return SendError(*network_trouble(inner if isinstance(inner, OSError) else ConnectionError(), server))
    return SendError(*network_trouble(error, server))


def _smtp_sign_in(server: Server, transport: SmtpTransport) -> str:
    transport.sign_in()
    return f"{server.user} is signed in." if server.user else "The server asks for no sign-in."


def _offer(server: Server, transport: SmtpTransport, sender: str, recipient: str | None) -> str:
    if recipient is None:
        raise Untried("To whom the liaison's mail goes is not known as long as people.yaml is broken.",
                      "Mend the files above, then run the doctor again.")
    code, reply = transport.offer(sender, recipient)
    if code // 100 != 2:
        raise SendError(
            f"{server.host} takes no mail from {sender} to {recipient} ({code} {scrub(reply, None)}).",
            f"Let {server.user or 'this machine'} send as {sender} (on Microsoft 365: grant SendAs; on Gmail: add it "
            "as an address of the account), or write another `address` or `envelope_sender` under `from`.")
    return f"Mail from {sender} to {recipient} would be taken; none was sent."
