"""Runs the portal: ``python -m orchestrator.portal``."""

from __future__ import annotations

import sys

from orchestrator.portal.portal_process import main

if __name__ == "__main__":
    sys.exit(main())
