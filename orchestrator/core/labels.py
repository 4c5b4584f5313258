"""The labels on everything that Breakfix creates: the truth about what runs."""

from __future__ import annotations

KIND = "breakfix.kind"
"""``host``, ``fabric`` (the helper), ``pause`` (holds the fabric's network namespace), ``image``, ``state``,
``reaper`` (clears away what a killed helper or engine left);
``started``: a volume that says of its instance, to all users of the engine, that its start came to its end;
``saved``: one that says that it is saved;
``pooled``: one that says that it is nobody's yet, but kept frozen for whoever comes."""
INSTANCE = "breakfix.instance"
HOST = "breakfix.host"
SCENARIO = "breakfix.scenario"
LAB = "breakfix.lab"
SEED = "breakfix.seed"
OWNER = "breakfix.owner"
DIGEST = "breakfix.digest"
HOSTS = "breakfix.hosts"
"""How many hosts the instance has when it is whole."""
WIRING = "breakfix.wiring"
"""A host's cables as JSON (see ``instances.host_container.wiring_label``): the helper wires a host from this alone."""
IMAGE = "breakfix.image"
"""The name of the image folder that an image was built from."""
FINGERPRINT = "breakfix.fingerprint"
"""The hash of an image's content and parents; of a pooled instance: of all that it was made of."""
