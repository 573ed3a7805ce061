"""What may stand in what leaves, judged by other means than the bot's: html5lib reads as a browser does, the standard
library as a mail program does. Nothing here is imported from the bot.
"""

from __future__ import annotations

import email
import email.policy
import re
import unicodedata
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import html5lib


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTS = _words(
    "html head meta title style body div table tbody thead tfoot tr td th caption p h1 h2 h3 ul ol li dl dt dd a img "
    "strong em b i u s del span br hr blockquote pre code abbr sub sup")
ATTRIBUTES = _words(
    "lang charset name content role width height cellpadding cellspacing border align class style dir href src alt "
    "scope aria-hidden colspan rowspan start")
#: What stands in the page of a post: nothing of it may bear a style, a class, a name or an event.
OF_A_POST = _words("lang dir href src alt width colspan rowspan start")
SCHEMES = ("http://", "https://", "mailto:", "tel:")
HEADERS = _words(
    "from to reply-to subject date message-id in-reply-to references list-id list-unsubscribe auto-submitted "
    "x-liaison-loop precedence x-auto-response-suppress content-language mime-version content-type")
#: Letters that are no letters: they show nothing, or turn the words around them. Joiners belong to many scripts.
JOINERS = "\u200c\u200d"
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
#: Signs that stand before a number and are seen, though Unicode counts them among the formats.
_SEEN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
_BLANKS = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f"
_REMOTE = re.compile(r"(?i)url\s*\(|expression\s*\(|@import|@font-face|javascript:|vbscript:|behavior\s*:")


def unseen(text: str) -> set[str]:
    """The characters in it that nobody sees, or that act on a terminal."""
    return {f"U+{ord(char):04X}" for char in text if char not in "\n\t" + JOINERS + _SEEN and (
        unicodedata.category(char) in _UNSEEN or char in _BLANKS)}


def parts(mail: EmailMessage) -> Iterator[EmailMessage]:
    """All parts but those inside a post that hangs on as it came."""
    yield mail
    if mail.is_multipart() and mail.get_content_type() != "message/rfc822":
        for part in mail.iter_parts():
            assert isinstance(part, EmailMessage)
            yield from parts(part)


def read(raw: bytes) -> EmailMessage:
    """A mail as a mail program reads it."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def said(raw: bytes, kind: str) -> str:
    """The plain or the HTML body."""
    body = read(raw).get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def faults(raw: bytes) -> list[str]:
    """All that is wrong with a mail of ours."""
    mail = read(raw)
    return [*_of_the_wire(raw, mail), *(f"text: {sign}" for sign in sorted(unseen(said(raw, "plain")))),
            *of_html(said(raw, "html")), *_of_parts(mail)]


def _of_the_wire(raw: bytes, mail: EmailMessage) -> Iterator[str]:
    head = raw.partition(b"\r\n\r\n")[0]
    names = [name.lower() for name in mail]
    yield from (f"header {name}" for name in sorted(set(names) - HEADERS))
    yield from (f"header {name} stands twice" for name in sorted({name for name in names if names.count(name) > 1}))
    yield from (f"defect {defect!r}" for part in parts(mail) for defect in part.defects)
    if not head.isascii() or b"\0" in raw or b"\n" in raw.replace(b"\r\n", b"") or b"\r" in raw.replace(b"\r\n", b""):
        yield "bytes that no relay leaves alone"
    if max(map(len, raw.split(b"\r\n"))) > 998:
        yield "a line of more than 998 bytes"
    for name in ("from", "to", "reply-to"):
        if len(mail[name].addresses) != 1:
            yield f"{name} names {len(mail[name].addresses)}"
    yield from (f"{name}: {sign}" for name, value in mail.items() for sign in unseen(str(value)))


def _of_parts(mail: EmailMessage) -> Iterator[str]:
    for part in parts(mail):
        name = part.get_filename() or ""
        if re.search(r"[/\\:\0]|\.\.", name) or unseen(name) or name.startswith("."):
            yield f"file name {name!r}"
        if part.get_content_maintype() in ("application", "audio", "video") and (
                part.get_content_type() != "application/octet-stream" or not name.endswith(".eml")):
            yield f"a part of {part.get_content_type()}"


def tree_of(html: str) -> Any:
    """The HTML as a browser reads it."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("lxml"), namespaceHTMLElements=False)
    return parser.parse(html), parser.errors


