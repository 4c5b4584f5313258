"""A lab's folder: ``lab.yaml``, ``files/<host>/…`` and ``checks/``."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from orchestrator.core.errors import Problem
from orchestrator.loader.check_calls import Known, asked_names_are_known
from orchestrator.loader.check_statements import are_guards, asked_names, names_are_known
from orchestrator.loader.files import read_text, require_bounded
from orchestrator.loader.folder_reader import Problems, check_files, digest_of, misnamed_entries
from orchestrator.loader.lab_checks import CHECKS, LabFolder
from orchestrator.loader.lab_tools_source import FILE as TOOLS_FILE
from orchestrator.loader.lab_tools_source import read_tools, tools_are_known
from orchestrator.loader.placed_files import placed_files
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.lab import Lab, LabDocument, LabTools
from orchestrator.planning.host_files import hosts_of, render_file
from orchestrator.planning.template_context import RESERVED, base_values
from orchestrator.templates.render import render

_ENTRIES = ("lab.yaml", "files", "checks")
_GUARDS = "checks/guards"


def read_lab(folder: Path, *, images: Collection[str]) -> tuple[Lab | None, tuple[Problem, ...]]:
    """Return a lab and every problem of its folder.

    A lab that comes with problems may be used to look for more (in a scenario on it), but not to run; None where
    ``lab.yaml`` says too little for that.

    Args:
        folder: the lab's folder.
        images: the names of the images that hosts may use.
    """
    problems = Problems()
    problems.attempt(require_bounded, folder)
    if problems:
        return None, problems.sorted()
    problems.add(misnamed_entries(folder, _ENTRIES))
    document, source = problems.document(folder / "lab.yaml", LabDocument, within=folder)
    files = placed_files(folder, problems)
    guards = check_files(folder, problems, _GUARDS)
    checks = (*check_files(folder, problems, beside=(TOOLS_FILE,)), *guards)
    tools = _tools(folder, problems)
    digest = digest_of(folder, problems)
    if document is None or source is None:
        return None, problems.sorted()
    for check in CHECKS:
        problems.add(check(LabFolder(document, source, folder, files, images)))
    problems.add(are_guards(guards))
    problems.add(names_are_known(checks, RESERVED - {"host"}))
    known: Known = {"host": document.hosts, "segment": document.segments, "value": RESERVED - {"host"}, "persona": ()}
    problems.add(asked_names_are_known(asked_names(checks), known))
    problems.add(tools_are_known(checks, tools, folder))
    lab = Lab(
        document=document,
        folder=folder,
        files=files,
        checks=tuple(file.path for file in checks),
        digest=digest,
        guards=tuple(file.path for file in guards),
        tools=tools,
    )
    _try_templates(lab, source, problems)
    return lab, problems.sorted()


def _tools(folder: Path, problems: Problems) -> LabTools | None:
    """Read what the lab offers to checks, if it does."""
    path = folder / "checks" / TOOLS_FILE
    if not path.exists():
        return None
    source = problems.attempt(read_text, path, within=folder)
    if source is None:
        return LabTools(path, None)
    read = read_tools(source, path)
    problems.add(read.problems)
    return read.tools


def _try_templates(lab: Lab, source: YamlSource, problems: Problems) -> None:
    """Render each placed file for each host that gets it, and the ready conditions."""
    values = base_values(lab, seed=0)
    for file in lab.files:
        for host in hosts_of(lab, file, {}):
            problems.attempt(render_file, file, host, values)
    for i, condition in enumerate(lab.document.ready):
        for j, argument in enumerate(condition.run):
            problems.attempt(render, argument, values, source.text_place(("ready", i, "run", j)))
