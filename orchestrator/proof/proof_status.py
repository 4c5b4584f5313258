"""Which scenarios are proven as they are now, here or by their author, and what a jury may rely on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, TypeGuard

from orchestrator.core.documents import document_of, read_as
from orchestrator.core.elision import de
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.loader.content import Content
from orchestrator.model.session_plan import ProofRule
from orchestrator.proof.binding import NAMES, Binding, Part, binding_of
from orchestrator.proof.ledger import FoundEntry, Ledger, LedgerEntry, ProvingMachine, RecordedVariant
from orchestrator.proof.model import Proof, VariantProof
from orchestrator.proof.mutant_record import RecordedMutants, merged
from orchestrator.proof.program import version_of
from orchestrator.proof.proof_store import ProofHead, ProofStore, StoredProof
from orchestrator.sound_state.explained import ExplainedChange

State: TypeAlias = Literal["here", "recorded", "claimed", "changed", "unproven"]
"""What is known of a scenario as it is now: it was proven on this machine; by somebody who is believed; by somebody who
is not; as it was before something changed; never, or not soundly."""


@dataclass(frozen=True)
class Status:
    """Whether a scenario is proven as it is now.

    Attributes:
        state: see ``State``.
        proven_at: when the proof was made that this is about, or empty.
        failed: whether the last proof here found a mistake.
        changed: what has changed since.
        seeds: the seeds of that proof.
        program: the program that made it, as ``program_hash`` returns it; empty without a proof.
        older: whether that was another program than this one.
        brief: whether only the main line was played here, and a record vouches for the rest.
        signer: who signed the record that this is about, or empty.
    """

    state: State
    proven_at: str = ""
    failed: bool = False
    changed: tuple[Part, ...] = ()
    seeds: tuple[int, ...] = ()
    program: str = ""
    older: bool = False
    brief: bool = False
    signer: str = ""

    @property
    def version(self) -> str:
        """Return the version of the program that made the proof."""
        return version_of(self.program)

    def holds(self, rule: ProofRule) -> bool:
        """Return whether a jury may rely on it; ``rule``: see ``Proofs.require``."""
        if self.state == "here":
            return rule == "recorded" or not self.older
        return self.state == "recorded" and rule == "recorded"

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Status:
        """Return the status that ``to_document`` wrote."""
        return read_as({name: said for name, said in document.items() if said is not None}, cls)

    def to_document(self) -> dict[str, Any]:
        """Return the status as JSON's types; null where there is nothing to say."""
        return {name: None if said == "" else said for name, said in document_of(self).items()}


@dataclass(frozen=True)
class Reliance:
    """The proof that a jury relies on.

    Attributes:
        scenario: the scenario.
        rule: what the plan asks for.
        status: what was known of the scenario.
        binding: what it was proven as.
    """

    scenario: str
    rule: ProofRule
    status: Status
    binding: Binding

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON's types."""
        return {"rule": self.rule, **self.status.to_document(), "binding": self.binding.to_document()}


