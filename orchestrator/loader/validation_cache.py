"""What was read before without a problem, recognised by the content of all that its reading depends on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orchestrator
from orchestrator.core.errors import ContentError
from orchestrator.loader.files import add_files, files_below, read_text, require_bounded
from orchestrator.loader.roots import DOCUMENTS, ContentUnit

if TYPE_CHECKING:
    from hashlib import _Hash

_PROGRAM = Path(orchestrator.__file__).parent
_COMMON: Final = ("images", "faults")
"""The folders of a root that everything may lean on."""
_LAB: Final = re.compile(r"^lab:[ \t]*([a-z0-9-]+)[ \t]*$", re.MULTILINE)
"""The lab of a scenario as it is mostly written; whoever writes it otherwise leans on all labs."""


class ValidationCache:
    """The units that need not be read again, kept in a file that may be lost without harm.

    A scenario is read on its lab, and on the images and faults of all roots: a change in any of these makes it unread.
    """

    def __init__(self, file: Path, roots: Sequence[Path], modules: Iterable[Path] = ()) -> None:
        """Take what the digests are made of.

        Args:
            file: where they are kept; it is made when there is something to keep.
            roots: the content roots.
            modules: the files of faults that other packages bring.
        """
        self._file = file
        self._roots = tuple(roots)
        self._modules = tuple(modules)
        self._digests: dict[str, str | None] = {}
        self._lab_digests: dict[str, str] = {}

    def __contains__(self, unit: ContentUnit) -> bool:
        """Return whether a unit, as it is now, was read without a problem."""
        digest = self._digest(unit)
        return digest is not None and self._known.get(_key(unit)) == digest

    def add(self, units: Iterable[ContentUnit]) -> None:
        """Keep units that were read without a problem; what cannot be kept is read again next time."""
        digests = {_key(unit): digest for unit in units if (digest := self._digest(unit)) is not None}
        if digests.items() <= self._known.items():
            return
        known = {key: digest for key, digest in (self._known | digests).items() if Path(key).exists()}
        draft = self._file.with_suffix(f".{os.getpid()}.new")
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(known), encoding="utf-8")
            draft.replace(self._file)

    @cached_property
    def _known(self) -> dict[str, str]:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            return dict(json.loads(self._file.read_text(encoding="utf-8")).items())
        return {}

    def _digest(self, unit: ContentUnit) -> str | None:
        """Return the digest of all that a unit's reading depends on, or None where a file of it cannot be read."""
        key = _key(unit)
        if key not in self._digests:
            self._digests[key] = self._computed(unit)
        return self._digests[key]

    def _computed(self, unit: ContentUnit) -> str | None:
        if self._common is None or unit.kind not in DOCUMENTS:
            return None
        digest = self._common.copy()
        try:
            if unit.kind == "scenarios":
                digest.update(self._labs(_lab_of(unit.folder)).encode())
            _add_all(digest, unit.folder)
        except (ContentError, OSError, RecursionError):
            return None
        return digest.hexdigest()

    def _labs(self, name: str) -> str:
        """Return the digest of the labs of a name in all roots, or of all labs where it is empty."""
        if name not in self._lab_digests:
            digest = hashlib.sha256()
            for root in self._roots:
                _add_all(digest, root / "labs" / name)
            self._lab_digests[name] = digest.hexdigest()
        return self._lab_digests[name]

    @cached_property
    def _common(self) -> _Hash | None:
        digest = hashlib.sha256(repr(list(_program(self._modules))).encode())
        try:
            for root in self._roots:
                digest.update(repr(root.resolve()).encode())
                for name in _COMMON:
                    _add_all(digest, root / name)
        except (ContentError, OSError, RecursionError):
            return None
        return digest


def _lab_of(scenario: Path) -> str:
    found = _LAB.findall(read_text(scenario / DOCUMENTS["scenarios"], within=scenario))
    return found[0] if len(found) == 1 else ""


def _key(unit: ContentUnit) -> str:
    return str(unit.folder.absolute())


def _program(modules: Iterable[Path]) -> Iterator[object]:
    """Yield what tells this program, and the libraries that it reads with, from any other."""
    yield sys.version
    for place in (place for place in sys.path if Path(place) != _PROGRAM.parent):
        with contextlib.suppress(OSError):
            yield place, Path(place).stat().st_mtime_ns  # changes with each package that is put there
    for path in (*files_below(_PROGRAM), *sorted(modules)):
        now = path.stat()
        yield str(path), now.st_mtime_ns, now.st_size


def _add_all(digest: _Hash, folder: Path) -> None:
    require_bounded(folder)
    for parent, folders, names in os.walk(folder):  # an empty folder may be one that is misnamed
        digest.update(repr((os.path.relpath(parent, folder), sorted(folders), sorted(names))).encode())
    add_files(digest, folder)
