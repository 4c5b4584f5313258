"""The fabric helper: the one privileged piece. It runs in a container of its own and serves a Unix socket.

It wires hosts as the engine starts them (from their labels alone), runs commands in them with no more
rights than their own root has, and passes back sockets and terminals opened inside them. It imports
nothing but the standard library, pyroute2 and seccomp, and nothing from the rest of the program, so that it
can be audited alone. ``docs/architecture.md`` explains the design.
"""
