"""Breakfix: break/fix labs on real containerised servers for IT support technicians."""

__version__ = "0.1.0"
