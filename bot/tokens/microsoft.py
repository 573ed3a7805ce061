"""Tokens of Microsoft Entra ID, by msal: for an app (client credentials) or for a person (device code)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.errors import ConfigError, TokenError
from bot.oauth import Microsoft
from bot.tokens.line import AGAIN, Line, silence
from bot.tokens.troubles import Asked, microsoft_refusal
from bot.tokens.values import Fetched

WHO = "Microsoft's login server"
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)
_HOW = ("It must be one PEM with the private key and the certificate: openssl req -x509 -newkey rsa:2048 -nodes "
        "-days 730 -subj /CN=liaison -keyout key.pem -out cert.pem && cat key.pem cert.pem > liaison.pem")


class MicrosoftFetch:
    """Gets tokens for one login (the Fetch shape). `credential` is the app's secret, its PEM, or None for a person.

    A new msal application each time: its own cache would give a token again that a server has just refused.
    """

    def __init__(self, oauth: Microsoft, user: str, credential: str | None) -> None:
        self._oauth = oauth
        self._user = user
        self._credential = credential
        self._is_certificate = oauth.certificate is not None

    def __call__(self, refresh: str | None) -> Fetched:
        """A token by the app's own credential, or by a person's consent."""
        app, scopes = self._app(self._line()), list(self._oauth.scopes)
        with _sensible():
            if self._credential is not None:
                return self._fetched(app.acquire_token_for_client(scopes=scopes))
            return self._fetched(app.acquire_token_by_refresh_token(refresh or "", scopes=scopes))

    def consent(self, say: Callable[[str], None]) -> Fetched:
        """Lead a person through the device code (RFC 8628), and wait for them. Raises TokenError."""
        app = self._app(self._line(each=True))
        with _sensible():
            flow = app.initiate_device_flow(scopes=list(self._oauth.scopes))
        if "user_code" not in flow:
            raise microsoft_refusal(flow, self._asked())
        say(f"Open {flow['verification_uri']} in any browser, enter the code {flow['user_code']}, and sign in as "
            f"{self._user}.\nNot as yourself: whoever signs in there is who the bot will be. Waiting …")
        with _sensible():
            return self._fetched(app.acquire_token_by_device_flow(flow))

    def _line(self, *, each: bool = False) -> Line:
        return Line(WHO, self._oauth.timeout_seconds, self._oauth.ca_file, each=each)

    def _app(self, line: Line) -> Any:
        import msal

        silence("msal")
        # Without instance discovery: it would ask login.microsoftonline.com about any other authority.
        common = {"authority": f"{self._oauth.authority}/{self._oauth.tenant}", "http_client": line,
                  "instance_discovery": False}
        try:
            if self._credential is None:
                return msal.PublicClientApplication(self._oauth.client_id, **common)
            given = pem_parts(self._credential) if self._is_certificate else self._credential
            return msal.ConfidentialClientApplication(self._oauth.client_id, client_credential=given, **common)
        except (ValueError, KeyError):
            raise self._no_tenant(line) from None

    def _no_tenant(self, line: Line) -> TokenError:
        """msal hides why a tenant cannot be discovered; the server says it again."""
        url = f"{self._oauth.authority}/{self._oauth.tenant}/v2.0/.well-known/openid-configuration"
        answer = line.object_of(line.get(url))
        if "error" in answer:
            return microsoft_refusal(answer, self._asked())
        return TokenError(f"{WHO} does not answer as one.", f"Check `authority` and `tenant`. {AGAIN}", temporary=True)

    def _fetched(self, answer: Mapping[str, Any]) -> Fetched:
        if "access_token" not in answer:
            raise microsoft_refusal(answer, self._asked())
        claims = answer.get("id_token_claims") or {}
        account = claims.get("preferred_username") if isinstance(claims, dict) else None
        return Fetched(access=str(answer["access_token"]), lasts=float(answer.get("expires_in") or 3600),
                       refresh=answer.get("refresh_token"), account=str(account) if account else None)

    def _asked(self) -> Asked:
        return Asked(client=self._oauth.client_id, user=self._user, place=self._oauth.tenant,
                     wants_consent=self._oauth.wants_consent, secrets=(self._credential,) if self._credential else ())


@contextlib.contextmanager
def _sensible() -> Iterator[None]:
    """msal reads answers as they should be; what it raises for others may quote them."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError) as wrong:
        raise TokenError(f"{WHO} gave an answer that makes no sense ({type(wrong).__name__}).", AGAIN,
                         temporary=True) from None


def pem_parts(text: str) -> dict[str, str]:
    """The key and the certificates of a PEM, as msal takes them. Raises ConfigError."""
    blocks = [(found[1], found[0]) for found in _PEM.finditer(text)]
    keys = [block for kind, block in blocks if kind.endswith("PRIVATE KEY")]
    certificates = [block for kind, block in blocks if kind == "CERTIFICATE"]
    if not keys or not certificates:
        missing = "private key" if not keys else "certificate"
        raise ConfigError(f"In what `certificate` points to there is no {missing}.", _HOW)
    if "ENCRYPTED" in keys[0][:120]:
        raise ConfigError("The private key of `certificate` is locked by a passphrase.",
                          "Unlock it: openssl pkey -in locked.pem -out key.pem")
    _checked(keys[0], certificates[0])
    return {"private_key": keys[0], "public_certificate": "\n".join(certificates)}


def _checked(key: str, certificate: str) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        ours = serialization.load_pem_private_key(key.encode(), password=None).public_key()
        theirs = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except (ValueError, TypeError) as wrong:
        raise ConfigError("What `certificate` points to cannot be read.", _HOW) from wrong
    if ours != theirs:
        raise ConfigError("The certificate and the private key of `certificate` do not belong together.", _HOW)


def certificate_end(text: str) -> datetime:
    """When the certificate ends, aware UTC. Raises ConfigError."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(pem_parts(text)["public_certificate"].encode()).not_valid_after_utc
