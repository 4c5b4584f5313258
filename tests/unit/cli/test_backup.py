"""``backup`` and ``restore`` as they are called, with a real store."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from orchestrator.serving.serve_folders import ServeFolders

from .conftest import Cli, FakeApp

pytestmark = pytest.mark.slow


@pytest.fixture
def folders(tmp_path: Path, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServeFolders]:
    """Return a portal's folders, with a recording and a store."""
    made = ServeFolders(tmp_path / "s", tmp_path / "served")
    made.make()
    (made.recordings / "one.cast").write_text("seen")
    monkeypatch.setattr(ServeFolders, "of", lambda _uid: made)
    monkeypatch.setattr("orchestrator.serving.installation.act_on_installed", lambda _uid: None)
    database = Database(database_url(str(tmp_path / "store.sqlite"), {}))
    with database.write():
        pass
    app.database = database
    yield made
    database.close()


def test_a_portal_goes_to_a_file_and_comes_back(cli: Cli, folders: ServeFolders, tmp_path: Path) -> None:
    settings, file = tmp_path / "portal.toml", tmp_path / "all.tar.gz"
    settings.write_text("contract = 1\n")
    done = cli("backup", str(file), "--settings", str(settings), lang="fr")
    assert done.exit_code == 0, done.output
    assert "3 fichiers" in done.stdout
    assert "Les labs en marche n'y sont pas." in done.stdout
    assert cli("backup", str(file), "--settings", str(settings)).exit_code == 2
    refused = cli("restore", str(file), "--settings", str(settings))
    assert refused.exit_code == 2
    assert "--replace" in refused.stderr
    (folders.recordings / "one.cast").write_text("newer")
    restored = cli("restore", str(file), "--replace", "--settings", str(settings), "--json")
    assert restored.exit_code == 0, restored.output
    document = json.loads(restored.stdout)
    assert document["files"] == 3
    assert len(document["aside"]) == 3
    assert all(Path(path).exists() for path in document["aside"])
    assert (folders.recordings / "one.cast").read_text() == "seen"


def test_nothing_is_restored_while_labd_runs(cli: Cli, folders: ServeFolders, tmp_path: Path) -> None:
    file = tmp_path / "all.tar.gz"
    settings = ("--settings", str(tmp_path / "none.toml"))
    assert cli("backup", str(file), *settings).exit_code == 0
    with socket.socket(socket.AF_UNIX) as labd:
        labd.bind(str(folders.labd))
        labd.listen()
        refused = cli("restore", str(file), "--replace", *settings)
    assert refused.exit_code == 3
    assert "systemctl stop breakfix-portal" in refused.stderr.replace("\n", " ")
