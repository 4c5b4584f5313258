"""A scenario that does not hold together is refused, with every reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import ContentError, Problem
from orchestrator.core.text import Text
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.scenario import FaultSpec

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder, Golden

Break = Callable[["Folder"], None]


def edit(old: str, new: str, name: str = "scenario.yaml") -> Break:
    return lambda folder: folder.edit(name, old, new)


def reference(old: str, new: str) -> Break:
    return edit(old, new, "solutions/reference.yaml")


def remove(*names: str) -> Break:
    def act(folder: Folder) -> None:
        for name in names:
            folder.remove(name)

    return act


def put(name: str, text: str) -> Break:
    def act(folder: Folder) -> None:
        folder.write(folder.long(name), text)

    return act


GUARD = """\
from grader import check


@check("guard", fr="La page est là.", en="The page is there.", host="web1")
def test_page(lab):
    assert lab.probe("servers").tcp(lab.address("web1"), 80)
"""


def name_another_guard(folder: Folder) -> None:
    folder.write("labs/pair/checks/guards/test_page.py", GUARD)
    folder.edit("scenario.yaml", "difficulty: 1\n", "difficulty: 1\nguards: [pagge]\n")


def misspell(folder: Folder) -> None:
    (folder.root / folder.long("shortcuts")).rename(folder.root / folder.long("shortcut"))


ONE_OF_BEFORE = """\
  - one_of:
      unplugged:
        - fault: link-unplugged
          parameters: {host: pc1, interface: eth0}
"""

BROKEN: dict[str, Break] = {
    "id": edit("id: cable-out", "id: cable-in"),
    "competence": edit('["1.3", "1.1"]', '["1.3", "1.9"]'),
    "competence-folder": edit('["1.3", "1.1"]', '["1.1"]'),
    "lab": edit("lab: pair", "lab: pari"),
    "lab-broken": edit("image: router", "image: rooter", "lab.yaml"),
    "ticket": remove("ticket.en.md", "debrief.fr.md"),
    "ticket-empty": put("ticket.fr.md", " \n"),
    "ticket-in-one-language": edit("id: cable-out", "id: cable-out\nticket_language: en"),
    "ticket-template": put("ticket.en.md", "Hello,\n\n{{ usr.full }} has no network.\n"),
    "ticket-empty-variant": put("debrief.en.md", '{% if cause == "moved" %}Moved{% endif %}'),
    "debrief-rare-case": put("debrief.en.md", '{% if cause == "moved" %}{{ segmnet }}{% endif %}.\n'),
    "hint-template": edit("Look at desk {{ desk }}", "Look at {{ dsk }}"),
    "no-fault": edit(
        ONE_OF_BEFORE
        + """\
      moved:
        - fault: link-segment
          parameters: {host: pc1, interface: eth0, segment: servers}
""",
        "  []\n",
    ),
    "empty-case": edit(
        """\
        - fault: link-unplugged
          parameters: {host: pc1, interface: eth0}