class Proofs:
    """The proofs of one content: those of this machine, and those that are recorded beside the scenarios."""

    def __init__(self, content: Content, fingerprint: Callable[[str], str], store: ProofStore, ledger: Ledger) -> None:
        """Take the parts.

        Args:
            content: where scenarios and labs are found.
            fingerprint: returns the fingerprint of an image by name.
            store: where this machine's proofs are kept.
            ledger: the records.
        """
        self._content = content
        self._fingerprint = fingerprint
        self._store = store
        self.ledger = ledger

    def binding(self, scenario: str, *, without: Collection[str] = ()) -> Binding:
        """Return what a scenario is now; arguments and errors as of ``binding_of``."""
        return binding_of(self._content, scenario, self._fingerprint, without=without)

    def status(self, scenario: str) -> Status:
        """Return whether a scenario is proven as it is now; no image is read of one that never was.

        Raises:
            UsageError: there is no such scenario.
            ContentError: it is invalid.
        """
        head, found = self._store.head(scenario), self.ledger.find(scenario)
        if head is None and found is None:
            return Status("unproven")
        now = self.binding(scenario)
        mine = _of_head(head, found, now) if head is not None else None
        theirs = _of_record(found, now) if found is not None else None
        if mine is not None and (mine.state == "here" or (mine.failed and not mine.changed)):
            return mine
        if theirs is not None and theirs.state != "changed":
            return theirs
        known = [one for one in (mine, theirs) if one is not None]
        return max(known, key=lambda one: one.proven_at)

    def last(self, scenario: str) -> StoredProof | None:
        """Return a scenario's last proof on this machine, whatever it found and however old it is."""
        return self._store.get(scenario)

    def explained(self, scenario: str, cases: Mapping[str, str]) -> tuple[ExplainedChange, ...] | None:
        """Return what a scenario's solutions change, if that was learnt of the cases that were drawn; else None.

        It is in the scenario's record, if that is believed, or in the last sound proof that was made here.

        Args:
            scenario: its id.
            cases: what was drawn of each ``one_of``, as a plan says it.
        """
        found, last = self.ledger.find(scenario), self.last(scenario)
        if found is not None and found.believed != "no" and _plays(found.entry.variants, cases):
            return found.entry.explained
        if last is not None and last.proof.proven and _plays(last.proof.variants, cases):
            return last.proof.explained
        return None

    def keep(self, proof: Proof, binding: Binding, *, vouched_by: str = "") -> StoredProof | None:
        """Keep a proof that was made of ``binding``.

        Args:
            proof: the proof.
            binding: what the scenario was when the proof began.
            vouched_by: the hash of the record that vouches for what a brief proof left out.

        Returns:
            What is kept. None, and nothing is kept, where the scenario has been edited meanwhile: the proof is about
            neither state.
        """
        if self.binding(proof.scenario) != binding:
            return None
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        stored = StoredProof(proof, binding, now, vouched_by)
        self._store.put(stored)
        return stored

    def record(self, stored: StoredProof, machine: ProvingMachine) -> None:
        """Record a proof that is kept beside its scenario; raises as ``Ledger.record``.

        What an earlier record of the same content tells of mutants stays.
        """
        entry = LedgerEntry.of(stored.proof, stored.binding, stored.proven_at, machine)
        found = self.ledger.find(entry.scenario)
        if self._is_addable(found, stored.binding):
            entry = replace(entry, mutants=found.entry.mutants)
        self.ledger.record(entry)

    def record_mutants(self, scenario: str, binding: Binding, mutants: RecordedMutants) -> None:
        """Add what came of a variant's mutants to a scenario's record; its signature goes.

        Args:
            scenario: the scenario.
            binding: what it was when they were played.
            mutants: what came of them; it takes the place of what is recorded of that variant.

        Raises:
            UsageError: there is no record of the scenario as it was then, or not one that may be added to.
            MachineError: the file cannot be written.
        """
        entry = self.record_to_add_to(scenario, binding).entry
        self.ledger.record(replace(entry, mutants=merged(entry.mutants, mutants)))

    def record_to_add_to(self, scenario: str, binding: Binding) -> FoundEntry:
        """Return a scenario's record, if what came of its mutants may be added to it; raises as ``record_mutants``."""
        found = self.ledger.find(scenario)
        if self._is_addable(found, binding) and self.binding(scenario) == binding:
            return found
        raise UsageError(
            Text(
                fr=f"De {scenario} tel qu'il est, il n'y a pas de preuve enregistrée à compléter.",
                en=f"There is no recorded proof of {scenario} as it is to add to.",
            ),
            Text(
                fr=f"Enregistrez-en une d'abord : « breakfix prove {scenario} --record ».",
                en=f"Record one first: 'breakfix prove {scenario} --record'.",
            ),
        )

    def _is_addable(self, found: FoundEntry | None, binding: Binding) -> TypeGuard[FoundEntry]:
        """Return whether a record is of a content, and may be added to."""
        return found is not None and not found.entry.binding.changed(binding) and self.ledger.may_be_added_to(found)

    def voucher(self, scenario: str) -> FoundEntry:
        """Return the record of a scenario as it is now, by somebody who is believed: it vouches for a brief proof.

        Raises:
            UsageError: there is none; the error says why.
        """
        found = self.ledger.find(scenario)
        status = _of_record(found, self.binding(scenario)) if found is not None else Status("unproven")
        if found is not None and status.state == "recorded":
            return found
        raise UsageError(_why_not_recorded(scenario, status), _prove_it(scenario))

    def require(self, scenario: str, rule: ProofRule = "here") -> Reliance:
        """Return what a jury may rely on.

        Args:
            scenario: the scenario.
            rule: ``here``: a proof of this machine, by this program; ``recorded``: that, an older one, or a record
                of somebody who is believed.

        Raises:
            UsageError: there is no such proof; the error says what to do.
        """
        status = self.status(scenario)
        if status.holds(rule):
            return Reliance(scenario, rule, status, self.binding(scenario))
        text = _why_not_recorded(scenario, status) if rule == "recorded" else _why_not_here(scenario, status)
        try:
            self.voucher(scenario)
        except UsageError:
            raise UsageError(text, _prove_it(scenario)) from None
        raise UsageError(text, _prove_briefly(scenario))


