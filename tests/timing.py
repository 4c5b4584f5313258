"""How long tests take, by file, and how long each may take at most: a plugin of pytest's, loaded for all tests.

A test that hangs is cut off, named and failed; what it opened is closed, and the others go on. Its limit is generous,
and at least ten times the usual length of the longest test of its file, which ``tests/lengths.json`` has where it
matters. The length of a test is that of its fixtures as well, which pytest-timeout counts alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

WITHOUT_MACHINES, WITH_MACHINES = 300.0, 900.0
"""Seconds that each test may take, whatever its file's usual length is."""
TIMES = 10
"""How many times longer than usual a test may take."""
LENGTHS = Path(__file__).with_name("lengths.json")


@cache
def usual_lengths() -> Mapping[str, float]:
    """Return the seconds that the longest test of a file takes, of the files where a generous limit is not enough."""
    lengths: Mapping[str, float] = json.loads(LENGTHS.read_text(encoding="utf-8"))
    return lengths


def limit_of(file: str, *, live: bool) -> float:
    """Return the seconds that a test of a file may take; ``live`` tests need real machines."""
    return max(WITH_MACHINES if live else WITHOUT_MACHINES, TIMES * usual_lengths().get(file, 0.0))


def file_of(test: str) -> str:
    """Return the file of a test's id."""
    return test.partition("::")[0]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what ``breakfix test --durations`` asks for."""
    group = parser.getgroup("lengths")
    group.addoption("--lengths", type=Path, metavar="FILE", help="show the time by file; FILE keeps the sum")
    group.addoption("--lengths-heading", default="seconds in all, of the longest test", help="what is written above")
    group.addoption("--lengths-name", default="tests", help="what the sum of this run is called")


def pytest_configure(config: pytest.Config) -> None:
    """Measure in the process that hears of all tests, if the time is asked for."""
    kept = config.getoption("lengths")
    if kept is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Lengths(kept, config.getoption("lengths_name")), "lengths")


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Give each test its limit, but those that state one themselves."""
    for item in items:
        if item.get_closest_marker("timeout") is None:
            live = item.get_closest_marker("live") is not None
            item.add_marker(pytest.mark.timeout(limit_of(file_of(item.nodeid), live=live), method="signal"))


class Lengths:
    """Sums up the time that the tests of a run take.

    Attributes:
        tests: the seconds of each test, with those of its fixtures.
    """

    def __init__(self, kept: Path, name: str) -> None:
        """Keep the run's sum under a name in a JSON file, beside those of other runs: some run at the same time."""
        self.tests: dict[str, float] = {}
        self._live: set[str] = set()
        self._kept = kept
        self._name = name

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the time of a test's fixture or call."""
        self.tests[report.nodeid] = self.tests.get(report.nodeid, 0.0) + report.duration
        if "live" in report.keywords:
            self._live.add(file_of(report.nodeid))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the time by file, and the sums of this run and of those before."""
        terminalreporter.section(terminalreporter.config.getoption("lengths_heading"))
        for line in self.rows():
            terminalreporter.write_line(line)
        for name, seconds in self._sums().items():
            terminalreporter.write_line(f"{seconds:10.1f}             {name}")

    def rows(self) -> Iterator[str]:
        """Yield a line for each file, the longest first; marked where its longest test comes too near to its limit."""
        sums: dict[str, float] = {}
        longest: dict[str, float] = {}
        for test, seconds in self.tests.items():
            file = file_of(test)
            sums[file] = sums.get(file, 0.0) + seconds
            longest[file] = max(seconds, longest.get(file, 0.0))
        for file, seconds in sorted(sums.items(), key=lambda row: -row[1]):
            near = longest[file] * TIMES > limit_of(file, live=file in self._live)
            yield f"{seconds:10.1f} {longest[file]:10.1f}  {file}{' !' if near else ''}"

    def _sums(self) -> Mapping[str, float]:
        written = self._kept.with_suffix(".new")
        written.write_text(json.dumps({self._name: sum(self.tests.values())}), encoding="utf-8")
        written.replace(self._kept)  # at once: another run may just be reading
        runs = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(self._kept.parent.glob("*.json"))]
        return {name: seconds for run in runs for name, seconds in run.items()}
