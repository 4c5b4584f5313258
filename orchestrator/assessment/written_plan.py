"""A session's plan as it was written: a file or what was typed in a browser, its candidates in it or in a list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.assessment.candidate_list import CandidateList, read_candidates
from orchestrator.assessment.session_folder import sha256
from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.text import Text
from orchestrator.loader.files import decode, read_bytes
from orchestrator.loader.yaml_source import KeyPath, YamlSource, parse_yaml

PLAN_FILE: Final = "session.yaml"
LIST_FILE: Final = "candidates.csv"
_CANDIDATES: Final = "candidates"


@dataclass(frozen=True)
class WrittenPlan:
    """What an organiser has written.

    Attributes:
        text: the plan, as YAML.
        digest: SHA-256 of the plan as it was sent or lies on the disk.
        candidates: the candidates, as CSV; empty: the plan has them.
        file: what the plan is called where something is wrong in it.
        list_file: what the list is called.
    """

    text: str
    digest: str
    candidates: str = ""
    file: str = PLAN_FILE
    list_file: str = LIST_FILE

    @classmethod
    def read(cls, plan: Path, candidates: Path | None = None) -> WrittenPlan:
        """Read the files of a plan.

        Raises:
            ContentError: one cannot be read, or is not in UTF-8.
        """
        data = read_bytes(plan, within=plan.parent)
        listed = "" if candidates is None else decode(read_bytes(candidates, within=candidates.parent), candidates)
        list_file = LIST_FILE if candidates is None else Place.of(candidates).file
        return cls(decode(data, plan), sha256(data), listed, Place.of(plan).file, list_file)

    @classmethod
    def typed(cls, plan: str, candidates: str) -> WrittenPlan:
        """Return what was typed or pasted."""
        return cls(plan, sha256(plan.encode()), candidates)

    def source(self) -> YamlSource:
        """Return the plan with its candidates, each value at its place in what was written.

        Raises:
            ContentError: the plan is no YAML, the list no CSV, or the candidates stand in both.
        """
        source = parse_yaml(self.text, self.file)
        if not self.candidates.strip():
            return source
        listed = read_candidates(self.candidates, self.list_file)
        if not isinstance(source.value, dict):
            return source
        if _CANDIDATES in source.value:
            place = source.place((_CANDIDATES,), key=True)
            raise ContentError((Problem(place, _BOTH),))
        value = {**source.value, _CANDIDATES: [dict(one) for one in listed.candidates]}
        return _WithList(source.file, value, source.positions, source.problems, listed)


_BOTH: Final = Text(
    fr="les candidats sont aussi dans la liste : gardez-les à un seul endroit",
    en="the candidates stand in the list as well: keep them in one place",
)
_NO_LIST: Final = CandidateList(LIST_FILE, (), (), ())


@dataclass(frozen=True)
class _WithList(YamlSource):
    """A plan whose candidates stand in a list."""

    listed: CandidateList = _NO_LIST

    def place(self, path: KeyPath = (), *, key: bool = False) -> Place:
        if path[:1] == (_CANDIDATES,):
            return self.listed.place(path[1:])
        return super().place(path, key=key)
