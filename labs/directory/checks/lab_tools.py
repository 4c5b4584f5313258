"""Whether people log in, and whether it is the company's directory that answers, and not one put beside it."""

import contextlib
import re
import time
from urllib.parse import urlsplit

from grader import account_names, concurrently, ldap_values, reason, scaled_timeout

PASSWORDS = {
    "afaure": "Rabot-41",
    "croux": "Copeau-52",
    "kbenali": "Ciseau-63",
    "snguyen": "Equerre-74",
    "tgarnier": "Gabarit-85",
    "mlebreton": "Maillet-96",
}
STEADY = 1.0
"""Seconds for which something must speak against a login, before nobody waits for it any longer."""


def login_of(lab):
    """Return the login of the person who wrote the ticket."""
    first, last = lab.values["user"].split()
    return f"{first[0]}{last}".lower()


def words_of(text):
    """Return what a tool said in one line."""
    return " ".join(text.split()) or reason(fr="rien", en="nothing")


def sftp(lab, host, login, path, *options, password=""):
    """Log in by SSH with a password, from an observer on the network, and read a file or list a folder."""
    command = ("curl", "--silent", "--show-error", "--insecure", "--max-time", str(scaled_timeout(15)))
    user = f"{login}:{password or PASSWORDS[login]}"
    url = f"sftp://{lab.address(host)}{path}"
    return lab.probe("lan").run([*command, "--user", user, *options, url], timeout=20)


def assert_opens_home(lab, host, login):
    """Somebody logs in on a host, and their home folder is shown."""
    home = sftp(lab, host, login, f"/home/{login}/")
    said = words_of(home.stderr)
    assert home.status == 0, reason(fr=f"{login} sur {host} : {said}", en=f"{login} on {host}: {said}")


def assert_service_lasts(lab, host, name):
    """A service runs, and starts with its machine."""
    service = lab.host(host).service(name)
    assert service.is_running, reason(
        fr=f"le service {name} ne fonctionne pas sur {host}", en=f"{name} does not run on {host}"
    )
    assert service.is_enabled, reason(
        fr=f"le service {name} ne démarre pas avec {host}", en=f"{name} does not start with {host}"
    )


def assert_logs_in(lab, host, logins, within=0, unless=None):
    """People log in on a host from the network, all at once; soon, unless something speaks against it.

    sshd takes two seconds to refuse a password. What speaks against a login before and after it need not be waited for.
    """
    given_up = []

    def refusals(asked):
        tries = concurrently(lambda login: lab.login("lan", host, login, PASSWORDS[login]), asked)
        return [
            reason(fr=f"{login} sur {host} : {done.problem}", en=f"{login} on {host}: {done.problem}")
            for login, done in zip(asked, tries, strict=True)
            if not done.accepted
        ]

    def logged_in():
        began, before = time.monotonic(), unless and unless()
        refused = (before and refusals(logins[:1])) or refusals(logins)  # one tells enough of a lab that is as it was
        if not refused:
            return True
        if before:  # whether it still speaks against it is told by waiting; another login would leave lines everywhere
            lab.wait(lambda: time.monotonic() - began >= STEADY, within=STEADY, every=0.1)
        why = before and unless()
        if not why:
            raise AssertionError(refused[0])
        given_up.append(reason(fr=f"{refused[0]} ; {why}", en=f"{refused[0]}; {why}"))
        return True

    if unless is None and not within:
        logged_in()
    else:
        lab.wait(logged_in, within=within, every=0.5, unless=unless)
    assert not given_up, given_up[0]


def assert_no_local_account(lab, host, path="/etc/passwd", names=frozenset(PASSWORDS)):
    """The directory's accounts, or groups, are not made anew on a machine."""
    local = ", ".join(sorted(names & account_names(lab.host(host).file(path).content_string)))
    assert not local, reason(fr=f"{host} : {path} contient {local}", en=f"{host}: {path} has {local}")


