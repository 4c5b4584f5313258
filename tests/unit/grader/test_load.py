"""Deadlines are longer on a loaded machine, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import load

LOAD = load._load
SHORT, LONG = (f"some avg10={share} avg60=1.00 avg300=1.00 total=1\n" for share in ("59.99", "60.00"))
"""For how long processors have been short."""


@pytest.mark.parametrize(
    ("told", "pressure", "longer"),
    [
        ("0.10 0.20 0.30 1/300 4711", LONG, 1.0),
        ("4.00 1.00 1.00 2/300 4711", LONG, 1.0),
        ("8.00 1.00 1.00 2/300 4711", LONG, 2.0),  # over the last minute
        ("0.10 1.00 1.00 8/300 4711", LONG, 2.0),  # now
        ("0.10 1.00 1.00 16/300 4711", LONG, 4.0),
        ("0.10 1.00 1.00 16/300 4711", None, 4.0),  # a kernel that does not tell
        ("0.10 1.00 1.00 16/300 4711", SHORT, 2.0),  # for a moment
        ("12.0 1.00 1.00 16/300 4711", SHORT, 3.0),
        ("90.0 1.00 1.00 8/300 4711", SHORT, load.MOST),
    ],
)
def test_deadlines_by_load(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: str, pressure: str | None, longer: float
) -> None:
    (tmp_path / "loadavg").write_text(told + "\n")
    if pressure is not None:
        (tmp_path / "cpu").write_text(pressure)
    monkeypatch.setattr(load, "_LOAD", tmp_path / "loadavg")
    monkeypatch.setattr(load, "_PRESSURE", tmp_path / "cpu")
    monkeypatch.setattr(load, "_load", LOAD)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert load.scaled_deadline(10) == 10 * longer
    of_a_moment = pressure is SHORT and longer == 2
    assert load.scaled_deadline(2) == 2 * (1.5 if of_a_moment else longer), "what is answered at once needs less"


@pytest.mark.parametrize(("told", "seconds"), [(0.0, 2), (2.6, 2), (3.0, 2), (3.2, 3), (4.0, 3), (5.0, 4)])
def test_a_tool_waits_for_whole_seconds(monkeypatch: pytest.MonkeyPatch, told: float, seconds: int) -> None:
    monkeypatch.setattr(load, "_load", lambda _most: told)
    assert load.scaled_timeout(1.5) == seconds


def test_a_longer_deadline_holds_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a tool begins a little later than the tool's own time-out was taken."""
    clock = iter([10.0, 10.9, 11.1, 11.2])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    loads = iter([8.0, 2.0, 2.0, 4.0])
    monkeypatch.setattr(load, "_load", lambda _most: next(loads))
    assert [load.scaled_deadline(1) for _ in range(4)] == [4, 4, 1, 2]


def test_the_machine_tells_its_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "_load", LOAD)
    assert 10 <= load.scaled_deadline(10) <= 10 * load.MOST
