"""Is this morning in the logbook? It was noted since no lab was sound, so nobody asks where nothing is broken."""

from grader import check, lines_in, reason
from lab_tools import assert_not_paused, opened


@check(
    "objective",
    points=2,
    competence="3.1",
    fr="Le carnet a toutes les traversées de ce matin.",
    en="The logbook has all of this morning's crossings.",
    before_fr="Les traversées de ce matin ne se lisent pas.",
    before_en="This morning's crossings cannot be read.",
    because="is paused",
    host="pc2",
    lock="carnet",
    timeout=120,
)
def test_morning(lab):
    assert_not_paused(lab, "carnet")
    morning = (
        f"2026-11-30;la Sterne;6 h 40;{lab.values['early']};RAS",
        f"2026-11-30;la Sterne;7 h 10;{lab.values['school']};RAS",
        f"2026-11-30;le Courlis;7 h 40;{lab.values['late']};une poussette à bord",
    )
    kept = lines_in(opened(lab, "carnet", "/carnet.csv").body)
    missing = [line for line in morning if line not in kept]
    assert not missing, reason(
        fr=f"la traversée « {missing[0]} » n'est plus dans le carnet",
        en=f'the crossing "{missing[0]}" is no longer in the logbook',
    )
