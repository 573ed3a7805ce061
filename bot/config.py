"""config.yaml: what the operator sets once. Typed, unknown keys refused, no secret ever inside.

The liaison's own files (areas, people, routing) are not here: `bot.routing` reads them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from bot.errors import ConfigError
from bot.languages import mistake, offered, tag
from bot.oauth import OAuth, OAuthOrSame
from bot.section import KeyPlace, Secret, Section
from bot.yamlfile import read_yaml, validate


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"`{name}` is not an IANA time zone. Write it as in America/Chicago.")
    return name


def _lower_all(values: list[str]) -> list[str]:
    return [value.lower().strip() for value in values]


#: One local part, one domain of labels; what a slip of the hand puts before, behind or between is in neither.
_ADDRESS = r"[^ @<>,;:\"()\[\]\\\r\n]+@[^ @<>,;:\"()\[\]\\\r\n.]+(\.[^ @<>,;:\"()\[\]\\\r\n.]+)*"


def _address(text: str) -> str:
    given = text.strip()
    local, _, domain = given.rpartition("@")
    if not re.fullmatch(_ADDRESS, given) or local[0] == "." or local[-1] == "." or ".." in local:
        inside = re.search(_ADDRESS, given[:300].replace("@@", "@").replace("..", ".").replace(",", "."))
        mend = f"Did you mean {inside[0].strip('.')}?" if inside else "Write it as in digest@library.example.edu."
        raise ValueError(f"`{text}` is not an e-mail address. {mend}")
    return f"{local}@{domain.lower()}"


Language = Annotated[str, AfterValidator(tag)]
Zone = Annotated[str, AfterValidator(_zone)]
MailAddress = Annotated[str, AfterValidator(_address), WithJsonSchema({
    "type": "string", "pattern": f"^{_ADDRESS}$"})]
LowerList = Annotated[list[str], AfterValidator(_lower_all)]
Security = Literal["tls", "starttls", "none"]


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


Folders = Annotated[list[str], BeforeValidator(_one_or_many), Field(min_length=1), WithJsonSchema({
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]})]


class Server(Section):
    """A mail server on the network. `ca_file` trusts a campus's own certificate authority. `user` signs in; `mailbox`
    is whose mail it is, where that is another's (a shared mailbox, with `oauth` only)."""

    host: str
    port: int = Field(ge=1, le=65535)
    security: Security = "tls"
    user: str | None = None
    password: Secret | None = None
    mailbox: str | None = None
    ca_file: Path | None = None
    timeout_seconds: float = Field(default=30, gt=0, le=600)


class ImapServer(Server):
    """Where the list mail arrives."""

    port: int = Field(default=993, ge=1, le=65535)
    oauth: OAuth | None = None

    @model_validator(mode="after")
    def _signs_in(self) -> ImapServer:
        _one_way_in(self, self.oauth is not None)
        return self


class SmtpServer(Server):
    """Where the digests go out."""

    port: int = Field(default=587, ge=1, le=65535)
    security: Security = "starttls"
    oauth: OAuthOrSame | None = None

    @model_validator(mode="after")
    def _signs_in(self) -> SmtpServer:
        _one_way_in(self, self.oauth is not None)
        return self


def _one_way_in(server: Server, has_oauth: bool) -> None:
    """A token goes with a user, not with a password, and through TLS alone (RFC 6750, 5.3)."""
    if not has_oauth:
        if server.mailbox is not None:
            raise ValueError("`mailbox` goes with `oauth`; with a password, `user` is the mailbox.")
        return
    if server.password is not None:
        raise ValueError("A server has a `password` or `oauth`, not both.")
    if server.user is None:
        raise ValueError("`oauth` needs a `user`: the address that signs in.")
    if server.security == "none":
        raise ValueError("`oauth` needs `security: tls` or `starttls`; a token in clear text is anybody's.")


class Backfill(Section):
    """How much of an existing mailbox the first start takes: the newest `messages` of the last `days`."""

    days: int = Field(default=30, ge=0)
    messages: int = Field(default=2000, ge=0)


class Mailbox(Section):
    """One account to read; exactly one of `imap`, `maildir` and `mbox`."""

    name: str
    imap: ImapServer | None = None
    maildir: Path | None = None
    mbox: Path | None = None
    folders: Folders = Field(default=["INBOX"])
    backfill: Backfill = Backfill()
    idle: bool = True
    poll_minutes: float = Field(default=5, gt=0, le=60)
    largest_message_mb: float = Field(default=25, gt=0)
    batch: int = Field(default=50, ge=1, le=500)

    @model_validator(mode="after")
    def _exactly_one(self) -> Mailbox:
        if sum(part is not None for part in (self.imap, self.maildir, self.mbox)) != 1:
            raise ValueError(f"Mailbox `{self.name}` needs exactly one of `imap`, `maildir` and `mbox`.")
        return self

    @property
    def largest_bytes(self) -> int:
        """The size cap in bytes."""
        return int(self.largest_message_mb * 1_000_000)


class Sender(Section):
    """The bot's own identity: its From name and address, the envelope sender that it reads, its List-Id."""

    name: str = "Library Digest"
    address: MailAddress
    envelope_sender: MailAddress | None = None
    list_id: str | None = None

    @property
    def bounces(self) -> str:
        """The envelope sender."""
        return self.envelope_sender or self.address

    @property
    def list_identifier(self) -> str:
        """The List-Id of all that the bot sends (RFC 2919)."""
        return self.list_id or "digest." + self.address.rpartition("@")[2]