""",
        "        []\n",
    ),
    "fault-template": edit("segment: servers}", 'segment: "{{ segmnt }}"}'),
    "variable-reserved": edit("  desk: {draw: integer", "  domain: {draw: integer"),
    "variable-and-case": edit("  desk: {draw: integer", "  cause: {draw: integer"),
    "variable-bounds": edit("low: 1, high: 40", "low: 40, high: 1"),
    "variable-address": edit("first: 200, last: 220", "first: 200, last: 300"),
    "variable-address-bounds": edit("first: 200, last: 220", "first: 220, last: 200"),
    "variable-choice": edit("[Lyon, Brest]", "[Lyon, Lyon]"),
    "variable-addresses": edit(
        "first: 200, last: 220}",
        "first: 200, last: 200}\n  other: {draw: address, subnet: 192.168.10.0/24, first: 200, last: 200}",
    ),
    "no-solution": remove("solutions/reference.yaml"),
    "no-reference": reference("reference: true\n", ""),
    "two-references": lambda folder: put(
        "solutions/other.yaml", (folder.root / folder.long("solutions/reference.yaml")).read_text()
    )(folder),
    "reference-not-always": reference("reference: true\n", 'reference: true\nwhen: cause == "moved"\n'),
    "few-shortcuts": remove("shortcuts/stale.yaml"),
    "shortcut-reference": edit("contract: 1\n", "contract: 1\nreference: true\n", "shortcuts/stale.yaml"),
    "no-checks": remove("checks/test_network.py"),
    "tools-missing": put("checks/test_network.py", f"from lab_tools import opened\n{GUARD}"),
    "solution-unread": reference(
        "  - tell: {fr: Le câble, en: The cable}\n", "  - tel: {fr: Le câble, en: The cable}\n"
    ),
    "solution-yml": put("solutions/other.yml", "contract: 1\n"),
    "two-actions": reference("    shell:\n", "    reboot: {host: pc1}\n    shell:\n"),
    "no-action": reference("    cable: {host: pc1, interface: eth0, plug: true}\n", ""),
    "guard": name_another_guard,
    "cable-nothing": reference("interface: eth0, plug: true", "interface: eth0"),
    "cable-replaced-and-moved": reference("eth0, plug: true", "eth0, replace: true, segment: office"),
    "no-step-left": edit("    file:\n", "    when: 1 > 2\n    file:\n", "shortcuts/stale.yaml"),
    "step-host": reference("      host: pc1\n", "      host: pc2\n"),
    "step-host-rendered": reference("      host: pc1\n", '      host: "{{ office }}"\n'),
    "step-interface": reference("interface: eth0, plug: true", "interface: eth9, plug: true"),
    "step-segment": reference("segment: office", "segment: ofice"),
    "step-template": reference('logger "{{ user.login }}"', 'logger "{{ user.logn }}"'),
    "step-when": reference('when: cause == "moved"', 'when: casue == "moved"'),
    "step-when-syntax": reference('when: cause == "moved"', 'when: cause = "moved"'),
    "folder-misspelt": misspell,
    "link-out": lambda folder: (folder.root / folder.long("notes.md")).symlink_to("/etc/passwd"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str, folder: Folder, golden: Golden) -> None:
    BROKEN[name](folder)
    with pytest.raises(ContentError) as caught:
        folder.content.scenario("cable-out")
    golden(f"scenario-{name}", caught.value)


def test_a_check_file_must_be_python(folder: Folder) -> None:
    folder.write(folder.long("checks/test_network.py"), "import x\ndef test(lab):\nx = (\n")
    with pytest.raises(ContentError) as caught:  # the parser's own words differ between Python versions
        folder.content.scenario("cable-out")
    (found,) = caught.value.problems
    assert found.place.line in {2, 3}
    assert found.text.en.startswith("invalid Python: ")


def test_all_problems_at_once(folder: Folder) -> None:
    for name in ("id", "competence", "ticket", "no-reference", "few-shortcuts", "two-actions"):
        BROKEN[name](folder)
    with pytest.raises(ContentError) as caught:
        folder.content.scenario("cable-out")
    assert len(caught.value.problems) == 7


def test_a_sound_scenario(folder: Folder) -> None:
    scenario = folder.content.scenario("cable-out")
    assert scenario.lab.name == "pair"
    assert [s.name for s in scenario.shortcuts] == ["hard-coded", "stale"]
    assert scenario.ticket.en.startswith("{{ user.full }}")


def test_a_ticket_may_be_in_one_language(folder: Folder) -> None:
    BROKEN["ticket-in-one-language"](folder)
    folder.remove("ticket.fr.md")
    scenario = folder.content.scenario("cable-out")
    assert scenario.ticket.fr == scenario.ticket.en
    put("ticket.en.md", "Hello, this is the PC of {{ user.full }}. C'est le poste de {{ user.full }}.\n")(folder)
    assert "poste" in folder.content.scenario("cable-out").ticket.en  # nobody reads it as French
    put("ticket.en.md", "Hello,\n\n{{ usr.full }} has no network.\n")(folder)
    with pytest.raises(ContentError) as caught:
        folder.content.scenario("cable-out")
    (found,) = caught.value.problems
    assert found.place.file.endswith("ticket.en.md")


def test_a_guard_of_the_lab_counts_as_a_check(folder: Folder) -> None:
    folder.edit("scenario.yaml", "difficulty: 1\n", "difficulty: 1\nguards: [the-page]\n")
    folder.write("labs/pair/checks/guards/test_the_page.py", GUARD)
    scenario = folder.content.scenario("cable-out")
    assert [path.name for path in scenario.checks] == ["test_network.py", "test_the_page.py"]
    before = scenario.digest
    folder.write("labs/pair/checks/guards/test_the_page.py", GUARD.replace("page is there", "page is here"))
    assert folder.content.scenario("cable-out").digest != before


def test_the_reference_solution_comes_first(folder: Folder) -> None:
    put("solutions/another.yaml", (folder.root / folder.long("shortcuts/stale.yaml")).read_text())(folder)
    assert [s.name for s in folder.content.scenario("cable-out").solutions] == ["reference", "another"]


def test_a_task_needs_no_fault(folder: Folder) -> None:
    BROKEN["no-fault"](folder)
    folder.edit("scenario.yaml", "kind: fault", "kind: task")
    for name in ("debrief.fr.md", "debrief.en.md"):
        folder.write(folder.long(name), "Done.\n")
    folder.edit("solutions/reference.yaml", '    when: cause == "moved"\n', "")
    folder.edit("solutions/reference.yaml", '    when: cause == "unplugged"\n', "")
    assert folder.content.scenario("cable-out").document.faults == ()


def test_each_case_of_a_fault_is_validated_rendered(folder: Folder, golden: Golden) -> None:
    folder.edit("scenario.yaml", "segment: servers}", 'segment: "{{ lab.segments.servers.name }}"}')
    seen: list[FaultSpec] = []

    def validate_fault(spec: FaultSpec, source: YamlSource) -> tuple[Problem, ...]:
        seen.append(spec)
        unknown = Problem(source.place(("fault",)), Text(fr="Panne inconnue", en="Unknown fault"))
        return (unknown,) if spec.fault == "link-segment" else ()

    with pytest.raises(ContentError) as caught:
        folder.content.scenario("cable-out", validate_fault=validate_fault)
    golden("scenario-fault", caught.value)
    assert {spec.fault for spec in seen} == {"link-unplugged", "link-segment"}
    assert {spec.parameters.get("segment") for spec in seen} == {None, "servers"}


def test_the_digest_covers_scenario_and_lab(folder: Folder) -> None:
    before = folder.content.scenario("cable-out").digest
    folder.edit("checks/test_network.py", "points=2", "points=3")
    changed = folder.content.scenario("cable-out").digest
    folder.edit("files/r1/etc/issue", "Router", "router")
    assert len({before, changed, folder.content.scenario("cable-out").digest}) == 3
