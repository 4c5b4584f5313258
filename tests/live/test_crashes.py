"""Killed at each step: then ``status`` tells the truth, ``start``, ``reset`` and ``stop`` converge, nothing stays.

The steps are seen from outside, in the engine, in the records and in the table of processes: the program has nothing
that only these tests need. ``BREAKFIX_RESTART_DOCKER`` is a command that restarts this machine's Docker; the tests that
need it run only where it is set, for a restart ends whatever else runs there.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.app import App
from orchestrator.core import labels
from orchestrator.core.errors import LabError, MachineError
from orchestrator.core.waiting import wait_until
from orchestrator.engine.engine_interface import Container
from orchestrator.fabric import container as fabric_container
from orchestrator.fabric.client import FabricClient
from orchestrator.fabric.fabric_interface import HELPER_IMAGE, HostRef
from orchestrator.instances.freezing import freeze
from orchestrator.instances.instance_records import InstanceRecords
from tests.live.conftest import CONTENT
from tests.live.traces import PROC, Traces, inspect, links

pytestmark = [pytest.mark.live, pytest.mark.alone]

SCENARIO = "wrong-address"
HOSTS = 2
SOON, LONG = 30.0, 300.0
STEADY = 3
"""Looks at the engine, half a second apart, that must see what the one before saw."""
MARK = "BREAKFIX_CRASH_TEST"
RESTART = "BREAKFIX_RESTART_DOCKER"

Moment = Callable[["Place"], object]


@dataclass
class Place:
    """A user's own state folder on the engine, and what was seen of the labs that were started from it.

    Attributes:
        mark: what every process that comes of its commands has in its environment.
        content: the content folder.
        prefix: words before each command line.
        seen: what each host's container has on the machine, by its id.
    """

    app: App
    state: Path
    others: frozenset[str]
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    content: Path = CONTENT
    prefix: tuple[str, ...] = ()
    seen: dict[str, Traces] = field(default_factory=dict)

    # Commands

    def command(self, *words: str) -> list[str]:
        return [*self.prefix, sys.executable, "-P", "-m", "orchestrator", "--content", str(self.content), *words]

    @property
    def environment(self) -> dict[str, str]:
        home = {"XDG_STATE_HOME": str(self.state), "XDG_DATA_HOME": str(self.state / "data")}
        return {**os.environ, **home, MARK: self.mark}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command("--lang", "en", *words),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONG,
        )

    def done(self, *words: str) -> str:
        """Run a command that has to succeed."""
        ran = self.run(*words)
        assert ran.returncode == 0, f"{words}: {ran.stdout}{ran.stderr}"
        return ran.stdout

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(self.command(*words), env=self.environment, stdout=nowhere, stderr=nowhere)

    def kill_at(self, moment: Moment, *words: str) -> None:
        """Kill a command with SIGKILL as soon as something is seen of it; its children are left to themselves."""
        process = self.begin(*words)
        try:
            reached = wait_until(lambda: moment(self) or process.poll() is not None, within=LONG, every=0.001)
            assert reached, f"{words} never came there"
        finally:
            process.kill()
            ended = process.wait()
        assert ended == -signal.SIGKILL, f"{words} was over before it could be killed (status {ended})"
        self.look()
        assert wait_until(lambda: not self.processes(), within=SOON), f"still there: {self.processes()}"
        self.settle()

    def settle(self) -> None:
        """Wait until the engine has done what it was asked for: it goes on when who asked is gone.

        A container that was created and never started stays so; no other state but these is one to stay in.
        """
        before: set[tuple[str, str]] | None = None
        equal = 0

        def steady() -> bool:
            nonlocal before, equal
            now = {(host.id, host.state) for host in self.hosts()}
            equal = equal + 1 if now == before else 0
            before = now
            return equal >= STEADY and {state for _, state in now} <= {"created", "running", "paused", "exited"}

        assert wait_until(steady, within=SOON, every=0.5), before

    # What is there

    def hosts(self) -> list[Container]:
        found = self.app.engine.containers({labels.KIND: "host"})
        return [c for c in found if c.labels[labels.INSTANCE] not in self.others]

    def states(self) -> dict[str, dict[str, str]]:
        """The state of each host of each lab, as the engine says it."""
        found: dict[str, dict[str, str]] = {}
        for host in self.hosts():
            found.setdefault(host.labels[labels.INSTANCE], {})[host.labels[labels.HOST]] = host.state
        return found

    def labs(self) -> set[str]:
        return {host.labels[labels.INSTANCE] for host in self.hosts()}

    @property
    def lab(self) -> str:
        (lab,) = self.labs()
        return lab

    @property
    def records(self) -> InstanceRecords:
        return InstanceRecords(self.state / "breakfix" / "instances")

    def processes(self) -> list[str]:
        """The command lines of all processes that came of this place's commands."""
        mark, found = f"{MARK}={self.mark}".encode(), []
        for entry in PROC.iterdir():
            if entry.name.isdecimal():
                try:
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        found.append((entry / "cmdline").read_text().replace("\0", " "))
                except OSError:
                    continue  # it has just ended, or is another user's
        return found

    def look(self) -> None:
        """Note what the hosts' containers have on the machine, to look for it when they are gone."""
        for host in self.hosts():
            if host.id not in self.seen or len(self.seen[host.id].mounts) < 2:
                inspected = inspect(host.id)
                if inspected is not None:
                    self.seen[host.id] = Traces.of(host.id, inspected)

    # Judgements

    def status(self) -> dict[str, dict[str, Any]]:
        """What ``status`` says of each lab, which the engine confirms: asked again where something changed between."""
        told: dict[str, dict[str, Any]] = {}
        said: dict[str, dict[str, str]] = {}
        known: dict[str, dict[str, str]] = {}

        def confirmed() -> bool:
            nonlocal told, said, known
            everything = {lab["name"]: lab for lab in json.loads(self.done("--json", "status"))["labs"]}
            told = {name: lab for name, lab in everything.items() if name not in self.others}
            said = {name: {host["name"]: host["state"] for host in lab["hosts"]} for name, lab in told.items()}
            known = self.states()
            return said == known

        assert wait_until(confirmed, within=SOON), f"status: {said}, the engine: {known}"
        return told

    def assert_not_gradable(self, lab: str) -> None:
        """A lab that was cut off is said to be, and is never called repaired."""
        assert self.status()[lab]["whole"] is False
        assert self.run("check", "--lab", lab).returncode == 5

    @property
    def of_another_user(self) -> Place:
        """The same engine, as somebody sees it who has records of their own."""
        return replace(self, state=self.state.parent / "another")

    def assert_red(self) -> None:
        """The one lab is whole, and its fault is in place."""
        assert self.status()[self.lab]["whole"] is True
        assert self.run("check").returncode == 1

    def stop(self) -> None:
        """Stop every lab of this place; nothing of them may be left."""
        self.look()
        for lab in self.labs():
            self.done("stop", "--lab", lab)
        self.assert_nothing_left()

    def assert_nothing_left(self) -> None:
        left: list[str] = []

        def nothing() -> bool:
            left[:] = [*self._left(), *(text for traces in self.seen.values() for text in traces.left())]
            return not left

        assert wait_until(nothing, within=SOON, every=0.1), left

    def _left(self) -> Iterator[str]:
        yield from (f"container {host.name}" for host in self.hosts())
        yield from (f"record {name}" for name in self.records.names())
        yield from (f"process {line}" for line in self.processes())
        mine = {traces.instance for traces in self.seen.values()}
        yield from (f"link {alias}" for alias in links() if alias.partition("/")[0] in mine)
        for name in mine:
            yield from (f"volume {volume}" for volume in self.app.engine.volumes({labels.INSTANCE: name}))
        for device in Path("/sys/block").glob("loop*/loop/backing_file"):
            with contextlib.suppress(OSError):  # it has just ended
                file = device.read_text()
                yield from (f"loop device of {file}" for container in self.seen if container in file)


