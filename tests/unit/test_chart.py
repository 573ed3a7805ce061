"""Charts: the longest bar fills the width, the others keep their proportion, and any name is drawn."""

from __future__ import annotations

import io

from PIL import Image

from bot.digests.chart import WIDTH, bars, height

BAR = (15, 92, 110)


def lengths(png: bytes, rows: int) -> list[int]:
    """How many pixels of each row are bar."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    assert picture.size == (2 * WIDTH, 2 * height(rows))
    step = picture.size[1] / height(rows)
    middles = [int((12 + 26 * row + 6) * step) for row in range(rows)]
    return [sum(near(picture.getpixel((x, y))) for x in range(picture.size[0])) for y in middles]


def near(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(part - wanted) < 12 for part, wanted in zip(pixel, BAR, strict=True))


def test_bars_are_as_long_as_their_numbers() -> None:
    first, second, none = lengths(bars([("a", 200), ("b", 100), ("c", 0)]), 3)
    assert first > 400
    assert abs(second - first / 2) <= 3
    assert none <= 3


def test_the_same_rows_give_the_same_bytes_and_few_of_them() -> None:
    rows = [(f"list-{number}", number) for number in range(10)]
    assert bars(rows) == bars(rows)
    assert len(bars(rows)) < 20_000


def test_any_name_and_number_is_drawn() -> None:
    names = ["Catalogación", "", "目録", "x" * 500, "a\nb", "Łódź 👍"]
    assert len(lengths(bars([(name, 10**number) for number, name in enumerate(names)]), len(names))) == len(names)
