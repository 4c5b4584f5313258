"""A host is cabled before it boots, cabled again after a restart as it was left, and forgotten when it is gone."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.fabric.helper import disks, dockerd, namespaces
from orchestrator.fabric.helper.dockerd import DockerUnavailableError, HostContainer
from orchestrator.fabric.helper.messages import HelperError, ProtocolError, SetPort

if TYPE_CHECKING:
    from orchestrator.fabric.helper.reconciler import Reconciler
    from tests.unit.fabric.conftest import Bench, Modules


def set_port(host: str = "pc1", interface: str = "eth0", instance: str = "demo", **changes: Any) -> SetPort:  # noqa: ANN401 - a request's fields
    return SetPort(instance, host, interface, **changes)


def ready(reconciler: Reconciler, instance: str = "demo") -> dict[str, bool]:
    return {w.container.host: w.ready for w in reconciler.hosts_of(instance)}


def failures(reconciler: Reconciler) -> dict[str, str]:
    return {w.container.host: w.failure for w in reconciler.hosts_of("demo")}


def kept() -> set[str]:
    return {place.name for place in disks.FOLDER.iterdir()}


# A host's life --------------------------------------------------------------------------------------------


def test_a_host_is_cabled_then_let_go_then_heard(bench: Bench) -> None:
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    process = bench.docker.run("pc1", pid=10, sysctls=True, adds=["NET_ADMIN"])
    bench.turn(reconciler)
    assert bench.links.bridges == {("demo", "office"), ("demo", "servers")}
    assert bench.links.calls == [("plug_in", "pc1", "eth0", 10, "02:bf:pc1")]
    assert process.prepared == [True]
    assert process.told == "-all," + ",".join(f"+cap_{number}" for number in sorted(namespaces.DOCKERS | {12})) + "\n"
    assert process.capabilities == namespaces.DOCKERS | {12}, "they are looked at before it is cabled"
    assert os.read(process.gate, 10) == b"go\n"
    assert ready(reconciler) == {"pc1": False}
    assert process.notify is not None
    process.notify.send(b"STATUS=Starting\nREADY=0")
    bench.turn(reconciler)
    assert ready(reconciler) == {"pc1": False}
    process.notify.send(b"STATUS=Done\nREADY=1")
    bench.turn(reconciler)
    assert ready(reconciler) == {"pc1": True}


def test_a_host_that_ran_before_the_helper_is_taken_in(bench: Bench) -> None:
    process = bench.docker.run("pc1", pid=10)
    bench.turn(bench.reconciler())
    assert bench.links.calls == [("plug_in", "pc1", "eth0", 10, "02:bf:pc1")]
    assert process.prepared == [False]


def test_a_host_gets_the_disk_of_its_label_and_loses_it_with_its_container(bench: Bench) -> None:
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    old, new = bench.docker.run("pc1", pid=10), bench.docker.run("pc2", pid=20, disk=1 << 30)
    bench.turn(reconciler)
    assert (old.disk, new.disk) == (0, 1 << 30), "the label of an earlier Breakfix states none"
    bench.docker.end("pc2")
    bench.turn(reconciler)
    assert kept() == {"demo-pc1", "demo-pc2"}, "a host that is rebooted keeps its disk"
    bench.docker.end("pc2", destroy=True)
    bench.turn(reconciler)
    assert kept() == {"demo-pc1"}


def test_disks_whose_container_went_without_a_helper_are_removed(bench: Bench) -> None:
    bench.docker.run("pc1", pid=10, disk=1 << 30)
    bench.turn(bench.reconciler())
    bench.docker.processes[10] = replace(bench.docker.processes[10], at_gate=False, booted=True)
    (disks.FOLDER / "gone").mkdir()
    bench.turn(bench.reconciler())
    assert kept() == {"demo-pc1"}


def test_a_gate_that_is_not_there_yet_is_looked_at_again(bench: Bench) -> None:
    process = bench.docker.run("pc1", pid=10, at_gate=False)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    assert process.prepared == []
    pause = reconciler.pause(bench.clock.now)
    assert pause is not None
    assert pause < 0.1
    process.at_gate = True
    bench.turn(reconciler)
    assert os.read(process.gate, 10) == b"go\n"
    assert reconciler.pause(bench.clock.now) is None, "nothing to do until something happens"


def test_a_gate_is_opened_once(bench: Bench) -> None:
    process = bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    gate = process.gate
    bench.docker.tell("start", "demo-pc1", "demo", "pc1")
    bench.turn(reconciler)
    assert (process.prepared, process.gate) == ([False], gate)
    assert len(bench.links.calls) == 1, "the same process is not cabled twice"


def test_an_init_that_never_comes_to_its_gate_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.docker.run("pc1", pid=10, at_gate=False)
    reconciler = bench.reconciler()
    monkeypatch.setattr(bench.modules.reconciler, "_GATE_LIMIT", -1e9)
    bench.turn(reconciler)
    assert "gate" in failures(reconciler)["pc1"]
    assert reconciler.pause(bench.clock.now) is None


def test_a_restarted_host_is_cabled_anew_as_it_was_left(bench: Bench) -> None:
    bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    reconciler.set_port(set_port(plugged=False, segment="servers", loss=5))
    bench.docker.end("pc1")
    bench.turn(reconciler)
    assert ready(reconciler) == {}
    process = bench.docker.run("pc1", pid=20)
    bench.turn(reconciler)
    left = bench.port("servers", plugged=False, loss=5)
    assert bench.links.calls[-1] == ("plug_in", "pc1", "eth0", 20, "02:bf:pc1")
    assert bench.links.cables["demo", "pc1", "eth0"] == (20, left)
    assert os.read(process.gate, 10) == b"go\n"


def test_a_new_process_is_noticed_even_without_the_old_ones_end(bench: Bench) -> None:
    first = bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    assert first.notify is not None
    first.notify.send(b"READY=1")
    bench.turn(reconciler)
    bench.docker.run("pc1", pid=20)
    bench.turn(reconciler)
    assert ready(reconciler) == {"pc1": False}, "what the first process said is not the second one's"


def test_a_restarted_helper_finds_a_booted_host_and_leaves_its_cable(bench: Bench) -> None:
    bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    reconciler.set_port(set_port(plugged=False))
    bench.docker.processes[10].at_gate = False
    bench.docker.processes[10].booted = True
    again = bench.reconciler()
    bench.links.calls.clear()
    bench.turn(again)
    assert bench.links.calls == [("apply", "pc1", "eth0")], "a cable that is there stays"
    assert bench.links.cables["demo", "pc1", "eth0"][1] == bench.port("office", plugged=False)
    assert ready(again) == {"pc1": True}


def test_a_booted_host_whose_cables_are_lost_is_restarted(bench: Bench) -> None:
    bench.docker.run("pc1", pid=10)
    bench.turn(bench.reconciler())
    bench.docker.processes[10].at_gate, bench.docker.processes[10].booted = False, True
    bench.links.cables.clear()  # as with the fabric's network
    again = bench.reconciler()
    bench.turn(again)
    assert bench.docker.restarted == ["demo-pc1"]
    (wired,) = again.hosts_of("demo")
    assert not wired.ready
    assert "has to be restarted" in wired.failure
    again._reconcile()
    assert again.hosts_of("demo") == [wired], "the cable that there is now makes it no better"
    bench.docker.run("pc1", pid=11)
    bench.turn(again)
    assert bench.docker.restarted == ["demo-pc1"], "a host that waits at its gate gets its cables as ever"
    (wired,) = again.hosts_of("demo")
    assert (wired.gate_open, wired.failure) == (True, "")


def test_who_has_booted_is_not_prepared_again_whatever_is_at_its_gate(bench: Bench) -> None:
    process = bench.docker.run("pc1", pid=10)
    bench.turn(bench.reconciler())
    process.booted = True
    again = bench.reconciler()
    bench.turn(again)
    assert ready(again) == {"pc1": True}
    assert process.prepared == [False], "once, by the first helper"


def test_who_has_said_that_it_is_ready_is_listened_to_no_more(bench: Bench) -> None:
    process = bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    assert process.notify is not None
    process.notify.send(b"STATUS=booting")
    bench.turn(reconciler)
    assert ready(reconciler) == {"pc1": False}
    process.notify.send(b"READY=1")
    bench.turn(reconciler)
    assert ready(reconciler) == {"pc1": True}
    with pytest.raises(ConnectionRefusedError):
        process.notify.send(b"STATUS=on and on")


def test_a_notice_that_comes_with_the_hosts_end_does_no_harm(bench: Bench) -> None:
    """One turn may bring both; the socket is closed by the time the notice is looked at."""
    process = bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    assert process.notify is not None
    process.notify.send(b"READY=1")
    bench.docker.end("pc1")
    keys = sorted(
        (key for key, _ in bench.selector.select(0)), key=lambda k: k.fileobj is not bench.docker.subscriptions[0]
    )
    assert len(keys) == 2
    for key in keys:
        key.data()
    reconciler.next_event()
    assert ready(reconciler) == {}


def test_one_event_and_one_gate_a_turn(bench: Bench) -> None:
    """Between two of them the main loop answers clients: a lab of many hosts keeps nobody waiting for all of them."""
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    processes = [bench.docker.run(name, pid=pid) for name, pid in (("pc1", 10), ("pc2", 20))]
    for key, _ in bench.selector.select(0):
        key.data()
    assert ready(reconciler) == {}
    for names in ({"pc1"}, {"pc1", "pc2"}):
        reconciler.next_event()
        assert ready(reconciler).keys() == names
    assert reconciler.pause(bench.clock.now) != 0.0
    for turn in range(4):  # two hosts with two gates each
        reconciler.open_gates()
        assert sum(bool(process.prepared) for process in processes) == 1 + turn // 2
        assert reconciler.pause(bench.clock.now) == 0.0, "there may be more"
    reconciler.open_gates()
    assert not reconciler.busy


def test_what_a_lab_leaves_is_looked_for_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    reconciler = bench.reconciler()
    for pid, name in enumerate(("pc1", "pc2", "pc3"), 10):
        bench.docker.run(name, pid=pid)
    bench.turn(reconciler)
    asked: list[str] = []
    containers = bench.docker.containers

    def counted() -> list[tuple[str, str, bool]]:
        asked.append("")
        return containers()

    monkeypatch.setattr(dockerd, "containers", counted)
    for name in ("pc1", "pc2", "pc3"):
        bench.docker.end(name, destroy=True)
    bench.turn(reconciler)
    assert len(asked) == 1
    assert [call[:2] for call in bench.links.calls if call[0] == "forget"] == [("forget", "demo")]


# Trouble --------------------------------------------------------------------------------------------------


def test_one_hosts_trouble_is_its_own(bench: Bench) -> None:
    bench.links.trouble["pc1"] = OSError("File exists")
    sick, well = bench.docker.run("pc1", pid=10), bench.docker.run("pc2", pid=11)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    assert "File exists" in failures(reconciler)["pc1"]
    assert failures(reconciler)["pc2"] == ""
    assert os.read(sick.gate, 10) == b"", "a host without its cable does not boot: its gate was closed, unopened"
    assert os.read(well.gate, 10) == b"go\n"
    assert any("demo/pc1" in line for line in bench.log)


def test_a_host_that_cannot_be_prepared_does_not_boot(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestrator.fabric.helper import hosts  # noqa: PLC0415 - patched here only

    def refuse(*_: object, **__: object) -> None:
        raise OSError("Operation not permitted")

    monkeypatch.setattr(hosts, "prepare", refuse)
    process = bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    assert "not permitted" in failures(reconciler)["pc1"]
    assert os.read(process.gate, 10) == b"", "the gate was closed again, unopened"
    bench.turn(reconciler)
    assert reconciler.pause(bench.clock.now) is None, "a failed host is not tried for ever"


@pytest.fixture
def full(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """``full.append(True)``: the disk that keeps the cables' states is full; ``full.clear()``: it is not any more."""
    now: list[bool] = []
    real = Path.write_text

    def write_text(self: Path, data: str, **more: Any) -> int:  # noqa: ANN401 - an encoding
        if now and self.parent == bench.state.parent:
            raise OSError(28, "No space left on device")
        return real(self, data, **more)

    monkeypatch.setattr(Path, "write_text", write_text)
    return now


