"""From an `oauth:` section to what gets tokens by it. Secrets are read at each fetch: a new one counts at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, TextIO

from bot.errors import ConfigError, TokenError
from bot.login import password, whole_text
from bot.oauth import Google, Microsoft, Other
from bot.section import Secret
from bot.tokens.values import Fetched

if TYPE_CHECKING:
    from bot.tokens.google import GoogleFetch
    from bot.tokens.microsoft import MicrosoftFetch
    from bot.tokens.other import OtherFetch

AnyOAuth = Microsoft | Google | Other


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where secrets may lie: the environment, and systemd's folder of credentials."""

    environ: Mapping[str, str] = field(repr=False)
    credentials: str | None = None

    def line(self, secret: Secret | None, name: str) -> str | None:
        """A secret of one line. Raises ConfigError."""
        return None if secret is None else password(secret, self.environ, self.credentials, name)

    def text(self, secret: Secret, name: str) -> str:
        """A file's whole text. Raises ConfigError."""
        text = whole_text(secret, self.environ, self.credentials, name)[0]
        return text.replace("\\n", "\n") if secret.env is not None and text.startswith("-----") else text


class Provider:
    """Gets tokens for one login: `oauth` for `user` (the Fetch shape)."""

    def __init__(self, oauth: AnyOAuth, user: str, places: Places) -> None:
        self._oauth = oauth
        self._user = user
        self._places = places

    def __call__(self, refresh: str | None) -> Fetched:
        """A token. Raises TokenError, also for a secret that cannot be found any more."""
        try:
            return self._open()(refresh)
        except ConfigError as wrong:
            raise TokenError(wrong.what, wrong.mend) from wrong

    def check(self) -> None:
        """Whether all secrets can be read and used, without asking anybody. Raises ConfigError."""
        self._open()
        if isinstance(self._oauth, Microsoft) and self._oauth.certificate is not None:
            self._certificate_end()

    def consent(self, say: Callable[[str], None], typed: TextIO) -> Fetched:
        """Lead a person through the consent. Raises TokenError when nothing came of it."""
        from bot.tokens import browser
        from bot.tokens.other import fetched

        if isinstance(self._oauth, Microsoft):
            return self._microsoft().consent(say)
        opened = self._google(self._oauth) if isinstance(self._oauth, Google) else self._other(self._oauth)
        answer = browser.consent(opened.client, say, typed)
        if "error" in answer or "access_token" not in answer:
            raise opened.refusal(answer)
        found = fetched(answer, opened.client.who)
        if found.refresh is None:
            raise TokenError(f"{opened.client.who} gave a token, but none to renew it by.",
                             "Ask for offline access: it may need `scopes: [offline_access, …]`.")
        return found

    def secret_end(self) -> tuple[str, datetime] | None:
        """What ends, in words, and when, as far as it is known. Raises ConfigError."""
        if isinstance(self._oauth, Microsoft) and self._oauth.certificate is not None:
            return f"The certificate of the app {self._oauth.client_id}", self._certificate_end()
        day = self._oauth.secret_expires
        if day is None:
            return None
        name = "key" if isinstance(self._oauth, Google) else "secret"
        client = "" if isinstance(self._oauth, Google) else f" of the app {self._oauth.client_id}"
        # Noon in Chicago: the same day in every zone of the country.
        return f"The {name}{client} for {self._user}", datetime.combine(day, time(18), tzinfo=UTC)

    def _certificate_end(self) -> datetime:
        from bot.tokens.microsoft import certificate_end

        place = self._oauth.certificate if isinstance(self._oauth, Microsoft) else None
        return certificate_end(self._places.text(place or Secret(env=""), "certificate"))

    # ── each kind ──

    def _open(self) -> MicrosoftFetch | GoogleFetch | OtherFetch:
        if isinstance(self._oauth, Microsoft):
            return self._microsoft()
        return self._google(self._oauth) if isinstance(self._oauth, Google) else self._other(self._oauth)

    def _microsoft(self) -> MicrosoftFetch:
        from bot.tokens.microsoft import MicrosoftFetch

        oauth = self._oauth
        if not isinstance(oauth, Microsoft):
            raise AssertionError(oauth)
        credential = self._places.text(oauth.certificate, "certificate") if oauth.certificate is not None \
            else self._places.line(oauth.secret, "app's secret")
        return MicrosoftFetch(oauth, self._user, credential)

    def _google(self, oauth: Google) -> GoogleFetch:
        from bot.tokens.google import GoogleFetch

        place = oauth.key or oauth.client or Secret(env="")
        return GoogleFetch(oauth, self._user, self._places.text(place, "key" if oauth.key else "client file"))

    def _other(self, oauth: Other) -> OtherFetch:
        from bot.tokens.other import OtherFetch

        return OtherFetch(oauth, self._user, self._places.line(oauth.secret, "client's secret"),
                          self._places.line(oauth.refresh_token, "refresh token"))
