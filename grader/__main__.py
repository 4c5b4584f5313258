"""``python -m grader``: the process that gradings are forked from; ``grader.runner`` starts it."""

import gc
import sys

gc.disable()  # while modules are imported, and after: nothing that ends so soon is worth looking for cycles

from grader.forkserver import main  # noqa: E402

main(sys.argv[1:])
