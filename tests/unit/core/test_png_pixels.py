"""Pixels as PNG: pictures that others read, and smaller ones of them."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from orchestrator.core.png_pixels import png_of, small_png_of

pytestmark = pytest.mark.slow

WIDTH, HEIGHT = 31, 7
PIXELS = b"".join(bytes((x * 8, y * 30, x * y, 77)) for y in range(HEIGHT) for x in range(WIDTH))


def read(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png))


def test_pixels_become_a_picture_that_others_read() -> None:
    picture = read(png_of(WIDTH, HEIGHT, PIXELS))
    assert (picture.size, picture.mode) == ((WIDTH, HEIGHT), "RGB")
    assert picture.tobytes() == bytes(byte for at, byte in enumerate(PIXELS) if at % 4 < 3)


def test_a_smaller_picture_has_every_so_manyth_pixel() -> None:
    png = png_of(WIDTH, HEIGHT, PIXELS)
    picture = read(small_png_of(png, 10))
    assert picture.size == (8, 2)
    assert [picture.getpixel((x, 1)) for x in (0, 1, 7)] == [(0, 120, 0), (32, 120, 16), (224, 120, 112)]
    assert small_png_of(png, WIDTH) is png


def test_what_is_no_picture_of_ours_is_refused() -> None:
    png = png_of(WIDTH, HEIGHT, PIXELS)
    other = BytesIO()
    Image.new("L", (WIDTH, HEIGHT)).save(other, "PNG")
    for broken in (b"", png[:40], png[: len(png) // 2], png[:24] + b"\x10" + png[25:], other.getvalue()):
        with pytest.raises(ValueError, match=r"."):
            small_png_of(broken, 10)
