"""Is the newcomer's workstation as the standard says, for every account, and are the others as they were?"""

from grader import check, reason
from lab_tools import (
    QUEUES,
    as_account,
    assert_conforms,
    assert_documents,
    assert_home,
    assert_keyboard,
    assert_language,
    assert_prints,
    assert_time_zone,
    said,
)


@check(
    "symptom",
    points=2,
    competence="1.2",
    fr="Une session qui s'ouvre sur {{ pc }} a un clavier français.",
    en="A session that opens on {{ pc }} has a French keyboard.",
    before_fr="Sur {{ pc }}, ce que l'on tape n'est pas ce que l'on lit.",
    before_en="On {{ pc }} what is typed is not what is read.",
    host="{{ pc }}",
    because="is {{ layout }}, not fr",
    timeout=90,
)
def test_keyboard(lab):
    assert_keyboard(lab, lab.values["pc"])


@check(
    "symptom",
    points=2,
    competence="1.2",
    fr="{{ pc }} a l'heure de Paris, dans toutes ses sessions.",
    en="{{ pc }} has the hour of Paris, in all its sessions.",
    before_fr="L'heure de {{ pc }} n'est pas la bonne.",
    before_en="The hour on {{ pc }} is not right.",
    host="{{ pc }}",
    because="the hour is that of",
)
def test_time(lab):
    assert_time_zone(lab, lab.values["pc"])


@check(
    "symptom",
    points=3,
    competence="1.2",
    fr="Une page imprimée sur {{ pc }} sort de l'imprimante du poste, quel que soit le compte.",
    en="A page printed on {{ pc }} comes out of the workstation's printer, whichever account prints.",
    before_fr="Ce que l'on imprime sur {{ pc }} ne sort pas de l'imprimante du poste.",
    before_en="What is printed on {{ pc }} does not come out of the workstation's printer.",
    host="{{ pc }}",
    because="comes out of the printer",
    timeout=120,
)
def test_print(lab):
    for account in ("utilisateur", "technicien"):
        assert_prints(lab, lab.values["pc"], account)


@check(
    "objective",
    points=3,
    competence="1.2",
    fr="Sur {{ pc }}, les sessions sont en français ; le dossier personnel est à son compte, et à lui seul.",
    en="On {{ pc }} sessions are in French; the home folder is its account's own, and nobody else's.",
    before_fr="Le reste de {{ pc }} n'est pas tout à fait comme la norme le veut.",
    before_en="The rest of {{ pc }} is not quite as the standard wants it.",
    host="{{ pc }}",
    because="sessions are in|may enter|does not belong",
)
def test_rest_of_the_standard(lab):
    pc = lab.values["pc"]
    assert_language(lab, pc)
    assert_home(lab, pc)
    saved = as_account(lab, pc, "echo essai >Documents/.essai && rm Documents/.essai")
    assert saved.rc == 0, reason(
        fr=f"{pc} : utilisateur ne peut pas enregistrer dans Documents : {said(saved)}",
        en=f"{pc}: utilisateur cannot save in Documents: {said(saved)}",
    )


@check(
    "guard",
    points=1,
    competence="1.2",
    fr="Les autres postes sont toujours conformes, et les documents de tous sont là.",
    en="The other workstations still comply, and everybody's documents are there.",
    timeout=120,
)
def test_others(lab):
    for pc in QUEUES:
        assert_documents(lab, pc)
        if pc != lab.values["pc"]:
            assert_conforms(lab, pc)
