"""What follows a candidate's deadline: input is cut, files are looked at, hosts reboot, checks run, all is frozen.

Each step is an event once it is done, so that a program that was killed goes on with the next one. A few steps are done
at once. Who waits until a lab is ready does nothing meanwhile, so all of these wait together: what its candidate has
not repaired is waited for in vain, for as long as a slow machine may need.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from grader.report import Report
from orchestrator.assessment.candidate import as_assessed
from orchestrator.assessment.collecting import keep, look_at
from orchestrator.assessment.events import PROGRAM, Draft, Kind
from orchestrator.assessment.evidence import seal
from orchestrator.assessment.host_restarts import HostRestarts
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.second_look import grade_twice
from orchestrator.assessment.session_folder import write_whole
from orchestrator.assessment.state import STEPS, SessionLab, SessionState, Sitting
from orchestrator.core.errors import BreakfixError, LabError
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.instances.freezing import freeze
from orchestrator.instances.instance import Instance
from orchestrator.labs import Labs, Running
from orchestrator.model.plan import Plan

_AT_ONCE: Final = 4
"""Steps that are done at once."""
_GRACE: Final = 5
"""Seconds that a host gets to shut down before it is killed."""
_BOOT: Final = 60.0
"""Seconds until a host must be back; one that is not was destroyed by its candidate."""
_HOSTS: Final = 8
"""Hosts of one lab that are acted on at once."""


class StoppedError(Exception):
    """Nobody supervises any more: no further step is begun."""


class Closing:
    """Closes sittings.

    Attributes:
        restarts: notes the hosts that are started again before the program itself does so.
    """

    def __init__(self, jury_session: JurySession, labs: Labs) -> None:
        """Take the session and the labs."""
        self.restarts = HostRestarts(jury_session, labs)
        self._jury_session = jury_session
        self._labs = labs
        self._known: dict[str, Running] = {}
        self._cut: dict[tuple[str, str], tuple[int, dict[str, dict[str, str]]]] = {}
        self._turns = threading.Semaphore(_AT_ONCE)
        self._stopped = threading.Event()
        self._acts: Mapping[Kind, Callable[[Sitting], dict[str, Any]]] = {
            "collected": self._in_turn(self._collect),
            "rebooted": self._in_turn(self._reboot),
            "graded": self._grade,
            "frozen": self._in_turn(self._freeze),
        }

    def cut(self, state: SessionState, sittings: Sequence[Sitting]) -> None:
        """Cut candidates' input: every process of their hosts stands still from here, all of them at once.

        Raises:
            MachineError: it cannot be noted; their hosts stand still all the same, and it is noted when asked again.
        """
        if not sittings:
            return
        instances = self._instances()
        with ThreadPoolExecutor(len(sittings)) as pool:
            found = list(pool.map(lambda sitting: self._pause(sitting, instances), sittings))
        now = self._jury_session.clock(state).now()
        for sitting, lost in zip(sittings, found, strict=True):
            self._cut.setdefault((sitting.phase, sitting.candidate), (now, lost))
        self._jury_session.keep(*(self._noted_cut(state, sitting) for sitting in sittings))

    def _noted_cut(self, state: SessionState, sitting: Sitting) -> Draft:
        at, lost = self._cut[sitting.phase, sitting.candidate]
        details = {"deadline": state.deadline(sitting), "not_paused": lost}
        return Draft("cut", PROGRAM, at, sitting.candidate, sitting.phase, details)

    def stop(self) -> None:
        """Begin no step any more; who supervises next goes on."""
        self._stopped.set()

    def close(self, phase: str, candidate: str) -> None:
        """Do every step that is still to be done; the last one seals the evidence.

        Raises:
            LabError: a step cannot be done; what was done stays done.
            StoppedError: nobody supervises any more.
        """
        for step in STEPS:
            state = self._jury_session.state()
            sitting = state.sittings[phase, candidate]
            if step in sitting.steps:
                continue
            if step == "cut":
                self.cut(state, [sitting])
            elif step == "sealed":
                with self._turn():
                    self._seal(state, sitting)
            else:
                self._keep(step, sitting, self._acts[step](sitting))

    def _keep(self, step: Kind, sitting: Sitting, details: Mapping[str, Any], content_hash: str = "") -> None:
        now = self._jury_session.clock(self._jury_session.state()).now()
        self._jury_session.keep(Draft(step, PROGRAM, now, sitting.candidate, sitting.phase, details, content_hash))

    # The steps ------------------------------------------------------------------------------------------

    def _collect(self, sitting: Sitting) -> dict[str, Any]:
        self.restarts.note(sitting.phase, sitting.candidate)
        kept = {}
        for lab in sitting.labs:
            if lab.instance in self._instances():
                with self._labs.running.fabric().another_connection() as fabric:
                    files = look_at(fabric, lab.instance, lab.hosts)
                kept[lab.scenario] = keep(self._path(sitting, lab, "end.json.gz"), files)
        return {"files": kept}

    def _reboot(self, sitting: Sitting) -> dict[str, Any]:
        engine = self._labs.running.engine()

        def reboot(target: HostRef, container: str) -> None:
            with suppress(LabError):  # it does not run, or was not paused: a reboot is due all the same
                engine.unpause(container)
            engine.restart(container, grace=_GRACE)
            with self._labs.running.fabric().another_connection() as fabric:
                fabric.wait_ready(target.instance, [target.host], timeout=_BOOT)

        return {"lost": _each_host(sitting, self._instances(), reboot)}

    def _grade(self, sitting: Sitting) -> dict[str, Any]:
        with ThreadPoolExecutor(max(1, len(sitting.labs))) as pool:
            graded = pool.map(lambda lab: self._grade_lab(sitting, lab), sitting.labs)
            return {"labs": {lab.scenario: found for lab, found in zip(sitting.labs, graded, strict=True)}}

    def _grade_lab(self, sitting: Sitting, lab: SessionLab) -> dict[str, Any]:
        running = self._running(sitting, lab)
        if running is None:
            return {"verdict": "not_valid", "why": "the lab is gone"}
        unready = self._wait_until_ready(running)
        with self._turn():
            try:
                return {**unready, **self._graded(sitting, lab, running)}
            except BreakfixError as error:
                return {**unready, "verdict": "not_valid", "why": error.text.en}

    def _wait_until_ready(self, running: Running) -> dict[str, Any]:
        """Wait as long as a start does; what keeps a lab from being ready is stated, and it is graded."""
        try:
            self._labs.lifecycle.wait_until_ready(running)
        except LabError as error:
            return {"unready": asdict(error.text)}
        return {}

    def _graded(self, sitting: Sitting, lab: SessionLab, running: Running) -> dict[str, Any]:
        graded = grade_twice(self._labs, running)
        details: dict[str, Any] = {
            "verdict": graded.report.verdict,
            "report": write_whole(self._path(sitting, lab, "report.json"), graded.report.to_json().encode()),
            "stale": running.plan.digest != lab.digest,  # the content was edited while the session ran
            "asked_again": list(graded.asked_again),
            "disagreed": [{"check": result.id, **asdict(result.sentence)} for result in graded.disagreed],
            **counted(graded.report),
        }
        for file in self._labs.kept(running.instance):
            details[file.name] = write_whole(self._path(sitting, lab, file.name), file.read_bytes())
        return details

    def _freeze(self, sitting: Sitting) -> dict[str, Any]:
        engine = self._labs.running.engine()

        def keep_still(_target: HostRef, container: str) -> None:
            freeze(engine, container)
            engine.start_by_itself(container, wanted=False)  # nor does it with the machine

        lost = _each_host(sitting, self._instances(), keep_still)
        return {"not_paused": lost, "instances": [lab.instance for lab in sitting.labs]}

    def _seal(self, state: SessionState, sitting: Sitting) -> None:
        path = self._jury_session.folder.sealed(sitting.phase, sitting.candidate)
        sealed = seal(path, state, sitting, self._jury_session.folder, self._plans(sitting))
        details = {"file": path.name, "sha256": sealed.sha256, "size": sealed.size, "files": sealed.files}
        self._keep("sealed", sitting, details, sealed.sha256)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until a step may be done."""
        with self._turns:
            if self._stopped.is_set():
                raise StoppedError
            yield

    def _in_turn(self, act: Callable[[Sitting], dict[str, Any]]) -> Callable[[Sitting], dict[str, Any]]:
        def done(sitting: Sitting) -> dict[str, Any]:
            with self._turn():
                return act(sitting)

        return done

    # What they share ------------------------------------------------------------------------------------

    def _instances(self) -> Mapping[str, Instance]:
        return {instance.name: instance for instance in self._labs.running.all()}

    def _pause(self, sitting: Sitting, instances: Mapping[str, Instance]) -> dict[str, dict[str, str]]:
        engine = self._labs.running.engine()
        return _each_host(sitting, instances, lambda _target, container: freeze(engine, container))

    def _running(self, sitting: Sitting, lab: SessionLab) -> Running | None:
        """Return a lab as it is now; None where somebody has removed it. Its plan is made once."""
        instance = self._instances().get(lab.instance)
        if instance is None:
            return None
        if lab.instance not in self._known:
            phase = self._jury_session.state().plan.phase(sitting.phase)
            self._known[lab.instance] = as_assessed(self._labs.running.planned(lab.instance), phase)
        return replace(self._known[lab.instance], instance=instance)

    def _plans(self, sitting: Sitting) -> dict[str, Plan]:
        return {lab.scenario: running.plan for lab in sitting.labs if (running := self._running(sitting, lab))}

    def _path(self, sitting: Sitting, lab: SessionLab, name: str) -> Path:
        return self._jury_session.folder.sitting(sitting.phase, sitting.candidate) / f"{lab.scenario}.{name}"


