"""Terminals that are held: limits, turns, sizes, and what waits; the loop is turned by the tests."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.keeper import held_terminals
from orchestrator.keeper.held_terminal import TYPED_MOST, HeldTerminal, is_master
from orchestrator.keeper.held_terminals import FullError, HeldTerminals, UnknownTerminalError
from orchestrator.keeper.keeper_loop import KeeperLoop
from orchestrator.keeper.scrollback import KEPT
from tests.unit.keeper.terminals import Terminals, about


class Bench:
    """Terminals and the loop that serves them."""

    def __init__(self, folder: Path, terminals: Terminals) -> None:
        self.loop = KeeperLoop()
        self.held = HeldTerminals(self.loop, folder)
        self.terminals = terminals

    def keep(self, lab: str = "lab") -> tuple[HeldTerminal, int]:
        """Hold a new terminal, and return it with its slave."""
        master, slave = self.terminals.bare()
        held = self.held.find(self.held.keep(master, about(lab)))
        self.terminals.close(master)
        return held, slave

    def turn_until(self, condition: Callable[[], bool]) -> None:
        """Serve until something is so; it has to come by what can be read or written."""
        while not condition():
            self.loop.turn()


@pytest.fixture
def bench(tmp_path: Path, terminals: Terminals) -> Bench:
    return Bench(tmp_path, terminals)


class Eyes:
    """A viewer that counts what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def shown(self) -> None:
        self.told.append("shown")

    def resized(self) -> None:
        self.told.append("resized")

    def closed(self) -> None:
        self.told.append("closed")


def size(descriptor: int) -> tuple[int, int]:
    rows, columns, _, _ = struct.unpack("4H", fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8)))
    return rows, columns


def test_one_turn_reads_one_piece_of_each(bench: Bench) -> None:
    loud, loud_slave = bench.keep()
    quiet, quiet_slave = bench.keep()
    os.set_blocking(loud_slave, False)
    written = 0
    while written < 1 << 20:
        try:
            written += os.write(loud_slave, b"y\n" * 2000)
        except BlockingIOError:
            break
    os.write(quiet_slave, b"quiet")
    bench.turn_until(lambda: quiet.scrollback.end == 5)
    first = loud.scrollback.end
    assert first <= 2 * (1 << 16), "the quiet one was read in the first turns"
    bench.turn_until(lambda: loud.scrollback.end == written)


def test_a_lab_has_so_many_terminals_and_no_more(bench: Bench) -> None:
    kept = [bench.keep() for _ in range(held_terminals.OF_A_LAB)]
    with pytest.raises(FullError, match="24"):
        bench.keep()
    bench.keep("another")
    bench.terminals.close(kept[0][1])
    bench.turn_until(lambda: kept[0][0].ended)
    bench.keep()  # one that has ended does not count
    bench.held.hang_up()


def test_an_ended_terminal_makes_room_for_a_new_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_terminals, "IN_ALL", 3)
    kept = [bench.keep(f"lab-{number}") for number in range(3)]
    with pytest.raises(FullError, match="3"):
        bench.keep("one-more")
    bench.terminals.close(kept[1][1])
    bench.turn_until(lambda: kept[1][0].ended)
    bench.keep("one-more")
    assert [one.about.lab for one in bench.held.list()] == ["lab-0", "lab-2", "one-more"]
    bench.held.hang_up()


def test_of_ended_terminals_the_last_ones_are_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_terminals, "ENDED_OF_A_LAB", 2)
    kept = []
    for _ in range(4):
        one, slave = bench.keep()
        kept.append(one)
        os.write(slave, b"last words")
        bench.terminals.close(slave)
        bench.turn_until(lambda one=one: one.ended)  # type: ignore[misc]
    assert [one.id for one in bench.held.list()] == [one.id for one in kept[2:]]
    assert all(one.ended for one in bench.held.list())
    assert bench.held.find(kept[3].id).scrollback.piece(0, 99) == b"last words"


