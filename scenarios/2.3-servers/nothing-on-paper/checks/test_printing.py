"""Do pages come out again, those that were waiting as well, and do the others print as before?"""

import re

from grader import check, lines_in, reason
from lab_tools import QUEUES, assert_folder_opens, assert_prints, listed


def waiting(lab):
    """Return the sheets that the user noted and that have not come out, as their queue names them."""
    pc = lab.values["pc"]
    notes, queue = lab.host(pc).file("/home/utilisateur/impressions.txt"), QUEUES[pc]
    sent = re.findall(rf"\b{queue}-([0-9]+)\b", notes.content_string) if notes.exists else []
    paths = [one.path for one in lab.host("srv1").file(f"/srv/impressions/{queue}").tree()]
    return [f"{queue}-{number}" for number in sent if not any(path.endswith(f"-job_{number}.pdf") for path in paths)]


def thrown_away(lab):
    """Return the sheets that the user noted and that have neither come out nor wait any longer."""
    there = lab.host("srv1").run("env LC_ALL=C lpstat -o").stdout.split()
    gone = [job for job in waiting(lab) if job not in there]
    return [job for job in gone if job in waiting(lab)]  # it may have come out in between


@check(
    "symptom",
    points=6,
    competence="2.3",
    fr="Ce que l'on imprime sur {{ pc }} sort de son imprimante, et les trois feuilles de la liste {{ number }} aussi.",
    en="What is printed on {{ pc }} comes out of its printer, and so did the three sheets of list {{ number }}.",
    before_fr="Ce que l'on imprime sur {{ pc }} ne sort pas, et {{ user.full }} attend toujours trois feuilles.",
    before_en="What is printed on {{ pc }} does not come out, and {{ user.full }} is still waiting for three sheets.",
    because="comes out of no printer",
    host="{{ pc }}",
    timeout=90,
)
def test_pages_come_out(lab):
    assert_prints(lab, lab.values["pc"])
    lab.wait(
        lambda: not waiting(lab),
        within=10,
        what=reason(fr="les feuilles de la liste ne sont pas sorties", en="the sheets of the list have not come out"),
        unless=lambda: ", ".join(thrown_away(lab)),
    )


@check(
    "guard",
    points=3,
    competence="2.3",
    fr="Rien de ce qui attendait n'a été jeté.",
    en="Nothing that was waiting has been thrown away.",
    host="srv1",
    lock="",
)
def test_nothing_is_thrown_away(lab):
    gone = thrown_away(lab)
    assert not gone, reason(
        fr=f"ni sorties ni en attente : {listed(gone)}", en=f"neither come out nor waiting: {listed(gone)}"
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
