"""Is the program where the note wants it, as the note wants it, and nowhere else?"""

import re
import secrets

from grader import check, lines_in, reason
from lab_tools import (
    QUEUES,
    as_account,
    assert_conforms,
    assert_documents,
    assert_prints,
    assert_round_is_shown,
    listed,
    said,
)

VERSIONS = {"pesage": "3.1.0-1", "pesage-postes": "1.2.0-1"}


def wanted(lab):
    """Return each workstation that gets the program, with its number and the printer of its slips."""
    values = lab.values
    numbers = {"pc1": values["office"], "pc2": values["cellar"], "pc3": values["shop"]}
    return {
        values["first"]: (numbers[values["first"]], values["first_printer"]),
        values["second"]: (numbers[values["second"]], values["second_printer"]),
    }


def members(lab, pc):
    """Return who is in the group of those who weigh, by whatever line; None where there is no such group."""
    host = lab.host(pc)
    group = re.search(r"^pesage:[^:]*:(\d+):(.*)$", host.file("/etc/group").content_string, re.MULTILINE)
    if group is None:
        return None
    first = re.findall(rf"^([^:]+):[^:]*:\d+:{group[1]}:", host.file("/etc/passwd").content_string, re.MULTILINE)
    return sorted({*filter(None, group[2].split(",")), *first})


@check(
    "objective",
    points=3,
    competence="1.2",
    fr="pesage est installé sur {{ first }} et {{ second }}, depuis l'archive, dans sa version la plus récente.",
    en="pesage is installed on {{ first }} and {{ second }}, from the archive, in its newest version.",
    because="is not installed",
)
def test_installed(lab):
    for pc in wanted(lab):
        for name, version in VERSIONS.items():
            package = lab.host(pc).package(name)
            assert package.is_installed, reason(
                fr=f"{pc} : le paquet {name} n'est pas installé", en=f"{pc}: the package {name} is not installed"
            )
            assert package.version == version, reason(
                fr=f"{pc} : {name} est à la version {package.version}, et non à la {version}",
                en=f"{pc}: {name} has version {package.version}, not {version}",
            )
            rows = lines_in(lab.host(pc).run("dpkg --verify %s", name).stdout)
            altered = [row for row in rows if " c " not in row]
            assert not altered, reason(
                fr=f"{pc} : ce n'est pas ce que {name} a apporté : {listed(altered)}",
                en=f"{pc}: this is not what {name} brought: {listed(altered)}",
            )


@check(
    "objective",
    points=4,
    competence="1.2",
    fr="Sur les deux postes, le compte note une pesée avec son numéro, et le bon sort de la bonne imprimante.",
    en="On both workstations the account writes a weighing down with its number; the slip comes out of its printer.",
    because="cannot weigh",
    timeout=180,
)
def test_slip_comes_out(lab):
    srv1 = lab.host("srv1")
    for pc, (number, printer) in wanted(lab).items():
        batch = f"essai{secrets.token_hex(4)}"
        assert lab.host(pc).file("/usr/bin/pesage").exists, reason(
            fr=f"{pc} : utilisateur ne peut pas peser : il n'y a pas de pesage",
            en=f"{pc}: utilisateur cannot weigh: there is no pesage",
        )
        done = as_account(lab, pc, f"pesage {batch} 12.5 || exit 1")  # one that cannot be run is no tool of ours
        try:
            assert done.rc == 0, reason(
                fr=f"{pc} : utilisateur ne peut pas peser : {said(done)}",
                en=f"{pc}: utilisateur cannot weigh: {said(done)}",
            )
            journal = lab.host(pc).file("/var/lib/pesage/journal.csv").content_string
            row = next((line for line in lines_in(journal) if f";{batch};" in line), "")
            assert row.split(";")[1:2] == [number], reason(
                fr=f"{pc} : la pesée est notée « {row} », et non avec le poste {number}",
                en=f'{pc}: the weighing is written down as "{row}", not with the number {number}',
            )
        finally:
            lab.host(pc).run("sed -i /%s/d /var/lib/pesage/journal.csv", batch)

        def slips(batch=batch):
            return [one.path for one in srv1.file("/srv/impressions").tree() if batch in one.path and "pdf" in one.path]

        nothing = reason(fr=f"{pc} : le bon ne sort d'aucune imprimante", en=f"{pc}: the slip comes out of no printer")
        (slip, *_) = lab.wait(slips, within=20, every=0.2, what=nothing)
        where = slip.rpartition("/")[0].rpartition("/")[2]
        assert where == printer, reason(
            fr=f"{pc} : le bon sort de l'imprimante {where}, et non de {printer}",
            en=f"{pc}: the slip comes out of the printer {where}, not of {printer}",
        )


@check(
    "objective",
    points=3,
    competence="1.2",
    fr="Sur les deux postes, seul utilisateur est dans le groupe pesage, et seul root écrit les réglages.",
    en="On both workstations nobody but utilisateur is in the group pesage, and only root writes the settings.",
    because="there is no group",
)
def test_who_may_weigh(lab):
    for pc in wanted(lab):
        found = members(lab, pc)
        assert found is not None, reason(
            fr=f"{pc} : il n'y a pas de groupe pesage", en=f"{pc}: there is no group pesage"
        )
        assert found == ["utilisateur"], reason(
            fr=f"{pc} : dans le groupe pesage : {listed(found)}", en=f"{pc}: in the group pesage: {listed(found)}"
        )
        for path, kept in (("/var/lib/pesage", 0o2770), ("/etc/pesage.conf", 0o644)):
            file = lab.host(pc).file(path)
            assert file.mode & ~kept == 0, reason(
                fr=f"{pc} : trop de monde peut écrire dans {path} ({file.mode:04o})",
                en=f"{pc}: too many people may write to {path} ({file.mode:04o})",
            )
            assert file.user == "root", reason(
                fr=f"{pc} : {path} appartient à {file.user}", en=f"{pc}: {path} belongs to {file.user}"
            )
        assert lab.host(pc).file("/etc/pesage.conf").mode & 0o044 == 0o044, reason(
            fr=f"{pc} : tout le monde ne peut pas lire /etc/pesage.conf",
            en=f"{pc}: not everybody can read /etc/pesage.conf",
        )


@check(
    "guard",
    points=2,
    competence="1.2",
    fr="{{ left_out }} n'a rien de pesage.",
    en="{{ left_out }} has nothing of pesage.",
    host="{{ left_out }}",
)
def test_left_out(lab):
    pc = lab.values["left_out"]
    there = [name for name in VERSIONS if lab.host(pc).package(name).is_installed]
    there += [
        path for path in ("/usr/bin/pesage", "/etc/pesage.conf", "/var/lib/pesage") if lab.host(pc).file(path).exists
    ]
    assert not there, reason(fr=f"{pc} a {listed(there)}", en=f"{pc} has {listed(there)}")
    assert members(lab, pc) is None, reason(fr=f"{pc} a un groupe pesage", en=f"{pc} has a group pesage")


@check(
    "guard",
    points=2,
    competence="1.2",
    fr="Tous les postes sont conformes à la norme comme avant : imprimante, programmes, dossiers.",
    en="All workstations comply with the standard as before: printer, programs, folders.",
    timeout=240,
)
def test_standard_is_kept(lab):
    for pc in QUEUES:
        assert_conforms(lab, pc)
        assert_documents(lab, pc)
        assert_round_is_shown(lab, pc)
        assert_prints(lab, pc)