def test_a_viewer_is_told_of_everything_until_it_leaves(bench: Bench) -> None:
    one, slave = bench.keep()
    stays, leaves = Eyes(), Eyes()
    one.add(stays)
    one.add(leaves)
    one.resize(30, 100, leaves)
    one.resize(30, 100, stays)  # it has that size
    assert (stays.told, leaves.told) == (["resized"], [])
    assert size(slave) == (30, 100)
    os.write(slave, b"x")
    bench.turn_until(lambda: one.scrollback.end == 1)
    one.drop(leaves)
    bench.held.close(one.id)
    assert (stays.told, leaves.told) == (["resized", "shown", "closed"], ["shown"])
    with pytest.raises(UnknownTerminalError):
        bench.held.close(one.id)


def test_the_window_changes_for_a_moment_where_its_beginning_is_lost(bench: Bench) -> None:
    one, slave = bench.keep()
    os.set_blocking(slave, False)
    assert one.opening(None) == one.opening(0 - 1)
    assert size(slave) == (24, 80), "all that it showed is sent: nothing is drawn anew"
    one.scrollback.add(b"\x1b[?1049h" + b"x" * (2 * KEPT))
    opening, modes = one.opening(None)
    assert opening.reset
    assert modes == b"\x1b[?1049h"
    assert opening.at + len(modes) == one.scrollback.start
    assert size(slave) == (23, 80)
    one.opening(None)
    bench.turn_until(lambda: size(slave) == (24, 80))
    assert not one.opening(one.scrollback.end)[0].reset
    assert size(slave) == (24, 80)


def test_what_was_drawn_for_another_size_is_drawn_anew(bench: Bench) -> None:
    one, slave = bench.keep()
    one.resize(1, 80, Eyes())
    opening, _ = one.opening(None)
    assert (opening.at, opening.reset, opening.rows) == (0, True, 1)
    assert size(slave) == (2, 80)
    bench.turn_until(lambda: size(slave) == (1, 80))


def test_typing_to_a_program_that_does_not_read_is_bounded(bench: Bench) -> None:
    one, slave = bench.keep()
    for _ in range(2 * TYPED_MOST // 1000):
        one.type(b"x" * 1000)
    assert TYPED_MOST - 1000 <= len(one._typed) <= TYPED_MOST
    came = bytearray()
    bench.loop.watch(slave, lambda: came.extend(os.read(slave, 1 << 16)))  # now it reads
    bench.turn_until(lambda: not one._typed)
    one.type(b"again")
    bench.turn_until(lambda: came.endswith(b"again"))
    assert came.count(b"x") == len(came) - len(b"again") >= TYPED_MOST - 1000
    bench.loop.unwatch(slave)


def test_what_has_ended_takes_nothing(bench: Bench) -> None:
    one, slave = bench.keep()
    bench.terminals.close(slave)
    bench.turn_until(lambda: one.ended)
    one.type(b"x")
    one.resize(3, 3, Eyes())
    assert (one.rows, one.columns) == (24, 80)
    assert one.opening(None)[0].ended


def test_only_a_master_is_one(terminals: Terminals) -> None:
    master, slave = terminals.bare()
    null = os.open("/dev/null", os.O_RDWR)
    assert [is_master(descriptor) for descriptor in (master, slave, null)] == [True, False, False]
    os.close(null)


def test_a_mistake_costs_one_descriptor(capsys: pytest.CaptureFixture[str]) -> None:
    loop = KeeperLoop()
    calls = []

    def mistake() -> None:
        calls.append("mistake")
        raise KeyError("ours")

    broken, fine = os.pipe(), os.pipe()
    loop.watch(broken[0], mistake)
    loop.watch(fine[0], lambda: calls.append("fine"))
    for _, writing in (broken, fine):
        os.write(writing, b"x")
    loop.turn()
    loop.turn()
    assert sorted(calls) == ["fine", "fine", "mistake"]
    assert "ours" in capsys.readouterr().err
    for descriptor in (*broken, *fine):
        loop.unwatch(descriptor)
        os.close(descriptor)


def test_a_terminal_that_cannot_be_kept_leaves_nothing_open(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_descriptor: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    master, _ = bench.terminals.bare()
    with monkeypatch.context() as full:
        full.setattr(os, "dup", none_left)
        with pytest.raises(OSError, match="Too many"):
            bench.held.keep(master, about("lab"))
    assert not (tmp_path / "lab").exists()
