"""What an organiser is told whose plan or session is refused."""

from __future__ import annotations

from typing import Final

from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.told_refusals import refused

MOST_REASON: Final = 500
"""Characters of a reason."""
LONGEST_MINUTE: Final = 59
"""Seconds of a rehearsal's minute: with sixty it is none."""

PROVE_FIRST: Final = Text(
    fr="Demandez à un administrateur de prouver ces scénarios, depuis le catalogue.",
    en="Ask an administrator to prove these scenarios, from the catalogue.",
)
ANOTHER_ID: Final = Text(
    fr="Donnez un autre « id » à ce plan ; ou retirez l'autre d'abord, tant qu'aucun lab n'en est ouvert.",
    en='Give this plan another "id"; or withdraw the other one first, as long as none of its labs is open.',
)


def missing_session() -> RefusedCallError:
    """Return what ends a call about a session that is not there, or was withdrawn."""
    return refused("missing", Text(fr="Cette session n'existe pas.", en="There is no such session."))


def has_a_part() -> RefusedCallError:
    """Return what ends an organiser's act of somebody who judges or sits in the session."""
    return refused(
        "forbidden",
        Text(
            fr="Vous avez une place dans cette session, au jury ou parmi les candidats : d'autres l'organisent.",
            en="You have a place in this session, in its jury or among its candidates: others organise it.",
        ),
    )


def has_organised() -> RefusedCallError:
    """Return what ends a jury's act of somebody who organised the session."""
    return refused(
        "forbidden",
        Text(
            fr="Vous avez organisé cette session : vous n'y jugez pas.",
            en="You organised this session: you do not judge in it.",
        ),
    )


def wrong_rehearsal() -> Refusal:
    """Return that a rehearsal's minute is none."""
    return Refusal(
        "wrong",
        Text(
            fr=f"Une minute de répétition dure de 1 à {LONGEST_MINUTE} secondes.",
            en=f"A minute of a rehearsal lasts from 1 to {LONGEST_MINUTE} seconds.",
        ),
        field="rehearsal",
    )


def too_many_rows() -> Refusal:
    """Return that a plan has more rows than a form takes."""
    return Refusal(
        "wrong",
        Text(
            fr="C'est plus de lignes qu'un formulaire n'en a ; écrivez ce plan comme texte.",
            en="These are more rows than a form has; write this plan as text.",
        ),
    )


def wrong_reason() -> Refusal:
    """Return that a plan is withdrawn without a reason that can be kept."""
    return Refusal(
        "wrong",
        Text(
            fr=f"Dites pourquoi, en {MOST_REASON} caractères au plus : le journal le garde.",
            en=f"Say why, in at most {MOST_REASON} characters: the journal keeps it.",
        ),
        field="reason",
    )


def begun() -> Refusal:
    """Return that a plan stays, for its labs are open or were."""
    return Refusal(
        "wrong",
        Text(
            fr="Des labs de cette session sont ouverts, ou l'ont été : elle ne se retire plus.",
            en="Labs of this session are open, or were: it can be withdrawn no longer.",
        ),
    )


def wrong_words() -> Refusal:
    """Return that something takes words, which are missing or cannot be kept."""
    return Refusal(
        "wrong",
        Text(
            fr=f"Dites-le en {MOST_REASON} caractères au plus : le journal le garde.",
            en=f"Say it in at most {MOST_REASON} characters: the journal keeps it.",
        ),
        field="text",
    )


def about_nobody() -> Refusal:
    """Return that it is not said about which phase, or which candidate, something is."""
    return Refusal("wrong", Text(fr="Dites pour quelle phase, et pour qui.", en="Say for which phase, and for whom."))


def closed() -> Refusal:
    """Return that nothing more is done about a session whose record is signed."""
    return Refusal("wrong", Text(fr="Cette session est close.", en="This session is closed."))


def opening_already() -> Refusal:
    """Return that labs of a session are being prepared already."""
    return Refusal(
        "busy",
        Text(fr="Des labs de cette session se préparent déjà.", en="Labs of this session are being prepared already."),
        Text(fr="Attendez qu'ils soient prêts.", en="Wait until they are ready."),
    )


def regrading_already() -> Refusal:
    """Return that a sitting is being graded again already."""
    return Refusal(
        "busy",
        Text(fr="Une autre épreuve est déjà réévaluée.", en="Another sitting is being graded again already."),
        Text(fr="Attendez que ce soit fini.", en="Wait until that is done."),
    )


def interrupted() -> Refusal:
    """Return that labs are not prepared, for labd ends."""
    return Refusal(
        "busy",
        Text(fr="Le service des labs s'arrête.", en="The lab service is being ended."),
        Text(fr="Recommencez dans un instant.", en="Do it again in a moment."),
    )


def wrong_observation(most: int) -> Refusal:
    """Return that words are missing, or cannot be kept."""
    return Refusal(
        "wrong",
        Text(
            fr=f"Dites-le en {most} caractères au plus : le journal le garde.",
            en=f"Say it in at most {most} characters: the journal keeps it.",
        ),
        field="text",
    )


def changed_since() -> Refusal:
    """Return that the record has changed since it was seen."""
    return Refusal(
        "wrong",
        Text(
            fr="Le procès-verbal a changé depuis que vous l'avez affiché : relisez-le avant de signer.",
            en="The record has changed since it was shown to you: read it again before you sign.",
        ),
    )


def still_to_question() -> Refusal:
    """Return that somebody is still to be questioned, and the record would be closed."""
    return Refusal(
        "wrong",
        Text(
            fr="Il reste à questionner quelqu'un, et votre signature clôt le procès-verbal : cochez que c'est voulu.",
            en="Somebody is still to be questioned, and your signature closes the record: tick that it is meant.",
        ),
        field="anyway",
    )


def no_evidence() -> RefusedCallError:
    """Return what ends a call about evidence that is not sealed yet, or is gone."""
    return refused("missing", Text(fr="Il n'y a pas de preuves scellées ici.", en="There is no sealed evidence here."))


def wrong_search(most: int) -> Refusal:
    """Return that there is nothing to search for, or nothing that can be."""
    return Refusal(
        "wrong",
        Text(
            fr=f"Dites ce que vous cherchez, en {most} caractères au plus.",
            en=f"Say what you are searching for, in at most {most} characters.",
        ),
        field="words",
    )
