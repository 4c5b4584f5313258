"""A jury session for real: two CCP, extra time, a latecomer, a pause, a killed supervisor, a lost host.

It is held with three candidates, and with six where all tests run. A rehearsal's minutes
are short; everything else is what an assessment is made of.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.app import App
from orchestrator.assessment import session_retention
from orchestrator.assessment.events import Kind
from orchestrator.assessment.evidence import read_evidence
from orchestrator.assessment.jury import Jury
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.opening import Opening
from orchestrator.assessment.pdf import pdf_of
from orchestrator.assessment.printed_documents import Dossier, document_of, minutes_page
from orchestrator.assessment.reopening import Reopening
from orchestrator.assessment.state import Sitting
from orchestrator.assessment.terminal_gate import TerminalGate
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.proof.prover import prove
from orchestrator.proof.stages import ProofSubject
from orchestrator.records import audit

from .conftest import CONTENT, Watching, told

pytestmark = [pytest.mark.live, pytest.mark.slow]

MINUTE = 8
"""Seconds: whatever comes before the pause has fifteen of these minutes, with all labs running and others beside."""
PHASE = "depannage"
FIRST, SECOND = "wrong-address", "wrong-address-again"
NAMES = {
    "C-01": "Zoé Faure",
    "C-02": "Ali Benali",
    "C-03": "Inès Garnier",
    "C-04": "Hugo Petit",
    "C-05": "Maëlle Roux",
    "C-06": "Noé Lambert",
}
EXTRA, LATE, REPAIRS = "C-02", "C-03", "C-01"
PLAN = """\
contract: 1
id: live
title: Session des tests
referential: rncp-227
ccps: [1, 2]
date: "2026-12-14"
centre: Centre de Nantes
room: B12
jury:
  - {id: martin, name: Anne Martin, quality: Responsable informatique}
  - {id: leroy, name: Paul Leroy, quality: Technicien systèmes}
candidates:
%s
phases:
  - {name: %s, title: Dépannage, minutes: 15, scenarios: [%s, %s]}
"""


@dataclass(frozen=True)
class Cast:
    """Who takes part: few candidates of whom one does several things, or six.

    Attributes:
        candidates: their numbers.
        destroys: who makes a host unusable.
        early: who ends before the others.
    """

    candidates: tuple[str, ...]
    destroys: str
    early: str

    @property
    def last(self) -> str:
        """One who does not end early, and whose evidence is looked at."""
        return next(number for number in reversed(self.candidates) if number != self.early)

    @property
    def plan(self) -> str:
        """Return the session's plan."""
        extra = {EXTRA: ", extra_time: 1/3"}
        rows = [f"  - {{number: {n}, name: {NAMES[n]}{extra.get(n, '')}}}" for n in self.candidates]
        return PLAN % ("\n".join(rows), PHASE, FIRST, SECOND)


FEW = Cast(tuple(NAMES)[:3], destroys=EXTRA, early=LATE)
SIX = Cast(tuple(NAMES), destroys="C-04", early="C-05")


