"""The pictures that a post brought with it (RFC 2387, RFC 2392), as far as they are carried on. Pure.

Only PNG, JPEG and GIF, told by their bytes and not by their labels; so many and so large at most.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from bot.inbox import mime
from bot.inbox.hidden import size, styles
from bot.page import Picture

if TYPE_CHECKING:
    from email.message import Message as Part

MOST, LARGEST, LARGEST_ALL = 8, 1_000_000, 2_500_000
_PIXEL = 3
_KINDS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"),
          (b"GIF89a", "image/gif"))


@dataclass(slots=True)
class Album:
    """The pictures by their Content-ID, and those that a page shows so far."""

    parts: dict[str, Part]
    shown: list[Picture] = field(default_factory=list)
    placed: dict[str, str] = field(default_factory=dict)

    def place(self, source: str) -> str:
        """The Content-ID under which a picture is carried on, or the empty string. Each is decoded once."""
        if source not in self.placed:
            self.placed[source] = self._place(source)
        return self.placed[source]

    def _place(self, source: str) -> str:
        part = self._part(source)
        raw = mime.payload(part) if part is not None and mime.decoded_size(part) <= LARGEST else b""
        kind = next((kind for sign, kind in _KINDS if raw.startswith(sign)), None)
        if part is None or kind is None:
            return ""
        cid = f"{hashlib.sha256(raw).hexdigest()[:32]}@picture"
        if any(picture.cid == cid for picture in self.shown):
            return cid
        if len(self.shown) >= MOST or len(raw) + sum(len(picture.raw) for picture in self.shown) > LARGEST_ALL:
            return ""
        name = mime.safe_name(mime.file_name(part) or f"picture.{kind.partition('/')[2]}")
        self.shown.append(Picture(cid=cid, media_type=kind, name=name, raw=raw))
        return cid

    def width(self, cid: str) -> int:
        """How wide a picture is that is shown, in pixels; 0 where its bytes do not tell."""
        return next((width_of(picture.raw) for picture in self.shown if picture.cid == cid), 0)

    def missing(self, source: str) -> str:
        """What stands where a picture of the post's own could not be carried on."""
        part = self._part(source)
        if part is None:
            return ""
        name = mime.safe_name(mime.file_name(part))
        return f"[picture left out: {name}, {mime.decoded_size(part) / 1_000_000:.1f} MB]"

    def _part(self, source: str) -> Part | None:
        return self.parts.get(unquote(source[4:]).strip("<> ")) if source.lower().startswith("cid:") else None


def album_of(root: Part) -> Album:
    """All pictures with a Content-ID, but for those of attached messages."""
    found: dict[str, Part] = {}
    _collect(root, found)
    return Album(parts=found)


def _collect(part: Part, found: dict[str, Part]) -> None:
    kind = mime.media_type(part)
    if part.is_multipart() and not kind.startswith("message/"):
        for child in mime.children(part):
            _collect(child, found)
    elif kind.startswith("image/") and part.get("content-id"):
        found.setdefault(str(part["content-id"]).strip().strip("<>"), part)


def is_pixel(element: Any) -> bool:
    """A picture that is there to be fetched, not to be seen."""
    style = styles(element)
    lengths = (size(element.get(name) or style.get(name)) for name in ("width", "height"))
    return any(length is not None and length <= _PIXEL for length in lengths)


def width_of(raw: bytes) -> int:
    """The width that a picture's bytes tell, in pixels; 0 where they do not."""
    if raw.startswith(b"\x89PNG"):
        return int.from_bytes(raw[16:20], "big")
    if raw.startswith(b"GIF8"):
        return int.from_bytes(raw[6:8], "little")
    return _width_of_jpeg(raw)


def _width_of_jpeg(raw: bytes) -> int:
    """The frame header (SOF) is found by hopping over the segments before it (ITU T.81, B.1.1.4 and B.2.2)."""
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        kind = raw[at + 1]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(raw[at + 7:at + 9], "big")
        at += 2 + max(2, int.from_bytes(raw[at + 2:at + 4], "big"))
    return 0
