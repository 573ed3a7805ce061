"""The rule of contrast, by the colours that a reader sees: in light, and in dark, where the @media rules have the word.

A small cascade does: styles stand in the elements, and the rules of the dark sheet have plain selectors (an element, a
class) and are all !important. WCAG 2.1, 1.4.3 asks 4.5:1, of large words (24 px, or bold from 18.66 px) 3:1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.judge.mail import Mail, rule

_BLACK_ON_WHITE: Mapping[str, str] = {"color": "#000000", "background-color": "#ffffff", "font-size": "16px",
                                      "font-weight": "400"}
_NAMES = {"white": "#ffffff", "black": "#000000"}
_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{((?:[^{}]*\{[^{}]*\})*)\s*\}")

Sheet = Mapping[str, Mapping[str, str]]


def ratio(one: str, other: str) -> float:
    """How much two colours differ: 1 to 21 (WCAG 2.1, "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    hexed = _NAMES.get(colour, colour).removeprefix("#")
    hexed = "".join(digit * 2 for digit in hexed) if len(hexed) == 3 else hexed
    parts = [int(hexed[place:place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@rule("WCAG 2.1, 1.4.3: contrast of 4.5 to 1 in light")
def contrast_in_light(mail: Mail) -> Iterator[str]:
    yield from _faint(mail, {})


@rule("WCAG 2.1, 1.4.3: contrast of 4.5 to 1 in dark")
def contrast_in_dark(mail: Mail) -> Iterator[str]:
    sheet = _dark_sheet(mail)
    if "body" not in sheet:
        yield "the ground stays light"
    yield from _faint(mail, sheet)


def _faint(mail: Mail, sheet: Sheet) -> Iterator[str]:
    (body,) = mail.tree.xpath("/html/body")
    for element, seen in _seen(body, {**_BLACK_ON_WHITE, **_own(body, sheet)}, sheet):
        if ((element.text or "").strip() or any((child.tail or "").strip() for child in element)) \
                and (found := ratio(seen["color"], seen["background-color"])) < _needed(seen):
            where = " ".join("".join(element.itertext()).split())[:40]
            yield f"{found:.2f} to 1, {seen['color']} on {seen['background-color']}: {where}"


def _seen(element: Any, seen: Mapping[str, str], sheet: Sheet) -> Iterator[tuple[Any, Mapping[str, str]]]:
    """Each element with what it has and inherits; the ground of a parent shows through."""
    yield element, seen
    for child in element:
        if isinstance(child.tag, str):
            own = _own(child, sheet)
            if own.get("display") != "none":
                bold = {"font-weight": "700"} if child.tag in ("b", "strong", "th", "h1", "h2", "h3") else {}
                yield from _seen(child, {**seen, **bold, **own}, sheet)


def _own(element: Any, sheet: Sheet) -> dict[str, str]:
    """Its own styles; over them what the sheet says of its name, over that what it says of its classes."""
    found = _block(element.get("style") or "")
    for selector in (element.tag, *(f".{name}" for name in (element.get("class") or "").split())):
        found.update(sheet.get(selector, {}))
    return found


def _needed(seen: Mapping[str, str]) -> float:
    size = float(seen["font-size"].removesuffix("px"))
    is_bold = seen["font-weight"] in ("bold", "600", "700", "800", "900")
    return 3.0 if size >= 24 or (is_bold and size >= 18.66) else 4.5


def _dark_sheet(mail: Mail) -> dict[str, dict[str, str]]:
    sheet: dict[str, dict[str, str]] = {}
    for rules in _DARK.findall("".join(mail.tree.xpath("//style/text()"))):
        for selectors, block in re.findall(r"([^{}]+)\{([^{}]*)\}", rules):
            for selector in selectors.split(","):
                sheet.setdefault(selector.strip(), {}).update(_block(block))
    return sheet


def _block(style: str) -> dict[str, str]:
    pairs = (one.replace("!important", "").partition(":") for one in style.split(";") if one.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}
