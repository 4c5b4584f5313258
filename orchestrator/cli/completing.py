"""What the shell offers after Tab: scenarios, running labs, hosts and cables. Trouble offers nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from orchestrator.cli.invocation import Invocation

if TYPE_CHECKING:
    from orchestrator.instances.instance import Instance


def scenarios(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids of scenarios."""
    with contextlib.suppress(Exception):
        return _beginning(context.ensure_object(Invocation).app.content.scenarios(), incomplete)
    return []


def content(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str] | list[CompletionItem]:
    """Return the ids of scenarios; paths once the word looks like one."""
    if incomplete.startswith((".", "/", "~")) or "/" in incomplete:
        return [CompletionItem(incomplete, type="file")]
    return scenarios(context, parameter, incomplete) or [CompletionItem(incomplete, type="file")]


def images(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of images."""
    with contextlib.suppress(Exception):
        return _beginning(context.ensure_object(Invocation).app.content.images(), incomplete)
    return []


def content_labs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of the labs that can be started."""
    with contextlib.suppress(Exception):
        return _beginning(context.ensure_object(Invocation).app.content.labs(), incomplete)
    return []


def faults(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of faults."""
    with contextlib.suppress(Exception):
        from orchestrator.faults.discovery import read

        return _beginning(read(context.ensure_object(Invocation).app.content.roots).faults, incomplete)
    return []


def all_labs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of the labs that can be started, and of running ones."""
    return sorted({*content_labs(context, parameter, incomplete), *labs(context, parameter, incomplete)})


def labs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of running labs."""
    return _beginning((instance.name for instance in _instances(context)), incomplete)


def hosts(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of hosts of the named lab, or of all running ones."""
    wanted = context.params.get("lab")
    found = [h.name for i in _instances(context) if wanted in {None, i.name} for h in i.hosts]
    return _beginning(sorted(set(found)), incomplete)


def _instances(context: click.Context) -> tuple[Instance, ...]:
    with contextlib.suppress(Exception):
        return context.ensure_object(Invocation).app.labs.running.all()
    return ()


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
