"""An in-memory engine that behaves like Docker, for the unit tests of everything above the engine."""

from __future__ import annotations

import contextlib
import io
import json
import re
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from pathlib import Path

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text, same
from orchestrator.engine import refusals
from orchestrator.engine.engine_interface import (
    Cancellation,
    Container,
    ContainerSpec,
    EngineInfo,
    Image,
    ImageBuildError,
    NoSuchContainerError,
    OnLine,
)

_NOT_FOUND = 404
_CONFLICT = 409
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


@dataclass(frozen=True)
class Build:
    """A build as the engine was asked for it; ``files`` is the context: path -> content."""

    reference: str
    arguments: Mapping[str, str]
    labels: Mapping[str, str]
    files: Mapping[str, bytes]
    cancellation: Cancellation


OnBuild = Callable[[Build, OnLine], None]
"""Plays a build's steps: prints lines, waits, raises ``ImageBuildError``."""


@dataclass
class _Record:
    id: str
    spec: ContainerSpec
    image: str
    state: str = "created"
    runs_as: str = "running"
    archives: list[bytes] = field(default_factory=list)
    starts: int = 0
    processors: float | None = None
    by_itself: bool = True


@dataclass(frozen=True)
class _Layered:
    image: Image
    parent: str | None


class FakeEngine:
    """Containers, images and volumes in memory; see ``Engine`` for what each call does.

    Attributes:
        on_build: plays each build's steps.
        registry: the references that ``pull`` finds.
        builds: the references built so far, in the order in which they ended.
    """

    def __init__(
        self, *, on_build: OnBuild | None = None, registry: Iterable[str] = (), info: EngineInfo | None = None
    ) -> None:
        """Make an engine with nothing on it."""
        self.on_build = on_build
        self.registry = frozenset(registry)
        self.builds: list[str] = []
        self._info = info or EngineInfo("28.0.0", 2, "overlay2", ("name=seccomp",), ("runc",), 2, 4 << 30)
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._containers: dict[str, _Record] = {}
        self._images: dict[str, _Layered] = {}
        self._volumes: dict[str, Mapping[str, str]] = {}

    # What a test looks at

    def spec(self, container: str) -> ContainerSpec:
        """Return what a container was created from."""
        with self._lock:
            return self._record(container).spec

    def archives(self, container: str) -> tuple[bytes, ...]:
        """Return the archives that were put into a container."""
        with self._lock:
            return tuple(self._record(container).archives)

    def starts(self, container: str) -> int:
        """Return how often a container was started."""
        with self._lock:
            return self._record(container).starts

    def processors(self, container: str) -> float | None:
        """Return how many processors a container may keep busy; None: it was never limited."""
        with self._lock:
            return self._record(container).processors

    def by_itself(self, container: str) -> bool:
        """Return whether a container is started with the engine."""
        with self._lock:
            return self._record(container).by_itself

    def begin_again(self) -> None:
        """Be an engine that was restarted, with its machine: nothing has survived but what starts by itself."""
        with self._lock:
            for record in self._containers.values():
                if record.state != "created":
                    record.starts += record.by_itself
                    record.state = record.runs_as if record.by_itself else "exited"

    def destroy(self, container: str) -> None:
        """Let a container's first process end at once from now on, whenever it is started: Docker tries for ever."""
        with self._lock:
            record = self._record(container)
            record.state = record.runs_as = "restarting"

    def add_image(self, reference: str, labels: Mapping[str, str] | None = None, *, size: int = 1 << 20) -> None:
        """Put an image on the engine, as if it had always been there."""
        with self._lock:
            self._put_image(reference, labels or {}, None, size)

    # Engine

    def info(self) -> EngineInfo:
        """Return what the engine is."""
        return self._info

    def create(self, spec: ContainerSpec) -> str:
        """Create a container and return its id."""
        with self._lock:
            layered = self._find_image(spec.image)
            if layered is None:
                raise refusals.refusal(_NOT_FOUND, "No such image", spec.image)
            if any(record.spec.name == spec.name for record in self._containers.values()):
                raise refusals.refusal(_CONFLICT, "name is already in use by container", spec.name)
            record = _Record(self._new_id(spec.name), spec, layered.image.id)
            self._containers[record.id] = record
            for source in spec.binds:
                if not source.startswith("/"):
                    self._volumes.setdefault(source, {})
            return record.id

    def put_archive(self, container: str, archive: bytes) -> None:
        """Unpack a tar archive at the root of a container that has not been started."""
        with self._lock:
            self._record(container).archives.append(archive)

    def read_file(self, container: str, path: str) -> bytes:
        """Return a file that an archive put in place; the image's own files are not known here."""
        with self._lock:
            for archive in reversed(self._record(container).archives):
                with tarfile.open(fileobj=io.BytesIO(archive)) as unpacked, contextlib.suppress(KeyError):
                    content = unpacked.extractfile(path.lstrip("/"))
                    if content is not None:
                        return content.read()
        raise refusals.refusal(_NOT_FOUND, f"Could not find the file {path} in container {container}", container)

    def start(self, container: str) -> None:
        """Start a created or stopped container."""
        with self._lock:
            record = self._record(container)
            if record.state == "paused":
                raise refusals.refusal(_CONFLICT, "cannot start a paused container, try unpause instead", container)
            record.starts += record.state != "running"
            record.state = record.runs_as

    def stop(self, container: str, *, grace: int = 0) -> None:  # noqa: ARG002 - nothing here takes time to stop
        """Stop a container; to a test, this is its first process's crash as well."""
        with self._lock, contextlib.suppress(NoSuchContainerError):
            record = self._record(container)
            record.state = "exited" if record.state in {"running", "paused", "restarting"} else record.state

    def restart(self, container: str, *, grace: int) -> None:  # noqa: ARG002 - nothing here takes time to stop
        """Stop a container and start it again."""
        with self._lock:
            record = self._record(container)
            record.starts += 1
            record.state = record.runs_as

    def start_by_itself(self, container: str, *, wanted: bool) -> None:
        """Say whether a container is started with the engine."""
        with self._lock:
            self._record(container).by_itself = wanted

    def pause(self, container: str) -> None:
        """Freeze all processes of a running container."""
        self._change(container, "running", "paused", "is not running")

    def unpause(self, container: str) -> None:
        """Let a paused container go on."""
        self._change(container, "paused", "running", "is not paused")

    def _change(self, container: str, before: str, after: str, otherwise: str) -> None:
        with self._lock:
            record = self._record(container)
            if record.state != before:
                raise refusals.refusal(_CONFLICT, f"Container {record.id} {otherwise}", container)
            record.state = after

    def limit_processors(self, container: str, processors: float) -> None:
        """Let a container keep at most so many processors busy from now on."""
        with self._lock:
            self._record(container).processors = processors

    def weigh_processors(self, container: str, shares: int) -> None:
        """Give a container another weight for the processors."""
        with self._lock:
            record = self._record(container)
            record.spec = replace(record.spec, cpu_shares=shares)

    def remove(self, container: str) -> None:
        """Kill and remove a container; one that is gone is no error."""
        with self._lock:
            if record := self._find(container):
                del self._containers[record.id]

    def container(self, container: str) -> Container:
        """Return a container by id or name."""
        with self._lock:
            return _listed(self._record(container))

    def begun(self, container: str) -> str:
        """Return when a container was started last: its how many-th start that was."""
        return f"start {self.starts(container)}"

    def containers(self, labels: Mapping[str, str | None]) -> tuple[Container, ...]:
        """Return all containers that carry every label, by name."""
        with self._lock:
            records = sorted(self._containers.values(), key=lambda record: record.spec.name)
            return tuple(_listed(record) for record in records if _carries(record.spec.labels, labels))

    def has_image(self, reference: str) -> bool:
        """Return whether the image is there."""
        with self._lock:
            return self._find_image(reference) is not None

    def images(self, labels: Mapping[str, str | None]) -> tuple[Image, ...]:
        """Return the images that carry every label."""
        with self._lock:
            parents = {layered.parent for layered in self._images.values()}
            return tuple(
                layered.image
                for layered in self._images.values()
                if _carries(layered.image.labels, labels) and (layered.image.tags or layered.image.id not in parents)
            )

    def images_size(self) -> int:
        """Return how many bytes all images take together."""
        with self._lock:
            return sum(layered.image.size for layered in self._images.values())

    def pull(self, reference: str) -> bool:
        """Pull an image that the registry has."""
        if reference in self.registry:
            self.add_image(reference)
        return reference in self.registry

    def import_image(self, archive: Path, reference: str, labels: Mapping[str, str]) -> None:
        """Make an image of a root file system's tar archive."""
        with self._lock:
            self._put_image(reference, labels, None, archive.stat().st_size)

    def build(
        self,
        context: bytes,
        reference: str,
        *,
        arguments: Mapping[str, str],
        labels: Mapping[str, str],
        on_line: OnLine,
        cancellation: Cancellation | None = None,
    ) -> None:
        """Build an image: the Dockerfile's parent must be there, and ``on_build`` must not refuse."""
        cancellation = cancellation or Cancellation()
        cancellation.check()
        build = Build(reference, arguments, labels, _files(context), cancellation)
        dockerfile = build.files.get("Dockerfile")
        if dockerfile is None:
            raise _build_error(reference, "Cannot locate specified Dockerfile: Dockerfile")
        parent = _parent(dockerfile.decode(), arguments)
        with self._lock:
            below = self._find_image(parent) if parent != "scratch" else None
            if below is None and parent != "scratch":
                raise _build_error(reference, f"pull access denied for {parent}")
        on_line(f"Step 1/1 : FROM {parent}")
        with cancellation.ending_by(lambda: None):
            if self.on_build:
                self.on_build(build, on_line)
        with self._lock:
            inherited = below.image.labels if below else {}
            self._put_image(reference, {**inherited, **labels}, below.image.id if below else None, len(context))
            self.builds.append(reference)

    def remove_image(self, reference: str) -> None:
        """Remove an image by tag or id, and the untagged images below it; one that is gone is no error."""
        with self._lock:
            layered = self._find_image(reference)
            if layered is None:
                return
            image = layered.image
            others = tuple(tag for tag in image.tags if tag != _full(reference))
            if others and reference != image.id:
                self._images[image.id] = replace(layered, image=replace(image, tags=others))
                return
            if any(record.image == image.id for record in self._containers.values()):
                raise refusals.refusal(_CONFLICT, "image is being used by a container", reference)
            if self._has_children(image.id):
                if reference == image.id:
                    raise refusals.refusal(_CONFLICT, "image has dependent child images", reference)
                self._images[image.id] = replace(layered, image=replace(image, tags=()))
                return
            self._delete(layered)

    def _delete(self, layered: _Layered) -> None:
        del self._images[layered.image.id]
        below = self._images.get(layered.parent or "")
        if below and not below.image.tags and not self._has_children(below.image.id):
            self._delete(below)

    def _has_children(self, image: str) -> bool:
        return any(layered.parent == image for layered in self._images.values())

    def save(self, references: Iterable[str]) -> Iterator[bytes]:
        """Yield a tar archive of images, to be read by ``load``."""
        with self._lock:
            images = []
            for reference in references:
                layered = self._find_image(reference)
                if layered is None:
                    raise refusals.refusal(_NOT_FOUND, "No such image", reference)
                images.append(layered.image)
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as tar:
            described = [
                {
                    "Config": image.id,
                    "RepoTags": list(image.tags),
                    "Labels": dict(image.labels),
                    "Size": image.size,
                }
                for image in images
            ]
            content = json.dumps(described).encode()
            member = tarfile.TarInfo("manifest.json")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        yield stream.getvalue()

    def load(self, archive: Iterable[bytes]) -> tuple[str, ...]:
        """Load images from an archive and return their tags."""
        try:
            described = json.loads(_files(b"".join(archive))["manifest.json"])
        except (tarfile.TarError, KeyError, ValueError, EOFError) as error:
            raise MachineError(
                Text(
                    fr=f"Docker refuse l'archive d'images : {error}",
                    en=f"Docker refuses the archive of images: {error}",
                )
            ) from error
        tags: list[str] = []
        with self._lock:
            for one in described:
                for tag in one["RepoTags"]:
                    self._put_image(tag, one["Labels"], None, one["Size"], one["Config"])
                tags += one["RepoTags"]
        return tuple(tags)

    def volumes(self, labels: Mapping[str, str | None]) -> tuple[str, ...]:
        """Return the names of the volumes that carry every label."""
        with self._lock:
            return tuple(sorted(name for name, own in self._volumes.items() if _carries(own, labels)))

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Create a volume; one that exists is kept."""
        with self._lock:
            self._volumes.setdefault(name, dict(labels))

    def remove_volume(self, name: str) -> None:
        """Remove a volume; one that is gone is no error."""
        with self._lock:
            if any(name in record.spec.binds for record in self._containers.values()):
                raise refusals.refusal(_CONFLICT, "volume is in use", name)
            self._volumes.pop(name, None)

    def close(self) -> None:
        """Do nothing: there are no connections."""

    def _new_id(self, seed: str) -> str:
        return sha256(f"{next(self._numbers)} {seed}".encode()).hexdigest()

    def _find(self, container: str) -> _Record | None:
        for record in self._containers.values():
            if container in {record.id, record.spec.name} or (len(container) >= 12 and record.id.startswith(container)):
                return record
        return None

    def _record(self, container: str) -> _Record:
        if record := self._find(container):
            return record
        raise refusals.refusal(_NOT_FOUND, f"No such container: {container}", container)

    def _find_image(self, reference: str) -> _Layered | None:
        for layered in self._images.values():
            if reference == layered.image.id or _full(reference) in layered.image.tags:
                return layered
        return None

    def _put_image(
        self,
        reference: str,
        labels: Mapping[str, str],
        parent: str | None,
        size: int,
        known: str | None = None,
    ) -> None:
        tag = _full(reference)
        before = self._find_image(tag)
        identity = known or f"sha256:{self._new_id(tag)}"
        if before and before.image.id != identity:
            kept = tuple(other for other in before.image.tags if other != tag)
            self._images[before.image.id] = replace(before, image=replace(before.image, tags=kept))
        same_one = self._images.get(identity)
        tags = tuple(dict.fromkeys((*(same_one.image.tags if same_one else ()), tag)))
        self._images[identity] = _Layered(Image(identity, tags, dict(labels), size), parent)


def _listed(record: _Record) -> Container:
    return Container(record.id, record.spec.name, record.spec.image, dict(record.spec.labels), record.state)


def _carries(own: Mapping[str, str], wanted: Mapping[str, str | None]) -> bool:
    return all(key in own and value in {None, own[key]} for key, value in wanted.items())


def _full(reference: str) -> str:
    return reference if ":" in reference.rpartition("/")[2] else f"{reference}:latest"


def _files(archive: bytes) -> dict[str, bytes]:
    files = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            if member.isfile() and (content := tar.extractfile(member)):
                files[member.name.removeprefix("./")] = content.read()
    return files


def _parent(dockerfile: str, arguments: Mapping[str, str]) -> str:
    values = dict(arguments)
    for line in dockerfile.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word.upper() == "ARG" and "=" in rest:
            name, _, default = rest.partition("=")
            values.setdefault(name.strip(), default.strip())
        if word.upper() == "FROM":
            return _VARIABLE.sub(lambda match: values.get(match[1] or match[2], ""), rest.split()[0])
    return ""


def _build_error(reference: str, reason: str) -> ImageBuildError:
    return ImageBuildError(same(f"{reference}: {reason}"), evidence=reason)
