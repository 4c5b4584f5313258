"""The archive of what is kept about somebody: whole, and made while it is sent."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator

from orchestrator.labd.my_data_archive import zipped


def test_a_zip_is_made_while_it_is_sent() -> None:
    asked: list[int] = []

    def entries() -> Iterator[tuple[str, list[bytes]]]:
        for number in range(50):
            asked.append(number)
            yield f"{number}", [random.Random(number).randbytes(20_000)]

    pieces = zipped(entries())
    first = next(pieces)
    assert len(asked) < 10
    with zipfile.ZipFile(io.BytesIO(first + b"".join(pieces))) as archive:
        assert archive.read("7") == random.Random(7).randbytes(20_000)
