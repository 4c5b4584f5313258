"""What mutation operators make of an accepted repair."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from orchestrator.model.plan import PlannedSolution
from orchestrator.model.scenario import FileStep, Step
from orchestrator.mutation import kinds, later_operators, state_operators, step_operators
from orchestrator.mutation.choosing import OPERATORS, in_turns, mutants_of
from orchestrator.mutation.mutant import Mutant, PlayedRepair
from orchestrator.mutation.operator import Derive

from .conftest import FILE, REPORT, RULES, STEPS, TELL, scripts, shell


def only(found: Iterator[Mutant]) -> Mutant:
    (one,) = found
    return one


def test_each_step_is_forgotten_once(repair: PlayedRepair) -> None:
    made = [*step_operators.dropped_steps(repair)]
    assert [one.steps for one in made] == [STEPS[1:], (STEPS[0], *STEPS[2:]), (*STEPS[:2], STEPS[3])]
    assert made[1].name == "dropped-step-reference-step-2"
    alone = replace(repair, solution=replace(repair.solution, steps=(STEPS[0], REPORT)))
    assert [*step_operators.dropped_steps(alone)] == [], "nothing would be done"


def test_each_host_is_forgotten_once(repair: PlayedRepair) -> None:
    made = {one.subject: one.steps for one in step_operators.forgotten_host(repair)}
    assert made == {"fw1": STEPS[1:], "mail1": (STEPS[0], *STEPS[2:]), "pc1": (*STEPS[:2], STEPS[3])}


def test_nothing_takes_the_files_up(repair: PlayedRepair) -> None:
    made = only(step_operators.file_only(repair))
    assert scripts(made) == [f"fw1: {RULES.splitlines()[0]}\n", "mail1: postconf -e mynetworks=192.168.5.0/24\n"]


@pytest.mark.parametrize(
    "line",
    [
        "if systemctl restart x; then",
        "systemctl stop nginx",
        "cat /etc/nftables.conf",
        "systemctl reload x || exit 1",
        "ip -brief link | head",
    ],
)
def test_what_is_more_than_that_stays(repair: PlayedRepair, line: str) -> None:
    one = replace(repair, solution=replace(repair.solution, steps=(shell("fw1", line),)))
    assert [*step_operators.file_only(one)] == []


def test_a_rule_is_made_wider(repair: PlayedRepair) -> None:
    everybody = only(step_operators.wider_rule(repair))
    assert "ip saddr 0.0.0.0/0 tcp dport 25" in scripts(everybody)[0]
    assert "mynetworks=0.0.0.0/0" in scripts(everybody)[1]
    everything = only(step_operators.wider_port(repair))
    assert "ip saddr 10.0.0.0/8 tcp dport 1-65535 accept" in scripts(everything)[0]
    written = Step(tell=TELL, file=FileStep(host="fw1", path="/etc/x", content="allow 10.1.2.3\nname 10.1.2.3\n"))
    file = replace(repair, solution=replace(repair.solution, steps=(written,)))
    (step,) = only(step_operators.wider_rule(file)).steps
    assert step.file is not None
    assert step.file.content == "allow 0.0.0.0/0\nname 10.1.2.3\n"
    assert [*step_operators.wider_port(file)] == []


def test_another_cause_is_repaired(repair: PlayedRepair) -> None:
    other = PlannedSolution("reference", TELL, reference=True, steps=(shell("fw1", "true"), REPORT))
    made = only(
        step_operators.repair_of_another_cause(
            replace(repair, others={"cause = rule": other, "cause = same": repair.solution})
        )
    )
    assert (made.subject, made.steps) == ("cause = rule", (shell("fw1", "true"), REPORT))


def test_units_that_are_named_are_disabled_or_stopped(repair: PlayedRepair) -> None:
    disabled = scripts(only(step_operators.disabled_unit(repair)))[-1]
    assert disabled.startswith('mail1: [ "$(systemctl is-enabled postfix)" = enabled ] || exit')
    assert disabled.endswith("\nsystemctl disable postfix")
    stops = "systemctl is-active --quiet postfix || exit 3\nsystemctl stop postfix"
    assert scripts(only(step_operators.stopped_unit(repair)))[-1] == f"mail1: {stops}"
    several = shell("pc1", "systemctl --quiet enable --now a.service b@1.timer && echo done\nsystemctl start c\ndf -h")
    one = replace(repair, solution=replace(repair.solution, steps=(several,)))
    assert step_operators.units_of(one) == (("pc1", "a.service"), ("pc1", "b@1.timer"), ("pc1", "c"))


def test_files_get_back_what_they_held(repair: PlayedRepair) -> None:
    made = only(state_operators.running_only(repair))
    assert (made.steps, made.reads) == (STEPS, (FILE,))
    (restored,) = made.then({FILE: b"broken\n"})
    assert restored.shell is not None
    assert base64.b64encode(b"broken\n").decode() in restored.shell.script
    (removed,) = made.then({})
    assert removed.shell is not None
    assert removed.shell.script == "rm -f /etc/nftables.conf"
    assert [*state_operators.running_only(replace(repair, touched=()))] == []


def test_it_is_undone_at_boot_or_done_again_for_ever(repair: PlayedRepair) -> None:
    for operator, called in (
        (later_operators.undone_at_boot, "systemctl enable support-boot.service"),
        (later_operators.undone_by_cron, "> /etc/cron.d/support"),
    ):
        (step,) = only(operator(repair)).then({FILE: b"broken\n"})
        assert step.shell is not None
        assert called in step.shell.script
    redone = [*later_operators.redone_by_timer(repair)]
    assert [one.subject for one in redone] == ["fw1", "mail1"]
    assert base64.encodebytes(RULES.encode()).decode().strip() in scripts(redone[0])[-1]


def test_a_unit_that_the_repair_names_undoes_it(repair: PlayedRepair) -> None:
    assert [*later_operators.undone_by_hook(repair)] == [], "no unit of that file's host is named"
    named = replace(repair, solution=replace(repair.solution, steps=(shell("fw1", "systemctl reload nftables"),)))
    made = only(later_operators.undone_by_hook(named))
    (step,) = made.then({})
    assert step.shell is not None
    assert "/etc/systemd/system/nftables.service.d/90-support.conf" in step.shell.script


def test_one_of_several_is_forgotten(repair: PlayedRepair) -> None:
    script = "for who in ada leo; do\n  chage -E -1 $who\ndone\nadduser ada staff\nadduser leo staff\necho done"
    one = replace(repair, solution=replace(repair.solution, steps=(shell("pc1", script),)))
    made = {m.subject: scripts(m)[0].removeprefix("pc1: ") for m in step_operators.forgotten_one(one)}
    assert made == {
        "step 1 ada": script.replace("in ada leo", "in leo"),
        "step 1 leo": script.replace("in ada leo", "in ada"),
        "step 1 ada staff": script.replace("adduser ada staff\n", ""),
        "step 1 leo staff": script.replace("adduser leo staff\n", ""),
    }


@pytest.mark.parametrize(
    "script",
    [
        "for file in $(ls /etc/x); do rm $file; done",
        "cat > /etc/x <<END\nEND",
        "  set a 1\n  set b 2",
        "nft add rule a \\\nnft add rule b",
        "systemctl start a\nnft list ruleset",
        "cat /etc/x\ncat /etc/y",
        "virsh list --all\nvirsh dominfo a\nvirsh domblklist a",
    ],
)
def test_what_is_no_list_stays_whole(repair: PlayedRepair, script: str) -> None:
    one = replace(repair, solution=replace(repair.solution, steps=(shell("pc1", script),)))
    assert [*step_operators.forgotten_one(one)] == []


@pytest.mark.parametrize("operator", kinds.ALL)
def test_only_what_a_host_has_is_spoilt(repair: PlayedRepair, operator: str) -> None:
    assert [*OPERATORS[operator](repair)] == []
    first = kinds.ALL[operator][0]
    has = replace(repair, has={"mail1": frozenset({(operator, first.name)})})
    made = only(OPERATORS[operator](has))
    assert (made.operator, made.subject) == (operator, f"mail1 {first.name}")
    assert scripts(made)[-1] == f"mail1: {first.script}"


def test_a_host_prints_what_it_has() -> None:
    probe = kinds.probe()
    for operator, several in kinds.ALL.items():
        assert len({kind.name for kind in several}) == len(several)
        for kind in several:
            assert f"echo {operator} {kind.name};" in probe
    said = "emptied-limit mail-sizes\nemptied-limit nothing\nnoise\nverification-off web\n"
    assert [*kinds.printed(said)] == [("emptied-limit", "mail-sizes"), ("verification-off", "web")]


def test_all_that_is_typed_is_a_script() -> None:
    every = "\n".join([kinds.probe(), *(kind.script for several in kinds.ALL.values() for kind in several)])
    assert subprocess.run(["bash", "-n"], input=every, text=True, check=False).returncode == 0


def test_a_unit_loses_its_limits(repair: PlayedRepair) -> None:
    made = only(OPERATORS["unlimited-unit"](repair))
    assert "/etc/systemd/system/postfix.service.d/90-support.conf" in scripts(made)[-1]
    timer = replace(repair, solution=replace(repair.solution, steps=(shell("pc1", "systemctl start x.timer"),)))
    assert [*OPERATORS["unlimited-unit"](timer)] == []


def test_an_address_from_a_service_becomes_a_fixed_one(repair: PlayedRepair) -> None:
    assert [*state_operators.static_address(repair)] == []
    hosts = tuple(
        replace(one, interfaces=tuple(replace(i, dhcp=one.name == "pc1") for i in one.interfaces))
        for one in repair.plan.hosts
    )
    made = only(state_operators.static_address(replace(repair, plan=replace(repair.plan, hosts=hosts))))
    assert made.subject == "pc1"
    assert "iface eth0 inet static" in scripts(made)[-1]


def test_what_has_nothing_to_do_with_it_is_cut_off(repair: PlayedRepair) -> None:
    assert [*state_operators.cut_off_neighbour(repair)] == [], "the repair acts on every host"
    alone = replace(repair, touched=(), solution=replace(repair.solution, steps=STEPS[:1]))
    assert scripts(only(state_operators.cut_off_neighbour(alone)))[-1] == "fw1: ip route add blackhole 10.0.0.2"


def test_every_operator_has_the_name_of_its_mutants(repair: PlayedRepair) -> None:
    known = {name for name, operator in OPERATORS.items() for one in operator(repair) if one.operator == name}
    assert known == {one.operator for operator in OPERATORS.values() for one in operator(repair)}


@pytest.mark.parametrize(
    ("operator", "hosts"),
    [
        (state_operators.open_files, ["fw1"]),
        (state_operators.remade_files, ["fw1"]),
        (state_operators.copied_secret, ["fw1", "mail1", "pc1"]),
        (state_operators.rights_for_all, ["fw1", "mail1", "pc1"]),
        (state_operators.emptied_firewall, ["fw1"]),
        (state_operators.stopped_neighbour, ["fw1", "mail1", "pc1"]),
        (later_operators.blocked_at_boot, ["fw1", "mail1", "pc1"]),
    ],
)
def test_what_is_spoilt_afterwards(repair: PlayedRepair, operator: Derive, hosts: list[str]) -> None:
    assert operator in OPERATORS.values()
    made = [*operator(repair)]
    assert [one.subject for one in made] == hosts
    assert all(one.steps[:-1] == STEPS and one.steps[-1].shell is not None for one in made)
    assert {one.omits for one in made} == {operator is state_operators.remade_files}


def test_names_are_written_in_place_of_a_repair(repair: PlayedRepair) -> None:
    made = only(state_operators.names_in_hosts(repair))
    assert [line.partition(":")[0] for line in scripts(made)] == ["fw1", "mail1", "pc1"]
    assert all("10.0.0.2 mail1.lab.example mail1" in line for line in scripts(made))
    assert made.steps[-1] == REPORT
    second = replace(repair, solution=replace(repair.solution, reference=False))
    assert [*state_operators.names_in_hosts(second)] == []


def test_each_operator_has_its_turn_and_the_seed_draws(repair: PlayedRepair) -> None:
    made = mutants_of([repair])
    assert len({one.name for one in made}) == len(made)
    names = {one.operator for one in made}
    first = in_turns(made, 1)
    assert {one.operator for one in first[: len(names)]} == names
    assert [one.name for one in in_turns(reversed(made), 1)] == [one.name for one in first]
    assert [one.name for one in in_turns(made, 2)] != [one.name for one in first]


def test_what_does_the_same_is_played_once(repair: PlayedRepair) -> None:
    again = replace(repair, solution=replace(repair.solution, name="second", reference=False))
    assert [one.name for one in mutants_of([repair, again])] == [one.name for one in mutants_of([repair])]


def test_a_digest_is_of_what_is_done(repair: PlayedRepair) -> None:
    one = only(state_operators.open_files(repair))
    assert one.digest == only(state_operators.open_files(repair)).digest
    assert replace(one, steps=one.steps[1:]).digest != one.digest
