"""What cron would do at an hour of another day: seen now, by the host's own cron, which runs the jobs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from grader.load import scaled_timeout
from orchestrator.core.cron_rehearsal import NEEDS, CronRehearsal, attempts, outcome

if TYPE_CHECKING:
    import testinfra.host


def play_cron(host: testinfra.host.Host, hour: datetime) -> CronRehearsal:
    """Have a host's cron do what it will do at a minute, its jobs too; return what it did.

    The host needs Debian's cron and libfaketime. It takes some four seconds, and longer where jobs do. The jobs have
    the real time. The daemon that runs is left alone, so whether it comes with the machine is another question; so is
    whether ``/usr/sbin/cron`` is the image's.

    Args:
        host: a host whose check has the time: give the check a ``timeout`` of minutes.
        hour: a minute of the host's own time, of any day.
    """
    played = CronRehearsal(struck=False, jobs=(), said=())
    for argv in attempts(hour, patience=scaled_timeout(20)):
        done = host.run("timeout " + " ".join(["%s"] * (1 + len(argv))), f"{NEEDS:.0f}", *argv)
        played = outcome(done.stdout)
        if played.struck or "cron does not run" in played.said:
            break
    return played