def raise_fabric(app: App) -> None:
    """Have the helper run, whatever the test before did to it."""
    app.fabric.close()
    fabric_container.ensure(app.engine, app.build([])[HELPER_IMAGE]).close()


@pytest.fixture
def place(app: App, tmp_path: Path) -> Iterator[Place]:
    """A place of a test's own; whatever is left there is removed at the end."""
    raise_fabric(app)  # a helper that has to be started first is not what is tested
    made = Place(app, tmp_path / "state", frozenset(i.name for i in app.instances.all()))
    yield made
    for lab in made.labs():
        app.instances.remove(lab)


# Moments --------------------------------------------------------------------------------------------------


def claimed(place: Place) -> bool:
    return bool(place.records.names())


def created(place: Place) -> bool:
    return bool(place.hosts())


def one_runs(place: Place) -> bool:
    return any(host.state == "running" for host in place.hosts())


def all_run(place: Place) -> bool:
    return sum(host.state == "running" for host in place.hosts()) == HOSTS


def fault_recorded(place: Place) -> bool:
    return any(place.records.get(name).faults for name in place.records.names())


def begun(place: Place) -> bool:
    """The record says that the lab is not whole: its start is not over, or its stop has begun."""
    return any(not place.records.get(name).started for name in place.records.names())


