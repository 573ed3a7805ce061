"""The judge over every golden mail; and each of its rules on a mail that breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.digests.cases import CASES, golden
from tests.judge.colours import ratio
from tests.judge.judge import RULES, Mail, faults, read

Spoil = Callable[[Mail], Mail]


@pytest.mark.parametrize("name", CASES)
def test_a_golden_mail_keeps_every_rule(name: str) -> None:
    assert faults(golden(name)) == []


# ── rules can fail ────────────────────────────────────────────────────────────────────────────────────────────────


def raw(good: bytes, bad: bytes, name: str = "small") -> tuple[str, Spoil]:
    """A change of the bytes."""

    def spoil(mail: Mail) -> Mail:
        assert good in mail.raw, good
        return read(mail.raw.replace(good, bad, 1))

    return name, spoil


def html(good: str, bad: str, name: str = "small") -> tuple[str, Spoil]:
    """A change of the page."""

    def spoil(mail: Mail) -> Mail:
        assert good in mail.html, good
        return replace(mail, html=mail.html.replace(good, bad, 1))

    return name, spoil


def text(good: str, bad: str, name: str = "small") -> tuple[str, Spoil]:
    """A change of the plain text."""

    def spoil(mail: Mail) -> Mail:
        assert good in mail.text, good
        return replace(mail, text=mail.text.replace(good, bad, 1))

    return name, spoil


def ics(good: str, bad: str) -> tuple[str, Spoil]:
    """A change of the calendar part."""

    def spoil(mail: Mail) -> Mail:
        (part,) = mail.parts("text/calendar")
        was = bytes(part.get_payload(decode=True) or b"").decode()
        changed = re.sub(good, bad, was)
        assert changed != was, good
        copy = read(mail.raw)
        (part,) = copy.parts("text/calendar")
        part.set_content(changed.encode(), "text", "calendar", cte="base64", disposition="attachment",
                         filename="dates.ics", params={"method": "PUBLISH", "charset": "utf-8"})
        return copy

    return "dates", spoil


FIELD = b"Precedence: bulk\r\n"
BROKEN: list[tuple[str, tuple[str, Spoil]]] = [
    ("line-ends", raw(b"\r\n\r\n", b"\n\r\n")),
    ("line-length", raw(FIELD, FIELD + b"X-Long: " + b"y" * 1000 + b"\r\n")),
    ("line-length", raw(FIELD, FIELD + b"X-Long: " + b"word " * 20 + b"\r\n")),
    ("header-bytes", raw(b"Library Digest", "Bücherei".encode())),
    ("header-bytes", raw(FIELD, FIELD + b" \r\n")),
    ("fields-once", raw(FIELD, FIELD + b"Subject: once more\r\n")),
    ("fields-once", raw(FIELD, FIELD + b"Bcc: lee@library.example.edu\r\n")),
    ("fields-once", raw(b"Content-Language: en\r\n", b"")),
    ("date-with-zone", raw(b" -0600", b" -0000")),
    ("date-with-zone", raw(b"Tue, 08 Dec", b"Mon, 08 Dec")),
    ("message-ids", raw(b"@library.example.edu>\r\nList", b"@localhost>\r\nList")),
    ("message-ids", raw(b"In-Reply-To: <urgent.begun", b"In-Reply-To: <urgent.other", "urgent-resolved")),
    ("addresses", raw(b"To: Dana Ortiz <", b"To: Lee <lee@library.example.edu>, Dana Ortiz <")),
    ("subject-words", raw(b"Subject: ", b"Subject: =?utf-8?q?" + b"=C3=BC" * 20 + b"?= ", "notice")),
    ("subject-words", raw(b"Subject: ", b"Subject: " + b"more " * 40, "notice")),
    ("auto-submitted", raw(b"auto-generated", b"no")),
    ("auto-submitted", raw(FIELD, b"")),
    ("list-fields", raw(b"List-Id: <digest.library", b"List-Id: <digest library")),
    ("list-fields", raw(FIELD, FIELD + b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")),
    ("list-fields", raw(b"<mailto:", b"<http:")),
    ("mime-parts", raw(b"MIME-Version: 1.0", b"MIME-Version: 2.0")),
    ("mime-parts", raw(b"Content-Type: text/html", b"MIME-Version: 1.0\r\nContent-Type: text/html")),
    ("boundaries", ("small", lambda mail: read(re.sub(rb"--(=alt-[0-9a-f]+)--", rb"--\1", mail.raw)))),
    ("order-of-parts", raw(b"Content-Type: text/plain", b"Content-Type: text/html")),
    ("order-of-parts", raw(b"Content-Type: text/calendar", b"Content-Type: application/zip", "dates")),
    ("related", html("cid:", "cid:other", "urgent-page")),
    ("related", raw(b"Content-Disposition: inline", b"Content-Disposition: attachment", "urgent-page")),
    ("related", ("urgent-page", lambda mail: read(mail.raw.replace(b'type="text/html"', b'type="text/plain"')))),
    ("encodings", raw(b'charset="utf-8"', b'charset="latin-1"')),
    ("encodings", raw(b"Content-Transfer-Encoding: quoted-printable", b"Content-Transfer-Encoding: 8bit")),
    ("encodings", raw(b"LIBRARY DIGEST", b"LIBRARY DIGEST" + b" more" * 20)),
    ("file-names", raw(b'filename="dates.ics"', b'filename="../dates.ics"', "dates")),
    ("well-formed", html("</h1>", "</h2>")),
    ("well-formed", html("<p ", '<p id="a">x</p><p id="a">y</p><p ')),
    ("head", html("<!DOCTYPE html>", "")),
    ("head", html('lang="en"', 'lang="es"')),
    ("head", html("<title>", "<title>Other ")),
    ("head", html("initial-scale=1", "initial-scale=1, user-scalable=no")),
    ("head", html('name="color-scheme"', 'name="colour"')),
    ("headings", html("<h2", "<h3")),
    ("headings", html("</h1>", "</h1><h1>Two</h1>")),
    ("headings", html("</h1>", "</h1><h2> </h2>")),
    ("tables", html('scope="row"', "", "reminder")),
    ("tables", html('role="presentation"', "")),
    ("landmarks", html('role="main"', "")),
    ("landmarks", html("<body", "<body>Hello<div", "notice")),
    ("pictures", html(' alt="', ' title="', "month")),
    ("pictures", html(' width="440"', "", "urgent-page")),
    ("nothing-remote", html('src="cid:', 'src="https://example.com/', "month")),
    ("nothing-remote", html("margin: 0;", "background: url(https://example.com/x);")),
    ("elements", html("</h1>", "</h1><script>x</script>")),
    ("elements", html("<h1 ", '<h1 onclick="x" ')),
    ("elements", html("<meta ", '<meta http-equiv="refresh" content="1"><meta ')),
    ("links", html('href="https:', 'href="javascript:')),
    ("links", html("</h1>", '</h1><a href="https://evil.example.com/x">library.example.edu</a>')),
    ("links", html("</h1>", '</h1><a href="https://example.org/"></a>')),
    ("inlined-styles", html("margin: 0;", "position: fixed;")),
    ("inlined-styles", html("margin: 0;", "margin: calc(1px + 2px);")),
    ("media-rules", html("<style>", "<style>p { color: red }")),
    ("media-rules", html("#14181b !important", "#14181b")),
    ("size", html("</h1>", "</h1>" + "<p>word</p>" * 9_000)),
    ("preheader", html("display: none", "display: block")),
    ("preheader", html('<div class="preheader" aria-hidden="true"', '<div class="preheader"')),
    ("contrast-in-light", html("color: #5c6670", "color: #8c96a0")),
    ("contrast-in-dark", html("color: #a3adb6", "color: #59636d")),
    ("contrast-in-dark", html("color: #84cbdb", "color: #0f5c6e")),
    ("contrast-in-dark", html("body, .gutter { background-color: #14181b", "p { background-color: #14181b")),
    ("columns", text("LIBRARY DIGEST", "LIBRARY DIGEST " + "word " * 15)),
    ("foot-line", text("\n-- \n", "\n--\n")),
    ("clean-text", text("LIBRARY", "<b>LIBRARY")),
    ("clean-text", text("LIBRARY", "R&amp;D")),
    ("clean-text", text("\n\n\n", "\n\n\n\n\n")),
    ("clean-text", text("LIBRARY", "{{ library }}")),
    ("footnotes", text("\n[1] ", "\n[2] ")),
    ("same-order", ("full", lambda mail: replace(mail, text=mail.text.replace("CATALOGING", "LAST")))),
    ("same-order", ("full", lambda mail: replace(
        mail, text=mail.text.replace("NEEDS AN ANSWER\n", "") + "NEEDS AN ANSWER\n"))),
    ("same-words", text("https://sandbox", "https://elsewhere")),
    ("same-words", ("small", lambda mail: replace(mail, text=mail.text[:200]))),
    ("calendar-lines", ics("\r\n", "\n")),
    ("read-by-icalendar", ics(r"DTSTART:\S+", "DTSTART:soon")),
    ("read-by-icalendar", ics(r"(?s)BEGIN:VEVENT.*END:VEVENT\r\n", "")),
    ("read-by-vobject", ics(r"UID:\S+\r\n", "")),
    ("only-published", ics("METHOD:PUBLISH", "METHOD:REQUEST")),
    ("only-published", raw(b'method="PUBLISH"', b'method="REQUEST"', "dates")),
    ("whole-events", ics(r"DTSTAMP:\S+\r\n", "")),
    ("whole-events", ics(r"UID:\S+", "UID:one@library.example.edu")),
    ("nobody-invited", ics("STATUS:", "ATTENDEE:mailto:dana@library.example.edu\r\nSTATUS:")),
    ("nobody-invited", ics("mailto:digest@library", "mailto:robert@consortium")),
    ("times-in-order", ics(r"DTEND:\S+", "DTEND:20200101T000000Z")),
    ("categories", ics(r"CATEGORIES:[^\r]+\r\n", "")),
]


@pytest.mark.parametrize(("rule", "case"), BROKEN, ids=lambda one: one if isinstance(one, str) else "")
def test_a_rule_finds_what_breaks_it(rule: str, case: tuple[str, Spoil]) -> None:
    name, spoil = case
    mail = read(golden(name))
    assert list(RULES[rule].check(mail)) == []
    assert list(RULES[rule].check(spoil(mail)))


def test_every_rule_was_seen_to_fail() -> None:
    assert {rule for rule, _ in BROKEN} == set(RULES)


def test_every_rule_says_where_it_is_written() -> None:
    assert all(len(rule.reference) > 20 for rule in RULES.values())


@pytest.mark.parametrize(("one", "other", "said"), [
    ("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#fff", "white", 1.0)])
def test_contrast_is_that_of_the_recommendation(one: str, other: str, said: float) -> None:
    assert ratio(one, other) == ratio(other, one) == pytest.approx(said, abs=0.01)
