"""Cards laid out once for many readers: nobody sees that it is quicker."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from jinja2.nodes import EvalContext

from bot.digests.cards import Cards
from bot.digests.render import Templates, render
from bot.digests.values import Card
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


def test_a_card_is_laid_out_once_until_it_is_forgotten() -> None:
    card = made(POSTS[0]).sections[0].cards[0]
    page, laid_out = EvalContext(Environment(autoescape=True)), Counter[str]()

    def macro(_page: object, card: Card) -> str:
        laid_out[card.subject] += 1
        return card.subject

    cards = Cards()
    assert [cards.once(page, macro, card) for _ in range(3)] == [card.subject] * 3
    cards.forget()
    cards.once(page, macro, card)
    assert laid_out == {card.subject: 2}


def test_templates_of_a_library_that_know_nothing_of_it_look_the_same(tmp_path: Path) -> None:
    macros = (SHIPPED / "macros.html.j2").read_text().replace("cards.once(thread, card)", "thread(card)")
    (tmp_path / "macros.html.j2").write_text(macros)
    assert render(made(*POSTS), Templates(SHIPPED, tmp_path)) == render(made(*POSTS), SHARED)
