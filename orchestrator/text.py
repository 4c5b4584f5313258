"""Bilingual text: everything that a person reads exists in French and in English."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.language import Language, language_of

__all__ = ["Language", "Text", "language_of", "same"]


class Text(BaseModel):
    """One text in both languages, for example a title, a hint or an error message."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fr: str = Field(min_length=1, description="The French text.")
    en: str = Field(min_length=1, description="The English text.")

    def in_(self, language: Language) -> str:
        """Return the text in one language."""
        return self.fr if language == "fr" else self.en

    def map(self, function: Callable[[str], str]) -> Text:
        """Return a text with the function applied to both languages."""
        return Text(fr=function(self.fr), en=function(self.en))


def same(text: str) -> Text:
    """Return a text that reads the same in both languages (a name, a command's own output)."""
    return Text(fr=text, en=text)
