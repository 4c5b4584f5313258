"""What the labd in memory knows at first: five people, a path, and one lab of the trainee's."""

from __future__ import annotations

from dataclasses import dataclass, replace

from orchestrator.core.language import Language
from orchestrator.core.text import Text, same
from orchestrator.labd.calls import RoleName
from orchestrator.labd.lab_contract import (
    CableView,
    CheckView,
    GradingView,
    HostView,
    LabView,
    QuestionView,
    ReportView,
    SegmentView,
)
from orchestrator.labd.lab_work_contract import DebriefView
from orchestrator.labd.path_contract import (
    AttemptLine,
    CcpView,
    CompetenceView,
    LabLine,
    NextView,
    PathView,
    ScenarioCard,
    ScenarioLine,
)

LAB = "no-network-after-move-7"
SCENARIO = "no-network-after-move"
EARLIER = "2026-11-28T09:12:00+00:00"
NOW = "2026-11-28T09:42:00+00:00"


@dataclass
class FakePerson:
    """Somebody whom the labd in memory knows."""

    ref: str
    handle: str
    name: str
    roles: tuple[RoleName, ...]
    password: str | None = "correct horse battery"
    language: Language | None = None


def people() -> dict[str, FakePerson]:
    """Return one person of each kind, by their short names."""
    known = (
        FakePerson("P-000000000001", "lea", "Léa Martin", ("trainee",)),
        FakePerson("P-000000000002", "theo", "Théo Bernard", ("trainer",)),
        FakePerson("P-000000000003", "ada", "Ada Petit", ("administrator", "trainer")),
        FakePerson("P-000000000004", "nour", "Nour Haddad", ("trainee",), password=None),
        FakePerson("P-000000000005", "ines", "Inès Roy", ("organiser",)),
        FakePerson("P-000000000006", "paul", "Paul Leroy", ("jury",)),
        FakePerson("P-000000000007", "remi", "Rémi Blanc", ("invigilator",)),
    )
    return {person.handle: person for person in known}


def scenario(name: str, fr: str, en: str, difficulty: int = 1, **other: object) -> ScenarioLine:
    """Return a scenario of the path that nobody has tried yet."""
    line = ScenarioLine(name, Text(fr=fr, en=en), "fault", "small-office", difficulty, 25, proven=True, state="new")
    return replace(line, **other)  # type: ignore[arg-type]


MOVE = scenario(SCENARIO, "Plus de réseau après un déménagement", "No network after a move")
CONFLICT = scenario("address-conflict", "Un poste perd le réseau par moments", "A PC loses the network at times", 2)
DNS = scenario(
    "dns-zone-broken",
    "Le site interne a disparu du DNS",
    "The intranet is gone from DNS",
    3,
    state="solved",
    minutes=40,
)
BACKUP = scenario(
    "backup-script", "Écrire la sauvegarde de l'atelier", "Write the workshop's backup", 4,
    kind="task", state="hinted", proven=False, minutes=90,
)  # fmt: skip


def path(running: bool) -> PathView:
    """Return the path, with the lab in it if it runs."""
    move = replace(MOVE, state="running", running=LAB) if running else MOVE
    support = CompetenceView(
        "1.3",
        Text(fr="Mettre à disposition des utilisateurs un service informatique", en="Provide users with an IT service"),
        (move, CONFLICT),
        0,
    )
    network = CompetenceView(
        "2.1",
        Text(fr="Maintenir et exploiter le réseau local et la téléphonie", en="Maintain and run the local network"),
        (DNS, BACKUP),
        2,
    )
    empty = CompetenceView("2.3", Text(fr="Sécuriser les accès à internet", en="Secure Internet access"), (), 0)
    why = Text(fr="Rien n'est résolu dans la compétence 1.3.", en="Nothing is solved in competence 1.3.")
    line = LabLine(LAB, SCENARIO, MOVE.title, "started", EARLIER)
    return PathView(
        (line,) if running else (),
        (NextView(CONFLICT, "1.3", why),),
        (
            CcpView("CCP 1", Text(fr="Assister les utilisateurs", en="Help users"), (support,)),
            CcpView("CCP 2", Text(fr="Maintenir l'infrastructure", en="Maintain the infrastructure"), (network, empty)),
        ),
    )


