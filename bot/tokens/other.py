"""Tokens of any server of RFC 6749: by a refresh token (by hand or by a consent), or by the client's own secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.errors import TokenError
from bot.oauth import Other
from bot.tokens.browser import Client
from bot.tokens.line import AGAIN, Line
from bot.tokens.troubles import Asked, other_refusal
from bot.tokens.values import Fetched


class OtherFetch:
    """Gets tokens for one login (the Fetch shape). `given` is a refresh token that was given by hand; a newer one that
    the server gave in its place comes first."""

    def __init__(self, oauth: Other, user: str, secret: str | None, given: str | None) -> None:
        self._oauth = oauth
        self._user = user
        self._secret = secret
        self._given = given

    def __call__(self, refresh: str | None) -> Fetched:
        """A token by a refresh token, else by the client's own secret (RFC 6749, 6 and 4.4)."""
        tried = [token for token in dict.fromkeys((refresh, self._given)) if token]
        if not tried:
            return self.fetched(self._ask({"grant_type": "client_credentials"}))
        answer: dict[str, Any] = {}
        for token in tried:
            answer = self._ask({"grant_type": "refresh_token", "refresh_token": token})
            # The operator may have put a new one in place of what is kept.
            if answer.get("error") != "invalid_grant":
                break
        return self.fetched(answer)

    def fetched(self, answer: Mapping[str, Any]) -> Fetched:
        """The token of an answer (RFC 6749, 5.1). Raises TokenError."""
        if "error" in answer:
            raise self.refusal(answer)
        return fetched(answer, self._who)

    def refusal(self, answer: Mapping[str, Any]) -> TokenError:
        """What the server's answer means."""
        return other_refusal(answer, Asked(
            client=self._oauth.client_id, user=self._user, place=self._place,
            wants_consent=self._oauth.wants_consent,
            secrets=tuple(text for text in (self._secret, self._given) if text)))

    @property
    def client(self) -> Client:
        """The client, for a consent in a browser."""
        return Client(who=self._who, client_id=self._oauth.client_id, secret=self._secret,
                      authorize_url=self._oauth.authorize_url or "", token_url=self._oauth.token_url,
                      scopes=self._oauth.scopes, timeout=self._oauth.timeout_seconds, ca_file=self._oauth.ca_file)

    def _ask(self, fields: dict[str, str]) -> dict[str, Any]:
        scope = {"scope": " ".join(self._oauth.scopes)} if self._oauth.scopes else {}
        secret = {"client_secret": self._secret} if self._secret is not None else {}
        line = Line(self._who, self._oauth.timeout_seconds, self._oauth.ca_file)
        return line.form(self._oauth.token_url, {**fields, "client_id": self._oauth.client_id, **secret, **scope})

    @property
    def _place(self) -> str:
        return self._oauth.token_url.split("/")[2]

    @property
    def _who(self) -> str:
        return f"The login server {self._place}"


def fetched(answer: Mapping[str, Any], who: str) -> Fetched:
    """The token of a good answer. Raises TokenError for one that is none."""
    access, lasts = answer.get("access_token"), answer.get("expires_in", 3600)
    try:
        seconds = float(lasts)
    except (TypeError, ValueError):
        seconds = 0.0
    if not isinstance(access, str) or not access or not access.isascii() or not access.isprintable() or seconds <= 0:
        raise TokenError(f"{who} gave an answer that makes no sense.", AGAIN, temporary=True)
    # Google and Keycloak say how long the consent itself lasts.
    rest = answer.get("refresh_token_expires_in") or answer.get("refresh_expires_in")
    refresh = answer.get("refresh_token")
    return Fetched(access=access, lasts=seconds, refresh=refresh if isinstance(refresh, str) else None,
                   refresh_lasts=float(rest) if isinstance(rest, (int, float)) and rest > 0 else None)
