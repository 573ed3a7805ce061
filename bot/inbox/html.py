"""HTML bodies as plain text, and links that say one thing and do another. Pure; the libraries are imported when needed.

nh3 takes out scripts, handlers and javascript: links; inscriptis lays out what remains; html2text takes over when
inscriptis returns nothing, which it does in silence for deeply nested markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from bot.inbox import mime
from bot.inbox.hidden import MOST_STYLING, drop_hidden, styling, with_styles

if TYPE_CHECKING:
    from inscriptis.model.config import ParserConfig

LONGEST_HTML = 400_000
DEEPEST_HTML = 200
MOST_TAGS = 25_000
#: Attributes of one element; the sanitizer compares each with all before it.
MOST_ATTRIBUTES = 2_000
MOST_LINKS = 500

_ANCHOR = re.compile(r"<a\b([^<>]{1,4000})>([^<]{0,300}(?:<"
    r"(?!/?a\b)[^<>]{0,300}>[^<]{0,300}){0,12})</a>", re.IGNORECASE)
_HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]{1,3000})\"|'([^']{1,3000})'|([^\s\"'>]{1,3000}))", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,3000}>")
_SHOWN_HOST = re.compile(
    r"^\s*(?:https?://)?(?:[\w.-]{1,60}@)?((?:[\w-]{1,63}\.){1,6}[a-z]{2,24})(?::\d{1,5})?(?:[/?#]\S{0,2000})?\s*$",
    re.IGNORECASE)
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]{0,40})")
#: One attribute: its name, and a value in quotes or without.
_ATTRIBUTE = re.compile(
    r"[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])[^\s>]*+))?")
#: Elements that never have an end tag, or may leave it out (WHATWG HTML, 13.1.2.4).
_NEED_NO_END = frozenset({
    "area", "base", "body", "br", "caption", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html", "img",
    "input", "li", "link", "meta", "optgroup", "option", "p", "param", "rp", "rt", "source", "tbody", "tfoot", "th",
    "thead", "tr", "track", "wbr",
})
_MAY_HIDE = re.compile(
    r"<style|\bhidden\b|\b(?:mso-hide|display|opacity|color|font-size|text-indent|left|height|width)\s*[:=]",
    re.IGNORECASE)
#: What stands in them is not what a reader sees.
_NO_WORDS = frozenset({"script", "style", "title", "head", "object", "applet", "iframe", "template", "svg"})
_NO_TEXT = re.compile(r"<(script|style)\b", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}")
_FILE_ENDINGS = frozenset({
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "csv", "html", "htm", "zip", "xml", "jpg", "png", "md",
    "py", "js", "json",
})
#: Hosts that a link may pass through by the will of an honest sender or of the reader's own mail server.
_TRACKERS = (
    "list-manage.com", "rs6.net", "constantcontact.com", "sendgrid.net", "mailchi.mp", "hubspotlinks.com",
    "mktoweb.com", "mktossl.com", "exacttarget.com", "mailgun.org", "createsend.com", "cmail19.com",
    "cmail20.com", "icptrack.com",
    "pardot.com", "t.co", "eventbrite.com", "springshare.com", "doubleclick.net", "awstrack.me", "mandrillapp.com",
)
_KEPT_STYLES = frozenset({"display", "visibility", "white-space"})


def to_text(html: str, *, is_late: bool = False) -> str:
    """HTML as plain text with its links beside their words. Returns an empty string for markup without any text.

    `is_late`: the message has cost enough already, so that tags are only cut out.
    """
    capped = html[:LONGEST_HTML]
    if is_late or costs_too_much(capped):
        return _tidy(_plain_tags(capped))
    text = _laid_out(_sanitized(_without_hidden(capped)))
    return _tidy(text) if text.strip() else _tidy(_last_resort(capped))


def costs_too_much(html: str) -> bool:
    """Markup that no layout engine should see: nested on and on, of too many tags, or of tags without an end."""
    return html.count("<") > MOST_TAGS or _nests_deeply(html) or _has_a_giant_tag(html)


def _nests_deeply(html: str) -> bool:
    """Opens far more than it closes, or opens on and on."""
    opened = closed = deepest = 0
    for match in _ANY_TAG.finditer(html):
        if match[2].lower() not in _NEED_NO_END:
            closed, opened = (closed + 1, opened) if match[1] else (closed, opened + 1)
            deepest = max(deepest, opened - closed)
    return deepest > DEEPEST_HTML


def _has_a_giant_tag(html: str) -> bool:
    """An element of more attributes than any honest one (WHATWG HTML, 13.2.5.32 to 13.2.5.39)."""
    tag = _ANY_TAG.search(html) if len(html) > MOST_ATTRIBUTES * 3 else None
    while tag is not None:
        number, at = 0, tag.end()
        while (found := _ATTRIBUTE.match(html, at)) is not None:
            number, at = number + 1, found.end()
            if number > MOST_ATTRIBUTES:
                return True
        tag = _ANY_TAG.search(html, at)
    return False


def _without_hidden(html: str) -> str:
    """Without what nobody who looks at it would see: no summary may say it either."""
    from lxml.etree import LxmlError
    from lxml.html import document_fromstring, tostring

    if not _MAY_HIDE.search(html) or styling(html) > MOST_STYLING:
        return html
    try:
        tree = document_fromstring(with_styles(html))
        drop_hidden(tree)
        return str(tostring(tree, encoding="unicode"))
    except (LxmlError, RecursionError, ValueError, AssertionError, LookupError, TypeError, AttributeError):
        return html


def _sanitized(html: str) -> str:
    import nh3

    attributes = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
    attributes["*"] = {"style"}
    return nh3.clean(
        html, tags=nh3.ALLOWED_TAGS | {"font", "section"}, attributes=attributes,
        filter_style_properties=set(_KEPT_STYLES),
        clean_content_tags=set(_NO_WORDS), url_schemes={"http", "https", "mailto", "tel", "ftp"},
        link_rel=None, strip_comments=True)


def _laid_out(html: str) -> str:
    from inscriptis.html_engine import Inscriptis
    from lxml.etree import LxmlError
    from lxml.html import document_fromstring

    if not html.strip():
        return ""
    try:
        tree = document_fromstring(f"<html><body>{html}</body></html>")
        _write_links(tree)
        return str(Inscriptis(tree, _layout()).get_text())
    except (LxmlError, RecursionError, ValueError, AssertionError, IndexError, KeyError, TypeError, AttributeError):
        return ""


def _layout() -> ParserConfig:
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.model.config import ParserConfig

    return ParserConfig(css=CSS_PROFILES["strict"].copy(), display_images=False, display_links=False)


def _write_links(tree: Any) -> None:
    """Append " <target>" to the words of each link whose target they do not show."""
    for anchor in list(tree.iter("a"))[:MOST_LINKS]:
        target = unwrapped((anchor.get("href") or "").strip())
        shown = "".join(anchor.itertext()).strip()
        if shown and _worth_showing(shown, target):
            last = anchor[-1] if len(anchor) else None
            if last is None:
                anchor.text = f"{anchor.text or ''} <{target}>"
            else:
                last.tail = f"{last.tail or ''} <{target}>"


def _worth_showing(shown: str, target: str) -> bool:
    if not target.lower().startswith(("http://", "https://", "mailto:")):
        return False
    bare = re.sub(r"^(mailto:|https?://(www\.)?)", "", target.lower()).rstrip("/")
    return bare not in shown.lower() and re.sub(r"\?.*", "", bare) not in shown.lower()


def _last_resort(html: str) -> str:
    import html2text

    reader = html2text.HTML2Text(bodywidth=0)
    reader.ignore_links = reader.ignore_images = reader.ignore_emphasis = True
    try:
        return reader.handle(_sanitized(html))
    except (RecursionError, ValueError, IndexError, AssertionError, AttributeError, TypeError, KeyError):
        return _plain_tags(html)


def _plain_tags(html: str) -> str:
    """Tags cut out by hand: for markup that no layout engine should see."""
    bare = _without_scripts(html)
    return unescape(_TAG.sub(" ", re.sub(r"(?i)<(br|p|div|tr|li|h[1-6])\b", "\n<\\1", bare)))


def _without_scripts(html: str) -> str:
    """Without scripts and style sheets, in one walk; one without an end stays."""
    kept: list[str] = []
    at, endless = 0, set()
    for tag in _NO_TEXT.finditer(html):
        kind = tag[1].lower()
        if tag.start() < at or kind in endless:
            continue
        end = re.compile(rf"</{kind}\s*>", re.IGNORECASE).search(html, tag.end())
        if end is None:
            endless.add(kind)
        else:
            kept.append(html[at:tag.start()])
            at = end.end()
    return " ".join((*kept, html[at:]))


def _tidy(text: str) -> str:
    lines = (line.replace("\u00a0", " ").rstrip() for line in mime.clean(text).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


# ── links ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def unwrapped(target: str) -> str:
    """The address behind a link that a mail filter rewrote (Safe Links, URL Defense, Google)."""
    lower = target.lower()
    if "safelinks.protection.outlook.com" in lower or "google.com/url?" in lower:
        found = re.search(r"[?&](?:url|q)=([^&]{1,3000})", target)
        return unquote(found[1]) if found else target
    if "urldefense" in lower:
        found = re.search(r"/v3/__(.{1,3000}?)__;", target)
        return found[1] if found else target
    return target


def host(target: str) -> str:
    """The host of a link, lower-cased, or the empty string."""
    try:
        return (urlsplit(target).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def deceptive_links(html: str) -> Iterator[tuple[str, str]]:
    """Links whose words show one host and whose target is another: (shown, target) pairs."""
    for number, match in enumerate(_ANCHOR.finditer(html[:LONGEST_HTML])):
        found = _HREF.search(match[1])
        shown = _SHOWN_HOST.match(unescape(_TAG.sub("", match[2])))
        if number >= MOST_LINKS or not (found and shown):
            continue
        target = host(unwrapped(unescape(found[1] or found[2] or found[3])))
        if target and _differ(shown[1].lower(), target):
            yield shown[1].lower(), target


def _differ(shown: str, target: str) -> bool:
    if shown.rpartition(".")[2] in _FILE_ENDINGS or any(within(target, tracker) for tracker in _TRACKERS):
        return False
    first, second = shown.removeprefix("www."), target.removeprefix("www.")
    return not (within(first, second) or within(second, first) or _same_site(first, second))


def _same_site(first: str, second: str) -> bool:
    return first.split(".")[-2:] == second.split(".")[-2:] and len(first.split(".")[-2]) > 3


def within(domain: str, parent: str) -> bool:
    """Whether a domain is another or lies below it."""
    return domain == parent or domain.endswith("." + parent)
