"""What the twenty checks state, once for both sides: five statements, each about four hosts.

Only testinfra's own modules, so that each statement costs both sides the same commands.
"""

from __future__ import annotations

from typing import Any, Final

HOSTS: Final = ("ws1", "ws3", "ws5", "ws6")
"""The hosts that are looked at, one on each segment."""

COUNT: Final = 20
"""How many checks there are: five statements about each host."""

_SSH_PORT: Final = 22


def service_runs(host: Any) -> None:  # noqa: ANN401 - testinfra's modules have no types
    """The SSH server runs and is started at boot."""
    ssh = host.service("ssh")
    assert ssh.is_running
    assert ssh.is_enabled


def port_listens(host: Any) -> None:  # noqa: ANN401 - testinfra's modules have no types
    """The SSH server listens."""
    assert host.socket(f"tcp://0.0.0.0:{_SSH_PORT}").is_listening


def file_is_right(host: Any) -> None:  # noqa: ANN401 - testinfra's modules have no types
    """The SSH server's configuration belongs to root and says what it should."""
    file = host.file("/etc/ssh/sshd_config.d/10-lab.conf")
    assert file.user == "root"
    assert file.contains("^UseDNS no")


def package_is_installed(host: Any) -> None:  # noqa: ANN401 - testinfra's modules have no types
    """The SSH server is installed."""
    assert host.package("openssh-server").is_installed


def command_answers(host: Any) -> None:  # noqa: ANN401 - testinfra's modules have no types
    """The host's interface is up with an address."""
    assert "198.18." in host.check_output("ip -4 -oneline address show dev eth0")
