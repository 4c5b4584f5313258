"""Do the rest of the house's people still have what they had: their folder, their printer?"""

from grader import check, concurrently
from lab_tools import QUEUES, assert_folder_opens, assert_prints


@check(
    "guard",
    points=1,
    fr="Les deux dossiers partagés s'ouvrent, les deux imprimantes impriment.",
    en="Both shared folders open, both printers print.",
    timeout=120,
    lock="house",
)
def test_folders_and_printers(lab):
    for ask in (assert_folder_opens, assert_prints):
        concurrently(lambda pc, ask=ask: ask(lab, pc), tuple(QUEUES))
