"""What an OpenLDAP directory must not lose while somebody repairs it: who may write, how passwords are kept and locked.

slapd logs four lines for a connection and six for a question, and its log is the trainee's to read. So what the server
keeps is read from its files (slapcat(8)), and what its rules grant is worked out from them (slapacl(8)), where these
surely are what the server goes by. Otherwise the server is asked, over its local socket.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from grader.bilingual import reason
from grader.lines import lines_in

if TYPE_CHECKING:
    import testinfra.backend.base
    import testinfra.host

    from grader.host_inspector import HostInspector

Entries = Mapping[str, Mapping[str, Sequence[str]]]
"""Distinguished name -> attribute -> values; names of attributes in lower case."""

_LOCAL = "-H ldapi:///"
_ROOT = f"-Q -Y EXTERNAL {_LOCAL}"
_FOLDER = "/etc/ldap/slapd.d"
_DATA = "/var/lib/ldap/data.mdb"
_UNIT = ("Unit.ActiveState", "Service.MainPID", "Service.ExecMainStartTimestamp")
_COMMAND = re.compile(rf"/usr/sbin/slapd\0(-d0\0|-[hug]\0[^\0]*\0|-F\0{re.escape(_FOLDER)}\0)*")
"""How Debian's unit starts slapd; without ``-f`` or ``-F`` it reads this folder as well."""
_ENCRYPTED = "-o ssf=256 -o transport_ssf=256 -o tls_ssf=256"
"""How well a connection is protected for which rights are worked out: a rule may grant more to such ones."""
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
    found = _Directory(server).entries(entry, scope, attribute)
    return [value for of_entry in found.values() for value in of_entry.get(attribute.lower(), ())]


def ldap_entries(server: testinfra.host.Host, base: str, *attributes: str) -> Entries:
    """Return the entries of a subtree as the directory's root reads them: by name, then by attribute in lower case.

    Args:
        server: the directory's host.
        base: where to begin, by distinguished name.
        attributes: which attributes; an entry that has none of them is left out.

    Raises:
        AssertionError: the directory does not answer.
    """
    return _Directory(server).entries(base, "sub", *attributes)


def password_policy_weaknesses(server: testinfra.host.Host, policy: str, person: str) -> list[str]:
    """Return how a password policy protects accounts less than five wrong attempts and a quarter of an hour do.

    Each is a ``reason``.

    Args:
        server: the directory's host.
        policy: the policy's distinguished name.
        person: who must have no policy of their own, by distinguished name.

    Raises:
        AssertionError: the directory does not answer.
    """
    directory = _Directory(server)
    of_policy = directory.entry(policy, "pwdLockout", "pwdMaxFailure", "pwdFailureCountInterval", "pwdLockoutDuration")
    of_person = directory.entry(person, "pwdPolicySubentry", "userPassword")
    applied = directory.entries("cn=config", "sub", "olcPPolicyDefault").values()
    found = []
    if of_policy.get("pwdlockout") != ["TRUE"]:
        found.append(reason(fr="la politique ne verrouille plus les comptes", en="the policy no longer locks accounts"))
    attempts = _number(of_policy, "pwdMaxFailure")
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
        seconds = _number(of_policy, timer)
        if 0 < seconds < _QUARTER:
            found.append(reason(fr=f"{timer} vaut {seconds} secondes", en=f"{timer} is {seconds} seconds"))
    if not any(policy in names.get("olcppolicydefault", ()) for names in applied):
        found.append(reason(fr="slapd n'applique plus la politique", en="slapd no longer applies the policy"))
    found += [
        reason(fr=f"{person} a une politique à part : {own}", en=f"{person} has a policy apart: {own}")
        for own in of_person.get("pwdpolicysubentry", ())
    ]
    if any(not stored.startswith("{") for stored in of_person.get("userpassword", ())):
        found.append(
            reason(
                fr=f"le mot de passe de {person} est enregistré en clair",
                en=f"the password of {person} is stored in clear",
            )
        )
    return found


