"""Are both stations there?"""

from grader import check


@check("guard", fr="Les deux postes répondent.", en="Both stations answer.")
def test_both_answer(lab):
    for host in ("a", "b"):
        answer = lab.probe("lan").ping(lab.address(host))
        assert answer, f"{host} does not answer: {answer.problem}"
