"""Renders the example files beside this module.

They are full of Jinja2 themselves, so their own marks are other ones: ``[[ name ]]``, ``[% if … %]``, ``[# … #]``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER: Final = Path(__file__).with_name("templates")
_SUFFIX: Final = ".j2"


def rendered(template: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of a template's folder by their path in it.

    Args:
        template: the folder's name.
        values: what the files may name.
    """
    environment = _environment()
    folder = _FOLDER / template
    return {
        str(path.relative_to(folder)).removesuffix(_SUFFIX): environment.get_template(
            path.relative_to(_FOLDER).as_posix()
        ).render(values)
        for path in sorted(folder.rglob(f"*{_SUFFIX}"))
    }


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - no HTML is made for a browser
        loader=FileSystemLoader(_FOLDER),
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        comment_start_string="[#",
        comment_end_string="#]",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"quoted": _quoted, "flow": _flow}
    return environment


def _quoted(text: str) -> str:
    """Return a text as a double-quoted YAML scalar, which JSON's strings are."""
    return json.dumps(text, ensure_ascii=False)


def _flow(words: Iterable[str]) -> str:
    """Return plain words as a YAML sequence on one line."""
    return f"[{', '.join(words)}]"
