"""Mutation operators that spoil the state of the lab that a repair leaves: its files, its rights, what runs later."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from functools import partial
from shlex import quote
from typing import Final

from orchestrator.core.text import Text
from orchestrator.model.scenario import Step
from orchestrator.mutation.mutant import NOT_HERE, HostFile, Mutant, PlayedRepair, Saved, handed_in, typed
from orchestrator.mutation.step_operators import units_of

_SERVES_THE_HOST: Final = "systemd|dbus|ssh|cron|getty|user@|container|console|polkit|rsyslog|logind|journald"
"""Services that belong to the host rather than to what it is there for."""


def running_only(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair what runs, and put back what stood in the files: it lasts until the next reboot."""
    if not repair.touched:
        return
    summary = Text(
        fr="Ce qui tourne est réparé, les fichiers redeviennent ce qu'ils étaient pendant la panne.",
        en="What runs is repaired; the files are again as they were while it was broken.",
    )
    steps = repair.solution.steps
    then = partial(_put_back, repair.touched, summary)
    yield Mutant("running-only", "", repair.solution.name, summary, steps, repair.touched, then)


def undone_at_boot(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and leave a unit that breaks it again at each boot."""
    for file in repair.touched:
        summary = Text(
            fr=f"À chaque démarrage de {file.host}, une unité remet {file.path} comme pendant la panne.",
            en=f"At each boot of {file.host}, a unit puts {file.path} back as it was while broken.",
        )
        steps = repair.solution.steps
        then = partial(_undo_later, file, summary)
        yield Mutant("undone-at-boot", _at(file), repair.solution.name, summary, steps, (file,), then)


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
            f"base64 -d > /usr/local/sbin/support-fix <<'END'\n{_encoded(script.encode())}\nEND\n"
            "chmod 755 /usr/local/sbin/support-fix\n"
            "printf '[Service]\\nType=oneshot\\nExecStart=/bin/bash /usr/local/sbin/support-fix\\n' "
            "> /etc/systemd/system/support-fix.service\n"
            "printf '[Timer]\\nOnCalendar=hourly\\n[Install]\\nWantedBy=timers.target\\n' "
            "> /etc/systemd/system/support-fix.timer\n"
            "systemctl daemon-reload\nsystemctl enable --now support-fix.timer"
        )
        steps = (*repair.solution.steps, typed(host, unit, summary))
        yield Mutant("redone-by-timer", host, repair.solution.name, summary, steps)


def open_files(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and open what was touched to everybody."""
    for host, paths in _by_host(repair).items():
        summary = Text(
            fr=f"Après la réparation, tous peuvent écrire dans ce qu'elle a touché sur {host}.",
            en=f"After the repair, everybody may write to what it touched on {host}.",
        )
        last = typed(host, f"chmod 777 {' '.join(map(quote, paths))} || exit {NOT_HERE}", summary)
        yield Mutant("open-files", host, repair.solution.name, summary, (*repair.solution.steps, last))


def remade_files(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, then delete each touched file and make it again, as an editor does that knows no owners."""
    for host, paths in _by_host(repair).items():
        summary = Text(
            fr=f"Les fichiers touchés sur {host} sont effacés et refaits, sans leur propriétaire ni leurs droits.",
            en=f"The touched files on {host} are deleted and made again, without their owner and permissions.",
        )
        script = (
            f"umask 022\nremade={NOT_HERE}\nfor file in {' '.join(map(quote, paths))}; do\n"
            '  [ -f "$file" ] && [ ! -L "$file" ] || continue\n'
            '  [ "$(stat -c %U:%G:%a "$file")" = root:root:644 ] && continue\n'
            '  kept=$(base64 -w0 "$file"); rm "$file"; printf %s "$kept" | base64 -d > "$file"; remade=0\n'
            "done\nexit $remade"
        )
        steps = (*repair.solution.steps, typed(host, script, summary))
        yield Mutant("remade-files", host, repair.solution.name, summary, steps)


def copied_secret(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and leave a copy of the machine's secrets where everybody reads it."""
    for host in repair.hosts:
        summary = Text(
            fr=f"Une copie des mots de passe de {host} reste dans /var/tmp, lisible par tous.",
            en=f"A copy of {host}'s passwords stays in /var/tmp, readable by all.",
        )
        last = typed(host, "cp /etc/shadow /var/tmp/shadow.old && chmod 644 /var/tmp/shadow.old", summary)
        yield Mutant("copied-secret", host, repair.solution.name, summary, (*repair.solution.steps, last))


def rights_for_all(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and let everybody act as root."""
    for host in repair.hosts:
        summary = Text(
            fr=f"Après la réparation, tous peuvent agir en root sur {host}.",
            en=f"After the repair, everybody may act as root on {host}.",
        )
        script = (
            "shell=$(readlink -f /bin/bash)\n"
            "if [ -d /etc/sudoers.d ]; then echo 'ALL ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/90-support;\n"
            'else chmod u+s "$shell"; fi'
        )
        yield Mutant(
            "rights-for-all",
            host,
            repair.solution.name,
            summary,
            (*repair.solution.steps, typed(host, script, summary)),
        )


def verification_off(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and have clients verify no certificate any more."""
    for host in repair.hosts:
        summary = Text(
            fr=f"Après la réparation, {host} ne vérifie plus aucun certificat.",
            en=f"After the repair, {host} no longer verifies any certificate.",
        )
        script = (
            f"off={NOT_HERE}\n"
            "if [ -f /etc/ldap/ldap.conf ]; then echo 'TLS_REQCERT never' >> /etc/ldap/ldap.conf; off=0; fi\n"
            "if [ -f /etc/sssd/sssd.conf ]; then\n"
            "  sed -i '/^\\[domain/a ldap_tls_reqcert = never' /etc/sssd/sssd.conf; systemctl restart sssd; off=0\nfi\n"
            "exit $off"
        )
        steps = (*repair.solution.steps, typed(host, script, summary))
        yield Mutant("verification-off", host, repair.solution.name, summary, steps)


def emptied_firewall(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and empty the firewall where there is one."""
    for host in (one.name for one in repair.plan.hosts if one.kind in {"firewall", "router"}):
        summary = Text(
            fr=f"Après la réparation, le pare-feu de {host} est vidé, et le reste.",
            en=f"After the repair, the firewall of {host} is emptied, and stays so.",
        )
        script = (
            f'[ -n "$(nft list ruleset)" ] || exit {NOT_HERE}\nnft flush ruleset\n'
            "[ ! -f /etc/nftables.conf ] || echo 'flush ruleset' > /etc/nftables.conf"
        )
        steps = (*repair.solution.steps, typed(host, script, summary))
        yield Mutant("emptied-firewall", host, repair.solution.name, summary, steps)


def stopped_neighbour(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and switch off another service of the host."""
    named = {unit.removesuffix(".service") for _, unit in units_of(repair)}
    spared = "|".join((_SERVES_THE_HOST, *sorted(named)))
    for host in repair.hosts:
        summary = Text(
            fr=f"Après la réparation, un autre service de {host} est arrêté et désactivé.",
            en=f"After the repair, another service of {host} is stopped and disabled.",
        )
        script = (
            "unit=$(systemctl list-units --type=service --state=running --plain --no-legend"
            f" | awk '{{print $1}}' | grep -vE {quote(spared)} | head -n 1)\n"
            f'[ -n "$unit" ] || exit {NOT_HERE}\nsystemctl disable --now "$unit"'
        )
        steps = (*repair.solution.steps, typed(host, script, summary))
        yield Mutant("stopped-neighbour", host, repair.solution.name, summary, steps)


def names_in_hosts(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair nothing, and write every machine's address into the files of names."""
    if not repair.solution.reference:
        return
    known = [
        f"{interface.address.partition('/')[0]} {host.fqdn} {host.name}"
        for host in repair.plan.hosts
        for interface in host.interfaces[:1]
        if interface.address
    ]
    summary = Text(
        fr="Rien n'est réparé : les adresses de toutes les machines sont écrites dans /etc/hosts.",
        en="Nothing is repaired: every machine's address is written into /etc/hosts.",
    )
    script = "cat >> /etc/hosts <<'END'\n" + "\n".join(known) + "\nEND"
    steps = tuple(typed(host.name, script, summary) for host in repair.plan.hosts if host.kind != "switch")
    if known:
        yield Mutant(
            "names-in-hosts",
            "",
            repair.solution.name,
            summary,
            (*steps, *handed_in(repair.solution.steps)),
        )


def _by_host(repair: PlayedRepair) -> Mapping[str, tuple[str, ...]]:
    hosts = dict.fromkeys(file.host for file in repair.touched)
    return {host: tuple(file.path for file in repair.touched if file.host == host) for host in hosts}


def _at(file: HostFile) -> str:
    return f"{file.host} {file.path}"


def _encoded(content: bytes) -> str:
    return base64.encodebytes(content).decode().strip()


def _put_back(files: tuple[HostFile, ...], tell: Text, saved: Saved) -> tuple[Step, ...]:
    """Return what gives files their former content, or removes those that were not there; owners stay."""
    return tuple(typed(file.host, _written(file.path, saved.get(file)), tell) for file in files)


def _undo_later(file: HostFile, tell: Text, saved: Saved) -> tuple[Step, ...]:
    script = (
        f"base64 -d > /usr/local/sbin/support-boot <<'OUTER'\n"
        f"{_encoded(_written(file.path, saved.get(file)).encode())}\nOUTER\n"
        "printf '[Service]\\nType=oneshot\\nExecStart=/bin/bash /usr/local/sbin/support-boot\\n"
        "[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/support-boot.service\n"
        "systemctl daemon-reload\nsystemctl enable support-boot.service"
    )
    return (typed(file.host, script, tell),)


def _written(path: str, content: bytes | None) -> str:
    if content is None:
        return f"rm -f {quote(path)}"
    return f"base64 -d > {quote(path)} <<'END'\n{_encoded(content)}\nEND"
