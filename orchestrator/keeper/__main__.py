"""Runs the keeper: ``python -m orchestrator.keeper --socket PATH --recordings DIR``.

It prints ``ready`` once it listens, and ends by SIGTERM. Its sentences are for whoever runs it as a service.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from orchestrator.keeper.keeper_loop import note
from orchestrator.keeper.keeper_server import CannotStartError, Keeper, listening, raise_limit_of_files


def main() -> int:
    """Run the keeper, and return its exit code: 2 where it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m orchestrator.keeper", description="Holds terminals.")
    parser.add_argument("--socket", type=Path, required=True, help="where it listens, in a folder of its own")
    parser.add_argument("--recordings", type=Path, required=True, help="the folder for recordings of terminals")
    options = parser.parse_args()
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)
    raise_limit_of_files()
    try:
        options.recordings.mkdir(parents=True, exist_ok=True)
        with listening(options.socket) as listener:
            Keeper(listener, options.recordings).run(lambda: print("ready", flush=True))  # noqa: T201 - it is asked for
    except (CannotStartError, OSError) as error:
        note(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
