"""Several machines as one: Docker Swarm says where work is done, and each node's own Breakfix does it."""
