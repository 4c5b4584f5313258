"""The command line beside a labd of the same state folder: what it tells it, and what it does where that is silent."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.cli.invocation import Invocation
from orchestrator.cli.presence import TypedKeys, working
from orchestrator.core.paths import state_folder
from orchestrator.core.waiting import wait_until
from orchestrator.instances.instance import Instance
from orchestrator.labd.calls import VERSION
from orchestrator.labd.command_client import CommandClient, OtherVersionError
from orchestrator.labd.command_door import CommandDoor, close_door, door_of, open_door
from orchestrator.model.seeds import SECRET

from .conftest import GREEN, LAB, PLAN, Cli, FakeApp, instance
from .labd_double import KEY, listening

SOON = 60.0
OTHER = "another-1a2b"


def frozen(**changes: object) -> Instance:
    hosts = tuple(replace(host, state="paused") for host in instance().hosts)
    return replace(instance(hosts=hosts), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check"], [("works", LAB), ("check", LAB)]),
        (["hint"], [("hint", LAB)]),
        (["exec", "pc1", "--", "true"], [("works", LAB)]),
        (["cable", "pc1:eth0", "unplug"], [("works", LAB), ("cable", LAB)]),
        (["cable", "pc1:eth0"], []),
        (["report", "--file", "-"], [("report", LAB)]),
        (["report", "--show"], []),
        (["start", "no-network-after-move", "--lab", OTHER], [("start", OTHER)]),
        (["reset"], [("reset", LAB)]),
        (["stop"], [("stop", LAB)]),
        (["stop", "--all"], [("stop", LAB)]),
        (["map"], []),
        (["status"], [("waiting", "")]),
        (["status", "--lab", LAB], []),
    ],
)
def test_labd_is_told_what_is_done(cli: Cli, app: FakeApp, words: Sequence[str], told: list[tuple[str, str]]) -> None:
    app.labs.reports, app.labs.variant = [GREEN], replace(PLAN, report=True)
    app.fabric.on("true", "pc1")
    with listening() as labd:
        labd.answer = [] if words[0] == "status" else {}
        done = cli(*words)
        assert done.exit_code == 0, done.output
        assert labd.heard == told
        assert labd.keys <= {f"Bearer {KEY}"}


def test_without_labd_nothing_is_said(cli: Cli, app: FakeApp, tmp_path: Path) -> None:
    """One that was killed has left its door: nobody opens, and the command does its work."""
    before = cli("hint")
    open_door(state_folder(), CommandDoor(str(tmp_path / "gone"), VERSION, KEY))
    after = cli("hint")
    assert (after.exit_code, after.output) == (before.exit_code, before.output) == (0, before.output)
    assert json.loads(cli("status", "--json").stdout)["waiting"] == []
    assert app.practice.recorded == [("hinted", LAB, "1")] * 2


@pytest.mark.parametrize(("status", "version"), [(200, VERSION + 1), (404, VERSION), (422, VERSION)])
def test_a_labd_of_another_version_is_named_once(cli: Cli, app: FakeApp, status: int, version: int) -> None:
    app.labs.reports = [GREEN, GREEN]
    with listening(version) as labd:
        labd.status = status
        english, french = cli("check"), cli("check", lang="fr")
    assert (english.exit_code, french.exit_code) == (0, 0)
    assert english.stderr.count("labd) is of another version") == 1
    assert french.stderr.count("labd) est d'une autre version") == 1
    assert "serve --install" in english.stderr


def test_a_labd_that_does_not_answer_is_asked_once(cli: Cli) -> None:
    _ = cli
    with listening() as labd:
        labd.may_answer.clear()
        client = CommandClient(state_folder(), patience=0.05)
        client.acted(LAB, "check")
        client.acted(LAB, "check")
        assert client.waiting() == ()
        assert len(labd.heard) <= 1
        open_door(state_folder(), CommandDoor(str(labd.server_address), VERSION, "of the next labd"))
        labd.may_answer.set()
        client.acted(LAB, "check")
        assert wait_until(lambda: "Bearer of the next labd" in labd.keys, within=SOON), "a new one is asked again"


@pytest.mark.parametrize("what", [b"", b"{", b"[]", b'{"socket": 1}', b"[" * 3000, b"\xff"])
def test_a_door_that_cannot_be_read_is_none(tmp_path: Path, what: bytes) -> None:
    (tmp_path / "labd").mkdir()
    (tmp_path / "labd" / "door.json").write_bytes(what)
    assert door_of(tmp_path) is None
    CommandClient(tmp_path).acted(LAB, "works")


def test_a_door_is_its_owners_and_only_the_last_labd_closes_it(tmp_path: Path) -> None:
    first, second = (CommandDoor("/run/labd.sock", VERSION, key) for key in ("1", "2"))
    open_door(tmp_path, first)
    path = tmp_path / "labd" / "door.json"
    assert path.stat().st_mode & 0o777 == 0o600
    open_door(tmp_path, second)
    close_door(tmp_path, first)
    assert door_of(tmp_path) == second
    close_door(tmp_path, second)
    assert door_of(tmp_path) is None


def test_what_is_no_http_is_no_labd(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()

        def answer() -> None:
            with listener.accept()[0] as one:
                one.recv(1 << 16)
                one.sendall(b"SSH-2.0\r\n")

        answering = threading.Thread(target=answer)
        answering.start()
        open_door(tmp_path, CommandDoor(str(tmp_path / "s"), VERSION, KEY))
        CommandClient(tmp_path).acted(LAB, "works")
        answering.join()


def test_an_answer_of_another_shape_is_another_version() -> None:
    with listening() as labd:
        labd.answer = [{"lab": 1}]
        with pytest.raises(OtherVersionError):
            CommandClient(state_folder()).waiting()


@pytest.mark.parametrize(
    ("words", "thawed"),
    [(["exec", "pc1", "--", "true"], True), (["cable", "pc1:eth0", "plug"], True), (["map"], False)],
)
def test_what_needs_hosts_thaws_them_without_labd(
    cli: Cli, app: FakeApp, words: Sequence[str], *, thawed: bool
) -> None:
    app.instances.running = [frozen()]
    app.fabric.on("true", "pc1")
    done = cli(*words, lang="fr")
    assert done.exit_code == 0
    assert (f"thaw {LAB}" in app.labs.calls) is thawed
    assert ("était en pause : il reprend" in done.stderr.replace("\N{NO-BREAK SPACE}", " ")) is thawed


def test_keys_at_a_terminal_are_work(cli: Cli, app: FakeApp) -> None:
    """Each is told without whoever types waiting for labd; what a host shows is nobody's work."""
    _ = cli
    thawed = threading.Event()
    app.labs.thaw = lambda name: thawed.set()  # type: ignore[method-assign]  # noqa: ARG005 - its parameter
    with listening() as labd, working(Invocation(make=lambda *_: app), instance()) as acts:  # type: ignore[arg-type]
        keys = TypedKeys(acts)
        keys.shown(b"$ ")
        keys.resized(24, 80)
        assert keys.typed(b"")
        assert keys.open()
        assert labd.heard == [("works", LAB)]
        labd.may_answer.clear()
        assert keys.typed(b"l")
        assert keys.typed(b"s")
        labd.may_answer.set()
        assert thawed.wait(SOON)
        assert labd.heard[:2] == [("works", LAB)] * 2


