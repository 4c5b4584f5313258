"""Faults of a job of cron's that fails without a word: its table, one line of it, or the account that it runs under."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.cron_rehearsal import NEEDS, CronRehearsal, attempts, outcome
from orchestrator.core.text import Text
from orchestrator.faults import snapshot
from orchestrator.faults.edits import Edit
from orchestrator.faults.fault import Fault, Memento, not_effective, nothing_to_break
from orchestrator.faults.library.accounts.local_accounts import LocalAccounts
from orchestrator.model.base import AccountName, HostName

_TABLES = "/etc/cron.d"
_PATIENCE = 40.0
"""Seconds that a job may take when it is tried."""

TableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=60)]
"""The name of a table in /etc/cron.d that cron reads."""
SkippedName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+([.~][A-Za-z0-9_-]*)+$", max_length=60)]
"""A name that cron passes over: with a dot, as backup copies have it, or a tilde."""


class _OfJob(Fault):
    """A fault by which a job of /etc/cron.d no longer does its work at its hour."""

    host: HostName = Field(description="The host, which has Debian's cron and libfaketime.")
    table: TableName = Field(description="The table's name in /etc/cron.d.", examples=["reports"])
    job: str = Field(min_length=3, description="A part of the job's command that no other job has.")
    hour: str = Field(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description='The hour at which it runs, quoted; it is tried then, for cron and really: "05:15".',
        examples=["05:15"],
    )

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the table; cron must run the job well beforehand."""
        kept = snapshot.take(driver, self.host, self.path)
        played = self.play(driver)
        if kept.kind != "file" or not self.runs(played):
            raise nothing_to_break(self, f"{self.path}, {self.hour}: {_told(played)}")
        return {self.path: kept.text()}

    def verify(self, driver: LabDriver) -> None:
        """At its hour cron must not run the job, or not to a good end, and for the fault's reason."""
        played = self.play(driver)
        if not played.struck or self.runs(played) or not self.shows(driver, played):
            raise not_effective(self, _told(played))

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the table back."""
        snapshot.put_back(driver, self.host, self.path, memento[self.path])

    @abstractmethod
    def shows(self, driver: LabDriver, played: CronRehearsal) -> bool:
        """Return whether the job that fails fails for this fault's reason."""

    def play(self, driver: LabDriver) -> CronRehearsal:
        """Have cron do what it does at the hour of tomorrow."""
        hour, minute = map(int, self.hour.split(":"))
        at = (datetime.now(UTC) + timedelta(days=1)).replace(hour=hour, minute=minute, second=0, tzinfo=None)
        played = CronRehearsal(struck=False, jobs=(), said=())
        for argv in attempts(at, patience=_PATIENCE):
            done = driver.run(self.host, argv, timeout=NEEDS, check=False)
            played = outcome(done.stdout.decode(errors="replace"))
            if played.struck:
                break
        return played

    def runs(self, played: CronRehearsal) -> bool:
        """Return whether the job was started and ended well."""
        return any(self.job in one.command and one.status == 0 for one in played.jobs)

    @property
    def path(self) -> str:
        """Return the table's path."""
        return f"{_TABLES}/{self.table}"


class CronTableSkipped(_OfJob):
    """A table of /etc/cron.d has a name with a dot or a tilde: cron passes over it, without a line in any log.

    It is what remains where somebody keeps an older table beside the new one, or gives files of a kind an ending. The
    trainee sees the table, with every line as it should be, and nothing of its jobs in the journal; cron(8) says which
    names it reads.
    """

    name: ClassVar[str] = "cron-table-skipped"

    becomes: SkippedName = Field(description="Its name now.", examples=["reports.cron", "reports.new"])

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the table; nothing must lie under the other name."""
        if snapshot.take(driver, self.host, f"{_TABLES}/{self.becomes}").kind != "absent":
            raise nothing_to_break(self, f"{_TABLES}/{self.becomes} is there")
        return super().remember(driver)

    def inject(self, driver: LabDriver) -> None:
        """Give it its other name."""
        driver.run(self.host, ("mv", "--", self.path, f"{_TABLES}/{self.becomes}"))

    def shows(self, driver: LabDriver, played: CronRehearsal) -> bool:
        """Return whether cron started no such job, while the table lies under its other name."""
        there = driver.run(self.host, ("test", "-f", f"{_TABLES}/{self.becomes}"), check=False).status == 0
        return there and not any(self.job in one.command for one in played.jobs)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Put the table back under its name."""
        driver.run(self.host, ("rm", "-f", "--", f"{_TABLES}/{self.becomes}"))
        super().revert(driver, memento)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, la table de cron s'appelait {self.becomes} : cron ne lit pas un tel nom.",
            en=f"On {self.host} cron's table was called {self.becomes}: cron does not read such a name.",
        )


class CronLineBroken(_OfJob):
    """A line of a table of /etc/cron.d is wrong: by hand the job works, for cron it fails, and nobody gets its mail.

    Examples: a `PATH` that is gone (cron's own has /usr/bin and /bin only), a `%` without its backslash (the command
    ends there). The trainee sees that the job is started and "No MTA installed, discarding output" in the journal, and
    finds the rest by running the command as cron does.
    """

    name: ClassVar[str] = "cron-line-broken"

    edit: Edit

    def inject(self, driver: LabDriver) -> None:
        """Change the line."""
        before = driver.read(self.host, self.path).decode()
        after = self.edit.apply(before)
        if after == before:
            raise not_effective(self, f"nothing to change in {self.path}")
        driver.write(self.host, self.path, after.encode())

    def shows(self, driver: LabDriver, played: CronRehearsal) -> bool:
        """Return whether cron started the job, and it failed; or it did not read the table."""
        return not any("account" in line for line in played.said)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, une ligne de {self.path} faisait échouer le travail quand cron le lançait.",
            en=f"On {self.host} a line of {self.path} made the job fail when cron ran it.",
        )


class CronAccountExpired(_OfJob):
    """The account that a job of cron's runs under has expired: PAM refuses it, and cron starts nothing.

    Services of systemd under the same account go on, and so does Samba. The trainee sees "account … has expired" in
    the journal at the job's hour, and the date with `chage -l`.
    """

    name: ClassVar[str] = "cron-account-expired"

    account: AccountName = Field(description="The account that the job runs under.", examples=["www-data"])
    days: int = Field(default=3, ge=1, le=400, description="How many days ago it expired.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the table and the account's lines."""
        return {**super().remember(driver), "lines": LocalAccounts(driver, self.host).kept(self.account)}

    def inject(self, driver: LabDriver) -> None:
        """Let it expire."""
        day = datetime.now(UTC) - timedelta(days=self.days)
        LocalAccounts(driver, self.host).expire(self.account, f"{day:%Y-%m-%d}")

    def shows(self, driver: LabDriver, played: CronRehearsal) -> bool:
        """Return whether PAM told that the account has expired."""
        return any(f"account {self.account} has expired" in line for line in played.said)

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Make the account what it was."""
        LocalAccounts(driver, self.host).put_back(memento["lines"])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le compte {self.account} avait expiré : cron ne lançait plus rien en son nom.",
            en=f"On {self.host} the account {self.account} had expired: cron started nothing more in its name.",
        )


def _told(played: CronRehearsal) -> str:
    jobs = "; ".join(f"{one.user}: {one.command} → {one.status}" for one in played.jobs)
    return f"{jobs or '-'} | {' | '.join(played.said)[-600:]}"