def one_is_gone(place: Place) -> bool:
    return len(place.hosts()) < HOSTS


def all_are_gone(place: Place) -> bool:
    return not place.hosts()


def two_labs(place: Place) -> bool:
    return len(place.labs()) >= 2


def grading(place: Place) -> bool:
    return any(" -m grader" in line for line in place.processes())


def workers_grade(place: Place) -> bool:
    return sum(" -m grader" in line for line in place.processes()) >= 2


def others_than(old: Set[str]) -> Moment:
    """Hosts are there that were not at first: a reset gives its second lab the name of the first."""
    return lambda place: {host.id for host in place.hosts()} - old


def each(*moments: Moment, core: Moment) -> pytest.MarkDecorator:
    """Play a crash at each moment; at one of them without ``--all``, too."""
    marked = [pytest.param(m, id=m.__name__, marks=pytest.mark.core if m is core else ()) for m in moments]
    return pytest.mark.parametrize("moment", marked)


# The orchestrator is killed -------------------------------------------------------------------------------


@each(claimed, created, one_runs, all_run, fault_recorded, core=one_runs)
def test_a_killed_start(place: Place, moment: Moment) -> None:
    place.kill_at(moment, "start", SCENARIO, "--seed", "1")
    for lab in place.labs():
        place.assert_not_gradable(lab)
        place.of_another_user.assert_not_gradable(lab)
    if moment in {one_runs, fault_recorded}:
        place.done("reset")
        place.assert_red()
        place.of_another_user.assert_red()
    if moment is claimed:  # nothing tells of it any more: the next start takes it away
        place.done("start", SCENARIO, "--seed", "1")
        assert set(place.records.names()) == place.labs()
    place.stop()


@pytest.fixture
def lab(place: Place) -> str:
    """A lab with its fault."""
    place.done("start", SCENARIO, "--seed", "1")
    place.look()
    return place.lab


@each(grading, workers_grade, core=grading)
def test_a_killed_check(place: Place, lab: str, moment: Moment) -> None:
    place.kill_at(moment, "check")
    assert place.lab == lab
    place.assert_red()
    place.stop()


@each(begun, one_is_gone, core=one_is_gone)
def test_a_killed_stop(place: Place, lab: str, moment: Moment) -> None:
    place.kill_at(moment, "stop")
    if place.labs():
        place.assert_not_gradable(lab)
    else:  # the engine went on with what it was asked
        place.done("start", SCENARIO, "--seed", "1")
    place.stop()


@each(begun, one_is_gone, all_are_gone, core=one_is_gone)
def test_a_killed_reset(place: Place, lab: str, moment: Moment) -> None:
    place.kill_at(moment, "reset")
    if lab in place.labs():
        place.assert_not_gradable(lab)
        place.done("reset")
        place.assert_red()
    else:  # killed between the two labs
        place.done("start", SCENARIO, "--seed", "1")
    place.stop()


def test_a_reset_that_is_killed_at_its_second_lab(place: Place, lab: str) -> None:
    place.kill_at(others_than({host.id for host in place.hosts()}), "reset")
    assert place.lab == lab
    place.assert_not_gradable(lab)
    place.of_another_user.assert_not_gradable(lab)
    place.done("reset")
    assert place.lab == lab
    place.assert_red()
    place.stop()


@each(created, two_labs, workers_grade, core=two_labs)
def test_a_killed_proof(place: Place, moment: Moment) -> None:
    place.kill_at(moment, "prove", SCENARIO)
    assert set(place.status()) == place.labs()
    place.stop()
    assert not (place.state / "data" / "breakfix" / "proofs").exists(), "half a proof is none"


