"""Runs labd: ``python -m orchestrator.labd --socket PATH --keeper PATH --recordings DIR``."""

import sys

from orchestrator.labd.labd_process import main

if __name__ == "__main__":
    sys.exit(main())