ABOUT = Text(
    fr="# Le petit bureau\n\nUn routeur, un serveur `srv1` et deux postes.\n\n## Comptes\n\n"
    "| compte | mot de passe |\n| --- | --- |\n| `alice` | `Printemps-2026` |\n",
    en="# The small office\n\nA router, a server `srv1` and two PCs.\n\n## Accounts\n\n"
    "| account | password |\n| --- | --- |\n| `alice` | `Printemps-2026` |\n",
)
TICKET = Text(
    fr="**De :** Alice Durand\n\nDepuis le déménagement, mon poste `pc1` n'a plus de réseau. Pouvez-vous m'aider ?\n",
    en="**From:** Alice Durand\n\nSince the move my PC `pc1` has no network. Can you help?\n",
)


def card(name: str) -> ScenarioCard | None:
    """Return a scenario's card."""
    line = {one.id: one for one in (MOVE, CONFLICT, DNS, BACKUP)}.get(name)
    if line is None:
        return None
    tried = (
        AttemptLine(
            "12", "2026-11-27T14:00:00+00:00", solved=True, running=False, hints=1, gradings=3, seconds=1260, number=41
        ),
        AttemptLine(
            "7", "2026-11-26T08:30:00+00:00", solved=False, running=False, hints=0, gradings=1, seconds=600, number=40
        ),
    )
    competences = (("1.3", Text(fr="Mettre à disposition un service informatique", en="Provide an IT service")),)
    hosts = ("router", "srv1", "pc1", "pc2")
    return ScenarioCard(line, competences, ABOUT, hosts, tried if name == DNS.id else ())


def host(name: str, fr: str, en: str, kind: str, **addresses: str) -> HostView:
    """Return a running machine."""
    return HostView(name, Text(fr=fr, en=en), kind, kind == "switch", kind == "workstation", addresses, "running")


CHECKS = (
    CheckView(
        "test_network.py::test_address",
        "symptom",
        Text(fr="pc1 a une adresse du réseau", en="pc1 has an address of the network"),
        "fail",
        2,
        NOW,
    ),
    CheckView(
        "test_network.py::test_others",
        "guard",
        Text(fr="pc2 joint toujours le serveur", en="pc2 still reaches the server"),
        "pass",
        1,
        NOW,
    ),
)
GRADING = GradingView(NOW, "not_repaired", 1, 3, CHECKS, ())


def lab() -> LabView:
    """Return the trainee's lab, as it is before it was ever graded."""
    return LabView(
        name=LAB,
        scenario=SCENARIO,
        title=MOVE.title,
        seed="7",
        state="started",
        busy="",
        since=EARLIER,
        minutes=25,
        ticket=TICKET,
        about=ABOUT,
        hosts=(
            host("router", "Le routeur", "The router", "router", eth0="192.0.2.1/24", eth1="10.20.0.1/24"),
            host("sw1", "Le commutateur", "The switch", "switch", eth0="10.20.0.2/24"),
            host("srv1", "Le serveur", "The server", "server", eth0="10.20.0.10/24"),
            host("pc1", "Le poste d'Alice", "Alice's PC", "workstation", eth0=""),
        ),
        segments=(
            SegmentView("office", Text(fr="Le bureau", en="The office"), "10.20.0.0/24"),
            SegmentView("internet", same("Internet"), "192.0.2.0/24"),
        ),
        cables=(
            CableView("router", "eth0", "internet", plugged=True),
            CableView("router", "eth1", "office", plugged=True),
            CableView("sw1", "eth0", "office", plugged=True),
            CableView("srv1", "eth0", "office", plugged=True),
            CableView("pc1", "eth0", "office", plugged=False),
        ),
        terminals=(),
        hints=(),
        hints_offered=2,
        questions=(
            QuestionView("cause", Text(fr="Qu'est-ce qui était débranché ?", en="What was unplugged?"), "text", {}, ""),
            QuestionView(
                "layer",
                Text(fr="À quelle couche était la panne ?", en="At which layer was the fault?"),
                "choice",
                {"1": Text(fr="physique", en="physical"), "3": Text(fr="réseau", en="network")},
                "",
            ),
            QuestionView(
                "reply",
                Text(fr="Votre réponse, en anglais", en="Your answer, in English"),
                "prose",
                {},
                "",
                "en",
                (Text(fr="On comprend à la première lecture.", en="It is clear at first reading."),),
            ),
        ),
        report=ReportView("", "", "", "", None),
        grading=None,
        solved=False,
        last_event=0,
    )


HINTS = (
    Text(fr="Regardez les câbles avant les adresses.", en="Look at the cables before the addresses."),
    Text(fr="Rebranchez `eth0` de `pc1`.", en="Plug `eth0` of `pc1` in again."),
)
DEBRIEF = DebriefView(
    (Text(fr="Le câble de pc1 était débranché.", en="The cable of pc1 was unplugged."),),
    Text(fr="Commencez par la couche 1.", en="Begin with layer 1."),
)
