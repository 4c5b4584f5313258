"""Does a blank workstation boot from the network again, and install itself?"""

from grader import check, reason
from lab_tools import assert_card_starts, assert_workstation_is_installed

SERIALS = {"neuf1": "TB24-0117", "neuf2": "TB24-0118"}


@check(
    "symptom",
    points=4,
    competence="2.6",
    fr="La carte réseau d'un poste neuf reçoit une adresse, son fichier de démarrage et un noyau, BIOS ou UEFI.",
    en="The network card of a new workstation gets an address, its boot file and a kernel, BIOS or UEFI.",
    before_fr="Un poste neuf que l'on allume ne commence pas à s'installer.",
    before_en="A new workstation that is switched on does not begin to install itself.",
    because="asks for an address and gets none|but no name of a boot file|does not get tftp|cannot be downloaded",
    host="depot1",
    lock="",
    timeout=60,
)
def test_cards(lab):
    for architecture in (0, 7):
        assert_card_starts(lab, architecture)
    lost = "; ".join(lab.not_kept("depot1", "tftpd-hpa.service"))
    assert not lost, reason(fr=f"cela ne survit pas à un redémarrage : {lost}", en=f"a restart loses it: {lost}")


@check(
    "objective",
    points=4,
    competence="2.6",
    fr="Un poste neuf s'installe tout seul et démarre de son disque, conforme au standard.",
    en="A new workstation installs itself and starts from its disk, to the standard.",
    before_fr="Aucun poste neuf ne s'installe.",
    before_en="No new workstation gets installed.",
    because="asks for an address and gets none|but no name of a boot file|does not get tftp|cannot be downloaded",
    host="banc1",
    lock="bench",
    timeout=240,
)
def test_installation(lab):
    assert_card_starts(lab)
    assert_workstation_is_installed(lab, SERIALS[lab.values["unit"]])
