"""What is said where a candidate's code, or an answer to a browser that waits, is refused; and of a seat in use."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.told_refusals import refused


def no_code() -> Refusal:
    """Return that a code holds nowhere: wrong, replaced, or its session is over, which reads the same."""
    return Refusal(
        "wrong",
        Text(fr="Ce code ne permet pas d'entrer.", en="This code does not let you in."),
        Text(
            fr="Relisez-le sur votre feuille ; s'il est bien écrit, appelez la personne qui surveille.",
            en="Compare it with your sheet; if it is right, call the invigilator.",
        ),
        field="code",
    )


def several_places(number: str, places: Sequence[str]) -> Text:
    """Return that a candidate's seat is used from several addresses at once."""
    listed = ", ".join(places)
    return Text(
        fr=f"La place {number} sert depuis plusieurs adresses à la fois ({listed}) : voyez qui y est.",
        en=f"The seat of {number} is used from several addresses at once ({listed}): see who is there.",
    )


def unread() -> MachineError:
    """Return the error where it cannot be told now who sits where."""
    return MachineError(
        Text(
            fr="Les places de la session ne se lisent pas en ce moment.",
            en="The session's seats cannot be read at the moment.",
        ),
        Text(
            fr="Votre place reste la vôtre. Réessayez ; si cela dure, appelez la personne qui surveille.",
            en="Your seat stays yours. Try again; if it goes on, call the invigilator.",
        ),
    )


def over() -> Refusal:
    """Return that candidates' access has ended with the session."""
    return Refusal(
        "wrong",
        Text(
            fr="Cette session est finie : plus personne n'y prend place.",
            en="This session is over: nobody takes a seat in it any more.",
        ),
    )


def gone() -> Refusal:
    """Return that a browser waits no longer."""
    return Refusal(
        "missing",
        Text(
            fr="Cette demande n'attend plus : elle a reçu une réponse, ou une autre l'a remplacée.",
            en="This request waits no longer: it was answered, or another has taken its place.",
        ),
    )


def nobody_there() -> Refusal:
    """Return that nobody has a candidate's seat."""
    return Refusal("missing", Text(fr="Personne n'est à cette place.", en="Nobody is at this seat."))


def no_subject() -> Refusal:
    """Return that there is no such scenario of the candidate's, or not yet: both read the same."""
    return Refusal("missing", Text(fr="Ce sujet n'existe pas ici.", en="There is no such scenario here."))


def not_kept(field: str, most: int) -> Refusal:
    """Return that something is too long, or is no text."""
    return Refusal(
        "wrong",
        Text(
            fr=f"Ce n'est pas un texte de {most} caractères au plus : rien n'a été gardé.",
            en=f"This is no text of at most {most} characters: nothing was kept.",
        ),
        field=field,
    )


def too_many_calls(seconds: int) -> Refusal:
    """Return that a candidate's browser asks for too much at a time."""
    return Refusal(
        "too-often",
        Text(fr="C'est trop de demandes à la fois.", en="That is too many requests at a time."),
        Text(fr="Attendez un instant.", en="Wait a moment."),
        seconds=seconds,
    )


def too_many_terminals(most: int) -> RefusedCallError:
    """Return what ends the opening of one terminal more than there may be."""
    return refused(
        "busy",
        Text(
            fr=f"Vous avez {most} terminaux ouverts : il n'y en a pas plus à la fois.",
            en=f"You have {most} terminals open: there are no more at a time.",
        ),
        Text(fr="Fermez-en un d'abord.", en="Close one of them first."),
    )


def no_room_to_record() -> RefusedCallError:
    """Return what ends the opening of terminals once their recordings are as many, or as long, as they may be."""
    return refused(
        "busy",
        Text(
            fr="Vos enregistrements ont pris toute leur place : aucun autre terminal ne s'ouvre.",
            en="Your recordings have taken all the room they have: no other terminal opens.",
        ),
        Text(
            fr="Continuez dans ceux qui sont ouverts, ou appelez la personne qui surveille.",
            en="Go on in those that are open, or call the invigilator.",
        ),
    )


def too_quickly(seconds: int) -> RefusedCallError:
    """Return what ends the opening of terminals one after another."""
    return refused(
        "too-often",
        Text(
            fr="Vous ouvrez trop de terminaux en peu de temps.", en="You open too many terminals in too short a time."
        ),
        Text(fr=f"Réessayez dans {seconds} s.", en=f"Try again in {seconds} s."),
        seconds=seconds,
    )
