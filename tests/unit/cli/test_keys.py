"""Keys arrive one by one, with their names, and the terminal is afterwards as it was."""

from __future__ import annotations

import os
import pty
import termios

import pytest

from orchestrator.cli.keys import Keys, typed


def test_keys_arrive_one_by_one() -> None:
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    with typed(slave) as keys:
        assert keys.read(within=0) == ""
        os.write(master, "sX1é\x1b[A\x1b[6~\x1b\x04".encode())
        assert [keys.read(within=5) for _ in range(8)] == ["s", "x", "1", "é", "up", "page-down", "escape", "q"]
        assert keys.read(within=0) == ""
    assert termios.tcgetattr(slave) == before
    os.close(slave)
    os.close(master)


def test_a_terminal_that_is_gone_ends() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    assert Keys(reading).read(within=5) == "q"
    os.close(reading)


def test_the_terminal_is_given_back_whatever_happens() -> None:
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)

    def interrupted() -> None:
        with typed(slave):
            assert termios.tcgetattr(slave) != before
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert termios.tcgetattr(slave) == before
    os.close(slave)
    os.close(master)
