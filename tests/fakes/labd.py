"""A labd in memory: it speaks the contract as an ASGI application, or at a Unix socket in a thread of its own.

Whoever tests may change its people, its lab and its script; there is no store, no lab, and no password is hashed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.labd import account_contract, calls, event_contract, lab_contract, lab_work_contract, path_contract
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.wire import WireError, decode, encode
from tests.fakes import labd_world as world
from tests.fakes.labd_appeals import FakeAppeals
from tests.fakes.labd_catalogue import FakeCatalogue
from tests.fakes.labd_classes import FakeClasses
from tests.fakes.labd_day import FakeDay
from tests.fakes.labd_deliberation import FakeDeliberation
from tests.fakes.labd_evidence import FakeEvidence
from tests.fakes.labd_help import FakeHelp
from tests.fakes.labd_map import drawn_map
from tests.fakes.labd_people import FakePeople
from tests.fakes.labd_privacy import FakePrivacy
from tests.fakes.labd_seat_talk import FakeSeatTalk
from tests.fakes.labd_seat_terminals import PLACE, FakeSeatTerminals
from tests.fakes.labd_seats import FakeSeats
from tests.fakes.labd_sessions import FakeSessions
from tests.fakes.labd_web import FakeWeb
from tests.fakes.labd_world import FakePerson
from tests.fakes.rfb import GREETING, FakeScreen, FakeVnc

sys.modules.setdefault("trio", None)  # type: ignore[arg-type]
"""httpx looks for it at each request that stays in the process, and looks through all folders each time."""


class RefusalError(Exception):
    """A call is refused."""

    def __init__(self, kind: calls.RefusalKind, fr: str, en: str, field: str = "", hint: Text | None = None) -> None:
        super().__init__(en)
        self.refusal = calls.Refusal(kind, Text(fr=fr, en=en), hint, field)


def missing() -> RefusalError:
    return RefusalError("missing", "Cela n'existe pas.", "There is no such thing.")


class Ears:
    """Wakes readers, in whatever thread's loop they wait."""

    def __init__(self) -> None:
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """Give an event that is set at each call."""
        one = (asyncio.get_running_loop(), asyncio.Event())
        self._waiting.add(one)
        try:
            yield one[1]
        finally:
            self._waiting.discard(one)

    def __len__(self) -> int:
        """Return how many listen."""
        return len(self._waiting)

    def call(self) -> None:
        """Wake all who listen."""
        for loop, event in tuple(self._waiting):
            loop.call_soon_threadsafe(event.set)


@dataclass
class FakeTerminal:
    """A terminal that says again what is typed; ``output`` is all that it ever showed."""

    view: lab_contract.TerminalView
    output: bytearray = field(default_factory=lambda: bytearray(b"root@lab:~# "))
    rows: int = 24
    columns: int = 80
    ears: Ears = field(default_factory=Ears)

    def write(self, data: bytes) -> None:
        """Show something."""
        self.output += data
        self.ears.call()

    def resize(self, rows: int, columns: int) -> None:
        """Give it another size."""
        self.rows, self.columns = rows, columns
        self.ears.call()

    def end(self) -> None:
        """Have its last program leave."""
        self.view = replace(self.view, ended=True)
        self.ears.call()


_OWN = (
    *account_contract.ACCOUNT_CALLS,
    *path_contract.PATH_CALLS,
    *lab_contract.LAB_CALLS,
    *lab_work_contract.LAB_WORK_CALLS,
)


