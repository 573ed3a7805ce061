"""Raw bytes → Message: the corpus of pairs in tests/mails, hostile bytes, and whatever hypothesis thinks of."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.inbox.guard import Trust, authenticated, inspect
from bot.inbox.message import Unreadable, own_bytes_hash, parse
from bot.types import Message

MAILS = Path(__file__).parent.parent / "mails"
PAIRS = sorted(MAILS.rglob("*.eml"))
TRUST = Trust(
    authentication_server="mx.library.example.edu", consortium=("carli.example.edu",),
    vendors=("exlibris.example.com",), members=("northlake.example.edu", "prairie.example.org"),
    own_address="digest@library.example.edu", own_list="digest.library.example.edu",
    known_lists=frozenset({"i-share", "techserv-ig"}))
HEAD = b"From: Ann <ann@northlake.example.edu>\r\nSubject: s\r\n"


def facts(message: Message) -> dict[str, Any]:
    """What an expectation may name besides the plain fields."""
    verdicts = inspect(message, TRUST)
    return {
        "sender": message.sender.address if message.sender else None,
        "sender_name": message.sender.name if message.sender else None,
        "date": message.date.isoformat() if message.date else None,
        "calendars": len(message.calendars),
        "attachments": [
            {"name": file.name, "media_type": file.media_type, "size": file.size} for file in message.attachments],
        "verdict": verdicts[0].kind if verdicts else None,
        "authenticated": authenticated(message, TRUST)[0],
    }


HOLDS = {"footer_holds": "footer", "quoted_holds": "quoted_text", "text_holds": "text"}


def seen(message: Message, key: str, expected: object) -> object:
    """The message's side of one expected line; for `…_holds` the expected words themselves when they are there."""
    if key == "enclosed_holds":
        return expected if any(str(expected) in text for text in message.enclosed) else message.enclosed
    if key == "defect_holds":
        return expected if any(str(expected) in text for text in message.defects) else message.defects
    if key in HOLDS:
        text = getattr(message, HOLDS[key])
        return expected if str(expected) in text else text
    found = facts(message)
    value = found[key] if key in found else getattr(message, key)
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: str(path.relative_to(MAILS).with_suffix("")))
def test_pair(path: Path) -> None:
    expected: Mapping[str, object] = YAML(typ="safe").load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
    message = parse(path.read_bytes(), known_lists=TRUST.known_lists)
    assert {key: seen(message, key, value) for key, value in expected.items()} == dict(expected)


def test_the_corpus_is_there() -> None:
    assert len(PAIRS) >= 40
    assert all(path.with_suffix(".yaml").exists() for path in PAIRS)


@pytest.mark.parametrize("raw", [b"", b"   \r\n\r\n", b"\n\n\n"])
def test_nothing_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(raw)


def test_size_is_the_true_size_when_it_is_given() -> None:
    assert parse(HEAD + b"\r\nx", size=99).size == 99
    assert parse(HEAD + b"\r\nx").size == len(HEAD) + 3


def nested(depth: int) -> bytes:
    levels = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return HEAD + levels + b"Content-Type: text/plain\r\n\r\nx"


MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
HOSTILE = {
    "nested-300": nested(300),
    "nested-5000": nested(5_000),
    "parts-20000": MIXED + b"--b\r\n\r\nhi\r\n" * 20_000,
    "header-of-2-mb": HEAD + b"X: " + b"a" * 2_000_000 + b"\r\n\r\nx",
    "headers-50000": HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(50_000)) + b"\r\nx",
    "eight-bit-header": HEAD + b"Subject: " + b"\xe9" * 20_000 + b"\r\n\r\nx",
    "attached-eight-bit": MIXED + (
        b"--b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\nSubject: "
        + b"\xe9" * 20_000 + b"\r\n\r\nx\r\n") * 20,
    "parentheses": HEAD + b"Cc: " + b"(" * 15_000 + b"\r\n\r\nx",
    "encoded-words": HEAD + b"X-A: " + b"=?" * 7_000 + b"\r\n\r\nx",
    "punycode": HEAD + b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-b9" * 100_000,
    "parameters": HEAD + b"Content-Type: text/plain" + b';a="' * 4_000 + b"\r\n\r\nx",
    "nul-in-charset": HEAD + b"Content-Type: text/plain; charset=\0\r\n\r\nx",
    "charset-2231": HEAD + b"Content-Type: text/plain; charset*0*=x''%ff; charset*1=y\r\n\r\nx\xff",
    "divs-60000": HTML + b"<div>" * 60_000 + b"x",
    "anchors": HTML + b"<a " * 100_000,
    "blanks": HEAD + b"\r\n" + (b" " * 1_500 + b"x\r\n") * 3_000,
    "blank-lines": HEAD + b"\r\n" + b"\n" * 5_000_000,
    "digits": HEAD + b"\r\n" + b"2" * 1_000_000,
    "names": HEAD + b"\r\n" + b"Patron Ann Webb " * 50_000,
    "only-a-body": b"no header at all, just words",
    "only-from": b"From: ",
    "broken-b64-word": HEAD + b"X: =?utf-8?b?===?= =?utf-8?b?a?=\r\n\r\nx",
    "cr-only": b"From: a@b.example\rSubject: s\r\rx",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_message_costs_little_and_raises_nothing(name: str) -> None:
    begun = time.process_time()
    message = parse(HOSTILE[name])
    inspect(message, TRUST)
    assert time.process_time() - begun < 2
    repr(message).encode("utf-8")


def test_deep_nesting_is_told() -> None:
    assert any("deep" in defect or "limits" in defect for defect in parse(HOSTILE["nested-5000"]).defects)


def test_text_of_deeply_nested_markup_is_kept() -> None:
    assert "x" in parse(HOSTILE["divs-60000"]).text


def judge(raw: bytes) -> None:
    try:
        message = parse(raw, known_lists=TRUST.known_lists)
    except Unreadable:
        return
    inspect(message, TRUST)
    repr(message).encode("utf-8")
    assert message.date is None or message.date.tzinfo is not None
    assert len(own_bytes_hash(raw)) == 64


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=2_000))
def test_arbitrary_bytes_never_raise(raw: bytes) -> None:
    judge(raw)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    raw = bytearray(draw(st.sampled_from(PAIRS)).read_bytes())
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, len(raw)))
        piece = draw(st.sampled_from([
            b"\0", b"\r", b"\n", b"\r\n\r\n", b"=?utf-8?q?", b"?=", b"\xff\xfe", b"(", b'"', b"<", b";", b"charset*0*=",
            b"--b\r\n", b"Content-Type: message/rfc822\r\n\r\n", b":", b"=?punycode?b?YQ?=", b"\xf0\x9f"]))
        raw[at:at + draw(st.integers(0, 20))] = piece
    return bytes(raw)


@settings(deadline=None, max_examples=250, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_mutated_mails_never_raise(raw: bytes) -> None:
    judge(raw)


def test_hash_ignores_the_way_a_message_took_and_nothing_else() -> None:
    raw = HEAD + b"\r\nThe text.\r\n"
    moved = b"Received: from x by y\r\n\tfor z\r\nReturn-Path: <a@b.example>\r\nDelivered-To: q\r\n" + raw
    assert own_bytes_hash(moved) == own_bytes_hash(raw) == own_bytes_hash(raw.replace(b"\r\n", b"\n"))
    assert own_bytes_hash(raw.replace(b"The text", b"Another")) != own_bytes_hash(raw)
    assert own_bytes_hash(raw.replace(b"Subject: s", b"Subject: t")) != own_bytes_hash(raw)


def test_text_is_capped() -> None:
    assert len(parse(HEAD + b"\r\n" + b"word " * 100_000).text) == 200_000
