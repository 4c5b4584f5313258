"""Reading a folder that somebody else wrote executes nothing of it, and shows nothing from outside it."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import jinja2
import pytest
import yaml

from orchestrator.app import App
from orchestrator.cli import language_choice, run
from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import ExitCode
from orchestrator.engine.engine_interface import Engine
from orchestrator.loader.content import Content
from tests.unit.content.mutations import REAL, Mutator

pytestmark = pytest.mark.slow  # each reads a copy of a real lab and its scenario, several times

SCENARIO, LAB = "bad-gateway", "webshop"
FOLDER = f"scenarios/3.4-n-tier-architecture/{SCENARIO}"
COMMANDS = (
    ["validate"],
    ["validate", "."],
    ["show", SCENARIO],
    ["show", SCENARIO, "--solution"],
    ["scenarios"],
    ["lab", LAB],
    ["map", "--scenario", SCENARIO],
)
ESCAPES = (
    "{{ lipsum.__globals__['os'].system('touch CANARY') }}",
    "{{ cycler.__init__.__globals__.os.system('touch CANARY') }}",
    "{{ joiner['__init__']['__globals__'].os.system('touch CANARY') }}",
    "{{ lipsum|attr('__globals__')|attr('get')('os')|attr('system')('touch CANARY') }}",
    "{% for c in ''.__class__.__mro__[1].__subclasses__() if c.__name__ == '_wrap_close' %}"
    "{{ c.__init__.__globals__['system']('touch CANARY') }}{% endfor %}",
    "{{ self.__init__.__globals__.__builtins__.__import__('os').system('touch CANARY') }}",
    "{{ '{0.__class__.__mro__}'.format('') ~ lipsum.__globals__['os'].system('touch CANARY') }}",
)
TAGS = (
    "!!python/object/apply:os.system ['touch CANARY']",
    "!!python/object/new:os.system ['touch CANARY']",
    "!!python/object/apply:subprocess.check_output [[touch, CANARY]]",
)


FAULT = '''\
"""Faults of a content folder."""
with open(CANARY, "a") as canary:
    canary.write(__file__)
from orchestrator.faults import Fault


class Own(Fault):
    """A fault of its own."""

    name = "own-fault"
    host: str

    def inject(self, driver): ...
    def verify(self, driver): ...
    def revert(self, driver, memento): ...
    def explain(self): ...
'''


class Isolated(App):
    """A program that knows one content folder, and that must not ask the engine for anything."""

    root: Path

    @cached_property
    def content(self) -> Content:
        return Content((self.root,))

    @property
    def engine(self) -> Engine:
        raise AssertionError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "content"
    Mutator(tmp_path, []).copy(folder, REAL / FOLDER)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Isolated, "root", folder, raising=False)
    monkeypatch.chdir(folder)
    language_choice.choose(["--lang", "en"])
    yield folder
    language_choice.choose([], {})


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """Return a file that is there as soon as something of the folder was executed."""
    return tmp_path / "canary"


def read(capfd: pytest.CaptureFixture[str]) -> tuple[list[int], str]:
    """Read the folder in every way; return the exit statuses, and what was shown."""
    statuses = [int(run(list(words), Invocation(make=Isolated))) for words in COMMANDS]
    shown = "".join(capfd.readouterr())
    assert "Traceback" not in shown
    assert "Unexpected error" not in shown
    return statuses, shown


def test_the_folder_can_be_read(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The control of all that follows: as it is, every command does its work."""
    statuses, shown = read(capfd)
    assert root.is_dir()
    assert set(statuses) == {0}, shown


