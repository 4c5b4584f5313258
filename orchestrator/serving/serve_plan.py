"""How the portal is served this time: the options, the settings file and the machine put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.model.serve_settings import RECORDINGS_DAYS, Limits, Pool, ServeSettings
from orchestrator.serving.listen_address import ListenAddress, host_of, origins
from orchestrator.serving.pages_domain import require_another_site


@dataclass(frozen=True)
class ServeOptions:
    """What the command line names; what it leaves out is None or empty, and the settings file counts."""

    listen: str | None = None
    names: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    database: str | None = None
    content: tuple[Path, ...] = ()


@dataclass(frozen=True)
class TlsPair:
    """A certificate and its private key, as PEM files."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class ServePlan:
    """How the portal is served.

    Attributes:
        listen: where it listens.
        given: the names and addresses that an administrator chose.
        names: by which names and addresses browsers reach it, the most usual one first.
        tls: a certificate from elsewhere; None: see ``self_made``.
        self_made: whether the certificate is made here.
        behind_proxy: whether a reverse proxy speaks TLS.
        database: the store's address; None: as on the command line.
        content: folders of content besides the built-in one.
        recordings_days: days for which a recording of a terminal is kept.
        limits: what labs may take.
        pool: which labs stand ready.
        pages_name: the domain of labs' web pages, as ``*.DOMAIN``, with a port or without; empty: the usual one.
    """

    listen: ListenAddress
    given: tuple[str, ...]
    names: tuple[str, ...]
    tls: TlsPair | None
    self_made: bool
    behind_proxy: bool
    database: str | None
    content: tuple[Path, ...]
    recordings_days: int = RECORDINGS_DAYS
    limits: Limits = field(default_factory=Limits)
    pool: Pool = field(default_factory=Pool)
    pages_name: str = ""

    @property
    def encrypted(self) -> bool:
        """Return whether the portal itself speaks TLS."""
        return self.tls is not None or self.self_made

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the names without ports, for the certificate."""
        return tuple(dict.fromkeys(host_of(name) for name in (*self.names, self.pages_name) if name))

    def origins(self, port: int) -> tuple[str, ...]:
        """Return the origins that browsers send, given the port that is listened on."""
        if self.behind_proxy:
            return origins(self.names, "https", 443)
        return origins(self.names, "https" if self.encrypted else "http", port)

    def pages(self, port: int) -> str:
        """Return the address below which labs' web pages have names, given the port; empty: there are none."""
        if self.pages_name:
            secure = self.behind_proxy or self.encrypted
            default = 443 if self.behind_proxy else port
            return origins([self.pages_name.removeprefix("*.")], "https" if secure else "http", default)[0]
        alone = self.listen.only_this_machine and not self.behind_proxy and not self.encrypted
        return origins(["localhost"], "http", port)[0] if alone else ""


def plan_of(options: ServeOptions, settings: ServeSettings) -> ServePlan:
    """Return how to serve; an option counts more than the settings.

    Raises:
        UsageError: what is asked for does not fit together, or would send passwords in clear text.
    """
    listen = ListenAddress.parse(options.listen or settings.listen)
    behind_proxy = options.behind_proxy or settings.behind_proxy
    tls = _tls(options, settings)
    if options.behind_proxy and options.tls_cert is None:
        tls = None  # the option counts more than the file's certificate
    names = options.names or settings.names
    shown = tuple(names) or listen.names()
    if settings.pages:
        require_another_site(settings.pages, [host_of(name) for name in shown])
    if behind_proxy:
        _require_proxy_fits(listen, names, tls)
    elif listen.path is not None:
        raise UsageError(
            Text(
                fr="Une socket Unix ne sert qu'à un mandataire inverse : un navigateur ne s'y connecte pas.",
                en="A Unix socket is of use to a reverse proxy only: no browser connects to it.",
            ),
            Text(fr="Ajoutez --behind-proxy et --name NOM.", en="Add --behind-proxy and --name NAME."),
        )
    return ServePlan(
        listen=listen,
        given=tuple(names),
        names=shown,
        tls=tls,
        self_made=tls is None and not behind_proxy and not listen.only_this_machine,
        behind_proxy=behind_proxy,
        database=options.database or settings.database,
        content=tuple(dict.fromkeys((*options.content, *map(Path, settings.content)))),
        recordings_days=settings.recordings_days,
        limits=settings.limits or Limits(),
        pool=settings.pool or Pool(),
        pages_name=settings.pages or "",
    )


def _tls(options: ServeOptions, settings: ServeSettings) -> TlsPair | None:
    if (options.tls_cert is None) != (options.tls_key is None):
        given, missing = ("--tls-cert", "--tls-key") if options.tls_cert else ("--tls-key", "--tls-cert")
        raise UsageError(
            Text(fr=f"{given} ne va pas sans {missing}.", en=f"{given} needs {missing} beside it."),
            Text(
                fr="Donnez le certificat et sa clé ; sans eux, Breakfix fait un certificat.",
                en="Give the certificate and its key; without them Breakfix makes a certificate.",
            ),
        )
    if options.tls_cert and options.tls_key:
        return TlsPair(options.tls_cert.resolve(), options.tls_key.resolve())
    return TlsPair(Path(settings.tls.cert), Path(settings.tls.key)) if settings.tls else None


def _require_proxy_fits(listen: ListenAddress, names: Sequence[str], tls: TlsPair | None) -> None:
    if tls is not None:
        raise UsageError(
            Text(
                fr="Derrière un mandataire, c'est lui qui parle TLS : le certificat se donne au mandataire.",
                en="Behind a proxy it is the proxy that speaks TLS: the certificate is the proxy's to hold.",
            ),
            Text(
                fr="Retirez --behind-proxy, ou --tls-cert et --tls-key.",
                en="Leave out --behind-proxy, or --tls-cert and --tls-key.",
            ),
        )
    if not listen.only_this_machine:
        raise UsageError(
            Text(
                fr=f"Sur {listen}, des mots de passe passeraient en clair sur le réseau : HTTP sans TLS n'est "
                "accepté que sur cette machine.",
                en=f"At {listen}, passwords would cross the network in clear text: HTTP without TLS is accepted on "
                "this machine only.",
            ),
            Text(
                fr="Donnez --listen 127.0.0.1:8443 (ou unix:/chemin), ou retirez --behind-proxy.",
                en="Give --listen 127.0.0.1:8443 (or unix:/path), or leave out --behind-proxy.",
            ),
        )
    if not names:
        raise UsageError(
            Text(
                fr="Derrière un mandataire, Breakfix ne sait pas sous quel nom on l'appelle.",
                en="Behind a proxy Breakfix does not know by which name it is called.",
            ),
            Text(
                fr="Ajoutez --name labs.ecole.example (celui de l'adresse https://…).",
                en="Add --name labs.school.example (the one in the address https://…).",
            ),
        )
