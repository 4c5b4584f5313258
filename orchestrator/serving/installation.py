"""Installs the portal as systemd services, and removes them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.paths import HOME
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.model.base import CONTRACT
from orchestrator.model.serve_settings import RECORDINGS_DAYS, Pool
from orchestrator.serving import portal_account, portal_certificate, systemd_units
from orchestrator.serving.process_commands import DATABASE
from orchestrator.serving.serve_folders import SETTINGS, ServeFolders
from orchestrator.serving.serve_plan import ServePlan
from orchestrator.serving.systemd_units import LABD, PORTAL, SOCKET, UNITS, UnitInputs

_BOOTED = Path("/run/systemd/system")
_READY_SECONDS = 60
_ENABLED = tuple(unit for unit in UNITS if unit != systemd_units.CERTIFICATE)


@dataclass(frozen=True)
class Places:
    """Where an installation writes.

    Attributes:
        units: systemd's folder of an administrator's units.
        settings: the settings file.
        folders: sockets and state.
    """

    units: Path = Path("/etc/systemd/system")
    settings: Path = SETTINGS
    folders: ServeFolders = field(default_factory=lambda: ServeFolders.of(0, {}))

    @property
    def environment(self) -> Path:
        """Return the file with what no command line shows."""
        return self.settings.parent / "labd.env"


def is_installed(places: Places | None = None) -> bool:
    """Return whether the services are installed."""
    return ((places or Places()).units / LABD).exists()


def act_on_installed(uid: int, places: Places | None = None) -> None:
    """Have root's command act on the installed portal's data, where there is one and no other folder is named."""
    where = places or Places()
    if uid == 0 and is_installed(where):
        os.environ.setdefault(HOME, str(where.folders.state))


Run = Callable[[Sequence[str]], None]
"""Runs ``systemctl`` with words."""


def require_systemd() -> None:
    """Refuse a machine that systemd did not start, and whoever is not root.

    Raises:
        MachineError: one of both; the hint says what to do instead.
    """
    if not _BOOTED.is_dir() or shutil.which("systemctl") is None:
        raise MachineError(
            Text(
                fr="systemd ne gère pas cette machine : le service ne peut pas être installé.",
                en="systemd does not run this machine: the service cannot be installed.",
            ),
            Text(
                fr="Lancez « ./breakfix serve » dans un terminal qui reste (tmux), ou par votre propre gestionnaire de "
                "services ; SIGTERM l'arrête proprement.",
                en="Run './breakfix serve' in a terminal that stays (tmux), or under your own service manager; SIGTERM "
                "ends it in order.",
            ),
        )
    if os.geteuid() != 0:
        raise MachineError(
            Text(fr="Installer un service demande d'être root.", en="To install a service takes root."),
            Text(fr="sudo ./breakfix serve --install", en="sudo ./breakfix serve --install"),
        )


def install(plan: ServePlan, settings: Path | None = None) -> Iterator[Text]:
    """Install and start the services, and yield what was done, the first administrator's link last.

    Args:
        plan: how to serve.
        settings: the settings file that was named; None: the usual one.

    Raises:
        MachineError: no systemd, no root, or a step fails.
    """
    require_systemd()
    places = Places(settings=settings.resolve() if settings else SETTINGS)
    group = portal_account.ensure_account().group
    yield from write(plan, places, group)
    yield from start(_systemctl)
    yield from _address(plan, places)


def write(plan: ServePlan, places: Places, group: int) -> Iterator[Text]:
    """Write folders, settings, certificate and units, and yield what was done.

    Raises:
        MachineError: something cannot be written.
    """
    if plan.listen.port == 0 and plan.listen.path is None:
        raise UsageError(
            Text(fr="Un service a besoin d'un port fixe.", en="A service needs a fixed port."),
            Text(fr="Donnez-le : --listen 0.0.0.0:8443.", en="Give it: --listen 0.0.0.0:8443."),
        )
    places.folders.make()
    if not places.settings.exists():
        _write(places.settings, settings_text(plan), 0o600)
        yield Text(fr=f"Réglages écrits : {places.settings}", en=f"Settings written: {places.settings}")
    _write(places.environment, f"{DATABASE}={json.dumps(plan.database)}\n" if plan.database else "", 0o600)
    tls = (plan.tls.cert, plan.tls.key) if plan.tls else None
    if plan.self_made:
        facts = portal_certificate.ensure(places.folders.certificate, plan.hosts)
        pair = portal_certificate.made_pair(places.folders.certificate)
        tls = (pair.cert, pair.key)
        yield Text(fr=f"Certificat : SHA-256 {facts.fingerprint}", en=f"Certificate: SHA-256 {facts.fingerprint}")
    systemd_units.told_by_labd(places.folders).unlink(missing_ok=True)
    inputs = UnitInputs(plan, places.folders, group, places.environment, tls, portal_account.program_folders())
    texts = systemd_units.unit_texts(inputs)
    for name in UNITS:
        if name in texts:
            _write(places.units / name, texts[name], 0o644)
        else:
            (places.units / name).unlink(missing_ok=True)
    yield Text(fr=f"Unités écrites dans {places.units}", en=f"Units written into {places.units}")


def start(run: Run) -> Iterator[Text]:
    """Start what was written, anew where it ran; the keeper is left alone, for it holds terminals."""
    run(["daemon-reload"])
    run(["stop", PORTAL, SOCKET])
    run(["enable", "--quiet", *_ENABLED])
    run(["start", systemd_units.KEEPER])
    run(["restart", LABD])
    run(["start", SOCKET, PORTAL])
    yield Text(
        fr="Services démarrés : keeper, labd, portal ; ils reviennent à chaque démarrage",
        en="Services started: keeper, labd, portal; they come back at each boot",
    )


def uninstall(places: Places | None = None, run: Run | None = None) -> Iterator[Text]:
    """End and remove the services, and yield what was done; settings, data and account stay.

    Raises:
        MachineError: no systemd, no root, or a step fails.
    """
    if run is None:
        require_systemd()
    where, systemctl = places or Places(), run or _systemctl
    found = [name for name in UNITS if (where.units / name).exists()]
    if not found:
        yield Text(fr="Aucun service n'était installé", en="No service was installed")
        return
    systemctl(["disable", "--quiet", "--now", *found])
    for name in found:
        (where.units / name).unlink(missing_ok=True)
    systemctl(["daemon-reload"])
    yield Text(
        fr="Services retirés, et avec le gardien les terminaux ouverts ; les labs continuent",
        en="Services removed, and open terminals with their keeper; labs go on",
    )
    yield Text(
        fr=f"Gardés : {where.settings}, {where.folders.state}, le compte {portal_account.NAME}",
        en=f"Kept: {where.settings}, {where.folders.state}, the account {portal_account.NAME}",
    )


def settings_text(plan: ServePlan) -> str:
    """Return a settings file that says what a plan says; TOML's texts are JSON's."""
    lines = [
        f"contract = {CONTRACT}",
        "# breakfix serve reads this file; every key: docs/portal.md. After a change: breakfix serve --install",
        f"listen = {json.dumps(str(plan.listen))}",
    ]
    if plan.given:
        lines.append(f"names = {json.dumps(list(plan.given))}")
    if plan.pages_name:
        lines.append(f"pages = {json.dumps(plan.pages_name)}")
    if plan.behind_proxy:
        lines.append("behind_proxy = true")
    if plan.database:
        lines.append(f"database = {json.dumps(plan.database)}")
    if plan.recordings_days != RECORDINGS_DAYS:
        lines.append(f"recordings_days = {plan.recordings_days}")
    if plan.content:
        lines.append(f"content = {json.dumps([str(folder) for folder in plan.content])}")
    if plan.tls:
        lines += ["", "[tls]", f"cert = {json.dumps(str(plan.tls.cert))}", f"key = {json.dumps(str(plan.tls.key))}"]
    chosen = plan.limits.model_dump(exclude_defaults=True)
    if chosen:
        lines += ["", "[limits]", *(f"{name} = {json.dumps(value)}" for name, value in chosen.items())]
    lines += _pool(plan.pool)
    return "\n".join(lines) + "\n"


def _pool(pool: Pool) -> Iterator[str]:
    chosen = pool.model_dump(exclude_defaults=True)
    tables = {name: chosen.pop(name, {}) for name in ("scenarios", "labs")}
    if chosen:
        yield from ("", "[pool]", *(f"{name} = {json.dumps(value)}" for name, value in chosen.items()))
    for table, counts in tables.items():
        if counts:
            yield from ("", f"[pool.{table}]", *(f"{name} = {count}" for name, count in counts.items()))


def first_link(said: str) -> dict[str, Any] | None:
    """Return the first administrator's link in what labd said at its start; None: there was one before."""
    for line in said.splitlines():
        if line.startswith("{"):
            link = json.loads(line).get("first_link")
            if isinstance(link, dict):
                return link
    return None


