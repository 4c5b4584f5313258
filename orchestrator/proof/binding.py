"""What a proof is bound to: hashes of the scenario, its checks, the lab, the images and the program."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import HELPER_IMAGE
from orchestrator.loader.content import Content
from orchestrator.loader.files import add_files
from orchestrator.model.mutant_verdicts import FILE as MUTANTS
from orchestrator.proof.program import program_hash

Part = Literal["scenario", "checks", "lab", "images"]
"""A part of the content: a proof is void where one of them has changed."""

PARTS: Final[tuple[Part, ...]] = get_args(Part)
NAMES: Final[Mapping[Part, Text]] = {
    "scenario": Text(fr="le scénario", en="the scenario"),
    "checks": Text(fr="les contrôles", en="the checks"),
    "lab": Text(fr="le lab", en="the lab"),
    "images": Text(fr="les images", en="the images"),
}
"""What each part is called."""

RECORD: Final = "proof.json"
SIGNATURE: Final = "proof.json.sig"
"""The files of a scenario's folder that tell of its proof, and are no part of the scenario; as is ``mutants.yaml``."""


@dataclass(frozen=True)
class Binding:
    """One hash for each part of the content, and the program's.

    A proof holds as long as the parts of the content are what they were; one by another program is older, not void.
    A part of which a document says nothing counts as changed.
    """

    scenario: str = ""
    checks: str = ""
    lab: str = ""
    images: str = ""
    program: str = ""

    def changed(self, now: Binding) -> tuple[Part, ...]:
        """Return the parts of the content that differ."""
        return tuple(part for part in PARTS if getattr(self, part) != getattr(now, part))

    def to_document(self) -> dict[str, str]:
        """Return the hashes by part."""
        return asdict(self)


def binding_of(
    content: Content, scenario: str, fingerprint: Callable[[str], str], *, without: Collection[str] = ()
) -> Binding:
    """Return what a scenario is now.

    Args:
        content: all content.
        scenario: the scenario's id.
        fingerprint: returns the fingerprint of an image by name, its parents included.
        without: files of the scenario that are left out, by their paths below its folder.

    Raises:
        UsageError: there is no such scenario.
        ContentError: a document is invalid, or a file cannot be read.
    """
    folder = content.scenario_folder(scenario)
    lab = content.lab(content.scenario_document(scenario).lab)
    images = sorted({host.image for host in lab.document.hosts.values()} - {HELPER_IMAGE})
    own = [root / "faults" for root in content.roots if (root / "faults").is_dir()]
    return Binding(
        scenario=_hash((folder, *own), without=("checks", RECORD, SIGNATURE, MUTANTS, *without)),
        checks=_hash((folder / "checks", lab.folder / "checks")),
        lab=_hash((lab.folder,), without=("checks",)),
        images=_hash_of(f"{name}={fingerprint(name)}" for name in images),
        program=program_hash(fingerprint),
    )


def _hash(folders: Iterable[Path], *, without: Collection[str] = ()) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        add_files(digest, folder, without=without)
    return digest.hexdigest()[:16]


def _hash_of(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
