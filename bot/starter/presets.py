"""Mail providers as a new library meets them: hosts, how to sign in, and what the operator must know first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.config import Security


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """A server, its port and how the connection is kept private."""

    name: str
    port: int
    security: Security


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """One kind of provider. `{domain}` in a host stands for the mailbox's domain; `notes` go into the config as
    comments, and `first` is said before anything is written. `oauth` is the section where no password is taken; the
    place of the secret is filled in."""

    label: str
    imap: Host
    smtp: Host
    authentication_server: str
    password: str
    oauth: str | None = None
    first: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


PRESETS: Mapping[str, Preset] = {
    "plain": Preset(
        label="a campus server with IMAP and SMTP",
        imap=Host(name="imap.{domain}", port=993, security="tls"),
        smtp=Host(name="smtp.{domain}", port=587, security="starttls"),
        authentication_server="mx.{domain}",
        password="the password of the mailbox",
    ),
    "gmail": Preset(
        label="Gmail or Google Workspace",
        imap=Host(name="imap.gmail.com", port=993, security="tls"),
        smtp=Host(name="smtp.gmail.com", port=587, security="starttls"),
        authentication_server="mx.google.com",
        password="an app password (16 letters), made at myaccount.google.com/apppasswords",
        first=("Google takes an app password, which needs 2-Step Verification for the account; a Workspace",
               "administrator may have switched app passwords off: docs/connect/google.md says how to do without.",
               "IMAP must be on: Gmail, Settings, Forwarding and POP/IMAP."),
        notes=("Google takes an app password here, not the account's own.",),
    ),
    "microsoft365": Preset(
        label="Microsoft 365 (Exchange Online)",
        imap=Host(name="outlook.office365.com", port=993, security="tls"),
        smtp=Host(name="smtp.office365.com", port=587, security="starttls"),
        authentication_server="protection.outlook.com",
        password="the Value of the app's client secret",
        oauth="{provider: microsoft, tenant: TENANT-ID, client_id: CLIENT-ID, secret: {file: %s}}",
        first=("Microsoft 365 takes no password for IMAP: the bot signs in with OAuth, as an app that campus IT",
               "registers once and gives this one mailbox. docs/connect/microsoft365.md has every step and command."),
        notes=("TENANT-ID and CLIENT-ID stand on the app's Overview page in Entra (docs/connect/microsoft365.md).",),
    ),
}
