"""``lab``: the page of a lab, with what a trainee has to know of the place: hosts, accounts, where to look."""

from __future__ import annotations

from pathlib import Path

from orchestrator.cli import completing
from orchestrator.cli.click_classes import argument, command, lab_option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import LANGUAGES
from orchestrator.cli.output import both, plain
from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.instances.instance import Instance
from orchestrator.loader.files import read_text
from orchestrator.model.lab import Lab


@command(
    "lab",
    help=Text(
        fr="La page d'un lab : ses machines, ses comptes, où regarder.\n\n"
        "Sans nom, celle du lab en marche ; un nom est celui d'un lab en marche, d'un scénario ou d'un lab à démarrer.",
        en="Show a lab's page: its hosts, its accounts, where to look.\n\n"
        "Without a name, that of the running lab; a name is that of a running lab, a scenario, or a lab to start.",
    ),
)
@argument("name", metavar=Text(fr="[LAB]", en="[LAB]"), required=False, shell_complete=completing.all_labs)
@lab_option
@pass_invocation
def lab_command(invocation: Invocation, name: str | None, lab: str | None) -> None:
    """Print a lab's page, or its summary where it has none."""
    shown = _wanted(invocation, name, lab)
    pages = _pages(shown.folder)
    if invocation.json:
        document = shown.document
        invocation.output.document(
            {"lab": shown.name, "title": both(document.title), "summary": both(document.summary), "page": pages or None}
        )
        return
    from rich.markdown import Markdown

    page = pages.get(invocation.language) or next(iter(pages.values()), None)
    if page is not None:
        invocation.output.print(Markdown(page))
        return
    language = invocation.language
    invocation.output.print(plain(shown.document.title.in_(language), "bold"), "", shown.document.summary.in_(language))


def _wanted(invocation: Invocation, name: str | None, running: str | None) -> Lab:
    """Return the lab of that name, of the scenario or of the running lab of that name, or of what runs.

    Raises:
        UsageError: there is no such lab, or nothing runs.
    """
    content = invocation.app.content
    if name is None:
        labs = invocation.app.labs
        return labs.plans.lab_of(labs.running.find(running))
    if name in content.labs():
        return content.lab(name)
    if name in content.scenarios():
        return content.lab(content.scenario_document(name).lab)
    instances = _instances(invocation)
    for instance in instances:
        if instance.name == name:
            return invocation.app.labs.plans.lab_of(instance)
    known = [*content.labs(), *(instance.name for instance in instances), *content.scenarios()]
    text = Text(
        fr=f"« {name} » n'est ni un lab en marche, ni un lab à démarrer, ni un scénario",
        en=f'"{name}" is neither a running lab, nor a lab to start, nor a scenario',
    )
    raise UsageError(
        with_suggestion(text, name, known),
        Text(
            fr="« breakfix status » montre les labs en marche, « breakfix scenarios » les scénarios.",
            en="'breakfix status' shows the running labs, 'breakfix scenarios' the scenarios.",
        ),
    )


def _instances(invocation: Invocation) -> tuple[Instance, ...]:
    """Return the running labs; none where no engine answers, for a page can be read without one."""
    try:
        return invocation.app.labs.running.all()
    except MachineError:
        return ()


def _pages(folder: Path) -> dict[str, str]:
    """Return the lab's page in each language that it has."""
    files = {language: folder / f"README.{language}.md" for language in LANGUAGES}
    return {language: read_text(file, within=folder) for language, file in files.items() if file.is_file()}
