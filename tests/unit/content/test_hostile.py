"""Folders made to break the reader: each ends in a problem that names its file, never in a traceback, and in time."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator import cli
from orchestrator.cli import failures
from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import BreakfixError, ContentError, ExitCode, Place, Problem
from orchestrator.core.text import Text
from orchestrator.faults import discovery
from orchestrator.loader import content, files, read_limits, survey
from orchestrator.loader import folder_reader as loader_folder
from orchestrator.loader.content import Content
from orchestrator.loader.python_source import parse_python
from orchestrator.templates.plain import parts_of
from orchestrator.templates.render import render
from tests.unit.content.conftest import SCENARIO_FOLDER, Folder

pytestmark = pytest.mark.slow

WORDS = 3000


def problems(ours: Content) -> tuple[Problem, ...]:
    return survey.problems_of(ours, survey.select(ours, ()), lambda *_: (), processes=1)


def validated(capsys: pytest.CaptureFixture[str], *paths: str) -> tuple[int, str]:
    """Run the command as a trainer does; return its status and what it tells."""
    status = cli.run(["validate", *paths], Invocation(json=True))
    error: dict[str, Any] = json.loads(capsys.readouterr().out)["error"]
    return status, "\n".join(f"{p['file']}:{p['line']}: {p['message']['en']}" for p in error.get("problems", ()))


CODE = {
    "not": "x = " + "not " * WORDS + "1\n",
    "attributes": "x = a" + ".b" * WORDS + "\n",
    "attributes that Python can just read": "@a" + ".b" * 960 + "\ndef test_a(): pass\n",
    "calls": "x = a" + "()" * WORDS + "\n",
    "sums": "x = 1" + "+1" * WORDS + "\n",
    "elif": "if a:\n    pass\n" + "elif a:\n    pass\n" * WORDS,
    "minus": "x = " + "-" * 300_000 + "1\n",
    "lambda": "x = " + "lambda: " * 5000 + "1\n",
}


@pytest.mark.parametrize("code", CODE.values(), ids=CODE)
def test_code_that_is_too_deep_is_refused(code: str, folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    check = folder.write(f"{SCENARIO_FOLDER}/checks/test_deep.py", f"# deep\n{code}")
    fault = folder.write("faults/deep.py", f"# deep\n{code}")
    status, told = validated(capsys, ".")
    assert status == ExitCode.CONTENT
    for path in (check, fault):
        assert path.name in told
    assert "Unexpected" not in told


def test_code_that_is_too_deep_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ContentError) as caught:
        parse_python("a = 1\n\n" + CODE["not"] + "b = 2\n", tmp_path / "test_x.py")
    assert caught.value.problems[0].place.line == 3


CHECK = """
from grader import check

