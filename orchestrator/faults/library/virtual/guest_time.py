"""Faults of the clock of a machine that is reached by SSH: a lab's hosts share the clock of the machine they run on."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from pydantic import Field, model_validator

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import Completed
from orchestrator.faults.fault import Fault, Memento, wait_for_effect, wait_until_sound
from orchestrator.faults.library.system.units import UnitName, restart_and_wait
from orchestrator.model.base import HostName, Slug
from orchestrator.model.lab import Subnet

_How = Literal["boot", "source", "preferred", "refused"]
_CONF: Final = "/etc/chrony/chrony.conf"
_PREFERRED: Final = "/etc/chrony/sources.d/{wrong}.sources"
_PATIENCE: Final = 120.0
"""Seconds that the machine's lines may take, and its start: it is emulated, on a busy machine."""
_RIGHT, _WRONG = 2, 60
"""Seconds by which a right clock is off at most, and a wrong one at least."""
_ASKED = 3
"""Questions without an answer after which a time server refuses."""
_NO_SSH = 255
"""The status of ssh(1) where it does not reach the machine, or loses it."""
_STATE: Final = """
echo "clock $(date +%s)"
LC_ALL=C chronyc -c -n tracking | awk -F, 'NF > 10 {print "source " $2; print "leap " $NF}'
LC_ALL=C chronyc -n ntpdata 2>/dev/null | awk '/^Total TX/ {print "asked " $4} /^Total RX/ {print "answered " $4}'
"""


