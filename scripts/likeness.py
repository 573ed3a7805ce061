"""How alike are the training messages to each other, or to the messages of any folder? Nothing may be copied.

    python scripts/likeness.py models/training            any two training messages
    python scripts/likeness.py models/training FOLDER     against .eml and .jsonl files of a folder

Prints the likest pairs (0 to 1: the estimated share of three-word sequences that both have), and ends with an error
when one of them reaches the bound. Names are printed, never texts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

from bot.inbox.message import parse
from bot.learn.corpus import load_examples
from bot.reading.folding import likeness, signature

BOUND, SHOWN = 0.4, 5

Signed = tuple[str, bytes]


def main(training: Path, other: Path | None) -> int:
    """Compare, print, and say by the exit code whether all is well."""
    ours = [(example.id, signature(example.message)[0]) for example in load_examples(training)]
    pairs = combinations(ours, 2) if other is None else product(ours, _of(other))
    ranked = sorted(((likeness(mine, theirs), one, two) for (one, mine), (two, theirs) in pairs), reverse=True)[:SHOWN]
    for worth, one, two in ranked:
        print(f"{worth:.2f}  {one}  {two}")
    return 1 if ranked and ranked[0][0] >= BOUND else 0


def _of(folder: Path) -> Iterator[Signed]:
    for path in sorted(folder.glob("*.eml")):
        yield path.name, signature(parse(path.read_bytes()))[0]
    if list(folder.glob("*.jsonl")) and not list(folder.glob("*.eml")):
        for example in load_examples(folder):
            yield example.id, signature(example.message)[0]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
