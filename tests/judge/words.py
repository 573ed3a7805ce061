"""Rules of the plain text, and of the two bodies saying the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.judge.mail import Mail, rule

WIDTH = 72
_HEADINGS = "//h1 | //h2 | //h3"


@rule("RFC 3676, 4.2: lines of at most 72 columns; a word that is longer has a line of its own")
def columns(mail: Mail) -> Iterator[str]:
    for line in mail.text.splitlines():
        if len(line) > WIDTH and len(re.sub(r"^\[\d+\] ", "", line.strip()).split()) > 1:
            yield f"{len(line)} columns: {line.strip()[:50]}"


@rule("RFC 3676, 4.3: the foot stands below a line of two dashes and a blank")
def foot_line(mail: Mail) -> Iterator[str]:
    if mail.text.splitlines().count("-- ") != 1:
        yield "no such line, or several"


@rule("RFC 2046, 5.1.4: the text is text: no markup, no entities, nothing of a template, no gaps")
def clean_text(mail: Mail) -> Iterator[str]:
    for what in (r"</?(?:p|div|td|tr|table|span|br|b|style|html)\b[^>]*>", r"&(?:nbsp|amp|lt|gt|quot|#\d+);", "\ufffd",
                 r"\{\{|\{%|\bNone\b\s*$|object at 0x", r"\n[ \t]*\n[ \t]*\n[ \t]*\n", r"[\u202a-\u202e\u2066-\u2069]"):
        if found := re.search(what, mail.text, re.MULTILINE):
            yield f"{found[0][:40]!r}"
    if len(mail.text.split()) < 10:
        yield "it says nearly nothing"


@rule("links of the text are footnotes: each number named, each explained once, in order")
def footnotes(mail: Mail) -> Iterator[str]:
    explained = [int(number) for number in re.findall(r"^\[(\d+)\] \S+$", mail.text, re.MULTILINE)]
    named = {int(number) for number in re.findall(r"(?<!^)\[(\d{1,3})\]", mail.text, re.MULTILINE)}
    if explained != list(range(1, len(explained) + 1)) or not set(explained) <= named:
        yield f"explained {explained}, named {sorted(named)}"


@rule("RFC 2046, 5.1.4: headings of the HTML stand in the text in the same order")
def same_order(mail: Mail) -> Iterator[str]:
    text, place = _plain(mail.text), 0
    for heading in mail.tree.xpath(_HEADINGS):
        said = _plain("".join(heading.itertext()))
        found = text.find(said, place)
        if found < 0:
            yield f"“{said[:60]}” is missing, or out of order"
        else:
            place = found


@rule("RFC 2046, 5.1.4: every word and every link of the HTML stands in the text")
def same_words(mail: Mail) -> Iterator[str]:
    for url in mail.tree.xpath("//a[starts-with(@href, 'http')]/@href"):
        if url not in mail.text:
            yield f"{url[:60]} is not in the text"
    shown = " ".join(mail.tree.xpath("//body//text()[not(ancestor::*[@aria-hidden='true'])]"))
    missing = set(re.findall(r"\w{4,}", shown.lower())) - set(re.findall(r"\w{4,}", mail.text.lower()))
    if len(missing) > len(shown.split()) // 20:
        yield f"the text lacks {sorted(missing)[:6]}"


def _plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").lower().split())
