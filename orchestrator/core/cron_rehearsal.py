"""What cron would do at an hour, seen a few seconds later: another cron, for which that hour is about to strike.

It is the host's own program (Debian's cron 3.0pl1), started with the words and the environment of the one that runs,
and with libfaketime before it. So it reads the tables that are there, passes over those that it does not like, asks
PAM for each job's account, and runs the jobs as every morning. What it runs has the real time, for cron hands its own
environment to no job. The cron that runs is not touched: its lock is moved out of the way and put back.

A job of root's, which does nothing, is due at the same minute: once it has run, the hour has struck.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

NEEDS: Final = 150.0
"""Seconds after which a rehearsal has ended by itself, whatever is wrong."""

_LEADS: Final = (3, 20)
"""Seconds before the hour at which it begins; the second where the machine was too busy for the first."""

_SCRIPT: Final = r"""
set -u
lead=$1 at=$2 minute=$3 hour=$4 most=$5
exec 2>&1
running=$(systemctl show --value --property MainPID cron.service)
if [ "${running:-0}" = 0 ]; then echo 'cron: cron does not run'; exit 0; fi
mapfile -d '' -t words <"/proc/$running/cmdline"
mapfile -d '' -t environment <"/proc/$running/environ"
mark=rehearsal-$$ ours=
clean() {
  [ -z "$ours" ] || kill "$ours" 2>/dev/null
  rm -f "/etc/cron.d/$mark"
  [ ! -e "/run/$mark.pid" ] || mv "/run/$mark.pid" /run/crond.pid
}
trap clean EXIT
trap 'exit 1' HUP INT TERM
printf '%s %s * * * root : %s\n' "$minute" "$hour" "$mark" >"/etc/cron.d/$mark"
cursor=$(journalctl --quiet --lines 0 --show-cursor | sed 's/^-- cursor: //')
told() { journalctl --quiet --output short --no-hostname --after-cursor "$cursor" --identifier cron --identifier CRON; }
mv /run/crond.pid "/run/$mark.pid"
env -i "${environment[@]}" "LD_PRELOAD=$(echo /usr/lib/*/faketime/libfaketime.so.1)" "FAKETIME=@$at" \
  /usr/sbin/cron "${words[@]:1}" -L 15 </dev/null >/dev/null 2>&1 &
ours=$! state=late left=$(((lead + 10) * 5))
while [ "$state" != over ] && [ "$left" -gt 0 ] && kill -0 "$ours" 2>/dev/null; do
  sleep 0.2
  left=$((left - 1))
  case $state$(told) in
    late*"] : $mark)"*) state=struck left=$((most * 5)) ;;
    struck*) [ -n "$(pgrep --parent "$ours")" ] || state=over ;;
  esac
done
told
echo "cron: $state"
"""


@dataclass(frozen=True)
class CronJob:
    """A job that cron started.

    Attributes:
        user: under whose account.
        command: its line as cron runs it, without what stands behind a ``%``.
        status: what it ended with; 0 where cron had nothing to say against it.
    """

    user: str
    command: str
    status: int


@dataclass(frozen=True)
class CronRehearsal:
    """What cron did at the hour.

    Attributes:
        struck: whether the hour came for it: it does not where cron does not run, or cannot.
        jobs: the jobs that it started.
        said: what it and its kin (PAM) wrote to the log, the job of the rehearsal left out.
    """

    struck: bool
    jobs: tuple[CronJob, ...]
    said: tuple[str, ...]


def attempts(hour: datetime, *, patience: float) -> Iterator[tuple[str, ...]]:
    """Yield the commands to run as root, one after another until one's rehearsal has ``struck``.

    Args:
        hour: a minute of the host's own time.
        patience: seconds that the jobs may take.
    """
    for lead in _LEADS:
        begins = f"{hour - timedelta(seconds=lead):%Y-%m-%d %H:%M:%S}"
        numbers = (str(hour.minute), str(hour.hour), str(round(patience)))
        yield ("/bin/bash", "-c", _SCRIPT, "cron-rehearsal", str(lead), begins, *numbers)


_LINE: Final = re.compile(r"^\S+ +\S+ \S+ (?:cron|CRON)\[[0-9]+\]: (.*)$")
_STARTED: Final = re.compile(r"^\((.+?)\) CMD \(\[([0-9]+)\] (.*)\)$", re.DOTALL)
_FAILED: Final = re.compile(r"grandchild #([0-9]+) failed with exit status ([0-9]+)")
_OWN: Final = re.compile(r"\[[0-9]+\] : rehearsal-[0-9]+\)$")


def outcome(output: str) -> CronRehearsal:
    """Return what a rehearsal has seen, by what its command printed."""
    lines = output.split("\n")
    said = [found[1] for line in lines if (found := _LINE.match(line))]
    failed = {found[1]: int(found[2]) for line in said if (found := _FAILED.search(line))}
    started = [found for line in said if not _OWN.search(line) and (found := _STARTED.match(line))]
    jobs = tuple(CronJob(one[1], one[3], failed.get(one[2], 0)) for one in started)
    ends = [line.removeprefix("cron: ") for line in lines if line.startswith("cron: ")]
    told = [line for line in said if not _OWN.search(line)]
    return CronRehearsal(
        struck=any(line in {"struck", "over"} for line in ends),
        jobs=jobs,
        said=tuple(told + [line for line in ends if line not in {"struck", "over"}]),
    )
