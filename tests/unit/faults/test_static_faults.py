"""What fault modules state is read as their running would tell it, and nothing of them is run."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from textwrap import dedent

import pytest

import orchestrator.faults.library
from orchestrator.core.errors import Problem
from orchestrator.faults.discovery import discover, read
from orchestrator.faults.registry import explanation, fault_class, fault_classes, problems_of, require_faults
from orchestrator.faults.static_faults import StaticFault, static_faults_in
from orchestrator.model.scenario import FaultSpec

pytestmark = pytest.mark.slow

HEAD = """\
from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from orchestrator.faults import Fault, HostName, LabDriver, Memento, Text
from orchestrator.faults.library.network.link import LinkUnplugged

from elsewhere import Mixin, Paper


class _Printing(Fault):
    def inject(self, driver): ...
    def verify(self, driver): ...
    def revert(self, driver, memento): ...
    def explain(self): ...


"""


def stated(body: str) -> list[StaticFault]:
    return list(static_faults_in(ast.parse(HEAD + dedent(body))))


def fits(one: StaticFault, **parameters: object) -> bool:
    try:
        one.parameters.model_validate(parameters)
    except ValueError:
        return False
    return True


def test_each_fault_of_the_library_is_read_as_it_is() -> None:
    """The library is read like a trainer's folder: name, documentation, required and known parameters agree."""
    folder = Path(orchestrator.faults.library.__path__[0])
    seen = {one.name: one for path in folder.rglob("*.py") for one in static_faults_in(ast.parse(path.read_text()))}
    for name, kind in fault_classes().items():
        one, fields = seen[name], kind.model_fields
        assert (one.title, one.docstring, one.missing) == (kind.__name__, inspect.getdoc(kind), ()), name
        assert set(one.parameters.model_fields) == set(fields), name
        required = {field for field, info in fields.items() if info.is_required()}
        assert {f for f, info in one.parameters.model_fields.items() if info.is_required()} == required, name


def test_parameters_are_understood_where_they_are_written_as_usual() -> None:
    (one,) = stated("""
        class Jam(_Printing):
            '''Paper is stuck.

            In the tray.
            '''

            name: ClassVar[str] = "paper-jam"
            _kept: int = 0
            host: HostName = Field(description="The server.")
            tray: Literal["upper", "lower"]
            sheets: int = Field(ge=1, le=9)
            sort: str | None = None
            weight: "float" = Field(default=80.0)
            note: Annotated[str, Field(max_length=3)] = Field("none")
            must: str = Field(..., min_length=2)
            colours: list[str] = Field(default_factory=list)
            paper: Paper

            def explain(self): ...
    """)
    assert (one.title, one.name, one.docstring.partition("\n")[0]) == ("Jam", "paper-jam", "Paper is stuck.")
    good = {"host": "srv1", "tray": "upper", "sheets": 3, "must": "so", "paper": object()}
    assert fits(one, **good)
    assert fits(one, **good, sort=None, weight=90, note="odd", colours=["blue"])
    for wrong in ({"host": "Srv 1"}, {"tray": "middle"}, {"sheets": 10}, {"must": "s"}, {"weight": "heavy"}):
        assert not fits(one, **{**good, **wrong}), wrong
    for key in good:
        assert not fits(one, **{k: v for k, v in good.items() if k != key}), key
    assert not fits(one, **good, trays=1)
    assert not fits(one, **good, name="other")


def test_bases_bring_their_parameters_and_methods() -> None:
    own, real, mixed = stated("""
        class Own(_Printing):
            "One."
            name = "own-fault"

        class Real(LinkUnplugged):
            "Two."
            name = "real-fault"
            extra: int = 1

        class Mixed(Mixin, Fault):
            "Three."
            name = "mixed-fault"
            level: int

        class Helper:
            pass
    """)
    assert (own.name, own.missing) == ("own-fault", ())
    fields = set(fault_class("link-unplugged").model_fields)
    assert set(real.parameters.model_fields) == {*fields, "extra"}
    assert real.missing == ()
    assert mixed.missing == (), "what a class from elsewhere brings is not known"
    assert fits(mixed, level=1, whatever=2)
    assert not fits(mixed, level="high")


def test_what_cannot_be_known_is_left_to_its_running() -> None:
    bare, computed, odd, loop = stated("""
        class Bare(Fault):
            pass

        class Computed(_Printing):
            name = "a" + "-b"
            level: compute() = compute()

        class Odd(_Printing):
            "Pydantic refuses it."
            name = "odd-fault"
            host: int = Field(pattern="x", max_length=compute())
            flag: str = Field(ge=2)

        class Loop(Loop, Fault):
            name = "loop-fault"
    """)
    assert bare.missing == ("explain", "inject", "revert", "verify")
    assert bare.name is None
    assert computed.name is None
    assert fits(computed)
    assert odd.name == "odd-fault"
    assert loop.name == "loop-fault"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "faults").mkdir()
    elsewhere = "from elsewhere import Mixin, Paper\n"
    link = "from orchestrator.faults.library.network.link import LinkUnplugged\n"
    text = HEAD.replace(elsewhere, "open('run', 'a').close()\n").replace(link, "") + dedent("""
        class Jam(_Printing):
            "Paper is stuck."
            name: ClassVar[str] = "paper-jam"
            host: HostName
            sheets: int = 1
            def explain(self):
                return Text(fr="bourrage", en="jam")
    """)
    (tmp_path / "faults" / "paper.py").write_text(text)
    return tmp_path


def test_it_is_run_only_when_it_is_made(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    spec = FaultSpec(fault="paper-jam", parameters={"host": "srv1"})
    assert problems_of(spec, roots=[root]) == ()
    told = [text(p) for p in problems_of(FaultSpec(fault="paper-jam", parameters={"sheets": "x"}), roots=[root])]
    assert told == ['paper-jam: the key "host" is missing', 'paper-jam: sheets: expected a whole number; found "x"']
    assert "paper-jam" in text(*problems_of(FaultSpec(fault="paper-jams"), roots=[root]))
    assert str(read([root]).faults["paper-jam"].place).endswith("faults/paper.py:20")
    assert explanation(spec, [root]).en == "paper-jam (host: srv1): Paper is stuck."
    assert not (root / "run").exists()
    require_faults([spec], [root])
    assert (root / "run").exists(), "the control"
    assert discover([root]).faults["paper-jam"].place == read([root]).faults["paper-jam"].place


def text(problem: Problem) -> str:
    return problem.text.en
