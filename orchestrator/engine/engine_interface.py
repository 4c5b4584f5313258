"""What the rest of the program asks of a container engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from orchestrator.core.errors import LabError, MachineError
from orchestrator.core.text import Text


class NoSuchContainerError(LabError):
    """The container does not exist (any more)."""


class NoSuchImageError(MachineError):
    """The image does not exist on this engine."""


class ImageInUseError(LabError):
    """The image cannot be removed: a container or another image is made from it."""


class NameTakenError(LabError):
    """A container of that name exists already."""


class ImageBuildError(MachineError):
    """An image's build failed; ``evidence`` holds its last lines."""


class CancelledError(LabError):
    """A long call was cut short because ``Cancellation.request`` was called."""

    def __init__(self) -> None:
        """Make the error; nothing is to be repaired."""
        super().__init__(Text(fr="Opération interrompue.", en="The operation was interrupted."))


class Cancellation:
    """Asks long calls that run in other threads to end early; each of them raises ``CancelledError``."""

    def __init__(self) -> None:
        """Make one that nobody has asked yet."""
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._endings: list[Callable[[], None]] = []

    @property
    def requested(self) -> bool:
        """Return whether the calls should end."""
        return self._event.is_set()

    def request(self) -> None:
        """End all calls that run now, and those that begin later."""
        with self._lock:
            self._event.set()
            endings = tuple(self._endings)
        for end in endings:
            end()

    def wait(self, seconds: float) -> bool:
        """Return, after ``seconds`` at most, whether the calls should end."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raise ``CancelledError`` if the calls should end."""
        if self.requested:
            raise CancelledError

    @contextmanager
    def ending_by(self, end: Callable[[], None]) -> Iterator[None]:
        """Run the block; ``end`` is called, from another thread, if it should end early.

        Raises:
            CancelledError: it was asked for before or within the block, whatever the block itself raised.
        """
        with self._lock:
            self.check()
            self._endings.append(end)
        try:
            yield
        except Exception as error:
            if self.requested:
                raise CancelledError from error
            raise
        finally:
            with self._lock:
                self._endings.remove(end)
        self.check()


@dataclass(frozen=True)
class EngineInfo:
    """What the engine says of itself and of the machine; memory in bytes."""

    version: str
    cgroup_version: int
    storage_driver: str
    security_options: tuple[str, ...]
    runtimes: tuple[str, ...]
    cpus: int
    memory: int

    @property
    def major(self) -> int:
        """Return the major version (28 of ``28.1.0``)."""
        digits = self.version.split(".", 1)[0]
        return int(digits) if digits.isdecimal() else 0

    @property
    def apparmor(self) -> bool:
        """Return whether the engine confines containers with AppArmor."""
        return any(option.startswith("name=apparmor") for option in self.security_options)


@dataclass(frozen=True)
class ContainerSpec:
    """A container to create; sizes in bytes.

    Nothing here gives privileges but ``privileged`` itself, which the fabric helper alone sets. A container has a
    network namespace with nothing in it but the loopback: the fabric wires it.

    Attributes:
        tmpfs: path -> mount options, each with a ``size=``.
        binds: source path or volume -> (target, read-only).
        memory: limit; swap is never allowed on top of it. None: no limit.
        runtime: the OCI runtime, by the engine's name for it; None: the engine's default.
        shim_group: containers of one group share a process that watches over them, as those of a Kubernetes pod do;
            None: it has one of its own.
    """

    name: str
    image: str
    labels: Mapping[str, str]
    hostname: str | None = None
    command: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    drop_capabilities: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    memory: int | None = None
    cpu_shares: int | None = None
    pids: int | None = None
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    binds: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    pid_mode: str | None = None
    cgroup_namespace: Literal["private", "host"] = "private"
    security_options: tuple[str, ...] = ()
    privileged: bool = False
    read_only: bool = False
    restart: bool = True
    stop_signal: str | None = None
    runtime: str | None = None
    shim_group: str | None = None


CREATED = "created"
"""Docker's word for a container that was never started."""


@dataclass(frozen=True)
class Container:
    """A container as the engine lists it; ``state`` is Docker's word (created, running, paused, exited…)."""

    id: str
    name: str
    image: str
    labels: Mapping[str, str]
    state: str

    @property
    def running(self) -> bool:
        """Return whether its first process runs (a paused one counts)."""
        return self.state in {"running", "paused"}


@dataclass(frozen=True)
class Image:
    """An image of ours on the engine; size in bytes."""

    id: str
    tags: tuple[str, ...]
    labels: Mapping[str, str]
    size: int


OnLine = Callable[[str], None]
"""Receives each line that a build or a load prints."""


