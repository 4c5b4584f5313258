"""Does the script do what was asked, on the real folder and on folders that its author has never seen?

Each check has a workspace of its own, or only looks: they may all run at once.
"""

import gzip
import re
import shlex
import zlib

from grader import HiddenFile, check, concurrently, lines_in, reason
from lab_tools import listed

FOLDER = "/srv/analyses"
LAST_YEAR = 1_750_000_000
"""A file's own date that says nothing about its report."""


def script(lab):
    return f"/usr/local/bin/{lab.values['script']}"


def limit(lab):
    return f"2026-0{lab.values['month']}-01"


def content(machine, day):
    """Return what a machine's report of a day says."""
    month, number = int(day[5:7]), int(day[8:10])
    return f"automate;date;tubes\n{machine};{day};{(number * 7 + month * 5) % 40 + 5}\n"


def reports():
    """Yield name and content of every report that was in /srv/analyses."""
    for month in range(1, 7):
        machines = ["hematologie", "gaz-du-sang", "coagulation"][: 3 if month >= 4 else 2]
        for i in range(month + 1):
            day = f"2026-{month:02d}-{2 + 4 * i:02d}"
            machine = machines[i % len(machines)]
            yield f"{machine}-{day}.csv", content(machine, day)


def archive_of(lab, name, folder=FOLDER):
    year, month = re.search(r"(\d{4})-(\d\d)-\d\d\.csv$", name).groups()
    return f"{folder}/{lab.values['store']}/{year}/{month}/{name}.gz"


HIDDEN = {
    "compteur à globules-2025-12-31.csv": "dernier jour\n",
    "compteur à globules-2026-02-01.csv": "le jour même\n",
    "centrifugeuse  n°2-2026-01-09.csv": "deux espaces\n",
    "gaz-du-sang-bloc-2-2024-02-29.csv": "bissextile\n",
    "-v-2026-01-10.csv": "commence par un tiret\n",
    "  spectromètre-2026-01-11.csv": "commence par des espaces\n",
    "coagulomètre -2026-01-12.csv": "finit par une espace\n",
    "ph\\x41\\n\\-2026-01-13.csv": "barres obliques inverses\n",
    "*-2026-01-14.csv": "un astérisque\n",
    "pcr [0-9]?-2026-01-15.csv": "des crochets\n",
    "pcr-2026-01-31.csv": HiddenFile("récent sur le disque\n"),
    "pcr-2026-03-02.csv": HiddenFile("vieux sur le disque\n", modified=LAST_YEAR),
    "pcr-2026-01-31.csv.part": "en cours\n",
    "pcr-2026-11-03.csv": "novembre\n",
    "pcr-2026-1-3.csv": "pas une date\n",
    "pcr-2026-01-06.csv ": "pas un rapport : une espace à la fin\n",
    "pcr-2026-01-05.txt": "pas un rapport\n",
    "lisez-moi.txt": "à garder\n",
    "sous-dossier/pcr-2025-06-01.csv": "pas directement dans le dossier\n",
}
DAY = "2026-02-01"
THE_RUN = reason(fr="le script", en="the script")
FULL_DISK = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")
"""Has a command run as on a full disk: folders and empty files can be made, no byte can be written."""
OLD = (
    "  spectromètre-2026-01-11.csv",
    "*-2026-01-14.csv",
    "-v-2026-01-10.csv",
    "centrifugeuse  n°2-2026-01-09.csv",
    "coagulomètre -2026-01-12.csv",
    "compteur à globules-2025-12-31.csv",
    "gaz-du-sang-bloc-2-2024-02-29.csv",
    "pcr [0-9]?-2026-01-15.csv",
    "pcr-2026-01-31.csv",
    "ph\\x41\\n\\-2026-01-13.csv",
)
BAD_DATES = (
    *("2026-2-1", "2026-02-1", "26-02-01", "20260201", "2026/02/01", "01/02/2026", "2026-02-01T00:00"),
    *(" 2026-02-01", "2026-02-01 ", "2026-02-29", "2026-02-30", "2026-13-01", "2026-04-00", "yesterday", "*", ""),
)
BAD_INPUT = [
    *(["ailleurs", DAY], ["in/lisez-moi.txt", DAY], ["", DAY]),
    *(["in", date] for date in BAD_DATES),
    *([], ["in"], ["in", DAY, DAY], ["in", DAY, ""]),
]
"""What the script has to refuse."""


