"""Forms as browsers send them: read once and in one way, so that what was checked is what is used."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.datastructures import Headers

_KIND = "application/x-www-form-urlencoded"
_MOST_FIELDS = 1000


def fields_of(headers: Headers, body: bytes) -> dict[str, list[str]]:
    """Return a form's fields with all their values; nothing where it is no plain form in UTF-8."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        return {}
    try:
        return parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        return {}
