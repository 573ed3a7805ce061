"""Cards laid out once: in one slot the same card stands in the digests of many readers.

Templates call `cards.once` (HTML) and `cards.once_noted` (plain text, whose links bear the numbers of the whole mail)
with the macro that lays a card out. What was made is forgotten when it becomes too much, and after each slot.
"""

from __future__ import annotations

from collections.abc import Callable

import jinja2
import jinja2.nodes

from bot.digests.values import Card

_MOST = 1_000
Macro = Callable[..., str]


class Notes:
    """Web addresses in the order they are first named, each with its number: footnotes of a plain text."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        #: The addresses in the order they were named, each as often as it was.
        self.named: list[str] = []

    def mark(self, url: str) -> str:
        """"[3]"."""
        self.named.append(url)
        return f"[{self._numbers.setdefault(url, len(self._numbers) + 1)}]"

    @property
    def all(self) -> tuple[tuple[int, str], ...]:
        """(number, web address), in order."""
        return tuple((number, url) for url, number in self._numbers.items())


class Cards:
    """What one language's templates made of each card."""

    def __init__(self) -> None:
        self._pages: dict[Card, str] = {}
        self._texts: dict[tuple[Card, tuple[str, ...]], str] = {}
        self._urls: dict[Card, tuple[str, ...]] = {}

    def forget(self) -> None:
        """Begin anew."""
        for memory in (self._pages, self._texts, self._urls):
            memory.clear()

    @jinja2.pass_eval_context
    def once(self, page: jinja2.nodes.EvalContext, macro: Macro, card: Card) -> str:
        """The card as HTML."""
        done = self._pages.get(card)
        if done is None:
            self._make_room()
            self._pages[card] = done = macro(page, card)
        return done

    @jinja2.pass_eval_context
    def once_noted(self, page: jinja2.nodes.EvalContext, macro: Macro, card: Card, notes: Notes) -> str:
        """The card as text; its links are named in `notes`, in the order in which the macro names them."""
        urls = self._urls.get(card)
        if urls is not None:
            known = card, tuple(map(notes.mark, urls))
            if (done := self._texts.get(known)) is not None:
                return done
        before = len(notes.named)
        done = macro(page, card, notes)
        if urls is None:
            self._make_room()
            self._urls[card] = urls = tuple(notes.named[before:])
        self._texts[card, tuple(map(notes.mark, urls))] = done
        return done

    def _make_room(self) -> None:
        if len(self._pages) > _MOST or len(self._texts) > _MOST:
            self.forget()
