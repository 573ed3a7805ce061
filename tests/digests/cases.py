"""The cases of the golden mails: what stands in an input.yaml, as values, and the mail that the bot makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from bot.digests.calendar import publish
from bot.digests.compose import AreaView, House, ReaderView, SlotView, compose
from bot.digests.mail import build, via
from bot.digests.month import MonthFigures, page
from bot.digests.phrases import opening_sentences
from bot.digests.reminders import reminder, reminder_mail, with_reminders
from bot.digests.render import Rendered, Templates, render
from bot.digests.report import notice, report
from bot.digests.report_values import (
    Aside,
    AtOnce,
    Due,
    Figures,
    InDoubt,
    Kept,
    Missed,
    Poll,
    Thin,
    Undelivered,
    Unsure,
)
from bot.digests.urgent import Remarks, gathered, urgent
from bot.digests.values import Reminder
from bot.happening import Happening, in_utc
from bot.inbox.message import parse
from bot.inbox.page import page_of
from bot.silence import Quiet
from bot.types import Address, Attachment, Event, Message, Pending, Reading, Request, Route, Tag, Way
from tests.unit.builders import outage_tag

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in HERE.glob("*/input.yaml"))
TEMPLATES = HERE.parents[1] / "templates"
SHIPPED = Templates(TEMPLATES)

Case = Mapping[str, Any]


@dataclass(frozen=True)
class Heard:
    """What the reader was told of a happening before."""

    sequence: int
    at: datetime
    reminded: str = ""


def load(name: str) -> dict[str, Any]:
    """A case's input, over what all cases share, or over the case that it is `like`; files that it names are read from
    its folder. `by_area` makes its routes those of readers' areas."""
    yaml = YAML(typ="safe")
    own = yaml.load((HERE / name / "input.yaml").read_text(encoding="utf-8"))
    shared = load(own["like"]) if "like" in own else yaml.load((HERE / "house.yaml").read_text(encoding="utf-8"))
    case = {**shared, **own}
    if "by_area" in own:
        kinds = {True: "mandatory", False: "area"}
        case["pending"] = [{**row, "rule": f"{kinds[row.get('mandatory', False)]}:{row['area']}"}
                           for row in case["pending"]]
    for row in case.get("pending", []):
        if "raw" in row:
            row["raw"] = (HERE / name / row["raw"]).read_bytes()
    return case


def moment(value: Any) -> Any:
    """A datetime or a date from its text."""
    text = str(value)
    return datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)


def person(text: str) -> Address:
    """"Name <address>" as an Address."""
    name, address = parseaddr(text)
    return Address(address=address, name=name)


# ── posts on their way ────────────────────────────────────────────────────────────────────────────────────────────


def tag(name: Any, value: Any) -> Tag:
    """A tag as a rule would give it."""
    return Tag(name=name, value=value, by="rule", why="the case says so")


def event(row: Case) -> Event:
    """An event of a post."""
    end = moment(row["end"]) if "end" in row else None
    return Event(type=row["type"], start=moment(row["start"]), end=end, sure=row.get("sure", True))


def request(row: Case) -> Request:
    """A request of a post."""
    return Request(what=row["what"], due=moment(row["due"]) if "due" in row else None)


def message(row: Case) -> Message:
    """A post as parsed; the real parser reads it where the case brings its bytes."""
    if "raw" in row:
        return parse(row["raw"])
    sizes = row.get("files", {})
    files = (Attachment(name=name, media_type="application/pdf", size=size) for name, size in sizes.items())
    return Message(
        message_id=f"<{row['id']}@lists.example.org>", subject=row["subject"], date=moment(row["date"]),
        sender=person(row["from"]), lists=tuple(row["lists"]), text=row["text"], new_text=row["text"],
        attachments=tuple(files),
    )


def reading(row: Case) -> Reading:
    """What the bot made of it."""
    events = tuple(tag("event", event(one)) for one in row.get("events", []))
    return Reading(
        areas=tuple(tag("area", area) for area in row.get("areas", [row["area"]])),
        request=tag("request", request(row["request"])) if "request" in row else None, events=events,
        outage=outage_tag(message(row), *events) if row.get("area") == "downtime" else None,
        urgent=Tag(name="urgent", by="extractor", why=row["urgent"]) if "urgent" in row else None,
    )


def pending(row: Case) -> Pending:
    """A stored post on its way to the reader."""
    route = Route(
        reader="dana", way=Way(row.get("way", "daily")), rule=row.get("rule", "case"), why=row["why"],
        area=row.get("area"), mandatory=row.get("mandatory", False),
    )
    post = message(row)
    assert post.date is not None
    return Pending(
        id=row["id"], message=post, reading=reading(row), route=route, lists=tuple(row["lists"]),
        thread=row.get("thread", row["id"]), received_at=post.date + timedelta(minutes=2),
        sent_at=moment(row["sent_at"]) if "sent_at" in row else None,
    )


# ── dates ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def happening(row: Case) -> Happening:
    """Something dated, as the calendar keeps it."""
    values = {name: row[name] for name in ("uid", "type", "title", "subject", "sentence", "who")}
    posted_at = moment(row["posted_at"]).astimezone(UTC)
    return Happening(
        **values, start=in_utc(moment(row["start"])), end=in_utc(moment(row["end"])) if "end" in row else None,
        sequence=row.get("sequence", 0), state=row.get("state", "on"), lists=tuple(row["lists"]),
        areas=tuple(row["areas"]), created_at=posted_at, posted_at=posted_at,
    )


def reminders(case: Case) -> list[Reminder]:
    """The lines that remind of what was heard before."""
    rows = [row for row in case.get("happenings", []) if "heard" in row]
    heard = [Heard(sequence=row["heard"]["sequence"], at=moment(row["heard"]["at"])) for row in rows]
    zone, now = ZoneInfo(case["zone"]), moment(case["now"])
    return [reminder(happening(row), one, zone, now) for row, one in zip(rows, heard, strict=True)]


