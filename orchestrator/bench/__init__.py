"""The benchmark: our labs beside docker-compose and testinfra's stock backend, interleaved in one run.

``orchestrator.bench.benchmark.run`` runs it. Nothing is imported here: the check processes that are measured import
``statements`` from this package.
"""
