"""From open labs to sealed evidence on an engine in memory: variants replaced, steps done once, whoever is killed."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.job import EVERYTHING, Selection
from grader.report import CheckResult, Difference, Report
from grader.runner import OnResult, OnRunning
from orchestrator.assessment import closing, session_retention, supervision
from orchestrator.assessment.candidate import as_assessed
from orchestrator.assessment.closing import Closing
from orchestrator.assessment.event_words import told
from orchestrator.assessment.events import Draft, SessionEvent
from orchestrator.assessment.evidence import read_evidence
from orchestrator.assessment.host_restarts import HostRestarts
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.opening import Opened, Opening, seed_of
from orchestrator.assessment.plan_file import Offer, PlanContext
from orchestrator.assessment.reopening import Reopening
from orchestrator.assessment.session_registry import SessionRegistry
from orchestrator.assessment.state import STEPS, SessionState
from orchestrator.assessment.supervision import Supervisor, all_sealed
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.errors import LabError, MachineError, UsageError
from orchestrator.core.progress import Silent
from orchestrator.core.text import Text, same
from orchestrator.core.waiting import wait_until
from orchestrator.instances import freezing
from orchestrator.labs import Differences, Running
from orchestrator.labs.lab_grading import LabGrading
from orchestrator.labs.lab_lifecycle import LabLifecycle
from orchestrator.model.session_plan import ProofRule
from orchestrator.proof.proof_status import Reliance
from tests.unit.assessment.sessions import PLAN, RELIED, START, MemoryLog, Played, plan_context
from tests.unit.core.conftest import World, common_content, make_world, world
from tests.unit.differences import EVERY, FORBIDDEN, UNEXPLAINED

pytestmark = pytest.mark.slow

__all__ = ["common_content", "make_world", "world"]

SCENARIO = "moved-desks"


class NeverReady(LabLifecycle):
    """Starts labs that do not get ready, where somebody says why."""

    why_unready: LabError | None = None
    together: threading.Barrier | None = None
    """Who waits goes on once so many do."""

    def wait_until_ready(self, running: Running) -> None:  # noqa: ARG002
        if self.together is not None:
            self.together.wait(60)
        if self.why_unready is not None:
            raise self.why_unready


class Scripted(LabGrading):
    """Gradings that are scripted: a grading process needs real hosts."""

    odd: set[int]
    """The numbers of the gradings, from 1, that find the guard red."""
    lost: set[int]
    """Those that break off."""
    count = 0
    script: Mapping[str, Sequence[str]] = {}
    """For instances: what becomes of the guard in one grading after the other, ``lost`` where that breaks off."""
    repaired = False
    """Whether the symptom is green."""
    differences: tuple[Difference, ...] = ()

    def check(
        self,
        running: Running,
        *,
        selection: Selection = EVERYTHING,
        on_result: OnResult | None = None,  # noqa: ARG002
        on_running: OnRunning | None = None,  # noqa: ARG002
        giving_way: bool = False,  # noqa: ARG002
        differences: Differences = "green",  # noqa: ARG002
    ) -> Report:
        self.count += 1
        guard, *rest = self.script.get(running.instance.name) or ("fail" if self.count in self.odd else "pass",)
        self.script = {**self.script, running.instance.name: rest}
        if self.count in self.lost or guard == "lost":
            raise LabError(same("no answer"))
        results = (
            CheckResult("t.py::net", "symptom", 1, "1.3", same("net"), "pass")
            if self.repaired
            else CheckResult("t.py::net", "symptom", 1, "1.3", same("net"), "fail", same("no carrier")),
            CheckResult("t.py::other", "guard", 1, None, same("other"), guard),  # type: ignore[arg-type]
        )
        asked = tuple(result for result in results if selection.only is None or result.id in selection.only)
        made = Report(running.instance.name, SCENARIO, 5, running.plan.digest, "2025-12-14T09:00:00Z", 1.0, asked)
        return replace(made, differences=self.differences)


def first_schema(report: Report) -> str:
    """Return a report as it was written before there were differences."""
    results = [result.to_document() for result in report.results]
    about = {
        name: getattr(report, name) for name in ("instance", "scenario", "seed", "digest", "started_at", "seconds")
    }
    return json.dumps({"schema": 1, **about, "results": results})


def proof(scenario: str, rule: ProofRule) -> Reliance:
    return replace(RELIED, scenario=scenario, rule=rule)


class Course:
    """A session on the engine in memory."""

    def __init__(self, world: World, folder: Path, *, odd: set[int], lost: set[int], report: bool = False) -> None:
        self.world = world
        self.labs = world.labs()
        self.labs.lifecycle.__class__, self.labs.grading.__class__ = NeverReady, Scripted
        self.labs.grading.odd, self.labs.grading.lost = odd, lost  # type: ignore[attr-defined]
        self.source = Played(START)
        offers = PlanContext(plan_context().referential, {SCENARIO: Offer(("1.3",), 1)}, lambda _name, _rule: None)
        file = folder / "session.yaml"
        drawn = f"scenarios: [{SCENARIO}]" + (", report: true" if report else "")
        text = PLAN.replace("scenarios: [cut]", drawn).replace("ccps: [1, 2]", "ccps: [1]")
        file.write_text("\n".join(line for line in text.splitlines() if "tirage" not in line) + "\n")
        registry = SessionRegistry(MemoryLog(), folder / "sessions", lambda: offers, self.source)
        self.jury_session: JurySession = registry.create(WrittenPlan.read(file), "organiser")

    def open(self) -> Opened:
        return Opening(self.jury_session, self.labs, proof).open("reseau", "organiser")

    def closing(self) -> Closing:
        return Closing(self.jury_session, self.labs)

    def supervise(self) -> None:
        Supervisor(self.jury_session, self.closing()).run()

    @property
    def running(self) -> set[str]:
        return {instance.name for instance in self.labs.running.all()}


@pytest.fixture
def course(world: World, tmp_path: Path) -> Course:
    return Course(world, tmp_path, odd={1}, lost=set())


def test_a_lab_that_is_not_as_proven_is_replaced_by_another_variant(course: Course) -> None:
    opened = course.open()
    assert (len(opened.ready), opened.failed) == (2, {})
    state = course.jury_session.state()
    (replaced,) = state.of("replaced")
    assert "t.py::other should be 'pass'" in replaced.details["why"]["en"]
    labs = {s.candidate: s.labs[0] for s in state.sittings.values()}
    assert {lab.instance for lab in labs.values()} == course.running
    assert labs[replaced.candidate].variant == 1
    again = course.labs.running.find(labs[replaced.candidate].instance)
    assert again.seed == seed_of(course.jury_session.folder.secret(), SCENARIO, replaced.candidate, 1)


def test_what_no_variant_brings_up_is_told(world: World, tmp_path: Path) -> None:
    course = Course(world, tmp_path, odd=set(), lost=set(range(1, 99)))
    opened = course.open()
    assert (opened.ready, {why.en for why in opened.failed.values()}) == ((), {"no answer"})
    assert len(course.jury_session.state().of("replaced")) == 6
    assert course.running == set()
    with pytest.raises(UsageError, match="not all open"):
        course.jury_session.start("reseau", "organiser")


def test_opening_again_keeps_what_is_open_and_removes_what_was_left(course: Course) -> None:
    secret = course.jury_session.folder.secret()
    left = course.labs.lifecycle.start(course.labs.plans.plan(SCENARIO, seed_of(secret, SCENARIO, "C-01", 0)), Silent())
    first = course.open()
    assert left.instance.name not in course.running
    before = course.running
    assert course.open() == first
    assert course.running == before


def test_what_follows_a_deadline_is_done_once_and_in_order(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    course.source.go(75 * 60)
    state = course.jury_session.state()
    course.closing().cut(state, [state.sittings["reseau", "C-01"]])  # and then it was killed
    assert {h.state for i in course.labs.running.all() for h in i.hosts} == {"running", "paused"}
    course.source.go(25 * 60)
    course.supervise()
    state = course.jury_session.state()
    for candidate in ("C-01", "C-02"):
        done = [event for event in state.events if event.kind in STEPS and event.candidate == candidate]
        assert [event.kind for event in done] == list(STEPS)
    assert [event.details["deadline"] - START for event in state.of("cut")] == [4500, 6000]
    assert [event.details["on"] for event in state.of("supervised")] == [True, False]
    assert {h.state for i in course.labs.running.all() for h in i.hosts} == {"paused"}
    evidence = read_evidence(course.jury_session.folder.sealed("reseau", "C-02"))
    assert evidence.manifest["labs"][SCENARIO]["proof"] == json.loads(json.dumps(proof(SCENARIO, "here").to_document()))
    with pytest.raises(UsageError, match="appeal may still need"):
        session_retention.clear(course.jury_session, course.labs, "organiser")
    course.jury_session.keep(Draft("closed", "breakfix", START, details={"digest": "x"}))
    course.jury_session.folder.seats.write_text("{}")
    kept, removed = (course.jury_session.folder.recordings("reseau", number) for number in ("C-01", "C-02"))
    for folder in (kept, removed):
        folder.mkdir(exist_ok=True)
        (folder / "moved-desks.pc1.cast").write_text("{}")
    course.jury_session.folder.sealed("reseau", "C-01").write_bytes(b"not what was sealed")
    assert len(session_retention.clear(course.jury_session, course.labs, "organiser")) == 2
    assert not course.jury_session.folder.seats.exists()
    assert not removed.exists()
    assert list(kept.iterdir()), "there is no other copy"
    assert course.running == set()


def test_a_phase_may_ask_for_a_report_where_its_scenario_does_not(course: Course) -> None:
    course.open()
    (lab,) = course.jury_session.state().sittings["reseau", "C-01"].labs
    running, phase = course.labs.running.planned(lab.instance), course.jury_session.state().plan.phase("reseau")
    assert not running.plan.report
    assert as_assessed(running, phase) is running
    asked = as_assessed(running, phase.model_copy(update={"report": True}))
    assert asked.plan.report
    path = course.labs.hand_in(asked).take_report("Symptôme : pas de réseau")
    assert path.is_file()
    with pytest.raises(UsageError, match="asks for no report"):
        course.labs.hand_in(running).take_report("x")


def scripted(course: Course, *guard: str) -> None:
    """Say what each of the gradings of C-01 after the deadline finds of the guard."""
    (lab,) = course.jury_session.state().sittings["reseau", "C-01"].labs
    course.labs.grading.script = {lab.instance: guard}  # type: ignore[attr-defined]


def closed(course: Course) -> tuple[SessionEvent, Report]:
    """Return the event of C-01's grading, and the report that is sealed."""
    course.source.go(100 * 60)
    course.supervise()
    (graded,) = course.jury_session.state().of("graded", "C-01")
    document = read_evidence(course.jury_session.folder.sealed("reseau", "C-01")).document(f"{SCENARIO}/report.json")
    return graded, Report.from_json(json.dumps(document))


