"""The settings of a machine that serves the portal: one TOML file of its administrator's."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from orchestrator.core.text import Text
from orchestrator.model.base import AbsolutePath, ContractDocument, Document, Slug
from orchestrator.model.lab import Size

ListenText = Annotated[
    str, StringConstraints(pattern=r"^((\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}|unix:/.+)$", max_length=200)
]
"""Where the portal listens: a host or address with a port, or the path of a Unix socket."""

SiteName = Annotated[
    str,
    StringConstraints(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:[0-9]{1,5})?$"),
]
"""A name or address by which browsers reach the portal, with a port where it is not the one that is listened on."""

PagesName = Annotated[
    str,
    StringConstraints(pattern=r"^\*(\.[a-z0-9-]+)+(:[0-9]{1,5})?$", max_length=200),
    Text(fr="« *. » et un domaine", en="`*.` and a domain"),
]
"""A domain below which every name leads to the portal, such as ``*.labs-pages.example``."""

DEFAULT_LISTEN = "127.0.0.1:8443"
RECORDINGS_DAYS = 90
"""Days for which a recording of a terminal is kept: a term of a course, in which one looks at one's work again."""


PoolCount = Annotated[int, Field(ge=0, le=100)]
"""How many labs of one scenario, or at one lab, stand ready."""


DatabaseText = Annotated[
    str, StringConstraints(min_length=1), Text(fr="l'adresse d'une base", en="a database's address")
]
"""The address of a database, as ``--database`` takes it."""


class CertificateFiles(Document):
    """A certificate from your own authority, as PEM files."""

    cert: AbsolutePath = Field(description="The certificate, followed by those between it and the authority.")
    key: AbsolutePath = Field(description="Its private key, without a password; only root needs to read it.")


class Limits(Document):
    """What labs may take of this machine, and people and classes of them; juries and the command line go beyond it."""

    labs_per_person: int = Field(
        2,
        ge=1,
        le=50,
        description="How many labs somebody may have at once; what a trainer launches for a class is always given.",
    )
    labs: int | None = Field(
        None,
        ge=1,
        le=2000,
        description="How many labs may run on the machine at once, frozen ones among them; others wait. By default as "
        "many as memory allows",
    )
    memory: Size | None = Field(
        None,
        description="How much memory all labs may take together, such as `24G`; a lab counts with the limits of its "
        "hosts. By default what the machine has, less an eighth, at least 2 GiB",
    )
    memory_per_person: Size | None = Field(
        None,
        description="How much memory the labs of one person may take together, such as `2G`. By default as much as "
        "`labs_per_person` comes to; what a trainer launches for a class is always given.",
    )
    labs_per_class: int | None = Field(
        None,
        ge=1,
        le=500,
        description="How many labs that were launched for a class may be there at once; the others of that class "
        "wait, and keep nobody else waiting. By default all of them",
    )
    memory_per_class: Size | None = Field(
        None,
        description="How much memory the labs that were launched for a class may take together, such as `12G`; the "
        "others of that class wait. By default as much as there is",
    )
    processors_per_host: float | None = Field(
        None,
        ge=0.05,
        le=64,
        description="How many processors each host of a lab may keep busy once the lab has started, such as `0.5`. By "
        "default as many as others leave; each host then has its share",
    )
    starts_at_once: int = Field(
        2, ge=1, le=16, description="How many labs start at once: each takes a processor for most of a minute."
    )
    freeze_after: int = Field(
        60,
        ge=0,
        le=10_080,
        description="After how many minutes a lab is frozen in which nobody does anything; 0: never.",
    )
    save_after: int = Field(
        24,
        ge=0,
        le=8760,
        description="After how many hours a frozen lab is saved: its machines are switched off, its files and cables "
        "are kept, its memory is free; 0: never.",
    )


class Pool(Document):
    """Labs that stand ready, frozen, so that whoever starts one gets it within a second; by default none."""

    scenarios: dict[Slug, PoolCount] = Field(
        default_factory=dict, description="How many labs of each scenario stand ready, by the scenario's id."
    )
    labs: dict[Slug, PoolCount] = Field(
        default_factory=dict,
        description="How many labs stand ready besides at each lab, by the lab's name: of its proven scenarios, those "
        "that trainees have started most in the last four weeks first.",
    )
    by_use: int = Field(
        0,
        ge=0,
        le=100,
        description="How many labs stand ready besides, of the scenarios that trainees have started most in the last "
        "four weeks.",
    )
    reserve: Size | None = Field(
        None,
        description="How much memory stays free of labs that stand ready, such as `4G`: of what labs may take, and of "
        "what the machine has. By default an eighth of what labs may take",
    )
    renew_after: int = Field(
        8, ge=1, le=168, description="After how many hours a lab that nobody has claimed is replaced by a new one."
    )


_GIB = 1 << 30
_LEAST_SPARED = 2 * _GIB
"""Bytes that are left to the machine at least: Docker, labd, keeper and portal, a build of images, a store."""
_SPARED_PART = 8
"""To a larger machine this part of its memory is left."""


def usual_memory(machine: int) -> int:
    """Return the bytes that labs may take of a machine's where nobody has said it: never all, but at least half."""
    return max(machine - max(_LEAST_SPARED, machine // _SPARED_PART), machine // 2)


class ServeSettings(ContractDocument):
    """How this machine serves the portal; an option of `serve` counts more than what stands here."""

    listen: ListenText = Field(
        DEFAULT_LISTEN,
        description="Where the portal listens: `0.0.0.0:8443` for a whole school, `unix:/run/…` for a reverse proxy.",
    )
    names: tuple[SiteName, ...] = Field(
        (),
        description="The names and addresses that people type, the most usual one first; the certificate bears them, "
        "and requests under another name are refused. By default what the machine is called",
    )
    pages: PagesName | None = Field(
        None,
        description="The domain below which labs' web pages have names, such as `*.labs-pages.example`: all of them "
        "lead to the portal, and the certificate is for them too. It has to be another domain than the portal's. By "
        "default `*.localhost` for this machine only, else no web pages",
    )
    behind_proxy: bool = Field(
        False,
        description="Whether a reverse proxy on this machine speaks TLS: plain HTTP on a loopback address or a Unix "
        "socket, and the client's address is taken from the proxy's headers",
    )
    tls: CertificateFiles | None = Field(
        None,
        description="A certificate of your own; by default one is made where the address is not a loopback one.",
    )
    limits: Limits | None = Field(None, description="How labs share this machine; by default as said below.")
    pool: Pool | None = Field(None, description="Which labs stand ready for whoever starts one; by default none.")
    database: DatabaseText | None = Field(
        None,
        description="The database of people and results, as `--database` takes it; by default a SQLite file",
    )
    recordings_days: int = Field(
        RECORDINGS_DAYS,
        ge=1,
        le=3650,
        description="Days for which a recording of a terminal is kept after its end; then it is removed, by labd.",
    )
    content: tuple[AbsolutePath, ...] = Field((), description="Folders of content besides what comes with Breakfix.")
