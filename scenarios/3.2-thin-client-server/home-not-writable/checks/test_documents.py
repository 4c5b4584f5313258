"""Is a person's work kept again, from one terminal to the other, without opening it to others?"""

import re
import secrets

import pytest

from grader import check, lines_in, scaled_timeout
from lab_tools import DOCUMENTS, PASSWORDS, assert_seen, desktop, in_session, login_of


@check(
    "symptom",
    points=4,
    competence="3.2",
    fr="{{ user }} enregistre sur term1, ferme son bureau, et retrouve son document sur term2, avec les anciens.",
    en="{{ user }} saves on term1, logs out, and finds the document on term2, with the old ones.",
    host="ts1",
    timeout=400,
    because="cannot save|did not arrive",
)
def test_work_is_kept(lab):
    login, text = login_of(lab), secrets.token_hex(8)
    home1, note = lab.host("home1"), f"essai-{text[:6]}.txt"
    documents = f"/home/{login}/Documents"
    with desktop(lab, "term1", login):
        assert_seen(lab, "term1", login)
        saved = in_session(lab, login, "sh -c %s", f"echo {text} >{documents}/{note}")
        assert saved.rc == 0, f"{login} cannot save: {saved.stderr.strip()}"
        changed = in_session(lab, login, "sh -c %s", f"echo {text} >>{documents}/{DOCUMENTS[login]}")
        assert changed.rc == 0, f"{login} cannot save in {DOCUMENTS[login]}: {changed.stderr.strip()}"
    kept = home1.run("cat %s", f"/srv/profils/{login}/Documents/{note}").stdout.strip()
    assert kept == text, f"what {login} saved did not arrive on home1"
    with desktop(lab, "term2", login):
        assert_seen(lab, "term2", login)
        found = in_session(lab, login, "cat %s %s", f"{documents}/{note}", f"{documents}/{DOCUMENTS[login]}").stdout
        assert found.count(text) == 2, f"{login} does not find on term2 what was saved on term1"
        tidied = f"rm {documents}/{note} && sed -i /{text}/d {documents}/{DOCUMENTS[login]}"
        assert in_session(lab, login, "sh -c %s", tidied).rc == 0, f"{login} cannot delete a document"


@pytest.mark.parametrize("login", PASSWORDS)
@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Les documents {{ login | de }} sont toujours sur home1, et personne d'autre ne peut les lire.",
    en="The documents of {{ login }} are still on home1, and nobody else can read them.",
    host="home1",
)
def test_documents_are_private(lab, login):
    home1, profile = lab.host("home1"), f"/srv/profils/{login}"
    assert not home1.file("/srv/profils").mode & 0o022, "others than root may replace what is in /srv/profils"
    assert home1.file(f"{profile}/Documents/{DOCUMENTS[login]}").exists, f"{DOCUMENTS[login]} of {login} is gone"
    loose = home1.check_output("find %s -maxdepth 2 -type d -perm /077 ! -path '*/.*'", profile)
    assert not loose, f"others than {login} may use {lines_in(loose)[0]}"
    if login != login_of(lab):
        strange = home1.check_output("find %s ! -user %s", profile, login)
        assert not strange, f"{lines_in(strange)[0]} does not belong to {login}"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="La clé de ts1 ouvre sur home1 les profils, à plusieurs personnes à la fois, et rien d'autre.",
    en="On home1 the key of ts1 opens the profiles, to several people at a time, and nothing else.",
    host="home1",
)
def test_key_opens_profiles_only(lab):
    ts1 = lab.host("ts1")
    done = ts1.run(
        f"timeout {scaled_timeout(8)} ssh -i /etc/profils/id_ed25519 -o BatchMode=yes root@home1 cat /etc/hostname"
    )
    assert "home1" not in done.stdout, "the key of ts1 runs any command on home1, as root"
    shell = "ssh -i /etc/profils/id_ed25519 -o BatchMode=yes"
    outside = ts1.run(f"timeout {scaled_timeout(8)} rsync --list-only --rsh=%s root@home1:../../etc/ssh/", shell)
    assert "sshd_config" not in outside.stdout, "the key of ts1 reads more of home1 than the profiles"
    tunnel = ts1.run(f"timeout {scaled_timeout(8)} {shell} -W 127.0.0.1:22 root@home1 </dev/null")
    assert "SSH-" not in tunnel.stdout, "the key of ts1 opens tunnels through home1"
    for line in lines_in(lab.host("home1").file("/root/.ssh/authorized_keys").content_string):
        if not line.strip() or line.startswith("#"):
            continue
        forced = re.match(r'(\S+,)?command="(?:/usr/bin/)?rrsync ([^"]*)/srv/profils"', line)
        assert forced, "a key opens more of home1 than the profiles"
        assert "-no-lock" in forced[2], "home1 refuses the profile of whoever opens a desktop while somebody else does"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="{{ user }} n'a pas gagné de droits d'administration sur ts1.",
    en="{{ user }} has gained no administration rights on ts1.",
    host="ts1",
)
def test_no_new_rights(lab):
    login = login_of(lab)
    answer = lab.host("ts1").run("sudo -n -l -U %s", login)
    assert "not allowed" in answer.stdout + answer.stderr, f"{login} may use sudo on ts1"
    admins = {"root", "sudo", "adm", "shadow", "disk"} & set(lab.host("ts1").check_output("id -Gn %s", login).split())
    assert not admins, f"{login} is in {', '.join(sorted(admins))}"
