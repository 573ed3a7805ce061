"""Sending into a folder: each mail becomes a file to look at, and nothing leaves the machine.

`<date>-<slot>-<reader>.eml`, and `.html` beside it when the mail has an HTML part. The same mail written again
overwrites itself; another mail whose name would be the same gets a name of its own.
"""

from __future__ import annotations

import contextlib
import email
import email.message
import hashlib
import os
import re
from pathlib import Path

from bot import private
from bot.errors import SendError
from bot.types import Delivery, Outcome

_UNSAFE = re.compile(r"[^\w.@+-]+")
#: The Message-ID stands in the header block, within so many bytes.
HEAD = 65_536


class FolderTransport:
    """A folder of .eml files (the Transport protocol)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, delivery: Delivery) -> Outcome:
        """Write one mail. Raises SendError when the folder cannot be written."""
        try:
            private.make_folder(self._folder)
            path = self._path(delivery)
            _write(path, delivery.raw)
            html = _html(delivery.raw)
            if html is not None:
                _write(path.with_name(f"{path.name.removesuffix('.eml')}.html"), html)
        except OSError as error:
            raise SendError(
                f"Mails cannot be written into {self._folder} ({error.strerror}).",
                "Check that the folder is writable for the bot's user and its disk is not full.",
            ) from error
        return Outcome(state="sent", code=None, reply=f"written to {path.name}")

    def _path(self, delivery: Delivery) -> Path:
        parts = (f"{delivery.created_at:%Y-%m-%d}", delivery.slot, delivery.reader)
        stem = "-".join(_safe(part) for part in parts)
        path = self._folder / f"{stem}.eml"
        if not _holds_another(path, delivery.message_id):
            return path
        mark = hashlib.blake2b(delivery.message_id.encode(), digest_size=4).hexdigest()
        return self._folder / f"{stem}-{mark}.eml"

    def close(self) -> None:
        """Nothing is held open."""


def _safe(text: str) -> str:
    """Text made fit for a part of a file name on any system, never hidden, never a path."""
    return _UNSAFE.sub("_", text).strip("._")[:80] or "_"


def _holds_another(path: Path, message_id: str) -> bool:
    try:
        with path.open("rb") as handle:
            return message_id.encode() not in handle.read(HEAD)
    except FileNotFoundError:
        return False


def _write(path: Path, content: bytes) -> None:
    """Write, then rename: whoever looks into the folder sees whole files only."""
    part = path.with_name(f".{path.name}.part")
    try:
        with open(part, "wb", opener=private.opener) as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _html(raw: bytes) -> bytes | None:
    """The first HTML part as UTF-8."""
    for part in email.message_from_bytes(raw).walk():
        if part.get_content_type() == "text/html":
            return _text(part).encode()
    return None


def _text(part: email.message.Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
