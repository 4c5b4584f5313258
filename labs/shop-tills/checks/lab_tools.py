"""The tills of the Montbrun bakeries: how each is, what it sells, its version, who asked it and who fetched what."""

import re

from grader import concurrently, lines_in, reason, scaled_timeout

TILLS = tuple(f"caisse{number}" for number in range(1, 11))
PRICES = {"BAG": 125, "TRA": 140, "CRO": 130, "PAC": 145, "CAM": 320, "TAR": 460, "CAF": 160}
"""What things cost in every shop, in cents."""
SHOPS = {
    "caisse1": "Saint-Roch",
    "caisse2": "Les Halles",
    "caisse3": "Gare",
    "caisse4": "Beauséjour",
    "caisse5": "Pont-Neuf",
    "caisse6": "Mairie",
    "caisse7": "Les Tanneurs",
    "caisse8": "Hôpital",
    "caisse9": "Port",
    "caisse10": "Clairval",
}


def asked(lab, till, *paths):
    """Return what a till answers to an observer on the network, a line for each path; nothing where it is silent."""
    urls = [f"http://{lab.address(till)}:8080{path}" for path in paths]
    done = lab.probe("lan").ask(["curl", "--silent", "--max-time", str(scaled_timeout(5)), *urls], timeout=60)
    return [line.strip() for line in lines_in(done.stdout)] if done.status == 0 else []


def assert_healthy(lab, tills, version):
    """Tills say that they are well, in a version, and it is the package's own program that says so."""

    def health(till):
        return " ".join(asked(lab, till, "/sante"))

    for till, said in zip(tills, concurrently(health, tills), strict=True):
        assert said == f"ok {version}", reason(
            fr=f"{till} répond « {said or 'rien'} » au lieu de « ok {version} »",
            en=f'{till} answers "{said or "nothing"}" instead of "ok {version}"',
        )


def package(lab, till, name):
    """Return a package's version on a till, what is wanted of it and how far it is, as dpkg records it."""
    status = lab.host(till).file("/var/lib/dpkg/status").content_string
    (record,) = [one for one in status.split("\n\n") if one.startswith(f"Package: {name}\n")] or [""]
    found = dict(re.findall(r"^(Version|Status): (.*)$", record, re.MULTILINE))
    want, _, state = found.get("Status", "deinstall ok not-installed").split()
    return found.get("Version", ""), want, state


def assert_sells(lab, tills):
    """Tills know every price."""

    def prices(till):
        return asked(lab, till, *(f"/prix/{code}" for code in PRICES))

    for till, known in zip(tills, concurrently(prices, tills), strict=True):
        should, has = ", ".join(map(str, PRICES.values())), ", ".join(known)
        assert has == should, reason(
            fr=f"{till} : les prix sont {has or 'inconnus'}, au lieu de {should}",
            en=f"{till}: the prices are {has or 'not known'} instead of {should}",
        )


def settings(lab, till):
    """Return a till's settings by name."""
    text = lab.host(till).file("/etc/caisse/caisse.conf").content_string
    return dict(line.split("=", 1) for line in lines_in(text) if "=" in line and not line.startswith("#"))


def fetched(lab, name):
    """Return when each host's address first fetched a file of the depot's pool, in seconds since 1970, by its log."""
    times = {}
    for line in lines_in(lab.host("depot1").file("/var/log/nginx/depot.log").content_string):
        found = re.fullmatch(rf"(\d+\.\d+) (\S+) 20[06] GET /pool/{re.escape(name)}", line.strip())
        if found:
            times.setdefault(found[2], float(found[1]))
    return times


def health_asked(lab, till):
    """Return when adm1 asked for a till's health, and what was answered, by the till's log."""
    log = lab.host(till).file("/var/log/caisse/sante.log")
    rows = [line.split(" ", 2) for line in lines_in(log.content_string)] if log.exists else []
    return [(float(row[0]), row[2]) for row in rows if len(row) == 3 and row[1] in {lab.address("adm1")}]
