"""Command lines that are read before anything is installed: refused as the program refuses them, or let through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from orchestrator.cli import command_words, early, language_choice
from orchestrator.cli.root import root
from orchestrator.core.language import Language

from .conftest import Cli, speak

ROOT = Path(__file__).parents[3]
UPDATE = os.environ.get("BREAKFIX_UPDATE_GOLDEN")
READ = """import sys
sys.path.insert(0, sys.argv[1])
from orchestrator.cli import early
sys.exit(early.main(sys.argv[2:]))"""


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    language_choice.choose([], {})


# The table ------------------------------------------------------------------------------------------------


def commands(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for part in command.list_commands(context):
            inner = command.get_command(context, part)
            assert inner is not None
            yield from commands(inner, f"{name} {part}".lstrip())


def kind_of(kind: click.ParamType[Any]) -> dict[str, Any]:
    """Return what of a type can be checked without the program."""
    if isinstance(kind, click.Choice):
        assert kind.case_sensitive
        return {"choices": list(kind.choices)}
    if isinstance(kind, click.IntRange | click.FloatRange):
        assert not any((kind.min_open, kind.max_open, kind.clamp))
        bounds = {"least": kind.min, "most": kind.max}
        found = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"number": kind.name, **found, "range": kind._describe_range()}
    assert not isinstance(kind, click.types.IntParamType | click.types.FloatParamType), "give it bounds"
    return {}


def usage_of(command: click.Command) -> dict[str, Any]:
    context = command.context_class(command)
    options: dict[str, dict[str, Any] | None] = {}
    found: dict[str, Any] = {"options": options}
    required = []
    for parameter in command.get_params(context):
        if not isinstance(parameter, click.Option):
            continue
        assert not any((parameter.count, parameter._flag_needs_value))
        hint = {"hint": parameter.get_error_hint(context)}
        for name in (*parameter.opts, *parameter.secondary_opts):
            kind = None if parameter.is_flag else kind_of(parameter.type)
            options[name] = kind and {**hint, **kind}
        if parameter.required:
            required.append(parameter.opts)
    if required:
        found["required"] = required
    if isinstance(command, click.Group):
        return {**found, "commands": command.list_commands(context)}
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    assert all(one.nargs == 1 for one in arguments[:-1]), "only the last one may be many"
    found["arguments"] = [
        {
            "hint": one.get_error_hint(context),
            **({"required": True} if one.required else {}),
            **({"many": True} if one.nargs < 0 else {}),
            **kind_of(one.type),
        }
        for one in arguments
    ]
    settings = command.context_settings
    if settings.get("ignore_unknown_options"):
        found["passes"] = True
    if type(command).__name__ == "PassingCommand":
        found["runs"] = True
    return found


def in_language(lang: Language, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    speak(lang, monkeypatch)
    return {name: usage_of(command) for name, command in commands(root)}


def test_the_table_is_what_click_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """``BREAKFIX_UPDATE_GOLDEN=1`` writes it again."""
    french, english = in_language("fr", monkeypatch), in_language("en", monkeypatch)
    for name, usage in english.items():
        for one, other in zip(usage.get("arguments", ()), french[name].get("arguments", ()), strict=True):
            one["hint"] = other["hint"] = {"fr": other["hint"], "en": one["hint"]}
    assert english == french
    lines = [f"{json.dumps(name)}: {json.dumps(usage, ensure_ascii=False)}" for name, usage in english.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    if UPDATE:
        command_words.TABLE.write_text(text, encoding="utf-8")
    assert text == command_words.TABLE.read_text(encoding="utf-8")


# What is refused ------------------------------------------------------------------------------------------

WRONG = [
    "strat",
    "--nope",
    "--lng fr status",
    "--lang",
    "--lang de status",
    "--json=yes status",
    "demo --yess",
    "demo --seed",
    "demo --seed many",
    "demo --seed -1",
    f"start x --seed {2**127}",
    "demo --yes now",
    "demo --yes now or later",
    "start",
    "start --nope x",
    "start x y",
    "status --lab",
    "check --format xml",
    "images bild",
    "images list too",
    "group members",
    "people add",
    "people add lea --role boss",
    "completion tcsh",
    "completion",
    "exec",
    "exec pc1",
    "exec pc1 --",
    "exec --timeout 0 pc1 ls",
    "exec pc1 --timeout x -- ls",
    "exec -x pc1 ls",
    "exec pc1 --nope -- ls",
    "forward web1:80 --local 70000",
    "test --json=x",
    "shell --user",
    "cable pc1:eth0 plug too",
    "session plan",
    "session nope",
    "audit log --subjct x",
]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("line", WRONG)
def test_wrong_words_are_refused_as_the_program_refuses_them(
    cli: Cli, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, line: str, lang: Language
) -> None:
    monkeypatch.setattr(language_choice, "language_of", lambda _environment: lang)
    given = line.split()
    by_program = cli(*given, lang=lang)
    capsys.readouterr()
    assert early.main(given) == by_program.exit_code == early.REFUSED
    assert capsys.readouterr().err.split() == by_program.stderr.split()
    if lang == "fr":  # the sentences were compared; the form is the same
        return
    document = json.loads(cli("--json", *given, lang=lang).stdout)
    capsys.readouterr()
    assert early.main(["--json", *given]) == early.REFUSED
    said = capsys.readouterr()
    assert (json.loads(said.out), said.err) == (document, "")


# What is let through --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "without_asking"),
    [
        ("", False),
        ("--help", False),
        ("--version --yes", True),
        ("demo", False),
        ("demo --yes", True),
        ("--yes demo", True),
        ("demo --seed 3 --yes", True),
        ("start no-network-after-move --seed 7 --lang fr --yes", True),
        ("start no-network-after-move --lab mine", False),
        ("images", False),
        ("images --yes list", True),
        ("exec pc1 -- apt-get install --yes greeting", False),
        ("exec pc1 apt-get install --yes greeting", False),
        ("exec pc1 --yes -- ls", True),
        ("exec --lab L pc1 ls --nope", False),
        ("exec pc1 --lab L -i --timeout=3 -- ls -l", False),
        ("test -k dns -x --maxfail=1", False),
        ("test tests/unit --keep-going --yes", True),
        ("start --nonsense --help", False),
        ("prove a b c --jobs 2", False),
        ("validate", False),
        ("status -- ", False),
    ],
)
def test_right_words_are_let_through(capsys: pytest.CaptureFixture[str], line: str, *, without_asking: bool) -> None:
    if "--nonsense" in line:
        assert early.main(line.split()) == early.REFUSED, "as Click refuses it"
        return
    assert early.main(line.split()) == (early.GO_ON_WITHOUT_ASKING if without_asking else early.GO_ON)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("line", "status"), [("demo --yes", 10), ("strat", 2), ("start x", 0)])
def test_the_machine_s_own_python_is_enough(line: str, status: int) -> None:
    """No package is there, and nothing is written beside the modules."""
    argv = [sys.executable, "-I", "-S", "-B", "-c", READ, str(ROOT), *line.split()]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env={"LANG": "fr_FR.UTF-8"})
    assert done.returncode == status, done.stderr
    assert ("Commande inconnue" in done.stderr) == (status == early.REFUSED)


# Whose words they are -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "own"),
    [
        ("exec pc1 ls --json", "exec pc1"),
        ("exec pc1 --json ls --lang fr", "exec pc1 --json"),
        ("exec --lab --json pc1 ls", "exec --lab --json pc1"),
        ("--lang fr exec pc1 -- ls", "--lang fr exec pc1"),
        ("--content exec start x -- y", "--content exec start x"),
        ("start x --json", "start x --json"),
        ("exec", "exec"),
        ("", ""),
    ],
)
def test_the_words_of_the_command_that_is_run_are_not_ours(line: str, own: str) -> None:
    assert command_words.own(line.split()) == own.split()
