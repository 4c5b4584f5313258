"""The lab as templates and checks see it: names to addresses, nothing that can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.core.text import Text


class NoValueError(AttributeError):
    """An attribute that exists and has nothing to give; ``text`` says why, in both languages."""

    def __init__(self, text: Text) -> None:
        """Take the reason; ``str()`` of the error is the English one."""
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True)
class SegmentView:
    """``lab.segments.<name>``: ``subnet`` is 192.168.10.0/24, ``prefix`` 24, ``netmask`` 255.255.255.0."""

    name: str
    subnet: str
    network: str
    netmask: str
    prefix: int
    broadcast: str


@dataclass(frozen=True)
class InterfaceView:
    """``lab.hosts.<name>.interfaces.<interface>``; ``address`` is None where it is not fixed."""

    name: str
    segment: str
    mac: str
    address: str | None
    dhcp: bool


@dataclass(frozen=True)
class HostView:
    """``lab.hosts.<name>``: ``addresses`` are its fixed addresses, in the order of its interfaces."""

    name: str
    fqdn: str
    addresses: tuple[str, ...]
    interfaces: Mapping[str, InterfaceView]

    @property
    def address(self) -> str:
        """Return the first fixed address.

        Raises:
            NoValueError: the host has none, so a template that asks for it is refused.
        """
        if not self.addresses:
            raise NoValueError(Text(fr=f"{self.name} n'a pas d'adresse fixe", en=f"{self.name} has no fixed address"))
        return self.addresses[0]

    @property
    def mac(self) -> str:
        """Return the MAC address of the first interface."""
        return next(iter(self.interfaces.values())).mac


@dataclass(frozen=True)
class LabView:
    """``lab`` in templates and ``lab.values["lab"]`` in checks; ``segments`` has those with a subnet."""

    name: str
    domain: str
    segments: Mapping[str, SegmentView]
    hosts: Mapping[str, HostView]
