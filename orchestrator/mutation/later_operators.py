"""Mutation operators that leave something behind which acts later: at boot, at a time, when a service starts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from orchestrator.core.text import Text
from orchestrator.model.scenario import Step
from orchestrator.mutation.mutant import (
    NOT_HERE,
    HostFile,
    Mutant,
    PlayedRepair,
    Saved,
    encoded,
    repaired_then,
    typed,
    written,
)
from orchestrator.mutation.step_operators import units_of


def undone_at_boot(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and leave a unit that breaks it again at each boot."""
    for file in repair.touched:
        summary = Text(
            fr=f"À chaque démarrage de {file.host}, une unité remet {file.path} comme pendant la panne.",
            en=f"At each boot of {file.host}, a unit puts {file.path} back as it was while broken.",
        )
        enabled = (
            "printf '[Service]\\nType=oneshot\\nExecStart=/bin/bash /usr/local/sbin/support-boot\\n"
            "[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/support-boot.service\n"
            "systemctl daemon-reload\nsystemctl enable support-boot.service"
        )
        yield _undone_later(repair, "undone-at-boot", file, "support-boot", enabled, summary)


def undone_by_cron(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and leave a table of cron's that breaks it again next month."""
    for file in repair.touched:
        summary = Text(
            fr=f"Le premier du mois, cron remet {file.path} de {file.host} comme pendant la panne.",
            en=f"On the first of each month, cron puts {file.path} of {file.host} back as it was while broken.",
        )
        table = (
            "mkdir -p /etc/cron.d\necho '0 4 1 * * root /bin/bash /usr/local/sbin/support-cron' > /etc/cron.d/support"
        )
        yield _undone_later(repair, "undone-by-cron", file, "support-cron", table, summary)


def undone_by_hook(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and have a unit that the repair names break it again when it is started the next time."""
    named = units_of(repair)
    for file in repair.touched:
        for unit in [unit for host, unit in named if host == file.host][:1]:
            name = unit if "." in unit else f"{unit}.service"
            summary = Text(
                fr=f"Quand {unit} redémarre sur {file.host}, {file.path} redevient comme pendant la panne.",
                en=f"When {unit} is restarted on {file.host}, {file.path} is again as it was while broken.",
            )
            hook = (
                f"mkdir -p /etc/systemd/system/{name}.d\n"
                "printf '[Service]\\nExecStartPre=+/bin/bash /usr/local/sbin/support-hook\\n' "
                f"> /etc/systemd/system/{name}.d/90-support.conf\nsystemctl daemon-reload"
            )
            yield _undone_later(repair, "undone-by-hook", file, "support-hook", hook, summary)


def blocked_at_boot(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and leave a unit that has the firewall refuse all that comes, from the next boot on."""
    rules = (
        "table inet support {\n  chain input {\n    type filter hook input priority -10;\n"
        "    iifname != lo ct state new drop\n  }\n}"
    )
    for host in repair.hosts:
        summary = Text(
            fr=f"Au prochain démarrage de {host}, une règle du pare-feu refuse tout ce qui arrive.",
            en=f"From the next boot of {host} on, a rule of the firewall refuses all that comes.",
        )
        script = (
            f"command -v nft >/dev/null || exit {NOT_HERE}\n"
            f"cat > /etc/support.nft <<'END'\n{rules}\nEND\n"
            "printf '[Unit]\\nAfter=nftables.service\\n[Service]\\nType=oneshot\\n"
            "ExecStart=/usr/sbin/nft -f /etc/support.nft\\n[Install]\\nWantedBy=multi-user.target\\n' "
            "> /etc/systemd/system/support-rule.service\n"
            "systemctl daemon-reload\nsystemctl enable support-rule.service"
        )
        yield repaired_then(repair, "blocked-at-boot", host, script, summary)


def redone_by_timer(repair: PlayedRepair) -> Iterator[Mutant]:
    """Have a timer repair it again and again, as one does who has not found what breaks it."""
    for host in repair.hosts:
        script = "\n".join(
            s.shell.script for s in repair.solution.steps if s.shell is not None and s.shell.host == host
        )
        if not script.strip():
            continue
        summary = Text(
            fr=f"Un minuteur refait la réparation toutes les heures sur {host}.",
            en=f"A timer on {host} does the repair again every hour.",
        )
        unit = (
            f"base64 -d > /usr/local/sbin/support-fix <<'END'\n{encoded(script.encode())}\nEND\n"
            "chmod 755 /usr/local/sbin/support-fix\n"
            "printf '[Service]\\nType=oneshot\\nExecStart=/bin/bash /usr/local/sbin/support-fix\\n' "
            "> /etc/systemd/system/support-fix.service\n"
            "printf '[Timer]\\nOnCalendar=hourly\\n[Install]\\nWantedBy=timers.target\\n' "
            "> /etc/systemd/system/support-fix.timer\n"
            "systemctl daemon-reload\nsystemctl enable --now support-fix.timer"
        )
        yield repaired_then(repair, "redone-by-timer", host, unit, summary)


def _undone_later(
    repair: PlayedRepair, operator: str, file: HostFile, program: str, call: str, summary: Text
) -> Mutant:
    """Return a repair behind which a program is left that gives a file back what it held while broken.

    Args:
        repair: what is done first, whole.
        operator: what derives the mutant.
        file: the file.
        program: the name of the program below ``/usr/local/sbin``.
        call: the lines that have it called later.
        summary: what is wrong about it.
    """
    steps, then = repair.solution.steps, partial(_left_behind, file, program, call, summary)
    return Mutant(operator, f"{file.host} {file.path}", repair.solution.name, summary, steps, (file,), then)


def _left_behind(file: HostFile, program: str, call: str, tell: Text, saved: Saved) -> tuple[Step, ...]:
    lines = encoded(written(file.path, saved.get(file)).encode())
    script = f"base64 -d > /usr/local/sbin/{program} <<'OUTER'\n{lines}\nOUTER\n{call}"
    return (typed(file.host, script, tell),)
