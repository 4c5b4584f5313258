"""Bilingual text: everything that a person reads exists in French and in English."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from orchestrator.core.language import Language, language_of

__all__ = ["Language", "Text", "language_of", "same"]


class _NotEmpty:
    """Says to pydantic what its ``MinLen`` says, without an import that each grading would wait for."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's
        schema: dict[str, Any] = handler(source)
        return {**schema, "min_length": 1}


@dataclass(frozen=True)
class Text:
    """One text in both languages, for example a title, a hint or an error message.

    A plain dataclass that pydantic validates where files are read: whoever only passes texts on need not wait for
    pydantic's import.

    Attributes:
        fr: the French text.
        en: the English text.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    fr: Annotated[str, _NotEmpty()]
    en: Annotated[str, _NotEmpty()]

    def in_(self, language: Language) -> str:
        """Return the text in one language."""
        return self.fr if language == "fr" else self.en

    def map(self, function: Callable[[str], str]) -> Text:
        """Return a text with the function applied to both languages."""
        return Text(fr=function(self.fr), en=function(self.en))


def same(text: str) -> Text:
    """Return a text that reads the same in both languages (a name, a command's own output)."""
    return Text(fr=text, en=text)
