"""Do recipients believe our mail again, because it is signed with a key that DNS publishes, and for nobody else?"""

import base64
import binascii
import re

from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key

from grader import check, concurrently, lines_in, reason, same_name, scaled_timeout
from lab_tools import (
    HOSTS,
    KEPT,
    PASSWORDS,
    SAWYER,
    assert_earlier_mail_is_there,
    assert_service,
    employee,
    received,
    refusal,
    sawyer,
    send,
    subject_by_hand,
    verdict_on,
)

DRAWING = 2_000_000
FOLDERS = ("INBOX", "Junk")
OWNERS = {"root", "opendkim"}
"""Accounts, and groups, that may have a signing key."""
DEEPEST = 3
"""From OpenDKIM's configuration by a table of keys to a key."""
ENOUGH = 2048
"""Bits of an RSA key that hold for some years (RFC 8301); keys of other kinds say no size."""


def signatures_of(headers, domain):
    """Return the tags of each signature for a domain (RFC 6376)."""
    plain = re.sub(r"\r\n[ \t]+", "", headers)
    written = re.findall(r"^DKIM-Signature:(.*)", plain, re.MULTILINE | re.IGNORECASE)
    found = [
        {key.strip(): value.strip() for key, _, value in (tag.partition("=") for tag in signature.split(";"))}
        for signature in written
    ]
    return [tags for tags in found if same_name(tags.get("d", ""), domain)]


def unverifiable(lab, headers):
    """Return why nobody can verify a message, whatever the recipient remembers of DNS, or nothing."""
    signatures = signatures_of(headers, lab.domain)
    if not signatures:
        return reason(fr="mail1 n'a pas signé le message", en="mail1 has not signed the message")
    missing = [tags.get("s", "") for tags in signatures if not is_published(lab, tags.get("s", ""))]
    if len(missing) < len(signatures):
        return ""
    selectors = ", ".join(missing)
    return reason(
        fr=f"le DNS ne publie pas de clé entière sous {selectors}", en=f"DNS publishes no whole key under {selectors}"
    )


def is_published(lab, selector):
    """Return whether DNS has a public key under a selector; srv1 itself is asked, so no cache answers."""
    name = f"{selector}._domainkey.{lab.domain}"
    record = " ".join(lab.probe("outside").resolve(name, lab.address("srv1", "eth1"), "TXT").records)
    text = re.sub(r'"\s+"', "", record)
    key = re.search(r"\bp\s*=\s*([\w+/=\s]+)", text)
    if key is None or re.search(r"\bk\s*=\s*ed25519\b", text):
        return key is not None
    try:
        load_der_public_key(base64.b64decode(re.sub(r"\s", "", key[1])))
    except (ValueError, binascii.Error):
        return False
    return True


def believed(lab, login, size=0):
    """Send messages to the sawmill until one is believed there, and return its header.

    What the sawmill has looked up in DNS counts for ten seconds (the zone's TTL). A message that nobody could verify,
    whatever they remember, needs no such patience.
    """
    me, latest = employee(lab, login, verifies=False), []

    def once():
        subject = send(lab, me, SAWYER, "Offre", size=size)
        found = received(lab, sawyer(lab), subject, folders=FOLDERS)
        latest[:] = [found.headers]
        verdict = verdict_on(found.headers, "mx.scierie-delmas.example")
        assert found.folder == "INBOX", reason(
            fr=f"la scierie range un message de {login} dans {found.folder} : {verdict}",
            en=f"the sawmill files a message from {login} in {found.folder}: {verdict}",
        )
        for told in ("dkim=pass", f"header.d={lab.domain}"):
            assert re.search(rf"{re.escape(told)}(?![\w.-])", verdict), reason(
                fr=f"la signature n'est pas pour {lab.domain} : {verdict}",
                en=f"the signature is not for {lab.domain}: {verdict}",
            )
        return found.headers

    return lab.wait(once, within=11, every=0.5, unless=lambda: "".join(unverifiable(lab, h) for h in latest))