def _each_host(
    sitting: Sitting, instances: Mapping[str, Instance], act: Callable[[HostRef, str], None]
) -> dict[str, dict[str, str]]:
    """Act on every host of a sitting, and return by scenario and host why it could not be done."""

    def attempt(place: tuple[SessionLab, str]) -> str:
        lab, host = place
        instance = instances.get(lab.instance)
        containers = {} if instance is None else {one.name: one.container for one in instance.hosts}
        if host not in containers:
            return "its container is gone"
        try:
            act(HostRef(lab.instance, host), containers[host])
        except LabError as error:
            return error.text.en
        return ""

    places = [(lab, host) for lab in sitting.labs for host in lab.hosts]
    with ThreadPoolExecutor(_HOSTS) as pool:
        found = zip(places, pool.map(attempt, places), strict=True)
        troubles: dict[str, dict[str, str]] = {}
        for (lab, host), why in found:
            if why:
                troubles.setdefault(lab.scenario, {})[host] = why
    return troubles


def counted(report: Report) -> dict[str, int]:
    """Return how many checks have each colour, and how many changes are forbidden or to be explained."""
    outcomes: Sequence[str] = [result.outcome for result in report.results]
    colours = {outcome: outcomes.count(outcome) for outcome in ("pass", "fail", "error")}
    return {**colours, "forbidden": len(report.forbidden), "unexplained": len(report.unexplained)}
