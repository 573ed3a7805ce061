"""A login server for tests, on the loopback: gives tokens as Microsoft, Google and others do, and tells Dovecot whose a
token is (RFC 7662).

    with LoginServer(mail_servers) as server:     # HTTPS on localhost, by the mail servers' certificate
        server.lifetime = 3                       # seconds that a token lives
        server.down = True                        # refuses connections' requests: closes them

Assertions are verified with the public keys that the test registers, so msal and google-auth run for real.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import secrets
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import jwt

from tests.servers import MailServers

TENANT, CLIENT, SECRET = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000", "s3cret~value"
_DEVICE, _JWT = "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass
class Issued:
    """A token that was given: whose mailbox it opens, and when it ends."""

    user: str
    ends: float


@dataclass
class Trouble:
    """What the next answers of a token endpoint shall be, until taken back. `error` is the JSON of a refusal.
    With `is_everywhere` off, discovery goes on."""

    down: bool = False
    drip: bool = False
    rubbish: bool = False
    half: bool = False
    is_everywhere: bool = True
    status: int = 200
    error: dict[str, Any] | None = None


@dataclass
class _State:
    user: str = "nobody"
    lifetime: float = 3600
    trouble: Trouble = field(default_factory=Trouble)
    issued: dict[str, Issued] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    stale: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    pending: int = 0
    rotates: bool = False
    refresh_lasts: int | None = None


class LoginServer:
    """The server. `base` is its HTTPS address; tokens are for the mailbox `state.user`."""

    def __init__(self, servers: MailServers) -> None:
        self.state = _State()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(servers.root / "cert.pem", servers.root / "key.pem")
        self._https = _listen(0, self.state, context)
        self._http = _listen(servers.introspection_port, self.state, None)
        self.port = int(self._https.server_address[1])
        self.base = f"https://localhost:{self.port}"
        self.ca_file = servers.ca_file
        self._threads = [threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True)
                         for one in (self._https, self._http)]

    def __enter__(self) -> LoginServer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.state.trouble = Trouble()
        for one in (self._https, self._http):
            one.shutdown()
            one.server_close()

    # ── what tests do ──

    def revoke(self) -> None:
        """No token that was given so far is good any more; refresh tokens are."""
        self.state.issued.clear()

    def consent(self, user: str) -> str:
        """A refresh token, as if a person had consented."""
        token = f"refresh-{secrets.token_urlsafe(12)}"
        self.state.refresh[token] = user
        return token

    def secrets(self) -> list[str]:
        """Everything that must be found nowhere."""
        return [*self.state.issued, *self.state.refresh, *self.state.shown, SECRET]

    def microsoft(self, **changed: object) -> dict[str, object]:
        """An `oauth:` section."""
        return {"provider": "microsoft", "tenant": TENANT, "client_id": CLIENT, "authority": self.base,
                "ca_file": str(self.ca_file), "timeout_seconds": 5} | changed

    def other(self, **changed: object) -> dict[str, object]:
        """An `oauth:` section."""
        return {"provider": "other", "token_url": f"{self.base}/other/token", "client_id": CLIENT,
                "ca_file": str(self.ca_file), "timeout_seconds": 5, "scopes": ["mail"]} | changed


class _Quiet(http.server.ThreadingHTTPServer):
    """Says nothing of visitors that went away."""

    daemon_threads = True
    context: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """TLS is spoken in the thread of the request."""
        if self.context is None:
            return super().finish_request(request, client_address)
        request.settimeout(10)
        with self.context.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing."""


def _listen(port: int, state: _State, context: ssl.SSLContext | None) -> _Quiet:
    handler = type("Handler", (_Handler,), {"state": state})
    server = _Quiet(("127.0.0.1", port), handler)
    server.context = context
    return server


