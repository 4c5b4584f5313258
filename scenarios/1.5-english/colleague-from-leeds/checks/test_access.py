"""Does she open her drawings with the password that she has, and is nobody else's account or folder changed?"""

from grader import check, ldap_values, password_policy_weaknesses, reason
from lab_tools import PASSWORDS, assert_logs_in, assert_no_local_account, assert_slapd_answers, sftp, words_of

SHE = "snguyen"
FOLDER = "/srv/partages/etudes"
DRAWING = f"{FOLDER}/escalier-saint-aubin.txt"
GROUPS = {
    "direction": {"afaure", "croux"},
    "comptabilite": {"croux", "kbenali"},
    "etudes": {"snguyen", "tgarnier"},
    "atelier": {"mlebreton", "tgarnier"},
}
CACHE = 8
"""Seconds after which SSSD has surely asked the directory again."""


def account_of(login):
    """Return the distinguished name of somebody's account."""
    return f"uid={login},ou=people,dc=valbocage,dc=internal"


def still_refused(lab):
    """Return in words what the directory itself has against her, or nothing."""
    ldap1 = lab.host("ldap1")
    if ldap_values(ldap1, account_of(SHE), "pwdAccountLockedTime"):
        return reason(fr=f"l'annuaire a verrouillé le compte {SHE}", en=f"the directory has locked the account {SHE}")
    if SHE not in ldap_values(ldap1, "cn=etudes,ou=groups,dc=valbocage,dc=internal", "memberUid"):
        return reason(fr=f"le groupe etudes n'a pas {SHE}", en=f"the group etudes does not have {SHE}")
    return ""


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Sophie Nguyen ouvre ses plans du dossier partagé, avec le mot de passe qu'elle a.",
    en="Sophie Nguyen opens her drawings in the shared folder, with the password that she has.",
    before_fr="Sophie Nguyen n'ouvre pas ses plans.",
    before_en="Sophie Nguyen does not get at her drawings.",
    because="snguyen",
    timeout=60,
)
def test_drawings_open(lab):
    def opens():
        read = sftp(lab, "files1", SHE, DRAWING)
        said = words_of(read.stderr)
        assert read.status == 0 and "Hauteur à monter 2 870 mm" in read.stdout, reason(  # noqa: PT018
            fr=f"{SHE} ne lit pas {DRAWING} : {said}", en=f"{SHE} does not read {DRAWING}: {said}"
        )
        return True

    lab.wait(opens, within=CACHE, every=0.5, unless=lambda: still_refused(lab))


@check(
    "guard",
    points=2,
    competence="1.5",
    fr="Son mot de passe est celui qu'elle avait, comme elle l'a demandé ; son compte est le même.",
    en="Her password is the one she had, as she asked; her account is the same one.",
    before_fr="Quelque chose qu'elle demandait de laisser a changé.",
    before_en="Something that she asked to be left was changed.",
    host="ldap1",
    lock="",
)
def test_password_is_hers(lab):
    assert_slapd_answers(lab)
    ldap1 = lab.host("ldap1")
    assert not ldap_values(ldap1, account_of(SHE), "pwdChangedTime"), reason(
        fr=f"le mot de passe de {SHE} a été changé", en=f"{SHE}'s password was changed"
    )
    same = [
        *ldap_values(ldap1, account_of(SHE), "uidNumber"),
        *ldap_values(ldap1, account_of(SHE), "gidNumber"),
        *ldap_values(ldap1, account_of(SHE), "loginShell"),
    ]
    assert same == ["10004", "10000", "/bin/bash"], reason(
        fr=f"le compte {SHE} n'est plus le même", en=f"the account {SHE} is not the same one"
    )
    for host in ("pc1", "pc2", "files1"):
        assert_no_local_account(lab, host)


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Chaque dossier n'est ouvert qu'à son service, et aucun groupe n'a gagné de membre.",
    en="Each folder is open to its department only, and no group has gained a member.",
    lock="",
)
def test_folders(lab):
    ldap1 = lab.host("ldap1")
    for name, members in GROUPS.items():
        extra = sorted(set(ldap_values(ldap1, f"cn={name},ou=groups,dc=valbocage,dc=internal", "memberUid")) - members)
        named = ", ".join(extra)
        assert not extra, reason(fr=f"{named} est dans le groupe {name}", en=f"{named} is in the group {name}")
        folder = lab.host("files1").file(f"/srv/partages/{name}")
        mode = folder.mode & 0o777
        assert mode == 0o770, reason(
            fr=f"{folder.path} a les droits {mode:03o} au lieu de 770",
            en=f"{folder.path} has the mode {mode:03o} instead of 770",
        )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les autres ouvrent leur session comme avant, et la politique protège autant les comptes.",
    en="The others log in as before, and the policy protects the accounts as much.",
    timeout=120,
)
def test_others(lab):
    weak = password_policy_weaknesses(
        lab.host("ldap1"), "cn=default,ou=policies,dc=valbocage,dc=internal", account_of(SHE)
    )
    assert not weak, "; ".join(weak)
    assert_logs_in(lab, "pc2", sorted(set(PASSWORDS) - {SHE}))