def of_html(html: str) -> list[str]:
    """What is wrong with a page of ours: what acts, what is fetched, what is hidden, what broke out of its place."""
    tree, errors = tree_of(html)
    found = [f"a browser must forgive {code}" for _, code, _ in errors[:3]]
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        found += _of_element(element)
    found += [f"html: {sign}" for sign in sorted(unseen("".join(tree.getroot().itertext())))]
    return [*found, *_broken_out(tree)]


def _of_element(element: Any) -> Iterator[str]:
    if element.tag not in ELEMENTS:
        yield f"<{element.tag}>"
    inside = any("original" in (above.get("class") or "") for above in element.iterancestors("div"))
    allowed = OF_A_POST | {"style"} if inside else ATTRIBUTES
    yield from (f"<{element.tag} {name}>" for name in element.attrib if name not in allowed)
    href, src = (re.sub(r"[\s\0-\x20]", "", element.get(name) or "").lower() for name in ("href", "src"))
    if element.get("href") is not None and not href.startswith(SCHEMES):
        yield f"a link to {href[:40]}"
    if element.get("src") is not None and not src.startswith("cid:"):
        yield f"a picture from {src[:40]}"
    if _REMOTE.search(element.get("style") or "") or (element.tag == "style" and _REMOTE.search(element.text or "")):
        yield "a style that fetches"
    if element.tag == "meta" and element.get("http-equiv"):
        yield f"meta {element.get('http-equiv')}"


def _broken_out(tree: Any) -> Iterator[str]:
    """One main part and one foot, the foot in no card, every card in the main part."""
    main, foot = tree.xpath("//*[@role='main']"), tree.xpath("//*[@role='contentinfo']")
    if (len(main), len(foot)) != (1, 1):
        yield f"{len(main)} main parts and {len(foot)} feet"
        return
    if foot[0].xpath("ancestor::*[@role='main' or contains(@class, 'card') or contains(@class, 'original')]"):
        yield "the foot stands in a card"
    cards = tree.xpath("//div[contains(concat(' ', @class, ' '), ' card ')]")
    if any(main[0] not in card.iterancestors() for card in cards):
        yield "a card stands outside"
    if any(card.xpath("ancestor::div[contains(concat(' ', @class, ' '), ' card ')]") for card in cards):
        yield "a card stands in a card"
    loose = tree.xpath("//body//text()[normalize-space() and not(ancestor::*[@role='main']) and "
                       "not(ancestor::*[@role='contentinfo']) and not(ancestor::*[@aria-hidden='true'])]")
    yield from (f"outside: {str(words).strip()[:40]!r}" for words in loose)


# ── calendars ─────────────────────────────────────────────────────────────────────────────────────────────────────

_PROPERTIES = _words(
    "BEGIN END PRODID VERSION CALSCALE METHOD NAME X-WR-CALNAME REFRESH-INTERVAL X-PUBLISHED-TTL UID SEQUENCE DTSTAMP "
    "CREATED LAST-MODIFIED DTSTART DTEND SUMMARY DESCRIPTION STATUS TRANSP CATEGORIES ORGANIZER")


def of_calendar(raw: bytes) -> list[str]:
    """What is wrong with a calendar of ours (RFC 5545, 3.1): lines, properties, nesting, who is invited."""
    lines = raw.replace(b"\r\n ", b"").decode("utf-8").split("\r\n")
    names = [re.split(r"[:;]", line)[0] for line in lines if line]
    found = [f"property {name!r}" for name in sorted(set(names) - _PROPERTIES)]
    found += [f"sign {sign}" for line in lines for sign in unseen(line)]
    nested = [line for line in lines if line.startswith(("BEGIN:", "END:"))]
    wanted = ["BEGIN:VCALENDAR", *["BEGIN:VEVENT", "END:VEVENT"] * ((len(nested) - 2) // 2), "END:VCALENDAR"]
    if nested != wanted or b"\n" in raw.replace(b"\r\n", b""):
        found.append(f"built as {nested[:6]}")
    if lines.count("METHOD:PUBLISH") != 1:
        found.append("not METHOD:PUBLISH")
    return found
