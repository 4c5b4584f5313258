"""The systemd units: what they say, and what systemd says of them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.labd_process import limits_of, options_of
from orchestrator.labd.pool_wishes import NO_POOL, PoolWishes
from orchestrator.loader.settings_file import parse_settings
from orchestrator.serving import installation
from orchestrator.serving.installation import Places, first_link, install, settings_text, start, uninstall, write
from orchestrator.serving.process_commands import labd_command
from orchestrator.serving.serve_folders import ServeFolders
from orchestrator.serving.serve_plan import ServeOptions, ServePlan, plan_of
from orchestrator.serving.systemd_units import CERTIFICATE, KEEPER, LABD, PORTAL, SOCKET, UNITS

Plan = Callable[..., ServePlan]
LISTEN = "127.0.0.1:8443"


@pytest.fixture
def places(tmp_path: Path, folders: ServeFolders) -> Places:
    return Places(tmp_path / "units", tmp_path / "etc" / "portal.toml", folders)


def written(plan: ServePlan, places: Places) -> dict[str, str]:
    places.units.mkdir(exist_ok=True)
    list(write(plan, places, 990))
    return {path.name: path.read_text() for path in places.units.iterdir()}


def test_no_secret_stands_in_a_unit(planned: Plan, places: Places) -> None:
    texts = written(planned(database="postgresql://b:hunter2@db/b"), places)
    assert "hunter2" not in "".join(texts.values())
    assert "hunter2" in places.environment.read_text()
    assert places.environment.stat().st_mode & 0o777 == 0o600
    assert f"EnvironmentFile=-{places.environment}" in texts[LABD]


def test_the_portal_has_no_rights_and_gets_its_key_from_systemd(planned: Plan, places: Places) -> None:
    texts = written(planned(listen="0.0.0.0:443", names=("labs.example",)), places)
    portal = texts[PORTAL]
    assert "--fd 3 --origin https://labs.example --tls-cert %d/tls.pem --tls-key %d/tls.key" in portal
    assert f"LoadCredential=tls.key:{places.folders.certificate}/portal.key" in portal
    for line in ("NoNewPrivileges=yes", "CapabilityBoundingSet=", "PrivateNetwork=yes", "MemoryDenyWriteExecute=yes"):
        assert f"\n{line}\n" in portal
    assert "ListenStream=0.0.0.0:443" in texts[SOCKET]
    assert "--host labs.example" in texts[CERTIFICATE]


def test_without_a_certificate_of_ours_there_is_no_renewal(planned: Plan, places: Places) -> None:
    assert CERTIFICATE in written(planned(listen="0.0.0.0:8443"), places)
    texts = written(planned(listen=f"unix:{places.units}/s", names=("a",), behind_proxy=True), places)
    assert texts.keys() == set(UNITS) - {CERTIFICATE}
    assert "--origin https://a --trust-proxy" in texts[PORTAL]
    assert "SocketMode=0666" in texts[SOCKET]


def test_words_of_a_command_line_stay_words(planned: Plan, places: Places) -> None:
    texts = written(planned(content=(Path("/srv/my labs/50% $done"),)), places)
    assert '--content "/srv/my labs/50%% $$done"' in texts[LABD]


def test_labd_is_told_for_how_long_recordings_are_kept(planned: Plan, places: Places) -> None:
    assert " --recordings-days 90 " in written(planned(), places)[LABD]
    plan = plan_of(ServeOptions(), parse_settings("contract = 1\nrecordings_days = 31", "x"))
    assert " --recordings-days 31 " in written(plan, places)[LABD]
    assert parse_settings(settings_text(plan), "x").recordings_days == 31


def test_labd_is_told_of_the_limits_that_were_chosen(planned: Plan, places: Places) -> None:
    """What was not chosen is left out; what is installed says the same again, and labd reads it."""
    usual = planned(listen=LISTEN)
    assert "--starts-at-once" not in written(usual, places)[LABD]
    text = "contract = 1\n[limits]\nlabs_per_person = 3\nlabs = 40\nmemory = '24G'\nfreeze_after = 0\n"
    text += "memory_per_person = '2G'\nlabs_per_class = 9\nmemory_per_class = '6G'\nprocessors_per_host = 0.5\n"
    text += "save_after = 2\n"
    plan = plan_of(ServeOptions(listen=LISTEN), parse_settings(text, "x"))
    installed = written(plan, places)[LABD]
    assert "--labs-per-person 3 --labs 40 --memory 24G --memory-per-person 2G --labs-per-class 9" in installed
    assert "--processors-per-host 0.5 --freeze-after 0 --save-after 2" in installed
    assert plan_of(ServeOptions(), parse_settings(settings_text(plan), "x")) == plan
    command = labd_command(places.folders, (), plan.limits)
    assert limits_of(options_of(command[command.index("orchestrator.labd") + 1 :])) == LabLimits(
        3, 40, 24 << 30, 2, 0, 2 << 30, 9, 6 << 30, 0.5, 7200
    )
    assert limits_of(options_of(labd_command(places.folders, (), usual.limits)[4:])) == LabLimits()


def test_labd_is_told_which_labs_stand_ready(planned: Plan, places: Places) -> None:
    assert "--pool" not in written(planned(listen=LISTEN), places)[LABD]
    text = "contract = 1\n[pool]\nby_use = 3\nreserve = '4G'\nrenew_after = 2\n"
    text += "[pool.scenarios]\nno-network-after-move = 2\nno-web-sites = 1\n[pool.labs]\nsmall-office = 4\n"
    plan = plan_of(ServeOptions(listen=LISTEN), parse_settings(text, "x"))
    installed = written(plan, places)[LABD]
    assert "--pool no-network-after-move=2 --pool no-web-sites=1" in installed
    assert "--pool-at small-office=4" in installed
    assert "--pool-by-use 3 --pool-reserve 4G --pool-renew-after 2" in installed
    assert plan_of(ServeOptions(), parse_settings(settings_text(plan), "x")) == plan
    command = labd_command(places.folders, (), plan.limits, pool=plan.pool)
    assert limits_of(options_of(command[command.index("orchestrator.labd") + 1 :])).pool == PoolWishes(
        {"no-network-after-move": 2, "no-web-sites": 1}, {"small-office": 4}, 3, 4 << 30, 7200.0
    )
    assert limits_of(options_of(labd_command(places.folders, (), plan.limits)[4:])).pool == NO_POOL


def test_a_service_needs_a_port(planned: Plan, places: Places) -> None:
    with pytest.raises(UsageError):
        written(planned(listen="127.0.0.1:0"), places)


def test_the_settings_say_what_was_installed(places: Places) -> None:
    options = ServeOptions(listen=LISTEN, names=("a.example", "b"), database="x", content=(Path("/c d"),))
    plan = plan_of(options, parse_settings("contract = 1", "x"))
    again = plan_of(ServeOptions(), parse_settings(settings_text(plan), "x"))
    assert again == plan
    written(plan, places)
    places.settings.write_text("# mine")
    written(plan, places)
    assert places.settings.read_text() == "# mine"


def test_the_keeper_is_not_started_again() -> None:
    calls: list[Sequence[str]] = []
    list(start(calls.append))
    assert ["start", KEEPER] in calls
    assert not any(call[0] in {"stop", "restart"} and KEEPER in call for call in calls)


def test_what_was_installed_is_removed(planned: Plan, places: Places) -> None:
    written(planned(listen="0.0.0.0:8443"), places)
    calls: list[Sequence[str]] = []
    said = [text.en for text in uninstall(places, calls.append)]
    assert list(places.units.iterdir()) == []
    assert calls[0][:3] == ["disable", "--quiet", "--now"]
    assert str(places.settings) in said[-1]
    assert [text.en for text in uninstall(places, calls.append)] == ["No service was installed"]


def test_without_systemd_the_next_step_is_told(planned: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "_BOOTED", tmp_path / "nowhere")
    with pytest.raises(MachineError) as refused:
        list(install(planned()))
    assert refused.value.hint is not None
    assert "tmux" in refused.value.hint.en


def test_the_first_link_is_found_in_what_labd_says() -> None:
    assert first_link("ready\n") is None
    assert first_link('ready\n{"first_link": {"handle": "a", "link": "s", "until": "u"}}\n') == {
        "handle": "a",
        "link": "s",
        "until": "u",
    }


ANALYZE = shutil.which("systemd-analyze")


@pytest.mark.slow
@pytest.mark.skipif(ANALYZE is None, reason="no systemd here")
@pytest.mark.parametrize("listen", [LISTEN, "0.0.0.0:8443"])
def test_systemd_takes_them(planned: Plan, places: Places, listen: str) -> None:
    units = [str(places.units / name) for name in written(planned(listen=listen), places)]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "breakfix" in line and "docker" not in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.slow
@pytest.mark.skipif(ANALYZE is None, reason="no systemd here")
def test_systemd_finds_the_portal_safe(planned: Plan, places: Places) -> None:
    written(planned(listen="0.0.0.0:8443"), places)
    asked = ["systemd-analyze", "security", "--no-pager", "--offline=yes", "--threshold=15", str(places.units / PORTAL)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if "Unknown" in done.stderr or "unrecognized" in done.stderr:
        pytest.skip("this systemd judges no file")
    assert done.returncode == 0, done.stdout[-500:]
