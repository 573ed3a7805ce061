"""Which lists a message came through: what list servers wrote counts; addresses and prefixes only without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot import headers
from bot.types import Address

#: In order of trust (RFC 2919; RFC 2369, 3.4; Mailman).
_LIST_HEADERS = ("list-id", "list-post", "x-beenthere")


def lists_of(
    pairs: Iterable[tuple[str, str]], recipients: Iterable[Address], subject: str, known: frozenset[str],
) -> tuple[str, ...]:
    """Short names of the lists, lower-cased. Of several names the known ones count, or else the most trusted one."""
    written = tuple(dict.fromkeys(_written(tuple(pairs))))
    if written:
        return tuple(name for name in written if name in known) or written[:1]
    seen = (*(headers.list_name(address.address) for address in recipients), *headers.subject_prefixes(subject))
    return tuple(dict.fromkeys(name for name in seen if name in known))


def _written(pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for wanted in _LIST_HEADERS:
        for name, value in pairs:
            identifier = headers.list_identifier(value) if name == wanted else None
            if identifier and headers.list_name(identifier):
                yield headers.list_name(identifier)
