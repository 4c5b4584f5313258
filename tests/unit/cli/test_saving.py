"""``save`` and ``resume``, and what the other commands say of a lab that is saved."""

from __future__ import annotations

import json

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.language import Language
from orchestrator.core.text import same
from tests.unit.cli.conftest import LAB, Cli, FakeApp


def test_saving_says_what_stays_and_how_to_go_on(cli: Cli, app: FakeApp) -> None:
    done = cli("save")
    assert (done.exit_code, app.labs.calls) == (0, ["save"])
    shown = " ".join(done.stdout.split())
    assert f"✔ {LAB} saved: its hosts are off" in shown
    assert f"resume --lab {LAB}" in shown
    assert "sauvegardé" in cli("save", lang="fr").stdout


def test_saving_and_resuming_for_programs(cli: Cli) -> None:
    assert json.loads(cli("save", "--json").stdout)["saved"] == LAB
    resumed = json.loads(cli("resume", "--json").stdout)
    assert (resumed["lab"], resumed["resumed"]) == (LAB, True)
    assert json.loads(cli("resume", "--json").stdout)["resumed"] is False


def test_resuming_boots_a_saved_lab_and_leaves_another_one_alone(cli: Cli, app: FakeApp) -> None:
    assert "is not saved: nothing was done" in cli("resume").stdout
    assert app.labs.calls == []
    cli("save")
    assert f"✔ Lab {LAB} is running." in cli("resume").stdout
    assert app.labs.calls == ["save", "resume"]


def test_trouble_while_saving_is_told(cli: Cli, app: FakeApp) -> None:
    app.labs.trouble = LabError(same("pc1 does not stop"))
    done = cli("save")
    assert done.exit_code != 0
    assert "pc1 does not stop" in done.stderr


@pytest.mark.parametrize(
    "words", [("shell", "pc1"), ("exec", "pc1", "--", "true"), ("cable", "pc1:eth0", "plug"), ("forward", "pc1:80")]
)
def test_what_needs_the_hosts_of_a_saved_lab_says_how_to_go_on(cli: Cli, words: tuple[str, ...]) -> None:
    cli("save")
    said: tuple[tuple[Language, str], ...] = (("en", "is saved"), ("fr", "est sauvegardé"))
    for lang, saved in said:
        done = cli(*words, lang=lang)
        assert done.exit_code != 0
        assert saved in done.stderr
        assert f"breakfix resume --lab {LAB}" in done.stderr


def test_status_tells_a_saved_lab(cli: Cli) -> None:
    cli("save")
    shown = " ".join(cli("status").stdout.split())
    assert "Saved: its hosts are off" in shown
    assert f"resume --lab {LAB}" in shown
    assert "Some hosts do not run" not in shown
    (lab,) = json.loads(cli("status", "--json").stdout)["labs"]
    assert (lab["phase"], lab["whole"]) == ("saved", False)
