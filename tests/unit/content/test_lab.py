"""A lab that does not hold together is refused, with every reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import ContentError
from orchestrator.planning.planner import plan_lab

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder, Golden


def edit(old: str, new: str) -> Callable[[Folder], None]:
    return lambda folder: folder.edit("lab.yaml", old, new)


def put(name: str, text: str | bytes) -> Callable[[Folder], None]:
    def act(folder: Folder) -> None:
        folder.write(f"labs/pair/{name}", text)

    return act


GUARD = """\
from grader import check


@check("guard", fr="La page est là.", en="The page is there.", host="web1")
def test_page(lab):
    assert lab.probe("servers").tcp(lab.address("web1"), 80)
"""


TOOLS = """\
import re

SOON = 60


def opened(lab):
    assert lab.probe("servers").tcp(lab.address("web1"), 80), "closed"
"""


def offer(tools: str, taken: str = "opened") -> Callable[[Folder], None]:
    """Give the lab tools, and let one of its guards import a name of them."""

    def act(folder: Folder) -> None:
        put("checks/lab_tools.py", tools)(folder)
        put("checks/guards/test_page.py", f"from lab_tools import {taken}\n{GUARD}")(folder)

    return act


def misspell(folder: Folder) -> None:
    (folder.root / "labs/pair/files").rename(folder.root / "labs/pair/file")


def extend(keys: str, more: str = "", address: str = "none") -> Callable[[Folder], None]:
    """Give the lab a segment ``desk`` with such keys, and r1's third cable to it with an address."""

    def act(folder: Folder) -> None:
        desk = f"desk: {{title: {{fr: Prise, en: Socket}}, {keys}}}"
        edit("segments:\n", f"segments:\n  {desk}\n" + (f"  {more}\n" if more else ""))(folder)
        edit("eth2: {segment: servers, address: none}", f"eth2: {{segment: desk, address: {address}}}")(folder)

    return act


def link(name: str, target: str) -> Callable[[Folder], None]:
    return lambda folder: (folder.root / "labs/pair" / name).symlink_to(target)


BROKEN: dict[str, Callable[[Folder], None]] = {
    "name": edit("name: pair\n", "name: pears\n"),
    "segment": edit("{segment: office, address: dhcp}", "{segment: ofice, address: dhcp}"),
    "image": edit("image: router", "image: rooter"),
    "address-outside": edit("address: 192.168.20.10}", "address: 192.168.21.10}"),
    "address-broadcast": edit("address: 192.168.20.10}", "address: 192.168.20.255}"),
    "address-twice": edit("address: 192.168.20.10}", "address: 192.168.20.1}"),
    "gateway": edit("gateway: 192.168.20.1", "gateway: 192.168.10.1"),
    "gateway-without-address": edit(
        "eth0: {segment: office, address: dhcp}",
        "eth0: {segment: office, address: dhcp}\n    gateway: 192.168.10.1",
    ),
    "ready-host": edit("host: web1", "host: web2"),
    "subnets": edit("subnet: 192.168.20.0/24", "subnet: 192.168.0.0/16"),
    "extends-unknown": extend("extends: server"),
    "extends-without-subnet": extend("extends: trunk", "trunk: {title: {fr: Trunk, en: Trunk}}"),
    "extends-and-subnet": extend("extends: servers, subnet: 192.168.30.0/24"),
    "extends-address-twice": extend("extends: servers", address="192.168.20.10"),
    "segment-without-subnet": extend("", address="dhcp"),
    "file-host": put("files/wbe1/etc/x", ""),
    "file-without-host": put("files/motd", ""),
    "file-twice": put("files/web1/etc/motd", ""),
    "file-settings": edit('/etc/motd: {mode: "0600"}', '/etc/modt: {mode: "0600"}'),
    "file-link": link("files/web1/etc/shadow", "/etc/passwd"),
    "file-template": put("files/_all/etc/motd2.j2", "a\n{{ lab.hosts.pc1.address }}\n"),
    "file-template-name": put("files/web1/etc/x.j2", "{{ lab.hosts.web.fqdn }}"),
    "file-template-bytes": put("files/web1/etc/x.j2", b"a\n\xff\n"),
    "ready-template": edit('"{{ lab.hosts.r1.address }}"', '"{{ lab.hosts.r2.address }}"'),
    "check-name": put("checks/healthy.py", ""),
    "guard-role": put("checks/guards/test_page.py", GUARD.replace('"guard"', '"symptom"')),
    "guard-name": put("checks/guards/page.py", GUARD),
    "guard-host": put("checks/guards/test_page.py", GUARD.replace('"web1")\n', '"web2")\n', 1)),
    "tools-missing": put("checks/guards/test_page.py", f"from lab_tools import opened\n{GUARD}"),
    "tools-name": offer(TOOLS, "opend"),
    "tools-star": offer(TOOLS, "*"),
    "tools-whole": put("checks/guards/test_page.py", f"import lab_tools\n{GUARD}"),
    "tools-in-guards": put("checks/guards/lab_tools.py", TOOLS),
    "tools-python": offer("def opened(lab:\n"),
    "tools-import": offer(f"import docker\nfrom orchestrator.app import App\nimport nowhere\n{TOOLS}"),
    "tools-relative": offer(f"from . import lab_tools\nfrom lab_tools import SOON\n{TOOLS}"),
    "tools-check": offer(f"{GUARD}{TOOLS}"),
    "folder-misspelt": misspell,
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str, folder: Folder, golden: Golden) -> None:
    BROKEN[name](folder)
    with pytest.raises(ContentError) as caught:
        folder.content.lab("pair")
    golden(f"lab-{name}", caught.value)


