"""Does the shop work again for its users, with both application servers and for good, and is the rest as it was?"""

import re
from collections import Counter
from pathlib import PurePosixPath

import pytest

from grader import check, lines_in
from lab_tools import (
    assert_data_is_whole,
    assert_is_the_catalogue,
    assert_order_is_stored,
    assert_proxy_is_nginx,
    fresh_order,
)

APPLICATIONS = ("app1", "app2")
PORT = 8000


def assert_serves_by_itself(lab, server, path, customer):
    """The name in the proxy's header is the proxy's word: ask the application server, on whichever port it was put."""
    port = next((p for p in (PORT, lab.values["port"]) if lab.listener(server, p).units == {"shop.service"}), None)
    assert port, f"{server}: the service shop holds no port"
    page = lab.probe("application").http_get(f"http://{lab.address(server)}:{port}{path}")
    assert customer in page.body, f"{server} does not show an order of just now: {page.status or page.problem}"


def received(lab, server):
    """Return how many TCP segments a host has received: its kernel's count, read from outside."""
    counts = lab.host(server).file("/proc/1/net/snmp").content_string
    names, values = (line.split() for line in lines_in(counts) if line.startswith("Tcp:"))
    return int(values[names.index("InSegs")])


@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="La boutique s'ouvre sur le poste {{ user.full | de }} (pc1).",
    en="The shop opens on {{ user.full }}'s workstation (pc1).",
    because="502",
)
def test_shop_opens(lab):
    page = lab.client("pc1").http_get(f"http://boutique.{lab.domain}/")
    assert_is_the_catalogue(page)
    assert page.peer == lab.address("web1"), f"{page.peer} answers instead of web1"
    assert_proxy_is_nginx(lab)
    with fresh_order(lab) as (path, customer):
        order = lab.client("pc1").http_get(f"http://boutique.{lab.domain}{path}")
    assert customer in order.body, f"the shop does not show an order of just now: {order.status or order.problem}"


@check(
    "symptom",
    points=3,
    competence="3.4",
    fr="Une commande passée depuis les bureaux est enregistrée dans la base, et la boutique la montre.",
    en="An order placed from the office is stored in the database, and the shop shows it.",
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
    # nginx takes the servers in turn: two checks that ask it at one pace, side by side, would each meet one alone.
    host="web1",
    because="of twelve pages",
)
def test_server_takes_its_share(lab, server):
    office = lab.probe("office")
    with fresh_order(lab) as (path, customer):

        def serves():
            answers = Counter()
            for _ in range(12):
                before = received(lab, server)
                page = office.http_get(f"http://{lab.address('web1')}{path}")
                name = page.headers.get("x-served-by")
                asked = received(lab, server) > before
                if name == server and customer in page.body and asked:
                    return True
                origin = f" of {name}{'' if asked or name != server else ', which was not asked'}" if name else ""
                answers[f"{page.status or page.problem}{origin}"] += 1
            seen = ", ".join(f"{number} times {answer}" for answer, number in answers.most_common())
            raise AssertionError(f"{server} served none of twelve pages: {seen}")

        lab.wait(serves, within=2)  # for a moment after a reload, nginx still answers by its old settings
        assert_serves_by_itself(lab, server, path, customer)
    assert_proxy_is_nginx(lab)
    service = lab.host(server).service("shop")
    assert service.is_running, f"the service shop does not run on {server}"
    assert service.is_enabled, f"the service shop does not start with {server}"


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


@pytest.mark.parametrize("server", APPLICATIONS)
@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Sur {{ server }}, la boutique tourne sous son propre compte, qui ne peut pas réécrire son programme.",
    en="On {{ server }} the shop runs as its own account, which cannot rewrite its program.",
    host="{{ server }}",
)
def test_program_is_protected(lab, server):
    host = lab.host(server)
    service = host.service("shop")
    assert service.user == "shop", f"{server}: the service shop runs as {service.user}"
    for name in ("SupplementaryGroups", "AmbientCapabilities"):
        assert not service.systemd_property(f"Service.{name}"), f"{server}: the service shop is given more: {name}"
    own, group = host.user("shop").uid, host.user("shop").gid
    for folder in program_folders(lab, server):
        for entry in host.file(folder).tree():
            loose = (entry.mode & 0o022 and entry.kind != "symlink") or entry.uid == own
            assert not loose, f"{server}: others than root may write {folder}/{entry.path}"
        assert not host.file(folder).mode & 0o022, f"{server}: others than root may write {folder}"
        for place in (folder, *map(str, PurePosixPath(folder).parents)):
            assert host.file(place).uid != own, f"{server}: {place} belongs to shop"
    assert not host.file("/etc/shop/shop.env").mode & 0o007, f"{server}: everybody may read the password in shop.env"
    for process in processes_of(lab, server):
        rights = (process.uid, process.gid)
        assert rights == (own, group), f"{server}: {process.comm} runs as user {rights[0]} and group {rights[1]}"


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="nginx tient le port 80 de web1 comme service, et démarre avec la machine.",
    en="nginx holds port 80 of web1 as a service, and starts with the host.",
    host="web1",
)
def test_proxy_is_a_service(lab):
    web1 = lab.host("web1")
    nginx = web1.service("nginx")
    assert nginx.is_running, "the service nginx does not run"
    assert nginx.is_enabled, "the service nginx does not start with web1"
    units = lab.listener("web1", 80).units
    assert units == {"nginx.service"}, f"port 80 is held by {', '.join(units) or 'nobody'}"
    assert_proxy_is_nginx(lab)


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Le catalogue et les anciennes commandes sont toujours dans la base.",
    en="The catalogue and the earlier orders are still in the database.",
    host="db1",
)
def test_data_is_whole(lab):
    assert_data_is_whole(lab)
