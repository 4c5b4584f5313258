"""The local accounts of a host (passwd(5), shadow(5), group(5)): one back-end of the faults of accounts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from orchestrator.access.lab_driver import LabDriver

_BY_ACCOUNT = ("/etc/passwd", "/etc/shadow")
_BY_GROUP = ("/etc/group", "/etc/gshadow")


@dataclass(frozen=True)
class LocalAccounts:
    """The accounts in a host's own files, changed with the system's own tools.

    A directory (LDAP, Active Directory) would be another class with the same methods.
    """

    driver: LabDriver
    host: str

    def lock(self, account: str) -> None:
        """Make the password of an account useless until it is unlocked."""
        self.driver.run(self.host, ("usermod", "--lock", "--", account))

    def expire(self, account: str, day: str) -> None:
        """Let an account end on a day (YYYY-MM-DD)."""
        self.driver.run(self.host, ("usermod", "--expiredate", day, "--", account))

    def set_shell(self, account: str, shell: str) -> None:
        """Give an account a login shell, which need not exist."""
        self.driver.run(self.host, ("usermod", "--shell", shell, "--", account))

    def leave(self, account: str, group: str) -> None:
        """Take an account out of a group."""
        self.driver.run(self.host, ("gpasswd", "--delete", account, group))

    def set_password(self, account: str, password: str) -> None:
        """Give an account another password."""
        self.driver.run(self.host, ("chpasswd",), stdin=f"{account}:{password}\n".encode())

    def kept(self, account: str, group: str | None = None) -> str:
        """Return, as a text, an account's lines of the files, and those of one group."""
        names = dict.fromkeys(_BY_ACCOUNT, account) | (dict.fromkeys(_BY_GROUP, group) if group else {})
        lines = {path: _line_of(name, self._read(path)) for path, name in names.items()}
        return json.dumps({path: line for path, line in lines.items() if line is not None})

    def put_back(self, kept: str) -> None:
        """Put the lines back; all others of the files stay."""
        for path, line in json.loads(kept).items():
            text = self._read(path)
            now = _line_of(line.partition(":")[0], text)
            if now != line:
                new = f"{text}{line}\n" if now is None else text.replace(f"{now}\n", f"{line}\n", 1)
                self.driver.write(self.host, path, new.encode())

    def log_in(self, account: str, password: str) -> str:
        """Log in with a password as a user does, through PAM; return what refused it, or an empty text.

        ``su`` asks nobody who is root: an account without any rights calls it.
        """
        as_nobody = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
        return self._su(as_nobody, account, f"{password}\n")

    def begin_session(self, account: str) -> str:
        """Begin a session without a password, as root may; return what refused it, or an empty text."""
        return self._su((), account, "")

    def groups(self, account: str) -> list[str]:
        """Return the groups of a new session of an account, the first one first."""
        done = self.driver.run(self.host, ("su", "--login", account, "--command", "id -Gn"))
        return done.stdout.decode().split()

    def _su(self, before: tuple[str, ...], account: str, stdin: str) -> str:
        argv = (*before, "env", "LC_ALL=C", "su", "--login", account, "--command", "true")
        done = self.driver.run(self.host, argv, stdin=stdin.encode(), check=False)
        said = (done.stdout + done.stderr).decode(errors="replace").replace("Password: ", "").strip()
        return "" if done.status == 0 else said or f"status {done.status}"

    def _read(self, path: str) -> str:
        return self.driver.read(self.host, path).decode()


def _line_of(name: str, text: str) -> str | None:
    found = re.search(rf"^{re.escape(name)}:[^\n]*$", text, re.MULTILINE)
    return found[0] if found else None
