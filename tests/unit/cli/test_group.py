"""``group`` on the command line, over a real store; what launches and looks is scripted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli.times import ago
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text, same
from orchestrator.practice.launching import MemberPlace, Stopped
from orchestrator.practice.looks import HostLook, LabLook
from orchestrator.practice.standings import Check, Standing
from orchestrator.records.database import Database
from orchestrator.records.journal import now
from orchestrator.records.location import database_url

from .conftest import Cli, FakeApp
from .labd_double import listening

DOWN = LabError(Text(fr="srv1 : arrêtée", en="srv1: down"))
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
    """A board whose third picture is interrupted, as Ctrl-C does it; a grading turns Léa's lab green."""

    boards: int = 0
    asked: list[tuple[str, ...]] = field(default_factory=list)
    """Who was to be graded."""

    def board(self, _group: str, people: Sequence[str] = ()) -> tuple[Standing, ...]:
        self.boards += 1
        if self.boards == 3:
            raise KeyboardInterrupt
        return tuple(one for one in self._members("fail") if not people or one.handle in people)

    def check(self, _group: str, people: Sequence[str] = ()) -> Iterator[Standing]:
        self.asked.append(tuple(people))
        yield from (one for one in self._members("pass") if not people or one.handle in people)

    @staticmethod
    def _members(second: str) -> Iterator[Standing]:
        moment = now()
        checks = tuple(
            Check(name, colour, same(name)) for name, colour in (("a", "pass"), ("b", second), ("c", "error"))
        )
        common: dict[str, Any] = {"started_at": moment, "seconds": 754, "minutes": 10, "hints": 2}
        look = LabLook(
            moment - timedelta(seconds=90),
            (
                HostLook("pc1", "up", moment - timedelta(minutes=4), moment - timedelta(hours=2), "/etc/hosts"),
                HostLook("srv1", "down"),
            ),
        )
        yield Standing(
            "P-1", "lea", "Léa Martin", "x", "lab-1", "71", "running", checks=checks, points=4, points_possible=6,
            graded_at=moment - timedelta(minutes=3), look=look, trouble=DOWN, **common,
        )  # fmt: skip
        yield Standing("P-2", "yann", "", "x", "lab-2", "72", "broken", trouble=WHY, **common)
        yield Standing("P-3", "zoe", "")


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
    cli.width = 240
    lea, yann, zoe = cli("group", "live", "tssr").stdout.splitlines()[2:]
    for shown in (
        "Léa Martin", "lab-1", "at work (srv1: down)", "●○! 1/3", "4/6", "3\u202fmin ago", "1/2  1\u202fmin ago",
        "pc1  4\u202fmin ago", "pc1:/etc/hosts  2\u202fh\u202f00 ago", "12\u202fmin !",
    ):  # fmt: skip
        assert shown in lea
    assert "lab unusable (the host pc1 did not come up)" in yann
    assert "nothing launched" in zoe
    assert app.standings.asked == [], "nothing is graded"  # type: ignore[attr-defined]


def test_where_everybody_is_on_a_narrow_terminal(cli: Cli) -> None:
    cli.width = 110
    _, head, *lines = cli("group", "live", "tssr").stdout.splitlines()
    assert head.split() == ["Who,", "lab", "State,", "time", "Checks", "Hosts,", "changed", "Typed"]
    first = next(number for number, line in enumerate(lines) if "Léa Martin" in line)
    lea = " ".join(lines[first : first + 2])
    for shown in ("lab-1", "at work", "●○! 1/3", "4/6 pt, 3\u202fmin ago", "pc1  4\u202fmin ago", "pc1:/etc/hosts"):
        assert shown in lea
    assert max(map(len, lines)) <= 110


def test_where_everybody_is_in_french(cli: Cli) -> None:
    cli.width = 240
    _, head, lea, yann, zoe = cli("group", "live", "tssr", lang="fr").stdout.splitlines()
    assert head.split() == [
        "Qui", "Lab", "État", "Contrôles", "Points", "Évalué", "Machines", "Frappe", "Changement", "Temps", "Indices"
    ]  # fmt: skip
    assert "au travail (srv1 : arrêtée)" in lea.replace("\N{NO-BREAK SPACE}", " ")
    assert "il y a 3\u202fmin" in lea
    assert "pc1  il y a 4\u202fmin" in lea
    assert "lab inutilisable" in yann
    assert "rien de lancé" in zoe


def test_a_program_reads_each_age_as_a_moment(cli: Cli) -> None:
    lea, yann, zoe = json.loads(cli("group", "live", "tssr", "--json").stdout)["members"]
    assert [member["state"] for member in (lea, yann, zoe)] == ["running", "broken", "none"]
    assert lea["checks"][1] == {"id": "b", "outcome": "fail"}
    assert datetime.fromisoformat(lea["graded_at"]) < datetime.fromisoformat(lea["look"]["at"])
    pc1, srv1 = lea["look"]["hosts"]
    assert (pc1["host"], pc1["state"], pc1["changed"]) == ("pc1", "up", "/etc/hosts")
    assert datetime.fromisoformat(pc1["changed_at"]) < datetime.fromisoformat(pc1["typed_at"])
    assert srv1 == {
        "host": "srv1", "state": "down", "typed_at": None, "changed_at": None, "changed": None, "trouble": None
    }  # fmt: skip
    assert lea["trouble"] == {"fr": "srv1 : arrêtée", "en": "srv1: down"}
    assert (yann["look"], zoe["graded_at"], zoe["trouble"]) == (None, None, None)


