"""Does the script make the inventory that was asked for, of sheets that its author has never seen?

Each check that runs it has a workspace of its own, where the sheets are: they may all run at once.
"""

from grader import HiddenFile, check, concurrently, lines_in, reason
from lab_tools import listed

SHEETS = "/srv/fiches"
ACCOUNT = "technicien"
HEADER = "nom;lieu;memoire_mio;garantie;echue"
DAY = "2027-03-31"
LONG_AGO = 1_500_000_000
"""A file's own date that says nothing about its sheet."""
BOM = "\ufeff"
THE_RUN = reason(fr="le script", en="the script")
FOLDER = "Fiches d'été"


def sheet(name, place="Atelier", ram="8 GiB", warranty="2028-01-01", written="2026-01-05"):
    """Return the text of a plain sheet."""
    return f"nom: {name}\nlieu: {place}\nram: {ram}\ngarantie: {warranty}\nreleve: {written}\n"


def of_windows(*lines):
    return "\r\n".join(lines)


GOOD = {
    "-v.txt": BOM
    + of_windows(
        "Garantie: 30/03/2027", "Lieu: Régie; côté cour", "Releve: 05/01/2026", "RAM: 16384MiB", "Nom: SON", ""
    ),
    "a propos du son.txt": HiddenFile(sheet("son", "Cave", "1 GiB", "2019-06-30", "31/12/2025")),
    "zone technique.txt": HiddenFile(sheet("Son", "Grenier", "2 GiB", "2031-01-01", "2024-12-31"), modified=LONG_AGO),
    "poste  neuf été.txt": 'NOM : Son 2 \n\tLIEU :\tLoge  dite "du lion"  \n\n-----\nRAM:4045340 KiB\n'
    "GARANTIE : 31/03/2027\nRELEVE:2026-02-01",
    "b.txt": of_windows("[fiche]", "ancien nom: zz-0", "nom: son-2", "nom du modele: ST", "lieu: Cintres : 2e * étage")
    + of_windows("", "ram: 2097151 KiB", "ram libre: 1 MiB", "garantie: 2026-12-31", "releve: 2026-02-01", "note:"),
    "billetterie (2).txt": sheet("pc-10", "Accueil", "24 GiB", "01/04/2027", "02/11/2025"),
    "billetterie.txt": HiddenFile(sheet("PC-10", "Hall", "4 GiB", "2025-01-01", "01/12/2025"), modified=LONG_AGO),
    "*.txt": sheet("pc 9", "*", "1536 MiB", "28/02/2027", "2026-01-05"),
    "pc10.txt": sheet("pc10", r"Hall \nord $HOME `id` %s", "1 GiB", "29/02/2028", "2026-01-05"),
}
"""Sheets of six machines. The newest of son comes first by its name, that of pc-10 last; its file is the oldest."""
NOT_SHEETS = {
    "lisez-moi.md": sheet("zz-md"),
    "fiche.txt.bak": sheet("zz-bak"),
    "fichetxt": sheet("zz-sans-point"),
    ".cachee.txt": sheet("zz-cachee"),
    "anciennes/pc3.txt": sheet("zz-anciennes"),
    "vieux.txt/pc4.txt": sheet("zz-dossier"),
}
INVENTORY = (
    "pc 9;*;1536;2027-02-28;oui",
    "pc-10;Hall;4096;2025-01-01;oui",
    r"pc10;Hall \nord $HOME `id` %s;1024;2028-02-29;non",
    'son;"Régie; côté cour";16384;2027-03-30;oui',
    'son 2;"Loge  dite ""du lion""";3950;2027-03-31;non',
    "son-2;Cintres : 2e * étage;2047;2026-12-31;oui",
    "TOTAL;6;29037;;4",
)
THE_DAY_AFTER = (
    *INVENTORY[:4],
    'son 2;"Loge  dite ""du lion""";3950;2027-03-31;oui',
    INVENTORY[5],
    "TOTAL;6;29037;;5",
)
BAD = {
    "garantie absente.txt": "nom: zz-1\nlieu: Cave\nram: 8 GiB\nreleve: 2026-01-05\n",
    "nom absent.txt": "lieu: Cave\nram: 8 GiB\ngarantie: 2028-01-01\nreleve: 2026-01-05\nancien nom: zz-2\n",
    "lieu vide.txt": of_windows("nom: zz-3", "lieu: ", "ram: 8 GiB", "garantie: 2028-01-01", "releve: 2026-01-05", ""),
    "octets.txt": sheet("zz-4", ram="8 Go"),
    "virgule.txt": sheet("zz-5", ram="7,5 GiB"),
    "sans chiffre.txt": sheet("zz-6", ram="GiB"),
    "30 fevrier.txt": sheet("zz-7", warranty="2027-02-30"),
    "mois treize.txt": sheet("zz-8", warranty="01/13/2027"),
    "courte.txt": sheet("zz-9", warranty="3/4/2027"),
    "inconnue.txt": sheet("zz-10", written="jeudi"),
    "rien.txt": "",
    "fermee.txt": HiddenFile(sheet("zz-11"), mode=0o000),
    "lumiere neuve.txt": sheet("Lumiere", "Cabine", "64 Gio", "2031-01-01", "2026-11-01"),
}
"""Each of them has to be named; the last is the newest of a machine that has an older one, which is good."""
WITH_BAD = {
    "atelier.txt": sheet("atelier", "Décors", "4 GiB", "31/12/2026"),
    "lumiere.txt": sheet("lumiere", "Cabine", "2 GiB", "2027-04-01", "03/02/2024"),
    "zinc.txt": sheet("zinc", "Bar", "512 MiB", "2027-04-02"),
}
INVENTORY_WITH_BAD = (
    "atelier;Décors;4096;2026-12-31;oui",
    "lumiere;Cabine;2048;2027-04-01;non",
    "zinc;Bar;512;2027-04-02;non",
    "TOTAL;3;6656;;1",
)
BAD_DATES = (
    *("2027-3-31", "27-03-31", "20270331", "2027/03/31", "31/03/2027", "2027-03-31T00:00", " 2027-03-31"),
    *("2027-02-29", "2027-13-01", "2027-04-00", "tomorrow", "", "*"),
)
PRODUCTION = {
    "srv1.txt": "ram: 32 GiB\n",
    "bak1.txt": "ram: 8388608 KiB\n",
    "pc1.txt": "releve: 28/11/2024\n",
    "poste-7.txt": "Lieu : Billetterie ; guichet 2\r\n",
    "pc2.txt": "RAM: 16384 MiB\r\n",
    "console.txt": f"{BOM}garantie: 31/01/2026\n",
    "portable.txt": "ram: 8GiB\n",
    "portable-2.txt": "garantie: 14/05/2027\r\n",
    "bureau.txt": "ram: 8192 MiB\n",
    "atelier.txt": "ram: 4096 MiB\n",
    "loge.txt": "ram: 6 GiB\n",
    "vestiaire.txt": "RAM : 8 Go\r\n",
    "lisez-moi.md": "Une fiche par machine.",
    "anciennes/pc3.txt": "ram: 2048 MiB\n",
}
"""What stands in the house's own sheets, and in what lies beside them."""


