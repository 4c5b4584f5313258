"""A session as the room's staff sees it while it runs: who is where, how long it still takes, which hosts run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.assessment.terminal_gate import remaining_text
from orchestrator.core.text import Text, same
from orchestrator.instances.instance import Instance

Standing = Literal[
    "absent",
    "ready",
    "reading",
    "working",
    "stopped",
    "over",
    "cut",
    "collected",
    "rebooted",
    "graded",
    "frozen",
    "sealed",
]
"""Where a candidate is in a phase; since the deadline, what was done last."""

_WORDS: Mapping[Standing, Text] = {
    "absent": Text(fr="absent", en="absent"),
    "ready": Text(fr="labs prêts", en="labs ready"),
    "reading": Text(fr="lecture", en="reading"),
    "working": Text(fr="au travail", en="at work"),
    "stopped": Text(fr="temps arrêté", en="time stopped"),
    "over": Text(fr="temps écoulé", en="time is over"),
    "cut": Text(fr="saisie coupée", en="input cut"),
    "collected": Text(fr="fichiers relevés", en="files looked at"),
    "rebooted": Text(fr="redémarré", en="rebooted"),
    "graded": Text(fr="contrôlé", en="graded"),
    "frozen": Text(fr="figé", en="frozen"),
    "sealed": Text(fr="preuves scellées", en="evidence sealed"),
}

_DONE: Sequence[Standing] = ("cut", "collected", "rebooted", "graded", "frozen", "sealed")
_HOSTS: Mapping[str, Text] = {
    "running": Text(fr="en marche", en="running"),
    "paused": Text(fr="en pause", en="paused"),
    "restarting": Text(fr="en redémarrage", en="restarting"),
    "exited": Text(fr="à l'arrêt", en="stopped"),
    "gone": Text(fr="hors d'atteinte", en="gone"),
}


@dataclass(frozen=True)
class RosterRow:
    """One candidate in one phase.

    Attributes:
        phase: the phase's name.
        candidate: the number.
        name: the name.
        standing: where they are.
        seconds: how much time is left; None before the start.
        remaining: the same in words.
        deadline: when it ends, seconds since 1970; None before the start and while time stands still.
        hosts: scenario -> host -> Docker's word for its state, or ``gone``.
    """

    phase: str
    candidate: str
    name: str
    standing: Standing
    seconds: int | None
    remaining: Text
    deadline: int | None
    hosts: Mapping[str, Mapping[str, str]]

    @property
    def state(self) -> Text:
        """Return where they are, in words."""
        return _WORDS[self.standing]

    @property
    def machines(self) -> Text:
        """Return the hosts in a few words: how many are in the state of most of them, and the others by name."""
        several = len(self.hosts) > 1
        states = [
            (f"{scenario}/{host}" if several else host, state)
            for scenario, hosts in self.hosts.items()
            for host, state in hosts.items()
        ]
        ((most, count),) = Counter(state for _, state in states).most_common(1)
        parts = [(str(count), most), *((host, state) for host, state in states if state != most)]
        said = [(who, _HOSTS.get(state, same(state))) for who, state in parts]
        return Text(fr=", ".join(f"{who} {t.fr}" for who, t in said), en=", ".join(f"{who} {t.en}" for who, t in said))


def rows_of(state: SessionState, now: int, instances: Iterable[Instance]) -> tuple[RosterRow, ...]:
    """Return a row for each candidate whose labs are open, by phase and number."""
    states = {one.name: {host.name: host.state for host in one.hosts} for one in instances}
    return tuple(
        RosterRow(
            phase=sitting.phase,
            candidate=sitting.candidate,
            name=state.plan.candidate(sitting.candidate).name,
            standing=standing_of(state, sitting, now),
            seconds=None if (allowance := state.allowance(sitting)) is None else allowance.remaining(now),
            remaining=remaining_text(state, sitting, now),
            deadline=state.deadline(sitting),
            hosts={
                lab.scenario: {host: states.get(lab.instance, {}).get(host, "gone") for host in lab.hosts}
                for lab in sitting.labs
            },
        )
        for _, sitting in sorted(state.sittings.items())
    )


def standing_of(state: SessionState, sitting: Sitting, now: int) -> Standing:
    """Return where a candidate is in a phase."""
    if sitting.absent:
        return "absent"
    done = [step for step in _DONE if step in sitting.steps]
    if done:
        return done[-1]
    if sitting.started is None:
        return "ready"
    opens = state.reading_until(sitting)
    if opens is not None and now < opens:
        return "reading"
    if state.may_type(sitting, now):
        return "working"
    return "stopped" if state.deadline(sitting) is None else "over"
