"""Grades an instance: checks are pytest-testinfra functions that run outside the trainee's reach.

A check file needs no more than this package's names::

    from grader import check, eventually
"""

from grader.at_once import at_once
from grader.errors import CheckMistakeError, ObservationError
from grader.inputs import HiddenFile
from grader.load import scaled_timeout
from grader.marks import check
from grader.polling import eventually

__all__ = ["CheckMistakeError", "HiddenFile", "ObservationError", "at_once", "check", "eventually", "scaled_timeout"]
