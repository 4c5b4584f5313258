"""Writes YAML that ``yaml_source`` reads as it was: its numbers and constants are those of YAML 1.2."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

_PLAIN: Final = re.compile(r"[^\W\d_][^\n]*")
"""What begins with a letter: read as a text by every reader of YAML, unless PyYAML quotes it."""


class _Dumper(yaml.SafeDumper):
    """PyYAML's, but for texts: those that begin otherwise than with a letter are quoted."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - as PyYAML has it
        """Write everything out."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None if _PLAIN.fullmatch(value) else "|" if "\n" in value else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def yaml_of(document: Mapping[str, Any]) -> str:
    """Return a document as a file has it."""
    text: str = yaml.dump(
        dict(document), Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=1000
    )
    return text
