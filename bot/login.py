"""Getting through a mail server's door: the password's hiding place, TLS, signing in, and plain words for what fails.

Reading and sending share this. A secret is held as a plain `str` only between `password` and the sign-in; no text,
repr or log line made here contains it. Signing in by tokens (RFC 7628) is in `bot.tokens`.
"""

from __future__ import annotations

import logging
import math
import re
import smtplib
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from bot.config import Server
from bot.errors import ConfigError, LoginError, MailboxError
from bot.patience import NameTimeoutError, PatientTls
from bot.section import Secret

log = logging.getLogger("bot.login")

#: Answers to a sign-in that say nothing about the password (RFC 5530), and what Exchange and Gmail write instead.
TRY_LATER = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN|THROTTLED|OVERQUOTA)\]"
    r"|too many|not connected|try again|temporar|timed? ?out",
    re.IGNORECASE,
)
_PLAIN_ATOM = re.compile(r"[A-Za-z0-9._@+=~-]+")


# ── the password ──────────────────────────────────────────────────────────────────────────────────────────────────


def password(
    secret: Secret, environ: Mapping[str, str], credentials_dir: str | Path | None, name: str = "password",
) -> str:
    """The password that `secret` points to: an environment variable, a file, or a systemd credential.

    `credentials_dir` is what systemd gives as $CREDENTIALS_DIRECTORY; `name` is what it is called in errors. One line
    end at the end of a file is not part of the password. Raises ConfigError when nothing is there, or when it is
    nothing a password can be.
    """
    text, place = whole_text(secret, environ, credentials_dir, name)
    return _usable(text.removesuffix("\n").removesuffix("\r"), place, name)


def whole_text(
    secret: Secret, environ: Mapping[str, str], credentials_dir: str | Path | None, name: str,
) -> tuple[str, str]:
    """What `secret` points to, with all its lines, and the place in words. Raises ConfigError when nothing is there."""
    if secret.env is not None:
        return _from_environment(secret.env, environ, name), f"the environment variable {secret.env}"
    if secret.file is not None:
        return _from_file(secret.file, name), f"the file {secret.file}"
    given = secret.credential or ""
    return _from_credential(given, credentials_dir, name), f"the credential {given}"


def _from_environment(variable: str, environ: Mapping[str, str], name: str) -> str:
    if variable not in environ:
        raise ConfigError(
            f"The {name} is expected in the environment variable {variable}, which is not set.",
            f"Set {variable} before the bot starts, or name a `file` or `credential` in config.yaml.",
        )
    return environ[variable]


def _from_file(path: Path, name: str) -> str:
    text = _read(path, f"Write the {name} into {path}, readable for the bot's user only (chmod 600).", name)
    if path.stat().st_mode & 0o004:
        log.warning("password-file-readable-by-all file=%s mend='chmod 600'", path)
    return text


def _from_credential(credential: str, directory: str | Path | None, name: str) -> str:
    if directory is None or not str(directory):
        raise ConfigError(
            f"The {name} is expected as the systemd credential {credential}, but the bot was not started by systemd.",
            "Start it as a service with LoadCredential=, or name an `env` or `file` in config.yaml.",
        )
    mend = f"Add LoadCredential={credential}:/path/to/it to the service, and restart it."
    return _read(Path(directory) / credential, mend, name)


def _read(path: Path, mend: str, name: str) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"The {name} file {path} is not UTF-8 text.", mend) from None
    except OSError as error:
        raise ConfigError(f"The {name} file {path} cannot be read ({error.strerror}).", mend) from error


def _usable(text: str, place: str, name: str) -> str:
    if not text:
        raise ConfigError(f"The {name} in {place} is empty.", f"Put the {name} there.")
    if any(char in text for char in "\r\n\0"):
        raise ConfigError(f"The {name} in {place} has more than one line.", "It must be one line of text.")
    return text


_AS_BYTES = re.compile(r"b(['\"])(.*)\1")


def scrub(text: str, secret_text: str | None) -> str:
    """A server's words made fit for an error: one printable line of at most 300 characters, the secret cut out."""
    line = " ".join(text.split())
    if as_bytes := _AS_BYTES.fullmatch(line):  # imaplib's errors are made of bytes
        line = as_bytes[2]
    if secret_text:
        line = line.replace(secret_text, "…")
    return "".join(char if char.isprintable() else "?" for char in line)[:300]


# ── the connection ────────────────────────────────────────────────────────────────────────────────────────────────


def tls_context(server: Server) -> ssl.SSLContext:
    """The TLS context for a server: certificate and host name are always checked, against `ca_file` if it is given."""
    try:
        context = ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"The certificate file {server.ca_file} cannot be used ({error.strerror or 'not a PEM file'}).",
            "`ca_file` must be a PEM file with the certificate authority of the mail server.",
        ) from error
    context.sslsocket_class = PatientTls
    return context


