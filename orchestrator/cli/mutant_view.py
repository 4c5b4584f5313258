"""How what came of mutants is shown: a table, the steps of each that passed, and its author's verdict."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from rich.padding import Padding

from orchestrator.cli.invocation import Invocation
from orchestrator.cli.output import plain, table
from orchestrator.cli.progress_view import duration
from orchestrator.core.documents import document_of
from orchestrator.core.text import Text
from orchestrator.model.mutant_verdicts import Judgement
from orchestrator.mutation.mutant import Fate, PlayedMutant
from orchestrator.mutation.verdicts import AuthorsVerdict, JudgedRun, StaleVerdict

MARKS: Final[dict[Fate, tuple[str, str]]] = {
    "refused": ("✔", "ok"),
    "flagged": ("?", "ok"),
    "survived": ("✘", "bad"),
    "equivalent": ("=", "quiet"),
    "unjudged": ("!", "warn"),
    "void": ("–", "quiet"),
}
"""Each fate's mark, and how it is drawn."""
FATES: Final[dict[Fate, Text]] = {
    "refused": Text(fr="refusé", en="refused"),
    "flagged": Text(fr="signalé", en="flagged"),
    "survived": Text(fr="accepté", en="accepted"),
    "equivalent": Text(fr="équivalent", en="equivalent"),
    "unjudged": Text(fr="non jugé", en="not judged"),
    "void": Text(fr="sans objet", en="nothing to spoil"),
}
"""What each fate is called."""
JUDGEMENTS: Final[dict[Judgement, Text]] = {
    "as-good": Text(fr="Vaut la solution, dit son auteur", en="As good as the solution, says its author"),
    "known-gap": Text(fr="Lacune connue", en="A known gap"),
}
"""What each judgement of an author is called."""


def show_run(invocation: Invocation, judged: JudgedRun) -> None:
    """Show what came of each mutant, the steps of those that passed, and what their author says of them."""
    out, language, run = invocation.output, invocation.language, judged.run
    out.heading(f"{run.plan.scenario} · --seed {run.plan.seed}")
    rows = table("", Text(fr="Mutant", en="Mutant"), Text(fr="Décidé par", en="Decided by"))
    for one in run.mutants:
        mark, style = MARKS[one.fate]
        rows.add_row(plain(mark, style), plain(one.name), plain(one.by.in_(language) if one.by else "", "quiet"))
    out.print(rows)
    for one in run.of("survived"):
        _show_survivor(invocation, one, judged.verdicts.get(one.name))
    for one in run.of("equivalent"):
        _show_equivalent(invocation, one)
    for stale in judged.stale:
        out.print("", _stale(stale), style="bad")
    counts = Counter(one.fate for one in (*run.mutants, *run.others))
    took = duration(run.seconds)
    out.print(
        "",
        Text(
            fr=f"{len(run.mutants)} mutants en {took} : {counts['refused']} refusés, {counts['flagged']} signalés, "
            f"{counts['survived']} acceptés, dont {len(judged.verdicts)} avec le verdict de l'auteur ; "
            f"{counts['equivalent']} de plus sont équivalents à une réparation.",
            en=f"{len(run.mutants)} mutants in {took}: {counts['refused']} refused, {counts['flagged']} flagged, "
            f"{counts['survived']} accepted, {len(judged.verdicts)} of which have their author's verdict; "
            f"{counts['equivalent']} more are equivalent to a repair.",
        ),
        style="ok" if judged.held else "bad",
    )


