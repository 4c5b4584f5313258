"""What the doctor says of a portal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.core.errors import MachineError
from orchestrator.core.text import same
from orchestrator.doctor.finding import Finding
from orchestrator.doctor.portal_checks import ExaminedPortal, look_at_portal
from orchestrator.loader.content import Content
from orchestrator.model.serve_settings import usual_memory
from orchestrator.serving.installation import Places, act_on_installed
from orchestrator.serving.listen_address import ListenAddress
from orchestrator.serving.portal_certificate import ensure, made_pair
from orchestrator.serving.serve_folders import ServeFolders

ROOT = Path(__file__).parents[3]
VERSIONS = ("0002", "0002")


def content(folders: Sequence[Path]) -> Content:
    return Content((ROOT, *folders))


def findings(
    folders: ServeFolders, settings: Path, versions: tuple[str | None, str] = VERSIONS, days: int = 0
) -> dict[str, Finding]:
    now = datetime.now(UTC) + timedelta(days=days)
    found = look_at_portal(ExaminedPortal(settings, content, folders, lambda: versions, now))
    return {one.id: one for one in found}


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "portal.toml"
    with ListenAddress("127.0.0.1", 0).bind() as free:
        port = free.getsockname()[1]
    path.write_text(f"contract = 1\nlisten = '0.0.0.0:{port}'\nnames = ['labs.example']\n")
    return path


def test_nobody_serves_here(tmp_path: Path) -> None:
    found = findings(ServeFolders(tmp_path / "a", tmp_path / "b"), tmp_path / "none.toml")
    assert list(found) == ["portal"]
    assert found["portal"].status == "ok"


def test_a_sound_portal(folders: ServeFolders, settings: Path) -> None:
    ensure(folders.certificate, ("labs.example",))
    found = findings(folders, settings)
    assert {name: one.status for name, one in found.items() if name != "portal-room"} == dict.fromkeys(
        (
            "portal-settings",
            "portal-limits",
            "portal-certificate",
            "portal-pages",
            "portal-labd",
            "portal-port",
            "portal-sockets",
            "portal-store",
        ),
        "ok",
    )


def test_settings_that_nobody_reads(folders: ServeFolders, settings: Path) -> None:
    settings.write_text("contract = 1\nlisen = 'x'\n")
    found = findings(folders, settings)
    assert list(found) == ["portal-settings"]
    assert found["portal-settings"].status == "fail"
    assert "portal.toml:2:1" in found["portal-settings"].seen.en


@pytest.mark.parametrize(("days", "status"), [(0, "ok"), (380, "warn"), (400, "fail"), (-2, "fail")])
def test_a_certificate_that_ends(folders: ServeFolders, settings: Path, days: int, status: str) -> None:
    ensure(folders.certificate, ("labs.example",))
    found = findings(folders, settings, days=days)["portal-certificate"]
    assert (found.status, found.remedy is None) == (status, status == "ok")


def test_a_certificate_for_another_name_and_a_key_for_all(folders: ServeFolders, settings: Path) -> None:
    ensure(folders.certificate, ("other.example",))
    made_pair(folders.certificate).key.chmod(0o644)
    found = findings(folders, settings)
    assert "labs.example" in found["portal-certificate"].seen.en
    remedy = found["portal-key"].remedy
    assert remedy is not None
    assert remedy.en.startswith("chmod 600")


def test_a_port_that_is_taken_and_a_folder_that_is_open(folders: ServeFolders, settings: Path) -> None:
    folders.sockets.chmod(0o777)
    with ListenAddress("127.0.0.1", 0).bind() as taken:
        settings.write_text(f"contract = 1\nlisten = '127.0.0.1:{taken.getsockname()[1]}'\n")
        found = findings(folders, settings)
    assert (found["portal-port"].status, found["portal-sockets"].status) == ("fail", "fail")


@pytest.mark.parametrize(
    ("versions", "status", "said"),
    [
        ((None, "0002"), "ok", "empty"),
        (("0001", "0002"), "ok", "brought up to date"),
        (("0003", "0002"), "fail", "this program: 0002"),
    ],
)
def test_the_store(
    folders: ServeFolders, settings: Path, versions: tuple[str | None, str], status: str, said: str
) -> None:
    found = findings(folders, settings, versions)["portal-store"]
    assert (found.status, said in found.seen.en) == (status, True)


def test_a_store_that_does_not_answer(folders: ServeFolders, settings: Path) -> None:
    def silent() -> tuple[str | None, str]:
        raise MachineError(same("no answer"), same("start it"))

    found = {one.id: one for one in look_at_portal(ExaminedPortal(settings, content, folders, silent))}
    assert (found["portal-store"].status, found["portal-store"].remedy) == ("fail", same("start it"))


def test_root_acts_on_what_is_installed(folders: ServeFolders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places(tmp_path, tmp_path / "portal.toml", folders)
    environment: dict[str, str] = {}
    monkeypatch.setattr("os.environ", environment)
    act_on_installed(0, places)
    assert environment == {}
    (tmp_path / "breakfix-labd.service").touch()
    act_on_installed(1000, places)
    assert environment == {}
    act_on_installed(0, places)
    assert environment == {"BREAKFIX_HOME": str(folders.state)}


@pytest.mark.parametrize(
    ("limits", "status", "said"),
    [
        ("", "ok", "13.5 GiB of memory, 2 for each person, 2 starts at once, frozen after 60 min"),
        ("memory = '4G'\nlabs = 9\nfreeze_after = 0", "ok", "4.0 GiB of memory, 9 labs at once"),
        ("memory = '32G'", "warn", "32.0 GiB"),
    ],
)
def test_the_limits_of_labs(folders: ServeFolders, settings: Path, limits: str, status: str, said: str) -> None:
    settings.write_text(f"{settings.read_text()}\n[limits]\n{limits}\n")
    (settings.parent / "proc").mkdir()
    (settings.parent / "proc/meminfo").write_text("MemTotal:       16252928 kB\nMemFree: 1 kB\n")
    portal = ExaminedPortal(settings, content, folders, lambda: VERSIONS, machine=settings.parent)
    found = {one.id: one for one in look_at_portal(portal)}["portal-limits"]
    assert (found.status, said in found.seen.en) == (status, True), found.seen.en
    assert (found.remedy is None) == (status == "ok")


@pytest.mark.parametrize(("machine", "labs"), [(1, 0.5), (3, 1.5), (8, 6), (16, 14), (64, 56)])
def test_what_labs_may_take_of_a_machine(machine: int, labs: float) -> None:
    assert usual_memory(machine << 30) == int(labs * (1 << 30))


def test_a_pool_of_what_does_not_exist(folders: ServeFolders, settings: Path) -> None:
    settings.write_text(settings.read_text() + "[pool.scenarios]\nno-web-sitse = 1\n[pool.labs]\nsmall-ofice = 2\n")
    (found,) = look_at_portal(ExaminedPortal(settings, content, folders, lambda: VERSIONS))
    assert found.status == "fail"
    assert (
        found.seen.en
        == f'{settings}: pool.scenarios: no scenario is called "no-web-sitse"; did you mean "no-web-sites"?'
    )
    settings.write_text(settings.read_text().replace("sitse", "sites"))
    (found,) = look_at_portal(ExaminedPortal(settings, content, folders, lambda: VERSIONS))
    assert 'no lab is called "small-ofice"; did you mean "small-office"?' in found.seen.en
    settings.write_text(settings.read_text().replace("ofice", "office"))
    found, *_ = look_at_portal(ExaminedPortal(settings, content, folders, lambda: VERSIONS))
    assert (found.id, found.status) == ("portal-settings", "ok")
