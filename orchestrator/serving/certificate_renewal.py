"""Makes the portal's certificate anew where it is due: what an installed portal runs before each of its starts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.core.errors import BreakfixError
from orchestrator.serving import portal_certificate


def main(words: Sequence[str] | None = None) -> int:
    """Renew the certificate in a folder, for the hosts that are named; return the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", action="append", required=True)
    found = parser.parse_args(words)
    try:
        facts = portal_certificate.ensure(found.folder, found.host)
    except BreakfixError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    sys.stdout.write(f"{facts.fingerprint}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
