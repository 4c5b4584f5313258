"""What is expected, in words: each pattern and type of the model as an author would say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from orchestrator.core.text import Text
from orchestrator.model import base, lab, serve_settings, session_plan
from orchestrator.model.image import Capability, DeviceFile
from orchestrator.model.referential import CompetenceCode
from orchestrator.model.scenario import VariableName


def _pattern(annotated: object) -> str:
    return str(get_args(annotated)[1].pattern)


_NAME = Text(
    fr="des minuscules, des chiffres et des traits d'union, une lettre d'abord, comme « small-office »",
    en='lower-case letters, digits and hyphens, a letter first, such as "small-office"',
)

_SUBNET = Text(
    fr="un sous-réseau IPv4 comme 192.168.10.0/24, bits d'hôte à zéro",
    en="an IPv4 subnet such as 192.168.10.0/24, host bits zero",
)
_ADDRESS = Text(fr="une adresse IPv4 comme 192.168.10.1", en="an IPv4 address such as 192.168.10.1")
_INTERFACE_ADDRESS = Text(
    fr="une adresse IPv4 comme 192.168.10.1, « dhcp » ou « none »",
    en='an IPv4 address such as 192.168.10.1, "dhcp" or "none"',
)

PATTERNS: Final[Mapping[str, Text]] = {
    _pattern(base.Slug): _NAME,
    _pattern(base.HostName): _NAME,
    _pattern(base.InterfaceName): Text(
        fr="un nom d'interface de 10 caractères au plus, comme « eth0 »",
        en='an interface name of at most 10 characters, such as "eth0"',
    ),
    _pattern(base.AbsolutePath): Text(
        fr="un chemin absolu, comme « /etc/hosts »", en='an absolute path, such as "/etc/hosts"'
    ),
    _pattern(base.FileMode): Text(
        fr='un mode octal entre guillemets, comme "0640"', en='an octal mode in quotes, such as "0640"'
    ),
    _pattern(base.AccountName): Text(
        fr="un nom d'utilisateur ou de groupe, comme « bind »",
        en='the name of a user or group, such as "bind"',
    ),
    _pattern(base.DomainName): Text(
        fr="un domaine DNS en minuscules, comme « atelier.example »",
        en='a DNS domain in lower case, such as "atelier.example"',
    ),
    lab.SUBNET_PATTERN: _SUBNET,
    lab.ADDRESS_PATTERN: _ADDRESS,
    lab.INTERFACE_ADDRESS_PATTERN: _INTERFACE_ADDRESS,
    _pattern(lab.Size): Text(fr="une taille comme 128M ou 1G", en="a size such as 128M or 1G"),
    _pattern(CompetenceCode): Text(
        fr='le code d\'une compétence entre guillemets, comme "1.3"',
        en='a competence code in quotes, such as "1.3"',
    ),
    _pattern(session_plan.CandidateNumber): Text(
        fr="un numéro en majuscules et chiffres, comme « C-07 »",
        en='a number of capitals and digits, such as "C-07"',
    ),
    _pattern(session_plan.ExtraTimeText): Text(
        fr="une fraction comme « 1/3 » ou des minutes comme « 20 min »",
        en='a fraction such as "1/3", or minutes such as "20 min"',
    ),
    _pattern(session_plan.CalendarDate): Text(
        fr='un jour entre guillemets, comme "2026-12-14"', en='a day in quotes, such as "2026-12-14"'
    ),
    _pattern(session_plan.Line): Text(
        fr="un texte d'une ligne, sans blanc au début ni à la fin",
        en="a text of one line, without blanks around it",
    ),
    _pattern(serve_settings.ListenText): Text(
        fr="une adresse et un port, comme 0.0.0.0:8443, ou unix:/chemin/de/la/socket",
        en="an address and a port, such as 0.0.0.0:8443, or unix:/path/of/the/socket",
    ),
    _pattern(serve_settings.SiteName): Text(
        fr="un nom ou une adresse, comme labs.ecole.example ou 192.168.1.10:8443",
        en="a name or an address, such as labs.school.example or 192.168.1.10:8443",
    ),
    _pattern(VariableName): Text(
        fr="des minuscules, des chiffres et des soulignés, une lettre d'abord, comme « new_user »",
        en='lower-case letters, digits and underscores, a letter first, such as "new_user"',
    ),
}
"""The meaning of every regular expression in the model."""

REASONS: Final[Mapping[tuple[str, ...], Text]] = {
    get_args(Capability): Text(
        fr="un stagiaire est root dans son hôte, et toute autre capacité mènerait au-delà",
        en="a trainee is root in a host, and any other capability would lead beyond it",
    ),
    get_args(DeviceFile): Text(
        fr="un stagiaire est root dans son hôte, et tout autre périphérique est celui de la machine",
        en="a trainee is root in a host, and any other device is the machine's",
    ),
}
"""Choices -> why there are no others, where that is not plain to see."""

TYPES: Final[Mapping[str, Text]] = {
    "string_type": Text(fr="un texte", en="a text"),
    "int_type": Text(fr="un nombre entier", en="a whole number"),
    "int_from_float": Text(fr="un nombre entier", en="a whole number"),
    "bool_type": Text(fr="true ou false", en="true or false"),
    "dict_type": Text(fr="des paires « clé: valeur »", en='"key: value" pairs'),
    "model_type": Text(fr="des paires « clé: valeur »", en='"key: value" pairs'),
    "model_attributes_type": Text(fr="des paires « clé: valeur »", en='"key: value" pairs'),
    "tuple_type": Text(fr="une liste", en="a list"),
    "dataclass_type": Text(
        fr="un texte dans les deux langues, {fr: …, en: …}", en="a text in both languages, {fr: …, en: …}"
    ),
    "int_parsing": Text(fr="un nombre entier", en="a whole number"),
    "float_type": Text(fr="un nombre", en="a number"),
    "float_parsing": Text(fr="un nombre", en="a number"),
    "bool_parsing": Text(fr="true ou false", en="true or false"),
    "size": Text(fr="une taille d'au plus 1024G, comme 128M ou 1G", en="a size of at most 1024G, such as 128M or 1G"),
    "disk_size": Text(
        fr="une taille de disque d'au moins 64M, comme 512M ou 1G",
        en="the size of a disk of at least 64M, such as 512M or 1G",
    ),
    "ipv4_subnet": _SUBNET,
    "ipv4_address": _ADDRESS,
    "ipv4_interface": _INTERFACE_ADDRESS,
}
"""What each of pydantic's type errors, and each of the model's own, expects."""


def found(value: object, raw: str) -> Text:
    """Return what was found instead, in words."""
    if value is None:
        return Text(fr="rien", en="nothing")
    if isinstance(value, bool):
        return Text(fr=f"le booléen {raw}", en=f"the boolean {raw}")
    if isinstance(value, int | float):
        return Text(fr=f"le nombre {raw}", en=f"the number {raw}")
    if isinstance(value, str):
        short = value if len(value) <= _SHORT else f"{value[:_SHORT]}…"
        return Text(fr=f"« {short} »", en=f'"{short}"')
    if isinstance(value, list):
        return Text(fr="une liste", en="a list")
    return Text(fr="des paires « clé: valeur »", en='"key: value" pairs')


_SHORT: Final = 60