def text_of(name):
    file = HIDDEN[name]
    return file.content if isinstance(file, HiddenFile) else file


def below(files, folder):
    return {f"{folder}/{name}": file for name, file in files.items()}


def unpacked(archive):
    """Return what an archive says; nothing where there is none, or none that is whole."""
    try:
        return gzip.decompress(archive or b"").decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return ""


def last_line(done):
    return (lines_in(done.stdout.strip()) or [""])[-1].strip()


def quoted(text):
    """Return what was printed or read in words, in quotes, or that it is nothing."""
    text = text.strip()
    return reason(fr=f"« {text} »", en=f'"{text}"') if text else reason(fr="rien", en="nothing")


def assert_ends_with(done, status, run):
    """A run of the script, named in words, ends with a status."""
    said = quoted((lines_in(done.stderr.strip()) or [""])[-1])
    assert done.status == status, reason(
        fr=f"{run} : état {done.status} au lieu de {status} ; sortie d'erreur : {said}",
        en=f"{run}: status {done.status} instead of {status}; standard error: {said}",
    )


def expected_files(lab, folder):
    """Return the files that are there once the old reports are archived."""
    archived = {archive_of(lab, name, folder) for name in OLD}
    return archived | {f"{folder}/{name}" for name in HIDDEN if name not in OLD}


