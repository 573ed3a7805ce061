"""Golden mails: what each case's input.yaml becomes, byte for byte. REGOLD=1 writes expected.eml anew."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from bot.digests.compose import AreaView, House, ReaderView, SlotView, compose
from bot.digests.mail import build, via
from bot.digests.phrases import opening_sentences
from bot.digests.render import Rendered, Templates, render
from bot.digests.report import report
from bot.digests.report_values import Aside, AtOnce, Due, Figures, Kept, Missed, Poll, Thin, Undelivered, Unsure
from bot.digests.urgent import urgent
from bot.silence import Quiet
from bot.types import Address, Attachment, Event, Message, Pending, Reading, Request, Route, Tag, Way
from tests.unit.builders import outage_tag

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in HERE.glob("*/input.yaml"))
TEMPLATES = HERE.parents[1] / "templates"
SHIPPED = Templates(TEMPLATES)


def moment(value: Any) -> Any:
    """A datetime or a date from its text."""
    text = str(value)
    return datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)


def person(text: str) -> Address:
    """"Name <address>" as an Address."""
    name, address = parseaddr(text)
    return Address(address=address, name=name)


def tag(name: Any, value: Any) -> Tag:
    """A tag as a rule would give it."""
    return Tag(name=name, value=value, by="rule", why="the case says so")


def event(row: Mapping[str, Any]) -> Event:
    """An event of a post."""
    end = moment(row["end"]) if "end" in row else None
    return Event(type=row["type"], start=moment(row["start"]), end=end, sure=row.get("sure", True))


def request(row: Mapping[str, Any]) -> Request:
    """A request of a post."""
    return Request(what=row["what"], due=moment(row["due"]) if "due" in row else None)


def message(row: Mapping[str, Any]) -> Message:
    """A post as parsed."""
    sizes = row.get("files", {})
    files = (Attachment(name=name, media_type="application/pdf", size=size) for name, size in sizes.items())
    return Message(
        message_id=f"<{row['id']}@lists.example.org>", subject=row["subject"], date=moment(row["date"]),
        sender=person(row["from"]), lists=tuple(row["lists"]), text=row["text"], new_text=row["text"],
        attachments=tuple(files),
    )


def pending(row: Mapping[str, Any]) -> Pending:
    """A stored post on its way to the reader."""
    events = tuple(tag("event", event(one)) for one in row.get("events", []))
    reading = Reading(
        areas=tuple(tag("area", area) for area in row.get("areas", [row["area"]])),
        request=tag("request", request(row["request"])) if "request" in row else None,
        events=events, outage=outage_tag(message(row), *events) if row.get("area") == "downtime" else None,
    )
    route = Route(
        reader="dana", way=Way(row.get("way", "daily")), rule=row.get("rule", "case"), why=row["why"],
        area=row.get("area"),
        mandatory=row.get("mandatory", False),
    )
    return Pending(
        id=row["id"], message=message(row), reading=reading, route=route, lists=tuple(row["lists"]),
        thread=row.get("thread", row["id"]), received_at=moment(row["date"]) + timedelta(minutes=2),
        sent_at=moment(row["sent_at"]) if "sent_at" in row else None,
    )


def house(case: Mapping[str, Any]) -> House:
    """Whose mail it is."""
    return House(library=case["library"], liaison=person(case["liaison"]), sender=person(case["sender"]))


def reader(case: Mapping[str, Any]) -> ReaderView:
    """Whom it is for."""
    to = person(case["reader"])
    return ReaderView(id="dana", name=to.name, address=to.address, zone=ZoneInfo(case["zone"]),
                      area_order=tuple(case.get("area_order", [])), words=SHIPPED.words(case.get("language", "en")))


def areas(case: Mapping[str, Any]) -> list[AreaView]:
    """The library's areas."""
    return [AreaView(**{**one, "checklist": tuple(one.get("checklist", []))}) for one in case["areas"]]


def kept(rows: list[dict[str, Any]]) -> tuple[Kept, ...]:
    """Held or unreadable messages."""
    return tuple(Kept(**{**one, "at": moment(one["at"])}) for one in rows)