def script(lab):
    return f"/usr/local/bin/{lab.values['script']}"


def below(files, folder=FOLDER):
    return {f"{folder}/{name}": file for name, file in files.items()}


def quoted(text):
    """Return what was printed in words, in quotes, or that it is nothing."""
    text = text.strip()
    return reason(fr=f"« {text} »", en=f'"{text}"') if text else reason(fr="rien", en="nothing")


def assert_ends_with(done, status, run):
    """A run of the script, named in words, ends with a status."""
    said = quoted((lines_in(done.stderr.strip()) or [""])[-1])
    assert done.status == status, reason(
        fr=f"{run} : état {done.status} au lieu de {status} ; sortie d'erreur : {said}",
        en=f"{run}: status {done.status} instead of {status}; standard error: {said}",
    )


def assert_prints(done, inventory, run):
    """A run of the script, named in words, printed the header and these lines, and no others."""
    wanted = [HEADER, *inventory]
    found = lines_in(done.stdout)
    assert not any(line.endswith("\r") for line in found), reason(
        fr=f"{run} finit ses lignes comme sous Windows", en=f"{run} ends its lines as on Windows"
    )
    for number, (line, right) in enumerate(zip(found, wanted, strict=False), 1):
        assert line == right, reason(
            fr=f"{run} : la ligne {number} est {quoted(line)} au lieu de « {right} »",
            en=f'{run}: line {number} is {quoted(line)}, not "{right}"',
        )
    assert len(found) == len(wanted), reason(
        fr=f"{run} affiche {len(found)} ligne(s) au lieu de {len(wanted)}",
        en=f"{run} prints {len(found)} line(s), not {len(wanted)}",
    )


@check(
    "objective",
    points=4,
    competence="2.5",
    fr="De fiches inconnues, de plusieurs mains, le script fait l'inventaire demandé.",
    en="From sheets it has never seen, by several hands, the script makes the inventory that was asked for.",
    host="srv1",
    lock="",
)
def test_makes_the_inventory(lab):
    with lab.workspace("srv1", below(GOOD | NOT_SHEETS), user=ACCOUNT) as work:
        done = work.run([script(lab), FOLDER, DAY])
        assert_prints(done, INVENTORY, THE_RUN)
        assert_ends_with(done, 0, THE_RUN)