def test_a_full_disk_keeps_no_lab_from_its_end_nor_another_from_its_start(bench: Bench, full: list[bool]) -> None:
    bench.docker.run("pc1", pid=10)
    bench.docker.run("pc1", pid=11, instance="other")
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    reconciler.set_port(set_port(plugged=False))
    reconciler.set_port(set_port(instance="other", mtu=1400))
    full.append(True)
    bench.docker.end("pc1", destroy=True)
    bench.docker.run("pc2", pid=12, instance="other")
    bench.turn(reconciler)
    assert any("No space left" in line for line in bench.log)
    assert set(ready(reconciler, "other")) == {"pc1", "pc2"}
    assert len(bench.docker.subscriptions) == 1, "the stream of events is the same"
    for process in bench.docker.processes.values():
        process.at_gate, process.booted = False, True
    again = bench.reconciler()
    bench.turn(again)
    assert set(ready(again, "other")) == {"pc1", "pc2"}, "a helper that is started on a full disk serves as well"
    full.clear()
    bench.docker.run("pc1", pid=13, instance="third", at_gate=False, booted=True)
    bench.docker.end("pc1", instance="third", destroy=True)
    bench.turn(again)
    assert json.loads(bench.state.read_text()).keys() == {"other/pc1/eth0"}, "what could not be dropped is later"


