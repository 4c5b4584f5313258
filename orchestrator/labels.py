"""The labels on everything that Breakfix creates: the truth about what runs."""

from __future__ import annotations

KIND = "breakfix.kind"
"""``host``, ``fabric`` (the helper), ``anchor`` (holds the fabric's network namespace), ``image``, ``state``."""
INSTANCE = "breakfix.instance"
HOST = "breakfix.host"
SCENARIO = "breakfix.scenario"
LAB = "breakfix.lab"
SEED = "breakfix.seed"
OWNER = "breakfix.owner"
DIGEST = "breakfix.digest"
WIRING = "breakfix.wiring"
"""A host's cables as JSON (see ``fabric/helper/wiring.py``): the helper wires a host from this alone."""
IMAGE = "breakfix.image"
"""The name of the image folder that an image was built from."""
FINGERPRINT = "breakfix.fingerprint"
"""The hash of an image's content and parents."""
