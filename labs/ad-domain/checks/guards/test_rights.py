"""Has nobody gained rights that only the administrator should have? No repair in this lab needs that."""

from grader import check, concurrently, reason, rights_gained

HOSTS = ("dc1", "files1", "pc1", "pc2")


@check(
    "guard",
    points=1,
    fr="Personne n'a gagné de droits d'administration sur les machines.",
    en="Nobody has gained administration rights on the machines.",
    timeout=90,
)
def test_no_rights_gained(lab):
    for host, found in zip(HOSTS, concurrently(lambda host: rights_gained(lab.host(host)), HOSTS), strict=True):
        gained = "; ".join(found)
        assert not found, reason(fr=f"{host} : {gained}", en=f"{host}: {gained}")
