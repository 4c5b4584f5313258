"""Faults: typed ways of breaking one thing. This package has their machinery, ``library`` the faults themselves.

``fault`` says what every fault is, ``registry`` makes faults of a scenario's specifications, ``discovery`` finds their
classes, a trainer's among them. The other modules help to write faults and to read about them.
"""
