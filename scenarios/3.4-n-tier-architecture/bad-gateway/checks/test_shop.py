"""Does the shop work again for its users, with both application servers and for good, and is the rest as it was?"""

import re
from collections import Counter
from http import HTTPStatus
from pathlib import PurePosixPath

import pytest

from grader import check, lines_in, reason
from lab_tools import (
    answer_of,
    assert_data_is_whole,
    assert_order_is_stored,
    assert_proxy_is_nginx,
    assert_service_lasts,
    assert_shop_opens,
    fresh_order,
)

APPLICATIONS = ("app1", "app2")
PORT = 8000
PAGES = 12
"""Requests of which each server is to have served one at least."""
GATEWAY = "502"
"""What the proxy answers when it has asked both servers, and neither answered."""


def assert_serves_by_itself(lab, server, path, customer):
    """The name in the proxy's header is the proxy's word: ask the application server, on whichever port it was put."""
    port = next((p for p in (PORT, lab.values["port"]) if lab.listener(server, p).units == {"shop.service"}), None)
    assert port, reason(
        fr=f"{server} : le service shop n'écoute à aucun port", en=f"{server}: the service shop holds no port"
    )
    page = lab.probe("application").http_get(f"http://{lab.address(server)}:{port}{path}")
    assert customer in page.body, reason(
        fr=f"{server} ne montre pas une commande qui vient d'être passée : il {answer_of(page)}",
        en=f"{server} does not show an order that has just been placed: it {answer_of(page)}",
    )


def received(lab, server):
    """Return how many TCP segments a host has received: its kernel's count, read from outside."""
    counts = lab.host(server).file("/proc/1/net/snmp").content_string
    names, values = (line.split() for line in lines_in(counts) if line.startswith("Tcp:"))
    return int(values[names.index("InSegs")])


def origin_of(page, name, server, asked):
    """Return what came in the place of a page of a server: its status, and from whom."""
    status = str(page.status) if page else page.problem
    if not name:
        return status
    if name == server and not asked:
        return reason(
            fr=f"{status} par {name}, qui n'a pas été interrogé", en=f"{status} from {name}, which was not asked"
        )
    return reason(fr=f"{status} par {name}", en=f"{status} from {name}")


@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="La boutique s'ouvre sur le poste {{ user.full | de }} (pc1).",
    en="The shop opens on {{ user.full }}'s workstation (pc1).",
    before_fr="Sur le poste {{ user.full | de }} (pc1), la boutique affiche une erreur.",
    before_en="On {{ user.full }}'s workstation (pc1) the shop shows an error.",
    because="502",
)
def test_shop_opens(lab):
    assert_shop_opens(lab)


@check(
    "symptom",
    points=3,
    competence="3.4",
    fr="Une commande passée depuis les bureaux est enregistrée dans la base, et la boutique la montre.",
    en="An order placed from the office is stored in the database, and the shop shows it.",
    before_fr="Impossible de passer une commande.",
    before_en="No order can be placed.",
    because="502",
)
def test_order_is_stored(lab):
    assert_proxy_is_nginx(lab)
    assert_order_is_stored(lab)


@pytest.mark.parametrize("server", APPLICATIONS)
@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="{{ server }} sert sa part des pages, par son service, qui démarre avec la machine.",
    en="{{ server }} serves its share of the pages, by its service, which starts with the host.",
    before_fr="Aucune page ne vient {{ server | de }}.",
    before_en="No page comes from {{ server }}.",
    host="web1",
    # nginx takes the servers in turn: two checks that ask it at one pace, side by side, would each meet one alone.
    lock="pages in turn",
    because="served none of",
)
def test_server_takes_its_share(lab, server):
    office = lab.probe("office")
    with fresh_order(lab) as (path, customer):
        answers = Counter()

        def serves():
            answers.clear()
            while answers.total() < PAGES and not answers[GATEWAY]:
                before = received(lab, server)
                page = office.http_get(f"http://{lab.address('web1')}{path}")
                name = page.headers.get("x-served-by")
                asked = received(lab, server) > before
                if name == server and customer in page.body and asked:
                    return True
                answers[GATEWAY if page.status == HTTPStatus.BAD_GATEWAY else origin_of(page, name, server, asked)] += 1
            seen = ", ".join(f"{number} × {answer}" for answer, number in answers.most_common() if number)
            raise AssertionError(
                reason(
                    fr=f"{server} n'a servi aucune des pages demandées ({seen})",
                    en=f"{server} served none of the pages asked for ({seen})",
                )
            )

        def in_vain():
            if not lab.host(server).service("shop").is_running:
                return reason(
                    fr=f"le service shop ne fonctionne pas sur {server}",
                    en=f"the service shop does not run on {server}",
                )
            return answers[GATEWAY] and reason(
                fr="nginx n'obtient de réponse d'aucun des deux serveurs", en="nginx gets an answer from neither server"
            )

        # For a moment after a reload, nginx still answers by its old settings.
        lab.wait(serves, within=2, unless=in_vain)
        assert_serves_by_itself(lab, server, path, customer)
    assert_proxy_is_nginx(lab)
    assert_service_lasts(lab, server, "shop")


