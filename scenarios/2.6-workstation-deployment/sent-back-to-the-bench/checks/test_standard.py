"""Do workstations come out of the installation as the written standard wants them?"""

from grader import check, concurrently, reason
from lab_tools import (
    HTTP,
    WORKSTATIONS,
    assert_card_starts,
    assert_file_is_to_standard,
    assert_workstation_is_installed,
)


def assert_files_are_to_standard(lab):
    """The files of the workstation that was sent back, then those of the others."""
    assert_file_is_to_standard(lab, lab.values["serial"])
    concurrently(lambda serial: assert_file_is_to_standard(lab, serial), tuple(WORKSTATIONS))


@check(
    "symptom",
    points=4,
    competence="2.6",
    fr="Les fichiers de déploiement demandent, pour chaque poste, ce que dit le standard.",
    en="The deployment files ask, for each workstation, for what the standard says.",
    before_fr="{{ serial }}, installé tel quel, serait de nouveau refusé.",
    before_en="{{ serial }}, installed as things are, would be rejected again.",
    because="in its files, the standard says",
    host="depot1",
    lock="",
)
def test_files(lab):
    assert_files_are_to_standard(lab)


@check(
    "objective",
    points=4,
    competence="2.6",
    fr="{{ serial }}, installé sur un disque vide, est conforme au standard.",
    en="{{ serial }}, installed on a blank disk, is to the standard.",
    before_fr="Le poste {{ serial }} n'est pas conforme au standard.",
    before_en="The workstation {{ serial }} is not to the standard.",
    because="in its files, the standard says",
    host="banc1",
    lock="bench",
    timeout=240,
)
def test_installation(lab):
    assert_files_are_to_standard(lab)
    assert_workstation_is_installed(lab, lab.values["serial"])


@check(
    "guard",
    points=2,
    competence="2.6",
    fr="Le standard est celui de la fabrique, et les postes démarrent toujours par le réseau.",
    en="The standard is the factory's, and workstations still boot from the network.",
    host="depot1",
    lock="",
    timeout=60,
)
def test_standard_itself(lab):
    changed = [path for path in lab.altered("depot1", HTTP) if "/standard." in path]
    named = ", ".join(changed)
    assert not changed, reason(
        fr=f"le standard lui-même a été modifié : {named}", en=f"the standard itself was changed: {named}"
    )
    assert_card_starts(lab)
