"""Is the document back as it was, and would the next backup give each folder back?"""

from grader import check, reason
from lab_tools import (
    FOLDERS,
    SHARES,
    as_user,
    assert_backup_can_be_restored,
    assert_week_is_kept,
    said,
)

DOCUMENTS = {"regie": "conduite-lumiere.txt", "billetterie": "abonnes.csv"}


@check(
    "symptom",
    points=4,
    competence="2.3",
    fr="{{ {'regie': 'La régie', 'billetterie': 'La billetterie'}[folder] }} a de nouveau son document, mot pour mot.",
    en="{{ {'regie': 'The stage', 'billetterie': 'The box office'}[folder] }} has its document back, to the letter.",
    before_fr="Le document n'est plus dans le dossier partagé.",
    before_en="The document is not in the shared folder.",
    because="does not open",
    lock="document",
)
def test_document(lab):
    folder = lab.values["folder"]
    name = DOCUMENTS[folder]
    path = f"{SHARES}/{folder}/{name}"
    (pc,) = [one for one, shared in FOLDERS.items() if shared == folder]
    done = as_user(lab, pc, f"partage -c 'get {name} -'")
    refused = done.rc != 0 or "NT_STATUS" in done.stdout + done.stderr
    assert not refused, reason(
        fr=f"{pc} : {name} ne s'ouvre pas : {said(done)}", en=f"{pc}: {name} does not open: {said(done)}"
    )
    assert lab.host("srv1").file(path).is_the_images, reason(
        fr=f"{path} n'est pas tel qu'il était avant d'être effacé",
        en=f"{path} is not what it was before it was deleted",
    )


@check(
    "objective",
    points=4,
    competence="2.3",
    fr="Une sauvegarde faite maintenant rend un fichier de chaque dossier, et celles de la semaine sont toutes là.",
    en="A backup made now gives back a file of each folder, and those of the week are all there.",
    before_fr="Ce que l'on met dans les dossiers partagés ne ressort pas de la sauvegarde.",
    before_en="What is put into the shared folders does not come out of the backup.",
    because="cannot be read|does not come out",
    host="srv1",
    lock="backups",
    timeout=240,
)
def test_restoration(lab):
    assert_backup_can_be_restored(lab)
    assert_week_is_kept(lab)


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Le dépôt de bak1 est toujours le même, chiffré, et bak1 n'a pas de quoi le lire.",
    en="The repository on bak1 is still the same one, encrypted, and bak1 has nothing to read it with.",
    host="bak1",
    lock="",
)
def test_repository(lab):
    bak1 = lab.host("bak1")
    assert bak1.file("/srv/depots/srv1/config").is_the_images, reason(
        fr="le dépôt de bak1 n'est plus celui de la semaine dernière",
        en="the repository on bak1 is not last week's any more",
    )
    keys = [one.path for one in bak1.file("/root").tree() if "/borg/keys/" in one.path]
    assert not keys, reason(fr=f"bak1 a une clé : {keys[0]}", en=f"bak1 has a key: {keys[0]}")
