"""One name, one thing: a module or class of the program is found by its name alone."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.quality.conftest import Module

NAMED_BY_OTHERS: Mapping[str, str] = {
    "orchestrator/cli/commands": "a command's module has the name that the user types",
    "grader/testinfra_modules": "a module is called as testinfra's that it stands for",
}
"""Folder whose modules may be called like others -> why."""
SAME_EVERYWHERE: Mapping[str, str] = {
    "__init__": "Python's",
    "__main__": "Python's",
    "errors": "each of the two programs, which run in processes of their own, has its exceptions there",
}
"""Name that several modules may have -> why."""
SAME_CLASSES: Mapping[str, str] = {
    "Interface": "a lab's, and testinfra's module over it",
    "LabView": "what templates see of a lab, and what a browser does",
    "HostView": "of a lab's view",
    "SegmentView": "of a lab's view",
    "RefusedError": "of what is typed, and of a call to labd: no program knows both",
    "Opening": "of a session's phase; and where a viewer of a terminal begins, as the portal's page says it too",
}
"""Name that two public classes may have -> why."""


def test_no_two_modules_share_a_name(modules: dict[str, Module], root: Path) -> None:
    places = defaultdict(list)
    for module in modules.values():
        path = module.path.relative_to(root)
        if str(path.parent) not in NAMED_BY_OTHERS:
            places[path.stem].append(str(path))
    doubled = {name: found for name, found in places.items() if len(found) > 1}
    assert doubled.keys() == SAME_EVERYWHERE.keys(), {n: f for n, f in doubled.items() if n not in SAME_EVERYWHERE}


def test_no_two_public_classes_share_a_name(modules: dict[str, Module]) -> None:
    places = defaultdict(list)
    for module in modules.values():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module.name)
    doubled = {name: found for name, found in places.items() if len(found) > 1}
    assert doubled.keys() == SAME_CLASSES.keys(), {n: f for n, f in doubled.items() if n not in SAME_CLASSES}


def test_no_module_lies_loose(root: Path) -> None:
    """What is not in a package of its topic is the door to the program, or the place where its parts meet."""
    loose = {path.name for path in (root / "orchestrator").glob("*.py")}
    assert loose == {"__init__.py", "__main__.py", "app.py"}
