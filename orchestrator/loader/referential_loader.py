"""The certification's data file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from orchestrator.core.errors import Problem
from orchestrator.core.text import Text
from orchestrator.loader.folder_reader import Problems
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.referential import Referential


def load_referential(path: Path) -> Referential:
    """Load a referential and check its numbering.

    Raises:
        ContentError: with every problem of the file.
    """
    problems = Problems()
    referential, source = problems.document(path, Referential, within=path.parent)
    if referential is None or source is None:
        raise problems.error()
    problems.add(_repeated(referential, source))
    problems.add(_foreign_codes(referential, source))
    problems.raise_if_any()
    return referential


def _repeated(referential: Referential, source: YamlSource) -> Iterable[Problem]:
    for key in ("number", "bloc"):
        counted = Counter(getattr(ccp, key) for ccp in referential.ccps)
        for i, ccp in enumerate(referential.ccps):
            value = getattr(ccp, key)
            if counted[value] > 1:
                yield Problem(
                    source.place(("ccps", i, key)),
                    Text(
                        fr=f"deux CCP ont « {key} » {value} ; numérotez-les autrement",
                        en=f'two CCP have "{key}" {value}; number them differently',
                    ),
                )


def _foreign_codes(referential: Referential, source: YamlSource) -> Iterable[Problem]:
    for i, ccp in enumerate(referential.ccps):
        for j, competence in enumerate(ccp.competences):
            expected = f"{ccp.number}.{j + 1}"
            if competence.code != expected:
                yield Problem(
                    source.place(("ccps", i, "competences", j, "code")),
                    Text(
                        fr=f"le code « {competence.code} » devrait être « {expected} », sa place dans le CCP",
                        en=f'the code "{competence.code}" should be "{expected}", its place in the CCP',
                    ),
                )
