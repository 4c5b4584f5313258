"""Does the person open the department's folder again, through the group in the directory, and nobody who should not?"""

import pytest

from grader import account_names, check, lines_in, scaled_timeout
from lab_tools import PASSWORDS, assert_asks_the_directory, assert_slapd_answers, login_of

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
CACHE = 8
"""Seconds after which SSSD has surely asked the directory again."""


def group_of(lab):
    """Return the group whose folder is refused."""
    return "comptabilite" if login_of(lab) in GROUPS["comptabilite"][1] else "etudes"


def sftp(lab, login, path, *options):
    """Log in to the file server by SFTP from an observer on the network, and read a file or list a folder."""
    user = f"{login}:{PASSWORDS[login]}"
    command = [
        "curl",
        "--silent",
        "--show-error",
        "--insecure",
        "--max-time",
        str(scaled_timeout(15)),
        "--user",
        user,
        *options,
    ]
    return lab.probe("lan").run([*command, f"sftp://{lab.address('files1')}{path}"], timeout=20)


def group_entry(lab, name):
    """Return the number and the members of a group, as the directory has them."""
    assert_slapd_answers(lab)
    done = lab.host("ldap1").run(
        "ldapsearch -Q -Y EXTERNAL -H ldapi:/// -LLL -o ldif-wrap=no -s base -b %s gidNumber memberUid",
        f"cn={name},ou=groups,dc=valbocage,dc=internal",
    )
    assert done.rc == 0, f"the group {name}: {done.stderr.strip()}"
    pairs = [line.split(": ", 1) for line in lines_in(done.stdout) if ": " in line]
    (number,) = [value for key, value in pairs if key == "gidNumber"]
    return int(number), {value for key, value in pairs if key == "memberUid"}


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="{{ user }} lit un document du dossier partagé de son service.",
    en="{{ user }} reads a document in the department's shared folder.",
)
def test_reads_the_share(lab):
    login, group = login_of(lab), group_of(lab)
    name, line = DOCUMENTS[group]

    def reads():
        done = sftp(lab, login, f"/srv/partages/{group}/{name}")
        assert done.status == 0, f"{login}, {group}/{name}: {done.stderr.strip()}"
        assert line in done.stdout, f"{group}/{name} has another content"
        return True

    lab.wait(reads, within=CACHE, every=1)


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="{{ user }} dépose un document dans ce dossier, et peut l'effacer.",
    en="{{ user }} puts a document into that folder, and can remove it.",
)
def test_writes_to_the_share(lab):
    login, group = login_of(lab), group_of(lab)
    path = f"/srv/partages/{group}/.essai-{login}"

    def writes():
        done = sftp(lab, login, path, "--upload-file", "/etc/debian_version", "--quote", f"-rm {path}")
        assert done.status == 0, f"{login}, {path}: {done.stderr.strip()}"
        return True

    lab.wait(writes, within=CACHE, every=1)


@pytest.mark.parametrize("host", ["pc1", "pc2"])
@check(
    "symptom",
    points=1,
    competence="2.4",
    fr="Sur {{ host }} aussi, {{ user }} est dans son groupe, sous le bon numéro.",
    en="On {{ host }} as well, {{ user }} is in the group, under the right number.",
)
def test_group_on_the_workstations(lab, host):
    login, group = login_of(lab), group_of(lab)
    expected = f"{GROUPS[group][0]}({group})"

    lab.client(host).run(["sss_cache", "--everything"])  # what the directory says now, not some seconds ago

    def member():
        seen = lab.client(host).run(["id", login]).stdout
        assert expected in seen, f"{host}: {seen.strip()}"
        return True

    lab.wait(member, within=CACHE, every=1)


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="Dans l'annuaire, le groupe a ses membres exacts et le numéro que portent ses fichiers.",
    en="In the directory the group has exactly its members, and the number that its files carry.",
    host="ldap1",
)
def test_group_in_the_directory(lab):
    name = group_of(lab)
    number, members = group_entry(lab, name)
    assert number == GROUPS[name][0], f"the group {name} has the number {number}"
    missing, strange = GROUPS[name][1] - members, members - GROUPS[name][1]
    assert not missing, f"not in the group {name}: {', '.join(sorted(missing))}"
    assert not strange, f"in the group {name} without reason: {', '.join(sorted(strange))}"


