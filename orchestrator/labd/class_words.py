"""What somebody is told whose class, list of people, code or announcement is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal
from orchestrator.records.csv_people import ListProblem


def wrong_list(problems: Sequence[ListProblem]) -> Refusal:
    """Return all that is wrong in a list of people, each with its line and column; nobody was added."""
    told = sorted(problems, key=lambda one: one.line)
    return Refusal(
        "wrong",
        Text(fr="\n".join(_at(one).fr for one in told), en="\n".join(_at(one).en for one in told)),
        Text(fr="Personne n’a été ajouté : corrigez la liste.", en="Nobody was added: correct the list."),
        field="people",
    )


def _at(problem: ListProblem) -> Text:
    column = problem.column
    where = Text(
        fr=f"Ligne {problem.line}, colonne « {column} »" if column else f"Ligne {problem.line}",
        en=f'Line {problem.line}, column "{column}"' if column else f"Line {problem.line}",
    )
    return Text(fr=f"{where.fr} : {problem.text.fr}", en=f"{where.en}: {problem.text.en}")


def long_list(most: int) -> Text:
    """Return that a list has too many people."""
    return Text(fr=f"plus de {most} personnes", en=f"more than {most} people")


def administrators_only() -> Text:
    """Return that a cell is for administrators."""
    return Text(fr="réservé à l’administration", en="for administrators only")


def other_group() -> Text:
    """Return that a list names another class than the one it is for."""
    return Text(fr="ce n’est pas cette classe", en="this is another class")


def long_cell(most: int) -> Text:
    """Return that a cell cannot be kept."""
    return Text(fr=f"une ligne de {most} caractères au plus", en=f"one line of at most {most} characters")


def no_trainee(handle: str) -> Text:
    """Return that somebody who is known already cannot be put into a class by its trainer."""
    return Text(
        fr=f"« {handle} » existe déjà et n’est pas seulement stagiaire : réservé à l’administration",
        en=f'"{handle}" is there already and no mere trainee: for administrators only',
    )


def no_trainer(handle: str) -> Text:
    """Return that somebody who is known already is no trainer."""
    return Text(fr=f"« {handle} » n’est pas formateur", en=f'"{handle}" is no trainer')


def forgotten(handle: str) -> Text:
    """Return that somebody's data is gone."""
    return Text(fr=f"« {handle} » est oublié", en=f'"{handle}" is forgotten')


def no_member(handle: str) -> Refusal:
    """Return that somebody is not in a class."""
    return Refusal(
        "missing",
        Text(fr=f"« {handle} » n’est pas dans cette classe.", en=f'"{handle}" is not in this class.'),
        field="handle",
    )


def no_code() -> Refusal:
    """Return that a code leads nowhere, or does so no longer."""
    return Refusal(
        "wrong",
        Text(fr="Ce code n’existe pas, ou n’est plus valable.", en="There is no such code, or it holds no longer."),
        Text(fr="Demandez-le à votre formateur.", en="Ask your trainer for it."),
        field="code",
    )


def full_class() -> Refusal:
    """Return that a class takes nobody more by its code."""
    return Refusal(
        "busy",
        Text(fr="Cette classe est complète.", en="This class is full."),
        Text(fr="Prévenez votre formateur.", en="Tell your trainer."),
    )


_LIMITS: Final[Mapping[str, Text]] = {
    "labs": Text(fr="{least} à {most} labs à la fois.", en="{least} to {most} labs at a time."),
    "memory": Text(fr="{least} à {most} Gio de mémoire.", en="{least} to {most} GiB of memory."),
    "processors": Text(
        fr="{least} à {most} processeurs par machine.", en="{least} to {most} processors for each machine."
    ),
}


def wrong_limit(field: str, least: float, most: float) -> Refusal:
    """Return that a limit of a class, by its field, is more than the machine's, or no such number; memory in MiB."""
    unit = 1024 if field == "memory" else 1
    numbers = {"least": f"{least / unit:.4g}", "most": f"{most / unit:.6g}"}
    said = _LIMITS[field]
    return Refusal(
        "wrong",
        Text(
            fr=f"Ce que vous pouvez fixer : {said.fr}".format(**{k: v.replace(".", ",") for k, v in numbers.items()}),
            en=f"What you can set: {said.en}".format(**numbers),
        ),
        Text(
            fr="Laissez vide pour ne rien fixer : la limite de cette machine vaut alors.",
            en="Leave it empty to set nothing: then this machine's limit holds.",
        ),
        field=field,
    )


def wrong_announcement(most: int) -> Refusal:
    """Return that an announcement cannot be shown."""
    return Refusal(
        "wrong",
        Text(
            fr=f"Une annonce a de 1 à {most} caractères, sans caractère de commande.",
            en=f"An announcement has from 1 to {most} characters, none of them a control character.",
        ),
        field="text",
    )
