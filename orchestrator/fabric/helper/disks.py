"""The disk of each host: all that it writes to its root file system lies in one file of a fixed size.

Docker bounds a container's writable layer on few file systems only. A host therefore gets a second overlay on top of
Docker's, before its systemd starts: what it changes goes to an ext4 file system of its own, in a sparse file on the
engine's data disk. The file is kept over the host's reboots and the helper's restarts, and removed with the container.
The loop device and the mounts belong to nobody but the host: they end with it, whatever has become of the helper.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from . import kernel, loop_devices
from .mounts import Mount, root_among

FOLDER = Path("/var/lib/breakfix/disks")
"""One folder per container: ``image`` and ``root``."""
_FORMAT = (
    "mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", "-b", "4096", "-J", "size=4",
    "-O", "^orphan_file,^metadata_csum_seed,^resize_inode",
    "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard",
)  # fmt: skip
"""No feature that a kernel of 2020 lacks; nothing is written that may stay a hole."""
_OPTIONS = ("nobarrier", "noinit_itable", "discard")
"""The file is as safe as any other of the machine's; what a host deletes is given back to the machine."""
_PLACE = "/mnt"
"""Where the disk is, in the host's mounts as Docker made them, until it has become the root."""
_OLD = "/run/breakfix/old"
"""Where that root is for a moment afterwards."""
_UPPER = f"{_PLACE}/upper"
_KEPT, _KEPT_SIZE, _ENOUGH = f"{_PLACE}/kept", 64 << 10, 4
"""Space that no host can fill: an overlay makes its work folder anew at each start, or else is read-only."""


@dataclass(frozen=True)
class HostRoot:
    """What a host's root was before it got a disk: the options of Docker's overlay; and the disk's loop device."""

    loop: int
    options: list[tuple[str, str]]


def is_on_disk(root: Mount) -> bool:
    """Return whether a root is the overlay on a disk of ours."""
    return root.kind == "overlay" and ("upperdir", _UPPER) in root.options


def ready(container: str, size: int, root: Mount) -> int:
    """Return a detached mount of a host's disk, which is made at the host's first start.

    Args:
        container: the container's id.
        size: the disk's, in bytes, where it is made.
        root: the host's root as Docker made it.

    Raises:
        OSError: the machine's disk is full, or has no loop devices.
    """
    try:
        return _mounted(FOLDER / container, size, root)
    except OSError as error:
        raise OSError(error.errno, f"no disk for the host: {error.strerror or error}", error.filename) from error


def _mounted(folder: Path, size: int, root: Mount) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    image = folder / "image"
    if not image.exists():
        _make(image, size)
    known = root_of(folder.name)
    number, fd = loop_devices.held(image, known.loop if known else None)
    try:
        _record(folder / "root", HostRoot(number, root.options if root.kind == "overlay" else []))
        return kernel.mount_detached("ext4", loop_devices.node(number), _OPTIONS)
    finally:
        os.close(fd)


def root_of(container: str) -> HostRoot | None:
    """Return what is known of a host's root; None where it has no disk."""
    try:
        stated = json.loads((FOLDER / container / "root").read_text())
    except FileNotFoundError:
        return None
    return HostRoot(stated["loop"], [(name, value) for name, value in stated["options"]])


def written(container: str, loop: int) -> int | None:
    """Return a file descriptor of the folder that holds all that a host has written; None where it does not run.

    While it is open the disk stays in use: it must not be kept for long.
    """
    if not loop_devices.is_of(loop, FOLDER / container / "image"):
        return None
    try:
        mount = kernel.mount_detached("ext4", loop_devices.node(loop), to_look=True)
    except OSError:
        return None
    try:
        return os.open(os.path.basename(_UPPER), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=mount)
    finally:
        os.close(mount)


def keep(containers: set[str]) -> None:
    """Remove the disks of all containers but these, and the model that a killed helper left."""
    if FOLDER.is_dir():
        for name in os.listdir(FOLDER):
            if name not in containers:
                forget(name)


def forget(container: str) -> None:
    """Remove the disk of a container that is gone, or whatever else is there under its name."""
    place = FOLDER / container
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)


