"""The calls of the contract about classes, each done for somebody who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from orchestrator.labd import class_contract as contract
from orchestrator.labd.account_contract import NewLink
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.class_board import ClassBoards
from orchestrator.labd.class_desk import ClassDesk, ClassStanding
from orchestrator.labd.class_launches import ClassLaunches
from orchestrator.labd.lab_jobs import WorkThreads


class ClassCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``labd_app`` goes by."""

    def __init__(self, desk: ClassDesk, launches: ClassLaunches, boards: ClassBoards, threads: WorkThreads) -> None:
        """Take the parts; ``threads`` are for what a caller waits for."""
        self._desk = desk
        self._launches = launches
        self._boards = boards
        self._threads = threads
        self.before_a_class: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            contract.CLASSES.name: self.classes,
            contract.ADD_CLASS.name: self.add_class,
        }
        self.of_a_class: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            contract.CLASS.name: self.view,
            contract.ADD_MEMBERS.name: self.add_members,
            contract.REMOVE_MEMBER.name: self.remove_member,
            contract.MAKE_CODE.name: self.make_code,
            contract.END_CODE.name: self.end_code,
            contract.LIMIT_CLASS.name: self.limit,
            contract.LAUNCH.name: self.launch,
            contract.STOP_CLASS.name: self.stop,
            contract.BOARD.name: self.board,
            contract.ANNOUNCE.name: self.announce,
            contract.EXPORT.name: self.export,
        }

    async def find(self, who: Who, name: str) -> ClassStanding | None:
        """Return how somebody stands to a class; None where there is none of that name."""
        return await self._threads.run(self._desk.find, who, name)

    async def trains(self, who: Who, trainee: str) -> bool:
        """Return whether somebody trains a class in which a person, by their reference, is a trainee."""
        return await self._threads.run(self._desk.trains, who, trainee)

    def close(self) -> None:
        """Begin no more labs of launches."""
        self._launches.close()

    async def finish(self) -> None:
        """Wait until the launches and stops that were begun are over."""
        await self._launches.finish()

    # Classes --------------------------------------------------------------------------------------------------

    async def classes(self, who: Who, _asked: Nothing) -> tuple[contract.ClassLine, ...]:
        """See ``class_contract.CLASSES``."""
        return await self._threads.run(self._desk.classes, who)

    async def add_class(self, who: Who, asked: contract.OfClass) -> Nothing:
        """See ``class_contract.ADD_CLASS``."""
        await self._threads.run(self._desk.add, who, asked.name)
        return Nothing()

    async def view(self, _who: Who, asked: contract.OfClass) -> contract.ClassView:
        """See ``class_contract.CLASS``."""
        return await self._threads.run(self._desk.view, asked.name)

    # Members --------------------------------------------------------------------------------------------------

    async def add_members(self, who: Who, asked: contract.AddMembers) -> tuple[NewLink, ...]:
        """See ``class_contract.ADD_MEMBERS``."""
        links = await self._threads.run(self._desk.add_members, who, asked)
        self._boards.forget(asked.name)
        return links

    async def remove_member(self, who: Who, asked: contract.RemoveMember) -> Nothing:
        """See ``class_contract.REMOVE_MEMBER``."""
        await self._threads.run(self._desk.remove_member, who, asked)
        self._boards.forget(asked.name)
        return Nothing()

    async def make_code(self, who: Who, asked: contract.OfClass) -> contract.JoinCode:
        """See ``class_contract.MAKE_CODE``."""
        return await self._threads.run(self._desk.make_code, who, asked.name)

    async def end_code(self, who: Who, asked: contract.OfClass) -> Nothing:
        """See ``class_contract.END_CODE``."""
        await self._threads.run(self._desk.end_code, who, asked.name)
        return Nothing()

    # Labs -----------------------------------------------------------------------------------------------------

    async def limit(self, who: Who, asked: contract.LimitClass) -> Nothing:
        """See ``class_contract.LIMIT_CLASS``. What waits begins at once where there is room for it now."""
        await self._threads.run(self._desk.limit, who, asked)
        self._launches.look_again()
        return Nothing()

    async def launch(self, who: Who, asked: contract.LaunchForClass) -> Nothing:
        """See ``class_contract.LAUNCH``. It goes on behind the answer."""
        launch = await self._threads.run(self._desk.note_launch, who, asked)
        self._launches.begin(who, asked.name, asked.scenario, launch)
        self._boards.forget(asked.name)
        return Nothing()

    async def stop(self, who: Who, asked: contract.OfClass) -> Nothing:
        """See ``class_contract.STOP_CLASS``. It goes on behind the answer."""
        last, _ = await self._threads.run(self._desk.last_launch, asked.name)
        self._launches.stop(who, asked.name, last)
        self._boards.forget(asked.name)
        return Nothing()

    async def board(self, _who: Who, asked: contract.OfClass) -> contract.BoardView:
        """See ``class_contract.BOARD``."""
        return await self._boards.board(asked.name, partial(self._launches.left, asked.name))

    async def announce(self, who: Who, asked: contract.Announce) -> Nothing:
        """See ``class_contract.ANNOUNCE``."""
        await self._threads.run(self._desk.announce, who, asked)
        return Nothing()

    async def export(self, _who: Who, asked: contract.OfClass) -> contract.Export:
        """See ``class_contract.EXPORT``."""
        return await self._threads.run(self._desk.export, asked.name)
