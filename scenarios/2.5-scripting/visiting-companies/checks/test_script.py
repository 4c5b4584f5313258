"""Does the script delete what it should in folders that its author has never seen, and nothing around them?

It runs as daemon, which owns nothing but the folders to be tidied: a script that goes astray meets nothing that it
could delete, but the canary files of its own workspace. Those checks that run it do so one after another.
"""

import re

from grader import HiddenFile, ObservationError, check, concurrently, lines_in, reason
from lab_tools import listed

PASSAGE = "/srv/passage"
HOUSE_LIST, OLD_SCRIPT = "/etc/passage.csv", "/usr/local/bin/menage"
LINES = 9
ACCOUNT = "daemon"
HOUSE = {
    "compagnie-du-phare/tempete.qlc": "Tempête, 42 mémoires",
    "compagnie-du-phare/lumiere/phare.qlc": "Le phare, 9 mémoires",
    "les-lanternes/ouverture.wav": "fanfare",
    "les-lanternes/bande-son/orage.wav": "orage",
    "troupe-du-quai/plan-de-scene.dxf": "plan",
    "troupe-du-quai/notes.txt": "Demander le praticable de deux mètres.",
}
"""What the visiting companies need."""
ALWAYS = (
    "les-lanternes/ouverture.wav.reapeaks",
    "les-lanternes/bande-son/orage.wav.reapeaks",
    "les-lanternes/bande-son/pluie.wav.part",
    "troupe-du-quai/plan-de-scene.dxf~",
    "troupe-du-quai/notes.txt~",
    "troupe-du-quai/plan-de-scene.dxf.lock",
)
LEFT_BEHIND = {
    ".tmp": ("tempete.qlc.tmp", "lumiere/phare.qlc.tmp"),
    ".bak": ("tempete.qlc.bak", "lumiere/phare.qlc.bak", "lumiere/saluts.qlc.bak"),
    ".autosave": ("tempete.autosave", *(f"lumiere/phare-{number}.autosave" for number in (1, 2, 3))),
}
"""What le-phare's programs have left, by the end of the names."""


def has_its_lines(text, lab):
    """Return whether the list has all its lines, those without sense where they stood."""
    lines, empty = lines_in(text), int(lab.values["empty"])
    return len(lines) == LINES and lines[empty - 1] == ";" and lines[7].startswith(f"{lab.values['gone']};")


def script(lab):
    return f"/usr/local/bin/{lab.values['script']}"


CANARIES = {
    "maison/carnet.tmp": "à garder\n",
    "maison/photos.jpg": "à garder\n",
    "maison/.profile.tmp": "à garder\n",
    "voisin.tmp": "à garder\n",
    "voisin": "à garder\n",
}
"""Beside the folders: the home of the account that runs the script, and the folder that it is started from."""
KEPT = {
    "à la racine.tmp": "dans aucun dossier de la liste\n",
    "Théâtre du Vent/acte 1.wav": "acte 1\n",
    "Théâtre du Vent/acte 1.tmp.wav": "finit autrement\n",
    "Théâtre du Vent/acte1tmp": "sans le point\n",
    "Théâtre du Vent/ACTE 1.TMP": "en majuscules\n",
    "Théâtre du Vent/vieux.tmp/plan.pdf": "dans un dossier qui finit ainsi\n",
    "La Lune/décor.svg": "décor\n",
    "La Lune/acte 2.tmp": "une autre compagnie\n",
    "La Lune/chœurs/voix.wav": "voix\n",
    "Étoile/note": "sans étoile\n",
    "Étoile/prise1": "sans crochets\n",
    "hors liste/acte 3.tmp": "pas dans la liste\n",
}
GONE = {
    "Théâtre du Vent/acte 1.tmp": "reste\n",
    "Théâtre du Vent/sous  dossier/acte 2.tmp": "reste\n",
    "Théâtre du Vent/-rf.tmp": "reste\n",
    "Théâtre du Vent/.caché.tmp": "reste\n",
    "Théâtre du Vent/  deux espaces .tmp": "reste\n",
    "Théâtre du Vent/vieux.tmp/encore.tmp": "reste\n",
    "Théâtre du Vent/ébauche.bak": "reste\n",
    "La Lune/décor.svg~": "reste\n",
    "La Lune/chœurs/voix.wav~": "reste\n",
    "Étoile/note*": "reste\n",
    "Étoile/prise[1]": HiddenFile("reste\n", mode=0o444),
}
LIST = (
    "# dossier;fin des noms",
    "Théâtre du Vent;.tmp",
    "",
    "La Lune;~",
    "Étoile;*",
    "Étoile;[1]",
    "Théâtre du Vent;.bak",
)
BAD_LINES = (
    *(";", ";.tmp", "La Lune;", "La Lune", "..;.tmp", ".;.tmp", "../maison;.tmp", "La Lune/chœurs;.wav", "/;.tmp"),
    *("Absente;.tmp", "*;.tmp", "Lien;.tmp", "Affiche;.tmp", "La Lune;.tmp;30"),
)
"""Each of them has to be refused, and the line after it done."""
THE_RUN = reason(fr="le script", en="the script")


