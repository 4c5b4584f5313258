"""Does the desktop open again, for the author of the ticket and for the others, with all that belongs to it?"""

import re

import pytest

from grader import check, lines_in
from lab_tools import DOCUMENTS, PASSWORDS, SOON, assert_usable, forget_failures, login_of


@check(
    "symptom",
    points=3,
    competence="3.2",
    fr="Le bureau de {{ user }} s'affiche sur term2, avec ses documents et ses réglages.",
    en="The desktop of {{ user }} shows on term2, with documents and settings.",
    host="ts1",
    timeout=300,
    because="no desktop|no window manager",
)
def test_desktop_of_the_author(lab):
    login, wanted = login_of(lab), lab.values["wanted"]
    assert_usable(lab, "term2", login)
    settings = lab.host("home1").file(f"/srv/profils/{login}/.xsessionrc")
    ends = settings.exists and re.search(rf"^\s*exec\s+{wanted}\b", settings.content_string, re.MULTILINE)
    assert not ends, f"the settings of {login} still end in a desktop that ts1 does not have"


@check(
    "symptom",
    points=2,
    competence="3.2",
    fr="Le bureau d'Anne Faure s'affiche sur term1, avec ses documents et ses réglages.",
    en="The desktop of Anne Faure shows on term1, with documents and settings.",
    host="ts1",
    timeout=300,
    because="no desktop|no window manager",
)
def test_desktop_of_another(lab):
    assert_usable(lab, "term1", "afaure")


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Un mauvais mot de passe n'ouvre pas de bureau.",
    en="A wrong password opens no desktop.",
    host="ts1",
    timeout=90,
)
def test_wrong_password(lab):
    answer = lab.client("ts1").run(["essai-bureau", "mlebreton", PASSWORDS["afaure"]], timeout=SOON).stdout
    assert "could not be authenticated" in answer, f"mlebreton with a wrong password: {answer.strip()}"
    forget_failures(lab, "mlebreton")


@pytest.mark.parametrize("login", PASSWORDS)
@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Le profil {{ login | de }} est entier sur home1, et privé.",
    en="The profile of {{ login }} is whole on home1, and private.",
    host="home1",
)
def test_profile_is_whole(lab, login):
    home1, profile = lab.host("home1"), f"/srv/profils/{login}"
    assert home1.file(f"{profile}/Documents/{DOCUMENTS[login]}").exists, f"{DOCUMENTS[login]} of {login} is gone"
    there = home1.file(f"{profile}/.xsessionrc").exists
    # Without the line too many, all but Sophie Nguyen's is a comment: the author's may have been put aside.
    assert there or login == login_of(lab) != "snguyen", f"{login} has lost the settings of .xsessionrc"
    open_to_others = home1.check_output(
        "find %s -type d -perm /007 '(' -path %s -o -path '*/Documents*' ')'", profile, profile
    )
    assert not open_to_others, f"everybody may use {lines_in(open_to_others)[0]}"
    # A copy that root made of a file before changing it is no harm.
    strange = home1.check_output("find %s ! -user %s ! -name '*xsessionrc?*'", profile, login)
    assert not strange, f"{lines_in(strange)[0]} does not belong to {login}"


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Sur ts1, xrdp est un service, avec son propre programme ; root n'y a pas droit, et aucun nom n'y est inventé.",
    en="On ts1 xrdp is a service, with its own program; root may not use it, and no name was made up there.",
    host="ts1",
)
def test_server_is_as_it_was(lab):
    ts1 = lab.host("ts1")
    for name in ("xrdp", "xrdp-sesman", "nftables"):
        service = ts1.service(name)
        assert service.is_running, f"the service {name} does not run"
        assert service.is_enabled, f"the service {name} does not start with ts1"
    changed = re.findall(r"^..5\S* +(/usr/\S+)$", ts1.run("dpkg --verify xrdp xorgxrdp icewm").stdout, re.MULTILINE)
    assert not changed, f"{changed[0]} is no longer the program of its package"
    for program in ("startplasma-x11", lab.values["wanted"]):
        for folder in ("/usr/local/bin", "/usr/bin"):
            assert not ts1.file(f"{folder}/{program}").exists, f"ts1 has got a program of the name {program}"
    root = re.search(r"^AllowRootLogin=(\w+)", ts1.file("/etc/xrdp/sesman.ini").content_string, re.MULTILINE)
    assert root, "sesman.ini no longer says whether root may log in"
    assert root[1] == "false", "root may open a desktop"
    printer = f"imprimante{lab.values['printer']}.{lab.domain}"
    found = lab.client("ts1").lookup(printer)
    assert not found, f"ts1 is told that {printer}, which does not exist, is {found[0]}"
