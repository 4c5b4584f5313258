"""What every engine does, run on the in-memory one and on Docker itself."""

from __future__ import annotations

import io
import os
import platform
import struct
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.core.errors import LabError, MachineError
from orchestrator.core.text import same
from orchestrator.engine.engine_interface import (
    Cancellation,
    CancelledError,
    ContainerSpec,
    Engine,
    ImageBuildError,
    ImageInUseError,
    NameTakenError,
    NoSuchContainerError,
    NoSuchImageError,
)
from orchestrator.instances.freezing import freeze
from tests.fakes.engine import Build, FakeEngine

RUN = f"contract-{os.getpid()}"
LABEL = "breakfix.test"
OURS = {LABEL: RUN}
TINY = f"breakfix-test/tiny:{RUN}"
SLEEPING = threading.Event()


@pytest.fixture(scope="module", params=["fake", pytest.param("docker", marks=[pytest.mark.live, pytest.mark.core])])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with one tiny image, whose only program waits for ever."""
    if request.param == "docker":
        from orchestrator.engine.docker_engine import DockerEngine  # noqa: PLC0415 - as the program does: late

        made: Engine = DockerEngine()
    else:
        made = FakeEngine(on_build=play)
    archive = tmp_path_factory.mktemp("tiny") / "root.tar"
    archive.write_bytes(tar({"wait": waiting_program()}, mode=0o755))
    try:
        made.import_image(archive, TINY, OURS)
        yield made
    finally:
        sweep(made)
        made.close()


@pytest.fixture(autouse=True)
def swept(engine: Engine) -> Iterator[None]:
    """Nothing but the tiny image outlives a test."""
    yield
    sweep(engine, keep=TINY)


def sweep(engine: Engine, keep: str | None = None) -> None:
    for container in engine.containers(OURS):
        engine.remove(container.id)
    for volume in engine.volumes(OURS):
        engine.remove_volume(volume)
    for image in reversed(engine.images(OURS)):
        for reference in image.tags or (image.id,):
            if reference != keep:
                engine.remove_image(reference)


def play(build: Build, on_line: Callable[[str], None]) -> None:
    """Play what Docker does with the Dockerfiles of this module."""
    dockerfile = build.files["Dockerfile"].decode()
    if "/missing" in dockerfile:
        on_line("The command '/missing' returned a non-zero code: 127")
        raise ImageBuildError(same(build.reference), evidence="/missing")
    if '"/wait"' in dockerfile:
        on_line("Step 2/2 : RUN")
        SLEEPING.set()
        assert build.cancellation.wait(30)


def tar(files: Mapping[str, bytes], mode: int = 0o644) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), mode
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def waiting_program() -> bytes:
    """A whole static program that only waits, so that the suite needs no other image and no package.

    An ELF header, one program header and the system call pause(2) (ppoll(2) on aarch64) in a loop.
    """
    machine, code = {
        "x86_64": (62, bytes.fromhex("b822000000 0f05 ebf7")),
        "aarch64": (183, struct.pack("<8I", 0xD2800000, 0xD2800001, 0xD2800002, 0xD2800003, 0xD2800004,
                                     0xD2800928, 0xD4000001, 0x17FFFFF9)),
    }[platform.machine()]  # fmt: skip
    base, offset = 0x400000, 64 + 56
    size = offset + len(code)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, base + offset, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000) + code


def spec(name: str, **changes: object) -> ContainerSpec:
    plain = ContainerSpec(name=f"{RUN}-{name}", image=TINY, labels={**OURS, "breakfix.host": name}, command=("/wait",))
    return replace(plain, **changes)  # type: ignore[arg-type]


def running(engine: Engine, name: str = "a") -> str:
    identity = engine.create(spec(name))
    engine.start(identity)
    return identity


# Containers


def test_a_container_goes_through_its_states(engine: Engine) -> None:
    identity = engine.create(spec("a"))
    assert engine.container(identity).state == "created"
    engine.start(identity)
    engine.start(identity)
    assert engine.container(identity).running
    freeze(engine, identity)
    assert engine.container(identity).state == "paused"
    assert engine.container(identity).running
    engine.unpause(identity)
    begun = engine.begun(identity)
    assert engine.begun(identity) == begun
    engine.restart(identity, grace=0)
    assert engine.container(identity).state == "running"
    assert engine.begun(identity) != begun
    engine.stop(identity, grace=0)
    engine.stop(identity, grace=0)
    assert engine.container(identity).state == "exited"
    engine.remove(identity)
    engine.stop(identity, grace=0)
    with pytest.raises(NoSuchContainerError):
        engine.container(identity)


def test_a_container_is_found_by_name_and_tells_what_it_is(engine: Engine) -> None:
    identity = engine.create(spec("a"))
    found = engine.container(f"{RUN}-a")
    assert (found.id, found.name, found.image) == (identity, f"{RUN}-a", TINY)
    assert found.labels["breakfix.host"] == "a"
    assert found == engine.containers(OURS)[0]


def test_every_setting_is_accepted(engine: Engine) -> None:
    identity = engine.create(
        spec(
            "full",
            hostname="pc1",
            environment={"container": "docker"},
            capabilities=("NET_ADMIN",),
            drop_capabilities=("MKNOD",),
            devices=("/dev/net/tun",) if Path("/dev/net/tun").exists() else (),
            memory=64 << 20,
            cpu_shares=512,
            pids=64,
            tmpfs={"/run": "rw,size=1m"},
            security_options=("no-new-privileges",),
            read_only=True,
            stop_signal="SIGRTMIN+3",
        )
    )
    engine.start(identity)
    assert engine.container(identity).running


def test_a_name_is_taken_once(engine: Engine) -> None:
    engine.create(spec("a"))
    with pytest.raises(NameTakenError) as caught:
        engine.create(spec("a"))
    assert f"{RUN}-a" in caught.value.text.fr
    assert caught.value.hint


def test_an_image_must_be_there(engine: Engine) -> None:
    with pytest.raises(NoSuchImageError) as caught:
        engine.create(spec("a", image="breakfix-test/none:1"))
    assert "breakfix-test/none:1" in caught.value.text.en


def test_containers_are_listed_by_name_and_filtered_by_labels(engine: Engine) -> None:
    for name in ("c", "a", "b"):
        engine.create(spec(name, labels={**OURS, "breakfix.host": name}))
    names = [container.name for container in engine.containers({LABEL: RUN, "breakfix.host": None})]
    assert names == [f"{RUN}-{name}" for name in "abc"]
    assert [c.name for c in engine.containers({LABEL: RUN, "breakfix.host": "b"})] == [f"{RUN}-b"]
    assert engine.containers({LABEL: RUN, "breakfix.lab": None}) == ()


def test_processors_are_limited_while_it_runs_or_is_frozen(engine: Engine) -> None:
    identity = running(engine)
    engine.limit_processors(identity, 0.5)
    freeze(engine, identity)
    engine.limit_processors(identity, 2)
    with pytest.raises(NoSuchContainerError):
        engine.limit_processors(f"{RUN}-none", 1)


def test_the_weight_for_the_processors_changes_while_it_runs_or_is_frozen(engine: Engine) -> None:
    identity = running(engine)
    engine.weigh_processors(identity, 2)
    # At the least weight its processes hardly come to stand still beside busy ones: labs are laid down likewise.
    engine.weigh_processors(identity, 512)
    freeze(engine, identity)
    engine.weigh_processors(identity, 2)
    with pytest.raises(NoSuchContainerError):
        engine.weigh_processors(f"{RUN}-none", 512)


@pytest.mark.parametrize("call", ["start", "pause", "unpause", "container", "begun"])
def test_a_container_that_is_not_there_is_an_error(engine: Engine, call: str) -> None:
    with pytest.raises(NoSuchContainerError):
        getattr(engine, call)(f"{RUN}-none")


def test_pausing_needs_a_running_container(engine: Engine) -> None:
    identity = engine.create(spec("a"))
    with pytest.raises(LabError):
        engine.pause(identity)
    with pytest.raises(LabError):
        engine.unpause(identity)


def test_removing_what_is_gone_is_no_error(engine: Engine) -> None:
    engine.remove(f"{RUN}-none")
    engine.remove_volume(f"{RUN}-none")
    engine.remove_image("breakfix-test/none:1")


def test_a_container_removed_from_many_threads_is_gone_for_each(engine: Engine) -> None:
    identity = running(engine)

    def remove(_: int) -> bool:
        engine.remove(identity)
        return any(container.id == identity for container in engine.containers(OURS))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(remove, range(8))) == [False] * 8


def test_files_can_be_put_before_the_start(engine: Engine) -> None:
    identity = engine.create(spec("a", command=("/lab/wait",)))
    engine.put_archive(identity, tar({"lab/wait": waiting_program()}, mode=0o755))
    engine.start(identity)
    assert engine.container(identity).running


def test_a_placed_file_can_be_read_back(engine: Engine) -> None:
    identity = engine.create(spec("a"))
    engine.put_archive(identity, tar({"etc/motd": b"bonjour"}))
    assert engine.read_file(identity, "/etc/motd") == b"bonjour"
    with pytest.raises(LabError):
        engine.read_file(identity, "/etc/absent")


def test_calls_from_many_threads(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as threads:
        identities = list(threads.map(lambda number: running(engine, f"t{number}"), range(8)))
        assert len(engine.containers(OURS)) == len(set(identities)) == 8
        list(threads.map(engine.remove, identities))
    assert engine.containers(OURS) == ()


# Images


def test_an_imported_image_carries_its_labels(engine: Engine) -> None:
    assert engine.has_image(TINY)
    (image,) = engine.images(OURS)
    assert image.tags == (TINY,)
    assert image.size > 0
    assert engine.images({LABEL: "other"}) == ()
    assert engine.images_size() >= image.size


def test_a_registry_that_is_not_there_is_no_error(engine: Engine) -> None:
    assert engine.pull("registry.invalid/breakfix-test/none:1") is False


CHILD = f"breakfix-test/child:{RUN}"
COPYING = b"ARG PARENT\nFROM ${PARENT}\nCOPY note /note\n"


def build(engine: Engine, dockerfile: bytes, **options: object) -> list[str]:
    lines: list[str] = []
    arguments = {"PARENT": TINY}
    engine.build(
        tar({"Dockerfile": dockerfile, "note": b"hello"}),
        CHILD,
        arguments=arguments,
        labels={**OURS, "breakfix.image": "child"},
        on_line=options.pop("on_line", lines.append),  # type: ignore[arg-type]
        **options,  # type: ignore[arg-type]
    )
    return lines


def test_a_build_gives_the_image_its_tag_labels_and_lines(engine: Engine) -> None:
    lines = build(engine, COPYING)
    assert any("FROM" in line for line in lines)
    assert not any("\n" in line for line in lines)
    (image,) = engine.images({LABEL: RUN, "breakfix.image": "child"})
    assert image.tags == (CHILD,)


def test_a_failing_build_tells_why_and_leaves_no_tag(engine: Engine) -> None:
    lines: list[str] = []
    with pytest.raises(ImageBuildError) as caught:
        build(engine, b'ARG PARENT\nFROM ${PARENT}\nRUN ["/missing"]\n', on_line=lines.append)
    assert "/missing" in caught.value.evidence
    assert "/missing" in "\n".join(lines)
    assert not engine.has_image(CHILD)


def test_a_build_whose_parent_is_missing_fails(engine: Engine) -> None:
    with pytest.raises(ImageBuildError):
        build(engine, b"FROM breakfix-test/none:1\nCOPY note /note\n")


def test_a_build_can_be_ended_from_another_thread(engine: Engine) -> None:
    cancellation = Cancellation()
    SLEEPING.clear()

    def on_line(line: str) -> None:
        if "RUN" in line:
            SLEEPING.set()

    def end() -> None:
        SLEEPING.wait(30)
        cancellation.request()

    ending = threading.Thread(target=end)
    ending.start()
    with pytest.raises(CancelledError):
        build(
            engine,
            b'ARG PARENT\nFROM ${PARENT}\nRUN ["/wait"]\n',
            cancellation=cancellation,
            on_line=on_line,
        )
    ending.join()
    assert not engine.has_image(CHILD)
    with pytest.raises(CancelledError):
        build(engine, COPYING, cancellation=cancellation)


def test_an_image_in_use_stays(engine: Engine) -> None:
    build(engine, COPYING)
    identity = engine.create(spec("a", image=CHILD))
    with pytest.raises(ImageInUseError):
        engine.remove_image(CHILD)
    engine.remove(identity)
    engine.remove_image(CHILD)
    assert not engine.has_image(CHILD)


def test_images_travel_in_an_archive(engine: Engine) -> None:
    build(engine, COPYING)
    archive = b"".join(engine.save([TINY, CHILD]))
    engine.remove_image(CHILD)
    assert set(engine.load([archive[:1000], archive[1000:]])) == {TINY, CHILD}
    (image,) = engine.images({LABEL: RUN, "breakfix.image": "child"})
    assert image.tags == (CHILD,)


def test_saving_an_image_that_is_not_there_is_an_error(engine: Engine) -> None:
    with pytest.raises(NoSuchImageError):
        b"".join(engine.save(["breakfix-test/none:1"]))


def test_a_damaged_archive_is_refused(engine: Engine) -> None:
    with pytest.raises(MachineError):
        engine.load([b"this is no archive of images" * 100])


# Volumes and the engine itself


def test_volumes_are_kept_listed_and_removed(engine: Engine) -> None:
    name = f"{RUN}-state"
    engine.create_volume(name, OURS)
    engine.create_volume(name, OURS)
    assert engine.volumes(OURS) == (name,)
    identity = engine.create(spec("a", binds={name: ("/state", False)}))
    with pytest.raises(LabError):
        engine.remove_volume(name)
    engine.remove(identity)
    engine.remove_volume(name)
    assert engine.volumes(OURS) == ()


def test_the_engine_tells_what_it_is(engine: Engine) -> None:
    info = engine.info()
    assert info.major >= 20
    assert info.cgroup_version in {1, 2}
    assert info.cpus >= 1
    assert info.memory > 0
