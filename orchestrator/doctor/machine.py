"""The machine itself: Python, kernel, limits, memory and disk. Read from /proc and /sys, without any rights."""

from __future__ import annotations

import gzip
import platform
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from orchestrator.core.text import Text, same
from orchestrator.doctor.finding import Finding, Status

OLDEST_PYTHON = (3, 11)
_GIB = 1 << 30

MEMORY_LITTLE, MEMORY_ENOUGH = _GIB // 2, 2 * _GIB
"""Bytes: a small lab takes some 150 MB, building the images some 500 MB."""
DISK_LITTLE, DISK_ENOUGH = 2 * _GIB, 6 * _GIB
"""Bytes: all images take 1.5 GB, building them as much again."""
INOTIFY_PER_HOST = 4
"""inotify instances per host: systemd's three and the container shim's one."""
INOTIFY_LITTLE, INOTIFY_ENOUGH = 64, 512
WATCHES_LITTLE, WATCHES_ENOUGH = 4096, 65536
PIDS_LITTLE, PIDS_ENOUGH = 4096, 16384
PTYS_LITTLE, PTYS_ENOUGH = 64, 512

_MODULES: tuple[tuple[str, str, Text, Status], ...] = (
    ("bridge", "BRIDGE", Text(fr="les segments", en="segments"), "fail"),
    ("veth", "VETH", Text(fr="les câbles", en="cables"), "fail"),
    ("nf_tables", "NF_TABLES", Text(fr="les pare-feu des labs", en="the labs' firewalls"), "warn"),
    ("overlay", "OVERLAY_FS", Text(fr="les disques des machines", en="the hosts' disks"), "warn"),
    ("loop", "BLK_DEV_LOOP", Text(fr="la taille de ces disques", en="the size of these disks"), "fail"),
    ("ext4", "EXT4_FS", Text(fr="la taille de ces disques", en="the size of these disks"), "fail"),
)


def look_at_machine(root: Path = Path("/")) -> tuple[Finding, ...]:
    """Return what is found of the machine.

    Args:
        root: where /proc and /sys are; tests have their own.
    """
    return (_python(), _system(), *_kernel(root), *_limits(root), _memory(root), _disk(root))


def _python() -> Finding:
    new = sys.version_info >= OLDEST_PYTHON
    remedy = Text(fr="Installez Python 3.11 ou plus récent.", en="Install Python 3.11 or newer.")
    return Finding(
        "python", same("Python"), "ok" if new else "fail", same(platform.python_version()), None if new else remedy
    )


def _system() -> Finding:
    linux = sys.platform == "linux"
    return Finding(
        "system",
        Text(fr="Système", en="System"),
        "ok" if linux else "fail",
        same(f"{platform.system()} {platform.release()} ({platform.machine()})"),
        None
        if linux
        else Text(fr="Une machine virtuelle Debian 13 convient.", en="A virtual machine with Debian 13 will do."),
    )


# Kernel ---------------------------------------------------------------------------------------------------


def _kernel(root: Path) -> tuple[Finding, ...]:
    return tuple(_feature(root, *module) for module in _MODULES)


def _feature(root: Path, module: str, option: str, purpose: Text, otherwise: Status) -> Finding:
    has = _has_feature(root, module, option)
    subject = Text(fr=f"Noyau : {module}", en=f"Kernel: {module}")
    if has:
        return Finding(f"kernel-{module}", subject, "ok", Text(fr="présent", en="there"))
    seen = Text(fr=f"absent ; il porte {purpose.fr}", en=f"missing; it carries {purpose.en}")
    if has is None:
        seen = Text(fr="impossible à savoir ici", en="cannot be told here")
    return Finding(
        f"kernel-{module}",
        subject,
        "warn" if has is None else otherwise,
        seen,
        Text(
            fr=f"Essayez « sudo modprobe {module} » ; sinon, prenez le noyau de la distribution.",
            en=f"Try 'sudo modprobe {module}'; failing that, use the distribution's kernel.",
        ),
    )