@check(
    "objective",
    points=4,
    competence="2.5",
    fr="Une fiche illisible ou incomplète est nommée et ne compte pas ; les autres sont listées, et le code est 1.",
    en="A sheet that is unreadable or incomplete is named and does not count; the rest is listed, with status 1.",
    host="srv1",
    lock="",
)
def test_names_bad_sheets(lab):
    with lab.workspace("srv1", below(BAD | WITH_BAD), user=ACCOUNT) as work:
        done = work.run([script(lab), work.path(FOLDER), DAY])
        assert_prints(done, INVENTORY_WITH_BAD, THE_RUN)
        silent = [name for name in BAD if name not in done.stderr]
        assert not silent, reason(
            fr=f"la sortie d'erreur ne nomme pas {listed(silent)}", en=f"standard error does not name {listed(silent)}"
        )
        blamed = [name for name in WITH_BAD if name in done.stderr]
        assert not blamed, reason(
            fr=f"la sortie d'erreur nomme de bonnes fiches : {listed(blamed)}",
            en=f"standard error names good sheets: {listed(blamed)}",
        )
        assert_ends_with(done, 1, THE_RUN)


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Le script ne change rien dans le dossier, affiche deux fois la même chose, et suit la date qu'on lui donne.",
    en="The script changes nothing in the folder, prints the same thing twice, and goes by the date it is given.",
    host="srv1",
    lock="",
)
def test_changes_nothing(lab):
    second = reason(fr="la seconde fois, le script", en="the second time the script")
    later = reason(fr="pour le lendemain, le script", en="for the day after, the script")
    empty = reason(fr="dans un dossier vide, le script", en="in an empty folder the script")
    with lab.workspace("srv1", below(GOOD | NOT_SHEETS) | {"vide": None}, user=ACCOUNT) as work:
        before = work.state()
        for day, inventory, run in (
            (DAY, INVENTORY, THE_RUN),
            (DAY, INVENTORY, second),
            ("2027-04-01", THE_DAY_AFTER, later),
        ):
            assert_prints(work.run([script(lab), FOLDER, day]), inventory, run)
        done = work.run([script(lab), "vide", DAY])
        assert_prints(done, ("TOTAL;0;0;;0",), empty)
        assert_ends_with(done, 0, empty)
        after = work.state()
        changed = sorted(name for name in before | after if before.get(name) != after.get(name))
        assert not changed, reason(
            fr=f"le script a ajouté, changé ou effacé : {listed(changed)}",
            en=f"the script added, changed or deleted: {listed(changed)}",
        )


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Avec un argument de travers, le script le dit, n'affiche aucun inventaire, et le code est 2.",
    en="With a wrong argument the script says so, prints no inventory, and the status is 2.",
    host="srv1",
    lock="",
    timeout=60,
)
def test_refuses_bad_arguments(lab):
    wrong = (
        *([], [FOLDER], [FOLDER, DAY, DAY], [FOLDER, DAY, ""], ["", DAY], ["nulle part", DAY], ["fiche.txt", DAY]),
        *([FOLDER, date] for date in BAD_DATES),
    )
    with lab.workspace("srv1", below(WITH_BAD) | {"fiche.txt": sheet("zinc")}, user=ACCOUNT) as work:
        for arguments in wrong:
            done = work.run([script(lab), *arguments])
            given = " ".join(f"'{one}'" for one in arguments)
            what = reason(fr=f"avec les arguments ({given}), le script", en=f"with the arguments ({given}) the script")
            assert_ends_with(done, 2, what)
            assert not done.stdout, reason(
                fr=f"{what} affiche quand même : {quoted(done.stdout)}",
                en=f"{what} prints all the same: {quoted(done.stdout)}",
            )
            assert done.stderr.strip(), reason(
                fr=f"{what} n'écrit rien sur la sortie d'erreur", en=f"{what} writes nothing to standard error"
            )


@check(
    "guard",
    points=1,
    competence="2.5",
    fr="Les fiches de la maison sont telles quelles, et seul root peut changer le script.",
    en="The house's sheets are as they were, and only root may change the script.",
    host="srv1",
    lock="",
)
def test_the_rest_is_untouched(lab):
    host = lab.host("srv1")

    def untouched(name):
        file = host.file(f"{SHEETS}/{name}")
        assert file.is_file, reason(fr=f"{name} a disparu", en=f"{name} is gone")
        assert PRODUCTION[name].encode() in file.content, reason(fr=f"{name} a été changé", en=f"{name} was changed")

    concurrently(untouched, PRODUCTION)
    broken = host.file(f"{SHEETS}/{lab.values['broken']}.txt").content
    assert b"garantie" not in broken.lower(), reason(
        fr=f"{lab.values['broken']}.txt a été complétée", en=f"{lab.values['broken']}.txt was completed"
    )
    own = host.file(script(lab))
    if own.exists:
        owner, path = own.user, script(lab)
        assert owner == "root", reason(fr=f"{path} appartient à {owner}", en=f"{path} belongs to {owner}")
        assert not own.mode & 0o022, reason(
            fr=f"d'autres que root peuvent écrire dans {path}", en=f"users other than root can write to {path}"
        )
