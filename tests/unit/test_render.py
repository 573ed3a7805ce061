"""How digests, urgent mails, reports and notices look, and that no input can break a mail."""

from __future__ import annotations

import email
import email.policy
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.digests.compose import AreaView, Digest, House, ReaderView, SlotView, compose
from bot.digests.mail import Original, build, via
from bot.digests.phrases import opening_sentences
from bot.digests.render import LARGEST_HTML, Rendered, Templates, beside, fill, render
from bot.digests.report import notice, report
from bot.digests.report_values import Figures, Poll
from bot.digests.urgent import urgent
from bot.digests.values import WholeList
from bot.errors import TemplateError
from bot.types import Address, Event, Message, Pending, Reading, Route, Tag, Way
from tests.unit.builders import outage_tag

SHIPPED = Path(__file__).parents[2] / "templates"
CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 12, 8, 13, 30, tzinfo=UTC)
SENDER = Address(address="digest@example.edu", name="Library Digest")
LIAISON = Address(address="kim@example.edu", name="Kim Lee")
READER = ReaderView(id="dana", name="Dana", address="dana@example.edu", zone=CHICAGO)
HOUSE = House(library="Prairie College Library", liaison=LIAISON, sender=SENDER)
AREAS = (AreaView(id="cataloging", label="Cataloging"),
         AreaView(id="downtime", label="Downtime", checklist=("Test it.",)))


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(SHIPPED)


def _dated(event: Event) -> Tag:
    return Tag(name="event", value=event, by="rule", why="test")


def post(number: int, subject: str = "Subject", text: str = "A sentence.", **changes: Any) -> Pending:
    when = NOW - timedelta(hours=3)
    message = Message(message_id=None, subject=subject, date=when, text=text, new_text=text,
                      sender=Address(address="jane@example.org", name=changes.get("who", "Jane Roe")))
    dated = tuple(_dated(one) for one in changes.get("events", ()))
    reading = Reading(events=dated, outage=outage_tag(message, *dated) if changes.get("area") == "downtime" else None)
    route = Route(reader="dana", way=Way.DAILY, rule="r", why="you catalog", area=changes.get("area", "cataloging"),
                  mandatory=changes.get("mandatory", False))
    return Pending(id=number, message=message, reading=reading, route=route, lists=("announce",),
                   thread=changes.get("thread", number), received_at=when)


def made(*items: Pending) -> Digest:
    slot = SlotView(name="daily", label="Library digest", starts_at=NOW)
    digest = compose(READER, slot, items, AREAS, NOW, summarise=opening_sentences, house=HOUSE)
    assert digest is not None
    return digest


def wire(rendered: Rendered, **changes: Any) -> bytes:
    values = {"sender": SENDER, "recipient": Address(address="dana@example.edu", name="Dana"), "reply_to": LIAISON,
              "message_id": "<1@example.edu>", "date": NOW, "list_id": "digest.example.edu", **changes}
    return build(rendered, **values)


def read(raw: bytes) -> EmailMessage:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


PLAIN = Rendered(subject="Hello", preheader="", text="Hello\n", html="<p>Hello</p>")


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_subject_says_what_is_inside(templates: Templates) -> None:
    rendered = render(made(post(1), post(2)), templates)
    assert rendered.subject == "Library digest, Tue 8 Dec: 2 posts"


def test_outside_text_is_escaped_in_html(templates: Templates) -> None:
    nasty = "<script>alert(1)</script> \" onload='x' https://example.org/?a=1&b=<i>"
    rendered = render(made(post(1, nasty, nasty, who=nasty)), templates)
    assert "<script" not in rendered.html
    assert not re.search(r"<[^>]*\sonload=", rendered.html)


def test_templates_of_outside_text_are_not_run(templates: Templates) -> None:
    assert "{{ 7 * 7 }}" in render(made(post(1, "{{ 7 * 7 }}")), templates).text


