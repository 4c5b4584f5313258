"""Is a person's work kept again, from one terminal to the other, without opening it to others?"""

import pytest

from grader import authorized_keys, check, concurrently, lines_in, reason, rrsync_command, scaled_timeout
from lab_tools import DOCUMENTS, PASSWORDS, assert_seen, desktop, in_session, login_of, note_to_save, of

KEYS = ("/root/.ssh/authorized_keys", "/root/.ssh/authorized_keys2")
"""Where sshd looks for the keys that open root's account."""


def assert_kept(lab, login, note, text):
    """Save a note and change a document on one terminal, find both on the other one, and take them back."""
    home1, documents = lab.host("home1"), f"/home/{login}/Documents"
    with desktop(lab, "term1", login):
        assert_seen(lab, "term1", login)
        saved = in_session(lab, login, "sh -c %s", f"echo {text} >{documents}/{note}")
        assert saved.rc == 0, reason(
            fr=f"{login} ne peut pas enregistrer : {saved.stderr.strip()}",
            en=f"{login} cannot save: {saved.stderr.strip()}",
        )
        changed = in_session(lab, login, "sh -c %s", f"echo {text} >>{documents}/{DOCUMENTS[login]}")
        assert changed.rc == 0, reason(
            fr=f"{login} ne peut pas enregistrer dans {DOCUMENTS[login]} : {changed.stderr.strip()}",
            en=f"{login} cannot save in {DOCUMENTS[login]}: {changed.stderr.strip()}",
        )
    kept = home1.run("cat %s", f"/srv/profils/{login}/Documents/{note}").stdout.strip()
    assert kept == text, reason(
        fr=f"ce que {login} a enregistré n'est pas arrivé sur home1", en=f"what {login} saved did not arrive on home1"
    )
    with desktop(lab, "term2", login):
        assert_seen(lab, "term2", login)
        found = in_session(lab, login, "cat %s %s", f"{documents}/{note}", f"{documents}/{DOCUMENTS[login]}").stdout
        assert found.count(text) == 2, reason(
            fr=f"{login} ne retrouve pas sur term2 ce qui a été enregistré sur term1",
            en=f"{login} does not find on term2 what was saved on term1",
        )
        tidied = f"rm {documents}/{note} && sed -i /{text}/d {documents}/{DOCUMENTS[login]}"
        done = in_session(lab, login, "sh -c %s", tidied)
        assert done.rc == 0, reason(
            fr=f"{login} ne peut pas supprimer un document : {done.stderr.strip()}",
            en=f"{login} cannot delete a document: {done.stderr.strip()}",
        )


@check(
    "symptom",
    points=4,
    competence="3.2",
    fr="{{ user }} enregistre sur term1, ferme son bureau, et retrouve son document sur term2, avec les anciens.",
    en="{{ user }} saves on term1, logs out, and finds the document on term2, with the old ones.",
    before_fr="Ce que {{ user }} enregistre n'est pas gardé.",
    before_en="What {{ user }} saves is not kept.",
    host="ts1",
    timeout=400,
    because="cannot save|did not arrive",
    lock="{{ (user[0] ~ user.split()[1]) | lower }}",  # the profile, which the session changes
)
def test_work_is_kept(lab):
    login = login_of(lab)
    with note_to_save(lab, login) as (note, text):
        assert_kept(lab, login, note, text)


