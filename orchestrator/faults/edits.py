"""Structured changes to a text file: a line, a setting, an INI or a JSON value; the rest keeps every byte."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.model.base import Document


class LineEdit(Document):
    """Replaces the first line that reads so (blanks around it do not count), or removes it."""

    kind: Literal["line"] = Field(description="The kind of edit.")
    line: str = Field(min_length=1, description="The line as it stands in the file, without its indentation.")
    becomes: str | None = Field(default=None, description="What it becomes; by default it is removed.")

    def apply(self, text: str) -> str:
        """Return the changed text; the same where no line matches."""
        lines = text.splitlines(keepends=True)
        for number, line in enumerate(lines):
            if line.strip() == self.line.strip():
                inside = line.strip()
                lines[number] = "" if self.becomes is None else line.replace(inside, self.becomes, 1)
                break
        return "".join(lines)


class AppendEdit(Document):
    """Adds a line at the file's end."""

    kind: Literal["append"] = Field(description="The kind of edit.")
    line: str = Field(min_length=1, description="The line that is added.")

    def apply(self, text: str) -> str:
        """Return the changed text."""
        return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{self.line}\n"


class SettingEdit(Document):
    """Sets a key of a file of ``key=value`` or ``key value`` lines; a key that is missing is added at the end."""

    kind: Literal["setting"] = Field(description="The kind of edit.")
    key: str = Field(min_length=1, description="The key; a line that is commented out does not count.")
    value: str | None = Field(default=None, description="The new value; by default the key's line is removed.")
    separator: str = Field(default="=", description="What stands between key and value; a blank for `key value`.")

    def apply(self, text: str) -> str:
        """Return the changed text."""
        between = r"[ \t]+" if not self.separator.strip() else rf"[ \t]*{re.escape(self.separator.strip())}[ \t]*"
        found = re.search(rf"^([ \t]*{re.escape(self.key)}{between})([^\r\n]*)(\r?\n|\Z)", text, re.MULTILINE)
        if found is None:
            if self.value is None:
                return text
            return AppendEdit(kind="append", line=f"{self.key}{self.separator}{self.value}").apply(text)
        new = "" if self.value is None else f"{found[1]}{self.value}{found[3]}"
        return text[: found.start()] + new + text[found.end() :]


class IniEdit(Document):
    """Sets a key in a section of an INI file (smb.conf, systemd units); what is missing is added."""

    kind: Literal["ini"] = Field(description="The kind of edit.")
    section: str = Field(min_length=1, description="The section's name without its brackets.")
    key: str = Field(min_length=1, description="The key.")
    value: str | None = Field(default=None, description="The new value; by default the key's line is removed.")

    def apply(self, text: str) -> str:
        """Return the changed text."""
        head = re.search(rf"^[ \t]*\[{re.escape(self.section)}\][^\n]*(\n|\Z)", text, re.MULTILINE)
        if head is None:
            if self.value is None:
                return text
            return AppendEdit(kind="append", line=f"\n[{self.section}]\n{self.key} = {self.value}").apply(text)
        following = re.compile(r"^[ \t]*\[", re.MULTILINE).search(text, head.end())
        end = following.start() if following else len(text)
        body = SettingEdit(kind="setting", key=self.key, value=self.value, separator=" = ").apply(
            text[head.end() : end]
        )
        return text[: head.end()] + body + text[end:]


class JsonEdit(Document):
    """Sets one value of a JSON file, which is written again with two blanks of indentation."""

    kind: Literal["json"] = Field(description="The kind of edit.")
    path: tuple[str | int, ...] = Field(
        min_length=1, description="Keys and positions that lead to the value, from the top: [Dhcp4, subnet4, 0, id]."
    )
    value: JsonValue = Field(description="The new value, of any JSON type.")

    def apply(self, text: str) -> str:
        """Return the changed text.

        Raises:
            LabError: the file is no JSON, or the path leads nowhere.
        """
        try:
            document: Any = json.loads(text)
            around = document
            for step in self.path[:-1]:
                around = around[step]
            around[self.path[-1]] = self.value
        except (ValueError, LookupError, TypeError) as error:
            listed = " → ".join(map(str, self.path))
            raise LabError(
                Text(
                    fr=f"le chemin JSON {listed} n'existe pas : {error}",
                    en=f"the JSON path {listed} does not exist: {error}",
                )
            ) from error
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


Edit = Annotated[
    LineEdit | AppendEdit | SettingEdit | IniEdit | JsonEdit,
    Field(
        discriminator="kind",
        description="The change: `kind` is line, append, setting, ini or json.",
        examples=[{"kind": "setting", "key": "Port", "value": "2222", "separator": " "}],
    ),
]
"""One structured change."""
