"""What checks ask of a conversation: order and substance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from grader.conversation import Conversation
from orchestrator.model.turns import PersonaAct, Turn

BEGAN = datetime(2026, 11, 30, 10, tzinfo=UTC)


def at(minute: int) -> str:
    return (BEGAN + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


def turn(minute: int, *intents: str, sets: tuple[str, ...] = (), clears: tuple[str, ...] = ()) -> Turn:
    return Turn("anne", at(minute), "fr", "…", intents, sets=sets, clears=clears)


TALK = Conversation(
    [
        turn(0, "greet", "ask_problem"),
        turn(1, "ask_proof", sets=("identity",)),
        Turn("anne", at(2), "fr", "…", ("yes",), acts=(PersonaAct(at(2), "reboot", "pc1", "reboot"),), begun=True),
        Turn("anne", at(2), "fr", "…", ("yes",), acts=(PersonaAct(at(2), "reboot", "pc1", "reboot"),)),
        turn(3, "tell_password"),
        turn(4, "ask_confirm", sets=("confirmed",)),
    ]
)


def test_what_came_when() -> None:
    assert TALK.begun
    assert len(TALK.turns) == 5, "what was only begun is no turn"
    assert TALK.facts == {"identity": BEGAN + timedelta(minutes=1), "confirmed": BEGAN + timedelta(minutes=4)}
    assert TALK.when("ask_problem") == BEGAN
    assert TALK.when("consent") is None
    assert [act.kind for act in TALK.acts] == ["reboot"]
    assert [one.at for one in TALK.asked("tell_password")] == [at(3)]


def test_order() -> None:
    assert TALK.in_order("ask_problem", "identity", "tell_password", "confirmed")
    assert not TALK.in_order("identity", "ask_problem")
    assert not TALK.in_order("ask_problem", "consent")
    assert TALK.identity_before("tell_password")
    assert not TALK.before("tell_password", "identity")
    assert TALK.identity_before(BEGAN + timedelta(minutes=2))
    assert not TALK.identity_before(BEGAN)
    assert TALK.confirmed_before(None)
    assert not TALK.consent_before(None)
    assert TALK.confirmed_before("goodbye"), "what was to come after it has not come"


def test_a_fact_that_is_over_does_not_hold() -> None:
    talk = Conversation([turn(0, sets=("consent",)), turn(1, clears=("consent",)), turn(2, sets=("consent",))])
    assert talk.when("consent") == BEGAN + timedelta(minutes=2)
    assert not Conversation([]).begun
