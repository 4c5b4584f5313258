"""A trainer's folder that the project has never seen, through ``breakfix validate``: sound, then with one mistake each.

The golden files hold what the command tells, in both languages: they are its user interface.
"""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import grader
from orchestrator import cli
from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import ContentError, ExitCode
from orchestrator.loader import roots
from orchestrator.loader.python_source import in_french, parse_python
from orchestrator.loader.roots import built_in_root
from orchestrator.model.check import KEYWORDS, OFFERED

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder

GOLDEN = Path(__file__).parents[2] / "golden" / "validate"
SCENARIO = Path("scenarios/1.3-network-connection/cable-out")
CHECKS = f"{SCENARIO}/checks/test_network.py"
REFERENCE = f"{SCENARIO}/solutions/reference.yaml"

pytestmark = pytest.mark.slow
"""Some hundred whole folders are read."""

Break = Callable[["Folder"], None]


@pytest.fixture(scope="session")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a trainer leans on of the project's content, without the rest, which would be looked through each time."""
    root = tmp_path_factory.mktemp("built-in")
    for image in ("base", "host", "router"):
        shutil.copytree(built_in_root() / "images" / image, root / "images" / image)
    return root


@pytest.fixture(autouse=True)
def little_content(built_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roots, "built_in_root", lambda: built_in)


@pytest.fixture
def trainer(folder: Folder) -> Folder:
    """A content folder with a lab and a scenario of its own, on the project's images and with its faults."""
    for image in ("base", "host", "router"):
        folder.remove(f"images/{image}/image.yaml")
        folder.remove(f"images/{image}/Dockerfile")
        (folder.root / "images" / image).rmdir()
    (folder.root / "images").rmdir()
    folder.edit("scenario.yaml", "fault: link-segment", "fault: link-wrong-segment")
    return folder


def validate(capsys: pytest.CaptureFixture[str], *paths: str) -> tuple[int, dict[str, Any]]:
    """Run the command and return its exit status and its JSON document."""
    capsys.readouterr()
    status = cli.run(["validate", *paths], Invocation(json=True))
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return status, document


def told(document: dict[str, Any]) -> str:
    """Return every problem of the command's document: its place, then the texts in both languages."""
    lines = []
    for problem in document["error"]["problems"]:
        place = ":".join(str(part) for part in (problem["file"], problem["line"], problem["column"]) if part)
        lines += [place, f"  {problem['message']['fr']}", f"  {problem['message']['en']}"]
        if problem["hint"]:
            lines += [f"  → {problem['hint']['fr']}", f"  → {problem['hint']['en']}"]
    return "\n".join(lines) + "\n"


def edit(name: str, old: str, new: str) -> Break:
    return lambda folder: folder.edit(name, old, new)


def append(name: str, line: str) -> Break:
    def act(folder: Folder) -> None:
        path = folder.root / name
        path.write_text(f"{path.read_text()}    {line}\n")

    return act


def put(name: str, content: str | bytes) -> Break:
    def act(folder: Folder) -> None:
        folder.write(folder.long(name), content)

    return act


def link(name: str, target: str) -> Break:
    def act(folder: Folder) -> None:
        path = folder.root / folder.long(name)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return act


def remove(*names: str) -> Break:
    def act(folder: Folder) -> None:
        for name in names:
            folder.remove(name)

    return act


def rename(name: str, new: str) -> Break:
    def act(folder: Folder) -> None:
        path = folder.root / folder.long(name)
        path.rename(path.with_name(new))

    return act


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)