@check({role}, points={points}, competence={competence}, because={because}, fr="Oui.", en="Yes.")
def test_web(lab): assert lab
"""
PLAIN = {"role": '"symptom"', "points": "1", "competence": '"1.3"', "because": '"a"'}
LONG = "0x" + "F" * 5000


@pytest.mark.parametrize(
    "given",
    [
        {"role": LONG},
        {"points": f"-{LONG}"},
        {"competence": LONG},
        {"because": '"' + "(" * WORDS + "a" + ")" * WORDS + '"'},
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_check_with_more_than_python_can_say_is_refused_at_its_line(given: dict[str, str], folder: Folder) -> None:
    folder.write(f"{SCENARIO_FOLDER}/checks/test_more.py", CHECK.format(**{**PLAIN, **given}))
    (found,) = problems(folder.content)
    assert (Path(found.place.file).name, found.place.line) == ("test_more.py", 4)


def test_what_python_may_read_otherwise_later_is_not_printed(folder: Folder) -> None:
    """The tests make an error of each warning."""
    folder.write(f"{SCENARIO_FOLDER}/checks/test_more.py", CHECK.format(**{**PLAIN, "because": '"[[a]"'}))
    assert problems(folder.content) == ()


@pytest.mark.parametrize("name", ["nonesuch", "rot13", "latin-1", "utf-7"])
@pytest.mark.parametrize("line", ["# coding: {}", "#!/usr/bin/python\n# -*- coding: {} -*-", '"""x"""\r# coding={}'])
def test_a_file_that_python_would_read_otherwise_is_refused(line: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=f'"{name}"') as caught:
        parse_python(line.format(name) + "\na = 1\n", tmp_path / "test_x.py")
    assert caught.value.problems[0].place.line == 1 + ("\n" in line or "\r" in line)


@pytest.mark.parametrize(
    "line", ["# coding: utf-8", "# -*- coding: UTF8 -*-", "# coding: utf_8", "a = 'coding: latin-1'"]
)
def test_utf_8_may_be_said(line: str, tmp_path: Path) -> None:
    assert parse_python(f"{line}\n", tmp_path / "test_x.py").type_ignores == []


FAULT = '''
from typing import ClassVar
from pydantic import Field
from orchestrator.faults import Fault
INSTANCE = "breakfix.instance"

class Printer(Fault):
    """A printer is offline."""
    name: ClassVar[str] = "printer-offline"
    {}
    def inject(self, driver): ...
    def verify(self, driver): ...
    def revert(self, driver, memento): ...
    def explain(self): ...
'''


@pytest.mark.parametrize(
    "field",
    [
        "x: None | None = None",
        "x: INSTANCE | None = None",
        f'x: "{CODE["not"][4:].strip()}" = 1',
        f'x: "{"-" * 100_000}1" = 1',
    ],
    ids=["none", "constant", "deep", "deeper"],
)
def test_a_type_that_is_none_is_left_to_the_fault(field: str, folder: Folder) -> None:
    folder.write("faults/printer.py", FAULT.format(field))
    found = discovery.read((folder.root,))
    assert (found.problems, "printer-offline" in found.faults) == ([], True)


def test_bounds_that_pydantic_cannot_use_are_told_at_the_class(folder: Folder) -> None:
    folder.write("faults/printer.py", FAULT.format("x: str = Field(pattern='(?<=a+)b(')"))
    (found,) = discovery.read((folder.root,)).problems
    assert (found.place.line, "cannot be used" in found.text.en) == (7, True)


def test_classes_that_are_built_on_each_other(folder: Folder) -> None:
    levels = "".join(
        f"class A{n}(A{n - 1}, B{n - 1}): pass\nclass B{n}(A{n - 1}, B{n - 1}): pass\n" for n in range(1, 40)
    )
    folder.write("faults/diamond.py", f"class A0: pass\nclass B0: pass\n{levels}")
    chain = "".join(f"class C{n}(C{n - 1}): pass\n" for n in range(1, WORDS))
    folder.write("faults/chain.py", f"class C0: pass\n{chain}")
    told = {Path(found.place.file).name: found.text.en for found in discovery.read((folder.root,)).problems}
    assert "has no fault" in told["diamond.py"]
    assert "too many levels" in told["chain.py"] or "has no fault" in told["chain.py"]


LOOP = "{% for i in range(60000) %}{% if OPERATION %}{% endif %}{% endfor %}"
SLOW = (
    *("range(99999)|sort|length", "range(99999)|list", "'x' in list", "list == list", "list[:-1]", "list|unique|list"),
    *("text.count('ab')", "text.upper()", "text.split('a')", "text|upper", "'%s' % list", "list + list", "text ~ text"),
    *("list is equalto list", "list|select('in', list)|list", "range(9999)|map('string')|list", "list|sort|first"),
)


@pytest.mark.parametrize("operation", SLOW)
def test_what_a_template_reads_draws_on_its_budget(operation: str) -> None:
    values = {"list": ["x"] * 90_000, "text": "ab" * 40_000}
    with pytest.raises(ContentError, match="too much"):
        render(LOOP.replace("OPERATION", operation), values, Place("ticket.en.md", 1))


def test_a_sum_is_one_of_numbers() -> None:
    assert render("{{ [1, 2, 3]|sum }}", {}, Place("x", 1)) == "6"
    with pytest.raises(ContentError):
        render("{{ list|sum(start=[]) }}", {"list": [["x"] * 100] * 5000}, Place("x", 1))


DEEP = {
    "blocks": "{% if cause == 'a' %}" * 5000 + "{% endif %}" * 5000,
    "expressions": "{{ " + "'a' if cause == 'a' else " * WORDS + "'b' }}",
    "a filter's own assertion": "{{ 'abc'|truncate(-5) }}",
    "a tag that does not end": "{% if" + " " * 400_000 + "x",
    "marks in a text": "{{ '" + "{{" * 450_000 + "' ~\n nope }}",
}


@pytest.mark.parametrize("template", DEEP.values(), ids=DEEP)
def test_a_template_that_is_wrong_beyond_all_measure_is_refused(template: str, folder: Folder) -> None:
    folder.write(f"{SCENARIO_FOLDER}/ticket.en.md", template)
    found = problems(folder.content)
    assert {Path(one.place.file).name for one in found} == {"ticket.en.md"}
    assert all(one.place.line for one in found)


def test_choices_in_choices_are_plain_up_to_a_depth() -> None:
    def nested(depth: int) -> str:
        return "{% if a == 'b' %}" * depth + "{% endif %}" * depth

    assert parts_of(nested(30)) is not None
    assert parts_of(nested(300)) is None


def test_files_whose_name_is_no_text(folder: Folder) -> None:
    root = os.fsencode(folder.root)
    for name in (f"{SCENARIO_FOLDER}/checks/test_", "labs/pair/files/web1/"):
        path = os.path.join(root, name.encode() + b"\xff.j2")  # noqa: PTH118
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(b"x")
    ours = folder.content
    assert problems(ours) == ()
    assert ours.scenario("cable-out").digest


def many_files(folder: Folder) -> None:
    for n in range(files.MAX_FILES + 1):
        folder.write(f"labs/pair/checks/test_{n}.py", "(")


def large_files(folder: Folder) -> None:
    for n in range(files.MAX_TOTAL // files.MAX_FILE + 1):
        with folder.write(f"labs/pair/files/web1/{n}", "").open("wb") as file:
            file.truncate(files.MAX_FILE)


def deep_folders(folder: Folder) -> None:
    at = os.open(folder.root / "labs/pair", os.O_RDONLY)
    for _ in range(60):  # together longer than a path may be
        os.mkdir("x" * 200, dir_fd=at)
        below = os.open("x" * 200, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)


@pytest.mark.parametrize("made", [many_files, large_files, deep_folders])
def test_a_folder_that_nobody_could_read_through(
    made: Callable[[Folder], None], folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    made(folder)
    status, told = validated(capsys, ".")
    assert status == ExitCode.CONTENT
    assert [line for line in told.splitlines() if line.startswith("labs/pair:0: this folder has more than")]


@pytest.mark.parametrize("name", ["labs", "labs/pair", "scenarios", f"{SCENARIO_FOLDER}", "images/host"])
def test_a_folder_that_may_not_be_looked_at(name: str, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests may be run by root, who may look at everything."""
    closed = str(folder.root / name)
    scandir, listdir, lexists = os.scandir, os.listdir, os.path.lexists

    def closing(act: Callable[..., Any]) -> Callable[..., Any]:
        def acts(path: str) -> object:
            if os.fspath(path) == closed:
                raise PermissionError(13, "Permission denied", path)
            return act(path)

        return acts

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", closing(scandir))
        patch.setattr(os, "listdir", closing(listdir))
        patch.setattr(os.path, "lexists", lambda path: not os.fspath(path).startswith(closed) and lexists(path))
        told = {one.place.file: one.text.en for one in problems(folder.content)}
    assert told[name] == "cannot be read: Permission denied"


