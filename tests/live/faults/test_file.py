"""The faults of files on real hosts."""

from __future__ import annotations

import pytest

from orchestrator.access.hands import Hands
from orchestrator.faults.edits import SettingEdit
from orchestrator.faults.file import FileChanged, FileMissing, FileModeWrong, FileOwnerWrong
from orchestrator.faults.probe import Probe
from tests.live.faults.harness import Case, connects, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-hosts"
WEB = "10.81.1.20"
PAGE = "/var/www/html/index.html"


def status(hands: Hands) -> str:
    return output(hands, "pc", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://{WEB}/index.html")


def page_is_served(hands: Hands) -> bool:
    return status(hands) == "200"


def page_is_forbidden(hands: Hands) -> bool:
    return status(hands) == "403"


def page_is_not_found(hands: Hands) -> bool:
    return status(hands) == "404"


def technician_reads_sudoers(hands: Hands) -> bool:
    return succeeds(hands, "pc", "su", "-", "technicien", "-c", "test -r /etc/sudoers")


SSH_PORT = Probe(run=("nc", "-z", "-w1", WEB, "22"), host="pc", fails=True)
CURL = ("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://{WEB}/index.html")

CASES = (
    Case(
        FileChanged(
            host="web",
            path="/etc/ssh/sshd_config.d/10-lab.conf",
            edit=SettingEdit(kind="setting", key="Port", value="2222", separator=" "),
            restart=("ssh",),
            probe=SSH_PORT,
        ),
        healthy=lambda hands: connects(hands, "pc", WEB, 22),
        unharmed=lambda hands: connects(hands, "pc", WEB, 2222),
        reboots=("web",),
    ),
    Case(
        FileOwnerWrong(host="db", path="/var/lib/postgresql/17/main/PG_VERSION", account="postgres", access="write"),
        healthy=lambda hands: succeeds(
            hands, "db", "runuser", "-u", "postgres", "--", "test", "-O", "/var/lib/postgresql/17/main/PG_VERSION"
        ),
        reboots=("db",),
    ),
    Case(
        FileModeWrong(
            host="web",
            path=PAGE,
            mode="0600",
            account="www-data",
            probe=Probe(run=CURL, host="pc", prints="403"),
        ),
        healthy=page_is_served,
        unharmed=page_is_forbidden,
        reboots=("web",),
    ),
    Case(
        FileModeWrong(host="pc", path="/etc/sudoers", mode="0644", account="technicien", gained=True),
        healthy=lambda hands: not technician_reads_sudoers(hands),
        note="gained",
    ),
    Case(
        FileMissing(host="web", path=PAGE, probe=Probe(run=CURL, host="pc", prints="404")),
        healthy=page_is_served,
        unharmed=page_is_not_found,
        reboots=("web",),
    ),
    Case(
        FileMissing(host="web", path="/var/www/html", moved_to="/var/www/html.old"),
        healthy=page_is_served,
        unharmed=lambda hands: succeeds(hands, "web", "test", "-e", "/var/www/html.old/index.html"),
        note="moved-folder",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, hands: Hands) -> None:
    prove(case, hands)


@pytest.mark.parametrize("case", [case for case in CASES if case.reboots], ids=str)
def test_a_file_is_itself_again(case: Case, hands: Hands) -> None:
    """Owner, group, mode and content are what they were before the fault."""
    fault = case.fault
    assert isinstance(fault, FileChanged | FileOwnerWrong | FileModeWrong | FileMissing)

    def looks() -> str:
        return output(hands, fault.host, "stat", "-c", "%U %G %a %s", fault.path) + output(
            hands, fault.host, "sha256sum", fault.path
        )

    before = looks()
    memento = fault.remember(hands)
    fault.inject(hands)
    broken = looks()
    fault.revert(hands, memento)
    assert before
    assert broken != before
    assert looks() == before
