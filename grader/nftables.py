"""Whether a firewall's file says what its kernel does: a rule typed by hand is gone after the next boot."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from grader.bilingual import reason
from grader.lines import lines_in

if TYPE_CHECKING:
    import testinfra.host

_CHAIN = re.compile(r"^(\w+ \S+ \S+)(?: \d+)*$")
"""The line above each rule's instructions: family, table and chain, in the kernel with the rule's handles."""

_COMPLETED = re.compile(r"^\[ (counter|limit|log|masq|nat|queue|quota|redir|reject)\b.*")
"""Statements that the kernel tells with more than it was told: counts, defaults, the other end of a range."""


def ruleset_differences(firewall: testinfra.host.Host, file: str = "/etc/nftables.conf") -> str:
    """Return in words (``reason``) how the loaded rules differ from those that a file would load, or an empty text.

    Both are compared as the instructions that nft(8) makes of them (``--debug=netlink``), so that neither blanks,
    comments, includes nor variables count. The file is compiled, not loaded. Rules count by chain, not by their order.

    Args:
        firewall: the host, which needs nftables.
        file: what its service loads at boot.
    """
    read = firewall.run("nft --check --debug=netlink --file %s", file)
    if read.rc != 0:
        why = read.stderr.strip().partition("\n")[0]
        return reason(fr=f"nft refuse {file} : {why}", en=f"nft refuses {file}: {why}")
    kept, loaded = (compiled(text) for text in (read.stdout, firewall.check_output("nft --debug=netlink list ruleset")))
    lost, waiting = loaded - kept, kept - loaded
    said = []
    if lost:
        said.append(
            reason(
                fr=f"règles ou éléments chargés qui ne sont pas dans {file} : {lost.total()}",
                en=f"{lost.total()} loaded rules or elements are not in {file}",
            )
        )
    if waiting:
        said.append(
            reason(
                fr=f"règles ou éléments de {file} qui ne sont pas chargés : {waiting.total()}",
                en=f"{waiting.total()} rules or elements of {file} are not loaded",
            )
        )
    return ", ".join(said)


def compiled(text: str) -> Counter[str]:
    """Return the rules and set elements of nft's ``--debug=netlink``, without names and numbers that it chooses."""
    found: Counter[str] = Counter(f"element {one}" for one in re.findall(r"element ([0-9a-f ]*[0-9a-f])\s+:", text))
    chain, rule = "", []
    for line in (*lines_in(text), ""):
        if line.startswith("  [ "):
            plain = re.sub(r"^(\[ lookup .*?)( 0x0)? \]$", r"\1 ]", re.sub(r"\bset __\S+", "set", line.strip()))
            rule.append(_COMPLETED.sub(r"[ \1 ]", plain))
            continue
        if rule:
            found[f"{chain} {' '.join(rule)}"] += 1
            rule = []
        if heading := _CHAIN.match(line):
            chain = heading[1]
    return found