def test_a_change_that_cannot_be_kept_is_taken_back(bench: Bench, full: list[bool]) -> None:
    bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    full.append(True)
    with pytest.raises(OSError, match="No space left"):
        reconciler.set_port(set_port(plugged=False))
    assert bench.links.cables["demo", "pc1", "eth0"][1] == bench.port("office")
    assert reconciler.ports("demo")[0]["plugged"] is True


@pytest.fixture
def malformed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """``demo-bad`` bears a label that is no JSON."""
    real = dockerd.inspect

    def inspect(container: str) -> HostContainer | None:
        if container == "demo-bad":
            message = "Expecting value: line 1 column 1 (char 0)"
            raise ValueError(message)
        return real(container)

    monkeypatch.setattr(dockerd, "inspect", inspect)
    bench.docker.run("bad", pid=66)


@pytest.mark.usefixtures("malformed")
def test_a_label_that_is_none_keeps_no_other_host_from_its_cable(bench: Bench) -> None:
    bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    assert set(ready(reconciler)) == {"pc1"}
    bench.docker.tell("start", "demo-bad", "demo", "bad")
    bench.docker.run("pc2", pid=11)
    bench.turn(reconciler)
    assert set(ready(reconciler)) == {"pc1", "pc2"}
    assert len(bench.docker.subscriptions) == 1
    assert sum("Expecting value" in line for line in bench.log) == 2, "once when it was found, once when it started"


