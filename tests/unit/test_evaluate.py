"""The measuring itself: what counts as right, what a dispute does, and which errors come first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.learn.evaluate import Tally, evaluate, lines


def row(file: str, *areas: str, **more: Any) -> dict[str, Any]:
    empty = {"urgent": False, "action": None, "events": [], "pii": False, "noise": False, "suspicious": False,
             "duplicate_of": None, "thread": None}
    return {"file": file, "areas": list(areas), **empty, **more}


def rows(*found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["file"]: one for one in found}


WEBINAR = {"type": "training", "start": "2026-03-05T10:00", "end": "2026-03-05T11:00"}


def test_areas_are_counted_over_all_and_by_area() -> None:
    truth = rows(row("a", "cataloging", "training"), row("b", "downtime"), row("c", noise=True))
    found = evaluate(truth, rows(row("a", "cataloging", "systems"), row("b", "downtime"), row("c", "systems")))
    assert (found.all_areas.right, found.all_areas.false, found.all_areas.missed) == (2, 1, 1)
    assert found.all_areas.f1 == pytest.approx(2 / 3)
    assert (found.counted, found.exact, found.main_found, found.nobody_right) == (2, 1, 2, 0)
    assert found.confused["cataloging", "systems"] == 1
    assert found.confused["training", "systems"] == 1


def test_what_two_readers_dispute_counts_neither_way() -> None:
    truth, second = rows(row("a", "cataloging", "training")), rows(row("a", "cataloging", "systems"))
    for said in (["cataloging"], ["cataloging", "systems"], ["cataloging", "training"]):
        found = evaluate(truth, rows(row("a", *said)), second)
        assert (found.all_areas.false, found.all_areas.missed, found.exact) == (0, 0, 1)


def test_a_disputed_flag_or_event_does_not_count() -> None:
    truth = rows(row("a", "training", urgent=True, events=[WEBINAR], action={"what": "w", "due": "2026-03-01"}))
    second = rows(row("a", "training", action={"what": "w", "due": None}))
    found = evaluate(truth, {}, second)
    assert (found.flags["urgent"].missed, found.events.missed, found.due.missed) == (0, 0, 0)
    assert evaluate(truth, {}).flags["urgent"].missed == 1


def test_events_agree_by_kind_and_minute_and_their_ends_are_told_apart() -> None:
    truth = rows(row("a", "training", events=[WEBINAR, {"type": "deadline", "start": "2026-03-01", "end": None}]))
    late = {**WEBINAR, "start": "2026-03-05T10:00:00-06:00", "end": "2026-03-05T11:30"}
    found = evaluate(truth, rows(row("a", "training", events=[late, {"type": "meeting", "start": "2026-03-01"}])))
    assert (found.events.right, found.events.false, found.events.missed) == (1, 1, 1)
    assert (found.ends.right, found.ends.missed) == (0, 1)


def test_copies_and_threads() -> None:
    truth = rows(row("a", "systems", thread="a"), row("b", "systems", thread="a"), row("c", duplicate_of="a"))
    said = rows(row("a", "systems", thread="x"), row("b", "systems", thread="x"), row("c", duplicate_of="b"))
    found = evaluate(truth, said)
    assert (found.threads.right, found.threads.false, found.threads.missed) == (1, 0, 0)
    assert (found.copies.right, found.copies.false, found.copies.missed) == (0, 1, 1)


def test_the_worst_errors_are_those_that_lose_or_leak() -> None:
    truth = rows(row("a", "systems"), row("b", "downtime", urgent=True), row("c", suspicious=True),
                 row("d", "fulfillment", pii=True))
    said = rows(row("a", "training"), row("b", "downtime"), row("c"), {**row("d", "fulfillment"), "why": {}})
    assert [one.kind for one in evaluate(truth, said).worst()] == [
        "suspicious missed", "pii missed", "urgent missed", "nobody right", "main area missed", "area false"]


def test_calibration_compares_scores_with_what_is_right() -> None:
    truth = rows(row("a", "systems"), row("b", "systems"))
    said = rows({**row("a", "systems"), "scores": {"systems": 0.92}},
                {**row("b", "systems", "training"), "scores": {"systems": 0.98, "training": 0.41}})
    assert evaluate(truth, said).calibration() == [(0.41, 0.0, 1), (pytest.approx(0.95), 1.0, 2)]


def test_nothing_said_and_nothing_to_say_is_perfect() -> None:
    assert (Tally().precision, Tally().recall, Tally(missed=1).f1) == (1.0, 1.0, 0.0)
    assert next(iter(lines(evaluate({}, {})))) == "0 messages"


# ── the command ──

MAIL = b"From: Ann <ann@oak.example.edu>\r\nDate: Mon, 2 Mar 2026 09:00:00 -0600\r\nSubject: %s\r\n\r\n%s\r\n"


def test_the_command_reads_a_folder_and_tells_figures_and_errors(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(MAIL % (b"Overlay of bib records", b"The import profile overlays bib records."))
    labels = [row("1.eml", "administration")]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, labels)))
    result = CliRunner().invoke(main, ["evaluate", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "nobody right reached 1" in result.output
    assert "nobody right: 1.eml: is about administration; said: cataloging" in result.output


@pytest.mark.parametrize("labels", [None, "{", '{"file": "1.eml"}'])
def test_labels_that_cannot_be_read_are_told_with_their_mend(tmp_path: Path, labels: str | None) -> None:
    if labels is not None:
        (tmp_path / "labels.jsonl").write_text(labels)
    result = CliRunner().invoke(main, ["evaluate", str(tmp_path)])
    assert result.exit_code == 2
    assert "labels.jsonl" in result.output
    assert "Each line is one JSON object" in result.output
