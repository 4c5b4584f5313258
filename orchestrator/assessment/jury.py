"""What members of the jury do: observe, decide with a reason, sign; afterwards correct, and reopen evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.assessment.decision_table import DecisionRow
from orchestrator.assessment.decisions import SIGNATURES, TITLE, VERDICTS, Record, ccp_subject, record_of
from orchestrator.assessment.events import PROGRAM, Draft, Kind
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.plan_file import PlanContext
from orchestrator.assessment.results import Sheet, assessed_ccps, sheet_of
from orchestrator.assessment.selectors import require_candidate
from orchestrator.assessment.state import SessionState
from orchestrator.core.elision import de
from orchestrator.core.errors import UsageError
from orchestrator.core.suggest import nearest, with_suggestion
from orchestrator.core.text import Text


class Jury:
    """The jury of one session."""

    def __init__(self, jury_session: JurySession, plan_context: PlanContext) -> None:
        """Take the session, and what its plan may name."""
        self._jury_session = jury_session
        self._plan_context = plan_context

    def sheet(self, candidate: str) -> Sheet:
        """Return a candidate's sheet.

        Raises:
            UsageError: there is no such candidate.
        """
        state = self._jury_session.state()
        require_candidate(state, candidate)
        return self._sheet(state, candidate)

    def observe(self, member: str, candidate: str, text: str, competence: str = "", *, question: bool = False) -> None:
        """Record an observation of a member, or a question that they mean to ask; while the record is open.

        Raises:
            UsageError: there is no such member, candidate or competence, no text, or the record is closed.
        """
        state = self._open_to(member, candidate)
        if competence:
            self._require_competence(state, competence)
        self._require_text(text)
        details: dict[str, Any] = {"competence": competence, "text": text}
        self._keep("observed", member, state, candidate, {**details, "question": True} if question else details)

    def decide(self, member: str, candidate: str, subject: str, verdict: str, reason: str) -> None:
        """Record the jury's decision on a subject; a later one takes its place while the record is open.

        Args:
            member: who records it.
            candidate: whom it is about.
            subject: a competence's code, ``ccp-1``, or ``title``.
            verdict: one of ``VERDICTS``.
            reason: why.

        Raises:
            UsageError: there is no such member, candidate, subject or verdict, no reason, the candidate's evidence
                is not sealed, or the record is closed.
        """
        state = self._open_to(member, candidate)
        details = self._decision(state, candidate, subject, verdict, reason)
        self._keep("decided", member, state, candidate, details)

    def decide_all(self, member: str, rows: Sequence[DecisionRow]) -> int:
        """Record many decisions, all of them or none; return how many are new.

        Args:
            member: who records them.
            rows: the decisions; those that stand already are passed over.

        Raises:
            UsageError: as ``decide``, with the line of the first that cannot be recorded.
        """
        drafts, known = [], record_of(self._jury_session.state()).decisions
        for row in rows:
            before = known.get((row.candidate, row.subject))
            if before is not None and (before.verdict, before.reason) == (row.verdict, row.reason):
                continue
            try:
                state = self._open_to(member, row.candidate)
                details = self._decision(state, row.candidate, row.subject, row.verdict, row.reason)
            except UsageError as error:
                text = Text(fr=f"Ligne {row.line} : {error.text.fr}", en=f"Line {row.line}: {error.text.en}")
                raise UsageError(text, error.hint) from error
            now = self._jury_session.clock(state).now()
            drafts.append(Draft("decided", member, now, row.candidate, details=details))
        self._jury_session.keep(*drafts)
        return len(drafts)

    def questions_left(self) -> tuple[tuple[str, str], ...]:
        """Return the candidates and subjects of which the jury still has to question somebody."""
        record = record_of(self._jury_session.state())
        made = {**record.decisions, **record.pending}
        return tuple(sorted(key for key, decision in made.items() if decision.verdict == "to-question"))

    def would_close(self, member: str) -> bool:
        """Return whether a member's signature closes the record, or the corrections."""
        others = {signature.member for signature in record_of(self._jury_session.state()).signatures} - {member}
        return len(others) + 1 >= SIGNATURES

    def voided(self) -> tuple[str, ...]:
        """Return the members who signed a record that has changed since, and whose signature counts no more."""
        state = self._jury_session.state()
        closed = max((event.number for event in state.of("closed")), default=0)
        signed = {event.by for event in state.of("signed") if event.number > closed}
        return tuple(sorted(signed - {signature.member for signature in record_of(state).signatures}))

    def correct(self, member: str, candidate: str, subject: str, verdict: str, reason: str) -> None:
        """Propose a correction of a closed record; it counts once two members have signed.

        Raises:
            UsageError: as ``decide``, or the record is still open.
        """
        state = self._with_member(member)
        require_candidate(state, candidate)
        if not state.closed:
            raise UsageError(
                Text(fr="Le procès-verbal n'est pas clos.", en="The record is not closed."),
                Text(fr="Décidez simplement : « session decide ».", en="Simply decide: 'session decide'."),
            )
        details = self._decision(state, candidate, subject, verdict, reason)
        self._keep("correction", member, state, candidate, details)

    def sign(self, member: str, account: str) -> Record:
        """Sign the record, or the corrections; the second member's signature closes it.

        Args:
            member: who signs.
            account: the account of this machine at which they do.

        Raises:
            UsageError: there is no such member, something is undecided, or there is nothing to sign yet, or no more.
        """
        state = self._with_member(member)
        record = record_of(state)
        if state.closed and not record.pending:
            raise UsageError(
                Text(fr="Le procès-verbal est déjà signé et clos.", en="The record is signed and closed already."),
                Text(fr="Un changement : « session correct ».", en="A change: 'session correct'."),
            )
        if not state.begun_to_open and not record.decisions:
            raise UsageError(
                Text(
                    fr="Aucun lab n'a été ouvert, rien n'a été décidé : il n'y a rien à signer.",
                    en="No lab was opened, and nothing was decided: there is nothing to sign.",
                )
            )
        self._require_all_decided(state)
        if any(signature.member == member for signature in record.signatures):
            raise UsageError(
                Text(fr=f"{member} a déjà signé.", en=f"{member} has signed already."),
                Text(fr="Il manque la signature d'un autre membre.", en="Another member's signature is missing."),
            )
        self._keep("signed", member, state, "", {"digest": record.digest, "account": account}, record.digest)
        state = self._jury_session.state()
        record = record_of(state)
        if len(record.signatures) >= SIGNATURES:
            details = {"digest": record.digest, "signatures": [s.member for s in record.signatures]}
            self._keep("closed", PROGRAM, state, "", details, record.digest)
        return record_of(self._jury_session.state())

    # What is required -----------------------------------------------------------------------------------

    def _sheet(self, state: SessionState, candidate: str) -> Sheet:
        context = self._plan_context
        return sheet_of(state, candidate, self._jury_session.folder, context.referential, context.scenarios)

    def _with_member(self, member: str) -> SessionState:
        state = self._jury_session.state()
        names = [one.id for one in state.plan.jury]
        if member not in names:
            near = ", ".join(nearest(member, names) or names)
            raise UsageError(
                Text(fr=f"Le jury n'a pas de membre « {member} ».", en=f"The jury has no member {member!r}."),
                Text(fr=f"Ses membres : {near}", en=f"Its members: {near}"),
            )
        return state

    def _open_to(self, member: str, candidate: str) -> SessionState:
        state = self._with_member(member)
        require_candidate(state, candidate)
        if state.closed:
            raise UsageError(
                Text(fr="Le procès-verbal est clos.", en="The record is closed."),
                Text(
                    fr="Un changement est une correction, à signer : « session correct ».",
                    en="A change is a correction, to be signed: 'session correct'.",
                ),
            )
        return state

    def _decision(
        self, state: SessionState, candidate: str, subject: str, verdict: str, reason: str
    ) -> Mapping[str, Any]:
        """Return what a decision keeps, once it may be made."""
        self._require_subject(state, subject)
        self._require_text(reason)
        if verdict not in VERDICTS:
            text = Text(fr=f"décision inconnue « {verdict} »", en=f'unknown decision "{verdict}"')
            raise UsageError(with_suggestion(text, verdict, VERDICTS))
        mine = [one for one in state.sittings.values() if one.candidate == candidate]
        running = [one.phase for one in mine if one.started is not None and not one.sealed]
        if running:
            raise UsageError(
                Text(
                    fr=f"Les preuves {de(candidate)} ne sont pas scellées : {', '.join(running)}.",
                    en=f"The evidence of {candidate} is not sealed: {', '.join(running)}.",
                ),
                Text(fr="« breakfix session run » les scelle.", en="'breakfix session run' seals it."),
            )
        return {"subject": subject, "verdict": verdict, "reason": reason}

    def _require_subject(self, state: SessionState, subject: str) -> None:
        ccps = assessed_ccps(state.plan, self._plan_context.referential)
        awards = [ccp_subject(ccp.number) for ccp in ccps] + ([] if state.plan.ccps else [TITLE])
        known = [*awards, *(one.code for ccp in ccps for one in ccp.competences)]
        if subject not in known:
            text = Text(
                fr=f"la session ne décide pas de « {subject} »", en=f'the session does not decide on "{subject}"'
            )
            raise UsageError(with_suggestion(text, subject, known))

    def _require_competence(self, state: SessionState, competence: str) -> None:
        ccps = assessed_ccps(state.plan, self._plan_context.referential)
        codes = [one.code for ccp in ccps for one in ccp.competences]
        if competence not in codes:
            text = Text(
                fr=f"la session n'évalue pas de compétence « {competence} »",
                en=f'the session assesses no competence "{competence}"',
            )
            raise UsageError(with_suggestion(text, competence, codes))

    def _require_all_decided(self, state: SessionState) -> None:
        missing = {c.number: self._sheet(state, c.number).undecided for c in state.plan.candidates}
        listed = "; ".join(f"{number}: {', '.join(codes)}" for number, codes in missing.items() if codes)
        if listed:
            raise UsageError(
                Text(fr=f"Il reste à décider : {listed}", en=f"Still to be decided: {listed}"),
                Text(fr="« breakfix session decide » décide.", en="'breakfix session decide' decides."),
            )

    @staticmethod
    def _require_text(text: str) -> None:
        if not text.strip():
            raise UsageError(Text(fr="Dites pourquoi, en quelques mots.", en="Say why, in a few words."))

    def _keep(
        self,
        kind: Kind,
        by: str,
        state: SessionState,
        candidate: str,
        details: Mapping[str, Any],
        content_hash: str = "",
    ) -> None:
        now = self._jury_session.clock(state).now()
        self._jury_session.keep(Draft(kind, by, now, candidate, details=details, content_hash=content_hash))
