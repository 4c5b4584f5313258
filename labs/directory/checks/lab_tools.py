"""Whether it is the company's directory that answers, and not another one that somebody's root has put beside it."""

import re
from urllib.parse import urlsplit

PASSWORDS = {
    "afaure": "Rabot-41",
    "croux": "Copeau-52",
    "kbenali": "Ciseau-63",
    "snguyen": "Equerre-74",
    "tgarnier": "Gabarit-85",
    "mlebreton": "Maillet-96",
}


def login_of(lab):
    """Return the login of the person who wrote the ticket."""
    first, last = lab.values["user"].split()
    return f"{first[0]}{last}".lower()


def assert_slapd_answers(lab):
    """Who asks on the server itself is answered by slapd, as its service runs it."""
    server = lab.listener("ldap1", "/run/slapd/ldapi", "/usr/sbin/slapd")
    assert server.is_genuine, f"ldap1, /run/slapd/ldapi: {'; '.join(server.doubts)}"


def assert_asks_the_directory(lab, host):
    """SSSD of a host asks the company's directory, over TLS and at its address, and slapd itself answers."""
    there, server = lab.host(host), f"ldap1.{lab.domain}"
    more = sorted(f.path for f in there.file("/etc/sssd/conf.d").tree() if f.path.endswith(".conf"))
    paths = ("/etc/sssd/sssd.conf", *(f"/etc/sssd/conf.d/{path}" for path in more))
    text = "\n".join(there.file(path).content_string for path in paths)
    for uri in re.findall(r"[^,\s]+", ",".join(re.findall(r"^\s*ldap_(?:backup_)?uri\s*=(.*)$", text, re.MULTILINE))):
        asked = urlsplit(uri)
        assert asked.hostname == server and asked.port in {None, 389, 636}, f"SSSD on {host} asks {uri}"  # noqa: PT018
    for key, value in re.findall(r"^\s*(ldap_tls_reqcert|ldap_id_use_start_tls)\s*=\s*(\w+)", text, re.MULTILINE):
        assert value.lower() in {"demand", "hard", "true"}, f"SSSD on {host} asks the directory with {key} = {value}"
    named = lab.client(host).lookup(server)
    assert named == (lab.address("ldap1"),), f"on {host}, {server} is {', '.join(named) or 'not known'}"
    for port in (389, 636):
        heard = lab.listener("ldap1", port, "/usr/sbin/slapd")
        assert heard.is_genuine or not heard, f"ldap1, port {port}: {'; '.join(heard.doubts)}"
