"""Does the second controller learn what changes on the first one, the new password and whatever comes next?"""

import re
from datetime import UTC, datetime, timedelta

import pytest

from grader import account_names, check, concurrently, lines_in, reason, ruleset_differences
from lab_tools import ARRIVES, CONTROLLERS, PEOPLE, arrives, end_of, listed, ticket, words_of

LOGINS = {"Nadia Brunet": "nbrunet", "Mathis Carré": "mcarre"}
OWN = {"pc1": "dc1", "pc2": "dc2"}
"""The controller that a workstation turns to first."""
COLLEAGUES = {"pc1": ("sdasilva", "hmarchand"), "pc2": ("ylegoff", "sdasilva")}
LDB = "ldbsearch -H /var/lib/samba/private/sam.ldb"
PARTNERS = f"{LDB} -b CN=Configuration,DC=brocelia,DC=internal '(objectClass=nTDSDSA)' options objectGUID"
TAKES_NOTHING, PASSES_NOTHING = 0x2, 0x4
"""Bits of a controller's options."""
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
"""From when Active Directory counts, in tenths of microseconds."""
AT_ONCE = timedelta(minutes=1)
"""In what time a new account has its first password."""
UPDATE_LIST = "/var/lib/samba/private/dns_update_list"
POLICY = ("policy drop;", "ip saddr != $COMPANY drop", "define COMPANY = 192.168.40.0/24")
"""What a controller's packet filter drops: all that no rule names, and whatever comes from elsewhere."""
ACCEPTED = {
    "ct state established,related accept",
    'iifname "lo" accept',
    "icmp type echo-request accept",
    "tcp dport 22 accept",
    "meta l4proto { tcp, udp } th dport 53 accept",
    "meta l4proto { tcp, udp } th dport 88 accept",
    "meta l4proto { tcp, udp } th dport 464 accept",
    "meta l4proto { tcp, udp } th dport 389 accept",
    "tcp dport { 636, 3268, 3269 } accept",
    "tcp dport 445 accept",
    "tcp dport 135 accept",
    "tcp dport 49152-65535 accept",
}
"""What it lets in."""
ANNOUNCED = ("_ldap._tcp", "_kerberos._udp")


