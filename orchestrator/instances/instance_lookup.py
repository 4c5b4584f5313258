"""Which instances there are, as the engine's labels tell it, and which of them is meant."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.core import labels
from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.suggest import nearest
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import Container, Engine
from orchestrator.instances.instance import Instance, instance_of


def instances_on(engine: Engine) -> tuple[Instance, ...]:
    """Return every instance on an engine, by name."""
    by_name: dict[str, list[Container]] = {}
    for container in engine.containers({labels.KIND: "host"}):
        by_name.setdefault(container.labels.get(labels.INSTANCE, "?"), []).append(container)
    return tuple(instance_of(name, containers) for name, containers in sorted(by_name.items()))


def chosen(known: Sequence[Instance], name: str | None) -> Instance:
    """Return the instance that has a name, or the only one when no name is given.

    Raises:
        UsageError: there is none, or several and no name was given.
    """
    if name is None and len(known) == 1:
        return known[0]
    names = [instance.name for instance in known]
    listed = ", ".join(names)
    if not known:
        raise UsageError(
            Text(fr="Aucun lab n'est en marche.", en="No lab is running."),
            Text(
                fr="Démarrez-en un : « breakfix start SCÉNARIO » ; « breakfix scenarios » en donne la liste.",
                en="Start one: 'breakfix start SCENARIO'; 'breakfix scenarios' lists them.",
            ),
        )
    if name is None:
        raise UsageError(
            Text(fr=f"Plusieurs labs sont en marche : {listed}.", en=f"Several labs are running: {listed}."),
            Text(fr="Nommez-en un avec --lab NOM.", en="Name one with --lab NAME."),
        )
    for instance in known:
        if instance.name == name:
            return instance
    near = ", ".join(nearest(name, names) or names)
    raise UsageError(
        Text(fr=f"Aucun lab ne s'appelle « {name} ».", en=f"No lab is called {name!r}."),
        Text(fr=f"En marche : {near}", en=f"Running: {near}"),
    )


def still_there(engine: Engine, name: str, identity: str | None = None) -> Instance:
    """Return an instance that somebody is about to act on, as it is now.

    Args:
        engine: the engine.
        name: its name.
        identity: what it was when it was found; None: whichever bears the name.

    Raises:
        LabError: it is gone, or another one has its name.
    """
    containers = engine.containers({labels.KIND: "host", labels.INSTANCE: name})
    if containers:
        instance = instance_of(name, containers)
        if identity in {None, instance.identity}:
            return instance
    raise LabError(
        Text(
            fr=f"Le lab {name} n'existe plus : il vient d'être arrêté ou recommencé.",
            en=f"The lab {name} is gone: it has just been stopped or reset.",
        ),
        Text(fr="« breakfix status » montre ceux qui restent.", en="'breakfix status' shows what is left."),
    )
