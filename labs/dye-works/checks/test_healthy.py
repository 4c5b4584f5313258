"""Does everybody have the right hour, and will they after a power cut?"""

from grader import check
from lab_tools import (
    assert_follows_the_server,
    assert_next_start_is_right,
    assert_punches_with_the_right_hour,
    assert_wall_clocks_are_right,
)


@check(
    "guard",
    fr="Un pointage est noté à l'heure juste.",
    en="A punch is noted with the right hour.",
    host="pc2",
    lock="register",
    timeout=120,
)
def test_punch(lab):
    assert_punches_with_the_right_hour(lab)


@check(
    "guard",
    fr="La pointeuse prend son heure de heure1 et la donne aux horloges murales.",
    en="The punch clock takes its hour from heure1 and gives it to the wall clocks.",
    host="hv1",
    lock="",
    timeout=120,
)
def test_hour(lab):
    assert_wall_clocks_are_right(lab)
    assert_follows_the_server(lab)


@check(
    "guard",
    fr="Au prochain démarrage, la pointeuse aura l'heure juste.",
    en="At its next start the punch clock will have the right hour.",
    host="hv1",
    lock="disk",
    timeout=90,
)
def test_next_start(lab):
    assert_next_start_is_right(lab)
