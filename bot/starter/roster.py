"""A list of staff in CSV, as spreadsheets and directories write it, read into people. Pure: bytes in, people out.

Nothing is guessed in silence: what cannot be understood is told with its line and the mend, and the other rows stand.
"""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO

from pydantic import TypeAdapter, ValidationError

from bot.config import MailAddress
from bot.types import Way

#: Longer files are no list of staff.
LARGEST, MOST_ROWS = 5_000_000, 5_000
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "username", "user name", "user", "netid", "net id", "login", "alias", "samaccountname"),
    "name": ("name", "full name", "display name", "displayname", "staff", "staff member", "person", "employee"),
    "first": ("first name", "first", "given name", "givenname", "forename"),
    "last": ("last name", "last", "surname", "family name", "sn"),
    "address": ("email", "e mail", "email address", "e mail address", "mail", "address", "userprincipalname",
                "primary email", "primarysmtpaddress", "work email"),
    "areas": ("areas", "area", "functional area", "functional areas", "reads", "function", "functions", "role", "roles",
              "responsibility", "responsibilities", "duties", "interests", "topics"),
    "way": ("way", "how", "frequency", "delivery"),
}
_ADDRESS: TypeAdapter[str] = TypeAdapter(MailAddress)
#: Labels may hold an "and" themselves, so it parts only what is no area as a whole.
_PARTS, _INNER = re.compile(r"[;|,\n]"), re.compile(r"/|&|\band\b")
_SCORED = re.compile(r"(.+?)\s*(?:[:=]\s*|\()\s*(now|daily|weekly|never)\)?\s*$", re.IGNORECASE)
_LETTERS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hire:
    """One person of a list: `id` is empty where the list names none; `areas` stand in the list's order."""

    line: int
    name: str
    address: str
    id: str = ""
    areas: Mapping[str, Way] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Slip:
    """What is wrong with a line (1-based; 0: with the whole file). `is_lost`: its person is left out."""

    line: int
    what: str
    mend: str
    is_lost: bool = True

    def __str__(self) -> str:
        return f"{f'line {self.line}: ' if self.line else ''}{self.what} {self.mend}".rstrip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Roster:
    """What a list says."""

    people: tuple[Hire, ...] = ()
    slips: tuple[Slip, ...] = ()


def read_roster(raw: bytes, labels: Mapping[str, str]) -> Roster:
    """The people of a CSV file. `labels` are the known areas by id; whoever names none reads none. Never raises."""
    if len(raw) > LARGEST:
        return Roster(slips=(Slip(line=0, what="This file is too long for a list of staff.",
                                  mend="Is it the right one?"),))
    rows = _rows(_decoded(raw))
    if not rows:
        return Roster(slips=(Slip(line=0, what="No row stands here.", mend="Export the list as CSV again."),))
    columns, body = _columns(rows)
    if "address" not in columns.values():
        return Roster(slips=(Slip(line=rows[0][0], what="No column has addresses.",
                                  mend="Give one the heading `email`."),))
    reader = _Reader(labels)
    people = [hire for line, cells in body[:MOST_ROWS] if (hire := reader.hire(line, _named(cells, columns)))]
    return Roster(people=tuple(people), slips=tuple(reader.slips))


# ── bytes to rows ──


def _decoded(raw: bytes) -> str:
    """Excel writes UTF-8 with a mark, UTF-16, or the code page of western Windows, which takes any byte."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Rows that say something, with their lines; a line `sep=;` of Excel's is no row."""
    text = text.replace("\0", "")
    lines = text.splitlines()
    said = lines[0][4:5] if lines and lines[0].lower().startswith("sep=") else ""
    delimiter = said or _delimiter(lines)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    found: list[tuple[int, list[str]]] = []
    try:
        begin = 1
        for cells in reader:
            kept = [" ".join(cell.split()) if "\n" not in cell else cell.strip() for cell in cells]
            if any(kept) and not (begin == 1 and said):
                found.append((begin, kept))
            begin = reader.line_num + 1
    except csv.Error:
        return found
    return found


def _delimiter(lines: list[str]) -> str:
    """The sign that the first lines have most often; in doubt the comma."""
    head = "\n".join(lines[:20])
    return max(",;\t|", key=lambda sign: (head.count(sign), -",;\t|".index(sign)))


# ── columns ──


def _columns(rows: list[tuple[int, list[str]]]) -> tuple[dict[int, str], list[tuple[int, list[str]]]]:
    """What each column is, by its heading; without headings the address is known by its @, the name stands first."""
    _, head = rows[0]
    if not any("@" in cell for cell in head):
        found: dict[int, str] = {}
        for at, cell in enumerate(head):
            kind = next((kind for kind, names in _COLUMNS.items() if _plain(cell) in names), None)
            if kind is not None and kind not in found.values():
                found[at] = kind
        return found, rows[1:]
    address = next(at for at, cell in enumerate(head) if "@" in cell)
    others = [at for at in range(len(head)) if at != address]
    return {address: "address", **dict(zip(others, ("name", "areas"), strict=False))}, rows


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower()).split())


