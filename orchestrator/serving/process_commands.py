"""The command lines and environments of labd, the keeper and the portal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from orchestrator.core.paths import home_folder
from orchestrator.model.serve_settings import RECORDINGS_DAYS, Limits, Pool
from orchestrator.serving.serve_folders import ServeFolders

DATABASE = "BREAKFIX_DATABASE"
"""By this variable labd is told of the store: a command line is readable for everybody on the machine."""
_PYTHON = ("-P", "-m")
_PASSED = ("PATH", "PYTHONPATH", "TZ", "LANG", "LANGUAGE", "LC_ALL")
"""What the portal has of our environment: no secret."""


def labd_command(
    folders: ServeFolders,
    content: Sequence[Path],
    limits: Limits,
    group: int | None = None,
    *,
    recordings_days: int = RECORDINGS_DAYS,
    pool: Pool | None = None,
) -> tuple[str, ...]:
    """Return labd's command line.

    Args:
        folders: where its sockets and recordings are.
        content: folders of content besides the built-in one.
        limits: what labs may take; what was not chosen is left to labd.
        group: who besides its owner may speak to it.
        recordings_days: days for which a recording is kept.
        pool: which labs stand ready; None: none.
    """
    more = tuple(word for folder in content for word in ("--content", str(folder)))
    if group is not None:
        more = (*more, "--socket-gid", str(group))
    more = (*more, *_limits(limits), *_pool(pool or Pool()))
    return (
        sys.executable, *_PYTHON, "orchestrator.labd",
        "--socket", str(folders.labd), "--keeper", str(folders.keeper), "--recordings", str(folders.recordings),
        "--recordings-days", str(recordings_days), *more,
    )  # fmt: skip


def _limits(limits: Limits) -> Iterator[str]:
    usual = Limits()
    for name in Limits.model_fields:
        chosen = getattr(limits, name)
        if chosen != getattr(usual, name):
            yield from (f"--{name.replace('_', '-')}", str(chosen))


def _pool(pool: Pool) -> Iterator[str]:
    usual = Pool()
    for scenario, count in pool.scenarios.items():
        yield from ("--pool", f"{scenario}={count}")
    for lab, count in pool.labs.items():
        yield from ("--pool-at", f"{lab}={count}")
    for name in ("by_use", "reserve", "renew_after"):
        chosen = getattr(pool, name)
        if chosen != getattr(usual, name):
            yield from (f"--pool-{name.replace('_', '-')}", str(chosen))


def keeper_command(folders: ServeFolders) -> tuple[str, ...]:
    """Return the keeper's command line, for a service of its own; in a terminal labd starts it."""
    return (
        sys.executable, *_PYTHON, "orchestrator.keeper",
        "--socket", str(folders.keeper), "--recordings", str(folders.recordings),
    )  # fmt: skip


def portal_command(
    folders: ServeFolders,
    descriptor: int,
    origins: Sequence[str],
    tls: tuple[str, str] | None,
    *,
    trust_proxy: bool,
    pages: str = "",
) -> tuple[str, ...]:
    """Return the portal's command line.

    Args:
        folders: where labd's socket is.
        descriptor: the number of the socket that listens.
        origins: what browsers send as the origin of its pages.
        tls: where it reads the certificate and the key.
        trust_proxy: whether the client's address is taken from a proxy's headers.
        pages: below which address labs' web pages have host names; empty: there are none.
    """
    more = tuple(word for origin in origins for word in ("--origin", origin))
    if tls is not None:
        more = (*more, "--tls-cert", tls[0], "--tls-key", tls[1])
    if pages:
        more = (*more, "--pages", pages)
    if trust_proxy:
        more = (*more, "--trust-proxy")
    return (
        sys.executable, *_PYTHON, "orchestrator.portal",
        "--labd", str(folders.labd), "--fd", str(descriptor), *more,
    )  # fmt: skip


def labd_environment(database: str | None, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return labd's environment: ours, for it reaches Docker and builds images as a command does."""
    found = {**environment, "PYTHONUNBUFFERED": "1"}
    if home := home_folder(environment):
        found["BREAKFIX_HOME"] = str(home.absolute())
    if database:
        found[DATABASE] = database
    return found


def portal_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the portal's environment, which has no secret in it."""
    kept = {name: environment[name] for name in _PASSED if name in environment}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
