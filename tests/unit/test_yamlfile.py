"""YAML with positions: what is refused, in which words, and that no secret is ever repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from bot.errors import ConfigError, SetupError
from bot.yamlfile import did_you_mean, parse_yaml, read_yaml, validate

HERE = Path("some.yaml")


class _Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int = 0
    items: list[str] = []


class _Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    inner: _Inner = _Inner()
    by_name: dict[str, _Inner] = {}


def told(text: str) -> str:
    with pytest.raises(SetupError) as caught:
        validate(parse_yaml(HERE, text, ConfigError), _Outer, ConfigError, ("number", "inner"))
    return str(caught.value)


@pytest.mark.parametrize(("text", "expected"), [
    ("a: 1\na: 2\n", "some.yaml:2:1: `a` stands here a second time. Keep one of the two."),
    ("inner:\n  number: 1\n  number: 2\n", "some.yaml:3:3: `number` stands here a second time."),
    ("inner:\n\tnumber: 1\n", "some.yaml:2:1: A tab stands here"),
    ("inner: [1, 2\n", "some.yaml:1:8: This `[` is not closed. Write `inner: [1, 2]`."),
    ("inner: 'x\n", "some.yaml:1:8: This quote is not closed. Write `inner: 'x'`."),
    ("inner:\n  number: 1\n items: []\n", "some.yaml:3:2: This line begins in column 2"),
    ("a: 1\n---\nb: 2\n", "some.yaml:2:1: `---` ends the file here"),
    ("a: \x00\n", "some.yaml:1:4: A character stands here that no text file has."),
    ("inner: {number: 2026-99-99}\n", "`number` cannot be `2026-99-99`"),
    ("inner: !!python/object/apply:os.system ['true']\n", "`inner` cannot be a list"),
    ("a: &x\n  <<: *x\n", "some.yaml"),
    ("a: *b\n", "some.yaml:1:4: A text that begins with `*` means something else."),
    ("? [a, b]\n: c\n", "some.yaml"),
    ("inner: {numbr: 1}\n", "some.yaml:1:9: There is no setting `numbr` here. Did you mean `number`?"),
    ("inner: {number: x}\n", "some.yaml:1:9: `number` cannot be `x`: input should be a valid integer"),
    ("inner: {number: [1]}\n", "`number` cannot be a list: input should be a valid integer"),
    ("inner: {items: one}\n", "`items` cannot be `one`: a list belongs here"),
    ("inner: {items: [1]}\n", "`items` cannot be `1`: a word belongs here; put it in quotes."),
    ("inner: 5\n", "some.yaml:1:1: `inner` cannot be `5`: lines of the form"),
    ("- inner\n", "some.yaml:1: This file cannot be a list: lines of the form"),
    ("hello\n", "This file cannot be `hello`"),
    ("by_name:\n  Big:\n    number: x\n", "some.yaml:3:5: `number` cannot be `x`"),
    ("by_name:\n  a[b]:\n    number: x\n", "some.yaml:3:5: `number` cannot be `x`"),
])
def test_what_is_wrong_is_told_with_its_place(text: str, expected: str) -> None:
    assert expected in told(text)


def test_the_line_itself_is_shown_with_a_caret() -> None:
    assert told("inner: {numbr: 1}\n").splitlines()[1:] == ["    inner: {numbr: 1}", "            ^"]


def test_words_stay_words() -> None:
    assert parse_yaml(HERE, "a: no\nb: 08:30\nc: yes\nd: 1.10\n", ConfigError).data == {
        "a": "no", "b": "08:30", "c": "yes", "d": 1.1}


def test_an_empty_file_is_nothing() -> None:
    assert parse_yaml(HERE, "# only a comment\n", ConfigError).data is None
    assert validate(parse_yaml(HERE, "", ConfigError), _Outer, ConfigError) == _Outer()


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    assert read_yaml(path, ConfigError).data == {"a": 1}


@pytest.mark.parametrize(("content", "words"), [
    (None, "This file is missing."), (b"a: 1\nb: caf\xe9\n", "Line 2 is not UTF-8 text. Save the file as UTF-8."),
])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "a.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        read_yaml(path, ConfigError)


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_yaml(tmp_path, ConfigError)


@pytest.mark.parametrize("text", [
    "password: hunter2\n", "inner: {password: hunter2}\n", "smtp_passwd: 'hunter2\n", "token: [hunter2\n",
    "api_key: hunter2\napi_key: hunter2\n", "inner:\n  password: &x hunter2\n  y: *z\n",
    "store: postgresql://bot:hunter2@db/x\n", "by_name: {password: hunter2}\n", "\tpassword: hunter2\n",
])
def test_no_mistake_repeats_a_secret(text: str) -> None:
    assert "hunter2" not in told(text)


@pytest.mark.parametrize(("word", "expected"), [
    ("catalogin", "Did you mean `cataloging`?"), ("zzz", ""), ("", ""), ("cataloging", "Did you mean `cataloging`?"),
])
def test_did_you_mean(word: str, expected: str) -> None:
    assert did_you_mean(word, ["cataloging", "training"]) == expected


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!?|>'\"#%@`,\n \t0159._~<=é\x07"), max_size=40))
def test_any_text_is_either_understood_or_refused_in_words(text: str) -> None:
    told = None
    try:
        validate(parse_yaml(HERE, text, ConfigError), _Outer, ConfigError)
    except ConfigError as wrong:
        told = wrong
    assert told is None or (told.problems and str(told).startswith("some.yaml"))