def assert_wrong_password_is_refused(lab, host, login, password):
    """A wrong password of somebody is refused, which is not to say that the login fails otherwise."""
    done = lab.login("lan", host, login, password)
    said = done.problem or reason(fr="accepté", en="accepted")
    assert done.refused, reason(
        fr=f"{login} sur {host} avec un mauvais mot de passe : {said}, au lieu d'un refus",
        en=f"{login} on {host} with a wrong password: {said}, instead of a refusal",
    )


def forget_failures(lab, host, login):
    """Log in with the right password where the directory has counted a wrong one, which makes it forget that."""
    try:
        failures = ldap_values(lab.host("ldap1"), f"uid={login},ou=people,dc=valbocage,dc=internal", "pwdFailureTime")
    except AssertionError:  # it does not answer, so it has counted none
        return
    if failures:
        lab.login("lan", host, login, PASSWORDS[login])


def wake_sssd(lab, host):
    """Have SSSD ask the directory now, as it will by itself: once that was out of reach, ever more rarely (sssd(8))."""
    client = lab.client(host)
    client.run(["pkill", "-USR2", "-x", "sssd"])
    with contextlib.suppress(AssertionError):  # whoever called finds out
        lab.wait(lambda: client.run(["id", "afaure"]).status == 0, within=2, every=0.2)


def assert_slapd_answers(lab):
    """Who asks on the server itself is answered by slapd, as its service runs it."""
    server = lab.listener("ldap1", "/run/slapd/ldapi", "/usr/sbin/slapd")
    doubts = "; ".join(server.doubts)
    assert server.is_genuine, reason(fr=f"ldap1, /run/slapd/ldapi : {doubts}", en=f"ldap1, /run/slapd/ldapi: {doubts}")


def sssd_settings(lab, host):
    """Return the text of SSSD's configuration: its file, then those of its folder."""
    there = lab.host(host)
    more = sorted(f.path for f in there.file("/etc/sssd/conf.d").tree() if f.path.endswith(".conf"))
    paths = ("/etc/sssd/sssd.conf", *(f"/etc/sssd/conf.d/{path}" for path in more))
    return "\n".join(there.file(path).content_string for path in paths)


def assert_asks_the_directory(lab, host):
    """SSSD of a host asks the company's directory, over TLS and at its address, and slapd itself answers."""
    text, server = sssd_settings(lab, host), f"ldap1.{lab.domain}"
    for uri in re.findall(r"[^,\s]+", ",".join(re.findall(r"^\s*ldap_(?:backup_)?uri\s*=(.*)$", text, re.MULTILINE))):
        asked = urlsplit(uri)
        assert asked.hostname == server and asked.port in {None, 389, 636}, reason(  # noqa: PT018
            fr=f"SSSD sur {host} interroge {uri} au lieu de {server}", en=f"SSSD on {host} asks {uri}, not {server}"
        )
    for key, value in re.findall(r"^\s*(ldap_tls_reqcert|ldap_id_use_start_tls)\s*=\s*(\w+)", text, re.MULTILINE):
        assert value.lower() in {"demand", "hard", "true"}, reason(
            fr=f"SSSD sur {host} interroge l'annuaire avec {key} = {value}",
            en=f"SSSD on {host} asks the directory with {key} = {value}",
        )
    named, address = lab.client(host).lookup(server), lab.address("ldap1")
    assert named == (address,), reason(
        fr=f"sur {host}, {server} est {', '.join(named) or 'inconnu'}, au lieu de {address}",
        en=f"on {host}, {server} is {', '.join(named) or 'not known'}, instead of {address}",
    )
    ports = (389, 636)

    def who(port):
        heard = lab.listener("ldap1", port, "/usr/sbin/slapd")
        return heard.doubts if heard else ()

    for port, found in zip(ports, concurrently(who, ports), strict=True):
        doubts = "; ".join(found)
        assert not found, reason(fr=f"ldap1, port {port} : {doubts}", en=f"ldap1, port {port}: {doubts}")
