"""The `oauth:` section of a mail server: who gives tokens, and by what they are had (RFC 6749). No secret inside.

    microsoft   with `secret` or `certificate` as an app; with neither as a person, who consents once (device code)
    google      with `key` as a service account; with `client` as a person, who consents once (browser)
    other       any server of RFC 6749: a refresh token, a consent in a browser, or the client's own secret
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from bot.section import KeyPlace, Secret, Section

#: What Exchange Online wants for an app, and for a person (who has consented to both at once).
MICROSOFT_APP = ("https://outlook.office365.com/.default",)
MICROSOFT_PERSON = ("https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send")
GOOGLE = ("https://mail.google.com/",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """A secret, key, certificate or consent that ends. `name` stays the same as long as the login does."""

    name: str
    what: str
    when: datetime
    mend: str


def _https(url: str) -> str:
    """RFC 6749, 3.1 and 3.2: nothing else keeps the secret."""
    if not url.startswith("https://") or len(url) == len("https://") or any(char in url for char in " <>\r\n"):
        raise ValueError(f"`{url}` is not an address of a login server. It begins with https://.")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_https), WithJsonSchema({"type": "string", "pattern": r"^https://[^ <>\r\n]+$"})]


class Grant(Section):
    """What all kinds share. `keep` is where tokens stay; `timeout_seconds` what one whole request may take."""

    keep: Literal["file", "memory"] = "file"
    ca_file: Path | None = None
    timeout_seconds: float = Field(default=30, gt=0, le=600)

    @property
    def wants_consent(self) -> bool:
        """Whether a person must have consented, by `liaison login`."""
        return False

    @model_validator(mode="after")
    def _kept(self) -> Grant:
        if self.wants_consent and self.keep == "memory":
            raise ValueError("`keep: memory` would forget the consent that a person gave; leave it out.")
        return self


class Microsoft(Grant):
    """Microsoft Entra ID, for Exchange Online."""

    provider: Literal["microsoft"]
    tenant: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")]
    client_id: str
    secret: Secret | None = None
    certificate: KeyPlace | None = None
    secret_expires: date | None = None
    authority: Url = "https://login.microsoftonline.com"

    @property
    def wants_consent(self) -> bool:
        """Without a secret of its own the app acts for a person."""
        return self.secret is None and self.certificate is None

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the token shall be good for."""
        return MICROSOFT_PERSON if self.wants_consent else MICROSOFT_APP

    @model_validator(mode="after")
    def _at_most_one(self) -> Microsoft:
        if self.secret is not None and self.certificate is not None:
            raise ValueError("An app has a `secret` or a `certificate`, not both.")
        return self


class Google(Grant):
    """Google Workspace. `subject` is the mailbox that a service account acts for, if it is another than `user`."""

    provider: Literal["google"]
    key: KeyPlace | None = None
    client: KeyPlace | None = None
    subject: str | None = None
    secret_expires: date | None = None
    scopes: tuple[str, ...] = GOOGLE

    @property
    def wants_consent(self) -> bool:
        """An installed app acts for a person."""
        return self.client is not None

    @model_validator(mode="after")
    def _exactly_one(self) -> Google:
        if (self.key is None) == (self.client is None):
            raise ValueError("Google needs exactly one of `key` (a service account) and `client` (an installed app).")
        return self


class Other(Grant):
    """Any server of RFC 6749, such as a campus's own."""

    provider: Literal["other"]
    token_url: Url
    client_id: str
    secret: Secret | None = None
    refresh_token: Secret | None = None
    authorize_url: Url | None = None
    scopes: tuple[str, ...] = ()
    secret_expires: date | None = None

    @property
    def wants_consent(self) -> bool:
        """Where a browser can be led to, and no refresh token was given by hand."""
        return self.authorize_url is not None and self.refresh_token is None

    @model_validator(mode="after")
    def _has_a_way(self) -> Other:
        if self.secret is None and self.refresh_token is None and self.authorize_url is None:
            raise ValueError("Name a `refresh_token`, an `authorize_url` or the client's own `secret`; without any of "
                             "them no token can be had.")
        return self


def _kind(value: Any) -> str | None:
    """The name of the model; a capital letter keeps it out of what mistakes are told with."""
    provider = value.get("provider") if isinstance(value, dict) else getattr(value, "provider", None)
    return str(provider).capitalize() if provider in ("microsoft", "google", "other") else None


_Any = Annotated[Microsoft, Tag("Microsoft")] | Annotated[Google, Tag("Google")] | Annotated[Other, Tag("Other")]

#: The section of a server.
OAuth = Annotated[_Any, Discriminator(
    _kind, custom_error_type="no_provider", custom_error_message="Write `provider: microsoft`, `google` or `other`.")]


def _kind_or_same(value: Any) -> str | None:
    return "Same" if value == "same" else _kind(value)


#: The section of the sending server: it may say `same`, as the mailbox that is read.
OAuthOrSame = Annotated[_Any | Annotated[Literal["same"], Tag("Same")], Discriminator(
    _kind_or_same, custom_error_type="no_provider",
    custom_error_message="Write `same`, or `provider: microsoft`, `google` or `other`.")]
