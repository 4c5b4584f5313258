"""Does the firewall let through no other protocol than the policy's? A scan of TCP ports does not see that."""

from grader import check
from lab_tools import beside_tcp, in_short


@check(
    "guard",
    points=1,
    fr="Ni les pings ni les questions DNS ne passent là où la politique ne les prévoit pas.",
    en="Neither pings nor DNS queries get through where the policy does not allow them.",
    timeout=90,
)
def test_no_other_protocol_passes(lab):
    passed = in_short(beside_tcp(lab))
    assert not passed, passed