def test_a_path_that_is_too_long_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert validated(capsys, f"/{'x' * 5000}")[0] == ExitCode.WRONG_USE


@pytest.mark.parametrize("error", [ValueError("odd"), TypeError("odd"), AssertionError("odd"), KeyError("odd")])
def test_whatever_else_happens_is_told_of_the_folder(
    error: Exception, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(survey, "load_scenario", fails)
    (found,) = problems(folder.content)
    assert found.place.file == f"{SCENARIO_FOLDER}/scenario.yaml"
    assert found.text.en.startswith("cannot be read: ")
    assert found.text.fr.startswith("lecture impossible : ")


def test_reading_comes_to_an_end(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def for_ever(*_: object) -> None:
        while True:
            with contextlib.suppress(Exception):  # what stops it must not be caught by what it stops
                time.monotonic()

    monkeypatch.setattr(read_limits, "SECONDS", 0.1)
    monkeypatch.setattr(survey, "load_scenario", for_ever)
    (found,) = problems(folder.content)
    assert found.place.file == f"{SCENARIO_FOLDER}/scenario.yaml"
    assert "takes too long to read" in found.text.en


def test_a_lab_that_takes_too_long_is_read_once_and_named(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def for_ever(where: Path, **_: object) -> None:
        read.append(where)
        while True:
            time.monotonic()

    monkeypatch.setattr(read_limits, "SECONDS", 0.1)
    monkeypatch.setattr(content, "read_lab", for_ever)
    (found,) = problems(folder.content)
    assert (found.place.file, len(read)) == ("labs/pair/lab.yaml", 1)


@pytest.mark.parametrize("kind", ["lab", "scenario", "image"])
def test_what_is_started_or_shown_is_read_in_the_same_net(
    kind: str, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RecursionError

    for name in ("read_lab", "load_scenario", "load_image"):
        monkeypatch.setattr(content, name, fails)
    name = {"lab": "pair", "scenario": "cable-out", "image": "host"}[kind]
    with pytest.raises(ContentError, match="nested in too many levels"):
        getattr(folder.content, kind)(name)


def test_errors_of_ours_pass_as_they_are() -> None:
    def refuses() -> None:
        raise ContentError((Problem(Place("lab.yaml", 3), Text(fr="non", en="no")),))

    with pytest.raises(BreakfixError) as caught:
        read_limits.within_limits(refuses, Path("other"))
    assert "lab.yaml:3" in caught.value.text.en


def test_only_some_of_countless_problems_are_looked_up_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.md"
    path.write_text("{{ x }} name\n")
    found = loader_folder.Problems()
    many = loader_folder.MAX_PROBLEMS + 50
    found.add(Problem(Place(str(path), 1), Text(fr=f"non {n}", en=f"no {n}"), word="name") for n in range(many))
    assert sum(one.place.column > 0 for one in found) == loader_folder.MAX_PROBLEMS
    invocation = Invocation()
    failures.print_problems(invocation, found.error())
    shown = capsys.readouterr().err
    assert shown.count(str(path)) == loader_folder.MAX_PROBLEMS
    assert "50" in shown.splitlines()[-1]


ACTS = '"\\e]0;x\\a\\e[2J"'
BIDI = '"\\u202egnp"'


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        ("scenario.yaml", "difficulty: 1", f"difficulty: {ACTS}", 7),
        ("scenario.yaml", "difficulty: 1", f"{ACTS}: 1", 7),
        ("scenario.yaml", "en: No network", f"en: {ACTS}", 3),
        ("scenario.yaml", "en: No network", f"en: {BIDI}", 3),
        ("scenario.yaml", "en: No network", 'en: "No\\x9b2J"', 3),
        ("scenario.yaml", "en: No network", 'en: "No\\nnetwork"', 3),
        ("ticket.en.md", "has no network", "has \x1b[31mno network", 1),
        ("ticket.en.md", "has no network", "has \u2066no network", 1),
        ("checks/test_network.py", 'en="The intranet answers."', r'en="\x1b[31mThe intranet answers."', 4),
        ("images/host/image.yaml", "en: Machine", f"en: {ACTS}", 4),
    ],
)
def test_what_would_act_on_a_terminal_is_refused(name: str, old: str, new: str, line: int, folder: Folder) -> None:
    folder.edit(name, old, new)
    (found,) = problems(folder.content)
    assert Path(found.place.file).name == Path(name).name
    assert found.place.line == line
    assert "control character" in found.text.en or "is one line" in found.text.en


@pytest.mark.parametrize("name", ["x\x1b[31m", "a\nb"])
def test_a_folder_has_a_name_that_can_be_read(name: str, folder: Folder) -> None:
    (folder.root / "labs/pair").rename(folder.root / "labs" / name)
    ours = folder.content
    assert ours.labs() == ()
    assert "rename it" in {one.place.file: one.text.en for one in problems(ours)}[f"labs/{name}"]


def test_form_feeds_and_line_ends_of_python_stay(folder: Folder) -> None:
    path = folder.root / f"{SCENARIO_FOLDER}/checks/test_network.py"
    folder.write(str(path), path.read_text().replace("\n\n", "\r\n\f\r\n"))
    assert problems(folder.content) == ()
