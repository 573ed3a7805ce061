"""A post's HTML as clean markup of our own kind: words, links, lists, tables of figures, and the pictures it brought.

Hidden text, tracking pixels, remote pictures, forms, scripts and all dress (colours, fonts, widths) are dropped, and so
is what was quoted or added by list servers, as far as the plain text knows it. nh3 has the last word, so nothing that
slips past the steps before it can do harm. Whatever cannot be made clean is no page: the plain text stands in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.inbox import html, mime
from bot.inbox.domains import word_set
from bot.inbox.hidden import MOST_STYLING, drop_hidden, styling, with_styles
from bot.inbox.inline import Album, album_of, is_pixel
from bot.page import Page
from bot.types import Message

if TYPE_CHECKING:
    from email.message import Message as Part

LONGEST, LARGEST_PAGE = 300_000, 50_000
#: How wide a picture may be, in pixels: the column less its margins.
COLUMN = 552
#: How much more than the plain text says a page may say; beyond, something unknown is quoted in it.
_SLACK, _MORE = 1.5, 400
_TAGS = word_set(
    "a abbr b blockquote br caption code dd del div dl dt em h3 hr i img li ol p pre s span strong sub sup table tbody "
    "td tfoot th thead tr u ul")
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt", "width"}, "td": {"colspan", "rowspan"},
               "th": {"colspan", "rowspan"}, "ol": {"start"}, "*": {"dir", "lang"}}
_EMPTIED = word_set(
    "script style head title noscript iframe object embed applet svg math video audio canvas template select option "
    "textarea button datalist map")
_OF_TABLES = ("tr", "td", "th", "tbody", "thead", "tfoot", "caption", "col", "colgroup")
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_BLOCKS = ("p", "div", "li", "td", "blockquote", "span", "center")
_QUOTES = re.compile(r"gmail_quote|gmail_attr|moz-cite-prefix|yahoo_quoted|protonmail_quote|OutlookMessageHeader")
_REPLY_HEAD = ("divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container")
_TARGET = re.compile(r"<(?:https?://|mailto:)[^<>\s]{1,3000}>")
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_ITALIC = re.compile(r"font-style\s*:\s*(?:italic|oblique)", re.IGNORECASE)


def page_of(raw: bytes, message: Message) -> Page | None:
    """The post's own HTML, clean; None when it brought none, or none that can be made clean."""
    from lxml.etree import LxmlError

    root = mime.read_tree(raw).root
    part = _html_part(root)
    if part is None:
        return None
    text, _ = mime.part_text(part, LONGEST)
    if len(text) >= LONGEST or html.costs_too_much(text) or styling(text) > MOST_STYLING:
        return None
    try:
        return _page(text, album_of(root), message)
    except (LxmlError, RecursionError, ValueError, AssertionError, LookupError, TypeError, AttributeError,
            ArithmeticError):
        return None


def _html_part(part: Part) -> Part | None:
    """The first HTML that is shown, not attached, not inside an attached message."""
    if part.is_multipart():
        if mime.media_type(part).startswith("message/") or mime.disposition(part) == "attachment":
            return None
        return next(filter(None, map(_html_part, mime.children(part))), None)
    is_html = mime.media_type(part) in ("text/html", "application/xhtml+xml")
    return part if is_html and mime.disposition(part) != "attachment" else None


def _page(text: str, album: Album, message: Message) -> Page | None:
    from lxml.html import document_fromstring, tostring

    tree = document_fromstring(with_styles(text))
    body = tree.find("body")
    if body is None:
        return None
    _drop_quotes(body)
    drop_hidden(body)
    _place_pictures(body, album)
    _drop_known(body, message)
    _plain_dress(body)
    clean = _sanitized(str(tostring(body, encoding="unicode")))
    said = " ".join(body.text_content().split())
    own = len(message.new_text) + len(message.signature)
    if not (said or album.shown) or len(clean.encode()) > LARGEST_PAGE or len(said) > _SLACK * own + _MORE:
        return None
    return Page(html=clean, pictures=tuple(album.shown))


