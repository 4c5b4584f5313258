"""Sealed evidence of the labd in memory: a sitting with two terminals, marks of every kind, what was seen of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from orchestrator.core.png_pixels import png_of
from orchestrator.core.text import Text, same
from orchestrator.labd import evidence_contract as e
from orchestrator.labd.calls import Call
from orchestrator.labd.desktop_contract import DesktopPicture, SealedPictureOf, SittingDesktop
from orchestrator.labd.privacy_contract import Piece
from tests.fakes import labd_world as world
from tests.fakes.labd_privacy import CASTS, LONG, cast
from tests.fakes.labd_sessions import SESSION, VIEW
from tests.fakes.labd_world import FakePerson

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

PHASE: Final = "reseau"
SHA256: Final = "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab"
DIFF: Final = """\
--- start/etc/bind/db.atelier
+++ end/etc/bind/db.atelier
@@ -1,6 +1,6 @@
 $TTL 3600
 @       IN SOA  srv1.atelier.example. admin.atelier.example. (
-                2026112701 ; <b>serial</b>
+                2026112702 ; <b>serial</b>
                 3600 600 604800 300 )
         IN NS   srv1.atelier.example.
-intranet IN A   10.20.0.9
+intranet IN A   10.20.0.10
+extra    IN A   10.20.0.11
\\ No newline at end of file
"""
EVIL: Final = "echo '<img src=x onerror=alert(1)>' # l'essai : ACDC/XYZ"
CASTS_OF_SITTING: Final = (
    CASTS[LONG],
    cast({2: ("ping -c1 intranet", "ping: intranet: Name or service not known\r\n"), 40: (EVIL, "<img src=x>\r\n")}),
)


def _terminal(number: int, host: str, began: str, **other: Any) -> e.SittingTerminal:  # noqa: ANN401
    made = e.SittingTerminal(number, "dns-zone-broken", host, began, 284.0, 24, 80, True, ((0.1, 6.0),), (0.1,))
    return replace(made, **other)


TERMINALS: Final = (
    _terminal(
        0, "srv1", "2026-12-14T09:05:00+01:00",
        busy=((0.1, 6.0), (69.0, 76.0), (259.0, 263.0), (281.0, 284.0)), typed=(3.0, 70.0, 260.0, 282.0),
    ),
    _terminal(
        1, "pc2", "2026-12-14T09:06:20+01:00", seconds=48.0, whole=False, busy=((0.1, 4.0), (40.0, 48.0)),
        typed=(2.0, 40.0),
    ),
)  # fmt: skip
DESKTOPS: Final = (
    SittingDesktop(
        id=0,
        scenario="dns-zone-broken",
        host="pc2",
        began="2026-12-14T09:07:35+01:00",
        seconds=120.0,
        opened=((0.0, 50.0), (80.0, 120.0)),
        busy=((1.0, 2.0), (90.0, 90.0)),
        used=(1.5,),
        pictures=(1.0, 2.0, 90.0),
        sizes=((320, 240), (320, 240), (160, 100)),
    ),
    SittingDesktop(1, "dns-zone-broken", "pc3", "2026-12-14T09:09:00+01:00", 2.0, ((0.0, 2.0),), (), (), (), ()),
)
COLOURS: Final = ((200, 40, 40), (40, 160, 40), (40, 40, 200))
"""The colour of each picture of the first desktop."""
MARKS: Final = (
    e.SittingMark(
        "2026-12-14T08:40:00+01:00",
        "grading",
        Text(fr="Évaluation de départ, Zone DNS : Non réparé", en="First grading, DNS zone: Not repaired"),
    ),
    e.SittingMark("2026-12-14T09:00:00+01:00", "step", Text(fr="L'épreuve commence.", en="The assessment begins.")),
    e.SittingMark("2026-12-14T09:02:00+01:00", "presence", Text(fr="Arrivée en retard.", en="Arrived late.")),
    e.SittingMark("2026-12-14T09:05:05+01:00", "command", same("systemctl status named"), 0),
    e.SittingMark("2026-12-14T09:06:25+01:00", "command", same("ping -c1 intranet"), 1),
    e.SittingMark(
        "2026-12-14T09:06:40+01:00",
        "talk",
        Text(fr="Échange avec anne", en="Talk with anne"),
        detail=same("> Bonjour <b>\nBonjour."),
    ),
    e.SittingMark("2026-12-14T09:06:41+01:00", "act", Text(fr="anne redémarre pc2.", en="anne restarts pc2.")),
    e.SittingMark("2026-12-14T09:07:00+01:00", "pause", Text(fr="Le temps s'arrête : alarme", en="Time stops: alarm")),
    e.SittingMark("2026-12-14T09:07:00+01:00", "command", same(EVIL), 1),
    e.SittingMark("2026-12-14T09:07:30+01:00", "pause", Text(fr="Le temps reprend.", en="Time goes on.")),
    e.SittingMark(
        "2026-12-14T09:07:40+01:00",
        "announcement",
        Text(fr="Annonce : on ferme tôt", en="Announcement: we close early"),
    ),
    e.SittingMark(
        "2026-12-14T09:07:50+01:00",
        "intervention",
        Text(
            fr="Intervention de l'organisation sur dns-zone-broken (exec) : écran figé (ines)",
            en="The organisers intervened on dns-zone-broken (exec): frozen screen (ines)",
        ),
    ),
    e.SittingMark(
        "2026-12-14T09:08:00+01:00",
        "cable",
        Text(fr="Le candidat a déplacé un câble : pc2:eth0 plug", en="The candidate moved a cable: pc2:eth0 plug"),
    ),
    e.SittingMark(
        "2026-12-14T09:08:10+01:00", "incident", Text(fr="Incident : machine disparue", en="Incident: host gone")
    ),
    e.SittingMark(
        "2026-12-14T09:08:15+01:00",
        "restart",
        Text(
            fr="Machines de moved-desks qui ont redémarré : pc2.",
            en="Hosts of moved-desks that were started again: pc2.",
        ),
    ),
    e.SittingMark("2026-12-14T09:08:20+01:00", "hint", Text(fr="Indice 1 donné.", en="Hint 1 given.")),
    e.SittingMark(
        "2026-12-14T09:09:24+01:00",
        "file",
        Text(fr="srv1: /etc/bind/db.atelier : fichier modifié", en="srv1: /etc/bind/db.atelier: file changed"),
        detail=same(DIFF),
    ),
    e.SittingMark("2026-12-14T09:10:00+01:00", "cut", Text(fr="La saisie est coupée.", en="Input is cut.")),
    e.SittingMark(
        "2026-12-14T09:13:00+01:00",
        "grading",
        Text(fr="Contrôles : dns-zone-broken : 2 ✔ 1 ✘ 1 !.", en="Checks: dns-zone-broken: 2 ✔ 1 ✘ 1 !."),
    ),
    e.SittingMark(
        "2026-12-14T09:13:00+01:00",
        "difference",
        Text(fr="Le pare-feu laisse tout passer.", en="The firewall lets everything through."),
        detail=same("r1 /etc/nftables.conf\n-drop\n+accept"),
    ),
)
REPLAY: Final = e.SittingReplay(
    session=SESSION,
    title=VIEW.title,
    number="C-01",
    name="Zoé Faure",
    phase=PHASE,
    phase_title="Dépannage du poste et du réseau",
    zone="Europe/Paris",
    began="2026-12-14T09:00:00+01:00",
    ended="2026-12-14T09:10:00+01:00",
    cut="2026-12-14T09:10:00+01:00",
    sha256=SHA256,
    terminals=TERMINALS,
    desktops=DESKTOPS,
    marks=MARKS,
    pauses=(("2026-12-14T09:07:00+01:00", "2026-12-14T09:07:30+01:00"),),
    left_out=1234,
)
CHECKS: Final = (
    e.LookedCheck(
        Text(fr="Le site interne répond.", en="The intranet answers."),
        "symptom",
        "2.1",
        "fail",
        "pass",
        "once",
        None,
        (e.SeenCommand("pc2 $ dig intranet -> 0", "10.20.0.10\n"),),
    ),
    e.LookedCheck(
        Text(fr="Le nom répond encore après un redémarrage.", en="The name still answers after a reboot."),
        "objective",
        "2.1",
        "fail",
        "error",
        "disagreed",
        Text(
            fr="Deux évaluations, entre lesquelles rien n'a changé, ne s'accordent pas :\n"
            "1. rouge : pas de réponse\n2. vert",
            en="Two gradings, between which nothing changed, do not agree:\n1. red: no answer\n2. green",
        ),
        (),
    ),
    e.LookedCheck(
        Text(fr="Le pare-feu filtre.", en="The firewall filters."),
        "guard",
        "",
        "pass",
        "fail",
        "twice",
        same("<b>accept</b>"),
        (),
    ),
    e.LookedCheck(Text(fr="Votre réponse.", en="Your answer."), "", "1.3", None, "fail", "twice", None, ()),
)
SCENARIOS: Final = (
    e.SealedScenario(
        id="dns-zone-broken",
        title=world.DNS.title,
        ticket=Text(fr="Le site interne ne répond plus.\n\nMerci !", en="The intranet is down.\n\nThanks!"),
        verdict=Text(fr="Non réparé", en="Not repaired"),
        meaning=Text(fr="Un changement à expliquer n'est pas une faute.", en="A change to explain is no mistake."),
        why="",
        remarks=(
            Text(
                fr="dns-zone-broken : deux évaluations ne s'accordent pas",
                en="dns-zone-broken: two gradings do not agree",
            ),
        ),
        checks=CHECKS,
        differences=(
            e.SoundDifference(
                True,
                Text(fr="Le pare-feu laisse tout passer.", en="The firewall lets everything through."),
                same(
                    "r1 · /etc/nftables.conf (content)\n@@ -1,3 +1,3 @@\n-  policy drop\n"
                    "+  policy accept <all>\n… and 2 more lines"
                ),
            ),
            e.SoundDifference(
                False,
                Text(fr="ssh ne démarre plus.", en="ssh no longer starts."),
                same("pc2 ssh.service (enabled)\n  enabled → disabled"),
            ),
        ),
        files=(
            e.ChangedFile("srv1", "/etc/bind/db.atelier", "changed", "2026-12-14T09:09:24+01:00", DIFF),
            e.ChangedFile("srv1", "/root/<b>notes</b>", "added", "", ""),
        ),
        files_left=3,
        answers='cause: "<script>alert(1)</script>"\n',
        report="# Intervention\n\n- La zone avait un mauvais enregistrement : l'adresse d'un ancien serveur.\n"
        "- Corrigée, numéro de série augmenté.\n",
        talk=Text(
            fr="[09:06] Candidat : Bonjour\n    anne : Bonjour.\n",
            en="[09:06] Candidate: Bonjour\n    anne: Bonjour.\n",
        ),
        typed=4,
    ),
    e.SealedScenario("gone", same("gone"), None, None, None, "the lab is gone", (), (), (), (), 0, "", "", None, 0),
)
EVIDENCE: Final = e.SealedEvidence(
    session=SESSION,
    title=VIEW.title,
    number="C-01",
    name="Zoé Faure",
    phase=PHASE,
    phase_title="Dépannage du poste et du réseau",
    given=same("1 h 15 + 1/3 = 1 h 40"),
    started="2026-12-14T09:00:00+01:00",
    cut="2026-12-14T09:10:00+01:00",
    sealed="2026-12-14T09:14:00+01:00",
    sha256=SHA256,
    size=123456,
    report_asked=True,
    scenarios=SCENARIOS,
    desktops=DESKTOPS,
)


class FakeEvidence:
    """What the labd in memory knows of sealed evidence.

    Attributes:
        replay: every sitting's time line.
        evidence: what was seen of each.
    """

    def __init__(self, labd: FakeLabd, refuse: Callable[..., Exception]) -> None:
        """Take the labd, and what makes its refusals."""
        self._labd = labd
        self._refuse = refuse
        self.replay = REPLAY
        self.evidence = EVIDENCE

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[..., Any]]]:
        """Each call with what answers it."""
        does: Mapping[str, Callable[..., Any]] = {
            "sitting-replay": lambda who, asked: self._of(who, asked, self.replay),
            "sitting-piece": self.piece,
            "sitting-picture": self.picture,
            "search-sitting": self.search,
            "sealed-evidence": lambda who, asked: self._of(who, asked, self.evidence),
        }
        return {call.name: (call, does[call.name]) for call in e.EVIDENCE_CALLS}

    def _of(self, who: FakePerson, asked: Any, view: Any) -> Any:  # noqa: ANN401
        self._labd.deliberation.require(who, asked.session)
        if (asked.phase, asked.number) != (PHASE, "C-01"):
            raise self._refuse("missing", "Rien n'est scellé ici.", "Nothing is sealed here.")
        return view

    def piece(self, who: FakePerson, asked: e.SealedPieceOf) -> Piece:
        """Return a whole recording."""
        self._of(who, asked, None)
        if asked.recording >= len(CASTS_OF_SITTING) or asked.at:
            raise self._refuse("missing", "Pas d'enregistrement.", "No recording.")
        lines = CASTS_OF_SITTING[asked.recording]
        return Piece(lines, len(lines), True)

    def picture(self, who: FakePerson, asked: SealedPictureOf) -> DesktopPicture:
        """Return a picture of one colour."""
        self._of(who, asked, None)
        desktop = DESKTOPS[asked.desktop] if asked.desktop < len(DESKTOPS) else None
        if desktop is None or asked.picture >= len(desktop.pictures):
            raise self._refuse("missing", "Pas d'enregistrement.", "No recording.")
        width, height = desktop.sizes[asked.picture]
        return DesktopPicture(png_of(width, height, bytes((*COLOURS[asked.picture], 0)) * (width * height)))

    def search(self, who: FakePerson, asked: e.SearchSitting) -> e.FoundInSitting:
        """Return two lines; nothing for "nothing", a refusal for "wrong"."""
        self._of(who, asked, None)
        if asked.words == "wrong":
            raise self._refuse("wrong", "Dites ce que vous cherchez.", "Say what you are searching for.", "words")
        if asked.words == "nothing":
            return e.FoundInSitting((), more=False)
        return e.FoundInSitting(
            (
                e.FoundLine("2026-12-14T09:06:25+01:00", 1, True, "ping -c1 intranet"),
                e.FoundLine("2026-12-14T09:06:26+01:00", 1, False, "<b>ping</b>: intranet: Name or service not known"),
            ),
            more=True,
        )
