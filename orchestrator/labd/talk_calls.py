"""The calls of the contract about talk with the people of a lab, each done for somebody who may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.errors import BreakfixError
from orchestrator.core.number_text import number_text
from orchestrator.core.text import Text
from orchestrator.labd import talk_contract as contract
from orchestrator.labd.calls import Refusal, Who
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_jobs import LabJobs, WorkThreads
from orchestrator.labd.lab_talk import LabTalk
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.told_refusals import broken, refusal_of, refused

_log = logging.getLogger(__name__)

_PATIENCE_S: Final = 20.0
"""How long who says something waits for the answer; afterwards an event tells it. A restart may take longer."""
_AT_ONCE: Final = 8
"""How many people of labs answer at once."""


class TalkCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``access_control`` goes by."""

    def __init__(self, desk: LabDesk, jobs: LabJobs, threads: WorkThreads, patience: float = _PATIENCE_S) -> None:
        """Take the parts.

        Args:
            desk: finds labs.
            jobs: keeps everything else away from a lab while somebody acts in it.
            threads: for what a caller waits for.
            patience: the seconds for which an answer is waited for.
        """
        self._talk = LabTalk(desk)
        self._jobs = jobs
        self._threads = threads
        self._patience = patience
        self._answering = WorkThreads(_AT_ONCE, "talk")
        self._at_it: dict[str, str] = {}
        self._tasks: set[asyncio.Task[contract.TurnView | Refusal]] = set()
        self.of_a_lab: Mapping[str, Callable[[Who, FoundLab, Any], Awaitable[object]]] = {
            contract.CONVERSATION.name: self.conversation,
            contract.PHRASES.name: self.phrases,
            contract.SAY.name: self.say,
        }

    async def finish(self) -> None:
        """Let what was said be answered; nothing more is."""
        self._answering.close()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def conversation(
        self, who: Who, found: FoundLab, asked: contract.OfConversation
    ) -> contract.ConversationView:
        """See ``talk_contract.CONVERSATION``. Passwords in it are for who talks."""
        talks = who.ref == found.owner
        view = await self._threads.run(lambda: self._talk.conversation(found, asked.person, words=talks))
        return replace(view, answering=self._at_it.get(found.name) == asked.person)

    async def phrases(self, _who: Who, found: FoundLab, asked: contract.PhrasesFor) -> tuple[str, ...]:
        """See ``talk_contract.PHRASES``."""
        return await self._threads.run(self._talk.phrases, found, asked)

    async def say(self, _who: Who, found: FoundLab, asked: contract.Say) -> contract.Said:
        """See ``talk_contract.SAY``. What was said is answered also where its caller has gone."""
        asked = replace(asked, text=one_line(asked.text))
        await self._threads.run(self._talk.person, found, asked.person)  # what cannot be said is refused at once
        task = asyncio.create_task(self._answer(found, asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        if not done:
            task.add_done_callback(lambda late: self._tell_late(found, asked, late.result()))
            return contract.Said(None)
        outcome = task.result()
        if isinstance(outcome, Refusal):
            raise RefusedCallError(outcome)
        return contract.Said(outcome)

    async def _answer(self, found: FoundLab, asked: contract.Say) -> contract.TurnView | Refusal:
        """Have something answered, told from beginning to end."""
        try:
            with self._jobs.holding(found.name, "say"):
                self._at_it[found.name] = asked.person
                found.log.add("talking", {"person": asked.person})
                try:
                    return await self._answering.run(self._talk.say, found, asked)
                finally:
                    del self._at_it[found.name]
                    found.log.add("said", {"person": asked.person, "refusal": None})
        except RefusedCallError as error:
            return error.refusal
        except BreakfixError as error:
            return refusal_of(error)
        except Exception:
            _log.exception("talk in a lab failed")
            return broken()

    @staticmethod
    def _tell_late(found: FoundLab, asked: contract.Say, outcome: contract.TurnView | Refusal) -> None:
        """Tell why nothing came of what was said; whoever said it waits no longer."""
        if isinstance(outcome, Refusal):
            found.log.add("said", {"person": asked.person, "refusal": outcome})


def one_line(typed: str) -> str:
    """Return what is said as it is kept.

    Raises:
        RefusedCallError: it is empty, too long, or holds control characters.
    """
    text = " ".join(typed.split())
    if not 0 < len(text) <= contract.LONGEST_SAID or CONTROLS.search(typed):
        most = number_text(contract.LONGEST_SAID)
        raise refused(
            "wrong",
            Text(
                fr=f"Écrivez une phrase : au plus {most.fr} caractères, sans caractères de contrôle.",
                en=f"Write a sentence: at most {most.en} characters, and no control characters.",
            ),
            field="text",
        )
    return text
