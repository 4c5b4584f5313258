"""Does the person open the department's folder again, through the group in the directory, and nobody who should not?"""

import pytest

from grader import check, concurrently, ldap_values, reason
from lab_tools import (
    PASSWORDS,
    assert_asks_the_directory,
    assert_no_local_account,
    assert_opens_home,
    assert_slapd_answers,
    login_of,
    sftp,
    words_of,
)

NUMBERS = {"croux": 10002, "kbenali": 10003, "snguyen": 10004, "tgarnier": 10005}
"""The numbers of those who may write the ticket."""
GROUPS = {
    "direction": (10010, {"afaure", "croux"}),
    "comptabilite": (10011, {"croux", "kbenali"}),
    "etudes": (10012, {"snguyen", "tgarnier"}),
    "atelier": (10013, {"mlebreton", "tgarnier"}),
}
DOCUMENTS = {
    "comptabilite": ("factures-2026-10.csv", "2026-232;SCI Les Tilleuls;12350,50"),
    "etudes": ("escalier-saint-aubin.txt", "Hauteur à monter 2 870 mm"),
}
SHARES = "/srv/partages"
CACHE = 8
"""Seconds after which SSSD has surely asked the directory again."""


def group_of(lab):
    """Return the group whose folder is refused."""
    return "comptabilite" if login_of(lab) in GROUPS["comptabilite"][1] else "etudes"


def values_of_person(lab, attribute):
    """Return what the directory has of the person."""
    return ldap_values(lab.host("ldap1"), f"uid={login_of(lab)},ou=people,dc=valbocage,dc=internal", attribute)


def values_of_group(lab, name, attribute):
    """Return what the directory has of a group."""
    return ldap_values(lab.host("ldap1"), f"cn={name},ou=groups,dc=valbocage,dc=internal", attribute)


def group_entry(lab, name):
    """Return the numbers and the members of a group, as the directory has them."""
    return values_of_group(lab, name, "gidNumber"), set(values_of_group(lab, name, "memberUid"))


def listed(names):
    """Return names in words."""
    return ", ".join(sorted(names)) or reason(fr="aucun", en="none")


def not_a_member(lab):
    """Return in words that the directory itself does not have the person in the group, or nothing."""
    login, name = login_of(lab), group_of(lab)
    try:
        members = values_of_group(lab, name, "memberUid")
        if login in members or str(GROUPS[name][0]) in values_of_person(lab, "gidNumber"):
            return ""
    except AssertionError:  # it does not answer just now, and may yet
        return ""
    return reason(
        fr=f"dans l'annuaire, {login} n'est pas membre du groupe {name} (membres : {listed(members)})",
        en=f"in the directory, {login} is not in the group {name} (members: {listed(members)})",
    )


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="{{ user }} lit un document du dossier partagé de son service.",
    en="{{ user }} can read a document in the department's shared folder.",
    before_fr="{{ user }} n'arrive pas à lire les documents du dossier partagé.",
    before_en="{{ user }} cannot read the documents in the shared folder.",
)
def test_reads_the_share(lab):
    login, group = login_of(lab), group_of(lab)
    name, line = DOCUMENTS[group]

    def reads():
        done = sftp(lab, "files1", login, f"{SHARES}/{group}/{name}")
        said = words_of(done.stderr)
        assert done.status == 0, reason(fr=f"{login}, {group}/{name} : {said}", en=f"{login}, {group}/{name}: {said}")
        assert line in done.stdout, reason(
            fr=f"{group}/{name} a un autre contenu", en=f"{group}/{name} has another content"
        )
        return True

    lab.wait(reads, within=CACHE, every=0.5, unless=lambda: not_a_member(lab))


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="{{ user }} dépose un document dans ce dossier, et peut l'effacer.",
    en="{{ user }} can put a document into that folder, and remove it.",
    before_fr="{{ user }} n'arrive pas non plus à y déposer un document.",
    before_en="{{ user }} cannot put a document there either.",
)
def test_writes_to_the_share(lab):
    login, group = login_of(lab), group_of(lab)
    path = f"{SHARES}/{group}/.essai-{login}"

    def writes():
        done = sftp(lab, "files1", login, path, "--upload-file", "/etc/debian_version", "--quote", f"-rm {path}")
        said = words_of(done.stderr)
        assert done.status == 0, reason(fr=f"{login}, {path} : {said}", en=f"{login}, {path}: {said}")
        return True

    lab.wait(writes, within=CACHE, every=0.5, unless=lambda: not_a_member(lab))