def network_trouble(error: BaseException, server: Server) -> tuple[str, str]:
    """What a failed connection means, and its mend: two sentences for the person who runs the bot."""
    place = f"{server.host}:{server.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate_trouble(error, server)
    if isinstance(error, ssl.SSLError):
        return (f"{place} does not speak TLS as expected.", "Check `security` (tls or starttls) against the `port`.")
    if isinstance(error, socket.gaierror):
        return (f"The mail server {server.host} is not known to DNS.",
                f"Check `host`, and this machine's DNS (nslookup {server.host}).")
    if isinstance(error, ConnectionRefusedError):
        return (f"{place} refuses connections.", "Check `host` and `port`, and whether the mail server runs.")
    if isinstance(error, NameTimeoutError):
        return (f"DNS did not say within {server.timeout_seconds:g} seconds where {server.host} is.",
                "Campus IT should look at the DNS servers of this machine (resolvectl, /etc/resolv.conf).")
    if isinstance(error, TimeoutError):
        limit = f"{server.timeout_seconds:g} seconds"
        return (f"{place} did not answer within {limit}.", "Check the network and the firewall between here and there.")
    if isinstance(error, ConnectionError):
        return (f"{place} closed the connection.", "The bot connects anew by itself. If it lasts, campus IT should see "
                "whether a firewall ends connections from this machine, or the server limits how many it takes.")
    reason = error.strerror if isinstance(error, OSError) else None
    return (f"{place} cannot be used ({reason or type(error).__name__}).",
            "The bot tries again by itself. If it lasts, check the network and the firewall between here and there.")


def _certificate_trouble(error: ssl.SSLCertVerificationError, server: Server) -> tuple[str, str]:
    reason = error.verify_message.lower()
    if "mismatch" in reason:
        return (
            f"The certificate of {server.host} is for another host name.",
            "Write `host` as it stands in the certificate.",
        )
    if "expired" in reason or "not yet valid" in reason:
        return (
            f"The certificate of {server.host} is not valid today.",
            "Check this machine's clock; else the mail server's operator must renew the certificate.",
        )
    return (
        f"The certificate of {server.host} is not trusted ({scrub(error.verify_message, None)}).",
        "If the campus has its own certificate authority, name its file as `ca_file`.",
    )


# ── signing in ────────────────────────────────────────────────────────────────────────────────────────────────────


class TokenWay(Protocol):
    """Signs in by tokens instead of a password (RFC 7628). Both say until when the connection should be used, by
    time.monotonic(); they raise what signing in by password raises."""

    def imap(self, client: IMAPClient) -> float: ...

    def smtp(self, smtp: smtplib.SMTP) -> float: ...


#: What opens a server: a password, tokens, or nothing.
Credential = str | TokenWay | None


def imap_login(client: IMAPClient, server: Server, credential: Credential) -> float:
    """Sign in (RFC 9051, 6.2); until when the connection should be used, by time.monotonic(). Raises LoginError when
    refused, MailboxError when the server cannot tell just now."""
    if credential is not None and not isinstance(credential, str):
        return credential.imap(client)
    _by_password(client, server, credential)
    return math.inf


def _by_password(client: IMAPClient, server: Server, secret_text: str | None) -> None:
    if server.user is None or secret_text is None:
        raise LoginError(
            f"No user or password is set for {server.host}.", "Set `user` and `password` for this mailbox."
        )
    try:
        _sign_in(client, server.user, secret_text)
    except (IMAPClientError, UnicodeError) as error:
        if isinstance(error.__context__, IMAPClientAbortError):
            raise error.__context__ from None
        # `from None`: a UnicodeError carries the text that it could not encode.
        raise _refusal(server, scrub(str(error), secret_text)) from None


def _sign_in(client: IMAPClient, user: str, secret_text: str) -> None:
    simple = secret_text.isascii() and _PLAIN_ATOM.fullmatch(user)
    if simple and not client.has_capability("LOGINDISABLED"):
        client.login(user, secret_text)
    else:
        client.plain_login(user, secret_text)


def _refusal(server: Server, answer: str) -> MailboxError:
    if TRY_LATER.search(answer):
        return MailboxError(f"{server.host} cannot sign anyone in just now ({answer}).", "The bot tries again.")
    return LoginError(
        f"{server.host} refused the user or password of {server.user} ({answer}).",
        password_mend(server.host),
    )


#: What providers want where they take no ordinary password, by the end of the host's name.
_NO_PASSWORDS = (
    ((".office365.com", ".outlook.com"), "Microsoft 365 takes no passwords for IMAP, and for SMTP only until they are "
     "switched off: use `oauth` instead of `password` (docs, connect/microsoft365)."),
    ((".gmail.com", ".googlemail.com"), "Google takes no ordinary password: use an app password (the account needs "
     "2-Step Verification for one), or `oauth` (docs, connect/google)."),
)


def password_mend(host: str) -> str:
    """What to do when a server refuses a password."""
    for ends, mend in _NO_PASSWORDS:
        if host.lower().endswith(ends):
            return mend
    return "Check `user` and the password; many services ask for an app password."
