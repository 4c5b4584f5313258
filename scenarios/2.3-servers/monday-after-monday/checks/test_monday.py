"""Is the shop there again, and does it come back with its machine by itself?"""

from grader import check, reason
from lab_tools import answer_of, assert_shop_opens

ENTERED, LEFT = "Unit.ActiveEnterTimestampMonotonic", "Unit.ActiveExitTimestampMonotonic"
BOOTED = "multi-user.target"
NOT_RUNNING = reason(fr="nginx ne tourne pas sur web1", en="nginx does not run on web1")


@check(
    "symptom",
    points=3,
    competence="2.3",
    fr="La boutique s'ouvre sur pc1, avec ses commandes de la minute.",
    en="The shop opens on pc1, with the orders of this very minute.",
    before_fr="La boutique n'est pas là sur pc1.",
    before_en="The shop is not there on pc1.",
    because="does not answer|not the shop's catalogue|nginx does not run",
    host="pc1",
    lock="shop",
)
def test_shop(lab):
    def opens():
        assert_shop_opens(lab)
        return True

    def hopeless():
        return "" if lab.host("web1").service("nginx").is_running else NOT_RUNNING

    lab.wait(opens, within=10, every=0.5, unless=hopeless)


@check(
    "objective",
    points=4,
    competence="2.3",
    fr="nginx est venu avec web1 à son dernier démarrage, sans aide.",
    en="nginx came up with web1 when it was last started, without help.",
    before_fr="Après un redémarrage, la boutique ne revient pas d'elle-même.",
    before_en="After a restart the shop does not come back by itself.",
    because="nginx does not run on web1",
    host="web1",
    lock="",
)
def test_comes_with_the_machine(lab):
    web1 = lab.host("web1")
    nginx = web1.service("nginx")
    assert nginx.is_running, NOT_RUNNING

    def booted():
        return int(web1.service(BOOTED).systemd_property(ENTERED))

    late = reason(fr="web1 n'a pas fini de démarrer", en="web1 has not finished starting")
    after = int(nginx.systemd_property(ENTERED)) - lab.wait(booted, within=20, every=0.2, what=late)
    again = int(web1.service(BOOTED).systemd_property(LEFT))
    assert not again, reason(
        fr=f"{BOOTED} a été relancé à la main : cela ne dit plus rien du démarrage. Redémarrez web1",
        en=f"{BOOTED} was restarted by hand: it no longer tells anything about the boot. Restart web1",
    )
    assert after <= 0, reason(
        fr=f"nginx n'est pas venu avec web1 : il a démarré {after / 1e6:.1f} s après la fin du démarrage. "
        "Redémarrez web1, et n'y touchez plus : on verra",
        en=f"nginx has not come up with web1: it was started {after / 1e6:.1f} s after the machine was up. "
        "Restart web1 and leave it alone: then we shall see",
    )


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="La page de travaux reste prête sur le port 8088, et vient elle aussi avec web1.",
    en="The page for works is still ready on port 8088, and comes with web1 as well.",
    host="web1",
    lock="",
)
def test_page_for_works(lab):
    page = lab.probe("office").http_get(f"http://{lab.address('web1')}:8088/")
    assert page.status == 200, reason(
        fr=f"la page de travaux {answer_of(page)}", en=f"the page for works {answer_of(page)}"
    )
    assert "en travaux" in page.body, reason(
        fr="le port 8088 montre autre chose que la page de travaux",
        en="port 8088 shows something else than the page for works",
    )
    wanted_by = lab.host("web1").service("entretien").systemd_property("Unit.WantedBy")
    assert "multi-user.target" in wanted_by, reason(
        fr="la page de travaux ne vient plus avec web1", en="the page for works no longer comes with web1"
    )
