"""The calls of the contract about the catalogue and proofs, each done for somebody who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from orchestrator.labd import catalogue_contract as contract
from orchestrator.labd import proof_contract, proof_refusals
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.catalogue_desk import CatalogueDesk
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.proof_runs import ProofRuns
from orchestrator.labd.refused_call import RefusedCallError

MOST_SEEDS: Final = 4
"""Variants of one proof: each takes minutes, one lab at a time."""


class CatalogueCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``access_control`` goes by."""

    def __init__(self, parts: LabParts, threads: WorkThreads) -> None:
        """Take what labd serves; ``threads`` are for what a caller waits for."""
        self._desk = CatalogueDesk(parts)
        self._runs = ProofRuns(parts.proving, parts.shelf.forget)
        self._threads = threads
        self.calls: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            contract.CATALOGUE.name: self.catalogue,
            contract.INSIDE.name: self.inside,
            proof_contract.PROVE.name: self.prove,
            proof_contract.CANCEL_PROOF.name: self.cancel,
            proof_contract.PROOF.name: self.proof,
        }

    def open(self) -> None:
        """Begin to remove what the proof of an earlier labd left."""
        self._runs.clear()

    def close(self) -> None:
        """Begin no more proofs, and cancel the one that runs."""
        self._runs.close()

    async def finish(self) -> None:
        """Wait until nothing of a proof is left."""
        await self._runs.finish()

    async def catalogue(self, _who: Who, _asked: Nothing) -> contract.CatalogueView:
        """See ``catalogue_contract.CATALOGUE``."""
        return await self._threads.run(self._desk.catalogue)

    async def inside(self, who: Who, asked: contract.LookInside) -> contract.InsideView:
        """See ``catalogue_contract.INSIDE``."""
        return await self._threads.run(self._desk.inside, who, asked)

    async def prove(self, who: Who, asked: proof_contract.Prove) -> Nothing:
        """See ``proof_contract.PROVE``. It goes on behind the answer."""
        if not 1 <= asked.seeds <= MOST_SEEDS:
            raise RefusedCallError(proof_refusals.WRONG_COUNT)
        title = await self._threads.run(self._desk.to_prove, asked.scenario)
        self._runs.begin(asked.scenario, title, who.name, asked.seeds)
        return Nothing()

    async def cancel(self, _who: Who, asked: proof_contract.CancelProof) -> Nothing:
        """See ``proof_contract.CANCEL_PROOF``. What it started is removed behind the answer."""
        self._runs.cancel(asked.number)
        return Nothing()

    async def proof(self, _who: Who, _asked: Nothing) -> proof_contract.LastProof:
        """See ``proof_contract.PROOF``."""
        return proof_contract.LastProof(self._runs.run)
