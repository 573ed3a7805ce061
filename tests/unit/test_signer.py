"""DKIM signatures, verified by the record alone; the key's troubles, told with their mend."""

from __future__ import annotations

import base64
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.commands.check import check
from bot.config import Dkim, Sender
from bot.errors import ConfigError
from bot.outbox.signer import FIELDS, Record, Signer, open_signer
from tests.unit.builders import CONFIG, write_config

SENDER = Sender(address="digest@library.example.edu")
RSA = generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = Ed25519PrivateKey.generate()
MAIL = (
    b"From: Library Digest <digest@library.example.edu>\r\nTo: dana@library.example.edu\r\n"
    b"Subject: Library digest, Tue 24 Nov:\r\n  three  posts \r\nDate: Tue, 24 Nov 2026 07:30:00 -0600\r\n"
    b"Message-ID: <a@library.example.edu>\r\nList-Id: <digest.library.example.edu>\r\n"
    b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
    b"Good  morning. \r\n\r\n.\r\nThe end\r\n\r\n\r\n"
)
KEYS = pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])
Key = RSAPrivateKey | Ed25519PrivateKey


def signer(key: Key) -> Signer:
    return Signer(selector="s1", domain="library.example.edu", key=key)


def holds(raw: bytes, record: Record) -> bool:
    """What dkimpy says, asked with the record alone."""
    known = {f"{record.name}.".encode(): record.value.encode()}
    return bool(dkim.verify(raw, dnsfunc=lambda name, timeout=5: known.get(name)))


def pem(key: object, **more: object) -> bytes:
    lock = more.get("lock", serialization.NoEncryption())
    form = more.get("form", serialization.PrivateFormat.PKCS8)
    return key.private_bytes(serialization.Encoding.PEM, form, lock)  # type: ignore[attr-defined, no-any-return]


def config(place: dict[str, object], domain: str = "library.example.edu") -> Dkim:
    return Dkim.model_validate({"selector": "s1", "domain": domain, "key": place})


@KEYS
def test_it_is_believed(key: Key) -> None:
    signed = signer(key)(MAIL)
    assert signed.endswith(MAIL)
    assert holds(signed, signer(key).record)
    assert max(map(len, signed.split(b"\r\n"))) <= 78


@KEYS
@settings(max_examples=40, deadline=None)
@given(body=st.text(st.sampled_from("ab .=\t\n-"), max_size=200),
       subject=st.text(st.sampled_from("ab \t:;="), max_size=90))
def test_any_text_is_signed_as_it_will_be_read(key: Key, body: str, subject: str) -> None:
    text = f".{body}\n".replace("\n", "\r\n").encode()
    raw = b"From: a@library.example.edu\r\nSubject: x" + subject.encode() + b"\r\n\r\n" + text
    assert holds(signer(key)(raw), signer(key).record)


@KEYS
@pytest.mark.parametrize("field", ["from", "subject", "to", "list-unsubscribe", "cc", "mime-version", "content-type"])
def test_a_field_added_on_the_way_breaks_it(key: Key, field: str) -> None:
    signed = signer(key)(MAIL)
    more = signed.replace(b"\r\nTo:", f"\r\n{field.title()}: x@example.com\r\nTo:".encode(), 1)
    assert not holds(more, signer(key).record)


@KEYS
def test_a_change_of_words_breaks_it_and_a_stamp_on_the_way_does_not(key: Key) -> None:
    signed = signer(key)(MAIL)
    assert not holds(signed.replace(b"The end", b"The End"), signer(key).record)
    assert not holds(signed.replace(b"three", b"four"), signer(key).record)
    assert holds(b"Received: from a by b; Tue, 24 Nov 2026 07:30:01 -0600\r\n" + signed, signer(key).record)


def test_what_matters_is_signed() -> None:
    assert {"from", "to", "subject", "date", "message-id", "list-id", "list-unsubscribe", "auto-submitted",
            "mime-version", "content-type", "content-transfer-encoding"} <= set(FIELDS)
    assert not {"received", "return-path"} & set(FIELDS)


# ── the key ──


@pytest.mark.parametrize("text", [
    pem(RSA), pem(RSA, form=serialization.PrivateFormat.TraditionalOpenSSL), pem(ED25519),
    base64.b64encode(ED25519.private_bytes_raw()) + b"\n",
], ids=["rsa", "rsa-traditional", "ed25519", "ed25519-bare"])
def test_keys_as_tools_write_them(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "dkim.pem").write_bytes(text)
    one = open_signer(config({"file": tmp_path / "dkim.pem"}), SENDER, {}, None)
    assert holds(one(MAIL), one.record)


