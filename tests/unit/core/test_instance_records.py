"""Records: written whole or not at all, and their loss harms nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.core.errors import MachineError
from orchestrator.core.text import same
from orchestrator.instances.instance_records import InjectedFault, InstanceRecord, InstanceRecords

FULL = InstanceRecord(
    "demo-1a2b",
    roots=("/srv/contenu é", "/b"),
    faults=(
        InjectedFault("address-static", {"host": "pc1", "gateway": None}, {"/etc/resolv.conf": "a\r\nb\n"}),
        InjectedFault("link-unplugged", {"host": "pc1"}, {}),
    ),
    hints_shown=2,
    started=False,
)


@pytest.fixture
def records(tmp_path: Path) -> InstanceRecords:
    return InstanceRecords(tmp_path / "state" / "instances")


def test_a_record_comes_back_as_it_was(records: InstanceRecords) -> None:
    records.put(FULL)
    assert records.get("demo-1a2b") == FULL


def test_one_that_was_never_written_is_empty(records: InstanceRecords) -> None:
    assert records.get("demo-1a2b") == InstanceRecord("demo-1a2b")


@pytest.mark.parametrize(
    "text",
    ["", '{"roots": ["/a', "[]", "null", '{"faults": 1}', '{"faults": [{"fault": "x"}]}', '{"hints_shown": "a"}'],
)
def test_what_is_no_record_counts_as_none(records: InstanceRecords, tmp_path: Path, text: str) -> None:
    """A file of an older version, or one that somebody edited, must not keep a lab from being stopped."""
    records.put(InstanceRecord("demo-1a2b"))
    (tmp_path / "state" / "instances" / "demo-1a2b.json").write_text(text)
    assert records.get("demo-1a2b") == InstanceRecord("demo-1a2b")
    assert records.get("demo-1a2b").started is None, "nothing is known"
    records.add_fault("demo-1a2b", FULL.faults[0])
    assert records.get("demo-1a2b").faults == FULL.faults[:1]


def test_faults_are_added_in_order_and_the_rest_is_kept(records: InstanceRecords) -> None:
    records.put(InstanceRecord("demo-1a2b", roots=("/a",), hints_shown=1, started=False))
    for fault in FULL.faults:
        records.add_fault("demo-1a2b", fault)
    assert records.get("demo-1a2b") == InstanceRecord("demo-1a2b", ("/a",), FULL.faults, 1, started=False)


def test_a_record_is_never_written_to_only_replaced(records: InstanceRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    real = Path.write_text

    def write_text(self: Path, data: str, **more: str) -> int:
        written.append(self.suffix)
        return real(self, data, **more)

    monkeypatch.setattr(Path, "write_text", write_text)
    records.put(InstanceRecord("demo-1a2b"))
    records.put(FULL)
    assert written == [".new"] * 2
    assert records.get("demo-1a2b") == FULL


def test_a_write_that_fails_leaves_the_old_record(records: InstanceRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    records.put(FULL)

    def full_disk(self: Path, *_: object, **__: object) -> int:
        self.open("w").close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(MachineError, match="No space") as raised:
        records.put(InstanceRecord("demo-1a2b"))
    assert "df -h" in (raised.value.hint or same("")).fr
    assert records.get("demo-1a2b") == FULL
    assert records.names() == ("demo-1a2b",), "no half of one stays"


def test_each_instance_has_its_own(records: InstanceRecords) -> None:
    records.put(FULL)
    records.put(InstanceRecord("other", hints_shown=1))
    records.remove("demo-1a2b")
    records.remove("demo-1a2b")
    assert records.get("demo-1a2b") == InstanceRecord("demo-1a2b")
    assert records.get("other").hints_shown == 1


def test_a_name_is_claimed_once(records: InstanceRecords) -> None:
    assert not records.has("demo-1a2b")
    assert records.claim(FULL)
    assert records.has("demo-1a2b")
    assert not records.claim(InstanceRecord("demo-1a2b")), "somebody has it"
    assert records.get("demo-1a2b") == FULL
    records.remove("demo-1a2b")
    assert records.claim(InstanceRecord("demo-1a2b"))


def test_an_instance_counts_as_cut_off_before_it_is_taken_apart(records: InstanceRecords) -> None:
    records.cut_off("demo-1a2b")
    assert not records.has("demo-1a2b"), "nothing is known of it"
    records.put(replace(FULL, started=True))
    records.cut_off("demo-1a2b")
    assert records.get("demo-1a2b") == replace(FULL, started=False, stopping=True)


def test_the_draft_of_a_killed_program_is_found_and_removed(records: InstanceRecords, tmp_path: Path) -> None:
    assert records.names() == ()
    records.put(FULL)
    folder = tmp_path / "state" / "instances"
    (folder / ".other-3c4d.new").write_text("{")
    assert records.names() == ("demo-1a2b", "other-3c4d")
    assert not records.has("other-3c4d")
    records.remove("other-3c4d")
    assert [path.name for path in folder.iterdir()] == ["demo-1a2b.json"]
