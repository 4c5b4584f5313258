"""The ledger: what a record holds, whom it is believed from, and what a replay sees otherwise."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.proof.binding import RECORD, SIGNATURE
from orchestrator.proof.ledger import SUMS, ColourDifference, Ledger, LedgerEntry, differences
from orchestrator.proof.model import Proof, SeenColour, Stage
from orchestrator.proof.trust import NAMESPACE, Trust, sign
from orchestrator.sound_state.explained import ExplainedChange

from .conftest import BINDING, SCENARIO, ledger


def key(folder: Path, name: str) -> Path:
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", str(path)], check=True)
    return path


# What a record holds --------------------------------------------------------------------------------------


def test_a_record_comes_back_as_it_was(entry: LedgerEntry) -> None:
    assert LedgerEntry.from_bytes(entry.to_bytes()) == entry


def test_a_record_holds_the_colour_of_each_check_at_each_stage(entry: LedgerEntry, proof: Proof) -> None:
    for variant, recorded in zip(proof.variants, entry.variants, strict=True):
        for stage in variant.stages:
            for seen in stage.seen:
                key = f"{stage.name} {stage.subject}".strip()
                assert recorded.stages[key][seen.result.id] == seen.result.outcome
    assert entry.variants[0].cases == {"cause": "unplugged"}
    assert entry.red(1, "shortcut by-hand") == ("test_x.py::web", "test_x.py::other")
    assert entry.red(1, "broken") == ("test_x.py::web",)
    assert entry.red(9, "broken") == ("test_x.py::web",), "of another seed where that one was not tried"
    assert entry.red(1, "shortcut of-another-day") == ()


def test_each_stage_is_on_a_line_of_its_own(entry: LedgerEntry) -> None:
    lines = entry.to_bytes().decode().splitlines()
    assert sum('"broken": "F' in line for line in lines) == len(entry.variants)
    document = json.loads(entry.to_bytes())
    head = ["schema", "scenario", "proven_at", "content", "program", "machine"]
    assert list(document) == [*head, "variants", "explained"]
    assert document["machine"] == {"kernel": "6.12.1", "cgroup": 2, "docker": "28.1.0"}
    assert document["program"] == {"version": "0.1.0", "hash": "0.1.0+abc"}


CHANGE = ExplainedChange("pc1", "files", "/etc/<user.login>", "presence", None)


def test_a_record_holds_what_solutions_change(entry: LedgerEntry, proof: Proof) -> None:
    stages = tuple(replace(s, changes=(CHANGE,)) if s.name == "solution" else s for s in proof.variants[0].stages)
    proof = replace(proof, variants=(replace(proof.variants[0], stages=stages),))
    made = LedgerEntry.of(proof, BINDING, entry.proven_at, entry.machine)
    assert made.explained == (CHANGE,)
    assert LedgerEntry.from_bytes(made.to_bytes()) == made


def test_a_record_from_before_changes_were_learnt_explains_none(entry: LedgerEntry) -> None:
    document = json.loads(replace(entry, explained=(CHANGE,)).to_bytes())
    del document["explained"]
    assert LedgerEntry.from_bytes(json.dumps(document).encode()).explained is None
    document["explained"] = [{"host": "pc1"}]
    with pytest.raises(ValueError, match="missing required field"):
        LedgerEntry.from_bytes(json.dumps(document).encode())


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"\xff", b"{}", b'{"schema": 0}', b'{"schema": 1}', b'{"schema": 1, "variants": [{}]}'],
)
def test_a_file_that_is_no_record_counts_as_none(folder: Path, content: bytes) -> None:
    (folder / RECORD).write_bytes(content)
    assert ledger(folder, shipped=True).find(SCENARIO) is None


@pytest.mark.parametrize("letters", ["", "F", "FFFFFFFFF", "QQQ"])
def test_a_stage_has_a_letter_for_each_check(entry: LedgerEntry, letters: str) -> None:
    document = json.loads(entry.to_bytes())
    document["variants"][0]["stages"]["broken"] = letters
    with pytest.raises(ValueError, match=r"no record|argument 2"):
        LedgerEntry.from_bytes(json.dumps(document).encode())


def test_a_record_of_another_scenario_counts_as_none(folder: Path, entry: LedgerEntry) -> None:
    (folder / RECORD).write_bytes(replace(entry, scenario="another").to_bytes())
    assert ledger(folder, shipped=True).find(SCENARIO) is None


# Who is believed ------------------------------------------------------------------------------------------


def test_records_that_come_with_the_program_are_listed_with_their_hashes(folder: Path, entry: LedgerEntry) -> None:
    ledger(folder, shipped=True).record(entry)
    found = ledger(folder, shipped=True).find(SCENARIO)
    assert found is not None
    assert (found.entry, found.believed) == (entry, "package")
    done = subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=folder.parent, check=False)
    assert done.returncode == 0, "anybody can check them without this program"


def test_a_record_that_was_edited_is_not_believed(folder: Path, entry: LedgerEntry) -> None:
    ledger(folder, shipped=True).record(entry)
    file = folder / RECORD
    file.write_text(file.read_text().replace('"seed": 1', '"seed": 2'))
    found = ledger(folder, shipped=True).find(SCENARIO)
    assert found is not None
    assert found.believed == "no"


def test_a_list_of_hashes_of_ones_own_makes_nobody_believe(folder: Path, entry: LedgerEntry) -> None:
    ledger(folder, shipped=True).record(entry)
    found = ledger(folder).find(SCENARIO)
    assert found is not None
    assert found.believed == "no"


def test_a_signature_of_an_accepted_key_is_believed(folder: Path, entry: LedgerEntry, tmp_path: Path) -> None:
    alice, accepted = key(tmp_path, "alice"), tmp_path / "of a user" / "allowed_signers"
    mine = ledger(folder)
    mine.record(entry)
    mine.sign(SCENARIO, sign(mine.content_of(SCENARIO), alice))
    assert found(ledger(folder, accepted)) == ("no", "")
    Trust((accepted,)).add("alice@school.org", alice.with_suffix(".pub").read_text(), accepted)
    assert found(ledger(folder, tmp_path / "none", accepted)) == ("signed", "alice@school.org")
    Trust((accepted,)).remove("alice@school.org")
    assert found(ledger(folder, accepted)) == ("no", "")


def found(ledger: Ledger) -> tuple[str, str]:
    one = ledger.find(SCENARIO)
    assert one is not None
    return one.believed, one.signer


def test_a_signature_is_about_one_content_one_key_and_one_purpose(
    folder: Path, entry: LedgerEntry, tmp_path: Path
) -> None:
    alice, mallory, accepted = key(tmp_path, "alice"), key(tmp_path, "mallory"), tmp_path / "allowed_signers"
    Trust((accepted,)).add("alice", alice.with_suffix(".pub").read_text(), accepted)
    mine = ledger(folder, accepted)
    mine.record(entry)
    mine.sign(SCENARIO, sign(mine.content_of(SCENARIO), mallory))
    assert found(mine) == ("no", ""), "another's key"
    mine.sign(SCENARIO, sign(mine.content_of(SCENARIO) + b" ", alice))
    assert found(mine) == ("no", ""), "another content"
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", str(alice), "-n", "file", str(folder / RECORD)],
        check=True,
        capture_output=True,
    )
    assert (folder / SIGNATURE).is_file()
    assert found(mine) == ("no", ""), "made for another purpose"
    mine.sign(SCENARIO, b"-----BEGIN SSH SIGNATURE-----\nnonsense\n")
    assert found(mine) == ("no", "")


def test_a_new_record_loses_its_old_signature(folder: Path, entry: LedgerEntry) -> None:
    mine = ledger(folder)
    mine.record(entry)
    mine.sign(SCENARIO, b"old")
    mine.record(replace(entry, proven_at="2026-02-02T00:00:00Z"))
    assert not (folder / SIGNATURE).exists()


def test_what_is_not_recorded_cannot_be_signed(folder: Path) -> None:
    with pytest.raises(UsageError, match="No proof of no-network-after-move is recorded"):
        ledger(folder).content_of(SCENARIO)


# Keys -----------------------------------------------------------------------------------------------------


def test_keys_are_kept_as_openssh_keeps_them(tmp_path: Path) -> None:
    public, accepted = key(tmp_path, "alice").with_suffix(".pub").read_text(), tmp_path / "allowed_signers"
    trust = Trust((accepted,))
    added = trust.add("alice", public, accepted)
    assert trust.add("alice", public, accepted) == added, "twice is once"
    (line,) = accepted.read_text().splitlines()
    assert line == f'alice namespaces="{NAMESPACE}" {" ".join(public.split()[:2])}'
    assert trust.signers() == (added,)


@pytest.mark.parametrize("text", ["", "hello", "ssh-ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n"])
def test_what_is_no_public_key_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="no public key"):
        Trust(()).add("alice", text, tmp_path / "allowed_signers")
    assert not (tmp_path / "allowed_signers").exists()


@pytest.mark.parametrize("name", ["", "a b", "*", "!alice", "-x", "a,b", 'a"b', "a\nb"])
def test_a_name_says_nothing_more_to_openssh(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a name"):
        Trust(()).add(name, "ssh-ed25519 AAAA", tmp_path / "allowed_signers")


def test_a_name_stands_for_one_key(tmp_path: Path) -> None:
    accepted = tmp_path / "allowed_signers"
    trust = Trust((accepted,))
    trust.add("alice", "ssh-ed25519 AAAA", accepted)
    with pytest.raises(UsageError, match="another key already"):
        trust.add("alice", "ssh-ed25519 BBBB", accepted)


def test_an_unknown_name_is_told_with_the_nearest(tmp_path: Path) -> None:
    accepted = tmp_path / "allowed_signers"
    trust = Trust((accepted,))
    trust.add("alice", "ssh-ed25519 AAAA", accepted)
    trust.add("bob", "ssh-ed25519 BBBB", accepted)
    with pytest.raises(UsageError, match='did you mean "alice"'):
        trust.remove("alica")
    trust.remove("alice")
    assert [one.name for one in trust.signers()] == ["bob"]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MachineError, match="cannot be written"):
        Trust(()).add("alice", "ssh-ed25519 AAAA", tmp_path / "file" / "allowed_signers")


def test_what_cannot_sign_is_told(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key\n")
    with pytest.raises(UsageError, match="cannot sign"):
        sign(b"content", tmp_path / "key")


# A replay -------------------------------------------------------------------------------------------------


def test_a_replay_that_sees_the_same_has_no_difference(entry: LedgerEntry, proof: Proof) -> None:
    assert list(differences(entry, proof)) == []
    assert list(differences(entry, replace(proof, variants=proof.variants[1:]))) == [], "of the seeds of both"


def test_a_replay_names_each_colour_that_differs(entry: LedgerEntry, proof: Proof) -> None:
    def changed(stage: Stage) -> Stage:
        if stage.key != ("shortcut", "by-hand"):
            return stage
        first, second = stage.seen
        return replace(stage, seen=(SeenColour(first.expected, replace(first.result, outcome="pass")), second))

    variant = replace(proof.variants[0], stages=tuple(map(changed, proof.variants[0].stages)))
    seen = replace(proof, variants=(variant,))
    assert list(differences(entry, seen)) == [ColourDifference(1, "shortcut by-hand", "test_x.py::web", "fail", "pass")]


def test_a_stage_or_a_check_that_is_missing_differs(entry: LedgerEntry, proof: Proof) -> None:
    stages = tuple(stage for stage in proof.variants[0].stages if stage.name != "reboot")
    seen = replace(proof, variants=(replace(proof.variants[0], stages=stages),))
    assert [(one.stage, one.recorded, one.seen) for one in differences(entry, seen)] == [
        ("reboot reference", "pass", "")
    ] * 2
