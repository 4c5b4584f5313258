"""Pixels as PNG (RFC 2083), and back: eight bits of red, green and blue, no filter. For pictures of our own making."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_COLOURS: Final = 3
_RGB: Final = 2
_LEVEL: Final = 6
_HEAD: Final = struct.Struct(">IIBBBBB")


def png_of(width: int, height: int, pixels: bytes | bytearray) -> bytes:
    """Return a picture.

    Args:
        width: pixels in a row.
        height: rows.
        pixels: row by row, four bytes each: red, green, blue, and one that says nothing.
    """
    colours = bytearray(width * height * _COLOURS)
    for colour in range(_COLOURS):
        colours[colour::_COLOURS] = pixels[colour::4]
    return _png(width, height, colours)


def small_png_of(png: bytes, most: int) -> bytes:
    """Return a picture that ``png_of`` made with every second, third … pixel, so that it is at most so wide.

    Raises:
        ValueError: it is none of these.
    """
    width, height, colours = _read(png)
    step = -(-width // most)
    if step == 1:
        return png
    rows = [colours[row * width * _COLOURS : (row + 1) * width * _COLOURS] for row in range(0, height, step)]
    narrow = -(-width // step)
    made = bytearray(narrow * len(rows) * _COLOURS)
    for colour in range(_COLOURS):
        made[colour::_COLOURS] = b"".join(row[colour :: _COLOURS * step] for row in rows)
    return _png(narrow, len(rows), made)


def _png(width: int, height: int, colours: bytearray) -> bytes:
    row, view = width * _COLOURS, memoryview(colours)
    packing = zlib.compressobj(_LEVEL)
    packed = [packing.compress(b"".join(_filtered(view, row, height))), packing.flush()]
    head = _HEAD.pack(width, height, 8, _RGB, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", b"".join(packed)) + _chunk(b"IEND", b"")


def _filtered(colours: memoryview, row: int, height: int) -> Iterator[bytes | memoryview]:
    for number in range(height):
        yield b"\0"
        yield colours[number * row : (number + 1) * row]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _read(png: bytes) -> tuple[int, int, bytes]:
    head = len(SIGNATURE) + 8
    try:
        width, height, *form = _HEAD.unpack_from(png, head)
        (length,) = struct.unpack_from(">I", png, head + _HEAD.size + 4)
        begin, row = head + _HEAD.size + 12, width * _COLOURS + 1
        lines = zlib.decompressobj().decompress(png[begin : begin + length], row * height + 1)
    except (struct.error, zlib.error) as error:
        raise ValueError(str(error)) from error
    if form != [8, _RGB, 0, 0, 0] or len(lines) != row * height or any(lines[::row]):
        raise ValueError("not a picture of ours")
    return width, height, b"".join(lines[number * row + 1 : (number + 1) * row] for number in range(height))
