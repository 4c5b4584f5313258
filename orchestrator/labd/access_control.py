"""Who asks, what they ask about, and whether the table of rules lets them: the same for calls and for open lines."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.assessment.seat_book import SeatState
from orchestrator.core.errors import BreakfixError
from orchestrator.labd.calls import Who
from orchestrator.labd.class_calls import ClassCalls
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.people_calls import PeopleCalls
from orchestrator.labd.privacy_calls import PrivacyCalls
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.replay_desk import FoundAttempt
from orchestrator.labd.rights import Standing
from orchestrator.labd.rules import (
    RULES,
    concerns_a_class,
    concerns_an_attempt,
    counts_as_jury,
    counts_as_trainer,
    refusal_kind,
    standing_of,
)
from orchestrator.labd.seat_access import Seat
from orchestrator.labd.seat_calls import SeatCalls
from orchestrator.labd.standing_watch import Doorbell, Over, until_over
from orchestrator.labd.told_refusals import (
    forbidden,
    missing_attempt,
    missing_class,
    missing_lab,
    refusal_of,
    signed_out,
)


def somebody(who: Who | None) -> Who:
    """Return who asks.

    Raises:
        RefusedCallError: nobody does who is known.
    """
    if who is None:
        raise signed_out()
    return who


def require(name: str, who: Who | None, *, owns: bool = False, trains: bool = False, judges: bool = False) -> None:
    """Refuse what the table refuses.

    Args:
        name: the call's name.
        who: who asks.
        owns: whether what they ask about is theirs.
        trains: whether they are a trainer in it, as ``rules.Standing`` says.
        judges: whether they are of a jury in it, as it says as well.

    Raises:
        RefusedCallError: it does.
    """
    kind = refusal_kind(name, standing_of(who, owns=owns, trains=trains, judges=judges))
    if kind == "signed-out":
        raise signed_out()
    if kind == "missing":
        raise (
            missing_class()
            if concerns_a_class(name)
            else missing_attempt()
            if concerns_an_attempt(name)
            else missing_lab()
        )
    if kind is not None:
        raise forbidden()


def require_role(name: str, who: Who | None) -> None:
    """Refuse a call about neither a lab, a class nor an attempt that the table refuses to somebody of their roles.

    Raises:
        RefusedCallError: it does.
    """
    trains = who is not None and counts_as_trainer(name, who)
    require(name, who, trains=trains, judges=who is not None and counts_as_jury(name, who))


@dataclass(frozen=True)
class AccessControl:
    """Finds what a call is about, for somebody who may call it.

    Attributes:
        people: knows who is signed in.
        classes: knows who trains whom.
        privacy: finds attempts.
        desk: finds labs.
        seats: finds candidates' seats.
        threads: for what a caller waits for.
        bell: rung when somebody may follow a lab no longer.
    """

    people: PeopleCalls
    classes: ClassCalls
    privacy: PrivacyCalls
    desk: LabDesk
    seats: SeatCalls
    threads: WorkThreads
    bell: Doorbell

    async def who(self, name: str, token: str) -> Who | None:
        """Return who calls; nobody is looked up for what anybody may call."""
        if not token or RULES[name] == "anybody":
            return None
        return await self.threads.run(self.people.who, token)

    async def seat(self, name: str, token: str) -> tuple[Seat, SeatState]:
        """Return the candidate's seat of a browser, and whether it has it or waits for it.

        Raises:
            RefusedCallError: it has none, or may not call this: both read like nobody's call.
        """
        found = await self.seats.found(token)
        standing: Standing = "anonymous" if found is None else "seat" if found[1] == "seated" else "asking"
        if found is None or refusal_kind(name, standing) is not None:
            raise signed_out()
        return found

    async def lab(self, name: str, who: Who, lab: str) -> FoundLab:
        """Return a lab for somebody.

        Raises:
            RefusedCallError: they may not, or there is none of that name.
        """
        found = await self.threads.run(self.desk.find, lab)
        owns = found is not None and found.owner == who.ref
        trains = found is not None and not owns and await self.classes.trains(who, found.owner)
        require(name, who, owns=owns, trains=trains)
        if found is None:
            raise missing_lab()
        return found

    async def attempt(self, name: str, who: Who, number: int) -> FoundAttempt:
        """Return an attempt for somebody.

        Raises:
            RefusedCallError: they may not, or there is none of that number.
        """
        found = await self.privacy.find_attempt(number)
        owns = found is not None and found.owner == who.ref
        trains = found is not None and not owns and await self.classes.trains(who, found.owner)
        require(name, who, owns=owns, trains=trains)
        if found is None:
            raise missing_attempt()
        return found

    async def require_class(self, name: str, who: Who, asked: str) -> None:
        """Refuse a call about a class that the table refuses.

        Raises:
            RefusedCallError: it does, or there is no such class.
        """
        found = await self.classes.find(who, asked)
        require(name, who, trains=found is not None and found.trains)
        if found is None:
            raise missing_class()

    async def follower(self, name: str, token: str, lab: str) -> tuple[Who, FoundLab]:
        """Return who wants to follow a lab, and the lab.

        Raises:
            RefusedCallError: they may not, or there is none of that name.
        """
        who = somebody(await self.who(name, token))
        return who, await self.lab(name, who, lab)

    async def until_over(self, name: str, token: str, lab: str) -> Over:
        """Return why somebody may follow a lab no longer, once that is so."""
        return await until_over(self.bell, lambda: self._over(name, token, lab))

    async def _over(self, name: str, token: str, lab: str) -> Over | None:
        """Return why somebody may follow a lab no longer; trouble of the store or the engine ends nothing."""
        try:
            await self.follower(name, token, lab)
        except RefusedCallError as error:
            return "signed-out" if error.refusal.kind == "signed-out" else "missing"
        except BreakfixError as error:
            refusal_of(error)
        return None
