"""Does the desktop open again, for the author of the ticket and for the others, with all that belongs to it?"""

import re

import pytest

from grader import check, lines_in, reason
from lab_tools import (
    DOCUMENTS,
    PASSWORDS,
    assert_usable,
    forget_failures,
    login_answer,
    login_of,
    of,
    processes_of,
)

LOGON_SCRIPT = "/etc/X11/Xsession.d/35menuiserie"


def waits_for_ever(lab, login):
    """Return in words that the logon script waits without end for a name that DNS denies, or nothing."""
    script = lab.host("ts1").file(LOGON_SCRIPT)
    name = rf"(\S+\.{re.escape(lab.domain)})"
    loop = script.exists and re.search(
        rf"^until ping [^;#]* {name} [^;#]*; do (sleep \d+); done$", script.content_string, re.MULTILINE
    )
    if not loop or not any(row == loop[2] or loop[1] in row for row in lines_in(processes_of(lab, login))):
        return None
    ts1 = lab.client("ts1")
    if ts1.resolve(loop[1]).status != "NXDOMAIN" or ts1.lookup(loop[1]):
        return None
    return reason(
        fr=f"le script d'ouverture attend sans fin {loop[1]}, que le DNS ne connaît pas",
        en=f"the logon script waits for ever for {loop[1]}, which DNS does not know",
    )


@check(
    "symptom",
    points=3,
    competence="3.2",
    fr="Le bureau {{ user | de }} s'affiche sur term2, avec ses documents et ses réglages.",
    en="The desktop of {{ user }} shows on term2, with documents and settings.",
    before_fr="Le bureau {{ user | de }} ne s'affiche pas sur term2.",
    before_en="The desktop of {{ user }} does not show on term2.",
    host="ts1",
    timeout=300,
    because="no desktop|no window manager",
    lock="{{ (user[0] ~ user.split()[1]) | lower }}",  # the profile, which the session brings back
)
def test_desktop_of_the_author(lab):
    login, wanted = login_of(lab), lab.values["wanted"]
    assert_usable(lab, "term2", login, lambda: waits_for_ever(lab, login))
    settings = lab.host("home1").file(f"/srv/profils/{login}/.xsessionrc")
    ends = settings.exists and re.search(rf"^\s*exec\s+{wanted}\b", settings.content_string, re.MULTILINE)
    assert not ends, reason(
        fr=f"les réglages {of(login)} finissent encore par un bureau que ts1 n'a pas : {wanted}",
        en=f"the settings of {login} still end in a desktop that ts1 does not have: {wanted}",
    )


@check(
    "symptom",
    points=2,
    competence="3.2",
    fr="Le bureau d'Anne Faure s'affiche sur term1, avec ses documents et ses réglages.",
    en="The desktop of Anne Faure shows on term1, with documents and settings.",
    before_fr="Le bureau d'Anne Faure ne s'affiche pas sur term1.",
    before_en="The desktop of Anne Faure does not show on term1.",
    host="ts1",
    timeout=300,
    because="no desktop|no window manager",
    lock="afaure",
)
def test_desktop_of_another(lab):
    assert_usable(lab, "term1", "afaure", lambda: waits_for_ever(lab, "afaure"))


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Un mauvais mot de passe n'ouvre pas de bureau.",
    en="A wrong password opens no desktop.",
    host="ts1",
    timeout=90,
    lock="",  # somebody who logs in nowhere else
)
def test_wrong_password(lab):
    answer = login_answer(lab, "mlebreton", PASSWORDS["afaure"])
    forget_failures(lab, "mlebreton")
    assert "could not be authenticated" in answer, reason(
        fr=f"mlebreton avec un mauvais mot de passe : ts1 devait refuser, et répond : {answer}",
        en=f"mlebreton with a wrong password: ts1 should refuse, and answers: {answer}",
    )


