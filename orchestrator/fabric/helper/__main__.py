"""``python3 -m fabric_helper``: runs the helper."""

from .access_processes import ForkServer
from .pause import join_pause

join_pause()
forks = ForkServer()

from .server import main  # noqa: E402 - it imports what the fork server must not have

main(forks)
