"""The repository's own rules, which no compiler knows."""

from __future__ import annotations

import ast
import importlib.metadata
import itertools
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from orchestrator.cli.root import ENTRIES
from orchestrator.model.image import ImageSpec

from .conftest import calls

if TYPE_CHECKING:
    from tests.quality.conftest import Module


LEFT_BEHIND = ("~", ".pyc", ".pyo", ".swp", ".swo", ".orig", ".rej")
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Reads YAML ten times as fast where it can."""


def text_of(path: Path) -> str | None:
    """Return a file's text, or None where it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def calls_where(word: str, path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of a file with its dotted name; none where the file has not the word that is looked for."""
    text = path.read_text(encoding="utf-8")
    if word in text:
        yield from calls(ast.parse(text))


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((k.value for k in call.keywords if k.arg == name), None)


# Files ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_text_files_end_with_a_line_and_have_no_stray_blanks(repository: tuple[Path, ...], root: Path) -> None:
    wrong = []
    for path in repository:
        text = text_of(path)
        theirs = path.is_relative_to(root / "images") or "vendor" in path.parts
        if not text or path.suffix in {".svg", ".txt", ".lock"} or theirs:
            continue
        if not text.endswith("\n") or re.search(r"[ \t]+$", text, re.MULTILINE):
            wrong.append(str(path.relative_to(root)))
    assert wrong == []


def test_no_file_of_the_content_looks_like_what_an_editor_left(repository: tuple[Path, ...], root: Path) -> None:
    """Where such a name is meant, its source ends in ``.j2``: what reads content takes the others for backups."""
    left = [path.relative_to(root) for path in repository if path.name.endswith(LEFT_BEHIND)]
    assert [str(path) for path in left if path.parts[0] in {"images", "labs", "scenarios"}] == []


def test_what_is_run_is_executable(root: Path) -> None:
    for name in ("breakfix", ".ci/run"):
        assert os.access(root / name, os.X_OK), name
        assert (root / name).read_text().startswith("#!"), name


def test_continuous_integration_runs_the_documented_command(root: Path) -> None:
    script = (root / ".ci" / "run").read_text()
    assert re.search(r"^exec \./breakfix test \"\$@\" </dev/null$", script, re.MULTILINE)


def test_the_changelog_has_its_form(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text()
    assert text.startswith("# Changelog\n")
    assert "keepachangelog.com" in text
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings
    assert all(re.fullmatch(r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading) for heading in headings)
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


# What the documents say -----------------------------------------------------------------------------------

COMMAND = re.compile(r"(?:^ {4}|`)(?:\./)?breakfix\b(?P<rest>[^`\n#]*)", re.MULTILINE)
VALUED = {"--content", "--lang", "--lab", "--seed"}


def commands_in(text: str) -> Iterator[str]:
    """Yield the subcommand of each ``breakfix`` command in a document."""
    for match in COMMAND.finditer(text):
        words = match["rest"].split()
        while words and words[0].startswith("-"):
            words = words[2:] if words[0] in VALUED else words[1:]
        if words and re.fullmatch(r"[a-z]+", words[0]):
            yield words[0]


def test_the_readme_begins_with_its_three_commands(root: Path) -> None:
    text = (root / "README.md").read_text()
    assert list(itertools.islice(commands_in(text), 3)) == ["demo", "test", "serve"]
    assert (root / "breakfix").is_file()


PAGES = ("trainees", "trainers", "proof", "records", "administrators", "portal", "contributing", "architecture")


@pytest.mark.parametrize("name", ["README.md", *(f"docs/{page}.md" for page in PAGES)])
def test_every_command_in_the_documents_exists(root: Path, name: str) -> None:
    named = set(commands_in((root / name).read_text()))
    assert named
    assert named - set(ENTRIES) == set()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_lab_has_a_page_that_names_its_hosts(root: Path, language: str) -> None:
    found = sorted((root / "labs").glob("*/lab.yaml"))
    assert found
    for lab in found:
        page = (lab.parent / f"README.{language}.md").read_text()
        missing = [host for host in yaml.load(lab.read_text(), LOADER)["hosts"] if not re.search(rf"\b{host}\b", page)]
        unknown = set(commands_in(page)) - set(ENTRIES)
        assert (missing, unknown) == ([], set()), f"{lab.parent.name}, {language}"


def test_every_link_between_documents_leads_somewhere(root: Path, repository: tuple[Path, ...]) -> None:
    broken, seen = [], 0
    for path in repository:
        if path.suffix != ".md" or path.is_relative_to(root / "scenarios"):
            continue
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text()):
            if not re.match(r"[a-z]+:", target):
                seen += 1
                if not (path.parent / target).exists():
                    broken.append(f"{path.relative_to(root)}: {target}")
    assert broken == []
    assert seen


