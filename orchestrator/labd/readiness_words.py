"""What is said of a jury session's readiness, point by point, with the next step and the command that does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from orchestrator.assessment.plan_file import zone_of
from orchestrator.assessment.state import SessionState
from orchestrator.core.text import Text, same
from orchestrator.labd.day_view import must_be_supervised
from orchestrator.labd.lab_limits import gib
from orchestrator.labd.session_contract import PoolView, ReadinessPoint

PROOFS: Final = Text(fr="Preuves", en="Proofs")
IMAGES: Final = Text(fr="Images des machines", en="Images of the hosts")
MEMORY: Final = Text(fr="Mémoire pour les labs", en="Memory for the labs")
PLACES: Final = Text(fr="Places pour les labs", en="Places for the labs")
CLOCK: Final = Text(fr="Horloge", en="Clock")
ROLES: Final = Text(fr="Rôles", en="Roles")
SUPERVISOR: Final = Text(fr="Surveillance", en="Supervision")
VALIDATE: Final = Text(fr="« breakfix validate » dit ce qui ne va pas.", en="'breakfix validate' tells what is wrong.")
JUST_PROVEN: Final = Text(
    fr="La preuve vient d'être faite : rechargez la page dans une minute.",
    en="The proof has just been made: load the page again in a minute.",
)
_PROVE: Final = Text(
    fr="Prouvez ceux qui manquent, ci-dessous : à la ligne de commande, ou depuis le catalogue (administrateurs).",
    en="Prove those that are missing, below: at the command line, or from the catalogue (administrators).",
)


def roles(judging: Sequence[str], both: Sequence[str]) -> ReadinessPoint:
    """Return whether those who move times and those who judge are different people.

    Args:
        judging: members of this jury whose account organises.
        both: other accounts with both roles.
    """
    if judging:
        listed = ", ".join(judging)
        return ReadinessPoint(
            "fail",
            ROLES,
            Text(fr=f"membres du jury qui organisent : {listed}", en=f"judge and organise: {listed}"),
            Text(
                fr="Faites retirer un des deux rôles à ces comptes (« Personnes »), ou retirez ce plan et nommez un "
                "autre jury.",
                en='Have one of the two roles taken from these accounts ("People"), or withdraw this plan and name '
                "another jury.",
            ),
        )
    if both:
        listed = ", ".join(both)
        return ReadinessPoint(
            "warn",
            ROLES,
            Text(
                fr=f"comptes à la fois organisateurs et jurés : {listed}", en=f"organisers and jury at once: {listed}"
            ),
            Text(
                fr="Un administrateur retire un des deux rôles, sous « Personnes ».",
                en='An administrator takes one of the two roles away, under "People".',
            ),
        )
    return ReadinessPoint("ok", ROLES, Text(fr="qui organise ne juge pas", en="those who organise do not judge"))


def unknown(subject: Text, why: Text) -> ReadinessPoint:
    """Return a point that cannot be told."""
    return ReadinessPoint("unknown", subject, why)


def proofs_of_known(total: int, missing: int) -> ReadinessPoint:
    """Return how it is about the proofs of scenarios that are known."""
    good = total - missing
    seen = Text(fr=f"{good} scénarios prouvés sur {total}", en=f"{good} of {total} scenarios proven")
    return ReadinessPoint("fail" if missing else "ok", PROOFS, seen, _PROVE if missing else None)


def proofs_of_pools(pools: Sequence[tuple[PoolView, int]], *, enough: bool) -> ReadinessPoint:
    """Return how it is about the proofs of what will be drawn; ``pools``: each with how many may be drawn of it."""
    fr = " ; ".join(f"{pool.competence} : {good} prouvés, {pool.count} à tirer" for pool, good in pools)
    en = "; ".join(f"{pool.competence}: {good} proven, {pool.count} to be drawn" for pool, good in pools)
    return ReadinessPoint("ok" if enough else "fail", PROOFS, Text(fr=fr, en=en), None if enough else _PROVE)


def images(total: int, missing: Sequence[str]) -> ReadinessPoint:
    """Return how it is about images."""
    if not missing:
        return ReadinessPoint("ok", IMAGES, Text(fr=f"construites : {total}", en=f"built: {total}"))
    listed = ", ".join(missing)
    step = Text(
        fr="« breakfix images build » les construit ; l'ouverture le ferait aussi, en plus de temps.",
        en="'breakfix images build' builds them; the opening would, too, and take longer for it.",
    )
    return ReadinessPoint("warn", IMAGES, Text(fr=f"à construire : {listed}", en=f"to be built: {listed}"), step)


def memory_of_phase(needs: int) -> ReadinessPoint:
    """Return what the labs of a phase may take."""
    seen = Text(fr=f"{gib(needs).fr} au plus", en=f"{gib(needs).en} at most")
    return ReadinessPoint("ok", MEMORY, seen)


def memory(needs: int, taken: int, limit: int) -> ReadinessPoint:
    """Return what all labs may take, and what labd's limit leaves beside those that are there."""
    left = max(0, limit - taken)
    seen = Text(
        fr=f"{gib(needs).fr} au plus ; il reste {gib(left).fr} sur {gib(limit).fr}",
        en=f"{gib(needs).en} at most; {gib(left).en} of {gib(limit).en} are left",
    )
    if needs <= left:
        return ReadinessPoint("ok", MEMORY, seen)
    step = Text(
        fr="Arrêtez les labs dont personne n'a besoin ; ou donnez plus de mémoire à la machine (« memory » de "
        "[limits]).",
        en='Stop the labs that nobody needs; or give the machine more memory ("memory" of [limits]).',
    )
    return ReadinessPoint("fail" if needs > limit else "warn", MEMORY, seen, step)


