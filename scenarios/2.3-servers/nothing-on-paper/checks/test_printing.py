"""Do pages come out again, those that were waiting as well, and do the others print as before?"""

import re

from grader import check, lines_in, reason
from lab_tools import QUEUES, assert_folder_opens, assert_prints, listed


@check(
    "symptom",
    points=3,
    competence="2.3",
    fr="Une page imprimée sur {{ pc }} sort de son imprimante.",
    en="A page printed on {{ pc }} comes out of its printer.",
    before_fr="Une page imprimée sur {{ pc }} ne sort pas.",
    before_en="A page printed on {{ pc }} does not come out.",
    because="comes out of no printer",
    host="{{ pc }}",
    timeout=90,
)
def test_a_new_page(lab):
    assert_prints(lab, lab.values["pc"])


@check(
    "symptom",
    points=4,
    competence="2.3",
    fr="Les trois feuilles de la liste {{ number }} sont sorties.",
    en="The three sheets of list {{ number }} have come out.",
    before_fr="{{ user.full }} attend toujours ses trois feuilles.",
    before_en="{{ user.full }} is still waiting for three sheets.",
    because="what has not come out",
    host="srv1",
    lock="",
)
def test_waiting_pages(lab):
    pc = lab.values["pc"]
    notes, queue = lab.host(pc).file("/home/utilisateur/impressions.txt"), QUEUES[pc]
    sent = re.findall(rf"\b{queue}-([0-9]+)\b", notes.content_string) if notes.exists else []
    paths = [one.path for one in lab.host("srv1").file(f"/srv/impressions/{queue}").tree() if one.path.endswith("pdf")]
    missing = [f"{queue}-{number}" for number in sent if not any(path.endswith(f"-job_{number}.pdf") for path in paths)]
    assert not missing, reason(
        fr=f"il manque, sur papier : {listed(missing)}", en=f"what has not come out: {listed(missing)}"
    )


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="L'autre imprimante imprime, les dossiers partagés s'ouvrent, et les files sont celles du serveur.",
    en="The other printer prints, the shared folders open, and the queues are the server's own.",
    lock="others",
    timeout=120,
)
def test_others(lab):
    for pc in QUEUES:
        assert_folder_opens(lab, pc)
        if pc != lab.values["pc"]:
            assert_prints(lab, pc)
    shown = lab.host("srv1").run("env LC_ALL=C lpstat -a").stdout
    queues = sorted(line.split()[0] for line in lines_in(shown) if " accepting " in line)
    assert queues == sorted(QUEUES.values()), reason(
        fr=f"les files du serveur sont : {listed(queues)}", en=f"the server's queues are: {listed(queues)}"
    )
