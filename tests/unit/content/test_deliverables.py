"""What a scenario asks for, draws and places: read, checked in every variant, rendered into the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import ContentError
from orchestrator.model.deliverables import ChoiceQuestion, ListQuestion
from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.model.plan import Plan
from orchestrator.planning.planner import plan_scenario
from orchestrator.planning.variant import covering_variants, draw_variant

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder, Golden

VARIABLES = """\
variables:
  server: {draw: host, of: [r1, web1]}
  other: {draw: host, of: [pc1, r1, web1], unlike: [server]}
  town: {draw: choice, of: [Lyon, Brest], unlike: [office]}
  floor: {draw: integer, low: 1, high: 41, unlike: [desk]}
  service: {draw: login}
"""

DELIVERABLES = """\
deliverables:
  report: true
  answers:
    cause:
      kind: choice
      question: {fr: "Qu'avait {{ user.full }} ?", en: "What was wrong for {{ user.full }}?"}
      choices:
        unplugged: {fr: débranché, en: unplugged}
        moved: {fr: déplacé, en: moved}
      truth: "{{ cause }}"
      points: 3
      competence: "1.1"
    address: {kind: address, question: {fr: Où ?, en: Where?}, truth: "{{ stale }}"}
    which:
      kind: list
      of: host
      question: {fr: Lesquelles ?, en: Which?}
      truth: [pc1, "{{ server if cause == 'moved' else '' }}"]
"""

ANSWERS = """\
  - tell: {fr: Je réponds, en: I answer}
    answers: {cause: "{{ cause }}", address: "{{ stale }}", which: pc1}
  - tell: {fr: Le rapport, en: The report}
    report:
      symptom: {fr: "Rien pour {{ user.full }}", en: "Nothing for {{ user.full }}"}
      cause: {fr: c, en: c}
      action: {fr: a, en: a}
      test: {fr: t, en: t}
      minutes: 12
"""


@pytest.fixture
def asking(folder: Folder) -> Folder:
    """The content with everything that this module is about."""
    # ``unlike`` may only name what is drawn before it: the new variables come last.
    folder.edit("scenario.yaml", "  secret: {draw: password}\n", "  secret: {draw: password}\n" + VARIABLES[11:])
    folder.edit("scenario.yaml", "hints:\n", DELIVERABLES + "hints:\n")
    folder.edit("scenario.yaml", "faults:\n", FILES + "faults:\n")
    folder.edit("solutions/reference.yaml", "steps:\n", "steps:\n" + ANSWERS)
    folder.write(folder.long("scenario.yaml").replace("scenario.yaml", "files/server/srv/note.j2"), NOTE)
    folder.write(folder.long("scenario.yaml").replace("scenario.yaml", "files/_all/etc/issue"), "Scenario\n")
    return folder


FILES = """\
files:
  server:
    /srv/note: {owner: www-data, group: www-data, mode: "0640"}
