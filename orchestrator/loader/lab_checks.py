"""Does a lab hold together? One small function per question; each yields every problem that it finds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import combinations
from pathlib import Path
from typing import Final

from orchestrator.core.errors import Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.files import problem
from orchestrator.loader.folder_reader import folder_name
from orchestrator.loader.yaml_source import KeyPath, YamlSource
from orchestrator.model.lab import ALL_HOSTS, Interface, LabDocument, LabFile
from orchestrator.planning.host_files import GENERATED


@dataclass(frozen=True)
class LabFolder:
    """What the checks look at."""

    document: LabDocument
    source: YamlSource
    folder: Path
    files: tuple[LabFile, ...]
    images: Collection[str]

    def interfaces(self) -> Iterator[tuple[KeyPath, Interface]]:
        """Yield each interface of each host with its path in ``lab.yaml``."""
        for host, settings in self.document.hosts.items():
            for name, interface in settings.interfaces.items():
                yield ("hosts", host, "interfaces", name), interface

    def problem(self, path: KeyPath, text: Text, *, key: bool = False) -> Problem:
        """Return a problem at a value of ``lab.yaml``, or at its key."""
        return Problem(self.source.place(path, key=key), text)


def _name_is_the_folder(lab: LabFolder) -> Iterable[Problem]:
    return folder_name(lab.folder, lab.document.name, lab.source, "name")


def _segments_exist(lab: LabFolder) -> Iterable[Problem]:
    for path, interface in lab.interfaces():
        name = interface.segment
        if name not in lab.document.segments:
            text = Text(fr=f"le lab n'a pas de segment « {name} »", en=f'the lab has no segment "{name}"')
            yield lab.problem((*path, "segment"), with_suggestion(text, name, lab.document.segments))


def _extended_segments_have_a_subnet(lab: LabFolder) -> Iterable[Problem]:
    segments = lab.document.segments
    for name, segment in segments.items():
        path, other = ("segments", name, "extends"), segment.extends
        if other is None:
            continue
        if other not in segments:
            text = Text(fr=f"le lab n'a pas de segment « {other} »", en=f'the lab has no segment "{other}"')
            yield lab.problem(path, with_suggestion(text, other, segments))
        elif segments[other].subnet is None:
            yield lab.problem(
                path,
                Text(
                    fr=f"le segment « {other} » n'a pas de « subnet » ; nommez celui du VLAN qui en a un",
                    en=f'the segment "{other}" has no "subnet"; name the one of the VLAN that has',
                ),
            )
        elif segment.subnet is not None:
            yield lab.problem(
                ("segments", name, "subnet"),
                Text(
                    fr=f"le sous-réseau est celui du segment « {other} », que celui-ci prolonge ; ôtez cette ligne",
                    en=f'the subnet is that of the segment "{other}", which this one extends; remove this line',
                ),
            )


def _addresses_have_a_subnet(lab: LabFolder) -> Iterable[Problem]:
    networks = lab.document.networks
    for path, interface in lab.interfaces():
        segment = lab.document.segments.get(interface.segment)
        if interface.address != "none" and segment and not segment.extends and interface.segment not in networks:
            yield lab.problem(
                (*path, "address"),
                Text(
                    fr=f"le segment « {interface.segment} » n'a ni « subnet » ni « extends » : seul « none » y va",
                    en=f'the segment "{interface.segment}" has neither "subnet" nor "extends": only "none" fits',
                ),
            )


def _images_exist(lab: LabFolder) -> Iterable[Problem]:
    for host, settings in lab.document.hosts.items():
        if settings.image not in lab.images:
            text = Text(fr=f"image inconnue « {settings.image} »", en=f'unknown image "{settings.image}"')
            yield lab.problem(("hosts", host, "image"), with_suggestion(text, settings.image, lab.images))


def _addresses_fit_their_subnet(lab: LabFolder) -> Iterable[Problem]:
    for path, interface in lab.interfaces():
        name, address = interface.segment, interface.fixed
        network = lab.document.networks.get(name)
        if network is None or address is None:
            continue
        if address not in network:
            yield lab.problem(
                (*path, "address"),
                Text(
                    fr=f"{address} n'est pas dans {network}, le sous-réseau du segment « {name} »",
                    en=f'{address} is not in {network}, the subnet of the segment "{name}"',
                ),
            )
        elif address in {network.network_address, network.broadcast_address}:
            yield lab.problem(
                (*path, "address"),
                Text(
                    fr=f"{address} est l'adresse du réseau {network} ou de diffusion ; prenez-en une d'hôte",
                    en=f"{address} is the network or broadcast address of {network}; take a host's",
                ),
            )


def _addresses_are_unique(lab: LabFolder) -> Iterable[Problem]:
    taken: dict[tuple[str, IPv4Address], KeyPath] = {}
    for path, interface in lab.interfaces():
        if interface.fixed is None:
            continue
        first = taken.setdefault((lab.document.domain_of(interface.segment), interface.fixed), path)
        if first != path:
            host, line = first[1], lab.source.place((*first, "address")).line
            yield lab.problem(
                (*path, "address"),
                Text(
                    fr=f"{interface.fixed} est déjà l'adresse de « {host} » (ligne {line}) sur ce segment",
                    en=f'{interface.fixed} is already the address of "{host}" (line {line}) on this segment',
                ),
            )


def _gateways_are_reachable(lab: LabFolder) -> Iterable[Problem]:
    for host, settings in lab.document.hosts.items():
        if settings.gateway is None:
            continue
        fixed = [i.segment for i in settings.interfaces.values() if i.fixed]
        networks = [network for name, network in lab.document.networks.items() if name in fixed]
        if not any(IPv4Address(settings.gateway) in network for network in networks):
            reached = ", ".join(map(str, networks))
            yield lab.problem(
                ("hosts", host, "gateway"),
                Text(
                    fr=f"{settings.gateway} n'est dans aucun sous-réseau où l'hôte a une adresse fixe "
                    f"({reached or 'il n’en a pas'})",
                    en=f"{settings.gateway} is in no subnet where the host has a fixed address "
                    f"({reached or 'it has none'})",
                ),
            )


def _ready_hosts_exist(lab: LabFolder) -> Iterable[Problem]:
    for i, condition in enumerate(lab.document.ready):
        if condition.host not in lab.document.hosts:
            text = _no_host(condition.host)
            yield lab.problem(("ready", i, "host"), with_suggestion(text, condition.host, lab.document.hosts))


def _subnets_are_disjoint(lab: LabFolder) -> Iterable[Problem]:
    own = [(name, net) for name, net in lab.document.networks.items() if lab.document.segments[name].extends is None]
    for (one, first), (other, second) in combinations(own, 2):
        if first.overlaps(second):
            yield lab.problem(
                ("segments", other, "subnet"),
                Text(
                    fr=f"{second} recouvre {first}, le sous-réseau du segment « {one} »",
                    en=f'{second} overlaps {first}, the subnet of the segment "{one}"',
                ),
            )


def _file_folders_are_hosts(lab: LabFolder) -> Iterable[Problem]:
    known = (*lab.document.hosts, ALL_HOSTS)
    for name in dict.fromkeys(file.host for file in lab.files):
        path = lab.folder / "files" / name
        if path.is_file():
            yield problem(
                path,
                "un fichier à placer va dans files/<hôte>/, ou dans files/_all/ pour tous les hôtes",
                "a file to place goes below files/<host>/, or below files/_all/ for every host",
            )
        elif name not in known:
            text = with_suggestion(_no_host(name), name, known)
            yield problem(path, text.fr, text.en)


def _file_settings_have_a_file(lab: LabFolder) -> Iterable[Problem]:
    for host, settings in lab.document.hosts.items():
        placed = [file.path for file in lab.files if file.host in {host, ALL_HOSTS}]
        for path in settings.files:
            if path not in placed and path not in GENERATED:
                text = Text(
                    fr=f"aucun fichier n'est placé en {path} : créez files/{host}{path}",
                    en=f"no file is placed at {path}: create files/{host}{path}",
                )
                yield lab.problem(("hosts", host, "files", path), with_suggestion(text, path, placed), key=True)


def _no_host(name: str) -> Text:
    return Text(fr=f"le lab n'a pas d'hôte « {name} »", en=f'the lab has no host "{name}"')


CHECKS: Final[tuple[Callable[[LabFolder], Iterable[Problem]], ...]] = (
    _name_is_the_folder,
    _segments_exist,
    _extended_segments_have_a_subnet,
    _addresses_have_a_subnet,
    _images_exist,
    _addresses_fit_their_subnet,
    _addresses_are_unique,
    _gateways_are_reachable,
    _ready_hosts_exist,
    _subnets_are_disjoint,
    _file_folders_are_hosts,
    _file_settings_have_a_file,
)
"""Every question asked of a lab."""