def test_status_tells_a_frozen_lab(cli: Cli, app: FakeApp) -> None:
    app.instances.running = [frozen()]
    shown = " ".join(cli("status").stdout.split())
    assert "Frozen: nobody was working in it." in shown
    assert "do not run" not in shown
    french = " ".join(cli("status", lang="fr").stdout.replace("\N{NO-BREAK SPACE}", " ").split())
    assert "En pause : personne n'y travaillait." in french
    (lab,) = json.loads(cli("status", "--json").stdout)["labs"]
    assert (lab["frozen"], lab["whole"], lab["phase"]) == (True, True, "started")


def test_status_tells_a_lab_that_is_nobodys_yet(cli: Cli, app: FakeApp) -> None:
    app.instances.running, app.instances.pooled = [frozen()], frozenset({LAB})
    shown = " ".join(cli("status").stdout.split())
    assert f"{LAB} cable-out frozen, ready for whoever starts one in the portal" in shown
    assert "pc1" not in shown
    assert "prêt pour qui le démarrera" in " ".join(cli("status", lang="fr").stdout.split())
    assert "Whoever starts this scenario in the portal gets it" in " ".join(cli("status", "--lab", LAB).stdout.split())
    assert json.loads(cli("status", "--json").stdout)["labs"][0]["pooled"] is True
    app.labs.is_phase = "starting"
    assert "being made ready for the portal" in cli("status").stdout


def test_status_leaves_a_candidates_frozen_lab_to_its_session(cli: Cli, app: FakeApp) -> None:
    app.instances.running = [frozen(seed=SECRET)]
    assert "its jury session keeps it so" in " ".join(cli("status").stdout.split())


def test_status_tells_a_frozen_lab_of_which_a_host_is_down(cli: Cli, app: FakeApp) -> None:
    one = frozen()
    app.instances.running = [replace(one, hosts=(replace(one.hosts[0], state="exited"), *one.hosts[1:]))]
    assert "Some hosts do not run" in cli("status").stdout
    assert json.loads(cli("status", "--json").stdout)["labs"][0]["whole"] is False


def test_status_tells_who_waits_in_the_portal(cli: Cli, app: FakeApp) -> None:
    app.instances.running = []
    queue = {"place": 1, "waiting": 2, "why": "turn", "seconds": 40}
    room = {"place": 2, "waiting": 2, "why": "room", "seconds": None}
    with listening() as labd:
        labd.answer = [
            {"lab": "slow-link-1", "scenario": "slow-link", "owner": "Léa", "queue": queue},
            {"lab": "vpn-down-2", "scenario": "vpn-down", "owner": "", "queue": room},
            {"lab": "vpn-down-3", "scenario": "vpn-down", "owner": "Tom", "queue": None},
        ]
        english, french = cli("status").stdout, cli("status", lang="fr").stdout
        document = json.loads(cli("status", "--json").stdout)
    assert "slow-link-1  slow-link  for Léa, waits for its turn, place 1 of 2" in english
    assert "vpn-down-2  vpn-down  waits until other labs end, place 2 of 2" in english
    assert "vpn-down-3  vpn-down  for Tom, waits for its turn" in english
    assert "No lab is running" not in english
    assert "pour Léa, attend son tour, place 1 sur 2" in french
    assert "attend que d'autres labs s'arrêtent, place 2 sur 2" in french
    assert document["waiting"][0] == {
        "name": "slow-link-1", "scenario": "slow-link", "for": "Léa", "place": 1, "why": "turn", "seconds": 40
    }  # fmt: skip
    assert document["waiting"][2]["place"] is None
