"""The training messages: JSON lines with the text and its labels, read as the bot would read the mail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from bot.errors import SetupError
from bot.inbox.body import split_body
from bot.types import Address, Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One labelled message."""

    id: str
    message: Message
    areas: tuple[str, ...]
    label: dict[str, Any]


def load_examples(folder: Path) -> list[Example]:
    """All examples of a folder's .jsonl files, in file and line order. Raises SetupError with file and line."""
    return [example for path in sorted(folder.glob("*.jsonl")) for example in _read(path)]


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
    return Example(id=str(row["id"]), message=_message(row), areas=tuple(row["areas"]), label=row)


def _message(row: dict[str, Any]) -> Message:
    name, address = parseaddr(str(row["from"]))
    parts = split_body(str(row["text"]))
    return Message(
        message_id=f"<{row['id']}@training.example.edu>", subject=str(row["subject"]),
        date=datetime.fromisoformat(str(row["date"])), sender=Address(address=address.lower(), name=name),
        lists=(str(row["list"]),) if row["list"] else (), text=str(row["text"]), new_text=parts.new,
        quoted_text=parts.quoted, signature=parts.signature, footer=parts.footer,
    )
