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
    comments, and `first` is said before anything is written."""

    label: str
    imap: Host
    smtp: Host
    authentication_server: str
    password: str
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
               "administrator may have switched app passwords off. The bot cannot sign in with OAuth yet.",
               "IMAP must be on: Gmail, Settings, Forwarding and POP/IMAP."),
        notes=("Google takes an app password here, not the account's own.",),
    ),
    "microsoft365": Preset(
        label="Microsoft 365 (Exchange Online)",
        imap=Host(name="localhost", port=1993, security="none"),
        smtp=Host(name="localhost", port=1587, security="none"),
        authentication_server="protection.outlook.com",
        password="the password that the proxy keeps its own token under",
        first=("Microsoft 365 takes no password for IMAP, and the bot cannot sign in with OAuth yet. Until it can:",
               "  - run a proxy on this machine that signs in for it, such as email-oauth2-proxy; the config is",
               "    written for that (IMAP on localhost:1993, SMTP on localhost:1587); campus IT registers it once;",
               "  - or have the list mail redirected (not forwarded) to a mailbox that takes passwords,",
               "    and choose `plain`. Redirected mail keeps its headers, without which no sender can be verified."),
        notes=("Microsoft 365 wants OAuth, which the bot does not speak yet: a proxy here signs in for it.",
               "Nothing leaves the machine between the two, so `security: none` is right here and nowhere else."),
    ),
}
