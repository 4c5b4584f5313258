"""With which arguments daemons were started, and what is thought of others."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from orchestrator.fabric.fabric_interface import HostRef, ObjectChange, ProcessState, StateChange
from orchestrator.sound_state import look
from orchestrator.sound_state.daemon_state import DaemonsProvider, daemons
from orchestrator.sound_state.differences import Expectations, differences
from orchestrator.sound_state.explained import VariantWords
from orchestrator.sound_state.found_applications import without_news
from tests.fakes.fabric import FakeFabric

HEAD = {"looked at": "yes"}
NGINX = "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;"


def process(args: str, executable: str = "/usr/sbin/nginx", unit: str = "nginx.service", ppid: int = 1) -> ProcessState:
    return ProcessState(pid=7, ppid=ppid, args=args, executable=executable, unit=unit)


@pytest.mark.parametrize(
    ("one", "command"),
    [
        (process(NGINX), f"nginx.service: {NGINX}"),
        (
            process("nginx: master process /usr/sbin/nginx [listener] x"),
            "nginx.service: nginx: master process /usr/sbin/nginx",
        ),
        (process("/usr/sbin/nginx  -c /tmp/x ", unit=""), "-: /usr/sbin/nginx -c /tmp/x"),
    ],
)
def test_arguments_of_daemons_are_told(one: ProcessState, command: str) -> None:
    assert daemons([one]) == {"all": HEAD, "/usr/sbin/nginx": {"commands": command}}


def test_a_daemon_is_told_once_and_a_second_one_too() -> None:
    worker = replace(process("nginx: worker process", ppid=7), pid=8)
    second = replace(process("nginx: master process nginx -c /tmp/x", unit="session-1.scope"), pid=10)
    tested = replace(process("nginx -t", unit="session-1.scope", ppid=9), pid=11)
    told = daemons([process(NGINX), worker, second, tested])
    assert told["/usr/sbin/nginx"]["commands"].split("\n") == [
        f"nginx.service: {NGINX}",
        "session-1.scope: nginx: master process nginx -c /tmp/x",
    ]


def test_of_other_programs_nothing_is_told() -> None:
    assert daemons([process("/usr/bin/x", "/usr/bin/x")]) == {}


def test_they_are_kept_beside_the_applications() -> None:
    fabric = FakeFabric()
    row = {"pid": 7, "ppid": 1, "args": NGINX, "executable": "/usr/sbin/nginx", "unit": "nginx.service"}
    fabric.on("processes", host="web1", stdout=json.dumps([row]))
    look.keep_sound_state(fabric, "lab", {"web1": (), "pc1": ()})
    assert fabric.kept[HostRef("lab", "web1")]["web1"]["daemons"] == {
        "all": HEAD,
        "/usr/sbin/nginx": {"commands": f"nginx.service: {NGINX}"},
    }


@pytest.mark.parametrize(
    ("before", "now", "standing", "said"),
    [
        (
            "a.service: x",
            "a.service: y",
            "unexplained",
            "/usr/sbin/nginx was started otherwise: a.service: y (before: a",
        ),
        ("a.service: x", "a.service: x\n-: y", "unexplained", "One more /usr/sbin/nginx runs: -: y."),
        ("a.service: x\nb.service: x", "a.service: x", "harmless", ""),
        (None, "a.service: x", "harmless", ""),
        ("a.service: x", None, "harmless", ""),
    ],
)
def test_what_is_thought_of_a_change(before: str | None, now: str | None, standing: str, said: str) -> None:
    thought = DaemonsProvider().think(StateChange("web1", "daemons", "/usr/sbin/nginx", "commands", before, now))
    assert thought.standing == standing
    assert said in thought.sentence.en


def test_a_daemon_that_has_gone_is_no_difference_of_its_own() -> None:
    gone = ObjectChange("web1", "daemons", "/usr/sbin/nginx", {"commands": "a.service: x"}, {})
    assert differences([gone], Expectations(VariantWords({}))) == ()


def test_an_older_lab_was_not_looked_at() -> None:
    head = ObjectChange("web1", "daemons", "all", {}, HEAD)
    new = ObjectChange("web1", "daemons", "/usr/sbin/nginx", {}, {"commands": "a.service: x"})
    kept = ObjectChange(
        "web2", "daemons", "/usr/sbin/nginx", {"commands": "a.service: y"}, {"commands": "a.service: x"}
    )
    assert without_news([head, new, kept]) == (kept,)
