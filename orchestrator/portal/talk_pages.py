"""Talk with the people of a lab: what its page shows of it, and what is sent from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from orchestrator.core.language import Language, printed
from orchestrator.labd.lab_contract import LabView
from orchestrator.labd.talk_contract import (
    CONVERSATION,
    LONGEST_SAID,
    PHRASES,
    SAY,
    ConversationView,
    OfConversation,
    PhrasesFor,
    Said,
    Say,
    TurnAct,
)
from orchestrator.portal import talk_words
from orchestrator.portal.lab_addresses import lab_of
from orchestrator.portal.pages import form_of, go_to, wants_json
from orchestrator.portal.visit import ask, visit_of


@dataclass(frozen=True)
class ShownTalk:
    """Somebody of a lab as its page shows them: what was said, and what can be said now."""

    conversation: ConversationView
    phrases: tuple[str, ...]


def routes() -> list[BaseRoute]:
    """Return the route by which something is said."""
    return [Route("/labs/{lab}/say", _say, methods=["POST"])]


async def shown(request: Request, lab: LabView) -> tuple[ShownTalk, ...]:
    """Return the people of a lab with what was said; what can be said is for who talks."""
    return tuple([await _shown(request, lab, one.name) for one in lab.people])


async def _shown(request: Request, lab: LabView, name: str) -> ShownTalk:
    conversation: ConversationView = await ask(request, CONVERSATION, OfConversation(lab.name, name))
    if not lab.yours:
        return ShownTalk(conversation, ())
    asked = PhrasesFor(lab.name, name, visit_of(request).language)
    phrases: tuple[str, ...] = await ask(request, PHRASES, asked)
    return ShownTalk(conversation, phrases)


def context(language: Language) -> Mapping[str, Any]:
    """Return what the templates of talk know."""

    def told_act(act: TurnAct) -> str:
        return _printed(act.told.in_(language), language)

    return {
        "q": talk_words,
        "about_talk": talk_words.ABOUT,
        "spoken": _printed,
        "told_act": told_act,
        "longest_said": LONGEST_SAID,
    }


def _printed(text: str, language: Language) -> str:
    """Return something that is said as it is read in its language."""
    return printed(text) if language == "fr" else text


async def _say(request: Request) -> Response:
    form = await form_of(request)
    asked = Say(lab_of(request), form.get("person", ""), form.get("text", ""), visit_of(request).language)
    said: Said = await ask(request, SAY, asked)
    if wants_json(request):
        return JSONResponse({"answered": said.turn is not None})
    return go_to(f"/labs/{asked.lab}#talk")
