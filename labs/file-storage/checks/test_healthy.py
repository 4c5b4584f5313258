"""Does the file server answer?"""

from grader import check, reason


@check(
    "guard",
    fr="Le serveur de fichiers répond.",
    en="The file server answers.",
    host="hv1",
    lock="",
)
def test_answers(lab):
    assert lab.client("pc2").tcp("192.168.80.21", 22).is_open, reason(fr="non", en="no")
