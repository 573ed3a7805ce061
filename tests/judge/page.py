"""Rules of the HTML: what mail programs hold, what screen readers need, what is safe to open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from bot.digests.render import LARGEST_HTML
from bot.inbox.domains import word_set
from tests.judge.mail import Mail, rule

_ELEMENTS = word_set(
    "html head meta title style body div table tbody thead tfoot tr td th caption p h1 h2 h3 ul ol li a img strong em "
    "b i u s span br hr blockquote pre code dl dt dd abbr sub sup")
_ATTRIBUTES = word_set(
    "lang charset name content role width height cellpadding cellspacing border align class style dir href src alt "
    "scope aria-hidden colspan rowspan start")
#: What Outlook, Gmail, Apple Mail, Yahoo and Thunderbird hold, or drop without harm (max-width, overflow, word-break).
_PROPERTIES = word_set(
    "color background-color margin margin-top margin-right margin-bottom margin-left padding padding-top padding-right "
    "padding-bottom padding-left border border-collapse border-top border-left font-family font-size font-weight "
    "font-style line-height letter-spacing text-align text-decoration vertical-align width max-width height max-height "
    "display overflow word-break white-space")
_VALUES = re.compile(r"(?i)url\(|expression|var\(|calc\(|flex|grid|absolute|fixed|javascript|@import|\brem\b|inherit")
_HOST = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#]|$)", re.IGNORECASE)


def _elements(mail: Mail) -> Iterator[Any]:
    return (element for element in mail.tree.iter() if isinstance(element.tag, str))


def _said(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


@rule("WHATWG HTML, 13.2.2: a browser has nothing to forgive")
def well_formed(mail: Mail) -> Iterator[str]:
    yield from mail.html_errors[:5]
    ids = mail.tree.xpath("//@id")
    if len(ids) != len(set(ids)):
        yield "an id stands twice"


@rule("WCAG 2.1, 2.4.2, 3.1.1 and 1.4.4: doctype, language, title, charset, viewport that may be zoomed")
def head(mail: Mail) -> Iterator[str]:
    if not mail.html.lower().startswith("<!doctype html>"):
        yield "no doctype"
    if mail.tree.xpath("string(/html/@lang)") != str(mail.message["Content-Language"]):
        yield f"lang is {mail.tree.xpath('string(/html/@lang)')!r}"
    title = _plain(mail.tree.xpath("string(//title)"))
    if not title or not _plain(str(mail.message["Subject"])).startswith(title):
        yield "the title is not the subject, or its beginning"
    metas = {meta.get("name") or "charset": meta.get("content") or meta.get("charset")
             for meta in mail.tree.xpath("//meta")}
    if metas.get("charset") != "utf-8" or metas.get("viewport") != "width=device-width, initial-scale=1":
        yield f"meta: {metas}"
    if metas.get("color-scheme") != "light dark":
        yield "no color-scheme: mail programs turn its colours round as they like"


@rule("WCAG 2.1, 1.3.1 and 2.4.6: one h1, first; no level left out; no heading without words")
def headings(mail: Mail) -> Iterator[str]:
    found = [element for element in _elements(mail) if element.tag in ("h1", "h2", "h3", "h4")]
    levels = [int(element.tag[1]) for element in found]
    if levels[:1] != [1] or levels.count(1) != 1:
        yield f"levels {levels}"
    yield from (f"h{above} is followed by h{below}"
                for above, below in pairwise(levels) if below > above + 1)
    yield from (f"an empty {element.tag}" for element in found if not _said(element))


@rule("WCAG 2.1, 1.3.1: tables of layout say so and have no headers; tables of figures have headers with a scope")
def tables(mail: Mail) -> Iterator[str]:
    for table in mail.tree.xpath("//table[not(ancestor::div[@class='original'])]"):
        own = [cell for cell in table.xpath(".//th") if cell.xpath("ancestor::table[1]")[0] is table]
        if table.get("role") == "presentation":
            yield from (["a table of layout has headers"] if own else [])
        elif not own or not all(cell.get("scope") in ("col", "row") for cell in own):
            yield f"a table without headers, or a header without a scope: {_said(table)[:40]}"


@rule("WCAG 2.1, 1.3.1: a screen reader finds the main part and the foot; all words stand in one of them")
def landmarks(mail: Mail) -> Iterator[str]:
    for role in ("main", "contentinfo"):
        if len(mail.tree.xpath(f"//*[@role='{role}']")) != 1:
            yield f"not one {role}"
    outside = mail.tree.xpath("//body//text()[normalize-space() and not(ancestor::*[@role='main'])"
                              " and not(ancestor::*[@role='contentinfo']) and not(ancestor::*[@aria-hidden='true'])]")
    yield from (f"outside: {text.strip()[:40]}" for text in outside)


@rule("WCAG 2.1, 1.1.1: a picture is told in words, and brings its width")
def pictures(mail: Mail) -> Iterator[str]:
    for picture in mail.tree.xpath("//img"):
        if picture.get("alt") is None or not (picture.get("width") or "").isdigit():
            yield f"alt {picture.get('alt')!r}, width {picture.get('width')!r}"


@rule("nothing is fetched: no picture, style, font or frame from elsewhere")
def nothing_remote(mail: Mail) -> Iterator[str]:
    for element in _elements(mail):
        for name in ("src", "background", "srcset", "poster", "data"):
            if not (element.get(name) or "cid:").startswith("cid:"):
                yield f"<{element.tag} {name}={element.get(name)[:40]}>"
    if found := re.search(r"(?i)url\(|@import|@font-face|<link\b", mail.html):
        yield found[0]


@rule("only elements and attributes that mail programs keep: no script, form, frame or object, no on…= handlers")
def elements(mail: Mail) -> Iterator[str]:
    for element in _elements(mail):
        if element.tag not in _ELEMENTS:
            yield f"<{element.tag}>"
        yield from (f"<{element.tag} {name}>" for name in element.attrib if name not in _ATTRIBUTES)
        if element.get("http-equiv"):
            yield "a meta that acts"


@rule("links lead to the web or to a mailbox, have words (WCAG 2.1, 2.4.4), and go where their words say")
def links(mail: Mail) -> Iterator[str]:
    for link in mail.tree.xpath("//a"):
        target = link.get("href") or ""
        if not re.fullmatch(r"https?://[^\s<>\"]+|mailto:[^\s<>\"]+@[^\s<>\"]+|tel:[+0-9 ()-]+", target):
            yield f"href {target[:60]!r}"
        if not _said(link):
            yield f"no words on {target[:60]}"
        said, leads = _HOST.match(_said(link)), _HOST.match(target)
        if said and leads and said[1].lower().removeprefix("www.") != leads[1].lower().removeprefix("www."):
            yield f"it says {said[1]} and leads to {leads[1]}"


@rule("styles stand in the elements, in properties that mail programs hold (caniemail.com)")
def inlined_styles(mail: Mail) -> Iterator[str]:
    for element in _elements(mail):
        for name, value in _declarations(element.get("style") or ""):
            if name not in _PROPERTIES or _VALUES.search(value):
                yield f"<{element.tag}> {name}: {value}"


@rule("the style element holds nothing but @media rules for dark and for narrow, in plain selectors, each !important")
def media_rules(mail: Mail) -> Iterator[str]:
    for sheet in mail.tree.xpath("//style/text()"):
        outside = re.sub(r"@media \((?:prefers-color-scheme: dark|max-width: \d+px)\) \{(?:[^{}]*\{[^{}]*\})*\s*\}", "",
                         sheet)
        if outside.strip():
            yield f"beside @media: {outside.strip()[:60]}"
        for block in re.findall(r"\{([^{}]*)\}", sheet):
            yield from (f"{name}: {value}" for name, value in _declarations(block) if not value.endswith("!important"))


@rule("Gmail cuts a page off at about 102 kB: ours stay below 80")
def size(mail: Mail) -> Iterator[str]:
    if (length := len(mail.html.encode())) > LARGEST_HTML:
        yield f"{length} bytes"


@rule("the words beside the subject come first, unseen in the page and unheard by screen readers")
def preheader(mail: Mail) -> Iterator[str]:
    found = mail.tree.xpath("/html/body/*[1][self::div and @aria-hidden='true']")
    if not found or not _said(found[0]) or "display: none" not in (found[0].get("style") or ""):
        yield "there are none, or they show"


def _declarations(style: str) -> list[tuple[str, str]]:
    pairs = (one.partition(":") for one in style.split(";") if one.strip())
    return [(name.strip().lower(), value.strip()) for name, _, value in pairs]


def _plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())
