"""A container image as its folder describes it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orchestrator.core.text import Text
from orchestrator.model.base import AbsolutePath, ContractDocument, Document, Slug
from orchestrator.model.lab import Size

Capability = Literal["NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE"]
"""The capabilities that an image may add: they reach no further than the host's own network.

A trainee is root in a host. Others would make them root on the machine (SYS_ADMIN), let them into what the helper
runs beside them (SYS_PTRACE), or let them take the processors from everybody else (SYS_NICE).
"""

DeviceFile = Literal["/dev/net/tun"]
"""The device files that an image may add: a tunnel belongs to the host's own network; all others are the machine's."""

Application = Literal["openldap", "packages", "postgresql", "samba_ad"]
"""The applications whose state is told, beside the files and services of a host."""

MachineKind = Literal["server", "workstation", "router", "switch", "firewall"]
"""What a machine is in the field: people sit at a workstation, the others stand in the equipment room."""


class Device(Document):
    """How netmiko talks to hosts of an image that are network devices."""

    type: str = Field(description="netmiko's device_type, such as ``cisco_ios`` for FRR's vtysh.")
    user: str = Field(description="The user name for the device's command line over SSH.")
    password: str = Field(description="That user's password.")


class Display(Document):
    """The screen of hosts of an image, which the portal shows in a browser."""

    socket: AbsolutePath = Field(
        description="The Unix socket of the host's VNC server, which asks for no password there: only root may "
        "use it (mode 0600). It may be there at times only; meanwhile the screen is off."
    )


class VolatilePath(Document):
    """A path, with all below it, that changes by itself: no difference from the sound state is told of it."""

    path: AbsolutePath = Field(description="From the host's root; ``*`` stands for any name.")
    what: Literal["all", "new", "content"] = Field(
        default="all",
        description="``new``: only what was not there in the sound state; ``content``: only what is in it; "
        "else whatever changes.",
    )
    why: str = Field(min_length=1, description="The reason: what changes it, and why that concerns nobody.")


class ImageSpec(ContractDocument):
    """``image.yaml``: what an image is and what its hosts need from the engine."""

    name: Slug = Field(description="The image's name: that of its folder.")
    summary: Text = Field(description="One sentence on what the image is.")
    parent: Slug | None = Field(default=None, description="The image that this one is built on.")
    kind: MachineKind = Field(default="server", description="What hosts of this image are drawn as on a map.")
    bootstrap: Literal["debian"] | None = Field(
        default=None,
        description="``debian`` for the base image: pulled, or bootstrapped from Debian's packages.",
    )
    capabilities: tuple[Capability, ...] = Field(
        default=(), description="Capabilities added to Docker's default set (without ``CAP_``)."
    )
    devices: tuple[DeviceFile, ...] = Field(
        default=(), description="Device files that the hosts may use: ``/dev/net/tun``, or none."
    )
    writable_net_sysctls: bool = Field(
        default=False, description="Whether the hosts may write /proc/sys/net (routers, firewalls)."
    )
    memory: Size = Field(default="128M", description="Memory limit of a host that does not set its own.")
    device: Device | None = Field(
        default=None, description="How to log in to hosts of this image that are network devices."
    )
    display: Display | None = Field(default=None, description="The screen that hosts of this image have, if any.")
    applications: tuple[Application, ...] = Field(
        default=(), description="The applications that keep a state of their own, which a grading compares."
    )
    volatile: tuple[VolatilePath, ...] = Field(
        default=(), description="What changes by itself in hosts of this image, beside what does in every host."
    )
    include: dict[str, str] = Field(
        default_factory=dict,
        description="Folders of the program copied into the build context: name -> folder.",
    )
