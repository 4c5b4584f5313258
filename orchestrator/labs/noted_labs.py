"""The labs that one program has noted apart from everybody else's, so that another one finds them once it is killed."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestrator.core.errors import LabError
from orchestrator.core.waiting import wait_until
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.labs.labs_of_content import Labs

_LOCK: Final = "lock"


@contextlib.contextmanager
def held(folder: Path, *, within: float = 0.0) -> Iterator[bool]:
    """Hold a folder of records within the block, and give whether nobody else does.

    The kernel lets go of it when the program ends, however it ends.

    Args:
        folder: of the records; it is made.
        within: seconds that whoever holds it gets to come to its end.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / _LOCK).open("wb") as lock:

        def taken() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield bool(wait_until(taken, within=within, every=0.2))


def remove_noted(labs: Labs, records: InstanceRecords) -> None:
    """Remove the labs that are noted, as whoever noted them is no more.

    Raises:
        MachineError: the engine or the fabric does not answer.
    """
    noted = set(records.names())
    if not noted:
        return
    for instance in [one for one in labs.running.all() if one.name in noted]:
        with contextlib.suppress(LabError):  # somebody is just removing it
            labs.lifecycle.discard(instance)
    for name in noted - {one.name for one in labs.running.all()}:
        records.remove(name)