class _Handler(http.server.BaseHTTPRequestHandler):
    state: _State

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        """Discovery and introspection."""
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/introspect":
            self._introspect(dict(urllib.parse.parse_qsl(url.query)).get("token", ""))
        elif url.path.endswith("/.well-known/openid-configuration"):
            (self.state.trouble.is_everywhere and self._troubled({})) or self._discover(url.path.split("/")[1])

    def _introspect(self, token: str) -> None:
        self.state.shown.append(token)
        found = self.state.issued.get(token)
        if found is None or found.ends < time.monotonic():
            self.state.stale += 1
            return self._answer(200, {"active": False})
        return self._answer(200, {"active": True, "username": found.user, "scope": "mail"})

    def _discover(self, tenant: str) -> None:
        base = f"https://{self.headers['Host']}/{tenant}/oauth2/v2.0"
        if tenant != TENANT:
            return self._answer(400, {"error": "invalid_tenant", "error_codes": [90002],
                                      "error_description": "AADSTS90002: Tenant not found."})
        return self._answer(200, {
            "issuer": base, "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token",
            "device_authorization_endpoint": f"{base}/devicecode"})

    def do_POST(self) -> None:
        """Tokens."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = dict(urllib.parse.parse_qsl(body))
        self.state.asked.append(form)
        if self._troubled(form):
            return None
        if self.path.endswith("/devicecode"):
            return self._answer(200, {"user_code": "ABCD1234", "device_code": "device", "interval": 1, "message": "go",
                                      "verification_uri": "https://login.example.org/device", "expires_in": 60})
        return self._answer(*self._token(form))

    def _troubled(self, form: dict[str, str]) -> bool:
        trouble = self.state.trouble
        if trouble.down:
            self.connection.close()
        elif trouble.drip:
            self._drip()
        elif trouble.rubbish:
            self._raw(200, b"<html>Sign in to the campus network</html>")
        elif trouble.half:
            self._raw(200, b'{"access_token": "token-half-of-it", "expires_')
        elif trouble.error is not None or trouble.status != 200:
            self._answer(trouble.status if trouble.status != 200 else 400, trouble.error or {})
        else:
            return False
        return True

    def _drip(self) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 60:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.2)
            if not self.state.trouble.drip:
                return

    def _token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        kind = form.get("grant_type")
        if kind == "refresh_token":
            user = self.state.refresh.get(form.get("refresh_token", ""))
            return self._granted(user, form) if user else (400, {"error": "invalid_grant", "error_codes": [700082]})
        if kind == "client_credentials":
            if "client_assertion" in form:
                jwt.decode(form["client_assertion"], self.state.keys[CLIENT], algorithms=["PS256", "RS256"],
                           options={"verify_aud": False})
            elif form.get("client_secret") != SECRET:
                return 401, {"error": "invalid_client", "error_codes": [7000215], "error_description":
                             f"AADSTS7000215: Invalid client secret provided. {form.get('client_secret')} Trace ID: 1"}
            return self._granted(self.state.user, form)
        if kind == _JWT:
            unverified = jwt.decode(form["assertion"], options={"verify_signature": False})
            claims = jwt.decode(form["assertion"], self.state.keys[unverified["iss"]], algorithms=["RS256"],
                                options={"verify_aud": False})
            return self._granted(claims["sub"], form)
        return self._by_person(kind, form)

    def _by_person(self, kind: str | None, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if kind == _DEVICE:
            if self.state.pending:
                self.state.pending -= 1
                return 400, {"error": "authorization_pending", "error_description": "wait"}
            return self._granted(self.state.user, form, consent=True)
        if kind == "authorization_code":
            given = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
            if self.state.codes.pop(form["code"], None) != given.decode():
                return 400, {"error": "invalid_grant"}
            return self._granted(self.state.user, form, consent=True)
        return 400, {"error": "unsupported_grant_type"}

    def _granted(self, user: str, form: dict[str, str], *, consent: bool = False) -> tuple[int, dict[str, Any]]:
        access = f"token-{secrets.token_urlsafe(24)}"
        self.state.issued[access] = Issued(user=user, ends=time.monotonic() + self.state.lifetime)
        answer: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "expires_in": self.state.lifetime}
        if consent or (self.state.rotates and "refresh_token" in form):
            self.state.refresh.pop(form.get("refresh_token", ""), None)
            answer["refresh_token"] = f"refresh-{secrets.token_urlsafe(12)}"
            self.state.refresh[answer["refresh_token"]] = user
            if self.state.refresh_lasts:
                answer["refresh_token_expires_in"] = self.state.refresh_lasts
        if "openid" in form.get("scope", "") or form.get("grant_type") == _DEVICE:
            answer["id_token"] = _id_token(user)
        return 200, answer

    def _answer(self, status: int, found: dict[str, Any]) -> None:
        self._raw(status, json.dumps(found).encode())

    def _raw(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _id_token(user: str) -> str:
    now = int(time.time())
    claims = {"iss": "https://login.example.org", "aud": CLIENT, "iat": now, "nbf": now, "exp": now + 600, "sub": "1",
              "preferred_username": user}
    return jwt.encode(claims, "a key that nobody checks, of enough bytes", algorithm="HS256")
