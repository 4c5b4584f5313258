"""Property tests: the same examples each time, no time limit of their own, and nothing written into the checkout."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("breakfix", max_examples=60, deadline=None, database=None, derandomize=True)
settings.load_profile("breakfix")