class Engine(Protocol):
    """A container engine. Every call may raise ``MachineError`` when the engine does not answer.

    All calls may be used from several threads at once.
    """

    def info(self) -> EngineInfo:
        """Return what the engine is."""

    def create(self, spec: ContainerSpec) -> str:
        """Create a container and return its id.

        Raises:
            NoSuchImageError: the image is not there.
            NameTakenError: the name is in use.
        """

    def put_archive(self, container: str, archive: bytes) -> None:
        """Unpack a tar archive at the root of a container that has not been started."""

    def read_file(self, container: str, path: str) -> bytes:
        """Return a file of a container, running or not.

        Raises:
            LabError: there is no such container or file.
        """

    def start(self, container: str) -> None:
        """Start a created or stopped container; one that runs is no error.

        Raises:
            NoSuchContainerError: it does not exist.
            LabError: its first process could not be started.
        """

    def restart(self, container: str, *, grace: int) -> None:
        """Stop a container (killing it after ``grace`` seconds) and start it again."""

    def stop(self, container: str, *, grace: int) -> None:
        """Stop a container, killing it after ``grace`` seconds; one that does not run, or is gone, is no error."""

    def start_by_itself(self, container: str, *, wanted: bool) -> None:
        """Say whether a container is started again where its first process has ended, and with the engine itself."""

    def pause(self, container: str) -> None:
        """Freeze all processes of a running container.

        Raises:
            LabError: it does not run, or one of its processes cannot be frozen just now (asked again, it may be).
        """

    def unpause(self, container: str) -> None:
        """Let a paused container go on."""

    def limit_processors(self, container: str, processors: float) -> None:
        """Let a container keep at most so many processors busy from now on, also after it is started again."""

    def weigh_processors(self, container: str, shares: int) -> None:
        """Give a container another weight for the processors than the one it was created with."""

    def remove(self, container: str) -> None:
        """Kill and remove a container with its anonymous volumes; one that is gone is no error.

        It is gone when this returns, even if somebody else was removing it already.
        """

    def container(self, container: str) -> Container:
        """Return a container by id or name.

        Raises:
            NoSuchContainerError: it does not exist.
        """

    def begun(self, container: str) -> str:
        """Return when a container was started last, as the engine says it: another time after each start.

        Raises:
            NoSuchContainerError: it does not exist.
        """

    def containers(self, labels: Mapping[str, str | None]) -> tuple[Container, ...]:
        """Return all containers, running or not, that carry every label (None: any value), by name."""

    def has_image(self, reference: str) -> bool:
        """Return whether the image is there."""

    def images(self, labels: Mapping[str, str | None]) -> tuple[Image, ...]:
        """Return the images that carry every label (None: any value)."""

    def pull(self, reference: str) -> bool:
        """Pull an image; False where no registry answers or it does not have it."""

    def import_image(self, archive: Path, reference: str, labels: Mapping[str, str]) -> None:
        """Make an image of a root file system's tar archive."""

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
        """Build an image from a tar archive with a Dockerfile; the build uses the machine's network.

        Only a build that ends well gives its image the tag; no container of a step is left behind.

        Raises:
            ImageBuildError: a step failed.
            CancelledError: it was asked to end early.
        """

    def images_size(self) -> int:
        """Return how many bytes all images take together, shared layers counted once."""

    def remove_image(self, reference: str) -> None:
        """Remove an image by tag or id, and the untagged images below it; one that is gone is no error.

        Raises:
            ImageInUseError: a container or another image uses it.
        """

    def save(self, references: Iterable[str]) -> Iterator[bytes]:
        """Yield a tar archive of images, to be read by ``load``."""

    def load(self, archive: Iterable[bytes]) -> tuple[str, ...]:
        """Load images from an archive and return their tags.

        Raises:
            MachineError: the engine refuses the archive, for example a truncated one.
        """

    def volumes(self, labels: Mapping[str, str | None]) -> tuple[str, ...]:
        """Return the names of the volumes that carry every label."""

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Create a volume; one that exists is kept."""

    def remove_volume(self, name: str) -> None:
        """Remove a volume; one that is gone is no error."""

    def close(self) -> None:
        """Close the connections."""


def engine_unreachable(reason: str) -> MachineError:
    """Return the error for an engine that does not answer."""
    return MachineError(
        Text(
            fr=f"Docker Engine ne répond pas : {reason}",
            en=f"Docker Engine does not answer: {reason}",
        ),
        Text(
            fr="Lancez « breakfix doctor » : il dit ce qui manque à cette machine.",
            en="Run 'breakfix doctor': it says what this machine lacks.",
        ),
    )
