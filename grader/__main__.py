"""``python -m grader``: the grading process; ``grader.runner`` starts it."""

import gc
import sys

gc.disable()  # while modules are imported, and after: nothing that ends so soon is worth looking for cycles

from grader.session import main  # noqa: E402

main(sys.argv[1:])
