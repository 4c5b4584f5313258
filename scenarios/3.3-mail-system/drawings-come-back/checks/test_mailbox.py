"""Does the mailbox take drawings again, because there is room and not because nobody counts, and is the mail whole?"""

import re

from grader import check, concurrently, lines_in, reason, scaled_timeout
from lab_tools import (
    DRAWING,
    PASSWORDS,
    assert_earlier_mail_is_there,
    employee,
    received,
    sawyer,
    send,
    tidy,
)

RULE = 30 << 10
"""Kibibytes that everybody may keep."""
UNCOUNTED = r"^\s*((?:quota_)?(?:ignore\s*=\s*yes|enforce\s*=\s*no|storage_(?:extra|percentage)\s*=.*)|quota\s*=\s*no)$"
"""Settings of Dovecot that leave the limit on paper: something is not counted, or the count hinders nobody."""


def quotas(lab):
    """Return for everybody how many kibibytes they keep, and their limit; None where there is none."""
    patience = str(scaled_timeout(8))  # without a directory Dovecot asks for accounts on and on
    shown = lab.host("mail1").check_output("timeout --kill-after=2 %s doveadm -f flow quota get -A", patience)
    found = re.findall(r"^(\S+) Quota name=\S+ Type=STORAGE Value=(\d+) Limit=(\d+|-)", shown, re.MULTILINE)
    return {login: (int(kept), None if limit == "-" else int(limit)) for login, kept, limit in found}


def limits(lab):
    return {login: limit for login, (_, limit) in quotas(lab).items()}


def told(allowed):
    """Return in words how many kibibytes mailboxes may hold."""
    unlimited = reason(fr="sans limite", en="no limit")
    return ", ".join(f"{login} {unlimited if limit is None else limit}" for login, limit in sorted(allowed.items()))


@check(
    "symptom",
    points=4,
    competence="3.3",
    fr="{{ login }} reçoit trois plans de 3 Mo, de la scierie et d'une collègue, dans une boîte de taille normale.",
    en="{{ login }} receives three 3 MB drawings, from the sawmill and a colleague, in a mailbox of normal size.",
    before_fr="Les plans envoyés à {{ login }} reviennent à leurs auteurs.",
    before_en="Drawings sent to {{ login }} come back to their authors.",
    timeout=150,
    because="did not arrive",
)
def test_drawings_arrive(lab):
    reader, colleague = employee(lab, lab.values["login"], verifies=False), employee(lab, "snguyen", verifies=False)
    supplier, sent = sawyer(lab), []

    def arrives(sender):
        subject = send(lab, sender, reader.address, "Plan", size=DRAWING)
        sent.append(subject)
        received(lab, reader, subject, keep=True)

    try:
        # Where there is room for two, three that come at once may all be let in: what is kept then shows it.
        concurrently(arrives, [supplier, colleague, supplier])
        kept, _ = quotas(lab).get(reader.login, (0, None))
        assert kept <= RULE, reason(
            fr=f"{reader.login} garde {kept} Ko, {RULE} au plus attendus",
            en=f"{reader.login} keeps {kept} KB, expected at most {RULE}",
        )
    finally:  # the next grading needs the same room
        concurrently(lambda subject: tidy(lab, subject, servers=("mail1",)), sent)
    allowed = limits(lab)
    wrong = {login: allowed[login] for login in allowed if login not in PASSWORDS or allowed[login] != RULE}
    uncounted = dict.fromkeys(PASSWORDS.keys() - allowed.keys())
    assert not wrong | uncounted, reason(
        fr=f"ce que les boîtes peuvent contenir, au lieu de {RULE} Ko : {told(wrong | uncounted)}",
        en=f"what the mailboxes may hold, instead of {RULE} KB: {told(wrong | uncounted)}",
    )


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Chacun retrouve tout son ancien courrier, reçu et envoyé.",
    en="Everybody still has all their earlier mail, received and sent.",
    timeout=90,
)
def test_earlier_mail_is_there(lab):
    assert_earlier_mail_is_there(lab, [employee(lab, login, verifies=False) for login in PASSWORDS])


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Aucune boîte n'a plus de place que la règle n'en donne, et aucune n'est sans limite.",
    en="No mailbox has more room than the rule allows, and none is without a limit.",
    host="mail1",
    lock="",
)
def test_rule_is_kept(lab):
    allowed = limits(lab)
    named = ", ".join(sorted(allowed)) or reason(fr="aucune", en="none")
    assert set(allowed) == set(PASSWORDS), reason(
        fr=f"seules ces boîtes ont une limite : {named}", en=f"only these mailboxes have a limit: {named}"
    )
    beyond = {login: limit for login, limit in allowed.items() if limit is None or limit > RULE}
    assert not beyond, reason(
        fr=f"au-delà de la règle ({RULE} Ko) : {told(beyond)}", en=f"beyond the rule ({RULE} KB): {told(beyond)}"
    )
    settings = lab.host("mail1").check_output("doveconf -n")
    loose = re.search(UNCOUNTED, settings, re.MULTILINE)
    assert not loose, reason(
        fr=f"Dovecot ne tient pas tout le monde à la règle : {loose[1]}",
        en=f"Dovecot does not hold everyone to the rule: {loose[1]}",
    )


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Les autres boîtes reçoivent leur courrier, et rien de ce qui n'est pas à elles.",
    en="The other mailboxes receive their mail, and nothing that isn't theirs.",
    timeout=90,
)
def test_the_others(lab):
    afaure = employee(lab, "afaure", verifies=False)

    def note_arrives():
        sender = employee(lab, "snguyen", verifies=False)
        received(lab, afaure, send(lab, sender, afaure.address, "Note"))

    def nothing_strange():
        for login in sorted(PASSWORDS.keys() - {lab.values["login"]}):
            argv = "doveadm search -u %s mailbox '*' '(' from copieur or from catalogues ')'"
            strange = len(lines_in(lab.host("mail1").check_output(argv, login)))
            assert not strange, reason(
                fr=f"messages du copieur ou de la quincaillerie chez {login} : {strange}",
                en=f"messages from the copier or the hardware shop that {login} has: {strange}",
            )

    concurrently(lambda ask: ask(), (note_arrives, nothing_strange))
