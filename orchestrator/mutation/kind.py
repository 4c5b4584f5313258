"""A kind of thing that mutation operators spoil, and the commands that many kinds share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.core.text import Text
from orchestrator.mutation.mutant import NOT_HERE

CONFIG: Final = "ldapsearch -QLLL -Y EXTERNAL -H ldapi:/// -o ldif-wrap=no"
MODIFY: Final = "ldapmodify -QY EXTERNAL -H ldapi:///"
SQL: Final = "su postgres -c 'psql -qAt'"
SLAPD: Final = "command -v slapd >/dev/null"
POSTGRESQL: Final = "command -v pg_lsclusters >/dev/null"
POSTFIX: Final = "[ -f /etc/postfix/main.cf ]"
SQUID: Final = "[ -f /etc/squid/squid.conf ]"
SAMBA_FILES: Final = "[ -f /etc/samba/smb.conf ] && [ ! -f /var/lib/samba/private/sam.ldb ]"
SAMBA_DOMAIN: Final = "[ -f /var/lib/samba/private/sam.ldb ]"


@dataclass(frozen=True)
class SpoiltKind:
    """One kind of thing that an operator spoils, at one level where it can be set.

    Attributes:
        name: what it is called in a mutant's name.
        what: what is spoilt, behind "on HOST".
        there: a command of the shell that succeeds on a host that has it.
        script: the lines that spoil it.
    """

    name: str
    what: Text
    there: str
    script: str


def in_files(pattern: str, change: str, *paths: str, then: str) -> tuple[str, str]:
    """Return how to see whether files have a line, and the lines that change it in each of them."""
    where = " ".join(paths)
    there = f"grep -qsErI -- '{pattern}' {where}"
    script = (
        f"files=$(grep -lsErI -- '{pattern}' {where}) || exit {NOT_HERE}\n"
        f"for file in $files; do sed -Ei --follow-symlinks '{change}' \"$file\"; done\n{then}"
    )
    return there, script


def levels(question: str, change: str) -> tuple[str, str]:
    """Return how to see whether PostgreSQL keeps something at a level, and the lines that take it away.

    Args:
        question: a query that returns rows where there is something.
        change: a query whose rows are the statements to run.
    """
    there = f"{POSTGRESQL} && [ -n \"$({SQL} <<'END'\n{question};\nEND\n)\" ]"
    return there, f"{SQL} <<'END'\n{change}\n\\gexec\nEND"
