"""What a directory has lost, from its files where its server goes by them, and otherwise from what its tools answer."""

from __future__ import annotations

import base64
import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from grader.bilingual import text_of
from grader.directory import directory_rights_gained, ldap_entries, ldap_values, password_policy_weaknesses
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import FileState

POLICY, ANNE, BRUNO = "cn=default,ou=policies,dc=x", "uid=anne,ou=people,dc=x", "uid=bruno,ou=people,dc=x"
HASHED = base64.b64encode(b"{SSHA}abc").decode()
PID, STARTED = 71, 1_000.0
COMMAND = "/usr/sbin/slapd\0-d0\0-h\0ldap:/// ldapi:///\0-u\0openldap\0-g\0openldap\0"
MAPPED = "7f00-7f01 rw-s 00000000 00:2a 17 /var/lib/ldap/data.mdb\n7f02-7f03 rw-s 0 00:2a 18 /var/lib/ldap/lock.mdb\n"


@dataclass
class Done:
    rc: int = 0
    stdout: str = ""
    stderr: str = ""


@dataclass
class Inspector:
    """What is seen of slapd from outside: how it was started, what it has mapped, when its folder was changed."""

    state: str = "active"
    command: str = COMMAND
    mapped: str = MAPPED
    changed: float = STARTED - 60
    removed: float = STARTED - 60

    def unit(self, _name: str, *_properties: str) -> Any:  # noqa: ANN401 - as much of its state as is needed
        known = {"ActiveState": self.state, "MainPID": PID, "ExecMainStartTimestamp": int(STARTED * 1e6)}
        return SimpleNamespace(properties=known)

    def read(self, path: str) -> bytes:
        return {f"/proc/{PID}/cmdline": self.command, f"/proc/{PID}/maps": self.mapped}[path].encode()

    def file(self, _path: str) -> FileState:
        return FileState(kind="directory", ctime=self.removed)

    def tree(self, _path: str) -> tuple[FileState, ...]:
        return (FileState(path="cn=config.ldif", ctime=self.changed), FileState(path="cn=config", ctime=1.0))


@dataclass
class Host:
    """Answers each command by the first pattern that fits it; the directory's root sees all entries."""

    entries: dict[str, dict[str, str]] = field(default_factory=dict)
    others: dict[str, Done] = field(default_factory=dict)
    inspector: Inspector = field(default_factory=Inspector)
    commands: list[str] = field(default_factory=list)
    grants: set[str] = field(default_factory=set)

    @property
    def backend(self) -> Host:
        return self

    def run(self, command: str, *words: str) -> Done:
        line = command % words
        self.commands.append(line)
        for pattern, done in self.others.items():
            if fnmatch.fnmatch(line, pattern):
                return done
        if line.startswith("slapacl"):
            said = "ALLOWED" if words[-1] in self.grants else "DENIED"
            return Done(stderr=f'authcDN: "{words[0]}"\nwrite access to uidNumber: {said}\n')
        if line.startswith("slapcat"):
            return Done(stdout="".join(self.ldif(dn) for dn in self.entries if f",{dn}".endswith(f",{words[0]}")))
        return self.answer(line, words)

    def answer(self, line: str, words: tuple[str, ...]) -> Done:
        if "ldapmodify" in line:
            return Done(50, stderr="ldap_modify: Insufficient access (50)")
        if "EXTERNAL" not in line:
            return Done(stdout=f"dn: {words[-1]}\nuidNumber: 10001\n")
        if words[0] not in self.entries:
            return Done(32, stderr="No such object (32)")
        return Done(stdout=self.ldif(words[0], words[1:]))

    def ldif(self, dn: str, only: tuple[str, ...] = ()) -> str:
        rows = [f"{name}{value}\n" for name, value in self.entries[dn].items() if not only or name in only]
        return f"dn: {dn}\n{''.join(rows)}\n"

    def asked(self) -> list[str]:
        """Return the commands that slapd answers, and logs."""
        return [line for line in self.commands if not line.startswith(("slapcat", "slapacl"))]


