"""The container engine behind a protocol, ``engine_interface``; ``docker_engine`` implements it."""

import sys

# The SDK imports paramiko for engines that are reached over SSH, which ours is not: a tenth of a second of each
# command. Where this module cannot be imported, it does without.
sys.modules.setdefault("docker.transport.sshconn", None)  # type: ignore[arg-type]  # None: "not to be imported"
