"""The day of the labd in memory's jury session: somebody is in each state, and acts without words are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from orchestrator.core.png_pixels import png_of
from orchestrator.core.text import Text, same
from orchestrator.labd import day_contract as d
from orchestrator.labd import day_screen_contract as sc
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.day_invigilation import INVIGILATED, invigilated
from orchestrator.labd.desktop_contract import DesktopPicture
from orchestrator.labd.session_contract import OfSession
from tests.fakes import labd_world as world
from tests.fakes.labd_sessions import SESSION, VIEW, FakeSessions
from tests.fakes.labd_world import FakePerson

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

AT = "2026-12-14T09:41:07+01:00"
HOSTS = Text(fr="6 en marche", en="6 running")
NAMES = ("Zoé Faure", "Maximilienne-Alexandrine Benali de la Tour", "Noé Petit", "—")
_RUNNING = frozenset({"reading", "working", "stopped"})


def row(number: int, standing: d.CandidateStanding, **other: Any) -> d.DayRow:  # noqa: ANN401
    """Return a candidate's row."""
    began = standing not in {"ready", "absent"}
    acts: tuple[d.DayAct, ...] = ("announce", "incident")
    if standing in _RUNNING:
        acts = ("arrived", "absent", "finished", "pause", "extend", *acts)
    elif not began:
        acts = ("begin", "arrived", "absent", *acts)
    made = d.DayRow(
        number=f"C-{number:02}",
        name=NAMES[number % len(NAMES)],
        standing=standing,
        state=Text(fr=f"état {standing}", en=f"state {standing}"),
        left=4321 - 60 * number if began else None,
        deadline="2026-12-14T10:53:08+01:00" if began and standing != "stopped" else "",
        hosts=HOSTS,
        lost=False,
        paused=False,
        acts=acts,
    )
    return replace(made, **other)


def _rows() -> tuple[d.DayRow, ...]:
    rows = [row(number, standing) for number, standing in enumerate(get_args(d.CandidateStanding), 1)]
    lost = Text(fr="5 en marche, pc2 hors d'atteinte", en="5 running, pc2 gone")
    rows[2] = replace(rows[2], browser="there")
    rows[3] = replace(rows[3], lost=True, hosts=lost, browser="gone", gone=AT)
    rows[4] = replace(rows[4], moved=AT, browser="there", paused=True)
    rows[4] = replace(rows[4], acts=("finished", "resume", "extend", "replace", "announce", "incident"))
    rows[4] = replace(
        rows[4], subjects=(("no-network-after-move", world.MOVE.title), ("address-conflict", world.CONFLICT.title))
    )
    return tuple(rows)


ROWS = _rows()
SCREENS: tuple[sc.ScreenView, ...] = (
    sc.ScreenView(
        "reseau", "C-04", "Zoé Faure", "moved-desks.pc1-1", "pc1", AT,
        "root@pc1:~# ping -c1 10.0.0.1\n<script>alert(1)</script> {{ 7 * 7 }}\n--- 10.0.0.1 ping statistics ---",
    ),
    sc.ScreenView("reseau", "C-04", "Zoé Faure", "moved-desks.r1-2", "r1", AT, "r1# show ip route"),
    sc.ScreenView("reseau", "C-05", NAMES[1], "moved-desks.pc2-1", "pc2", AT, ""),
)  # fmt: skip
DESKTOPS: tuple[sc.DesktopOnWall, ...] = (
    sc.DesktopOnWall("reseau", "C-04", "Zoé Faure", "moved-desks.pc1", "pc1", AT, 12, 320, 240, open=True),
)
PHASES = (
    d.DayPhase(
        name="reseau",
        title="Dépannage du poste et du réseau",
        length=same("1\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}15"),
        seed="8f14e45fceea167a5a36dedd4bea2543",
        same=True,
        drawn=(
            d.DrawnLine("C-01", (world.CONFLICT.title, Text(fr="Plus d'intranet", en="No intranet"))),
            d.DrawnLine("C-02", (world.CONFLICT.title,)),
        ),
        labs=24,
        opened=23,
        opening=True,
        trouble=None,
        failures=(d.DayFailure("C-02", "dns-zone-broken", Text(fr="pc1 ne démarre pas.", en="pc1 does not start.")),),
        begun="2026-12-14T09:30:00+01:00",
        rows=ROWS,
        acts=("open", "begin"),
    ),
    d.DayPhase(
        "ecrit", "Écrit", same("45\N{NO-BREAK SPACE}min"), "", True, (), 0, 0, False,
        Text(fr="Le moteur ne répond pas.", en="The engine does not answer."), (), "", (), ("draw", "open"),
    ),
)  # fmt: skip
ENTRIES = (
    d.DayEntry(9, AT, "Inès Roy", "C-04", "reseau", Text(fr="Incident : malaise.", en="Incident: unwell.")),
    d.DayEntry(8, AT, "", "C-01", "reseau", Text(fr="Il reste 15 min.", en="15 min are left.")),
    d.DayEntry(7, AT, "root", "", "", Text(fr="Le temps reprend.", en="Time goes on.")),
)
DAY = d.DayView(
    id=SESSION,
    title=VIEW.title,
    stage="open",
    minute=60,
    at=AT,
    supervision="on",
    trouble=None,
    paused=False,
    candidates=tuple((one.number, one.name) for one in ROWS),
    phases=PHASES,
    entries=ENTRIES,
    acts=("pause", "announce", "incident"),
    alarms=(Text(fr="Le disque est presque plein : il reste 90 Mio.", en="The disk is almost full: 90 MiB are left."),),
)