def test_a_label_that_lacks_a_part_is_its_host_s_trouble(bench: Bench) -> None:
    for number, host in enumerate(("cables", "sysctls", "well")):
        bench.docker.run(host, pid=10 + number)
    del bench.docker.hosts["demo-cables"].wiring["interfaces"]
    del bench.docker.hosts["demo-sysctls"].wiring["sysctls"]
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    assert {host: bool(why) for host, why in failures(reconciler).items()} == {
        "cables": True,
        "sysctls": True,
        "well": False,
    }
    assert os.read(bench.docker.processes[12].gate, 10) == b"go\n"


def test_what_could_not_be_done_is_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.modules.reconciler, "_LOOKS", (2.0, 10.0))
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    bench.clock.now += 10
    bench.turn(reconciler)
    bench.turn(reconciler)
    assert reconciler.pause(bench.clock.now) is None
    bench.links.trouble["pc1"] = OSError("Cannot allocate memory")
    bench.docker.run("pc1", pid=10, at_gate=False, booted=True)
    bench.turn(reconciler)
    assert "Cannot allocate" in failures(reconciler)["pc1"]
    assert reconciler.pause(bench.clock.now) == 2.0
    bench.links.trouble.clear()
    bench.clock.now += 2
    bench.turn(reconciler)
    assert bench.links.calls == [("plug_in", "pc1", "eth0", 10, "02:bf:pc1")]
    assert bench.docker.restarted == ["demo-pc1"], "it had booted without its cable"