class Dkim(Section):
    """The key that signs what we send (RFC 6376). `selector` and `domain` name the DNS record of its public half."""

    selector: Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", max_length=63)]
    domain: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\.?$", max_length=253)]
    key: KeyPlace


class Sending(Section):
    """How digests leave: through a server, or into a folder (`folder`), which sends nothing. `urgent_per_hour` caps
    what one reader is sent at once; `answers` is an address of a mailbox that the bot reads."""

    sender: Sender = Field(alias="from")
    smtp: SmtpServer | None = None
    folder: Path | None = None
    per_minute: int = Field(default=120, ge=1)
    give_up_hours: float = Field(default=48, gt=0)
    urgent_per_hour: int = Field(default=6, ge=1, le=100)
    answers: MailAddress | None = None
    dkim: Dkim | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Sending:
        if (self.smtp is None) == (self.folder is None):
            raise ValueError("`sending` needs exactly one of `smtp` and `folder`.")
        return self


class Trust(Section):
    """Whose word counts: our own mail server's Authentication-Results, and the consortium's domains."""

    authentication_server: str | None = None
    consortium: LowerList = Field(default=[])
    vendors: LowerList = Field(default=[])
    members: LowerList = Field(default=[])


class Library(Section):
    """Whose bot this is. `language` is what it speaks to readers who chose none. `liaison` and `director` (who gets
    the monthly page; nobody if not named) are ids of people.yaml; `instances` are the library's own of hosted systems,
    as the vendors number them in their status mails: an outage of others only is not urgent."""

    name: str
    time_zone: Zone = "America/Chicago"
    language: Language = "en"
    liaison: str
    director: str | None = None
    instances: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The library's time zone."""
        return ZoneInfo(self.time_zone)


class Log(Section):
    """Where the log goes: a file, or the terminal."""

    file: Path | None = None
    level: Literal["debug", "info", "warning", "error"] = "info"


class Ping(Section):
    """An address of an outside watcher that is asked (GET) every so often while all is well, and with `/fail` behind
    it when something is not; the watcher tells people when nothing comes."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")]
    every_minutes: float = Field(default=5, ge=1, le=24 * 60)


class Config(Section):
    """The whole of config.yaml. Relative paths are relative to the file's folder. `operator` is told of faults, too;
    less free space than `least_free_mb` where the store lies is one."""

    library: Library
    mailboxes: list[Mailbox] = Field(min_length=1)
    sending: Sending
    trust: Trust = Trust()
    store: str = "var/store.db"
    rules: Path = Path("rules")
    templates: Path | None = None
    model: Path | None = None
    health_file: Path | None = None
    calendars: Path | None = None
    token_file: Path | None = None
    quiet_after_minutes: float = Field(default=30, gt=0)
    least_free_mb: float = Field(default=300, ge=0)
    operator: MailAddress | None = None
    ping: Ping | None = None
    log: Log = Log()

    @model_validator(mode="after")
    def _names_differ(self) -> Config:
        names = [mailbox.name for mailbox in self.mailboxes]
        if len(set(names)) < len(names):
            raise ValueError("Two mailboxes bear the same name; positions are kept by name.")
        return self

    @model_validator(mode="after")
    def _same_as_one(self) -> Config:
        smtp = self.sending.smtp
        if smtp is not None and smtp.oauth == "same":
            given = [box.imap.oauth for box in self.mailboxes if box.imap is not None and box.imap.oauth is not None]
            if not given or any(one != given[0] for one in given):
                raise ValueError("`oauth: same` under `smtp` needs mailboxes with one and the same `oauth`.")
        return self

    @property
    def tokens(self) -> Path:
        """The file that tokens are kept in: the one that is named, or one beside the store."""
        beside = self.rules.parent / "store" if "://" in self.store else Path(self.store)
        return self.token_file or beside.with_name(f"{beside.name}.tokens")


def load_config(path: Path) -> Config:
    """Read a config file. Raises ConfigError with every mistake, its place and its mend."""
    file = read_yaml(path, ConfigError)
    config = absolute(validate(file, Config, ConfigError, setting_names()), path.resolve().parent)
    if wrong := mistake(config.library.language, offered(config.templates)):
        raise ConfigError(str(path), problems=(file.problem(("library", "language"), *wrong),))
    return config


def setting_names() -> set[str]:
    """Every key that some section knows, for "did you mean"."""
    models: list[type[BaseModel]] = [Config]
    names: set[str] = set()
    for model in models:
        for name, field in model.model_fields.items():
            names.add(field.alias or name)
            models.extend(_sections(field.annotation, models))
    return names


def _sections(annotation: object, known: list[type[BaseModel]]) -> list[type[BaseModel]]:
    found = []
    for part in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(part, type) and issubclass(part, BaseModel):
            found += [part] if part not in known else []
        elif part is not annotation:
            found += _sections(part, known)
    return found


def absolute(config: Config, base: Path) -> Config:
    """The same config with every relative path below `base`."""
    return Config.model_validate(_absolute(config.model_dump(by_alias=True), base))


def _absolute(value: object, base: Path) -> object:
    if isinstance(value, Path):
        return base / value.expanduser()
    if isinstance(value, dict):
        return {
            key: str(_absolute(Path(str(part)), base)) if key == "store" and "://" not in str(part)
            else _absolute(part, base)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_absolute(part, base) for part in value]
    return value
