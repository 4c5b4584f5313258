"""``python -m orchestrator``: the command line, as the launcher starts it."""

from __future__ import annotations

import sys

from orchestrator.cli import main

sys.exit(main())
