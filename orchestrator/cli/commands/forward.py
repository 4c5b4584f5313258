"""``forward``: a port of a host, reachable from this machine only."""

from __future__ import annotations

import contextlib
import threading

import click

from orchestrator.access.port_forward import LOOPBACK, Forwarding
from orchestrator.cli import completing
from orchestrator.cli.click_classes import argument, command, lab_option, option
from orchestrator.cli.interventions import intervention_options, note_intervention
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.places import host_of, port_of
from orchestrator.cli.presence import working
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text

_SCHEMES = {80: "http", 8000: "http", 8080: "http", 443: "https", 8443: "https"}


@command(
    "forward",
    help=Text(
        fr="Rendre un port d'une machine du lab joignable d'ici : « breakfix forward web1:80 ».\n\n"
        "Seule cette machine-ci peut s'y connecter ; Ctrl-C termine.",
        en="Make a port of a host reachable from here: 'breakfix forward web1:80'.\n\n"
        "Only this machine can connect to it; Ctrl-C ends it.",
    ),
)
@argument("place", metavar=Text(fr="MACHINE:PORT", en="HOST:PORT"), shell_complete=completing.hosts)
@option(
    "--local",
    type=click.IntRange(1, 65535),
    metavar="N",
    help=Text(fr="Le port ici ; par défaut, un port libre.", en="The port here; by default a free one."),
)
@lab_option
@intervention_options
@pass_invocation
def forward_command(
    invocation: Invocation, place: str, local: int | None, lab: str | None, reason: str, *, intervene: bool
) -> None:
    """Forward a port until Ctrl-C."""
    host, port = port_of(place)
    instance, target = host_of(invocation, lab, host)
    note_intervention(invocation, instance, f"forward {place}", reason, intervene=intervene)
    forwarding = Forwarding(invocation.app.labs.running.fabric(), target, port, local=local or 0)
    address = f"{LOOPBACK}:{forwarding.local}"
    url = f"{_SCHEMES[port]}://{address}/" if port in _SCHEMES else address
    if invocation.json:
        invocation.output.document(
            {"host": host, "port": port, "address": LOOPBACK, "local": forwarding.local, "url": url}
        )
    else:
        invocation.output.print(f"{url}  →  {place}", style="key")
        invocation.output.note(Text(fr="Ctrl-C pour terminer.", en="Ctrl-C to end."), style="quiet")
    invocation.output.console.file.flush()
    with (
        contextlib.suppress(KeyboardInterrupt),
        contextlib.closing(forwarding),
        working(invocation, instance) as acts,
    ):
        forwarding.serve(_Troubles(invocation), acts)


class _Troubles:
    """Tells each reason once: a browser tries again and again."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, error: BreakfixError) -> None:
        text = error.text.in_(self._invocation.language)
        with self._lock:
            if text not in self._told:
                self._told.add(text)
                self._invocation.output.note(f"! {text}", style="warn")
