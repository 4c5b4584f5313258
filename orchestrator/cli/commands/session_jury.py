"""``session observe``, ``decide``, ``correct`` and ``sign``: what members of the jury do."""

from __future__ import annotations

from typing import BinaryIO

import click

from orchestrator.assessment.decision_table import read_decisions
from orchestrator.assessment.decisions import SIGNATURES, VERDICTS
from orchestrator.assessment.jury import Jury
from orchestrator.cli.click_classes import FILE, WORDS, argument, command, option
from orchestrator.cli.commands.session_plan import (
    account,
    agree,
    candidate_argument,
    done,
    session_option,
    verified_session_of,
)
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text

member_option = option(
    "--member",
    required=True,
    metavar=Text(fr="MEMBRE", en="MEMBER"),
    help=Text(fr="Le membre du jury.", en="The member of the jury."),
)
subject_argument = argument("subject", metavar="N.N|ccp-N|title")
verdict_argument = argument("verdict", metavar="|".join(VERDICTS))
reason_option = option("--reason", required=True, metavar=WORDS, help=Text(fr="Le motif.", en="The reason."))


def jury_of(invocation: Invocation, name: str | None) -> Jury:
    """Return the jury of the session that a command is about."""
    return Jury(verified_session_of(invocation, name), invocation.app.registry.plan_context())


@command("observe", help=Text(fr="Noter une observation du jury.", en="Record an observation of the jury."))
@candidate_argument
@argument("text", metavar=WORDS)
@option("--competence", default="", metavar="N.N", help=Text(fr="Sur une compétence.", en="On one competence."))
@member_option
@session_option
@pass_invocation
def observe(invocation: Invocation, candidate: str, text: str, competence: str, member: str, name: str | None) -> None:
    """Record an observation."""
    jury_of(invocation, name).observe(member, candidate, text, competence)
    done(invocation, Text(fr="Observation notée.", en="The observation is recorded."), noted=True)


@command(
    "decide",
    short_help=Text(fr="Décider d'une compétence, d'un CCP, du titre.", en="Decide on a competence, a CCP, the title."),
    help=Text(
        fr="Décider d'une compétence (1.3), d'un CCP (ccp-1) ou du titre (title) : acquired (acquis), not-acquired "
        "(non acquis) ou to-question (à compléter par un questionnement), avec un motif.\n\n"
        "Rien n'est calculé : une décision sur un CCP ne découle pas de celles sur ses compétences.",
        en="Decide on a competence (1.3), a CCP (ccp-1) or the title (title): acquired, not-acquired or to-question "
        "(to be completed by questioning), and why.\n\n"
        "Nothing is worked out: a decision on a CCP does not follow from those on its competences.",
    ),
)
@argument("candidate", metavar=Text(fr="[CANDIDAT]", en="[CANDIDATE]"), default="")
@argument("subject", metavar="[N.N|ccp-N|title]", default="")
@argument("verdict", metavar="[" + "|".join(VERDICTS) + "]", default="")
@option("--reason", default="", metavar=WORDS, help=Text(fr="Le motif.", en="The reason."))
@option(
    "--from",
    "table",
    type=click.File("rb"),
    metavar=FILE,
    help=Text(
        fr="Toutes les décisions d'une table CSV, telle que « session export csv » l'écrit, remplie.",
        en="All decisions of a CSV table, as 'session export csv' writes it, filled in.",
    ),
)
@member_option
@session_option
@pass_invocation
def decide(  # noqa: PLR0913 - one for each option and argument
    invocation: Invocation,
    candidate: str,
    subject: str,
    verdict: str,
    reason: str,
    name: str | None,
    *,
    member: str,
    table: BinaryIO | None,
) -> None:
    """Decide."""
    if table is not None:
        if candidate:
            raise UsageError(Text(fr="Une table ou une décision, pas les deux.", en="A table or a decision, not both."))
        count = jury_of(invocation, name).decide_all(member, read_decisions(table.read(), table.name))
        done(invocation, Text(fr=f"Décisions notées : {count}.", en=f"Decisions recorded: {count}."), decided=count)
        return
    if not verdict:
        raise UsageError(
            Text(
                fr="Il manque le candidat, ce dont on décide, ou la décision.",
                en="The candidate, what is decided on, or the decision is missing.",
            ),
            Text(
                fr='Par exemple : session decide C-01 1.3 acquired --reason "…"',
                en='For example: session decide C-01 1.3 acquired --reason "…"',
            ),
        )
    jury_of(invocation, name).decide(member, candidate, subject, verdict, reason)
    done(
        invocation,
        Text(fr=f"{candidate}, {subject} : décidé.", en=f"{candidate}, {subject}: decided."),
        decided=verdict,
    )


@command(
    "correct",
    short_help=Text(fr="Proposer une correction.", en="Propose a correction."),
    help=Text(
        fr="Après la clôture : proposer une correction, qui compte une fois signée par deux membres.",
        en="After the closing: propose a correction, which counts once two members have signed it.",
    ),
)
@candidate_argument
@subject_argument
@verdict_argument
@reason_option
@member_option
@session_option
@pass_invocation
def correct(
    invocation: Invocation, candidate: str, subject: str, verdict: str, reason: str, member: str, name: str | None
) -> None:
    """Correct."""
    jury_of(invocation, name).correct(member, candidate, subject, verdict, reason)
    done(
        invocation,
        Text(fr="Correction proposée : à signer.", en="The correction is proposed: to be signed."),
        proposed=verdict,
    )


@command(
    "sign",
    short_help=Text(fr="Signer le procès-verbal.", en="Sign the record."),
    help=Text(
        fr="Signer le procès-verbal, ou les corrections ; la seconde signature le clôt.",
        en="Sign the record, or the corrections; the second signature closes it.",
    ),
)
@member_option
@option("--anyway", is_flag=True, help=Text(fr="C'est voulu : ne rien demander.", en="It is meant: ask nothing."))
@session_option
@pass_invocation
def sign(invocation: Invocation, member: str, name: str | None, *, anyway: bool) -> None:
    """Sign."""
    room = jury_of(invocation, name)
    left = room.questions_left() if room.would_close(member) else ()
    listed = ", ".join(f"{candidate} {subject}" for candidate, subject in left)
    doubts = [
        Text(
            fr=f"À compléter encore par un questionnement : {listed}.",
            en=f"Still to be completed by questioning: {listed}.",
        )
    ]
    question = Text(fr="Clore le procès-verbal quand même ?", en="Close the record all the same?")
    agree(invocation, doubts if left else (), question, anyway=anyway)
    record = room.sign(member, account())
    for other in room.voided():
        invocation.output.note(
            Text(
                fr=f"! La signature de {other} ne vaut plus : une décision, une observation ou une preuve a changé "
                "depuis.",
                en=f"! The signature of {other} counts no more: a decision, an observation or evidence has changed "
                "since.",
            ),
            style="warn",
        )
    count = len(record.signatures)
    closed = count >= SIGNATURES
    said = Text(
        fr=f"Signatures : {count} sur {SIGNATURES}{' ; le procès-verbal est clos' if closed else ''}.",
        en=f"Signatures: {count} of {SIGNATURES}{'; the record is closed' if closed else ''}.",
    )
    done(invocation, said, signatures=[s.member for s in record.signatures], closed=closed, digest=record.digest)


commands = {"observe": observe, "decide": decide, "correct": correct, "sign": sign}