def figures(case: Mapping[str, Any]) -> Figures:
    """The day of a report."""
    rows = case["figures"]
    counts = {name: rows[name] for name in ("received", "routed", "folded", "held", "set_aside", "quarantined")}
    return Figures(
        since=moment(rows["since"]), until=moment(rows["until"]), zone=ZoneInfo(case["zone"]), **counts,
        held_items=kept(rows["held_items"]), quarantine=kept(rows["quarantine"]),
        unsure=tuple(Unsure(**{**one, "readers": tuple(one.get("readers", []))}) for one in rows["unsure"]),
        aside=tuple(Aside(**{**one, "subjects": tuple(one["subjects"])}) for one in rows["aside"]),
        at_once=tuple(AtOnce(subject=one["subject"], at=moment(one["at"]), readers=tuple(one["readers"]))
                      for one in rows["at_once"]),
        served=tuple(rows["served"]), nothing_new=tuple(rows["nothing_new"]),
        dues=tuple(Due(**{**one, "due": moment(one["due"]), "readers": tuple(one["readers"])}) for one in rows["dues"]),
        thin=tuple(Thin(**one) for one in rows["thin"]),
        quiet=tuple(Quiet(**{**one, "last": moment(one["last"]), "expected": timedelta(days=one["expected"])})
                    for one in rows["quiet"]),
        missed_since=moment(rows["missed_since"]),
        missed=tuple(Missed(**{**one, "at": moment(one["at"])}) for one in rows["missed"]),
        undelivered=tuple(Undelivered(**one) for one in rows["undelivered"]), faults=tuple(rows["faults"]),
        polls=tuple(Poll(mailbox=one["mailbox"], last=moment(one["last"])) for one in rows["polls"]),
    )


def words(case: Mapping[str, Any], templates: Templates) -> Rendered:
    """The rendered mail of a case."""
    now = moment(case["now"])
    if case["kind"] == "report":
        return report(figures(case), now, templates=templates, house=house(case))
    items = [pending(row) for row in case["pending"]]
    if case["kind"] == "urgent":
        return urgent(items[0], reader(case), areas(case), now, templates=templates, house=house(case))
    slot = SlotView(name="daily", label=reader(case).words.say("Library digest"), starts_at=now)
    digest = compose(reader(case), slot, items, areas(case), now, summarise=opening_sentences, house=house(case))
    assert digest is not None
    return render(digest, templates)


def finished(case: Mapping[str, Any], templates: Templates) -> bytes:
    """The mail of a case as it goes over the wire."""
    sender = person(case["sender"])
    if case["kind"] == "urgent":
        sender = via(sender, case["pending"][0]["lists"])
    return build(
        words(case, templates), sender=sender, recipient=person(case["reader"]), reply_to=person(case["liaison"]),
        message_id=case["message_id"], date=moment(case["now"]), list_id="digest.library.example.edu",
    )


def load(name: str) -> Any:
    """A case's input. `like` names another case that it is like; `by_area` makes its routes those of readers' areas."""
    case = YAML(typ="safe").load((HERE / name / "input.yaml").read_text(encoding="utf-8"))
    if "like" in case:
        case = {**load(case["like"]), **case}
    if "by_area" in case:
        kinds = {True: "mandatory", False: "area"}
        case["pending"] = [{**row, "rule": f"{kinds[row.get('mandatory', False)]}:{row['area']}"}
                           for row in case["pending"]]
    return case


@pytest.mark.parametrize("name", CASES)
def test_mail_is_as_expected_byte_for_byte(name: str) -> None:
    made, golden = finished(load(name), Templates(TEMPLATES)), HERE / name / "expected.eml"
    if os.environ.get("REGOLD") == "1":
        golden.write_bytes(made)
    assert made == golden.read_bytes()


@pytest.mark.parametrize("name", CASES)
def test_mail_is_the_same_twice(name: str) -> None:
    case, templates = load(name), Templates(TEMPLATES)
    assert finished(case, templates) == finished(case, templates)


def test_every_kind_has_a_case() -> None:
    assert {load(name)["kind"] for name in CASES} == {"digest", "urgent", "report"}