def test_a_docker_that_fails_in_the_middle_of_an_event_is_asked_for_all_of_it_again(bench: Bench) -> None:
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    bench.docker.run("pc1", pid=10)
    bench.docker.answers = False
    bench.turn(reconciler)
    bench.docker.answers = True
    bench.clock.now += 1
    bench.turn(reconciler)
    assert ready(reconciler) == {"pc1": False}


def test_a_refused_start_keeps_no_other_from_being_tried(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.modules.reconciler, "_LOOKS", (0.0,))

    def refuse() -> None:
        message = "no such profile"
        raise DockerUnavailableError(message)

    bench.docker.failing = {"demo-bad": refuse, "demo-r1": lambda: bench.docker.run("r1", pid=10)}
    reconciler = bench.reconciler()
    for _ in range(3):
        bench.turn(reconciler)
    assert ready(reconciler) == {"r1": False}


def test_an_event_about_what_is_gone_already_is_passed_over(bench: Bench) -> None:
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    bench.docker.tell("start", "demo-pc9", "demo", "pc9")
    bench.docker.tell("die", "demo-pc9", "demo", "pc9")
    bench.turn(reconciler)
    assert ready(reconciler) == {}


def test_a_docker_that_does_not_answer_is_asked_again_later(bench: Bench) -> None:
    bench.docker.answers = False
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    pause = reconciler.pause(bench.clock.now)
    assert pause is not None
    assert pause > 0
    bench.docker.run("pc1", pid=10)
    bench.docker.answers = True
    bench.turn(reconciler)
    assert ready(reconciler) == {}, "not before the pause is over"
    bench.clock.now += pause
    bench.turn(reconciler)
    assert ready(reconciler) == {"pc1": False}
    assert len(bench.log) == 1


def test_a_host_whose_start_failed_is_started_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker begins the hosts before the helper has brought what some of them need: after a reboot of the machine."""
    monkeypatch.setattr(bench.modules.reconciler, "_LOOKS", (0.0, 2.0))
    bench.docker.failing["demo-r1"] = lambda: bench.docker.run("r1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    bench.turn(reconciler)
    bench.turn(reconciler)
    assert ready(reconciler) == {"r1": False}
    assert bench.docker.failing == {}


def test_a_start_that_fails_again_is_tried_a_few_times_and_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.modules.reconciler, "_LOOKS", (0.0, 2.0, 10.0))
    tried: list[float] = []
    reason = "no such profile"

    def refuse() -> None:
        tried.append(bench.clock.now)
        raise DockerUnavailableError(reason)

    reconciler = bench.reconciler()
    bench.turn(reconciler)  # subscribes
    bench.docker.failing["demo-r1"] = refuse
    began = bench.clock.now
    while (pause := reconciler.pause(bench.clock.now)) is not None:
        bench.clock.now += pause
        bench.turn(reconciler)
    assert len(tried) > 2
    assert tried[0] == began, "at once"
    assert tried == sorted(set(tried)), "then ever later"
    assert any("no such profile" in line for line in bench.log)


def test_after_a_lost_stream_what_happened_meanwhile_is_taken_in(bench: Bench) -> None:
    for number, host in enumerate(("stays", "dies", "returns")):
        bench.docker.run(host, pid=10 + number)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    bench.docker.subscriptions[0].lose()
    bench.docker.end("dies")
    bench.docker.end("returns")
    bench.docker.run("returns", pid=22)
    bench.docker.run("new", pid=23)
    bench.links.aliases = {"p-demo": "demo", "p-old": "old"}
    bench.turn(reconciler)
    bench.turn(reconciler)
    assert len(bench.docker.subscriptions) == 2
    assert {w.container.host: w.container.pid for w in reconciler.hosts_of("demo")} == {
        "stays": 10,
        "returns": 22,
        "new": 23,
    }
    assert bench.links.aliases == {"p-demo": "demo"}, "what no instance has is cleared away"


# The end of an instance -----------------------------------------------------------------------------------


def test_an_instance_is_swept_with_its_last_container(bench: Bench) -> None:
    bench.docker.run("pc1", pid=10)
    bench.docker.run("pc2", pid=11)
    bench.docker.run("pc1", pid=12, instance="other")
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    reconciler.set_port(set_port(plugged=False))
    reconciler.set_port(set_port(instance="other", mtu=1400))
    bench.docker.end("pc1", destroy=True)
    bench.turn(reconciler)
    bench.docker.end("pc2")
    bench.turn(reconciler)
    assert not [call for call in bench.links.calls if call[0] == "forget"], "a stopped host may be started again"
    bench.docker.end("pc2", destroy=True)
    bench.turn(reconciler)
    assert bench.links.calls[-1] == ("forget", "demo", {"office", "servers"}, {("pc1", "eth0"), ("pc2", "eth0")})
    bench.docker.run("pc1", pid=30)
    bench.turn(reconciler)
    assert bench.links.cables["demo", "pc1", "eth0"][1] == bench.port("office"), "its name is a new instance's now"
    assert reconciler.ports("other")[0]["mtu"] == 1400


def test_a_lab_that_is_reset_has_none_of_the_changes_of_the_one_before(bench: Bench) -> None:
    """It has the same name, and its first host may be there before the end of the old one's last is heard."""
    for number, host in enumerate(("pc1", "pc2")):
        bench.docker.run(host, pid=10 + number)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    reconciler.set_port(set_port(plugged=False))
    reconciler.set_port(set_port("pc2", mtu=1400))
    bench.docker.end("pc1", destroy=True)
    bench.docker.end("pc2", destroy=True)
    bench.docker.run("pc1", pid=30)
    bench.turn(reconciler)
    bench.docker.run("pc2", pid=31)
    bench.turn(reconciler)
    for host in ("pc1", "pc2"):
        assert bench.links.cables["demo", host, "eth0"][1] == bench.port("office")
    again = bench.reconciler()
    assert again.ports("demo") == []
    assert json.loads(bench.state.read_text()) == {}


