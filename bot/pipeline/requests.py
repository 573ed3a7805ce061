"""The library's open requests, by what the stored readings say: what is asked, by when, by whom, and who has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

from bot.digests.phrases import bare_subject
from bot.digests.report_values import Due
from bot.inbox.masking import mask
from bot.pipeline.receive import Judges
from bot.store.store import Store
from bot.store.values import Stored
from bot.types import Disposition, Request, Tag

#: A request that was made for the time of a downtime is over with it.
_OVER = ("cancelled", "resolved", "report")
_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")


def open_requests(store: Store, judges: Judges, since: date, before: datetime) -> list[Due]:
    """What came before a moment and is due on `since` or later, the soonest first.

    A conversation's newest word on a request replaces the older ones: a deadline that was moved stands here once.
    """
    found = store.archive.many(store.tally.asking(since, before)).values()
    newest: dict[tuple[int, int], tuple[Stored, Request]] = {}
    for stored in sorted(found, key=lambda one: one.id):
        if not _is_over(store, stored):
            newest.update({(stored.thread, place): (stored, request) for place, request in enumerate(_asked(stored))})
    rows = {(stored.thread, request.due, _words(request)): _due(stored, request, store, judges)
            for stored, request in newest.values() if request.due is not None and request.due >= since}
    return sorted(rows.values(), key=lambda row: (row.due, row.number))


def subject_of(stored: Stored, unread: str = "") -> str:
    """A subject as reports show it: bare, and masked where nobody got the message; `unread` for one without words."""
    if stored.message is None:
        return unread
    subject = bare_subject(stored.message.subject, stored.lists)
    # Staff have what was routed; masked, "Illinois Newspapers Archive" would be I. N. Archive.
    return subject if stored.disposition is Disposition.ROUTED else mask(subject)


def _asked(stored: Stored) -> Iterator[Request]:
    reading = stored.reading
    for tag in (reading.request, *(item.request for item in reading.items)):
        if isinstance(tag, Tag) and isinstance(tag.value, Request) and tag.value.due is not None:
            yield tag.value


def _words(request: Request) -> str:
    """What is asked, without the number or mark it stands under and the colon before what follows."""
    words = _MARK.sub("", request.what or request.sentence).rstrip(" :;,.")
    return words[:1].upper() + words[1:]


def _is_over(store: Store, stored: Stored) -> bool:
    found = store.archive.incident(stored.incident) if stored.incident is not None else None
    return found is not None and found[0].stage in _OVER


def _due(stored: Stored, request: Request, store: Store, judges: Judges) -> Due:
    message, people = stored.message, judges.book.people
    readers = dict.fromkeys(row.route.reader for row in store.archive.routes(stored.id))
    return Due(
        what=_words(request), due=request.due or date.max, number=stored.id,
        subject=subject_of(stored),
        who=message.sender.label if message and message.sender else "unknown sender",
        readers=tuple(people[reader].name for reader in readers if reader in people),
    )
