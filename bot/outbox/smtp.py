"""Sending through a server (RFC 5321): one reused connection, one transaction per mail, an outcome for each.

    the server says            the mail is
    2xx after the final dot    sent
    4xx anywhere               deferred (421 also ends the connection)
    5xx anywhere               failed; but deferred where it tells of a full mailbox or a limit of rate
    nothing, the line breaks   before DATA: tried once more on a new connection, then SendError: nothing was handed over
                               after DATA: deferred, outcome unknown; the same Message-ID goes out again
    530 at MAIL FROM           SmtpLoginError: it would refuse every mail the same way

Mails leave evenly spaced, so many a minute at most.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import math
import re
import smtplib
import socket
import time
from collections.abc import Callable, Iterator

from bot.config import SmtpServer
from bot.errors import SendError, SmtpLoginError
from bot.faultpoints import passing
from bot.login import Credential, network_trouble, password_mend, scrub, tls_context
from bot.patience import begin, connect
from bot.replycodes import is_passing
from bot.types import Delivery, Outcome

log = logging.getLogger("bot.outbox.smtp")

#: The answer to the final dot may take longer than others (RFC 5321, 4.5.3.2.6): so many times the time limit.
DOT_PATIENCE = 4
LOST = "connection lost before the server's answer; it may have the mail"

#: A connection that is gone: the line broke, or a reply was no reply at all.
_BROKEN = (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException)
_NO_ADDRESS = re.compile(r"[\s<>\x00-\x1f\x7f]")
_LINE_END = re.compile(rb"\r\n|\r|\n")


class SmtpTransport:
    """A sending server (the Transport protocol). `clock` gives seconds that never run back, `sleep` waits."""

    def __init__(
        self,
        server: SmtpServer,
        credential: Credential,
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._server = server
        self._credential = credential
        self._password = credential if isinstance(credential, str) else None
        self._good_until = math.inf
        self._interval = 60 / per_minute
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()
        self._smtp: smtplib.SMTP | None = None

    def send(self, delivery: Delivery) -> Outcome:
        """Hand one mail over. Raises SendError or SmtpLoginError when the server takes nothing at all."""
        self._pace()
        try:
            return self._transaction(delivery)
        except _BROKEN:
            self._drop()
        try:
            return self._transaction(delivery)
        except _BROKEN as error:
            self._drop()
            raise self._lost(error) from error

    def offer(self, sender: str, recipient: str) -> tuple[int, str]:
        """The server's answer to a mail between these two, which is taken back: nothing is sent. Raises SendError."""
        smtp = self._connection()
        try:
            code, reply = smtp.mail(_ascii_domain(sender))
            if code // 100 == 2:
                code, reply = smtp.rcpt(_ascii_domain(recipient))
            smtp.rset()
        except _BROKEN as error:
            self._drop()
            raise self._lost(error) from error
        return code, reply.decode("utf-8", "replace")

    def _pace(self) -> None:
        now = self._clock()
        if now < self._free_at:
            self._sleep(self._free_at - now)
        self._free_at = max(now, self._free_at) + self._interval

    def _lost(self, error: Exception) -> SendError:
        inner = error.__context__
        return SendError(*network_trouble(inner if isinstance(inner, OSError) else ConnectionError(), self._server))

    # ── one mail ──

    def _transaction(self, delivery: Delivery) -> Outcome:
        """MAIL, RCPT, DATA. Raises what _BROKEN names only while the mail itself has not been handed over."""
        reused = self._smtp is not None
        smtp = self._connection()
        begin(smtp.sock)
        raw = _LINE_END.sub(b"\r\n", delivery.raw)
        try:
            envelope = _envelope(smtp, delivery, raw)
            code, reply = smtp.mail(envelope[0], envelope[2])
            if reused and (code == 421 or (code == 530 and self._good_until < math.inf)):
                raise smtplib.SMTPServerDisconnected("the server ended a connection, or its token, between two mails")
            if code == 530:
                raise self._not_signed_in(reply)
            if code // 100 == 2:
                code, reply = smtp.rcpt(envelope[1])
            if code // 100 == 2:
                code, reply = smtp.docmd("DATA")
        except (ValueError, smtplib.SMTPNotSupportedError) as error:
            return self._settled(Outcome(state="failed", code=None, reply=scrub(str(error), self._password)))
        if code != 354:
            return self._settled(self._outcome(code, reply))
        return self._content(smtp, raw)

    def _content(self, smtp: smtplib.SMTP, raw: bytes) -> Outcome:
        """The mail's bytes and the final dot. Whatever is lost from here on, the server may have the mail."""
        if smtp.sock is not None:
            smtp.sock.settimeout(self._server.timeout_seconds * DOT_PATIENCE)
        try:
            smtp.send(_stuffed(raw))
            passing("data-sent")
            code, reply = smtp.getreply()
        except _BROKEN:
            self._drop()
            log.warning("connection-lost-after-data host=%s", self._server.host)
            return Outcome(state="deferred", code=None, reply=LOST, unanswered=True)
        if smtp.sock is not None:
            smtp.sock.settimeout(self._server.timeout_seconds)
        return self._outcome(code, reply) if code == 421 else self._outcome(code, reply, clean=True)

    def _outcome(self, code: int, reply: bytes, clean: bool = False) -> Outcome:
        text = scrub(reply.decode("utf-8", "replace"), self._password)
        if code == 421 or code < 0:
            self._drop()
        if clean and code // 100 == 2:
            return Outcome(state="sent", code=code, reply=text)
        failed = code // 100 == 5 and not is_passing(code, text)
        return Outcome(state="failed" if failed else "deferred", code=code if code > 0 else None, reply=text)

    def _settled(self, outcome: Outcome) -> Outcome:
        """The outcome of a transaction that broke off; the server is told to forget the rest of it."""
        if self._smtp is not None:
            try:
                code = self._smtp.rset()[0]
            except (smtplib.SMTPException, OSError):
                code = -1
            if code // 100 != 2:  # the rest of it would hang on the next mail
                self._drop()
        return outcome

    def _not_signed_in(self, reply: bytes) -> SmtpLoginError:
        self._drop()
        return SmtpLoginError(
            f"{self._server.host} takes no mail without signing in ({scrub(reply.decode('utf-8', 'replace'), None)}).",
            "Set `user` and `password` (or `oauth`) under `smtp`, and `security` to starttls or tls.",
        )

    # ── the connection ──

    def sign_in(self) -> None:
        """Connect and sign in, if that is not done yet, and send nothing. Raises SendError or SmtpLoginError."""
        self._connection()

    def _connection(self) -> smtplib.SMTP:
        if self._smtp is not None and self._clock() >= self._good_until:
            # Its token ends soon.
            self.close()
        if self._smtp is None:
            with self._guarded():
                self._connect()
        if self._smtp is None:
            raise SendError(f"{self._server.host} is not connected.")
        return self._smtp

    def _connect(self) -> None:
        server, context = self._server, tls_context(self._server)
        limit, name = server.timeout_seconds, _own_name()
        if server.security == "tls":
            self._smtp = PatientSmtpTls(server.host, server.port, name, timeout=limit, context=context)
        else:
            self._smtp = PatientSmtp(server.host, server.port, name, timeout=limit)
        if server.security == "starttls":
            self._smtp.starttls(context=context)
        self._smtp.ehlo_or_helo_if_needed()
        self._good_until = math.inf
        if server.user is not None:
            self._sign_in(self._smtp, server.user)

    def _sign_in(self, smtp: smtplib.SMTP, user: str) -> None:
        if self._credential is not None and not isinstance(self._credential, str):
            self._good_until = self._credential.smtp(smtp)
            return
        if self._password is None:
            raise SmtpLoginError(f"No password is set for {user} at {self._server.host}.", "Set `password` for `smtp`.")
        if (user + self._password).isascii():
            smtp.login(user, self._password)
            return
        # smtplib encodes in ASCII only; SASL PLAIN is UTF-8 (RFC 4616).
        secret = base64.b64encode(f"\0{user}\0{self._password}".encode()).decode()
        code, reply = smtp.docmd("AUTH", f"PLAIN {secret}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, reply)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Whatever fails while connecting closes the connection and comes out as SendError or SmtpLoginError."""
        try:
            yield
        except SendError:
            self._drop()
            raise
        except smtplib.SMTPServerDisconnected as error:
            self._drop()
            raise self._lost(error) from error
        except smtplib.SMTPException as error:
            self._drop()
            # smtplib's exceptions may quote what was said while signing in.
            raise self._refused(error) from None
        except (OSError, ValueError) as error:
            self._drop()
            raise SendError(*network_trouble(error, self._server)) from error

    def _refused(self, error: smtplib.SMTPException) -> SendError:
        host = self._server.host
        if isinstance(error, smtplib.SMTPNotSupportedError):
            wanted = "STARTTLS" if "STARTTLS" in str(error) else "a way to sign in"
            return SendError(f"{host} does not offer {wanted} here.", "Check `port` and `security` under `smtp`.")
        code, said = self._said(error)
        if isinstance(error, smtplib.SMTPAuthenticationError) and code // 100 == 5:
            return SmtpLoginError(
                f"{host} refused the user or password of {self._server.user} ({said}).",
                password_mend(host),
            )
        return SendError(f"{host} takes no mail just now ({said}).", "The bot tries again by itself.")

    def _said(self, error: smtplib.SMTPException) -> tuple[int, str]:
        if not isinstance(error, smtplib.SMTPResponseException):
            return 0, type(error).__name__
        text = error.smtp_error
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return error.smtp_code, scrub(f"{error.smtp_code} {text}", self._password)

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def close(self) -> None:
        """Say QUIT, without waiting long for the answer. Never raises."""
        if self._smtp is not None and self._smtp.sock is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._smtp.sock.settimeout(2)
                self._smtp.quit()
        self._drop()


class PatientSmtp(smtplib.SMTP):
    """SMTP whose answers, the greeting among them, take no longer than `bot.patience` allows."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connect(host, port, timeout)


class PatientSmtpTls(smtplib.SMTP_SSL):
    """The same with TLS from the first byte on; the context makes its sockets."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = connect(host, port, timeout)
        try:
            return self.context.wrap_socket(plain, server_hostname=host)
        except (OSError, ValueError):
            plain.close()
            raise


def _own_name() -> str:
    """The name for EHLO, without asking DNS: that may take longer than any time limit."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _envelope(smtp: smtplib.SMTP, delivery: Delivery, raw: bytes) -> tuple[str, str, list[str]]:
    """Envelope sender, recipient and the options of MAIL FROM. Raises ValueError for what the server cannot take."""
    sender, recipient = _ascii_domain(delivery.envelope_sender), _ascii_domain(delivery.recipient)
    options = []
    if smtp.has_extn("size"):
        largest = smtp.esmtp_features["size"].strip()
        if largest.isdecimal() and 0 < int(largest) < len(raw):
            raise ValueError(f"552 5.3.4 the mail has {len(raw)} bytes, the server takes at most {largest}")
        options.append(f"SIZE={len(raw)}")
    if not raw.isascii() and smtp.has_extn("8bitmime"):
        options.append("BODY=8BITMIME")
    if not (sender + recipient).isascii() or not raw.partition(b"\r\n\r\n")[0].isascii():
        options.append("SMTPUTF8")
    return sender, recipient, options


def _ascii_domain(address: str) -> str:
    """The address with its domain as IDNA (RFC 5890): then most need no SMTPUTF8. Raises ValueError for no address."""
    local, _, domain = address.rpartition("@")
    if _NO_ADDRESS.search(address):
        raise ValueError("501 5.1.3 the address holds characters that no address can have")
    return address if domain.isascii() else f"{local}@{domain.encode('idna').decode('ascii')}"


def _stuffed(raw: bytes) -> bytes:
    """The content with dots doubled at the start of lines and the final dot (RFC 5321, 4.5.2)."""
    body = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    return (b"\r\n" + body).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