def labs(needs: int, there: int, most: int | None) -> ReadinessPoint:
    """Return how many labs are still to be opened, and how many places are left."""
    if most is None:
        seen = Text(fr=f"{needs} à ouvrir ; leur nombre n'est pas limité", en=f"{needs} to open; no limit is set")
        return ReadinessPoint("ok", PLACES, seen)
    left = max(0, most - there)
    seen = Text(fr=f"{needs} à ouvrir ; {left} places libres sur {most}", en=f"{needs} to open; {left} of {most} free")
    if needs <= left:
        return ReadinessPoint("ok", PLACES, seen)
    step = Text(
        fr="Arrêtez les labs dont personne n'a besoin ; ou relevez « labs » de [limits].",
        en='Stop the labs that nobody needs; or raise "labs" of [limits].',
    )
    return ReadinessPoint("fail" if needs > most else "warn", PLACES, seen, step)


def clock(state: SessionState, now: int, drift: int, *, behind: bool) -> ReadinessPoint:
    """Return what the session's clock shows, and how far the machine's is from it.

    Args:
        state: the session.
        now: the session's time.
        drift: the seconds by which the machine's clock is ahead of it.
        behind: whether the machine's clock shows an hour before the last entry of the journal.
    """
    shown = datetime.fromtimestamp(now, zone_of(state.plan)).strftime("%Y-%m-%d %H:%M:%S")
    zone = state.plan.timezone
    if behind:
        seen = Text(
            fr=f"L'horloge de la machine retarde sur le journal ; la session compte depuis {shown} ({zone}).",
            en=f"The machine's clock is behind the journal; the session counts from {shown} ({zone}).",
        )
        step = Text(
            fr="Mettez la machine à l'heure avant d'ouvrir la session.",
            en="Set the machine's clock before the session is opened.",
        )
        return ReadinessPoint("fail", CLOCK, seen, step)
    seen = Text(fr=f"{shown} ({zone})", en=f"{shown} ({zone})")
    if drift:
        apart = same(f"{drift:+d}\N{NO-BREAK SPACE}s")
        seen = Text(
            fr=f"{seen.fr} ; l'horloge de la machine en diffère de {apart.fr}",
            en=f"{seen.en}; the machine's clock differs from it by {apart.en}",
        )
    step = Text(fr="Comparez avec l'horloge de la salle.", en="Compare it with the room's clock.")
    return ReadinessPoint("warn" if drift else "ok", CLOCK, seen, step)


def supervisor(state: SessionState, *, supervised: bool) -> ReadinessPoint:
    """Return whether a program supervises the session: without one nothing is sealed at the end."""
    if supervised:
        return ReadinessPoint("ok", SUPERVISOR, Text(fr="un programme surveille", en="a program supervises"))
    if not must_be_supervised(state):
        seen = Text(fr="un programme surveillera dès le début", en="a program will supervise from the beginning on")
        return ReadinessPoint("ok", SUPERVISOR, seen)
    seen = Text(fr="personne ne surveille", en="nobody supervises")
    step = Text(
        fr=f"Un programme est relancé de lui-même ; s'il ne vient pas : « breakfix session run --session {state.id} ».",
        en=f"A program is started again by itself; if none comes: 'breakfix session run --session {state.id}'.",
    )
    return ReadinessPoint("fail", SUPERVISOR, seen, step)
