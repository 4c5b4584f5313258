"""Does every till answer, sell and have the program in the version that the shops know? Does the depot give it away?"""

from grader import check, concurrently, reason
from lab_tools import SHOPS, TILLS, assert_healthy, assert_sells, package, settings


@check("guard", fr="Chaque caisse va bien.", en="Every till is well.", host="adm1")
def test_health(lab):
    assert_healthy(lab, TILLS, "4.1.3")


@check("guard", fr="Chaque caisse connaît les prix.", en="Every till knows the prices.", host="adm1", timeout=60)
def test_prices(lab):
    assert_sells(lab, TILLS)


@check("guard", fr="Chaque caisse est celle de son magasin.", en="Every till is its shop's.", host="adm1")
def test_settings(lab):
    for till, found in zip(TILLS, concurrently(lambda till: settings(lab, till), TILLS), strict=True):
        shop = found.get("magasin")
        assert shop == SHOPS[till], reason(fr=f"{till} : magasin {shop}", en=f"{till}: shop {shop}")


@check("guard", fr="Chaque caisse a ses paquets.", en="Every till has its packages.", host="adm1")
def test_packages(lab):
    for till in TILLS:
        for name, version in (("caisse", "4.1.3"), ("vitrine", "1.6")):
            seen = package(lab, till, name)
            assert seen == (version, "install", "installed"), reason(
                fr=f"{till} : {name} {' '.join(seen)}", en=f"{till}: {name} {' '.join(seen)}"
            )


@check("guard", fr="Le dépôt donne la nouvelle version.", en="The depot gives the new version away.", host="depot1")
def test_depot(lab):
    page = lab.probe("lan").http_get(f"http://{lab.address('depot1')}/dists/caisses/main/binary-all/Packages")
    assert page.status == 200, reason(fr=f"le dépôt répond {page.status}", en=f"the depot answers {page.status}")
    assert "Version: 4.2.0" in page.body, reason(fr="le dépôt n'a pas 4.2.0", en="the depot does not have 4.2.0")
