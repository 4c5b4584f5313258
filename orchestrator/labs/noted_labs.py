"""The labs that one program has noted apart from everybody else's, so that another one finds them once it is killed."""

from __future__ import annotations

import contextlib

from orchestrator.core.errors import LabError
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.labs.labs_of_content import Labs


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
