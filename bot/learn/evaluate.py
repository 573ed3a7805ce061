"""How well the bot reads a labelled corpus: figures, where areas are confused, calibration, and the worst errors.

Pure: labels and readings are rows as `liaison read --json` writes them (keys `file`, `areas`, `urgent`, `action`,
`events`, `pii`, `noise`, `suspicious`, `duplicate_of`, `thread`). Where a second reader's labels differ from the first
one's, an answer is a matter of taste and counts neither way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from typing import Any

Row = Mapping[str, Any]
Rows = Mapping[str, Row]

FLAGS = ("urgent", "action", "pii", "noise", "suspicious")
#: What a wrong answer costs, for telling the worst errors first: what is lost or leaks before what is too much.
_COSTS = {
    "suspicious missed": 100, "pii missed": 90, "urgent missed": 80, "nobody right": 70, "suspicious false": 60,
    "noise false": 60, "main area missed": 40, "noise missed": 20, "action missed": 15, "event missed": 10,
    "pii false": 10, "urgent false": 8, "area missed": 6, "area false": 5, "event false": 4, "action false": 4,
}


@dataclass(kw_only=True, slots=True)
class Tally:
    """Right answers, those too many and those missed."""

    right: int = 0
    false: int = 0
    missed: int = 0

    def add(self, wanted: bool, got: bool) -> None:
        """Count one answer."""
        self.right += wanted and got
        self.false += got and not wanted
        self.missed += wanted and not got

    @property
    def precision(self) -> float:
        """The share of what was said that is right; 1 when nothing was said."""
        return self.right / (self.right + self.false) if self.right + self.false else 1.0

    @property
    def recall(self) -> float:
        """The share of what there is that was said; 1 when there is nothing."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Error:
    """One wrong answer: its kind (a key of the costs), the message, what it is about, and the bot's why."""

    kind: str
    file: str
    what: str
    why: str = ""

    @property
    def cost(self) -> int:
        """How bad it is."""
        return _COSTS[self.kind]


@dataclass(kw_only=True, slots=True)
class Evaluation:
    """Everything measured on one corpus."""

    messages: int = 0
    counted: int = 0
    exact: int = 0
    main_found: int = 0
    nobody_right: int = 0
    areas: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    flags: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    due: Tally = field(default_factory=Tally)
    events: Tally = field(default_factory=Tally)
    ends: Tally = field(default_factory=Tally)
    copies: Tally = field(default_factory=Tally)
    threads: Tally = field(default_factory=Tally)
    confused: Counter[tuple[str, str]] = field(default_factory=Counter)
    scores: list[tuple[float, bool]] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)

    @property
    def all_areas(self) -> Tally:
        """The areas taken together (micro average)."""
        kinds = list(self.areas.values())
        return Tally(right=sum(one.right for one in kinds), false=sum(one.false for one in kinds),
                     missed=sum(one.missed for one in kinds))

    @property
    def macro_f1(self) -> float:
        """The mean of the areas' own F1 scores."""
        return sum(one.f1 for one in self.areas.values()) / max(1, len(self.areas))

    def worst(self, most: int = 10) -> list[Error]:
        """The costliest errors first."""
        return sorted(self.errors, key=lambda one: (-one.cost, one.file, one.what))[:most]

    def calibration(self) -> list[tuple[float, float, int]]:
        """For scores from 0.0, 0.1 … up: the mean score, the share that is right, how many."""
        bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
        for score, right in self.scores:
            bins[min(9, int(score * 10))].append((score, right))
        return [(_mean([score for score, _ in found]), _mean([right for _, right in found]), len(found))
                for _, found in sorted(bins.items())]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def evaluate(truth: Rows, guess: Rows, second: Rows | None = None) -> Evaluation:
    """Compare what the bot said with the labels; a message it says nothing of counts as an empty answer."""
    found, other = Evaluation(messages=len(truth)), second or truth
    for area in sorted({area for row in truth.values() for area in row["areas"]}):
        found.areas[area] = Tally()
    for name, row in truth.items():
        said = guess.get(name, {})
        _areas(found, name, row, other[name], said)
        _flags(found, name, row, other[name], said)
        _due(found, name, row, other[name], said)
        _events(found, name, row, other[name], said)
        _copy(found, row, said)
    _threads(found, truth, guess)
    return found


def _areas(found: Evaluation, name: str, row: Row, other: Row, said: Row) -> None:
    if row.get("noise") or row.get("suspicious"):
        return
    wanted, got = set(row["areas"]), set(said.get("areas") or [])
    disputed = wanted ^ set(other["areas"])
    got -= disputed - wanted
    found.counted += 1
    found.exact += wanted - disputed == got - disputed
    found.main_found += bool(row["areas"]) and row["areas"][0] in got
    found.nobody_right += not wanted & got
    if not wanted & got:
        about, told = ", ".join(row["areas"]), ", ".join(sorted(got)) or "none"
        _wrong(found, "nobody right", name, f"is about {about}; said: {told}", said)
    for area in (set(found.areas) | got) - disputed:
        found.areas[area].add(area in wanted, area in got)
        found.scores += [(score, area in wanted) for score in [said.get("scores", {}).get(area)] if score is not None]
        if (area in wanted) != (area in got):
            _confused(found, name, row, area, said)


def _confused(found: Evaluation, name: str, row: Row, area: str, said: Row) -> None:
    is_main, is_missed = row["areas"][:1] == [area], area in row["areas"]
    kind = "area false" if not is_missed else "main area missed" if is_main else "area missed"
    _wrong(found, kind, name, area, said, f"area {area}")
    for wanted in ([area] if is_missed else row["areas"][:1]):
        instead = [one for one in said.get("areas") or ["nothing"] if one not in row["areas"]] if is_missed else [area]
        found.confused.update((wanted, one) for one in instead)


