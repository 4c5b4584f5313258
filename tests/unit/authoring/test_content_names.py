"""A name that cannot be one is answered with the nearest that can."""

from __future__ import annotations

import re

import pytest

from orchestrator.authoring.content_names import LONGEST, Kind, nearest_form, require_name
from orchestrator.core.errors import UsageError


@pytest.mark.parametrize(
    ("kind", "typed", "form"),
    [
        ("scenario", "intranet-not-found", "intranet-not-found"),
        ("scenario", "Été à l'école", "ete-a-l-ecole"),
        ("scenario", "Cœur de réseau", "coeur-de-reseau"),
        ("lab", "Straße_3", "strasse-3"),
        ("lab", "3e étage", "lab-3e-etage"),
        ("image", "--", "image"),
        ("image", "serveur  web", "serveur-web"),
        ("fault", "imprimante", "imprimante-ko"),
        ("fault", "imprimante-muette", "imprimante-muette"),
        ("scenario", "x" * 60, "x" * LONGEST),
        ("scenario", "scénario", "scenario"),
        ("lab", "日本", "lab"),
    ],
)
def test_the_nearest_form(kind: Kind, typed: str, form: str) -> None:
    assert nearest_form(kind, typed) == form
    if typed == form:
        assert require_name(kind, typed, ()) == typed
    else:
        with pytest.raises(UsageError) as raised:
            require_name(kind, typed, ())
        assert raised.value.hint
        assert raised.value.hint.fr == f"Essayez : {form}"


@pytest.mark.parametrize(
    ("typed", "taken", "free"),
    [
        ("office", {"office"}, "office-2"),
        ("office", {"office", "office-2", "office-3"}, "office-4"),
        ("Office", {"office"}, "office-2"),
        ("y" * LONGEST, {"y" * LONGEST}, "y" * (LONGEST - 2) + "-2"),
    ],
)
def test_a_name_that_is_taken(typed: str, taken: set[str], free: str) -> None:
    with pytest.raises(UsageError) as raised:
        require_name("lab", typed, taken)
    assert raised.value.hint
    assert raised.value.hint.en == f"Try: {free}"
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", free)
