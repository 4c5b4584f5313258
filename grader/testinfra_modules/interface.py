"""testinfra's module ``interface``, by our own ip(8) in the host's network."""

from __future__ import annotations

import json
from typing import Any

import testinfra.host
import testinfra.modules.interface

from grader.bilingual import reason
from grader.errors import ObservationError
from grader.host_inspector import inspector_of
from orchestrator.core.text import Text


class Interface(testinfra.modules.interface.LinuxInterface):
    """An interface, seen by our own ``ip`` in the host's network."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Interface]:  # noqa: ARG003 (testinfra's signature)
        """Return this class."""
        return cls

    @property
    def exists(self) -> bool:
        """Return whether there is such an interface."""
        return any(row.get("ifname") == self.name for row in self._ip("link", "show"))

    @property
    def speed(self) -> int:
        """Return the speed in Mbit/s, where the kernel knows one."""
        data = inspector_of(self).read(f"/sys/class/net/{self.name}/speed")
        if data is None:
            host = inspector_of(self).name
            raise AssertionError(
                reason(fr=f"{host} n'a pas d'interface {self.name}", en=f"{host} has no interface {self.name}")
            )
        return int(data)

    @property
    def addresses(self) -> list[str]:
        """Return the addresses without prefix length."""
        rows = self._ip("address", "show", "dev", str(self.name))
        return [a["local"] for row in rows for a in row.get("addr_info", ()) if "local" in a]

    @property
    def link(self) -> list[dict[str, Any]]:
        """Return the link's properties, as ``ip --json link show`` prints them."""
        return self._ip("link", "show", "dev", str(self.name))

    def routes(self, scope: str | None = None) -> list[dict[str, Any]]:
        """Return the routes that lead out by the interface."""
        return self._ip("route", "list", "dev", str(self.name), *(() if scope is None else ("scope", scope)))

    @classmethod
    def default(cls, family: str | None = None) -> Interface:
        """Return the interface of the default route; without a name where there is none."""
        made = cls(None, family=family)
        names = [r["dev"] for r in made._ip("route", "list", "default") if "dev" in r]
        made.name = names[0] if names else None
        return made

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of all interfaces."""
        return [row["ifname"] for row in cls(None)._ip("link", "show")]  # noqa: SLF001 (our own)

    def _ip(self, *words: str) -> list[dict[str, Any]]:
        family = () if self.family is None else ("-family", str(self.family))
        inspector = inspector_of(self)
        done = inspector.tool("ip", "-json", *family, *words)
        said = done.stderr.decode("utf-8", errors="replace").strip()
        if done.status != 0:
            if "does not exist" in said or "Cannot find device" in said:
                raise AssertionError(reason(fr=f"{inspector.name} : {said}", en=f"{inspector.name}: {said}"))
            raise ObservationError(Text(fr=f"{inspector.name} : ip : {said}", en=f"{inspector.name}: ip: {said}"))
        return [row for row in json.loads(done.stdout or b"[]") if isinstance(row, dict) and row]
