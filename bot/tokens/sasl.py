"""The words of XOAUTH2 (as Google and Microsoft write it) and OAUTHBEARER (RFC 7628), for IMAP and SMTP. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection

#: The standard comes first where a server has both.
MECHANISMS = ("OAUTHBEARER", "XOAUTH2")


def choose(offered: Collection[str]) -> str | None:
    """The mechanism to use, of those that a server offers."""
    known = {name.upper() for name in offered}
    return next((name for name in MECHANISMS if name in known), None)


def first(mechanism: str, mailbox: str, token: str, host: str, port: int) -> bytes:
    """The client's first words (RFC 7628, 3.1)."""
    if mechanism == "XOAUTH2":
        return f"user={mailbox}\1auth=Bearer {token}\1\1".encode()
    name = mailbox.replace("=", "=3D").replace(",", "=2C")
    return f"n,a={name},\1host={host}\1port={port}\1auth=Bearer {token}\1\1".encode()


def answer_to_error(mechanism: str) -> bytes:
    """What the server waits for after its error, before it says no (RFC 7628, 3.2.3)."""
    return b"" if mechanism == "XOAUTH2" else b"\1"


def error_words(challenge: bytes) -> str:
    """What the server's error says (RFC 7628, 3.2.2: JSON); its status alone, since the rest says nothing to people."""
    try:
        found = json.loads(challenge)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    said = [str(found[key])[:80] for key in ("status", "error", "error_description") if isinstance(found.get(key), str)]
    return ", ".join(said)
