"""A healthy infrastructure: segments, hosts, their configuration, and when it is ready."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from orchestrator.core.text import Text
from orchestrator.model.base import (
    AbsolutePath,
    AccountName,
    ContractDocument,
    Document,
    DomainName,
    FileMode,
    HostName,
    InterfaceName,
    Slug,
    Title,
)

_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def bytes_of(size: str) -> int:
    """Return the number of bytes of a ``Size``."""
    return int(size[:-1]) * _UNITS[size[-1]]


LARGEST_SIZE = 1 << 40
"""Bytes of the largest memory or disk: what no machine has is a slip, and Docker's own numbers end somewhere."""


def _size(value: str) -> str:
    if len(value) > len(str(LARGEST_SIZE)) or bytes_of(value) > LARGEST_SIZE:
        message = "a size of at most 1024G"
        raise PydanticCustomError("size", message)
    return value


Size = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[KMG]$"), AfterValidator(_size)]
"""An amount of memory such as ``128M`` (binary units)."""


SMALLEST_DISK = 64 << 20
"""Bytes of the smallest disk: a file system with its journal, and room for a boot's log."""


def _disk_size(value: str) -> str:
    if bytes_of(value) < SMALLEST_DISK:
        message = "a disk of at least 64M"
        raise PydanticCustomError("disk_size", message)
    return value


DiskSize = Annotated[Size, AfterValidator(_disk_size)]
"""The size of a disk such as ``1G`` (binary units)."""


def _subnet(value: str) -> str:
    try:
        return str(ipaddress.IPv4Network(value if "/" in value else ""))
    except ValueError as error:
        raise PydanticCustomError("ipv4_subnet", "an IPv4 subnet such as 192.168.10.0/24") from error


def _address(value: str) -> str:
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError as error:
        raise PydanticCustomError("ipv4_address", "an IPv4 address such as 192.168.10.1") from error


def _interface_address(value: str) -> str:
    if value in {"dhcp", "none"}:
        return value
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError as error:
        message = "an IPv4 address such as 192.168.10.1, dhcp or none"
        raise PydanticCustomError("ipv4_interface", message) from error


SUBNET_PATTERN = r"^[0-9]+(\.[0-9]+){3}/[0-9]+$"
ADDRESS_PATTERN = r"^[0-9]+(\.[0-9]+){3}$"
INTERFACE_ADDRESS_PATTERN = r"^(dhcp|none|[0-9]+(\.[0-9]+){3})$"
# What an editor can tell of an address; the functions above know the rest.

Subnet = Annotated[str, AfterValidator(_subnet), WithJsonSchema({"type": "string", "pattern": SUBNET_PATTERN})]
"""An IPv4 subnet such as ``192.168.10.0/24``; host bits must be zero."""

Address = Annotated[str, AfterValidator(_address), WithJsonSchema({"type": "string", "pattern": ADDRESS_PATTERN})]
"""An IPv4 address."""

InterfaceAddress = Annotated[
    str,
    AfterValidator(_interface_address),
    WithJsonSchema({"type": "string", "pattern": INTERFACE_ADDRESS_PATTERN}),
]
"""An IPv4 address, ``dhcp`` or ``none``."""


class Segment(Document):
    """One L2 network (a bridge): hosts on it see each other's frames. A cable of a managed switch is one as well."""

    title: Title = Field(description="The segment's name as the trainee reads it on the map.")
    subnet: Subnet | None = Field(
        default=None,
        description=(
            "The IPv4 subnet used on the segment, such as ``192.168.10.0/24``. It is left out where ``extends`` gives "
            "it, and on a trunk between switches, which has no address of its own."
        ),
    )
    extends: Slug | None = Field(
        default=None,
        description=(
            "The segment whose broadcast domain reaches this one through a switch (the same VLAN): a key of "
            "``segments`` that has a ``subnet``, which is this one's as well."
        ),
    )


class Interface(Document):
    """One network interface of a host, cabled to a segment."""

    segment: Annotated[Slug, Text(fr="un nom écrit sous « segments »", en='a name under "segments"')] = Field(
        description="The segment that the cable leads to: a key of ``segments``."
    )
    address: InterfaceAddress = Field(
        description="An IPv4 address in the segment's subnet, ``dhcp``, or ``none`` (no configuration)."
    )

    @property
    def fixed(self) -> ipaddress.IPv4Address | None:
        """Return the address, or None for ``dhcp`` and ``none``."""
        return None if self.address in {"dhcp", "none"} else ipaddress.IPv4Address(self.address)