def test_style_is_in_the_elements_and_dark_mode_stays(templates: Templates) -> None:
    html = render(made(post(1)), templates).html
    assert '<h1 style="' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "<img" not in html
    assert '<html lang="en">' in html


def test_text_keeps_to_72_columns_and_numbers_its_links(templates: Templates) -> None:
    text = "Much to say about it here. " * 9 + "See https://example.org/" + "x" * 90 + " and https://example.org/b."
    lines = render(made(post(1, "A long subject " * 8, text)), templates).text.splitlines()
    assert [line for line in lines if len(line) > 72 and "example.org" not in line] == []
    assert "[2] https://example.org/b" in lines


def test_posts_that_their_lists_keep_on_the_web_are_one_step_away(templates: Templates) -> None:
    headers = (("archived-at", "<https://lists.example.org/a/7>"), ("list-id", "<techserv.lists.example.org>"))
    kept = post(1, thread=1)
    kept = replace(kept, message=replace(kept.message, headers=headers))
    rendered = render(made(kept, replace(kept, id=2), post(3)), templates)
    assert rendered.html.count(">original</a>") == 2
    assert rendered.html.count('href="https://lists.example.org/a/7"') == 2
    assert rendered.text.count("· original [1]") == 2
    assert "[1] https://lists.example.org/a/7" in rendered.text


@pytest.mark.parametrize("number", [150, 2_000])
def test_a_huge_digest_stays_one_mail_below_the_limit(templates: Templates, number: int) -> None:
    items = (post(n, f"Subject {n} " * 5, "Words of a long post. " * 40) for n in range(number))
    rendered = render(made(*items), templates)
    assert len(rendered.html.encode()) <= LARGEST_HTML
    assert "more, here they are:" in rendered.html or "Only their subjects have room here:" in rendered.html
    assert f"{number:,} posts" in rendered.html


def test_all_of_many_long_posts_are_named(templates: Templates) -> None:
    html = render(made(*(post(n, f"Subject-{n}-", "Words of a post. " * 60) for n in range(120))), templates).html
    assert "more, here they are:" in html
    assert [n for n in range(120) if f"Subject-{n}-" not in html] == []


def test_urgent_mail_has_window_checklist_why_and_text(templates: Templates) -> None:
    start = datetime(2026, 12, 13, 7, tzinfo=UTC)
    item = post(1, "[ANNOUNCE] Alma maintenance", "It is off.\n\nSee https://example.org/s.", area="downtime",
                mandatory=True, events=[Event(type="maintenance", start=start, end=start + timedelta(hours=4))])
    rendered = urgent(item, READER, AREAS, NOW, templates=templates, house=HOUSE)
    assert rendered.subject == "Alma maintenance (Sun 13 Dec, 1-5 a.m. CST)"
    why = "This cannot be switched off, because you catalog."
    for part in ("[ ] Test it.", why, "It is off.", "[1] https://example.org/s"):
        assert part in rendered.text
    assert rendered.text.index("Test it.") < rendered.text.index("It is off.")


def test_urgent_mail_that_ends_an_outage_says_so(templates: Templates) -> None:
    over = post(1, "Alma is back online", area="downtime")
    rendered = urgent(over, READER, AREAS, NOW, templates=templates, house=HOUSE)
    assert rendered.subject == "Resolved: Alma is back online"
    assert "Test it." not in rendered.text


def test_urgent_text_joins_lines_that_were_only_full(templates: Templates) -> None:
    text = "The maintenance of the servers takes longer than we had said\nbefore it began.\n- one\n- two"
    rendered = urgent(post(1, text=text), READER, AREAS, NOW, templates=templates, house=HOUSE)
    assert "we had said before it began.<br>- one<br>- two" in rendered.html.replace("\n", "")


def figures(**changes: Any) -> Figures:
    counts = {"received": 41, "routed": 30, "folded": 5, "held": 3, "set_aside": 2, "quarantined": 1}
    return Figures(since=NOW - timedelta(days=1), until=NOW, zone=CHICAGO, **{**counts, **changes})


