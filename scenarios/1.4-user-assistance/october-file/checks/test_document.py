"""Is the right version back in its place, for the department only, and are the backups as they were?"""

from grader import check, reason
from lab_tools import login_of, sftp, words_of

FOLDER = "/srv/partages/comptabilite"
DOCUMENT = f"{FOLDER}/factures-2026-10.csv"
RIGHT = (
    "numéro;client;montant",
    "2026-231;Mairie de Saint-Aubin;4180,00",
    "2026-232;SCI Les Tilleuls;12350,50",
    "2026-233;Crèche du Bocage;2790,00",
)
"""The version that its user means."""
DEPARTMENT = 10011
"""The number of the group comptabilite."""
ITS_OWNERS = {0, 10002, 10003}
"""Root's number and those of the department's people: none of them keeps the others from the document."""
EVENINGS = ("2026-11-23-lundi", "2026-11-24-mardi", "2026-11-25-mercredi", "2026-11-26-jeudi")


@check(
    "symptom",
    points=3,
    competence="1.4",
    fr="{{ user }} ouvre factures-2026-10.csv, et y trouve la version demandée.",
    en="{{ user }} opens factures-2026-10.csv and finds the version that was asked for.",
    before_fr="{{ user }} n'a pas son fichier d'octobre.",
    before_en="{{ user }} does not have the October file.",
)
def test_right_version(lab):
    read = sftp(lab, "files1", login_of(lab), DOCUMENT)
    said = words_of(read.stderr)
    assert read.status == 0, reason(
        fr=f"{login_of(lab)} n'ouvre pas {DOCUMENT} : {said}", en=f"{login_of(lab)} does not open {DOCUMENT}: {said}"
    )
    lines = tuple(read.stdout.rstrip("\n").split("\n"))
    odd = [*(line for line in lines if line not in RIGHT), *(line for line in RIGHT if line not in lines)]
    named = odd[0] if odd else ""
    assert lines == RIGHT, reason(
        fr=f"ce n'est pas la version demandée, par exemple : {named or 'dans un autre ordre'}",
        en=f"it is not the version that was asked for, for example: {named or 'in another order'}",
    )


@check(
    "guard",
    points=2,
    competence="1.4",
    fr="Dans le dossier de la comptabilité, le service lit et modifie le fichier, et personne d'autre.",
    en="In the accounts folder, the department reads and changes the file, and nobody else does.",
    host="files1",
    lock="",
)
def test_rights(lab):
    document, folder = lab.host("files1").file(DOCUMENT), lab.host("files1").file(FOLDER)
    assert (folder.gid, folder.mode & 0o777) == (DEPARTMENT, 0o770), reason(
        fr=f"{FOLDER} n'a plus le groupe ou les droits qu'il avait",
        en=f"{FOLDER} no longer has the group or the permissions that it had",
    )
    if not document.exists:  # the symptom tells that
        return
    assert document.is_file and not document.is_symlink, reason(  # noqa: PT018
        fr=f"{DOCUMENT} n'est pas un fichier", en=f"{DOCUMENT} is not a file"
    )
    assert document.gid == DEPARTMENT, reason(
        fr=f"{DOCUMENT} est au groupe {document.gid}, et non à la comptabilité",
        en=f"{DOCUMENT} belongs to the group {document.gid}, not to the accounts department",
    )
    assert document.uid in ITS_OWNERS, reason(
        fr=f"{DOCUMENT} est à {document.uid}, qui n'est pas du service",
        en=f"{DOCUMENT} belongs to {document.uid}, who is not in the department",
    )
    mode = document.mode & 0o777
    assert mode == 0o660, reason(
        fr=f"{DOCUMENT} a les droits {mode:03o} au lieu de 660", en=f"{DOCUMENT} has the mode {mode:03o} instead of 660"
    )


@check(
    "guard",
    points=1,
    competence="1.4",
    fr="Les sauvegardes sont toutes là, et root seul les lit.",
    en="All the backups are there, and only root reads them.",
    host="files1",
    lock="",
)
def test_backups(lab):
    for evening in EVENINGS:
        for name in ("factures-2026-10.csv", "relances-clients.csv"):
            copy = lab.host("files1").file(f"/srv/sauvegardes/{evening}/comptabilite/{name}")
            assert copy.is_file, reason(fr=f"{copy.path} n'est plus là", en=f"{copy.path} is gone")
            assert copy.uid == 0 and not copy.mode & 0o077, reason(  # noqa: PT018
                fr=f"{copy.path} n'est plus à root seul", en=f"{copy.path} is no longer root's only"
            )
