"""The people who answer, as a scenario's folder states them: read, held together, rendered for each variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import ContentError, Problem
from orchestrator.planning.planner import plan_scenario

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder

pytestmark = pytest.mark.slow

PERSONA = """\
contract: 1
person: user
role: {fr: comptable, en: accountant}
host: pc1
opens: {fr: "Allô, {{ user.full }}.", en: "{{ user.full }} speaking."}
facts:
  told: {fr: raconté, en: told}
intents:
  ask_keyboard:
    wants: {fr: le clavier, en: the keyboard}
    fr: [est-ce que le clavier répond, les touches du clavier]
    en: [does the keyboard answer, the keys of the keyboard]
answers:
  - to: [ask_problem]
    says: {fr: "Rien ne marche à {{ office }}.", en: "Nothing works in {{ office }}."}
    sets: [told]
  - to: [ask_keyboard]
    when: cause == 'moved'
    says: {fr: "Il va bien.", en: "It is fine."}
  - to: [ask_since]
    requires: [told]
    says: {fr: "Ce matin.", en: "This morning."}
  - to: [ask_unplug]
    restates: {fr: "Je débranche ?", en: "I unplug it?"}
    acts: [{cable: {interface: eth0, plug: false}}]
    says: {fr: "Voilà.", en: "There."}
  - to: [ask_error]
    looks: {run: [cat, /tmp/message]}
    says: {fr: "Je lis {seen}", en: "It says {seen}"}
dialogues:
  - kind: good
    lines:
      - say: {fr: Quel est votre problème ?, en: What is the problem?}
        understood: ask_problem
    comes_of: {facts: [told]}
  - kind: rude
    lines:
      - say: {fr: Vous êtes nul., en: You are useless.}
        understood: rude
    comes_of: {without: [told]}
  - kind: forgetful
    when: cause == 'moved'
    lines:
      - say: {fr: Depuis quand ?, en: Since when?}
        understood: ask_since
    comes_of: {without: [told]}
"""

TALK = """\
  - tell: {fr: Appeler, en: Call}
    talk:
      lines:
        - say: {fr: Depuis quand ?, en: Since when?}
          understood: ask_since
