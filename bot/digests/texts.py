"""A post's own text as it is shown whole: in paragraphs and lines, its web addresses apart. Pure."""

from __future__ import annotations

import re

from bot.digests.phrases import clean_text, linked
from bot.types import Message

#: A paragraph's lines, each in runs of (words, web address or "").
Paragraph = tuple[tuple[tuple[str, str], ...], ...]

#: A line so long was broken because it was full.
_FULL = 58
_ENTRY = re.compile(r"[-*•>]|\d{1,3}[.)]\s")


def paragraphs_of(message: Message, limit: int) -> tuple[tuple[Paragraph, ...], bool]:
    """What its writer wrote now, at most `limit` characters of it; and whether it had to be cut."""
    said = clean_text(message.new_text or message.text).strip()
    blocks = [block for block in said[:limit].split("\n\n") if block.strip()]
    return tuple(tuple(map(linked, _lines(block))) for block in blocks), len(said) > limit


def _lines(block: str) -> list[str]:
    """The lines of a paragraph; what was only broken because the line was full is joined again."""
    lines: list[str] = []
    full = False
    for line in filter(None, (" ".join(line.split()) for line in block.splitlines())):
        if lines and full and not _ENTRY.match(line):
            lines[-1] = f"{lines[-1]} {line}"
        else:
            lines.append(line)
        full = len(line) >= _FULL
    return lines
