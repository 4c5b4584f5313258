from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.images import machine_apt
from orchestrator.images.context import ContextEntry
from orchestrator.images.machine_apt import MachineApt, of_this_machine, parse_settings, parse_sources

DUMP = """\
APT "";
Acquire::Check-Valid-Until "false";
Acquire::http::Proxy "http://proxy.school:3128";
Acquire::http::Proxy::mirror.school "DIRECT";
Acquire::Languages "none";
"""

DEB822 = """\
# Debian
Types: deb deb-src
URIs: http://mirror.school/debian
# a remark between fields
Suites: bookworm
 bookworm-updates
Components: main non-free-firmware

Enabled: no
Types: deb
URIs: http://off.school/debian
Suites: bookworm
Components: main
"""

ONE_LINE = """\
# deb http://remark.school/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.school/debian/ bookworm main contrib
deb-src http://mirror.school/debian bookworm main
deb http://mirror.school/debian-security bookworm-security main
"""


def machine(root: Path, monkeypatch: pytest.MonkeyPatch, *, dump: str = "", **files: str) -> MachineApt:
    monkeypatch.setattr(machine_apt, "_apt_config", lambda: dump)
    (root / "etc/apt/sources.list.d").mkdir(parents=True)
    for name, text in files.items():
        paths = {"release": "os-release", "one_line": "apt/sources.list", "deb822": "apt/sources.list.d/d.sources"}
        (root / "etc" / paths[name]).write_text(text)
    return of_this_machine({}, root)


def test_settings_are_read() -> None:
    assert dict(parse_settings(DUMP))["Acquire::Check-Valid-Until"] == "false"


def test_both_formats_of_sources_are_read() -> None:
    mirror = "http://mirror.school/debian"
    assert list(parse_sources(DEB822)) == [
        (mirror, suite, component)
        for suite in ("bookworm", "bookworm-updates")
        for component in ("main", "non-free-firmware")
    ]
    assert list(parse_sources(ONE_LINE)) == [
        (f"{mirror}/", "bookworm", "main"),
        (f"{mirror}/", "bookworm", "contrib"),
        (f"{mirror}-security", "bookworm-security", "main"),
    ]


def test_a_debians_mirror_proxies_and_checks_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = machine(tmp_path, monkeypatch, dump=DUMP, release='NAME="D"\nID=debian\n', one_line=ONE_LINE)
    assert found.mirror == "http://mirror.school/debian"
    assert found.security == "http://mirror.school/debian-security"
    assert found.options == {"Acquire::Check-Valid-Until": "false"}
    assert found.proxies == {"http_proxy": "http://proxy.school:3128", "no_proxy": "mirror.school"}


@pytest.mark.parametrize(
    ("release", "source"),
    [
        ("ID=ubuntu\nID_LIKE=debian\n", "deb http://mirror.school/debian noble main"),
        ("ID=debian\n", "deb file:/srv/debian trixie main"),
        ("ID=debian\n", "deb http://user:secret@mirror.school/debian trixie main"),
        ("ID=debian\n", "deb http://packages.example/tool stable main"),
    ],
)
def test_else_debians_own_mirrors_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str, source: str
) -> None:
    assert machine(tmp_path, monkeypatch, release=release, one_line=source) == MachineApt()


def test_the_environments_proxy_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_apt, "_apt_config", lambda: DUMP)
    found = of_this_machine({"HTTP_PROXY": "http://other:8080"}, tmp_path)
    assert found.proxies["http_proxy"] == "http://other:8080"


DOCKERFILE = """\
ARG PARENT
FROM ${PARENT} AS first
RUN echo 'SELECT 1 \\
FROM table'
FROM first
USER nobody
"""


def context(text: str = DOCKERFILE) -> tuple[ContextEntry, ...]:
    return (ContextEntry("Dockerfile", executable=False, link=False, content=text.encode()),)


def test_a_machine_without_settings_changes_nothing() -> None:
    assert MachineApt(proxies={"http_proxy": "http://p"}).prepared(context()) == context()


def test_settings_come_with_each_stage_and_go_at_the_end() -> None:
    apt = MachineApt(options={"Acquire::Check-Valid-Until": "false"}, mirror="http://mirror.school/debian")
    files = {entry.path: entry.content.decode() for entry in apt.prepared(context())}
    lines = files.pop("Dockerfile").splitlines()
    assert [number for number, line in enumerate(lines) if line == "COPY .build-machine/ /"] == [2, 6]
    removal = "RUN rm -f /etc/apt/build-machine.list /etc/apt/apt.conf.d/99build-machine"
    assert lines[-3:] == ["USER root", removal, "USER nobody"]
    assert {f"/{path.removeprefix('.build-machine/')}" for path in files} == set(removal.split()[3:])
    configuration = files[".build-machine/etc/apt/apt.conf.d/99build-machine"]
    assert 'Acquire::Check-Valid-Until "false";' in configuration
    assert 'Dir::Etc::SourceList "/etc/apt/build-machine.list";' in configuration
