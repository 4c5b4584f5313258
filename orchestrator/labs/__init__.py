"""Labs, as the command line and the portal act on them: one layer of logic for both.

Callers import what is listed here. ``Labs`` holds the parts: ``variant_plans`` makes plans, ``running_labs`` finds labs
and tells how far they are, ``lab_lifecycle`` starts, keeps and removes them, ``lab_grading`` grades, ``conversations``
talks with people, ``solutions`` gives hints and plays solutions.
"""

from orchestrator.labs.labs_of_content import Labs
from orchestrator.labs.running_lab import LabState, Running
from orchestrator.labs.solutions import StepRun, carry_out
from orchestrator.sound_state.comparison import Differences

__all__ = ["Differences", "LabState", "Labs", "Running", "StepRun", "carry_out"]
