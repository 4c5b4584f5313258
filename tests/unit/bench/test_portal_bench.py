"""The measurement of the portal: its figures, and that all it starts has ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.app import App
from orchestrator.bench import page_paint, portal_bench, portal_start, process_costs
from orchestrator.bench.figure_report import Figure, FigureReport, percentile
from orchestrator.bench.portal_bench import PortalAmounts, measure_portal
from orchestrator.bench.portal_start import StartPair
from orchestrator.core.errors import UsageError
from orchestrator.core.progress import Silent
from orchestrator.core.text import Text, same
from orchestrator.core.waiting import wait_until

SOON = 60.0


def test_a_table_shows_each_figure_beside_its_target() -> None:
    report = FigureReport(
        same("What was measured"),
        (
            Figure("echo", Text(fr="touche", en="key"), "ms", 5.25, 3.0),
            Figure("memory", Text(fr="mémoire", en="memory"), "MB", 100.4, 250.0),
            Figure("ttyd", same("ttyd"), "ms", None, None, Text(fr="absent", en="absent")),
            Figure("left", Text(fr="restés", en="left"), "", 0.0, 0.0),
        ),
    )
    rows = [line.split() for line in report.to_text("en").splitlines()[2:]]
    assert rows == [
        ["key", "5.2", "ms", "3.0", "ms", "missed"],
        ["memory", "100", "MB", "250", "MB"],
        ["ttyd", "absent"],
        ["left", "0", "0"],
    ]
    assert "5,2 ms" in report.to_text("fr")
    assert "250 Mo" in report.to_text("fr")
    assert [one.name for one in report.missed] == ["echo"]
    assert report.to_document()["figures"][2] == {
        "name": "ttyd", "unit": "ms", "value": None, "target": None, "met": True,
    }  # fmt: skip


def test_the_medians_of_pairs_and_of_their_differences_are_shown() -> None:
    pairs = [StartPair(4.0, 4.2, 0.5), StartPair(9.0, 9.1, 0.25), StartPair(5.0, 6.5, 0.75)]
    found = {one.name: one for one in portal_start.figures(pairs)}
    assert {name: one.value for name, one in found.items()} == {
        "start": 5.0, "prompt": 6.5, "prompt-beyond": pytest.approx(0.2), "prompt-around": 0.5,
    }  # fmt: skip
    assert {name for name, one in found.items() if one.target is not None} == {"prompt-beyond"}
    assert found["prompt-beyond"].met
    assert [one.name for one in portal_start.figures([StartPair(4.0, 4.5, 0.1)]) if not one.met] == ["prompt-beyond"]


def test_without_labs_their_start_is_not_measured_and_the_table_says_why() -> None:
    found = portal_start.figures((), Text(fr="pas de Docker", en="no Docker"))
    assert FigureReport(same(""), tuple(found)).missed == []
    assert FigureReport(same(""), tuple(found)).to_text("en").count("no Docker") == 4


@pytest.mark.parametrize(("percent", "expected"), [(50, 2.0), (95, 4.0), (99, 4.0), (1, 1.0)])
def test_so_many_of_a_hundred_do_not_exceed_a_percentile(percent: int, expected: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == expected


def test_what_a_process_takes_is_read_from_proc() -> None:
    master, slave = os.openpty()
    with subprocess.Popen(["cat"], stdin=slave, stdout=subprocess.DEVNULL) as cat:
        try:
            own = os.getpid()
            assert process_costs.shared_memory(own) > 1 << 20
            assert process_costs.processor_seconds(own) > 0
            assert process_costs.descriptors(own) >= 5
            assert process_costs.masters(own) >= 1
            assert cat.pid in process_costs.descendants([own])
            assert Path(os.ttyname(slave)) in process_costs.terminals_below(own)
        finally:
            os.close(slave)
            os.close(master)
            cat.kill()


def test_a_report_has_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        measure_portal(App(), output=tmp_path / "none" / "r.json", progress=Silent())


def left(folder: Path) -> list[str]:
    """Return the processes that name a folder in their command line or environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            said = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in said and int(path.name) != os.getpid():
            found.append(said.partition(b"\0")[0].decode())
    return found


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the measurement keeps all that is its own, below a path that is short enough for sockets."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


@pytest.mark.slow
def test_everything_is_measured_and_nothing_stays(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_bench, "EACH", 1)
    monkeypatch.setattr(page_paint, "_CHROMIUM", alone / "none")  # it is measured by the command, and costs seconds
    monkeypatch.setattr("orchestrator.bench.peer_shells.shutil.which", lambda *_, **__: None)
    output = alone / "portal.json"
    report = measure_portal(App(), output=output, progress=Silent(), amounts=PortalAmounts(5, 0.5, 40, starts=0))
    values = {one.name: one.value for one in report.figures}
    assert {name for name, value in values.items() if value is None} == {"painted", "weight", "ssh", "ttyd"}
    assert values["terminals"] == values["processes"] == 0.0
    assert (values["descriptors"] or 0.0) < 10, "a leak leaves one for each; SQLite may keep one or two more for good"
    assert json.loads(output.read_text()) == report.to_document()
    assert left(alone) == []
    assert [path.name for path in alone.iterdir()] == ["portal.json"]


@pytest.mark.slow
def test_ctrl_c_ends_everything(alone: Path) -> None:
    script = (
        "import signal\n"
        "from orchestrator.app import App\n"
        "from orchestrator.bench.portal_bench import PortalAmounts, measure_portal\n"
        "from orchestrator.core import interrupts\n"
        "class Told:\n"
        "    def step(self, text): print(text.en, flush=True)\n"
        "    detail = step\n"
        "with interrupts.installed(lambda: None):\n"
        "    measure_portal(App(), progress=Told(), amounts=PortalAmounts(1, 30, 1, starts=0))\n"
    )
    root = str(Path(portal_bench.__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-P", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "scroll" in line:
                process.send_signal(signal.SIGINT)
        assert process.wait(SOON) != 0
    assert wait_until(lambda: not left(alone), within=SOON), left(alone)
    assert list(alone.iterdir()) == []
