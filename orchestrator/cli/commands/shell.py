"""``shell``: a terminal on a host, as on its console, or over SSH as a user."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import click

from orchestrator.access import terminal
from orchestrator.cli.click_classes import command, host_argument, lab_option, option
from orchestrator.cli.interventions import intervention_options, note_intervention
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.places import host_of
from orchestrator.cli.presence import TypedKeys, working
from orchestrator.core.elision import de
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.instances.instance import Instance
from orchestrator.model.image import Device


@command(
    "shell",
    help=Text(
        fr="Ouvrir un terminal sur une machine : en root, comme à sa console.\n\n"
        "Sur un équipement réseau, c'est sa propre ligne de commande, par SSH.",
        en="Open a terminal on a host: as root, as at its console.\n\n"
        "On a network device it is the device's own command line, over SSH.",
    ),
)
@host_argument
@option(
    "--user",
    metavar=Text(fr="COMPTE", en="USER"),
    help=Text(fr="Se connecter par SSH avec ce compte.", en="Log in over SSH as this user."),
)
@option(
    "--root",
    "as_root",
    is_flag=True,
    help=Text(fr="Le shell de root, même sur un équipement réseau.", en="Root's shell, on a network device too."),
)
@lab_option
@intervention_options
@pass_invocation
def shell_command(
    invocation: Invocation,
    host: str,
    user: str | None,
    lab: str | None,
    reason: str,
    *,
    as_root: bool,
    intervene: bool,
) -> None:
    """Open a terminal."""
    instance, target = host_of(invocation, lab, host)
    note_intervention(invocation, instance, f"shell {host}", reason, intervene=intervene)
    device = None if as_root or user else _device(invocation, instance, host)
    password = ""
    if user is not None:
        asked = localized(Text(fr=f"Mot de passe {de(user)} : ", en=f"Password of {user}: "))
        password = click.prompt(asked, prompt_suffix="", hide_input=True, err=True)
    with working(invocation, instance) as acts:
        keys = TypedKeys(acts)
        if user is not None:
            _ssh(invocation, target, user, password, keys)
        elif device is not None:
            _ssh(invocation, target, device.user, device.password, keys)
        else:
            _console(invocation, target, keys)


def _device(invocation: Invocation, instance: Instance, host: str) -> Device | None:
    """Return how to log in where the host is a network device; unknown content makes it a plain host."""
    try:
        running = invocation.app.labs.running.planned(instance.name)
    except BreakfixError:
        return None
    image = next((h.image for h in running.plan.hosts if h.name == host), None)
    return running.images[image].device if image else None


def _console(invocation: Invocation, target: HostRef, keys: TypedKeys) -> None:
    remote = console(invocation, target)
    _tell_way_out(invocation, Text(fr=f"root sur {target.host}", en=f"root on {target.host}"))
    terminal.attach(remote, tap=keys)


def console(invocation: Invocation, target: HostRef) -> terminal.MasterRemote:
    """Return root's shell on a host, as at its console."""
    rows, columns = terminal.size()
    fabric = invocation.app.labs.running.fabric()
    return terminal.MasterRemote(fabric.terminal(target, terminal.ROOT_SHELL, rows=rows, columns=columns))


@contextlib.contextmanager
def over_ssh(invocation: Invocation, target: HostRef, user: str, password: str) -> Iterator[terminal.ChannelRemote]:
    """Give a user's shell on a host, or a device's command line, over SSH."""
    from orchestrator.access.ssh import login, open_shell

    rows, columns = terminal.size()
    with login(invocation.app.labs.running.fabric(), target, user, password) as transport:
        kind = os.environ.get("TERM", "xterm-256color")
        yield terminal.ChannelRemote(open_shell(transport, terminal=kind, rows=rows, columns=columns))


def _ssh(invocation: Invocation, target: HostRef, user: str, password: str, keys: TypedKeys) -> None:
    with over_ssh(invocation, target, user, password) as remote:
        _tell_way_out(
            invocation, Text(fr=f"{user} sur {target.host}, par SSH", en=f"{user} on {target.host}, over SSH")
        )
        terminal.attach(remote, tap=keys)


def _tell_way_out(invocation: Invocation, who: Text) -> None:
    if invocation.output.errors.is_terminal:
        way_out = localized(Text(fr="pour quitter : « exit » ou Ctrl-D", en="to leave: 'exit' or Ctrl-D"))
        between = " ; " if invocation.language == "fr" else "; "
        invocation.output.note(f"{localized(who)}{between}{way_out}", style="quiet")
