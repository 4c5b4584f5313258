"""``files/<host>/…``: what a lab or a scenario places in hosts before they boot."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from orchestrator.loader.files import MAX_FILE, decode, files_below, problem, read_bytes
from orchestrator.loader.folder_reader import Problems
from orchestrator.model.lab import LabFile

_TEMPLATE: Final = ".j2"


def placed_files(folder: Path, problems: Problems) -> tuple[LabFile, ...]:
    """Return the files to place, by host and path."""
    placed: dict[tuple[str, str], LabFile] = {}
    for path in files_below(folder / "files"):
        file = problems.attempt(_placed_file, path, folder)
        if file is None:
            continue
        other = placed.setdefault((file.host, file.path), file)
        if other is not file:
            name = other.source.name
            problems.add(
                (
                    problem(
                        path,
                        f"« {name} », à côté, donne le même fichier ; gardez un des deux",
                        f'"{name}" beside it makes the same file; keep one of the two',
                    ),
                )
            )
    return tuple(placed[key] for key in sorted(placed))


def _placed_file(path: Path, folder: Path) -> LabFile:
    host, *inside = path.relative_to(folder / "files").parts
    content = read_bytes(path, within=folder, limit=MAX_FILE)
    template = path.name.endswith(_TEMPLATE)
    if template:
        content = decode(content, path).encode()
    target = "/".join(("", *inside))
    return LabFile(host, target.removesuffix(_TEMPLATE), content, template, path)