class FakeLabd:
    """The labd in memory.

    Attributes:
        people: whom it knows, by short name.
        tokens: who is signed in: token → short name.
        links: the one-time links that hold: secret → short name.
        labs: the labs by name, each its owner's.
        owners: lab → its owner's short name.
        events: what happened, by lab.
        terminals: by lab and id.
        refusals: call → what to refuse it with, whoever asks.
        classes: what it knows of classes.
        privacy: what it keeps of people.
        help: how its trainers help.
        lab_people: who can be talked to in its labs.
        debrief: what is told of each lab once it is solved.
        map: every lab's picture; empty: it is drawn.
        screen: what every screen of a host shows; None: all are off.
        catalogue: what it knows of scenarios from inside, and of proofs.
        sessions: what it knows of jury sessions.
        day: what it knows of their days.
        deliberation: what it knows of their juries.
        seats: what it knows of their candidates' seats.
        evidence: what it knows of their sealed evidence.
        appeals: what it knows of appeals.
        seat_terminals: what it knows of the terminals there.
        seat_talk: what it knows of talk there.
        web: the web sites that its hosts reach.
        asked: what was called, oldest first: name, who (empty: nobody), request.
    """

    def __init__(self) -> None:
        self.people = world.people()
        self.tokens: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.labs: dict[str, lab_contract.LabView] = {world.LAB: world.lab()}
        self.owners: dict[str, str] = {world.LAB: "lea"}
        self.events: dict[str, list[event_contract.LabEvent]] = {world.LAB: []}
        self.terminals: dict[tuple[str, str], FakeTerminal] = {}
        self.refusals: dict[str, calls.Refusal] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.addresses: dict[str, str] = {}
        """From where each call was made last, as the portal says of candidates' browsers."""
        self.debrief = world.DEBRIEF
        self.map = ""
        self.screen: FakeScreen | None = None
        self._copies: list[Callable[[str], None]] = []
        self.classes = FakeClasses(self, RefusalError)
        self.privacy = FakePrivacy(self, RefusalError)
        self.help = FakeHelp(self, self.classes, RefusalError)
        self.lab_people = FakePeople(self, RefusalError)
        self.catalogue = FakeCatalogue(self, RefusalError)
        self.sessions = FakeSessions(self, RefusalError)
        self.day = FakeDay(self, self.sessions, RefusalError)
        self.deliberation = FakeDeliberation(self, RefusalError)
        self.seats = FakeSeats(self, self.sessions, RefusalError)
        self.evidence = FakeEvidence(self, RefusalError)
        self.appeals = FakeAppeals(self, RefusalError)
        self.seat_terminals = FakeSeatTerminals(self, RefusalError)
        self.seat_talk = FakeSeatTalk(self, RefusalError)
        self.web = FakeWeb(self._who, self.owners)
        self._ears = Ears()
        self._calls: Mapping[str, tuple[calls.Call[Any, Any], Callable[..., Any]]] = {
            **{call.name: (call, getattr(self, f"_{call.name.replace('-', '_')}")) for call in _OWN},
            **self.classes.calls,
            **self.privacy.calls,
            **self.help.calls,
            **self.lab_people.calls,
            **self.catalogue.calls,
            **self.sessions.calls,
            **self.day.calls,
            **self.deliberation.calls,
            **self.seats.calls,
            **self.seats.calls_of_seats,
            **self.evidence.calls,
            **self.appeals.calls,
            **self.seat_terminals.calls,
            **self.seat_talk.calls,
        }
        self.app = Starlette(
            routes=[
                Route("/v1/events/{lab}", self._stream),
                WebSocketRoute("/v1/terminal/{lab}/{terminal}", self._attach),
                WebSocketRoute("/v1/seat-terminal/{phase}/{terminal}", self._attach_at_seat),
                Route("/v1/my-data", self._my_data, methods=["POST"]),
                Route("/v1/session-documents/{session}", self._archive, methods=["POST"]),
                Route("/v1/session-evidence/{session}/{phase}/{number}", self._archive, methods=["POST"]),
                WebSocketRoute("/v1/display/{lab}/{host}", self._display),
                WebSocketRoute("/v1/web/{lab}/{host}", self.web.connect),
                WebSocketRoute("/v1/seat-web/{phase}/{place}/{host}", self._page_at_seat),
                WebSocketRoute("/v1/seat-display/{phase}/{place}/{host}", self._display_at_seat),
                Route("/v1/{name}", self._call, methods=["POST"]),
            ]
        )

    # For tests ------------------------------------------------------------------------------------------------

    def client(self) -> LabdClient:
        """Return a client that asks in this very thread; events and terminals need ``serving``."""
        return LabdClient(Path("unused"), httpx.ASGITransport(self.app))

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Path]:
        """Serve at a Unix socket, whose path is given, in a thread."""
        socket = folder / "labd.sock"
        config = uvicorn.Config(self.app, uds=str(socket), ws="websockets-sansio", log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(_serve(server)), daemon=True)
        thread.start()
        try:
            wait_until(lambda: server.started, within=20, every=0.01)
            yield socket
        finally:
            server.should_exit = server.force_exit = True
            self._ears.call()
            thread.join(20)

    def sign_in(self, handle: str) -> str:
        """Return a new token of somebody's."""
        token = secrets.token_urlsafe(32)
        self.tokens[token] = handle
        return token

    def signed_in_as(self, handle: str) -> account_contract.SignedIn:
        """Return a new sign-in of somebody's."""
        return account_contract.SignedIn(self.sign_in(handle), 3600, self._seen(self.people[handle]))

    def emit(self, kind: event_contract.EventKind, body: object, lab: str = world.LAB) -> event_contract.LabEvent:
        """Have something happen in a lab."""
        events = self.events[lab]
        event = event_contract.LabEvent(len(events) + 1, world.NOW, kind, msgspec.to_builtins(body))
        events.append(event)
        self.labs[lab] = replace(self.labs[lab], last_event=event.number)
        self._ears.call()
        return event

    def change(self, lab: str = world.LAB, **fields: Any) -> None:  # noqa: ANN401 - a lab's
        """Have a lab be otherwise."""
        self.labs[lab] = replace(self.labs[lab], **fields)

    def copy(self, text: str) -> None:
        """Have somebody copy a text on the screen that was opened last."""
        self._copies[-1](text)

    @property
    def listeners(self) -> int:
        """How many follow the events of labs."""
        return len(self._ears)

    def terminal(self, terminal: str, lab: str = world.LAB) -> FakeTerminal:
        """Return a terminal, to write to it or end it."""
        return self.terminals[lab, terminal]

    def keep_terminal(self, lab: str, view: lab_contract.TerminalView, rows: int, columns: int) -> None:
        """Have a terminal."""
        self.terminals[lab, view.id] = FakeTerminal(view, rows=rows, columns=columns)

    def own(self, who: FakePerson, lab: str) -> lab_contract.LabView:
        """Return a lab to who may see it."""
        return self._own(who, lab)

    # The door -------------------------------------------------------------------------------------------------

    def _who(self, connection: HTTPConnection) -> FakePerson | None:
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        return self.people.get(self.tokens.get(token, "")) if scheme == "Bearer" else None

    async def _call(self, request: Request) -> Response:
        try:
            return Response(encode(self._outcome(request, await request.body())))
        except RefusalError as error:
            return _refused(error.refusal)
        except WireError as error:
            return _refused(calls.Refusal("wrong", Text(fr=str(error), en=str(error))))

    def _outcome(self, request: Request, body: bytes) -> object:
        name = request.path_params["name"]
        if name not in self._calls:
            raise missing()
        call, method = self._calls[name]
        asked = decode(call.request, body)
        who = self._who(request)
        self.asked.append((name, who.handle if who else "", asked))
        self.addresses[name] = request.headers.get(calls.ADDRESS, "")
        if name in self.refusals:
            error = missing()
            error.refusal = self.refusals[name]
            raise error
        if name in {"sign-in", "look-at-link", "use-link", "look-at-code", "join"}:
            return method(asked)
        self._token = request.headers.get("authorization", "").partition(" ")[2]
        if name in {**self.seats.calls_of_seats, **self.seat_terminals.calls, **self.seat_talk.calls}:
            return method(self._token, asked)
        return method(self._signed_in(who), asked)

    @staticmethod
    def _signed_in(who: FakePerson | None) -> FakePerson:
        if who is None:
            raise RefusalError("signed-out", "Vous n'êtes pas connecté.", "You are not signed in.")
        return who

    def _own(self, who: FakePerson, lab: str) -> lab_contract.LabView:
        if self.owners.get(lab) != who.handle and not {"trainer", "administrator"} & set(who.roles):
            raise missing()
        if lab not in self.labs:
            raise missing()
        return self.labs[lab]

    async def _stream(self, request: Request) -> Response:
        who, lab = self._who(request), request.path_params["lab"]
        try:
            self._own(self._signed_in(who), lab)
        except RefusalError as error:
            return _refused(error.refusal)
        return StreamingResponse(self._lines(lab, int(request.query_params.get("after", "0"))))

    async def _lines(self, lab: str, after: int) -> AsyncIterator[bytes]:
        with self._ears.listening() as heard:
            while True:
                for event in self.events[lab][after:]:
                    after = event.number
                    yield encode(event) + b"\n"
                await heard.wait()
                heard.clear()

    async def _my_data(self, request: Request) -> Response:
        try:
            archive = self.privacy.archive(self._signed_in(self._who(request)), request.query_params["language"])
        except RefusalError as error:
            return _refused(error.refusal)
        return Response(archive, media_type="application/zip")

    async def _archive(self, request: Request) -> Response:
        try:
            who, session = self._signed_in(self._who(request)), request.path_params["session"]
            self.deliberation.require(who, session)
        except RefusalError as error:
            return _refused(error.refusal)
        return Response(f"archive {request.url.path}".encode(), media_type="application/zip")

    async def _attach(self, socket: WebSocket) -> None:
        key = (socket.path_params["lab"], socket.path_params["terminal"])
        terminal, who = self.terminals.get(key), self._who(socket)
        mine = who is not None and self.owners.get(key[0]) == who.handle
        if terminal is None or who is None or not (mine or {"trainer", "administrator"} & set(who.roles)):
            await socket.close(4404 if who else 4401)
            return
        await socket.accept()
        asks = who

        def may(message: Mapping[str, Any]) -> bool:
            return mine or (message.get("bytes") is not None and self.help.may_type(asks, *key))

        await self._join(socket, key, terminal, may)

    async def _attach_at_seat(self, socket: WebSocket) -> None:
        token = socket.headers.get("authorization", "").partition(" ")[2]
        key = (PLACE, socket.path_params["terminal"])
        terminal, code = self.terminals.get(key), self.seat_terminals.code(token, socket.path_params["phase"])
        await socket.accept()
        if code is not None or terminal is None:
            await socket.close(code or 4404)
            return
        await self._join(socket, key, terminal, lambda _message: self.seat_terminals.shut is None)

    async def _page_at_seat(self, socket: WebSocket) -> None:
        token = socket.headers.get("authorization", "").partition(" ")[2]
        await self.web.connect_at_seat(socket, self.seat_terminals.code(token, socket.path_params["phase"]))

    async def _join(
        self, socket: WebSocket, key: tuple[str, str], terminal: FakeTerminal, may: Callable[[Mapping[str, Any]], bool]
    ) -> None:
        with terminal.ears.listening() as heard:
            told = asyncio.create_task(self._show(socket, key, terminal, heard))
            try:
                while True:
                    message = await socket.receive()
                    if message["type"] == "websocket.disconnect" or may(message):
                        _typed(terminal, message)
            except WebSocketDisconnect:
                pass
            finally:
                told.cancel()

    async def _display(self, socket: WebSocket) -> None:
        who, lab = self._who(socket), self.labs.get(socket.path_params["lab"])
        mine = who is not None and lab is not None and self.owners.get(lab.name) == who.handle
        allowed = mine or (who is not None and {"trainer", "administrator"} & set(who.roles))
        await socket.accept()
        hosts = {host.name for host in lab.hosts if host.desktop} if lab is not None else set()
        if not allowed or socket.path_params["host"] not in hosts:
            await socket.close(4404 if who else 4401)
            return
        await self._on_screen(socket)

    async def _display_at_seat(self, socket: WebSocket) -> None:
        token, phase = socket.headers.get("authorization", "").partition(" ")[2], socket.path_params["phase"]
        await socket.accept()
        hosts, place = self.seat_terminals.screens, int(socket.path_params["place"])
        code = self.seat_terminals.code(token, phase) or (
            None if (place, socket.path_params["host"]) in hosts else 4404
        )
        shown = asyncio.create_task(self._on_screen(socket)) if code is None else None
        while code is None:
            await asyncio.sleep(0.02)
            code = self.seat_terminals.code(token, phase)
            if shown is not None and shown.done():
                return
        if shown is not None:
            shown.cancel()
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it has gone by itself
            await socket.close(code)

    async def _on_screen(self, socket: WebSocket) -> None:
        if self.screen is None:
            await socket.close(4410)
            return
        vnc, loop = FakeVnc(self.screen), asyncio.get_running_loop()

        def copied(text: str) -> None:
            asyncio.run_coroutine_threadsafe(socket.send_bytes(vnc.clip(text)), loop)

        self._copies.append(copied)
        with contextlib.suppress(WebSocketDisconnect):
            await socket.send_bytes(GREETING)
            while True:
                answer = vnc.feed(await socket.receive_bytes())
                for at in range(0, len(answer), 1 << 16):
                    await socket.send_bytes(answer[at : at + (1 << 16)])

    async def _show(self, socket: WebSocket, key: tuple[str, str], one: FakeTerminal, heard: asyncio.Event) -> None:
        said = socket.query_params.get("after")
        known = said is not None and int(said) <= len(one.output)
        at = int(said) if said is not None and known else 0
        size, ended = (one.rows, one.columns), one.view.ended
        first = {"at": at, "reset": not known, "rows": one.rows, "columns": one.columns, "ended": ended}
        await socket.send_text(json.dumps({**first, "end": len(one.output)}))
        while True:
            if at < len(one.output):
                data = bytes(one.output[at:])
                at += len(data)
                await socket.send_bytes(data)
            if size != (one.rows, one.columns):
                size = (one.rows, one.columns)
                await socket.send_text(json.dumps({"rows": one.rows, "columns": one.columns}))
            if one.view.ended and not ended:
                ended = True
                await socket.send_text(json.dumps({"ended": True}))
            if key not in self.terminals:
                await socket.close(4409)
                return
            if key[0] == PLACE and (self.seat_terminals.shut or self.seat_terminals.over):
                await socket.close(4408 if self.seat_terminals.over else 4425)
                return
            await heard.wait()
            heard.clear()

    # Who ------------------------------------------------------------------------------------------------------

    def _sign_in(self, asked: account_contract.SignIn) -> account_contract.SignedIn:
        person = self.people.get(asked.handle)
        if person is None or person.password is None or person.password != asked.password:
            raise RefusalError(
                "wrong", "Ce nom ou ce mot de passe n'est pas juste.", "This name or password is not right."
            )
        return self.signed_in_as(asked.handle)

    def _look_at_link(self, asked: account_contract.LookAtLink) -> account_contract.LinkView:
        person = self.people.get(self.links.get(asked.link, ""))
        if person is None:
            raise RefusalError("missing", "Ce lien ne vaut plus.", "This link no longer holds.")
        return account_contract.LinkView(person.handle, person.name, "reset" if person.password else "invitation")

    def _use_link(self, asked: account_contract.UseLink) -> account_contract.SignedIn:
        view = self._look_at_link(account_contract.LookAtLink(asked.link))
        self._strong(asked.password, "password")
        del self.links[asked.link]
        self.people[view.handle].password = asked.password
        self.tokens = {token: handle for token, handle in self.tokens.items() if handle != view.handle}
        return self.signed_in_as(view.handle)

    def _sign_out(self, _who: FakePerson, _asked: calls.Nothing) -> calls.Nothing:
        del self.tokens[self._token]
        return calls.Nothing()

    def _me(self, who: FakePerson, _asked: calls.Nothing) -> calls.Who:
        return self._seen(who)

    def _seen(self, who: FakePerson) -> calls.Who:
        return calls.Who(who.ref, who.handle, who.name, who.roles, who.language)

    def _set_language(self, who: FakePerson, asked: account_contract.SetLanguage) -> calls.Nothing:
        who.language = asked.language
        return calls.Nothing()

    def _change_password(self, who: FakePerson, asked: account_contract.ChangePassword) -> calls.Nothing:
        if asked.old != who.password:
            raise RefusalError("wrong", "Ce n'est pas votre mot de passe.", "This is not your password.", "old")
        self._strong(asked.new, "new")
        who.password = asked.new
        return calls.Nothing()

    @staticmethod
    def _strong(password: str, field: str) -> None:
        if len(password) < 12:
            raise RefusalError("wrong", "Il faut au moins 12 caractères.", "At least 12 characters are needed.", field)

    def _sign_ins(self, who: FakePerson, _asked: calls.Nothing) -> tuple[account_contract.SignInView, ...]:
        return tuple(
            account_contract.SignInView(number, world.EARLIER, world.NOW, "Firefox 150 / Linux", token == self._token)
            for number, (token, handle) in enumerate(self.tokens.items(), start=1)
            if handle == who.handle
        )

    def _end_sign_in(self, who: FakePerson, asked: account_contract.EndSignIn) -> calls.Nothing:
        tokens = [token for token, handle in self.tokens.items()]
        if not 1 <= asked.id <= len(tokens) or self.tokens[tokens[asked.id - 1]] != who.handle:
            raise missing()
        del self.tokens[tokens[asked.id - 1]]
        return calls.Nothing()

    # People ---------------------------------------------------------------------------------------------------

    @staticmethod
    def _need(who: FakePerson, role: calls.RoleName) -> None:
        if role not in who.roles:
            raise RefusalError("forbidden", "Ce n'est pas à vous de le faire.", "This is not for you to do.")

    def _people(self, who: FakePerson, _asked: calls.Nothing) -> tuple[account_contract.PersonView, ...]:
        self._need(who, "administrator")
        return tuple(
            account_contract.PersonView(
                one.handle, one.name, one.roles, one.password is not None, world.NOW if one.password else None
            )
            for one in self.people.values()
        )

    def _add_person(self, who: FakePerson, asked: account_contract.AddPerson) -> account_contract.NewLink:
        self._need(who, "administrator")
        if asked.handle in self.people:
            raise RefusalError("wrong", "Ce nom court est pris.", "This short name is taken.", "handle")
        name = f"{asked.given_name} {asked.family_name}".strip() or asked.handle
        ref = f"P-{len(self.people) + 1:012x}"
        self.people[asked.handle] = FakePerson(ref, asked.handle, name, asked.roles, password=None)
        return self._make_link(who, account_contract.MakeLink(asked.handle))

    def _make_link(self, who: FakePerson, asked: account_contract.MakeLink) -> account_contract.NewLink:
        self._need(who, "administrator")
        if asked.handle not in self.people:
            raise missing()
        self.links = {link: handle for link, handle in self.links.items() if handle != asked.handle}
        link = secrets.token_urlsafe(24)
        self.links[link] = asked.handle
        return account_contract.NewLink(asked.handle, link, "2026-12-05T09:42:00+00:00")

    def _change_roles(self, who: FakePerson, asked: account_contract.ChangeRoles) -> calls.Nothing:
        self._need(who, "administrator")
        if asked.handle not in self.people:
            raise RefusalError("missing", "Personne.", "Nobody.", "handle")
        if asked.password != who.password:
            raise RefusalError("wrong", "Pas ce mot de passe.", "Not this password.", "password")
        if {"organiser", "jury"} <= set(asked.roles):
            raise RefusalError("wrong", "L'un des deux rôles.", "One of the two roles.", "roles")
        self.people[asked.handle] = replace(self.people[asked.handle], roles=asked.roles)
        return calls.Nothing()

    # The path -------------------------------------------------------------------------------------------------

    def _path(self, who: FakePerson, _asked: calls.Nothing) -> path_contract.PathView:
        return world.path(running=self.owners.get(world.LAB) == who.handle and world.LAB in self.labs)

    def _scenario(self, who: FakePerson, asked: path_contract.LookAtScenario) -> path_contract.ScenarioCard:
        card = world.card(asked.scenario)
        if card is None:
            raise missing()
        if asked.scenario == world.SCENARIO and self._path(who, calls.Nothing()).running:
            card = replace(card, scenario=replace(card.scenario, state="running", running=world.LAB))
        return card

    def _start(self, who: FakePerson, asked: lab_contract.StartLab) -> lab_contract.Started:
        if world.card(asked.scenario) is None:
            raise missing()
        if asked.scenario == world.SCENARIO and self.owners.get(world.LAB) == who.handle:
            return lab_contract.Started(world.LAB)
        name = f"{asked.scenario}-{asked.seed or 42}"
        self.labs[name] = replace(world.lab(), name=name, scenario=asked.scenario, state="starting", busy="start")
        self.owners[name] = who.handle
        self.events[name] = []
        return lab_contract.Started(name)

    # A lab ----------------------------------------------------------------------------------------------------

    def _lab(self, who: FakePerson, asked: lab_contract.OfLab) -> lab_contract.LabView:
        lab = self.help.seen_by(who, self._own(who, asked.lab))
        return replace(lab, yours=self.owners[asked.lab] == who.handle)

    def _map(self, who: FakePerson, asked: lab_work_contract.MapOf) -> lab_contract.LabMap:
        return lab_contract.LabMap(self.map or drawn_map(self._own(who, asked.lab), asked.language))

    def _cable(self, who: FakePerson, asked: lab_work_contract.MoveCable) -> lab_contract.CableView:
        lab = self._own(who, asked.lab)
        cables = {(one.host, one.interface): one for one in lab.cables}
        old = cables.get((asked.host, asked.interface))
        if old is None:
            raise missing()
        at = asked.segment if asked.action == "move" else old.at
        new = replace(old, at=at, plugged=asked.action != "unplug")
        self.change(asked.lab, cables=tuple(new if one is old else one for one in lab.cables))
        self.emit("cable", new, asked.lab)
        return new

    def _check(self, who: FakePerson, asked: lab_contract.OfLab) -> calls.Nothing:
        lab = self._own(who, asked.lab)
        if lab.busy:
            raise RefusalError("busy", "Le lab est occupé.", "The lab is busy.")
        grading = world.GRADING
        self.emit("began", {"act": "check"}, asked.lab)
        self.emit("running", {"sentences": [check.sentence for check in grading.checks]}, asked.lab)
        for check in grading.checks:
            self.emit("result", check, asked.lab)
        self.change(asked.lab, grading=grading)
        self.emit("graded", grading, asked.lab)
        self.emit("ended", {"act": "check", "refusal": None}, asked.lab)
        return calls.Nothing()

    def _hint(self, who: FakePerson, asked: lab_contract.OfLab) -> lab_work_contract.HintView:
        lab = self._own(who, asked.lab)
        if len(lab.hints) >= len(world.HINTS):
            raise RefusalError("wrong", "Il n'y a plus d'indice.", "There is no further hint.")
        hint = lab_work_contract.HintView(len(lab.hints) + 1, len(world.HINTS), world.HINTS[len(lab.hints)])
        self.change(asked.lab, hints=(*lab.hints, hint.hint))
        self.emit("hint", hint, asked.lab)
        return hint

    def _answer(self, who: FakePerson, asked: lab_work_contract.AnswerQuestion) -> calls.Nothing:
        lab = self._own(who, asked.lab)
        if asked.question not in {one.name for one in lab.questions}:
            raise missing()
        answered = (replace(q, answer=asked.value) if q.name == asked.question else q for q in lab.questions)
        self.change(asked.lab, questions=tuple(answered))
        return calls.Nothing()

    def _report(self, who: FakePerson, asked: lab_work_contract.WriteReport) -> calls.Nothing:
        self._own(who, asked.lab)
        report = lab_contract.ReportView(asked.symptom, asked.cause, asked.action, asked.test, asked.minutes)
        self.change(asked.lab, report=report)
        return calls.Nothing()

    def _open_terminal(self, who: FakePerson, asked: lab_work_contract.OpenTerminal) -> lab_contract.TerminalView:
        lab = self._own(who, asked.lab)
        if asked.host not in {host.name for host in lab.hosts}:
            raise missing()
        view = lab_contract.TerminalView(secrets.token_hex(6), asked.host, asked.kind, world.NOW, ended=False)
        self.keep_terminal(asked.lab, view, asked.rows, asked.columns)
        self.change(asked.lab, terminals=(*lab.terminals, view))
        self.emit("terminal", view, asked.lab)
        return view

    def _close_terminal(self, who: FakePerson, asked: lab_work_contract.CloseTerminal) -> calls.Nothing:
        lab = self._own(who, asked.lab)
        if (asked.lab, asked.terminal) not in self.terminals:
            raise missing()
        terminal = self.terminals.pop((asked.lab, asked.terminal))
        self.change(asked.lab, terminals=tuple(one for one in lab.terminals if one.id != asked.terminal))
        self.emit("closed", {"terminal": asked.terminal}, asked.lab)
        terminal.ears.call()
        return calls.Nothing()

    def _reset(self, who: FakePerson, asked: lab_contract.OfLab) -> calls.Nothing:
        self._own(who, asked.lab)
        self.emit("began", {"act": "reset"}, asked.lab)
        self.change(asked.lab, cables=world.lab().cables, grading=None)
        self.emit("ended", {"act": "reset", "refusal": None}, asked.lab)
        return calls.Nothing()

    def _stop(self, who: FakePerson, asked: lab_contract.OfLab) -> calls.Nothing:
        self._own(who, asked.lab)
        self.change(asked.lab, state="gone")
        self.emit("state", {"state": "gone"}, asked.lab)
        return calls.Nothing()

    def _thaw(self, who: FakePerson, asked: lab_contract.OfLab) -> calls.Nothing:
        lab = self._own(who, asked.lab)
        if lab.state == "frozen":
            self.change(asked.lab, state="started")
            self.emit("thawed", {}, asked.lab)
        if lab.freezes:
            self.change(asked.lab, freezes="")
            self.emit("idle", {"until": ""}, asked.lab)
        return calls.Nothing()

    def _resume(self, who: FakePerson, asked: lab_contract.OfLab) -> calls.Nothing:
        if self._own(who, asked.lab).state == "saved":
            self.emit("began", {"act": "resume"}, asked.lab)
            self.change(asked.lab, state="started")
            self.emit("state", {"state": "started"}, asked.lab)
            self.emit("ended", {"act": "resume", "refusal": None}, asked.lab)
        return calls.Nothing()

    def _debrief(self, who: FakePerson, asked: lab_contract.OfLab) -> lab_work_contract.DebriefView:
        if not self._own(who, asked.lab).solved:
            raise RefusalError("wrong", "Il faut d'abord réparer.", "Repair it first.")
        return self.debrief


def _typed(terminal: FakeTerminal, message: Mapping[str, Any]) -> None:
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect
    if message.get("bytes") is not None:
        terminal.write(message["bytes"])
    elif message.get("text") is not None:
        rows, columns = json.loads(message["text"])["resize"]
        terminal.resize(rows, columns)


def _refused(refusal: calls.Refusal) -> Response:
    return Response(encode(refusal), calls.STATUS[refusal.kind])


async def _serve(server: uvicorn.Server) -> None:
    """Serve until the server is to exit, and close what came in while it did.

    A loop that ends leaves the socket of such a connection open: who keeps it, as a portal does, would ask there next,
    and be answered by nobody.
    """
    await server.serve()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)