@check(
    "objective",
    points=4,
    competence="2.5",
    fr="Sur un dossier inconnu, le script archive les bons rapports, et eux seuls, sans rien perdre.",
    en="In a folder it has never seen, the script archives the right reports, only these, and loses nothing.",
    host="web1",
    lock="",
)
def test_archives_what_it_has_never_seen(lab):
    folder = "Labo d'été"
    with lab.workspace("web1", below(HIDDEN, folder), user="technicien") as work:
        done = work.run([script(lab), folder, DAY])
        assert_ends_with(done, 0, THE_RUN)
        found, expected = set(work.listing()), expected_files(lab, folder)
        missing, needless = ", ".join(sorted(expected - found)), ", ".join(sorted(found - expected))
        assert not missing, reason(
            fr=f"il manque après l'exécution : {missing}", en=f"missing after the run: {missing}"
        )
        assert not needless, reason(
            fr=f"ne devrait pas être là après l'exécution : {needless}", en=f"should not be there: {needless}"
        )
        archives = concurrently(lambda name: unpacked(work.read(archive_of(lab, name, folder))), OLD)
        for name, text in zip(OLD, archives, strict=True):
            assert text == text_of(name), reason(
                fr=f"l'archive de {name} a un autre contenu", en=f"the archive of {name} has different content"
            )
        last = last_line(done)
        assert last == str(len(OLD)), reason(
            fr=f"la dernière ligne affichée est {quoted(last)} au lieu de {len(OLD)}",
            en=f"the last line printed is {quoted(last)}, not {len(OLD)}",
        )


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Relancé, le script n'archive rien de plus et ne change rien.",
    en="Run again, the script archives nothing more and changes nothing.",
    host="web1",
    lock="",
)
def test_changes_nothing_the_second_time(lab):
    with lab.workspace("web1", below(HIDDEN, "in"), user="technicien") as work:
        first = work.run([script(lab), work.path("in"), DAY])
        assert_ends_with(first, 0, reason(fr="la première exécution", en="the first run"))
        before = work.state()
        again = work.run([script(lab), work.path("in"), DAY])
        assert_ends_with(again, 0, reason(fr="la seconde exécution", en="the second run"))
        last = last_line(again)
        assert last == "0", reason(
            fr=f"la seconde exécution affiche {quoted(last)} au lieu de 0",
            en=f"the second run prints {quoted(last)}, not 0",
        )
        assert work.state() == before, reason(
            fr="la seconde exécution a changé des fichiers", en="the second run changed files"
        )


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Une archive qui existe déjà n'est pas écrasée : le rapport reste, et le script le signale.",
    en="An archive that already exists is not overwritten: the report stays, and the script says so.",
    host="web1",
    lock="",
)
def test_overwrites_nothing(lab):
    name, other = "pcr-2026-01-07.csv", "pcr-2026-01-08.csv"
    archive = archive_of(lab, name, "in")
    files = {f"in/{name}": "nouveau\n", f"in/{other}": "autre\n", archive: gzip.compress(b"ancien\n")}
    with lab.workspace("web1", files, user="technicien") as work:
        done = work.run([script(lab), "in", DAY])
        assert_ends_with(done, 1, THE_RUN)
        assert name in done.stderr, reason(
            fr=f"la sortie d'erreur ne nomme pas {name} : {quoted(done.stderr)}",
            en=f"standard error does not name {name}: {quoted(done.stderr)}",
        )
        assert unpacked(work.read(archive)) == "ancien\n", reason(
            fr="l'ancienne archive a été changée", en="the older archive was changed"
        )
        expected, found = {f"in/{name}", archive, archive_of(lab, other, "in")}, work.listing()
        assert set(found) == expected, reason(
            fr=f"le dossier contient {listed(found)} au lieu de {listed(sorted(expected))}",
            en=f"the folder has {listed(found)} instead of {listed(sorted(expected))}",
        )


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Un rapport dont l'archive ne peut pas être écrite reste entier dans le dossier, jusqu'à ce qu'elle le puisse.",
    en="A report whose archive cannot be written stays in the folder, whole, until it can be written.",
    host="web1",
    lock="",
)
def test_loses_nothing(lab):
    name, text = "pcr-2026-01-07.csv", "à garder\n"
    files = {f"{folder}/{name}": text for folder in ("free", "in", "full")}
    files[f"in/{lab.values['store']}/2026"] = "un fichier\n"
    with lab.workspace("web1", files, user="technicien") as work:
        work.run([script(lab), "free", DAY])
        archived = work.listing()
        assert archive_of(lab, name, "free") in archived, reason(
            fr="le script n'archive rien, même là où rien ne le gêne",
            en="it archives nothing even where nothing is in its way",
        )
        hindered = {
            "in": (
                reason(fr="là où un fichier fait obstacle", en="where a file is in the way"),
                work.run([script(lab), "in", DAY]),
            ),
            "full": (
                reason(fr="là où plus rien ne peut être écrit", en="where nothing more can be written"),
                work.run([*FULL_DISK, script(lab), "full", DAY]),
            ),
        }
        for folder, (where, done) in hindered.items():
            counted = last_line(done)
            assert not counted.isdigit() or int(counted) == 0, reason(
                fr=f"{where}, le script dit avoir archivé {counted} rapport(s)",
                en=f"{where}, it says that it archived {counted}",
            )
            left = work.read(f"{folder}/{name}")
            assert left is not None, reason(
                fr=f"{where}, {name} a disparu, et il n'y en a pas d'archive",
                en=f"{where}, {name} is gone, and there is no archive of it",
            )
            assert left.decode(errors="replace") == text, reason(
                fr=f"{where}, {name} a été changé", en=f"{where}, {name} was changed"
            )
        work.run([script(lab), "full", DAY])
        kept = unpacked(work.read(archive_of(lab, name, "full")))
        assert kept == text, reason(
            fr=f"la place revenue, {name} n'est pas archivé : son archive contient {quoted(kept)}",
            en=f"once there is room again, {name} is not archived: its archive says {quoted(kept)}",
        )
        assert work.read(f"full/{name}") is None, reason(
            fr=f"la place revenue, {name} est archivé, et toujours dans le dossier",
            en=f"once there is room again, {name} is archived, and still in the folder",
        )


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Le script refuse, sans rien changer : un argument en moins ou en trop, un mauvais dossier, une mauvaise date.",
    en="The script refuses an argument missing or too many, a bad folder or a bad date, and changes nothing.",
    host="web1",
    lock="",
)
def test_refuses_bad_input(lab):
    with lab.workspace("web1", below(HIDDEN, "in"), user="technicien") as work:
        before = work.state()
        for arguments in BAD_INPUT:
            done = work.run([script(lab), *arguments])
            given = shlex.join(arguments)
            run = reason(fr=f"avec les arguments « {given} »", en=f'with the arguments "{given}"')
            assert_ends_with(done, 2, run)
            assert done.stderr.strip(), reason(
                fr=f"{run} : rien sur la sortie d'erreur", en=f"{run}: nothing on standard error"
            )
            assert work.state() == before, reason(
                fr=f"{run} : des fichiers ont été changés", en=f"{run}: files were changed"
            )


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Dans /srv/analyses, les rapports d'avant le 2026-0{{ month }}-01 sont archivés, leur contenu intact.",
    en="In /srv/analyses, the reports dated before 2026-0{{ month }}-01 are archived, their content intact.",
    host="web1",
    lock="",
)
def test_production_is_archived(lab):
    host = lab.host("web1")

    def archived(report):
        name, text = report
        assert not host.file(f"{FOLDER}/{name}").exists, reason(
            fr=f"{name} est encore dans {FOLDER}", en=f"{name} is still in {FOLDER}"
        )
        archive = archive_of(lab, name)
        file = host.file(archive)
        assert file.is_file, reason(fr=f"{archive} manque", en=f"{archive} is missing")
        assert unpacked(file.content).rstrip("\r\n") == text.rstrip("\r\n"), reason(
            fr=f"{archive} a un autre contenu", en=f"{archive} has different content"
        )

    concurrently(archived, [report for report in reports() if report[0][-14:-4] < limit(lab)])