def directory_rights_gained(server: testinfra.host.Host, person: str, password: str, other: str) -> list[str]:
    """Return what a person may do in the directory that is its administrator's, each a ``reason``.

    The person logs in and reads; nothing is changed.

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
    if any("userpassword" in seen for seen in _entries(read.stdout).values()):
        found.append(
            reason(fr=f"{person} lit le mot de passe de {other}", en=f"{person} reads the password of {other}")
        )
    directory = _Directory(server)
    found += [
        reason(fr=f"{person} peut changer le numéro de {entry}", en=f"{person} may change the number of {entry}")
        for entry in (person, other)
        if directory.lets_change_number(entry, person, password)
    ]
    return found


class _Directory:
    """A directory, read from its files where they are what its server goes by, asked otherwise."""

    def __init__(self, server: testinfra.host.Host) -> None:
        self._server = server
        self._by_its_files = _goes_by_its_files(server.backend.inspector)  # type: ignore[attr-defined]  # ours

    def entry(self, dn: str, *attributes: str) -> Mapping[str, Sequence[str]]:
        """Return some attributes of one entry, nothing where there is none."""
        return next(iter(self.entries(dn, "base", *attributes).values()), {})

    def entries(self, base: str, scope: str, *attributes: str) -> Entries:
        """Return some attributes of the entries that have one of them.

        Raises:
            AssertionError: the directory does not answer.
        """
        wanted = {attribute.lower() for attribute in attributes}
        found = {
            dn: {name: values for name, values in of_entry.items() if name in wanted}
            for dn, of_entry in _entries(self._ldif(base, scope, attributes)).items()
            if _is_in(dn, base, scope)
        }
        return {dn: of_entry for dn, of_entry in found.items() if of_entry}

    def _ldif(self, base: str, scope: str, attributes: Sequence[str]) -> str:
        if self._by_its_files:
            having = f"(|{''.join(f'({attribute}=*)' for attribute in attributes)})"
            done = self._server.run(f"slapcat -F {_FOLDER} -o ldif-wrap=no -s %s -a %s", base, having)
            if done.rc == 0:
                return done.stdout
        names = " ".join("%s" for _ in attributes)
        ask = f"ldapsearch {_ROOT} -LLL -o ldif-wrap=no -s {scope} -b %s {names}"
        done = self._server.run(ask, base, *attributes)
        _require_answer(done)
        return done.stdout

    def lets_change_number(self, entry: str, person: str, password: str) -> bool:
        """Return whether somebody may change the number of an entry; where they try, they write what is there."""
        if self._by_its_files:
            done = self._server.run(f"slapacl -F {_FOLDER} {_ENCRYPTED} -D %s -b %s uidNumber/write", person, entry)
            told = re.findall(r"^write access to uidNumber: (ALLOWED|DENIED)$", done.stdout + done.stderr, re.MULTILINE)
            if len(told) == 1:
                return told == ["ALLOWED"]
        numbers = self.entry(entry, "uidNumber").get("uidnumber", ())
        changes = (f"dn: {entry}\nchangetype: modify\nreplace: uidNumber\nuidNumber: {number}\n" for number in numbers)
        write = f"printf %s | ldapmodify -x {_LOCAL} -D %s -w %s"
        return any(self._server.run(write, change, person, password).rc == 0 for change in changes)


def _goes_by_its_files(inspector: HostInspector) -> bool:
    """Return whether slapd goes by what is in its files: as Debian starts it, with no other configuration since.

    A change that came by the server is in the files as well; one that was made in them beside it is not yet the
    server's. The two are not told apart. Data of another file, or of one that was replaced, are not the server's.
    """
    known = inspector.unit("slapd.service", *_UNIT).properties
    pid, started = int(known["MainPID"]), known["ExecMainStartTimestamp"] / 1e6
    if known["ActiveState"] != "active" or not pid:
        return False
    command = (inspector.read(f"/proc/{pid}/cmdline") or b"").decode("utf-8", errors="replace")
    mapped = (inspector.read(f"/proc/{pid}/maps") or b"").decode("utf-8", errors="replace")
    data = set(re.findall(r" (/\S*\.mdb.*)$", mapped, re.MULTILINE)) - {_DATA.replace("data", "lock")}
    if not _COMMAND.fullmatch(command) or data != {_DATA}:
        return False
    seen = (inspector.file(_FOLDER), *inspector.tree(_FOLDER))
    return all(one.ctime < started for one in seen)


def _require_answer(done: testinfra.backend.base.CommandResult) -> None:
    if done.rc not in {0, _NOTHING_THERE}:
        said = done.stderr.strip()
        raise AssertionError(
            reason(fr=f"l'annuaire ne répond pas : {said}", en=f"the directory does not answer: {said}")
        )


def _entries(ldif: str) -> dict[str, dict[str, list[str]]]:
    """Return the entries of an LDIF without folded lines."""
    found: dict[str, dict[str, list[str]]] = {}
    of_entry: dict[str, list[str]] = {}
    for name, value in _pairs(ldif):
        if name == "dn":
            of_entry = found.setdefault(value, {})
        else:
            of_entry.setdefault(name, []).append(value)
    return found


def _pairs(ldif: str) -> Iterator[tuple[str, str]]:
    for line in lines_in(ldif):
        name, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            encoded = value.startswith(":")
            yield name.lower(), base64.b64decode(value[1:]).decode(errors="replace") if encoded else value.strip()


def _is_in(dn: str, base: str, scope: str) -> bool:
    """Return whether an entry is where was searched: slapcat tells all that is below."""
    above, name = _plain(dn), _plain(base)
    if scope == "one":
        _, _, above = above.partition(",")
    return above == name or (scope == "sub" and above.endswith(f",{name}"))


def _plain(dn: str) -> str:
    """Return a distinguished name as it compares."""
    return re.sub(r"\s*([,=])\s*", r"\1", dn.lower())


def _number(of_entry: Mapping[str, Sequence[str]], attribute: str) -> int:
    return int((of_entry.get(attribute.lower()) or ["0"])[0])
