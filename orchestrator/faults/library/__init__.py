"""The faults that come with the program, by what they break.

In each topic, modules with fault classes stand beside those that only these share (``kea``, ``units``, ``frr``).
"""