@check(
    "symptom",
    points=5,
    competence="3.3",
    fr="La scierie vérifie un message {{ login | de }} (dkim=pass) et le range dans la boîte de réception.",
    en="The sawmill verifies a message from {{ login }} (dkim=pass), and files it in the inbox.",
    before_fr="Les messages {{ login | de }} arrivent à la scierie parmi les indésirables.",
    before_en="Messages from {{ login }} end up in the sawmill's junk folder.",
    timeout=150,
    because="in Junk",
)
def test_message_is_believed(lab):
    believed(lab, lab.values["login"])


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="Les messages de ses collègues sont crus aussi, avec ou sans plan, et le resteront après un redémarrage.",
    en="Colleagues' messages are believed too, with a drawing or without, and will be after a reboot.",
    before_fr="Les messages de ses collègues y arrivent aussi parmi les indésirables, avec ou sans plan.",
    before_en="Colleagues' messages end up in junk there too, with a drawing or without.",
    timeout=150,
    because="in Junk",
)
def test_everybody_is_believed(lab):
    believed(lab, "tgarnier")  # where it is not, no further message needs to tell
    concurrently(lambda one: believed(lab, *one), [("kbenali", DRAWING), ("mlebreton", 0)])
    assert_service(lab, "mail1", "opendkim")
    processes = lab.host("mail1").process.filter(comm="opendkim")
    accounts = {name for process in processes for name in (process.user, process.group)}
    assert "root" not in accounts, reason(
        fr="opendkim tourne avec les droits de root", en="opendkim runs with root's rights"
    )
    opendkim = lab.host("mail1").service("opendkim")
    for name in ("SupplementaryGroups", "AmbientCapabilities"):
        assert not opendkim.systemd_property(f"Service.{name}"), reason(
            fr=f"le service opendkim a des droits de plus : {name}",
            en=f"the opendkim service has been given more rights: {name}",
        )


@check(
    "objective",
    points=2,
    competence="2.1",
    fr="Le DNS publie en entier la clé qui vérifie nos messages.",
    en="DNS publishes the whole of the key that our messages are verified with.",
    before_fr="À l'extérieur, personne ne peut s'assurer qu'un message vient de nous.",
    before_en="Nobody outside can make sure that a message comes from us.",
    timeout=60,
    because="publishes no whole key",
)
def test_key_is_published(lab):
    subject = send(lab, employee(lab, "kbenali", verifies=False), SAWYER, "Offre")
    headers = received(lab, sawyer(lab), subject, folders=FOLDERS).headers
    settings = lab.host("mail1").file("/etc/opendkim.conf").content_string
    meant = re.findall(r"^\s*Selector\s+(\S+)", settings, re.MULTILINE | re.IGNORECASE)
    selectors = [tags.get("s", "") for tags in signatures_of(headers, lab.domain)] or meant
    named = ", ".join(selectors) or reason(fr="aucun nom", en="any name")
    assert any(is_published(lab, selector) for selector in selectors), reason(
        fr=f"le DNS ne publie pas de clé entière sous {named}", en=f"DNS publishes no whole key under {named}"
    )


@check(
    "objective",
    points=1,
    competence="3.3",
    fr="Ce qui arrive de l'extérieur est de nouveau vérifié par notre serveur.",
    en="What arrives from outside is verified by our server again.",
    before_fr="Rien ne dit si un message reçu vient bien de qui il le prétend.",
    before_en="Nothing tells whether a message we receive really comes from whom it says.",
    timeout=60,
    because="verifies",
)
def test_arriving_mail_is_verified(lab):
    # A signature that cannot be right: whoever verifies it says so in the message's header.
    forged = "v=1; a=rsa-sha256; c=relaxed/simple; d=scierie-delmas.example; s=none; h=from; bh=AAAA; b=AAAA"
    headers = handed_in(lab, SAWYER, "Devis", ["--add-header", f"DKIM-Signature: {forged}"])
    verdict = verdict_on(headers, f"mx1.{lab.domain}")
    assert re.search(r"dkim=(?!none|pass)\w+", verdict), reason(
        fr=f"personne sur mail1 ne vérifie ce qui arrive : {verdict}",
        en=f"nobody on mail1 verifies what arrives: {verdict}",
    )


