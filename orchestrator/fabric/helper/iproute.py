"""pyroute2's socket for network interfaces, without the rest of pyroute2.

Its package imports all that it has on the way to any part of it: two databases, a console, ``unittest.mock``. That is a
quarter of the helper's memory, which every lab's hosts bear.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType


def _bare() -> ModuleType:
    """Return the package with its parts in reach, and none of them imported."""
    package = ModuleType("pyroute2")
    spec = importlib.util.find_spec("pyroute2")
    package.__path__ = list(spec.submodule_search_locations or ()) if spec else []
    return package


sys.modules["pyroute2"] = _bare()
try:
    from pyroute2.iproute.linux import IPRoute
    from pyroute2.netlink.exceptions import NetlinkDumpInterrupted, NetlinkError
finally:
    del sys.modules["pyroute2"]  # whoever imports it gets all of it

__all__ = ["IPRoute", "NetlinkDumpInterrupted", "NetlinkError"]
