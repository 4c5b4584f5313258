"""Has nobody gained rights that only the administrator should have? No repair in this lab needs that."""

from grader import check, concurrently, reason, rights_gained

HOSTS = ("fw1", "srv1", "pc1", "relay1", "proxy1", "web1", "vpn1", "nomade1")


@check(
    "guard",
    points=1,
    fr="Personne n'a gagné de droits d'administration sur les machines.",
    en="Nobody has gained administration rights on the machines.",
    timeout=90,
)
def test_no_rights_gained(lab):
    found = concurrently(lambda host: rights_gained(lab.host(host)), HOSTS)
    gained = "; ".join(
        reason(fr=f"{host} : {what}", en=f"{host}: {what}")
        for host, all_of in zip(HOSTS, found, strict=True)
        for what in all_of
    )
    assert not gained, gained
