"""Does the script name the folders where too much waits, in folders that its author has never seen?

Each check has a workspace of its own, or only looks: they may all run at once.
"""

import shlex

from grader import check, concurrently, lines_in, reason
from lab_tools import listed

SCANS = "/srv/scans"
WAITING = {
    "accueil": (412, 3),
    "cardiologie": (419, 5),
    "chirurgie": (424, 6),
    "pediatrie": (430, 4),
    "urgences": (437, 9),
}
"""The departments' folders: the first document's number, and how many wait."""
FILED = {"accueil": (415, 4), "pediatrie": (434, 3)}
"""What is below them, dealt with: likewise."""


def script(lab):
    return f"/usr/local/bin/{lab.values['script']}"


def documents(count, folder):
    """Return so many documents of a folder."""
    return {f"{folder}/courrier {number}.pdf": "un courrier\n" for number in range(1, count + 1)}


HIDDEN = {
    **documents(12, "Urgences"),
    **documents(3, "radiologie"),
    **documents(4, "Soins intensifs"),
    "Soins intensifs/.courrier 5.pdf": "en cours\n",
    **documents(2, "maternité"),
    "maternité/.courrier 3.pdf": "en cours\n",
    "maternité/.courrier 4.pdf": "en cours\n",
    **documents(5, "maternité/traités"),
    "bloc 2/relevé sans suffixe": "un document\n",
    "bloc 2/à signer": None,
    "bloc 2/refusés": None,
    "bloc 2/à revoir": None,
    "vide": None,
}
"""With the number 3: only two folders have more, and every wrong way to count finds others."""
ALL = ("radiologie", "Urgences", "maternité", "vide", "Soins intensifs", "bloc 2")
OVER = ["12 Urgences", "4 Soins intensifs"]
BAD_INPUT = (
    *(["douze", "Urgences"], ["-1", "Urgences"], ["2.5", "Urgences"], ["3x", "Urgences"], ["", "Urgences"]),
    *([], ["3"], ["Urgences", "radiologie"]),
)
"""What the script has to refuse."""


def printed(done):
    """Return the lines on standard output, without blanks around them."""
    return [line.strip() for line in lines_in(done.stdout) if line.strip()]


def quoted(lines):
    """Return lines in words, each in quotes, or that there is none."""
    return listed(reason(fr=f"« {line} »", en=f'"{line}"') for line in lines)


def assert_ends_with(done, status, run):
    """A run of the script, named in words, ends with a status."""
    said = quoted(lines_in(done.stderr.strip())[-1:])
    assert done.status == status, reason(
        fr=f"{run} : état {done.status} au lieu de {status} ; sortie d'erreur : {said}",
        en=f"{run}: status {done.status} instead of {status}; standard error: {said}",
    )


def assert_prints(done, expected, run):
    """A run of the script, named in words, prints these lines and no others."""
    seen = printed(done)
    assert seen == expected, reason(
        fr=f"{run} affiche {quoted(seen)} au lieu de {quoted(expected)}",
        en=f"{run} prints {quoted(seen)} instead of {quoted(expected)}",
    )


def run_with(arguments):
    """Return in words that the script ran with some arguments."""
    given = shlex.join(arguments)
    return reason(fr=f"avec les arguments « {given} », le script", en=f'with the arguments "{given}" the script')