@check(
    "guard",
    points=1,
    competence="2.5",
    fr="Dans /srv/analyses, le reste est comme avant ; seul root peut changer ces fichiers et le script qu'il lance.",
    en="In /srv/analyses the rest is as before; only root may change these files and the script that root runs.",
    host="web1",
    lock="",
)
def test_the_rest_is_untouched(lab):
    host = lab.host("web1")
    kept = {name: text for name, text in reports() if name[-14:-4] >= limit(lab)}
    kept["bilan-2026.csv"] = "automate;heures\nhematologie;412\ngaz-du-sang;388\n"
    kept["hematologie-2026-01-30.csv.part"] = "automate;date;tubes\nhematologie;2026-01-30;\n"

    def untouched(name):
        file = host.file(f"{FOLDER}/{name}")
        assert file.exists, reason(fr=f"{name} a disparu", en=f"{name} is gone")
        assert file.content_string == kept[name], reason(fr=f"{name} a été changé", en=f"{name} was changed")

    concurrently(untouched, kept)
    notes = host.file(f"{FOLDER}/consignes.txt")
    assert notes.exists, reason(fr="consignes.txt a disparu", en="consignes.txt is gone")
    assert lab.values["user"].full in notes.content_string, reason(
        fr="consignes.txt a été changé", en="consignes.txt was changed"
    )

    def of_root_alone(path):
        file = host.file(path)
        owner = file.user
        assert owner == "root", reason(fr=f"{path} appartient à {owner}", en=f"{path} belongs to {owner}")
        assert not file.mode & 0o022, reason(
            fr=f"d'autres que root peuvent écrire dans {path}", en=f"users other than root can write to {path}"
        )

    own = [script(lab)] if host.file(script(lab)).exists else []
    concurrently(of_root_alone, (*own, FOLDER, *(f"{FOLDER}/{name}" for name in (*kept, "consignes.txt"))))
