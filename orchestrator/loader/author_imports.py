"""What authors of checks and faults may import of the program: the names that one module offers, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from orchestrator.core.errors import Place, Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text

_PROGRAM: Final = ("orchestrator", "grader")

PlaceOf: TypeAlias = Callable[[ast.AST], Place]
"""Tells where a node of a file stands."""


@dataclass(frozen=True)
class Facade:
    """The one module that an author imports, and the names that it offers."""

    module: str
    offered: Collection[str]

    def private_imports(self, tree: ast.Module, place: PlaceOf) -> Iterator[Problem]:
        """Yield a problem for each import of the program, wherever in a file, that is none of the names offered."""
        for node in ast.walk(tree):
            match node:
                case ast.Import():
                    for alias in node.names:
                        if alias.name.partition(".")[0] in _PROGRAM:
                            yield Problem(place(node), self._private(alias.name))
                case ast.ImportFrom(level=0, module=str(module)) if module == self.module:
                    for alias in node.names:
                        if alias.name not in self.offered:
                            yield Problem(place(alias), self._unknown(alias.name))
                case ast.ImportFrom(level=0, module=str(module)) if module.partition(".")[0] in _PROGRAM:
                    yield Problem(place(node), self._private(module))

    def _private(self, module: str) -> Text:
        if module == self.module:
            return Text(fr=f"écrivez « from {module} import … »", en=f'write "from {module} import …"')
        return Text(
            fr=f"« {module} » est interne au programme ; écrivez « from {self.module} import … »",
            en=f'"{module}" is internal to the program; write "from {self.module} import …"',
        )

    def _unknown(self, name: str) -> Text:
        if name == "*":
            return Text(
                fr=f"nommez ce que vous prenez de « {self.module} »", en=f'name what you take from "{self.module}"'
            )
        text = Text(fr=f"« {self.module} » n'offre pas « {name} »", en=f'"{self.module}" has no "{name}"')
        return with_suggestion(text, name, self.offered)
