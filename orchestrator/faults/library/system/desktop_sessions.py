"""Faults of a session server (xrdp): desktops that stay open once their people have gone."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.edits import IniEdit
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break, wait_for_effect
from orchestrator.faults.library.system.units import restart_and_wait
from orchestrator.model.base import AccountName, Document, HostName

_SETTINGS, _UNIT = "/etc/xrdp/sesman.ini", "xrdp-sesman.service"
_KEPT = IniEdit(kind="ini", section="Sessions", key="KillDisconnected", value="false")
_NOT_LISTENING = "connect error"
"""What xrdp-sesrun says of a session manager that has not begun to listen."""
_LOGIN = 120.0
"""Seconds that the opening of a desktop, or the end of some, may take on a busy machine."""
_OPEN = 'xrdp-sesrun -t Xorg -p "$2" "$1" </dev/null 2>&1'
_BEGUN_WITH = 'runuser -u "$1" -- sh -c \'tr "\\0" "\\n" <"/proc/$(pgrep -o -u "$1" -x Xorg)/environ"\' sh "$1" 2>&1'
"""A session keeps the settings that it began with; root may not read them in a container, its owner may."""
_NEVER_CLOSED = "XRDP_SESMAN_KILL_DISCONNECTED=0"
_END = """
for login; do
  server=$(pgrep -o -u "$login" -x Xorg) || continue
  display=$(ps -ww -o args= -p "$server" | sed -n 's/.*Xorg :\\([0-9]*\\) .*/\\1/p')
  keeper=$(ps -o ppid= -p "$server" | tr -d ' ')
  kill -TERM "$server"
  # xrdp-sesexec closes the session for PAM, which may bring a profile back, and ends when that is done.
  for pass in $(seq 150); do
    [ "$(cat "/proc/$keeper/comm" 2>/dev/null)" = xrdp-sesexec ] || break
    sleep 0.2
  done
  pkill -KILL -u "$login"
  [ -z "$display" ] || rm -f "/tmp/.X11-unix/X$display" "/tmp/.X$display-lock"
done
"""
"""Ends the desktop of each login in order; waits at most 30 seconds for each, and kills what is left then."""


class SessionOwner(Document):
    """Somebody who has a desktop on the session server."""

    login: AccountName = Field(description="The account.")
    password: str = Field(pattern=r"^\S+$", description="Its password.")


class SessionsLeftOpen(Fault):
    """Desktops on a session server are never closed once their terminal is switched off, and people have left some.

    `KillDisconnected` is false in sesman.ini, and the people given have a desktop open with nobody in front of it, as
    from a terminal that was switched off. Such a session keeps its setting to the end, even where the file is
    corrected, and takes up a place of `MaxSessions`. The trainee sees the X servers in `ps -C Xorg -o user,lstart`, no
    connection for them in `ss -tn sport = :3389`, and the refusal of those who come later in xrdp's log. A reboot ends
    the sessions, not the setting. The host runs xrdp 0.10 with Xorg, with `KillDisconnected=true`.
    """

    name: ClassVar[str] = "sessions-left-open"

    host: HostName = Field(description="The session server.")
    people: tuple[SessionOwner, ...] = Field(
        min_length=1,
        description="Who has left a desktop open, in the order in which they came.",
        examples=[[{"login": "amartin", "password": "Tilleul-63"}]],
    )
    sessions: int | None = Field(
        default=None, ge=1, description="How many of them, the first ones, where a variable draws it; by default all."
    )

    @model_validator(mode="after")
    def _has_as_many(self) -> SessionsLeftOpen:
        if self.sessions is not None and self.sessions > len(self.people):
            message = "sessions is more than there are people"
            raise ValueError(message)
        return self

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the settings; they must close what is left open, and none of the people may have a desktop yet."""
        settings = driver.read(self.host, _SETTINGS).decode()
        if _KEPT.apply(settings) == settings:
            raise nothing_to_break(self, f"{_SETTINGS}: KillDisconnected=false")
        for person in self._there():
            if driver.run(self.host, ("pgrep", "-u", person.login, "-x", "Xorg"), check=False).status == 0:
                raise nothing_to_break(self, f"{person.login} has a desktop")
        return {_SETTINGS: snapshot.take(driver, self.host, _SETTINGS).text()}

    def inject(self, driver: LabDriver) -> None:
        """Change the setting, restart the session manager, and open the desktops."""
        settings = driver.read(self.host, _SETTINGS).decode()
        driver.write(self.host, _SETTINGS, _KEPT.apply(settings).encode())
        restart_and_wait(driver, self.host, _UNIT)
        for person in self._there():
            self._open(driver, person)

    def verify(self, driver: LabDriver) -> None:
        """Everybody must have a desktop that was begun to stay open."""

        def look() -> str:
            for person in self._there():
                done = driver.run(self.host, ("sh", "-c", _BEGUN_WITH, "sh", person.login), check=False)
                told = done.stdout.decode(errors="replace")
                if _NEVER_CLOSED not in told.splitlines():
                    return f"{person.login}: {told.strip()[-200:] or '-'}"
            return ""

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """End these desktops, one after the other, put the setting back, and restart the session manager."""
        logins = [person.login for person in self._there()]
        driver.run(self.host, ("sh", "-c", _END, "sh", *logins), check=False, timeout=_LOGIN * len(logins))
        snapshot.put_back(driver, self.host, _SETTINGS, memento[_SETTINGS])
        restart_and_wait(driver, self.host, _UNIT)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        who = [person.login for person in self._there()]
        return Text(
            fr=f"Sur {self.host}, un bureau quitté restait ouvert pour toujours (KillDisconnected=false), et ceux-ci "
            f"l'étaient : {', '.join(who)}.",
            en=f"On {self.host} a desktop that was left stayed open for ever (KillDisconnected=false), and these were "
            f"open: {', '.join(who)}.",
        )

    def _there(self) -> tuple[SessionOwner, ...]:
        """Return the people who have a desktop."""
        return self.people[: self.sessions]

    def _open(self, driver: LabDriver, person: SessionOwner) -> None:
        """Open somebody's desktop without a terminal; a refusal is final, for a wrong password may lock an account.

        Raises:
            LabError: the session manager refuses.
        """
        refused = ""

        def look() -> str:
            nonlocal refused
            argv = ("sh", "-c", _OPEN, "sh", person.login, person.password)
            done = driver.run(self.host, argv, check=False, timeout=_LOGIN)
            told = done.stdout.decode(errors="replace").strip()
            refused = "" if done.status == 0 else f"{person.login}: {told}"
            return refused if _NOT_LISTENING in told else ""

        wait_for_effect(self, look)
        if refused:
            raise not_effective(self, refused)
