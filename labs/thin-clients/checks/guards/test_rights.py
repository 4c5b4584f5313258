"""Has nobody gained rights that only the administrator should have? No repair in this lab needs that."""

from grader import check, concurrently, directory_rights_gained, reason, rights_gained

HOSTS = ("srv1", "ldap1", "home1", "ts1", "term1", "term2")


@check(
    "guard",
    points=1,
    fr="Personne n'a gagné de droits d'administration sur les machines, ni dans l'annuaire.",
    en="Nobody has gained administration rights on the machines, or in the directory.",
    timeout=90,
)
def test_no_rights_gained(lab):
    gained = concurrently(lambda host: rights_gained(lab.host(host)), HOSTS)
    for host, found in zip(HOSTS, gained, strict=True):
        assert not found, reason(fr=f"{host} : {' ; '.join(found)}", en=f"{host}: {'; '.join(found)}")
    people = ("uid=afaure,ou=people,dc=valbocage,dc=internal", "uid=croux,ou=people,dc=valbocage,dc=internal")
    done = directory_rights_gained(lab.host("ldap1"), people[0], "Rabot-41", people[1])
    assert not done, reason(fr=f"l'annuaire : {' ; '.join(done)}", en=f"the directory: {'; '.join(done)}")