def _named(cells: list[str], columns: Mapping[int, str]) -> dict[str, str]:
    return {kind: cells[at] for at, kind in columns.items() if at < len(cells)}


# ── rows to people ──


class _Reader:
    """Reads row after row, and notes what is wrong."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._names = {_plain(name): area for area, label in labels.items() for name in (label, area)}
        self._areas = tuple(labels)
        self._seen: dict[str, int] = {}
        self.slips: list[Slip] = []

    def hire(self, line: int, row: Mapping[str, str]) -> Hire | None:
        """The person of a row, or None where it names nobody that could be written to."""
        address = _address(row.get("address", ""))
        name = _full_name(row) or address.partition("@")[0].replace(".", " ").title()
        if not address:
            given = row.get("address", "")
            said = f"`{given[:80]}` is no address." if given else f"{name or 'This person'} has no address."
            self.slips.append(Slip(line=line, what=said, mend="Write one, or take the line out."))
            return None
        if (known := self._seen.setdefault(address.casefold(), line)) != line:
            self.slips.append(Slip(line=line, what=f"{address} stands in line {known} already.", mend="Keep one."))
            return None
        return Hire(line=line, name=name[:100], address=address, id=plain_id(row.get("id", "")),
                    areas=dict(self._chosen(line, row)))

    def _chosen(self, line: int, row: Mapping[str, str]) -> Iterator[tuple[str, Way]]:
        usual = _way(row.get("way", "")) or Way.DAILY
        for said in self._said(row.get("areas", "")):
            area, way = self._understood(said)
            if area is not None:
                yield area, way or usual
                continue
            close = difflib.get_close_matches(_plain(said), self._names, n=1, cutoff=0.6)
            mend = f"Did you mean `{self._names[close[0]]}`?" if close else f"There are {', '.join(self._areas)}."
            self.slips.append(Slip(line=line, what=f"`{said[:80]}` is no area.", mend=mend, is_lost=False))

    def _said(self, cell: str) -> Iterator[str]:
        for piece in filter(None, map(str.strip, _PARTS.split(cell))):
            if self._understood(piece)[0] is not None:
                yield piece
            else:
                yield from filter(None, map(str.strip, _INNER.split(piece)))

    def _understood(self, said: str) -> tuple[str | None, Way | None]:
        """An area, and the way that stands behind it: `cataloging: weekly`, `training (now)`."""
        scored = _SCORED.fullmatch(said)
        return (self._area(scored[1]), _way(scored[2])) if scored else (self._area(said), None)

    def _area(self, said: str) -> str | None:
        plain = _plain(said)
        if plain in self._names:
            return self._names[plain]
        close = difflib.get_close_matches(plain, self._names, n=1, cutoff=0.85)
        return self._names[close[0]] if close else None


def _address(cell: str) -> str:
    """The address of a cell, be it `Dana Ortiz <d@…>` or a link; empty when it is none."""
    found = re.search(r"<([^<>]+)>", cell)
    bare = (found[1] if found else cell).strip().removeprefix("mailto:")
    try:
        return _ADDRESS.validate_python(bare) if bare.count("@") == 1 and "." in bare.rpartition("@")[2] else ""
    except ValidationError:
        return ""


def _full_name(row: Mapping[str, str]) -> str:
    """"Last, First" is turned round."""
    name = row.get("name", "").replace("\n", " ")
    if not name:
        return " ".join(part for part in (row.get("first", ""), row.get("last", "")) if part)
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() and "," not in first else name


def _way(said: str) -> Way | None:
    try:
        return Way(said.strip().lower())
    except ValueError:
        return None


# ── ids ──


def plain_id(text: str) -> str:
    """Small letters, digits and hyphens: what an id of people.yaml is made of."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(char))
    return _LETTERS.sub("-", bare).strip("-")[:40]


def new_id(hire: Hire, taken: Iterable[str]) -> str:
    """An id that nobody has: the list's own, the first name, the whole name, and then a number."""
    known = set(taken)
    whole = plain_id(hire.name)
    wanted = [hire.id, whole.partition("-")[0], whole, plain_id(hire.address.partition("@")[0])]
    for one in filter(None, wanted):
        if one not in known and not one.isdigit():
            return one
    base = whole or "reader"
    return next(f"{base}-{number}" for number in range(2, 100_000) if f"{base}-{number}" not in known)
