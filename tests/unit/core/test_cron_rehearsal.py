"""What a rehearsal of cron says, by what its command printed; and what is tried where the hour does not strike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import pytest

from grader import play_cron
from orchestrator.core.cron_rehearsal import CronJob, attempts, outcome

HOUR = datetime(2027, 1, 17, 5, 15)  # noqa: DTZ001 - a host's own time
RUNS = """\
Dec 01 01:53:38 cron[692]: (CRON) INFO (pidfile fd = 5)
Dec 01 01:53:42 CRON[720]: pam_unix(cron:session): session opened for user regie(uid=802) by regie(uid=0)
Dec 01 01:53:42 CRON[720]: (regie) CMD ([723] report && echo (done))
Dec 01 01:53:43 CRON[719]: (root) CMD ([724] : rehearsal-686)
Dec 01 01:53:43 CRON[719]: (root) END ([724] : rehearsal-686)
Dec 01 01:53:43 CRON[721]: (root) CMD ([725] true)
Dec 01 01:53:43 CRON[720]: (CRON) error (grandchild #723 failed with exit status 127)
Dec 01 01:53:43 CRON[720]: (CRON) info (No MTA installed, discarding output)
cron: over
"""


@dataclass
class Answer:
    stdout: str


@dataclass
class FakeHost:
    """A host whose commands print one text after another."""

    answers: Iterator[str]
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, command: str, *words: str) -> Answer:
        assert command.count("%s") == len(words)
        self.asked.append(words)
        return Answer(next(self.answers))


def test_jobs_with_what_they_ended_with() -> None:
    played = outcome(RUNS)
    assert played.struck
    assert played.jobs == (CronJob("regie", "report && echo (done)", 127), CronJob("root", "true", 0))
    assert "(CRON) info (No MTA installed, discarding output)" in played.said
    assert not any("rehearsal" in line for line in played.said)


def test_an_hour_that_struck_for_nobody() -> None:
    played = outcome(RUNS.replace("(regie) CMD", "(regie) END").replace("(root) CMD ([725] true)", "-"))
    assert played.struck
    assert played.jobs == ()


@pytest.mark.parametrize("printed", ["cron: cron does not run\n", "cron: late\n", ""])
def test_no_hour(printed: str) -> None:
    played = outcome(printed)
    assert not played.struck
    assert played.said == tuple(line.removeprefix("cron: ") for line in printed.split("\n") if line)


def test_the_hour_is_the_next_minute_for_the_other_cron() -> None:
    first, second = attempts(HOUR, patience=20.4)
    assert first[-4:] == ("2027-01-17 05:14:57", "15", "5", "20")
    assert second[-4:] == ("2027-01-17 05:14:40", "15", "5", "20")


@pytest.mark.parametrize(
    ("answers", "asked"), [([RUNS], 1), (["cron: late\n", RUNS], 2), (["cron: cron does not run\n"], 1)]
)
def test_a_machine_that_is_too_busy_gets_another_try(answers: list[str], asked: int) -> None:
    host = FakeHost(iter(answers))
    played = play_cron(cast("Any", host), HOUR)
    assert len(host.asked) == asked
    assert played == outcome(answers[-1])
