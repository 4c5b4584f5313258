"""What all models read from content files share: frozen, and unknown keys are refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.core.text import Text

CONTRACT = 1
"""The version of the content contract (``contract:`` in each file) that this tool reads."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=48)]
"""A lower-case name with hyphens, such as ``small-office``."""

HostName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=20)]
"""A host's short name: one DNS label (RFC 1123), lower case."""

InterfaceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,9}$")]
"""A network interface's name inside its host, such as ``eth0`` (Linux allows 15 bytes)."""

AbsolutePath = Annotated[str, StringConstraints(pattern=r"^/[^\x00]*$", max_length=4096)]
"""An absolute path inside a host."""

FileMode = Annotated[str, StringConstraints(pattern=r"^0[0-7]{3,4}$")]
"""A file's mode in octal, such as ``0644``."""

AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]*$", max_length=32)]
"""The name of a user or group inside a host."""

DomainName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", max_length=200)]
"""A DNS domain of at least two labels, lower case."""


def _one_line(text: Text) -> Text:
    if any("\n" in said.strip() for said in (text.fr, text.en)):
        message = "a title of one line"
        raise PydanticCustomError("one_line", message)
    return text


Title = Annotated[Text, AfterValidator(_one_line)]
"""A name that people read in lists: a line end would make another line of it."""


Template = str
"""A Jinja2 text, rendered with the variant's values."""


class Document(BaseModel):
    """A frozen piece of content; an unknown key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False, defer_build=True)


class ContractDocument(Document):
    """The top of a content file."""

    contract: int = Field(description="The version of the contract that the file follows: 1.")