def below(files, folder):
    return {f"{folder}/{name}": file for name, file in files.items()}


def run(lab, work, *arguments):
    """Run the script among the canaries: they are its home, and where it is started."""
    return work.run([script(lab), *arguments], environment={"HOME": work.path("maison")})


def state_of(work):
    """Return the state of the workspace; nothing where the script has deleted even that."""
    try:
        return work.state()
    except ObservationError:
        return {}


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


def assert_counts(done, count, run):
    """The last line that a run printed is a number, and this one."""
    last = (lines_in(done.stdout.strip()) or [""])[-1].strip()
    assert last == str(count), reason(
        fr=f"{run} : la dernière ligne affichée est {quoted(last)} au lieu de {count}",
        en=f"{run}: the last line printed is {quoted(last)}, not {count}",
    )


def assert_deleted(before, after, gone, run):
    """A run of the script, named in words, deleted these files and no others, and changed nothing else."""
    lost = sorted(set(before) - set(after) - set(gone))
    assert not lost, reason(
        fr=f"{run} a effacé ce qu'il fallait garder : {listed(lost)}",
        en=f"{run} deleted what was to be kept: {listed(lost)}",
    )
    left = sorted(set(gone) & set(after))
    assert not left, reason(
        fr=f"{run} a laissé ce qu'il fallait effacer : {listed(left)}",
        en=f"{run} left what was to be deleted: {listed(left)}",
    )
    changed = sorted(name for name, digest in after.items() if before.get(name) != digest)
    assert not changed, reason(
        fr=f"{run} a ajouté ou changé des fichiers : {listed(changed)}",
        en=f"{run} added or changed files: {listed(changed)}",
    )


def files(lines, ending="\n"):
    """Return the hidden files, with a list of these lines."""
    root = "Dossiers de passage"
    return {**CANARIES, **below(KEPT, root), **below(GONE, root), "liste.csv": ending.join(lines)}


@check(
    "objective",
    points=4,
    competence="2.5",
    fr="Dans des dossiers inconnus, le script efface les bons restes, et eux seuls.",
    en="In folders it has never seen, the script deletes the right leftovers, and only these.",
    host="srv1",
    lock="script",
)
def test_deletes_the_leftovers(lab):
    # Lines that end as on Windows, and the last of them does not end at all.
    with lab.workspace("srv1", files(LIST, "\r\n"), user=ACCOUNT) as work:
        root = work.path("Dossiers de passage")
        for target, link in (("maison", "ailleurs"), ("maison/carnet.tmp", "lien.tmp")):
            work.run(["ln", "-s", work.path(target), f"{root}/Théâtre du Vent/{link}"])
        before, links = state_of(work), set(work.listing())
        done = run(lab, work, root, work.path("liste.csv"))
        assert_ends_with(done, 0, THE_RUN)
        gone = below(GONE, "Dossiers de passage")
        assert_deleted(before, state_of(work), gone, THE_RUN)
        lost = sorted(links - set(work.listing()) - set(gone))
        assert not lost, reason(fr=f"le script a effacé un lien : {listed(lost)}", en=f"a link is gone: {listed(lost)}")
        assert_counts(done, len(GONE), THE_RUN)


