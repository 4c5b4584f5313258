"""Docker Engine behind the ``Engine`` protocol.

Importing the SDK takes 0.3 s, so only the composition root imports this module, once a command needs it.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import docker
import docker.errors
import docker.types
import requests
import urllib3

from orchestrator.core.errors import LabError
from orchestrator.engine import refusals
from orchestrator.engine.docker_connection import DockerConnection, label_filter, timed_out
from orchestrator.engine.engine_interface import (
    Cancellation,
    CancelledError,
    Container,
    ContainerSpec,
    EngineInfo,
    Image,
    NoSuchContainerError,
    OnLine,
)
from orchestrator.engine.streams import BuildReader, events, load_error, loaded, raise_reported

_SILENT_BUILD = 900
"""Seconds that a build step may print nothing: a large package unpacks silently on a slow disk."""

_SILENT_SAVE = 3600
"""Seconds until a saved archive begins: Docker writes all its layers to a folder before it sends the first of them."""

_SILENT_REGISTRY = 8
"""Seconds that a registry may say nothing before it counts as not there."""

_REMOVAL = 30
"""Seconds until a container that somebody else is removing must be gone."""

_OPEN_FILES = docker.types.Ulimit(name="nofile", soft=4096, hard=16384)
"""Docker's own limit may be a billion, over which old programs loop at start; yet a daemon that lacks
CAP_SYS_RESOURCE (Docker inside a container) cannot give more than it has, which is often 20,000."""

_CONSOLE = docker.types.LogConfig(type="local", config={"max-size": "1m", "max-file": "1", "compress": "false"})
"""A host's console output is kept, but a trainee cannot fill the machine's disk with it."""

_SHIM_GROUP = "io.containerd.runc.v2.group"
"""The annotation by which containerd's shim for runc puts containers under one shim (containerd, core/runtime/v2)."""

_CPU_PERIOD = 100_000
"""Microseconds in which a limit of processors is counted: the kernel's own."""

_CHUNK = 1 << 20


