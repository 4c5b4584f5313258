from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.engine.engine_interface import ImageBuildError
from tests.fakes.engine import Build, FakeEngine
from orchestrator.core.errors import MachineError
from orchestrator.images.build_log import default_folder
from orchestrator.images.builder import ImageBuilder
from orchestrator.images.catalogue import Catalogue
from orchestrator.images.machine_apt import MachineApt
from orchestrator.core.text import same

if TYPE_CHECKING:
    from tests.unit.images.conftest import Recorder

OnLine = Callable[[str], None]
WAIT = 30
MAIN = threading.main_thread().ident or 0


def name_of(build: Build) -> str:
    return build.labels["breakfix.image"]


def test_what_is_missing_is_built_after_its_parent(
    builder: ImageBuilder, engine: FakeEngine, catalogue: Catalogue, recorder: Recorder
) -> None:
    tags = builder.build(["web"], recorder)
    assert tags == {"web": catalogue.tag("web")}
    assert engine.builds == [catalogue.tag(name) for name in ("base", "host", "web")]
    assert recorder.names("finished") == ["base", "host", "web"]
    assert recorder.sizes["web"] > 0
    assert ("base", "Step 1/1 : FROM " + catalogue.parent_tag("base")) in recorder.lines


def test_an_image_carries_its_labels(builder: ImageBuilder, engine: FakeEngine, catalogue: Catalogue) -> None:
    builder.build(["base"])
    (image,) = engine.images({"breakfix.image": "base"})
    assert image.labels["breakfix.kind"] == "image"
    assert image.labels["breakfix.fingerprint"] == catalogue.fingerprint("base")


def test_nothing_is_built_twice(builder: ImageBuilder, engine: FakeEngine, recorder: Recorder) -> None:
    builder.build(["router", "web"])
    count = len(engine.builds)
    builder.build(["router", "web"], recorder)
    assert len(engine.builds) == count
    assert recorder.events == [("cached", "router"), ("cached", "web")]


def test_a_loaded_image_needs_no_parent(builder: ImageBuilder, engine: FakeEngine, catalogue: Catalogue) -> None:
    engine.add_image(catalogue.tag("web"), {"breakfix.kind": "image"})
    assert builder.missing(["web"]) == ()
    assert builder.missing(["web", "router"]) == ("base", "host", "router")


def test_independent_images_are_built_at_the_same_time(builder: ImageBuilder, engine: FakeEngine) -> None:
    together = threading.Barrier(2)

    def play(build: Build, _on_line: OnLine) -> None:
        if name_of(build) in {"router", "web"}:
            together.wait(WAIT)  # breaks unless both are here

    engine.on_build = play
    builder.build(["router", "web"])
    assert not together.broken


def test_a_failure_shows_the_last_lines_and_the_log(
    builder: ImageBuilder, engine: FakeEngine, recorder: Recorder, tmp_path: Path, catalogue: Catalogue
) -> None:
    def play(build: Build, on_line: OnLine) -> None:
        if name_of(build) == "host":
            for number in range(100):
                on_line(f"line {number} \x1b[31mred")
            raise ImageBuildError(same("it broke"), evidence="it broke")

    engine.on_build = play
    with pytest.raises(ImageBuildError) as caught:
        builder.build(["web"], recorder)
    log = tmp_path / "logs/host.log"
    for text in (caught.value.text.fr, caught.value.text.en):
        assert "host" in text
        assert str(log) in text
    shown = caught.value.evidence.splitlines()
    assert shown == [f"line {number}  [31mred" for number in range(70, 100)]
    assert len(log.read_text().splitlines()) == 101
    assert recorder.names("failed") == ["host"]
    assert not engine.has_image(catalogue.tag("host"))
    assert not engine.has_image(catalogue.tag("web"))


def test_what_was_begun_ends_after_a_failure_and_nothing_more_begins(
    engine: FakeEngine, catalogue: Catalogue, recorder: Recorder, tmp_path: Path
) -> None:
    def play(build: Build, _on_line: OnLine) -> None:
        if name_of(build) == "fabric":
            raise ImageBuildError(same("broken"))

    engine.on_build = play
    builder = ImageBuilder(engine, catalogue, logs=tmp_path, workers=1, apt=MachineApt())
    with pytest.raises(ImageBuildError):
        builder.build(["fabric", "web"], recorder)
    assert recorder.names("started") == ["base", "fabric", "host"]
    assert recorder.names("finished") == ["base", "host"]


def test_ctrl_c_ends_all_builds_and_leaves_no_tag(
    builder: ImageBuilder, engine: FakeEngine, catalogue: Catalogue
) -> None:
    running = threading.Barrier(2)

    def play(build: Build, _on_line: OnLine) -> None:
        if name_of(build) in {"router", "web"}:
            if running.wait(WAIT) == 0:
                signal.pthread_kill(MAIN, signal.SIGINT)
            assert build.cancellation.wait(WAIT), "nobody ended the build"

    engine.on_build = play
    with pytest.raises(KeyboardInterrupt):
        builder.build(["router", "web"])
    assert not engine.has_image(catalogue.tag("router"))
    assert not engine.has_image(catalogue.tag("web"))
    assert engine.has_image(catalogue.tag("host"))


def test_two_programs_build_an_image_once(engine: FakeEngine, catalogue: Catalogue, tmp_path: Path) -> None:
    def build(_: object = None) -> None:
        ImageBuilder(engine, catalogue, logs=tmp_path, apt=MachineApt()).build(["host"])

    threads = [threading.Thread(target=build) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert sorted(engine.builds) == sorted([catalogue.tag("base"), catalogue.tag("host")])


def test_proxies_are_build_arguments(engine: FakeEngine, catalogue: Catalogue, tmp_path: Path) -> None:
    seen: list[Build] = []
    engine.on_build = lambda build, _: seen.append(build)
    apt = MachineApt(proxies={"http_proxy": "http://proxy:3128"})
    ImageBuilder(engine, catalogue, logs=tmp_path, apt=apt).build(["base"])
    assert seen[0].arguments == {"http_proxy": "http://proxy:3128", "PARENT": catalogue.parent_tag("base")}
    assert b"proxy" not in seen[0].files["Dockerfile"]


def test_a_log_that_cannot_be_written_is_told(engine: FakeEngine, catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MachineError) as caught:
        ImageBuilder(engine, catalogue, logs=tmp_path / "file", apt=MachineApt()).build(["base"])
    assert str(tmp_path / "file") in caught.value.text.en


def test_logs_are_in_the_users_state_folder(tmp_path: Path) -> None:
    assert default_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "breakfix/logs/images"
    assert default_folder({}) == Path.home() / ".local/state/breakfix/logs/images"
