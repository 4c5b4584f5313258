"""The keeper: a small process that holds terminals, and that outlives whoever opened them or looks at them.

It imports the standard library and msgspec, and nothing of the program: what changes seldom needs no restart.
Only ``keeper_client.py`` is for others, and runs in their processes.
"""