def test_an_instance_of_which_this_helper_saw_no_host_is_swept_too(bench: Bench) -> None:
    """The one before made its links, and was killed."""
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    bench.docker.stopped["demo-pc1"] = "demo"
    bench.links.aliases.update({"s1": "demo", "s2": "other"})
    bench.docker.stopped["other-pc1"] = "other"
    bench.docker.end("pc1", destroy=True)
    bench.turn(reconciler)
    assert bench.links.aliases == {"s2": "other"}


def test_a_link_that_is_only_half_made_is_a_stray(modules: Modules) -> None:
    """The helper was killed between the two requests that make one; nothing else has such a name there."""
    bridge, cable = modules.links.bridge_name("demo", "office"), modules.links.port_name("demo", "pc1", "eth0")
    found = {"lo": None, "o4711": None, bridge: "demo/office", cable: None, modules.links.bridge_name("a", "b"): "a/b"}

    class Link(dict[str, str | None]):
        get_attr = dict.get

    links = object.__new__(modules.links.Links)
    links._lossy = set()
    links._netlink = SimpleNamespace(
        get_links=lambda: [Link(IFLA_IFNAME=name, IFLA_IFALIAS=alias) for name, alias in found.items()]
    )
    assert links.strays({"demo"}) == [cable, modules.links.bridge_name("a", "b")]


def test_an_instance_that_ended_while_the_helper_was_away_leaves_no_states(bench: Bench) -> None:
    bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    reconciler.set_port(set_port(plugged=False))
    bench.docker.end("pc1", destroy=True)
    again = bench.reconciler()
    bench.turn(again)
    bench.docker.run("pc1", pid=30)
    bench.turn(again)
    assert bench.links.cables["demo", "pc1", "eth0"][1] == bench.port("office")


# Cables ---------------------------------------------------------------------------------------------------


def test_cables_are_listed_as_they_are(bench: Bench) -> None:
    bench.docker.run("pc2", pid=11)
    bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    reconciler.set_port(set_port(segment="servers", rate=8000))
    plain = {"interface": "eth0", "segment": "office", "plugged": True, "mtu": 1500, "rate": 0, "loss": 0}
    assert reconciler.ports("demo") == [
        {"host": "pc1", **plain, "segment": "servers", "rate": 8000},
        {"host": "pc2", **plain},
    ]
    assert reconciler.ports("nobody") == []


