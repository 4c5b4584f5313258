"""The container engine behind a protocol, ``engine_interface``; ``docker_engine`` implements it."""