def passwords(lab):
    """Return who wrote the ticket: login, the password that was chosen last, and the one that is not valid.

    dc1, where passwords are changed, tells which is which: the one that the account was made with is valid until it is
    changed there. Whoever sets that one once more makes it no more valid.
    """
    login = LOGINS[lab.values["user"]]
    found = lab.host("dc1").check_output(f"{LDB} '(sAMAccountName={login})' whenCreated pwdLastSet")
    told = dict(re.findall(r"^(whenCreated|pwdLastSet): (\d+)", found, re.MULTILINE))
    assert len(told) == 2, reason(fr=f"dc1 ne connaît pas {login}", en=f"dc1 does not know {login}")
    made = datetime.strptime(told["whenCreated"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    changed = EPOCH + timedelta(microseconds=int(told["pwdLastSet"]) // 10)
    first, becomes = PEOPLE[login][0], lab.values["becomes"]
    return (login, becomes, first) if changed - made > AT_ONCE else (login, first, becomes)


def partners(lab, controller):
    """Return each controller's options and identifier, as one of them knows them."""
    found = {}
    for entry in lab.host(controller).check_output(PARTNERS).replace("\n ", "").split("\n\n"):
        told = dict(re.findall(r"^(dn|options|objectGUID): (.*)$", entry, re.MULTILINE))
        if "objectGUID" in told:
            name = told["dn"].split(",")[1].removeprefix("CN=").lower()
            found[name] = (int(told.get("options", "0")), told["objectGUID"])
    return found


def told_to_keep_apart(lab):
    """Return in words that the second controller takes over nothing, or the first passes nothing on; else nothing."""
    first, second = concurrently(lambda controller: partners(lab, controller)[controller][0], CONTROLLERS)
    if second & TAKES_NOTHING:
        return reason(
            fr="dc2 a pour consigne de ne rien recevoir (DISABLE_INBOUND_REPL)",
            en="dc2 has been told to take over nothing (DISABLE_INBOUND_REPL)",
        )
    if first & PASSES_NOTHING:
        return reason(
            fr="dc1 a pour consigne de ne rien transmettre (DISABLE_OUTBOUND_REPL)",
            en="dc1 has been told to pass nothing on (DISABLE_OUTBOUND_REPL)",
        )
    return ""


def not_found(lab):
    """Return in words which name of a controller the domain's DNS does not know for the other one; else nothing."""
    for controller, (_, guid) in sorted(partners(lab, "dc1").items()):
        name = f"{guid}._msdcs.{lab.domain}"
        # The first controller's DNS, which both of them ask: what it learns reaches the other's DNS a little later.
        found = lab.probe("lan").resolve(name, lab.address("dc1"), "CNAME")
        if [record.rstrip(".").lower() for record in found.records] != [f"{controller}.{lab.domain}"]:
            shown = ", ".join(found.records) or reason(fr="rien", en="nothing")
            return reason(
                fr=f"le DNS répond « {shown} » pour {name}, l'alias de {controller}",
                en=f"DNS answers '{shown}' for {name}, the alias of {controller}",
            )
    return ""


def apart(lab):
    """Return in words what keeps the two controllers apart for good; else nothing."""
    return told_to_keep_apart(lab) or not_found(lab)


def stopped(lab):
    """Return in words that a controller's service is stopped, so that nothing reaches it or leaves it; else nothing."""
    for controller in CONTROLLERS:
        state = lab.host(controller).service("samba-ad-dc").systemd_property("Unit.ActiveState")
        if state in {"inactive", "failed"}:
            return reason(fr=f"samba-ad-dc est arrêté sur {controller}", en=f"samba-ad-dc is stopped on {controller}")
    return ""


def refused_for_good(done):
    """Return in words that a controller has looked at a password and turned it down; else nothing."""
    if not re.search("Password incorrect|Preauthentication failed", done.stderr):
        return ""
    return reason(fr="réessayer n'y changera rien", en="trying again will change nothing")


def never_chosen(lab, login, chosen):
    """Return in words what keeps a password from ever being known to dc2; else nothing: dc1 itself may refuse it."""
    return stopped(lab) or apart(lab) or refused_for_good(ticket(lab, "pc1", "dc1", login, chosen))


def takes_the_chosen_one(lab, controller, login, chosen, other, unless):
    """See that a controller gives a ticket for the password that was chosen last, and none for the other one."""

    def gives():
        done = ticket(lab, "pc1", controller, login, chosen)
        assert done.status == 0, reason(
            fr=f"{controller} refuse un ticket à {login}, avec le mot de passe choisi : {words_of(done)}",
            en=f"{controller} refuses {login} a ticket for the chosen password: {words_of(done)}",
        )
        return True

    lab.wait(gives, within=ARRIVES, every=0.5, unless=unless)
    done = ticket(lab, "pc1", controller, login, other)
    assert done.status, reason(
        fr=f"{controller} accepte de {login} un mot de passe qui n'est pas celui qui a été choisi",
        en=f"{controller} takes a password from {login} that is not the chosen one",
    )


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Sur pc2, {{ user }} ouvre une session avec le mot de passe choisi en dernier, et avec lui seul.",
    en="On pc2 {{ user }} logs in with the password chosen last, and with no other.",
    before_fr="Sur pc2, le nouveau mot de passe {{ user | de }} est refusé.",
    before_en="On pc2 the new password of {{ user }} is refused.",
    timeout=180,
)
def test_new_password(lab):
    login, chosen, other = passwords(lab)

    def lets_in():
        done = lab.login("lan", "pc2", login, chosen)
        assert done.accepted, reason(
            fr=f"{login} sur pc2, avec le mot de passe choisi : {end_of(done)}",
            en=f"{login} on pc2, with the chosen password: {end_of(done)}",
        )
        return True

    lab.wait(lets_in, within=2 * ARRIVES, every=0.5, unless=lambda: never_chosen(lab, login, chosen))
    # A workstation whose own controller is slow turns to the other one, which lets people in today, and not tomorrow.
    takes_the_chosen_one(lab, OWN["pc2"], login, chosen, other, unless=lambda: never_chosen(lab, login, chosen))
    done = lab.login("lan", "pc2", login, other)
    assert not done.accepted, reason(
        fr=f"pc2 laisse entrer {login} avec un mot de passe qui n'est pas celui qui a été choisi",
        en=f"pc2 lets {login} in with a password that is not the chosen one",
    )


@check(
    "symptom",
    points=2,
    competence="2.4",
    fr="dc2 connaît le mot de passe {{ user | de }} qui a été choisi en dernier, et refuse l'autre.",
    en="dc2 knows the password of {{ user }} that was chosen last, and refuses the other one.",
    before_fr="Le nouveau mot de passe {{ user | de }} ne marche qu'à moitié.",
    before_en="The new password of {{ user }} works in places only.",
    because="Password incorrect|Preauthentication failed",
    timeout=180,
)
def test_second_knows(lab):
    login, chosen, other = passwords(lab)
    takes_the_chosen_one(lab, "dc2", login, chosen, other, unless=lambda: never_chosen(lab, login, chosen))


@check(
    "symptom",
    points=3,
    competence="2.4",
    fr="Un compte créé maintenant sur dc1 est connu de dc2.",
    en="An account that is made on dc1 now is known to dc2.",
    before_fr="À l'atelier, on ne connaît pas un compte qui vient d'être créé aux bureaux.",
    before_en="The workshop does not know an account that has just been made in the offices.",
    because="does not know",
    timeout=240,
)
def test_next_change_arrives(lab):
    arrives(lab, "dc1", "dc2", unless=lambda: stopped(lab) or apart(lab))


@check(
    "objective",
    points=3,
    competence="2.4",
    fr="Aucune consigne ne sépare les contrôleurs, et chacun enregistre lui-même le nom sous lequel on le cherche.",
    en="Nothing tells the controllers to stay apart, and each registers by itself the name by which it is looked for.",
    before_fr="Le prochain changement risque le même sort.",
    before_en="The next change may go the same way.",
    lock="",
    timeout=120,
)
def test_for_good(lab):
    why = apart(lab)
    assert not why, why
    for controller in CONTROLLERS:
        text = lab.host(controller).file(UPDATE_LIST).content_string
        assert re.search(r"^(\$\{IF_\w+\})?CNAME\s+\$\{NTDSGUID\}\._msdcs\.", text, re.MULTILINE), reason(
            fr=f"{controller} n'enregistre plus lui-même son alias sous _msdcs : il manque dans {UPDATE_LIST}",
            en=f"{controller} no longer registers its alias below _msdcs by itself: {UPDATE_LIST} lacks it",
        )


@check(
    "guard",
    points=2,
    competence="2.4",
    fr="Là où il a été changé, le mot de passe {{ user | de }} est toujours celui qui a été choisi, et lui seul.",
    en="Where it was changed, the password of {{ user }} is still the chosen one, and no other.",
    timeout=120,
)
def test_password_kept(lab):
    login, chosen, other = passwords(lab)
    takes_the_chosen_one(
        lab,
        "dc1",
        login,
        chosen,
        other,
        unless=lambda: refused_for_good(ticket(lab, "pc1", "dc1", login, chosen)),
    )


@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Un compte créé sur dc2 est toujours connu de dc1.",
    en="An account that is made on dc2 is still known to dc1.",
    timeout=240,
)
def test_other_way(lab):
    arrives(lab, "dc2", "dc1", unless=lambda: stopped(lab))


@check(
    "guard",
    points=2,
    competence="2.4",
    fr="Les deux contrôleurs restent en service, démarrent avec leur machine et sont annoncés à tous.",
    en="Both controllers stay in service, start with their host and are announced to everybody.",
    timeout=120,
)
def test_both_serve(lab):
    for controller in CONTROLLERS:
        for name in ("samba-ad-dc", "nftables"):
            service = lab.host(controller).service(name)
            assert service.is_running, reason(
                fr=f"{name} ne fonctionne pas sur {controller}", en=f"{name} does not run on {controller}"
            )
            assert service.is_enabled, reason(
                fr=f"{name} ne démarre pas avec {controller}", en=f"{name} does not start with {controller}"
            )
    both = sorted(f"{name}.{lab.domain}" for name in CONTROLLERS)
    for name in ANNOUNCED:
        found = lab.probe("lan").resolve(f"{name}.{lab.domain}", lab.address("dc1"), "SRV")
        shown = ", ".join(found.records) or reason(fr="aucun enregistrement", en="no record")
        assert sorted(record.split()[3].rstrip(".") for record in found.records) == both, reason(
            fr=f"{name} : {shown}, au lieu de {' et '.join(both)}", en=f"{name}: {shown}, not {' and '.join(both)}"
        )


@pytest.mark.parametrize("controller", CONTROLLERS)
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Le pare-feu de {{ controller }} ne laisse entrer que ce qu'il laissait entrer.",
    en="The packet filter of {{ controller }} lets in no more than it did.",
    host="{{ controller }}",
    lock="",
    timeout=120,
)
def test_filter_as_strict(lab, controller):
    there = lab.host(controller)
    text = there.file("/etc/nftables.conf").content_string
    lines = {" ".join(line.partition("#")[0].split()) for line in lines_in(text)}
    lost = [rule for rule in POLICY if not any(rule in line for line in lines)]
    assert not lost, reason(
        fr=f"le pare-feu de {controller} ne dit plus : {listed(lost)}",
        en=f"the packet filter of {controller} no longer says: {listed(lost)}",
    )
    wider = {line for line in lines if re.search(r"\baccept\b|\binclude\b", line)} - ACCEPTED
    assert not wider, reason(
        fr=f"le pare-feu de {controller} laisse entrer davantage : {listed(wider)}",
        en=f"the packet filter of {controller} lets more in: {listed(wider)}",
    )
    differs = ruleset_differences(there)
    assert not differs, differs


