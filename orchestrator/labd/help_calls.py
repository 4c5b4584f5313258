"""The calls of the contract by which a trainer helps, each done for somebody who may."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from orchestrator.core.errors import BreakfixError
from orchestrator.labd import help_contract as contract
from orchestrator.labd import help_refusals
from orchestrator.labd.account_contract import NewLink
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.comment_desk import CommentDesk
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_terminals import LabTerminals
from orchestrator.labd.member_attempts import MemberAttemptsDesk, plain_text
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.records import trainer_notes
from orchestrator.records.database import Transaction
from orchestrator.records.models import Attempt, Person

_log = logging.getLogger(__name__)


class HelpCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``access_control`` goes by."""

    def __init__(
        self,
        desk: LabDesk,
        terminals: LabTerminals,
        members: MemberAttemptsDesk,
        last_scenario: Callable[[str], str],
        threads: WorkThreads,
    ) -> None:
        """Take the parts.

        Args:
            desk: finds labs.
            terminals: the terminals of labs, with who may type in them.
            members: the attempts of trainees.
            last_scenario: returns what was launched last for a class; empty: nothing was.
            threads: for what a caller waits for.
        """
        self._desk = desk
        self._terminals = terminals
        self._members = members
        self._comments = CommentDesk(desk.parts.database)
        self._last_scenario = last_scenario
        self._threads = threads
        self.before: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            contract.COMMENT_NEWS.name: self.news,
            contract.READ_NOTES.name: self.read_notes,
        }
        self.of_a_lab: Mapping[str, Callable[[Who, FoundLab, Any], Awaitable[object]]] = {
            contract.ASK_TO_TYPE.name: self.ask_to_type,
            contract.ANSWER_TYPING.name: self.answer_typing,
            contract.END_TYPING.name: self.end_typing,
            contract.GIVE_HINT.name: self.give_hint,
        }
        self.of_a_class: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            contract.GIVE_CLASS_HINT.name: self.give_class_hint,
            contract.MEMBER_ATTEMPTS.name: self.attempts,
            contract.MEMBER_ATTEMPT.name: self.attempt,
            contract.COMMENT.name: self.comment,
            contract.CHANGE_COMMENT.name: self.change_comment,
            contract.WITHDRAW_COMMENT.name: self.withdraw_comment,
            contract.RENEW_LINK.name: self.renew_link,
        }

    # Typing ---------------------------------------------------------------------------------------------------

    async def ask_to_type(self, who: Who, found: FoundLab, asked: contract.AskToType) -> Nothing:
        """See ``help_contract.ASK_TO_TYPE``."""
        terminal = await self._terminals.find(found, asked.terminal)
        self._terminals.consents.ask(found, terminal.id, terminal.about.host, who)
        return Nothing()

    async def answer_typing(self, _who: Who, found: FoundLab, asked: contract.AnswerTyping) -> Nothing:
        """See ``help_contract.ANSWER_TYPING``. The attempt keeps that it was allowed."""
        trainer = self._terminals.consents.answer(found.name, asked.id, allow=asked.allow)
        if asked.allow:
            trouble = await self._threads.run(self._note, found, trainer, trainer_notes.let_type)
            if trouble is not None:
                _log.warning("not recorded: %s", trouble.text.en)
        return Nothing()

    async def end_typing(self, who: Who, found: FoundLab, asked: contract.EndTyping) -> Nothing:
        """See ``help_contract.END_TYPING``."""
        self._terminals.consents.end(found.name, asked.id, None if found.owner == who.ref else who.ref)
        return Nothing()

    # Hints ----------------------------------------------------------------------------------------------------

    async def give_hint(self, who: Who, found: FoundLab, asked: contract.GiveHint) -> Nothing:
        """See ``help_contract.GIVE_HINT``."""
        await self._threads.run(self._give, who, (found,), plain_text(asked.text))
        return Nothing()

    async def give_class_hint(self, who: Who, asked: contract.GiveClassHint) -> contract.HintsGiven:
        """See ``help_contract.GIVE_CLASS_HINT``."""
        text = plain_text(asked.text)
        return await self._threads.run(self._give_class, who, asked.name, text)

    def _give_class(self, who: Who, name: str, text: str) -> contract.HintsGiven:
        scenario = self._last_scenario(name)
        working = [
            one
            for one in self._desk.of_people(self._members.trainees(name))
            if scenario and one.instance is not None and one.instance.scenario == scenario
        ]
        if not working:
            raise RefusedCallError(help_refusals.nobody_works())
        self._give(who, working, text)
        return contract.HintsGiven(len({one.owner for one in working}))

    def _give(self, who: Who, labs: tuple[FoundLab, ...] | list[FoundLab], text: str) -> None:
        """Keep a hint with the attempts on labs, and tell it there.

        Raises:
            RefusedCallError: one of them is not running.
            BreakfixError: the store or the engine does not answer.
        """

        def write(writing: Transaction, attempt: Attempt, by: Person) -> None:
            trainer_notes.write(writing, attempt, "hint", text, by=by)

        for found in labs:
            trouble = self._note(found, who, write)
            if trouble is not None:
                raise trouble
            found.log.add("trainer-hint", {"by": who.name, "text": text})

    def _note(
        self, found: FoundLab, by: Who, note: Callable[[Transaction, Attempt, Person], object]
    ) -> BreakfixError | None:
        return self._desk.parts.practice_of(found.owner, by.ref).noted(self._desk.running(found), note)

    # Attempts -------------------------------------------------------------------------------------------------

    async def attempts(self, _who: Who, asked: contract.OfMember) -> contract.MemberAttempts:
        """See ``help_contract.MEMBER_ATTEMPTS``."""
        return await self._threads.run(self._members.attempts, asked)

    async def attempt(self, who: Who, asked: contract.OfMemberAttempt) -> contract.AttemptView:
        """See ``help_contract.MEMBER_ATTEMPT``."""
        return await self._threads.run(self._members.attempt, who, asked)

    async def comment(self, who: Who, asked: contract.Comment) -> Nothing:
        """See ``help_contract.COMMENT``. Where the attempt's lab runs, its page tells it at once."""
        await self._tell(who, await self._threads.run(self._members.comment, who, asked))
        return Nothing()

    async def change_comment(self, who: Who, asked: contract.ChangeComment) -> Nothing:
        """See ``help_contract.CHANGE_COMMENT``. It is told as a new one is."""
        await self._tell(who, await self._threads.run(self._comments.change, who, asked))
        return Nothing()

    async def withdraw_comment(self, who: Who, asked: contract.OfComment) -> Nothing:
        """See ``help_contract.WITHDRAW_COMMENT``."""
        await self._threads.run(self._comments.withdraw, who, asked)
        return Nothing()

    async def _tell(self, who: Who, lab: str) -> None:
        found = await self._threads.run(self._desk.find, lab) if lab else None
        if found is not None:
            found.log.add("commented", {"by": who.name})

    async def renew_link(self, who: Who, asked: contract.OfMember) -> NewLink:
        """See ``help_contract.RENEW_LINK``."""
        return await self._threads.run(self._members.renew_link, who, asked)

    async def news(self, who: Who, _asked: Nothing) -> tuple[contract.CommentNews, ...]:
        """See ``help_contract.COMMENT_NEWS``."""
        return await self._threads.run(self._members.news, who.ref)

    async def read_notes(self, who: Who, asked: contract.OfScenario) -> tuple[contract.AttemptNotes, ...]:
        """See ``help_contract.READ_NOTES``."""
        return await self._threads.run(self._members.read, who.ref, asked.scenario)
