"""Who has gained rights on a host, from what its files say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from grader.bilingual import text_of
from grader.rights import rights_gained
from orchestrator.fabric.fabric_interface import FileState


def entry(path: str, mode: int, kind: str = "file") -> FileState:
    return FileState(path=path, mode=mode, kind=kind)


@dataclass(frozen=True)
class File:
    content: str = ""
    image: str = "same"
    kind: str = "file"
    mode: int = 0o644
    names: tuple[str, ...] = ()
    entries: tuple[FileState, ...] = ()


def folder(*entries: FileState, mode: int = 0o755, names: tuple[str, ...] = ()) -> File:
    return File(kind="directory", mode=mode, names=names, entries=entries)


@dataclass
class Inspector:
    """What ``HostInspector`` says of a host's files."""

    files: dict[str, File] = field(default_factory=dict)

    def entries(self, paths: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        return tuple(self.files[path].names if path in self.files else () for path in paths)

    def compare(self, paths: Sequence[str]) -> dict[str, str]:
        return {path: self.files[path].image if path in self.files else "missing" for path in paths}

    def read(self, path: str) -> bytes | None:
        return self.files[path].content.encode() if path in self.files else None

    def writable(self, paths: Sequence[str]) -> tuple[tuple[FileState, tuple[FileState, ...]], ...]:
        seen = [self.files.get(path) for path in paths]
        return tuple(
            (FileState(kind=file.kind, mode=file.mode), tuple(e for e in file.entries if e.mode & 0o002))
            if file
            else (FileState(exists=False), ())
            for file in seen
        )


@dataclass
class Host:
    """A host of testinfra's, as far as it is asked."""

    inspector: Inspector

    @property
    def backend(self) -> Host:
        return self


GROUP = "root:x:0:\nsudo:x:27:technicien\nusers:x:100:croux\n"
PASSWD = "root:x:0:0:root:/root:/bin/bash\nshop:x:999:999::/:/bin/false\nsync:x:4:65534:sync:/bin:/bin/sync\n"


@pytest.fixture
def inspector() -> Inspector:
    etc = (entry("passwd", 0o644), entry("shadow", 0o640))
    return Inspector(
        {
            "/etc": folder(*etc),
            "/srv": folder(entry("socket", 0o666, "socket"), entry("exchange", 0o1777, "directory")),
            "/var/lib": folder(names=("dpkg", "kea")),
            "/var/lib/dpkg": folder(entry("lock", 0o666)),
            "/var/lib/kea": folder(entry("leases", 0o644)),
            "/etc/group": File(GROUP),
            "/etc/passwd": File(PASSWD),
            "/etc/sudoers": File("root ALL=(ALL) ALL"),
            "/etc/sudoers.d": File(names=("README",)),
            "/etc/sudoers.d/README": File(),
        }
    )


def told(inspector: Inspector) -> list[str]:
    return [text_of(finding).en for finding in rights_gained(Host(inspector))]  # type: ignore[arg-type] # testinfra's


def test_nobody_has_gained_anything(inspector: Inspector) -> None:
    assert told(inspector) == []
    inspector.files = {
        "/etc": folder(),
        "/etc/group": File(GROUP),
        "/etc/passwd": File(PASSWD),
    }  # sudo is not installed
    assert told(inspector) == []


@pytest.mark.parametrize(
    ("path", "file", "said"),
    [
        ("/etc/sudoers", File("%users ALL=(ALL) ALL", image="differs"), "/etc/sudoers grants what it did not"),
        ("/etc/sudoers.d/README", File(image="new"), "/etc/sudoers.d/README grants what it did not"),
        ("/etc/group", File(GROUP.replace("0:\n", "0:shop\n")), "shop in the group root"),
        ("/etc/group", File(GROUP.replace("technicien", "technicien,croux")), "croux in the group sudo"),
        ("/etc/group", File(f"{GROUP}  sudo:x:27:croux\n"), "croux in the group sudo"),
        ("/etc/group", File(f"{GROUP}helpers:x:42:croux\n"), "croux in the group helpers"),
        ("/etc/passwd", File(PASSWD.replace("999:999", "0:999")), "the account shop is root's or of a powerful group"),
        ("/etc/passwd", File(PASSWD.replace("999:999", "999:0")), "the account shop is root's or of a powerful group"),
        ("/etc/passwd", File(f"{PASSWD}\tshop2:x:0:0\n"), "the account shop2 is root's or of a powerful group"),
        ("/etc", folder(entry("kea", 0o777, "directory")), "everybody may write /etc/kea"),
        ("/srv", folder(entry("report", 0o1666)), "everybody may write /srv/report"),
        ("/srv", folder(mode=0o777), "everybody may write /srv"),
        ("/var/lib/kea", folder(entry("leases", 0o666)), "everybody may write /var/lib/kea/leases"),
    ],
)
def test_what_gives_rights_is_named(inspector: Inspector, path: str, file: File, said: str) -> None:
    inspector.files[path] = file
    assert told(inspector) == [said]


def test_a_labs_own_administrators_may_be_powerful(inspector: Inspector) -> None:
    inspector.files["/etc/group"] = File(GROUP.replace("technicien", "netadmin"))
    assert told(inspector) == ["netadmin in the group sudo"]
    assert rights_gained(Host(inspector), ("netadmin",)) == []  # type: ignore[arg-type] # testinfra's