def test_a_key_from_the_environment_and_from_systemd(tmp_path: Path) -> None:
    (tmp_path / "dkim").write_bytes(pem(RSA))
    for place, env, folder in (({"env": "K"}, {"K": pem(RSA).decode().replace("\n", "\\n")}, None),
                               ({"credential": "dkim"}, {}, str(tmp_path))):
        assert open_signer(config(dict(place)), SENDER, env, folder).record == signer(RSA).record


@pytest.mark.parametrize(("text", "word"), [
    (b"", "no private key"), (b"hello", "no private key"), (b"-----BEGIN PRIVATE KEY-----\nx\n", "no private key"),
    (pem(RSA, lock=serialization.BestAvailableEncryption(b"x")), "passphrase"),
    (pem(ec.generate_private_key(ec.SECP256R1())), "RSA or Ed25519"),
    (b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n", "no private key"),
])
def test_what_is_no_key_is_told_with_its_mend(tmp_path: Path, text: bytes, word: str) -> None:
    (tmp_path / "dkim.pem").write_bytes(text)
    with pytest.raises(ConfigError) as told:
        open_signer(config({"file": tmp_path / "dkim.pem"}), SENDER, {}, None)
    assert word in str(told.value)
    assert "dkim.pem" in str(told.value)


@pytest.mark.parametrize(("place", "word"), [
    ({"file": "/nowhere/dkim.pem"}, "chmod 600"), ({"env": "NOT_SET"}, "NOT_SET"),
    ({"credential": "dkim"}, "LoadCredential"),
])
def test_a_key_that_is_not_there_is_told_with_its_mend(place: dict[str, object], word: str) -> None:
    with pytest.raises(ConfigError) as told:
        open_signer(config(place), SENDER, {}, None)
    assert word in str(told.value)


@pytest.mark.parametrize("domain", ["library.example.edu", "Example.edu.", "mail.library.example.edu"])
def test_a_domain_that_fits_the_sender(tmp_path: Path, domain: str) -> None:
    (tmp_path / "dkim.pem").write_bytes(pem(ED25519))
    one = open_signer(config({"file": tmp_path / "dkim.pem"}, domain), SENDER, {}, None)
    assert one.record.name == f"s1._domainkey.{domain.lower().rstrip('.')}"


@pytest.mark.parametrize("domain", ["example.com", "other.example.edu", "y-library.example.edu"])
def test_a_domain_that_does_not(tmp_path: Path, domain: str) -> None:
    (tmp_path / "dkim.pem").write_bytes(pem(ED25519))
    with pytest.raises(ConfigError, match=r"domain: library\.example\.edu"):
        open_signer(config({"file": tmp_path / "dkim.pem"}, domain), SENDER, {}, None)


@pytest.mark.parametrize("wrong", ["-----BEGIN PRIVATE KEY-----", {}, {"file": "a", "env": "b"}])
def test_a_key_is_named_in_one_way_and_never_stands_in_the_config(wrong: object) -> None:
    with pytest.raises(ValidationError):
        Dkim.model_validate({"selector": "s1", "domain": "example.edu", "key": wrong})


# ── the whole bot ──


def test_check_tells_the_record_to_publish_or_what_is_wrong(tmp_path: Path) -> None:
    dkim_ = "  dkim: {selector: s1, domain: library.example.edu, key: {file: dkim.pem}}\n"
    path = write_config(tmp_path, CONFIG.replace("  folder: out\n", f"  folder: out\n{dkim_}"))
    assert any("dkim.pem cannot be read" in str(one) for one in check(path).mistakes)
    (tmp_path / "dkim.pem").write_bytes(pem(RSA))
    told = next(line for line in check(path).well if line.startswith("DKIM"))
    assert "TXT record named s1._domainkey.library.example.edu" in told
    assert signer(RSA).record.value in told


def test_a_key_pasted_into_the_config_is_not_repeated(tmp_path: Path) -> None:
    dkim_ = "  dkim:\n    selector: s1\n    domain: library.example.edu\n    key: MIIEvQIBADANBgkq\n"
    found = check(write_config(tmp_path, CONFIG.replace("  folder: out\n", f"  folder: out\n{dkim_}"))).mistakes
    assert any("No key stands in this file" in str(one) for one in found)
    assert not any("MIIEvQIBADANBgkq" in str(one) for one in found)
