"""``python3 -m fabric_helper``: runs the helper."""

from .anchor import join_anchor
from .forkserver import ForkServer

join_anchor()
forks = ForkServer()

from .server import main  # noqa: E402 - it imports what the fork server must not have

main(forks)
