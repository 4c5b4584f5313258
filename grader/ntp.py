"""The hour that a machine gives over the network (NTP), against the grader's own: a lab's hosts share that clock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.load import scaled_timeout

if TYPE_CHECKING:
    from grader.vantage_points import VantagePoint

_TRIES = 2
_START = 5
"""Seconds that the observer's program may take besides."""
_UNKNOWN, _STRATA = 3, range(1, 16)
"""The leap indicator of a server that does not know the hour, and the strata of one that does."""

_ASK = r"""
import json, socket, struct, sys, time

told = {}
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
    wire.settimeout(float(sys.argv[2]))
    for attempt in range(int(sys.argv[3])):
        try:
            wire.connect((sys.argv[1], int(sys.argv[4])))
            sent = time.time()
            mark = struct.pack("!II", int(sent) + 2208988800, attempt + 1)
            wire.send(b"\x23" + bytes(39) + mark)
            while (data := wire.recv(512))[24:32] != mark:
                pass
        except OSError:
            continue
        got = time.time()
        stamps = (struct.unpack("!II", data[n:n + 8]) for n in (32, 40))
        received, answered = (whole - 2208988800 + part / 2**32 for whole, part in stamps)
        told = {
            "leap": data[0] >> 6, "stratum": data[1], "source": socket.inet_ntoa(data[12:16]),
            "ahead": (received + answered) / 2 - (sent + got) / 2, "card": "",
        }
        with open("/proc/self/net/arp") as table:
            for row in map(str.split, table):
                if row[0] == sys.argv[1]:
                    told["card"] = row[3]
        break
print(json.dumps(told))
"""
"""Asks (RFC 5905, client mode) until the first answer to a question of its own."""


@dataclass(frozen=True)
class NtpAnswer:
    """What a machine answers who is asked for the hour.

    Attributes:
        answered: whether it answers at all.
        synchronised: whether it says that it knows the hour.
        source: the IPv4 address that it says to take its hour from; a letter code, as an address, for its own clock.
        ahead: seconds that its clock is ahead, negative where it is behind.
        card: the network card that holds the address for who asks (``52:54:00:…``); empty behind a router.
    """

    answered: bool
    synchronised: bool = False
    source: str = ""
    ahead: float = 0.0
    card: str = ""


def ask_ntp(place: VantagePoint, address: str, port: int = 123) -> NtpAnswer:
    """Ask a machine for the hour, twice if it does not answer.

    Args:
        place: who asks: ``lab.probe("lan")``; it needs python3, which observers have.
        address: the machine's IPv4 address.
        port: the UDP port that it serves the hour on.

    Raises:
        ObservationError: the observer's program did not run.
    """
    wait = scaled_timeout(1)
    argv = ("python3", "-I", "-S", "-c", _ASK, address, str(wait), str(_TRIES), str(port))
    told = json.loads(place.run(argv, timeout=_TRIES * wait + _START).stdout)
    if not told:
        return NtpAnswer(answered=False)
    known = told["leap"] != _UNKNOWN and told["stratum"] in _STRATA
    return NtpAnswer(True, known, told["source"], told["ahead"], told["card"])
