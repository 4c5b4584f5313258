"""Do exactly the hosts concerned run the corrected program, and is everything else as it was?"""

import secrets

from grader import check, concurrently, lines_in, reason
from lab_tools import QUEUES, assert_conforms, assert_documents, assert_nothing_unfinished, listed

HOSTS = ("srv1", "pc1", "pc2", "pc3")
PORTS = {"releves": 9310, "bascule": 9320}
PLACES = {"srv1": "fabrication", "pc1": "bureau", "pc2": "cave", "pc3": "magasin"}


def asked(lab, host, program, path):
    """Return what a host's program answers to somebody on the dairy's network."""
    return lab.probe("lan").http_get(f"http://{lab.address(host)}:{PORTS[program]}{path}")


def said(page):
    """Return an answer in words that follow a name and a colon."""
    if page:
        return reason(fr=f"statut {page.status}", en=f"status {page.status}")
    return reason(fr=f"pas de réponse ({page.problem})", en=f"no answer ({page.problem})")


def gives_away(lab, host, program):
    """Return whether somebody reads in a program's answer what another has asked before."""
    secret = secrets.token_hex(12)
    # Far behind what shorter requests, of other checks as well, would write over it.
    asked(lab, host, program, f"/mesure?{'x' * 600}{secret}")
    return secret in asked(lab, host, program, "/controle?longueur=4000&texte=ok").body


def version_of(lab, host, name):
    """Return the installed version of a package, as dpkg has it; nothing where it is not installed whole."""
    package = lab.host(host).package(name)
    return package.version if package.is_installed else ""


@check(
    "objective",
    points=4,
    competence="3.6",
    fr="Les machines touchées ont la version corrigée, celle de l'archive, installée entièrement.",
    en="The machines affected have the corrected version, the archive's, installed whole.",
    before_fr="Ce que l'avis demande d'installer ne l'est pas partout où il le demande.",
    before_en="What the notice asks for is not installed wherever it asks for it.",
    because="without the corrected version",
    lock="",
)
def test_corrected_version_is_installed(lab):
    program, concerned = lab.values["program"], (lab.values["first"], lab.values["second"])
    without = [host for host in concerned if version_of(lab, host, program) != lab.values["fixed"]]
    count = len(without)
    assert not without, reason(
        fr=f"machines touchées qui n'ont pas la version corrigée : {count}",
        en=f"machines affected, without the corrected version: {count}",
    )
    for host in concerned:
        altered = lines_in(lab.host(host).run("dpkg --verify %s", program).stdout)
        assert not altered, reason(
            fr=f"{host} : ce n'est pas ce que le paquet a apporté : {listed(altered)}",
            en=f"{host}: this is not what the package brought: {listed(altered)}",
        )


@check(
    "objective",
    points=4,
    competence="3.6",
    fr="Aucune machine ne renvoie plus à l'un ce qu'un autre a demandé.",
    en="No machine gives one person what another has asked for.",
    before_fr="Quelqu'un d'autre peut encore lire ce que l'on demande à une sonde ou à une balance.",
    before_en="What people ask a probe or a set of scales can still be read by somebody else.",
    because="that still give away",
    lock="",
    timeout=90,
)
def test_nothing_is_given_away(lab):
    pairs = [(host, program) for host in HOSTS for program in PORTS]
    found = concurrently(lambda pair: gives_away(lab, *pair), pairs)
    count = sum(found)
    assert not count, reason(
        fr=f"programmes, sur huit, qui renvoient encore les demandes des autres : {count}",
        en=f"programs out of eight that still give away the requests of others: {count}",
    )


@check(
    "objective",
    points=2,
    competence="3.6",
    fr="Sur les machines touchées, le service répond lui-même qu'il est à la version corrigée.",
    en="On the machines affected, the service itself answers that it is the corrected version.",
    before_fr="Un service répond encore avec une version qui n'est pas la bonne.",
    before_en="A service still answers with a version that is not the right one.",
    because="that answer otherwise",
    lock="",
)
def test_corrected_version_runs(lab):
    program, fixed = lab.values["program"], lab.values["fixed"]
    concerned = (lab.values["first"], lab.values["second"])
    pages = concurrently(lambda host: asked(lab, host, program, "/version"), concerned)
    count = sum(page.body.strip() != f"{program} {fixed}" for page in pages)
    assert not count, reason(
        fr=f"services, sur les machines touchées, qui répondent autre chose : {count}",
        en=f"services on the machines affected that answer otherwise: {count}",
    )