def test_named_members_are_shown_host_by_host(cli: Cli) -> None:
    cli.width = 240
    shown = cli("group", "live", "tssr", "lea").stdout
    assert "yann" not in shown
    pc1, srv1 = shown.splitlines()[-2:]
    assert pc1.split() == [
        "Léa", "Martin", "pc1", "running", "4", "min", "ago", "/etc/hosts", "2", "h", "00", "ago"
    ]  # fmt: skip
    assert srv1.split() == ["Léa", "Martin", "srv1", "down"]


def test_a_trainer_may_have_labs_graded(cli: Cli, app: FakeApp) -> None:
    cli.width = 240
    assert "●●! 2/3" in cli("group", "live", "tssr", "--check").stdout
    named = cli("group", "live", "tssr", "--check", "lea").stdout
    assert "●●! 2/3" in named
    assert app.standings.asked == [(), ("lea",)]  # type: ignore[attr-defined]
    lea, *_ = json.loads(cli("group", "live", "tssr", "--check", "--json").stdout)["members"]
    assert {check["outcome"] for check in lea["checks"]} == {"pass", "error"}


@pytest.mark.parametrize("words", [(), ("--check",)], ids=["no grading", "one grading"])
def test_watching_goes_on_until_it_is_interrupted(
    cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    cli.width = 240
    rests: list[float] = []
    monkeypatch.setattr(
        "orchestrator.cli.commands.group.wait_until", lambda _condition, *, within: rests.append(within)
    )
    watched = cli("group", "live", "tssr", "--watch", "7", *words)
    assert watched.exit_code == 0
    assert (app.standings.boards, rests) == (3, [7, 7])  # type: ignore[attr-defined]
    assert app.standings.asked == [()] * len(words), "what is drawn again is not graded again"  # type: ignore[attr-defined]
    assert "●○! 1/3" in watched.stdout


def test_a_saved_lab_is_told(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    look = LabLook(now(), (HostLook("pc1", "down"),), saved=True)
    standing = Standing("P-1", "lea", "", "x", "lab-1", "1", "running", look=look)
    monkeypatch.setattr(app.standings, "board", lambda *_: (standing,))
    cli.width = 240
    assert "saved" in cli("group", "live", "tssr", "lea").stdout
    assert "sauvegardé" in cli("group", "live", "tssr", "lea", lang="fr").stdout
    assert '"saved": true' in cli("group", "live", "tssr", "--json").stdout


def test_a_name_from_a_host_acts_on_no_terminal(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    host = HostLook("pc1", "up", None, now(), "/srv/[red]\x1b]0;x\x07")
    standing = Standing("P-1", "lea", "", "x", "lab-1", "1", "running", look=LabLook(now(), (host,)))
    monkeypatch.setattr(app.standings, "board", lambda *_: (standing,))
    cli.width = 240
    for shown in (cli("group", "live", "tssr", "lea").stdout, cli("group", "live", "tssr", "--json").stdout):
        assert "\x1b" not in shown
        assert "[red]" in shown


def test_ages_are_read_in_both_languages() -> None:
    moment = now()
    ages = {seconds: ago(moment - timedelta(seconds=seconds), moment) for seconds in (-60, 9, 45, 180, 7500)}
    assert [text.en for text in ages.values()] == [
        "just now", "just now", "45\u202fs ago", "3\u202fmin ago", "2\u202fh\u202f05 ago"
    ]  # fmt: skip
    assert [text.fr for text in ages.values()][1:4] == ["à l'instant", "il y a 45\u202fs", "il y a 3\u202fmin"]


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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["live", "tssr"], []),
        (["live", "tssr", "--check"], [("check", "lab-1"), ("check", "lab-2")]),
        (["live", "tssr", "lea", "--check", "--json"], [("check", "lab-1")]),
        (["launch", "tssr", "no-network-after-move"], [("start", "lab-1")]),
        (["stop", "tssr"], [("stop", "lab-1"), ("stop", "lab-2")]),
    ],
)
def test_labd_is_told_what_is_done_for_a_class(cli: Cli, words: list[str], told: list[tuple[str, str]]) -> None:
    with listening() as labd:
        cli("group", *words)
        assert labd.heard == told


def test_points_that_a_forbidden_change_outweighs_are_in_brackets(
    cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.width = 240
    plain, outweighed = (
        Standing("P-1", handle, "", "x", "lab-1", points=4, points_possible=6, forbidden=count)
        for handle, count in (("lea", 0), ("yann", 1))
    )
    monkeypatch.setattr(app.standings, "board", lambda _group, _people=(): (plain, outweighed))
    lea, yann = cli("group", "live", "tssr").stdout.splitlines()[-2:]
    assert (" 4/6 " in lea, " (4/6) " in yann) == (True, True)
    members = json.loads(cli("group", "live", "tssr", "--json").stdout)["members"]
    assert [(one["points"], one["points_count"]) for one in members] == [(4, True), (4, False)]
