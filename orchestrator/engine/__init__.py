"""The container engine behind a protocol: Docker in earnest, an in-memory one for unit tests."""