@dataclass
class World:
    """The program with its own data folder, and how it is called as a command."""

    app: App
    root: Path
    folder: Path
    cast: Cast

    @property
    def jury_session(self) -> JurySession:
        return self.app.registry.jury_session("live")

    def supervise(self) -> subprocess.Popen[bytes]:
        return self.command("run")

    def command(self, *words: str) -> subprocess.Popen[bytes]:
        """Begin a command of ``breakfix session``."""
        line = [sys.executable, "-m", "orchestrator", "--content", str(self.root), "session", *words]
        return subprocess.Popen(line, env=os.environ.copy(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture(
    scope="module", params=[pytest.param(FEW, marks=pytest.mark.core, id="few"), pytest.param(SIX, id="six")]
)
def cast(request: pytest.FixtureRequest) -> Cast:
    """Return who takes part in the session."""
    chosen = request.param
    assert isinstance(chosen, Cast)
    return chosen


@pytest.fixture(scope="module")
def world(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a program whose two scenarios are proven; what is left of a session is removed."""
    root, folder = tmp_path_factory.mktemp("content"), tmp_path_factory.mktemp("data")
    shutil.copytree(CONTENT / "labs" / "duo", root / "labs" / "duo")
    source = next(CONTENT.glob(f"scenarios/*/{FIRST}"))
    shutil.copytree(source, root / "scenarios" / "1.3-network-connection" / FIRST)
    again = root / "scenarios" / "2.1-tcpip-network" / SECOND
    shutil.copytree(source, again)
    text = (again / "scenario.yaml").read_text().replace(f"id: {FIRST}", f"id: {SECOND}")
    (again / "scenario.yaml").write_text(text.replace('competences: ["1.3"]', 'competences: ["2.1"]'))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder))
        patch.delenv("BREAKFIX_DATABASE", raising=False)
        app = App([root])
        bindings = {name: app.proofs.binding(name) for name in (FIRST, SECOND)}
        for proof in prove(
            app.labs, [ProofSubject(app.labs.plans.plan(n, 7)) for n in bindings], jobs=3, watch=Watching()
        ):
            assert proof.proven, told(proof)
            assert app.proofs.keep(proof, bindings[proof.scenario])
        made = World(app, root, folder, cast)
        try:
            yield made
        finally:
            for jury_session in (made.jury_session,) if app.registry.log.sessions() else ():
                session_retention.clear(jury_session, app.labs, "test", early=True)
            app.close()


def sitting(jury_session: JurySession, candidate: str) -> Sitting:
    return jury_session.state().sittings[PHASE, candidate]


def await_event(jury_session: JurySession, kind: Kind, least: int = 1, within: float = 240) -> None:
    assert wait_until(lambda: len(jury_session.state().of(kind)) >= least, within=within, every=0.1), (
        jury_session.state().events[-3:]
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a supervisor as a power cut does."""
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def held(world: World) -> JurySession:
    """Hold the session from its plan to the sealed evidence, with everything that goes wrong in it."""
    file = world.folder / "session.yaml"
    file.write_text(world.cast.plan, encoding="utf-8")
    jury_session = world.app.registry.create(WrittenPlan.read(file), "organiser", minute=MINUTE)
    opened = Opening(jury_session, world.app.labs, world.app.proofs.require).open(PHASE, "organiser")
    assert (len(opened.ready), opened.failed) == (2 * len(world.cast.candidates), {})
    jury_session.start(PHASE, "organiser")
    first = world.supervise()
    jury_session.arrive(PHASE, LATE, "organiser")
    for lab in sitting(jury_session, REPAIRS).labs:
        running = world.app.labs.running.planned(lab.instance)
        reference = next(solution for solution in running.plan.solutions if solution.reference)
        assert {typed.status for typed in world.app.labs.solutions.apply(running, reference, lambda _step: None)} == {0}
    victim = HostRef(sitting(jury_session, world.cast.destroys).labs[0].instance, "a")
    world.app.fabric.run(victim, ("rm", "-rf", "--no-preserve-root", "/"), timeout=30)
    assert world.app.fabric.run(victim, ("true",)).status == 127  # nothing is left to run
    for action, reason in (("unplug", ()), ("plug", ("--reason", "Câble tombé de la prise"))):
        cable = world.command("cable", PHASE, world.cast.last, "b:eth0", action, "--scenario", SECOND, *reason)
        assert (cable.communicate(timeout=60)[0], cable.returncode)[1] == 0
    await_event(jury_session, "warned")  # the one who has twenty minutes is told when there are fifteen left
    kill(first)
    jury_session.pause("organiser", "Coupure de courant")
    begun = jury_session.state().last
    gate = TerminalGate(jury_session, PHASE, world.cast.last)
    assert not gate.may_type()
    assert wait_until(lambda: gate.clock.now() >= begun + 3, within=60)
    jury_session.resume("organiser")
    jury_session.finish(PHASE, world.cast.early, "organiser")
    second = world.supervise()
    await_event(jury_session, "cut", 2)  # the early one's, then the first of the others
    kill(second)
    third = world.supervise()
    output = third.communicate(timeout=400)[0].decode()
    assert third.returncode == 0, output
    return jury_session


def test_the_deadlines_are_exact_to_the_second(held: JurySession, cast: Cast) -> None:
    state = held.state()
    (start,) = state.of("started")
    (pause,), (resume,) = state.of("paused"), state.of("resumed")
    length = resume.at - pause.at
    assert length >= 3
    due = dict.fromkeys(cast.candidates, start.at + 15 * MINUTE + length)
    due[EXTRA] = start.at + 20 * MINUTE + length
    due[cast.early] = state.of("finished")[0].at
    assert {event.candidate: event.details["deadline"] for event in state.of("cut")} == due
    assert len(state.of("cut")) == len(cast.candidates)  # once each, whoever was killed meanwhile
    assert all(event.at >= due[event.candidate] for event in state.of("cut"))
    assert sitting(held, LATE).arrived is not None


def test_everybody_s_evidence_is_sealed_complete_and_intact(held: JurySession, world: World, cast: Cast) -> None:
    assert set(Reopening(held, world.app.labs).verify().values()) == {()}
    for candidate in cast.candidates:
        evidence = read_evidence(held.folder.sealed(PHASE, candidate))
        for scenario in (FIRST, SECOND):
            assert {f"{scenario}/{name}" for name in ("report.json", "start-report.json", "changes.json")} <= set(
                evidence.files
            )
            outcomes = {r["id"]: r["outcome"] for r in evidence.document(f"{scenario}/report.json")["results"]}
            if candidate == REPAIRS:
                assert set(outcomes.values()) == {"pass"}
                changed = [change["path"] for change in evidence.document(f"{scenario}/changes.json")]
                assert "/etc/network/interfaces" in changed
            elif (candidate, scenario) == (cast.destroys, FIRST):
                assert "pass" not in {outcomes[name] for name in outcomes if "other_station" not in name}
            else:
                assert "fail" in outcomes.values()
        kinds = [event["kind"] for event in evidence.document("journal.json")]
        assert {"started", "paused", "resumed", "cut", "rebooted", "graded"} <= set(kinds)


def test_who_moved_a_cable_is_told(held: JurySession, cast: Cast) -> None:
    evidence = read_evidence(held.folder.sealed(PHASE, cast.last))
    told = {event["kind"]: event["details"] for event in evidence.document("journal.json")}
    assert told["cabled"] == {"scenario": SECOND, "act": "cable b:eth0 unplug"}
    assert told["intervened"]["act"] == "cable b:eth0 plug"
    assert told["intervened"]["reason"] == "Câble tombé de la prise"


def test_the_lost_host_is_named(held: JurySession, cast: Cast) -> None:
    (rebooted,) = held.state().of("rebooted", cast.destroys)
    assert set(rebooted.details["lost"]) == {FIRST}
    assert set(rebooted.details["lost"][FIRST]) == {"a"}


def test_the_journal_is_sound_and_a_flipped_byte_is_found(held: JurySession, world: World) -> None:
    with world.app.database.read() as transaction:
        assert audit.verify(transaction) == ()
    path = held.folder.sealed(PHASE, world.cast.last)
    content = path.read_bytes()
    path.write_bytes(content[:-100] + bytes([content[-100] ^ 1]) + content[-99:])
    found = Reopening(held, world.app.labs).verify()
    assert [file for file, problems in found.items() if problems] == [path.name]
    path.write_bytes(content)


def test_an_appeal_finds_the_same(held: JurySession, world: World) -> None:
    found = Reopening(held, world.app.labs).reopen(PHASE, REPAIRS, "organiser")
    assert (set(found.sources.values()), found.graded, found.differences) == ({"instance"}, 6, ())
    states = {i.name: {h.state for h in i.hosts} for i in world.app.instances.all()}
    assert all(states[lab.instance] == {"paused"} for lab in sitting(held, REPAIRS).labs)


def test_the_jury_decides_signs_and_has_its_record(held: JurySession, world: World, cast: Cast) -> None:
    room = Jury(held, world.app.registry.plan_context())
    for candidate in cast.candidates:
        for code in room.sheet(candidate).undecided:
            verdict = (
                "acquired" if candidate == REPAIRS else "to-question" if candidate == cast.destroys else "not-acquired"
            )
            room.decide("martin", candidate, code, verdict, "Au vu des preuves.")
    room.sign("martin", "test")
    assert room.sign("leroy", "test").closed_at is not None
    sheets = {candidate: room.sheet(candidate) for candidate in cast.candidates}
    dossier = Dossier(held.state(), world.app.content.referential(), sheets, world.app.journal_log.head())
    page = minutes_page(dossier, held.state().last)
    for said in (
        "RÉPÉTITION",
        "Coupure de courant",
        NAMES[cast.early],
        "machine non revenue",
        "Acquise",
        "Obtenu",
        "Câble tombé",
    ):
        assert said in page, said
    assert pdf_of(page).startswith(b"%PDF-")
    decided = [row["decision"] for row in document_of(dossier)["results"] if row["decision"]]
    assert (decided.count("acquired"), decided.count("to-question"), len(decided)) == (4, 4, 4 * len(cast.candidates))
    if kept := os.environ.get("BREAKFIX_KEEP_RECORD"):  # to look at
        Path(kept).write_bytes(pdf_of(page))
    with world.app.database.read() as transaction:
        assert audit.verify(transaction) == ()
    assert json.loads(json.dumps(document_of(dossier)))["record"]["closed_at"]