@check(
    "objective",
    points=4,
    competence="2.5",
    fr="Dans des dossiers inconnus, le script nomme ceux qui ont trop de documents, et eux seuls, avec leur nombre.",
    en="In folders it has never seen, the script names those with too many documents, only these, with their number.",
    host="web1",
    lock="",
)
def test_names_the_right_folders(lab):
    with lab.workspace("web1", HIDDEN, user="technicien") as work:
        runs = {
            ("3", *ALL): OVER,
            ("11", "Urgences/", "radiologie"): ["12 Urgences/"],
            ("0", work.path("maternité"), "vide", "bloc 2"): [f"2 {work.path('maternité')}", "1 bloc 2"],
            ("12", "Urgences"): [],
        }
        for arguments, expected in runs.items():
            done = work.run([script(lab), *arguments])
            assert_ends_with(done, 0, run_with(arguments))
            assert_prints(done, expected, run_with(arguments))


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Un dossier qui n'existe pas est signalé, et les autres sont comptés quand même.",
    en="A folder that does not exist is reported, and the others are counted all the same.",
    host="web1",
    lock="",
)
def test_goes_on_after_a_missing_folder(lab):
    with lab.workspace("web1", HIDDEN, user="technicien") as work:
        arguments = ("3", "Urgences", "neurologie", "Soins intensifs")
        done = work.run([script(lab), *arguments])
        assert_ends_with(done, 1, run_with(arguments))
        assert_prints(done, OVER, run_with(arguments))
        said = quoted(lines_in(done.stderr.strip()))
        assert "neurologie" in done.stderr, reason(
            fr=f"la sortie d'erreur ne nomme pas neurologie : {said}",
            en=f"standard error does not name neurologie: {said}",
        )


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Le script refuse un nombre qui n'en est pas un, et l'absence de dossier, sans rien afficher d'autre.",
    en="The script refuses a number that is none, or no folder at all, and prints nothing else.",
    host="web1",
    lock="",
)
def test_refuses_bad_input(lab):
    with lab.workspace("web1", HIDDEN, user="technicien") as work:
        for arguments in BAD_INPUT:
            done = work.run([script(lab), *arguments])
            run = run_with(arguments)
            assert_ends_with(done, 2, run)
            assert_prints(done, [], run)
            assert done.stderr.strip(), reason(
                fr=f"{run} n'écrit rien sur la sortie d'erreur", en=f"{run} writes nothing to standard error"
            )


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Lancé deux fois, le script dit deux fois la même chose, et ne change rien.",
    en="Run twice, the script says the same twice, and changes nothing.",
    host="web1",
    lock="",
)
def test_changes_nothing(lab):
    with lab.workspace("web1", HIDDEN, user="technicien") as work:
        before = work.state()
        first = reason(fr="la première fois, le script", en="the first time the script")
        second = reason(fr="la seconde fois, le script", en="the second time the script")
        for run in (first, second):
            done = work.run([script(lab), "1", *ALL])
            assert_ends_with(done, 0, run)
            assert_prints(done, ["3 radiologie", "12 Urgences", "2 maternité", "4 Soins intensifs"], run)
            assert work.state() == before, reason(fr=f"{run} a changé des fichiers", en=f"{run} changed files")


@check(
    "guard",
    points=1,
    competence="2.5",
    fr="Les documents de /srv/scans sont tous là où ils étaient ; seul root peut changer le script.",
    en="The documents in /srv/scans are all where they were; only root can change the script.",
    host="web1",
    lock="",
)
def test_the_rest_is_untouched(lab):
    host = lab.host("web1")
    places = {**WAITING, **{f"{folder}/traites": count for folder, count in FILED.items()}}
    kept = [
        f"{SCANS}/{folder}/scan-{first + i:04d}.pdf" for folder, (first, count) in places.items() for i in range(count)
    ]

    def is_there(path):
        file = host.file(path)
        assert file.is_file, reason(fr=f"{path} a disparu", en=f"{path} is gone")
        assert file.size, reason(fr=f"{path} est vide", en=f"{path} is empty")

    concurrently(is_there, [*kept, f"{SCANS}/urgences/.scan-0446.pdf"])
    if host.file(script(lab)).exists:
        file = host.file(script(lab))
        owner, path = file.user, script(lab)
        assert owner == "root", reason(fr=f"{path} appartient à {owner}", en=f"{path} belongs to {owner}")
        assert not file.mode & 0o022, reason(
            fr=f"d'autres que root peuvent écrire dans {path}", en=f"users other than root can write to {path}"
        )
