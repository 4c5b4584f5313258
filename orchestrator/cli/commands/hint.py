"""``hint``: the next hint."""

from __future__ import annotations

from rich.padding import Padding

from orchestrator.cli.click_classes import command, lab_option
from orchestrator.cli.interventions import refuse_assessed
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both, plain
from orchestrator.cli.store_access import record
from orchestrator.core.text import Text


@command(
    "hint",
    help=Text(
        fr="L'indice suivant : de la simple piste jusqu'à presque toute la réponse.",
        en="Show the next hint: from a nudge to nearly the whole answer.",
    ),
)
@lab_option
@pass_invocation
def hint_command(invocation: Invocation, lab: str | None) -> None:
    """Show the next hint."""
    labs = invocation.app.labs
    running = labs.running.planned(lab)
    refuse_assessed(
        running.instance,
        Text(
            fr="« breakfix session hint », si la phase prévoit des indices.",
            en="'breakfix session hint', where the phase has hints.",
        ),
    )
    number, count, text = labs.solutions.hint(running)
    document = {"number": number, "count": count, "hint": both(text)}
    invocation.output.emit(document, lambda: _show(invocation, number, count, text))
    record(invocation, lambda practice: practice.hinted(running, number))
    invocation.labd.told("hint", running.instance.name)


def _show(invocation: Invocation, number: int, count: int, text: Text) -> None:
    out = invocation.output
    out.print(Text(fr=f"Indice {number} sur {count}", en=f"Hint {number} of {count}"), style="bold")
    out.print(Padding(plain(text.in_(invocation.language).strip()), (0, 0, 0, 2)))
    if number == count:
        out.quiet(Text(fr="C'était le dernier.", en="That was the last one."))