MISTAKES: dict[str, Break] = {
    # Keys and values
    "key-misspelt": edit("scenario.yaml", "minutes: 15", "minuts: 15"),
    "key-twice": edit("scenario.yaml", "minutes: 15", "minutes: 15\nminutes: 20"),
    "contract-newer": edit("scenario.yaml", "contract: 1", "contract: 3"),
    "language-missing": edit("scenario.yaml", "title: {fr: Plus de réseau, en: No network}", "title: {fr: Plus}"),
    "language-none": edit("scenario.yaml", "title: {fr: Plus de réseau, en: No network}", "title: No network"),
    "ticket-language-missing": remove("ticket.en.md"),
    "competence-unknown": edit("scenario.yaml", '["1.3", "1.1"]', '["1.3", "4.1"]'),
    "id-is-not-the-folder": edit("scenario.yaml", "id: cable-out", "id: cable-cut"),
    # Files
    "tab": edit("scenario.yaml", "  user: {draw: person}", "\tuser: {draw: person}"),
    "file-10-mb": put("notes.bin", b"\0" * (10 << 20)),
    "yaml-10-mb": put("solutions/reference.yaml", "x: y\n" * (2 << 20)),
    "link-out-of-the-folder": link("ticket.fr.md", "/etc/hostname"),
    "not-utf-8": put("ticket.fr.md", "Le câble est débranché.\n".encode("latin-1")),
    "alias-bomb": put("shortcuts/stale.yaml", BOMB),
    "document-misnamed": rename("scenario.yaml", "scenario.yml"),
    # Templates
    "template-ticket": put("ticket.fr.md", "Bonjour,\n\n{{ usr.full }} n'a plus de réseau.\n"),
    "template-hint": edit("scenario.yaml", "Regardez le bureau {{ desk }}", "Regardez le bureau {{ dsk }}"),
    "template-lab-file": put("labs/pair/files/web1/etc/motd.j2", "Welcome to\n{{ host.fqnd }}\n"),
    "template-step": edit(REFERENCE, "{{ user.login }}", "{{ user.logn }}"),
    "template-fault": edit("scenario.yaml", "host: pc1, interface: eth0, segment", 'host: "{{ pc }}", segment'),
    "template-check": edit(CHECKS, "L'intranet répond.", "L'intranet répond à {{ user.fulll }}."),
    "template-check-name": edit(CHECKS, "The intranet answers.", "The intranet answers {{ usr.full }}."),
    # The lab
    "two-hosts-with-one-address": edit("lab.yaml", "address: 192.168.20.10}", "address: 192.168.20.1}"),
    "host-on-no-segment": edit("lab.yaml", "eth0: {segment: office, address: dhcp}", "eth0: {address: dhcp}"),
    "host-without-interface": edit(
        "lab.yaml", "    interfaces:\n      eth0: {segment: office, address: dhcp}\n", "    interfaces: {}\n"
    ),
    "host-on-an-unknown-segment": edit(
        "lab.yaml", "{segment: office, address: dhcp}", "{segment: offce, address: dhcp}"
    ),
    # Faults
    "fault-unknown": edit("scenario.yaml", "fault: link-unplugged", "fault: link-unpluged"),
    "fault-host": edit("scenario.yaml", "host: pc1, interface: eth0}", "host: pc11, interface: eth0}"),
    "fault-parameter-unknown": edit("scenario.yaml", "host: pc1, interface: eth0}", "hots: pc1, interface: eth0}"),
    "fault-parameter-type": edit("scenario.yaml", "host: pc1, interface: eth0}", "host: pc1, interface: [eth0]}"),
    "fault-parameter-missing": edit("scenario.yaml", "parameters: {host: pc1, interface: eth0}", "parameters: {}"),
    "fault-without-parameters": edit("scenario.yaml", "\n          parameters: {host: pc1, interface: eth0}\n", "\n"),
    # Solutions and shortcuts
    "no-solution": remove("solutions/reference.yaml"),
    "one-shortcut": remove("shortcuts/stale.yaml"),
    # Checks
    "check-role": edit(CHECKS, '"guard"', '"gard"'),
    "check-before": edit(CHECKS, ', en="The intranet answers."', ', en="The intranet answers.", before_fr="Rien."'),
    "check-language": edit(CHECKS, ', en="The intranet answers."', ""),
    "check-competence": edit(CHECKS, '"guard",', '"guard", competence="1.9",'),
    "check-host": edit(CHECKS, 'host="web1"', 'host="web2"'),
    "check-asks-unknown-host": append(CHECKS, 'assert lab.client(name="pc11").ping(lab.address("web1"))'),
    "check-asks-unknown-segment": append(CHECKS, 'assert lab.login("server", "web1", "root", "x").accepted'),
    "check-asks-unknown-value": append(CHECKS, 'assert lab.values["usr"]'),
    "check-asks-what-lab-has-not": append(CHECKS, 'assert lab.clinet("pc1")'),
    "check-keyword": edit(CHECKS, "points=2", "point=2"),
    "check-points": edit(CHECKS, "points=2", 'points="2"'),
    "check-because": edit(CHECKS, "points=2", 'points=2, because="status (404"'),
    "check-without-decorator": edit(CHECKS, "\n\n\n@check(", "\n\n\ndef test_more(lab):\n    assert lab\n\n\n@check("),
    "check-bare-decorator": edit(
        CHECKS, '@check("guard", points=2, fr="L\'intranet répond.", en="The intranet answers.", host="web1")', "@check"
    ),
    "check-not-collected": edit(CHECKS, "def test_web", "def web"),
    "check-twice": lambda folder: put(CHECKS, (text := (folder.root / CHECKS).read_text()) + text.partition("\n")[2])(
        folder
    ),
    "check-skipped": edit(
        CHECKS, "from grader import check\n", "import pytest\nfrom grader import check\n\n\n@pytest.mark.skip"
    ),
    "check-placeholder": edit(CHECKS, "from grader import check", "from your_module import your_check"),
    "check-import": edit(CHECKS, "import check\n", "import check, eventualy\n"),
    "check-import-all": edit(CHECKS, "import check\n", "import check\nfrom grader import *\n"),
    "check-import-private": edit(CHECKS, "import check\n", "import check\nfrom grader.mail import send_mail\n"),
    "check-import-package": edit(CHECKS, "import check\n", "import check\nimport grader\n"),
    "check-file-empty": put(CHECKS, '"""The checks come here."""\n'),
    "check-file-misnamed": rename(CHECKS, "network_test.py"),
}


