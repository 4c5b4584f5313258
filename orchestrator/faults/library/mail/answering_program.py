"""Faults of programs that answer mail by themselves: where the other side answers too, neither ever stops."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults.fault import Fault, Memento, nothing_to_break, wait_for_effect
from orchestrator.faults.library.system.units import reload_units, unit_state
from orchestrator.model.base import HostName

_PLAIN = r"^[^'\\\n]+$"
"""What stands in a shell's single quotes as it is."""
_SCRIPT = """\
#!/bin/sh
# Answers my mail while I am away. Found on a forum.
box='imaps://{server}/INBOX'
ask() {{ curl --silent --max-time 10 --user '{login}:{password}' "$@"; }}
while sleep 3; do
  since=$(LC_ALL=C date -d yesterday +%d-%b-%Y)
  for n in $(ask "$box" --request "UID SEARCH UNSEEN SINCE $since" | tr -d '\\r' | sed -n 's/^\\* SEARCH//p'); do
    from=$(ask "$box;UID=$n;SECTION=HEADER" | tr -d '\\r' | grep -i '^from:' | grep -o '[^<> "]*@[^<> "]*' | tail -1)
    [ "$from" ] || continue
    swaks --silent 3 --timeout 10 --server '{server}:587' --tls --auth-user '{login}' --auth-password '{password}' \\
      --from '{login}@{domain}' --to "$from" --header 'Subject: {subject}' --body '{text}' ||
      ask "$box" --request "UID STORE $n -FLAGS (\\\\Seen)" >/dev/null
  done
done
"""
_UNIT = """\
[Unit]
Description=Answers the mail of {login}
After=network.target sssd.service
StartLimitIntervalSec=0

[Service]
User={login}
ExecStart=/usr/local/bin/{program}
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
"""


class MailAnsweredByProgram(Fault):
    """A home-made program answers each message that somebody gets, automatic ones too, as if they had written.

    With a helpdesk that confirms each message, tickets multiply: each confirmation is answered, each answer becomes a
    ticket, which is confirmed. It begins with what is unread since yesterday, and outlasts a reboot. The trainee sees
    whom the tickets are from, in the mail server's log from which host they come, and there the service. The host needs
    curl, swaks and the account; the server offers IMAPS and submission, and the host trusts its certificate.
    """

    name: ClassVar[str] = "mail-answered-by-program"

    host: HostName = Field(description="The host that the program runs on.")
    login: str = Field(
        pattern=r"^[a-z][a-z0-9._-]*$",
        description="Whose mail is answered; the program runs as this account.",
        examples=["a.martin"],
    )
    password: str = Field(
        pattern=_PLAIN, description="Their password, which stands in the program.", examples=["Tilleul-63"]
    )
    server: str = Field(
        pattern=r"^[a-z0-9.-]+$", description="The mail server's name.", examples=["mail.example.internal"]
    )
    domain: str = Field(
        pattern=r"^[a-z0-9.-]+$", description="The domain of the account's address.", examples=["example.internal"]
    )
    program: str = Field(
        default="answer-mail", pattern=r"^[a-z][a-z0-9-]*$", description="The name of the program and of its service."
    )
    subject: str = Field(default="Absence", pattern=_PLAIN, description="The subject of each answer.")
    text: str = Field(default="I am away until Monday.", pattern=_PLAIN, description="What each answer says.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing; there must be no such program yet, and the host must know the account."""
        for path in self._paths():
            if driver.run(self.host, ("test", "-e", path), check=False).status == 0:
                raise nothing_to_break(self, f"{path} is there already")
        if driver.run(self.host, ("id", "--", self.login), check=False).status != 0:
            raise nothing_to_break(self, f"{self.host} does not know {self.login}")
        return {}

    def inject(self, driver: LabDriver) -> None:
        """Put the program in place, and start it."""
        program, unit = self._paths()
        told = self.model_dump()
        driver.write(self.host, program, _SCRIPT.format(**told).encode(), mode="0700")
        driver.run(self.host, ("chown", "--", self.login, program))
        driver.write(self.host, unit, _UNIT.format(**told).encode(), mode="0644")
        reload_units(driver, self.host)
        driver.run(self.host, ("systemctl", "enable", "--now", "--", self._service))

    def verify(self, driver: LabDriver) -> None:
        """The program must run, begin with the host, and be let in by the mail server."""

        def look() -> str:
            state = unit_state(driver, self.host, self._service)
            if not (state.up and state.file == "enabled"):
                return str(state)
            done = driver.run(self.host, (*self._ask(), "--request", "NOOP"), check=False)
            return "" if done.status == 0 else done.stderr.decode(errors="replace").strip()

        wait_for_effect(self, look)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Stop the program, and take it away."""
        driver.run(self.host, ("systemctl", "disable", "--now", "--", self._service), check=False)
        driver.run(self.host, ("rm", "-f", "--", *self._paths()))
        reload_units(driver, self.host)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, un programme fait maison ({self.program}) répondait à chaque message que recevait "
            f"{self.login}, même automatique.",
            en=f"On {self.host}, a home-made program ({self.program}) answered every message that {self.login} got, "
            f"automatic ones included.",
        )

    @property
    def _service(self) -> str:
        return f"{self.program}.service"

    def _paths(self) -> tuple[str, str]:
        return f"/usr/local/bin/{self.program}", f"/etc/systemd/system/{self._service}"

    def _ask(self) -> tuple[str, ...]:
        """Return the command that speaks to the account's mailbox."""
        asked = ("curl", "--silent", "--show-error", "--max-time", "10", "--user", f"{self.login}:{self.password}")
        return (*asked, f"imaps://{self.server}/INBOX")
