"""Wrong repairs by machine: mutants of the accepted ones, each played like a shortcut (mutation testing).

An operator of a trainer's imports what is listed here, and nothing else of the program::

    from orchestrator.mutation import Mutant, Operator, PlayedRepair, Text
"""

from orchestrator.core.text import Text
from orchestrator.model.scenario import Step
from orchestrator.mutation.mutant import NOT_HERE, HostFile, Mutant, PlayedRepair, handed_in, typed
from orchestrator.mutation.operator import Operator

__all__ = ["NOT_HERE", "HostFile", "Mutant", "Operator", "PlayedRepair", "Step", "Text", "handed_in", "typed"]
