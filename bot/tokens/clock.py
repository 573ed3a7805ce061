"""The clock that tokens end by."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The machine's clock, aware UTC."""
    return datetime.now(UTC)
