"""The ledger: records of proofs that travel with the content, one file in each scenario's folder."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from orchestrator.core.documents import document_of, read_as
from orchestrator.core.elision import de
from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.text import Text
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.proof.binding import PARTS, RECORD, SIGNATURE, Binding
from orchestrator.proof.model import Key, Proof, Stage, StageName, VariantProof
from orchestrator.proof.mutant_record import RecordedMutants
from orchestrator.proof.program import version_of
from orchestrator.proof.trust import Trust
from orchestrator.sound_state.explained import ExplainedChange

SCHEMA: Final = 1
SUMS: Final = "ledger.sha256"
"""The hashes of the records that come with the program, as ``sha256sum --check`` reads them."""

_LETTERS: Final[Mapping[str, str]] = {"pass": "P", "fail": "F", "error": "E"}
_NOT_ASKED: Final = "-"
_REPAIRS: Final = frozenset({"solution", "reboot", "shortcut"})

Believed = Literal["package", "signed", "no"]


@dataclass(frozen=True)
class ProvingMachine:
    """The machine on which a proof was made."""

    kernel: str
    cgroup: int
    docker: str

    @classmethod
    def this(cls, docker: str, cgroup: int) -> ProvingMachine:
        """Return the machine on which the program runs, with Docker Engine's version and that of the control groups."""
        return cls(platform.release(), cgroup, docker)


