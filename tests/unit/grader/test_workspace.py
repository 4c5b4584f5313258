"""Hidden inputs: on a host only while the check lasts, whatever becomes of it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from grader import HiddenFile
from grader.command_log import CommandLog
from grader.errors import CheckMistakeError, ObservationError
from grader.facts import LabFacts
from grader.inputs import FileContent
from grader.lab_fixture import GradedLab
from grader.report import CommandRecord, Report
from orchestrator.fabric.fabric_interface import CommandTimeoutError, Completed, HostRef
from tests.fakes.fabric import FakeFabric

Facts = Callable[..., LabFacts]
HIDDEN: dict[str, FileContent] = {
    "in/scie à panneaux.csv": "é\n",
    "in/raw": b"\x00\xff",
    "old": HiddenFile("x", mode=0o600, modified=5),
    "out": None,
}


class Host(FakeFabric):
    """A host where all succeeds; the archives that are unpacked on it are kept, and each connection is counted."""

    def __init__(self, **failing: int) -> None:
        super().__init__()
        self.failing = failing
        self.unpacked: list[bytes] = []
        self.sessions = 0
        self.on("*")

    def another_connection(self) -> FakeFabric:
        self.sessions += 1
        return self

    def run(
        self,
        target: HostRef,
        argv: Sequence[str],
        *,
        timeout: float = 20.0,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        vouched: bool = False,
    ) -> Completed:
        if argv[0] == "tar":
            self.unpacked.append(stdin)
        done = super().run(target, argv, timeout=timeout, environment=environment, vouched=vouched)
        return Completed(self.failing[argv[0]], b"", b"No space left") if argv[0] in self.failing else done

    @property
    def commands(self) -> list[str]:
        return [call.command for call in self.calls]


def view(facts: Facts, fabric: FakeFabric, records: list[CommandRecord] | None = None) -> GradedLab:
    return GradedLab(facts(), fabric, CommandLog((records if records is not None else []).append))


def test_files_are_put_there_for_the_user_and_taken_away(facts: Facts) -> None:
    host, records = Host(), list[CommandRecord]()
    with view(facts, host, records).workspace("web", HIDDEN, user="technicien") as work:
        folder = work.folder
        assert work.path("in/raw") == f"{folder}/in/raw"
        assert f"chown --recursive --no-dereference technicien: {folder}" in host.commands
        assert not any(command.startswith("rm") for command in host.commands)
    assert folder.startswith("/tmp/breakfix-check.")
    assert host.commands[-1] == f"rm -rf -- {folder}"
    assert host.sessions == 1, "it is removed over a connection of its own"
    assert f"mkdir --mode=0700 {folder}" in host.commands
    assert {record.where for record in records} == {"web"}
    with tarfile.open(fileobj=io.BytesIO(host.unpacked[0])) as archive:
        entries = {entry.name: entry for entry in archive}
        assert set(entries) == set(HIDDEN)
        assert archive.extractfile("in/scie à panneaux.csv").read() == "é\n".encode()  # type: ignore[union-attr]
        assert archive.extractfile("in/raw").read() == b"\x00\xff"  # type: ignore[union-attr]
    assert (entries["old"].mode, entries["old"].mtime) == (0o600, 5)
    assert entries["in/raw"].mode == 0o644
    assert entries["in/raw"].mtime > 5
    assert entries["out"].isdir()


def test_the_script_runs_as_the_user_with_a_small_environment(facts: Facts) -> None:
    host = Host()
    host.on("runuser -u nobody -- /usr/bin/env *", status=3, stdout="deux\n", stderr="é")
    with view(facts, host).workspace("web") as work:
        done = work.run(["/usr/local/bin/x", "a b"], environment={"LANG": "fr_FR.UTF-8"})
        assert (done.status, done.stdout, done.stderr) == (3, "deux\n", "é")
        command = host.commands[-1]
        assert command.startswith(f"runuser -u nobody -- /usr/bin/env -i --chdir={work.folder} PATH=/usr/local/sbin:")
        assert command.endswith("LANG=fr_FR.UTF-8 HOME=/nonexistent /usr/local/bin/x 'a b'")


@pytest.mark.parametrize("status", [126, 127])
def test_a_missing_script_is_an_answer_not_an_error(facts: Facts, status: int) -> None:
    host = Host()
    host.on("runuser -u nobody -- /usr/bin/env *", status=status)
    with view(facts, host).workspace("web") as work:
        assert work.run(["/usr/local/bin/x"]).status == status


def test_what_the_workspace_holds(facts: Facts) -> None:
    host = Host()
    with view(facts, host).workspace("web") as work:
        host.on("find * -printf *", stdout="b\0a/c d\0")
        host.on("find * sha256sum *", stdout=f"11  {work.folder}/a/c d\x0022  {work.folder}/b\0")
        host.on("cat -- *", stdout="x")
        host.on("cat -- */absent", status=1)
        assert work.listing() == ("a/c d", "b")
        assert work.state() == {"a/c d": "11", "b": "22"}
        assert work.read("b") == b"x"
        assert work.read("absent") is None


@pytest.mark.parametrize("trouble", [AssertionError("red"), ValueError("broken"), KeyboardInterrupt()])
def test_files_are_taken_away_whatever_happens(facts: Facts, trouble: BaseException) -> None:
    host = Host()
    with pytest.raises(type(trouble)), view(facts, host).workspace("web", HIDDEN):
        raise trouble
    assert host.commands[-1].startswith("rm -rf -- /tmp/breakfix-check.")


def test_a_script_that_does_not_end_is_killed_and_its_files_taken_away(facts: Facts) -> None:
    host = Host()
    host.on("runuser -u nobody -- /usr/bin/env *", trouble="timeout")
    with pytest.raises(CommandTimeoutError), view(facts, host).workspace("web") as work:
        work.run(["sleep", "inf"], timeout=0.1)
    assert host.commands[-1].startswith("rm -rf")


@pytest.mark.parametrize("command", ["mkdir", "tar", "chown", "runuser", "rm"])
def test_a_host_that_cannot_take_the_files_is_an_error(facts: Facts, command: str) -> None:
    host = Host(**{command: 1})
    with (
        pytest.raises(ObservationError, match="No space left"),
        view(facts, host).workspace("web", {"a": "b"}),
    ):
        assert command == "rm", "the check does not begin"
    assert host.commands[-1].startswith("rm -rf")


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", ""])
def test_no_file_leaves_the_workspace(facts: Facts, name: str) -> None:
    host = Host()
    with pytest.raises(CheckMistakeError, match="workspace"), view(facts, host).workspace("web", {name: "x"}):
        pass
    assert host.unpacked == []


def test_no_script_runs_as_root(facts: Facts) -> None:
    with pytest.raises(CheckMistakeError, match="root"), view(facts, Host()).workspace("web", user="root"):
        pass


def test_a_check_that_runs_out_of_time_leaves_nothing(grading: Callable[..., Report]) -> None:
    """The alarm comes in the middle of the check; the last command is the removal all the same."""
    text = """\
        @check("objective", fr="f", en="e", timeout=0.3)
        def test_hangs(lab):
            with lab.workspace("web", {"a": "b"}):
                time.sleep(30)
        """
    answers: list[dict[str, Any]] = [{"command": "*"}]
    (result,) = grading(text, answers).results
    assert result.outcome == "error"
    assert result.commands[-1].command.startswith("rm -rf -- /tmp/breakfix-check.")
