"""The part of the program on which a proof's outcome depends: all of it but a few parts, each with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import orchestrator
from orchestrator import __version__
from orchestrator.fabric.fabric_interface import HELPER_IMAGE

EXCLUDED: Final[Mapping[str, str]] = {
    "orchestrator/__main__.py": "calls the command line",
    "orchestrator/assessment": "runs jury sessions, which rely on proofs and take no part in one",
    "orchestrator/authoring": "writes and tries drafts",
    "orchestrator/bench": "measures",
    "orchestrator/cli": "asks and prints",
    "orchestrator/contract": "writes schemas and the reference",
    "orchestrator/doctor": "looks at the machine",
    "orchestrator/keeper": "holds people's terminals",
    "orchestrator/labd": "serves the portal",
    "orchestrator/core/paths.py": "names the folders of a user's own files",
    "orchestrator/access/lab_places.py": "names what somebody acts on",
    "orchestrator/access/port_forward.py": "connects a trainee's browser",
    "orchestrator/practice": "keeps what trainees have solved",
    "orchestrator/mutation": "plays wrong repairs, and keeps what came of them",
    "orchestrator/portal": "shows pages, and asks labd for the rest",
    "orchestrator/proof/binding.py": "keeps proofs, and is asked before and after one",
    "orchestrator/proof/due.py": "chooses what tests prove",
    "orchestrator/proof/ledger.py": "keeps proofs",
    "orchestrator/proof/mutant_record.py": "keeps what came of mutants",
    "orchestrator/proof/page.html.j2": "draws proofs",
    "orchestrator/proof/page.py": "draws proofs",
    "orchestrator/proof/program.py": "keeps proofs",
    "orchestrator/proof/proof_status.py": "says what is proven",
    "orchestrator/proof/proof_store.py": "keeps proofs",
    "orchestrator/proof/trust.py": "says whose records are believed",
    "orchestrator/proof/proof_words.py": "words what is shown of proofs",
    "orchestrator/records": "keeps people and results",
    "orchestrator/serving": "serves labs in the browser",
    "orchestrator/loader/settings_file.py": "reads how the portal is served",
    "orchestrator/access/terminal.py": "connects a trainee's terminal",
    "orchestrator/topology/layout.py": "draws a lab",
    "orchestrator/topology/svg_picture.py": "draws a lab",
    "orchestrator/topology/text_picture.py": "draws a lab",
}
"""A file or folder of the program that takes no part in a proof -> why.

A test walks all that a proof imports, and fails where it reaches one of them.
"""

_TOP: Final = Path(orchestrator.__file__).parent.parent
_LEFT_BEHIND: Final = frozenset({"__pycache__", "_content"})
"""Python's caches, and the content that an installed program carries inside its package."""


def program_hash(fingerprint: Callable[[str], str]) -> str:
    """Return the version of the program, and a hash of all of it that takes part in a proof.

    Args:
        fingerprint: returns the fingerprint of an image by name. The helper's image is program, not content, though
            it is built like the others.
    """
    lines = f"{_code()}\n{fingerprint(HELPER_IMAGE)}"
    return f"{__version__}+{hashlib.sha256(lines.encode()).hexdigest()[:16]}"


def version_of(program: str) -> str:
    """Return the version in what ``program_hash`` returned."""
    return program.partition("+")[0]


def counted() -> Iterator[tuple[str, Path]]:
    """Yield every file that counts: its path below the program's folder, and where it is."""
    for package in ("grader", "orchestrator"):
        for path in sorted((_TOP / package).rglob("*")):
            name = path.relative_to(_TOP).as_posix()
            if path.is_file() and not _LEFT_BEHIND.intersection(path.parts) and not excluded(name):
                yield name, path


def excluded(name: str) -> bool:
    """Return whether a file, by its path below the program's folder, takes no part in a proof."""
    return any(name == one or name.startswith(f"{one}/") for one in EXCLUDED)


@cache
def _code() -> str:
    digest = hashlib.sha256()
    for name, path in counted():
        digest.update(f"{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