@check(
    "guard",
    points=2,
    competence="2.4",
    fr="Le compte {{ user | de }} est celui d'avant, le même pour les deux contrôleurs, avec ses groupes.",
    en="The account of {{ user }} is the one of before, the same on both controllers, with its groups.",
    lock="",
    timeout=120,
)
def test_same_account(lab):
    login = LOGINS[lab.values["user"]]

    def number(controller, name):
        found = lab.host(controller).check_output(f"{LDB} '(sAMAccountName={name})' objectSid")
        sid = re.search(r"^objectSid: \S+-(\d+)$", found, re.MULTILINE)
        assert sid, reason(fr=f"{controller} ne connaît pas {name}", en=f"{controller} does not know {name}")
        return int(sid[1])

    # Accounts are numbered as they are made, and the second controller's was made after those of all the people.
    numbers = concurrently(lambda controller: number(controller, login), CONTROLLERS)
    assert max(numbers) < number("dc1", "DC2$"), reason(
        fr=f"{login} est un autre compte qu'avant", en=f"{login} is another account than before"
    )
    assert len(set(numbers)) == 1, reason(
        fr=f"{login} n'est pas le même compte pour les deux contrôleurs",
        en=f"{login} is not the same account on both controllers",
    )
    for pc in OWN:
        lacking = PEOPLE[login][1] - set(lab.client(pc).run(["id", "-Gn", login]).stdout.split())
        assert not lacking, reason(
            fr=f"sur {pc}, {login} n'est plus dans {listed(lacking)}",
            en=f"on {pc} {login} is no longer in {listed(lacking)}",
        )


