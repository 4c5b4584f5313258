"""``python3 -m fabric_helper``: runs the helper."""

from .server import main

main()
