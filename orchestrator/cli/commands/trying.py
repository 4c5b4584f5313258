"""``try``: a lab that stays up while its scenario is written, and the colours of its checks as files change."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.live import Live

from orchestrator.authoring.file_watch import Watcher
from orchestrator.authoring.trial import Trial, TrialSubject
from orchestrator.cli.click_classes import command, option, scenario_argument, seed_option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.keys import Keys, typed
from orchestrator.cli.phrases import program
from orchestrator.cli.progress_view import steps
from orchestrator.cli.trial_view import TrialScreen, drawn_faults, judgement, report, state_title
from orchestrator.core.errors import ExitCode, LabError
from orchestrator.core.interrupts import shielded
from orchestrator.core.progress import Progress
from orchestrator.core.text import Text
from orchestrator.images.observer import SilentObserver
from orchestrator.labs import Labs
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.model.scenario import Step
from orchestrator.proof.model import Stage

_LOOK = 0.25
"""Seconds without a key after which the files are looked at."""
_PAGE = 10
"""Lines that a page key scrolls by."""
_MOST_CHOICES = 9


@command(
    "try",
    help=Text(
        fr="Essayer un scénario pendant qu'on l'écrit : le lab reste en marche, les fichiers sont relus dès qu'ils "
        "changent, et la couleur de chaque contrôle est montrée à côté de celle que la preuve attend.\n\n"
        "Sans terminal, ou avec --once : lab sain, puis en panne, une fois ; code de sortie 1 si une couleur n'est pas "
        "celle attendue. Le nom d'un lab essaie ses contrôles de santé.",
        en="Try a scenario while it is written: the lab stays up, the files are read again whenever they change, and "
        "each check's colour is shown beside the one that the proof expects.\n\n"
        "Without a terminal, or with --once: the healthy lab, then the broken one, once; exit status 1 when a colour "
        "is not the expected one. The name of a lab tries its health checks.",
    ),
)
@scenario_argument
@seed_option(1)
@option(
    "--lab-only",
    is_flag=True,
    help=Text(fr="Ne rien casser : le lab sain seulement.", en="Break nothing: the healthy lab."),
)
@option(
    "--once", is_flag=True, help=Text(fr="Une seule fois, sans attendre de touche.", en="Once, waiting for no key.")
)
@option(
    "--keep", is_flag=True, help=Text(fr="Laisser le lab en marche à la fin.", en="Leave the lab running at the end.")
)
@pass_invocation
def try_command(invocation: Invocation, scenario: str, seed: int, *, lab_only: bool, once: bool, keep: bool) -> int:
    """Try a scenario."""
    trial = Trial(_subject(invocation, scenario, seed))
    healthy = lab_only or trial.plan.scenario is None
    try:
        with steps(invocation) as shown:
            trial.start(shown)
        invocation.app.build_observer = SilentObserver()
        if once or invocation.json or not (sys.stdin.isatty() and invocation.output.console.is_terminal):
            return _once(invocation, trial, healthy=healthy)
        screen = TrialScreen(trial, scenario, invocation.language)
        with (
            typed(sys.stdin.fileno()) as keys,
            Live(screen, console=invocation.output.console, screen=True, refresh_per_second=8),
        ):
            _Loop(trial, screen, keys).run(healthy=healthy)
    finally:
        _end(invocation, trial, keep=keep)
    return ExitCode.DONE


def _subject(invocation: Invocation, name: str, seed: int) -> TrialSubject:
    app = invocation.app
    roots = app.content.roots
    is_lab = name in app.content.labs() and name not in app.content.scenarios()

    def plan(labs: Labs) -> Plan:
        return labs.plans.of_lab(name) if is_lab else labs.plans.plan(name, seed)

    def folders(planned: Plan) -> tuple[Path, ...]:
        lab = app.content.lab_folder(planned.lab)
        return (lab,) if is_lab else (app.content.scenario_folder(name), lab)

    return TrialSubject(app.labs_now, plan, roots, folders)


def _end(invocation: Invocation, trial: Trial, *, keep: bool) -> None:
    """Remove the lab, or say how to go on with it."""
    if trial.running is None:
        return
    name = trial.running.instance.name
    if keep:
        stop = f"{program()} stop --lab {name}"
        invocation.output.note(
            Text(fr=f"Le lab {name} reste en marche : {stop}", en=f"The lab {name} keeps running: {stop}")
        )
        return
    with shielded():
        trial.stop()
    invocation.output.note(Text(fr="✔ Lab arrêté et retiré.", en="✔ Lab stopped and removed."), style="ok")


# Once -----------------------------------------------------------------------------------------------------


def _once(invocation: Invocation, trial: Trial, *, healthy: bool) -> int:
    stages = [_shown(invocation, trial)]
    if not healthy:
        with steps(invocation) as shown:
            trial.give(shown)
        if not invocation.json:
            invocation.output.print("", *drawn_faults(trial.plan))
        stages.append(_shown(invocation, trial))
    if invocation.json:
        sound = all(stage.sound for stage in stages)
        invocation.output.document({"as_expected": sound, "stages": [stage.to_document() for stage in stages]})
    return ExitCode.DONE if all(stage.sound for stage in stages) else ExitCode.NOT_REPAIRED


def _shown(invocation: Invocation, trial: Trial) -> Stage:
    stage = trial.check()
    if not invocation.json:
        out, language = invocation.output, invocation.language
        out.heading(state_title(trial.state).in_(language))
        out.print(*report(stage, language), judgement(stage))
    return stage


# With keys ------------------------------------------------------------------------------------------------


class _Quit(Exception):  # noqa: N818 - no error
    """The user has had enough."""


@dataclass
class _Loop:
    """Reads keys and looks at files, in turn; each does one thing and shows what the checks say then."""

    trial: Trial
    screen: TrialScreen
    keys: Keys

    def run(self, *, healthy: bool) -> None:
        """Go on until the user quits."""
        self._do(_nothing if healthy else self.trial.give)
        self._healthy = healthy
        self._watcher = Watcher(self.trial.folders())
        with suppress(_Quit):
            while True:
                key = self.keys.read(within=_LOOK)
                if key:
                    self._on(key)
                elif changed := self._watcher.changed():
                    self._reload(changed)

    def _on(self, key: str) -> None:
        scenario = self.trial.plan.scenario is not None
        match key:
            case "q":
                raise _Quit
            case "up" | "down" | "page-up" | "page-down":
                self.screen.offset += {"up": -1, "down": 1, "page-up": -_PAGE, "page-down": _PAGE}[key]
            case "c":
                self._do(_nothing)
            case "r":
                self._do(self._reset)
            case "b" if scenario:
                self._do(self.trial.give)
            case "h" if scenario:
                self._do(self.trial.heal)
            case "s" if scenario:
                self._apply(self.trial.plan.solutions)
            case "x" if scenario:
                self._apply(self.trial.plan.shortcuts)

    def _reset(self, progress: Progress) -> None:
        self.trial.start(progress)
        if not self._healthy:
            self.trial.give(progress)

    def _apply(self, solutions: tuple[PlannedSolution, ...]) -> None:
        chosen = self._choose(solutions)
        if chosen is not None:
            self._do(lambda progress: self.trial.repair(chosen, progress, self._tell))

    def _tell(self, step: Step) -> None:
        self.screen.step(step.tell)

    def _choose(self, solutions: tuple[PlannedSolution, ...]) -> PlannedSolution | None:
        if len(solutions) == 1:
            return solutions[0]
        offered = solutions[:_MOST_CHOICES]
        self.screen.choices = tuple(_offer(one) for one in offered)
        try:
            while not (key := self.keys.read(within=_LOOK)):
                pass
        finally:
            self.screen.choices = ()
        return offered[int(key) - 1] if key.isdecimal() and 0 < int(key) <= len(offered) else None

    def _reload(self, changed: tuple[str, ...]) -> None:
        names = ", ".join(dict.fromkeys(Path(name).name for name in changed))
        self._do(lambda progress: self.trial.reload(changed, progress))
        self.screen.said = Text(fr=f"Relu : {names}", en=f"Read again: {names}")
        self._watcher.watch(self.trial.folders())

    def _do(self, act: Callable[[Progress], Any]) -> None:
        """Do something and check; a lab that gives trouble is told, and does not end the trial."""
        screen, trial = self.screen, self.trial
        screen.said = None
        try:
            act(screen)
            screen.step(Text(fr="Contrôle…", en="Checking…"))
            if trial.running is not None:
                screen.stage, screen.offset = trial.check(), 0
        except LabError as error:
            screen.said = error.text
        finally:
            screen.busy = None


def _offer(solution: PlannedSolution) -> Text:
    return solution.summary.map(lambda text: f"{solution.name} · {text}")


def _nothing(_progress: Progress) -> None:
    """Change nothing: the checks alone are wanted."""
