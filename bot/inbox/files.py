"""What Maildir and mbox share: reading a message within the size cap, and knowing when a file has stopped growing."""

from __future__ import annotations

import time
from typing import BinaryIO

#: A file that changed within so many seconds may still be growing.
SETTLING = 0.3
#: So much of an over-long message's header block is kept.
HEADER_BYTES = 256_000


def header_block(handle: BinaryIO) -> bytes:
    """The header block at the handle's place, with the empty line that ends it (RFC 5322, 2.1)."""
    lines: list[bytes] = []
    left = HEADER_BYTES
    while left > 0 and (line := handle.readline(left)):
        lines.append(line)
        left -= len(line)
        if not line.strip(b"\r\n"):
            break
    return b"".join(lines)


def age(changed_ns: int) -> float:
    """Seconds since a file changed, by the file system's clock and ours; a time ahead of us counts as long ago."""
    seconds = time.time() - changed_ns / 1e9
    return seconds if seconds >= 0 else float("inf")
