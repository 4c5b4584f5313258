"""The developers' measurements: ``python -m tests.bench`` in a checkout.

- ``compare``: our labs beside docker-compose and testinfra's stock backend, interleaved in one run (``benchmark``).
- ``cycles``: whether anything grows over many labs.
- ``grading``: whether gradings of unchanged hosts agree (``flips``).

Nothing is imported here: the check processes that are measured import ``statements`` from this package.
"""
