"""The training messages: JSON lines with the text and its labels, read as the bot would read the mail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from bot.errors import SetupError
from bot.inbox.body import split_body
from bot.types import Address, Message

#: Where the second reader's labels lie.
SECOND = "second"
#: Where it says of messages which of their sentences asks.
ASKING = "asking"


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One labelled message; `asks` are its sentences that ask, as far as a reader has marked them."""

    id: str
    message: Message
    areas: tuple[str, ...]
    label: dict[str, Any]
    second: dict[str, Any] | None = None
    asks: tuple[str, ...] = ()

    def disputes(self, area: str) -> bool:
        """Whether a second reader, who did not see the first one's labels, said otherwise of this area."""
        return self.second is not None and (area in self.areas) != (area in self.second["areas"])

    def is_disputed(self, key: str) -> bool:
        """Whether the two readers differ in whether there is such a thing (`urgent`, `action`, `pii` …) at all."""
        return self.second is not None and bool(self.label[key]) != bool(self.second[key])


def is_read(example: Example) -> bool:
    """Whether the taggers would see it: noise and fraud are held before."""
    return not (example.label["noise"] or example.label["suspicious"])


def load_examples(folder: Path) -> list[Example]:
    """All examples of a folder's .jsonl files, in file and line order. Raises SetupError with file and line.

    A file of the same name in the folder `second/` holds another reader's labels for the same ids; a message's own key
    `asks`, or the folder `asking/`, says of some which sentences ask.
    """
    marked = {row["id"]: tuple(row["asks"]) for path in sorted((folder / ASKING).glob("*.jsonl"))
              for row in map(json.loads, _lines(path))}
    return [replace(example, asks=marked.get(example.id, example.asks))
            for path in sorted(folder.glob("*.jsonl")) for example in _with_second(path)]


def _with_second(path: Path) -> Iterator[Example]:
    other = path.parent / SECOND / path.name
    second = {label["id"]: label for label in map(json.loads, _lines(other))} if other.exists() else {}
    for example in _read(path):
        yield replace(example, second=second.get(example.id))


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line.strip()]


def _read(path: Path) -> Iterator[Example]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield _example(json.loads(line))
        except (ValueError, KeyError, TypeError) as wrong:
            raise SetupError(
                f"{path}:{number}: this training message cannot be read ({wrong}).",
                "Each line is one JSON object with id, list, from, subject, date, text and areas.",
            ) from wrong


def _example(row: dict[str, Any]) -> Example:
    return Example(id=str(row["id"]), message=message_of(row), areas=tuple(row["areas"]), label=row,
                   asks=tuple(row.get("asks", ())))


def message_of(row: Mapping[str, Any]) -> Message:
    """The message that a row tells of (id, list, from, subject, date, text), read as the bot would read the mail."""
    name, address = parseaddr(str(row["from"]))
    parts = split_body(str(row["text"]))
    return Message(
        message_id=f"<{row['id']}@training.example.edu>", subject=str(row["subject"]),
        date=datetime.fromisoformat(str(row["date"])), sender=Address(address=address.lower(), name=name),
        lists=(str(row["list"]),) if row["list"] else (), text=str(row["text"]), new_text=parts.new,
        quoted_text=parts.quoted, signature=parts.signature, footer=parts.footer,
    )