@pytest.mark.parametrize("host", OWN)
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="{{ host }} s'adresse toujours d'abord au contrôleur de son bâtiment, sinon à l'autre, et au domaine seul.",
    en="{{ host }} still turns to the controller of its building first, then to the other, and to the domain alone.",
    host="{{ host }}",
    lock="",
    timeout=120,
)
def test_workstation_unchanged(lab, host):
    there = lab.host(host)
    text = there.check_output("cat /etc/sssd/sssd.conf $(find /etc/sssd/conf.d -name '*.conf')")
    settings = dict(re.findall(r"^\s*(\w+)\s*=\s*(.*?)\s*$", text, re.MULTILINE))
    (other,) = set(CONTROLLERS) - {OWN[host]}
    due = {
        "id_provider": "ad",
        "access_provider": "ad",
        "ad_server": f"{OWN[host]}.{lab.domain}",
        "ad_backup_server": f"{other}.{lab.domain}",
    }
    for key, value in due.items():
        shown = settings.get(key) or reason(fr="rien", en="nothing")
        assert shown == value, reason(
            fr=f"SSSD : {key} = {shown}, au lieu de {value}", en=f"SSSD: {key} = {shown}, not {value}"
        )
    assert settings.get("krb5_validate", "true").lower() == "true", reason(
        fr="SSSD ne vérifie plus les tickets", en="SSSD no longer verifies tickets"
    )
    assert settings.get("cache_credentials", "false").lower() == "false", reason(
        fr="SSSD ouvre des sessions avec des mots de passe gardés en cache",
        en="SSSD logs in from a cache of passwords",
    )
    local = account_names(there.file("/etc/passwd").content_string) & {*PEOPLE, "pmorel"}
    assert not local, reason(
        fr=f"{host} : /etc/passwd contient {listed(local)}", en=f"{host}: /etc/passwd has {listed(local)}"
    )


@pytest.mark.parametrize("host", OWN)
@check(
    "guard",
    points=1,
    competence="2.4",
    fr="Sur {{ host }}, les collègues ouvrent toujours une session ; un ancien salarié reste refusé.",
    en="On {{ host }} colleagues still log in; a former employee is still refused.",
    timeout=120,
)
def test_colleagues(lab, host):
    def lets_in(login):
        def accepted():
            done = lab.login("lan", host, login, PEOPLE[login][0])
            assert done.accepted, reason(
                fr=f"{login} sur {host} : {end_of(done)}", en=f"{login} on {host}: {end_of(done)}"
            )
            return True

        lab.wait(accepted, within=ARRIVES, every=0.5)

    concurrently(lets_in, COLLEAGUES[host])
    gone = lab.login("lan", host, "pmorel", "Bristol-640")
    assert not gone.accepted, reason(
        fr=f"{host} laisse entrer pmorel, qu'il doit refuser", en=f"{host} lets pmorel in, who must be refused"
    )
