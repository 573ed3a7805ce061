"""Golden mails: what each case's input.yaml becomes, byte for byte. REGOLD=1 writes expected.eml anew."""

from __future__ import annotations

import os

import pytest

from bot.digests import month
from tests.digests.cases import CASES, HERE, KINDS, golden, load


@pytest.fixture(autouse=True)
def a_small_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PNG's bytes hang on the zlib that packs them: a chart's are those of the smallest one, without its rows."""
    monkeypatch.setattr(month, "bars", lambda rows: b"\x89PNG\r\n\x1a\n" + f"{len(rows)} bars".encode())


@pytest.mark.parametrize("name", CASES)
def test_mail_is_as_expected_byte_for_byte(name: str) -> None:
    made, expected = golden(name), HERE / name / "expected.eml"
    if os.environ.get("REGOLD") == "1":
        expected.write_bytes(made)
    assert made == expected.read_bytes()


@pytest.mark.parametrize("name", CASES)
def test_mail_is_the_same_twice(name: str) -> None:
    assert golden(name) == golden(name)


def test_every_kind_has_a_case() -> None:
    assert {load(name)["kind"] for name in CASES} == set(KINDS)
