"""The reports' sums make up all mail, also what comes in while one is written, and behind a clock that was set back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.pipeline import reports
from bot.pipeline.figures import Span, gather
from tests.unit.test_reports import TO_DANA, Bureau, book, local

MAIL = "The overlay of the bib record number {} changed; look at each bib record in your zone, please do.\n"


def told(bureau: Bureau) -> list[int]:
    """How many messages each report tells of."""
    bodies = [bureau.mail(row).get_body(("plain",)) for row in bureau.rows("report")]
    return [int(re.findall(r"(\d+) received = ", body.get_content())[0]) for body in bodies if body is not None]


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    """Thursday's report is out."""
    one = Bureau(tmp_path, book(TO_DANA))
    one.publisher.publish(local("2026-11-19T08:00"))
    one.take("2026-11-19T09:00", MAIL.format("first"))
    return one


def test_a_batch_that_took_long_is_told_of_in_the_next_report(bureau: Bureau) -> None:
    bureau.publisher.publish(local("2026-11-20T07:30"))
    bureau.take("2026-11-20T07:29", MAIL.format("second"))  # begun before the slot, stored after the report
    bureau.publisher.publish(local("2026-11-23T08:00"))
    assert told(bureau) == [1, 1]


def test_mail_that_comes_in_while_a_report_is_written_is_told_of_once(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gathers(store: object, judges: object, span: Span) -> object:
        page = gather(store, judges, span)  # type: ignore[arg-type]
        if bureau.uid == 1:
            bureau.take("2026-11-20T07:29", MAIL.format("second"))
        return page

    monkeypatch.setattr(reports, "gather", gathers)
    bureau.publisher.publish(local("2026-11-20T07:30"))
    assert told(bureau) == [2]
    bureau.publisher.publish(local("2026-11-23T08:00"))
    assert sum(told(bureau)) == 2


@pytest.mark.parametrize("moments", [
    ("2026-11-23T08:00", "2026-11-19T10:00", "2026-11-20T08:00", "2026-11-24T08:00"),
    ("2026-11-23T08:00", "2026-11-20T08:00", "2026-11-23T08:00", "2026-11-24T08:00"),
])
def test_what_was_told_by_a_clock_that_ran_ahead_is_not_told_again(bureau: Bureau, moments: tuple[str, ...]) -> None:
    for number, moment in enumerate(moments):
        bureau.restart()
        bureau.publisher.publish(local(moment))
        bureau.take(moment, MAIL.format(f"number {number}"))
    bureau.publisher.publish(local("2026-11-26T08:00"))
    assert sum(told(bureau)) == 1 + len(moments)
