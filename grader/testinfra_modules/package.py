"""testinfra's module ``package``, by dpkg's own record."""

from __future__ import annotations

from collections.abc import Iterator

import testinfra.host
import testinfra.modules.package

from grader.bilingual import reason
from grader.host_inspector import inspector_of
from grader.lines import lines_in


class Package(testinfra.modules.package.Package):
    """A package, by dpkg's own record."""

    @classmethod
    def get_module_class(cls, host: testinfra.host.Host) -> type[Package]:  # noqa: ARG003 (testinfra's signature)
        """Return this class."""
        return cls

    @property
    def is_installed(self) -> bool:
        """Return whether dpkg holds the package for installed."""
        status = self._record().get("Status", "").split()
        return status[:1] in (["install"], ["hold"]) and status[1:3] == ["ok", "installed"]

    @property
    def version(self) -> str:
        """Return the version.

        Raises:
            AssertionError: it is not installed.
        """
        record = self._record()
        if record.get("Status", "").split()[:1] not in (["install"], ["hold"]):
            host = inspector_of(self).name
            raise AssertionError(
                reason(
                    fr=f"{host} : le paquet {self.name} n'est pas installé",
                    en=f"{host}: the package {self.name} is not installed",
                )
            )
        return record["Version"]

    def _record(self) -> dict[str, str]:
        name, _, architecture = str(self.name).partition(":")
        data = inspector_of(self).read("/var/lib/dpkg/status") or b""
        for stanza in _stanzas(data, name):
            if architecture in ("", stanza.get("Architecture")):
                return stanza
        return {}


def _stanzas(data: bytes, name: str) -> Iterator[dict[str, str]]:
    """Give the records of a package (deb-control(5)) by their fields of one line."""
    head = f"Package: {name}\n".encode()
    position = 0 if data.startswith(head) else data.find(b"\n" + head) + 1
    while position or data.startswith(head):
        end = data.find(b"\n\n", position)
        text = data[position : end if end >= 0 else len(data)].decode("utf-8", errors="replace")
        rows = (line.partition(": ") for line in lines_in(text) if not line.startswith(" "))
        yield {field: value for field, _, value in rows}
        position = data.find(b"\n" + head, position + 1) + 1
        if not position:
            return
