"""Which tests run in which tier, and how long they may take: nothing is left out, nothing is out of date."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containment.test_attempts import CORE_IMAGES, IMAGES
from tests.containment.test_limits import ATTACKS as LIMITS
from tests.containment.test_limits import CORE as CORE_LIMITS
from tests.tamper.attacks import ATTACKS, CORE
from tests.timing import TIMES, WITHOUT_MACHINES, usual_lengths

CRASHES = "tests/live/test_crashes.py::"
LIMIT = "tests/containment/test_limits.py::"
ATTEMPTS = "tests/containment/test_attempts.py::"
NETWORKS = "tests/containment/test_networks.py::"
KINDS = (
    # What is killed, lost or full
    f"{CRASHES}test_a_killed_start",
    f"{CRASHES}test_a_killed_check",
    f"{CRASHES}test_a_killed_stop",
    f"{CRASHES}test_a_killed_reset",
    f"{CRASHES}test_a_killed_proof",
    f"{CRASHES}test_a_helper_that_is_killed_in_the_middle",
    f"{CRASHES}test_a_frozen_host_does_not_keep_the_helper_from_its_end",
    f"{CRASHES}test_a_lab_whose_cables_are_lost_comes_back_wired",
    f"{CRASHES}test_a_container_that_somebody_removed",
    f"{CRASHES}test_an_image_that_somebody_removed",
    f"{CRASHES}test_a_full_disk_is_told_and_leaves_nothing",
    f"{CRASHES}test_a_lab_comes_back_as_it_was",
    # The ways out of a host: system calls, devices, files and sockets by two ways in, in a host and in a container
    f"{ATTEMPTS}test_an_attempt_succeeds_where_nothing_is_refused",
    f"{ATTEMPTS}test_the_machine_is_reached_where_nothing_is_refused",
    f"{ATTEMPTS}test_what_lies_beyond_is_reached_where_it_is_at_home",
    f"{ATTEMPTS}test_what_lies_beyond_is_reached_where_a_neighbour_has_it",
    f"{ATTEMPTS}test_root_stays_in_a_running_host[a-by the helper]",
    f"{ATTEMPTS}test_root_stays_in_a_running_host[a-by its systemd]",
    *(f"{ATTEMPTS}test_root_stays_in_a_container_of_every_image[{image}]" for image in sorted(CORE_IMAGES)),
    # The ways into another lab, and over its cables
    f"{NETWORKS}test_an_address_leads_to_ones_own_lab",
    f"{NETWORKS}test_no_frame_is_heard_in_another_lab",
    f"{NETWORKS}test_the_cables_end_where_nobody_has_an_address",
    f"{NETWORKS}test_root_commands_no_other_end_of_a_cable",
    # What takes all that there is, and time
    *(f"{LIMIT}test_others_go_on_beside[{attack}]" for attack in CORE_LIMITS),
    f"{LIMIT}test_the_attacks_are_attacks",
    f"{LIMIT}test_a_host_that_freezes_its_commands_gives_an_error",
    # The attacks on the grading
    *(f"tests/tamper/test_tamper.py::test_no_check_turns_green[{a.scenario}: {a.name}]" for a in ATTACKS
      if a.name in CORE.values()),
)  # fmt: skip
"""How the id of a core test begins, for each kind of crash, attack and escape."""


@pytest.mark.slow
def test_one_of_each_kind_runs_without_all(root: Path, python: str) -> None:
    """pytest itself is asked which tests the core has."""
    files = sorted({kind.partition("::")[0] for kind in KINDS})
    collect = [python, "-P", "-m", "pytest", "--collect-only", "-q", "-m", "live and core", *files]
    done = subprocess.run(collect, cwd=root, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    tests = done.stdout.splitlines()
    assert [kind for kind in KINDS if not any(test.startswith(kind) for test in tests)] == []


def rows(root: Path) -> Iterator[str]:
    """Yield the first cells of the table of attacks in docs/security.md."""
    text = (root / "docs/security.md").read_text(encoding="utf-8")
    table = text.partition("### What was tried\n")[2].partition("\n### ")[0]
    for line in table.splitlines():
        if line.startswith("| ") and not line.startswith(("| attack |", "| --- |")):
            yield line.removeprefix("| ").partition(" | ")[0]


def test_each_kind_of_attack_has_one_that_is_core(root: Path) -> None:
    known = {attack.name for attack in ATTACKS}
    assert {kind: name for kind, name in CORE.items() if name not in known} == {}
    named = [[kind for kind in CORE if row.startswith(kind)] for row in rows(root)]
    assert [len(kinds) for kinds in named] == [1] * len(CORE), named


def test_what_is_chosen_exists() -> None:
    assert set(CORE_IMAGES) <= set(IMAGES)
    assert set(CORE_LIMITS) <= set(LIMITS)


def test_lengths_are_of_files_that_need_them(root: Path) -> None:
    """A file that a generous limit is enough for needs no line."""
    lengths = usual_lengths()
    assert [file for file in lengths if not (root / file).is_file()] == []
    assert [file for file, seconds in lengths.items() if seconds * TIMES <= WITHOUT_MACHINES] == []


def test_no_test_is_tried_again(root: Path) -> None:
    """A flaky test is a fault, whose cause is found: no plugin that tries again is required."""
    required = (root / "requirements-dev.lock").read_text(encoding="utf-8")
    assert re.findall(r"^(?:pytest-rerunfailures|flaky|pytest-retry)==", required, re.MULTILINE) == []
