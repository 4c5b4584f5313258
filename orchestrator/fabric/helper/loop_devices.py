"""Loop devices: a file as a disk. Each one ends by itself with the last mount or file descriptor that uses it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import struct
from pathlib import Path

_CONTROL = Path("/dev/loop-control")
_CONTROL_NUMBER = (10, 237)
_MAJOR = 7

# loop(4), linux/loop.h
_GET_STATUS64, _CONFIGURE, _CTL_GET_FREE = 0x4C05, 0x4C0A, 0x4C82
_AUTOCLEAR = 4
_INFO_SIZE, _FLAGS_AT = 232, 52
_IDENTITY = struct.Struct("QQ")
"""``lo_device`` and ``lo_inode``: the file behind a loop device."""
_TRIES = 100
"""Other programs of the machine take loop devices as well, between our question and our taking."""


def node(number: int) -> str:
    """Return the path of a loop device; a container's ``/dev`` has only those that there were at its start."""
    path = f"/dev/loop{number}"
    with contextlib.suppress(FileExistsError):
        os.mknod(path, 0o600 | stat.S_IFBLK, os.makedev(_MAJOR, number))
    return path


def is_of(number: int, image: Path) -> bool:
    """Return whether a loop device has this very file behind it."""
    try:
        fd = os.open(node(number), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return _is_of(fd, image)
    finally:
        os.close(fd)


def held(image: Path, known: int | None) -> tuple[int, int]:
    """Return the number of a loop device of a file, and a file descriptor that keeps it until it is mounted.

    Args:
        image: the file.
        known: the device that the file had last. It may still have it, for as long as anything of a host that has
            ended is held: a second device would have a second, contradictory idea of what the file holds.

    Raises:
        OSError: this machine has no loop devices, or none that is free.
    """
    if known is not None:
        with contextlib.suppress(OSError):
            fd = os.open(node(known), os.O_RDWR | os.O_CLOEXEC)
            if _is_of(fd, image):
                return known, fd
            os.close(fd)
    file = os.open(image, os.O_RDWR | os.O_CLOEXEC)
    try:
        for _ in range(_TRIES):
            number = _free()
            fd = os.open(node(number), os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.ioctl(fd, _CONFIGURE, _configuration(file))
            except OSError as error:
                os.close(fd)
                if error.errno != errno.EBUSY:
                    raise
            else:
                return number, fd
    finally:
        os.close(file)
    raise OSError(errno.EBUSY, "no loop device is free", str(image))


def _is_of(fd: int, image: Path) -> bool:
    try:
        status = fcntl.ioctl(fd, _GET_STATUS64, bytes(_INFO_SIZE))
        file = image.stat()
    except OSError:  # it has no file, or the file is gone
        return False
    return _IDENTITY.unpack_from(status) == (file.st_dev, file.st_ino)


def _configuration(file: int) -> bytes:
    """Return a ``struct loop_config``: the file, and that the device ends when nobody uses it any more."""
    info = bytearray(_INFO_SIZE)
    struct.pack_into("I", info, _FLAGS_AT, _AUTOCLEAR)
    return struct.pack("II", file, 0) + bytes(info) + bytes(64)


def _free() -> int:
    with contextlib.suppress(FileExistsError):
        os.mknod(_CONTROL, 0o600 | stat.S_IFCHR, os.makedev(*_CONTROL_NUMBER))
    control = os.open(_CONTROL, os.O_RDWR | os.O_CLOEXEC)
    try:
        return fcntl.ioctl(control, _CTL_GET_FREE)
    finally:
        os.close(control)
