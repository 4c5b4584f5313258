"""What Docker's refusals mean to a user, told from HTTP status, message and system error alone.

Docker's API tells classes of errors by status (https://docs.docker.com/reference/api/engine/); which of
several reasons a 404, 409 or 500 has is in the message's words, which have been stable since Docker 20.10.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

from orchestrator.core.errors import BreakfixError, LabError, MachineError
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import (
    ImageInUseError,
    NameTakenError,
    NoSuchContainerError,
    NoSuchImageError,
    engine_unreachable,
)

OLDEST = (20, 10)
"""The oldest Docker Engine that knows private cgroup namespaces."""

_NOT_FOUND = 404
_CONFLICT = 409

REMOVAL_RUNS = "is already in progress"
"""In Docker's answer when somebody else is removing the same container."""


def refusal(status: int, message: str, subject: str) -> BreakfixError:
    """Return the error for an answer of Docker's that is not a success.

    Args:
        status: the HTTP status.
        message: what Docker says.
        subject: the name of the container or image that was asked for.
    """
    said = message.lower()
    if "no space left on device" in said:
        return no_space()
    if status == _NOT_FOUND and "no such container" in said:
        return NoSuchContainerError(
            Text(
                fr=f"Le conteneur « {subject} » n'existe pas (ou plus).",
                en=f'There is no container "{subject}" (any more).',
            )
        )
    if status == _NOT_FOUND and ("no such image" in said or "does not exist" in said):
        return NoSuchImageError(
            Text(
                fr=f"L'image « {subject} » manque sur cette machine.",
                en=f'The image "{subject}" is missing on this machine.',
            ),
            Text(
                fr="Lancez « breakfix images build », ou « images load » avec l'archive de la classe.",
                en="Run 'breakfix images build', or 'images load' with the classroom's archive.",
            ),
        )
    if status == _CONFLICT and "is already in use by container" in said:
        return NameTakenError(
            Text(fr=f"Un conteneur « {subject} » existe déjà.", en=f'A container "{subject}" exists already.'),
            Text(
                fr="« breakfix status » montre ce qui tourne, « breakfix stop » le retire.",
                en="'breakfix status' shows what runs, 'breakfix stop' removes it.",
            ),
        )
    if status == _CONFLICT and (
        "image is being used" in said or "is using" in said or "dependent child images" in said
    ):
        return ImageInUseError(
            Text(fr=f"L'image « {subject} » est encore utilisée.", en=f'The image "{subject}" is still in use.')
        )
    return LabError(
        Text(fr=f"Docker refuse ({subject}) : {message}", en=f"Docker refuses ({subject}): {message}"),
        evidence=message,
    )


def no_space() -> MachineError:
    """Return the error for a full disk below Docker."""
    return MachineError(
        Text(fr="Le disque de Docker est plein.", en="Docker's disk is full."),
        Text(
            fr="« breakfix images prune » retire les images inutiles ; voyez « docker system df ».",
            en="'breakfix images prune' removes images no longer used; look at 'docker system df' too.",
        ),
    )


def too_old(version: str) -> MachineError:
    """Return the error for a Docker Engine that lacks what hosts need."""
    wanted = ".".join(map(str, OLDEST))
    return MachineError(
        Text(
            fr=f"Docker Engine {version} est trop ancien : il faut au moins {wanted}.",
            en=f"Docker Engine {version} is too old: at least {wanted} is needed.",
        ),
        Text(
            fr="Installez le paquet docker.io de Debian 12 ou 13, ou d'Ubuntu 24.04.",
            en="Install the package docker.io of Debian 12 or 13, or of Ubuntu 24.04.",
        ),
    )


def not_local(address: str) -> MachineError:
    """Return the error for a Docker Engine that is not reached over a Unix socket."""
    return MachineError(
        Text(
            fr=f"DOCKER_HOST={address} : les labos ont besoin d'un Docker Engine local, par une socket Unix.",
            en=f"DOCKER_HOST={address}: labs need a local Docker Engine, over a Unix socket.",
        ),
        Text(
            fr="Retirez DOCKER_HOST de l'environnement, ou donnez-lui la forme unix:///chemin.",
            en="Take DOCKER_HOST out of the environment, or give it the form unix:///path.",
        ),
    )


def no_output(reason: str) -> MachineError:
    """Return the error for a task whose node does not tell what it printed."""
    return MachineError(
        Text(fr="Un nœud du cluster ne dit pas ce qu'il fait.", en="A node of the cluster does not tell what it does."),
        Text(fr="« breakfix cluster nodes » dit lequel.", en="'breakfix cluster nodes' says which one."),
        evidence=reason,
    )


def silent(seconds: float) -> MachineError:
    """Return the error for an engine that took a request and did not answer."""
    return MachineError(
        Text(
            fr=f"Docker Engine n'a rien répondu en {seconds:.0f} s.",
            en=f"Docker Engine did not answer within {seconds:.0f} s.",
        ),
        Text(
            fr="La machine est peut-être surchargée (« uptime », « docker info ») ; relancez ensuite.",
            en="The machine may be overloaded ('uptime', 'docker info'); then run the command again.",
        ),
    )


def unreachable(error: BaseException, socket: str) -> MachineError:
    """Return the error for an engine that cannot be reached, by the system error behind it."""
    numbers = {cause.errno for cause in causes(error) if isinstance(cause, OSError)}
    if errno.EACCES in numbers:
        return MachineError(
            Text(
                fr=f"Cet utilisateur n'a pas le droit d'utiliser Docker ({socket}).",
                en=f"This user may not use Docker ({socket}).",
            ),
            Text(
                fr="Ajoutez-le au groupe docker (« sudo usermod -aG docker $USER ») et rouvrez une session.",
                en="Add it to the group docker ('sudo usermod -aG docker $USER'), then log in again.",
            ),
        )
    return engine_unreachable(f"{socket} ({_root_cause(error)})")


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all errors behind it; urllib3 keeps some in ``args`` instead of chaining them."""
    pending: list[BaseException] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        linked = (current.__cause__, current.__context__, *current.args)
        pending += [link for link in linked if isinstance(link, BaseException)]


def _root_cause(error: BaseException) -> str:
    system = [cause for cause in causes(error) if isinstance(cause, OSError) and cause.strerror]
    return str(system[0].strerror) if system else str(error)
