"""Hiding patron data in what is shown: reports, lists, terminals."""

from __future__ import annotations

import re
from itertools import pairwise

from bot.inbox import people

#: Barcodes, university IDs, Social Security numbers: six digits and more, blanks and hyphens between them included.
_NUMBER = re.compile(r"\d(?:[ -]?\d){5,}")
_STEM = re.compile(r"[_.+-]+")


def mask(text: str) -> str:
    """The text with every long number cut to its first digit and every name to initials; other words stay."""
    return people.without_names(_NUMBER.sub(lambda found: f"{found[0][0]}…", text))


def mask_file(name: str) -> str:
    """A file's name fit to be told: long numbers cut; of one that may be a person's, only the ending."""
    stem, dot, ending = name.rpartition(".")
    words = _STEM.sub(" ", stem or name).split()
    pairs = (" ".join(pair) for pair in pairwise(words) if all(word.istitle() for word in pair))
    return f"….{ending}" if dot and any(people.is_name(pair) for pair in pairs) else mask(name)