"""


def with_persona(folder: Folder, old: str = "", new: str = "", *, name: str = "persona.yaml") -> Folder:
    assert old in PERSONA
    folder.write(folder.long(name), PERSONA.replace(old, new, 1))
    return folder


def problems(folder: Folder) -> tuple[Problem, ...]:
    with pytest.raises(ContentError) as error:
        folder.content.scenario("cable-out")
    return error.value.problems


def test_a_persona_is_planned_for_its_variant(folder: Folder) -> None:
    content = with_persona(folder).content
    scenario = content.scenario("cable-out")
    images = content.images_of(scenario.lab)
    plans = [plan_scenario(scenario, seed, images) for seed in range(8)]
    for plan in plans:
        (person,) = plan.personas.values()
        user = plan.values["user"]
        assert (person.name, person.full, person.account) == ("user", user.full, user.login)
        assert person.document.opens.en == f"{user.full} speaking."
        assert person.document.answers[0].says.en == f"Nothing works in {plan.values['office']}."
        moved = plan.cases["cause"] == "moved"
        assert len(person.document.answers) == 5 - (not moved)
        assert [one.kind for one in person.document.dialogues] == ["good", "rude", *(["forgetful"] if moved else [])]


def test_several_personas_are_called_by_their_files(folder: Folder) -> None:
    with_persona(folder, name="personas/anne.yaml")
    with_persona(folder, "person: user", "full: Paul Petit\nlogin: ppetit", name="personas/paul.yaml")
    scenario = folder.content.scenario("cable-out")
    plan = plan_scenario(scenario, 1, folder.content.images_of(scenario.lab))
    assert list(plan.personas) == ["anne", "paul"]
    assert (plan.personas["paul"].full, plan.personas["paul"].account) == ("Paul Petit", "ppetit")
    with_persona(folder, "person: user", "full: Eve Petit\nlogin: epetit")
    assert any("put this file into personas/" in one.text.en for one in problems(folder))


def test_a_solution_talks(folder: Folder) -> None:
    with_persona(folder)
    folder.edit("solutions/reference.yaml", "steps:\n", f"steps:\n{TALK}")
    scenario = folder.content.scenario("cable-out")
    plan = plan_scenario(scenario, 1, folder.content.images_of(scenario.lab))
    talk = plan.solutions[0].steps[0].talk
    assert talk is not None
    assert talk.lines[0].understood == "ask_since"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("person: user", "person: usr", '"usr" is no variable that draws a person'),
        ("person: user", "person: user\nfull: Paul", "say who it is"),
        ("requires: [told]", "requires: [tolt]", 'unknown fact "tolt"'),
        ("    sets: [told]\n", "", 'nothing ever brings "told" about'),
        ("  told: {", "  identity: {fr: a, en: b}\n  told: {", '"identity" exists everywhere already'),
        ("to: [ask_problem]", "to: [ask_problm]", 'unknown intent "ask_problm"; did you mean "ask_problem"?'),
        ("to: [ask_keyboard]", "to: [ask_screen]", 'nobody answers "ask_keyboard"'),
        ("ask_keyboard:\n", "ask_light:\n", '"ask_light" is a common intent'),
        ("les touches du clavier]", "quel est votre problème]", 'this phrase is also one of "ask_problem"'),
        ("    requires: [told]\n", "    requires: [told]\n    unless: [told]\n", '"told" must hold and must not hold'),
        ("to: [ask_since]", "to: [ask_problem]", "an answer above always holds"),
        ('    restates: {fr: "Je débranche ?", en: "I unplug it?"}\n', "", 'say under "restates"'),
        ("acts: [{cable: {interface: eth0, plug: false}}]", "acts: [{}]", "an act is exactly one of"),
        ("interface: eth0, plug: false", "interface: eth0", "say what becomes of the cable"),
        ("interface: eth0, plug: false", "interface: eth7, plug: false", '"pc1" has no interface "eth7"'),
        ("host: pc1", "host: pc9", 'the lab has no host "pc9"'),
        ("host: pc1\n", "", "on which host?"),
        ("Je lis {seen}", "Je lis {sen}", '"{sen}" stands for nothing here'),
        ("kind: rude", "kind: good", "one dialogue of each kind is to be played, and lacks: rude"),
        ("understood: ask_problem", "understood: ask_error", "understood: ask_problem; expected: ask_error"),
        ("en: Since when?", "en: Purple elephants everywhere", "understood: nothing; expected: ask_since"),
        (', en: "Nothing works in {{ office }}."', "", "en"),
        ("{{ office }}", "{{ offce }}", '"offce" is not defined'),
        ("cause == 'moved'", "case == 'moved'", '"case" is not defined'),
        ("host: pc1", "host: pc1\ntemper: jolly", "temper"),
    ],
)
def test_what_does_not_hold_together_is_told(folder: Folder, old: str, new: str, said: str) -> None:
    found = problems(with_persona(folder, old, new))
    assert any(said in problem.text.en or said in str(problem) for problem in found), [p.text.en for p in found]
    assert all(problem.place.line for problem in found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    talk:\n", "    talk:\n      to: nobody\n", 'nobody is called "nobody"'),
        ("understood: ask_since", "understood: greet", "expected: greet"),
    ],
)
def test_what_a_solution_says_is_looked_at(folder: Folder, old: str, new: str, said: str) -> None:
    with_persona(folder)
    folder.edit("solutions/reference.yaml", "steps:\n", f"steps:\n{TALK.replace(old, new, 1)}")
    assert any(said in problem.text.en for problem in problems(folder))


def test_nobody_is_there_to_talk_to(folder: Folder) -> None:
    folder.edit("solutions/reference.yaml", "steps:\n", f"steps:\n{TALK}")
    assert any("nobody to talk to" in problem.text.en for problem in problems(folder))
    with_persona(folder, name="personas/anne.yaml")
    with_persona(folder, "person: user", "full: Paul Petit\nlogin: ppetit", name="personas/paul.yaml")
    assert any("say to whom" in problem.text.en for problem in problems(folder))


def test_a_check_names_somebody(folder: Folder) -> None:
    with_persona(folder)
    check = 'from grader import check\n\n\n@check("guard", fr="a", en="b")\ndef test_x(lab):\n'
    folder.write(folder.long("checks/test_talk.py"), f'{check}    assert lab.conversation("user").begun\n')
    folder.content.scenario("cable-out")
    folder.write(folder.long("checks/test_talk.py"), f'{check}    assert lab.conversation("usr").begun\n')
    assert any('has nobody named "usr"' in problem.text.en for problem in problems(folder))
