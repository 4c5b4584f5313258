from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.engine.engine_interface import NoSuchImageError
from tests.fakes.engine import FakeEngine
from orchestrator.core.errors import UsageError
from orchestrator.images import bundle, rootfs
from orchestrator.images.builder import ImageBuilder
from orchestrator.images.catalogue import Catalogue
from orchestrator.images.machine_apt import MachineApt


@pytest.fixture
def saved(builder: ImageBuilder, engine: FakeEngine, catalogue: Catalogue, tmp_path: Path) -> Path:
    builder.build(["web", "fabric"])
    path = tmp_path / "class.tar.gz"
    bundle.save(engine, catalogue, ["web", "fabric"], path)
    return path


def test_a_loaded_bundle_needs_no_build(saved: Path, catalogue: Catalogue, tmp_path: Path) -> None:
    other = FakeEngine()
    progress: list[tuple[int, int]] = []
    loaded = bundle.load(other, saved, on_progress=lambda done, total: progress.append((done, total)))
    wanted = {catalogue.tag(name) for name in ("base", "host", "web", "fabric")}
    assert set(loaded.tags) == {*wanted, rootfs.TAG}
    ImageBuilder(other, catalogue, logs=tmp_path, apt=MachineApt()).build(["web", "fabric", "host"])
    assert other.builds == []
    assert progress[-1] == (saved.stat().st_size, saved.stat().st_size)


def test_an_existing_file_is_kept_unless_forced(saved: Path, engine: FakeEngine, catalogue: Catalogue) -> None:
    before = saved.read_bytes()
    with pytest.raises(UsageError):
        bundle.save(engine, catalogue, ["base"], saved)
    assert saved.read_bytes() == before
    bundle.save(engine, catalogue, ["base"], saved, force=True)
    assert catalogue.tag("web") not in bundle.inspect(saved).tags


def test_an_image_that_is_not_built_is_told(engine: FakeEngine, catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(NoSuchImageError):
        bundle.save(engine, catalogue, ["web"], tmp_path / "class.tar.gz")
    assert list(tmp_path.glob("*class*")) == []


@pytest.mark.usefixtures("saved")
def test_an_interrupted_save_leaves_nothing(
    engine: FakeEngine, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> Iterator[bytes]:
        yield b"some"
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "save", interrupted)
    (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt):
        bundle.save(engine, catalogue, ["web"], tmp_path / "out/class.tar.gz")
    assert list((tmp_path / "out").iterdir()) == []


def foreign_tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("photo.jpg"))
    return stream.getvalue()


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "one byte short": lambda content: content[:-1],
    "altered": lambda content: content[:-20] + b"\0" + content[-19:],
    "truncated, not compressed": lambda content: gzip.decompress(content)[:600],
    "empty": lambda _: b"",
    "a text": lambda _: b"not an archive at all, though it is quite long " * 100,
    "another archive": lambda _: foreign_tar(),
    "another compressed archive": lambda _: gzip.compress(foreign_tar()),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_or_foreign_file_is_refused_before_anything_is_loaded(saved: Path, kind: str) -> None:
    saved.write_bytes(DAMAGED[kind](saved.read_bytes()))
    other = FakeEngine()
    with pytest.raises(UsageError) as caught:
        bundle.load(other, saved)
    assert str(saved) in caught.value.text.fr
    assert caught.value.hint
    assert other.images({}) == ()


def test_images_of_others_are_refused(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.add_image("nginx:latest")
    path = tmp_path / "nginx.tar"
    path.write_bytes(b"".join(engine.save(["nginx:latest"])))
    with pytest.raises(UsageError) as caught:
        bundle.load(engine, path)
    assert "no image of Breakfix" in caught.value.text.en


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        bundle.load(FakeEngine(), tmp_path / "none.tar")
