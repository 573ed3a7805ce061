"""The liaison's files of a large library, 500 rules and 300 people: loading, what `check` says of them, routing."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figure, spread
from benchmarks.generate import generate
from benchmarks.parts import Bench
from bot.doubts import Ground, doubts
from bot.inbox.message import parse
from bot.routing.route import Case, decide
from bot.rulebook import Rulebook, open_rules
from bot.types import Reading, Tag

_RULES, _PEOPLE, _AREAS = 500, 300, 12
_ROUND = 50


def measure(bench: Bench) -> list[Figure]:
    """In processor time: neighbours on the machine do not count."""
    folder = _written(bench.folder())
    today = datetime.now(UTC).date()
    loads, checks = [], []
    for _ in range(5):
        loads.append(_spent(lambda: open_rules(folder, "p0")))
        book, files = open_rules(folder, "p0")
        ground = Ground(book=book, files=files, today=today, liaison="p0", lists={"list-area1"})
        checks.append(_spent(lambda: doubts(ground)))  # noqa: B023  called at once
    both = [load + check for load, check in zip(loads, checks, strict=True)]
    rounds = _routed(book)
    return [
        Figure(part="rules", what=f"{_RULES} rules, {_PEOPLE} people: load and check", unit="s", at_most=2,
               measured=statistics.median(both), note=f"load {statistics.median(loads):.2f} s"),
        Figure(part="rules", what="a message routed by them", unit="ms", at_most=2, measured=statistics.median(rounds),
               note=spread(rounds)),
    ]


def _spent(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _routed(book: Rulebook) -> list[float]:
    """Milliseconds a message, round by round, each message seen for the first time."""
    cases = [_case(raw, n) for n, raw in enumerate(generate(10 * _ROUND, datetime.now(UTC)))]
    found = []
    for start in range(0, len(cases), _ROUND):
        part = cases[start:start + _ROUND]
        spent = _spent(lambda: [decide(case, book, "p0") for case in part])  # noqa: B023  called at once
        found.append(spent / len(part) * 1000)
    return found


def _case(raw: bytes, number: int) -> Case:
    message = parse(raw)
    areas = tuple(Tag(name="area", value=f"area{(number + n) % _AREAS}", by="rule", why="test") for n in range(2))
    return Case(message=message, reading=Reading(areas=areas), lists=message.lists, today=datetime.now(UTC).date())


def _written(folder: Path) -> Path:
    areas = [f"area{n}" for n in range(_AREAS)]
    (folder / "areas.yaml").write_text("".join(
        f"{area}:\n  label: {area}\n  about: things of {area}\n  words: [word{area}, other {area}]\n"
        f"  lists: [list-{area}]\n" for area in areas))
    (folder / "people.yaml").write_text("people:\n" + "".join(
        f"  p{n}:\n    name: Person {n}\n    address: p{n}@library.example.edu\n"
        f"    areas: {{{areas[n % _AREAS]}: daily, {areas[(n + 1) % _AREAS]}: weekly}}\n    deputy: p{n // 2}\n"
        for n in range(_PEOPLE)) + "groups:\n" + "".join(f"  g{n}: [p{n}, p{n + 1}]\n" for n in range(20)))
    (folder / "routing.yaml").write_text("rules:\n" + "".join(
        f"  - rule: rule-{n}\n    when:\n      area: {areas[n % _AREAS]}\n      text: [phrase {n}, import {n} of it]\n"
        f"      not: {{sender: carli{n}.example.org}}\n    to: [p{n % _PEOPLE}, g{n % 20}]\n    send: daily\n"
        f"{'    stop: true' if n % 5 == 0 else ''}\n    why: because of {n}\n" for n in range(_RULES)))
    return folder