def processes_of(lab, server):
    """Return the processes that hold the shop's port, on whichever one it was put."""
    return [process for port in (PORT, lab.values["port"]) for process in lab.listener(server, port).processes]


def program_folders(lab, server):
    """Return where the shop's program and settings are read from, without any link in the paths."""
    host = lab.host(server)
    service = host.service("shop")
    command = str(service.systemd_property("Service.ExecStart")) + str(service.systemd_property("Service.Environment"))
    named = re.findall(r"(?:PYTHONPATH=|--(?:chdir|pythonpath)[=', ]+)(/[\w./,:-]+)", command)
    paths = {"/opt/shop", "/etc/shop", service.systemd_property("Service.WorkingDirectory").lstrip("!-")}
    paths |= {path for value in named for path in re.split("[,:]", value)}
    paths |= {host.run("readlink -f %s", f"/proc/{p.pid}/cwd").stdout.strip() for p in processes_of(lab, server)}
    found = {host.file(path).linked_to for path in paths if path.startswith("/") and host.file(path).is_directory}
    return sorted(found - {"/"})


def written_by_others(server, path):
    """Return what is wrong with a file that others than root may change."""
    return reason(
        fr=f"{server} : d'autres que root peuvent modifier {path}",
        en=f"{server}: others than root may write {path}",
    )


@pytest.mark.parametrize("server", APPLICATIONS)
@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Sur {{ server }}, la boutique tourne sous son propre compte, qui ne peut pas réécrire son programme.",
    en="On {{ server }} the shop runs as its own account, which cannot rewrite its program.",
    host="{{ server }}",
    lock="",
)
def test_program_is_protected(lab, server):
    host = lab.host(server)
    service = host.service("shop")
    assert service.user == "shop", reason(
        fr=f"{server} : le service shop tourne sous le compte {service.user}",
        en=f"{server}: the service shop runs as {service.user}",
    )
    for name in ("SupplementaryGroups", "AmbientCapabilities"):
        assert not service.systemd_property(f"Service.{name}"), reason(
            fr=f"{server} : le service shop a reçu plus de droits : {name}",
            en=f"{server}: the service shop has been given more rights: {name}",
        )
    own, group = host.user("shop").uid, host.user("shop").gid
    for folder in program_folders(lab, server):
        for entry in host.file(folder).tree():
            loose = (entry.mode & 0o022 and entry.kind != "symlink") or entry.uid == own
            assert not loose, written_by_others(server, f"{folder}/{entry.path}")
        assert not host.file(folder).mode & 0o022, written_by_others(server, folder)
        for place in (folder, *map(str, PurePosixPath(folder).parents)):
            assert host.file(place).uid != own, reason(
                fr=f"{server} : {place} appartient à shop", en=f"{server}: {place} belongs to shop"
            )
    assert not host.file("/etc/shop/shop.env").mode & 0o007, reason(
        fr=f"{server} : tout le monde peut lire le mot de passe dans shop.env",
        en=f"{server}: everybody may read the password in shop.env",
    )
    for process in processes_of(lab, server):
        assert (process.uid, process.gid) == (own, group), reason(
            fr=f"{server} : {process.comm} tourne avec l'utilisateur n° {process.uid} et le groupe n° {process.gid},"
            f" au lieu de {own} et {group} (shop)",
            en=f"{server}: {process.comm} runs as user {process.uid} and group {process.gid},"
            f" not {own} and {group} (shop)",
        )


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="nginx tient le port 80 de web1 comme service, et démarre avec la machine.",
    en="nginx holds port 80 of web1 as a service, and starts with the host.",
    host="web1",
    lock="",
)
def test_proxy_is_a_service(lab):
    assert_service_lasts(lab, "web1", "nginx")
    units = lab.listener("web1", 80).units
    seen = ", ".join(sorted(units)) or reason(fr="personne", en="nobody")
    assert units == {"nginx.service"}, reason(
        fr=f"web1 : le port 80 est tenu par {seen}, au lieu de nginx.service",
        en=f"port 80 is held by {seen} instead of nginx.service",
    )
    assert_proxy_is_nginx(lab)


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Le catalogue et les anciennes commandes sont toujours dans la base.",
    en="The catalogue and the earlier orders are still in the database.",
    host="db1",
    lock="",
)
def test_data_is_whole(lab):
    assert_data_is_whole(lab)