def test_a_lab_that_does_not_get_ready_is_graded_and_the_reason_stated(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    course.labs.lifecycle.why_unready = LabError(same("pc1 is not ready"))  # type: ignore[attr-defined]
    graded, report = closed(course)
    assert graded.details["labs"][SCENARIO]["unready"]["en"] == "pc1 is not ready"
    assert f"{SCENARIO}: the lab was not ready when it was graded: pc1 is not ready." in told(graded).en
    assert [result.outcome for result in report.results] == ["fail", "pass"]


def test_labs_are_waited_for_together_and_acted_on_in_turn(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "_AT_ONCE", 1)
    course.open()
    course.jury_session.start("reseau", "organiser")
    course.labs.lifecycle.together = threading.Barrier(2)  # type: ignore[attr-defined]
    check, most = Scripted.check, 0
    grading: list[Running] = []

    def watched(self: Scripted, running: Running, **asked: Any) -> Report:  # noqa: ANN401
        nonlocal most
        grading.append(running)
        try:
            wait_until(lambda: len(grading) > 1, within=0.2)
            most = max(most, len(grading))
            return check(self, running, **asked)
        finally:
            grading.remove(running)

    monkeypatch.setattr(Scripted, "check", watched)
    closed(course)
    assert all(sitting.sealed for sitting in course.jury_session.state().sittings.values())
    assert most == 1


def test_who_is_interrupted_begins_no_step_any_more(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    course.source.go(100 * 60)
    stopped = course.closing()
    stopped.stop()
    with pytest.raises(closing.StoppedError):
        stopped.close("reseau", "C-01")
    assert list(course.jury_session.state().sittings["reseau", "C-01"].steps) == ["cut"]
    course.supervise()
    assert course.jury_session.state().sittings["reseau", "C-01"].sealed


@pytest.mark.parametrize(
    ("differences", "verdict", "said"),
    [
        ((), "repaired", "2 ✔ 0 ✘ 0 !."),
        ((UNEXPLAINED,), "repaired_with_changes", "2 ✔ 0 ✘ 0 ! (1 change to explain)."),
        (EVERY, "not_repaired", "2 ✔ 0 ✘ 0 ! (1 forbidden change, 1 change to explain)."),
    ],
)
def test_changes_are_sealed_and_told(
    course: Course, differences: tuple[Difference, ...], verdict: str, said: str
) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    course.labs.grading.repaired, course.labs.grading.differences = True, differences  # type: ignore[attr-defined]
    graded, report = closed(course)
    details = graded.details["labs"][SCENARIO]
    assert (report.verdict, details["verdict"], report.differences) == (verdict, verdict, differences)
    assert (details["forbidden"], details["unexplained"]) == (len(report.forbidden), len(report.unexplained))
    assert told(graded).en == f"Checks: {SCENARIO}: {said}"
    assert told(graded).fr.startswith(f"Contrôles : {SCENARIO} : 2 ✔ 0 ✘ 0 !")


def test_an_appeal_compares_the_changes_too(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    course.labs.grading.repaired, course.labs.grading.differences = True, EVERY  # type: ignore[attr-defined]
    closed(course)
    allowed = replace(FORBIDDEN, standing="explained")
    other = replace(UNEXPLAINED, object="cron.service")
    course.labs.grading.differences = (allowed, replace(UNEXPLAINED, standing="forbidden"), other)  # type: ignore[attr-defined]
    found = Reopening(course.jury_session, course.labs).reopen("reseau", "C-01", "organiser")
    assert (found.sources, found.graded) == ({SCENARIO: "instance"}, 2)
    assert [(one.check, one.before, one.after) for one in found.differences] == [
        ("r1 /etc/nftables.conf\x1b[2J content", "forbidden", ""),
        ("pc1 ssh.service enabled", "unexplained", "forbidden"),
        ("pc1 cron.service enabled", "", "unexplained"),
    ]
    (regraded,) = course.jury_session.state().of("regraded")
    assert "« ssh ne démarre plus » : à expliquer → interdit." in told(regraded).fr
    assert "'The firewall lets everything through': forbidden → absent." in told(regraded).en


def test_kept_labs_do_not_go_on_with_the_machine_and_can_be_graded_again(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    course.source.go(100 * 60)
    course.supervise()
    course.world.engine.begin_again()
    (lab,) = course.jury_session.state().sittings["reseau", "C-01"].labs

    def states() -> set[str]:
        return {host.state for host in course.labs.running.find(lab.instance).hosts}

    assert states() == {"exited"}
    found = Reopening(course.jury_session, course.labs).reopen("reseau", "C-01", "organiser")
    assert (found.sources, found.differences, found.not_paused) == ({SCENARIO: "instance"}, (), {})
    assert states() == {"paused"}


def test_labs_that_an_appeal_left_going_stand_still_again(course: Course) -> None:
    """Whoever kills the program while it grades leaves nobody who freezes the lab."""
    course.open()
    course.jury_session.start("reseau", "organiser")
    closed(course)
    state, engine = course.jury_session.state(), course.world.engine
    reopening = Reopening(course.jury_session, course.labs)
    mine = state.sittings["reseau", "C-01"].labs[0].instance
    assert reopening.stand_still() == ()
    for host in course.labs.running.find(mine).hosts:
        engine.unpause(host.container)
    with course.jury_session.folder.regrading(), pytest.raises(UsageError, match="Another program is grading"):
        reopening.stand_still()
    assert reopening.stand_still() == (mine,)
    assert {host.state for host in course.labs.running.find(mine).hosts} == {"paused"}


def test_labs_of_who_still_works_are_not_frozen_with_them(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    lab = course.jury_session.state().sittings["reseau", "C-01"].labs[0]
    assert Reopening(course.jury_session, course.labs).stand_still() == ()
    assert {host.state for host in course.labs.running.find(lab.instance).hosts} == {"running"}


def test_an_appeal_tells_which_host_goes_on_after_it(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel may refuse to freeze a host; nobody is told that it stands still."""
    course.open()
    course.jury_session.start("reseau", "organiser")
    closed(course)
    lab = course.jury_session.state().sittings["reseau", "C-01"].labs[0]
    restless = course.labs.running.find(lab.instance).hosts[0]
    engine = course.world.engine
    pause = engine.pause

    def refused(container: str) -> None:
        if container == restless.container:
            raise LabError(same("unable to freeze"))
        pause(container)

    monkeypatch.setattr(engine, "pause", refused)
    monkeypatch.setattr(freezing, "_WITHIN", 0.0)
    found = Reopening(course.jury_session, course.labs).reopen("reseau", "C-01", "organiser")
    assert found.not_paused == {SCENARIO: {restless.name: same("unable to freeze")}}
    (regraded,) = course.jury_session.state().of("regraded")
    assert f"; could not be paused: {restless.name} (unable to freeze)." in told(regraded).en
    assert f" ; n'ont pas pu être figées : {restless.name} (unable to freeze)." in told(regraded).fr


def test_an_appeal_on_evidence_from_before_there_were_differences(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    course.labs.grading.repaired = True  # type: ignore[attr-defined]
    with monkeypatch.context() as patched:
        patched.setattr(Report, "to_json", first_schema)
        closed(course)
    course.labs.grading.differences = EVERY  # type: ignore[attr-defined]
    reopening = Reopening(course.jury_session, course.labs)
    assert reopening.reopen("reseau", "C-01", "organiser").differences == ()
    course.labs.grading.repaired = False  # type: ignore[attr-defined]
    found = reopening.reopen("reseau", "C-01", "organiser").differences
    assert [(one.check, one.before, one.after) for one in found] == [("t.py::net", "pass", "fail")]


def test_two_looks_that_differ_are_no_judgement(course: Course) -> None:
    """The guard is red in the first of two gradings, and green in the second: nobody knows."""
    course.open()
    course.jury_session.start("reseau", "organiser")
    scripted(course, "fail", "pass")
    graded, report = closed(course)
    details = graded.details["labs"][SCENARIO]
    assert details["asked_again"] == ["t.py::net", "t.py::other"]
    assert [check["check"] for check in details["disagreed"]] == ["t.py::other"]
    assert (details["verdict"], details["fail"], details["error"]) == ("not_valid", 1, 1)
    net, other = report.results
    assert (net.outcome, net.evidence) == ("fail", same("no carrier")), "both looks agree"
    assert other.outcome == "error"
    assert other.evidence is not None
    assert "1. red\n2. green" in other.evidence.en
    assert "1. rouge\n2. vert" in other.evidence.fr
    assert f"{SCENARIO}: two gradings do not agree on 'other'." in told(graded).en


def test_a_second_look_that_breaks_off_is_no_judgement(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    scripted(course, "pass", "lost")
    _, report = closed(course)
    net, other = report.results
    assert (net.outcome, other.outcome) == ("error", "pass")
    assert net.evidence is not None
    assert "1. red: no carrier\n2. no answer" in net.evidence.en


def test_a_lab_that_is_gone_keeps_nobody_from_being_sealed(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    gone = course.jury_session.state().sittings["reseau", "C-01"].labs[0]
    course.labs.lifecycle.discard(course.labs.running.find(gone.instance))
    course.source.go(100 * 60, clock_set_by=3600)
    course.supervise()
    state = course.jury_session.state()
    (graded,) = state.of("graded", "C-01")
    assert graded.details["labs"][SCENARIO] == {"verdict": "not_valid", "why": "the lab is gone"}
    (clock,) = state.of("incident")
    assert "differs from the session's by 3600 s" in clock.details["text"]
    assert len(state.of("sealed")) == 2


def test_a_destroyed_host_does_not_restart_for_ever(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    lab = course.jury_session.state().sittings["reseau", "C-01"].labs[0]
    victim = course.labs.running.find(lab.instance).hosts[0]
    course.world.engine.destroy(victim.container)
    course.source.go(100 * 60)
    course.supervise()
    states = {host.name: host.state for host in course.labs.running.find(lab.instance).hosts}
    assert states.pop(victim.name) == "exited"
    assert set(states.values()) == {"paused"}


def restarted(course: Course) -> list[tuple[str, list[str]]]:
    return [(one.candidate, sorted(one.details["hosts"])) for one in course.jury_session.state().of("restarted")]


def test_hosts_that_are_started_again_are_noted_once(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    engine, restarts = course.world.engine, HostRestarts(course.jury_session, course.labs)
    restarts.note_running()
    assert restarted(course) == []
    lab = course.jury_session.state().sittings["reseau", "C-01"].labs[0]
    containers = {host.name: host.container for host in course.labs.running.find(lab.instance).hosts}
    engine.restart(containers["pc1"], grace=0)
    for _supervisor in range(2):
        HostRestarts(course.jury_session, course.labs).note_running()
    assert restarted(course) == [("C-01", ["pc1"])]
    engine.begin_again()
    restarts.note_running()
    assert sorted(restarted(course)[1:]) == [("C-01", list(lab.hosts)), ("C-02", list(lab.hosts))]
    said = told(course.jury_session.state().of("restarted")[0])
    assert said.en == f"Hosts of {SCENARIO} that were started again: pc1."

    course.source.go(100 * 60)
    engine.restart(containers["r1"], grace=0)
    course.supervise()
    restarts.note_running()
    assert restarted(course)[3:] == [("C-01", ["r1"])], "what the program itself starts again is no news"
    assert len(course.jury_session.state().of("sealed")) == 2


def test_a_host_that_is_started_for_ever_does_not_fill_the_journal(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    lab = course.jury_session.state().sittings["reseau", "C-01"].labs[0]
    victim = course.labs.running.find(lab.instance).hosts[0]
    for _ in range(30):
        course.world.engine.restart(victim.container, grace=0)
        course.closing().restarts.note_running()
    assert restarted(course) == [("C-01", [victim.name])] * 20
    course.world.engine.remove(victim.container)
    course.closing().restarts.note_running()
    assert len(restarted(course)) == 20


def test_whoever_supervises_looks_for_them(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "_RESTARTS_EVERY", 0.0)
    course.open()
    course.jury_session.start("reseau", "organiser")
    looks = iter((LabError(same("the engine is away")), None))
    note = HostRestarts.note_running

    def away_at_first(self: HostRestarts) -> None:
        if (error := next(looks, None)) is not None:
            raise error
        note(self)

    monkeypatch.setattr(HostRestarts, "note_running", away_at_first)
    course.world.engine.begin_again()
    Supervisor(course.jury_session, course.closing()).run(until=lambda state: bool(state.of("restarted")))
    assert {who for who, _ in restarted(course)} == {"C-01", "C-02"}


def test_those_who_have_time_are_warned_once(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    for minutes in (59, 1, 0, 10, 0):
        course.source.go(minutes * 60)
        Supervisor(course.jury_session, course.closing()).run(until=lambda _state: True)
    warned = [
        (event.candidate, event.details["minutes"], event.at - START)
        for event in course.jury_session.state().of("warned")
    ]
    assert warned == [("C-01", 15, 3600), ("C-01", 5, 4200)]


def test_who_is_given_minutes_has_them_and_is_warned_again(course: Course) -> None:
    course.open()
    course.jury_session.start("reseau", "roux")

    def look(minutes: int) -> None:
        course.source.go(minutes * 60)
        Supervisor(course.jury_session, course.closing()).run(until=lambda _state: True)

    look(66)
    course.jury_session.extend("reseau", "C-01", 20, "roux", "Un onduleur en panne.")
    look(13)
    look(3)
    warned = [(e.candidate, e.details["minutes"], e.at - START) for e in course.jury_session.state().of("warned")]
    assert [one for one in warned if one[0] == "C-01"] == [("C-01", 15, 66 * 60), ("C-01", 15, 82 * 60)]
    state = course.jury_session.state()
    sitting = state.sittings["reseau", "C-01"]
    assert state.deadline(sitting) == START + 95 * 60
    given = state.given("C-01", state.plan.phase("reseau")).en
    assert given.replace("\N{NO-BREAK SPACE}", " ") == "1 h 15 + 20 min = 1 h 35"
    (event,) = state.of("extended")
    assert told(event).en == "20 min more, by decision: Un onduleur en panne."


@pytest.mark.parametrize(("minutes", "reason"), [(0, "Panne"), (241, "Panne"), (-5, "Panne"), (10, " ")])
def test_minutes_are_given_in_measure_and_with_a_reason(course: Course, minutes: int, reason: str) -> None:
    course.open()
    with pytest.raises(UsageError):  # their time does not run yet
        course.jury_session.extend("reseau", "C-01", 10, "roux", "Panne")
    course.jury_session.start("reseau", "roux")
    with pytest.raises(UsageError):
        course.jury_session.extend("reseau", "C-01", minutes, "roux", reason)
    assert not course.jury_session.state().of("extended")


@pytest.mark.parametrize(
    "error",
    [
        MachineError(same("The helper does not answer.")),
        OSError(errno.ENOSPC, "No space left on device"),
        ValueError("a name \x1b[2J\nof a file"),
        MemoryError(),
    ],
)
def test_a_step_that_cannot_be_done_is_tried_again(
    course: Course, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    course.source.go(100 * 60)
    monkeypatch.setattr(supervision, "_PATIENCE", 0.0)
    failing = iter([True, True])
    close = Closing.close

    def sometimes(self: Closing, phase: str, candidate: str) -> None:
        if candidate == "C-01" and next(failing, False):
            raise error
        close(self, phase, candidate)

    monkeypatch.setattr(Closing, "close", sometimes)
    course.supervise()
    state = course.jury_session.state()
    assert {event.candidate for event in state.of("sealed")} == {"C-01", "C-02"}
    assert ["tried again" in event.details["text"] for event in state.of("incident")] == [True]
    assert "nouvel essai" in told(state.of("incident")[0]).fr
    assert not CONTROLS.search(state.of("incident")[0].details["text"])
    assert "\n" not in state.of("incident")[0].details["text"]


class Away:
    """A journal that is away for a number of calls, to write alone or to read as well."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, course: Course, *, calls: int, reads: bool) -> None:
        self.left = 0
        self.states: list[set[str]] = []
        for name in ("append", *(["events"] if reads else [])):
            monkeypatch.setattr(MemoryLog, name, self.refusing(getattr(MemoryLog, name)))
        self.course, self.calls = course, calls

    def begin(self) -> None:
        self.left = self.calls

    def refusing(self, own: Callable[..., object]) -> Callable[..., object]:
        def called(*args: object, **named: object) -> object:
            if not self.left:
                return own(*args, **named)
            self.left -= 1
            self.states.append({host.state for one in self.course.labs.running.all() for host in one.hosts})
            if not self.left:
                self.course.source.go(600)  # ten minutes later
            raise MachineError(same("the disk is full"))

        return called


@pytest.mark.parametrize("reads", [False, True])
def test_a_deadline_is_kept_while_nothing_can_be_written(
    course: Course, monkeypatch: pytest.MonkeyPatch, *, reads: bool
) -> None:
    course.open()
    course.jury_session.start("reseau", "organiser")
    monkeypatch.setattr(supervision, "_WRITTEN_EVERY", 0.0)
    away = Away(monkeypatch, course, calls=30, reads=reads)
    told_of: list[Text] = []
    looks = 0

    def tell(text: Text) -> None:
        told_of.append(text)
        raise OSError(errno.ENOSPC, "the log is on that disk")

    def once_it_is_away(state: SessionState) -> bool:
        """Let the time of all run out, at once after the journal is away."""
        nonlocal looks
        looks += 1
        if looks == 1:
            away.begin()
            course.source.go(100 * 60)
        return all_sealed(state)

    Supervisor(course.jury_session, course.closing(), tell).run(once_it_is_away)
    assert away.left == 0
    assert {"paused"} in away.states, "their hosts stand still before that can be noted"
    state = course.jury_session.state()
    assert [one.at - START for one in state.of("cut")] == [6000, 6000], "it is noted when that was"
    assert [one.kind for one in state.events if one.candidate == "C-01" and one.kind in STEPS] == list(STEPS)
    assert ["nothing could be done or written" in told(one).en for one in state.of("incident")] == [True]
    assert [one.en for one in told_of if "disk" in one.en] == ["✘ the disk is full"]
    assert [one.details["on"] for one in state.of("supervised")] == [True, False]


def test_only_one_supervises(course: Course) -> None:
    course.open()
    with course.jury_session.folder.supervised(), pytest.raises(UsageError, match="supervises this session already"):
        course.supervise()
