"""Who has gained rights on a host, from what its files say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from grader.bilingual import text_of
from grader.rights import rights_gained


@dataclass(frozen=True)
class Entry:
    path: str
    mode: int
    kind: str = "file"


@dataclass(frozen=True)
class File:
    content_string: str = ""
    exists: bool = True
    is_the_images: bool = True
    is_directory: bool = False
    mode: int = 0o755
    names: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()

    def listdir(self) -> list[str]:
        return list(self.names)

    def tree(self) -> tuple[Entry, ...]:
        return self.entries


def folder(*entries: Entry, mode: int = 0o755, names: tuple[str, ...] = ()) -> File:
    return File(is_directory=True, mode=mode, names=names, entries=entries)


@dataclass
class Host:
    files: dict[str, File] = field(default_factory=dict)

    def file(self, path: str) -> File:
        return self.files.get(path, File(exists=False))


GROUP = "root:x:0:\nsudo:x:27:technicien\nusers:x:100:croux\n"
PASSWD = "root:x:0:0:root:/root:/bin/bash\nshop:x:999:999::/:/bin/false\nsync:x:4:65534:sync:/bin:/bin/sync\n"


@pytest.fixture
def host() -> Host:
    etc = (Entry("passwd", 0o644), Entry("mtab", 0o777, "symlink"), Entry("shadow", 0o640))
    return Host(
        {
            "/etc": folder(*etc),
            "/srv": folder(Entry("socket", 0o666, "socket"), Entry("exchange", 0o1777, "directory")),
            "/var/lib": folder(names=("dpkg", "kea")),
            "/var/lib/dpkg": folder(Entry("lock", 0o666)),
            "/var/lib/kea": folder(Entry("leases", 0o644)),
            "/etc/group": File(GROUP),
            "/etc/passwd": File(PASSWD),
            "/etc/sudoers": File("root ALL=(ALL) ALL"),
            "/etc/sudoers.d": File(names=("README",)),
            "/etc/sudoers.d/README": File(),
        }
    )


def told(host: Any) -> list[str]:  # noqa: ANN401 (stands for testinfra's)
    return [text_of(finding).en for finding in rights_gained(host)]


def test_nobody_has_gained_anything(host: Host) -> None:
    assert told(host) == []
    host.files = {"/etc": folder(), "/etc/group": File(GROUP), "/etc/passwd": File(PASSWD)}  # sudo is not installed
    assert told(host) == []


@pytest.mark.parametrize(
    ("path", "file", "said"),
    [
        ("/etc/sudoers", File("%users ALL=(ALL) ALL", is_the_images=False), "/etc/sudoers grants what it did not"),
        ("/etc/sudoers.d/README", File(is_the_images=False), "/etc/sudoers.d/README grants what it did not"),
        ("/etc/group", File(GROUP.replace("0:\n", "0:shop\n")), "shop in the group root"),
        ("/etc/group", File(GROUP.replace("technicien", "technicien,croux")), "croux in the group sudo"),
        ("/etc/group", File(f"{GROUP}  sudo:x:27:croux\n"), "croux in the group sudo"),
        ("/etc/group", File(f"{GROUP}helpers:x:42:croux\n"), "croux in the group helpers"),
        ("/etc/passwd", File(PASSWD.replace("999:999", "0:999")), "the account shop is root's or of a powerful group"),
        ("/etc/passwd", File(PASSWD.replace("999:999", "999:0")), "the account shop is root's or of a powerful group"),
        ("/etc/passwd", File(f"{PASSWD}\tshop2:x:0:0\n"), "the account shop2 is root's or of a powerful group"),
        ("/etc", folder(Entry("kea", 0o777, "directory")), "everybody may write /etc/kea"),
        ("/srv", folder(Entry("report", 0o1666)), "everybody may write /srv/report"),
        ("/srv", folder(mode=0o777), "everybody may write /srv"),
        ("/var/lib/kea", folder(Entry("leases", 0o666)), "everybody may write /var/lib/kea/leases"),
    ],
)
def test_what_gives_rights_is_named(host: Host, path: str, file: File, said: str) -> None:
    host.files[path] = file
    assert told(host) == [said]


def test_a_labs_own_administrators_may_be_powerful(host: Host) -> None:
    host.files["/etc/group"] = File(GROUP.replace("technicien", "netadmin"))
    assert told(host) == ["netadmin in the group sudo"]
    assert rights_gained(host, ("netadmin",)) == []  # type: ignore[arg-type] # stands for testinfra's
