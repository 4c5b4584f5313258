"""What a proof is bound to: hashes of the scenario, its checks, the lab, the images and the program."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import orchestrator
from orchestrator import __version__
from orchestrator.loader.content import Content
from orchestrator.loader.files import add_files
from orchestrator.text import Text

Part = Literal["scenario", "checks", "lab", "images", "tool"]

PARTS: tuple[Part, ...] = get_args(Part)
NAMES: Mapping[Part, Text] = {
    "scenario": Text(fr="le scénario", en="the scenario"),
    "checks": Text(fr="les contrôles", en="the checks"),
    "lab": Text(fr="le lab", en="the lab"),
    "images": Text(fr="les images", en="the images"),
    "tool": Text(fr="Breakfix lui-même", en="Breakfix itself"),
}
"""What each part is called."""

_PROGRAM = Path(orchestrator.__file__).parent
_TAKES_PART = ("access", "fabric", "faults", "proof", "instances", "plan.py", "steps.py", "values.py", "variant.py")
"""The parts of the program, besides the grader, on which a proof's outcome depends."""
_FABRIC = "fabric"


@dataclass(frozen=True)
class Binding:
    """One hash for each part; a proof holds as long as all of them are what they were."""

    scenario: str
    checks: str
    lab: str
    images: str
    tool: str

    def changed(self, now: Binding) -> tuple[Part, ...]:
        """Return the parts that differ."""
        return tuple(part for part in PARTS if getattr(self, part) != getattr(now, part))

    def to_document(self) -> dict[str, str]:
        """Return the hashes by part."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Binding:
        """Return the binding that ``to_document`` wrote; a part that is missing counts as changed."""
        return cls(**{field.name: str(document.get(field.name, "")) for field in fields(cls)})


def binding_of(content: Content, scenario: str, fingerprint: Callable[[str], str]) -> Binding:
    """Return what a scenario is now.

    Args:
        content: all content.
        scenario: the scenario's id.
        fingerprint: returns the fingerprint of an image by name, its parents included.

    Raises:
        UsageError: there is no such scenario.
        ContentError: a document is invalid, or a file cannot be read.
    """
    folder = content.scenario_folder(scenario)
    lab = content.lab(content.scenario_document(scenario).lab)
    images = sorted({host.image for host in lab.document.hosts.values()} | {_FABRIC} & set(content.images()))
    own = [root / "faults" for root in content.roots if (root / "faults").is_dir()]
    return Binding(
        scenario=_hash((folder, *own), without="checks"),
        checks=_hash((folder / "checks", lab.folder / "checks")),
        lab=_hash((lab.folder,), without="checks"),
        images=_hash_of(f"{name}={fingerprint(name)}" for name in images),
        tool=_tool(),
    )


@cache
def _tool() -> str:
    folders = [_PROGRAM.parent / "grader", *(_PROGRAM / name for name in _TAKES_PART)]
    files = [path for folder in folders for path in ((folder,) if folder.is_file() else sorted(folder.rglob("*.py")))]
    parts = (hashlib.sha256(path.read_bytes()).hexdigest() for path in files)
    return f"{__version__}+{_hash_of(parts)}"


def _hash(folders: Iterable[Path], *, without: str = "") -> str:
    digest = hashlib.sha256()
    for folder in folders:
        add_files(digest, folder, without=without)
    return digest.hexdigest()[:16]


def _hash_of(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
