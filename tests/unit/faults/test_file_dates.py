"""The dates of what faults have changed: nobody finds a fault by sorting files by date."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults import file_dates

PLACED, BEGAN, NOW = 1000.0, 2000.0, 3000.0


class Here:
    """A driver whose host is this machine."""

    def run(self, host: str, argv: Sequence[str], **_: Any) -> None:  # noqa: ANN401
        assert host == "pc1"
        subprocess.run(argv, check=False)


def test_what_was_changed_since_is_as_old_as_what_was_placed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"hostname": PLACED, "etc/old": BEGAN - 1, "etc/new": NOW, "etc/a b\nc": NOW, "etc/systemd/unit": NOW}
    for name, date in made.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (date, date))
    link = tmp_path / "etc" / "link"
    link.symlink_to("old")
    monkeypatch.setattr(file_dates, "_PLACED", str(tmp_path / "hostname"))
    monkeypatch.setattr(file_dates, "_UNITS", str(tmp_path / "etc" / "systemd"))
    monkeypatch.setattr(file_dates, "_FOLDERS", (str(tmp_path / "etc"), str(tmp_path / "missing")))
    file_dates.date_back(cast("LabDriver", Here()), ["pc1"], BEGAN)
    dates = {name: (tmp_path / name).lstat().st_mtime for name in [*made, "etc", "etc/link"]}
    assert dates == {**made, "etc/new": PLACED, "etc/a b\nc": PLACED, "etc": PLACED, "etc/link": PLACED}
