"""Which lists a reader gets whole: whoever always gets a list's posts may as well subscribe to it.

Asked on Mondays alone, so that the hint stays one.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.digests.values import WholeList
from bot.store.store import Store

_SPAN = timedelta(days=60)
#: So many posts at least, and so many of them, make a habit.
_FEWEST, _ALL = 12, 0.95
_ADDRESS = re.compile(r"<((?:https?|mailto):[^<>\s]{3,300})>", re.IGNORECASE)


def whole_lists(store: Store, reader: str, now: datetime, zone: ZoneInfo) -> tuple[WholeList, ...]:
    """The lists whose posts of the last two months this reader got (nearly) all of; none on other days than Monday."""
    if now.astimezone(zone).weekday() != 0:
        return ()
    since = now - _SPAN
    posted, had = store.archive.posts_by_list(since), store.archive.posts_by_list(since, reader)
    wanted = [name for name, count in posted.items() if count >= _FEWEST and had.get(name, 0) >= _ALL * count]
    return tuple(WholeList(name=name, posts=had[name], subscribe=_subscribe(store, name)) for name in sorted(wanted))


def _subscribe(store: Store, name: str) -> str:
    """Where to subscribe, by the list's own header (RFC 2369, 3.3): a web page rather than a mail; else ""."""
    message = store.archive.newest_of_list(name)
    found = _ADDRESS.findall((message.header("list-subscribe") or "") if message else "")
    return next((url for url in found if url.lower().startswith("http")), next(iter(found), ""))
