"""`liaison read`: what the bot makes of messages, one JSON object a line; by the live code, on a store in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.config import Config, load_config
from bot.errors import ConfigError
from bot.headers import parse_date
from bot.pipeline.judges import InForce
from bot.pipeline.receive import Receiver
from bot.shipped import shipped
from bot.store.store import Store
from bot.store.values import Stored
from bot.types import Arrival, Batch, Disposition, Event, Position, Reading, Tag

_ACCOUNT, _FOLDER = "read", "files"
_DATE = re.compile(rb"^date:((?:[^\r\n]|\r?\n[ \t]){1,200})", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    name: str
    raw: bytes | None
    trouble: str = ""


def read_config(named: Path | None) -> Config:
    """The config named, else the defaults of config.example.yaml with the shipped rules."""
    if named is not None:
        return load_config(named)
    config = load_config(shipped("config.example.yaml"))
    return config.model_copy(update={"rules": shipped("rules"), "templates": None, "model": None})


def read_lines(paths: Iterable[Path], config: Config, clock: datetime) -> Iterator[str]:
    """One JSON line a message, in the order of the paths (a folder: its .eml files by name)."""
    files = [file for path in paths for file in _files(path)]
    store = Store.in_memory()
    receiver = Receiver(store, InForce(config, store, clock))
    numbers: dict[str, int] = {}
    for uid, file in enumerate(files, 1):
        if file.raw is not None:
            numbers[f"{uid}"] = _take_in(receiver, uid, file.raw, clock, config.mailboxes[0].largest_bytes)
    stored = store.archive.many(list(numbers.values()))
    names = {number: files[int(uid) - 1].name for uid, number in numbers.items()}
    for uid, file in enumerate(files, 1):
        number = numbers.get(f"{uid}")
        line = _unread(file) if number is None else _line(file.name, stored[number], stored, names, config.library.zone)
        yield json.dumps(line, ensure_ascii=False)
    store.close()


def _files(path: Path) -> list[_File]:
    if path.is_dir():
        return [_file(inside) for inside in sorted(path.glob("*.eml"))]
    if not path.exists():
        raise ConfigError(f"There is no file or folder {path}.", "Name .eml files, or a folder that holds them.")
    return [_file(path)]


def _file(path: Path) -> _File:
    try:
        return _File(name=path.name, raw=path.read_bytes())
    except OSError as wrong:
        return _File(name=path.name, raw=None, trouble=f"it cannot be opened ({wrong.strerror})")


def _take_in(receiver: Receiver, uid: int, raw: bytes, clock: datetime, largest: int) -> int:
    """Received at the moment of its own Date, as it would have been: windows of days are counted from there."""
    head = raw.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    found = _DATE.search(head[:100_000])
    sent = parse_date(found[1].decode("ascii", "replace")) if found else None
    is_long = len(raw) > largest
    arrival = Arrival(account=_ACCOUNT, folder=_FOLDER, uid_validity=1, uid=uid, raw=head if is_long else raw,
                      size=len(raw), truncated=is_long)
    position = Position(account=_ACCOUNT, folder=_FOLDER, uid_validity=1, uid=uid)
    now = sent.astimezone(UTC) if sent else clock
    return receiver.receive(Batch(arrivals=(arrival,), position=position), now)[0].id


def _unread(file: _File) -> dict[str, Any]:
    return {**_empty(file.name), "held": f"quarantined: {file.trouble}"}


def _empty(name: str) -> dict[str, Any]:
    return {"file": name, "areas": [], "urgent": False, "action": None, "events": [], "pii": False, "noise": False,
            "suspicious": False, "duplicate_of": None, "thread": None, "held": None, "why": {}, "scores": {}}


def _line(name: str, stored: Stored, all_: dict[int, Stored], names: dict[int, str], zone: ZoneInfo) -> dict[str, Any]:
    line = _empty(name)
    kinds = {verdict.kind for verdict in stored.verdicts}
    original = all_.get(stored.folded_into or stored.id, stored)
    line["noise"] = stored.disposition is Disposition.SET_ASIDE
    line["suspicious"] = bool(kinds & {"fraud", "unauthenticated"})
    line["pii"] = "patron-data" in kinds or "patron-data" in {verdict.kind for verdict in original.verdicts}
    if stored.disposition in (Disposition.HELD, Disposition.QUARANTINED):
        line["held"] = f"{stored.kind}: {stored.why}"
    line["why"] = {stored.kind: stored.why} if stored.kind else {}
    if line["noise"] or line["suspicious"] or stored.message is None:
        return line
    line["duplicate_of"] = names.get(stored.folded_into) if stored.folded_into else None
    line["thread"] = _opener(original, all_, names)
    scores = {str(tag.value): tag.score for tag in (*original.reading.areas, *original.reading.unsure)}
    whys = {**line["why"], **_whys(original.reading)}
    return {**line, **_said(original.reading, zone), "why": whys, "scores": scores}


def _opener(stored: Stored, all_: dict[int, Stored], names: dict[int, str]) -> str | None:
    """The file that opens the conversation, where there is one with more than one message in it."""
    members = [one.id for one in all_.values() if one.thread == stored.thread and one.folded_into is None]
    return names.get(stored.thread) if len(members) > 1 else None


def _said(reading: Reading, zone: ZoneInfo) -> dict[str, Any]:
    asked = reading.asked
    return {
        "areas": list(reading.area_ids), "urgent": reading.urgent is not None,
        "action": asked and {"what": asked.what, "due": asked.due and asked.due.isoformat()},
        "events": [_event(event, zone) for event in reading.dates if event.sure],
    }


def _event(event: Event, zone: ZoneInfo) -> dict[str, Any]:
    return {"type": event.type, "start": _moment(event.start, zone),
            "end": None if event.end is None else _moment(event.end, zone)}


def _moment(moment: date | datetime, zone: ZoneInfo) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    return moment.isoformat()


def _whys(reading: Reading) -> dict[str, str]:
    tags: list[Tag] = [*reading.areas, *reading.unsure, *reading.events]
    tags += [tag for tag in (reading.urgent, reading.request) if tag]
    return {_tag_name(tag): f"{tag.why} ({tag.by}, {tag.score:.2f})" for tag in tags}


def _tag_name(tag: Tag) -> str:
    if tag.name == "area":
        return f"area {tag.value}"
    if isinstance(tag.value, Event):
        return f"{tag.value.type} {tag.value.start.isoformat()}"
    return tag.name