def test_report_states_the_sum(templates: Templates) -> None:
    rendered = report(figures(), NOW, templates=templates, house=HOUSE)
    said = " ".join(rendered.text.split())
    assert "41 received = 30 routed + 5 folded into another + 3 held + 2 set aside + 1 quarantined" in said
    assert "do not add up" not in rendered.html
    assert rendered.subject.endswith("41 received, all accounted for")


def test_report_says_in_red_when_the_numbers_do_not_add_up(templates: Templates) -> None:
    rendered = report(figures(routed=28), NOW, templates=templates, house=HOUSE)
    red = r'<strong class="alarm" style="color: #b3261e[^>]*>The numbers do not add up: 2 messages'
    assert re.search(red, rendered.html)
    assert "THE NUMBERS DO NOT ADD UP" in rendered.subject


def test_report_marks_a_silent_mailbox(templates: Templates) -> None:
    polls = (Poll(mailbox="lists", last=NOW - timedelta(minutes=5)), Poll(mailbox="old", last=None))
    rendered = report(figures(polls=polls), NOW, templates=templates, house=HOUSE)
    assert " !! old\n    last read never" in rendered.text
    assert "  - lists" in rendered.text


def test_notice(templates: Templates) -> None:
    rendered = notice("A rule is wrong", ["One.", "Two https://example.org/x."], templates=templates, house=HOUSE)
    assert "[1] https://example.org/x" in rendered.text
    assert '<a href="https://example.org/x"' in rendered.html


def test_plain_columns() -> None:
    assert beside(["Fri 12 Dec", "in 3 days"], ["One"]) == "Fri 12 Dec     One\nin 3 days"
    assert fill("a " * 40, 4).splitlines() == ["    " + " ".join("a" * 34), "    " + " ".join("a" * 6)]
    assert fill("") == ""


# ── templates of the library's own ────────────────────────────────────────────────────────────────────────────────


def test_a_footnotes_number_stays_with_its_word() -> None:
    for length in range(50, 80):
        assert "\n[1]" not in fill("x" * length + " original [1] and more")


def test_own_template_stands_in_for_one_file(tmp_path: Path) -> None:
    (tmp_path / "notice.txt.j2").write_text("Our own: {{ subject }}")
    own = Templates(SHIPPED, tmp_path)
    assert notice("Hi", [], templates=own, house=HOUSE).text == "Our own: Hi\n"
    assert own.problems == []


@pytest.mark.parametrize(("source", "line", "what"), [
    ("{% if %}", 1, "Expected an expression"), ("ok\n{{ nothing_like_it }}", 2, "'nothing_like_it' is undefined"),
    ("{{ subject + 1 }}", 1, "str"), ("{% include 'gone.j2' %}", 1, "gone.j2"),
])
def test_a_broken_own_template_is_reported_once_and_the_shipped_one_used(
    tmp_path: Path, source: str, line: int, what: str
) -> None:
    (tmp_path / "notice.txt.j2").write_text(source)
    own = Templates(SHIPPED, tmp_path)
    for _ in range(2):
        assert "Written by" in notice("Hi", [], templates=own, house=HOUSE).text
    (problem,) = own.problems
    assert (problem.file, problem.line) == (tmp_path / "notice.txt.j2", line)
    assert what in problem.what


def test_an_own_template_with_a_misspelt_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "digset.html.j2").write_text("x")
    assert "digest.html.j2" in Templates(SHIPPED, tmp_path).problems[0].mend


def test_a_missing_own_folder_is_told(tmp_path: Path) -> None:
    assert Templates(SHIPPED, tmp_path / "none").problems[0].file == tmp_path / "none"


@pytest.mark.parametrize("source", [None, "{% if %}"])
def test_a_missing_or_broken_shipped_template_is_an_error(tmp_path: Path, source: str | None) -> None:
    shutil.copytree(SHIPPED, tmp_path / "t")
    (tmp_path / "t" / "digest.txt.j2").unlink()
    if source is not None:
        (tmp_path / "t" / "digest.txt.j2").write_text(source)
    with pytest.raises(TemplateError, match=r"digest\.txt\.j2"):
        Templates(tmp_path / "t")