@check(
    "guard",
    points=2,
    competence="2.4",
    fr="Les autres services n'entrent pas dans ce dossier.",
    en="The other departments do not enter that folder.",
)
def test_others_stay_out(lab):
    group = group_of(lab)
    for login in ("mlebreton", "afaure"):
        done = sftp(lab, login, f"/srv/partages/{group}/")
        assert done.status != 0, f"{login} lists /srv/partages/{group}"
        home = sftp(lab, login, f"/home/{login}/")
        assert home.status == 0, f"{login} on files1: {home.stderr.strip()}"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les droits des dossiers partagés sont inchangés.",
    en="The rights of the shared folders are unchanged.",
    host="files1",
)
def test_rights_of_the_shares(lab):
    files1 = lab.host("files1")
    for name, (number, _) in GROUPS.items():
        shown = files1.check_output("stat --format '%%a %%u %%g' %s", f"/srv/partages/{name}")
        assert shown == f"2770 0 {number}", f"/srv/partages/{name}: {shown} instead of 2770 0 {number}"
        open_to_all = files1.check_output("find %s -type d -perm /7", f"/srv/partages/{name}")
        assert not open_to_all, f"open to everybody: {open_to_all}"
        of_another = files1.check_output("find %s -not -gid %s", f"/srv/partages/{name}", str(number))
        assert not of_another, f"of another group: {of_another}"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Les autres groupes de l'annuaire sont inchangés.",
    en="The directory's other groups are unchanged.",
    host="ldap1",
)
def test_other_groups(lab):
    for name, expected in GROUPS.items():
        if name != group_of(lab):
            assert group_entry(lab, name) == expected, f"the group {name} is now {group_entry(lab, name)}"


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ user }} garde son compte : même numéro, même groupe principal, même mot de passe.",
    en="{{ user }} keeps the account: same number, same primary group, same password.",
    host="ldap1",
)
def test_account_unchanged(lab):
    login = login_of(lab)
    expected = {"croux": 10002, "kbenali": 10003, "snguyen": 10004, "tgarnier": 10005}[login]
    done = lab.host("ldap1").run(
        "ldapsearch -Q -Y EXTERNAL -H ldapi:/// -LLL -s base -b %s uidNumber gidNumber",
        f"uid={login},ou=people,dc=valbocage,dc=internal",
    )
    numbers = dict(line.split(": ", 1) for line in lines_in(done.stdout) if "Number: " in line)
    assert numbers == {"uidNumber": str(expected), "gidNumber": "10000"}, f"{login}: {numbers or done.stderr.strip()}"
    home = sftp(lab, login, f"/home/{login}/")
    assert home.status == 0, f"{login} on files1: {home.stderr.strip()}"


@pytest.mark.parametrize("host", ["files1", "pc1", "pc2"])
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Sur {{ host }}, comptes et groupes viennent de l'annuaire, rien n'a été recréé sur la machine.",
    en="On {{ host }} accounts and groups come from the directory, nothing was made anew on the machine.",
    host="{{ host }}",
)
def test_nothing_local(lab, host):
    there = lab.host(host)
    for path, names in (("/etc/passwd", set(PASSWORDS)), ("/etc/group", {*GROUPS, "salaries"})):
        local = account_names(there.file(path).content_string)
        assert not local & names, f"{host}: {path} has {', '.join(sorted(local & names))}"
    members = there.file("/etc/group").content_string
    assert not any(login in members for login in PASSWORDS), f"{host}: /etc/group names people of the directory"
    assert_asks_the_directory(lab, host)
