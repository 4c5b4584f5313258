"""A trial on the terminal: the state of the lab, each check's expected and seen colour, what to change, the keys."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.rule import Rule
from rich.segment import Segment
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text as Styled

from orchestrator.authoring.trial import State, Trial, expectation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import plain
from orchestrator.core.errors import Problem
from orchestrator.core.language import Language
from orchestrator.core.text import Text, same
from orchestrator.model.plan import Plan
from orchestrator.proof.model import Expected, SeenColour, Stage, Verdict
from orchestrator.proof.proof_words import stage_title

_MARKS = {"pass": ("✔", "ok"), "fail": ("✘", "bad"), "error": ("!", "warn")}
_WANTED: dict[Expected, tuple[str, str]] = {
    "pass": ("✔", "ok"),
    "fail": ("✘", "bad"),
    "not-pass": ("✘", "bad"),
    "any": ("·", "quiet"),
}
_MOST_EVIDENCE = 3
"""Lines of evidence shown of each check; ``check --evidence`` and ``prove`` show all."""
_MOST_OF_A_FAULT = 160
"""Characters shown of a fault: a parameter may be a whole file."""
_ROLES = {
    "symptom": Text(fr="symptôme", en="symptom"),
    "objective": Text(fr="objectif", en="objective"),
    "guard": Text(fr="garde-fou", en="guard"),
}


def state_title(state: State) -> Text:
    """Return a state's name with the solution or shortcut that it is about."""
    return stage_title(Stage(state.name, state.subject))


def drawn_faults(plan: Plan) -> list[RenderableType]:
    """Return the faults that the seed has drawn, each with its parameters, in a line each."""
    lines: list[RenderableType] = []
    for spec in plan.faults:
        line = plain(Text(fr="panne : ", en="fault: "), "quiet").append(spec.fault)
        line.append("".join(f"  {name}={value}" for name, value in spec.parameters.items()), style="quiet")
        line.truncate(_MOST_OF_A_FAULT, overflow="ellipsis")
        lines.append(line)
    return lines


def report(stage: Stage, language: Language) -> list[RenderableType]:
    """Return a stage as lines: what to change, then the checks with the evidence of the red ones."""
    rows = Table(box=None, header_style="quiet", pad_edge=False, padding=(0, 1))
    rows.add_column(localized(Text(fr="attendu", en="expected")), justify="center", no_wrap=True)
    rows.add_column(localized(Text(fr="vu", en="seen")), justify="center", no_wrap=True)
    rows.add_column("", no_wrap=True, style="quiet")
    rows.add_column("", ratio=1)
    for seen in stage.seen:
        rows.add_row(*_row(seen, language))
    parts: list[RenderableType] = [line for verdict in stage.verdicts for line in _verdict(verdict, language)]
    return [*parts, rows] if stage.seen else parts


def _row(seen: SeenColour, language: Language) -> Iterator[RenderableType]:
    result = seen.result
    mark, style = _MARKS[result.outcome]
    yield plain(*_WANTED[seen.expected])
    yield plain(f" {mark} ", style if seen.as_expected else f"{style} reverse")
    yield _ROLES[result.role].in_(language) if result.role else ""
    sentence = plain(result.sentence.in_(language))
    if result.outcome == "pass" or result.evidence is None:
        yield sentence
    else:
        yield Group(sentence, plain(_beginning(result.evidence.in_(language)), "quiet"))


def _beginning(evidence: str) -> str:
    """Return the message of an assertion without how pytest took it apart, and of anything else the first lines."""
    first, *rest = evidence.strip().splitlines() or [""]
    message = [first, *itertools.takewhile(lambda line: not line.startswith("assert "), rest)]
    return "\n".join([*message[:_MOST_EVIDENCE], *(["…"] if len(message) > _MOST_EVIDENCE else [])])


def _verdict(verdict: Verdict, language: Language) -> Iterator[RenderableType]:
    head = plain("? " if verdict.remark else "✘ ", "warn" if verdict.remark else "bad")
    head.append(verdict.text.in_(language))
    yield head
    if verdict.evidence is not None and verdict.check is None:  # that of a check stands beside it already
        yield Padding(plain(verdict.evidence.in_(language).strip(), "quiet"), (0, 0, 0, 4))
    yield Padding(plain(f"→ {verdict.advice.in_(language)}"), (0, 0, 0, 2))


def judgement(stage: Stage) -> Styled:
    """Return in one line whether the proof would take a stage as it is."""
    if stage.sound:
        return plain(Text(fr="✔ Comme la preuve l'attend.", en="✔ As the proof expects it."), "ok")
    return plain(Text(fr="✘ La preuve le refuserait.", en="✘ The proof would refuse this."), "bad")


def problem_lines(problems: Sequence[Problem], language: Language) -> list[RenderableType]:
    """Return the mistakes in the files, as ``validate`` tells them."""
    if not problems:
        return []
    head = Text(
        fr="✘ Les fichiers ont une erreur ; leur dernière version juste compte.",
        en="✘ The files have a mistake; their last good version counts.",
    )
    lines: list[RenderableType] = [plain(head, "bad")]
    for problem in problems:
        lines += [plain(f"  {problem.place}", "key"), plain(f"    {problem.text.in_(language)}")]
        if problem.hint:
            lines.append(plain(f"    → {problem.hint.in_(language)}"))
    return lines


