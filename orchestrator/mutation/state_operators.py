"""Mutation operators that spoil the state of the lab that a repair leaves: its files, its rights, what is around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from shlex import quote
from typing import Final

from orchestrator.core.text import Text
from orchestrator.model.scenario import Step
from orchestrator.mutation.mutant import (
    NOT_HERE,
    HostFile,
    Mutant,
    PlayedRepair,
    Saved,
    handed_in,
    repaired_then,
    typed,
    written,
)
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
    yield Mutant("running-only", "", repair.solution.name, summary, steps, repair.touched, then, omits=True)


def open_files(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and open what was touched to everybody."""
    for host, paths in _by_host(repair).items():
        summary = Text(
            fr=f"Après la réparation, tous peuvent écrire dans ce qu'elle a touché sur {host}.",
            en=f"After the repair, everybody may write to what it touched on {host}.",
        )
        script = f"chmod 777 {' '.join(map(quote, paths))} || exit {NOT_HERE}"
        yield repaired_then(repair, "open-files", host, script, summary)


def remade_files(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, then delete each touched file and make it again, as an editor does that knows no owners.

    Where the sound lab's file is root's with mode 0644 already, nothing is amiss: an owner is only left out.
    """
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
        yield replace(repaired_then(repair, "remade-files", host, script, summary), omits=True)


def copied_secret(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and leave a copy of the machine's secrets where everybody reads it."""
    for host in repair.hosts:
        summary = Text(
            fr=f"Une copie des mots de passe de {host} reste dans /var/tmp, lisible par tous.",
            en=f"A copy of {host}'s passwords stays in /var/tmp, readable by all.",
        )
        script = "cp /etc/shadow /var/tmp/shadow.old && chmod 644 /var/tmp/shadow.old"
        yield repaired_then(repair, "copied-secret", host, script, summary)


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
        yield repaired_then(repair, "rights-for-all", host, script, summary)


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
        yield repaired_then(repair, "emptied-firewall", host, script, summary)


def static_address(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and write down the address that the DHCP server has just given."""
    for host in repair.plan.hosts:
        for interface in (one.name for one in host.interfaces if one.dhcp):
            summary = Text(
                fr=f"Après la réparation, l'adresse de {host.name} est écrite dans un fichier, et plus demandée.",
                en=f"After the repair, the address of {host.name} is written into its file, and asked for no more.",
            )
            script = (
                f"address=$(ip -4 -o addr show dev {interface} scope global | awk '{{print $4; exit}}')\n"
                f"gateway=$(ip -4 route show default dev {interface} | awk '{{print $3; exit}}')\n"
                f'[ -n "$address" ] && grep -qs "iface {interface} inet dhcp" /etc/network/interfaces '
                f"|| exit {NOT_HERE}\n"
                f'sed -i "s|iface {interface} inet dhcp|iface {interface} inet static\\n    address $address\\n'
                '    gateway $gateway|" /etc/network/interfaces'
            )
            yield repaired_then(repair, "static-address", host.name, script, summary)


def cut_off_neighbour(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and leave a route that leads to another host no more."""
    for host in repair.hosts:
        others = [
            interface.address.partition("/")[0]
            for other in repair.plan.hosts
            for interface in other.interfaces
            if other.name != host and interface.address and other.name not in repair.hosts
        ]
        for address in others[:1]:
            summary = Text(
                fr=f"Après la réparation, {host} n'envoie plus rien à {address}.",
                en=f"After the repair, {host} sends nothing to {address} any more.",
            )
            yield repaired_then(repair, "cut-off-neighbour", host, f"ip route add blackhole {address}", summary)


def stopped_neighbour(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and switch off another service of the host: one that starts by itself at boot."""
    named = {unit.removesuffix(".service") for _, unit in units_of(repair)}
    spared = "|".join((_SERVES_THE_HOST, *sorted(named)))
    for host in repair.hosts:
        summary = Text(
            fr=f"Après la réparation, un autre service de {host} est arrêté et désactivé.",
            en=f"After the repair, another service of {host} is stopped and disabled.",
        )
        script = (
            "unit=$(systemctl list-units --type=service --state=running --plain --no-legend"
            f" | awk '{{print $1}}' | grep -vE {quote(spared)} | while read -r one; do\n"
            '  [ "$(systemctl is-enabled "$one")" != enabled ] || echo "$one"\ndone | head -n 1)\n'
            f'[ -n "$unit" ] || exit {NOT_HERE}\nsystemctl disable --now "$unit"'
        )
        yield repaired_then(repair, "stopped-neighbour", host, script, summary)


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


def _put_back(files: tuple[HostFile, ...], tell: Text, saved: Saved) -> tuple[Step, ...]:
    """Return what gives files their former content, or removes those that were not there; owners stay."""
    return tuple(typed(file.host, written(file.path, saved.get(file)), tell) for file in files)