def handed_in(lab, sender, begin, options=()):
    """Hand a message in at mail1 as a stranger, without a password, and return the header that the reader sees."""
    reader, (subject, unique) = employee(lab, "croux", verifies=False), subject_by_hand(begin)
    argv = ["swaks", "--server", lab.address("mail1", "eth1"), "--from", sender, "--to", reader.address]
    done = lab.client("delmas").run([*argv, *unique, *options, "--timeout", str(scaled_timeout(8))], timeout=30)
    assert done.status == 0, reason(
        fr=f"mail1 refuse du courrier de l'extérieur : {refusal(done)}",
        en=f"mail1 refuses mail from outside: {refusal(done)}",
    )
    return received(lab, reader, subject, folders=FOLDERS).headers


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="La scierie se méfie toujours de ce que personne n'a signé : rien n'a été changé chez elle.",
    en="The sawmill still distrusts what nobody has signed: nothing has been changed at its end.",
    timeout=60,
)
def test_sawmill_still_distrusts(lab):
    def distrusted(forged):
        subject, unique = subject_by_hand("Gagnez")
        argv = ["swaks", "--server", lab.address("delmas"), "--from", forged, "--to", SAWYER]
        done = lab.client("delmas").run([*argv, *unique, "--timeout", str(scaled_timeout(8))], timeout=30)
        assert done.status == 0, reason(
            fr=f"la scierie refuse du courrier : {refusal(done)}", en=f"the sawmill refuses mail: {refusal(done)}"
        )
        found = received(lab, sawyer(lab), subject, folders=FOLDERS)
        assert found.folder == "Junk", reason(
            fr=f"la scierie prend pour bon un message non signé de {forged}",
            en=f"the sawmill takes an unsigned message from {forged} for genuine",
        )

    concurrently(distrusted, ("offre@elsewhere.example", f"croux@{lab.domain}"))


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Le serveur ne signe pas ce que des inconnus lui remettent au nom de l'entreprise.",
    en="The server doesn't sign what strangers hand in under the company's name.",
    timeout=60,
)
def test_strangers_get_no_signature(lab):
    headers = handed_in(lab, f"afaure@{lab.domain}", "Virement")
    assert "DKIM-Signature" not in headers, reason(
        fr="mail1 a signé au nom de l'entreprise le message d'un inconnu",
        en="mail1 has signed a stranger's message in the company's name",
    )


def bits_of(signatures):
    """Return the bits of each RSA key that has signed: a signature is as long as its key."""
    return [8 * len(base64.b64decode(tags["b"])) for tags in signatures if tags.get("a", "").startswith("rsa-")]


def is_key(file):
    """Return whether a file holds a private key."""
    return file.contains("-BEGIN \\([A-Z]* \\)\\?PRIVATE KEY")


def signing_keys(host):
    """Return the private keys in OpenDKIM's folders, and those that its configuration and its tables name."""
    found = {key for folder in ("/etc/opendkim", "/etc/dkimkeys") for key in keys_in(host, folder)}
    text, known = f"/etc/opendkim.conf {host.service('opendkim').systemd_property('Service.ExecStart')}", set()
    for _ in range(DEEPEST):
        paths = {path for path in re.findall(r"/[\w./-]+", text) if not path.startswith("/usr/")} - known
        files = {path: host.file(path) for path in sorted(paths) if host.file(path).is_file}
        found |= {path for path, file in files.items() if is_key(file)}
        text = re.sub("#.*", "", "\n".join(file.content_string for file in files.values()))
        known |= paths
    return sorted(found)


