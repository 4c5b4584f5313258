"""A command that one of a host's accounts runs: with its groups, and without root's power."""

from __future__ import annotations

from orchestrator.access.lab_driver import LabDriver


def as_account(driver: LabDriver, host: str, account: str, *argv: str) -> tuple[str, ...]:
    """Return a command that runs another one as an account of the host; it opens no session, and leaves no log.

    Raises:
        LabError: the host has no such account.
    """
    group = driver.run(host, ("id", "--group", "--", account)).stdout.decode().strip()
    return ("setpriv", f"--reuid={account}", f"--regid={group}", "--init-groups", *argv)
