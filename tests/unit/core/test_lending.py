"""The labs of the fault tests go from module to module while they are whole, and no further."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from orchestrator.labs import Running
from tests.live.faults.lending import Lending

if TYPE_CHECKING:
    from tests.unit.core.conftest import World


@pytest.fixture
def lending(world: World) -> Iterator[Lending]:
    labs = Lending(world.labs())
    yield labs
    labs.close()
    assert world.left == ([], [])


@contextmanager
def module(
    lending: Lending, *, failures: Callable[[], int] = lambda: 0, wanted_again: bool = True
) -> Iterator[Running]:
    with lending.lend("pair", failures, wanted_again=wanted_again) as lent:
        yield lent.running


def test_the_next_module_gets_the_same_lab(world: World, lending: Lending) -> None:
    with module(lending) as first:
        pass
    with module(lending) as second:
        assert second == first
        assert [instance.name for instance in world.instances.all()] == [first.instance.name]


def test_a_lab_that_nobody_else_names_is_removed_after_its_module(world: World, lending: Lending) -> None:
    with module(lending, wanted_again=False):
        pass
    assert world.left == ([], [])


def test_a_lab_in_which_a_test_failed_is_handed_to_nobody(world: World, lending: Lending) -> None:
    failed = iter([3, 4])  # before the module, and after it: failures of earlier modules count for nothing
    with module(lending, failures=lambda: next(failed)) as first:
        pass
    assert world.left == ([], [])
    with module(lending) as second:
        assert second.instance.name != first.instance.name


def test_a_lab_whose_changes_cannot_be_undone_is_handed_to_nobody(world: World, lending: Lending) -> None:
    def fails() -> None:
        raise RuntimeError("userdel")

    with pytest.raises(RuntimeError, match="userdel"), lending.lend("pair", lambda: 0, wanted_again=True) as lent:
        lent.undo.callback(fails)
    assert world.left == ([], [])


def test_what_a_module_did_is_undone_before_the_next_one(lending: Lending) -> None:
    done: list[str] = []
    with lending.lend("pair", lambda: 0, wanted_again=True) as lent:
        lent.undo.callback(done.append, "first")
        lent.undo.callback(done.append, "second")
        assert not done
    assert done == ["second", "first"]


@pytest.mark.slow
def test_a_lab_that_is_not_ready_any_more_is_replaced(world: World, lending: Lending) -> None:
    with module(lending) as first:
        pass
    create = world.engine.create

    def create_well(spec: object) -> str:
        world.fabric.on("ping *")
        return create(spec)  # type: ignore[arg-type]

    world.engine.create = create_well  # type: ignore[method-assign]
    world.fabric.on("ping *", "pc1", status=1, stdout="0 received")
    with module(lending) as second:
        assert second.instance.name != first.instance.name
        assert [instance.name for instance in world.instances.all()] == [second.instance.name]


def test_a_lab_that_was_removed_meanwhile_is_replaced(world: World, lending: Lending) -> None:
    with module(lending) as first:
        pass
    world.labs().lifecycle.discard(first.instance)
    with module(lending) as second:
        assert second.instance.name != first.instance.name
