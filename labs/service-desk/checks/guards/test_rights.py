"""Has nobody gained rights that only the administrator should have? No work in this lab needs that."""

from grader import check, concurrently, reason, rights_gained
from lab_tools import HOSTS


@check(
    "guard",
    points=1,
    fr="Personne n'a gagné de droits d'administration sur les machines.",
    en="Nobody has gained administrator rights on the machines.",
    timeout=90,
)
def test_no_rights_gained(lab):
    for host, found in zip(HOSTS, concurrently(lambda host: rights_gained(lab.host(host)), HOSTS), strict=True):
        assert not found, reason(fr=f"{host} : {' ; '.join(found)}", en=f"{host}: {'; '.join(found)}")
