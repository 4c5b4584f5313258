"""Does mail from outside reach the mailbox again, whoever sends it, and are mailboxes and rules as they were?"""

import json

import pytest

from grader import check, find_mail, lines_in, scaled_timeout, send_mail
from lab_tools import PASSWORDS, SAWYER, assert_earlier_mail_is_there, assert_service, employee, sawyer

COLLEAGUES = ("tgarnier", "mlebreton")


def answer_to(lab, sender, recipient):
    """Return what our server says to a stranger who has mail for somebody; nothing is sent."""
    server = lab.address("mail1", "eth1")
    argv = [
        "swaks",
        "--server",
        server,
        "--from",
        sender,
        "--to",
        recipient,
        "--quit-after",
        "RCPT",
        "--timeout",
        str(scaled_timeout(10)),
    ]
    return lab.client("delmas").run(argv, timeout=25).stdout


@check(
    "symptom",
    points=5,
    competence="3.3",
    fr="Un message de la scierie arrive chez {{ login }} et chez ses collègues, par le chemin que prend tout le monde.",
    en="A message from the sawmill reaches {{ login }} and colleagues, by the way that everybody takes.",
    timeout=120,
    because="MX|Relay access denied|did not arrive",
)
def test_mail_from_outside_arrives(lab):
    outside, server = lab.probe("outside"), lab.address("srv1", "eth1")
    exchangers = outside.resolve(lab.domain, server, "MX").records
    assert exchangers, f"DNS has no MX record for {lab.domain}"
    for _, name in (record.split() for record in exchangers):
        assert not name.endswith(f".{lab.domain}.{lab.domain}"), f"the MX record names {name}"
        reached = outside.resolve(name, server).records
        assert reached == (lab.address("mail1", "eth1"),), f"the MX record names {name}, whose address is {reached}"
    for login in (lab.values["login"], *COLLEAGUES):
        reader = employee(lab, login, verifies=False)
        said = answer_to(lab, SAWYER, reader.address)
        assert "Relay access denied" not in said, f"mail1 says to mail for {reader.address}: Relay access denied"
        subject = send_mail(outside, sawyer(lab), reader.address, subject="Bon de commande")
        find_mail(lab.probe("lan"), reader, subject, within=15)


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="Plusieurs messages de suite, à {{ login }} et à l'adresse contact, arrivent ; rien n'attend dans la file.",
    en="Several messages in a row, to {{ login }} and to the address contact, arrive; nothing waits in the queue.",
    timeout=150,
    because="did not arrive",
)
def test_several_messages_and_an_alias(lab):
    outside, lan = lab.probe("outside"), lab.probe("lan")
    login = lab.values["login"]
    sent = [send_mail(outside, sawyer(lab), f"{login}@{lab.domain}", subject="Relance") for _ in range(2)]
    alias = send_mail(outside, sawyer(lab), f"contact@{lab.domain}", subject="Relance")
    for subject in sent:
        find_mail(lan, employee(lab, login, verifies=False), subject, within=15)
    find_mail(lan, employee(lab, "croux", verifies=False), alias, within=15)

    def empty():
        queue = [json.loads(line)["recipients"] for line in lines_in(lab.host("mail1").check_output("postqueue -j"))]
        ours = [to for to in queue if any(one["address"].endswith(f"@{lab.domain}") for one in to)]
        assert not ours, f"{len(ours)} messages wait on mail1"
        return True

    lab.wait(empty, within=45, every=1)


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Chacun retrouve tout son ancien courrier.",
    en="Everybody finds all of their earlier mail.",
    timeout=90,
)
def test_earlier_mail_is_there(lab):
    assert_earlier_mail_is_there(lab, (employee(lab, login, verifies=False) for login in PASSWORDS))


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Le serveur ne relaie pas pour des inconnus, et refuse les destinataires qui n'existent pas.",
    en="The server does not relay for strangers, and refuses recipients who do not exist.",
    timeout=90,
)
def test_strangers_are_refused(lab):
    for recipient in ("somebody@elsewhere.example", f"nobody-at-all@{lab.domain}"):
        said = answer_to(lab, SAWYER, recipient)
        assert "<** 55" in said or "<** 45" in said, f"mail1 takes mail for {recipient}: {said[-200:]}"


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Ce que l'on envoie à la scierie part toujours signé, et n'y passe pas pour indésirable.",
    en="What is sent to the sawmill still leaves signed, and does not pass for junk there.",
    timeout=60,
)
def test_outgoing_mail_is_signed(lab):
    sender = employee(lab, lab.values["login"], verifies=False)
    subject = send_mail(lab.probe("lan"), sender, SAWYER, subject="Commande")
    found = find_mail(lab.probe("outside"), sawyer(lab), subject, folders=("INBOX", "Junk"))
    assert found.folder == "INBOX", "the sawmill takes our message for junk: it is not signed"


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Le serveur de la scierie, qui n'est pas à nous, n'a pas été reconfiguré.",
    en="The sawmill's server, which is not ours, was not reconfigured.",
    host="delmas",
)
def test_the_other_company_is_left_alone(lab):
    routes = lab.host("delmas").check_output("postconf -h transport_maps relayhost virtual_alias_maps").split()
    assert routes == ["$virtual_maps"], f"Postfix of delmas has routes of its own: {' '.join(routes)}"


@pytest.mark.parametrize(
    ("host", "name"), [("mail1", "postfix"), ("mail1", "dovecot"), ("mail1", "opendkim"), ("srv1", "named")]
)
@check(
    "guard",
    points=1,
    competence="3.3",
    fr="{{ name }} fonctionne sur {{ host }}, et démarre avec la machine.",
    en="{{ name }} runs on {{ host }}, and starts with the host.",
    host="{{ host }}",
)
def test_services(lab, host, name):
    assert_service(lab, host, name)
