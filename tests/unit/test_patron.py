"""Patron data in the writings of people: whole cases, the places where it hides, and what the why and reports mask."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.inbox.guard import inspect
from bot.inbox.masking import mask, mask_file
from bot.inbox.message import parse
from bot.inbox.trust import Trust
from tests.unit.builders import BORROWERS, patron_data_in

MAILS = Path(__file__).parent.parent / "mails/patron"
CASES = YAML(typ="safe").load((MAILS / "cases.yaml").read_text("utf-8"))
#: Hard messages that were written by somebody who had not seen the guard, and that no model learned from.
UNSEEN = YAML(typ="safe").load((MAILS / "unseen.yaml").read_text("utf-8"))
TRUST = Trust(consortium=("carli.example.edu",), own_address="digest@library.example.edu")
HEAD = "From: Ann Arbogast <ann@carli.example.edu>\r\nSubject: A question\r\n"


def why(text: str, head: str = HEAD) -> str:
    verdicts = inspect(parse(f"{head}\r\n{text}".encode()), TRUST, BORROWERS)
    return next((verdict.why for verdict in verdicts if verdict.kind == "patron-data"), "")


def is_held(case: dict[str, str]) -> bool:
    head = f"From: {case['from']}\r\nTo: list@carli.example.edu\r\nSubject: {case['subject']}\r\n"
    return bool(why(case["text"], f"{head}Content-Type: text/plain; charset=utf-8\r\n"
                                  "Content-Transfer-Encoding: 8bit\r\n"))


def test_of_hard_messages_that_it_has_never_seen_it_holds_no_fewer_than_this() -> None:
    """37 of 50 and 12 of 50 when they were first measured: not to get worse unnoticed."""
    assert (len(UNSEEN["held"]), len(UNSEEN["passed"])) == (50, 50)
    assert sum(map(is_held, UNSEEN["held"])) >= 35
    assert sum(map(is_held, UNSEEN["passed"])) <= 13


def test_without_a_model_the_guard_holds_rather_too_much() -> None:
    message = parse(f"{HEAD}\r\nMarcus Webb still owes us two books.".encode())
    assert [verdict.kind for verdict in inspect(message, TRUST)] == ["patron-data"]
    assert not inspect(parse(f"{HEAD}\r\nMarcus Webb will speak on Friday.".encode()), TRUST)


def title(text: str) -> str:
    return " ".join(text.split())[:60]


def test_short_cases_are_told_apart_but_for_a_few() -> None:
    """What tells of persons is weighed by a model, so no single sentence is promised; forms are, below."""
    missed = [title(text) for text in CASES["held"] if patron_data_in(text) is None]
    false = [title(text) for text in CASES["passed"] if patron_data_in(text) is not None]
    assert len(missed) <= 0.05 * len(CASES["held"]), missed
    assert len(false) <= 0.05 * len(CASES["passed"]), false


@pytest.mark.parametrize("text", CASES["held"], ids=title)
def test_the_why_gives_no_name_and_no_number(text: str) -> None:
    found = patron_data_in(text) or ""
    assert not re.search(r"\d{3}", found)
    assert not any(word in found for word in ("Odessa", "Renner", "Osei", "Hadzic", "Fenn", "Hallworth", "Kowalczyk"))


def test_there_are_as_many_cases_as_were_promised() -> None:
    assert min(len(CASES["held"]), len(CASES["passed"])) >= 40


@pytest.mark.parametrize("html", [
    '<p>Hello</p><div style="display:none">barcode 21234003456789</div>',
    '<p>Hello</p><img src="x.png" alt="The patron Marcus Webb owes $45.00 for two books">',
    "<table><tr><th>Name</th><th>Univ. ID</th></tr><tr><td>Marcus Webb</td><td>U00482913</td></tr></table>",
])
def test_html_is_looked_through_with_what_it_hides(html: str) -> None:
    assert why(html, HEAD + "Content-Type: text/html\r\n")


def test_another_version_of_the_text_is_looked_through() -> None:
    head = HEAD + "Content-Type: multipart/alternative; boundary=b\r\n"
    plain = "The list of the three accounts stands in the table; see the web version. " * 8
    rich = f"Content-Type: text/html\r\n\r\n<p>{plain}</p><td>21234003456789</td>"
    body = f"--b\r\n\r\n{plain}\r\n--b\r\n{rich}\r\n--b--\r\n"
    assert "hides" in why(body, head)
    assert not why(body.replace("2123400", "3123400"), head)


def test_the_writers_own_name_is_no_patrons() -> None:
    text = "Users with overdue loans are blocked, says the report.\r\n\r\nAnn Arbogast waived her fines report for $40"
    assert patron_data_in(text) is not None
    assert not why(text)


@pytest.mark.parametrize(("text", "shown"), [
    ("Fines of patron Marcus Webb, 21234003456789", "Fines of patron M. W., 2…"),
    ("Notes of Ann Arbogast on loans", "Notes of A. A. on loans"),
    ("Alma Analytics on Monday", "Alma Analytics on Monday"),
])
def test_reports_mask_names_and_numbers(text: str, shown: str) -> None:
    assert mask(text) == shown


@pytest.mark.parametrize(("name", "shown"), [
    ("Marcus_Webb.pdf", "….pdf"), ("list_21234003456789.csv", "list_2….csv"), ("loans-2026.xlsx", "loans-2026.xlsx")])
def test_file_names_are_masked(name: str, shown: str) -> None:
    assert mask_file(name) == shown


HOSTILE = {
    "names": "Marcus Webb " * 16_000,
    "paragraphs-of-names": "Marcus Webb owes it\n\n" * 10_000,
    "borrowers": "patron Marcus Webb, her loan, 12 Oak St\n" * 5_000,
    "kinds": "patron student user " * 10_000,
    "fields": "Name: Ann Bee " * 14_000,
    "writers": "From: Ann Bee my name is " * 8_000,
    "addresses": "Ann Bee home address " * 9_000,
    "rows": "Ann Bee\tH20017745\n" * 10_000 + "Title",
    "heads": "Name\tFine\n" * 20_000,
    "capitals": "A" * 200_000,
    "capital-words": "Ab " * 60_000,
    "hyphens": "A-" * 100_000,
    "barcodes": "2 1" * 60_000,
    "ssn": "ssn " * 50_000,
    "chat": "patron: it's a b " * 12_000,
    "logins": "netid is a " * 18_000,
    "dear": "Dear Ann Bee: " * 14_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    patron_data_in(text)
    assert time.process_time() - started < 2
