"""Does the box office have its seats again, and do they come back with the server by themselves?"""

from grader import check, reason
from lab_tools import assert_cues_are_shown, assert_has_come_up_by_itself, assert_seats_are_shown


def assert_is_as_it_was_read(lab, name):
    """What systemd read of a unit is what its files say: else the next start is another one than this."""
    changed = lab.host("srv1").service(name).systemd_property("Unit.NeedDaemonReload")
    assert not changed, reason(
        fr=f"les fichiers de {name} ont changé depuis que srv1 les a lus : son prochain démarrage sera différent",
        en=f"the files of {name} have changed since srv1 read them: its next start will be another one",
    )


@check(
    "symptom",
    points=3,
    competence="2.3",
    fr="La billetterie voit les places libres de ce soir sur pc1.",
    en="The box office sees this evening's free seats on pc1.",
    before_fr="La billetterie ne voit pas ses places sur pc1.",
    before_en="The box office does not see its seats on pc1.",
    because="does not answer|does not show this evening's",
    host="pc1",
    lock="",
)
def test_seats(lab):
    assert_seats_are_shown(lab)


@check(
    "objective",
    points=4,
    competence="2.3",
    fr="La page de la billetterie est venue avec srv1 à son dernier démarrage, sans aide.",
    en="The box office's page came up with srv1 when it was last started, without help.",
    before_fr="Après un redémarrage du serveur, les places ne reviennent pas d'elles-mêmes.",
    before_en="After a restart of the server the seats do not come back by themselves.",
    because="guichet does not run on srv1",
    host="srv1",
    lock="",
)
def test_comes_with_the_server(lab):
    assert_has_come_up_by_itself(lab, "guichet")
    for name in ("salle", "guichet"):
        assert_is_as_it_was_read(lab, name)


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="La régie voit toujours sa conduite, qui vient aussi avec le serveur.",
    en="The stage still sees its cue sheet, which comes with the server as well.",
    host="pc2",
    lock="",
)
def test_cues(lab):
    assert_cues_are_shown(lab)
    assert_has_come_up_by_itself(lab, "conduite")


@check(
    "guard",
    points=1,
    competence="2.3",
    fr="La page montre le plan que le serveur établit chaque fois qu'il démarre, et non celui d'un autre soir.",
    en="The page shows the plan that the server makes each time it starts, not that of another evening.",
    host="srv1",
    lock="",
)
def test_plan_of_the_evening(lab):
    for path in ("/usr/local/bin/guichet", "/usr/local/lib/theatre/plan-de-salle"):
        assert lab.host("srv1").file(path).is_the_images, reason(
            fr=f"{path} a été modifié : demain, la page montrerait les places de ce soir",
            en=f"{path} was changed: tomorrow the page would show this evening's seats",
        )