@dataclass(frozen=True)
class RecordedVariant:
    """The colours of one seed: stage -> check -> ``pass``, ``fail`` or ``error``."""

    seed: int
    digest: str
    cases: Mapping[str, str]
    stages: Mapping[str, Mapping[str, str]]

    @property
    def repairs_only(self) -> bool:
        """Return whether only repairs were played: its solutions, for what they change, and some shortcuts."""
        return all(stage.partition(" ")[0] in _REPAIRS for stage in self.stages)

    @property
    def repairs(self) -> frozenset[Key]:
        """Return the stages of the repairs that were played: solutions, their reboots, and shortcuts."""
        keys = [stage.split(" ", 1) for stage in self.stages if stage.partition(" ")[0] in _REPAIRS]
        return frozenset((cast("StageName", kind), name) for kind, name in keys)

    @classmethod
    def of(cls, variant: VariantProof) -> RecordedVariant:
        """Return what is recorded of a variant's proof."""
        stages = {stage_key(stage): colours_of(stage) for stage in variant.stages if stage.seen}
        return cls(variant.seed, variant.digest, dict(variant.cases), stages)

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON's types: one letter for each check and stage, in the order of ``checks``."""
        checks = list(dict.fromkeys(check for colours in self.stages.values() for check in colours))
        return {
            "seed": self.seed,
            "digest": self.digest,
            "cases": dict(self.cases),
            "checks": checks,
            "stages": {
                stage: "".join(_LETTERS[colours[check]] if check in colours else _NOT_ASKED for check in checks)
                for stage, colours in self.stages.items()
            },
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> RecordedVariant:
        """Return what ``to_document`` wrote."""
        words = {letter: word for word, letter in _LETTERS.items()}
        checks = [str(check) for check in document["checks"]]
        stages = {
            str(stage): {
                check: words[letter] for check, letter in zip(checks, letters, strict=True) if letter != _NOT_ASKED
            }
            for stage, letters in document["stages"].items()
        }
        cases = {str(name): str(case) for name, case in document["cases"].items()}
        return cls(int(document["seed"]), str(document["digest"]), cases, stages)


@dataclass(frozen=True)
class LedgerEntry:
    """One record: a sound proof in short.

    Attributes:
        scenario: the scenario's id.
        proven_at: when the proof was made (ISO 8601, UTC).
        binding: what it is about, and by which program.
        machine: where it was made.
        variants: one for each seed.
        explained: what its solutions change, whatever was drawn; None in a record that did not learn it.
        mutants: what came of wrong repairs that were derived, of each variant of which some were played.
    """

    scenario: str
    proven_at: str
    binding: Binding
    machine: ProvingMachine
    variants: tuple[RecordedVariant, ...]
    explained: tuple[ExplainedChange, ...] | None = None
    mutants: tuple[RecordedMutants, ...] = ()

    @property
    def version(self) -> str:
        """Return the version of the program that made the proof."""
        return version_of(self.binding.program)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Return the seeds of which more than repairs was played."""
        return tuple(variant.seed for variant in self.variants if not variant.repairs_only)

    def red(self, seed: int, stage: str) -> tuple[str, ...]:
        """Return the checks that were red at a stage of a seed; of another seed where that one was not tried."""
        variants = [v for v in self.variants if v.seed == seed] or list(self.variants)
        return tuple(c for v in variants[:1] for c, colour in v.stages.get(stage, {}).items() if colour == "fail")

    def to_bytes(self) -> bytes:
        """Return the record as it is written: each stage on a line, so that a change shows where it is."""
        document = {
            "schema": SCHEMA,
            "scenario": self.scenario,
            "proven_at": self.proven_at,
            "content": {part: getattr(self.binding, part) for part in PARTS},
            "program": {"version": self.version, "hash": self.binding.program},
            "machine": asdict(self.machine),
            "variants": [variant.to_document() for variant in self.variants],
            "explained": document_of(self.explained),
        }
        if self.mutants:
            document["mutants"] = [one.to_document() for one in self.mutants]
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> LedgerEntry:
        """Return the record that ``to_bytes`` wrote.

        Raises:
            ValueError: it is none.
        """
        try:
            document = json.loads(content)
            if document["schema"] != SCHEMA:
                message = f"a record of another schema than {SCHEMA}"
                raise ValueError(message)
            hashes = {**document["content"], "program": document["program"]["hash"]}
            return cls(
                scenario=str(document["scenario"]),
                proven_at=str(document["proven_at"]),
                binding=read_as(hashes, Binding),
                machine=read_as(document["machine"], ProvingMachine),
                variants=tuple(RecordedVariant.from_document(variant) for variant in document["variants"]),
                explained=read_as(document.get("explained"), tuple[ExplainedChange, ...] | None),
                mutants=tuple(RecordedMutants.from_document(one) for one in document.get("mutants", [])),
            )
        except (KeyError, TypeError, AttributeError) as error:
            message = f"no record of a proof: {error!r}"
            raise ValueError(message) from error

    @classmethod
    def of(cls, proof: Proof, binding: Binding, proven_at: str, machine: ProvingMachine) -> LedgerEntry:
        """Return what is recorded of a sound, whole proof."""
        variants = tuple(RecordedVariant.of(variant) for variant in proof.variants)
        return cls(proof.scenario, proven_at, binding, machine, variants, proof.explained)


@dataclass(frozen=True)
class FoundEntry:
    """A record as it was found.

    Attributes:
        entry: what it says.
        digest: the hash of its file.
        believed: why it is believed: it came with the program, somebody signed it; or it is not.
        signer: who signed it.
    """

    entry: LedgerEntry
    digest: str
    believed: Believed
    signer: str = ""


@dataclass(frozen=True)
class ColourDifference:
    """A check whose colour is not the recorded one; an empty colour: it was not asked."""

    seed: int
    stage: str
    check: str
    recorded: str
    seen: str


class Ledger:
    """The records of all content."""

    def __init__(self, content: Content, trust: Trust) -> None:
        """Take where scenarios are found, and whose signatures are believed."""
        self._content = content
        self._trust = trust
        self._own = (built_in_root() / "scenarios").resolve()

    def find(self, scenario: str) -> FoundEntry | None:
        """Return a scenario's record; None where there is none, or none that can be read.

        Raises:
            UsageError: there is no such scenario.
        """
        file = self._file(scenario)
        try:
            content = file.read_bytes()
            entry = LedgerEntry.from_bytes(content)
        except (OSError, ValueError):
            return None
        if entry.scenario != scenario:
            return None
        digest = hashlib.sha256(content).hexdigest()
        if self._sums(file).get(self._name(file)) == digest:
            return FoundEntry(entry, digest, "package")
        signer = self._trust.signer_of(content, file.with_name(SIGNATURE))
        return FoundEntry(entry, digest, "signed" if signer else "no", signer)

    def record(self, entry: LedgerEntry) -> Path:
        """Write a record beside its scenario, and its hash where it comes with the program; an old signature goes.

        Raises:
            UsageError: there is no such scenario.
            MachineError: the file cannot be written.
        """
        file = self._file(entry.scenario)
        content = entry.to_bytes()
        _write(file, content)
        file.with_name(SIGNATURE).unlink(missing_ok=True)
        if file.is_relative_to(self._own):
            sums = {**self._sums(file), self._name(file): hashlib.sha256(content).hexdigest()}
            there = {name: digest for name, digest in sums.items() if (self._own / name).is_file()}
            lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(there.items()))
            _write(self._own / SUMS, lines.encode())
        return file

    def may_be_added_to(self, found: FoundEntry) -> bool:
        """Return whether a record is not one of the program's that somebody edited.

        The record of somebody else's content is anybody's to write: it is believed once it is signed.
        """
        return found.believed != "no" or not self._file(found.entry.scenario).is_relative_to(self._own)

    def sign(self, scenario: str, signature: bytes) -> Path:
        """Write a signature beside a scenario's record."""
        file = self._file(scenario).with_name(SIGNATURE)
        _write(file, signature)
        return file

    def content_of(self, scenario: str) -> bytes:
        """Return a record's file, to be signed.

        Raises:
            UsageError: there is no record.
        """
        if self.find(scenario) is None:
            raise UsageError(
                Text(fr=f"La preuve {de(scenario)} n'est pas enregistrée.", en=f"No proof of {scenario} is recorded."),
                Text(
                    fr=f"Enregistrez-la : « breakfix prove {scenario} --record ».",
                    en=f"Record one: 'breakfix prove {scenario} --record'.",
                ),
            )
        return self._file(scenario).read_bytes()

    def _file(self, scenario: str) -> Path:
        return self._content.scenario_folder(scenario).resolve() / RECORD

    def _name(self, file: Path) -> str:
        return file.relative_to(self._own).as_posix() if file.is_relative_to(self._own) else ""

    def _sums(self, file: Path) -> dict[str, str]:
        """Return the hashes of the records that came with the program: name below ``scenarios`` -> hash."""
        if not file.is_relative_to(self._own):
            return {}
        try:
            lines = (self._own / SUMS).read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return {}
        return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def differences(recorded: LedgerEntry, seen: Proof) -> Iterator[ColourDifference]:
    """Yield every check whose colour a proof saw otherwise than it is recorded, of the seeds and stages of both."""
    by_seed = {variant.seed: variant for variant in recorded.variants}
    for variant in map(RecordedVariant.of, seen.variants):
        before = by_seed[variant.seed].stages if variant.seed in by_seed else {}
        for stage in dict.fromkeys((*before, *variant.stages)):
            was, now = before.get(stage, {}), variant.stages.get(stage, {})
            for check in dict.fromkeys((*was, *now)):
                if was.get(check, "") != now.get(check, ""):
                    yield ColourDifference(variant.seed, stage, check, was.get(check, ""), now.get(check, ""))


def stage_key(stage: Stage) -> str:
    """Return what a stage is called in a record: its name, and the solution or shortcut that it is about."""
    return f"{stage.name} {stage.subject}".strip()


def colours_of(stage: Stage) -> dict[str, str]:
    """Return the colour of each check of a stage."""
    return {seen.result.id: seen.result.outcome for seen in stage.seen}


def _write(file: Path, content: bytes) -> None:
    draft = file.with_name(f"{file.name}.new")
    try:
        draft.write_bytes(content)
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise MachineError(
            Text(
                fr=f"{file} ne peut pas être écrit : {error.strerror}",
                en=f"{file} cannot be written: {error.strerror}",
            ),
            Text(
                fr="La preuve est gardée sur cette machine ; enregistrez-la là où le dossier du scénario est à vous.",
                en="The proof is kept on this machine; record it where the scenario's folder is yours.",
            ),
        ) from error
