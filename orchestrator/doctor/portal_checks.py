"""The portal as it is set up here: settings, certificate, port, sockets, labd, store, room for recordings."""

from __future__ import annotations

import contextlib
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.core.errors import BreakfixError, MachineError
from orchestrator.core.text import Text, same
from orchestrator.doctor.finding import Finding
from orchestrator.doctor.portal_limits import limits_finding
from orchestrator.loader.content import Content
from orchestrator.loader.pool_names import require_known
from orchestrator.loader.settings_file import read_settings
from orchestrator.model.base import CONTRACT
from orchestrator.model.serve_settings import ServeSettings
from orchestrator.serving import portal_certificate
from orchestrator.serving.portal_server import answering
from orchestrator.serving.serve_folders import ServeFolders
from orchestrator.serving.serve_plan import ServeOptions, ServePlan, TlsPair, plan_of

_GIB = 1 << 30
ROOM_ENOUGH = 5 * _GIB
"""Bytes: a class of thirty records some 100 MB a day, and what fills a disk ends every lab on it."""
_OTHERS = 0o077
_PORTAL = Text(fr="Portail", en="Portal")


@dataclass(frozen=True)
class ExaminedPortal:
    """What is looked at.

    Attributes:
        settings: the settings file.
        content: returns what is served, with that of further folders.
        folders: sockets and state.
        version: returns the version of the store's tables and the program's own; None where nothing was recorded.
        now: the time.
        machine: where /proc is.
    """

    settings: Path
    content: Callable[[Sequence[Path]], Content]
    folders: ServeFolders
    version: Callable[[], tuple[str | None, str]]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    machine: Path = Path("/")


def look_at_portal(portal: ExaminedPortal) -> Iterator[Finding]:
    """Yield what is found of the portal; one that nobody has set up or served is one line."""
    try:
        plan = _plan(portal)
    except BreakfixError as error:
        seen = Text(fr=error.text.fr.partition("\n")[0], en=error.text.en.partition("\n")[0])
        yield Finding("portal-settings", _subject("réglages", "settings"), "fail", seen, error.hint)
        return
    if not portal.settings.exists() and not portal.folders.state.exists():
        never = Text(fr="pas servi ici (« ./breakfix serve »)", en="not served here ('./breakfix serve')")
        yield Finding("portal", _PORTAL, "ok", never)
        return
    there = same(str(portal.settings))
    none = Text(fr=f"pas de {portal.settings} : d'usine", en=f"no {portal.settings}: the usual ones")
    yield Finding(
        "portal-settings", _subject("réglages", "settings"), "ok", there if portal.settings.exists() else none
    )
    yield limits_finding(plan.limits, portal.machine)
    yield from _certificate(portal, plan)
    yield _pages(plan)
    pid = answering(portal.folders.labd)
    yield _labd(pid)
    yield _port(plan, served=pid > 0)
    yield from _sockets(portal.folders)
    yield _store(portal)
    yield from _room(portal.folders.state)


def _subject(fr: str, en: str) -> Text:
    return Text(fr=f"Portail : {fr}", en=f"Portal: {en}")


def _plan(portal: ExaminedPortal) -> ServePlan:
    settings = ServeSettings(contract=CONTRACT)
    if portal.settings.exists():
        settings = read_settings(portal.settings)
    plan = plan_of(ServeOptions(), settings)
    require_known(plan.pool, portal.content(plan.content), portal.settings)
    return plan


def _certificate(portal: ExaminedPortal, plan: ServePlan) -> Iterator[Finding]:
    made = portal_certificate.made_pair(portal.folders.certificate)
    pair = plan.tls or (made if plan.self_made or made.cert.exists() else None)
    if pair is None:
        return
    subject = _subject("certificat", "certificate")
    if plan.tls is None and not made.cert.exists():
        seen = Text(fr="« serve » le fera", en="'serve' will make it")
        yield Finding("portal-certificate", subject, "ok", seen)
        return
    try:
        facts = portal_certificate.facts_of(pair)
    except MachineError as error:
        yield Finding("portal-certificate", subject, "fail", error.text, error.hint)
        return
    yield _facts(subject, facts, portal.now, plan)
    with contextlib.suppress(OSError):
        if pair.key.stat().st_mode & _OTHERS:
            yield _open_key(pair)


