"""Do the firewall's rules let pass what the policy allows, and nothing else? Probes try some packets, this is all."""

from grader import check
from lab_tools import assert_rules_are_the_policy


@check(
    "guard",
    points=2,
    fr="Ce que les règles de fw1 laissent passer est ce que la politique permet.",
    en="What the rules of fw1 let through is what the policy allows.",
    host="fw1",
    lock="",
)
def test_rules_are_the_policy(lab):
    assert_rules_are_the_policy(lab)
