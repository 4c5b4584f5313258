"""Are people punched in with the right hour, from the works' own source, and after the next power cut too?"""

from grader import check
from lab_tools import (
    assert_follows_the_server,
    assert_next_start_is_right,
    assert_punches_with_the_right_hour,
    assert_wall_clocks_are_right,
)


@check(
    "symptom",
    points=3,
    competence="2.3",
    fr="À l'atelier, un pointage est noté à l'heure juste.",
    en="In the workshop a punch is noted with the right hour.",
    before_fr="À l'atelier, un pointage n'est pas noté à l'heure qu'il est.",
    before_en="In the workshop a punch is not noted with the hour that it is.",
    because="ahead of the right hour",
    host="pc2",
    lock="register",
    timeout=150,
)
def test_punch(lab):
    assert_punches_with_the_right_hour(lab)


@check(
    "symptom",
    points=2,
    competence="2.3",
    fr="Les horloges murales reçoivent l'heure juste.",
    en="The wall clocks are given the right hour.",
    before_fr="Les horloges murales ne reçoivent pas l'heure juste.",
    before_en="The wall clocks are not given the right hour.",
    because="wall clocks",
    host="hv1",
    lock="",
    timeout=150,
)
def test_wall_clocks(lab):
    assert_wall_clocks_are_right(lab)


@check(
    "objective",
    points=3,
    competence="2.3",
    fr="La pointeuse prend son heure de heure1, et de personne d'autre.",
    en="The punch clock takes its hour from heure1, and from nobody else.",
    before_fr="L'heure de la pointeuse n'est pas celle de la maison.",
    before_en="The punch clock's hour is not the works' hour.",
    because="takes its hour from",
    host="hv1",
    lock="",
    timeout=150,
)
def test_source(lab):
    assert_follows_the_server(lab)


@check(
    "objective",
    points=3,
    competence="2.3",
    fr="Après la prochaine coupure, la pointeuse retrouvera seule l'heure de heure1.",
    en="After the next power cut the punch clock will find the hour of heure1 by itself.",
    before_fr="Après la prochaine coupure, la pointeuse n'aurait pas l'heure.",
    before_en="After the next power cut the punch clock would not have the right hour.",
    host="hv1",
    lock="disk",
    timeout=120,
)
def test_next_start(lab):
    assert_next_start_is_right(lab)
