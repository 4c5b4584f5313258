"""A lab's folder: ``lab.yaml``, ``files/<host>/…`` and ``checks/``."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from orchestrator.host_files import render_file
from orchestrator.loader.folder import Problems, check_files, digest_of, misnamed_entries
from orchestrator.loader.lab_checks import CHECKS, LabFolder
from orchestrator.loader.placed_files import placed_files
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.lab import Lab, LabDocument, hosts_of
from orchestrator.render import render
from orchestrator.values import base_values

_ENTRIES = ("lab.yaml", "files", "checks")


def load_lab(folder: Path, *, images: Collection[str]) -> Lab:
    """Load a lab and check that it holds together.

    Args:
        folder: the lab's folder.
        images: the names of the images that hosts may use.

    Raises:
        ContentError: with every problem of the folder.
    """
    problems = Problems()
    problems.add(misnamed_entries(folder, _ENTRIES))
    document, source = problems.document(folder / "lab.yaml", LabDocument, within=folder)
    files = placed_files(folder, problems)
    checks = check_files(folder, problems)
    digest = problems.attempt(digest_of, folder)
    if document is None or source is None or digest is None:
        raise problems.error()
    for check in CHECKS:
        problems.add(check(LabFolder(document, source, folder, files, images)))
    lab = Lab(document, folder, files, checks, digest)
    if not problems:
        _try_templates(lab, source, problems)
    problems.raise_if_any()
    return lab


def _try_templates(lab: Lab, source: YamlSource, problems: Problems) -> None:
    """Render each placed file for each host that gets it, and the ready conditions."""
    values = base_values(lab, seed=0)
    for file in lab.files:
        for host in hosts_of(file, lab.document.hosts, values):
            problems.attempt(render_file, file, host, values)
    for i, condition in enumerate(lab.document.ready):
        for j, argument in enumerate(condition.run):
            problems.attempt(render, argument, values, source.text_place(("ready", i, "run", j)))