def _flags(found: Evaluation, name: str, row: Row, other: Row, said: Row) -> None:
    for flag in FLAGS:
        wanted, got = bool(row.get(flag)), bool(said.get(flag))
        if wanted != bool(other.get(flag)):
            continue
        found.flags[flag].add(wanted, got)
        if wanted != got:
            what = row["action"]["what"] if flag == "action" and wanted else flag
            _wrong(found, f"{flag} {'missed' if wanted else 'false'}", name, what, said,
                   {"action": "request"}.get(flag, flag))


def _due(found: Evaluation, name: str, row: Row, other: Row, said: Row) -> None:
    due = (row.get("action") or {}).get("due")
    if due and (other.get("action") or {}).get("due") == due:
        found.due.add(True, (said.get("action") or {}).get("due") == due)


def _events(found: Evaluation, name: str, row: Row, other: Row, said: Row) -> None:
    wanted, got = _by_start(row), _by_start(said)
    disputed = set(wanted) ^ set(_by_start(other))
    for key in {*wanted, *got} - disputed:
        found.events.add(key in wanted, key in got)
        if (key in wanted) != (key in got):
            _wrong(found, f"event {'missed' if key in wanted else 'false'}", name, " ".join(key), said, key[0])
        elif wanted[key]:
            found.ends.add(True, got[key] == wanted[key])


def _by_start(row: Row) -> dict[tuple[str, str], str | None]:
    return {(one["type"], _minute(one["start"])): _minute(one["end"]) if one.get("end") else None
            for one in row.get("events") or []}


def _minute(value: str) -> str:
    if len(value) == len("2026-01-01"):
        return value
    return datetime.fromisoformat(value).replace(tzinfo=None).strftime("%Y-%m-%dT%H:%M")


def _copy(found: Evaluation, row: Row, said: Row) -> None:
    wanted, got = row.get("duplicate_of"), said.get("duplicate_of")
    found.copies.right += bool(wanted) and wanted == got
    found.copies.false += bool(got) and wanted != got
    found.copies.missed += bool(wanted) and wanted != got


def _threads(found: Evaluation, truth: Rows, guess: Rows) -> None:
    """Counted by pairs of messages that belong together."""
    wanted, got = _pairs(truth), _pairs({name: guess.get(name, {}) for name in truth})
    found.threads = Tally(right=len(wanted & got), false=len(got - wanted), missed=len(wanted - got))


def _pairs(rows: Rows) -> set[tuple[str, str]]:
    by_thread: dict[str, list[str]] = defaultdict(list)
    for name, row in rows.items():
        if row.get("thread"):
            by_thread[row["thread"]].append(name)
    return {pair for names in by_thread.values() for pair in combinations(sorted(names), 2)}


def _wrong(found: Evaluation, kind: str, file: str, what: str, said: Row, tag: str = "") -> None:
    whys: Mapping[str, str] = said.get("why") or {}
    why = next((text for name, text in whys.items() if tag and name.startswith(tag)), "")
    found.errors.append(Error(kind=kind, file=file, what=what, why=why))


# ── as text ──


def lines(found: Evaluation) -> Iterable[str]:
    """The evaluation as a person reads it in a terminal."""
    every = found.all_areas
    share = 1 / max(1, found.counted)
    yield f"{found.messages} messages"
    yield (f"areas      {_said(every)}  macro F1 {found.macro_f1:.3f}  exact {found.exact * share:.3f}  "
           f"main area found {found.main_found * share:.3f}  nobody right reached {found.nobody_right}")
    yield from (f"  {area:15s}{_said(tally)}" for area, tally in sorted(found.areas.items()))
    yield from (f"{flag:11s}{_said(found.flags[flag])}" for flag in FLAGS)
    yield f"due exact  {found.due.recall:.3f}  (of {found.due.right + found.due.missed})"
    yield f"events     {_said(found.events)}  ends exact {found.ends.recall:.3f}"
    yield f"copies     {_said(found.copies)}"
    yield f"threads    {_said(found.threads)}"
    yield from _confusion(found)
    yield from _calibrated(found)
    yield from _worst(found.worst())


def _said(tally: Tally) -> str:
    return (f"P {tally.precision:.3f}  R {tally.recall:.3f}  F1 {tally.f1:.3f}  "
            f"({tally.right} right, {tally.false} false, {tally.missed} missed)")


def _confusion(found: Evaluation) -> Iterable[str]:
    if not found.confused:
        return
    names = sorted({name for pair in found.confused for name in pair})
    yield ""
    yield "Confused: rows are what it is about, columns what was said instead or too much"
    yield " " * 15 + "".join(f"{name[:7]:>8s}" for name in names)
    for row in names:
        cells = [found.confused[row, column] for column in names]
        if any(cells):
            yield f"{row:15s}" + "".join(f"{cell or '.':>8}" for cell in cells)


def _calibrated(found: Evaluation) -> Iterable[str]:
    if found.scores:
        yield ""
        yield "Calibration of area scores (one half is each area's own threshold): mean score, share right, number"
        yield from (f"  {mean:.2f}  {right:.2f}  {number}" for mean, right, number in found.calibration())


def _worst(errors: Sequence[Error]) -> Iterable[str]:
    if errors:
        yield ""
        yield "The worst errors"
        yield from (f"  {one.kind}: {one.file}: {one.what}" + (f"\n    because {one.why}" if one.why else "")
                    for one in errors)
