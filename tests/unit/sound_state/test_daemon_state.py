"""With which arguments daemons were started, and what is thought of others."""

from __future__ import annotations

import json

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
        (process(NGINX), NGINX),
        (process("sshd: /usr/sbin/sshd -D [listener] 1 of 10-100 startups", "/usr/sbin/sshd"), "sshd: /usr/sbin/sshd -D"),
        (process("/usr/sbin/squid  --foreground -sYC ", "/usr/sbin/squid"), "/usr/sbin/squid --foreground -sYC"),
    ],
)
def test_arguments_of_services_are_told(one: ProcessState, command: str) -> None:
    assert daemons([one]) == {"all": HEAD, "nginx.service": {"command": command}}


@pytest.mark.parametrize(
    "one",
    [
        process("nginx: worker process", ppid=7),
        process("/usr/bin/x", "/usr/bin/x"),
        process(NGINX, unit="session-1.scope"),
    ],
)
def test_of_others_nothing_is_told(one: ProcessState) -> None:
    assert daemons([one]) == {}


def test_they_are_kept_beside_the_applications() -> None:
    fabric = FakeFabric()
    row = {"pid": 7, "ppid": 1, "args": NGINX, "executable": "/usr/sbin/nginx", "unit": "nginx.service"}
    fabric.on("processes", host="web1", stdout=json.dumps([row]))
    look.keep_sound_state(fabric, "lab", {"web1": (), "pc1": ()})
    assert fabric.kept[HostRef("lab", "web1")] == {
        "web1": {"daemons": {"all": HEAD, "nginx.service": {"command": NGINX}}}
    }


@pytest.mark.parametrize(
    ("before", "now", "standing", "said"),
    [
        (NGINX, "nginx -c /tmp/x", "unexplained", "nginx.service was started otherwise: nginx -c /tmp/x (before: nginx: "),
        (None, NGINX, "harmless", ""),
        (NGINX, None, "harmless", ""),
    ],
)
def test_what_is_thought_of_a_change(before: str | None, now: str | None, standing: str, said: str) -> None:
    thought = DaemonsProvider().think(StateChange("web1", "daemons", "nginx.service", "command", before, now))
    assert thought.standing == standing
    assert said in thought.sentence.en


def test_a_service_that_has_gone_is_no_difference_of_its_own() -> None:
    gone = ObjectChange("web1", "daemons", "nginx.service", {"command": NGINX}, {})
    assert differences([gone], Expectations(VariantWords({}))) == ()


def test_an_older_lab_was_not_looked_at() -> None:
    head = ObjectChange("web1", "daemons", "all", {}, HEAD)
    service = ObjectChange("web1", "daemons", "nginx.service", {}, {"command": NGINX})
    kept = ObjectChange("web2", "daemons", "nginx.service", {"command": "nginx -c /tmp/x"}, {"command": NGINX})
    assert without_news([head, service, kept]) == (kept,)
