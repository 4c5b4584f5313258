"""Faults of the rotation of logs: the service goes on writing to what was taken away, until the disk is full."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.edits import Edit
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break
from orchestrator.faults.library.system.as_account import as_account
from orchestrator.faults.library.system.units import UnitName, require_up, restart_and_wait, unit_state
from orchestrator.model.base import AbsolutePath, AccountName, HostName

_LARGEST = 2 << 30
"""Bytes of the largest file system that is filled: a host's own disk, never the machine's."""
_AT_ONCE = 98
"""Percent of the free space that is taken at once, without content; the rest is written until nothing more fits."""
_GONE = " (deleted)"
"""What the kernel adds to the path of an open file that has no name any more."""


class LogHeldOpen(Fault):
    """A service still writes to a log that its rotation has deleted, and that has filled the host's disk.

    The trainee sees 100 % in `df`, and next to nothing with `du`; the open file is `(deleted)` below /proc/PID/fd. A
    restart of the service gives the space back, until the next rotation: `edit` has made logrotate's configuration so
    that the service is not told of it. The rotation must delete (`compress`, or `rotate 0`). The file has a size and no
    content of its own. The host needs logrotate, and a disk of at most 2G.
    """

    name: ClassVar[str] = "log-held-open"

    host: HostName = Field(description="The host that is broken.")
    rotation: AbsolutePath = Field(
        description="The configuration of the log's rotation.", examples=["/etc/logrotate.d/nginx"]
    )
    edit: Edit
    unit: UnitName = Field(description="The service that writes the log; its main process holds it open.")
    log: AbsolutePath = Field(
        description="The log, in which there must be something.", examples=["/var/log/nginx/access.log"]
    )
    account: AccountName = Field(description="The account that the service runs under.", examples=["www-data"])

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the configuration and whose the log is; the service must write to the log that is there."""
        require_up(self, driver, self.host, self.unit)
        held = self._held(driver)
        if held != self.log:
            raise nothing_to_break(self, f"{self.unit}: {held or '-'}")
        blocks, size = self._space(driver, "%b %S")
        if blocks * size > _LARGEST:
            raise nothing_to_break(self, f"{self.log} is on a file system of {blocks * size >> 20} MiB")
        owner, mode = driver.run(self.host, ("stat", "--format", "%u:%g %a", "--", self.log)).stdout.decode().split()
        kept = snapshot.take(driver, self.host, self.rotation).text()
        return {"rotation": kept, "owner": owner, "mode": mode}

    def inject(self, driver: LabDriver) -> None:
        """Change the configuration, rotate, and let the log that is gone grow until nothing is left."""
        before = driver.read(self.host, self.rotation).decode()
        after = self.edit.apply(before)
        if after == before:
            raise not_effective(self, f"nothing to change in {self.rotation}")
        driver.write(self.host, self.rotation, after.encode())
        driver.run(self.host, ("logrotate", "--force", self.rotation), check=False)
        if not self._held(driver).endswith(_GONE):
            raise not_effective(self, f"{self.unit}: {self._held(driver) or '-'}")
        file = f"/proc/{unit_state(driver, self.host, self.unit).pid}/fd/{self._descriptor(driver)}"
        free, size = self._space(driver, "%a %S")
        start = int(driver.run(self.host, self._as_account(driver, "stat", "-L", "--format=%s", file)).stdout)
        grow = ("fallocate", "--offset", str(start), "--length", str(free * size // 100 * _AT_ONCE), file)
        driver.run(self.host, self._as_account(driver, *grow), check=False)
        for block in ("64k", "512"):
            rest = ("dd", "if=/dev/zero", f"of={file}", f"bs={block}", "oflag=append", "conv=notrunc", "status=none")
            driver.run(self.host, self._as_account(driver, *rest), check=False, timeout=120)

    def verify(self, driver: LabDriver) -> None:
        """The service must hold a deleted file, and the account must not be able to write for want of space."""
        held = self._held(driver)
        path = f"{self.log}.write-test"
        argv = self._as_account(driver, "dd", "if=/dev/zero", f"of={path}", "bs=64k", "count=4", "status=none")
        done = driver.run(self.host, argv, check=False)
        driver.run(self.host, ("rm", "-f", "--", path))
        said = done.stderr.decode(errors="replace")
        if not held.endswith(_GONE) or "No space left on device" not in said:
            raise not_effective(self, f"{self.unit}: {held or '-'}; dd: {done.status} {said.strip()}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the configuration back, give the log to whom it belongs, and have the service open it again."""
        snapshot.put_back(driver, self.host, self.rotation, memento["rotation"])
        driver.run(self.host, ("chown", memento["owner"], "--", self.log), check=False)
        driver.run(self.host, ("chmod", memento["mode"], "--", self.log), check=False)
        restart_and_wait(driver, self.host, self.unit)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, {self.unit} écrivait toujours dans un journal effacé, et remplissait le disque.",
            en=f"On {self.host} {self.unit} still wrote to a log that had been deleted, and filled the disk.",
        )

    def _open_files(self, driver: LabDriver) -> dict[str, str]:
        """Return what the service's main process has open: number -> path; only its own account may look."""
        folder = f"/proc/{unit_state(driver, self.host, self.unit).pid}/fd"
        argv = self._as_account(driver, "find", folder, "-type", "l", "-printf", r"%f %l\n")
        lines = driver.run(self.host, argv, check=False).stdout.decode(errors="replace").splitlines()
        return {number: path for number, _, path in (line.partition(" ") for line in lines)}

    def _descriptor(self, driver: LabDriver) -> str:
        files = self._open_files(driver)
        return next((number for number, path in files.items() if path.startswith(self.log)), "")

    def _held(self, driver: LabDriver) -> str:
        return self._open_files(driver).get(self._descriptor(driver), "")

    def _space(self, driver: LabDriver, form: str) -> tuple[int, int]:
        """Return two numbers about the log's file system, as stat(1) prints them."""
        folder = self.log.rpartition("/")[0]
        argv = ("stat", "--file-system", "--format", form, "--", folder)
        first, second = driver.run(self.host, argv).stdout.split()
        return int(first), int(second)

    def _as_account(self, driver: LabDriver, *argv: str) -> tuple[str, ...]:
        return as_account(driver, self.host, self.account, "env", "LC_ALL=C", *argv)