def become_root(disk: int, mounts: list[Mount], without: Set[str]) -> None:
    """Make an overlay on a disk the root of the host whose mount namespace this process has entered.

    Where a helper was killed in the middle of it, the next one begins with what Docker made, or finds it done.

    Args:
        disk: the disk's detached mount.
        mounts: the host's mounts.
        without: mounts of Docker's that the host does without.
    """
    root = root_among(mounts)
    if any(mount.path == _PLACE for mount in mounts):
        kernel.unmount(_PLACE)
    os.makedirs(_PLACE, exist_ok=True)
    _attach(disk, _PLACE)
    upper = os.path.exists(_UPPER)
    for name in ("upper", "work", "root"):
        os.makedirs(f"{_PLACE}/{name}", exist_ok=True)
    if not upper:
        state = os.stat("/")
        os.chown(_UPPER, state.st_uid, state.st_gid)
        os.chmod(_UPPER, state.st_mode & 0o7777)
    new = f"{_PLACE}/root"
    with _space_kept_back():
        kernel.mount_overlay(new, "/", _UPPER, f"{_PLACE}/work")
    top = os.open(new, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    for mount in mounts:
        if mount.parent == root.id and mount.path not in {*without, _PLACE}:
            copy = kernel.copy_of_mount(mount.path)
            point = kernel.open_plainly(top, mount.path, os.O_PATH)  # a trainee's link would lead elsewhere
            kernel.attach(copy, point)
            os.close(point)
            os.close(copy)
    os.close(top)
    os.makedirs(new + _OLD, exist_ok=True)
    kernel.pivot_root(new, new + _OLD)
    os.chdir("/")
    drop_old_root()


@contextlib.contextmanager
def _space_kept_back() -> Iterator[None]:
    """Give what is kept from the host while its root is made, where it has left too little; then keep it again."""
    state = os.statvfs(_PLACE)
    if min(state.f_bavail * state.f_frsize // _KEPT_SIZE, state.f_favail) < _ENOUGH:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_KEPT)
        disk = os.open(_PLACE, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(disk)  # what is freed can be had once the journal has it
        finally:
            os.close(disk)
    yield
    with contextlib.suppress(OSError):  # none could be kept of a disk that an older program made, and that is full
        kept = os.open(_KEPT, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(kept, 0, _KEPT_SIZE)
        finally:
            os.close(kept)


def has_old_root(mounts: list[Mount]) -> bool:
    """Return whether the former root is still among a host's mounts: whatever else has its name is a trainee's."""
    return any(mount.path == _OLD for mount in mounts)


def drop_old_root() -> None:
    """Take the former root away, with its mounts."""
    kernel.unmount(_OLD)
    with contextlib.suppress(OSError):  # nobody misses an empty folder
        os.rmdir(_OLD)


def _attach(mount: int, path: str) -> None:
    folder = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        kernel.attach(mount, folder)
    finally:
        os.close(folder)


def _make(image: Path, size: int) -> None:
    """Make a disk; one that is cut short is not taken for a disk."""
    making = image.with_suffix(".new")
    try:
        with making.open("wb") as file:
            file.truncate(size)
            for offset, data in _blank(size):
                os.pwrite(file.fileno(), data, offset)
        making.rename(image)
    except OSError:
        making.unlink(missing_ok=True)
        raise


@functools.cache
def _blank(size: int) -> tuple[tuple[int, bytes], ...]:
    """Return what an empty file system of a size consists of: a program's start for each host is too dear.

    Raises:
        OSError: it cannot be made.
    """
    model = FOLDER / f"model-{size}"
    try:
        with model.open("wb+") as file:
            file.truncate(size)
            done = subprocess.run([*_FORMAT, model], check=False, capture_output=True)
            if done.returncode:
                raise OSError(done.stderr.decode(errors="replace").strip() or "mke2fs failed")
            return tuple(_data(file.fileno()))
    finally:
        model.unlink(missing_ok=True)


def _data(fd: int) -> list[tuple[int, bytes]]:
    """Return the parts of a sparse file that are no holes."""
    parts, end = [], 0
    with contextlib.suppress(OSError):  # ENXIO: the rest is a hole
        while True:
            start = os.lseek(fd, end, os.SEEK_DATA)
            end = os.lseek(fd, start, os.SEEK_HOLE)
            parts.append((start, os.pread(fd, end - start, start)))
    return parts


def _record(path: Path, root: HostRoot) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"loop": root.loop, "options": root.options}))
    new.rename(path)
