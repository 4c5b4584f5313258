"""Do recipients believe our mail again, because it is signed with a key that DNS publishes, and for nobody else?"""

import base64
import re
import secrets

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from grader import check, find_mail, lines_in, scaled_timeout, send_mail
from lab_tools import (
    HOSTS,
    KEPT,
    PASSWORDS,
    SAWYER,
    assert_earlier_mail_is_there,
    assert_service,
    assert_service_of_mail1,
    employee,
    sawyer,
)

DRAWING = 2_000_000
FOLDERS = ("INBOX", "Junk")
OWNERS = {"root", "opendkim"}
"""Accounts, and groups, that may have a signing key."""
DEEPEST = 3
"""From OpenDKIM's configuration by a table of keys to a key."""
ENOUGH = 2048
"""Bits of an RSA key that hold for some years (RFC 8301); keys of other kinds say no size."""


def results(headers, server):
    """Return what a server says of a message's signature (RFC 8601); a sender may write what another one would say."""
    plain = re.sub(r"\r\n[ \t]+", " ", headers)
    found = re.findall(rf"^Authentication-Results: *{re.escape(server)};(.*?)\r?$", plain, re.MULTILINE | re.IGNORECASE)
    return " ".join(told.strip() for told in found) or "dkim=none"


def believed(lab, login, size=0):
    """Send a message to the sawmill, and require that it is believed there."""
    subject = send_mail(lab.probe("lan"), employee(lab, login, verifies=False), SAWYER, subject="Offre", size=size)
    found = find_mail(lab.probe("outside"), sawyer(lab), subject, folders=FOLDERS)
    verdict = results(found.headers, "mx.scierie-delmas.example")
    assert found.folder == "INBOX", f"the sawmill files a message of {login} in {found.folder}: {verdict}"
    for told in ("dkim=pass", f"header.d={lab.domain}"):
        assert re.search(rf"{re.escape(told)}(?![\w.-])", verdict), f"the signature is not for {lab.domain}: {verdict}"
    return True


@check(
    "symptom",
    points=5,
    competence="3.3",
    fr="La scierie vérifie un message {{ login | de }} (dkim=pass) et le range dans la boîte de réception.",
    en="The sawmill verifies a message of {{ login }} (dkim=pass), and files it in the inbox.",
    timeout=150,
    because="in Junk",
)
def test_message_is_believed(lab):
    # What the sawmill has looked up in DNS counts for some seconds.
    lab.wait(lambda: believed(lab, lab.values["login"]), within=25, every=3)


@check(
    "symptom",
    points=2,
    competence="3.3",
    fr="Les messages de ses collègues sont crus aussi, avec ou sans plan, et le resteront après un redémarrage.",
    en="The messages of colleagues are believed as well, with a drawing or without, and will be after a reboot.",
    timeout=150,
    because="in Junk",
)
def test_everybody_is_believed(lab):
    lab.wait(lambda: believed(lab, "tgarnier"), within=25, every=3)
    for login, size in (("kbenali", DRAWING), ("mlebreton", 0)):
        believed(lab, login, size)
    assert_service_of_mail1(lab, "opendkim")
    processes = lab.host("mail1").process.filter(comm="opendkim")
    accounts = {name for process in processes for name in (process.user, process.group)}
    assert "root" not in accounts, "opendkim runs with root's rights"
    opendkim = lab.host("mail1").service("opendkim")
    for name in ("SupplementaryGroups", "AmbientCapabilities"):
        assert not opendkim.systemd_property(f"Service.{name}"), f"the service opendkim is given more: {name}"


@check(
    "objective",
    points=1,
    competence="3.3",
    fr="Ce qui arrive de l'extérieur est de nouveau vérifié par notre serveur.",
    en="What arrives from outside is verified by our server again.",
    timeout=60,
    because="verifies",
)
def test_arriving_mail_is_verified(lab):
    # A signature that cannot be right: whoever verifies it says so in the message's header.
    subject, reader = f"Devis {secrets.token_hex(6)}", employee(lab, "croux", verifies=False)
    forged = "v=1; a=rsa-sha256; c=relaxed/simple; d=scierie-delmas.example; s=none; h=from; bh=AAAA; b=AAAA"
    argv = ["swaks", "--server", lab.address("mail1", "eth1"), "--from", SAWYER, "--to", reader.address]
    argv += ["--header", f"Subject: {subject}", "--add-header", f"DKIM-Signature: {forged}"]
    sent = lab.client("delmas").run([*argv, "--timeout", str(scaled_timeout(10))], timeout=30)
    assert sent.status == 0, f"mail1 refuses mail from outside: {sent.stdout[-200:]}"
    found = find_mail(lab.probe("lan"), reader, subject, folders=FOLDERS)
    verdict = results(found.headers, f"mx1.{lab.domain}")
    assert re.search(r"dkim=(?!none|pass)\w+", verdict), f"nobody on mail1 verifies what arrives: {verdict}"


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="La scierie se méfie toujours de ce que personne n'a signé : rien n'a été changé chez elle.",
    en="The sawmill still distrusts what nobody has signed: nothing was changed on its side.",
    timeout=60,
)
def test_sawmill_still_distrusts(lab):
    subject = f"Gagnez {secrets.token_hex(6)}"
    for forged in ("offre@elsewhere.example", f"croux@{lab.domain}"):
        argv = [
            "swaks",
            "--server",
            lab.address("delmas"),
            "--from",
            forged,
            "--to",
            SAWYER,
            "--timeout",
            str(scaled_timeout(10)),
        ]
        sent = lab.client("delmas").run([*argv, "--header", f"Subject: {subject} {forged}"], timeout=30)
        assert sent.status == 0, f"the sawmill refuses mail: {sent.stdout[-200:]}"
        found = find_mail(lab.probe("outside"), sawyer(lab), f"{subject} {forged}", folders=FOLDERS)
        assert found.folder == "Junk", f"the sawmill takes an unsigned message of {forged} for good"


