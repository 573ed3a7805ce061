"""What passes between those who get tokens and those who keep and use them. No repr shows a token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """What a login server gave. `lasts` and `refresh_lasts` are seconds; `account` is who signed in, if it says."""

    access: str = field(repr=False)
    lasts: float
    refresh: str | None = field(default=None, repr=False)
    refresh_lasts: float | None = None
    account: str | None = None


#: Gets a new token; the argument is the refresh token of a consent, if there is one. Raises TokenError.
Fetch = Callable[[str | None], Fetched]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What is kept of one login between two runs. Times are aware UTC."""

    access: str | None = field(default=None, repr=False)
    ends: datetime | None = None
    begun: datetime | None = None
    refresh: str | None = field(default=None, repr=False)
    refresh_ends: datetime | None = None
    consented: datetime | None = None
    account: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A token in use. It should not be shown to a server after `good_until`, by the clock that never runs back;
    `is_new` says that it was fetched for this very call."""

    access: str = field(repr=False)
    good_until: float
    is_new: bool = False
