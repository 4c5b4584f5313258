"""Does the landing stage have its page again, from the machine that gave it before, and will it last?"""

from grader import check
from lab_tools import SHOWN, assert_runs_as_defined, assert_starts_with_the_machine


@check(
    "symptom",
    points=3,
    competence="3.1",
    fr="La page de {{ guest }} s'ouvre sur pc2, avec tout ce qu'elle contenait.",
    en="The page of {{ guest }} opens on pc2, with all that was on it.",
    before_fr="{{ 'La page des départs' if guest == 'horaires' else 'Le carnet de bord' }} ne s'ouvre pas au quai.",
    before_en="{{ 'The departures page' if guest == 'horaires' else 'The logbook' }} does not open at the quay.",
    because="is off|NO SYSTEM|does not answer",
    host="pc2",
    lock="{{ guest }}",
    timeout=120,
)
def test_page(lab):
    SHOWN[lab.values["guest"]](lab)


@check(
    "objective",
    points=4,
    competence="3.1",
    fr="{{ guest }} tourne telle qu'elle est définie, et repart avec hv1.",
    en="{{ guest }} runs as it is defined, and starts again with hv1.",
    before_fr="Après une coupure de courant, le quai n'aurait toujours pas sa page.",
    before_en="After a power cut the landing stage would still not have its page.",
    because="is off|NO SYSTEM",
    host="hv1",
    lock="",
    timeout=90,
)
def test_lasts(lab):
    guest = lab.values["guest"]
    assert_runs_as_defined(lab, guest)
    assert_starts_with_the_machine(lab, guest)


@check(
    "guard",
    points=2,
    competence="3.1",
    fr="L'autre page du quai s'ouvre toujours, et rien n'en a disparu.",
    en="The landing stage's other page still opens, and nothing on it is gone.",
    host="pc2",
    lock="other",
    timeout=120,
)
def test_other_page(lab):
    (other,) = set(SHOWN) - {lab.values["guest"]}
    SHOWN[other](lab)
