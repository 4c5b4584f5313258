"""Docker Engine and what Breakfix keeps on it: socket, version, confinement, images, the fabric helper."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.core import labels
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text, same
from orchestrator.doctor.finding import Finding
from orchestrator.engine.engine_interface import Engine, EngineInfo
from orchestrator.fabric.container import SOCKET, docker_socket

_GROUP = "docker"
_IMAGES = Text(fr="Images", en="Images")
_HELPER = Text(fr="Auxiliaire réseau", en="Fabric helper")


@dataclass(frozen=True)
class ExaminedMachine:
    """What is looked at, and how it is reached.

    Attributes:
        connect: returns the engine.
        missing: returns the names of images that are not built, given a working engine.
        root: where /proc and /sys are.
        environment: the environment's variables.
    """

    connect: Callable[[], Engine]
    missing: Callable[[], tuple[str, ...]]
    root: Path = Path("/")
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)


def look_at_engine(machine: ExaminedMachine) -> Iterator[Finding]:
    """Yield what is found of the engine; what lies behind something missing is left out."""
    socket = Path(docker_socket(machine.environment))
    found = _socket(socket)
    yield found
    if found.status == "fail":
        yield _bootstrap(missing=True)
        return
    try:
        engine = machine.connect()
        info = engine.info()
    except BreakfixError as error:
        yield Finding("docker", same("Docker Engine"), "fail", error.text, error.hint)
        yield _bootstrap(missing=True)
        return
    yield from _about(info, machine.root)
    yield from _contents(engine, machine)


# Reaching it ----------------------------------------------------------------------------------------------


def _socket(path: Path) -> Finding:
    subject = Text(fr="Socket de Docker", en="Docker's socket")
    try:
        there = stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        there = False
    if not there:
        remedy = Text(
            fr="« ./breakfix start … » installe et démarre Docker ; à la main : « sudo apt-get install docker.io ».",
            en="'./breakfix start …' installs and starts Docker; by hand: 'sudo apt-get install docker.io'.",
        )
        return Finding("docker-socket", subject, "fail", Text(fr=f"{path} : absent", en=f"{path}: missing"), remedy)
    if os.access(path, os.R_OK | os.W_OK):
        return Finding("docker-socket", subject, "ok", same(str(path)))
    seen = Text(fr=f"{path} : accès refusé", en=f"{path}: permission denied")
    return Finding("docker-socket", subject, "fail", seen, _way_in())


def _way_in() -> Text:
    """Return what gives this user access: a membership, or a session that knows of it."""
    user = pwd.getpwuid(os.getuid()).pw_name
    try:
        group = grp.getgrnam(_GROUP)
    except KeyError:
        return Text(fr="Le groupe docker n'existe pas ; demandez à l'administrateur.",
            en="There is no group docker; ask the administrator.")  # fmt: skip
    if user in group.gr_mem and group.gr_gid not in os.getgroups():
        return Text(
            fr=f"{user} est déjà dans le groupe docker, mais pas cette session : déconnectez-vous puis "
            "reconnectez-vous (ou « newgrp docker »).",
            en=f"{user} is in the group docker already, but this session is not: log out and log in again "
            "(or 'newgrp docker').",
        )
    return Text(
        fr=f"« sudo usermod -aG docker {user} », puis déconnectez-vous et reconnectez-vous.",
        en=f"'sudo usermod -aG docker {user}', then log out and log in again.",
    )


# What it is -----------------------------------------------------------------------------------------------


def _about(info: EngineInfo, root: Path) -> Iterator[Finding]:
    yield Finding("docker", same("Docker Engine"), "ok", same(info.version))  # connecting refuses an older one
    yield Finding("cgroup", same("cgroup"), "ok", same(f"v{info.cgroup_version}"))
    overlay = info.storage_driver in {"overlay2", "overlayfs", "btrfs", "zfs"}
    slow = Text(
        fr="Ce pilote copie chaque disque : préférez overlay2 (/etc/docker/daemon.json).",
        en="This driver copies each disk: prefer overlay2 (/etc/docker/daemon.json).",
    )
    yield Finding("storage", Text(fr="Pilote de stockage", en="Storage driver"), "ok" if overlay else "warn",
        same(info.storage_driver), None if overlay else slow)  # fmt: skip
    yield _apparmor(info, root)


def _apparmor(info: EngineInfo, root: Path) -> Finding:
    subject = same("AppArmor")
    if info.apparmor:
        if shutil.which("apparmor_parser") or Path("/usr/sbin/apparmor_parser").exists():
            return Finding("apparmor", subject, "ok", Text(fr="actif, utilisé par Docker", en="on, used by Docker"))
        return Finding("apparmor", subject, "fail", Text(fr="apparmor_parser manque", en="apparmor_parser is missing"),
            same("sudo apt-get install apparmor"))  # fmt: skip
    enabled = root / "sys/module/apparmor/parameters/enabled"
    on = enabled.exists() and enabled.read_text(encoding="ascii").startswith("Y")
    seen = Text(fr="actif, mais pas utilisé par Docker", en="on, but not used by Docker")
    return Finding(
        "apparmor", subject, "ok", seen if on else Text(fr="absent (rien à faire)", en="absent (nothing to do)")
    )


# What is on it --------------------------------------------------------------------------------------------


def _contents(engine: Engine, machine: ExaminedMachine) -> Iterator[Finding]:
    try:
        missing = machine.missing()
    except BreakfixError as error:
        yield Finding("images", _IMAGES, "warn", error.text, error.hint)
    else:
        yield _images(missing)
        yield _bootstrap(missing="base" in missing)
    yield _helper(engine)


def _images(missing: tuple[str, ...]) -> Finding:
    if not missing:
        return Finding("images", _IMAGES, "ok", Text(fr="toutes construites", en="all built"))
    listed = ", ".join(missing)
    remedy = Text(
        fr="« breakfix images build » les construit (le premier « start » le fait aussi) ; "
        "« breakfix images load FICHIER » les charge sans réseau.",
        en="'breakfix images build' builds them (so does the first 'start'); "
        "'breakfix images load FILE' loads them without network.",
    )
    return Finding("images", _IMAGES, "warn", Text(fr=f"à construire : {listed}", en=f"to be built: {listed}"), remedy)


def _bootstrap(*, missing: bool) -> Finding:
    """Tell whether the base image can be made where there is no registry."""
    subject = Text(fr="Image de base", en="Base image")
    if not missing:
        return Finding("bootstrap", subject, "ok", Text(fr="déjà là", en="there already"))
    if shutil.which("mmdebstrap"):
        return Finding("bootstrap", subject, "ok", Text(fr="mmdebstrap la fera", en="mmdebstrap will make it"))
    return Finding(
        "bootstrap",
        subject,
        "warn",
        Text(fr="mmdebstrap absent : il faudra un registre", en="no mmdebstrap: it will take a registry"),
        same("sudo apt-get install mmdebstrap"),
    )


def _helper(engine: Engine) -> Finding:
    containers = engine.containers({labels.KIND: "fabric"})
    if any(container.running for container in containers):
        if not SOCKET.exists():
            return Finding("fabric", _HELPER, "warn", Text(fr="en marche, sans socket", en="running, its socket gone"),
                Text(fr="Le prochain « start » le relance.", en="The next 'start' starts it again."))  # fmt: skip
        return Finding("fabric", _HELPER, "ok", Text(fr="en marche", en="running"))
    if containers:
        return Finding("fabric", _HELPER, "warn", Text(fr="arrêté", en="stopped"),
            Text(fr="Le prochain « start » le relance.", en="The next 'start' starts it again."))  # fmt: skip
    seen = Text(fr="démarrera avec le premier lab", en="will start with the first lab")
    return Finding("fabric", _HELPER, "ok", seen)
