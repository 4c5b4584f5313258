"""A user's files are where the desktop keeps them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.paths import data_folder, state_folder


def test_state_goes_where_the_desktop_standard_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_folder({"XDG_STATE_HOME": "/var/tmp/state"}) == Path("/var/tmp/state/breakfix")
    monkeypatch.setenv("HOME", "/home/alice")
    for environment in ({}, {"XDG_STATE_HOME": ""}):
        assert state_folder(environment) == Path("/home/alice/.local/state/breakfix")


def test_data_goes_where_the_desktop_standard_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_folder({"XDG_DATA_HOME": "/var/tmp/data"}) == Path("/var/tmp/data/breakfix")
    monkeypatch.setenv("HOME", "/home/alice")
    for environment in ({}, {"XDG_DATA_HOME": ""}):
        assert data_folder(environment) == Path("/home/alice/.local/share/breakfix")


def test_one_folder_of_all_may_be_named() -> None:
    environment = {"BREAKFIX_HOME": "/var/lib/breakfix", "XDG_DATA_HOME": "/d", "XDG_STATE_HOME": "/s"}
    assert data_folder(environment) == Path("/var/lib/breakfix/data")
    assert state_folder(environment) == Path("/var/lib/breakfix/state")
