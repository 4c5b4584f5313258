"""Content's templates: a sandbox for Jinja2, bounds on time and memory, and its errors in both languages.

``render`` is the entrance; ``plain`` fills in what needs no Jinja2, ``bounds`` refuses what might not end.
"""
