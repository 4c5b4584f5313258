"""Are nine tills on the new version and well, is the odd one as the standard says, and was it done in waves?

What the tills show is asked from the network. In which order it was done is told by the depot, that
the tills fetched the package from, and each till, which keeps who asked for its health.
"""

from grader import check, concurrently, reason
from lab_tools import SHOPS, TILLS, assert_healthy, assert_sells, fetched, health_asked, package, settings

OLD, NEW = "4.1.3", "4.2.0"


def others(lab):
    return [till for till in TILLS if till != lab.values["odd"]]


def waves(lab):
    return [wave.split() for wave in lab.values["plan"].split(" / ")]


def assert_packages(lab, tills, expected):
    """Tills have a package in a version, a selection and a state."""
    for till, seen in zip(tills, concurrently(lambda till: package(lab, till, "caisse"), tills), strict=True):
        assert seen == expected, reason(
            fr=f"{till} : caisse {' '.join(seen)}, au lieu de {' '.join(expected)}",
            en=f"{till}: caisse {' '.join(seen)} instead of {' '.join(expected)}",
        )


@check(
    "objective",
    points=4,
    competence="2.6",
    fr="Neuf caisses vont bien, dans la nouvelle version installée par son paquet.",
    en="Nine tills are well, in the new version, installed from its package.",
    host="adm1",
    lock="",
)
def test_nine_are_new(lab):
    assert_healthy(lab, others(lab), NEW)
    assert_packages(lab, others(lab), (NEW, "install", "installed"))


@check(
    "objective",
    points=3,
    competence="2.6",
    fr="La caisse qui a échoué va bien dans l'ancienne version, et le paquet y est figé.",
    en="The till that failed is well in the old version, and the package is on hold there.",
    host="adm1",
    lock="",
)
def test_odd_one_is_back(lab):
    odd = lab.values["odd"]
    assert_healthy(lab, [odd], OLD)
    assert_packages(lab, [odd], (OLD, "hold", "installed"))


@check(
    "objective",
    points=4,
    competence="2.6",
    fr="Les vagues se sont suivies : chaque caisse de l'une a répondu « ok » avant que la suivante commence.",
    en='The waves followed one another: each till of one had answered "ok" before the next one began.',
    host="depot1",
    lock="",
)
def test_in_waves(lab):
    began = fetched(lab, f"caisse_{NEW}_all.deb")
    for till in TILLS:
        assert lab.address(till) in began, reason(
            fr=f"{till} n'a pas pris {NEW} au dépôt", en=f"{till} did not fetch {NEW} from the depot"
        )
    logs = dict(zip(TILLS, concurrently(lambda till: health_asked(lab, till), TILLS), strict=True))
    *before_last, _ = plan = waves(lab)
    for place, wave in enumerate(before_last):
        first = min((began[lab.address(till)], till) for later in plan[place + 1 :] for till in later)
        for till in wave:
            own, good = began[lab.address(till)], f"ok {OLD if till == lab.values['odd'] else NEW}"
            assert own < first[0], reason(
                fr=f"{first[1]} a pris {NEW} avant {till}, qui est d'une vague précédente",
                en=f"{first[1]} fetched {NEW} before {till}, which is in an earlier wave",
            )
            said = [answer for when, answer in logs[till] if own < when < first[0]]
            assert good in said[-1:], reason(
                fr=f"avant la vague suivante, adm1 n'a pas entendu {till} dire en dernier « {good} »",
                en=f'before the next wave, adm1 had not heard {till} say "{good}" last',
            )


@check(
    "guard",
    points=1,
    competence="2.6",
    fr="Chaque caisse vend, avec ses réglages, ses articles et sa journée d'avant.",
    en="Every till sells, with the settings, the articles and the day that it had.",
    host="adm1",
    lock="",
    timeout=60,
)
def test_tills_keep_what_is_theirs(lab):
    assert_sells(lab, TILLS)
    odd, why = lab.values["odd"], lab.values["why"]

    def own(till):
        host = lab.host(till)
        texts = [host.file(f"/var/lib/caisse/{name}").content_string for name in ("articles.csv", "journee")]
        return settings(lab, till), *texts

    for till, (found, articles, day) in zip(TILLS, concurrently(own, TILLS), strict=True):
        is_odd = till == odd
        should = {
            "magasin": (found.get("magasin"), SHOPS[till]),
            "imprimante": (found.get("imprimante"), "serie" if is_odd and why == "printer" else "usb"),
            "CAF": (articles.strip().rpartition(";")[2], "1,60" if is_odd and why == "price" else "1.60"),
            "etat": (day.partition("etat=")[2].partition("\n")[0], "ouverte" if is_odd and why == "day" else "close"),
        }
        for name, (has, wanted) in should.items():
            assert has == wanted, reason(
                fr=f"{till} : {name} vaut {has or 'rien'} au lieu de {wanted}",
                en=f"{till}: {name} is {has or 'nothing'} instead of {wanted}",
            )


@check(
    "guard",
    points=1,
    competence="2.6",
    fr="Rien d'autre n'a été mis à jour, et aucune autre caisse n'est figée.",
    en="Nothing else was updated, and no other till is on hold.",
    host="adm1",
    lock="",
)
def test_nothing_else(lab):
    def both(till):
        return package(lab, till, "vitrine"), package(lab, till, "caisse")

    for till, (other, own) in zip(TILLS, concurrently(both, TILLS), strict=True):
        assert other == ("1.6", "install", "installed"), reason(
            fr=f"{till} : vitrine {' '.join(other)}", en=f"{till}: vitrine {' '.join(other)}"
        )
        assert own[1] == "install" or till == lab.values["odd"], reason(
            fr=f"{till} : caisse est figé", en=f"{till}: caisse is on hold"
        )
