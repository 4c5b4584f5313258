"""Acts on a running lab as a technician would: what faults, solutions and shortcuts do to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.access.cabling import replace_cable
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import Engine
from orchestrator.fabric.fabric_interface import Completed, Fabric, HostRef
from orchestrator.model.image import Device
from orchestrator.model.plan import Plan

_REBOOT_GRACE = 10
"""Seconds that a host gets to shut down before it is killed."""
_BOOT_LIMIT = 120.0
"""Seconds until a rebooted host must be ready; an emulated machine needs most of them."""


@dataclass(frozen=True)
class LabDriver:
    """Acts on one instance.

    Attributes:
        instance: the instance's name.
        plan: its plan.
        engine: the engine, to reboot hosts.
        fabric: the fabric, for everything else.
        containers: host name -> container id.
        devices: host name -> how to log in, for the hosts that are network devices.
    """

    instance: str
    plan: Plan
    engine: Engine
    fabric: Fabric
    containers: Mapping[str, str]
    devices: Mapping[str, Device]

    def on(self, host: str) -> HostRef:
        """Return the reference of one of the lab's hosts.

        Raises:
            LabError: the lab has no such host.
        """
        if host not in self.containers:
            raise LabError(Text(fr=f"Le lab n'a pas de machine « {host} »", en=f"The lab has no host {host!r}"))
        return HostRef(self.instance, host)

    def run(
        self, host: str, argv: Sequence[str], *, timeout: float = 30.0, stdin: bytes = b"", check: bool = True
    ) -> Completed:
        """Run a command on a host.

        Raises:
            LabError: it failed and ``check`` is set; the error shows what it printed.
        """
        done = self.fabric.run(self.on(host), argv, timeout=timeout, stdin=stdin)
        if check and done.status:
            command = " ".join(argv)
            output = (done.stderr or done.stdout).decode(errors="replace")
            raise LabError(
                Text(
                    fr=f"{host} : « {command} » a échoué (code {done.status})",
                    en=f"{host}: '{command}' failed (status {done.status})",
                ),
                evidence=output,
            )
        return done

    def run_script(self, host: str, script: str, *, timeout: float = 60.0) -> Completed:
        """Type lines into root's shell on a host, as a trainee does; the last line's status is the result."""
        return self.run(host, ("/bin/bash", "-s"), stdin=script.encode(), timeout=timeout, check=False)

    def read(self, host: str, path: str) -> bytes:
        """Return a file's content.

        Raises:
            LabError: there is no such file.
        """
        return self.run(host, ("cat", "--", path)).stdout

    def write(self, host: str, path: str, content: bytes, *, mode: str | None = None) -> None:
        """Write a file, keeping owner and mode of one that exists; a new one gets ``mode`` (octal digits)."""
        self.run(host, ("dd", f"of={path}", "status=none"), stdin=content)
        if mode is not None:
            self.run(host, ("chmod", mode, "--", path))

    def cable(self, host: str, interface: str, *, plugged: bool | None = None, segment: str | None = None) -> None:
        """Plug or unplug a cable, or move it to another segment."""
        self.fabric.set_port(self.on(host), interface, plugged=plugged, segment=segment)

    def replace_cable(self, host: str, interface: str) -> None:
        """Put a new cable in the place of a host's; see ``replace_cable``."""
        replace_cable(self.fabric, self.on(host), interface)

    def configure(self, host: str, lines: Sequence[str], *, save: bool = True) -> str:
        """Enter configuration lines on a network device over SSH and return the dialogue.

        Raises:
            LabError: the host is no device, or refuses.
        """
        from orchestrator.access.network_device import open_device  # netmiko takes long to import

        if host not in self.devices:
            raise LabError(
                Text(fr=f"{host} n'est pas un équipement réseau", en=f"{host} is no network device"),
            )
        with open_device(self.fabric, self.on(host), self.devices[host]) as connection:
            return connection.configure(lines, save=save)

    def reboot(self, *hosts: str) -> None:
        """Reboot hosts, all at once, and wait until they are ready again.

        Raises:
            LabError: a host did not come back.
        """
        from concurrent.futures import ThreadPoolExecutor

        names = hosts or tuple(self.containers)
        for name in names:
            self.on(name)
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(lambda n: self.engine.restart(self.containers[n], grace=_REBOOT_GRACE), names))
        self.fabric.wait_ready(self.instance, names, timeout=_BOOT_LIMIT)