def _sanitized(markup: str) -> str:
    import nh3

    try:
        clean = nh3.clean(
            markup, tags=set(_TAGS), clean_content_tags=set(_EMPTIED), attributes=_ATTRIBUTES,
            attribute_filter=_attribute, url_schemes={*_SCHEMES, "cid"}, link_rel=None, strip_comments=True)
    except (Exception, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as panic:  # noqa: BLE001  what Rust code throws is no Exception, and would end a thread
        raise ValueError(f"the cleaner failed ({type(panic).__name__})") from None
    return str(clean).strip()


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Pictures only by cid, links only to where a reader may go."""
    if name == "src":
        return value if value.startswith("cid:") else None
    if name == "href":
        return value if value.partition(":")[0].strip().lower() in _SCHEMES else None
    return value


# ── what goes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _drop_quotes(body: Any) -> None:
    """What mail programs mark as quoted; Outlook's reply head with all that follows it."""
    for element in list(body.iter("blockquote", "div")):
        kind = f"{element.get('class') or ''} {element.get('id') or ''}"
        is_quote = _QUOTES.search(kind) or (element.tag == "blockquote" and element.get("type") == "cite")
        if is_quote and element.getparent() is not None:
            element.drop_tree()
        elif any(name in kind for name in _REPLY_HEAD) and element.getparent() is not None:
            for behind in list(element.itersiblings()):
                behind.drop_tree()
            element.drop_tree()


def _drop_known(body: Any, message: Message) -> None:
    """Blocks that the plain text knows as quoted or as a list server's footer."""
    unwanted = _squashed(f"{message.quoted_text}\n{message.footer}")
    wanted = _squashed(f"{message.new_text}\n{message.signature}")
    if not unwanted:
        return
    for element in list(body.iter(*_BLOCKS)):
        said = _squashed(element.text_content())
        is_ours = element is body or element.getparent() is None or next(element.iter("img"), None) is not None
        if len(said) >= 8 and not is_ours and said in unwanted and said not in wanted:
            element.drop_tree()


def _squashed(text: str) -> str:
    return re.sub(r"[\W_]+", "", _TARGET.sub("", text)).lower()


def _place_pictures(body: Any, album: Album) -> None:
    """Pictures that came with the post stay; for another its own words stand; a pixel leaves nothing."""
    for element in list(body.iter("img")):
        source = (element.get("src") or "").strip()
        alt = " ".join((element.get("alt") or "").split())[:200]
        cid = "" if is_pixel(element) else album.place(source)
        if cid:
            element.set("src", f"cid:{cid}")
            element.set("alt", alt or "picture")
            element.set("width", str(_width(element, album.width(cid))))
            continue
        told = "" if is_pixel(element) else album.missing(source) or alt
        element.tag, element.text = "span", told
        element.attrib.clear()
        element.drop_tag()


def _width(element: Any, natural: int) -> int:
    """As wide as the post says or the picture is, at most our column: Outlook knows no greatest width."""
    said = (element.get("width") or "").removesuffix("px")
    return min(int(said) if said.isdigit() and 0 < len(said) < 5 and int(said) else natural or COLUMN, COLUMN)


# ── what stays ────────────────────────────────────────────────────────────────────────────────────────────────────


def _plain_dress(body: Any) -> None:
    """Headings below ours, stress as an element, tables that only lay out as blocks, no empty paragraphs."""
    for element in list(body.iter()):
        if not isinstance(element.tag, str) or element is body:
            continue
        style = element.get("style") or ""
        if re.fullmatch(r"h[1-6]", element.tag):
            element.tag = "h3"
        elif element.tag in ("span", "font"):
            element.tag = "strong" if _BOLD.search(style) else "em" if _ITALIC.search(style) else "span"
        elif element.tag == "a":
            element.set("href", html.unwrapped((element.get("href") or "").strip()))
    for table in list(body.iter("table"))[::-1]:
        if not _holds_figures(table):
            _as_blocks(table)
    for element in list(body.iter("p", "div", "h3", "li", "span"))[::-1]:
        if _is_empty(element) and element.getparent() is not None:
            element.drop_tree()


def _holds_figures(table: Any) -> bool:
    """Several cells in a row, or a heading cell, and nothing nested: a table, not a layout."""
    if next(table.iterdescendants("table", "div", "img", "h3"), None) is not None:
        return False
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    return next(table.iter("th"), None) is not None or sum(len(row) > 1 for row in rows) > 1


def _as_blocks(table: Any) -> None:
    """A layout as blocks; tables of figures inside it stay as they are."""
    own = [part for part in table.iterdescendants(*_OF_TABLES) if next(part.iterancestors("table")) is table]
    for part in own:
        if part.tag in ("td", "th"):
            part.tag = "div"
        else:
            part.drop_tag()
    table.tag = "div"


def _is_empty(element: Any) -> bool:
    return not element.text_content().replace("\u00a0", " ").strip() and (
        next(element.iterdescendants("img", "hr", "br" if element.tag == "span" else "img"), None) is None)