def _address(plan: ServePlan, places: Places) -> Iterator[Text]:
    """Yield where the portal is, once labd is ready, and the link of the first administrator where there is one."""
    told = systemd_units.told_by_labd(places.folders)
    ready = wait_until(lambda: told.exists() and "ready" in told.read_text().split(), within=_READY_SECONDS)
    if not ready:
        raise MachineError(
            Text(fr="labd n'est pas prêt après une minute.", en="labd is not ready after a minute."),
            Text(fr="Sa raison : journalctl -u breakfix-labd", en="Its reason: journalctl -u breakfix-labd"),
        )
    origin = plan.origins(plan.listen.port)[0]
    yield Text(fr=f"Adresse : {origin}", en=f"Address: {origin}")
    link = wait_until(lambda: first_link(told.read_text()), within=2)
    if link is not None:
        address = f"{origin}/link#{link['link']}"
        yield Text(
            fr=f"Mot de passe de l'administrateur « {link['handle']} », une fois, jusqu'au {link['until']} : {address}",
            en=f"Password of the administrator '{link['handle']}', once, until {link['until']}: {address}",
        )


def _write(path: Path, text: str, mode: int) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}.new")
        made.unlink(missing_ok=True)
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            os.fchmod(descriptor, mode)
            stream.write(text)
        made.replace(path)
    except OSError as error:
        raise MachineError(
            Text(
                fr=f"{path} ne peut pas être écrit : {error.strerror}", en=f"{path} cannot be written: {error.strerror}"
            )
        ) from error


def _systemctl(words: Sequence[str]) -> None:
    done = subprocess.run(  # noqa: S603 - words of our own, no shell
        ["systemctl", *words],  # noqa: S607 - where the machine has it
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = " ".join(words)
        raise MachineError(
            Text(fr=f"« systemctl {said} » a échoué.", en=f"'systemctl {said}' failed."),
            Text(fr="« journalctl -xe » en dit plus.", en="'journalctl -xe' tells more."),
            done.stderr,
        )
