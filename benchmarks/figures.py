"""One measured figure beside its target, and the table that `python -m benchmarks` prints."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """What was measured. With `at_least` more is better; without a target it is told for information."""

    part: str
    what: str
    measured: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the target is met; a figure without one always is."""
        return not (
            (self.at_most is not None and self.measured > self.at_most)
            or (self.at_least is not None and self.measured < self.at_least)
        )

    @property
    def target(self) -> str:
        """The target in words."""
        if self.at_most is not None:
            return f"≤ {_plain(self.at_most)} {self.unit}".rstrip()
        return f"≥ {_plain(self.at_least)} {self.unit}".rstrip() if self.at_least is not None else "—"

    @property
    def verdict(self) -> str:
        """Met, or by what factor it is missed."""
        wanted = self.at_most if self.at_most is not None else self.at_least
        if wanted is None:
            return ""
        if self.met:
            return "met"
        low, high = sorted((abs(self.measured), abs(wanted)))
        return f"MISSED by a factor of {high / low:.2f}" if low else "MISSED"


def _plain(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.3g}"


def spread(values: Sequence[float]) -> str:
    """The middle half of some measurements, for the note beside their median."""
    if len(values) < 4:
        return ""
    low, _, high = statistics.quantiles(values, n=4)
    return f"middle half {_plain(low)} … {_plain(high)}"


def table(figures: Iterable[Figure]) -> str:
    """All figures as aligned text, one a line."""
    rows = [("part", "figure", "measured", "target", "", "note"), *(
        (one.part, one.what, f"{_plain(one.measured)} {one.unit}".rstrip(), one.target, one.verdict, one.note)
        for one in figures
    )]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])
