"""Does every workstation still install only what the dairy has signed?"""

from grader import check, concurrently, reason
from lab_tools import QUEUES, trust_lost


@check(
    "guard",
    points=1,
    fr="Aucun poste n'installe de paquet d'ailleurs, ni sans vérifier la signature de l'archive.",
    en="No workstation installs packages from elsewhere, or without verifying the archive's signature.",
    before_fr="Les postes n'installent que ce que la maison leur donne.",
    before_en="The workstations install only what the dairy gives them.",
    timeout=90,
)
def test_only_signed_packages(lab):
    for pc, lost in zip(QUEUES, concurrently(lambda pc: trust_lost(lab, pc), QUEUES), strict=True):
        why = "; ".join(lost)
        assert not lost, reason(fr=f"{pc} : {why}", en=f"{pc}: {why}")