def keys_in(host, folder):
    """Return the private keys in a folder."""
    rows = host.file(folder).tree() if host.file(folder).exists else ()
    paths = [f"{folder}/{row.path}" for row in rows if row.kind == "file"]
    return [path for path in paths if is_key(host.file(path))]


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Les clés de signature sont assez longues, ne sont pas lisibles par tous, et n'ont pas quitté mail1.",
    en="The signing keys are long enough, aren't readable by everyone, and haven't left mail1.",
    host="mail1",
    lock="",
    timeout=90,
)
def test_key_is_private(lab):
    subject = send(lab, employee(lab, "afaure", verifies=False), SAWYER, "Offre")
    message = received(lab, sawyer(lab), subject, folders=FOLDERS)
    for bits in bits_of(signatures_of(message.headers, lab.domain)):
        assert bits >= ENOUGH, reason(
            fr=f"mail1 signe avec une clé de {bits} bits, {ENOUGH} attendus",
            en=f"mail1 signs with a key of {bits} bits, expected {ENOUGH}",
        )
    mail1 = lab.host("mail1")
    keys = signing_keys(mail1)
    assert keys, reason(
        fr="il n'y a plus de clé de signature sur mail1", en="there is no longer a signing key on mail1"
    )
    for key in keys:
        file = mail1.file(key)
        bits = getattr(load_pem_private_key(file.content, None), "key_size", ENOUGH)
        assert bits >= ENOUGH, reason(
            fr=f"{key} a {bits} bits, {ENOUGH} attendus", en=f"{key} has {bits} bits, expected {ENOUGH}"
        )
        assert not file.mode & 0o007, usable_by_all(key)
        assert file.user in OWNERS, reason(fr=f"{key} appartient à {file.user}", en=f"{key} belongs to {file.user}")
        assert not file.mode & 0o070 or file.group in OWNERS, reason(
            fr=f"{key} est ouvert au groupe {file.group}", en=f"{key} is open to the group {file.group}"
        )
    # A line from the middle of each key, where nothing of its public half is any more.
    lines = [lines[len(lines) // 2] for lines in (mail1.file(key).content_string.split() for key in keys)]
    wanted = " ".join(f"-e {line}" for line in lines)

    def only_on_mail1(name):
        host = lab.host(name)
        for copy in lines_in(host.run(f"grep -rlsF {wanted} {KEPT}").stdout):
            assert name == "mail1", reason(
                fr=f"une clé de signature est sur {name} : {copy}", en=f"a signing key is on {name}: {copy}"
            )
            assert not host.file(copy).mode & 0o007, usable_by_all(copy)

    concurrently(only_on_mail1, HOSTS)


def usable_by_all(key):
    return reason(fr=f"tout le monde peut utiliser {key}", en=f"everyone may use {key}")


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="On reçoit toujours du courrier de l'extérieur, et l'ancien est là.",
    en="Mail still arrives from outside, and the earlier mail is there.",
    timeout=90,
)
def test_mail_is_received(lab):
    outside = lab.probe("outside")

    def exchanger_is_the_same():
        found = outside.resolve(lab.domain, lab.address("srv1", "eth1"), "MX").records
        said = ", ".join(found) or reason(fr="aucun", en="none")
        assert found == (f"10 mx1.{lab.domain}",), reason(
            fr=f"l'enregistrement MX n'est plus « 10 mx1.{lab.domain} » : {said}",
            en=f"the MX record is no longer '10 mx1.{lab.domain}': {said}",
        )

    def invoice_arrives():
        subject = send(lab, sawyer(lab), f"croux@{lab.domain}", "Facture")
        received(lab, employee(lab, "croux", verifies=False), subject)

    def earlier_mail_is_there():
        assert_earlier_mail_is_there(lab, [employee(lab, login, verifies=False) for login in PASSWORDS])

    concurrently(lambda ask: ask(), (exchanger_is_the_same, invoice_arrives, earlier_mail_is_there))
