"""Logging in on a host with a password, as its users do: and whether it was the host's own rules that let them in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.accounts import account_names, rows_of
from grader.bilingual import reason
from grader.errors import changed_tools
from grader.identity import Listener, compared, listener
from grader.load import scaled_timeout

if TYPE_CHECKING:
    from grader.host_inspector import HostInspector
    from grader.vantage_points import VantagePoint

_ACCEPTED, _REFUSED = 0, 67
"""curl(1), EXIT CODES: done; the login was refused."""
_FOLDERS = ("/etc/pam.d", "/etc/security", "/etc/ssh/sshd_config.d")
_FILES = ("/etc/ssh/sshd_config", "/etc/default/ssh", "/etc/nsswitch.conf")
"""What decides who is let in, besides the accounts themselves."""
_MODULES = ("/usr/lib/x86_64-linux-gnu/security", "/usr/lib/aarch64-linux-gnu/security")
_MODULE = re.compile(r"^[^#\n]*\b(pam_\w+\.so)\b", re.MULTILINE)


@dataclass(frozen=True)
class Account:
    """Who logs in; ``local`` says that the account is one of the host's own, not a directory's."""

    login: str
    password: str
    local: bool


@dataclass(frozen=True)
class Login:
    """How an attempt to log in ended.

    Attributes:
        status: curl's exit status.
        problem: curl's words where it did not succeed.
    """

    status: int
    problem: str = ""

    @property
    def accepted(self) -> bool:
        """Return whether the login was accepted, and the home folder could be listed."""
        return self.status == _ACCEPTED

    @property
    def refused(self) -> bool:
        """Return whether the server refused the login."""
        return self.status == _REFUSED

    def __bool__(self) -> bool:
        """Return whether the login was accepted."""
        return self.accepted


def log_in(
    vantage_point: VantagePoint,
    inspector: HostInspector,
    address: str,
    account: Account,
    placed: Mapping[str, str] | None,
    timeout: int,
) -> Login:
    """Log in by SSH with a password and list the home folder; see ``GradedLab.login``.

    Raises:
        AssertionError: who was let in was not by the host's own rules.
        ObservationError: what sshd runs for it is not all of the image.
    """
    login = account.login
    url = f"sftp://{address}/home/{login}/"
    wait = scaled_timeout(timeout)
    # sshd executes other programs for each connection (sshd-session, sftp-server), which load what they load by then.
    changed, began = inspector.changed_tools()
    options = ("--disable", "--silent", "--show-error", "--insecure", "--max-time", str(wait))
    done = vantage_point.run(("curl", *options, "--user", f"{login}:{account.password}", url), timeout=timeout + 10)
    changed = changed or inspector.changed_tools(since=began)[0]
    if changed:
        raise changed_tools(inspector.name, "sshd", changed)
    problem = re.sub(r"^curl: \(\d+\) ", "", done.stderr.strip())
    doubts: list[str] = []
    if done.status == _ACCEPTED:
        doubts += doubts_of_logins(inspector, placed or {})
        if not account.local and any(row[0] == login for row in rows_of(inspector, "passwd")):
            doubts.append(
                reason(fr=f"{login} est un compte de la machine elle-même", en=f"{login} is an account of its own")
            )
        if not account.local and login in account_names(_text(inspector.read("/etc/shadow"))):
            doubts.append(
                reason(
                    fr=f"/etc/shadow contient un mot de passe pour {login}",
                    en=f"/etc/shadow has a password for {login}",
                )
            )
    if doubts:
        said = "; ".join(doubts)
        message = reason(
            fr=f"{inspector.name} laisse entrer {login}, mais pas selon ses propres règles : {said}",
            en=f"{inspector.name} lets {login} in, but not by its own rules: {said}",
        )
        raise AssertionError(message)
    return Login(done.status, problem)


def _options_of(inspector: HostInspector, server: Listener) -> list[str]:
    """Return the options that sshd got from its environment, wherever that came from: it shows none in its own line."""
    found = []
    for pid in sorted(server.pids):
        environment = _text(inspector.read(f"/proc/{pid}/environ")).split("\0")
        found += [told for told in environment if re.match(r"SSHD_OPTS=\s*\S", told)]
    return found


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", errors="replace")


def doubts_of_logins(inspector: HostInspector, placed: Mapping[str, str]) -> tuple[str, ...]:
    """Return what speaks against a host's SSH server letting in those whom its image would: server, rules, modules."""
    server = listener(inspector, "tcp", 22, "", placed)
    started = (
        reason(fr=f"sshd a été lancé avec {told}", en=f"sshd was started with {told}")
        for told in _options_of(inspector, server)
    )
    doubts = [*server.doubts, *started]
    if not server.executables <= {"/usr/sbin/sshd", "/usr/lib/systemd/systemd"}:
        names = ", ".join(sorted(server.executables))
        doubts.append(reason(fr=f"{names} écoute à la place de sshd", en=f"{names} listens instead of sshd"))
    listed = {folder: [f.path for f in inspector.tree(folder) if f.kind != "directory"] for folder in _FOLDERS}
    rules = [f"{folder}/{name}" for folder, names in listed.items() for name in names]
    states = compared(inspector, [*rules, *_FILES], placed)
    stacks = "\n".join(_text(inspector.read(path)) for path in rules if path.startswith("/etc/pam.d/"))
    named = sorted(set(_MODULE.findall(stacks)))
    states |= inspector.compare([f"{folder}/{name}" for folder in _MODULES for name in named])
    changed = (path for path, state in states.items() if state in {"differs", "new"})
    return (
        *doubts,
        *(reason(fr=f"{path} n'est pas celui de l'image", en=f"{path} is not the image's") for path in changed),
    )
