"""Is the trial machine left alone?"""

from grader import check
from lab_tools import assert_trial_guest_is_off


@check(
    "guard",
    points=1,
    fr="La machine d'essai est toujours là, éteinte.",
    en="The trial machine is still there, and off.",
    host="hv1",
    lock="",
)
def test_trial_machine(lab):
    assert_trial_guest_is_off(lab)