class DockerEngine:
    """Docker Engine, reached over its Unix socket; see ``Engine`` for what each call does."""

    def __init__(self, address: str | None = None) -> None:
        """Connect.

        Args:
            address: ``unix:///path``; by default what DOCKER_HOST says, else Docker's standard socket.

        Raises:
            MachineError: no engine answers there, this user may not use it, or it is too old.
        """
        self._connection = DockerConnection(address)
        self._api, self._translated = self._connection.api, self._connection.translated

    def info(self) -> EngineInfo:
        """Return what the engine is."""
        with self._translated("docker"):
            info = self._api.info()
        return EngineInfo(
            version=str(info["ServerVersion"]),
            cgroup_version=int(info.get("CgroupVersion") or 1),
            storage_driver=str(info["Driver"]),
            security_options=tuple(info.get("SecurityOptions") or ()),
            runtimes=tuple(sorted(info.get("Runtimes") or ())),
            cpus=int(info["NCPU"]),
            memory=int(info["MemTotal"]),
        )

    def create(self, spec: ContainerSpec) -> str:
        """Create a container and return its id."""
        with self._translated(spec.name, image=spec.image):
            created = self._api.create_container(
                spec.image,
                command=list(spec.command) if spec.command else None,
                name=spec.name,
                hostname=spec.hostname,
                environment=dict(spec.environment),
                labels=dict(spec.labels),
                stop_signal=spec.stop_signal,
                network_disabled=True,  # else Docker runs a program of its own at each start, which finds nothing to do
                host_config=self._host_config(spec),
            )
        return str(created["Id"])

    def _host_config(self, spec: ContainerSpec) -> dict[str, Any]:
        # The SDK knows no annotations; an engine before API 1.43 does not take them, and starts one shim per container.
        annotations = {_SHIM_GROUP: spec.shim_group} if spec.shim_group else {}
        return {
            "Annotations": annotations,
            **self._api.create_host_config(
                network_mode="none",
                mem_limit=spec.memory,
                memswap_limit=spec.memory,  # equal to the memory limit: no swap on top
                cpu_shares=spec.cpu_shares,
                pids_limit=spec.pids,
                ulimits=[_OPEN_FILES],
                tmpfs=dict(spec.tmpfs),
                binds={
                    source: {"bind": target, "mode": "ro" if read_only else "rw"}
                    for source, (target, read_only) in spec.binds.items()
                },
                devices=[f"{device}:{device}:rwm" for device in spec.devices],
                cap_add=list(spec.capabilities),
                cap_drop=list(spec.drop_capabilities),
                security_opt=list(spec.security_options),
                cgroupns=spec.cgroup_namespace,
                pid_mode=spec.pid_mode,
                privileged=spec.privileged,
                read_only=spec.read_only,
                runtime=spec.runtime,
                restart_policy={"Name": "always" if spec.restart else "no"},
                log_config=_CONSOLE,
                init=False,
            ),
        }

    def put_archive(self, container: str, archive: bytes) -> None:
        """Unpack a tar archive at the root of a container that has not been started."""
        with self._translated(container):
            self._api.put_archive(container, "/", archive)

    def read_file(self, container: str, path: str) -> bytes:
        """Return a file of a container, running or not."""
        with self._translated(f"{container}:{path}"):
            pieces, _ = self._api.get_archive(container, path)
            archive = b"".join(pieces)
        with tarfile.open(fileobj=io.BytesIO(archive)) as unpacked:
            member = unpacked.next()
            content = None if member is None else unpacked.extractfile(member)
            return b"" if content is None else content.read()

    def start(self, container: str) -> None:
        """Start a created or stopped container."""
        with self._translated(container):
            self._api.start(container)

    def restart(self, container: str, *, grace: int) -> None:
        """Stop a container (killing it after ``grace`` seconds) and start it again."""
        with self._translated(container):
            self._api.restart(container, timeout=grace)

    def stop(self, container: str, *, grace: int) -> None:
        """Stop a container, killing it after ``grace`` seconds."""
        with suppress(NoSuchContainerError), self._translated(container):
            self._api.stop(container, timeout=grace)

    def start_by_itself(self, container: str, *, wanted: bool) -> None:
        """Say whether a container is started again where its first process has ended, and with the engine itself."""
        policy: Any = {"Name": "always" if wanted else "no"}  # the stubs do not know "no"
        with self._translated(container):
            self._api.update_container(container, restart_policy=policy)

    def pause(self, container: str) -> None:
        """Freeze all processes of a running container."""
        with self._translated(container):
            self._api.pause(container)

    def unpause(self, container: str) -> None:
        """Let a paused container go on."""
        with self._translated(container):
            self._api.unpause(container)

    def limit_processors(self, container: str, processors: float) -> None:
        """Let a container keep at most so many processors busy from now on."""
        quota = round(processors * _CPU_PERIOD)
        with self._translated(container):
            self._api.update_container(container, cpu_period=_CPU_PERIOD, cpu_quota=quota)

    def weigh_processors(self, container: str, shares: int) -> None:
        """Give a container another weight for the processors."""
        with self._translated(container):
            self._api.update_container(container, cpu_shares=shares)

    def remove(self, container: str) -> None:
        """Kill and remove a container with its anonymous volumes."""
        try:
            with self._translated(container):
                self._api.remove_container(container, v=True, force=True)
        except NoSuchContainerError:
            return
        except LabError as error:
            if refusals.REMOVAL_RUNS not in error.evidence:
                raise
            self._wait_until_gone(container)

    def _wait_until_gone(self, container: str) -> None:
        try:
            with self._translated(container):
                self._api.wait(container, timeout=_REMOVAL, condition="removed")
        except NoSuchContainerError:
            return

    def container(self, container: str) -> Container:
        """Return a container by id or name."""
        with self._translated(container):
            found = self._api.inspect_container(container)
        return Container(
            id=str(found["Id"]),
            name=str(found["Name"]).removeprefix("/"),
            image=str(found["Config"]["Image"]),
            labels=found["Config"].get("Labels") or {},
            state=str(found["State"]["Status"]),
        )

    def begun(self, container: str) -> str:
        """Return when a container was started last, as the engine says it."""
        with self._translated(container):
            return str(self._api.inspect_container(container)["State"]["StartedAt"])

    def containers(self, labels: Mapping[str, str | None]) -> tuple[Container, ...]:
        """Return all containers, running or not, that carry every label, by name."""
        with self._translated("docker"):
            found = self._api.containers(all=True, filters={"label": label_filter(labels)})
        listed = (
            Container(
                id=str(one["Id"]),
                name=str(one["Names"][0]).removeprefix("/") if one.get("Names") else str(one["Id"])[:12],
                image=str(one["Image"]),
                labels=one.get("Labels") or {},
                state=str(one["State"]),
            )
            for one in found
        )
        return tuple(sorted(listed, key=lambda container: container.name))

    def has_image(self, reference: str) -> bool:
        """Return whether the image is there."""
        try:
            self._api.request_stream("GET", f"/images/{reference}/json", {}).close()
        except docker.errors.NotFound:
            return False
        except (docker.errors.DockerException, requests.RequestException) as error:
            raise self._connection.translation(error, reference) from error
        return True

    def images(self, labels: Mapping[str, str | None]) -> tuple[Image, ...]:
        """Return the images that carry every label."""
        with self._translated("docker"):
            found = self._api.images(filters={"label": label_filter(labels)})
        return tuple(
            Image(
                id=str(one["Id"]),
                tags=tuple(tag for tag in one.get("RepoTags") or () if tag != "<none>:<none>"),
                labels=one.get("Labels") or {},
                size=int(one["Size"]),
            )
            for one in found
        )

    def images_size(self) -> int:
        """Return how many bytes all images take together, shared layers counted once."""
        with self._translated("docker"):
            # Before API 1.42 the parameter is ignored: the rest is counted too, slower but as right.
            return int(self._api.request_stream("GET", "/system/df", {"type": "image"}).json()["LayersSize"])

    def pull(self, reference: str) -> bool:
        """Pull an image; False where no registry answers or it does not have it."""
        name, tag = _split(reference)
        try:
            response = self._api.request_stream(
                "POST", "/images/create", {"fromImage": name, "tag": tag}, None, _SILENT_REGISTRY
            )
            with closing(response):
                for event in events(response.iter_lines()):
                    if "error" in event:
                        return False
        except (docker.errors.APIError, requests.Timeout):
            return False
        except (
            docker.errors.DockerException,
            requests.RequestException,
            urllib3.exceptions.HTTPError,
        ) as error:
            if timed_out(error):
                return False
            raise self._connection.translation(error, reference) from error
        return self.has_image(reference)

    def import_image(self, archive: Path, reference: str, labels: Mapping[str, str]) -> None:
        """Make an image of a root file system's tar archive."""
        name, tag = _split(reference)
        changes = [f"LABEL {json.dumps(key)}={json.dumps(value)}" for key, value in labels.items()]
        with self._translated(reference), archive.open("rb") as stream:
            response = self._api.request_stream(
                "POST",
                "/images/create",
                {"fromSrc": "-", "repo": name, "tag": tag, "changes": changes},
                iter(lambda: stream.read(_CHUNK), b""),
                _SILENT_BUILD,
            )
            with closing(response):
                raise_reported(response.iter_lines(), reference)

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
        """Build an image from a tar archive with a Dockerfile; the build uses the machine's network."""
        cancellation = cancellation or Cancellation()
        cancellation.check()
        parameters = {
            "t": reference,
            "buildargs": json.dumps(dict(arguments)),
            "labels": json.dumps(dict(labels)),
            "networkmode": "host",
            "rm": True,
            "forcerm": True,
        }
        reader = BuildReader(reference, on_line)
        try:
            with self._translated(reference):
                response = self._api.request_stream("POST", "/build", parameters, context, _SILENT_BUILD)
                with closing(response), cancellation.ending_by(lambda: _hang_up(response)):
                    reader.read(response.iter_lines())
        except CancelledError:
            if reader.step_container:  # Docker removes it too, but a moment later
                self.remove(reader.step_container)
            raise

    def remove_image(self, reference: str) -> None:
        """Remove an image by tag or id, and the untagged images below it."""
        try:
            self._api.remove_image(reference)
        except docker.errors.NotFound:
            return
        except (docker.errors.DockerException, requests.RequestException) as error:
            raise self._connection.translation(error, reference) from error

    def save(self, references: Iterable[str]) -> Iterator[bytes]:
        """Yield a tar archive of images, to be read by ``load``."""
        names = list(references)
        with (
            self._translated(", ".join(names)),
            closing(self._api.request_stream("GET", "/images/get", {"names": names}, silence=_SILENT_SAVE)) as response,
        ):
            yield from response.iter_content(_CHUNK)

    def load(self, archive: Iterable[bytes]) -> tuple[str, ...]:
        """Load images from an archive and return their tags."""
        tags = []
        with self._translated("images load"):
            response = self._api.request_stream("POST", "/images/load", {"quiet": True}, iter(archive), _SILENT_BUILD)
            with closing(response):
                for event in events(response.iter_lines()):
                    if "error" in event:
                        raise load_error(str(event["error"]))
                    tags += loaded(str(event.get("stream", "")))
        return tuple(tags)

    def volumes(self, labels: Mapping[str, str | None]) -> tuple[str, ...]:
        """Return the names of the volumes that carry every label."""
        with self._translated("docker"):
            found = self._api.volumes(filters={"label": label_filter(labels)})
        return tuple(sorted(str(volume["Name"]) for volume in found["Volumes"] or ()))

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Create a volume; one that exists is kept."""
        with self._translated(name):
            self._api.create_volume(name, labels=dict(labels))

    def remove_volume(self, name: str) -> None:
        """Remove a volume; one that is gone is no error."""
        try:
            self._api.remove_volume(name)
        except docker.errors.NotFound:
            return
        except (docker.errors.DockerException, requests.RequestException) as error:
            raise self._connection.translation(error, name) from error

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()


def _hang_up(response: requests.Response) -> None:
    """Close the connection below a thread that reads from it: Docker ends the build and its container."""
    response.raw.shutdown()


def _split(reference: str) -> tuple[str, str]:
    name, _, tag = reference.rpartition(":")
    return (name, tag) if name and "/" not in tag else (reference, "latest")
