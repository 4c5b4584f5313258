"""Do the labels come out again on that workstation, for every account, and is nothing else changed?"""

import secrets

from grader import check, lines_in, reason
from lab_tools import (
    QUEUES,
    as_account,
    assert_conforms,
    assert_documents,
    assert_nothing_unfinished,
    assert_prints,
    assert_up_to_date,
    said,
)


@check(
    "symptom",
    points=4,
    competence="1.2",
    fr="Les étiquettes d'un lot, demandées sur {{ pc }}, sortent de l'imprimante du poste.",
    en="The labels of a batch, asked for on {{ pc }}, come out of the workstation's printer.",
    before_fr="Sur {{ pc }}, les étiquettes ne sortent pas.",
    before_en="On {{ pc }} the labels don't come out.",
    host="{{ pc }}",
    because="came out of the printer|cannot ask for labels",
    timeout=90,
)
def test_labels(lab):
    pc = lab.values["pc"]
    batch = f"{secrets.randbelow(10**9):09}"
    done = as_account(lab, pc, f"LC_ALL=C etiquettes {batch}")
    assert done.rc == 0, reason(
        fr=f"{pc} : utilisateur ne peut pas demander d'étiquettes : {said(done)}",
        en=f"{pc}: utilisateur cannot ask for labels: {said(done)}",
    )

    def pages():
        tree = lab.host("srv1").file("/srv/impressions").tree()
        return [one.path for one in tree if f"etiquettes-{batch}" in one.path]

    nothing = reason(fr="les étiquettes ne sortent d'aucune imprimante", en="the labels come out of no printer")
    page = lab.wait(pages, within=20, every=0.2, what=nothing)[0]
    where = page.rpartition("/")[0].rpartition("/")[2]
    assert where == QUEUES[pc], reason(
        fr=f"{pc} : les étiquettes sont sorties de l'imprimante {where}, et non de {QUEUES[pc]}",
        en=f"{pc}: the labels came out of the printer {where}, not of {QUEUES[pc]}",
    )


@check(
    "objective",
    points=4,
    competence="1.2",
    fr="Sur {{ pc }}, le technicien imprime aussi, sans rien préciser, par le serveur que la norme nomme.",
    en="On {{ pc }} the technician prints too, without naming anything, through the server that the standard names.",
    before_fr="Sur {{ pc }}, les fiches du technicien ne sortent pas non plus.",
    before_en="On {{ pc }} the technician's sheets don't come out either.",
    host="{{ pc }}",
    because="comes out of the printer|printed by|cannot print",
    timeout=90,
)
def test_every_account(lab):
    pc = lab.values["pc"]
    assert_prints(lab, pc, "technicien")
    server = as_account(lab, pc, "lpstat -H", "technicien").stdout.strip()
    assert server.partition(":")[0] == f"impression.{lab.domain}", reason(
        fr=f"{pc} : les pages passent par {server or 'aucun serveur'}, et non par impression.{lab.domain}",
        en=f"{pc}: pages go through {server or 'no server'}, not through impression.{lab.domain}",
    )


@check(
    "guard",
    points=2,
    competence="1.2",
    fr="Les imprimantes du serveur, les autres postes, les programmes et les documents sont comme avant.",
    en="The server's printers, the other workstations, programs and documents are as before.",
    timeout=120,
)
def test_nothing_else(lab):
    shown = lines_in(lab.host("srv1").run("env LC_ALL=C lpstat -v -d").stdout)
    wanted = {"system default destination: bureau", *(f"device for {one}: cups-pdf:/{one}" for one in QUEUES.values())}
    strange = sorted({*shown} ^ wanted)
    assert not strange, reason(
        fr=f"srv1 : les imprimantes ne sont plus les mêmes : {strange[0]}",
        en=f"srv1: the printers are not the same: {strange[0]}",
    )
    for pc in QUEUES:
        assert_documents(lab, pc)
        if pc == lab.values["pc"]:
            assert_up_to_date(lab, pc)
            assert_nothing_unfinished(lab, pc)
        else:
            assert_conforms(lab, pc)
