"""The twenty checks for our grader."""

import pytest

from grader import check
from grader.lab_fixture import GradedLab
from tests.bench import statements

every_host = pytest.mark.parametrize("name", statements.HOSTS)


@every_host
@check("objective", host="{{ name }}", fr="Le service SSH de {{ name }} fonctionne.", en="SSH runs on {{ name }}.")
def test_service(lab: GradedLab, name: str) -> None:
    """The service."""
    statements.service_runs(lab.host(name))


@every_host
@check("objective", host="{{ name }}", fr="{{ name }} écoute en SSH.", en="{{ name }} listens for SSH.")
def test_socket(lab: GradedLab, name: str) -> None:
    """The socket."""
    statements.port_listens(lab.host(name))


@every_host
@check("objective", host="{{ name }}", fr="SSH est bien réglé sur {{ name }}.", en="SSH is set up well on {{ name }}.")
def test_file(lab: GradedLab, name: str) -> None:
    """The file."""
    statements.file_is_right(lab.host(name))


@every_host
@check("objective", host="{{ name }}", fr="SSH est installé sur {{ name }}.", en="SSH is installed on {{ name }}.")
def test_package(lab: GradedLab, name: str) -> None:
    """The package."""
    statements.package_is_installed(lab.host(name))


@every_host
@check("objective", host="{{ name }}", fr="{{ name }} a son adresse.", en="{{ name }} has its address.")
def test_command(lab: GradedLab, name: str) -> None:
    """The command."""
    statements.command_answers(lab.host(name))
