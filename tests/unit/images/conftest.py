"""Image folders made for the tests, and builders on an in-memory engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.engine import FakeEngine
from orchestrator.core.errors import BreakfixError
from orchestrator.images import rootfs
from orchestrator.images.bootstrap import LABELS
from orchestrator.images.builder import ImageBuilder
from orchestrator.images.catalogue import Catalogue, ImageSource
from orchestrator.images.machine_apt import MachineApt
from orchestrator.model.image import ImageSpec

MakeSource = Callable[..., ImageSource]
MakeBuilder = Callable[..., ImageBuilder]


class Recorder:
    """Notes what a builder tells."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.lines: list[tuple[str, str]] = []
        self.sizes: dict[str, int] = {}
        self._lock = threading.Lock()

    def _note(self, event: str, name: str) -> None:
        with self._lock:
            self.events.append((event, name))

    def cached(self, name: str) -> None:
        self._note("cached", name)

    def started(self, name: str) -> None:
        self._note("started", name)

    def line(self, name: str, text: str) -> None:
        with self._lock:
            self.lines.append((name, text))

    def finished(self, name: str, seconds: float, size: int) -> None:
        assert seconds >= 0
        self.sizes[name] = size
        self._note("finished", name)

    def failed(self, name: str, error: BreakfixError) -> None:
        assert error.text.fr
        self._note("failed", name)

    def names(self, event: str) -> list[str]:
        return [name for kind, name in self.events if kind == event]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def source(tmp_path: Path) -> MakeSource:
    """Makes one image folder."""

    def make(name: str, **keys: object) -> ImageSource:
        folder = tmp_path / "images" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Dockerfile").write_text("ARG PARENT\nFROM ${PARENT}\nCOPY files/ /\n")
        (folder / "files").mkdir(exist_ok=True)
        (folder / "files" / "motd").write_text(f"This is {name}.\n")
        spec = ImageSpec.model_validate({"contract": 1, "name": name, "summary": {"fr": name, "en": name}, **keys})
        return ImageSource(spec, folder)

    return make


@pytest.fixture
def catalogue(source: MakeSource) -> Catalogue:
    """base <- host <- (router, web), and base <- fabric."""
    return Catalogue(
        {
            "base": source("base", bootstrap="debian"),
            "host": source("host", parent="base"),
            "router": source("router", parent="host"),
            "web": source("web", parent="host"),
            "fabric": source("fabric", parent="base"),
        }
    )


@pytest.fixture
def engine() -> FakeEngine:
    """An engine that has the raw root file system."""
    made = FakeEngine()
    made.add_image(rootfs.TAG, LABELS)
    return made


@pytest.fixture
def builder(engine: FakeEngine, catalogue: Catalogue, tmp_path: Path) -> ImageBuilder:
    return ImageBuilder(engine, catalogue, logs=tmp_path / "logs", workers=4, apt=MachineApt())
