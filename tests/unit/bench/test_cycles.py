"""The long run: what is done in a cycle, what counts as grown, and that a lab never stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from orchestrator.bench.memory import container_memory
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from tests.bench import cycles as module
from tests.bench.cycles import LongRun, Usage, run_cycles
from tests.bench.footprints import container_processes, process_memory

if TYPE_CHECKING:
    from orchestrator.app import App

pytestmark = pytest.mark.slow

MB = 1_000_000
IDLE = Usage(60 * MB, 20, 1, 30 * MB, 40, 2, 2, 1, 1, 3, 50, 0, 90, 0, 4096)


@dataclass
class Labs:
    """A service that is told what to say of each grading; ``done`` notes what was asked of it."""

    verdicts: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    plans = running = lifecycle = grading = solutions = property(lambda self: self)
    """Each part is this one."""

    def plan(self, scenario: str, seed: int) -> Any:  # noqa: ANN401 - as much of a plan as a cycle needs
        solutions = (SimpleNamespace(name="other", reference=False), SimpleNamespace(name="best", reference=True))
        return SimpleNamespace(scenario=scenario, seed=seed, solutions=solutions)

    def start(self, plan: Any, _progress: object) -> Any:  # noqa: ANN401
        self.done.append(f"start {plan.seed}")
        return SimpleNamespace(instance=plan.seed)

    def check(self, _running: object) -> Any:  # noqa: ANN401
        self.done.append("check")
        why = Text(fr="pc1 n'a pas d'adresse", en="pc1 has no address")
        red = SimpleNamespace(id="checks.py::test_opens", outcome="fail", evidence=why)
        green = SimpleNamespace(id="checks.py::test_answers", outcome="pass", evidence=None)
        return SimpleNamespace(verdict=self.verdicts.pop(0), results=(red, green))

    def apply(self, _running: object, solution: Any, _on_step: Callable[[object], None]) -> None:  # noqa: ANN401
        self.done.append(f"apply {solution.name}")

    def discard(self, instance: int) -> None:
        self.done.append(f"stop {instance}")


def app_of(labs: Labs) -> App:
    return cast("App", SimpleNamespace(labs=labs))


def cycle(number: int) -> list[str]:
    return [f"start {number}", "check", "apply best", "check", f"stop {number}"]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Usage]:
    """What each look at the machine gives, in order; after the last one, the last again."""
    looks = [IDLE]
    monkeypatch.setattr(module, "usage", lambda _app: looks.pop(0) if len(looks) > 1 else looks[0])
    monkeypatch.setattr(module, "_SETTLE", 0.0)
    return looks


@pytest.mark.usefixtures("measured")
def test_each_cycle_starts_breaks_repairs_and_stops_another_variant() -> None:
    labs = Labs(["not_repaired", "repaired"] * 3)
    found = run_cycles(app_of(labs), cycles=2)
    assert labs.done == [*cycle(1), *cycle(2), *cycle(3)], "one to warm up, and two that count"
    assert (len(found.cycles), found.grown) == (2, ())
    assert found.to_document()["each"] == [found.to_document()["before"]] * 2


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize("verdicts", [["repaired"], ["not_repaired", "not_repaired"], ["invalid"]])
def test_a_grading_that_is_not_as_it_should_be_ends_it_and_the_lab_goes(verdicts: list[str]) -> None:
    labs = Labs(list(verdicts))
    with pytest.raises(LabError, match="instead of") as told:
        run_cycles(app_of(labs), cycles=2)
    assert "✘ checks.py::test_opens: pc1 n'a pas d'adresse" in told.value.text.fr
    assert "✘ checks.py::test_opens: pc1 has no address" in told.value.text.en
    assert "test_answers" not in told.value.text.en
    assert labs.done[-1] == "stop 1"


def test_what_is_still_there_at_the_end_has_grown(measured: list[Usage]) -> None:
    measured[:] = [IDLE] * 4 + [replace(IDLE, links=3, helper_files=41)]
    found = run_cycles(app_of(Labs(["not_repaired", "repaired"] * 2)), cycles=1)
    assert found.grown == ("helper_files", "links")


def run_of(*memory: int) -> LongRun:
    each = tuple(replace(IDLE, memory=m * MB) for m in memory)
    return LongRun("x", 1.0, IDLE, each, IDLE)


def test_memory_is_judged_by_its_medians() -> None:
    assert run_of(60, 61, 59, 200, 60, 60, 61, 60).grown == (), "one high look is no growth"
    assert run_of(60, 61, 70, 75, 80, 85, 90, 95).grown == ("memory",)


def test_what_becomes_less_has_not_grown() -> None:
    less = replace(IDLE, files=10, containers=0, disk=0)
    assert LongRun("x", 1.0, IDLE, (IDLE,), less).grown == ()


def test_both_languages_name_every_figure() -> None:
    assert list(module._TOLD) == [f.name for f in fields(Usage)]
    found = LongRun("moved-desks", 12.3, IDLE, (IDLE,), replace(IDLE, links=4, helper_files=-1))
    english, french = found.to_text("en"), found.to_text("fr")
    assert "1 cycles of start, break, repair, stop in 12 s" in english
    assert "60.0 MB → 60.0 MB" in english
    assert [line.split()[0] for line in english.splitlines()[2:]].count("✘") == 1
    assert "✘ ponts et câbles" in french
    assert "40 → ?" in french, "what this user may not see is not said to be nothing"


@pytest.mark.parametrize(("said", "size"), [("0B", 0), ("512B", 512), ("1.5kB", 1500), ("2.34GB", 2_340_000_000)])
def test_docker_s_sizes_are_read(said: str, size: int) -> None:
    assert module._bytes(said) == size


def test_a_container_s_processes_and_memory_are_read_from_its_control_group(tmp_path: Path) -> None:
    folder = tmp_path / "memory" / "docker" / "abc"
    folder.mkdir(parents=True)
    (folder / "memory.usage_in_bytes").write_text("5000\n")
    (folder / "memory.stat").write_text("cache 1\ntotal_inactive_file 2000\n")
    (folder / "cgroup.procs").write_text("12\n7\n")
    assert container_processes("abc", cgroups=tmp_path) == (7, 12)
    assert container_memory("abc", cgroups=tmp_path) == 3000
    with pytest.raises(LabError):
        container_processes("other", cgroups=tmp_path)


def test_a_few_bytes_of_the_helper_s_own_are_no_growth() -> None:
    assert LongRun("x", 1.0, IDLE, (IDLE,), replace(IDLE, disk=IDLE.disk + 2)).grown == ()
    assert LongRun("x", 1.0, IDLE, (IDLE,), replace(IDLE, disk=IDLE.disk + MB)).grown == ("disk",)


def test_control_groups_of_containers_are_counted_in_all_trees(tmp_path: Path) -> None:
    one, other = "a" * 64, "0123456789abcdef" * 4
    for folder in (f"memory/docker/{one}/init.scope", f"pids/docker/{one}", f"system.slice/docker-{other}.scope", "x"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "cpu").symlink_to("memory")
    assert module.control_groups(root=tmp_path) == 4


def test_this_process_has_memory() -> None:
    assert process_memory("self") > MB
