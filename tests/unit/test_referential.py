"""The referential holds the certification whole, in its own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.errors import ContentError
from orchestrator.loader.content import Content
from orchestrator.loader.referential_loader import load_referential
from orchestrator.model.referential import Referential

OFFICIAL = {
    "1.1": "Gérer les incidents et les problèmes",
    "1.2": "Configurer et mettre à jour un poste de travail informatique",
    "1.3": "Configurer la connexion physique et logique du poste de travail",
    "1.4": "Assister les utilisateurs",
    "1.5": "Utiliser l'anglais dans son activité professionnelle en informatique",
    "2.1": "Intervenir sur une infrastructure de réseau TCP/ IP",
    "2.2": "Intervenir sur une infrastructure de réseau sécurisé",
    "2.3": "Administrer et dépanner un serveur",
    "2.4": "Intervenir sur un service d'annuaire de réseau",
    "2.5": "Automatiser des tâches à l'aide de scripts",
    "2.6": "Déployer des postes de travail sur un réseau d'entreprise",
    "3.1": "Utiliser un outil de gestion d'environnements virtuels",
    "3.2": "Intervenir sur un serveur de clients légers",
    "3.3": "Intervenir sur un système de messagerie informatique",
    "3.4": "Intervenir sur une architecture n-tiers",
    "3.5": "Suivre les indicateurs de qualité de service et la relation client",
    "3.6": "Assurer sa veille technologique en informatique",
}

BLOCS = {
    1: (2, "Intervenir et assister en centre de services sur l'environnement de travail utilisateur"),
    2: (3, "Intervenir et assurer le support sur les systèmes et les réseaux informatiques"),
    3: (1, "Intervenir et assurer le support sur les serveurs d'applications"),
}


@pytest.fixture
def referential() -> Referential:
    return Content(()).referential()


def test_every_competence_has_its_official_title(referential: Referential) -> None:
    assert {code: c.title.fr for code, c in referential.competences().items()} == OFFICIAL


def test_ccp_numbers_and_bloc_numbers_differ(referential: Referential) -> None:
    assert {ccp.number: (ccp.bloc, ccp.title.fr) for ccp in referential.ccps} == BLOCS


def test_the_title(referential: Referential) -> None:
    assert (referential.id, referential.rncp, referential.level) == ("rncp-227", 227, 5)
    assert "technicienne supérieure de support en informatique" in referential.title.fr


def test_translations_are_not_copies(referential: Referential) -> None:
    for competence in referential.competences().values():
        assert competence.title.en != competence.title.fr


def test_ccp_of_a_code(referential: Referential) -> None:
    assert referential.ccp_of("2.6").number == 2
    with pytest.raises(KeyError):
        referential.ccp_of("4.1")


def test_numbering_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "title.yaml"
    text = (Path(__file__).parents[2] / "orchestrator/_referential/rncp-227.yaml").read_text()
    path.write_text(text.replace("bloc: 3", "bloc: 2").replace('code: "2.6"', 'code: "2.5"'))
    with pytest.raises(ContentError) as caught:
        load_referential(path)
    assert [problem.text.en for problem in caught.value.problems] == [
        'two CCP have "bloc" 2; number them differently',
        'two CCP have "bloc" 2; number them differently',
        'the code "2.5" should be "2.6", its place in the CCP',
    ]
