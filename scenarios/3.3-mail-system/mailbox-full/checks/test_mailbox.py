"""Does the mailbox take drawings again, because there is room and not because nobody counts, and is the mail whole?"""

import re

import pytest

from grader import check, find_mail, lines_in, send_mail
from lab_tools import DRAWING, PASSWORDS, assert_earlier_mail_is_there, assert_service_of_mail1, employee, sawyer

RULE = 30 << 10
"""Kibibytes that everybody may keep."""
UNCOUNTED = r"^\s*((?:quota_)?(?:ignore\s*=\s*yes|enforce\s*=\s*no|storage_(?:extra|percentage)\s*=.*)|quota\s*=\s*no)$"
"""Settings of Dovecot that leave the limit on paper: something is not counted, or the count hinders nobody."""


def quotas(lab):
    """Return for everybody how many kibibytes they keep, and their limit; None where there is none."""
    shown = lab.host("mail1").check_output("doveadm -f flow quota get -A")
    found = re.findall(r"^(\S+) Quota name=\S+ Type=STORAGE Value=(\d+) Limit=(\d+|-)", shown, re.MULTILINE)
    return {login: (int(kept), None if limit == "-" else int(limit)) for login, kept, limit in found}


def limits(lab):
    return {login: limit for login, (_, limit) in quotas(lab).items()}


@check(
    "symptom",
    points=4,
    competence="3.3",
    fr="{{ login }} reçoit trois plans de 3 Mo, de la scierie et d'une collègue, dans une boîte de taille normale.",
    en="{{ login }} receives three drawings of 3 MB, from the sawmill and a colleague, in a mailbox of normal size.",
    timeout=150,
    because="did not arrive",
)
def test_drawings_arrive(lab):
    lan, outside = lab.probe("lan"), lab.probe("outside")
    reader, colleague = employee(lab, lab.values["login"], verifies=False), employee(lab, "snguyen", verifies=False)
    supplier = sawyer(lab)
    sent = []
    try:
        for station, sender in ((outside, supplier), (lan, colleague), (outside, supplier)):
            sent.append(send_mail(station, sender, reader.address, subject="Plan", size=DRAWING))
            find_mail(lan, reader, sent[-1], within=25)
        kept, _ = quotas(lab).get(reader.login, (0, None))
        assert kept <= RULE, f"{reader.login} keeps {kept} KiB"
    finally:  # the next grading needs the same room
        for subject in sent:
            lab.host("mail1").run("doveadm expunge -u %s mailbox INBOX subject %s", lab.values["login"], subject)
    allowed = limits(lab)
    assert allowed == dict.fromkeys(PASSWORDS, RULE), f"what the mailboxes may hold (KiB): {allowed}"


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Chacun retrouve tout son ancien courrier, reçu et envoyé.",
    en="Everybody finds all of their earlier mail, received and sent.",
    timeout=90,
)
def test_earlier_mail_is_there(lab):
    assert_earlier_mail_is_there(lab, (employee(lab, login, verifies=False) for login in PASSWORDS))


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Aucune boîte n'a plus de place que la règle n'en donne, et aucune n'est sans limite.",
    en="No mailbox has more room than the rule gives, and none is without a limit.",
    host="mail1",
)
def test_rule_is_kept(lab):
    allowed = limits(lab)
    assert set(allowed) == set(PASSWORDS), f"only these mailboxes have a limit: {', '.join(sorted(allowed)) or 'none'}"
    beyond = [login for login, limit in allowed.items() if limit is None or limit > RULE]
    assert not beyond, f"beyond the rule: {', '.join(beyond)}"
    settings = lab.host("mail1").check_output("doveconf -n")
    loose = re.search(UNCOUNTED, settings, re.MULTILINE)
    assert not loose, f"Dovecot does not hold everybody to the rule: {loose[1]}"


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Les autres boîtes reçoivent leur courrier, et rien de ce qui n'est pas à elles.",
    en="The other mailboxes receive their mail, and nothing that is not theirs.",
    timeout=90,
)
def test_the_others(lab):
    lan = lab.probe("lan")
    subject = send_mail(lan, employee(lab, "snguyen", verifies=False), f"afaure@{lab.domain}", subject="Note")
    find_mail(lan, employee(lab, "afaure", verifies=False), subject)
    for login in sorted(PASSWORDS.keys() - {lab.values["login"]}):
        argv = "doveadm search -u %s mailbox '*' '(' from copieur or from catalogues ')'"
        strange = lines_in(lab.host("mail1").check_output(argv, login))
        assert not strange, f"{login} has {len(strange)} messages of the copier or of the hardware store"


@pytest.mark.parametrize("name", ["postfix", "dovecot"])
@check(
    "guard",
    points=1,
    competence="3.3",
    fr="{{ name }} fonctionne sur mail1, et démarre avec la machine.",
    en="{{ name }} runs on mail1, and starts with the host.",
    host="mail1",
)
def test_services(lab, name):
    assert_service_of_mail1(lab, name)
