"""Mutation operators by kind of service: a repair, and something that protects is taken away behind it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.core.text import Text
from orchestrator.mutation.kinds import ALL
from orchestrator.mutation.mutant import Mutant, PlayedRepair, repaired_then
from orchestrator.mutation.step_operators import units_of


def emptied_limit(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and empty a limit, a time-out or a policy at a level where it is set."""
    yield from _of_each_kind(repair, "emptied-limit")


def authentication_off(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and have a service ask nobody who they are."""
    yield from _of_each_kind(repair, "authentication-off")


def verification_off(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and have clients verify no certificate or signature any more."""
    yield from _of_each_kind(repair, "verification-off")


def encryption_off(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and have a service speak in clear text."""
    yield from _of_each_kind(repair, "encryption-off")


def remade_object(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and delete an account, an entry, a database or a queue, and make it again."""
    yield from _of_each_kind(repair, "remade-object")


def unlimited_unit(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and free a unit that the repair names from what limits it."""
    for host, unit in units_of(repair):
        name = unit if "." in unit else f"{unit}.service"
        if not name.endswith(".service"):
            continue
        summary = Text(
            fr=f"Après la réparation, {unit} n'a plus de limites sur {host}.",
            en=f"After the repair, {unit} has no limits on {host} any more.",
        )
        folder = f"/etc/systemd/system/{name}.d"
        script = (
            f"mkdir -p {folder}\n"
            "printf '[Service]\\nMemoryMax=infinity\\nTasksMax=infinity\\nLimitNOFILE=infinity\\nCPUQuota=\\n"
            f"TimeoutStartSec=infinity\\nPrivateTmp=no\\nProtectSystem=no\\n' > {folder}/90-support.conf\n"
            f"systemctl daemon-reload\nsystemctl try-restart {unit}"
        )
        yield repaired_then(repair, "unlimited-unit", host, script, summary, f"{host} {unit}")


def _of_each_kind(repair: PlayedRepair, operator: str) -> Iterator[Mutant]:
    """Yield a mutant for each kind of an operator on each host that has it."""
    for host in repair.hosts:
        for kind in ALL[operator]:
            if (operator, kind.name) in repair.has.get(host, ()):
                summary = Text(
                    fr=f"Après la réparation, sur {host} : {kind.what.fr}.",
                    en=f"After the repair, on {host}: {kind.what.en}.",
                )
                yield repaired_then(repair, operator, host, kind.script, summary, f"{host} {kind.name}")