# Something else is killed, or taken away ------------------------------------------------------------------


def helper_pid() -> int:
    inspected = inspect(fabric_container.HELPER)
    assert inspected is not None
    return int(inspected["State"]["Pid"])


def helper_answers() -> bool:
    try:
        with FabricClient(fabric_container.SOCKET) as client:
            client.ping()
    except (LabError, MachineError):
        return False
    return True


def kill_helper() -> None:
    """Kill the helper's main process; where this user may not, Docker does, and does not start it again then."""
    try:
        os.kill(helper_pid(), signal.SIGKILL)
    except PermissionError:
        subprocess.run(["docker", "kill", fabric_container.HELPER], check=True, capture_output=True)


def test_a_killed_helper_leaves_the_lab_as_it_is(place: Place, lab: str) -> None:
    place.done("cable", "b:eth0", "unplug")
    kill_helper()
    place.app.fabric.close()
    assert place.status()[lab]["whole"] is True
    assert '"plugged": false' in place.done("--json", "cable", "b:eth0")
    place.done("cable", "b:eth0", "plug")
    place.assert_red()
    place.stop()


def test_a_lab_is_stopped_without_its_helper(place: Place, lab: str) -> None:
    subprocess.run(["docker", "kill", fabric_container.HELPER], check=True, capture_output=True)
    place.app.fabric.close()
    place.stop()
    assert lab not in place.labs()


@pytest.mark.core
def test_a_frozen_host_does_not_keep_the_helper_from_its_end(place: Place, lab: str) -> None:
    """What runs in the host for the helper is frozen as well, and must hold nothing that Docker waits for."""
    host = f"breakfix-{lab}-b"
    with place.app.fabric.another_connection() as fabric:
        assert fabric.run(HostRef(lab, "b"), ("true",)).status == 0
        freeze(place.app.engine, host)
        try:
            restart = ["docker", "restart", "-t", "1", fabric_container.HELPER]
            subprocess.run(restart, check=True, capture_output=True, timeout=LONG)
        finally:
            place.app.engine.unpause(host)
    place.app.fabric.close()
    raise_fabric(place.app)
    place.assert_red()
    place.stop()


def test_a_host_that_is_restarted_without_the_helper_is_not_whole_until_it_has_booted(place: Place, lab: str) -> None:
    subprocess.run(["docker", "kill", fabric_container.HELPER], check=True, capture_output=True)
    place.app.fabric.close()
    subprocess.run(["docker", "restart", "-t", "1", f"breakfix-{lab}-b"], check=True, capture_output=True)
    told = place.status()[lab]["whole"]
    assert place.app.engine.container(fabric_container.HELPER).running, "who asks has it started"
    assert told is False
    assert wait_until(lambda: place.status()[lab]["whole"], within=LONG, every=0.5)
    place.assert_red()
    place.stop()


@pytest.mark.core
def test_a_lab_whose_cables_are_lost_comes_back_wired(place: Place, lab: str) -> None:
    """The fabric's network goes with the container that holds it, and all cables with that."""
    if place.others:
        pytest.skip("other labs run on this engine")
    with place.app.fabric.another_connection() as fabric:
        fabric.run(HostRef(lab, "b"), ("tee", "/root/kept"), stdin=b"the trainee's")
    place.app.engine.remove(fabric_container.PAUSE)
    place.app.fabric.close()
    raise_fabric(place.app)
    assert wait_until(lambda: place.status()[lab]["whole"], within=LONG, every=0.5), place.status()
    place.assert_red()
    with place.app.fabric.another_connection() as fabric:
        assert fabric.run(HostRef(lab, "b"), ("cat", "/root/kept")).stdout == b"the trainee's"
    place.stop()