def calendar(case: Case) -> bytes | None:
    """The calendar part: what is new or changed."""
    news = [happening(row) for row in case.get("happenings", []) if "heard" not in row]
    labels = {area.id: area.label for area in areas(case)}
    return publish(news, house(case), labels) if news else None


# ── who and where ─────────────────────────────────────────────────────────────────────────────────────────────────


def house(case: Case) -> House:
    """Whose mail it is."""
    return House(library=case["library"], liaison=person(case["liaison"]), sender=person(case["sender"]))


def reader(case: Case) -> ReaderView:
    """Whom it is for."""
    to = person(case["reader"])
    return ReaderView(id="dana", name=to.name, address=to.address, zone=ZoneInfo(case["zone"]),
                      area_order=tuple(case.get("area_order", [])), words=SHIPPED.words(case.get("language", "en")))


def areas(case: Case) -> list[AreaView]:
    """The library's areas."""
    return [AreaView(**{**one, "checklist": tuple(one.get("checklist", []))}) for one in case["areas"]]


# ── the figures of reports ────────────────────────────────────────────────────────────────────────────────────────


def kept(rows: list[dict[str, Any]]) -> tuple[Kept, ...]:
    """Held or unreadable messages."""
    return tuple(Kept(**{**one, "at": moment(one["at"])}) for one in rows)


def dues(rows: list[dict[str, Any]]) -> tuple[Due, ...]:
    """What is asked by a day."""
    return tuple(Due(**{**one, "due": moment(one["due"]), "readers": tuple(one.get("readers", []))}) for one in rows)


def figures(case: Case) -> Figures:
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
        served=tuple(rows["served"]), nothing_new=tuple(rows["nothing_new"]), dues=dues(rows["dues"]),
        thin=tuple(Thin(**one) for one in rows["thin"]),
        quiet=tuple(Quiet(**{**one, "last": moment(one["last"]), "expected": timedelta(days=one["expected"])})
                    for one in rows["quiet"]),
        missed_since=moment(rows["missed_since"]),
        missed=tuple(Missed(**{**one, "at": moment(one["at"])}) for one in rows["missed"]),
        undelivered=tuple(Undelivered(**one) for one in rows["undelivered"]),
        in_doubt=tuple(InDoubt(**one) for one in rows["in_doubt"]), faults=tuple(rows["faults"]),
        polls=tuple(Poll(mailbox=one["mailbox"], last=moment(one["last"])) for one in rows["polls"]),
    )


def month(case: Case) -> MonthFigures:
    """The month of the director's page; `waits` in seconds."""
    rows = {**case["month"], "first": moment(case["month"]["first"]), "dues": dues(case["month"]["dues"])}
    rows["waits"] = tuple(timedelta(seconds=one) for one in rows["waits"])
    pairs = {name: tuple(rows[name].items()) for name in ("lists", "areas")}
    return MonthFigures(zone=ZoneInfo(case["zone"]), **{**rows, **pairs})


# ── the mail ──────────────────────────────────────────────────────────────────────────────────────────────────────


def digest(case: Case, templates: Templates) -> Rendered:
    """A digest, with its reminders."""
    slot = SlotView(name="daily", label=reader(case).words.say("Library digest"), starts_at=moment(case["now"]))
    made = compose(reader(case), slot, list(map(pending, case["pending"])), areas(case), moment(case["now"]),
                   summarise=opening_sentences, house=house(case))
    assert made is not None
    return render(with_reminders(made, reminders(case)), templates)


def at_once(case: Case, templates: Templates) -> Rendered:
    """A mail about one post, with the post's own page where it brought one."""
    (row,) = case["pending"]
    own = page_of(row["raw"], message(row)) if "raw" in row else None
    return urgent(pending(row), reader(case), areas(case), moment(case["now"]), templates=templates, house=house(case),
                  page=own, remarks=Remarks(**case.get("remarks", {})))


def several(case: Case, templates: Templates) -> Rendered:
    """A mail about what came on top of the cap."""
    return gathered(list(map(pending, case["pending"])), reader(case), areas(case), moment(case["now"]),
                    templates=templates, house=house(case), summarise=opening_sentences)


#: How a case of each kind becomes words.
KINDS: Mapping[str, Callable[[Case, Templates], Rendered]] = {
    "digest": digest, "urgent": at_once, "gathered": several,
    "reminder": lambda case, templates: reminder_mail(
        reminders(case), reader(case), moment(case["now"]), templates=templates, house=house(case)),
    "report": lambda case, templates: report(
        figures(case), moment(case["now"]), templates=templates, house=house(case)),
    "month": lambda case, templates: page(
        month(case), moment(case["now"]), templates=templates, house=house(case), copy_to=case["copy_to"]),
    "notice": lambda case, templates: notice(case["title"], case["paragraphs"], templates=templates, house=house(case)),
}


def finished(case: Case, templates: Templates) -> bytes:
    """The mail of a case as it goes over the wire."""
    sender = person(case["sender"])
    if case["kind"] == "urgent":
        sender = via(sender, case["pending"][0]["lists"])
    return build(
        KINDS[case["kind"]](case, templates), sender=sender, recipient=person(case["reader"]),
        reply_to=person(case.get("reply_to", case["liaison"])), liaison=person(case["liaison"]),
        message_id=case["message_id"], date=moment(case["now"]), list_id="digest.library.example.edu",
        calendar=calendar(case), references=case.get("references", ()),
    )


def golden(name: str) -> bytes:
    """The mail of a case, made now."""
    return finished(load(name), Templates(TEMPLATES))
