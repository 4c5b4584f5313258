"""The help: in the user's language, quick, and complete."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from rich.console import Console
from rich.text import Text

from orchestrator.cli import french, language_choice
from orchestrator.cli.root import ENTRIES, root
from orchestrator.core.language import printed, typographic

from .conftest import Cli

NAMES = (
    *(
        "scenarios",
        "show",
        "start",
        "answer",
        "report",
        "talk",
        "session",
        "check",
        "hint",
        "reset",
        "stop",
        "status",
        "lab",
        "map",
    ),
    *(
        "progress",
        "group",
        "people",
        "audit",
        "shell",
        "exec",
        "forward",
        "cable",
        "new",
        "try",
        "faults",
        "validate",
        "schema",
        "prove",
        "ledger",
        "demo",
        "doctor",
        "images",
    ),
    *("cluster", "bench", "capacity", "test", "completion", "serve", "backup", "restore", "save", "resume"),
)
COMMANDS = [(), *((name,) for name in NAMES), *(("images", n) for n in ("build", "list", "save", "load", "prune"))]
COMMANDS += [("ledger", n) for n in ("trust", "distrust", "keys", "sign")]
COMMANDS += [("cluster", n) for n in ("create", "join", "nodes", "drain", "leave")]
COMMANDS += [("people", n) for n in ("add", "change", "list", "import", "forget", "password", "retention")]
COMMANDS += [("group", n) for n in ("create", "add", "remove", "list", "members", "launch", "live", "stop", "export")]
COMMANDS += [("audit", n) for n in ("verify", "head", "log")]
COMMANDS += [("new", kind) for kind in ("scenario", "lab", "fault", "image")]
ENGLISH = re.compile(r"\b(the|and|of|this|with|show|usage|for|default|missing|file|host|command|name)\b", re.IGNORECASE)
OURS = re.compile(r"«[^»]*»|--[a-z-]+|^  [a-z]+ |breakfix \S+|\b(images|text|json)\b", re.MULTILINE)
"""What is typed reads the same in both languages."""


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_french_help_is_french(cli: Cli, words: tuple[str, ...]) -> None:
    done = cli(*words, "--help", lang="fr")
    assert done.exit_code == 0
    prose = OURS.sub("", done.stdout)
    assert not ENGLISH.findall(prose), prose


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_english_help_is_english(cli: Cli, words: tuple[str, ...]) -> None:
    done = cli(*words, "--help")
    assert done.exit_code == 0
    assert not re.findall(r"[àâçéèêîôû]|\b(le|la|les|des)\b", done.stdout), done.stdout


def test_without_a_command_the_help_is_shown(cli: Cli) -> None:
    assert cli().exit_code == 0
    assert "Practise:" in cli().stdout


def test_each_command_is_where_the_table_says() -> None:
    assert set(ENTRIES) == set(NAMES)
    for name in NAMES:
        command = root.get_command(click.Context(root), name)
        assert command is not None
        assert command.name == name


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("option", ["--json", "--lang=fr", "--yes"])
def test_global_options_stand_before_or_after_the_command(cli: Cli, place: str, option: str) -> None:
    words = (option, "status") if place == "before" else ("status", option)
    assert cli(*words).exit_code == 0


@pytest.mark.parametrize(
    ("words", "environment", "chosen"),
    [
        (["--lang", "fr"], {}, "fr"),
        (["start", "--lang=fr"], {"LANG": "en_GB.UTF-8"}, "fr"),
        ([], {"LANG": "fr_FR.UTF-8"}, "fr"),
        ([], {"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}, "en"),
        (["exec", "pc1", "--", "x", "--lang", "fr"], {}, "en"),
        (["--lang", "xx"], {"LANG": "fr_FR"}, "fr"),
    ],
)
def test_the_language(words: list[str], environment: dict[str, str], chosen: str) -> None:
    try:
        assert language_choice.choose(words, environment) == chosen
    finally:
        language_choice.choose([], {})


def test_french_punctuation_never_begins_a_line() -> None:
    assert typographic("« a » : b ?") == "«\xa0a\xa0»\xa0: b\xa0?"
    assert printed("l'accès TCP/IP, ['eth0'] et d'un/une") == "l’accès TCP/\u2060IP, ['eth0'] et d’un/une"


def test_no_printed_line_begins_with_punctuation() -> None:
    french.keep_punctuation()
    said = "Il dit « Oui, bien sûr » : est-ce vrai ? La réponse ; la voilà, « non »."
    for width in range(12, 60):
        printed = io.StringIO()
        Console(width=width, file=printed).print(Text(said), highlight=False)
        lines = printed.getvalue().splitlines()
        assert " ".join(line.strip() for line in lines) == said
        assert not [line for line in lines if line.lstrip().startswith((":", "?", ";", "»")) or line.endswith("«")]


def test_help_imports_nothing_slow() -> None:
    slow = ("docker", "pydantic", "netmiko", "paramiko", "rich", "jinja2", "sqlalchemy")
    code = (
        "import sys; from orchestrator.cli import main; main(['--help']);"
        f"print([m for m in {slow} if m in sys.modules])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.splitlines()[-1] == "[]"