def _facts(subject: Text, facts: portal_certificate.CertificateFacts, now: datetime, plan: ServePlan) -> Finding:
    until = f"{facts.ends:%Y-%m-%d}"
    seen = Text(fr=f"jusqu'au {until}", en=f"until {until}")
    renew = Text(
        fr="Relancez « serve » (ou « systemctl restart breakfix-portal ») : il en fait un autre.",
        en="Start 'serve' again (or 'systemctl restart breakfix-portal'): it makes another.",
    )
    if plan.tls is not None:
        renew = Text(fr="Demandez-en un autre à votre autorité.", en="Ask your authority for another.")
    if not facts.fits:
        other = Text(fr="la clé n'est pas la sienne", en="the key is not its own")
        return Finding("portal-certificate", subject, "fail", other, renew)
    if not facts.begins <= now <= facts.ends:
        over = Text(fr=f"{seen.fr} : ne vaut pas", en=f"{seen.en}: does not hold")
        return Finding("portal-certificate", subject, "fail", over, renew)
    lacks = ", ".join(facts.lacks(plan.hosts)) if plan.encrypted else ""
    if lacks:
        missing = Text(fr=f"{seen.fr} ; il y manque : {lacks}", en=f"{seen.en}; it lacks: {lacks}")
        return Finding("portal-certificate", subject, "warn", missing, renew)
    if facts.due(now):
        return Finding("portal-certificate", subject, "warn", seen, renew)
    return Finding("portal-certificate", subject, "ok", seen)


def _pages(plan: ServePlan) -> Finding:
    """Tell under which names labs' web pages are shown; that there are none is no mistake."""
    subject = _subject("pages web des labs", "labs' web pages")
    address = plan.pages(plan.listen.port)
    if address:
        return Finding("portal-pages", subject, "ok", same(address.replace("://", "://*.")))
    none = Text(
        fr='aucune ; pour en montrer : pages = "*.UN-AUTRE-DOMAINE"',
        en='none; to show some: pages = "*.ANOTHER-DOMAIN"',
    )
    return Finding("portal-pages", subject, "ok", none)


def _open_key(pair: TlsPair) -> Finding:
    return Finding(
        "portal-key",
        _subject("clé", "key"),
        "warn",
        Text(fr=f"{pair.key} : d'autres la lisent", en=f"{pair.key}: others can read it"),
        same(f"chmod 600 {pair.key}"),
    )


def _labd(pid: int) -> Finding:
    if pid:
        answers = Text(fr=f"répond (processus {pid})", en=f"answers (process {pid})")
        return Finding("portal-labd", same("labd"), "ok", answers)
    return Finding("portal-labd", same("labd"), "ok", Text(fr="ne tourne pas", en="does not run"))


def _port(plan: ServePlan, *, served: bool) -> Finding:
    subject = _subject("adresse", "address")
    if served:
        return Finding("portal-port", subject, "ok", same(str(plan.listen)))
    if plan.listen.path is not None:
        return Finding("portal-port", subject, "ok", same(str(plan.listen)))
    try:
        plan.listen.bind().close()
    except MachineError as error:
        return Finding("portal-port", subject, "fail", error.text, error.hint)
    return Finding("portal-port", subject, "ok", Text(fr=f"{plan.listen} : libre", en=f"{plan.listen}: free"))


def _sockets(folders: ServeFolders) -> Iterator[Finding]:
    """Tell of a folder of sockets that others may write to: whoever can, can stand in for labd."""
    try:
        mode = folders.sockets.stat().st_mode
    except OSError:
        return
    subject = _subject("sockets", "sockets")
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        seen = Text(
            fr=f"{folders.sockets} : d'autres peuvent y écrire", en=f"{folders.sockets}: others can write there"
        )
        yield Finding("portal-sockets", subject, "fail", seen, same(f"chmod 711 {folders.sockets}"))
        return
    yield Finding("portal-sockets", subject, "ok", same(str(folders.sockets)))


def _store(portal: ExaminedPortal) -> Finding:
    subject = _subject("base", "store")
    try:
        found, own = portal.version()
    except BreakfixError as error:
        return Finding("portal-store", subject, "fail", error.text, error.hint)
    if found is None:
        return Finding("portal-store", subject, "ok", Text(fr="encore vide", en="empty so far"))
    if found == own:
        return Finding("portal-store", subject, "ok", Text(fr=f"version {found}", en=f"version {found}"))
    seen = Text(fr=f"version {found} ; ce programme : {own}", en=f"version {found}; this program: {own}")
    if found < own:
        older = Text(fr=f"{seen.fr}, adaptée au prochain usage", en=f"{seen.en}, brought up to date by its next use")
        return Finding("portal-store", subject, "ok", older)
    newer = Text(fr="Mettez Breakfix à jour.", en="Update Breakfix.")
    return Finding("portal-store", subject, "fail", seen, newer)


def _room(state: Path) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(state).free
    except OSError:
        return
    amount = f"{free / _GIB:.1f}"
    seen = Text(fr=f"{amount.replace('.', ',')} Gio libres", en=f"{amount} GiB free")
    enough = free >= ROOM_ENOUGH
    remedy = Text(
        fr=f"Faites de la place, ou effacez de vieux enregistrements dans {state}/recordings.",
        en=f"Make room, or delete old recordings in {state}/recordings.",
    )
    subject = _subject("place pour les enregistrements", "room for recordings")
    yield Finding("portal-room", subject, "ok" if enough else "warn", seen, None if enough else remedy)