@dataclass
class TrialScreen:
    """The whole screen, drawn again several times a second; what it shows is set from outside.

    Attributes:
        trial: what is tried.
        name: what it is called.
        language: the user's.
        stage: what was seen last, or None.
        busy: what is being done, or None.
        said: the last thing that happened.
        choices: what one may choose among, by the number to press; empty while nothing is to be chosen.
        offset: how many lines of the middle are scrolled away.
    """

    trial: Trial
    name: str
    language: Language
    stage: Stage | None = None
    busy: Text | None = None
    said: Text | None = None
    choices: tuple[Text, ...] = ()
    offset: int = 0
    _spinner: Spinner = field(default_factory=lambda: Spinner("dots", style="key"))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # Progress: what a start or a step tells is the line at the bottom.

    def step(self, text: Text) -> None:
        """See ``Progress.step``."""
        self.busy = text

    def detail(self, text: Text) -> None:
        """See ``Progress.detail``."""
        self.busy = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw head, middle and foot to the height of the terminal; the middle gives way."""
        with self._lock:
            height = options.height or console.height
            parts = (self._head(), self._middle(), self._foot())
            as_needed = options.reset_height()
            head, middle, foot = (console.render_lines(part, as_needed, pad=False) for part in parts)
            room = max(1, height - len(head) - len(foot))
            shown = self._window(middle, room)
            for line in (*head, *shown, *([[]] * (room - len(shown))), *foot):
                yield from line
                yield Segment.line()

    def _window(self, lines: list[list[Segment]], room: int) -> list[list[Segment]]:
        if len(lines) <= room:
            self.offset = 0
            return lines
        self.offset = max(0, min(self.offset, len(lines) - (room - 1)))
        shown = lines[self.offset : self.offset + room - 1]
        above, below = self.offset, len(lines) - self.offset - len(shown)
        more = localized(Text(fr=f"↑ {above} ↓ {below} lignes de plus", en=f"↑ {above} ↓ {below} more lines"))
        return [*shown, [Segment(more)]]

    def _head(self) -> RenderableType:
        trial, language = self.trial, self.language
        title = plain(self.name, "title")
        if trial.plan.scenario is not None:
            title.append(f" · --seed {trial.plan.seed}", style="quiet")
        if trial.running is not None:
            title.append(f" · --lab {trial.running.instance.name}", style="quiet")
        title.truncate(200)
        state = plain(state_title(trial.state).in_(language), "key")
        state.append(localized(Text(fr=" · attendu : ", en=" · expected: ")), style="quiet")
        state.append(expectation(trial.state).in_(language))
        return Group(title, state, Rule(style="quiet"))

    def _middle(self) -> RenderableType:
        parts = problem_lines(self.trial.problems, self.language)
        if self.trial.outdated:
            outdated = Text(
                fr="! Le lab lui-même a changé dans les fichiers : « r » le redémarre comme ils le disent.",
                en="! The lab itself has changed in the files: 'r' starts it again as they say.",
            )
            parts.append(plain(outdated, "warn"))
        parts += drawn_faults(self.trial.plan)
        if parts:
            parts.append(plain(""))
        if self._seen is not None:
            parts += report(self._seen, self.language)
        return Group(*parts)

    @property
    def _seen(self) -> Stage | None:
        """Return what was seen, unless the lab is in another state by now."""
        state = self.trial.state
        return self.stage if self.stage and self.stage.key == (state.name, state.subject) else None

    def _foot(self) -> RenderableType:
        parts: list[RenderableType] = [Rule(style="quiet")]
        if self._seen is not None and self.busy is None:
            parts.append(judgement(self._seen))
        return Group(*parts, self._keys(), self._bottom())

    def _keys(self) -> RenderableType:
        if self.choices:
            return Group(
                *(plain(f"{number} {text.in_(self.language)}") for number, text in enumerate(self.choices, start=1)),
                plain(Text(fr="Échap : ne rien choisir", en="Esc: choose nothing"), "quiet"),
            )
        line = Styled()
        for key, what in self._bindings():
            line.append(key, style="key")
            line.append(f" {localized(what)}  ")
        line.rstrip()
        return line

    def _bindings(self) -> Iterator[tuple[str, Text]]:
        plan = self.trial.plan
        if plan.scenario is not None:
            yield "b", Text(fr="en panne", en="break") if plan.faults else Text(fr="à faire", en="not begun")
            yield "h", Text(fr="sain", en="heal")
            yield "s", same("solution")
            yield "x", Text(fr="raccourci", en="shortcut")
        yield "r", Text(fr="à neuf", en="reset hosts")
        yield "c", Text(fr="contrôler", en="check")
        yield "q", Text(fr="quitter", en="quit")

    def _bottom(self) -> RenderableType:
        if self.busy is not None:
            self._spinner.update(text=plain(self.busy.in_(self.language)))
            return self._spinner
        return plain(self.said.in_(self.language) if self.said else "", "quiet")