@check(
    "objective",
    points=4,
    competence="2.5",
    fr="Une ligne vide, incomplète ou qui mène ailleurs est refusée ; rien n'est perdu, et la suite est faite.",
    en="A line that is empty, incomplete or leads elsewhere is refused; nothing is lost, and the rest is done.",
    host="srv1",
    lock="script",
    timeout=60,
)
def test_refuses_bad_lines(lab):
    roots = dict(zip((f"essai {letter}" for letter in "abcdefghijklmn"), BAD_LINES, strict=True))
    content = {**CANARIES}
    for root, line in roots.items():
        content |= below(KEPT, root) | {f"{root}/La Lune/décor.svg~": "reste\n", f"{root}/Affiche": "un fichier\n"}
        content[f"{root}.csv"] = f"# dossier;fin des noms\n\n{line}\nLa Lune;~\n"
    with lab.workspace("srv1", content, user=ACCOUNT) as work:
        work.run(["sh", "-c", f'for root in essai*/; do ln -s {work.path("maison")} "$root"Lien; done'])
        for root, line in roots.items():
            before = state_of(work)
            done = run(lab, work, work.path(root), work.path(f"{root}.csv"))
            what = reason(fr=f"avec la ligne « {line} », le script", en=f'with the line "{line}" the script')
            assert_deleted(before, state_of(work), [f"{root}/La Lune/décor.svg~"], what)
            assert_ends_with(done, 1, what)
            assert re.search(r"(?<!\d)3(?!\d)", done.stderr.replace(work.path(), "")), reason(
                fr=f"{what} ne donne pas le numéro de la ligne, 3, sur la sortie d'erreur : {quoted(done.stderr)}",
                en=f"{what} does not give the line's number, 3, on standard error: {quoted(done.stderr)}",
            )
            assert_counts(done, 1, what)


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Sans racine, sans liste, ou avec un argument de travers, le script refuse tout et n'efface rien.",
    en="Without a root or a list, or with a wrong argument, the script refuses everything and deletes nothing.",
    host="srv1",
    lock="script",
    timeout=60,
)
def test_refuses_bad_arguments(lab):
    lines = ("La Lune;~", "Théâtre du Vent;.tmp")
    with lab.workspace("srv1", files(lines, "\n"), user=ACCOUNT) as work:
        root, csv = work.path("Dossiers de passage"), work.path("liste.csv")
        wrong = (
            *([], [root], ["", csv], [root, ""], [root, csv, ""], ["/", csv], [csv, csv], [f"{root}/nulle part", csv]),
            *([root, work.path("absente.csv")], [root, root], ["--vite", root, csv], ["--essai", csv]),
        )
        before = state_of(work)
        for arguments in wrong:
            done = run(lab, work, *arguments)
            given = " ".join(f"'{one.replace(work.path(), '…')}'" for one in arguments)
            what = reason(fr=f"avec les arguments ({given}), le script", en=f"with the arguments ({given}) the script")
            assert_deleted(before, state_of(work), (), what)
            assert_ends_with(done, 2, what)
            assert done.stderr.strip(), reason(
                fr=f"{what} n'écrit rien sur la sortie d'erreur", en=f"{what} writes nothing to standard error"
            )


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="À l'essai, le script nomme ce qu'il effacerait et n'efface rien ; la seconde fois, il n'y a plus rien à faire.",
    en="On trial, the script names what it would delete and deletes nothing; run twice, there is nothing left to do.",
    host="srv1",
    lock="script",
)
def test_can_be_tried(lab):
    with lab.workspace("srv1", files((*LIST, ";", "")), user=ACCOUNT) as work:
        root, csv, before = work.path("Dossiers de passage"), work.path("liste.csv"), state_of(work)
        trial = reason(fr="l'essai", en="the trial")
        second = reason(fr="la seconde fois, le script", en="the second time the script")
        done = run(lab, work, "--essai", root, csv)
        assert_deleted(before, state_of(work), (), trial)
        assert_ends_with(done, 1, trial)
        assert_counts(done, len(GONE), trial)
        named, wanted = lines_in(done.stdout.strip("\r\n"))[:-1], sorted(below(GONE, root))
        assert sorted(line.strip("\r\n") for line in named) == wanted, reason(
            fr=f"l'essai ne nomme pas les {len(wanted)} fichiers, par leur chemin entier, un par ligne",
            en=f"the trial does not name the {len(wanted)} files by their whole path, one a line",
        )
        first = run(lab, work, root, csv)
        assert_deleted(before, state_of(work), below(GONE, "Dossiers de passage"), THE_RUN)
        assert_ends_with(first, 1, THE_RUN)
        before = state_of(work)
        again = run(lab, work, root, csv)
        assert_deleted(before, state_of(work), (), second)
        assert_ends_with(again, 1, second)
        assert_counts(again, 0, second)


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Un fichier qui ne se laisse pas effacer est signalé, n'est pas compté, et n'arrête pas la suite.",
    en="A file that cannot be deleted is reported, is not counted, and does not stop the rest.",
    host="srv1",
    lock="script",
)
def test_goes_on_after_a_failure(lab):
    with lab.workspace("srv1", files(LIST), user=ACCOUNT) as work:
        root, before = work.path("Dossiers de passage"), state_of(work)
        work.run(["chmod", "0555", f"{root}/Théâtre du Vent/sous  dossier"])
        done = run(lab, work, root, work.path("liste.csv"))
        stuck = "Théâtre du Vent/sous  dossier/acte 2.tmp"
        gone = below({name: one for name, one in GONE.items() if name != stuck}, "Dossiers de passage")
        assert_deleted(before, state_of(work), gone, THE_RUN)
        assert_ends_with(done, 1, THE_RUN)
        assert "acte 2.tmp" in done.stderr, reason(
            fr=f"la sortie d'erreur ne nomme pas le fichier qui reste : {quoted(done.stderr)}",
            en=f"standard error does not name the file that is left: {quoted(done.stderr)}",
        )
        assert_counts(done, len(gone), THE_RUN)


