"""``python -m grader``: the grading process; ``grader.runner`` starts it."""

import sys

from grader.session import main

main(sys.argv[1:])
