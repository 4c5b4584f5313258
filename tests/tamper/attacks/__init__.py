"""What a trainee who is root in a host does to be marked for a repair that was not made: one row, one attack.

A row is played on a scenario that is broken, in the order of the tables, and undone before the next. Whatever it does,
no check that was red may become green. ``reason`` says, where an attack breaks observation, how the error reads; where
no check that was red says so, ``sees`` names one that does. No other check is graded under an attack.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.tamper.attacks import directory, mail, network, office, shop
from tests.tamper.attacks.model import Attack

ATTACKS: tuple[Attack, ...] = (
    *office.ATTACKS,
    *shop.ATTACKS,
    *directory.ATTACKS,
    *mail.ATTACKS,
    *network.ATTACKS,
)

CORE: Mapping[str, str] = {
    "`curl`, `ip`": "replaced curl",
    "`psql`, `runuser`": "slapcat that finds nothing locked",
    "`ld.so.preload`": "ld.so.preload",
    "a module that Perl or Python loads first": "a folder of Perl's modules that is elsewhere",
    "another server at the socket": "a second directory in the control group of the first",
    "settings of a unit": "settings of the unit with another end of line",
    "options of `sshd`": "options of sshd that ask other rules",
    "what the recipient's server says": "what the recipient's server would say, written by ours",
    "settings of `psql`, `swaks`": "settings of swaks that send nothing",
    "a unit that starts another program": "a unit of nginx that starts another program",
    "the image's `named`, `sshd`": "the image's sshd with other settings",
    "a page from before the fault": "nginx shows a page from before the fault",
    "a site that answers only the observer": "a site that answers only the observer",
    "lines in `/etc/hosts`": "a line in hosts and a fake site",
    "nftables on a router": "a router that leads questions to a name server of its own",
    "PAM lets anybody in": "PAM lets anybody in",
    "PAM's module": "PAM's module replaced by one that permits",
    "FIFO": "a FIFO for the interfaces",
    "a watcher": "a repair that waits for the grader's commands",
    "another `systemd`": "another systemd",
    "code written into the memory": "code written into nginx's memory",
    "a library in `named`": "a library in named whose name ends a line after that of named",
}
"""One attack of each kind, also played without ``--all``: how a row of docs/security.md begins, and the attack.

They are chosen so that few labs are started for them.
"""

__all__ = ["ATTACKS", "CORE", "Attack"]
