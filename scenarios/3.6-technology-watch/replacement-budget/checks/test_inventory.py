"""Does the inventory say what is on each host and until when, in the right order, and is all else as it was?"""

import re

from grader import check, lines_in, reason

PATH = "/srv/veille/inventaire.csv"
ROLES = {
    "first": "2025-11-13",
    "second": "2026-11-12",
    "third": "2027-05-13",
    "fourth": "2027-11-11",
    "fifth": "2028-05-12",
}
"""When the support of each ends, by role, in the order of replacement."""


def wanted(lab):
    """Return each host's version and date, in the order of replacement."""
    return {lab.values[role]: (lab.values[f"{role}_version"], day) for role, day in ROLES.items()}


def date_of(text):
    """Return a date as 2027-01-31, whichever way round its writer has it."""
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else text


def rows(lab):
    """Return the inventory's rows: host, version, date; a heading and empty lines are none."""
    file = lab.host("pc1").file(PATH)
    assert file.is_file, reason(fr=f"il n'y a pas de {PATH} sur pc1", en=f"there is no {PATH} on pc1")
    found = []
    for line in lines_in(file.content_string.removeprefix("\ufeff")):
        cells = [cell.strip().strip('"').strip() for cell in re.split(r"[;,\t]", line)]
        name = cells[0].lower().removesuffix(f".{lab.domain}")
        if name in wanted(lab):
            found.append((name, *[*cells[1:], "", ""][:2]))
    return found


@check(
    "objective",
    points=4,
    competence="3.6",
    fr="L'inventaire a une ligne pour chacune des cinq machines, avec la version qui y est en place.",
    en="The inventory has a line for each of the five machines, with the version that is in place there.",
    before_fr="L'inventaire ne dit pas quelle version est en place sur chaque machine.",
    before_en="The inventory does not say which version is in place on each machine.",
    because="there is no",
    lock="",
)
def test_versions(lab):
    truth, found = wanted(lab), rows(lab)
    names = sorted(name for name, *_ in found)
    assert names == sorted(truth), reason(
        fr=f"il y a {len(names)} lignes, pour {len({*names})} machines sur cinq",
        en=f"there are {len(names)} lines, for {len({*names})} machines out of five",
    )
    wrong = [name for name, version, _ in found if version.lower().removeprefix("kestrel").strip() != truth[name][0]]
    count = len(wrong)
    assert not wrong, reason(
        fr=f"lignes dont la version n'est pas celle qui est en place : {count}",
        en=f"lines whose version is not the one in place: {count}",
    )


@check(
    "objective",
    points=4,
    competence="3.6",
    fr="Il dit jusqu'à quand chaque machine est maintenue, contrat compris.",
    en="It says until when each machine is supported, contracts included.",
    before_fr="L'inventaire ne dit pas jusqu'à quand chaque machine est maintenue.",
    before_en="The inventory does not say until when each machine is supported.",
    because="there is no",
    lock="",
)
def test_dates(lab):
    truth, found = wanted(lab), rows(lab)
    right = {name for name, _, day in found if date_of(day) == truth[name][1]}
    wrong = len(truth) - len(right)
    assert not wrong, reason(
        fr=f"machines dont la fin de maintenance manque ou n'est pas la bonne : {wrong}",
        en=f"machines whose end of support is missing or is not the right one: {wrong}",
    )


@check(
    "objective",
    points=2,
    competence="3.6",
    fr="Ses lignes sont dans l'ordre où il faudra remplacer les machines.",
    en="Its lines are in the order in which the machines will have to be replaced.",
    before_fr="On ne lit pas dans l'inventaire par quelle machine commencer.",
    before_en="The inventory does not tell which machine to begin with.",
    because="there is no",
    lock="",
)
def test_order(lab):
    names = [name for name, *_ in rows(lab)]
    assert names == [*wanted(lab)], reason(
        fr="les lignes ne sont pas dans l'ordre des remplacements, ou pas au complet",
        en="the lines are not in the order of replacement, or not complete",
    )


@check(
    "guard",
    points=2,
    competence="3.6",
    fr="Les agents, leurs licences et les documents de référence sont tels qu'ils étaient.",
    en="The agents, their licences and the reference documents are what they were.",
    before_fr="Un agent, une licence ou un document de référence n'est plus ce qu'il était.",
    before_en="An agent, a licence or a reference document is no longer what it was.",
    lock="",
)
def test_nothing_else_changed(lab):
    for host in wanted(lab):
        for folder in ("/opt/kestrel", "/etc/kestrel"):
            changed = lab.altered(host, folder)
            assert not changed, reason(
                fr=f"{host} : {changed[0]} n'est plus ce que c'était", en=f"{host}: {changed[0]} is not what it was"
            )
    changed = [path for path in lab.altered("pc1", "/srv/veille") if not path.endswith("/inventaire.csv")]
    assert not changed, reason(
        fr=f"pc1 : {changed[0]} n'est plus ce que c'était", en=f"pc1: {changed[0]} is not what it was"
    )
