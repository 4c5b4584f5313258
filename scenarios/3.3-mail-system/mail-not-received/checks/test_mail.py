"""Does mail from outside reach the mailbox again, whoever sends it, and are mailboxes and rules as they were?"""

import json

from grader import check, concurrently, lines_in, reason, scaled_timeout
from lab_tools import (
    PASSWORDS,
    SAWYER,
    assert_earlier_mail_is_there,
    employee,
    received,
    refusal,
    sawyer,
    send,
    tidy,
)

COLLEAGUES = ("tgarnier", "mlebreton")


def asked(lab, sender, recipient):
    """Ask our server as a stranger who has mail for somebody, and return how swaks ended; nothing is sent."""
    argv = ["swaks", "--server", lab.address("mail1", "eth1"), "--from", sender, "--to", recipient]
    argv += ["--quit-after", "RCPT", "--timeout", str(scaled_timeout(8))]
    return lab.client("delmas").run(argv, timeout=25)


@check(
    "symptom",
    points=5,
    competence="3.3",
    fr="Un message de la scierie arrive chez {{ login }} et chez ses collègues, par le chemin que prend tout le monde.",
    en="A message from the sawmill reaches {{ login }} and colleagues, by the route that everyone takes.",
    before_fr="Les messages de la scierie n'arrivent pas chez {{ login }}.",
    before_en="The sawmill's messages don't reach {{ login }}.",
    timeout=120,
    because="MX|Relay access denied|did not arrive",
)
def test_mail_from_outside_arrives(lab):
    outside, server = lab.probe("outside"), lab.address("srv1", "eth1")
    exchangers = outside.resolve(lab.domain, server, "MX").records
    assert exchangers, reason(
        fr=f"le DNS n'a pas d'enregistrement MX pour {lab.domain}", en=f"DNS has no MX record for {lab.domain}"
    )
    for _, name in (record.split() for record in exchangers):
        assert not name.endswith(f".{lab.domain}.{lab.domain}"), reason(
            fr=f"l'enregistrement MX nomme {name}", en=f"the MX record names {name}"
        )
        reached = outside.resolve(name, server).records
        wanted = lab.address("mail1", "eth1")
        found = ", ".join(reached) or reason(fr="aucune adresse", en="no address")
        assert reached == (wanted,), reason(
            fr=f"l'enregistrement MX nomme {name} ; adresse attendue : {wanted}, trouvée : {found}",
            en=f"the MX record names {name}; expected address: {wanted}, found: {found}",
        )

    address = f"{lab.values['login']}@{lab.domain}"
    said = asked(lab, SAWYER, address).stdout
    assert "Relay access denied" not in said, reason(
        fr=f"mail1 répond à un message pour {address} : Relay access denied",
        en=f"mail1 answers mail for {address}: Relay access denied",
    )

    def arrives(login):
        reader = employee(lab, login, verifies=False)
        received(lab, reader, send(lab, sawyer(lab), reader.address, "Bon de commande"))

    concurrently(arrives, (lab.values["login"], *COLLEAGUES))


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="Plusieurs messages de suite, à {{ login }} et à l'adresse contact, arrivent ; rien n'attend dans la file.",
    en="Several messages in a row, to {{ login }} and to the address contact, arrive; nothing is left in the queue.",
    before_fr="Si la scierie écrit plusieurs fois, il manque toujours des messages.",
    before_en="When the sawmill writes several times, messages are still missing.",
    timeout=150,
    because="did not arrive",
)
def test_several_messages_and_an_alias(lab):
    login = lab.values["login"]

    def arrives(way):
        address, reader = way
        subject = send(lab, sawyer(lab), f"{address}@{lab.domain}", "Relance")
        received(lab, employee(lab, reader, verifies=False), subject)

    concurrently(arrives, [(login, login), (login, login), ("contact", "croux")])

    def empty():
        queue = [json.loads(line)["recipients"] for line in lines_in(lab.host("mail1").check_output("postqueue -j"))]
        ours = [to for to in queue if any(one["address"].endswith(f"@{lab.domain}") for one in to)]
        assert not ours, reason(
            fr=f"messages qui attendent encore sur mail1 : {len(ours)}",
            en=f"messages still waiting on mail1: {len(ours)}",
        )
        return True

    # What has been waiting since the fault is tried again within nine seconds (main.cf), even where nobody hurries it.
    lab.wait(empty, within=10, every=0.5)
    tidy(lab, servers=("mail1",))  # among it what earlier gradings have sent


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Chacun retrouve tout son ancien courrier.",
    en="Everybody still has all their earlier mail.",
    timeout=90,
)
def test_earlier_mail_is_there(lab):
    assert_earlier_mail_is_there(lab, [employee(lab, login, verifies=False) for login in PASSWORDS])


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Le serveur ne relaie pas pour des inconnus, et refuse les destinataires qui n'existent pas.",
    en="The server doesn't relay for strangers, and refuses recipients who don't exist.",
    timeout=90,
)
def test_strangers_are_refused(lab):
    def refused(recipient):
        done = asked(lab, SAWYER, recipient)
        assert "<** 55" in done.stdout or "<** 45" in done.stdout, reason(
            fr=f"mail1 ne refuse pas le courrier pour {recipient} : {refusal(done)}",
            en=f"mail1 does not refuse mail for {recipient}: {refusal(done)}",
        )

    concurrently(refused, ("somebody@elsewhere.example", f"nobody-at-all@{lab.domain}"))


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Ce que l'on envoie à la scierie part toujours signé, et n'y passe pas pour indésirable.",
    en="Mail to the sawmill still leaves signed, and isn't taken for junk there.",
    timeout=60,
)
def test_outgoing_mail_is_signed(lab):
    sender = employee(lab, lab.values["login"], verifies=False)
    subject = send(lab, sender, SAWYER, "Commande")
    found = received(lab, sawyer(lab), subject, folders=("INBOX", "Junk"))
    assert found.folder == "INBOX", reason(
        fr="la scierie prend notre message pour un indésirable : il n'est pas signé",
        en="the sawmill takes our message for junk: it isn't signed",
    )


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Le serveur de la scierie, qui n'est pas à nous, n'a pas été reconfiguré.",
    en="The sawmill's server, which isn't ours, has not been reconfigured.",
    host="delmas",
    lock="",
)
def test_the_other_company_is_left_alone(lab):
    routes = lab.host("delmas").check_output("postconf -h transport_maps relayhost virtual_alias_maps").split()
    assert routes == ["$virtual_maps"], reason(
        fr=f"le Postfix de delmas a ses propres routes : {' '.join(routes)}",
        en=f"Postfix on delmas has routes of its own: {' '.join(routes)}",
    )