"""
NOTE = "{{ user.full }}, {{ host.name }}, {{ floor }}\n"


def plan(folder: Folder, seed: int) -> Plan:
    content = folder.content
    scenario = content.scenario("cable-out")
    return plan_scenario(scenario, seed, content.images_of(scenario.lab))


# Variables --------------------------------------------------------------------------------------------------


def test_hosts_logins_and_values_unlike_others_are_drawn(asking: Folder) -> None:
    scenario = asking.content.scenario("cable-out")
    variants = [draw_variant(scenario, seed).values for seed in range(300)]
    assert {v["server"] for v in variants} == {"r1", "web1"}
    assert {v["other"] for v in variants} == {"pc1", "r1", "web1"}
    for values in variants:
        assert values["other"] != values["server"]
        assert values["town"] != values["office"]
        assert values["floor"] != values["desk"]
        user, service = values["user"], str(values["service"])
        assert isinstance(user, DrawnPerson)
        assert service != user.login
        assert service.isascii()
        assert service.islower()
    assert len({v["service"] for v in variants}) > 200


def test_the_earlier_variables_are_what_they_were(asking: Folder) -> None:
    values = draw_variant(asking.content.scenario("cable-out"), 42).values
    assert (values["desk"], values["stale"], values["office"]) == (27, "192.168.10.213", "Brest")


def test_covering_variants_keep_values_apart(asking: Folder) -> None:
    variants = [v.values for v in covering_variants(asking.content.scenario("cable-out"))]
    assert {v["server"] for v in variants} == {"r1", "web1"}
    assert {v["town"] for v in variants} == {"Lyon", "Brest"}
    assert all(v["other"] != v["server"] and v["town"] != v["office"] for v in variants)


# Files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_file_is_placed_in_the_drawn_host_with_the_variants_values(asking: Folder, seed: int) -> None:
    made = plan(asking, seed)
    values = made.values
    for host in made.hosts:
        notes = [file for file in host.files if file.path == "/srv/note"]
        if host.name != values["server"]:
            assert notes == []
            continue
        (note,) = notes
        assert note.content.decode() == f"{values['user'].full}, {host.name}, {values['floor']}\n"
        assert (note.owner, note.group, note.mode) == ("www-data", "www-data", 0o640)
    issues = {h.name: f.content for h in made.hosts for f in h.files if f.path == "/etc/issue"}
    assert set(issues.values()) == {b"Scenario\n"}, "a scenario's file replaces the lab's"


# Questions ----------------------------------------------------------------------------------------------------


def test_questions_are_rendered_with_the_truth(asking: Folder) -> None:
    for seed in (42, 43):
        made = plan(asking, seed)
        cause, address, which = made.questions.values()
        assert isinstance(cause, ChoiceQuestion)
        assert isinstance(which, ListQuestion)
        assert list(made.questions) == ["cause", "address", "which"]
        assert cause.question.en == f"What was wrong for {made.values['user'].full}?"
        assert (cause.truth, cause.points, cause.competence) == (made.values["cause"], 3, "1.1")
        assert (address.truth, address.points, address.competence) == (made.values["stale"], 1, "1.3")
        assert which.truth == ("pc1", made.values["server"] if made.values["cause"] == "moved" else "")
        assert made.report


def test_solutions_answer_and_report(asking: Folder) -> None:
    made = plan(asking, 42)
    answers, report = made.solutions[0].steps[:2]
    assert answers.answers == {"cause": "moved", "address": made.values["stale"], "which": "pc1"}
    assert (answers.action, report.action) == (None, None)
    assert report.report is not None
    assert report.report.symptom.fr == f"Rien pour {made.values['user'].full}"
    assert report.report.minutes == 12


def test_nothing_is_asked_by_default(folder: Folder) -> None:
    made = plan(folder, 42)
    assert (made.questions, made.report) == ({}, False)


# What does not hold together ----------------------------------------------------------------------------------

Break = Callable[["Folder"], None]


def edit(old: str, new: str, name: str = "scenario.yaml") -> Break:
    return lambda folder: folder.edit(name, old, new)


def place(name: str) -> Break:
    def act(folder: Folder) -> None:
        folder.write(folder.long("scenario.yaml").replace("scenario.yaml", name), "x\n")

    return act


BROKEN: dict[str, Break] = {
    "host-variable": edit("of: [r1, web1]}", "of: [r1, web2]}"),
    "host-variable-twice": edit("of: [r1, web1]}", "of: [r1, r1]}"),
    "host-variable-name": edit("  service: {draw: login}", "  pc1: {draw: host, of: [r1, web1]}"),
    "unlike-unknown": edit("unlike: [office]", "unlike: [ofice]"),
    "unlike-kind": edit("unlike: [office]", "unlike: [server]"),
    "unlike-later": edit(
        "  server: {draw: host, of: [r1, web1]}", "  server: {draw: host, of: [r1, web1], unlike: [other]}"
    ),
    "unlike-too-few": edit("low: 1, high: 41, unlike", "low: 7, high: 7, unlike"),
    "file-folder": place("files/sever/etc/motd"),
    "file-without-host": place("files/motd"),
    "file-settings": edit("    /srv/note:", "    /srv/notes:"),
    "file-settings-host": edit("  server:\n    /srv", "  serveur:\n    /srv"),
    "file-template": lambda folder: folder.edit(
        folder.long("scenario.yaml").replace("scenario.yaml", "files/server/srv/note.j2"), "{{ floor }}", "{{ flor }}"
    ),
    "question-kind": edit("    address: {kind: address", "    address: {kind: adress"),
    "question-key": edit('truth: "{{ stale }}"}', 'truth: "{{ stale }}", tolerance: 3}'),
    "question-choices": edit("        moved: {fr: déplacé, en: moved}\n", ""),
    "question-number": edit('truth: "{{ stale }}"}', "truth: 12}"),
    "question-competence": edit('competence: "1.1"', 'competence: "2.1"'),
    "question-template": edit('truth: "{{ cause }}"', 'truth: "{{ casue }}"'),
    "truth-choice": edit("        moved: {fr", "        move: {fr"),
    "truth-address": edit('truth: "{{ stale }}"', 'truth: "{{ office }}"'),
    "truth-host": edit("truth: [pc1, ", "truth: [pc2, "),
    "truth-empty": edit("truth: [pc1, \"{{ server if cause == 'moved' else '' }}\"]", "truth: [\"{{ '' }}\"]"),
    "answer-unknown": edit("answers: {cause:", "answers: {casue:", "solutions/reference.yaml"),
    "answer-unreadable": edit("which: pc1", "which: pc2", "solutions/reference.yaml"),
    "answer-number": edit("which: pc1", "which: 12", "solutions/reference.yaml"),
    "answer-none": edit(
        'answers: {cause: "{{ cause }}", address: "{{ stale }}", which: pc1}', "answers: {}", "solutions/reference.yaml"
    ),
    "report-not-asked": edit("  report: true\n", ""),
    "report-step": edit("      minutes: 12\n", "", "solutions/reference.yaml"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str, asking: Folder, golden: Golden) -> None:
    BROKEN[name](asking)
    with pytest.raises(ContentError) as caught:
        asking.content.scenario("cable-out")
    golden(f"asked-{name}", caught.value)


# What a task is about -----------------------------------------------------------------------------------------


def stating(folder: Folder, host: str, path: str) -> Folder:
    folder.edit("scenario.yaml", "hints:\n", f'may_change:\n  - {{host: "{host}", path: "{path}"}}\nhints:\n')
    return folder


@pytest.mark.parametrize("seed", range(4))
def test_what_may_change_is_told_with_the_variants_values(asking: Folder, seed: int) -> None:
    made = plan(stating(asking, "{{ server }}", "/srv/{{ town }}"), seed)
    (part,) = made.may_change
    assert (part.host, part.path) == (made.values["server"], f"/srv/{made.values['town']}")


@pytest.mark.parametrize(
    ("host", "path", "said"),
    [
        ("web9", "/srv", 'the lab has no host "web9"'),
        ("{{ town }}", "/srv", 'the lab has no host "Brest"'),
        ("web1", "srv/{{ town }}", "must be an absolute path"),
    ],
)
def test_what_may_change_is_somewhere(asking: Folder, host: str, path: str, said: str) -> None:
    with pytest.raises(ContentError) as error:
        stating(asking, host, path).content.scenario("cable-out")
    assert any(said in problem.text.en for problem in error.value.problems)


@pytest.mark.parametrize("said", ['host: "web1"', 'host: "web1", path: "/srv", entry: "dc=x"'])
def test_what_may_change_is_a_file_or_an_entry(asking: Folder, said: str) -> None:
    asking.edit("scenario.yaml", "hints:\n", f"may_change:\n  - {{{said}}}\nhints:\n")
    with pytest.raises(ContentError) as error:
        asking.content.scenario("cable-out")
    (problem,) = error.value.problems
    assert problem.text.en == 'give either "path", a file, or "entry", an entry of the directory'