def _plays(variants: Iterable[RecordedVariant | VariantProof], cases: Mapping[str, str]) -> bool:
    """Return whether each of some cases was played, in whatever variant."""
    return cases.items() <= {case for variant in variants for case in variant.cases.items()}


def _of_head(head: ProofHead, found: FoundEntry | None, now: Binding) -> Status:
    """Return what a proof of this machine says of a scenario as it is now.

    A brief one counts as long as the record is there, believed, that vouched for what it left out.
    """
    changed = head.binding.changed(now)
    vouched = not head.vouched_by or (
        found is not None and found.digest == head.vouched_by and _of_record(found, now).state == "recorded"
    )
    state: State = "changed" if changed else "here" if head.proven and vouched else "unproven"
    return Status(
        state if head.proven else "unproven",
        head.proven_at,
        not head.proven,
        changed,
        head.seeds,
        head.binding.program,
        head.binding.program != now.program,
        bool(head.vouched_by),
    )


def _of_record(found: FoundEntry, now: Binding) -> Status:
    """Return what a record says of a scenario as it is now."""
    entry = found.entry
    changed = entry.binding.changed(now)
    state: State = "changed" if changed else "claimed" if found.believed == "no" else "recorded"
    return Status(
        state,
        entry.proven_at,
        changed=changed,
        seeds=entry.seeds,
        program=entry.binding.program,
        older=entry.binding.program != now.program,
        signer=found.signer,
    )


def _prove_it(scenario: str) -> Text:
    return Text(fr=f"Prouvez-le : « breakfix prove {scenario} ».", en=f"Prove it: 'breakfix prove {scenario}'.")


def _prove_briefly(scenario: str) -> Text:
    return Text(
        fr=f"« breakfix prove {scenario} --brief » suffit : la preuve enregistrée répond du reste.",
        en=f"'breakfix prove {scenario} --brief' is enough: the recorded proof vouches for the rest.",
    )


def _why_not_here(scenario: str, status: Status) -> Text:
    """Say why there is no proof of this machine to rely on."""
    if status.state == "here":
        return Text(
            fr=f"{scenario} a été prouvé ici par un autre état du programme ({status.proven_at}).",
            en=f"{scenario} was proven here by another state of the program ({status.proven_at}).",
        )
    if status.state in {"recorded", "claimed"} or not status.proven_at:
        return Text(fr=f"{scenario} n'a jamais été prouvé ici.", en=f"{scenario} has never been proven here.")
    return _why_not_recorded(scenario, status)


def _why_not_recorded(scenario: str, status: Status) -> Text:
    """Say why there is no proof at all to rely on."""
    if status.failed:
        return Text(
            fr=f"La dernière preuve {de(scenario)} a échoué ({status.proven_at}).",
            en=f"The last proof of {scenario} failed ({status.proven_at}).",
        )
    if status.state == "changed":
        fr = ", ".join(NAMES[part].fr for part in status.changed)
        en = ", ".join(NAMES[part].en for part in status.changed)
        return Text(
            fr=f"La preuve {de(scenario)} n'est plus valable ; ce qui a changé depuis : {fr}.",
            en=f"The proof of {scenario} is out of date; changed since: {en}.",
        )
    if status.state == "claimed":
        return Text(
            fr=f"La preuve enregistrée {de(scenario)} n'est signée par personne que cette machine accepte.",
            en=f"The recorded proof of {scenario} is signed by nobody whom this machine accepts.",
        )
    if status.brief:
        return Text(
            fr=f"La preuve brève {de(scenario)} ne vaut plus : celle qui répondait du reste n'est plus là.",
            en=f"The brief proof of {scenario} holds no longer: the one that vouched for the rest is gone.",
        )
    return Text(fr=f"{scenario} n'a jamais été prouvé.", en=f"{scenario} has never been proven.")
