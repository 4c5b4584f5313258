"""A form of a session's plan and the plan's document: from one to the other, without losing what was typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.assessment.filled_plan import FilledPlan, FormMistake
from orchestrator.core.text import Text
from orchestrator.labd import plan_form_contract as form
from orchestrator.labd import session_refusals
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.loader.yaml_source import KeyPath

_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_LONGEST_NAME: Final = 48
_FILL_IN: Final = Text(fr="à remplir", en="fill this in")
_CHOOSE: Final = Text(fr="choisissez, ou retirez cette ligne", en="choose one, or remove this row")
_NO_CCP: Final = Text(
    fr="cochez au moins un CCP, ou « tout le titre »", en='tick at least one CCP, or "the whole title"'
)
_CCP_TOO: Final = Text(
    fr="« tout le titre » est choisi, et des CCP sont cochés : l'un des deux",
    en='"the whole title" is chosen, and CCP are ticked: one of the two',
)
_NO_MEMBER: Final = Text(fr="nommez au moins deux membres", en="name at least two members")
_NO_CANDIDATE: Final = Text(fr="il faut au moins un candidat", en="at least one candidate is needed")
_NO_PHASE: Final = Text(fr="il faut au moins une phase", en="at least one phase is needed")
_ONE_OF_TWO: Final = Text(
    fr="une phase tire ses scénarios au sort, ou les nomme : l'un des deux",
    en="a phase draws its scenarios, or names them: one of the two",
)


@dataclass
class FilledForm:
    """A form as a plan.

    Attributes:
        document: the plan.
        rows: for each list of which empty rows are left out, the row of each that is kept.
        wrong: what is wrong before the plan is looked at.
        made_of: short names that are empty as long as the titles are that they would be made of, which are told.
    """

    document: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)
    wrong: list[FormMistake] = field(default_factory=list)
    made_of: set[KeyPath] = field(default_factory=set)

    def plan(self) -> FilledPlan:
        """Return it as a plan that can be checked."""
        return FilledPlan.of(self.document, self.wrong)

    def key_of(self, path: KeyPath) -> str:
        """Return the field of a value, such as ``candidates-2-name``, or the row or section that it is in."""
        parts = list(path)
        if len(parts) > 1 and parts[0] in self.rows:
            parts[1] = self.rows[str(parts[0])][int(parts[1])]
        deepest = {"phases": 5, "ccps": 1, "columns": 1}.get(str(parts[0]), 3) if parts else 0
        return "-".join(map(str, parts[:deepest]))

    def named(self, path: KeyPath, name: str, title: str) -> None:
        """Tell that a short name is empty, unless that is said of its title."""
        if name:
            return
        if title.strip():
            self.wrong.append((path, _FILL_IN))
        else:
            self.made_of.add(path)

    # How the document is made ------------------------------------------------------------------------------------

    def needed(self, into: dict[str, Any], path: KeyPath, text: str, said: Text = _FILL_IN) -> None:
        """Put a text that has to be there."""
        into[str(path[-1])] = text.strip()
        if not text.strip():
            self.wrong.append((path, said))

    @staticmethod
    def given(into: dict[str, Any], name: str, value: str | list[str]) -> None:
        """Put what was given, unless it is empty."""
        if value:
            into[name] = value


def filled(fields: form.PlanFields) -> FilledForm:
    """Return a form as a plan, right or wrong.

    Raises:
        RefusedCallError: it has more rows than a form has.
    """
    _require_bounded(fields)
    made = FilledForm()
    document = made.document
    document["contract"] = 1
    document["id"] = fields.id.strip() or short_name(fields.title, ())
    made.named(("id",), document["id"], fields.title)
    made.needed(document, ("title",), fields.title)
    made.needed(document, ("referential",), fields.referential)
    _scope(made, fields)
    made.needed(document, ("date",), fields.date)
    made.given(document, "timezone", fields.timezone.strip())
    made.needed(document, ("centre",), fields.centre)
    made.needed(document, ("room",), fields.room)
    made.given(document, "notes", fields.notes.strip())
    made.given(document, "proof", fields.proof.strip())
    made.given(document, "columns", fields.columns.split())
    if fields.retention_months.strip():
        document["retention_months"] = number(fields.retention_months)
    _jury(made, fields.jury)
    _candidates(made, fields.candidates)
    document["phases"] = []
    for i, phase in enumerate(fields.phases):
        _phase(made, i, phase)
    if not fields.phases:
        made.wrong.append((("phases",), _NO_PHASE))
    return made


def _require_bounded(fields: form.PlanFields) -> None:
    lists: list[tuple[Sequence[object], int]] = [
        (fields.jury, form.MOST_MEMBERS),
        (fields.candidates, form.MOST_CANDIDATES),
        (fields.phases, form.MOST_PHASES),
        (fields.ccps, form.MOST_RULES),
        *((phase.draw, form.MOST_RULES) for phase in fields.phases),
        *((phase.scenarios, form.MOST_RULES) for phase in fields.phases),
    ]
    if any(len(rows) > most for rows, most in lists):
        raise RefusedCallError(session_refusals.too_many_rows())


def _scope(made: FilledForm, fields: form.PlanFields) -> None:
    if fields.scope == "ccps" or fields.ccps:
        made.document["ccps"] = [number(one) for one in fields.ccps]
    if fields.scope == "ccps" and not fields.ccps:
        made.wrong.append((("ccps",), _NO_CCP))
    if fields.scope != "ccps" and fields.ccps:
        made.wrong.append((("ccps",), _CCP_TOO))


def _jury(made: FilledForm, members: Sequence[form.MemberFields]) -> None:
    rows = made.rows["jury"] = [i for i, one in enumerate(members) if one != form.MemberFields()]
    listed = made.document["jury"] = []
    taken = {members[row].id.strip() for row in rows}
    for i, row in enumerate(rows):
        one, member = members[row], {}
        member["id"] = one.id.strip() or short_name(one.name.split()[-1] if one.name.split() else "", taken)
        taken.add(member["id"])
        made.needed(member, ("jury", i, "name"), one.name)
        made.named(("jury", i, "id"), member["id"], one.name)
        made.given(member, "person", one.person.strip())
        made.needed(member, ("jury", i, "quality"), one.quality)
        listed.append(member)
    if not rows:
        made.wrong.append((("jury",), _NO_MEMBER))


def _candidates(made: FilledForm, candidates: Sequence[form.CandidateFields]) -> None:
    nobody = (form.CandidateFields(), form.CandidateFields(attendance=""))
    rows = made.rows["candidates"] = [i for i, one in enumerate(candidates) if one not in nobody]
    listed = made.document["candidates"] = []
    for i, row in enumerate(rows):
        one = candidates[row]
        candidate: dict[str, Any] = {}
        made.needed(candidate, ("candidates", i, "number"), one.number)
        made.needed(candidate, ("candidates", i, "name"), one.name)
        made.given(candidate, "person", one.person.strip())
        made.given(candidate, "extra_time", one.extra_time.strip())
        made.given(candidate, "attendance", one.attendance.strip())
        made.given(candidate, "trainers", one.trainers.split())
        listed.append(candidate)
    if not rows:
        made.wrong.append((("candidates",), _NO_CANDIDATE))


def _phase(made: FilledForm, i: int, phase: form.PhaseFields) -> None:
    written: dict[str, Any] = {}
    taken = {one["name"] for one in made.document["phases"]}
    written["name"] = phase.name.strip() or short_name(phase.title, taken)
    made.needed(written, ("phases", i, "title"), phase.title)
    made.named(("phases", i, "name"), written["name"], phase.title)
    made.needed(written, ("phases", i, "minutes"), phase.minutes)
    written["minutes"] = number(phase.minutes)
    if phase.reading_minutes.strip():
        written["reading_minutes"] = number(phase.reading_minutes)
    made.given(written, "network", phase.network.strip())
    for name in ("hints", "report", "same_for_all"):
        if getattr(phase, name):
            written[name] = True
    _pool(made, i, phase, written)
    made.document["phases"].append(written)


def _pool(made: FilledForm, i: int, phase: form.PhaseFields, written: dict[str, Any]) -> None:
    """Put where a phase's scenarios come from."""
    if phase.scenarios:
        written["scenarios"] = [one.strip() for one in phase.scenarios]
    if phase.draw:
        written["draw"] = []
    for j, rule in enumerate(phase.draw):
        drawn: dict[str, Any] = {}
        made.needed(drawn, ("phases", i, "draw", j, "competence"), rule.competence, _CHOOSE)
        for name in ("easiest", "hardest", "count"):
            if typed := getattr(rule, name).strip():
                drawn[name] = number(typed)
        written["draw"].append(drawn)
    for j, scenario in enumerate(phase.scenarios):
        if not scenario.strip():
            made.wrong.append((("phases", i, "scenarios", j), _CHOOSE))
    if bool(phase.scenarios) == bool(phase.draw):
        made.wrong.append((("phases", i), _ONE_OF_TWO))


def number(text: str) -> int | str:
    """Return the number that a text is, or the text."""
    return int(text) if _NUMBER.fullmatch(text.strip()) else text.strip()


def short_name(text: str, taken: Collection[str]) -> str:
    """Return a short name made from a title or a name, which is not taken; empty where it has no letters."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("æ", "ae")).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    while words and words[0][0].isdigit():
        words = words[1:]
    base = "-".join(words)[: _LONGEST_NAME - 3].strip("-")
    if not base or base not in taken:
        return base
    return next(name for n in range(2, len(taken) + 3) if (name := f"{base}-{n}") not in taken)
