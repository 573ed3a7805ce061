"""Tokens of Google, by google-auth: for a service account that acts for a mailbox, or for a person who consented."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.errors import ConfigError, TokenError
from bot.oauth import Google
from bot.tokens.browser import Client
from bot.tokens.clock import utc_now
from bot.tokens.line import AGAIN, Line, silence
from bot.tokens.troubles import Asked, google_refusal
from bot.tokens.values import Fetched

WHO = "Google's login server"
_AUTHORIZE, _TOKEN = "https://accounts.google.com/o/oauth2/auth", "https://oauth2.googleapis.com/token"


class GoogleFetch:
    """Gets tokens for one login (the Fetch shape). `text` is the JSON of the key or client file."""

    def __init__(self, oauth: Google, user: str, text: str) -> None:
        self._oauth = oauth
        self._user = user
        self._file = _service_account(text) if oauth.key is not None else _installed(text)

    def __call__(self, refresh: str | None) -> Fetched:
        """A token by the account's key, or by a person's consent."""
        from google.auth.exceptions import GoogleAuthError, RefreshError

        silence("google")
        line = Line(WHO, self._oauth.timeout_seconds, self._oauth.ca_file)
        try:
            credentials = self._credentials(refresh)
            credentials.refresh(line)
            lasts = (credentials.expiry - utc_now().replace(tzinfo=None)).total_seconds()
            return Fetched(access=str(credentials.token), lasts=lasts,
                           refresh=getattr(credentials, "refresh_token", None))
        except RefreshError as wrong:
            raise self._refused(wrong.args) from None
        except (GoogleAuthError, TypeError, AttributeError, KeyError) as wrong:
            raise TokenError(f"{WHO} gave an answer that makes no sense ({type(wrong).__name__}).", AGAIN,
                             temporary=True) from None

    @property
    def client(self) -> Client:
        """The installed app, for a consent in a browser; `access_type` and `prompt` make it give a refresh token."""
        return Client(
            who=WHO, client_id=self._file["client_id"], secret=self._file.get("client_secret"),
            authorize_url=self._file.get("auth_uri", _AUTHORIZE), token_url=self._file.get("token_uri", _TOKEN),
            scopes=self._oauth.scopes, timeout=self._oauth.timeout_seconds, ca_file=self._oauth.ca_file,
            extra={"access_type": "offline", "prompt": "consent", "login_hint": self._user})

    def refusal(self, answer: Mapping[str, Any]) -> TokenError:
        """What Google's answer to a consent means."""
        return google_refusal(str(answer.get("error") or ""), str(answer.get("error_description") or ""), self._asked())

    def _credentials(self, refresh: str | None) -> Any:
        if self._oauth.key is not None:
            from google.oauth2 import service_account

            try:
                return service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
                    self._file, scopes=list(self._oauth.scopes), subject=self._user)
            except ValueError:
                raise ConfigError("The private key in Google's key file cannot be used.", _DOWNLOAD) from None
        from google.oauth2 import credentials

        return credentials.Credentials(  # type: ignore[no-untyped-call]
            None, refresh_token=refresh, token_uri=self._file.get("token_uri", _TOKEN),
            client_id=self._file["client_id"], client_secret=self._file.get("client_secret"),
            scopes=list(self._oauth.scopes))

    def _refused(self, given: tuple[object, ...]) -> TokenError:
        answer = next((part for part in given if isinstance(part, dict)), {})
        if "error" in answer:
            return self.refusal(answer)
        if any("Reauthentication" in str(part) for part in given):
            return self.refusal({"error": "invalid_rapt"})
        return TokenError(f"{WHO} gave an answer that makes no sense.", AGAIN, temporary=True)

    def _asked(self) -> Asked:
        name = self._file.get("client_email") or self._file.get("client_id") or ""
        secrets = (self._file.get("private_key"), self._file.get("client_secret"))
        return Asked(client=str(name), user=self._user, place="Google", wants_consent=self._oauth.wants_consent,
                     secrets=tuple(secret for secret in secrets if secret))


_DOWNLOAD = "Cloud console, IAM & Admin, Service Accounts, the account, Keys: add a key (JSON) and put the file there."


def _service_account(text: str) -> dict[str, str]:
    found = _json(text)
    if found.get("type") != "service_account" or not {"client_email", "private_key", "token_uri"} <= set(found):
        raise ConfigError("What `key` points to is no key file of a Google service account.", _DOWNLOAD)
    return found


def _installed(text: str) -> dict[str, str]:
    found = _json(text).get("installed")
    if not isinstance(found, dict) or not {"client_id", "client_secret"} <= set(found):
        raise ConfigError("What `client` points to is no client file of an installed app.",
                          "Cloud console, APIs & Services, Credentials: create an OAuth client ID of the type Desktop "
                          "app, and download its JSON.")
    return found


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConfigError("The file of Google's `key` or `client` is no JSON.",
                          "Download it again; change nothing in it.")
    return found
