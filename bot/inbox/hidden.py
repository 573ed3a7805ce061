"""What markup hides from those who look at it: by style, by size, or white upon white. Pure."""

from __future__ import annotations

import re
from typing import Any

_STYLE = re.compile(r"([\w-]+)\s*:\s*([^;]{1,200})")
_SIZE = re.compile(r"^(-?\d{0,5}(?:\.\d{1,5})?)(?:px|pt|em|rem|%)?$")
_WHITE = ("#fff", "#ffffff", "white", "rgb(255,255,255)", "#fefefe", "transparent")


#: Declarations of style sheets times elements: each may be written into each.
MOST_STYLING = 3_000_000


def is_hidden(element: Any) -> bool:
    """Whether nobody who looks at the page would see this element."""
    style = styles(element)
    if element.get("hidden") is not None or style.get("display") == "none" or style.get("mso-hide") == "all":
        return True
    if style.get("visibility") in ("hidden", "collapse") or _is_zero(style.get("opacity")):
        return True
    if _is_tiny(style.get("font-size")) or _is_far(style.get("text-indent")) or _is_far(style.get("left")):
        return True
    flat = any(_is_zero(style.get(name)) for name in ("height", "max-height", "width", "max-width"))
    return (flat and style.get("overflow") == "hidden") or _is_white_on_white(element, style)


def styles(element: Any) -> dict[str, str]:
    """The element's own style, lower-cased, without `!important`."""
    found = _STYLE.findall((element.get("style") or "").lower()[:4_000])
    return {name: value.replace("!important", "").strip() for name, value in found}


def size(value: str | None) -> float | None:
    """A length as a number, whatever its unit; None for a word or nothing."""
    found = _SIZE.match(value.strip()) if value else None
    return float(found[1]) if found and found[1] not in ("", "-") else None


def _is_zero(value: str | None) -> bool:
    return size(value) == 0


def _is_tiny(value: str | None) -> bool:
    number = size(value)
    return (number is not None and number <= 1 and not (value or "").endswith(("em", "%"))) or _is_zero(value)


def _is_far(value: str | None) -> bool:
    number = size(value)
    return number is not None and number <= -99


def _is_white_on_white(element: Any, style: dict[str, str]) -> bool:
    color = style.get("color", (element.get("color") or "").lower()).replace(" ", "")
    if not color:
        return False
    own = style.get("background-color", "").replace(" ", "")
    if own:
        return own == color
    return color in _WHITE and not any(map(_has_ground, (element, *element.iterancestors())))


def _has_ground(element: Any) -> bool:
    style = styles(element)
    ground = style.get("background-color", style.get("background", element.get("bgcolor") or "")).replace(" ", "")
    return ground.lower() not in ("", "none", *_WHITE)


# ── whole documents ───────────────────────────────────────────────────────────────────────────────────────────────


def styling(text: str) -> int:
    """What writing the style sheets into the elements may cost at the most."""
    lower, declared, at = text.lower(), 0, 0
    while (start := lower.find("<style", at)) >= 0:
        end = lower.find("</style", start)
        at = end if end > start else len(lower)
        declared += 1 + sum(lower.count(sign, start, at) for sign in ";{,")
    return declared * lower.count("<")


def with_styles(text: str) -> str:
    """Its style sheets written into the elements, so that what they hide is seen to be hidden."""
    if "<style" not in text.lower():
        return text
    import css_inline

    try:
        return css_inline.CSSInliner(load_remote_stylesheets=False).inline(text)
    except (css_inline.InlineError, ValueError):
        return text


def drop_hidden(body: Any) -> None:
    """Take out what nobody would see."""
    for element in list(body.iter()):
        if isinstance(element.tag, str) and element is not body and element.getparent() is not None and (
                is_hidden(element)):
            element.drop_tree()
