"""Instances: one running lab each.

``instance`` is what the engine's labels tell of one; ``lifecycle`` starts, breaks and stops it.
"""