def test_no_python_file_is_imported(root: Path, canary: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sings = f"with open({str(canary)!r}, 'a') as canary:\n    canary.write(__file__)\n"
    for name in ("conftest.py", "faults/_own.py", "sitecustomize.py", "jinja2.py", f"labs/{LAB}/conftest.py"):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    for name in (FOLDER, f"{FOLDER}/checks", f"{FOLDER}/solutions", f"{FOLDER}/shortcuts", f"labs/{LAB}/checks"):
        for module in ("conftest.py", "__init__.py", "own.py"):
            (root / name / module).touch()
    files = [*root.rglob("*.py")]
    assert any(file.name == "lab_tools.py" for file in files)
    for file in files:
        docstring, _, rest = file.read_text(encoding="utf-8").partition("\n")
        file.write_text(f"{docstring}\n{sings}{rest}", encoding="utf-8")
    read(capfd)
    assert not canary.exists(), canary.read_text(encoding="utf-8")
    runpy.run_path(str(root / "faults" / "_own.py"))
    assert canary.exists(), "the control: whoever imports it makes it sing"


def test_no_fault_is_run(root: Path, canary: Path, capfd: pytest.CaptureFixture[str]) -> None:
    module, scenario = root / "faults" / "own.py", root / FOLDER / "scenario.yaml"
    module.parent.mkdir()
    module.write_text(FAULT.replace("CANARY", repr(str(canary))), encoding="utf-8")
    before, faults, after = scenario.read_text(encoding="utf-8").partition("\nfaults:\n")
    own = "  - {fault: own-fault, parameters: {host: app1}}\n"
    scenario.write_text(f"{before}{faults}{own}{after}", encoding="utf-8")
    statuses, shown = read(capfd)
    assert set(statuses) == {0}, shown
    assert "own-fault (host: app1): A fault of its own." in " ".join(shown.split())
    assert not canary.exists()
    runpy.run_path(str(module))
    assert canary.exists(), "the control"


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize("file", ["ticket.fr.md", "scenario.yaml", "solutions/reference.yaml"])
def test_no_template_leaves_its_sandbox(
    root: Path, canary: Path, capfd: pytest.CaptureFixture[str], file: str, escape: str
) -> None:
    escape = escape.replace("CANARY", str(canary))
    path = root / FOLDER / file
    text = path.read_text(encoding="utf-8")
    if file.endswith(".md"):
        path.write_text(f"{text}\n{escape}\n", encoding="utf-8")
    else:
        quoted = "'" + escape.replace("'", "''") + "'"
        old, new = {
            "scenario.yaml": ("path: /etc/nginx/sites-available/default", f"path: {quoted}"),
            "solutions/reference.yaml": ("script: |\n", f"script: |\n        {escape}\n"),
        }[file]
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    statuses, _ = read(capfd)
    assert statuses[1] == ExitCode.CONTENT
    assert not canary.exists()


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize(
    "file", [f"{FOLDER}/scenario.yaml", f"{FOLDER}/solutions/reference.yaml", f"labs/{LAB}/lab.yaml"]
)
def test_no_tag_of_yaml_makes_anything(
    root: Path, canary: Path, capfd: pytest.CaptureFixture[str], file: str, tag: str
) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("contract: 1", f"contract: {tag.replace('CANARY', str(canary))}", 1), encoding="utf-8")
    statuses, _ = read(capfd)
    assert statuses[1] == ExitCode.CONTENT
    assert not canary.exists()


def test_each_escape_would_do_its_work_elsewhere(canary: Path) -> None:
    """The control: an engine without a sandbox, and a reader of YAML that makes objects, execute them."""
    for escape in ESCAPES:
        jinja2.Environment().from_string(escape.replace("CANARY", str(canary))).render()
        assert canary.exists(), escape
        canary.unlink()
    for tag in TAGS:
        yaml.unsafe_load(tag.replace("CANARY", str(canary)))
        assert canary.exists(), tag
        canary.unlink()


@pytest.mark.parametrize(
    "file",
    [f"{FOLDER}/ticket.en.md", f"{FOLDER}/debrief.en.md", f"{FOLDER}/scenario.yaml", f"labs/{LAB}/README.en.md"],
)
def test_no_link_leads_out_of_the_folder(
    root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], file: str
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("not for everybody's eyes\n", encoding="utf-8")
    path = root / file
    path.unlink()
    path.symlink_to(outside)
    statuses, shown = read(capfd)
    assert path.read_text(encoding="utf-8") == "not for everybody's eyes\n", "the control: the link leads there"
    assert "everybody's eyes" not in shown
    assert statuses[1] == ExitCode.CONTENT