@pytest.mark.usefixtures("trainer")
def test_a_sound_folder_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    assert validate(capsys, ".") == (ExitCode.DONE, {"valid": True, "read": {"scenarios": 1, "labs": 1}})


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_with_the_way_out(name: str, trainer: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    MISTAKES[name](trainer)
    status, document = validate(capsys, ".")
    assert status == ExitCode.CONTENT
    assert document["valid"] is False
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("BREAKFIX_UPDATE_GOLDEN") == "1":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(told(document))
    assert told(document) == file.read_text()


def test_every_golden_file_has_its_mistake() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(MISTAKES)


SYNTAX = "from grader import check\n\n\n@check('guard', fr='é', en='e')\ndef test_x(lab)\n    assert lab\n"


def test_a_check_file_that_is_no_python(trainer: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    put(CHECKS, SYNTAX)(trainer)
    _, document = validate(capsys, ".")
    (problem,) = document["error"]["problems"]  # the parser's words differ between Python versions, its place does not
    assert (problem["file"], problem["line"], problem["column"]) == (CHECKS, 5, 16)
    assert problem["message"]["fr"] == "Python invalide : il manque « : » à la fin de la ligne"


@pytest.mark.parametrize(
    "source",
    [
        "x = (1",
        "x = 1)",
        "x = (1]",
        "if x\n    pass",
        "x = (1 2)",
        "if x = 1:\n    pass",
        "asert x",
        "x = 'a",
        "if x:\n        a\n    b",
        "  x = 1",
        "def f():\nx = 1",
        "if x:\n        a\n\tb",
        "x = “a”",
        "x = 1\u00a0",
        "x = f'{'",
        "f(a=1, 2)",
        "f() = 1",
        "x = \\ 1",
        "x\0",
    ],
)
def test_what_python_says_of_a_mistake_is_told_in_french(source: str, tmp_path: Path) -> None:
    with pytest.raises(ContentError) as caught:
        parse_python(source, tmp_path / "test_x.py")
    (problem,) = caught.value.problems
    assert problem.text.fr.startswith("Python invalide : ")
    assert "Python dit" not in problem.text.fr, problem.text.en


def test_of_a_mistake_without_french_words_python_is_quoted() -> None:
    assert in_french("what a later Python finds") == "Python dit « what a later Python finds »"


def test_a_folder_that_a_link_brings_in_is_read(trainer: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = trainer.root / "shared" / "cable-out"
    elsewhere.parent.mkdir()
    (trainer.root / SCENARIO).rename(elsewhere)
    (trainer.root / SCENARIO).symlink_to(elsewhere)
    assert validate(capsys, ".") == (ExitCode.DONE, {"valid": True, "read": {"scenarios": 1, "labs": 1}})


@pytest.mark.parametrize("name", [str(SCENARIO), "labs/pair"])
def test_a_folder_that_a_link_brings_in_from_outside_is_refused(
    name: str, trainer: Folder, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("shared") / Path(name).name
    (trainer.root / name).rename(elsewhere)
    (trainer.root / name).symlink_to(elsewhere)
    status, document = validate(capsys, ".")
    assert status == ExitCode.CONTENT
    assert "a link that leaves the content" in told(document)


def test_a_folder_may_be_named_by_a_competence_alone(trainer: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    above = trainer.root / SCENARIO.parent
    above.rename(above.with_name("2.1"))
    _, document = validate(capsys, ".")
    assert "2.1" in told(document)
    (trainer.root / "scenarios/2.1").rename(trainer.root / "scenarios/1.3")
    assert validate(capsys, ".")[0] == ExitCode.DONE


def test_mistakes_in_several_files_are_told_at_once(trainer: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """What one file spoils does not hide what is wrong in the others."""
    names = ("language-missing", "two-hosts-with-one-address", "template-step", "check-role", "one-shortcut")
    for name in names:
        MISTAKES[name](trainer)
    _, document = validate(capsys, ".")
    files = {problem["file"] for problem in document["error"]["problems"]}
    assert files == {
        f"{SCENARIO}/scenario.yaml",
        "labs/pair/lab.yaml",
        CHECKS,
        f"{SCENARIO}/shortcuts",
    }
    trainer.edit("scenario.yaml", "title: {fr: Plus}", "title: {fr: Plus, en: No more}")
    _, document = validate(capsys, ".")
    files = {problem["file"] for problem in document["error"]["problems"]}
    assert files == {"labs/pair/lab.yaml", REFERENCE, CHECKS, f"{SCENARIO}/shortcuts"}


@pytest.mark.parametrize(
    ("name", "unread"),
    [("scenario.yaml", ("minutes: 15", "minuts: 15")), ("lab.yaml", ("domain: pair.example", "domian: pair.example"))],
)
def test_templates_are_looked_at_though_another_file_cannot_be_read(
    name: str, unread: tuple[str, str], trainer: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer.edit(name, *unread)
    for mistake in ("template-ticket", "template-hint", "template-check-name"):
        MISTAKES[mistake](trainer)
    trainer.edit(REFERENCE, 'when: cause == "moved"', 'when: casue == "moved"')
    trainer.edit(REFERENCE, "{{ user.login }}", "{{ user.login")
    _, document = validate(capsys, ".")
    problems = document["error"]["problems"]
    found = {problem["message"]["en"] for problem in problems}
    assert CHECKS in {problem["file"] for problem in problems}
    assert {text.partition(";")[0] for text in found} == {
        f'unknown key "{unread[1].partition(":")[0]}"',
        'the name "usr" is not defined',
        'the name "dsk" is not defined',
        'the name "casue" is not defined',
        'Jinja2 syntax error: unexpected character: " (a text begins and ends with the same quote)',
    }


@pytest.mark.usefixtures("trainer")
@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("scenarios", {"scenarios": 1}),
        (str(SCENARIO.parent), {"scenarios": 1}),
        (str(SCENARIO), {"scenarios": 1}),
        (f"{SCENARIO}/ticket.fr.md", {"scenarios": 1}),
        (REFERENCE, {"scenarios": 1}),
        ("labs/pair", {"labs": 1}),
        ("labs/pair/lab.yaml", {"labs": 1}),
        ("labs/pair/files/r1/etc/issue", {"labs": 1}),
    ],
)
def test_a_path_names_what_it_is_part_of(path: str, read: dict[str, int], capsys: pytest.CaptureFixture[str]) -> None:
    assert validate(capsys, path) == (ExitCode.DONE, {"valid": True, "read": read})


@pytest.mark.usefixtures("trainer")
def test_paths_and_names_may_be_mixed_and_count_once(capsys: pytest.CaptureFixture[str]) -> None:
    status, document = validate(capsys, str(SCENARIO), f"{SCENARIO}/scenario.yaml", "labs/pair", "router")
    assert (status, document["read"]) == (ExitCode.DONE, {"scenarios": 1, "labs": 1, "images": 1})


def test_a_folder_in_no_content_root_is_read_too(
    trainer: Folder, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    alone = tmp_path_factory.mktemp("alone") / "pair"
    (trainer.root / "labs/pair").rename(alone)
    assert validate(capsys, str(alone))[1] == {"valid": True, "read": {"labs": 1}}
    (alone / "lab.yaml").write_text("contract: 1\n")
    assert validate(capsys, str(alone))[0] == ExitCode.CONTENT


def test_a_referential_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("contract: 1\nid: mine\nrncp: 1\n")
    status, document = validate(capsys, str(file))
    assert (status, document["read"]) == (ExitCode.CONTENT, {"referentials": 1})
    assert "ccps" in told(document)


@pytest.mark.parametrize("path", ["nowhere", "./nowhere", "empty", "notes.txt", "root"])
def test_a_path_that_names_nothing_is_refused(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "root/labs").mkdir(parents=True)
    (tmp_path / "notes.txt").write_text("x")
    status, document = validate(capsys, path)
    assert status == ExitCode.WRONG_USE
    assert path in document["error"]["message"]["fr"] or path == "root"
    assert document["error"]["hint"]["en"]


@pytest.mark.parametrize(
    ("language", "says"),
    [("fr", "✔ Aucune erreur (1 scénario, 1 lab)."), ("en", "✔ No errors (1 scenario, 1 lab).")],
)
def test_the_command_itself_in_both_languages(trainer: Folder, language: str, says: str) -> None:
    command = [sys.executable, "-m", "orchestrator", "--lang", language, "validate", "."]
    root = Path(__file__).parents[3]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert (done.returncode, done.stdout.strip()) == (0, says), done.stderr
    MISTAKES["key-misspelt"](trainer)
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert done.returncode == ExitCode.CONTENT
    assert f"{SCENARIO}/scenario.yaml:8:1" in done.stderr
    assert "minutes" in done.stderr


def test_the_words_of_a_check_are_the_decorators() -> None:
    assert tuple(inspect.signature(grader.check).parameters) == KEYWORDS
    assert set(OFFERED) == set(grader.__all__)
