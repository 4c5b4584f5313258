"""Does the round show again for that person, and is everything else as it was?"""

from grader import check, reason
from lab_tools import QUEUES, assert_conforms, assert_documents, assert_home, assert_round_is_shown


@check(
    "symptom",
    points=3,
    competence="1.2",
    fr="La tournée du jour et les pages de la maison s'affichent pour {{ user.full }}, sur {{ pc }}.",
    en="The round of the day and the dairy's pages show for {{ user.full }}, on {{ pc }}.",
    before_fr="{{ user.full }} n'a pas la tournée du jour sur {{ pc }}.",
    before_en="{{ user.full }} does not get the round of the day on {{ pc }}.",
    host="{{ pc }}",
    because="ends with status 4",
)
def test_round(lab):
    pc = lab.values["pc"]
    assert_round_is_shown(lab, pc)
    name, address = f"depot.{lab.domain}", lab.address("srv1")
    found = lab.client(pc).lookup(name)
    seen = ", ".join(found) or reason(fr="rien", en="nothing")
    assert found == (address,), reason(  # the round may come by a number, or from a server that has taken another one
        fr=f"sur {pc}, {name} mène à {seen} au lieu de {address}",
        en=f"on {pc}, {name} leads to {seen} instead of {address}",
    )
    page = lab.client(pc).http_get(f"http://{name}/")
    assert page.status == 200, reason(
        fr=f"{pc} n'ouvre pas les pages de la maison ({page.status or page.problem})",
        en=f"{pc} does not open the dairy's pages ({page.status or page.problem})",
    )


@check(
    "guard",
    points=1,
    competence="1.2",
    fr="Sur {{ pc }}, le dossier personnel et ses documents sont intacts, et à cette personne seule.",
    en="On {{ pc }} the home folder and its documents are intact, and still private.",
    host="{{ pc }}",
)
def test_home(lab):
    assert_documents(lab, lab.values["pc"])
    assert_home(lab, lab.values["pc"])


@check(
    "guard",
    points=1,
    competence="1.2",
    fr="Les autres postes sont conformes à la norme et montrent leur tournée.",
    en="The other workstations comply with the standard and show their round.",
    timeout=120,
)
def test_others(lab):
    for pc in QUEUES:
        if pc != lab.values["pc"]:
            assert_documents(lab, pc)
            assert_conforms(lab, pc)
            assert_round_is_shown(lab, pc)