def _show_survivor(invocation: Invocation, one: PlayedMutant, verdict: AuthorsVerdict | None) -> None:
    out, language = invocation.output, invocation.language
    settled = verdict is not None and verdict.judgement == "as-good"
    _show_steps(invocation, one, *(("✔", "ok") if settled else ("?", "warn") if verdict is not None else ("✘", "bad")))
    if verdict is not None:
        said = f"{JUDGEMENTS[verdict.judgement].in_(language)} — {verdict.reason.in_(language).strip()}"
        out.print(Padding(plain(f"→ {said}"), (0, 0, 0, 2)))
        return
    out.print(Padding(plain(f"→ {_advice(one).in_(language)}"), (0, 0, 0, 2)))
    where = Text(fr="Ou dites pourquoi, dans mutants.yaml :", en="Or say why, in mutants.yaml:")
    out.print(Padding(plain(where.in_(language)), (0, 0, 0, 4)))
    entry = f'{{operator: {one.operator}, solution: {one.solution}, subject: "{one.subject}", verdict: …, reason: …}}'
    out.print(Padding(plain(f"  - {entry}", "quiet"), (0, 0, 0, 4)))


def _show_equivalent(invocation: Invocation, one: PlayedMutant) -> None:
    _show_steps(invocation, one, *MARKS["equivalent"])
    said = Text(
        fr="Rien ne distingue le lab d'un lab réparé. Si une personne le pouvait, contrôlez ce qu'elle verrait.",
        en="Nothing tells the lab from a repaired one. If a person could, check what they would see.",
    )
    invocation.output.print(Padding(plain(f"→ {said.in_(invocation.language)}", "quiet"), (0, 0, 0, 2)))


def _show_steps(invocation: Invocation, one: PlayedMutant, mark: str, style: str) -> None:
    out, language = invocation.output, invocation.language
    head = plain(f"{mark} ", style)
    head.append(f"{one.name}: " if language == "en" else f"{one.name} : ")
    head.append(one.summary.in_(language))
    out.print("", head)
    for line in one.lines:
        out.print(Padding(plain(line.in_(language), "quiet"), (0, 0, 0, 4)))


def _stale(one: StaleVerdict) -> Text:
    """Return what is to be done about a verdict on what does not pass any more."""
    name = one.verdict.mutant
    if one.why == "gone":
        return Text(
            fr=f"✘ mutants.yaml juge {name}, qui n'existe pas dans cette variante : corrigez ce verdict ou retirez-le.",
            en=f"✘ mutants.yaml judges {name}, which this variant does not have: correct that verdict, or remove it.",
        )
    fate = FATES[one.why]
    return Text(
        fr=f"✘ mutants.yaml juge {name}, qui ne passe plus ({fate.fr}) : retirez ce verdict.",
        en=f"✘ mutants.yaml judges {name}, which does not pass any more ({fate.en}): remove that verdict.",
    )


def _advice(one: PlayedMutant) -> Text:
    """Return what the author should do about a survivor."""
    if one.lost:
        return Text(
            fr="Un redémarrage la défait : contrôlez aussi ce qui est écrit pour durer.",
            en="A reboot undoes it: check as well what is written down to last.",
        )
    if one.same:
        return Text(
            fr="Rien ne regarde ce qu'elle abîme : le lab reste comme après une réparation acceptée. Contrôlez-le.",
            en="Nothing looks at what it spoils: the lab is left as an accepted repair leaves it. Check it.",
        )
    return Text(
        fr="Si elle vaut la solution, ajoutez-la aux solutions ; sinon, gardez par un contrôle ce qu'elle abîme.",
        en="If it is as good as the solution, add it to the solutions; if not, guard what it spoils by a check.",
    )


def run_document(judged: JudgedRun) -> dict[str, Any]:
    """Return a run as JSON's types."""
    run = judged.run
    return {
        "scenario": run.plan.scenario,
        "seed": run.plan.seed,
        "derived": run.derived,
        "seconds": run.seconds,
        "mutants": document_of(list(run.mutants)),
        "survivors": [one.name for one in run.of("survived")],
        "equivalent": document_of(list(run.of("equivalent"))),
        "verdicts": document_of(list(judged.verdicts.values())),
        "stale": document_of(list(judged.stale)),
        "held": judged.held,
    }
