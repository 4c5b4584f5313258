"""Has nobody gained rights that only the administrator should have? No repair in this lab needs that."""

from grader import check, concurrently, reason, rights_gained

HOSTS = ("r1", "r2", "r3", "sw1", "sw2", "srv1", "web1", "pc1", "pc2", "pc3")


@check(
    "guard",
    points=1,
    fr="Personne n'a gagné de droits d'administration sur les machines.",
    en="Nobody has gained administration rights on the machines.",
    timeout=90,
)
def test_no_rights_gained(lab):
    def has_none(host):
        found = rights_gained(lab.host(host), ("technicien", "netadmin"))
        assert not found, reason(fr=f"{host} : {' ; '.join(found)}", en=f"{host}: {'; '.join(found)}")

    concurrently(has_none, HOSTS)
