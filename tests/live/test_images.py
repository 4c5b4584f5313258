"""The image builder on Docker itself."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from orchestrator.core import labels
from orchestrator.core.errors import LabError
from orchestrator.core.waiting import wait_until
from orchestrator.engine.engine_interface import ContainerSpec, Engine, ImageBuildError
from orchestrator.images import bundle
from orchestrator.images.builder import ImageBuilder
from orchestrator.images.catalogue import Catalogue, ImageSource
from orchestrator.images.observer import SilentObserver
from orchestrator.images.prune import prune
from orchestrator.model.image import ImageSpec

pytestmark = [pytest.mark.live, pytest.mark.alone, pytest.mark.core]

NAME = f"test-{os.getpid()}"
BASE = Path(__file__).parents[2] / "images/base"
COPYING = "ARG PARENT\nFROM ${PARENT}\nCOPY note /note\n"


class Watching(SilentObserver):
    """Notes which images were built, and tells when a line has been printed."""

    def __init__(self, awaited: str = "") -> None:
        self.built: list[str] = []
        self.seen = threading.Event()
        self._awaited = awaited

    def line(self, name: str, text: str) -> None:  # noqa: ARG002 - one image is built
        if self._awaited and self._awaited in text:
            self.seen.set()

    def finished(self, name: str, seconds: float, size: int) -> None:  # noqa: ARG002
        assert size > 0
        self.built.append(name)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    from orchestrator.engine.docker_engine import DockerEngine  # noqa: PLC0415 - as the program does: late

    made = DockerEngine()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def swept(engine: Engine) -> Iterator[None]:
    yield
    for image in engine.images({labels.IMAGE: NAME}):
        for reference in image.tags or (image.id,):
            engine.remove_image(reference)


def catalogue(folder: Path, dockerfile: str) -> Catalogue:
    """Return the real base, and an image of the test on top of it."""
    spec = ImageSpec.model_validate_json(json.dumps(yaml.safe_load((BASE / "image.yaml").read_text())))
    own = folder / NAME
    own.mkdir()
    (own / "Dockerfile").write_text(dockerfile)
    (own / "note").write_text(NAME)
    ours = ImageSpec.model_validate(
        {"contract": 1, "name": NAME, "parent": "base", "summary": {"fr": "essai", "en": "test"}}
    )
    return Catalogue({"base": ImageSource(spec, BASE), NAME: ImageSource(ours, own)})


def test_images_are_built_once(engine: Engine, tmp_path: Path) -> None:
    images = catalogue(tmp_path, COPYING)
    builder = ImageBuilder(engine, images, logs=tmp_path)
    first, second = Watching(), Watching()
    builder.build(["base", NAME], first)
    assert first.built[-1] == NAME
    builder.build(["base", NAME], second)
    assert second.built == []
    assert "COPY note /note" in (tmp_path / f"{NAME}.log").read_text()


def test_nothing_of_this_machines_settings_stays(engine: Engine, tmp_path: Path) -> None:
    tag = ImageBuilder(engine, catalogue(tmp_path, COPYING), logs=tmp_path).build([NAME])[NAME]
    container = engine.create(ContainerSpec(name=NAME, image=tag, labels={labels.KIND: "image"}, command=("true",)))
    try:
        assert engine.read_file(container, "/note") == NAME.encode()
        for path in ("apt.conf.d/99mmdebstrap", "apt.conf.d/99build-machine", "build-machine.list"):
            with pytest.raises(LabError):
                engine.read_file(container, f"/etc/apt/{path}")
    finally:
        engine.remove(container)


def test_a_failing_build_shows_its_last_lines(engine: Engine, tmp_path: Path) -> None:
    images = catalogue(tmp_path, COPYING + "RUN seq 1 100 >&2; cat /nothing\n")
    with pytest.raises(ImageBuildError) as caught:
        ImageBuilder(engine, images, logs=tmp_path).build([NAME])
    assert "cat: /nothing: No such file or directory" in caught.value.evidence
    assert len(caught.value.evidence.splitlines()) == 30
    assert str(tmp_path / f"{NAME}.log") in caught.value.text.fr
    assert not engine.has_image(images.tag(NAME))


def test_ctrl_c_leaves_neither_container_nor_tag(engine: Engine, tmp_path: Path) -> None:
    images = catalogue(tmp_path, COPYING + f"LABEL breakfix.test={NAME}\nRUN echo begun; sleep 60\n")
    watching = Watching("begun")

    def interrupt() -> None:
        watching.seen.wait(60)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        ImageBuilder(engine, images, logs=tmp_path).build([NAME], watching)
    thread.join()
    assert not engine.has_image(images.tag(NAME))
    # A step whose container was just being created is cleared away by Docker itself, a moment later.
    assert wait_until(lambda: engine.containers({"breakfix.test": NAME}) == (), within=10)


def test_a_bundle_brings_images_back(engine: Engine, tmp_path: Path) -> None:
    images = catalogue(tmp_path, COPYING)
    builder = ImageBuilder(engine, images, logs=tmp_path)
    builder.build([NAME])
    path = tmp_path / "class.tar.gz"
    saved = bundle.save(engine, images, [NAME], path)
    engine.remove_image(images.tag(NAME))
    assert bundle.load(engine, path).tags
    assert images.tag(NAME) in saved.tags
    watching = Watching()
    builder.build([NAME], watching)
    assert watching.built == []


def test_an_outdated_image_is_pruned(engine: Engine, tmp_path: Path) -> None:
    images = catalogue(tmp_path, COPYING)
    ImageBuilder(engine, images, logs=tmp_path).build([NAME])
    outdated = images.tag(NAME)

    class Only:
        """This test's images alone, so that images that others need stay."""

        def images(self, wanted: dict[str, str | None]) -> tuple[object, ...]:
            return engine.images({**wanted, labels.IMAGE: NAME})

        def __getattr__(self, name: str) -> object:
            return getattr(engine, name)

    (tmp_path / NAME / "note").write_text("changed")
    current = Catalogue({name: images.source(name) for name in images.names})
    result = prune(Only(), current)  # type: ignore[arg-type]
    assert result.removed == (outdated,)
    assert not engine.has_image(outdated)
