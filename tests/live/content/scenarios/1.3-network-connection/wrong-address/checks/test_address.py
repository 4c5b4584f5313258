"""Has station A its address again?"""

from grader import check


@check(
    "symptom", fr="Le poste A répond à son adresse.", en="Station A answers at its address.", because="does not answer"
)
def test_answers(lab):
    answer = lab.probe("lan").ping(lab.address("a"))
    assert answer, f"a does not answer: {answer.problem}"


@check("symptom", host="a", fr="L'adresse est dans la configuration.", en="The address is in the configuration.")
def test_configured(lab):
    text = lab.host("a").file("/etc/network/interfaces").content_string
    assert f"address {lab.address('a')}/24" in text, "the address is not in the configuration"


@check("guard", host="b", fr="Le poste B n'a pas changé.", en="Station B is unchanged.")
def test_other_station(lab):
    addresses = lab.client("b").addresses("eth0")
    assert addresses == (f"{lab.address('b')}/24",), f"b has {addresses}"