OWN_CODE = ("architecture", "contributing", "proof", "records", "security")
"""Pages whose module names are the program's; in the others they may be a trainer's."""


def pages(root: Path) -> list[Path]:
    return [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").glob("*.md"))]


def test_every_path_in_the_documents_exists(root: Path) -> None:
    wrong, seen = [], 0
    for page in pages(root):
        for path in re.findall(
            r"`((?:orchestrator|grader|tests|images|labs|scenarios|docs)/[\w./-]*)`", page.read_text(encoding="utf-8")
        ):
            seen += 1
            if not (root / path).exists():
                wrong.append(f"{page.relative_to(root)}: {path}")
    assert wrong == []
    assert seen > 50


def test_every_module_that_the_documents_name_exists(root: Path, repository: tuple[Path, ...]) -> None:
    """A page may leave out the folders of a module that it is about: ``proof/judging.py``, ``disks.py``."""
    files = [f"/{path.relative_to(root)}" for path in repository if path.suffix == ".py"]
    wrong, seen = [], 0
    for page in [root / f"docs/{name}.md" for name in OWN_CODE]:
        for name in re.findall(r"`([\w./-]+\.py)`", page.read_text(encoding="utf-8")):
            seen += 1
            if not any(file.endswith(f"/{name}") for file in files):
                wrong.append(f"{page.relative_to(root)}: {name}")
    assert wrong == []
    assert seen > 20


def test_the_map_has_every_package(root: Path) -> None:
    text = (root / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w./]+)`", text, re.MULTILINE)
    packages = {
        f"{init.parent.relative_to(root)}/"
        for package in ("orchestrator", "grader")
        for init in (root / package).rglob("__init__.py")
    } - {"orchestrator/"}
    modules = {str(path.relative_to(root)) for path in (root / "orchestrator").glob("[!_]*.py")}
    assert sorted((packages | modules) - set(rows)) == [], "give these a row in docs/architecture.md"
    assert len(rows) == len(set(rows))


# Code -----------------------------------------------------------------------------------------------------


def test_every_package_and_module_says_what_it_is_for(modules: dict[str, Module], root: Path) -> None:
    assert [m.name for m in modules.values() if not (ast.get_docstring(m.tree) or "").strip()] == []
    bare = [
        folder.relative_to(root)
        for package in ("orchestrator", "grader")
        for folder in {path.parent for path in (root / package).rglob("*.py")}
        if not (folder / "__init__.py").exists()
    ]
    assert bare == []


SLEEPERS = {
    "orchestrator.core.waiting": "waits for a condition",
    "grader.polling": "waits for a condition, and its failure is a check's",
    "grader.mail_program": "waits for a message, at a station that has nothing of ours",
    "orchestrator.fabric.helper.reaper_program": "waits until the kernel is done, in a process of its own",
    "orchestrator.fabric.helper.links": "waits until a host's kernel has told of its cable",
    "orchestrator.labd.rfb_looker": "lets others have their turn while a large picture is read",
    "orchestrator.labd.desktop_recording": "rests between two pictures of a desktop",
    "orchestrator.labd.seat_socket": "gives a terminal no more sizes of a window than a few each second",
    "orchestrator.labd.typing_pace": "has who floods wait",
    "orchestrator.portal.polled_frames": "asks labd every few seconds, while somebody looks",
    "orchestrator.fabric.helper.systemd": "waits for the exec of a child of a host's systemd",
    "orchestrator.fabric.helper.server": "rests after trouble that may be there again at once",
    "orchestrator.serving.process_group": "looks every so often how large the logs of running programs are",
    "orchestrator.bench.page_paint": "waits until a browser has painted",
    "orchestrator.bench.peer_shells": "waits until a peer's server listens",
    "orchestrator.bench.portal_bench": "measures for some seconds what is taken while nobody types",
    "orchestrator.bench.portal_lines": "types and writes at a pace",
}


def test_nobody_sleeps_but_to_wait_for_a_condition(modules: dict[str, Module]) -> None:
    sleeping = {m.name for m in modules.values() for name, _ in m.calls if name.split(".")[-1] == "sleep"}
    assert sleeping == set(SLEEPERS)


@pytest.mark.slow
def test_tests_do_not_sleep_either(repository: tuple[Path, ...], root: Path) -> None:
    """A test that needs a pause waits for what it pauses for; grader's tests write checks that hang on purpose.

    The fabric in memory plays slow hosts.
    """
    found = [
        f"{path.relative_to(root)}:{call.lineno}"
        for path in repository
        if path.is_relative_to(root / "tests") and path.suffix == ".py" and path != root / "tests/fakes/fabric.py"
        for name, call in calls_where("sleep", path)
        if name in {"time.sleep", "sleep"}
    ]
    assert found == []


def test_no_string_becomes_a_shell_command(modules: dict[str, Module]) -> None:
    forbidden = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "eval", "exec"}
    wrong = []
    for module in modules.values():
        for name, call in module.calls:
            shell = keyword(call, "shell")
            if name in forbidden or (shell is not None and ast.unparse(shell) != "False"):
                wrong.append(f"{module.path}:{call.lineno}: {ast.unparse(call)[:60]}")
    assert wrong == []


@pytest.mark.parametrize("right", ["privileged", "pid_mode", "cgroup_namespace"])
def test_hardly_anything_is_given_the_machine(modules: dict[str, Module], right: str) -> None:
    asking = {
        module.name: ast.unparse(value)
        for module in modules.values()
        for _, call in module.calls
        if (value := keyword(call, right)) is not None
    }
    passed_on = asking.pop("orchestrator.engine.docker_engine", f"spec.{right}")
    assert passed_on == f"spec.{right}", "the engine gives what the specification says"
    may = {"orchestrator.fabric.container"}
    if right == "pid_mode":
        may.add("orchestrator.fabric.reaper")  # it kills what a killed Docker left
    assert set(asking) == may


def test_no_traceback_of_a_test_in_the_program(modules: dict[str, Module]) -> None:
    """Tests are not imported, and nothing asserts: ``python -O`` would leave it out."""
    for module in modules.values():
        assert "tests" not in {one.top for one in module.imports}, module.path
        asserting = [node.lineno for node in module.nodes if isinstance(node, ast.Assert)]
        assert asserting == [], module.path


def test_every_package_that_is_imported_is_declared(modules: dict[str, Module], root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[<>=~\[; ]", line)[0].lower() for line in project["dependencies"]}
    providers = importlib.metadata.packages_distributions()
    in_its_image = {"pyroute2", "seccomp"}  # the helper's, from Debian's packages
    imported = {one.top for m in modules.values() for one in m.imports}
    imported -= {*sys.stdlib_module_names, "orchestrator", "grader", *in_its_image}
    missing = {name for name in imported if not declared & {p.lower() for p in providers.get(name, [])}}
    # Two come with one that is declared, and are used only to name what that one raises.
    assert missing - {"requests", "pydantic_core"} == set()
    provided = {p.lower() for name in imported for p in providers.get(name, [])}
    # One is loaded by the name of its entry point, one by the address of a database; the last is for what is to come.
    named = {"pytest-testinfra", "psycopg"}
    assert declared - provided - named == set(), "declared, but nobody imports it"


# Two languages --------------------------------------------------------------------------------------------


def yaml_files(repository: tuple[Path, ...], root: Path) -> Iterator[Path]:
    for path in repository:
        folders = ("labs", "scenarios", "images", "orchestrator/_referential")
        if path.suffix in {".yaml", ".yml"} and any(path.is_relative_to(root / folder) for folder in folders):
            yield path


def mappings(value: object) -> Iterator[Mapping[Any, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(item)


@pytest.mark.slow
def test_every_text_of_the_content_exists_in_both_languages(repository: tuple[Path, ...], root: Path) -> None:
    wrong, seen = [], 0
    for path in yaml_files(repository, root):
        for mapping in mappings(yaml.load(path.read_text(encoding="utf-8"), LOADER)):
            if {"fr", "en"} & mapping.keys():
                seen += 1
                whole = {"fr", "en"} <= mapping.keys() and all(str(mapping[key]).strip() for key in ("fr", "en"))
                if not whole:
                    wrong.append(f"{path.relative_to(root)}: {mapping}")
    assert wrong == []
    assert seen > 50


def test_every_french_page_has_its_english_twin(repository: tuple[Path, ...], root: Path) -> None:
    pages = {str(p.relative_to(root)) for p in repository if re.search(r"\.(fr|en)\.\w+$", p.name)}
    twins = {re.sub(r"\.(fr|en)(\.\w+)$", lambda m: f".{'en' if m[1] == 'fr' else 'fr'}{m[2]}", p) for p in pages}
    stated = {p.parent: re.search(r"^ticket_language: (fr|en)$", p.read_text(), re.MULTILINE) for p in repository
              if p.name == "scenario.yaml"}  # fmt: skip
    alone = {str((folder / f"ticket.{only[1]}.md").relative_to(root)) for folder, only in stated.items() if only}
    assert pages - twins == alone
    assert len(pages) > 2 * len(alone)


def literal(expression: ast.expr) -> str | None:
    return expression.value if isinstance(expression, ast.Constant) and isinstance(expression.value, str) else None


def test_every_text_of_the_program_exists_in_both_languages(modules: dict[str, Module]) -> None:
    wrong, seen = [], 0
    for module in modules.values():
        for name, call in module.calls:
            if name != "Text" or any(k.arg is None for k in call.keywords):
                continue
            fr, en = keyword(call, "fr"), keyword(call, "en")
            seen += 1
            place = f"{module.path}:{call.lineno}"
            if fr is None or en is None:
                wrong.append(f"{place}: one language only")
            elif "" in {literal(fr), literal(en)} and {literal(fr), literal(en)} != {""}:
                wrong.append(f"{place}: empty in one language")
    assert wrong == []
    assert seen > 200


@pytest.mark.slow
def test_every_check_has_its_sentence_in_both_languages(repository: tuple[Path, ...], root: Path) -> None:
    wrong, seen = [], 0
    for path in repository:
        if path.suffix != ".py" or path.parent.name != "checks" or path.is_relative_to(root / "tests"):
            continue
        for name, call in calls_where("check", path):
            if name == "check":
                seen += 1
                if keyword(call, "fr") is None or keyword(call, "en") is None:
                    wrong.append(f"{path.relative_to(root)}:{call.lineno}")
    assert wrong == []
    assert seen > 5


# Images ---------------------------------------------------------------------------------------------------


def images(root: Path) -> list[Path]:
    return sorted((root / "images").glob("*/image.yaml"))


def test_checks_end_lines_where_the_programs_of_a_host_do(repository: tuple[Path, ...], root: Path) -> None:
    """Python ends lines at more characters: a trainee could hide there what a check takes for a line of its own."""
    wrong = [
        f"{path.relative_to(root)}:{call.lineno}"
        for path in repository
        if path.suffix == ".py" and path.relative_to(root).parts[0] in {"labs", "scenarios"}
        for name, call in calls_where("splitlines", path)
        if name.endswith(".splitlines")
    ]
    assert wrong == [], "grader.lines.lines_in does it"


def test_no_image_asks_for_what_would_give_the_machine_away(root: Path) -> None:
    assert images(root)
    for path in images(root):
        document = yaml.load(path.read_text(), LOADER)
        asked = set(document.get("capabilities", ()))
        assert asked <= {"NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE"}, path
        assert set(document.get("devices", ())) <= {"/dev/net/tun"}, path
        ImageSpec.model_validate(document)


def test_every_image_is_built_on_its_parent(root: Path) -> None:
    for path in images(root):
        if yaml.load(path.read_text(), LOADER).get("parent"):
            dockerfile = path.with_name("Dockerfile").read_text()
            assert re.search(r"^ARG PARENT$", dockerfile, re.MULTILINE), path
            assert re.search(r"^FROM \$\{PARENT\}$", dockerfile, re.MULTILINE), path


def test_shell_scripts_are_shell(root: Path) -> None:
    for name in ("breakfix", ".ci/run", "images/host/files/usr/lib/breakfix/init"):
        shell = "bash" if "bash" in (root / name).read_text().partition("\n")[0] else "sh"
        done = subprocess.run([shell, "-n", root / name], check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"{name}: {done.stderr}"
