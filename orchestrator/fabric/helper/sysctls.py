"""Settings of the network that the calling process is in, as ``/proc/sys/net`` shows them."""

from __future__ import annotations

import glob
import itertools
import time

from .messages import HelperError

_MAX_FILES = 20_000


def sysctls(paths: list[str], deadline: float) -> dict[str, str]:
    """Return what settings say by their path; ``*`` in one stands for any name, such as each interface's.

    Raises:
        HelperError: there are too many.
        TimeoutError: it takes too long to read them.
    """
    found: dict[str, str] = {}
    for path in itertools.chain.from_iterable(glob.iglob(path) for path in paths):
        if len(found) == _MAX_FILES:
            raise HelperError("failed", f"the host has more than {_MAX_FILES} settings of its network")
        if time.monotonic() > deadline:
            raise TimeoutError
        try:
            with open(path, "rb") as file:
                found[path] = file.read(4096).decode(errors="replace").rstrip("\n")
        except FileNotFoundError:  # its interface has just gone
            continue
    return found
