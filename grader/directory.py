"""What an OpenLDAP directory must not lose while somebody repairs it: who may write, how passwords are kept and locked.

Everything is asked on the directory's own host, over its local socket.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING

from grader.bilingual import reason
from grader.lines import lines_in

if TYPE_CHECKING:
    import testinfra.backend.base
    import testinfra.host

_LOCAL = "-H ldapi:///"
_ROOT = f"-Q -Y EXTERNAL {_LOCAL}"
_INVALID = 49
_NOTHING_THERE = 32
"""LDAP's ``invalidCredentials`` and ``noSuchObject`` (RFC 4511), which its tools return."""
_QUARTER = 900
"""Seconds that wrong passwords are counted, and that a lock lasts, at least; 0 is for ever."""
_ATTEMPTS = 5


def ldap_values(server: testinfra.host.Host, entry: str, attribute: str, *, scope: str = "base") -> list[str]:
    """Return the values of an attribute as the directory's root reads them; none where there is no such entry.

    Args:
        server: the directory's host.
        entry: its distinguished name, or with another scope where to begin.
        attribute: the attribute's name.
        scope: ldapsearch's: ``base``, ``one``, ``sub``.

    Raises:
        AssertionError: the directory does not answer.
    """
    done = server.run(f"ldapsearch {_ROOT} -LLL -o ldif-wrap=no -s {scope} -b %s %s", entry, attribute)
    _require_answer(done)
    return list(_values(done.stdout, attribute))


def password_policy_weaknesses(server: testinfra.host.Host, policy: str, person: str) -> list[str]:
    """Return how a password policy protects accounts less than five wrong attempts and a quarter of an hour do.

    Each is a ``reason``.

    Args:
        server: the directory's host.
        policy: the policy's distinguished name.
        person: who must have no policy of their own, by distinguished name.
    """
    found = []
    if ldap_values(server, policy, "pwdLockout") != ["TRUE"]:
        found.append(reason(fr="la politique ne verrouille plus les comptes", en="the policy no longer locks accounts"))
    attempts = _number(server, policy, "pwdMaxFailure")
    if not 1 <= attempts <= _ATTEMPTS:
        found.append(
            reason(
                fr=f"la politique verrouille après {attempts} tentatives"
                if attempts
                else "la politique ne fixe aucun nombre de tentatives",
                en=f"the policy locks after {attempts or 'no number of'} attempts",
            )
        )
    for timer in ("pwdFailureCountInterval", "pwdLockoutDuration"):
        seconds = _number(server, policy, timer)
        if 0 < seconds < _QUARTER:
            found.append(reason(fr=f"{timer} vaut {seconds} secondes", en=f"{timer} is {seconds} seconds"))
    if policy not in ldap_values(server, "cn=config", "olcPPolicyDefault", scope="sub"):
        found.append(reason(fr="slapd n'applique plus la politique", en="slapd no longer applies the policy"))
    found += [
        reason(fr=f"{person} a une politique à part : {own}", en=f"{person} has a policy apart: {own}")
        for own in ldap_values(server, person, "pwdPolicySubentry")
    ]
    if any(not stored.startswith("{") for stored in ldap_values(server, person, "userPassword")):
        found.append(
            reason(
                fr=f"le mot de passe de {person} est enregistré en clair",
                en=f"the password of {person} is stored in clear",
            )
        )
    return found


def directory_rights_gained(server: testinfra.host.Host, person: str, password: str, other: str) -> list[str]:
    """Return what a person may do in the directory that is its administrator's, each a ``reason``.

    Nothing changes by the question: what is written is what was there.

    Args:
        server: the directory's host.
        person: somebody who is no administrator, by distinguished name.
        password: theirs.
        other: somebody else.

    Raises:
        AssertionError: the directory does not answer.
    """
    bound = f"-x {_LOCAL} -D %s -w %s"
    read = server.run(f"ldapsearch {bound} -LLL -o ldif-wrap=no -s base -b %s", person, password, other)
    if read.rc == _INVALID:
        return [
            reason(
                fr=f"{person} est refusé avec le bon mot de passe", en=f"{person} is refused with the right password"
            )
        ]
    _require_answer(read)
    found = []
    if any(_values(read.stdout, "userPassword")):
        found.append(
            reason(fr=f"{person} lit le mot de passe de {other}", en=f"{person} reads the password of {other}")
        )
    for entry in (person, other):
        for number in ldap_values(server, entry, "uidNumber"):
            change = f"dn: {entry}\nchangetype: modify\nreplace: uidNumber\nuidNumber: {number}\n"
            done = server.run(f"printf %s | ldapmodify {bound}", change, person, password)
            if done.rc == 0:
                found.append(
                    reason(
                        fr=f"{person} peut changer le numéro de {entry}",
                        en=f"{person} may change the number of {entry}",
                    )
                )
    return found


def _require_answer(done: testinfra.backend.base.CommandResult) -> None:
    if done.rc not in {0, _NOTHING_THERE}:
        said = done.stderr.strip()
        raise AssertionError(
            reason(fr=f"l'annuaire ne répond pas : {said}", en=f"the directory does not answer: {said}")
        )


def _values(ldif: str, attribute: str) -> Iterator[str]:
    for line in lines_in(ldif):
        name, _, value = line.partition(":")
        if name == attribute:
            yield base64.b64decode(value[1:]).decode(errors="replace") if value.startswith(":") else value.strip()


def _number(server: testinfra.host.Host, entry: str, attribute: str) -> int:
    return int((ldap_values(server, entry, attribute) or ["0"])[0])
