"""Do two people of a department work in its folder together again, and nobody else?"""

import re
import secrets

from grader import check, concurrently, reason
from lab_tools import NO_TICKET, with_ticket, words_of

PASSWORDS = {
    "hmarchand": "Velin-7310",
    "ylegoff": "Offset-4625",
    "nbrunet": "Cyan-58147",
    "mcarre": "Magenta-930",
    "sdasilva": "Pantone-286",
}
PEOPLE = {"prepresse": ("mcarre", "nbrunet"), "comptabilite": ("hmarchand", "sdasilva")}
"""Who works in a share: the one who puts something there, and the one who writes to us."""
DOCUMENTS = {"prepresse": "catalogue-jardins.txt", "comptabilite": "factures-2026-10.csv"}
PCS = ("pc2", "pc1")
SHARES = "/srv/partages"
OURS = "essai-"
"""How the names of what a check puts there begin."""


def at_work(lab, pc, login, share, orders):
    """Give a share orders as a person does, with a ticket; return what was said, and what was refused."""
    script = (
        f'cd "$cache" && echo {secrets.token_hex(4)} >f && '
        f"smbclient --use-kerberos=required //files1.{lab.domain}/{share} -c '{orders}' 2>&1"
    )
    done = with_ticket(lab, pc, login, PASSWORDS[login], script)
    assert done.status != NO_TICKET, reason(
        fr=f"{login} n'obtient pas de ticket sur {pc} : {words_of(done)}",
        en=f"{login} gets no ticket on {pc}: {words_of(done)}",
    )
    return done, re.findall(r"^.*NT_STATUS_.*$", done.stdout, re.MULTILINE)


def assert_does(lab, pc, login, share, orders):
    """A person does something in a share, and nothing of it is refused."""
    _, refused = at_work(lab, pc, login, share, orders)
    assert not refused, reason(
        fr=f"{login} sur {pc}, partage {share} : {refused[0].strip()}",
        en=f"{login} on {pc}, share {share}: {refused[0].strip()}",
    )


def content(lab, share):
    """Return what is in a share's folder, but for what the checks themselves put there."""
    found = lab.host("files1").file(f"{SHARES}/{share}").tree()
    return [entry for entry in found if not entry.path.startswith(OURS)]


@check(
    "symptom",
    points=4,
    competence="2.3",
    fr="Ce que l'un dépose dans {{ share }}, l'autre l'enregistre, le renomme et le supprime, dans les deux sens.",
    en="What one of them puts into {{ share }} the other one saves, renames and deletes, both ways.",
    before_fr="Ce que l'un dépose dans {{ share }}, l'autre ne peut pas s'en servir.",
    before_en="What one of them puts into {{ share }} is of no use to the other.",
    because="NT_STATUS_ACCESS_DENIED",
    host="files1",
    lock="share",
    timeout=180,
)
def test_both_work(lab):
    share, mark = lab.values["share"], f"{OURS}{secrets.token_hex(4)}"
    (first, there), (second, here) = zip(PEOPLE[share], PCS, strict=True)
    files1 = lab.host("files1")
    try:
        assert_does(lab, there, first, share, f"put f {mark}.txt; mkdir {mark}; put f {mark}/a.txt; put f {mark}/b.txt")
        taken_up = (
            f"put f {mark}.txt; rename {mark}.txt {mark}.old; del {mark}.old; put f {mark}/a.txt; del {mark}/b.txt"
        )
        assert_does(lab, here, second, share, f"{taken_up}; put f {mark}/c.txt; put f {mark}.txt")
        given_back = (
            f"put f {mark}.txt; rename {mark}.txt {mark}.old; put f {mark}/c.txt; rename {mark}/c.txt {mark}/d.txt"
        )
        assert_does(lab, there, first, share, given_back)
        made = [one for one in files1.file(f"{SHARES}/{share}").tree() if one.path.startswith(mark)]
        owners = {one.path.removeprefix(mark): one.uid for one in made}
        whose = {name: files1.user(name).uid for name in (first, second)}
        for path, login in ((".old", second), ("/a.txt", first), ("/d.txt", second)):
            assert owners.get(path) == whose[login], reason(
                fr=f"un fichier que {login} a déposé dans {share} n'est plus à son nom",
                en=f"a file that {login} has put into {share} is no longer in that person's name",
            )
        group = files1.file(f"{SHARES}/{share}").gid
        strange = [one.path for one in made if one.gid != group or one.mode & 0o007]
        assert not strange, reason(
            fr=f"un nouveau fichier de {share} n'est pas au seul groupe du service",
            en=f"a new file in {share} is not the department's group's alone",
        )
    finally:
        files1.run("find %s -mindepth 1 -maxdepth 1 -name %s -exec rm -r -- {} +", f"{SHARES}/{share}", f"{mark}*")


@check(
    "symptom",
    points=2,
    competence="2.3",
    fr="Les documents qui sont déjà dans {{ share }} peuvent être repris par les deux.",
    en="Both of them can go on with the documents that are in {{ share }} already.",
    before_fr="Les documents qui sont dans {{ share }} ne peuvent pas être repris.",
    before_en="Nobody can go on with the documents that are in {{ share }}.",
    because="NT_STATUS_ACCESS_DENIED",
    host="files1",
    lock="share",
    timeout=180,
)
def test_documents(lab):
    share = lab.values["share"]
    there = content(lab, share)
    files = [one.path for one in there if one.kind == "file"]
    assert DOCUMENTS[share] in files, reason(
        fr=f"{DOCUMENTS[share]} n'est plus dans {share}", en=f"{DOCUMENTS[share]} is no longer in {share}"
    )
    held = lab.host("files1").file(f"{SHARES}/{share}/{DOCUMENTS[share]}")
    assert held.size > 0, reason(fr=f"{DOCUMENTS[share]} est vide", en=f"{DOCUMENTS[share]} is empty")
    quoted = [path for path in files if not set(path) & set("'\";")]
    orders = [
        f'get "{path}" g; put g "{path}"; rename "{path}" "{path}.essai"; rename "{path}.essai" "{path}"'
        for path in quoted
    ]
    for login, pc in zip(PEOPLE[share], PCS, strict=True):
        assert_does(lab, pc, login, share, "; ".join(orders))


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Les autres services n'ouvrent toujours pas {{ share }}, et gardent leurs propres dossiers.",
    en="Other departments still cannot open {{ share }}, and keep folders of their own.",
    host="files1",
    lock="",
    timeout=120,
)
def test_others(lab):
    share = lab.values["share"]
    other = next(name for name in PEOPLE if name != share)
    strangers = ((PEOPLE[other][1], "pc1"), ("ylegoff", "pc2"))

    def is_kept_out(who):
        login, pc = who
        _, refused = at_work(lab, pc, login, share, "ls")
        assert any("NT_STATUS_ACCESS_DENIED" in line for line in refused), reason(
            fr=f"{login}, d'un autre service, ouvre {share}", en=f"{login} of another department opens {share}"
        )

    def goes_on(work):
        name, login, pc = work
        essai = f"{OURS}{secrets.token_hex(4)}.txt"
        assert_does(lab, pc, login, name, f"put f {essai}; del {essai}")

    concurrently(is_kept_out, strangers)
    concurrently(goes_on, ((other, PEOPLE[other][1], "pc1"), ("commun", "ylegoff", "pc2")))