class FakeDay:
    """What the labd in memory knows of its sessions' days.

    Attributes:
        view: the day of every session.
        screens: what its candidates' terminals show.
        desktops: what their desktops do.
        colour: the colour of all pictures.
    """

    def __init__(self, _labd: FakeLabd, sessions: FakeSessions, refuse: Callable[..., Exception]) -> None:
        """Take the labd, its sessions, and what makes its refusals."""
        self._sessions = sessions
        self._refuse = refuse
        self.view = DAY
        self.screens = SCREENS
        self.desktops = DESKTOPS
        self.colour = (40, 120, 200)

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[..., Any]]]:
        """Each call with what answers it."""
        does: Mapping[str, Callable[..., Any]] = {
            "day": self.day,
            "act-on-day": self.act,
            "screens": self.all_screens,
            "look-at-screen": self.one_screen,
            "look-at-desktop": self.one_desktop,
            "desktop-picture": self.picture,
        }
        return {call.name: (call, does[call.name]) for call in (*d.DAY_CALLS, *sc.DAY_SCREEN_CALLS)}

    def all_screens(self, who: FakePerson, asked: OfSession) -> sc.ScreensView:
        """Return what terminals show."""
        self._sessions.held(who, asked)
        return sc.ScreensView(self.screens, tuple(one for one in self.desktops if one.open))

    def one_screen(self, who: FakePerson, asked: sc.OfScreen) -> sc.ScreenView:
        """Return what one shows."""
        self._sessions.held(who, OfSession(asked.session))
        for one in self.screens:
            if (one.phase, one.number, one.terminal) == (asked.phase, asked.number, asked.terminal):
                return one
        raise self._refuse("missing", "Ce terminal n'existe pas.", "There is no such terminal.")

    def one_desktop(self, who: FakePerson, asked: sc.OfDesktop) -> sc.DesktopOnWall:
        """Return what there is of one."""
        self._sessions.held(who, OfSession(asked.session))
        for one in self.desktops:
            if (one.phase, one.number, one.desktop) == (asked.phase, asked.number, asked.desktop):
                return one
        raise self._refuse("missing", "Ce bureau n'existe pas.", "There is no such desktop.")

    def picture(self, who: FakePerson, asked: sc.PictureOnWall) -> DesktopPicture:
        """Return a picture of one colour."""
        view = self.one_desktop(who, sc.OfDesktop(asked.session, asked.phase, asked.number, asked.desktop))
        if asked.picture != view.picture:
            raise self._refuse("missing", "Cette image est trop vieille.", "That picture is too old.")
        width, height = (view.width // 4, view.height // 4) if asked.small else (view.width, view.height)
        return DesktopPicture(png_of(width, height, bytes((*self.colour, 0)) * (width * height)))

    def day(self, who: FakePerson, asked: OfSession) -> d.DayView:
        """Return a day."""
        view = replace(self.view, id=self._sessions.held(who, asked).id)
        return invigilated(view) if "invigilator" in who.roles else view

    def act(self, who: FakePerson, asked: d.ActOnDay) -> Nothing:
        """Do something: it becomes an entry, or needs words that are missing."""
        self.day(who, OfSession(asked.session))
        if "invigilator" in who.roles and asked.act not in INVIGILATED:
            raise self._refuse("forbidden", "Ce n'est pas à vous de le faire.", "This is not for you to do.")
        if asked.act in {"pause", "extend", "replace", "announce", "incident"} and not asked.text:
            raise self._refuse("wrong", "Dites-le.", "Say it.", "text")
        if asked.phase and asked.phase not in {phase.name for phase in PHASES}:
            raise self._refuse("wrong", "Pas de telle phase.", "No such phase.")
        words = Text(fr=f"{asked.act} : {asked.text}", en=f"{asked.act}: {asked.text}")
        entry = d.DayEntry(len(self.view.entries) + 7, AT, who.handle, asked.candidate, asked.phase, words)
        paused = {"pause": True, "resume": False}.get(asked.act, self.view.paused)
        if not asked.candidate:
            self.view = replace(self.view, paused=paused)
        self.view = replace(self.view, entries=(entry, *self.view.entries))
        return Nothing()