@check(
    "guard",
    points=3,
    competence="3.6",
    fr="Rien d'autre n'a changé de version : les sondes et les balances restent étalonnées.",
    en="Nothing else has changed version: probes and scales remain calibrated.",
    before_fr="Une sonde ou une balance est à réétalonner, alors que rien ne le demandait.",
    before_en="A probe or a set of scales has to be calibrated, though nothing asked for it.",
    lock="",
)
def test_others_keep_their_version(lab):
    values = lab.values
    program, patched = values["program"], values["patched"]
    kept = {
        (values["closed"], program): values["closed_version"],
        (values["older"], program): values["older_version"],
        **{(host, patched): values["backport"] for host in HOSTS},
    }
    for (host, name), version in kept.items():
        found = version_of(lab, host, name)
        assert found == version, reason(
            fr=f"{host} : {name} était à la version {version}, et a maintenant : {found or 'aucune'}",
            en=f"{host}: {name} had version {version}, and has now: {found or 'none'}",
        )
        page = asked(lab, host, name, "/version")
        assert page.body.strip() == f"{name} {version}", reason(
            fr=f"{host} : {name} ne répond plus comme avant ({said(page)})",
            en=f"{host}: {name} does not answer as before ({said(page)})",
        )


@check(
    "guard",
    points=2,
    competence="3.6",
    fr="Sondes et balances répondent sur les quatre machines, démarrent avec elles, et gardent leurs réglages.",
    en="Probes and scales answer on all four machines, start with them, and keep their settings.",
    before_fr="Une sonde ou une balance ne répond plus, ou n'a plus ses réglages.",
    before_en="A probe or a set of scales no longer answers, or has lost its settings.",
    lock="",
    timeout=90,
)
def test_programs_answer(lab):
    pairs = [(host, program) for host in HOSTS for program in PORTS]
    pages = concurrently(lambda pair: asked(lab, *pair, "/mesure"), pairs)
    for (host, program), page in zip(pairs, pages, strict=True):
        up = page.status == 200 and page.body.startswith(f"{PLACES[host]}: ")
        assert up, reason(fr=f"{host}, {program} : {said(page)}", en=f"{host}, {program}: {said(page)}")
        service = lab.host(host).service(program)
        assert service.is_running, reason(
            fr=f"{host} : {program} ne fonctionne pas", en=f"{host}: {program} does not run"
        )
        assert service.is_enabled, reason(
            fr=f"{host} : {program} ne démarre pas avec la machine", en=f"{host}: {program} does not start with it"
        )
    values = lab.values
    wanted = {(values["closed"], values["program"]): 403, (values["older"], values["program"]): 404}
    controls = concurrently(lambda pair: asked(lab, *pair, "/controle?longueur=2&texte=ok"), pairs)
    for (host, program), page in zip(pairs, controls, strict=True):
        assert page.status == wanted.get((host, program), 200), reason(
            fr=f"{host} : le contrôle de {program} n'est plus réglé comme avant ({said(page)})",
            en=f"{host}: the control of {program} is no longer set as before ({said(page)})",
        )


@check(
    "guard",
    points=1,
    competence="3.6",
    fr="Rien ne retient la mise à jour de lundi, et les postes sont conformes à la norme.",
    en="Nothing holds Monday's update back, and the workstations comply with the standard.",
    before_fr="La mise à jour de lundi ne passera pas partout, ou un poste n'est plus comme les autres.",
    before_en="Monday's update will not go through everywhere, or a workstation is no longer like the others.",
    timeout=180,
)
def test_monday_comes(lab):
    assert_nothing_unfinished(lab, "srv1")
    for pc in QUEUES:
        assert_conforms(lab, pc)
        assert_documents(lab, pc)
    for host in HOSTS:
        for program in PORTS:
            policy = lab.host(host).run("env LC_ALL=C apt-cache policy %s", program).stdout
            chosen = [line.split()[1] for line in lines_in(policy) if line.strip().startswith("Candidate:")]
            newest = lab.values["fixed"] if program == lab.values["program"] else lab.values["newest"]
            late = newest in policy and chosen != [newest]
            assert not late, reason(
                fr=f"{host} : apt ne prendrait pas {program} {newest}, mais {listed(chosen)}",
                en=f"{host}: apt would not take {program} {newest}, but {listed(chosen)}",
            )
