"""A plain bar chart as a PNG: names at the left, bars, numbers. Pure; the drawing library is loaded when one is drawn.

The picture brings its own light ground, so that it reads the same in light and dark mail programs. It is drawn at twice
the size at which it is shown, for sharp screens.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

#: How wide a chart is shown, in pixels: not much wider than a phone, so that its words stay legible there.
WIDTH = 420
_ROW, _PAD, _GAP, _TEXT = 26, 12, 8, 15
_SCALE = 2
_GROUND, _INK, _BAR = "#f3f5f6", "#1d2226", "#0f5c6e"
_COLOURS = 16


def height(rows: int) -> int:
    """How high a chart of so many rows is shown, in pixels."""
    return rows * _ROW + 2 * _PAD


def bars(rows: Sequence[tuple[str, int]]) -> bytes:
    """A PNG of horizontal bars, in the order given; the longest fills the width."""
    from PIL import Image, ImageDraw, ImageFont

    size = (WIDTH * _SCALE, height(len(rows)) * _SCALE)
    picture = Image.new("RGB", size, _GROUND)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(_TEXT * _SCALE)
    names = [_fitting(_drawable(name), font, size[0] * 2 // 5) for name, _ in rows]
    left = (_PAD + _GAP) * _SCALE + max((round(font.getlength(name)) for name in names), default=0)
    room = size[0] - left - (_PAD + _GAP) * _SCALE - round(font.getlength(f"{_most(rows):,}"))
    for place, (name, (_, number)) in enumerate(zip(names, rows, strict=True)):
        top = (_PAD + place * _ROW) * _SCALE
        middle, length = top + _ROW * _SCALE // 2, max(2, round(room * number / _most(rows)))
        draw.text((left - _GAP * _SCALE, middle), name, font=font, fill=_INK, anchor="rm")
        draw.rectangle((left, top + 4 * _SCALE, left + length, top + (_ROW - 4) * _SCALE), fill=_BAR)
        draw.text((left + length + _GAP * _SCALE, middle), f"{number:,}", font=font, fill=_INK, anchor="lm")
    written = io.BytesIO()
    picture.quantize(_COLOURS).save(written, "PNG", optimize=True)
    return written.getvalue()


def _most(rows: Sequence[tuple[str, int]]) -> int:
    return max((number for _, number in rows), default=0) or 1


def _drawable(text: str) -> str:
    """The letters that the drawing library's own font has; the figures' table has the name as it is written."""
    bare = unicodedata.normalize("NFKD", text.replace("\N{EN DASH}", "-"))
    return bare.encode("ascii", "ignore").decode("ascii")


def _fitting(text: str, font: FreeTypeFont | ImageFont, width: int) -> str:
    """As much of a name as fits, with dots for the rest."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}...") > width:
        text = text[:-1]
    return f"{text.rstrip()}..."
