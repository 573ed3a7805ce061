"""The line to a login server: HTTPS requests, each within a whole time limit, told in plain words when they fail.

A time limit on a socket begins anew with every byte; here the socket is shut down when the time is over, whatever
trickles in. No redirect is followed: a secret goes to the address that was configured and to no other. Proxies of the
environment (HTTPS_PROXY, NO_PROXY) are used. msal and google-auth both speak through this class.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import socket
import ssl
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ConfigError, TokenError
from bot.patience import NameTimeoutError, connect

#: No answer of a login server is longer, in bytes.
_MOST_BYTES = 1_000_000
AGAIN = "The bot tries again by itself."


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back. The names serve msal (`status_code`, `text`) and google-auth (`status`, `data`) alike."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self.status

    @property
    def text(self) -> str:
        """The body as text."""
        return self.data.decode("utf-8", "replace")

    def raise_for_status(self) -> None:
        """For msal, which asks; errors are read from the body."""


def silence(library: str) -> None:
    """What the library would log may be a login server's answer, with a token in it. What matters comes as an error."""
    logging.getLogger(library).setLevel(logging.CRITICAL + 1)


class Line:
    """Requests to the login server called `who`. `limit` is what all requests of one fetch may take, in seconds; with
    `each` it is begun anew for each one."""

    def __init__(self, who: str, limit: float, ca_file: Path | None = None, *, each: bool = False,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._who = who
        self._limit = limit
        self._each = each
        self._clock = clock
        self._end = clock() + limit
        self._context = _tls(ca_file)

    # ── as msal and google-auth call it ──

    def get(self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None,
            **_: object) -> Answer:
        """msal's GET."""
        return self.request("GET", _with(url, params), headers)

    def post(self, url: str, params: Mapping[str, str] | None = None, data: Any = None,
             headers: Mapping[str, str] | None = None, **_: object) -> Answer:
        """msal's POST of a form."""
        given = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **(headers or {})}
        body = urllib.parse.urlencode(data) if isinstance(data, dict) else data or ""
        return self.request("POST", _with(url, params), given, body)

    def close(self) -> None:
        """Nothing is kept open."""

    def __call__(self, url: str, method: str = "GET", body: bytes | str | None = None,
                 headers: Mapping[str, str] | None = None, timeout: float | None = None, **_: object) -> Answer:
        """google-auth's request."""
        return self.request(method, url, headers, body)

    def form(self, url: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """POST a form, get the JSON object of the answer, errors of the OAuth kind among them (RFC 6749, 5.2)."""
        return self.object_of(self.post(url, data=dict(fields)))

    def object_of(self, answer: Answer) -> dict[str, Any]:
        """The JSON object of an answer. Raises TokenError for anything else."""
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(answer.text)
            if isinstance(found, dict):
                return found
        raise TokenError(f"{self._who} gave an answer that makes no sense (HTTP {answer.status}).",
                         f"{AGAIN} If it goes on, something else answers in its place (a proxy, the sign-in page of "
                         "the campus network): campus IT should let this machine through to it.", temporary=True)

    # ── one request ──

    def request(self, method: str, url: str, headers: Mapping[str, str] | None = None,
                body: bytes | str | None = None) -> Answer:
        """One request. Raises TokenError, temporary, when there is no answer, or none but that it is out of order."""
        left = self._limit if self._each else self._end - self._clock()
        try:
            if left <= 0:
                raise TimeoutError
            answer = self._exchange(method, urllib.parse.urlsplit(url), dict(headers or {}), body, left)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._trouble(error, urllib.parse.urlsplit(url).netloc) from error
        if answer.status >= 500 or answer.status == 429:
            raise TokenError(f"{self._who} is out of order just now (HTTP {answer.status}).", AGAIN, temporary=True)
        return answer

    def _exchange(self, method: str, url: urllib.parse.SplitResult, headers: dict[str, str], body: bytes | str | None,
                  left: float) -> Answer:
        connection = _Connection(url, self._context, left)
        watch = threading.Timer(left, connection.cut)
        watch.daemon = True
        watch.start()
        try:
            target = urllib.parse.urlunsplit(("", "", url.path or "/", url.query, ""))
            connection.request(method, target, body.encode() if isinstance(body, str) else body, headers)
            reply = connection.getresponse()
            data = reply.read(_MOST_BYTES)
            if connection.was_cut:
                raise TimeoutError
            return Answer(status=reply.status, headers=dict(reply.getheaders()), data=data)
        except (OSError, http.client.HTTPException, ValueError) as error:
            is_late = connection.was_cut and not isinstance(error, NameTimeoutError)
            raise (TimeoutError() if is_late else error) from error
        finally:
            watch.cancel()
            connection.close()

    def _trouble(self, error: Exception, place: str) -> TokenError:
        return TokenError(
            f"{self._who} ({place}) cannot be reached: {self._why(error)}.",
            f"{AGAIN} If it goes on, campus IT should see that this machine may reach https://{place} (firewall, "
            "proxy).", temporary=True)

    def _why(self, error: Exception) -> str:
        known: tuple[tuple[type[Exception], str], ...] = (
            (ssl.SSLCertVerificationError, "its certificate is not trusted; name your authority as `ca_file` under "
                                           "`oauth` if that is right"),
            (NameTimeoutError, "DNS does not answer when it is asked for its name"),
            (ssl.SSLError, "it does not speak TLS as expected"), (socket.gaierror, "its name is not known to DNS"),
            (ConnectionRefusedError, "it refuses connections"),
            (TimeoutError, f"it gave no whole answer within {self._limit:g} seconds"),
            (ConnectionError, "it closed the connection"), (http.client.HTTPException, "its answer is not HTTP"),
        )
        for kind, words in known:
            if isinstance(error, kind):
                return words
        return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


class _Connection(http.client.HTTPConnection):
    """HTTPS whose socket another thread may shut down at any moment, in the middle of a handshake, too."""

    def __init__(self, url: urllib.parse.SplitResult, context: ssl.SSLContext, left: float) -> None:
        host, port = url.hostname or "", url.port or 443
        through = _proxy(host)
        super().__init__((through.hostname or "") if through else host, through.port if through else port, timeout=left)
        self._create_connection = _connected
        if through:
            self.set_tunnel(host, port)
        self._peer, self._context = host, context
        self._open: socket.socket | None = None
        self.was_cut = False

    def connect(self) -> None:
        """TCP, a proxy if there is one, TLS."""
        super().connect()
        # The handshake comes after the socket is known to `cut`.
        self._open = self.sock = sock = self._context.wrap_socket(
            self.sock, server_hostname=self._peer, do_handshake_on_connect=False)
        sock.do_handshake()

    def cut(self) -> None:
        """The time is over: whoever reads or writes gets an end or an error."""
        self.was_cut = True
        sock = self._open or self.sock
        if sock is not None:  # before it is connected there is nothing to cut; that has its own limit
            with contextlib.suppress(OSError):
                # Not SSLSocket's own shutdown: it takes the TLS state from under a thread that reads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _connected(place: tuple[str, int], limit: float, _source: object = None) -> socket.socket:
    """All of it within `limit`: the name, and every address of it."""
    return connect(*place, limit, limit)


def _proxy(host: str) -> urllib.parse.SplitResult | None:
    found = urllib.request.getproxies().get("https")
    if not found or urllib.request.proxy_bypass(host):
        return None
    parts = urllib.parse.urlsplit(found if "://" in found else f"http://{found}")
    return parts if parts.hostname else None


def _with(url: str, params: Mapping[str, str] | None) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urllib.parse.urlencode(params)}" if params else url


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """The system's authorities, and the one that is named beside them."""
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(str(ca_file))
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"The certificate file {ca_file} cannot be used ({error.strerror or 'not a PEM file'}).",
                              "`ca_file` under `oauth` must be a PEM file with the certificate authority of the login "
                              "server.") from error
    return context