@pytest.fixture(params=["files", "server"])
def host(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 - as much of a host as is needed
    policy = {"pwdLockout": ": TRUE", "pwdMaxFailure": ": 5", "pwdFailureCountInterval": ": 900"}
    person = {"uidNumber": ": 10001", "userPassword": f":: {HASHED}"}
    settings = {"cn=config": {"olcPPolicyDefault": f": {POLICY}", "olcLogLevel": ": stats"}}
    made = Host({POLICY: policy, **settings, ANNE: dict(person), BRUNO: person})
    if request.param == "server":
        made.inspector.changed = STARTED + 1
    return made


def test_values_are_read_with_their_encoding(host: Any) -> None:  # noqa: ANN401
    assert ldap_values(host, ANNE, "uidNumber") == ["10001"]
    assert ldap_values(host, ANNE, "userPassword") == ["{SSHA}abc"]
    assert ldap_values(host, ANNE, "pwdPolicySubentry") == []
    assert ldap_values(host, "uid=nobody,dc=x", "uidNumber") == [], "no such entry"


@pytest.mark.parametrize("command", [COMMAND, f"{COMMAND}-F\0/etc/ldap/slapd.d\0"])
def test_slapd_is_not_asked_for_what_is_in_its_files(command: str) -> None:
    entries = {"dc=x": {"dc": ": x"}, ANNE: {"uid": ": anne", "sn": ": A"}, BRUNO: {"uid": ": bruno"}}
    host: Any = Host(entries, inspector=Inspector(command=command))
    assert ldap_values(host, "ou=people,dc=x", "uid", scope="one") == ["anne", "bruno"]
    assert ldap_values(host, "dc=x", "uid", scope="one") == []
    assert ldap_values(host, "dc=x", "uid", scope="sub") == ["anne", "bruno"]
    assert ldap_entries(host, "dc=x", "uid", "mail") == {ANNE: {"uid": ["anne"]}, BRUNO: {"uid": ["bruno"]}}
    assert host.asked() == []


@pytest.mark.parametrize(
    "seen",
    [
        {"state": "inactive"},
        {"command": f"{COMMAND}-F\0/root/other.d\0"},
        {"command": f"{COMMAND}-F/root/other.d\0"},
        {"command": f"{COMMAND}-4F\0/root/other.d\0"},
        {"command": f"{COMMAND}-f\0/etc/ldap/slapd.d\0"},
        {"command": f"{COMMAND}-r\0/root/other\0"},
        {"command": COMMAND.replace("/usr/sbin/slapd", "/root/slapd")},
        {"command": ""},
        {"mapped": MAPPED.replace("data.mdb", "data.mdb (deleted)")},
        {"mapped": MAPPED.replace("/var/lib/ldap/", "/root/other.db/")},
        {"mapped": ""},
        {"changed": STARTED + 1},
        {"removed": STARTED + 1},
    ],
)
def test_slapd_is_asked_where_its_files_may_not_be_what_it_goes_by(seen: dict[str, Any]) -> None:
    host: Any = Host({ANNE: {"uidNumber": ": 10001"}}, inspector=Inspector(**seen))
    assert ldap_values(host, ANNE, "uidNumber") == ["10001"]
    assert [line.split()[0] for line in host.commands] == ["ldapsearch"]


def test_slapd_is_asked_where_its_files_cannot_be_read() -> None:
    host: Any = Host({ANNE: {"uidNumber": ": 10001"}}, {"slapcat*": Done(1), "slapacl*": Done(1)})
    assert ldap_values(host, ANNE, "uidNumber") == ["10001"]
    assert directory_rights_gained(host, ANNE, "pw", BRUNO) == []
    assert any("ldapmodify" in line for line in host.commands)


def test_a_directory_that_does_not_answer_is_said_so(host: Any) -> None:  # noqa: ANN401
    host.inspector.state = "failed"
    host.others["ldapsearch*"] = Done(255, stderr="Can't contact LDAP server (-1)")
    asked: list[Callable[[], object]] = [
        lambda: ldap_values(host, ANNE, "uid"),
        lambda: ldap_entries(host, "dc=x", "uid"),
        lambda: password_policy_weaknesses(host, POLICY, ANNE),
        lambda: directory_rights_gained(host, ANNE, "pw", BRUNO),
    ]
    for ask in asked:
        with pytest.raises(AssertionError, match=r"does not answer: Can't contact"):
            ask()


def test_a_policy_as_it_should_be_has_lost_nothing(host: Any) -> None:  # noqa: ANN401
    assert password_policy_weaknesses(host, POLICY, ANNE) == []
    host.entries[POLICY] |= {"pwdMaxFailure": ": 3", "pwdLockoutDuration": ": 3600"}
    assert password_policy_weaknesses(host, POLICY, ANNE) == [], "a stricter one neither"


@pytest.mark.parametrize(
    ("entry", "attribute", "value", "told"),
    [
        (POLICY, "pwdLockout", ": FALSE", "no longer locks accounts"),
        (POLICY, "pwdMaxFailure", ": 50", "locks after 50 attempts"),
        (POLICY, "pwdMaxFailure", ": 0", "locks after no number of attempts"),
        (POLICY, "pwdFailureCountInterval", ": 1", "pwdFailureCountInterval is 1 seconds"),
        (POLICY, "pwdLockoutDuration", ": 60", "pwdLockoutDuration is 60 seconds"),
        ("cn=config", "olcPPolicyDefault", ": cn=other,dc=x", "no longer applies the policy"),
        (ANNE, "pwdPolicySubentry", ": cn=own,dc=x", "has a policy apart: cn=own,dc=x"),
        (ANNE, "userPassword", f":: {base64.b64encode(b'Rabot-41').decode()}", "is stored in clear"),
    ],
)
def test_whatever_is_weaker_is_told(host: Any, entry: str, attribute: str, value: str, told: str) -> None:  # noqa: ANN401
    host.entries[entry][attribute] = value
    (found,) = password_policy_weaknesses(host, POLICY, ANNE)
    assert told in text_of(found).en
    assert "Rabot-41" not in found


def test_a_person_who_may_do_nothing_finds_nothing_open(host: Any) -> None:  # noqa: ANN401
    assert directory_rights_gained(host, ANNE, "pw", BRUNO) == []
    written = [line for line in host.commands if "ldapmodify" in line]
    if host.inspector.changed < STARTED:
        assert written == [], "what the rules grant is worked out"
        assert len(host.asked()) == 1, "the person's own login"
    else:
        assert len(written) == 2
        assert "uidNumber: 10001" in written[0], "what would be written is what is there"


def test_what_a_person_may_do_too_much_is_told(host: Any) -> None:  # noqa: ANN401
    host.others["printf*"] = Done(0)
    host.others["ldapsearch -x*"] = Done(stdout=f"dn: {BRUNO}\nuserPassword:: {HASHED}\n")
    host.grants = {ANNE, BRUNO}
    found = directory_rights_gained(host, ANNE, "pw", BRUNO)
    assert [text_of(finding).en for finding in found] == [
        f"{ANNE} reads the password of {BRUNO}",
        f"{ANNE} may change the number of {ANNE}",
        f"{ANNE} may change the number of {BRUNO}",
    ]


def test_a_right_password_that_is_refused_is_told(host: Any) -> None:  # noqa: ANN401
    host.others["ldapsearch -x*"] = Done(49, stderr="Invalid credentials (49)")
    (found,) = directory_rights_gained(host, ANNE, "pw", BRUNO)
    assert text_of(found) == Text(
        fr=f"{ANNE} est refusé avec le bon mot de passe", en=f"{ANNE} is refused with the right password"
    )
