"""``serve`` as it is seen: real small processes in place of labd and portal, ended by a signal."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.cli.invocation import Invocation
from orchestrator.cli.serve_view import ServeView
from orchestrator.core.errors import MachineError
from orchestrator.core.language import Language
from orchestrator.model.serve_settings import ServeSettings
from orchestrator.serving import portal_server, process_commands
from orchestrator.serving.process_group import GroupEvent, RestartPace
from orchestrator.serving.serve_folders import ServeFolders
from orchestrator.serving.serve_plan import ServeOptions, plan_of

from .conftest import Cli, speak

pytestmark = pytest.mark.slow

LINK = {"first_link": {"handle": "admin", "link": "s3cret", "until": "2026-12-01T10:00:00+00:00"}}
LABD = f"import signal; print('ready'); print({json.dumps(json.dumps(LINK))}, flush=True); signal.pause()"
FORGED = {"first_link": {"handle": "admin", "link": "forged", "until": "2026-12-01T10:00:00+00:00"}}
PORTAL = f"""
import os, signal, sys
print({json.dumps(json.dumps(FORGED))})
"""
PORTAL += """
assert os.read(os.open(sys.argv[2], os.O_RDONLY), 10) == b"-----BEGIN" if sys.argv[2:] else True
print('ready', flush=True)
if os.path.exists(sys.argv[1]): signal.pause()
open(sys.argv[1], 'x').close()
sys.exit(3)
"""


@pytest.fixture
def folders(tmp_path: Path) -> ServeFolders:
    return ServeFolders(tmp_path / "s", tmp_path / "state")


@pytest.fixture
def served(
    folders: ServeFolders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Return what serves with a portal that crashes once, until it runs again, and returns what was shown."""

    def portal(_folders: object, _fd: int, _origins: object, tls: tuple[str, str] | None, **_: object) -> list[str]:
        return [sys.executable, "-S", "-c", PORTAL, str(tmp_path / "crashed"), *(tls[1:] if tls else ())]

    monkeypatch.setattr(process_commands, "labd_command", lambda *_, **__: (sys.executable, "-S", "-c", LABD))
    monkeypatch.setattr(process_commands, "portal_command", portal)
    monkeypatch.setenv("COLUMNS", "80")

    def serve(lang: Language = "en", *, as_json: bool = False, **options: object) -> str:
        speak(lang, monkeypatch)
        plan = plan_of(ServeOptions(**options), ServeSettings(contract=1))  # type: ignore[arg-type]
        told: list[tuple[str, str]] = []
        with portal_server.prepared(plan, folders, 1000) as serving:
            view = ServeView(Invocation(json=as_json), plan, serving)

            def tell(event: GroupEvent) -> None:
                view.tell(event)
                told.append((event.kind, event.name))
                runs_again = told.count(("ready", "portal")) == 2 and ("told", "labd") in told
                if runs_again and ("asked", "") not in told:
                    told.append(("asked", ""))
                    os.kill(os.getpid(), signal.SIGTERM)

            portal_server.run(serving, tell, RestartPace(first=0.01))
            view.over(0)
        return capsys.readouterr().out

    return serve


def test_the_screen_in_both_languages(served: Callable[..., str]) -> None:
    english = served("en", listen="127.0.0.1:0")
    assert "✔ Labs are served in the browser." in english
    assert "/link#s3cret" in english
    assert "forged" not in english, "only labd knows links"
    assert "! portal has ended (status 3); it is started again in 0.01 s." in english
    assert "✔ portal runs again" in english
    assert english.index("portal is ending") < english.index("labd is ending")
    assert "./breakfix stop --all" in english
    assert max(map(len, english.splitlines())) <= 80


def test_the_screen_in_french_with_a_certificate(served: Callable[..., str]) -> None:
    french = served("fr", listen="0.0.0.0:0", names=("labs.ecole.example",))
    assert "https://labs.ecole.example:" in french
    assert "SHA-256" in french
    assert "Les labs sont servis dans le navigateur" in french
    assert "Première fois" in french
    assert "est arrêté" in french


def test_lines_of_json(served: Callable[..., str]) -> None:
    lines = [json.loads(line) for line in served(as_json=True, listen="127.0.0.1:0").splitlines()]
    events = [line["event"] for line in lines]
    assert events[:2] == ["ready", "ready"]
    assert {"serving", "first-link", "crashed", "ending", "ended"} <= set(events)
    assert events[-1] == "over"
    (serving,) = [line for line in lines if line["event"] == "serving"]
    assert serving["address"].startswith("http://127.0.0.1:")


def test_two_do_not_serve_at_once(folders: ServeFolders) -> None:
    plan = plan_of(ServeOptions(listen="127.0.0.1:0"), ServeSettings(contract=1))
    with (
        portal_server.prepared(plan, folders, 1000),
        pytest.raises(MachineError, match=f"process {os.getpid()}"),
        portal_server.prepared(plan, folders, 1000),
    ):
        pass
    with portal_server.prepared(plan, folders, 1000):
        pass


def test_a_labd_that_runs_is_left_alone(folders: ServeFolders) -> None:
    folders.make()
    plan = plan_of(ServeOptions(listen="127.0.0.1:0"), ServeSettings(contract=1))
    with socket.socket(socket.AF_UNIX) as labd:
        labd.bind(str(folders.labd))
        labd.listen()
        with pytest.raises(MachineError, match=f"process {os.getpid()}"), portal_server.prepared(plan, folders, 1000):
            pass


def test_a_path_that_is_too_long_for_a_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="too long"):
        ServeFolders(tmp_path / ("x" * 100), tmp_path).make()


def test_the_portal_is_told_no_secret() -> None:
    environment = {"PATH": "/bin", "BREAKFIX_DATABASE": "postgresql://b:hunter2@db/b", "AWS_KEY": "x", "LANG": "fr"}
    assert process_commands.portal_environment(environment).keys() == {
        "PATH",
        "LANG",
        "PYTHONUNBUFFERED",
        "PYTHONDONTWRITEBYTECODE",
    }
    assert process_commands.labd_environment("sqlite:////x", environment)["BREAKFIX_DATABASE"] == "sqlite:////x"


def test_wrong_words_are_refused(cli: Cli, tmp_path: Path) -> None:
    assert "contradict" in cli("serve", "--install", "--uninstall").stderr
    settings = tmp_path / "portal.toml"
    settings.write_text("contract = 1\nlisen = 'x'\n")
    refused = cli("serve", "--settings", str(settings), lang="fr")
    assert refused.exit_code == 4
    assert f"{settings}:2:1" in refused.stderr
    assert "vouliez-vous dire « listen »" in refused.stderr
    settings.write_text("contract = 1\n[pool.scenarios]\nno-web-sitse = 1\n")
    refused = cli("serve", "--settings", str(settings))
    assert "no-web-sitse" in refused.stderr
