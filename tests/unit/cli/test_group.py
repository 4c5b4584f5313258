"""``group`` on the command line, over a real store; what launches and looks is scripted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.practice.launching import MemberPlace, Stopped
from orchestrator.practice.standings import Check, Standing
from orchestrator.records.database import Database
from orchestrator.records.journal import now
from orchestrator.records.location import database_url

from .conftest import Cli, FakeApp

WHY = LabError(Text(fr="la machine pc1 n’a pas démarré", en="the host pc1 did not come up"))
PLACES = (MemberPlace("lea", "Léa Martin", 71, "lab-1"), MemberPlace("yann", "", 72, "lab-2", kept=True))


@dataclass
class FakeLauncher:
    places: tuple[MemberPlace, ...] = PLACES
    stopped: Stopped = field(default_factory=lambda: Stopped(("lab-1", "lab-2"), ()))
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    def launch(
        self, group: str, scenario: str, seed: int, tell: Callable[[MemberPlace], None]
    ) -> tuple[MemberPlace, ...]:
        self.asked.append((group, scenario, seed))
        for place in self.places:
            tell(place)
        return self.places

    def stop(self, _group: str) -> Stopped:
        return self.stopped


@dataclass
class FakeStandings:
    """A look is finer than what is known; the third one is interrupted, as Ctrl-C does it."""

    looks: int = 0

    def known(self, _group: str) -> tuple[Standing, ...]:
        return (Standing("P-1", "lea", "Léa Martin"), Standing("P-2", "yann", ""))

    def look(self, _group: str) -> Iterator[Standing]:
        self.looks += 1
        if self.looks == 3:
            raise KeyboardInterrupt
        checks = (Check("a", "pass"), Check("b", "fail"), Check("c", "error"))
        common = {"started_at": now(), "seconds": 754, "minutes": 10, "hints": 2}
        yield Standing("P-1", "lea", "Léa Martin", "x", "lab-1", "71", "running", checks=checks, **common)  # type: ignore[arg-type]
        yield Standing("P-2", "yann", "", "x", "lab-2", "72", "broken", trouble=WHY, **common)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def launcher(
    app: FakeApp, monkeypatch: pytest.MonkeyPatch, empty_store: Path, tmp_path: Path
) -> Iterator[FakeLauncher]:
    monkeypatch.setattr("getpass.getuser", lambda: "trainer1")
    app.database = database = Database(database_url(str(shutil.copy(empty_store, tmp_path / "records.sqlite")), {}))
    app.launcher = made = FakeLauncher()
    app.standings = FakeStandings()
    yield made
    database.close()


def test_members_come_and_go(cli: Cli) -> None:
    for handle in ("lea", "yann", "paul"):
        cli("people", "add", handle)
    assert json.loads(cli("group", "create", "tssr", "lea", "yann", "--json").stdout)["trainees"] == ["lea", "yann"]
    cli("group", "add", "tssr", "paul", "--trainer")
    shown = cli("group", "members", "tssr", lang="fr").stdout
    assert "paul" in shown
    assert "formateur" in shown
    assert json.loads(cli("group", "remove", "tssr", "yann", "--json").stdout)["trainees"] == ["lea"]
    assert json.loads(cli("group", "list", "--json").stdout) == {
        "groups": [{"name": "tssr", "trainees": 1, "trainers": 1, "launches": 0}]
    }
    assert "tssr" in cli("group", "list").stdout
    unknown = cli("group", "add", "tsrs", "yann")
    assert unknown.exit_code == 2
    assert 'did you mean "tssr"' in unknown.stderr


def test_a_mistyped_member_makes_no_group(cli: Cli) -> None:
    cli("people", "add", "lea")
    assert cli("group", "create", "tssr", "lea", "nobody").exit_code == 2
    assert json.loads(cli("group", "list", "--json").stdout) == {"groups": []}


def test_a_launch_tells_each_place(cli: Cli, launcher: FakeLauncher) -> None:
    done = cli("group", "launch", "tssr", "cable-out", "--seed", "5")
    assert (done.exit_code, launcher.asked) == (0, [("tssr", "cable-out", 5)])
    lea, yann, *more, board = done.stdout.splitlines()
    assert lea == "✔ lea (Léa Martin)  lab-1  variant 71"
    assert yann == "✔ yann  lab-2  variant 72, running already"
    assert "Each one types: 'breakfix show cable-out --seed VARIANT' (their ticket)" in " ".join(more)
    assert board == "→ 'breakfix group live tssr' shows how far each has come."


def test_a_lab_that_did_not_come_up_is_told_and_is_the_status(cli: Cli, launcher: FakeLauncher) -> None:
    launcher.places = (*PLACES[:1], MemberPlace("yann", "", 72, trouble=WHY))
    done = cli("group", "launch", "tssr", "cable-out")
    assert done.exit_code == 5
    assert "✘ yann: the host pc1 did not come up" in done.stdout
    document = json.loads(cli("group", "launch", "tssr", "cable-out", "--json").stdout)
    assert document["places"][1]["trouble"]["en"] == "the host pc1 did not come up"


def test_where_everybody_is(cli: Cli, app: FakeApp) -> None:
    shown = cli("group", "live", "tssr").stdout
    assert "●○! 1/3" in shown
    assert "at work" in shown
    assert "lab unusable" in shown
    assert "12\u202fmin" in shown
    document = json.loads(cli("group", "live", "tssr", "--json").stdout)
    assert [member["state"] for member in document["members"]] == ["running", "broken"]
    assert document["members"][0]["checks"][1] == {"id": "b", "outcome": "fail"}
    assert "rien de lancé" in cli("group", "live", "tssr", "--no-check", lang="fr").stdout
    assert app.standings.looks == 2, "nothing was graded the last time"  # type: ignore[attr-defined]


def test_watching_goes_on_until_it_is_interrupted(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.cli.commands.group.wait_until", lambda *_words, **_named: None)
    watched = cli("group", "live", "tssr", "--watch", "1")
    assert watched.exit_code == 0
    assert app.standings.looks == 3  # type: ignore[attr-defined]
    assert "●○! 1/3" in watched.stdout


def test_stopping_says_what_is_gone_and_what_is_not(cli: Cli, launcher: FakeLauncher) -> None:
    assert cli("group", "stop", "tssr").stdout.splitlines() == [
        "✔ lab-1 stopped and removed.",
        "✔ lab-2 stopped and removed.",
    ]
    launcher.stopped = Stopped((), ())
    assert "No lab of this group is running." in cli("group", "stop", "tssr").stdout
    launcher.stopped = Stopped((), (WHY,))
    assert cli("group", "stop", "tssr").exit_code == 5


def test_results_go_to_a_file_that_spreadsheets_read(cli: Cli, tmp_path: Path) -> None:
    cli("group", "create", "tssr")
    path = tmp_path / "results.csv"
    assert cli("group", "export", "tssr", "--output", str(path)).exit_code == 0
    assert path.read_bytes().startswith(b"\xef\xbb\xbflaunch,scenario,")
    assert cli("group", "export", "tssr").stdout.startswith("launch,scenario,")
    assert cli("group", "export", "tssr", "--output", str(tmp_path / "no" / "x.csv")).exit_code == 3