@pytest.mark.parametrize("host", ["pc1", "pc2"])
@check(
    "symptom",
    points=1,
    competence="2.4",
    fr="Sur {{ host }} aussi, {{ user }} est dans son groupe, sous le bon numéro.",
    en="On {{ host }} too, {{ user }} is in the group, under the right number.",
    before_fr="Sur {{ host }} non plus, {{ user }} n'a pas tous ses accès.",
    before_en="On {{ host }} too, {{ user }} is missing some access.",
)
def test_group_on_the_workstations(lab, host):
    login, group = login_of(lab), group_of(lab)
    expected = f"{GROUPS[group][0]}({group})"

    lab.client(host).run(["sss_cache", "--everything"])  # what the directory says now, not some seconds ago

    def member():
        done = lab.client(host).run(["id", login])
        seen = words_of(done.stdout + done.stderr)
        assert expected in done.stdout, reason(
            fr=f"{host} : {seen}, sans {expected}", en=f"{host}: {seen}, without {expected}"
        )
        return True

    lab.wait(member, within=CACHE, every=0.5, unless=lambda: not_a_member(lab))


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="Dans l'annuaire, le groupe a ses membres exacts et le numéro que portent ses fichiers.",
    en="In the directory, the group has exactly its own members, and the number that its files carry.",
    before_fr="L'accès du service à son dossier n'est pas rétabli pour de bon.",
    before_en="The department's access to its folder is not back for good.",
    host="ldap1",
    lock="",
)
def test_group_in_the_directory(lab):
    name = group_of(lab)
    assert_slapd_answers(lab)
    numbers, members = group_entry(lab, name)
    assert numbers, reason(
        fr=f"l'annuaire ne contient pas le groupe {name}", en=f"the directory does not have the group {name}"
    )
    number, right = ", ".join(numbers), str(GROUPS[name][0])
    assert number == right, reason(
        fr=f"le groupe {name} a le numéro {number} au lieu de {right}",
        en=f"the group {name} has the number {number} instead of {right}",
    )
    missing, strange = GROUPS[name][1] - members, members - GROUPS[name][1]
    assert not missing, reason(
        fr=f"absent du groupe {name} : {listed(missing)}", en=f"not in the group {name}: {listed(missing)}"
    )
    assert not strange, reason(
        fr=f"dans le groupe {name} sans raison : {listed(strange)}",
        en=f"in the group {name} without reason: {listed(strange)}",
    )


@check(
    "guard",
    points=2,
    competence="2.4",
    fr="Les autres services n'entrent pas dans ce dossier.",
    en="The other departments cannot get into that folder.",
)
def test_others_stay_out(lab):
    folder = f"{SHARES}/{group_of(lab)}"

    def lists(login):
        done = sftp(lab, "files1", login, f"{folder}/")
        assert done.status != 0, reason(fr=f"{login} voit le contenu de {folder}", en=f"{login} lists {folder}")

    def logs_in(login):
        assert_opens_home(lab, "files1", login)  # they are not kept out altogether

    questions = [(ask, login) for login in ("mlebreton", "afaure") for ask in (lists, logs_in)]
    concurrently(lambda question: question[0](question[1]), questions)


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les droits des dossiers partagés sont inchangés.",
    en="The permissions of the shared folders are unchanged.",
    host="files1",
    lock="",
)
def test_rights_of_the_shares(lab):
    everything = lab.host("files1").file(SHARES).tree()
    for name, (number, _) in GROUPS.items():
        below = [one for one in everything if one.path == name or one.path.startswith(f"{name}/")]
        seen = [f"{one.mode:o} {one.uid} {one.gid}" for one in below if one.path == name and one.kind == "directory"]
        shown, right = ", ".join(seen) or reason(fr="absent", en="missing"), f"2770 0 {number}"
        assert seen == [right], reason(
            fr=f"{SHARES}/{name} (droits, propriétaire, groupe) : {shown} au lieu de {right}",
            en=f"{SHARES}/{name} (mode, owner, group): {shown} instead of {right}",
        )
        paths = ", ".join(f"{SHARES}/{one.path}" for one in below if one.kind == "directory" and one.mode & 0o007)
        assert not paths, reason(fr=f"ouvert à tous : {paths}", en=f"open to everybody: {paths}")
        paths = ", ".join(f"{SHARES}/{one.path}" for one in below if one.gid != number)
        assert not paths, reason(fr=f"d'un autre groupe : {paths}", en=f"of another group: {paths}")


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les autres groupes de l'annuaire sont inchangés.",
    en="The directory's other groups are unchanged.",
    host="ldap1",
    lock="",
)
def test_other_groups(lab):
    assert_slapd_answers(lab)
    for name, (number, expected) in GROUPS.items():
        if name != group_of(lab):
            numbers, members = group_entry(lab, name)
            seen = ", ".join(numbers) or reason(fr="aucun numéro", en="no number")
            assert (numbers, members) == ([str(number)], expected), reason(
                fr=f"le groupe {name} est maintenant {seen} (membres : {listed(members)}), au lieu de {number} "
                f"(membres : {listed(expected)})",
                en=f"the group {name} is now {seen} (members: {listed(members)}), instead of {number} "
                f"(members: {listed(expected)})",
            )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ user }} garde son compte : même numéro, même groupe principal, même mot de passe.",
    en="{{ user }} keeps the same account: same number, same primary group, same password.",
    host="ldap1",
    lock="",
)
def test_account_unchanged(lab):
    login = login_of(lab)
    numbers = [*values_of_person(lab, "uidNumber"), *values_of_person(lab, "gidNumber")]
    expected = [str(NUMBERS[login]), "10000"]
    seen, right = ", ".join(numbers), ", ".join(expected)
    assert numbers == expected, reason(
        fr=f"{login} a maintenant {f'les numéros {seen}' if seen else 'aucun numéro'}, au lieu de {right}",
        en=f"{login} now has {f'the numbers {seen}' if seen else 'no number'}, instead of {right}",
    )
    assert_opens_home(lab, "files1", login)


@pytest.mark.parametrize("host", ["files1", "pc1", "pc2"])
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Sur {{ host }}, comptes et groupes viennent de l'annuaire, rien n'a été recréé sur la machine.",
    en="On {{ host }}, accounts and groups come from the directory; none was recreated on the machine.",
    host="{{ host }}",
    lock="",
)
def test_nothing_local(lab, host):
    assert_no_local_account(lab, host)
    assert_no_local_account(lab, host, "/etc/group", {*GROUPS, "salaries"})
    members = lab.host(host).file("/etc/group").content_string
    named = ", ".join(login for login in PASSWORDS if login in members)
    assert not named, reason(
        fr=f"{host} : /etc/group nomme des personnes de l'annuaire : {named}",
        en=f"{host}: /etc/group names people of the directory: {named}",
    )
    assert_asks_the_directory(lab, host)
