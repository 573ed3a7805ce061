"""A consent in a browser: authorization code with PKCE (RFC 6749, 4.1; RFC 7636), to a loopback address (RFC 8252).

The browser may be on another machine than the bot: then the page that it is sent to cannot be shown, and the person
pastes its address here. Whichever comes first counts.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
import select
import socket
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from bot.errors import TokenError
from bot.tokens.line import Line

_PAGE = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
         b"Done. You may close this page and go back to the terminal.\n")
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"
#: How long a person may take, in seconds.
PATIENCE = 900.0
_AGAIN = "Run it again: liaison login"


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """The app that asks for a consent, and where."""

    who: str
    client_id: str
    secret: str | None = field(repr=False)
    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    timeout: float
    ca_file: Path | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


def consent(client: Client, say: Callable[[str], None], typed: TextIO, patience: float = PATIENCE) -> dict[str, Any]:
    """Lead a person through it; the token endpoint's answer, which may be a refusal. Raises TokenError."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        redirect = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        say(f"Open this address in a browser, sign in to the bot's mailbox and allow the access:\n\n"
            f"{_address(client, redirect, verifier, state)}\n\n"
            "If the last page cannot be shown (the browser is on another machine), copy its whole address from the "
            "address bar, paste it here and press Enter.")
        answer = _heard(listener, typed, state, patience)
    if "code" not in answer:
        return answer
    line = Line(client.who, client.timeout, client.ca_file)
    secret = {"client_secret": client.secret} if client.secret is not None else {}
    return line.form(client.token_url, {
        "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": redirect,
        "client_id": client.client_id, "code_verifier": verifier, **secret})


def _address(client: Client, redirect: str, verifier: str, state: str) -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    given = {"response_type": "code", "client_id": client.client_id, "redirect_uri": redirect, "state": state,
             "code_challenge": challenge, "code_challenge_method": "S256", **client.extra}
    if client.scopes:
        given["scope"] = " ".join(client.scopes)
    return f"{client.authorize_url}{'&' if '?' in client.authorize_url else '?'}{urllib.parse.urlencode(given)}"


def _heard(listener: socket.socket, typed: TextIO, state: str, patience: float) -> dict[str, str]:
    """The parameters that came back with our `state`, by the browser or by hand; others are not meant for us."""
    end = time.monotonic() + patience
    ears: list[Any] = [listener, typed]
    while (left := end - time.monotonic()) > 0:
        for ear in select.select(ears, [], [], left)[0]:
            # Not by readline: what it reads ahead, `select` does not show again.
            lines = [_visited(listener)] if ear is listener else _typed(typed)
            if not lines:
                ears.remove(typed)
            found = next((one for line in lines if (one := _parameters(line, state))), None)
            if found is not None:
                return found
    raise TokenError("Nobody consented in time.", _AGAIN)


def _typed(keyboard: TextIO) -> list[str]:
    return os.read(keyboard.fileno(), 65536).decode("utf-8", "replace").splitlines()


def _visited(listener: socket.socket) -> str:
    """The address that a browser asks for. Whoever says nothing in a second is not waited for."""
    visitor = listener.accept()[0]
    with visitor, contextlib.suppress(OSError):
        visitor.settimeout(1)
        words = visitor.recv(8192).split(b"\r\n", 1)[0].split()
        url = words[1].decode("ascii", "replace") if len(words) == 3 and words[0] == b"GET" else ""
        visitor.sendall(_PAGE if "state=" in url else _NOT_FOUND)
        return url
    return ""


def _parameters(url: str, state: str) -> dict[str, str] | None:
    query = urllib.parse.urlsplit(url.strip()).query
    found = {key: values[0] for key, values in urllib.parse.parse_qs(query).items()}
    is_ours = secrets.compare_digest(found.get("state", "").encode(), state.encode())
    return found if is_ours and ("code" in found or "error" in found) else None