@pytest.mark.parametrize("login", PASSWORDS)
@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Les documents {{ login | de }} sont toujours sur home1, et personne d'autre ne peut les lire.",
    en="The documents of {{ login }} are still on home1, and nobody else can read them.",
    host="home1",
    lock="{{ login }}",
)
def test_documents_are_private(lab, login):
    home1, profile = lab.host("home1"), f"/srv/profils/{login}"
    assert not home1.file("/srv/profils").mode & 0o022, reason(
        fr="d'autres que root peuvent remplacer ce que contient /srv/profils",
        en="others besides root may replace what is in /srv/profils",
    )
    assert home1.file(f"{profile}/Documents/{DOCUMENTS[login]}").exists, reason(
        fr=f"{DOCUMENTS[login]}, {of(login)}, a disparu", en=f"{DOCUMENTS[login]} of {login} is gone"
    )
    loose = home1.check_output("find %s -maxdepth 2 -type d -perm /077 ! -path '*/.*'", profile)
    assert not loose, reason(
        fr=f"d'autres que {login} ont accès à {', '.join(lines_in(loose))}",
        en=f"people other than {login} may use {', '.join(lines_in(loose))}",
    )
    if login != login_of(lab):
        strange = home1.check_output("find %s ! -user %s", profile, login)
        assert not strange, reason(
            fr=f"{lines_in(strange)[0]} n'appartient pas à {login}",
            en=f"{lines_in(strange)[0]} does not belong to {login}",
        )


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="La clé de ts1 ouvre sur home1 les profils, à plusieurs personnes à la fois, et rien d'autre.",
    en="On home1 the key of ts1 opens the profiles, to several people at a time, and nothing else.",
    host="home1",
    lock="",
)
def test_key_opens_profiles_only(lab):
    ssh = "ssh -i /etc/profils/id_ed25519 -o BatchMode=yes"
    commands = (
        f"{ssh} root@home1 cat /etc/hostname",
        f"rsync --list-only --rsh='{ssh}' root@home1:../../etc/ssh/",
        f"{ssh} -W 127.0.0.1:22 root@home1 </dev/null",
    )
    command, outside, tunnel = concurrently(
        lambda line: lab.host("ts1").run(f"timeout {scaled_timeout(8)} {line}").stdout, commands
    )
    assert "home1" not in command, reason(
        fr="la clé de ts1 exécute n'importe quelle commande sur home1, en tant que root",
        en="the key of ts1 runs any command on home1, as root",
    )
    assert "sshd_config" not in outside, reason(
        fr="la clé de ts1 lit sur home1 autre chose que les profils",
        en="the key of ts1 reads more of home1 than the profiles",
    )
    assert "SSH-" not in tunnel, reason(
        fr="la clé de ts1 ouvre des tunnels à travers home1", en="the key of ts1 opens tunnels through home1"
    )
    files = [lab.host("home1").file(path) for path in KEYS]
    for key in (key for file in files if file.exists for key in authorized_keys(file.content_string)):
        forced = rrsync_command(key.command or "")
        folder = forced and forced.folder
        assert folder == "/srv/profils", reason(
            fr="une clé ouvre sur home1 autre chose que les profils", en="a key opens more on home1 than the profiles"
        )
        assert not key.forwards_ports, reason(
            fr="une clé peut ouvrir des tunnels à travers home1", en="a key may open tunnels through home1"
        )
        assert "-no-lock" in forced.options, reason(
            fr="home1 refuse son profil à qui ouvre un bureau en même temps qu'un autre (rrsync sans -no-lock)",
            en="home1 refuses the profile to whoever logs in while somebody else does (rrsync without -no-lock)",
        )


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="{{ user }} n'a pas gagné de droits d'administration sur ts1.",
    en="{{ user }} has gained no administration rights on ts1.",
    host="ts1",
    lock="",
)
def test_no_new_rights(lab):
    login = login_of(lab)
    answer = lab.host("ts1").run("sudo -n -l -U %s", login)
    assert "not allowed" in answer.stdout + answer.stderr, reason(
        fr=f"{login} a droit à sudo sur ts1", en=f"{login} may use sudo on ts1"
    )
    admins = {"root", "sudo", "adm", "shadow", "disk"} & set(lab.host("ts1").check_output("id -Gn %s", login).split())
    assert not admins, reason(
        fr=f"{login} est, sur ts1, dans le groupe {', '.join(sorted(admins))}",
        en=f"{login} is in the group {', '.join(sorted(admins))} on ts1",
    )
