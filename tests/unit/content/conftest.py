"""A small content folder that is right, for tests to break, and the golden files of error texts."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from orchestrator.core.errors import BreakfixError
from orchestrator.loader import validation_cache
from orchestrator.loader.content import Content
from orchestrator.loader.files import files_below
from orchestrator.loader.validation_cache import _PROGRAM as PROGRAM

GOLDEN = Path(__file__).parents[2] / "golden" / "content"

LAB = """\
contract: 1
name: pair
title: {fr: Deux machines, en: Two machines}
summary: {fr: Un poste et un serveur, en: A workstation and a server}
domain: pair.example
segments:
  office:
    title: {fr: Bureau, en: Office}
    subnet: 192.168.10.0/24
  servers:
    title: {fr: Serveurs, en: Servers}
    subnet: 192.168.20.0/24
hosts:
  pc1:
    image: host
    title: {fr: Poste, en: Workstation}
    interfaces:
      eth0: {segment: office, address: dhcp}
  r1:
    image: router
    title: {fr: Routeur, en: Router}
    interfaces:
      eth0: {segment: office, address: 192.168.10.1}
      eth1: {segment: servers, address: 192.168.20.1}
      eth2: {segment: servers, address: none}
  web1:
    image: host
    title: {fr: Intranet, en: Intranet}
    interfaces:
      eth0: {segment: servers, address: 192.168.20.10}
    gateway: 192.168.20.1
    dns: [192.168.20.1]
    memory: 96M
    files:
      /etc/motd: {mode: "0600"}
ready:
  - host: web1
    run: [ping, -c1, "{{ lab.hosts.r1.address }}"]
    within: 20
"""

SCENARIO = """\
contract: 1
id: cable-out
title: {fr: Plus de réseau, en: No network}
competences: ["1.3", "1.1"]
lab: pair
kind: fault
difficulty: 1
minutes: 15
variables:
  user: {draw: person}
  office: {draw: choice, of: [Lyon, Brest]}
  stale: {draw: address, subnet: 192.168.10.0/24, first: 200, last: 220}
  desk: {draw: integer, low: 1, high: 40}
  secret: {draw: password}
faults:
  - one_of:
      unplugged:
        - fault: link-unplugged
          parameters: {host: pc1, interface: eth0}
      moved:
        - fault: link-segment
          parameters: {host: pc1, interface: eth0, segment: servers}
hints:
  - fr: Regardez le bureau {{ desk }}.
    en: Look at desk {{ desk }}.
"""

SOLUTION = """\
contract: 1
summary: {fr: Rebrancher, en: Plug it in again}
reference: true
steps:
  - tell: {fr: Le câble, en: The cable}
    when: cause == "unplugged"
    cable: {host: pc1, interface: eth0, plug: true}
  - tell: {fr: Le bon segment, en: The right segment}
    when: cause == "moved"
    cable: {host: pc1, interface: eth0, segment: office}
  - tell: {fr: "Prévenir {{ user.full }}", en: "Tell {{ user.full }}"}
    shell:
      host: pc1
      script: |
        ip -br address
        logger "{{ user.login }}"
"""

SHORTCUT = """\
contract: 1
summary: {fr: Adresse en dur, en: Hard-coded address}
steps:
  - tell: {fr: Une adresse, en: An address}
    file:
      host: pc1
      path: /etc/network/interfaces.d/eth0
      content: "{{ stale }}\\n"
"""

CHECKS = """\
from grader import check


@check("guard", points=2, fr="L'intranet répond.", en="The intranet answers.", host="web1")
def test_web(lab):
    assert lab.host("web1").service("nginx").is_running, "nginx does not run"
