"""The twenty checks for testinfra's own plugin, which gives each test the hosts of ``--hosts``."""

from testinfra.host import Host

from tests.bench import statements


def test_service(host: Host) -> None:
    """The service."""
    statements.service_runs(host)


def test_socket(host: Host) -> None:
    """The socket."""
    statements.port_listens(host)


def test_file(host: Host) -> None:
    """The file."""
    statements.file_is_right(host)


def test_package(host: Host) -> None:
    """The package."""
    statements.package_is_installed(host)


def test_command(host: Host) -> None:
    """The command."""
    statements.command_answers(host)