class Condition(Document):
    """A behaviour that shows that a lab is ready: the command succeeds on the host."""

    host: HostName = Field(description="The host that the command runs on, as root.")
    run: tuple[str, ...] = Field(
        min_length=1, description="The command, one argument per item (no shell); items are Jinja2 templates."
    )
    within: int = Field(default=30, ge=1, le=600, description="Seconds until the condition must hold.")


class FileSettings(Document):
    """Owner and mode of a placed file, where they are not root's and 0644."""

    owner: AccountName = Field(default="root", description="The user who owns the file, by name.")
    group: AccountName = Field(default="root", description="The group of the file, by name.")
    mode: FileMode = Field(default="0644", description='Octal, quoted: ``"0640"``.')


class Host(Document):
    """One machine of the lab: a systemd container."""

    image: Slug = Field(description="The image that the host runs: a folder of ``images/``.")
    title: Title = Field(description="What the host is for, as the trainee reads it on the map.")
    interfaces: dict[InterfaceName, Interface] = Field(
        min_length=1, description="The host's network interfaces by name, such as ``eth0``."
    )
    gateway: Address | None = Field(default=None, description="The default gateway of a host with a static address.")
    dns: tuple[Address, ...] = Field(default=(), description="Resolvers of a host with static addresses.")
    memory: Size | None = Field(default=None, description="Memory limit; by default the image's.")
    cpu_shares: int = Field(default=512, ge=2, le=262144, description="Relative CPU weight (Docker's --cpu-shares).")
    disk: DiskSize = Field(
        default="1G", description="The host's disk: the most that it may write to its root file system."
    )
    pids: int = Field(default=256, ge=32, le=32768, description="Most processes and threads at once.")
    files: dict[AbsolutePath, FileSettings] = Field(
        default_factory=dict, description="Owner and mode of files placed from ``files/<host>/``."
    )


class LabDocument(ContractDocument):
    """``lab.yaml``: a healthy infrastructure, with its networks and machines."""

    name: Slug = Field(description="The lab's name: that of its folder.")
    title: Title = Field(description="What the infrastructure is, in a few words.")
    summary: Text = Field(description="One or two sentences on the infrastructure, for the trainee.")
    domain: DomainName = Field(description="The DNS domain of the hosts.")
    segments: dict[Slug, Segment] = Field(min_length=1, description="The networks by name, such as ``office``.")
    hosts: dict[HostName, Host] = Field(min_length=1, description="The machines by their short name, such as ``pc1``.")
    ready: tuple[Condition, ...] = Field(
        default=(), description="What must work before the trainee gets the lab: behaviours, tried until they hold."
    )

    def domain_of(self, segment: str) -> str:
        """Return the segment that a segment extends, or itself: where two are equal, broadcasts reach both."""
        settings = self.segments.get(segment)
        return segment if settings is None or settings.extends is None else settings.extends

    @property
    def networks(self) -> dict[str, ipaddress.IPv4Network]:
        """Return the subnets by segment, of those that have one, be it another segment's."""
        stated = {name: ipaddress.IPv4Network(s.subnet) for name, s in self.segments.items() if s.subnet is not None}
        return {name: stated[self.domain_of(name)] for name in self.segments if self.domain_of(name) in stated}


ALL_HOSTS = "_all"
"""The folder under ``files/`` whose files are placed in every host."""


@dataclass(frozen=True)
class LabFile:
    """A file of ``files/<host>/…`` that is placed in a host before it boots.

    Attributes:
        host: the host's name, or ``_all`` for every host (a host's own file wins); in a scenario, also the name of
            a variable that draws a host.
        path: absolute path inside the host.
        content: the bytes, or the Jinja2 source when ``template``.
        template: whether the file's name ended in ``.j2``.
        source: where it was read from, for error messages.
    """

    host: str
    path: str
    content: bytes
    template: bool
    source: Path


@dataclass(frozen=True)
class LabTools:
    """What a lab offers to the checks that run on it.

    Attributes:
        path: its ``checks/lab_tools.py``.
        names: what that file defines; None where it cannot be read.
    """

    path: Path
    names: frozenset[str] | None


@dataclass(frozen=True)
class Lab:
    """A lab as loaded.

    Attributes:
        document: the parsed ``lab.yaml``.
        folder: its folder.
        files: the files to place.
        checks: the files of its health checks; its guards are among them.
        digest: SHA-256 over every file of the folder.
        guards: the files of the guards that a scenario may take over.
        tools: what its checks and its scenarios' checks may import; None where it offers nothing.
    """

    document: LabDocument
    folder: Path
    files: tuple[LabFile, ...]
    checks: tuple[Path, ...]
    digest: str
    guards: tuple[Path, ...] = ()
    tools: LabTools | None = None

    @property
    def name(self) -> str:
        """Return the lab's name."""
        return self.document.name
