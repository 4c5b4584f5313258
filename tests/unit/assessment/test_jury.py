"""What the jury decides: never worked out of points, signed twice, corrected by a signed correction, exported."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from grader.report import CheckResult, Difference, Outcome, Report
from orchestrator.assessment.decisions import record_of
from orchestrator.assessment.event_words import told
from orchestrator.assessment.events import Draft
from orchestrator.assessment.jury import Jury
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.pdf import _nothing, pdf_of
from orchestrator.assessment.printed_documents import Dossier, csv_of, document_of, minutes_page, sheet_page
from orchestrator.assessment.results import meaning
from orchestrator.assessment.session_folder import write_whole
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text, same
from orchestrator.model.session_plan import ResultColumn
from tests.unit.assessment.sessions import (
    PLAN,
    START,
    Played,
    make_jury_session,
    make_registry,
    open_in_memory,
    plan_context,
)
from tests.unit.differences import EVERY, FORBIDDEN, HARMLESS, UNEXPLAINED

COMPETENCES = {"C-01": ("1.3",), "C-02": ("1.3",)}


def graded(jury_session: JurySession, candidate: str, outcome: str, differences: tuple[Difference, ...] = ()) -> None:
    sentence = Text(fr="Le poste de Zoé répond.", en="Zoé's workstation answers.")
    result = CheckResult("test_a.py::test_net", "symptom", 3, None, sentence, outcome)  # type: ignore[arg-type]
    report = Report("cut", "cut", 5, "d" * 64, "2025-12-14T09:15:00Z", 1.0, (result,), differences=differences)
    path = jury_session.folder.sitting("reseau", candidate) / "cut.report.json"
    digest = write_whole(path, report.to_json().encode())
    at = START + 6000
    lost = {"cut": {"pc1": "it did not come back"}} if candidate == "C-02" else {}
    for kind, details in (
        ("cut", {"deadline": at, "not_paused": {}}),
        ("rebooted", {"lost": lost}),
        ("graded", {"labs": {"cut": {"report": digest, "verdict": "repaired", "pass": 1, "fail": 0, "error": 0}}}),
        ("sealed", {"file": f"{candidate}-reseau.zip", "sha256": "e" * 64}),
    ):
        sealed = "e" * 64 if kind == "sealed" else ""
        jury_session.keep(Draft(kind, "breakfix", at, candidate, "reseau", details, sealed))  # type: ignore[arg-type]


@pytest.fixture
def jury_session(tmp_path: Path) -> JurySession:
    made = make_jury_session(tmp_path, Played(START))
    open_in_memory(made, "reseau")
    made.start("reseau", "organiser")
    made.arrive("reseau", "C-02", "organiser")
    made.incident("organiser", "Coupure de courant de 2 min.")
    for candidate, outcome in (("C-01", "pass"), ("C-02", "error")):
        graded(made, candidate, outcome)
    return made


@pytest.fixture
def room(jury_session: JurySession) -> Jury:
    return Jury(jury_session, plan_context())


def decide_all(room: Jury) -> None:
    room.decide("martin", "C-01", "1.3", "acquired", "Diagnostic méthodique, réparation durable.")
    room.decide("leroy", "C-02", "1.3", "to-question", "La machine n'est pas revenue : à vérifier à l'oral.")
    for candidate, verdict in (("C-01", "acquired"), ("C-02", "not-acquired")):
        for ccp in ("ccp-1", "ccp-2"):
            room.decide("martin", candidate, ccp, verdict, "Délibération du jury.")


def test_the_machine_decides_nothing(room: Jury) -> None:
    line = next(line for line in room.sheet("C-01").lines if line.competence.code == "1.3")
    assert (line.count("pass"), line.worked, line.decision) == (1, True, None)
    assert room.sheet("C-01").undecided == ("1.3", "ccp-1", "ccp-2")


def test_a_report_that_was_changed_since_is_no_result(jury_session: JurySession, room: Jury) -> None:
    path = jury_session.folder.sitting("reseau", "C-02") / "cut.report.json"
    path.write_text(path.read_text().replace('"error"', '"pass"'))
    line = next(line for line in room.sheet("C-02").lines if line.competence.code == "1.3")
    assert (line.seen, line.count("pass")) == ((), 0)
    assert "not the report of which the journal has the hash" in line.without["cut"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("martn", "C-01", "1.3", "acquired", "x"), "no member 'martn'"),
        (("martin", "C-09", "1.3", "acquired", "x"), "no candidate 'C-09'"),
        (("martin", "C-01", "3.1", "acquired", "x"), 'does not decide on "3.1"'),
        (("martin", "C-01", "ccp-3", "acquired", "x"), 'does not decide on "ccp-3"'),
        (("martin", "C-01", "title", "acquired", "x"), 'does not decide on "title"'),
        (("martin", "C-01", "1.3", "aquired", "x"), 'did you mean "acquired"'),
        (("martin", "C-01", "1.3", "acquired", " "), "Say why"),
    ],
)
def test_a_decision_says_who_what_and_why(room: Jury, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        room.decide(*arguments)


def test_nothing_is_decided_before_the_evidence_is_sealed(tmp_path: Path) -> None:
    jury_session = make_jury_session(tmp_path, Played(START))
    open_in_memory(jury_session, "reseau")
    jury_session.start("reseau", "organiser")
    with pytest.raises(UsageError, match="not sealed: reseau"):
        Jury(jury_session, plan_context()).decide("martin", "C-01", "1.3", "acquired", "x")


def test_two_members_close_the_record_and_a_change_voids_a_signature(jury_session: JurySession, room: Jury) -> None:
    with pytest.raises(UsageError, match=r"Still to be decided: C-01: 1.3, ccp-1, ccp-2; C-02: 1.3, ccp-1, ccp-2"):
        room.sign("martin", "jury")
    decide_all(room)
    assert len(room.sign("martin", "jury").signatures) == 1
    with pytest.raises(UsageError, match="has signed already"):
        room.sign("martin", "jury")
    room.observe("leroy", "C-01", "Explique bien sa démarche.", "1.3")
    assert record_of(jury_session.state()).signatures == ()  # what was signed is not what stands there now
    room.sign("leroy", "jury")
    assert record_of(jury_session.state()).closed_at is None
    assert room.sign("martin", "jury").closed_at == START
    with pytest.raises(UsageError, match="record is closed"):
        room.decide("martin", "C-01", "1.3", "not-acquired", "x")
    with pytest.raises(UsageError, match="signed and closed already"):
        room.sign("leroy", "jury")


def test_after_the_closing_a_change_is_a_signed_correction(jury_session: JurySession, room: Jury) -> None:
    decide_all(room)
    with pytest.raises(UsageError, match="not closed"):
        room.correct("martin", "C-02", "1.3", "acquired", "x")
    room.sign("martin", "jury")
    room.sign("leroy", "jury")
    closed = record_of(jury_session.state())
    room.correct("martin", "C-02", "1.3", "acquired", "Questionnement du 15 décembre.")
    before = record_of(jury_session.state())
    assert before.decisions == closed.decisions
    assert [d.verdict for d in before.pending.values()] == ["acquired"]
    room.sign("leroy", "jury")
    assert record_of(jury_session.state()).pending
    after = room.sign("martin", "jury")
    assert (after.pending, after.decisions["C-02", "1.3"].verdict) == ({}, "acquired")
    assert after.decisions["C-02", "1.3"].corrected
    assert {s.member for s in after.signatures} == {"martin", "leroy"}


def test_a_whole_title_is_decided_and_a_ccp_only_without_it(tmp_path: Path) -> None:
    jury_session = make_jury_session(tmp_path, Played(START), ccps="")
    open_in_memory(jury_session, "reseau")
    jury_session.start("reseau", "organiser")
    for candidate in ("C-01", "C-02"):
        graded(jury_session, candidate, "pass")
    room = Jury(jury_session, plan_context())
    for candidate, verdict in (("C-01", "acquired"), ("C-02", "not-acquired")):
        assert room.sheet(candidate).undecided == ("1.3", "title")
        room.decide("martin", candidate, "1.3", "acquired", "x")
        room.decide("martin", candidate, "title", verdict, "x")
    assert room.sheet("C-01").undecided == ()
    assert room.sheet("C-02").undecided == ("ccp-1", "ccp-2", "ccp-3")
    room.decide("martin", "C-02", "ccp-1", "acquired", "x")
    sheets = {number: room.sheet(number) for number in COMPETENCES}
    dossier = Dossier(jury_session.state(), plan_context().referential, sheets, f"42:{'a' * 64}")
    decided = {(r["candidate"], r["subject"]): r["decision"] for r in document_of(dossier)["results"] if r["decision"]}
    assert decided["C-01", "title"] == "acquired"
    assert decided["C-02", "ccp-1"] == "acquired"
    assert "Titre et certificats" in minutes_page(dossier, START)
    assert "Décision du jury sur le titre" in sheet_page(dossier, "C-02", START)


@pytest.fixture
def dossier(jury_session: JurySession, room: Jury) -> Dossier:
    decide_all(room)
    room.observe("leroy", "C-01", "=Calme")
    room.sign("martin", "jury")
    room.sign("leroy", "jury")
    sheets = {number: room.sheet(number) for number in COMPETENCES}
    return Dossier(jury_session.state(), plan_context().referential, sheets, f"42:{'a' * 64}")


def test_the_record_reads_as_a_french_jury_writes_it(dossier: Dossier) -> None:
    page = minutes_page(dossier, START).replace("\N{NO-BREAK SPACE}", " ")
    for said in (
        "Procès-verbal de session d’examen",
        "14 décembre 2025",
        "Anne Martin",
        "1 h 15 + 1/3 = 1 h 40",
        "Coupure de courant de 2 min.",
        "Arrivée en retard ; l’heure de fin n’a pas changé.",
        "machine non revenue : pc1",
        "Acquise",
        "Obtenu",
        "Non obtenu",
        "À compléter par un questionnement",
        f"42:{'a' * 64}",
        "Clos le 14 décembre 2025",
    ):
        assert said in page, said
    assert "PROJET" not in page
    assert "RÉPÉTITION" not in page


def test_a_sheet_has_reasons_and_what_was_seen(dossier: Dossier) -> None:
    page = sheet_page(dossier, "C-02", START)
    assert "à vérifier à l’oral" in page
    assert "Le poste de Zoé répond." in page
    assert "sans avis" in page
    assert "Zoé Faure" not in page


@pytest.fixture
def changed(tmp_path: Path) -> JurySession:
    """A session whose candidates have repaired and changed more: C-01 what is to be explained, C-02 everything."""
    made = make_jury_session(tmp_path, Played(START))
    open_in_memory(made, "reseau")
    made.start("reseau", "organiser")
    graded(made, "C-01", "pass", (UNEXPLAINED, replace(UNEXPLAINED, object="cron.service"), HARMLESS))
    graded(made, "C-02", "pass", EVERY)
    return made


def test_a_jury_sees_each_verdict_with_its_changes(changed: JurySession) -> None:
    room = Jury(changed, plan_context())
    sheets = {number: room.sheet(number) for number in COMPETENCES}
    (one,), (other,) = sheets["C-01"].graded, sheets["C-02"].graded
    assert (one.phase, one.scenario, one.report.verdict) == ("reseau", "cut", "repaired_with_changes")
    assert other.report.verdict == "not_repaired"
    line = next(line for line in sheets["C-02"].lines if line.competence.code == "1.3")
    assert (line.count("pass"), line.unexplained, line.forbidden) == (1, 1, 1)
    assert sheets["C-01"].undecided == ("1.3", "ccp-1", "ccp-2"), "nothing is decided by it"


def test_a_sheet_prints_verdicts_and_changes(changed: JurySession) -> None:
    room = Jury(changed, plan_context())
    sheets = {number: room.sheet(number) for number in COMPETENCES}
    dossier = Dossier(changed.state(), plan_context().referential, sheets, f"42:{'a' * 64}")
    pages = [sheet_page(dossier, number, START).replace("\N{NO-BREAK SPACE}", " ") for number in COMPETENCES]
    assert "Constat d’ensemble" in pages[0]
    assert ">Réparé, avec 2 changements à expliquer</span>" in pages[0]
    assert "une question à poser au candidat" in pages[0]
    for said in (
        "ssh ne démarre plus.",
        ">changement à expliquer</td>",
        "cron.service (enabled)",
        "maintenant : disabled",
    ):
        assert said in pages[0]
    assert "Des commandes ont été tapées" not in pages[0]
    assert ">Non réparé</span>" in pages[1]
    for said in (
        "Le pare-feu laisse tout passer.",
        ">changement interdit</td>",
        "+  policy accept \\u001b[31m&lt;all&gt;",
    ):
        assert said in pages[1]
    minutes = minutes_page(dossier, START).replace("\N{NO-BREAK SPACE}", " ")
    assert "2 changements à expliquer" in minutes
    assert "1 changement interdit" in minutes
    rows = {(row["candidate"], row["subject"]): row for row in csv.DictReader(io.StringIO(csv_of(dossier)))}
    row = rows["C-01", "1.3"]
    assert (row["checks_passed"], row["changes_to_explain"], row["forbidden_changes"]) == ("1", "2", "0")
    assert rows["C-01", "ccp-1"]["changes_to_explain"] == "", "nothing is summed up"


@pytest.mark.parametrize(
    ("outcome", "differences", "said"),
    [
        ("pass", (HARMLESS,), ""),
        ("fail", (), ""),
        ("error", (), "This is neither a success nor a failure: the grader could not judge everything."),
        ("error", (FORBIDDEN,), "This is neither a success nor a failure: the grader could not judge everything."),
        ("pass", (FORBIDDEN,), "A forbidden change outweighs all checks."),
        ("pass", (UNEXPLAINED,), "A change to explain is no mistake: it is a question to put to the candidate."),
        (
            "fail",
            EVERY,
            "A forbidden change outweighs all checks. "
            "A change to explain is no mistake: it is a question to put to the candidate.",
        ),
    ],
)
def test_a_verdict_is_told_with_what_it_means(outcome: Outcome, differences: tuple[Difference, ...], said: str) -> None:
    result = CheckResult("test_a.py::test_net", "symptom", 3, None, same("pc1 answers."), outcome)
    report = Report("cut", "cut", 5, "d" * 64, "2025-12-14T09:15:00Z", 1.0, (result,), differences=differences)
    told = meaning(report)
    assert (told.en if told else "") == said


def test_a_sheet_without_changes_says_so(dossier: Dossier) -> None:
    pages = [sheet_page(dossier, number, START) for number in COMPETENCES]
    assert ">Réparé</span><br>" in pages[0]
    assert ">Évaluation non valable</span>" in pages[1]
    for page in pages:
        assert "aucun changement interdit ou à expliquer" in page
    assert "n’a pas pu tout juger" in pages[1]


def test_a_report_of_the_first_schema_has_its_place_on_a_sheet(tmp_path: Path) -> None:
    made = make_jury_session(tmp_path, Played(START))
    open_in_memory(made, "reseau")
    made.start("reseau", "organiser")
    path = made.folder.sitting("reseau", "C-01") / "cut.report.json"
    sentence = {"fr": "Le poste répond.", "en": "The workstation answers."}
    result = {"id": "t.py::net", "role": "symptom", "points": 3, "competence": None, "sentence": sentence}
    document = {
        "schema": 1,
        "instance": "cut",
        "scenario": "cut",
        "seed": 5,
        "digest": "d" * 64,
        "started_at": "",
        "seconds": 1.0,
        "verdict": "error",
        "points": None,
        "points_total": 3,
        "results": [{**result, "outcome": "error"}],
    }
    digest = write_whole(path, json.dumps(document).encode())
    details = {"labs": {"cut": {"report": digest, "verdict": "error", "pass": 0, "fail": 0, "error": 1}}}
    made.keep(Draft("graded", "breakfix", START + 6000, "C-01", "reseau", details))
    (one,) = Jury(made, plan_context()).sheet("C-01").graded
    assert (one.report.verdict, one.report.differences) == ("not_valid", ())
    (event,) = made.state().of("graded")
    assert told(event).en == "Checks: cut: 0 ✔ 0 ✘ 1 !."


def test_tables_for_programs_agree_and_start_no_formula(dossier: Dossier) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_of(dossier))))
    document = json.loads(json.dumps(document_of(dossier)))
    assert [row["decision"] for row in rows] == [row["decision"] for row in document["results"]]
    assert {row["subject"] for row in rows if row["decision"]} == {"1.3", "ccp-1", "ccp-2"}
    assert {row["checks_passed"] for row in rows if row["subject"] == "ccp-1"} == {""}  # nothing is summed up
    assert document["record"]["signatures"][0]["member"] == "martin"
    assert document["sittings"][1]["seconds"] == 6000


@pytest.mark.slow
def test_the_record_is_a_pdf(dossier: Dossier, tmp_path: Path) -> None:
    made = pdf_of(minutes_page(dossier, START))
    (tmp_path / "pv.pdf").write_bytes(made)
    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")


def test_a_page_fetches_nothing_from_outside() -> None:
    with pytest.raises(ValueError, match="nothing outside"):
        _nothing("http://example.org/x.png")


def test_a_pause_stands_beside_the_time_that_was_given(tmp_path: Path) -> None:
    source = Played(START)
    made = make_jury_session(tmp_path, source)
    open_in_memory(made, "reseau")
    made.start("reseau", "organiser")
    source.go(600)
    made.pause("organiser", "Malaise", "C-01")
    source.go(420)
    made.resume("organiser", "C-01")
    context = plan_context()
    room = Jury(made, context)
    sheets = {number: room.sheet(number) for number in ("C-01", "C-02")}
    dossier = Dossier(made.state(), context.referential, sheets, "1:a", context.scenarios)
    space = "\N{NO-BREAK SPACE}"
    assert f"et 7{space}min d’arrêt" in sheet_page(dossier, "C-01", START)
    assert "d’arrêt" not in sheet_page(dossier, "C-02", START)
    assert f"dont 7{space}min d’arrêt" in minutes_page(dossier, START)


def test_the_table_has_the_columns_of_the_plan(tmp_path: Path) -> None:
    file = tmp_path / "session.yaml"
    columns = ["name", "decision", "candidate", "subject"]
    file.write_text(f"{PLAN}columns: [{', '.join(columns)}]\n", encoding="utf-8")
    made = make_registry(tmp_path, Played(START)).create(WrittenPlan.read(file), "organiser")
    context = plan_context()
    room = Jury(made, context)
    dossier = Dossier(made.state(), context.referential, {n: room.sheet(n) for n in ("C-01", "C-02")}, "1:a")
    table = list(csv.reader(io.StringIO(csv_of(dossier))))
    assert table[0] == columns
    assert {len(row) for row in table} == {4}
    assert {row[2] for row in table[1:]} == {"C-01", "C-02"}
    assert set(document_of(dossier)["results"][0]) > set(columns), "JSON has all of it"


def test_every_column_can_be_named(jury_session: JurySession, room: Jury) -> None:
    context = plan_context()
    sheets = {number: room.sheet(number) for number in ("C-01", "C-02")}
    dossier = Dossier(jury_session.state(), context.referential, sheets, "1:a", context.scenarios)
    assert csv_of(dossier).splitlines()[0].split(",") == list(get_args(ResultColumn))


def test_how_a_candidate_takes_part_is_told(tmp_path: Path) -> None:
    file = tmp_path / "session.yaml"
    file.write_text(PLAN.replace("name: Ali Benali,", "name: Ali Benali, attendance: remote,"), encoding="utf-8")
    made = make_registry(tmp_path, Played(START)).create(WrittenPlan.read(file), "organiser")
    context = plan_context()
    room = Jury(made, context)
    sheets = {number: room.sheet(number) for number in ("C-01", "C-02")}
    dossier = Dossier(made.state(), context.referential, sheets, "1:a", context.scenarios)
    assert "sur place" in sheet_page(dossier, "C-01", START)
    assert "à distance" in sheet_page(dossier, "C-02", START)
    rows = list(csv.DictReader(io.StringIO(csv_of(dossier))))
    assert {row["candidate"]: row["attendance"] for row in rows} == {"C-01": "on-site", "C-02": "remote"}


def test_what_an_appeal_changed_is_named_on_the_sheet_and_in_the_record(jury_session: JurySession, room: Jury) -> None:
    sentence = {"fr": "L'intranet s'ouvre.", "en": "The intranet opens."}
    details = {
        "sources": {"cut": "instance"},
        "graded": 3,
        "stale": [],
        "unready": {"cut": {"fr": "pc1 n'est pas prêt", "en": "pc1 is not ready"}},
        "differences": [["cut", "t.py::page", "fail", "pass", sentence]],
    }
    jury_session.keep(Draft("regraded", "organiser", START + 9000, "C-02", "reseau", details))
    context = plan_context()
    sheets = {number: room.sheet(number) for number in COMPETENCES}
    dossier = Dossier(jury_session.state(), context.referential, sheets, "1:a", context.scenarios)
    said = "« L’intranet s’ouvre » : non satisfait → satisfait".replace("« ", "«\xa0").replace(" »", "\xa0»")
    said = said.replace(" :", "\xa0:")
    for page in (sheet_page(dossier, "C-02", START), minutes_page(dossier, START)):
        assert said in page
        assert "pc1 n’est pas prêt" in page
    assert said not in sheet_page(dossier, "C-01", START)
