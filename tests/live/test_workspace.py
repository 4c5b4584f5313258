"""Hidden inputs on a real host: there for the script and its user, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.command_log import CommandLog
from grader.errors import ObservationError
from grader.facts import LabFacts
from grader.inputs import FileContent, HiddenFile
from grader.lab_fixture import GradedLab
from orchestrator.access.lab_driver import LabDriver
from orchestrator.fabric.fabric_interface import CommandTimeoutError
from orchestrator.labs import Running

pytestmark = [pytest.mark.live, pytest.mark.core]

OURS = ("find", "/tmp", "-maxdepth", "1", "-name", "breakfix-check.*")
HIDDEN: dict[str, FileContent] = {
    "in/scie à panneaux.csv": "é\n",
    "in/raw": b"\x00\xff",
    "old": HiddenFile("x", mode=0o600, modified=5),
    "out": None,
}
SCRIPT = "#!/bin/sh\nexit 3\n"


@pytest.fixture
def lab(driver: LabDriver, pair: Running) -> Iterator[GradedLab]:
    view = GradedLab(LabFacts.of(pair.plan, pair.instance.name), driver.fabric, CommandLog(lambda _: None))
    yield view
    view.close()
    assert driver.run("a", OURS).stdout == b"", "something is left"


def test_a_script_finds_its_inputs_as_an_ordinary_user(lab: GradedLab) -> None:
    with lab.workspace("a", HIDDEN, user="technicien") as work:
        said = 'id -un; pwd; echo "$HOME $LANG"; cat "in/scie à panneaux.csv"; stat -c %Y.%a old'
        done = work.run(["sh", "-c", said])
        assert done.stdout.splitlines() == ["technicien", work.folder, "/nonexistent C.UTF-8", "é", "5.600"]
        assert done.status == 0
        assert work.read("in/raw") == b"\x00\xff"
        assert work.read("in/none") is None
        assert work.listing() == ("in/raw", "in/scie à panneaux.csv", "old")
        before = work.state()
        assert set(before) == set(work.listing())
        assert work.run(["sh", "-c", "cp old 'out/new one'"]).status == 0
        assert work.state() == {**before, "out/new one": before["old"]}


def test_the_user_has_no_rights_beyond_the_workspace(lab: GradedLab) -> None:
    with lab.workspace("a") as work:
        assert work.run(["sh", "-c", "id -un"]).stdout == "nobody\n"
        assert work.run(["sh", "-c", "echo x > /etc/motd"]).status != 0
        assert work.run(["cat", "/etc/shadow"]).status != 0


def test_how_a_script_ends_is_seen(lab: GradedLab) -> None:
    with lab.workspace("a", {"script": HiddenFile(SCRIPT, 0o755)}) as work:
        assert work.run(["sh", "script"]).status == 3
        assert work.run(["./script"]).status == 126, "nothing is executed below /tmp (Docker's noexec)"
        assert work.run(["/usr/local/bin/absent"]).status == 127
        with pytest.raises(CommandTimeoutError):
            work.run(["sleep", "60"], timeout=0.2)


def test_a_user_that_the_host_lacks(lab: GradedLab) -> None:
    with pytest.raises(ObservationError, match="nagios"), lab.workspace("a", {"x": "y"}, user="nagios"):
        pass
