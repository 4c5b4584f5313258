"""Is the company's directory as this month's list has it, and is nobody else touched?"""

from grader import check, ldap_entries, reason
from lab_tools import PASSWORDS, words_of

BASE = "dc=valbocage,dc=internal"
LOGINS = {
    "Éloïse D'Hervé": "edherve",
    "Jean-Luc Le Gall": "jlegall",
    "Inès Œuvrard": "ioeuvrard",
    "Loïc N'Dour-Chesné": "lndourchesne",
}
KNOWN = {
    "afaure": ("10001", "3011"),
    "croux": ("10002", "3014"),
    "kbenali": ("10003", "3017"),
    "snguyen": ("10004", "3020"),
    "tgarnier": ("10005", "3023"),
    "mlebreton": ("10006", "3026"),
}
GROUPS = {
    "salaries": set(),
    "direction": {"afaure", "croux"},
    "comptabilite": {"croux", "kbenali"},
    "etudes": {"snguyen", "tgarnier"},
    "atelier": {"mlebreton", "tgarnier"},
}
"""Who was in them."""
FOR_GOOD = "000001010000Z"


def new(lab):
    """Return who is new: login -> first name, last name, group, staff number, number, in the list's order."""
    first, last = lab.values["newcomer"].split(" ", 1)
    return {
        "croux2": ("Corentin", "Roux", "etudes", "3029", "10041"),
        LOGINS[lab.values["newcomer"]]: (first, last, "atelier", "3032", "10042"),
        "tgarnier2": ("Théa", "Garnier", "atelier", "3041", "10043"),
    }


def people(lab):
    """Return everybody in the directory by login, with what the list decides."""
    attributes = ("uid", "cn", "givenName", "sn", "mail", "employeeNumber", "uidNumber", "gidNumber", "homeDirectory")
    found = ldap_entries(lab.host("ldap1"), BASE, *attributes, "loginShell", "userPassword", "pwdAccountLockedTime")
    return {one["uid"][0]: one for one in found.values() if "uid" in one}


def groups(lab):
    found = ldap_entries(lab.host("ldap1"), f"ou=groups,{BASE}", "cn", "gidNumber", "memberUid")
    return {one["cn"][0]: set(one.get("memberuid", ())) for one in found.values() if "gidnumber" in one}


def assert_is(who, has, should, what):
    fr, en = (", ".join(sorted(has)) or nothing for nothing in ("rien", "nothing"))
    wanted = ", ".join(sorted(should))
    assert set(has) == set(should), reason(
        fr=f"{who}, {what} : {fr} au lieu de {wanted or 'rien'}",
        en=f"{who}, {what}: {en} instead of {wanted or 'nothing'}",
    )


@check(
    "objective",
    points=2,
    competence="2.4",
    fr="Dans l'annuaire de la maison, les nouveaux de la liste ont leur compte et leur groupe.",
    en="In the company's directory, the new people of the list have their accounts and their groups.",
    host="ldap1",
    lock="",
)
def test_newcomers_have_accounts(lab):
    there, members = people(lab), groups(lab)
    for login, (first, last, group, staff, number) in new(lab).items():
        one = there.get(login)
        assert one, reason(fr=f"pas de compte {login}", en=f"there is no account {login}")
        should = {"cn": f"{first} {last}", "givenname": first, "sn": last, "mail": f"{login}@valbocage.internal"}
        should |= {"employeenumber": staff, "uidnumber": number, "gidnumber": "10000", "loginshell": "/bin/bash"}
        for name, value in {**should, "homedirectory": f"/home/{login}"}.items():
            assert_is(login, one.get(name, ()), {value}, name)
        assert login in members.get(group, ()), reason(
            fr=f"{login} n'est pas dans le groupe {group}", en=f"{login} is not in the group {group}"
        )
    if lab.values["benali_in"] == "atelier":
        assert "kbenali" in members["atelier"], reason(
            fr="kbenali n'est pas dans le groupe atelier", en="kbenali is not in the group atelier"
        )


@check(
    "objective",
    points=2,
    competence="2.4",
    fr="Sur un poste, la personne qui est partie n'ouvre plus de session ; son compte est verrouillé pour de bon.",
    en="On a workstation, the person who has left can no longer log in; the account is locked for good.",
    host="pc1",
    lock="login",
)
def test_leaver_is_locked(lab):
    leaver = lab.values["leaver"]
    one = people(lab).get(leaver)
    assert one, reason(fr=f"le compte {leaver} n'existe plus", en=f"the account {leaver} is gone")
    assert_is(leaver, one.get("pwdaccountlockedtime", ()), {FOR_GOOD}, "pwdAccountLockedTime")
    done = lab.login("lan", "pc1", leaver, PASSWORDS[leaver])
    said = words_of(done.problem or "")
    assert done.refused, reason(
        fr=f"{leaver} sur pc1 : {'accepté' if done.accepted else said}",
        en=f"{leaver} on pc1: {'accepted' if done.accepted else said}",
    )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Dans l'annuaire de la maison, personne d'autre n'a été touché, et chacun garde ses groupes.",
    en="In the company's directory nobody else was touched, and everybody has kept their groups.",
    host="ldap1",
    lock="",
)
def test_others_are_untouched(lab):
    there, members = people(lab), groups(lab)
    known = {*KNOWN, "scanner"}
    more = there.keys() - known - new(lab).keys()
    assert not more, reason(fr=f"compte de trop : {min(more)}", en=f"an account too many: {min(more)}")
    for login in known:
        one = there.get(login)
        assert one, reason(fr=f"le compte {login} n'existe plus", en=f"the account {login} is gone")
        number, staff = KNOWN.get(login, ("10040", ""))
        assert_is(login, one["uidnumber"], {number}, "uidNumber")
        assert_is(login, one.get("employeenumber", ()), {staff} - {""}, "employeeNumber")
        if login != lab.values["leaver"]:
            assert_is(login, one.get("pwdaccountlockedtime", ()), (), "pwdAccountLockedTime")
    for group, before in GROUPS.items():
        lost = before - members.get(group, set())
        assert not lost, reason(fr=f"{min(lost)} n'est plus dans {group}", en=f"{min(lost)} is no longer in {group}")
        allowed = {login for login, one in new(lab).items() if one[2] == group}
        if group == lab.values["benali_in"]:
            allowed.add("kbenali")
        odd = members[group] - before - allowed
        assert not odd, reason(fr=f"{min(odd)} est dans {group}", en=f"{min(odd)} is in {group}")


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Qui n'est pas parti ouvre une session ; seul root peut changer le script.",
    en="Whoever has not left can log in; only root may change the script.",
    host="pc1",
    lock="login",
)
def test_others_log_in(lab):
    done = lab.login("lan", "pc1", "kbenali", PASSWORDS["kbenali"])
    assert done.accepted, reason(fr=f"kbenali sur pc1 : {done.problem}", en=f"kbenali on pc1: {done.problem}")
    path = f"/usr/local/bin/{lab.values['script']}"
    own = lab.host("ldap1").file(path)
    if own.exists:
        owner = own.user
        assert owner == "root", reason(fr=f"{path} appartient à {owner}", en=f"{path} belongs to {owner}")
        assert not own.mode & 0o022, reason(
            fr=f"d'autres que root peuvent écrire dans {path}", en=f"users other than root can write to {path}"
        )
