"""Faults of a small file system: no space left, or no inode left, again after each reboot; a home that fills it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break
from orchestrator.faults.library.system.as_account import as_account
from orchestrator.faults.library.system.units import UnitName, reload_units, unit_state
from orchestrator.model.base import AbsolutePath, AccountName, HostName

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]*[A-Za-z0-9_-]$", max_length=80)]
"""The name of a file in its folder."""

_LARGEST = 256 << 20
"""Bytes of the largest file system that is filled: never the machine's own disk."""
_MOST_INODES = 1 << 16
"""Inodes of the largest file system whose inodes are used up."""
_OF_MEMORY = 0.6
"""The part of a host's memory that the content of a file system in memory may take."""


@dataclass(frozen=True)
class _Space:
    """A file system's size and what is free of it: bytes, and inodes (0: without limit)."""

    kind: str
    bytes: int
    free: int
    inodes: int
    free_inodes: int

    @classmethod
    def of(cls, driver: LabDriver, host: str, path: str) -> _Space:
        argv = ("stat", "--file-system", "--format", "%T|%S|%b|%a|%c|%d", "--", path)
        kind, *numbers = driver.run(host, argv).stdout.decode().strip().split("|")
        block, blocks, free, inodes, free_inodes = map(int, numbers)
        return cls(kind, block * blocks, block * free, inodes, free_inodes)


