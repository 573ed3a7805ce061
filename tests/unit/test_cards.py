"""Cards laid out once for many readers, and subjects encoded letter by letter: nobody sees that it is quicker."""

from __future__ import annotations

from email.header import Header, decode_header, make_header
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digests.mail import _words
from bot.digests.render import Templates, render
from bot.types import Pending
from tests.unit.test_render import SHIPPED, made, post

SHARED = Templates(SHIPPED)
#: Posts with links of their own, with one that several share, and with none.
POSTS = tuple(
    post(number, f"Subject {number}", f"Post {number}. See https://example.org/{number} and {further}")
    for number, further in enumerate(("https://example.org/all", "", "https://example.org/all", "https://example.org/2"))
)


@settings(max_examples=60, deadline=None)
@given(st.permutations(POSTS), st.integers(1, len(POSTS)))
def test_a_card_that_others_have_had_looks_as_if_made_anew(order: list[Pending], some: int) -> None:
    digest = made(*order[:some])
    assert render(digest, SHARED) == render(digest, Templates(SHIPPED))


def test_what_was_laid_out_is_forgotten() -> None:
    templates = Templates(SHIPPED)
    before = render(made(*POSTS), templates)
    templates.forget()
    assert render(made(*POSTS), templates) == before


def test_templates_of_a_library_that_know_nothing_of_it_look_the_same(tmp_path: Path) -> None:
    macros = (SHIPPED / "macros.html.j2").read_text().replace("cards.once(thread, card)", "thread(card)")
    (tmp_path / "macros.html.j2").write_text(macros)
    assert render(made(*POSTS), Templates(SHIPPED, tmp_path)) == render(made(*POSTS), SHARED)


@settings(max_examples=400, deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=200),
       st.sampled_from(("Subject", "From")))
def test_encoded_words_are_those_of_the_standard_library(line: str, field: str) -> None:
    words = _words(line, field)
    assert all(len(word) <= 75 for word in words.split()) or line.isascii()
    if not line.isascii():
        assert words == " ".join(Header(line, "utf-8", maxlinelen=75, header_name=field).encode(linesep="\n").split())
        assert str(make_header(decode_header(words))) == line


@pytest.mark.parametrize("line", ["Réservé: " + "à" * 90, "日本語" * 40, "Übersicht", "plain, then an Ö"])
def test_no_encoded_word_splits_a_letter(line: str) -> None:
    for word in _words(line, "Subject").split():
        assert "\ufffd" not in str(make_header(decode_header(word)))
