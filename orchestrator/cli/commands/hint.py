"""``hint``: the next hint."""

from __future__ import annotations

from rich.padding import Padding

from orchestrator.cli.base import command, lab_option
from orchestrator.cli.language import tr
from orchestrator.cli.output import both, plain
from orchestrator.cli.recording import record
from orchestrator.cli.session import Session, pass_session
from orchestrator.text import Text


@command(
    "hint",
    help=tr(
        "L'indice suivant : de la simple piste jusqu'à presque toute la réponse.",
        "Show the next hint: from a nudge to nearly the whole answer.",
    ),
)
@lab_option
@pass_session
def hint_command(session: Session, lab: str | None) -> None:
    """Show the next hint."""
    labs = session.app.labs
    running = labs.running(lab)
    number, count, text = labs.hint(running)
    if session.json:
        session.output.document({"number": number, "count": count, "hint": both(text)})
    else:
        _show(session, number, count, text)
    record(session, lambda practice: practice.hinted(running, number))


def _show(session: Session, number: int, count: int, text: Text) -> None:
    out = session.output
    out.print(plain(tr(f"Indice {number} sur {count}", f"Hint {number} of {count}"), "bold"))
    out.print(Padding(plain(text.in_(session.language).strip()), (0, 0, 0, 2)))
    if number == count:
        out.print(plain(tr("C'était le dernier.", "That was the last one."), "quiet"))
