"""DKIM signatures on what we send (RFC 6376, RFC 8463): the operator's key, the fields that are signed, the DNS record.

A mail is signed once, when it is written into the outbox, so that every attempt carries the same bytes. Each field is
named once more than it stands in the mail ("over-signed"): a second Subject added on the way breaks the signature.
Our mails are ASCII with CRLF line ends, which no relay needs to change.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bot.config import Dkim, Sender
from bot.errors import ConfigError
from bot.section import Secret

#: What is signed, in this order (RFC 6376, 5.4.1; RFC 2369; RFC 8058; RFC 3834; RFC 2045).
FIELDS = (
    "from", "sender", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "list-id",
    "list-unsubscribe", "list-unsubscribe-post", "list-post", "list-help", "list-subscribe", "list-owner",
    "list-archive", "auto-submitted", "mime-version", "content-type", "content-transfer-encoding",
)
#: RFC 8301, 3.2: verifiers must not believe a shorter one.
_SHORTEST_RSA = 1024
_HOW = "Make one with: openssl genrsa -out dkim.pem 2048"


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """The DNS record that lets others verify: a TXT record of this name with this value."""

    name: str
    value: str

    def __str__(self) -> str:
        """In words that campus IT can use."""
        return (f"DNS must have a TXT record named {self.name} with the value \"{self.value}\" (one text; tools that "
                "allow 255 characters at most split it into several strings by themselves)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """Signs with one key for one domain."""

    selector: str
    domain: str
    key: RSAPrivateKey | Ed25519PrivateKey

    def __call__(self, raw: bytes) -> bytes:
        """The mail with its signature on top (RFC 6376, 3.5); `raw` has CRLF line ends."""
        import dkim

        signature = dkim.sign(
            raw, self.selector.encode(), self.domain.encode(), self._private, canonicalize=(b"relaxed", b"relaxed"),
            signature_algorithm=self.algorithm.encode(), include_headers=_signed(raw))
        return bytes(signature) + raw

    @property
    def algorithm(self) -> str:
        """`a=`."""
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    @property
    def _private(self) -> bytes:
        """The key as dkimpy takes it: PKCS#1 in PEM, or the bare seed in base64."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                                          serialization.NoEncryption())
        return base64.b64encode(self.key.private_bytes_raw())

    @property
    def record(self) -> Record:
        """What campus IT publishes (RFC 6376, 3.6.1; RFC 8463, 4)."""
        public = self.key.public_key()
        if isinstance(self.key, RSAPrivateKey):
            kind, form, outer = "rsa", serialization.PublicFormat.SubjectPublicKeyInfo, serialization.Encoding.DER
        else:
            kind, form, outer = "ed25519", serialization.PublicFormat.Raw, serialization.Encoding.Raw
        told = base64.b64encode(public.public_bytes(outer, form)).decode()
        return Record(name=f"{self.selector}._domainkey.{self.domain}", value=f"v=DKIM1; k={kind}; p={told}")


def _signed(raw: bytes) -> list[bytes]:
    """The fields to sign, each once more than it stands there."""
    head = raw.partition(b"\r\n\r\n")[0]
    lines = (line for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t"))
    standing = [line.partition(b":")[0].strip().lower() for line in lines]
    return [name.encode() for name in FIELDS for _ in range(1 + standing.count(name.encode()))]


# ── the key ───────────────────────────────────────────────────────────────────────────────────────────────────────


def open_signer(dkim: Dkim, sender: Sender, environ: Mapping[str, str], credentials_dir: str | None) -> Signer:
    """The signer of a config. Raises ConfigError when the key cannot be read, is none, or does not fit the sender."""
    domain, own = dkim.domain.lower().rstrip("."), sender.address.rpartition("@")[2]
    if own != domain and not own.endswith(f".{domain}") and not domain.endswith(f".{own}"):
        raise ConfigError(f"The DKIM domain {domain} does not fit the sender {sender.address}, so DMARC would not "
                          "count the signature.", f"Write `domain: {own}`, or the domain above it.")
    text, place = _read(dkim.key, environ, credentials_dir)
    key = _key(text, place)
    if isinstance(key, RSAPrivateKey) and key.key_size < _SHORTEST_RSA:
        raise ConfigError(f"The DKIM key in {place} has {key.key_size} bits; below {_SHORTEST_RSA} nobody believes it.",
                          _HOW)
    return Signer(selector=dkim.selector, domain=domain, key=key)


def _read(key: Secret, environ: Mapping[str, str], credentials_dir: str | None) -> tuple[bytes, str]:
    """The key's text, and where it lies, in words."""
    if key.env is not None:
        if not environ.get(key.env):
            raise ConfigError(f"The DKIM key is expected in the environment variable {key.env}, which is not set.",
                              f"Set {key.env} before the bot starts, or name a `file` or `credential` in config.yaml.")
        return environ[key.env].replace("\\n", "\n").encode(), f"the environment variable {key.env}"
    if key.credential is not None and not credentials_dir:
        raise ConfigError(f"The DKIM key is expected as the systemd credential {key.credential}, but the bot was not "
                          "started by systemd.",
                          "Start it as a service with LoadCredential=, or name an `env` or `file` in config.yaml.")
    path = key.file if key.file is not None else Path(credentials_dir or "") / (key.credential or "")
    try:
        return path.read_bytes(), f"the file {path}"
    except OSError as wrong:
        raise ConfigError(f"The DKIM key {path} cannot be read ({wrong.strerror}).",
                          f"Put the private key there, readable for the bot's user only (chmod 600). {_HOW}") from wrong


def _key(text: bytes, place: str) -> RSAPrivateKey | Ed25519PrivateKey:
    """A PEM (PKCS#1 or PKCS#8), or the bare base64 of an Ed25519 seed as dknewkey writes it."""
    try:
        if b"-----BEGIN" not in text:
            return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text.strip(), validate=True))
        key = serialization.load_pem_private_key(text, password=None)
    except TypeError as wrong:
        raise ConfigError(f"The DKIM key in {place} is locked by a passphrase.",
                          "Unlock it: openssl pkey -in locked.pem -out dkim.pem") from wrong
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise ConfigError(f"What lies in {place} is no private key.", f"It must be a PEM file. {_HOW}") from wrong
    if not isinstance(key, (RSAPrivateKey, Ed25519PrivateKey)):
        raise ConfigError(f"The DKIM key in {place} is of a kind that DKIM does not know.",
                          f"It must be RSA or Ed25519. {_HOW}")
    return key
