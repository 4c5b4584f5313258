"""What a directory has lost, from what its own tools answer."""

from __future__ import annotations

import base64
import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from grader.bilingual import text_of
from grader.directory import directory_rights_gained, ldap_values, password_policy_weaknesses
from orchestrator.core.text import Text

POLICY, ANNE, BRUNO = "cn=default,ou=policies,dc=x", "uid=anne,ou=people,dc=x", "uid=bruno,ou=people,dc=x"
HASHED = base64.b64encode(b"{SSHA}abc").decode()


@dataclass
class Done:
    rc: int = 0
    stdout: str = ""
    stderr: str = ""


@dataclass
class Host:
    """Answers each command by the first pattern that fits it; the directory's root sees all entries."""

    entries: dict[str, dict[str, str]] = field(default_factory=dict)
    others: dict[str, Done] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)

    def run(self, command: str, *words: str) -> Done:
        command = command % words
        for pattern, done in self.others.items():
            if fnmatch.fnmatch(command, pattern):
                return done
        if "ldapmodify" in command:
            self.written.append(command)
            return Done(50, stderr="ldap_modify: Insufficient access (50)")
        entry, attribute = words[-2], words[-1]
        if "EXTERNAL" not in command:
            return Done(stdout=f"dn: {words[-1]}\nuidNumber: 10001\n")
        if entry not in self.entries:
            return Done(32, stderr="No such object (32)")
        value = self.entries[entry].get(attribute)
        return Done(stdout=f"dn: {entry}\n{attribute}{value}\n\n" if value else f"dn: {entry}\n")


@pytest.fixture
def host() -> Any:  # noqa: ANN401 - as much of a host as is needed
    policy = {"pwdLockout": ": TRUE", "pwdMaxFailure": ": 5", "pwdFailureCountInterval": ": 900"}
    person = {"uidNumber": ": 10001", "userPassword": f":: {HASHED}"}
    return Host({POLICY: policy, "cn=config": {"olcPPolicyDefault": f": {POLICY}"}, ANNE: dict(person), BRUNO: person})


def test_values_are_read_with_their_encoding(host: Any) -> None:  # noqa: ANN401
    assert ldap_values(host, ANNE, "uidNumber") == ["10001"]
    assert ldap_values(host, ANNE, "userPassword") == ["{SSHA}abc"]
    assert ldap_values(host, ANNE, "pwdPolicySubentry") == []
    assert ldap_values(host, "uid=nobody,dc=x", "uidNumber") == [], "no such entry"


def test_a_directory_that_does_not_answer_is_said_so(host: Any) -> None:  # noqa: ANN401
    host.others["ldapsearch*"] = Done(255, stderr="Can't contact LDAP server (-1)")
    asked: list[Callable[[], list[str]]] = [
        lambda: ldap_values(host, ANNE, "uid"),
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
    assert len(host.written) == 2
    assert "uidNumber: 10001" in host.written[0], "what would be written is what is there"


def test_what_a_person_may_do_too_much_is_told(host: Any) -> None:  # noqa: ANN401
    host.others["printf*"] = Done(0)
    host.others["ldapsearch -x*"] = Done(stdout=f"dn: {BRUNO}\nuserPassword:: {HASHED}\n")
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