@check(
    "guard",
    points=2,
    competence="3.3",
    fr="Le serveur ne signe pas ce que des inconnus lui remettent au nom de l'entreprise.",
    en="The server does not sign what strangers hand in in the company's name.",
    timeout=60,
)
def test_strangers_get_no_signature(lab):
    subject, forged = f"Virement {secrets.token_hex(6)}", f"afaure@{lab.domain}"
    reader = employee(lab, "croux", verifies=False)
    argv = ["swaks", "--server", lab.address("mail1", "eth1"), "--from", forged, "--to", reader.address]
    sent = lab.client("delmas").run(
        [*argv, "--header", f"Subject: {subject}", "--timeout", str(scaled_timeout(10))], timeout=30
    )
    assert sent.status == 0, f"mail1 refuses mail from outside: {sent.stdout[-200:]}"
    found = find_mail(lab.probe("lan"), reader, subject, folders=FOLDERS)
    assert "DKIM-Signature" not in found.headers, "mail1 has signed a stranger's message in the company's name"


def signed_with(headers, domain):
    """Return the bits of each RSA key that has signed a message for a domain: a signature is as long as its key."""
    plain = re.sub(r"\r\n[ \t]+", "", headers)
    found = []
    for written in re.findall(r"^DKIM-Signature:(.*)", plain, re.MULTILINE | re.IGNORECASE):
        tags = {key.strip(): value.strip() for key, _, value in (tag.partition("=") for tag in written.split(";"))}
        if tags.get("d", "").lower() == domain and tags.get("a", "").startswith("rsa-"):
            found.append(8 * len(base64.b64decode(tags["b"])))
    return found


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
    en="The signing keys are long enough, are not readable by everybody, and have not left mail1.",
    host="mail1",
    timeout=90,
)
def test_key_is_private(lab):
    subject = send_mail(lab.probe("lan"), employee(lab, "afaure", verifies=False), SAWYER, subject="Offre")
    message = find_mail(lab.probe("outside"), sawyer(lab), subject, folders=FOLDERS)
    for bits in signed_with(message.headers, lab.domain):
        assert bits >= ENOUGH, f"mail1 signs with a key of {bits} bits"
    mail1 = lab.host("mail1")
    keys = signing_keys(mail1)
    assert keys, "there is no signing key on mail1 any more"
    for key in keys:
        file = mail1.file(key)
        bits = getattr(load_pem_private_key(file.content, None), "key_size", ENOUGH)
        assert bits >= ENOUGH, f"{key} has {bits} bits"
        assert not file.mode & 0o007, f"everybody may use {key}"
        assert file.user in OWNERS, f"{key} belongs to {file.user}"
        assert not file.mode & 0o070 or file.group in OWNERS, f"{key} is open to the group {file.group}"
    # A line from the middle of each key, where nothing of its public half is any more.
    lines = [lines[len(lines) // 2] for lines in (mail1.file(key).content_string.split() for key in keys)]
    wanted = " ".join(f"-e {line}" for line in lines)
    for name in HOSTS:
        host = lab.host(name)
        for copy in lines_in(host.run(f"grep -rlsF {wanted} {KEPT}").stdout):
            assert name == "mail1", f"a signing key is on {name}: {copy}"
            assert not host.file(copy).mode & 0o007, f"everybody may use {copy}"


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="On reçoit toujours du courrier de l'extérieur, et l'ancien est là.",
    en="Mail still arrives from outside, and the earlier mail is there.",
    timeout=90,
)
def test_mail_is_received(lab):
    lan, outside = lab.probe("lan"), lab.probe("outside")
    exchangers = outside.resolve(lab.domain, lab.address("srv1", "eth1"), "MX").records
    assert exchangers == (f"10 mx1.{lab.domain}",), "the MX record is another one"
    subject = send_mail(outside, sawyer(lab), f"croux@{lab.domain}", subject="Facture")
    find_mail(lan, employee(lab, "croux", verifies=False), subject)
    assert_earlier_mail_is_there(lab, (employee(lab, login, verifies=False) for login in PASSWORDS))


@pytest.mark.parametrize(("host", "name"), [("mail1", "postfix"), ("srv1", "named")])
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
