"""French elision before the names that are put into a text."""

from __future__ import annotations

import pytest

from orchestrator.core.elision import de, que
from orchestrator.planning.name_pool import FEMININE, MASCULINE

ELIDED = (
    *("Amélie", "Anaïs", "Aurélie", "Élodie", "Hélène", "Inès", "Océane", "Aïcha", "Ingrid", "Oksana"),
    *("Adrien", "Alexis", "Antoine", "Aurélien", "Étienne", "Hugo", "Ahmed", "Ibrahima", "Óscar"),
)
"""The first names of the pool before which French elides."""


@pytest.mark.parametrize("name", [*FEMININE, *MASCULINE])
def test_each_first_name_of_the_pool(name: str) -> None:
    elided = name in ELIDED
    assert de(f"{name} Roux") == (f"d'{name} Roux" if elided else f"de {name} Roux")
    assert que(name) == (f"qu'{name}" if elided else f"que {name}")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("afaure", "d'afaure"),
        ("pc1", "de pc1"),
        ("home1", "de home1"),
        ("Hakim Haddad", "de Hakim Haddad"),
        ("Yves", "d'Yves"),
        ("Yasmine", "de Yasmine"),
        ("Øyvind", "d'Øyvind"),
        ("", "de "),
        (1500, "de 1500"),
    ],
)
def test_other_names(name: object, expected: str) -> None:
    assert de(name) == expected