def test_a_change_leaves_the_rest_as_it_was(bench: Bench) -> None:
    bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    reconciler.set_port(set_port(plugged=False, mtu=1400))
    reconciler.set_port(set_port(loss=10))
    assert bench.links.cables["demo", "pc1", "eth0"][1] == bench.port("office", plugged=False, mtu=1400, loss=10)


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (set_port("pc9"), "pc9"),
        (set_port(interface="eth9"), "eth9"),
        (set_port(instance="other"), "pc1"),
        (set_port(segment="nowhere"), "nowhere"),
    ],
    ids=["host", "interface", "instance", "segment"],
)
def test_what_is_not_there_is_named(bench: Bench, request_: SetPort, says: str) -> None:
    bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    with pytest.raises(HelperError, match=says) as raised:
        reconciler.set_port(request_)
    assert raised.value.kind == "unknown"
    assert not bench.state.exists()


@pytest.mark.parametrize(
    "wrong", [{"mtu": 0}, {"mtu": 67}, {"mtu": 9001}, {"mtu": -1}, {"loss": 101}, {"loss": -1}, {"rate": -1}], ids=str
)
def test_a_value_that_no_cable_can_have_is_refused(bench: Bench, wrong: dict[str, Any]) -> None:
    bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    with pytest.raises(ProtocolError):
        reconciler.set_port(set_port(**wrong))
    assert bench.links.cables["demo", "pc1", "eth0"][1] == bench.port("office")


@pytest.mark.parametrize("right", [{"mtu": 68}, {"mtu": 9000}, {"loss": 0}, {"loss": 100}, {"rate": 0}], ids=str)
def test_the_bounds_themselves_are_taken(bench: Bench, right: dict[str, Any]) -> None:
    bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)
    reconciler.set_port(set_port(**right))
    assert bench.links.cables["demo", "pc1", "eth0"][1] == bench.port("office", **right)


def test_a_change_that_the_kernel_refuses_is_not_recorded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.docker.run("pc1", pid=10)
    reconciler = bench.reconciler()
    bench.turn(reconciler)

    def refuse(*_: object) -> None:
        raise OSError("No such device")

    monkeypatch.setattr(bench.links, "apply", refuse)
    with pytest.raises(OSError, match="No such device"):
        reconciler.set_port(set_port(plugged=False))
    assert reconciler.ports("demo")[0]["plugged"] is True


# The file of states ---------------------------------------------------------------------------------------


def test_states_outlive_the_helper(modules: Modules, tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    port = modules.links.Port("servers", plugged=False, mtu=1400, rate=8000, loss=3)
    modules.port_states.PortStates(file).put("demo", "pc1", "eth0", port)
    again = modules.port_states.PortStates(file)
    assert again.get("demo", "pc1", "eth0", "office") == port
    assert again.get("demo", "pc1", "eth1", "office") == modules.links.Port("office")
    assert [f.name for f in tmp_path.iterdir()] == ["ports.json"], "the draft became the file"


@pytest.mark.parametrize(
    "text", ["", '{"demo/pc1/eth0": {"seg', "[]", '{"demo/pc1/eth0": {"colour": "red"}}', '{"a": 1}']
)
def test_a_file_that_was_cut_short_counts_as_none(modules: Modules, tmp_path: Path, text: str) -> None:
    """A helper that cannot start for it could never be repaired by its user."""
    file = tmp_path / "ports.json"
    file.write_text(text)
    states = modules.port_states.PortStates(file)
    assert states.get("demo", "pc1", "eth0", "office") == modules.links.Port("office")


def test_an_instance_is_not_dropped_for_its_likeness(modules: Modules, tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    states = modules.port_states.PortStates(file)
    port = modules.links.Port("servers")
    for instance in ("demo", "demo-2", "dem"):
        states.put(instance, "pc1", "eth0", port)
    states.keep({"demo-2", "unknown"})
    again = modules.port_states.PortStates(file)
    assert again.get("demo-2", "pc1", "eth0", "office") == port
    for instance in ("demo", "dem"):
        assert again.get(instance, "pc1", "eth0", "office").segment == "office"