def _has_feature(root: Path, module: str, option: str) -> bool | None:
    """Tell whether the kernel has a feature, loaded or not; None where nothing tells."""
    if (root / "sys/module" / module).exists():
        return True
    release = platform.release()
    listed = [_text(root / "lib/modules" / release / name) for name in ("modules.builtin", "modules.dep")]
    if any(listed):
        return any(re.search(rf"/{module}\.ko", text) for text in listed)
    config = _config(root, release)
    return re.search(rf"^CONFIG_{option}=[ym]$", config, re.MULTILINE) is not None if config else None


def _config(root: Path, release: str) -> str:
    try:
        with gzip.open(root / "proc/config.gz", "rt", encoding="utf-8") as stream:
            return stream.read()
    except OSError:
        return _text(root / f"boot/config-{release}")


# Limits ---------------------------------------------------------------------------------------------------


def _limits(root: Path) -> tuple[Finding, ...]:
    instances = _number(root / "proc/sys/fs/inotify/max_user_instances")
    hosts = instances // INOTIFY_PER_HOST
    pids = min(_number(root / f"proc/sys/kernel/{name}") for name in ("pid_max", "threads-max"))
    ptys = _number(root / "proc/sys/kernel/pty/max") - _number(root / "proc/sys/kernel/pty/nr")
    watches = _number(root / "proc/sys/fs/inotify/max_user_watches")
    return (
        _limit(
            "inotify-instances", "fs.inotify.max_user_instances", instances, (INOTIFY_LITTLE, INOTIFY_ENOUGH),
            Text(fr=f"{instances} : environ {hosts} machines à la fois", en=f"{instances}: some {hosts} hosts at once"),
        ),
        _limit("inotify-watches", "fs.inotify.max_user_watches", watches, (WATCHES_LITTLE, WATCHES_ENOUGH)),
        _limit("pids", "kernel.pid_max", pids, (PIDS_LITTLE, PIDS_ENOUGH)),
        _limit("ptys", "kernel.pty.max", ptys, (PTYS_LITTLE, PTYS_ENOUGH),
            Text(fr=f"{ptys} terminaux libres", en=f"{ptys} terminals free")),
    )  # fmt: skip


def _limit(id_: str, setting: str, value: int, marks: tuple[int, int], seen: Text | None = None) -> Finding:
    status = _grade(value, marks)
    wanted = marks[1]
    remedy = Text(
        fr=f"Pour de grandes classes : « sudo sysctl -w {setting}={wanted} » (durable : dans /etc/sysctl.d/).",
        en=f"For large classes: 'sudo sysctl -w {setting}={wanted}' (lasting: in /etc/sysctl.d/).",
    )
    return Finding(id_, same(setting), status, seen or same(str(value)), None if status == "ok" else remedy)


def _memory(root: Path) -> Finding:
    match = re.search(r"^MemAvailable:\s+(\d+) kB", _text(root / "proc/meminfo"), re.MULTILINE)
    free = int(match[1]) * 1024 if match else 0
    status = _grade(free, (MEMORY_LITTLE, MEMORY_ENOUGH))
    remedy = Text(fr="Fermez des programmes, ou donnez plus de mémoire à la machine.",
        en="Close programs, or give the machine more memory.")  # fmt: skip
    return Finding(
        "memory", Text(fr="Mémoire libre", en="Free memory"), status, _size(free), None if status == "ok" else remedy
    )


def _disk(root: Path) -> Finding:
    places = (root / "var/lib/docker", root / "var/lib", root)
    free = next((f for f in map(_free_at, places) if f is not None), 0)
    status = _grade(free, (DISK_LITTLE, DISK_ENOUGH))
    remedy = Text(
        fr="Libérez de la place : « breakfix images prune », « docker system prune ».",
        en="Make room: 'breakfix images prune', 'docker system prune'.",
    )
    return Finding(
        "disk", Text(fr="Disque libre", en="Free disk"), status, _size(free), None if status == "ok" else remedy
    )


def _free_at(path: Path) -> int | None:
    reach: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage
    try:
        return reach(path)[2]
    except OSError:
        return None


def _grade(value: int, marks: tuple[int, int]) -> Status:
    little, enough = marks
    return "fail" if value < little else "warn" if value < enough else "ok"


def _size(number: int) -> Text:
    amount = f"{number / _GIB:.1f}"
    return Text(fr=f"{amount.replace('.', ',')} Gio", en=f"{amount} GiB")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _number(path: Path) -> int:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else 0
