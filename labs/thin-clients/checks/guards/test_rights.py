"""Has nobody gained rights that only the administrator should have? No repair in this lab needs that."""

from grader import check, directory_rights_gained, rights_gained

HOSTS = ("srv1", "ldap1", "home1", "ts1", "term1", "term2")


@check(
    "guard",
    points=1,
    fr="Personne n'a gagné de droits d'administration sur les machines, ni dans l'annuaire.",
    en="Nobody has gained administration rights on the machines, or in the directory.",
    timeout=90,
)
def test_no_rights_gained(lab):
    for host in HOSTS:
        found = rights_gained(lab.host(host))
        assert not found, f"{host}: {'; '.join(found)}"
    people = ("uid=afaure,ou=people,dc=valbocage,dc=internal", "uid=croux,ou=people,dc=valbocage,dc=internal")
    done = directory_rights_gained(lab.host("ldap1"), people[0], "Rabot-41", people[1])
    assert not done, f"the directory: {'; '.join(done)}"