class MachineClockWrong(Fault):
    """The clock of a machine is wrong, because of where its time service takes the hour from, or does not.

    `how` says why: `source` (chrony follows `wrong`, which is another hour's, instead of its server), `preferred`
    (besides its server, one more file of sources names `wrong`, with `prefer` and `trust`), `boot` (nothing starts
    chrony with the machine) or `refused` (the time server `server` denies the hour to the addresses `denied`). With the
    last two the machine is started again, and keeps the hour of its hardware clock, which must be wrong. The trainee
    sees `chronyc sources`, `chronyc tracking`, `service chrony status`. The machine is reached from `host` by SSH, as
    root, by key; it runs Debian with chrony and the links of `/etc/rc2.d` (`images/punch-hypervisor`), as the unit
    `unit` of `host`.
    """

    name: ClassVar[str] = "machine-clock-wrong"

    host: HostName = Field(description="The host that carries the machine, and whose root reaches it by SSH.")
    machine: Slug = Field(description="The machine, as `ssh` calls it.", examples=["pointeuse"])
    unit: UnitName = Field(description="The unit of the host that runs the machine.", examples=["pointeuse.service"])
    how: _How = Field(description="Why its clock is wrong.")
    wrong: HostName | None = Field(
        default=None,
        description="The source of another hour, with `how: source` or `preferred`.",
        examples=["portail1"],
    )
    server: HostName | None = Field(default=None, description="The time server, with `how: refused`.")
    denied: Subnet | None = Field(
        default=None,
        description="Which addresses it denies the hour to, with `how: refused`.",
        examples=["192.168.100.16/29"],
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> MachineClockWrong:
        followed, refused = self.how in ("source", "preferred"), self.how == "refused"
        for word, value, wanted in (
            ("wrong", self.wrong, followed), ("server", self.server, refused), ("denied", self.denied, refused)
        ):  # fmt: skip
            if (value is not None) != wanted:
                message = f"{word} does not go with how: {self.how}" if value else f"how: {self.how} needs {word}"
                raise ValueError(message)
        return self

    def remember(self, driver: LabDriver) -> Memento:
        """Keep what is changed; the machine must have its server's hour."""
        wait_until_sound(self, lambda: self._unsound(driver))
        if self.how == "source":
            return {"conf": self._run(driver, f"cat {_CONF}").stdout.decode()}
        if self.how == "refused":
            return {"conf": driver.read(str(self.server), _CONF).decode()}
        return {}

    def inject(self, driver: LabDriver) -> None:
        """Give chrony the other source, take it out of the boot, or have its server refuse; wait until it counts."""
        if self.how == "source":
            self._run(driver, f"sed -i 's/^server .*/server {self.wrong} iburst/' {_CONF}\nservice chrony restart")
        elif self.how == "preferred":
            place = _PREFERRED.format(wrong=self.wrong)
            self._run(driver, f"echo 'server {self.wrong} iburst prefer trust' >{place}\nservice chrony restart")
        elif self.how == "boot":
            self._run(driver, "update-rc.d chrony disable\nsync")
            self._start_again(driver)
        else:
            conf = driver.read(str(self.server), _CONF).decode().rstrip("\n")
            conf += f"\n\n# The old terminals of the shed, out of use.\ndeny {self.denied}\n"
            driver.write(str(self.server), _CONF, conf.encode())
            restart_and_wait(driver, str(self.server), "chrony.service")
            self._start_again(driver)
        wait_until(lambda: not self._unlike_it(driver), within=_PATIENCE)

    def verify(self, driver: LabDriver) -> None:
        """The machine's clock must be off, for the reason that ``how`` gives."""
        wait_for_effect(self, lambda: self._unlike_it(driver))

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Give back what was changed, and wait until the machine has its server's hour again."""
        again = "service chrony restart"
        if self.how == "source":
            kept = base64.b64encode(memento["conf"].encode()).decode()
            again = f"echo {kept} | base64 -d >{_CONF}\n{again}"
        elif self.how == "preferred":
            again = f"rm -f {_PREFERRED.format(wrong=self.wrong)}\n{again}"
        elif self.how == "boot":
            again = f"update-rc.d chrony enable\n{again}"
        else:
            driver.write(str(self.server), _CONF, memento["conf"].encode())
            restart_and_wait(driver, str(self.server), "chrony.service")
        self._wait_for_ssh(driver)
        self._run(driver, f"{again}\nsync")
        wait_until(lambda: not self._unsound(driver), within=_PATIENCE)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        why = {
            "source": Text(
                fr=f"son service de temps suivait {self.wrong}, qui a une autre heure",
                en=f"its time service followed {self.wrong}, which keeps another hour",
            ),
            "preferred": Text(
                fr=f"son service de temps préférait {self.wrong}, qui a une autre heure",
                en=f"its time service preferred {self.wrong}, which keeps another hour",
            ),
            "boot": Text(
                fr="rien ne démarrait son service de temps avec la machine",
                en="nothing started its time service with the machine",
            ),
            "refused": Text(
                fr=f"le serveur de temps {self.server} refusait l'heure à {self.denied}",
                en=f"the time server {self.server} denied the hour to {self.denied}",
            ),
        }[self.how]
        return Text(
            fr=f"L'horloge de {self.machine} était fausse : {why.fr}.",
            en=f"The clock of {self.machine} was wrong: {why.en}.",
        )

    def _unlike_it(self, driver: LabDriver) -> str:
        """Return what is seen where the fault does not show."""
        state = self._state(driver)
        shown = abs(int(state.get("off", "0"))) >= _WRONG and self._as_said(driver, state)
        return "" if shown else _told(state)

    def _as_said(self, driver: LabDriver, state: Mapping[str, str]) -> bool:
        """Return whether what the machine says of its time service is what ``how`` makes of it."""
        if self.how == "boot":
            return "source" not in state
        if self.how == "refused":
            return state.get("answered") == "0" and int(state.get("asked", "0")) >= _ASKED
        address = self._run(driver, f"getent hosts {self.wrong}", check=False).stdout.decode().split()
        return bool(address) and state.get("source") == address[0]

    def _unsound(self, driver: LabDriver) -> str:
        state = self._state(driver)
        right = abs(int(state.get("off", str(_WRONG)))) <= _RIGHT and state.get("leap") == "Normal"
        return "" if right else _told(state)

    def _state(self, driver: LabDriver) -> dict[str, str]:
        done = self._run(driver, _STATE, check=False)
        rows = [row.split(" ", 1) for row in done.stdout.decode(errors="replace").splitlines() if " " in row]
        state = {key: value.strip() for key, value in rows}
        if "clock" in state:
            now = int(driver.run(self.host, ("date", "+%s")).stdout)
            state["off"] = str(int(state["clock"]) - now)
        return state

    def _start_again(self, driver: LabDriver) -> None:
        restart_and_wait(driver, self.host, self.unit)
        self._wait_for_ssh(driver)

    def _wait_for_ssh(self, driver: LabDriver) -> None:
        if not wait_until(lambda: self._run(driver, "true", check=False).status == 0, within=_PATIENCE):
            raise LabError(Text(fr=f"{self.machine} ne répond pas", en=f"{self.machine} does not answer"))

    def _run(self, driver: LabDriver, script: str, *, check: bool = True) -> Completed:
        """Run a script of root's in the machine; where it has to succeed, come again if SSH did not get through.

        A script that has to succeed may be run twice: its connection can break behind it.
        """
        argv = ("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", self.machine, "LC_ALL=C bash -s")
        last = Completed(_NO_SSH, b"", b"")

        def got_through() -> bool:
            nonlocal last
            last = driver.run(self.host, argv, stdin=script.encode(), timeout=_PATIENCE, check=False)
            return last.status != _NO_SSH

        if not check:
            got_through()
        elif not wait_until(got_through, within=_PATIENCE) or last.status:
            said = last.stderr.decode(errors="replace").strip()
            raise LabError(Text(fr=f"{self.machine} : {said}", en=f"{self.machine}: {said}"))
        return last


def _told(state: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in state.items()) or "no answer"
