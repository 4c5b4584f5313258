"""The map: where things go, and that no line is longer than it may be."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from orchestrator.core.language import Language
from orchestrator.core.text import same
from orchestrator.fabric.fabric_interface import PortState
from orchestrator.model.image import MachineKind
from orchestrator.model.plan import Plan, PlannedSegment
from orchestrator.topology.layout import seen, topology
from orchestrator.topology.svg_picture import draw_svg
from orchestrator.topology.text_picture import as_text, draw

from .conftest import PLAN, host, text


def test_a_host_hangs_below_its_first_segment_and_reaches_down_to_the_others() -> None:
    drawn = topology(PLAN)
    places = {node.name: (node.row, node.column) for node in drawn.nodes}
    assert places == {"pc1": (0, 0), "r1": (0, 1), "web1": (1, 0)}
    r1 = next(node for node in drawn.nodes if node.name == "r1")
    assert ([c.interface for c in r1.up], [c.interface for c in r1.down]) == (["eth0"], ["eth1"])


def test_segments_are_ordered_so_that_cables_are_short() -> None:
    names = ("a", "b", "c")
    segments = tuple(PlannedSegment(n, text(n), "10.0.0.0/24") for n in names)
    hosts = (host("r1", ("eth0", "a", None), ("eth1", "c", None)), host("r2", ("eth0", "c", None), ("eth1", "b", None)))
    drawn = topology(replace(PLAN, hosts=hosts, segments=segments))
    assert [bar.name for bar in drawn.bars] == ["a", "c", "b"]


def test_a_segment_without_a_subnet_has_its_name_only() -> None:
    segments = (PlannedSegment("trunk", text("Trunk"), ""), *PLAN.segments)
    drawn = topology(replace(PLAN, segments=segments))
    lines = as_text(draw(drawn, "en", 20)).splitlines()
    assert "Trunk (en) · trunk" in lines
    assert "Trunk (en) trunk" in " ".join(" ".join(ET.fromstring(draw_svg(drawn, "en")).itertext()).split())


def test_a_cable_that_passes_a_row_keeps_its_column_free() -> None:
    segments = tuple(PlannedSegment(n, text(n), "10.0.0.0/24") for n in ("a", "b", "c"))
    hosts = (
        host("r1", ("eth0", "a", None), ("eth1", "b", None), ("eth2", "c", None)),
        host("x", ("eth0", "b", None)),
    )
    drawn = topology(replace(PLAN, hosts=hosts, segments=segments))
    assert {node.name: node.column for node in drawn.nodes} == {"r1": 0, "x": 1}


def many(count: int) -> Plan:
    """Return a plan with so many hosts on one segment, which a router leaves to another one."""
    segments = tuple(PlannedSegment(n, text(n), "10.0.0.0/24") for n in ("a", "b"))
    hosts = [host(f"h{number}", ("eth0", "a", "10.0.0.1/24")) for number in range(1, count)]
    return replace(PLAN, hosts=(*hosts, host("r1", ("eth0", "a", None), ("eth1", "b", None))), segments=segments)


def test_hosts_stand_on_their_bar_only_where_a_picture_would_be_wide() -> None:
    beside = topology(many(4))
    assert ({node.row for node in beside.nodes}, beside.columns) == ({0}, 4)
    around = topology(many(9))
    above = [node.name for node in around.row(-1)]
    assert (above, around.columns) == (["h1", "h2", "h3", "h4"], 5)
    assert all((not node.up, len(node.down)) == (True, 1) for node in around.row(-1))
    assert [node.name for node in around.row(0)][-1] == "r1", "whose other cable goes down"


@pytest.mark.parametrize("count", [5, 9, 12])
def test_what_stands_above_the_first_bar_is_whole_and_inside_the_frame(count: int) -> None:
    drawn = topology(many(count))
    lines = as_text(draw(drawn, "en", 300)).splitlines()
    assert lines[0].startswith(" ┌")
    said = "\n".join(lines)
    assert said.count("eth0") == count
    assert said.count("10.0.0.1") == count - 1
    assert "a (en)" in said
    assert "a · 10.0.0.0/24" in said
    root = ET.fromstring(draw_svg(drawn, "en", titled=False))
    boxes = [e for e in root.iter("{http://www.w3.org/2000/svg}rect") if e.get("rx") == "10"]
    assert len(boxes) == 2 * count
    assert min(float(box.get("y", "-1")) for box in boxes) > 0


def test_cables_are_drawn_where_they_are() -> None:
    ports = [PortState("pc1", "eth0", "servers", True), PortState("web1", "eth0", "servers", False)]
    picture = as_text(draw(topology(PLAN, ports), "en", 120))
    assert "eth0 (planned: office)" in picture
    assert "eth0 unplugged" in picture
    assert "╳" in picture


def test_a_cable_that_nobody_can_see_is_drawn_as_documented() -> None:
    ports = [PortState("pc1", "eth0", "servers", False), PortState("web1", "eth0", "servers", False)]
    plan = replace(PLAN, out_of_reach=("pc1",))
    assert topology(plan, ports) == topology(plan, ports[1:])
    assert [port.host for port in seen(plan, ports)] == ["web1"]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_the_picture_fits_or_becomes_a_list(lang: Language, width: int) -> None:
    lines = as_text(draw(topology(PLAN), lang, width)).splitlines()
    if any("┌" in line for line in lines):
        assert max(map(len, lines)) <= width
    assert any("web1" in line for line in lines)


def test_every_address_of_the_plan_is_on_the_map() -> None:
    picture = as_text(draw(topology(PLAN), "fr", 200))
    for address in ("192.168.10.1", "192.168.20.1", "192.168.20.10", "DHCP", "192.168.20.0/24"):
        assert address in picture


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_svg_is_well_formed_and_stays_inside_its_frame(lang: Language) -> None:
    nasty = replace(PLAN, title=text('a < b & "c"'))
    root = ET.fromstring(draw_svg(topology(nasty, [PortState("pc1", "eth0", "office", False)]), lang))
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == lang
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    for element in root.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(element.get("x", "0")) + float(element.get("width", "0")) <= width
        assert float(element.get("y", "0")) + float(element.get("height", "0")) <= height
    said = " ".join(root.itertext())
    assert f"Office ({lang})" in said
    assert ("débranché" if lang == "fr" else "unplugged") in said


def test_a_machine_is_drawn_as_what_it_is_however_it_is_cabled() -> None:
    kinds: dict[str, MachineKind] = {"pc1": "workstation", "r1": "firewall", "web1": "server"}
    hosts = tuple(replace(host, kind=kinds[host.name]) for host in PLAN.hosts)
    shapes = [drawn_icons(replace(PLAN, hosts=hosts)), drawn_icons(PLAN)]
    assert len(set(shapes[0])) == 3
    assert shapes[0] != shapes[1], "only the kinds differ"


def test_the_svg_may_leave_its_title_out_and_tells_whole_names() -> None:
    long = replace(PLAN.hosts[0], title=same("Internal server: intranet, mailboxes, name service, and files of all"))
    plan = replace(PLAN, title=same("A title of its own"), hosts=(long, *PLAN.hosts[1:]))
    with_title, without = (
        " ".join(ET.fromstring(draw_svg(topology(plan), "en", titled=one)).itertext()) for one in (True, False)
    )
    assert with_title.count("A title of its own") == 2, "as a heading, and for who hears it"
    assert without.count("A title of its own") == 1
    assert "and files of all" in " ".join(without.split())


def drawn_icons(plan: Plan) -> list[str | None]:
    picture = ET.fromstring(draw_svg(topology(plan), "en"))
    return [path.get("d") for path in picture.iter("{http://www.w3.org/2000/svg}path") if path.get("aria-hidden")]


def test_the_svg_needs_nothing_from_elsewhere() -> None:
    drawn = draw_svg(topology(PLAN), "en").replace("http://www.w3.org/2000/svg", "")
    assert "http" not in drawn
    assert "href" not in drawn