"""

SCENARIO_FOLDER = "scenarios/1.3-network-connection/cable-out"

FILES = {
    "images/base/image.yaml": """\
        contract: 1
        name: base
        bootstrap: debian
        summary: {fr: Racine, en: Root}
        """,
    "images/host/image.yaml": """\
        contract: 1
        name: host
        parent: base
        summary: {fr: Machine, en: Machine}
        memory: 160M
        """,
    "images/router/image.yaml": """\
        contract: 1
        name: router
        parent: host
        summary: {fr: Routeur, en: Router}
        capabilities: [NET_ADMIN]
        """,
    "images/base/Dockerfile": "FROM scratch\n",
    "images/host/Dockerfile": "FROM scratch\n",
    "images/router/Dockerfile": "FROM scratch\n",
    "labs/pair/lab.yaml": LAB,
    "labs/pair/files/web1/etc/motd.j2": "Welcome to {{ host.fqdn }}, {{ lab.segments.office.netmask }}\n",
    "labs/pair/files/_all/etc/issue": "Pair\n",
    "labs/pair/files/r1/etc/issue": "Router\n",
    "labs/pair/checks/test_healthy.py": CHECKS,
    f"{SCENARIO_FOLDER}/scenario.yaml": SCENARIO,
    f"{SCENARIO_FOLDER}/ticket.fr.md": "{{ user.full }} ({{ office }}) n'a plus de réseau.\n",
    f"{SCENARIO_FOLDER}/ticket.en.md": "{{ user.full }} ({{ office }}) has no network.\n",
    f"{SCENARIO_FOLDER}/debrief.fr.md": "Cause : {{ cause }}.\n",
    f"{SCENARIO_FOLDER}/debrief.en.md": "Cause: {{ cause }}.\n",
    f"{SCENARIO_FOLDER}/checks/test_network.py": CHECKS,
    f"{SCENARIO_FOLDER}/solutions/reference.yaml": SOLUTION,
    f"{SCENARIO_FOLDER}/shortcuts/hard-coded.yaml": SHORTCUT,
    f"{SCENARIO_FOLDER}/shortcuts/stale.yaml": SHORTCUT,
}


READY = {name: dedent(text).encode() for name, text in FILES.items()}
FOLDERS = sorted({str(above) for name in FILES for above in Path(name).parents})
"""The folders of these files, each after the one that it is in."""


class Folder:
    """A content root on disk, the working folder at the same time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in FOLDERS:
            os.makedirs(f"{root}/{name}", exist_ok=True)  # noqa: PTH103 (thousands of files: Path objects take longer)
        for name, data in READY.items():
            with open(f"{root}/{name}", "wb") as file:  # noqa: PTH123
                file.write(data)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that is in the file exactly once."""
        path = self.root / self.long(name)
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new))

    def remove(self, name: str) -> None:
        (self.root / self.long(name)).unlink()

    @staticmethod
    def long(name: str) -> str:
        """Return the path of a file of the scenario or of the lab, for short."""
        if name.startswith(("labs/", "images/", "scenarios/")):
            return name
        return f"labs/pair/{name}" if name == "lab.yaml" or name.startswith("files/") else f"{SCENARIO_FOLDER}/{name}"

    @property
    def content(self) -> Content:
        return Content((self.root,))


@cache
def program_files() -> tuple[Path, ...]:
    return files_below(PROGRAM)


@pytest.fixture(autouse=True)
def program_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for the program's own files once for all tests: none of these makes another one."""
    monkeypatch.setattr(
        validation_cache, "files_below", lambda folder: program_files() if folder == PROGRAM else files_below(folder)
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", f"{tmp_path}-state")
    return Folder(tmp_path)


def told(error: BreakfixError) -> str:
    """Return everything that an error tells, in both languages."""
    parts = [error.text.fr, error.text.en]
    if error.hint:
        parts += [error.hint.fr, error.hint.en]
    return "\n".join(parts) + "\n"


Golden = Callable[[str, BreakfixError], None]


@pytest.fixture
def golden() -> Golden:
    """Compare an error's texts with the golden file of a name; BREAKFIX_UPDATE_GOLDEN=1 writes it again."""

    def compare(name: str, error: BreakfixError) -> None:
        file = GOLDEN / f"{name}.txt"
        if os.environ.get("BREAKFIX_UPDATE_GOLDEN") == "1":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(told(error))
        assert told(error) == file.read_text()

    return compare
