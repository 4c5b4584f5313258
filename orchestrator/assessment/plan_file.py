"""Reading the plan of a session: its form, and what a jury may not do, each mistake with its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from orchestrator.assessment.extra_time import ExtraTime
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.errors import ContentError, Problem, UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.model_validation import validate
from orchestrator.loader.yaml_source import KeyPath, YamlSource
from orchestrator.model.referential import Referential
from orchestrator.model.session_plan import Candidate, Phase, ProofRule, SessionPlan

_LEAST_JURY = 2


@dataclass(frozen=True)
class PlanContext:
    """What a plan may name.

    Attributes:
        referential: the certification.
        scenarios: each scenario's competences and difficulty, by its id.
        unproven: why a scenario may not be used by a jury, by the plan's rule, or None where it may.
        trainers: returns the people (as a plan names them) who trained a person of the store.
        not_judging: why a person of the store cannot be of a jury that somebody plans (``by``), or None where they can.
        ref: returns how the store refers for ever to a person; empty: there is no store.
    """

    referential: Referential
    scenarios: Mapping[str, Offer]
    unproven: Callable[[str, ProofRule], UsageError | None]
    trainers: Callable[[str], frozenset[str]] = lambda _person: frozenset()
    not_judging: Callable[[str, str], UsageError | None] = lambda _person, _by: None
    ref: Callable[[str], str] = lambda _person: ""


@dataclass(frozen=True)
class Offer:
    """What is known of a scenario without reading all of it: what it works on, and what it is called."""

    competences: tuple[str, ...]
    difficulty: int
    title: Text | None = None


def read_plan(written: WrittenPlan, plan_context: PlanContext, by: str = "") -> SessionPlan:
    """Return a plan that may be carried out.

    Args:
        written: the plan.
        plan_context: what it may name.
        by: who plans: the ``ref`` of a person of the store, or an account of this machine; empty: nobody in particular.

    Raises:
        ContentError: with every problem of the plan, or of its list of candidates, at its line.
    """
    source = written.source()
    plan, problems = validate(source, SessionPlan)
    if plan is None:
        raise ContentError(problems)
    found = (*problems, *(problem for rule in _RULES for problem in rule(_Page(plan, source, plan_context, by))))
    if found:
        raise ContentError(tuple(sorted(found, key=lambda problem: problem.place)))
    return plan


@dataclass(frozen=True)
class _Page:
    """A plan with what the rules need."""

    plan: SessionPlan
    source: YamlSource
    plan_context: PlanContext
    by: str

    def problem(self, path: KeyPath, text: Text, hint: Text | None = None) -> Problem:
        return Problem(self.source.place(path), text, hint)


def _when(page: _Page) -> Iterable[Problem]:
    try:
        date.fromisoformat(page.plan.date)
    except ValueError:
        yield page.problem(
            ("date",), Text(fr=f"le {page.plan.date} n'existe pas", en=f"there is no day {page.plan.date}")
        )
    if page.plan.timezone not in _zones():
        text = Text(
            fr=f"fuseau horaire inconnu « {page.plan.timezone} »", en=f'unknown time zone "{page.plan.timezone}"'
        )
        yield page.problem(("timezone",), with_suggestion(text, page.plan.timezone, _zones()))


@cache
def _zones() -> frozenset[str]:
    """Return the names of the time zones, for which hundreds of files are looked at."""
    return frozenset(available_timezones())


def _what(page: _Page) -> Iterable[Problem]:
    referential = page.plan_context.referential
    if page.plan.referential != referential.id:
        text = Text(
            fr=f"référentiel inconnu « {page.plan.referential} »", en=f'unknown referential "{page.plan.referential}"'
        )
        yield page.problem(("referential",), with_suggestion(text, page.plan.referential, [referential.id]))
    numbers = {ccp.number for ccp in referential.ccps}
    for i, number in enumerate(page.plan.ccps):
        if number not in numbers:
            listed = ", ".join(map(str, sorted(numbers)))
            yield page.problem(
                ("ccps", i),
                Text(fr=f"le titre n'a pas de CCP {number} : {listed}", en=f"the title has no CCP {number}: {listed}"),
            )


def _names(page: _Page) -> Iterable[Problem]:
    plan = page.plan
    lists = {
        "jury": ("id", [member.id for member in plan.jury]),
        "candidates": ("number", [candidate.number for candidate in plan.candidates]),
        "phases": ("name", [phase.name for phase in plan.phases]),
    }
    for section, (key, names) in lists.items():
        counted = Counter(names)
        for i, name in enumerate(names):
            if counted[name] > 1:
                yield page.problem(
                    (section, i, key),
                    Text(
                        fr=f"« {name} » sert {counted[name]} fois ; chacun a le sien",
                        en=f'"{name}" is used {counted[name]} times; each has their own',
                    ),
                )


def _columns(page: _Page) -> Iterable[Problem]:
    columns = page.plan.columns
    for i, column in enumerate(columns):
        if column in columns[:i]:
            yield page.problem(
                ("columns", i),
                Text(fr=f"la colonne « {column} » est déjà là", en=f'the column "{column}" is there already'),
            )


def _jury(page: _Page) -> Iterable[Problem]:
    if len(page.plan.jury) < _LEAST_JURY:
        yield page.problem(("jury",), Text(fr="un jury a au moins deux membres", en="a jury has at least two members"))
    for i, member in enumerate(page.plan.jury):
        try:
            if member.person:
                page.plan_context.trainers(member.person)
                if why := page.plan_context.not_judging(member.person, page.by):
                    yield page.problem(("jury", i, "person"), why.text, why.hint)
        except UsageError as error:  # the store knows nobody of that name
            yield page.problem(("jury", i, "person"), error.text, error.hint)
    for i, candidate in enumerate(page.plan.candidates):
        trainers = set(candidate.trainers)
        try:
            trainers |= page.plan_context.trainers(candidate.person) if candidate.person else frozenset()
        except UsageError as error:  # the store knows nobody of that name
            yield page.problem(("candidates", i, "person"), error.text, error.hint)
        yield from _judged(page, i, candidate, trainers)


def _judged(page: _Page, i: int, candidate: Candidate, trainers: Set[str]) -> Iterable[Problem]:
    """Yield why members of the jury cannot judge a candidate."""
    for member in page.plan.jury:
        if candidate.person and _ref(page, candidate.person) == _ref(page, member.person):
            yield page.problem(
                ("candidates", i, "person"),
                Text(
                    fr=f"{candidate.number} est {member.name}, du jury : personne ne se juge",
                    en=f"{candidate.number} is {member.name} of the jury: nobody judges themselves",
                ),
            )
        if trainers & {member.id, member.person, _ref(page, member.person)}:
            yield page.problem(
                ("candidates", i),
                Text(
                    fr=f"{member.name} a formé {candidate.number} et ne peut pas le juger",
                    en=f"{member.name} trained {candidate.number} and cannot judge them",
                ),
                Text(
                    fr="Remplacez ce membre du jury, ou présentez ce candidat à un autre jury.",
                    en="Replace that member of the jury, or present the candidate to another jury.",
                ),
            )


def _ref(page: _Page, person: str | None) -> str | None:
    """Return by what one person is the same, however a plan names them; None: the plan names nobody."""
    try:
        return (page.plan_context.ref(person) or person) if person else None
    except UsageError:  # told of the one whom nobody knows
        return person


def _phases(page: _Page) -> Iterable[Problem]:
    for i, phase in enumerate(page.plan.phases):
        if bool(phase.scenarios) == bool(phase.draw):
            yield page.problem(
                ("phases", i),
                Text(
                    fr="une phase a des « scenarios », ou un tirage « draw » : l'un des deux",
                    en='a phase has "scenarios", or a drawing "draw": one of the two',
                ),
            )
        for j, name in enumerate(phase.scenarios):
            yield from _scenario(page, ("phases", i, "scenarios", j), name)
        for j, rule in enumerate(phase.draw):
            yield from _draw(page, ("phases", i, "draw", j), rule.competence, rule.easiest, rule.hardest, rule.count)


def _scenario(page: _Page, path: KeyPath, name: str) -> Iterable[Problem]:
    if name not in page.plan_context.scenarios:
        text = Text(fr=f"scénario inconnu « {name} »", en=f'unknown scenario "{name}"')
        yield page.problem(path, with_suggestion(text, name, page.plan_context.scenarios))
    elif why := page.plan_context.unproven(name, page.plan.proof):
        yield page.problem(path, why.text, why.hint)


def _draw(page: _Page, path: KeyPath, competence: str, easiest: int, hardest: int, count: int) -> Iterable[Problem]:
    known = page.plan_context.referential.competences()
    if competence not in known:
        text = Text(fr=f"compétence inconnue « {competence} »", en=f'unknown competence "{competence}"')
        yield page.problem((*path, "competence"), with_suggestion(text, competence, known))
        return
    fitting = [
        name
        for name, offer in page.plan_context.scenarios.items()
        if competence in offer.competences and easiest <= offer.difficulty <= hardest
    ]
    reasons = {name: page.plan_context.unproven(name, page.plan.proof) for name in fitting}
    proven = [name for name, why in reasons.items() if why is None]
    if len(proven) >= count:
        return
    whys = [why for why in reasons.values() if why is not None]
    fr = " ".join(why.text.fr for why in whys) or "Aucun scénario n'y répond."
    en = " ".join(why.text.en for why in whys) or "No scenario fits."
    yield page.problem(
        path,
        Text(
            fr=f"{count} à tirer pour {competence}, difficulté {easiest} à {hardest}, et {len(proven)} prouvé(s). {fr}",
            en=f"{count} to draw for {competence}, difficulty {easiest} to {hardest}, and {len(proven)} proven. {en}",
        ),
        Text(
            fr="Prouvez ceux qui manquent : « breakfix prove SCÉNARIO ».",
            en="Prove those that are missing: 'breakfix prove SCENARIO'.",
        ),
    )


def _covered(page: _Page) -> Iterable[Problem]:
    """Each CCP that is named has a scenario or a drawing; a whole title is more than labs, and is not asked for."""
    works_on: set[int] = set()
    referential = page.plan_context.referential
    codes = referential.competences()
    for phase in page.plan.phases:
        named = [
            code for name in phase.scenarios for code in page.plan_context.scenarios.get(name, _NOTHING).competences
        ]
        named += [rule.competence for rule in phase.draw]
        works_on |= {referential.ccp_of(code).number for code in named if code in codes}
    numbers = {ccp.number for ccp in referential.ccps}
    for i, number in enumerate(page.plan.ccps):
        if number in numbers and number not in works_on:
            yield page.problem(
                ("ccps", i),
                Text(fr=f"aucune phase ne porte sur le CCP {number}", en=f"no phase works on CCP {number}"),
            )


def doubts_of(plan: SessionPlan, today: date) -> tuple[Text, ...]:
    """Return what is allowed in a plan and hardly ever meant, for somebody to confirm."""
    found = []
    if date.fromisoformat(plan.date) < today:
        found.append(Text(fr=f"La date est passée : {plan.date}.", en=f"The date is in the past: {plan.date}."))
    for candidate in plan.candidates:
        extra = ExtraTime.parse(candidate.extra_time or "")
        doubled = [one.name for one in plan.phases if extra.seconds(length := _length(one)) > length]
        if doubled:
            listed = ", ".join(doubled)
            found.append(
                Text(
                    fr=f"{candidate.number} a plus de 100 % de temps en plus ({candidate.extra_time}) : {listed}.",
                    en=f"{candidate.number} has more than 100% of extra time ({candidate.extra_time}): {listed}.",
                )
            )
    return tuple(found)


def _length(phase: Phase) -> int:
    return (phase.reading_minutes + phase.minutes) * 60


_NOTHING = Offer((), 0)
_RULES: tuple[Callable[[_Page], Iterable[Problem]], ...] = (
    _when,
    _what,
    _names,
    _columns,
    _jury,
    _phases,
    _covered,
)


def zone_of(plan: SessionPlan) -> ZoneInfo:
    """Return the time zone in which a session's hours are shown."""
    return ZoneInfo(plan.timezone)