class _Filled(Fault):
    """A file system that a forgotten service fills at each boot."""

    host: HostName = Field(description="The host that is broken.")
    folder: AbsolutePath = Field(
        description="A folder that is a small file system of its own: `df` shows it, such as /tmp or /run/lock.",
        examples=["/run/lock"],
    )
    unit: UnitName = Field(
        default="report-cache.service", description="The name of the service that fills it; the host must not have it."
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing; the file system must be small enough, and the host without such a service."""
        state = unit_state(driver, self.host, self.unit)
        if state.load != "not-found":
            raise nothing_to_break(self, f"{self.unit}: {state}")
        space = _Space.of(driver, self.host, self.folder)
        memory = next((h.memory for h in driver.plan.hosts if h.name == self.host), None)
        if space.bytes > _LARGEST:
            raise nothing_to_break(self, f"{self.folder} is on a file system of {space.bytes >> 20} MiB")
        if space.kind == "tmpfs" and memory is not None and self.needs(space) > memory * _OF_MEMORY:
            raise nothing_to_break(
                self,
                f"{self.folder} is in memory and would need {self.needs(space) >> 20} MiB of the host's "
                f"{memory >> 20} MiB: give the host more in lab.yaml",
            )
        return {}

    def inject(self, driver: LabDriver) -> None:
        """Install the service, which fills the file system now and at each boot."""
        text = (
            "[Unit]\nDescription=Report cache\n\n"
            "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
            f'ExecStartPre=/bin/mkdir -p "{self._files}"\n'
            f"ExecStart=-{self.command()}\n\n"
            "[Install]\nWantedBy=multi-user.target\n"
        )
        driver.write(self.host, self._unit_file, text.encode(), mode="0644")
        reload_units(driver, self.host)
        driver.run(self.host, ("systemctl", "enable", "--", self.unit))
        driver.run(self.host, ("systemctl", "start", "--", self.unit), timeout=120)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Remove the service and what it wrote."""
        driver.run(self.host, ("systemctl", "disable", "--now", "--", self.unit), check=False)
        driver.run(self.host, ("rm", "-rf", "--", self._unit_file, self._files))
        reload_units(driver, self.host)
        driver.run(self.host, ("systemctl", "reset-failed", "--", self.unit), check=False)

    @abstractmethod
    def needs(self, space: _Space) -> int:
        """Return about how many bytes of memory the fault takes on a file system in memory."""

    @abstractmethod
    def command(self) -> str:
        """Return the command that fills the file system, as a unit states it."""

    @property
    def _unit_file(self) -> str:
        return f"/etc/systemd/system/{self.unit}"

    @property
    def _files(self) -> str:
        return f"{self.folder.rstrip('/')}/{self.unit.rpartition('.')[0]}"

    def _try(self, driver: LabDriver) -> tuple[int, str]:
        """Write 4 KiB as any program does; return status and complaint."""
        path = f"{self.folder.rstrip('/')}/.write-test"
        argv = ("env", "LC_ALL=C", "dd", "if=/dev/zero", f"of={path}", "bs=4096", "count=1", "status=none")
        done = driver.run(self.host, argv, check=False)
        driver.run(self.host, ("rm", "-f", "--", path))
        return done.status, done.stderr.decode(errors="replace")


class DiskFull(_Filled):
    """A small file system is full: every write there ends with "No space left on device".

    A forgotten service (`unit`) writes a large file at each boot, so deleting the file lasts until the next one only.
    The trainee sees 100 % in `df`, the file with `du`, and the service that makes it. `folder` must be a small file
    system of its own; in memory, as /tmp is, its size counts as the host's memory. The machine's own disk is refused.
    """

    name: ClassVar[str] = "disk-full"

    def needs(self, space: _Space) -> int:
        """Return the free bytes."""
        return space.free

    def command(self) -> str:
        """Return a command that writes zeros until nothing more fits."""
        return f'/bin/dd if=/dev/zero "of={self._files}/report-0001.tmp" bs=64k status=none'

    def verify(self, driver: LabDriver) -> None:
        """A write must fail for want of space, not of inodes."""
        status, complaint = self._try(driver)
        space = _Space.of(driver, self.host, self.folder)
        if status == 0 or "No space left on device" not in complaint or space.free:
            raise not_effective(self, f"{space}; dd: {status} {complaint.strip()}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, {self.folder} était plein : {self.unit} y écrivait à chaque démarrage.",
            en=f"On {self.host} {self.folder} was full: {self.unit} wrote there at each boot.",
        )


class DiskInodesExhausted(_Filled):
    """A small file system has no inode left: "No space left on device" although `df` shows free space.

    A forgotten service (`unit`) makes thousands of empty files at each boot. The trainee sees the reason in `df -i`
    only. `folder` must be a file system with a limited number of inodes (at most 65536): /tmp and /run/lock are.
    """

    name: ClassVar[str] = "disk-inodes-exhausted"

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing; the file system must have a limited number of inodes."""
        space = _Space.of(driver, self.host, self.folder)
        if not 0 < space.inodes <= _MOST_INODES:
            raise nothing_to_break(self, f"{self.folder} has {space.inodes} inodes")
        return super().remember(driver)

    def needs(self, space: _Space) -> int:
        """Return the kernel's memory for so many files: some 1 KiB each."""
        return space.free_inodes << 10

    def command(self) -> str:
        """Return a command that makes empty files until no more is possible."""
        return f'/bin/sh -c \'n=0; while : >"$$0/session-$$n"; do n=$$((n+1)); done\' "{self._files}"'

    def verify(self, driver: LabDriver) -> None:
        """A write must fail although there is free space."""
        status, complaint = self._try(driver)
        space = _Space.of(driver, self.host, self.folder)
        if status == 0 or "No space left on device" not in complaint or space.free_inodes or not space.free:
            raise not_effective(self, f"{space}; dd: {status} {complaint.strip()}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, {self.folder} n'avait plus d'inode libre : {self.unit} y créait des fichiers vides.",
            en=f"On {self.host} {self.folder} had no free inode left: {self.unit} filled it with empty files.",
        )


class HomeFilled(Fault):
    """Files that nobody needs, in an account's home, have filled the disk: nobody can save anything.

    The trainee sees 100 % in `df`, and with `du` in whose home it is. The files have a size and no content of their
    own. The host needs a small disk (`disk:` in lab.yaml, at most 256M): that is what is filled.
    """

    name: ClassVar[str] = "home-filled"

    host: HostName = Field(description="The host that is broken.")
    account: AccountName = Field(description="The account whose files they are.")
    folder: AbsolutePath = Field(
        description="The folder of the files, which the account makes if there is none.",
        examples=["/home/technicien/.local/share/Trash/files"],
    )
    files: tuple[FileName, ...] = Field(
        min_length=1, max_length=20, description="Their names; each gets an equal part.", examples=[["film.mp4"]]
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep whether the folder was there; the disk must be small enough, and the files not there."""
        space = _Space.of(driver, self.host, "/")
        if space.bytes > _LARGEST:
            raise nothing_to_break(self, f"the disk of {self.host} has {space.bytes >> 20} MiB")
        for path in self._paths:
            if driver.run(self.host, ("test", "-e", path), check=False).status == 0:
                raise nothing_to_break(self, f"{path} is there")
        kept = snapshot.take(driver, self.host, self.folder)
        return {"parent": kept.parent} if kept.kind == "absent" else {}

    def inject(self, driver: LabDriver) -> None:
        """Make the files, as the account, until nothing is left.

        It has logged in before, as whoever fills a home has: logind makes its folder at the first login of a boot, and
        where it cannot, for want of space, each login waits 25 s for it.
        """
        driver.run(self.host, ("runuser", "-l", self.account, "-c", "true"))
        driver.run(self.host, self._as_account(driver, "mkdir", "-p", "--", self.folder))
        for number, path in enumerate(self._paths):
            free = _Space.of(driver, self.host, "/").free
            size = free // (len(self.files) - number)
            driver.run(self.host, self._as_account(driver, "fallocate", "--length", str(size), path), check=False)
        rest = self._as_account(driver, "dd", "if=/dev/zero", f"of={self._paths[-1]}", "bs=4096", "oflag=append")
        driver.run(self.host, (*rest, "conv=notrunc", "status=none"), check=False)

    def verify(self, driver: LabDriver) -> None:
        """A write of the account's must fail for want of space."""
        path = f"{self.folder}/.write-test"
        argv = self._as_account(driver, "dd", "if=/dev/zero", f"of={path}", "bs=64k", "count=1", "status=none")
        done = driver.run(self.host, argv, check=False)
        driver.run(self.host, ("rm", "-f", "--", path))
        said = done.stderr.decode(errors="replace")
        if done.status == 0 or "No space left on device" not in said:
            raise not_effective(self, f"{_Space.of(driver, self.host, '/')}; dd: {done.status} {said.strip()}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Remove the files, and the folder if it was made for them."""
        driver.run(self.host, ("rm", "-f", "--", *self._paths))
        if parent := memento.get("parent"):
            driver.run(self.host, ("find", parent, "-depth", "-type", "d", "-empty", "-delete"), check=False)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, ce qui s'était accumulé dans {self.folder} remplissait le disque.",
            en=f"On {self.host} what had piled up in {self.folder} filled the disk.",
        )

    @property
    def _paths(self) -> tuple[str, ...]:
        return tuple(f"{self.folder.rstrip('/')}/{name}" for name in self.files)

    def _as_account(self, driver: LabDriver, *argv: str) -> tuple[str, ...]:
        return as_account(driver, self.host, self.account, "env", "LC_ALL=C", *argv)
