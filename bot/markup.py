"""Text from outside in what rich prints: no markup of rich's (`[bold]`), and nothing that a terminal obeys."""

from __future__ import annotations

from rich.markup import escape as without_markup

from bot.unseen import one_line


def escape(text: str) -> str:
    """Words as they are, on one line, whatever they hold."""
    return without_markup(one_line(text))
