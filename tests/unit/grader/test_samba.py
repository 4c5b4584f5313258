"""Who is in a group, as ldbsearch prints it."""

from __future__ import annotations

from base64 import b64encode

from grader.samba import parse_groups

ACCENTS = b64encode("CN=Hélène Marchand,CN=Users,DC=lan,DC=test".encode()).decode()


def test_names_that_are_not_ascii_and_folded_lines_are_read() -> None:
    said = f"""\
# record 1
dn: CN=Domain Admins,CN=Users,DC=lan,DC=test
sAMAccountName: Domain Admins
member: CN=Administrator,CN=Users,DC=lan,
 DC=test
member:: {ACCENTS[:30]}
 {ACCENTS[30:]}

# record 2
dn: CN=DnsAdmins,CN=Users,DC=lan,DC=test
sAMAccountName: DnsAdmins

# Referral
ref: ldap://lan.test/CN=Configuration,DC=lan,DC=test
"""
    assert parse_groups(said) == [("Domain Admins", {"Administrator", "Hélène Marchand"}), ("DnsAdmins", set())]
