"""Faults that trainers and installed packages bring: found by looking, refused with their place when wrong."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from orchestrator.core.errors import ContentError, UsageError
from orchestrator.faults.discovery import discover, read, require_sound
from orchestrator.faults.library.network.link import LinkUnplugged
from orchestrator.faults.registry import fault_class, fault_classes, make_fault, problems_of
from orchestrator.model.scenario import FaultSpec

FAULT = '''\
"""Faults of printers."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.faults import Fault, HostName, LabDriver, Memento, Text


class PrinterOffline(Fault):
    """A printer is offline: nothing is printed."""

    name: ClassVar[str] = "printer-offline"

    host: HostName = Field(description="The print server.")
    level: int = 1

    def inject(self, driver: LabDriver) -> None:
        driver.run(self.host, ("cupsdisable", "laser"))

    def verify(self, driver: LabDriver) -> None:
        driver.run(self.host, ("lpstat", "-p", "laser"))

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        driver.run(self.host, ("cupsenable", "laser"))

    def explain(self) -> Text:
        return Text(fr=f"{self.host} : hors ligne", en=f"{self.host}: offline")
'''


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A content root with one fault, the working folder at the same time."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "printer.py", FAULT)
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / "faults" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(text))


def told(*roots: Path) -> list[str]:
    with pytest.raises(ContentError) as raised:
        require_sound(roots)
    return [f"{problem.place}: {problem.text.en}" for problem in raised.value.problems]


def test_a_fault_of_a_content_root_is_one_like_the_others(root: Path) -> None:
    require_sound([root])
    assert set(fault_classes([root])) == {*fault_classes(), "printer-offline"}
    assert list(fault_classes([root])) == sorted(fault_classes([root]))
    found = discover([root]).faults["printer-offline"]
    assert (str(found.place), found.root) == ("faults/printer.py:12", root)
    fault = make_fault(FaultSpec(fault="printer-offline", parameters={"host": "srv1"}), [root])
    assert fault.explain().en == "srv1: offline"
    assert fault.model_dump() == {"host": "srv1", "level": 1}


def test_its_parameters_are_checked(root: Path) -> None:
    (problem,) = problems_of(
        FaultSpec(fault="printer-offline", parameters={"host": "srv1", "level": "high"}), roots=[root]
    )
    assert problem.text.en.startswith("printer-offline: level: ")
    (problem,) = problems_of(FaultSpec(fault="printer-ofline"), roots=[root])
    assert "printer-offline" in problem.text.en


def test_without_its_root_it_is_unknown(root: Path) -> None:
    assert "printer-offline" in fault_classes([root])
    with pytest.raises(UsageError, match="Unknown fault: 'printer-offline'"):
        fault_class("printer-offline")


def test_nothing_is_written_beside_a_trainers_files(root: Path) -> None:
    fault_classes([root])
    assert sorted(path.name for path in root.rglob("*")) == ["faults", "printer.py"]


def test_a_change_is_seen(root: Path) -> None:
    first = fault_class("printer-offline", [root])
    assert fault_class("printer-offline", [root]) is first
    path = root / "faults" / "printer.py"
    path.write_text(FAULT.replace("printer-offline", "printer-gone"))
    os.utime(path, ns=(1, 1))
    assert "printer-gone" in fault_classes([root])
    assert "printer-offline" not in fault_classes([root])


LINK = "from orchestrator.faults.library.network.link import LinkUnplugged"
INTERNAL = 'is internal to the program; write "from orchestrator.faults import …"'
PRIVATE = {
    LINK: f'"orchestrator.faults.library.network.link" {INTERNAL}',
    "import grader.mail": f'"grader.mail" {INTERNAL}',
    "import orchestrator.faults": 'write "from orchestrator.faults import …"',
    "from orchestrator.faults import *": 'name what you take from "orchestrator.faults"',
    "from orchestrator import faults": f'"orchestrator" {INTERNAL}',
    "from orchestrator.faults import waitforeffect": '"orchestrator.faults" has no "waitforeffect"; did you mean '
    '"wait_for_effect"?',
}


@pytest.mark.parametrize("line", PRIVATE)
def test_a_fault_imports_what_is_offered_and_nothing_else_of_the_program(root: Path, line: str) -> None:
    """By running the module, and by reading it; what cannot be imported at all is told once more when it is run."""
    write(root, "printer.py", FAULT.replace("from typing import ClassVar\n", f"from typing import ClassVar\n{line}\n"))
    expected = f"faults/printer.py:6: {PRIVATE[line]}"
    assert [str(problem.place) + ": " + problem.text.en for problem in read([root]).problems] == [expected]
    assert told(root)[0] == expected


def test_a_class_that_is_imported_counts_once(root: Path) -> None:
    write(
        root,
        "other.py",
        FAULT.replace("from typing import ClassVar\n", f"{LINK}\nfrom typing import ClassVar\n").replace(
            "-offline", "-dead"
        ),
    )
    assert discover([root]).clashes == {}
    assert fault_class("link-unplugged", [root]) is LinkUnplugged


def test_a_base_class_begins_with_an_underscore(root: Path) -> None:
    base = FAULT.replace("PrinterOffline(Fault)", "_Printer(Fault)").replace("    def explain", "    def _explain")
    write(root, "printer.py", base)
    assert told(root) == [
        "faults/printer.py: this file has no fault: it needs a class derived from Fault",
    ]


def test_two_faults_of_one_name_are_refused_with_both_places(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    write(other, "again.py", FAULT)
    (line,) = told(root, other)
    assert line.startswith(f"{other}/faults/again.py:12: ")
    assert 'the fault "printer-offline" also exists in faults/printer.py:12' in line
    write(root, "printer.py", FAULT.replace("printer-offline", "link-unplugged"))
    (line,) = told(root)
    assert line.startswith("faults/printer.py:12: ")
    assert "also exists in orchestrator.faults.library.network.link" in line
    with pytest.raises(UsageError, match=r'faults/printer.py:12: the fault "link-unplugged" also exists in'):
        fault_class("link-unplugged", [root])
    (problem,) = problems_of(FaultSpec(fault="link-unplugged", parameters={"host": "pc1"}), roots=[root])
    assert "also exists in" in problem.text.en
    assert fault_class("link-unplugged") is LinkUnplugged, "without that root it is the library's"


MISTAKES = {
    "syntax": (FAULT.replace("level: int = 1", "level: int ="), "faults/printer.py:18:17: invalid Python: "),
    "import": (
        FAULT.replace("from pydantic", "from pydantik"),
        "faults/printer.py:7: this module cannot be imported: ModuleNotFoundError: No module named 'pydantik'",
    ),
    "raises": (FAULT + "\n\n1 / 0\n", "faults/printer.py:33: this module cannot be imported: ZeroDivisionError"),
    "exits": (
        FAULT + "\n\nraise SystemExit\n",
        "faults/printer.py:33: this module cannot be imported: SystemExit",
    ),
    "name": (
        FAULT.replace('    name: ClassVar[str] = "printer-offline"\n', ""),
        "faults/printer.py:12: the class PrinterOffline has no fault name",
    ),
    "name-form": (
        FAULT.replace("printer-offline", "Printer Offline"),
        "faults/printer.py:12: the class PrinterOffline has no fault name",
    ),
    "docstring": (
        FAULT.replace('    """A printer is offline: nothing is printed."""\n', ""),
        "faults/printer.py:12: the class PrinterOffline has no docstring",
    ),
    "explain": (
        FAULT.replace("def explain", "def explains").replace("def revert", "def reverts"),
        "faults/printer.py:12: the class PrinterOffline has no explain(), revert()",
    ),
    "nothing": ("X = 1\n", "faults/printer.py: this file has no fault"),
    "nul": ("X = '\0'\n", "faults/printer.py:1: invalid Python: "),
    "latin-1": ("# \udce9\n", "faults/printer.py:1: this is not UTF-8"),
    "huge": ("#" * (2 << 20), "faults/printer.py: this file has 2.0 MiB; the limit is 1 MiB"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place(root: Path, mistake: str) -> None:
    text, expected = MISTAKES[mistake]
    (root / "faults" / "printer.py").write_bytes(text.encode(errors="surrogateescape"))
    (line,) = told(root)
    assert line.startswith(expected)
    assert set(fault_classes([root])) == set(fault_classes())
    seen = [f"{problem.place}: {problem.text.en}" for problem in read([root]).problems]
    assert seen == ([] if "cannot be imported" in expected else [line]), "what is told without running it"


def test_all_mistakes_of_all_files_are_told_at_once(root: Path) -> None:
    write(root, "a.py", MISTAKES["import"][0])
    write(root, "b.py", MISTAKES["explain"][0].replace('    name: ClassVar[str] = "printer-offline"\n', ""))
    lines = told(root)
    assert [line.partition(": ")[0] for line in lines] == ["faults/a.py:7", "faults/b.py:12", "faults/b.py:12"]
    assert "printer-offline" in fault_classes([root])


def test_a_link_out_of_the_root_is_not_followed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "evil.py"
    outside.write_text("raise RuntimeError('run')\n")
    (root / "faults" / "evil.py").symlink_to(outside)
    (root / "faults" / "lost.py").symlink_to("nowhere.py")
    lines = told(root)
    assert len(lines) == 2
    assert "this symbolic link leaves the folder" in lines[0]
    assert "leads nowhere" in lines[1]


def test_an_unknown_fault_names_the_modules_that_cannot_be_read(root: Path) -> None:
    write(root, "printer.py", MISTAKES["import"][0])
    with pytest.raises(UsageError) as raised:
        make_fault(FaultSpec(fault="printer-offline"), [root])
    assert "fault modules to repair: faults/printer.py:7: this module cannot be imported: " in raised.value.text.en


# Installed packages ---------------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with entry points, each a module of faults."""
    monkeypatch.syspath_prepend(str(tmp_path))
    info = tmp_path / "printing-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: printing\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[breakfix.faults]\nmodule = printing_faults\nclass = printing_more:PrinterOffline\n"
        "broken = printing_lost\nwrong = printing_faults:Text\n"
    )
    (tmp_path / "printing_faults.py").write_text(FAULT)
    (tmp_path / "printing_more.py").write_text(FAULT.replace("printer-offline", "printer-gone"))
    importlib.invalidate_caches()
    _forget()
    yield
    _forget()
    for name in ("printing_faults", "printing_more"):
        sys.modules.pop(name, None)


def _forget() -> None:
    from orchestrator.faults import discovery  # noqa: PLC0415

    discovery._discover.cache_clear()
    discovery._read.cache_clear()


@pytest.mark.usefixtures("package")
def test_installed_packages_bring_faults() -> None:
    assert {"printer-offline", "printer-gone"} <= set(fault_classes())
    found = discover()
    assert str(found.faults["printer-offline"].place) == "printing (module = printing_faults)"
    assert [f"{problem.place}: {problem.text.en}" for problem in found.problems] == [
        "printing (broken = printing_lost): this module cannot be imported: ModuleNotFoundError: "
        "No module named 'printing_lost'",
        "printing (wrong = printing_faults:Text): this is no fault class, and no module of them",
    ]