@pytest.mark.parametrize("command", ["start", pytest.param("check", marks=pytest.mark.core)])
def test_a_helper_that_is_killed_in_the_middle(place: Place, command: str) -> None:
    """The command may fail and say so, or be lucky; it may not hang, and what it leaves is known."""
    if command == "check":
        place.done("start", SCENARIO, "--seed", "1")
    process = place.begin(*([command, SCENARIO] if command == "start" else [command]))
    moment = one_runs if command == "start" else grading
    assert wait_until(lambda: moment(place), within=LONG, every=0.001)
    place.look()
    kill_helper()
    place.app.fabric.close()
    assert process.wait(LONG) in {0, 1, 3, 5}
    assert wait_until(lambda: not place.processes(), within=SOON), place.processes()
    for name, told in place.status().items():
        assert told["whole"] is True, name
    if place.labs():
        place.assert_red()
    place.stop()


@pytest.mark.core
def test_a_container_that_somebody_removed(place: Place, lab: str) -> None:
    host = next(h for h in place.hosts() if h.labels[labels.HOST] == "b")
    subprocess.run(["docker", "rm", "-f", host.id], check=True, capture_output=True)
    assert place.status()[lab]["whole"] is False
    assert place.run("check").returncode in {1, 5}, "never repaired"
    place.done("reset")
    place.assert_red()
    place.stop()


@pytest.fixture
def twig(place: Place, tmp_path: Path) -> Iterator[str]:
    """Give the lab's host B an image of its own, which is made in a second; return the image's name."""
    for part in ("labs/duo", "scenarios"):
        shutil.copytree(CONTENT / part, tmp_path / "content" / part)
    lab = tmp_path / "content/labs/duo/lab.yaml"
    before, b, after = lab.read_text().partition("  b:\n")
    lab.write_text(before + b + after.replace("image: host", "image: twig", 1))
    image = tmp_path / "content/images/twig"
    image.mkdir(parents=True)
    (image / "Dockerfile").write_text(f"ARG PARENT\nFROM ${{PARENT}}\nLABEL note={place.mark}\n")
    (image / "image.yaml").write_text(
        "contract: 1\nname: twig\nparent: host\nsummary: {fr: Une brindille, en: A twig}\n"
        "capabilities: [NET_ADMIN]\nmemory: 64M\n"
    )
    place.content = tmp_path / "content"
    yield "breakfix/twig"
    for image_ in place.app.engine.images({"note": place.mark}):
        place.app.engine.remove_image(image_.id)


@pytest.mark.core
def test_an_image_that_somebody_removed(place: Place, twig: str) -> None:
    """The containers keep its layers; a reset makes it again."""
    place.done("start", SCENARIO, "--seed", "1")
    (lab,) = place.labs()
    used = next(h.image for h in place.hosts() if h.labels[labels.HOST] == "b")
    assert used.startswith(twig)
    subprocess.run(["docker", "rmi", "--force", used], check=True, capture_output=True)
    assert not place.app.engine.has_image(used)
    assert place.status()[lab]["whole"] is True
    place.assert_red()
    place.done("reset")
    assert place.app.engine.has_image(used)
    place.assert_red()
    place.stop()