def test_all_problems_at_once(folder: Folder) -> None:
    for name in ("name", "segment", "image", "address-outside", "ready-host", "file-host"):
        BROKEN[name](folder)
    folder.write("labs/pair/checks/test_more.py", "def test(:\n")
    with pytest.raises(ContentError) as caught:
        folder.content.lab("pair")
    files = {problem.place.file for problem in caught.value.problems}
    assert files == {"labs/pair/lab.yaml", "labs/pair/files/wbe1", "labs/pair/checks/test_more.py"}
    assert len(caught.value.problems) == 7


def test_a_sound_lab(folder: Folder) -> None:
    lab = folder.content.lab("pair")
    assert [(file.host, file.path, file.template) for file in lab.files] == [
        ("_all", "/etc/issue", False),
        ("r1", "/etc/issue", False),
        ("web1", "/etc/motd", True),
    ]
    assert [path.name for path in lab.checks] == ["test_healthy.py"]


def test_a_segment_that_extends_another_has_its_subnet(folder: Folder) -> None:
    extend("extends: servers", "trunk: {title: {fr: Trunk, en: Trunk}}", address="192.168.20.2")(folder)
    lab = folder.content.lab("pair")
    assert str(lab.document.networks["desk"]) == "192.168.20.0/24"
    assert "trunk" not in lab.document.networks
    plan = plan_lab(lab, 1, folder.content.images_of(lab))
    assert {s.name: s.subnet for s in plan.segments} == {
        "desk": "192.168.20.0/24",
        "trunk": "",
        "office": "192.168.10.0/24",
        "servers": "192.168.20.0/24",
    }
    assert plan.host("r1").interfaces[2].address == "192.168.20.2/24"
    assert set(plan.values["lab"].segments) == {"desk", "office", "servers"}


def test_a_gateway_may_be_behind_a_switch(folder: Folder) -> None:
    extend("extends: servers")(folder)
    edit("eth0: {segment: servers, address: 192.168.20.10}", "eth0: {segment: desk, address: 192.168.20.10}")(folder)
    assert folder.content.lab("pair").document.hosts["web1"].gateway == "192.168.20.1"


def test_a_guard_is_a_health_check_and_offered_to_scenarios(folder: Folder) -> None:
    put("checks/guards/test_page.py", GUARD)(folder)
    lab = folder.content.lab("pair")
    assert [path.name for path in lab.checks] == ["test_healthy.py", "test_page.py"]
    assert [path.name for path in lab.guards] == ["test_page.py"]


def test_a_lab_offers_tools_to_its_checks_and_to_those_of_scenarios(folder: Folder) -> None:
    assert folder.content.lab("pair").tools is None
    offer(TOOLS)(folder)
    content = folder.content
    lab = content.lab("pair")
    assert lab.tools is not None
    assert lab.tools.names == frozenset({"SOON", "opened"})
    assert lab.tools.path not in lab.checks
    assert plan_lab(lab, 1, content.images_of(lab)).tools == lab.tools.path
    before = content.scenario("cable-out").digest
    offer(TOOLS.replace("60", "61"))(folder)
    assert folder.content.scenario("cable-out").digest != before


def test_a_link_inside_the_folder_is_followed(folder: Folder) -> None:
    link("files/pc1", "web1")(folder)
    with pytest.raises(ContentError, match="not a regular file"):
        folder.content.lab("pair")
    (folder.root / "labs/pair/files/pc1").unlink()
    link("files/web1/etc/issue.net", "../../_all/etc/issue")(folder)
    assert [f.content for f in folder.content.lab("pair").files if f.path == "/etc/issue.net"] == [b"Pair\n"]


def test_the_digest_is_of_paths_and_contents_alone(folder: Folder) -> None:
    before = folder.content.lab("pair").digest
    folder.write("labs/pair/checks/__pycache__/test_healthy.cpython-311.pyc", "x")
    assert folder.content.lab("pair").digest == before
    (folder.root / "labs/pair/files/r1/etc/issue").rename(folder.root / "labs/pair/files/r1/etc/issue2")
    renamed = folder.content.lab("pair").digest
    folder.edit("files/r1/etc/issue2", "Router", "router")
    assert len({before, renamed, folder.content.lab("pair").digest}) == 3
