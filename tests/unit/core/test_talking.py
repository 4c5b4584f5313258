"""Talking to the people of a scenario: kept at the instance, done in the lab, graded, and on the command line."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from grader.job import GradeRequest
from grader.report import Report
from orchestrator.cli import language_choice, run
from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text, same
from orchestrator.labs import Labs, Running, lab_grading
from orchestrator.model.persona import ComesOf, ExampleDialogue, SaidLine, TalkStep
from orchestrator.model.plan import PlannedSolution
from orchestrator.model.scenario import Step
from tests.unit.personas.conftest import PERSONA, persona

if TYPE_CHECKING:
    from tests.unit.core.conftest import World

ANNE = persona()
PAUL = replace(persona(PERSONA.replace("Anne Faure", "Paul Faure")), name="paul")


@pytest.fixture
def running(world: World) -> Running:
    started = world.labs().lifecycle.start(world.plan(), world.progress)
    world.fabric.done.clear()
    return with_people(started, ANNE)


def with_people(running: Running, *people: Any) -> Running:  # noqa: ANN401 - planned personas
    return replace(running, plan=replace(running.plan, personas={one.name: one for one in people}))


def line(fr: str, en: str, understood: str | None, answer: Text | None = None, *sets: str) -> SaidLine:
    return SaidLine(say=Text(fr=fr, en=en), understood=understood, answer=answer, sets=sets)


GOOD = ExampleDialogue(
    kind="good",
    lines=(
        line("Quel est votre problème ?", "What is the problem?", "ask_problem", same("Rien ne marche"), "told"),
        line("Débranchez le câble réseau", "Unplug the network cable", "ask_unplug"),
        line("Oui", "Yes", "yes", same("Rebranché")),
    ),
    comes_of=ComesOf(facts=("told",), without=("identity",), acted=("ask_unplug",), ended=False),
)


def test_what_is_said_is_done_and_survives_the_program(world: World, running: Running) -> None:
    world.labs().conversations.say(running, "anne", "Can you unplug the network cable?", "en")
    assert not [one for one in world.fabric.done if one.startswith("cable")]
    turn = world.labs().conversations.say(running, None, "Yes, please", "en")
    assert turn.reply == "It is back in."
    cables = [one for one in world.fabric.done if one.startswith("cable")]
    assert cables == ["cable pc1 eth0 plugged=False", "cable pc1 eth0 plugged=True"]
    turns = world.labs().conversations.turns(running.instance.name)
    assert [one.said for one in turns if not one.begun] == ["Can you unplug the network cable?", "Yes, please"]
    assert [act.what for act in turns[-1].acts] == ["eth0 unplug", "eth0 plug"]
    assert [one.begun for one in turns] == [False, True, False], "what is done is announced on the disk first"


def test_what_is_looked_at_and_typed_is_under_the_persons_account(world: World, running: Running) -> None:
    world.fabric.on("runuser -u afaure -- curl intranet", status=6, stderr="no such host")
    assert world.labs().conversations.say(running, "anne", "Try again now", "en").reply == "No: no such host"
    world.fabric.on("runuser -u afaure -- sh -c id", stdout="uid=1001\x07")
    world.fabric.on("*sh -c id*", stdout="uid=1001\x07")
    world.labs().conversations.say(running, "anne", 'Type "id"', "en")
    assert world.labs().conversations.say(running, "anne", "yes", "en").reply == "It says: uid=1001\\u0007"


def test_somebody_is_found_by_their_names(world: World, running: Running) -> None:
    labs, plan = world.labs(), with_people(running, ANNE, PAUL).plan
    assert [labs.conversations.person(plan, name).name for name in ("anne", "Paul", "PAUL FAURE")] == [
        "anne",
        "paul",
        "paul",
    ]
    assert [one.name for one in labs.conversations.people(plan)] == ["anne", "paul"]
    for name in (None, "faure", "nobody"):
        with pytest.raises(UsageError):
            labs.conversations.person(plan, name)
    with pytest.raises(UsageError, match="nobody to talk to"):
        labs.conversations.person(world.plan(), None)
    with pytest.raises(UsageError, match="not said anything"):
        labs.conversations.say(running, None, " ", "en")


def test_a_reset_begins_without_what_was_said(world: World, running: Running) -> None:
    labs = world.labs()
    labs.conversations.say(running, None, "Hello", "en")
    assert labs.kept(running.instance)[0].name == "conversation.jsonl"
    again = labs.lifecycle.reset(replace(running, plan=world.plan()), world.progress)
    assert labs.conversations.turns(again.instance.name) == ()
    assert len(labs.conversations.turns(f"{again.instance.name}.1")) == 1


def test_checks_are_given_what_was_said(world: World, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[GradeRequest] = []

    def grade(request: GradeRequest, **_: object) -> Report:
        asked.append(GradeRequest.from_json(request.to_json()))
        return Report(request.facts.instance, request.scenario, request.seed, request.digest, "", 0.0, ())

    monkeypatch.setattr(lab_grading, "grade", grade)
    labs = world.labs()
    labs.conversations.say(running, None, "What is your staff number?", "en")
    labs.grading.check(running)
    (turn,) = asked[0].facts.conversation
    assert (turn.intents, turn.sets) == (("ask_proof",), ("identity",))


def test_a_solution_talks(world: World, running: Running) -> None:
    right = Step(tell=same("x"), talk=TalkStep(lines=GOOD.lines))
    wrong = Step(tell=same("y"), talk=TalkStep(lines=(line("Bonjour", "Hello", "ask_error"),)))
    solution = PlannedSolution("s", same("s"), reference=True, steps=(right, wrong))
    done = world.labs().solutions.apply(running, solution, lambda _: None)
    assert [one.status for one in done] == [0, 1]
    assert "compris greet, attendu ask_error" in done[1].output
    assert "Rebranché." in done[0].output


def test_a_dialogue_is_played_from_its_beginning(world: World, running: Running) -> None:
    labs = world.labs()
    labs.conversations.say(running, None, "What is your staff number?", "en")
    assert labs.conversations.play(running, ANNE, GOOD) == ()
    assert labs.conversations.play(running, ANNE, GOOD) == (), "nothing is left of the one before"
    stray = GOOD.model_copy(update={"comes_of": ComesOf(facts=("identity",), without=("told",), ended=True)})
    told = [text.en for text in labs.conversations.play(running, ANNE, stray)]
    assert told == [
        'at its end "identity" does not hold',
        'at its end "told" holds',
        "they have done: ask_unplug; expected: nothing",
        "they have not hung up",
    ]


# The command line -----------------------------------------------------------------------------------------


class _App:
    """As much of the program as the command needs."""

    def __init__(self, labs: Labs) -> None:
        self.labs = labs
        self.practice = self
        self.noted: list[str] = []

    def handed_in(self, _running: Running, kind: str) -> None:
        self.noted.append(kind)

    def close(self) -> None:
        """Nothing was opened."""


@pytest.fixture
def talk(
    world: World, running: Running, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Any:  # noqa: ANN401 - called with words
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    labs = world.labs()
    monkeypatch.setattr(labs.running, "planned", lambda _name: running)
    app = _App(labs)

    def call(*words: str, stdin: str = "", lang: str = "en") -> str:
        monkeypatch.setattr(language_choice, "_chosen", lang)
        invocation = Invocation(json="--json" in words, make=lambda *_: app)  # type: ignore[arg-type]

        @click.command(context_settings={"ignore_unknown_options": True})
        def program() -> None:
            sys.exit(run(["talk", *words], invocation))

        done = CliRunner().invoke(program, [], input=stdin, env={"COLUMNS": "100", "NO_COLOR": "1"})
        assert done.exit_code == 0, done.output
        return done.stdout

    call.app = app  # type: ignore[attr-defined]
    return call


def test_one_thing_is_said(talk: Any) -> None:  # noqa: ANN401
    assert talk("anne", "What", "is", "the", "problem?") == "Anne Faure: Nothing works.\n"
    assert talk("Depuis", "quand ?", lang="fr") == "Anne Faure : Depuis ce matin.\n"
    assert talk.app.noted == ["talk"], "once for a conversation"
    shown = talk("--show")
    assert "you: What is the problem?" in shown
    assert "Anne Faure: Nothing works." in shown


def test_a_password_is_masked_in_what_is_shown_later(talk: Any) -> None:  # noqa: ANN401
    talk("anne", "Your new password is Sapin-4417.")
    for shown in (talk("--show"), talk("--show", "--json"), talk("--json")):
        assert "Your new password is •••• (password)." in shown
        assert "Sapin" not in shown


def test_each_line_is_said(talk: Any) -> None:  # noqa: ANN401
    shown = talk(stdin="Unplug the cable\n\nyes\n")
    assert shown.splitlines() == [
        "Anne Faure: I unplug it?",
        "Anne Faure unplugs the cable of pc1 (eth0).",
        "Anne Faure plugs the cable of pc1 (eth0) in.",
        "Anne Faure: It is back in.",
    ]


def test_json(talk: Any) -> None:  # noqa: ANN401
    document = json.loads(talk("anne", "Your staff number?", "--json"))
    assert (document["person"], document["turn"]["intents"]) == ("anne", ["ask_proof"])
    assert list(document["facts"]) == ["identity"]
    people = json.loads(talk("--json"))["people"]
    assert [(one["name"], one["full"], len(one["turns"])) for one in people] == [("anne", "Anne Faure", 1)]
    menu = json.loads(talk("--menu", "--json"))["menu"]
    assert {"intent": "ask_proof", "phrases": menu[[m["intent"] for m in menu].index("ask_proof")]["phrases"]} in menu
    assert "What is your staff number" in talk("--menu").replace("what", "What")