@pytest.fixture
def full_disk(place: Place) -> Iterator[Callable[[], None]]:
    """Put the state folder on a tiny file system of its own; ``full_disk()`` fills it."""
    place.state.mkdir()
    keep = subprocess.Popen(
        [
            *("unshare", "--user", "--map-root-user", "--mount", "sh", "-c"),
            'mount -t tmpfs -o size=64k tmpfs "$1" && echo ready && exec cat',
            *("sh", str(place.state)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert keep.stdout is not None
    try:
        if keep.stdout.readline() != "ready\n":
            pytest.skip("this machine has no user namespaces for this user")
        place.prefix = (
            "nsenter",
            "--user",
            "--preserve-credentials",
            "--mount",
            "-t",
            str(keep.pid),
            f"--wdns={Path.cwd()}",
        )

        def fill() -> None:
            script = 'head -c 1000000 /dev/zero > "$1/fill" 2>/dev/null; test -s "$1/fill"'
            subprocess.run([*place.prefix, "sh", "-c", script, "sh", str(place.state)], check=True)

        yield fill
    finally:
        keep.kill()
        keep.communicate()


@pytest.mark.core
def test_a_full_disk_is_told_and_leaves_nothing(place: Place, full_disk: Callable[[], None]) -> None:
    place.done("status")
    full_disk()
    refused = place.run("start", SCENARIO)
    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert "No space left on device" in " ".join(refused.stderr.split())
    assert place.hosts() == []


def test_a_lab_is_stopped_on_a_full_disk(place: Place, full_disk: Callable[[], None]) -> None:
    place.done("start", SCENARIO, "--seed", "1")
    full_disk()
    place.assert_red()
    assert place.run("hint").returncode == 3
    place.stop()


@pytest.mark.parametrize("helper", ["runs", "was killed"])
def test_what_is_stopped_to_the_last_leaves_no_socket(place: Place, lab: str, helper: str) -> None:
    if place.others:
        pytest.skip("other labs run on this engine")
    if helper == "was killed":  # by Docker, which does not start it again then
        subprocess.run(["docker", "kill", fabric_container.HELPER], check=True, capture_output=True)
    place.done("stop", "--all")
    assert place.app.engine.containers({labels.KIND: None}) == ()
    assert place.app.engine.volumes({labels.KIND: None}) == ()
    assert not fabric_container.SOCKET.exists()
    raise_fabric(place.app)
    place.assert_nothing_left()
    assert lab not in place.labs()


# Docker is restarted --------------------------------------------------------------------------------------


@pytest.fixture
def restart_docker(place: Place) -> Callable[[], None]:
    command = os.environ.get(RESTART)
    if not command:
        pytest.skip(f"{RESTART} does not say how Docker may be restarted here")
    if place.others:
        pytest.skip("other labs run on this engine")

    def restart() -> None:
        place.app.fabric.close()
        subprocess.run(shlex.split(command), check=True, stdout=subprocess.DEVNULL)

    return restart


def outcomes(place: Place) -> dict[str, str]:
    report = json.loads(place.run("--json", "check").stdout)
    return {result["id"]: result["outcome"] for result in report["results"]}


@pytest.mark.core
def test_a_lab_comes_back_as_it_was(place: Place, lab: str, restart_docker: Callable[[], None]) -> None:
    """Wired without any command of ours, with what the trainee did, and as broken as before."""
    place.done("exec", "b", "--", "sh", "-c", "echo mine > /root/mine")
    place.done("cable", "b:eth0", "unplug")
    place.done("cable", "a:eth0", "unplug")
    place.done("cable", "a:eth0", "plug")
    before = outcomes(place)
    restart_docker()
    assert wait_until(helper_answers, within=LONG, every=0.2), "the helper has to come back by itself"
    with FabricClient(fabric_container.SOCKET) as client:
        client.wait_ready(lab, ["a", "b"], timeout=LONG)
        assert {(p.host, p.plugged) for p in client.ports(lab)} == {("a", True), ("b", False)}
        seen = client.run(HostRef(lab, "b"), ("cat", "/root/mine", "/sys/class/net/eth0/carrier"))
    assert seen.stdout == b"mine\n0\n"
    assert place.status()[lab]["whole"] is True
    assert outcomes(place) == before
    place.done("cable", "b:eth0", "plug")
    place.assert_red()
    place.stop()


def test_a_start_during_which_docker_is_restarted(place: Place, restart_docker: Callable[[], None]) -> None:
    process = place.begin("start", SCENARIO)
    assert wait_until(lambda: one_runs(place), within=LONG, every=0.001)
    restart_docker()
    assert process.wait(LONG) in {3, 5}
    for name in place.labs():
        place.assert_not_gradable(name)
    place.stop()


@pytest.mark.parametrize(("command", "moment"), [("check", grading), ("reset", one_is_gone), ("stop", one_is_gone)])
def test_a_command_during_which_docker_is_restarted(
    place: Place, lab: str, restart_docker: Callable[[], None], command: str, moment: Moment
) -> None:
    process = place.begin(command)
    assert wait_until(lambda: moment(place), within=LONG, every=0.001)
    place.look()
    restart_docker()
    assert process.wait(LONG) in {0, 1, 3, 5}
    assert wait_until(lambda: not place.processes(), within=SOON), place.processes()
    assert wait_until(helper_answers, within=LONG, every=0.2)
    place.settle()
    if command == "check":
        place.app.fabric.wait_ready(lab, ["a", "b"], timeout=LONG)
        place.assert_red()
    elif not place.labs():  # the engine had gone on with what it was asked; the record goes with the next start
        place.done("start", SCENARIO, "--seed", "1")
    else:
        for name in place.labs():
            place.assert_not_gradable(name)
    place.stop()
