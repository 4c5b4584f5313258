"""Do the workstations that were delivered before keep what they have?"""

from grader import check
from lab_tools import assert_delivered_keep_their_addresses


@check(
    "guard",
    points=1,
    fr="Les douze postes déjà livrés gardent leur adresse.",
    en="The twelve workstations that were delivered already keep their addresses.",
    host="depot1",
    lock="",
)
def test_leases(lab):
    assert_delivered_keep_their_addresses(lab)
