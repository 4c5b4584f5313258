"""The calls of the contract about jury sessions, each done for somebody who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from orchestrator.assessment.selectors import require_phase
from orchestrator.labd import day_contract, plan_contract
from orchestrator.labd import day_screen_contract as screen_contract
from orchestrator.labd import session_contract as contract
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.day_desk import DayDesk
from orchestrator.labd.day_desktops import DayDesktops
from orchestrator.labd.day_openings import DayOpenings
from orchestrator.labd.day_screens import DayScreens
from orchestrator.labd.day_supervision import DaySupervision
from orchestrator.labd.desktop_contract import DesktopPicture
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_room import LabRoom
from orchestrator.labd.plan_desk import PlanDesk
from orchestrator.labd.screen_looks import ScreenLooks
from orchestrator.labd.seats_now import SeatsNow
from orchestrator.labd.session_desk import SessionDesk
from orchestrator.labd.session_readiness import SessionReadiness


class SessionCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``access_control`` goes by."""

    def __init__(
        self,
        parts: LabParts,
        threads: WorkThreads,
        room: LabRoom,
        most_labs: int | None,
        supervision: DaySupervision,
        seats: SeatsNow,
    ) -> None:
        """Take the parts.

        Args:
            parts: what labd serves.
            threads: for what a caller waits for.
            room: what labs take of the machine.
            most_labs: how many labs may be on it at once; None: as many as memory allows.
            supervision: sees to it that each has a supervisor.
            seats: what is known of candidates' seats now.
        """
        self._desk = SessionDesk(parts)
        self._plans = PlanDesk(parts)
        self._openings = DayOpenings(parts)
        self._supervision = supervision
        self._day = DayDesk(parts, self._desk, self._openings, supervision, seats)
        looks = ScreenLooks()
        self._screens = DayScreens(self._desk, looks)
        self._desktops = DayDesktops(self._desk, seats.desktops.is_open, looks)
        self._readiness = SessionReadiness(parts, room, most_labs)
        self._threads = threads
        self.calls: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            contract.SESSIONS.name: self.sessions,
            contract.PLAN_SESSION.name: self.plan,
            plan_contract.PLAN_CHOICES.name: self.plan_choices,
            plan_contract.READ_PLAN.name: self.read_plan,
            plan_contract.WRITE_PLAN.name: self.write_plan,
            contract.SESSION.name: self.session,
            contract.WITHDRAW_SESSION.name: self.withdraw,
            contract.READINESS.name: self.readiness,
            day_contract.DAY.name: self.day,
            day_contract.ACT_ON_DAY.name: self.act_on_day,
            screen_contract.SCREENS.name: self.screens,
            screen_contract.LOOK_AT_SCREEN.name: self.look_at_screen,
            screen_contract.LOOK_AT_DESKTOP.name: self.look_at_desktop,
            screen_contract.DESKTOP_PICTURE.name: self.desktop_picture,
        }

    async def sessions(self, _who: Who, _asked: Nothing) -> tuple[contract.SessionLine, ...]:
        """See ``session_contract.SESSIONS``."""
        return await self._threads.run(self._desk.sessions)

    async def plan(self, who: Who, asked: contract.PlanSession) -> contract.PlanOutcome:
        """See ``session_contract.PLAN_SESSION``."""
        return await self._threads.run(self._desk.plan, who, asked)

    async def plan_choices(self, who: Who, _asked: Nothing) -> plan_contract.PlanChoices:
        """See ``plan_contract.PLAN_CHOICES``."""
        return await self._threads.run(self._plans.choices, who)

    async def read_plan(self, _who: Who, asked: plan_contract.ReadPlan) -> plan_contract.PlanRead:
        """See ``plan_contract.READ_PLAN``."""
        return await self._threads.run(self._plans.read, asked)

    async def write_plan(self, _who: Who, asked: plan_contract.WritePlan) -> plan_contract.PlanText:
        """See ``plan_contract.WRITE_PLAN``."""
        return await self._threads.run(self._plans.write, asked)

    async def session(self, _who: Who, asked: contract.OfSession) -> contract.SessionView:
        """See ``session_contract.SESSION``."""
        return await self._threads.run(self._desk.view, asked.session)

    async def withdraw(self, who: Who, asked: contract.WithdrawSession) -> Nothing:
        """See ``session_contract.WITHDRAW_SESSION``."""
        await self._threads.run(self._desk.withdraw, who, asked)
        return Nothing()

    async def readiness(self, _who: Who, asked: contract.OfSession) -> contract.ReadinessView:
        """See ``session_contract.READINESS``."""

        def look() -> contract.ReadinessView:
            return self._readiness.look(*self._desk.found(asked.session))

        return await self._threads.run(look)

    # The day ---------------------------------------------------------------------------------------------------

    async def day(self, who: Who, asked: contract.OfSession) -> day_contract.DayView:
        """See ``day_contract.DAY``."""
        return await self._threads.run(self._day.view, who, asked.session)

    async def act_on_day(self, who: Who, asked: day_contract.ActOnDay) -> Nothing:
        """See ``day_contract.ACT_ON_DAY``."""
        jury_session, state = await self._threads.run(self._day.act, who, asked)
        if asked.act == "open":
            require_phase(state, asked.phase)
            self._openings.begin(jury_session, asked.phase, lambda opening: opening.open(asked.phase, who.ref))
        elif asked.act == "replace":
            place = asked.phase, asked.candidate, asked.scenario
            self._openings.begin(
                jury_session, asked.phase, lambda opening: opening.replace(*place, who.ref, asked.text.strip())
            )
        elif asked.act == "begin":
            self._supervision.wake()
        return Nothing()

    async def screens(self, _who: Who, asked: contract.OfSession) -> screen_contract.ScreensView:
        """See ``day_screen_contract.SCREENS``."""

        def look() -> screen_contract.ScreensView:
            return screen_contract.ScreensView(self._screens.all(asked.session), self._desktops.all(asked.session))

        return await self._threads.run(look)

    async def look_at_screen(self, who: Who, asked: screen_contract.OfScreen) -> screen_contract.ScreenView:
        """See ``day_screen_contract.LOOK_AT_SCREEN``."""
        return await self._threads.run(self._screens.one, who, asked)

    async def look_at_desktop(self, who: Who, asked: screen_contract.OfDesktop) -> screen_contract.DesktopOnWall:
        """See ``day_screen_contract.LOOK_AT_DESKTOP``."""
        return await self._threads.run(self._desktops.one, who, asked)

    async def desktop_picture(self, who: Who, asked: screen_contract.PictureOnWall) -> DesktopPicture:
        """See ``day_screen_contract.DESKTOP_PICTURE``."""
        return await self._threads.run(self._desktops.picture, who, asked)

    def close(self) -> None:
        """Begin no labs any more."""
        self._openings.close()

    async def finish(self) -> None:
        """Wait until those labs that were being started are."""
        await self._openings.finish()
