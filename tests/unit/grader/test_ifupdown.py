"""What a host brings up at its next boot, from its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from grader.ifupdown import ifupdown_interfaces, ifupdown_methods

FILE, FOLDER = "/etc/network/interfaces", "/etc/network/interfaces.d"


@dataclass(frozen=True)
class Entry:
    path: str
    kind: str = "file"


@dataclass(frozen=True)
class Files:
    """A host, as far as its files are looked at."""

    files: dict[str, str]

    def file(self, path: str) -> Any:  # noqa: ANN401 (stands for testinfra's)
        return Here(path, self.files)


@dataclass(frozen=True)
class Here:
    path: str
    files: dict[str, str]

    @property
    def exists(self) -> bool:
        return any(path.startswith(self.path) for path in self.files)

    @property
    def content_string(self) -> str:
        return self.files[self.path]

    def tree(self) -> tuple[Entry, ...]:
        return tuple(Entry(p.removeprefix(f"{self.path}/")) for p in self.files if p.startswith(f"{self.path}/"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("auto eth0\niface eth0 inet static\n  address 10.0.0.1/24\n", {"eth0": ["10.0.0.1"]}),
        ("auto lo eth0\niface lo inet loopback\niface eth0 inet dhcp\n", {"lo": ["loopback"], "eth0": ["dhcp"]}),
        ("iface eth0 inet dhcp\n", {}),
        ("# auto eth0\niface eth0 inet dhcp\n", {}),
        ("auto eth0\niface eth0 inet6 static\n address 2001:db8::1/64\n", {}),
        (
            "auto eth0\niface eth0 inet static\naddress 10.0.0.1\niface eth0 inet static\naddress 10.0.0.9/24\n",
            {"eth0": ["10.0.0.1", "10.0.0.9"]},
        ),
    ],
)
def test_what_is_brought_up(text: str, found: dict[str, list[str]]) -> None:
    assert ifupdown_interfaces(Files({FILE: text})) == found  # type: ignore[arg-type] # stands for testinfra's


def test_further_files_count() -> None:
    files = {FILE: "auto eth0\n", f"{FOLDER}/office": "iface eth0 inet static\n  address 10.0.0.1/24\n"}
    assert ifupdown_interfaces(Files(files)) == {"eth0": ["10.0.0.1"]}  # type: ignore[arg-type] # stands for testinfra's


@pytest.mark.parametrize(
    "line",
    ["source /root/old", "  source  old.d/*", "source-directory old.d", "source /etc/net*rk/interfaces.d/x /root/old"],
)
def test_what_is_taken_from_elsewhere_counts(line: str) -> None:
    static = "iface eth0 inet static\n  address 10.0.0.9/24\n"
    files = {FILE: f"auto eth0\niface eth0 inet dhcp\n{line}\n", "/root/old": static, "/etc/network/old.d/x": static}
    if "net*rk" in line:
        with pytest.raises(AssertionError, match=r"takes what it says from /etc/net\*rk"):
            ifupdown_methods(Files(files), "eth0")  # type: ignore[arg-type] # stands for testinfra's
    else:
        assert ifupdown_methods(Files(files), "eth0") == ["dhcp", "static"]  # type: ignore[arg-type]
        assert ifupdown_interfaces(Files(files)) == {"eth0": ["dhcp", "10.0.0.9"]}  # type: ignore[arg-type]


def test_files_that_name_each_other_end() -> None:
    files = {FILE: "source /root/a\n", "/root/a": f"source {FILE}\niface eth0 inet dhcp\n"}
    assert ifupdown_methods(Files(files), "eth0") == ["dhcp"]  # type: ignore[arg-type] # stands for testinfra's
