"""Who administers an AD domain: what its controller's own database says, which no name service can hide."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from grader.bilingual import reason

if TYPE_CHECKING:
    import testinfra.host

_SEARCH = "ldbsearch -H /var/lib/samba/private/sam.ldb %s sAMAccountName member"
_GROUPS = (
    "Administrators",
    "Domain Admins",
    "Enterprise Admins",
    "Schema Admins",
    "Group Policy Creator Owners",
    "DnsAdmins",
    "Account Operators",
    "Backup Operators",
    "Print Operators",
    "Server Operators",
)
_FROM_THE_START = {"Administrator", "Domain Admins", "Enterprise Admins"}


def domain_administrators_added(controller: testinfra.host.Host) -> list[str]:
    """Return who has been put into the groups that administer the domain, each group a ``reason``; empty: nobody.

    Args:
        controller: a domain controller, as ``lab.host(...)`` gives it; it needs ldbsearch.
    """
    groups = "".join(f"(sAMAccountName={group})" for group in _GROUPS)
    return [
        reason(fr=f"{', '.join(strangers)} dans le groupe {group}", en=f"{', '.join(strangers)} in the group {group}")
        for group, members in parse_groups(controller.check_output(_SEARCH, f"(|{groups})"))
        if (strangers := sorted(members - _FROM_THE_START))
    ]


def parse_groups(said: str) -> list[tuple[str, set[str]]]:
    """Return each group that ldbsearch printed, with the common names of its members."""
    found = []
    # It folds long lines, and prints in base64 what is not plain ASCII (RFC 2849).
    for record in said.replace("\n ", "").split("\n\n"):
        name = re.search(r"^sAMAccountName: (.*)$", record, re.MULTILINE)
        pairs = re.findall(r"^member:(:?) (.*)$", record, re.MULTILINE)
        members = {base64.b64decode(value).decode() if encoded else value for encoded, value in pairs}
        if name:
            found.append((name[1], {member.removeprefix("CN=").partition(",")[0] for member in members}))
    return found