@check(
    "objective",
    points=2,
    competence="2.5",
    fr="Dans /srv/passage, les restes de la liste sont effacés.",
    en="In /srv/passage, the leftovers of the list are deleted.",
    host="srv1",
    lock="",
)
def test_production_is_tidied(lab):
    host, remains = lab.host("srv1"), lab.values["remains"]
    gone = (*ALWAYS, *(f"compagnie-du-phare/{name}" for name in LEFT_BEHIND[remains]))
    there = concurrently(lambda name: host.file(f"{PASSAGE}/{name}").exists, gone)
    left = [name for name, exists in zip(gone, there, strict=True) if exists]
    assert not left, reason(fr=f"encore dans {PASSAGE} : {listed(left)}", en=f"still in {PASSAGE}: {listed(left)}")


@check(
    "guard",
    points=1,
    competence="2.5",
    fr="Dans /srv/passage, rien d'autre n'a disparu ; la liste et l'ancien script sont là, tels quels ; seul root peut "
    "changer le nouveau.",
    en="In /srv/passage nothing else is gone; the list and the old script are there, as they were; only root may "
    "change the new one.",
    host="srv1",
    lock="",
)
def test_the_rest_is_untouched(lab):
    host, remains = lab.host("srv1"), lab.values["remains"]
    others = [f"compagnie-du-phare/{name}" for end, names in LEFT_BEHIND.items() if end != remains for name in names]

    def untouched(name):
        file = host.file(f"{PASSAGE}/{name}")
        assert file.is_file, reason(fr=f"{name} a disparu", en=f"{name} is gone")
        assert file.content_string.strip() == HOUSE.get(name, "reste"), reason(
            fr=f"{name} a été changé", en=f"{name} was changed"
        )

    concurrently(untouched, [*HOUSE, *others])
    for path, is_as_it_was in ((HOUSE_LIST, has_its_lines), (OLD_SCRIPT, lambda text, _lab: "rm -rfv *$fin" in text)):
        file = host.file(path)
        kept = file.is_file and is_as_it_was(file.content_string, lab)
        assert kept, reason(fr=f"{path} n'est plus tel quel", en=f"{path} is not as it was any more")
    own = host.file(script(lab))
    if own.exists:
        owner, path = own.user, script(lab)
        assert owner == "root", reason(fr=f"{path} appartient à {owner}", en=f"{path} belongs to {owner}")
        assert not own.mode & 0o022, reason(
            fr=f"d'autres que root peuvent écrire dans {path}", en=f"users other than root can write to {path}"
        )