# ── the mail ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_headers_of_a_good_citizen() -> None:
    mail = read(wire(PLAIN))
    assert {name: mail[name] for name in ("List-Id", "Auto-Submitted", "X-Liaison-Loop", "Precedence", "Reply-To")} == {
        "List-Id": "<digest.example.edu>", "Auto-Submitted": "auto-generated", "X-Liaison-Loop": "digest.example.edu",
        "Precedence": "bulk", "Reply-To": "Kim Lee <kim@example.edu>"}
    assert mail["List-Unsubscribe"] == "<mailto:kim@example.edu?subject=Less%20of%20this%2C%20please>"
    assert mail["List-Unsubscribe-Post"] is None
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


NASTY = (
    "Evil\r\nBcc: all@example.org", "Ärger mit Übung ✓ " * 30, "שלום עולם " * 30, "😀" * 200, "a" * 3_000,
    "\u202eevil\u2066", "half \ud83d of a pair", "=?utf-8?q?fake?=", 'He said "hi" \\ (comment) <x@y>', "\x00\x07", "",
)


@pytest.mark.parametrize("text", NASTY)
def test_no_text_can_break_the_header(text: str) -> None:
    rendered = Rendered(subject=text, preheader="", text=text + "\n", html=f"<p>{text}</p>")
    raw = wire(rendered, sender=Address(address="digest@example.edu", name=text), recipient=Address(
        address="dana@example.edu", name=text))
    head = raw.split(b"\r\n\r\n")[0]
    mail = read(raw)
    assert mail["Bcc"] is None
    assert mail["From"].addresses[0].addr_spec == "digest@example.edu"
    assert mail["To"].addresses[0].addr_spec == "dana@example.edu"
    assert head.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert not any(line.strip() == b"" for line in head.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert [defect for part in mail.walk() for defect in part.defects] == []


@pytest.mark.parametrize("name", ["Kim O'Neil, PhD", "Zoë Ångström", "שלום עולם", 'A "B" C', "李 四", "x.y@z"])
def test_display_names_come_back_as_they_were(name: str) -> None:
    mail = read(wire(PLAIN, recipient=Address(address="dana@example.edu", name=name)))
    assert mail["To"].addresses[0].display_name == name


@pytest.mark.parametrize("subject", ["Ärger ✓ mit vielen Übungen und noch mehr Wörtern in der Zeile", "plain " * 30])
def test_subjects_come_back_as_they_were(subject: str) -> None:
    mail = read(wire(Rendered(subject=subject.strip(), preheader="", text="x", html="x")))
    assert mail["Subject"] == subject.strip()


def test_a_long_unsubscribe_address_is_not_encoded() -> None:
    raw = wire(PLAIN, reply_to=Address(address="the-liaison-of-the-library@a-rather-long-name.library.example.edu"))
    assert b"<mailto:the-liaison-of-the-library@a-rather-long-name.library.example.edu?subject=" in raw


@pytest.mark.parametrize("changes", [
    {"message_id": "<a b@example.edu>"}, {"message_id": "<a@b>\r\nX: y"}, {"list_id": "a b"},
    {"recipient": Address(address="dana@example.edu\r\nBcc: x@y.z")}, {"recipient": Address(address="dana")},
])
def test_what_is_ours_and_malformed_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cannot stand in a mail"):
        wire(PLAIN, **changes)


def test_same_input_same_bytes_and_the_boundary_follows_the_message_id() -> None:
    assert wire(PLAIN) == wire(PLAIN)
    assert read(wire(PLAIN)).get_boundary() != read(wire(PLAIN, message_id="<2@example.edu>")).get_boundary()


def test_calendar_is_a_file_beside_the_alternatives() -> None:
    calendar = b"BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n"
    mail = read(wire(PLAIN, calendar=calendar))
    (part,) = mail.iter_attachments()
    assert (part.get_content_type(), part.get_filename(), part.get_param("method")) == (
        "text/calendar", "dates.ics", "PUBLISH")
    assert part.get_payload(decode=True) == calendar
    assert wire(PLAIN, calendar=calendar) == wire(PLAIN, calendar=calendar)


@pytest.mark.parametrize(("lists", "name"), [
    (("announce",), "CARLI announce via Library Digest"),
    (("carli-announce.example.org",), "carli-announce via Library Digest"),
    ((), "CARLI via Library Digest"),
])
def test_urgent_mail_comes_from_our_own_address_in_the_lists_name(lists: tuple[str, ...], name: str) -> None:
    assert via(SENDER, lists) == Address(address=SENDER.address, name=name)


# ── posts as they came ────────────────────────────────────────────────────────────────────────────────────────────

POST = b"From: Jane <jane@example.org>\r\nSubject: Norming day\r\nX-Odd:   kept  as it is\r\n\r\nSee you there.\r\n"


def test_originals_hang_on_the_digest_byte_for_byte_and_the_text_stays_what_opens() -> None:
    mail = read(wire(PLAIN, originals=[Original(name='Norming "day"/..\r\nBcc: x', raw=POST)]))
    assert mail.get_content_type() == "multipart/mixed"
    body, original = mail.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    assert (original.get_content_type(), original.get_filename()) == ("message/rfc822", "Norming day Bcc x.eml")
    assert POST in wire(PLAIN, originals=[Original(name="x", raw=POST)])
    assert (mail["MIME-Version"], mail["Bcc"]) == ("1.0", None)


@pytest.mark.parametrize("raw", [b"Subject: x\n\n\xe9t\xe9\n", b"Subject: x\n\n" + b"y" * 1200, b"Subject: x\n\n\0"])
def test_an_original_that_no_relay_would_leave_alone_travels_as_a_file(raw: bytes) -> None:
    sent = wire(PLAIN, originals=[Original(name="", raw=raw)])
    original = list(read(sent).iter_parts())[1]
    assert (original.get_content_type(), original.get_filename()) == ("application/octet-stream", "post.eml")
    assert original.get_content() == raw
    assert sent.isascii()
    assert max(map(len, sent.split(b"\r\n"))) <= 998


def test_whole_texts_stand_instead_of_summaries_where_a_reader_wants_them(templates: Templates) -> None:
    text = "First line.\n\n- one\n- two https://example.org/a\n\n" + "Long. " * 1200
    reader = replace(READER, full_texts=True)
    slot = SlotView(name="daily", label="Library digest", starts_at=NOW)
    digest = compose(reader, slot, [post(1, text=text)], AREAS, NOW, summarise=opening_sentences, house=HOUSE)
    assert digest is not None
    mail = render(digest, templates)
    assert "    - one\n    - two example.org/a [1]\n" in mail.text
    assert "It goes on: the whole is in the post itself." in mail.text
    assert '- two <a href="https://example.org/a"' in mail.html


@pytest.mark.parametrize(("had", "subscribe", "said"), [
    (14, "https://lists.example.edu/x", "had all 14 posts to techserv-ig. You can also subscribe to it yourself: ht"),
    (19, "", "had 19 of the 20 posts to techserv-ig. You can also subscribe to it yourself; Kim Lee knows how."),
])
def test_who_gets_a_whole_list_is_told_how_to_subscribe(
    templates: Templates, had: int, subscribe: str, said: str
) -> None:
    slot = SlotView(name="daily", label="Library digest", starts_at=NOW)
    digest = compose(READER, slot, [post(1)], AREAS, NOW, summarise=opening_sentences, house=HOUSE)
    assert digest is not None
    whole = WholeList(name="techserv-ig", had=had, posts=had if had == 14 else 20, subscribe=subscribe)
    mail = render(replace(digest, whole_lists=(whole,)), templates)
    assert said in " ".join(mail.text.split())
    assert ('href="https://lists.example.edu/x"' in mail.html) == bool(subscribe)
