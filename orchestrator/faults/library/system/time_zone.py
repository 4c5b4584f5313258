"""Faults of the time zone: everything runs, and shows another hour than the site's."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break
from orchestrator.model.base import HostName

_LINK, _NAME = "/etc/localtime", "/etc/timezone"
_ZONES = "/usr/share/zoneinfo"

ZoneName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_-]+)*$", max_length=60),
    Field(examples=["America/Montreal"]),
]
"""A time zone's name in the tz database."""


class TimeZoneWrong(Fault):
    """A host has another time zone than its site: hours on the screen and in new sessions are off.

    The trainee sees it with `date` and `timedatectl`, and where `/etc/localtime` leads; the clock itself is right.
    Choose a zone that is off all year round. The image needs the package `tzdata`.
    """

    name: ClassVar[str] = "time-zone-wrong"

    host: HostName = Field(description="The host that is broken.")
    zone: ZoneName = Field(description="The wrong time zone.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the link and the name; the host must know the zone, and show another hour."""
        if driver.run(self.host, ("test", "-e", f"{_ZONES}/{self.zone}"), check=False).status:
            raise nothing_to_break(self, f"{self.host} does not know {self.zone}")
        if not self._differs(driver):
            raise nothing_to_break(self, f"{self.host} shows the hour of {self.zone}")
        return {path: snapshot.take(driver, self.host, path).text() for path in (_LINK, _NAME)}

    def inject(self, driver: LabDriver) -> None:
        """Set the other zone, as the installer does."""
        driver.run(self.host, ("ln", "-sfn", f"{_ZONES}/{self.zone}", _LINK))
        driver.write(self.host, _NAME, f"{self.zone}\n".encode(), mode="0644")

    def verify(self, driver: LabDriver) -> None:
        """The host must show the other zone's hour."""
        if self._differs(driver):
            raise not_effective(self, f"{self.host} does not show the hour of {self.zone}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the link and the name back."""
        for path in (_LINK, _NAME):
            snapshot.put_back(driver, self.host, path, memento[path])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le fuseau horaire était {self.zone}.",
            en=f"On {self.host} the time zone was {self.zone}.",
        )

    def _differs(self, driver: LabDriver) -> bool:
        """Return whether the host's hour is another one than the zone's."""
        own = driver.run(self.host, ("env", "-u", "TZ", "date", "+%z")).stdout
        return own != driver.run(self.host, ("env", f"TZ={self.zone}", "date", "+%z")).stdout