@pytest.mark.parametrize("login", PASSWORDS)
@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Le profil {{ login | de }} est entier sur home1, et privé.",
    en="The profile of {{ login }} is whole on home1, and private.",
    host="home1",
    lock="{{ login }}",
)
def test_profile_is_whole(lab, login):
    home1, profile = lab.host("home1"), f"/srv/profils/{login}"
    assert home1.file(f"{profile}/Documents/{DOCUMENTS[login]}").exists, reason(
        fr=f"{DOCUMENTS[login]}, {of(login)}, a disparu", en=f"{DOCUMENTS[login]} of {login} is gone"
    )
    there = home1.file(f"{profile}/.xsessionrc").exists
    # Without the line too many, all but Sophie Nguyen's is a comment: the author's may have been put aside.
    assert there or login == login_of(lab) != "snguyen", reason(
        fr=f"{login} a perdu ses réglages (.xsessionrc)", en=f"{login} has lost the settings of .xsessionrc"
    )
    open_to_others = home1.check_output(
        "find %s -type d -perm /007 '(' -path %s -o -path '*/Documents*' ')'", profile, profile
    )
    assert not open_to_others, reason(
        fr=f"tout le monde a accès à {lines_in(open_to_others)[0]}",
        en=f"everybody may use {lines_in(open_to_others)[0]}",
    )
    # A copy that root made of a file before changing it is no harm.
    strange = home1.check_output("find %s ! -user %s ! -name '*xsessionrc?*'", profile, login)
    assert not strange, reason(
        fr=f"{lines_in(strange)[0]} n'appartient pas à {login}",
        en=f"{lines_in(strange)[0]} does not belong to {login}",
    )


@check(
    "guard",
    points=1,
    competence="3.2",
    fr="Sur ts1, xrdp est un service, avec son propre programme ; root n'y a pas droit, et aucun nom n'y est inventé.",
    en="On ts1 xrdp is a service, with its own program; root gets no desktop, and no name was made up there.",
    host="ts1",
    lock="",
)
def test_server_is_as_it_was(lab):
    ts1 = lab.host("ts1")
    for name in ("xrdp", "xrdp-sesman", "nftables"):
        service = ts1.service(name)
        assert service.is_running, reason(
            fr=f"le service {name} ne fonctionne pas", en=f"the service {name} does not run"
        )
        assert service.is_enabled, reason(
            fr=f"le service {name} ne démarre pas avec ts1", en=f"the service {name} does not start with ts1"
        )
    changed = re.findall(r"^..5\S* +(/usr/\S+)$", ts1.run("dpkg --verify xrdp xorgxrdp icewm").stdout, re.MULTILINE)
    assert not changed, reason(
        fr=f"{', '.join(changed)} : ce n'est plus le programme du paquet",
        en=f"{', '.join(changed)}: no longer the program from its package",
    )
    for program in ("startplasma-x11", lab.values["wanted"]):
        for folder in ("/usr/local/bin", "/usr/bin"):
            assert not ts1.file(f"{folder}/{program}").exists, reason(
                fr=f"ts1 a reçu un programme nommé {program}, dans {folder}",
                en=f"ts1 has been given a program named {program}, in {folder}",
            )
    root = re.search(r"^AllowRootLogin=(\w+)", ts1.file("/etc/xrdp/sesman.ini").content_string, re.MULTILINE)
    assert root, reason(
        fr="sesman.ini ne dit plus si root a droit à un bureau",
        en="sesman.ini no longer says whether root gets a desktop",
    )
    assert root[1] == "false", reason(fr="root a droit à un bureau", en="root gets a desktop")
    printer = f"imprimante{lab.values['printer']}.{lab.domain}"
    found = lab.client("ts1").lookup(printer)
    assert not found, reason(
        fr=f"ts1 croit que {printer}, qui n'existe pas, est {', '.join(found)}",
        en=f"ts1 believes that {printer}, which does not exist, is {', '.join(found)}",
    )
