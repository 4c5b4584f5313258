"""Each fault: what it does to a host, that it notices when that has no effect, and that it leaves no trace."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import FaultMistakeError, LabError, UsageError
from orchestrator.core.text import Text, same
from orchestrator.fabric.fabric_interface import CommandTimeoutError, Completed, HostRef
from orchestrator.faults import fault as fault_module
from orchestrator.faults.effect_probe import EffectProbe
from orchestrator.faults.fault import Fault
from orchestrator.faults.library.addressing.address import AddressStatic
from orchestrator.faults.library.database.database_access import DatabaseConnectionLimit
from orchestrator.faults.library.dns import dns
from orchestrator.faults.library.dns.dns import DnsQueriesRefused, DnsRecordWrong, DnsZoneSyntax
from orchestrator.faults.library.network.link import LinkUnplugged, LinkWrongSegment
from orchestrator.faults.registry import fault_class, fault_classes, make_fault, problems_of
from orchestrator.model.scenario import FaultSpec

if TYPE_CHECKING:
    from tests.unit.core.conftest import World

ZONE_FILE = "/etc/bind/zones/db.pair.example"
ZONE = (
    "; Zone «pair»\r\n"
    "$TTL 300\n"
    "@\t\tIN\tSOA\tsrv. hostmaster. ( 1 2 3 4 5 )\n"
    "intranet-old\tIN\tA\t192.168.20.9\n"
    "intranet\tIN\tCNAME\tr1.pair.example. ; the web\n"
    "r1\t300\tIN\tA\t192.168.20.10\n"
    "\n\n"
)
OPTIONS_FILE = "/etc/bind/named.conf.options"
OPTIONS = (
    "options {\n\tallow-query-cache { any; };\n"
    "\tallow-query { 192.168.10.0/24;\n\t\tlocalhost; };\n\trecursion no;\n};\n"
)
INTERFACES = "auto lo\r\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\nsource /etc/network/interfaces.d/*"
RESOLVERS = "search pair.example\nnameserver 192.168.20.10\n"

FILES = {
    ("r1", ZONE_FILE): ZONE,
    ("r1", OPTIONS_FILE): OPTIONS,
    ("pc1", "/etc/network/interfaces"): INTERFACES,
    ("pc1", "/etc/resolv.conf"): RESOLVERS,
}

UNPLUGGED = LinkUnplugged(host="pc1")
MOVED = LinkWrongSegment(host="pc1", segment="servers")
STATIC = AddressStatic(host="pc1", address="192.168.30.7/24", gateway="192.168.30.1", dns="192.168.20.10")
STALE = DnsRecordWrong(host="r1", file=ZONE_FILE, owner="r1", type="A", value="192.168.20.1", query="r1.pair.example")
DOTLESS = DnsRecordWrong(
    host="r1", file=ZONE_FILE, owner="intranet", type="CNAME", value="r1.pair.example", query="intranet.pair.example"
)
SYNTAX = DnsZoneSyntax(host="r1", file=ZONE_FILE, line="scanner IN A 192.168.10.6O", query="r1.pair.example")
REFUSED = DnsQueriesRefused(
    host="r1", file=OPTIONS_FILE, client="pc1", server="192.168.20.10", query="intranet.pair.example"
)
EVERY: tuple[Fault, ...] = (UNPLUGGED, MOVED, STATIC, STALE, DOTLESS, SYNTAX, REFUSED)


def named(fault: object) -> str:
    return fault.name if isinstance(fault, Fault) else "-"


def answer(*data: str, status: str = "NOERROR") -> str:
    """Return what dig prints with +noall +answer +comments."""
    lines = [";; Got answer:", f";; ->>HEADER<<- opcode: QUERY, status: {status}, id: 4711", ";; ANSWER SECTION:"]
    return "\n".join([*lines, *(f"name.example.\t300\tIN\tA\t{one}" for one in data), ""])


TIMED_OUT = ";; communications error to 127.0.0.1#53: timed out\n;; no servers could be reached\n"


@pytest.fixture
def lab(driver: LabDriver, world: World, monkeypatch: pytest.MonkeyPatch) -> LabDriver:
    """A healthy instance whose hosts have files, and whose commands succeed."""
    monkeypatch.setattr(dns, "_SETTLE", 0.0)
    monkeypatch.setattr(fault_module, "SETTLE", 0.0)
    world.fabric.files.update({place: text.encode() for place, text in FILES.items()})
    for command in ("systemctl *", "ifup *", "ifdown *"):
        world.fabric.on(command)
    world.fabric.on("dig * localhost A", stdout=answer("127.0.0.1"))
    return driver


def broken(fault: Fault, driver: LabDriver, world: World) -> dict[str, str]:
    """Inject a fault and return its memento; what is done until then is forgotten."""
    memento = dict(fault.remember(driver))
    world.fabric.done.clear()
    fault.inject(driver)
    return memento


# The library ----------------------------------------------------------------------------------------------


def test_every_fault_of_the_package_is_found_by_its_name() -> None:
    assert {fault.name for fault in EVERY} <= set(fault_classes())
    assert list(fault_classes()) == sorted(fault_classes())
    assert all(fault_classes()[name].name == name for name in fault_classes())
    assert all(fault_class(fault.name) is type(fault) for fault in EVERY)


def test_an_unknown_fault_brings_the_nearest_names() -> None:
    with pytest.raises(UsageError, match="link-unpluged") as raised:
        make_fault(FaultSpec(fault="link-unpluged"))
    assert raised.value.hint is not None
    assert "link-unplugged" in raised.value.hint.fr
    assert "address-static" not in raised.value.hint.en
    with pytest.raises(UsageError) as raised:
        fault_class("xyz")
    assert raised.value.hint is not None
    assert "breakfix faults" in raised.value.hint.en, "with nothing like it, there are too many to name"


@pytest.mark.parametrize("fault", EVERY, ids=named)
def test_a_specification_becomes_its_fault(fault: Fault) -> None:
    spec = FaultSpec(fault=fault.name, parameters=fault.model_dump())
    assert make_fault(spec) == fault
    assert problems_of(spec) == ()


GOOD = {"host": "pc1", "address": "192.168.10.5/24"}


def test_a_mistake_in_a_trainers_fault_is_told_at_its_line() -> None:
    class PageGone(LinkUnplugged):
        name: ClassVar[str] = "page-gone"

        def verify(self, driver: LabDriver) -> None:  # noqa: ARG002
            raise KeyError(self.host)

    driver: Any = None
    fault = PageGone(host="pc1")
    with pytest.raises(FaultMistakeError) as raised, fault_module.mistakes_told(fault, "verify"):
        fault.verify(driver)
    assert re.search(r"page-gone .* verify\(\) : .*test_faults\.py:\d+: KeyError: 'pc1'", raised.value.text.fr)
    with pytest.raises(LabError, match="unsound"), fault_module.mistakes_told(fault, "verify"):
        raise fault_module.nothing_to_break(fault, "unsound")


def test_a_mistake_in_the_program_itself_stays_one() -> None:
    with pytest.raises(KeyError), fault_module.mistakes_told(UNPLUGGED, "verify"):
        raise KeyError(1)


@pytest.mark.parametrize(
    ("fault", "parameters", "says"),
    [
        ("link-unplugged", {}, '"host"'),
        ("link-unplugged", {"host": "pc1", "hots": "pc1"}, '"hots"'),
        ("link-unplugged", {"host": 1}, "host: "),
        ("link-unplugged", {"host": "pc1", "interface": "eth0; reboot"}, "interface: "),
        ("address-static", {**GOOD, "address": "192.168.10.5"}, "address: "),
        ("address-static", {**GOOD, "address": "192.168.10.555/24"}, "192.168.10.50/24"),
        ("address-static", {**GOOD, "address": "192.168.10.5/33"}, "192.168.10.50/24"),
        ("address-static", {**GOOD, "gateway": "192.168.10"}, "gateway: "),
        ("dns-record-wrong", {**STALE.model_dump(), "type": "SOA"}, '"type"'),
        ("dns-zone-syntax", {**SYNTAX.model_dump(), "file": "db.pair"}, "file: "),
    ],
)
def test_parameters_that_do_not_fit_are_named(fault: str, parameters: dict[str, Any], says: str) -> None:
    spec = FaultSpec(fault=fault, parameters=parameters)
    (problem,) = problems_of(spec)
    assert problem.text.en.startswith(f"{fault}: ")
    assert says in problem.text.en
    with pytest.raises(UsageError) as raised:
        make_fault(spec)
    assert says.removesuffix(": ").strip('"') in raised.value.text.fr


def test_every_problem_is_told_at_once() -> None:
    assert len(problems_of(FaultSpec(fault="dns-queries-refused", parameters={"colour": "red"}))) == 6
    (unknown,) = problems_of(FaultSpec(fault="dns-zone-sintax"))
    assert "dns-zone-syntax" in unknown.text.fr
    assert "dns-zone-syntax" in unknown.text.en


@pytest.mark.parametrize("fault", EVERY, ids=named)
def test_every_fault_explains_itself_in_both_languages(fault: Fault) -> None:
    text = fault.explain()
    assert text.fr != text.en
    assert len(text.fr) > 20
    assert len(text.en) > 20


# What each does -------------------------------------------------------------------------------------------


def test_a_cable_is_pulled_and_plugged_in(lab: LabDriver, world: World) -> None:
    assert broken(UNPLUGGED, lab, world) == {}
    assert world.fabric.done == ["cable pc1 eth0 plugged=False"]
    UNPLUGGED.verify(lab)
    UNPLUGGED.revert(lab, {})
    assert world.fabric.done[-1] == "cable pc1 eth0 plugged=True"
    with pytest.raises(LabError, match="link-unplugged has not taken effect"):
        UNPLUGGED.verify(lab)


def test_a_cable_is_moved_as_a_hand_moves_it(lab: LabDriver, world: World) -> None:
    assert broken(MOVED, lab, world) == {"segment": "office"}
    assert world.fabric.done == ["cable pc1 eth0 plugged=False", "cable pc1 eth0 plugged=True segment=servers"]
    MOVED.verify(lab)
    MOVED.revert(lab, {"segment": "office"})
    assert world.fabric.done[2:] == ["cable pc1 eth0 plugged=False", "cable pc1 eth0 plugged=True segment=office"]
    with pytest.raises(LabError, match="leads to office"):
        MOVED.verify(lab)


@pytest.mark.parametrize(
    "fault",
    [LinkUnplugged(host="pc1", interface="eth7"), LinkWrongSegment(host="pc1", interface="eth7", segment="servers")],
)
def test_an_interface_that_is_not_there_is_named(lab: LabDriver, fault: Fault) -> None:
    with pytest.raises(LabError, match="eth7"):
        fault.inject(lab) if isinstance(fault, LinkUnplugged) else fault.remember(lab)


def test_a_host_that_is_not_there_is_named(lab: LabDriver, world: World) -> None:
    with pytest.raises(LabError, match="pc9"):
        LinkUnplugged(host="pc9").inject(lab)
    assert world.fabric.done == []


def test_a_static_address_replaces_the_configuration(lab: LabDriver, world: World) -> None:
    assert broken(STATIC, lab, world) == {"/etc/network/interfaces": INTERFACES, "/etc/resolv.conf": RESOLVERS}
    assert world.fabric.done == [
        "pc1: ifdown --force eth0",
        "pc1: dd of=/etc/network/interfaces status=none",
        "pc1: dd of=/etc/resolv.conf status=none",
        "pc1: ifup eth0",
    ]
    assert world.fabric.files["pc1", "/etc/network/interfaces"].decode() == (
        "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n"
        "    address 192.168.30.7/24\n    gateway 192.168.30.1\n"
    )
    assert world.fabric.files["pc1", "/etc/resolv.conf"] == b"nameserver 192.168.20.10\n"


def test_gateway_and_resolver_may_be_missing(lab: LabDriver, world: World) -> None:
    broken(AddressStatic(host="pc1", address="192.168.30.7/24"), lab, world)
    assert b"gateway" not in world.fabric.files["pc1", "/etc/network/interfaces"]
    assert world.fabric.files["pc1", "/etc/resolv.conf"] == b""


def test_a_gateway_that_ifup_refuses_does_not_stop_the_injection(lab: LabDriver, world: World) -> None:
    world.fabric.on("ifup *", status=1, stderr="Nexthop has invalid gateway")
    broken(STATIC, lab, world)
    assert world.fabric.done[-1] == "pc1: ifup eth0"


@pytest.mark.parametrize(
    ("seen", "effective"),
    [
        ("eth0             UP             192.168.30.7/24 \n", True),
        ("eth0             UP             192.168.10.51/24 \n", False),
        ("eth0             UP             192.168.10.51/24 192.168.30.7/24 \n", False),
        ("eth0             UP             \n", False),
        ("", False),
    ],
)
def test_a_static_address_counts_only_as_the_only_one(
    lab: LabDriver, world: World, seen: str, *, effective: bool
) -> None:
    world.fabric.on("ip -4 -br address show dev eth0", stdout=seen)
    if effective:
        STATIC.verify(lab)
    else:
        with pytest.raises(LabError, match="has not taken effect"):
            STATIC.verify(lab)


RELOADED = ["r1: systemctl reset-failed named", "r1: systemctl restart named"]


@pytest.mark.parametrize(
    ("fault", "line", "becomes"),
    [
        (STALE, "r1\t300\tIN\tA\t192.168.20.10\n", "r1\t300\tIN\tA 192.168.20.1\n"),
        (DOTLESS, "intranet\tIN\tCNAME\tr1.pair.example. ; the web\n", "intranet\tIN\tCNAME r1.pair.example\n"),
        (SYNTAX, "192.168.20.10\n\n\n", "192.168.20.10\nscanner IN A 192.168.10.6O\n"),
    ],
    ids=named,
)
def test_one_place_of_a_zone_is_changed(lab: LabDriver, world: World, fault: Fault, line: str, becomes: str) -> None:
    assert ZONE.count(line) == 1
    assert broken(fault, lab, world) == {ZONE_FILE: ZONE}
    assert world.fabric.files["r1", ZONE_FILE].decode() == ZONE.replace(line, becomes)
    assert world.fabric.done[1:4] == [f"r1: dd of={ZONE_FILE} status=none", *RELOADED]


def test_only_the_clients_rule_is_changed(lab: LabDriver, world: World) -> None:
    broken(REFUSED, lab, world)
    assert world.fabric.files["r1", OPTIONS_FILE].decode() == (
        "options {\n\tallow-query-cache { any; };\n\tallow-query { localhost; };\n\trecursion no;\n};\n"
    )


@pytest.mark.parametrize(
    "fault",
    [
        STALE.model_copy(update={"owner": "nobody"}),
        STALE.model_copy(update={"owner": "r."}),
        REFUSED.model_copy(update={"file": ZONE_FILE}),
    ],
)
def test_where_there_is_nothing_to_change_nothing_is_restarted(lab: LabDriver, world: World, fault: Fault) -> None:
    with pytest.raises(LabError, match="nothing to change"):
        fault.inject(lab)
    assert not [line for line in world.fabric.done if "systemctl" in line or "dd" in line]


@pytest.mark.parametrize("fault", [f for f in EVERY if f not in {UNPLUGGED, MOVED}], ids=named)
def test_files_are_written_back_byte_for_byte(lab: LabDriver, world: World, fault: Fault) -> None:
    before = dict(world.fabric.files)
    memento = broken(fault, lab, world)
    assert world.fabric.files != before
    fault.revert(lab, memento)
    assert world.fabric.files == before


@pytest.mark.parametrize("fault", EVERY, ids=named)
def test_a_memento_is_text(lab: LabDriver, fault: Fault) -> None:
    memento = fault.remember(lab)
    assert {type(word) for pair in memento.items() for word in pair} <= {str}


@pytest.mark.parametrize("fault", [STATIC, STALE, SYNTAX, REFUSED], ids=named)
def test_without_its_file_a_fault_is_refused_before_it_acts(lab: LabDriver, world: World, fault: Fault) -> None:
    world.fabric.files.clear()
    with pytest.raises(LabError, match="cat"):
        fault.remember(lab)
    assert world.fabric.files == {}


# Seeing the effect ----------------------------------------------------------------------------------------

QUERIES: dict[Fault, str] = {
    STALE: "dig * @127.0.0.1 r1.pair.example A",
    DOTLESS: "dig * @127.0.0.1 intranet.pair.example CNAME",
    SYNTAX: "dig * @127.0.0.1 r1.pair.example A",
}
RELATIVE_MX = STALE.model_copy(update={"type": "MX", "value": "10 mail"})
ABSOLUTE_MX = STALE.model_copy(update={"type": "MX", "value": "10 mail.pair.example."})


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (STALE, answer("192.168.20.1")),
        (STALE, answer("r1.pair.example.", "192.168.20.1")),
        (DOTLESS, answer("r1.pair.example.pair.example.")),
        (ABSOLUTE_MX, answer("10 mail.pair.example.")),
        (RELATIVE_MX, answer("10 mail.pair.example.")),
        (SYNTAX, answer(status="SERVFAIL")),
    ],
    ids=named,
)
def test_an_effect_is_seen(lab: LabDriver, world: World, fault: Fault, seen: str) -> None:
    world.fabric.on(QUERIES.get(fault, "dig * MX"), host="r1", stdout=seen)
    fault.verify(lab)


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (STALE, answer("192.168.20.10")),  # the right address begins like the wrong one
        (STALE, answer("192.168.20.2")),
        (STALE, answer(status="NXDOMAIN")),
        (STALE, TIMED_OUT),
        (DOTLESS, answer("r1.pair.example.")),  # the right data, but for the dot that should be missing
        (DOTLESS, answer("web.r1.pair.example.pair.example.")),
        (DOTLESS, answer(status="SERVFAIL")),
        (ABSOLUTE_MX, answer("20 mail.pair.example.")),
        (RELATIVE_MX, answer("10 mail.")),
        (SYNTAX, answer("192.168.20.10")),
        (SYNTAX, answer(status="REFUSED")),
        (SYNTAX, TIMED_OUT),
    ],
    ids=named,
)
def test_a_missing_effect_is_told_with_what_was_seen(lab: LabDriver, world: World, fault: Fault, seen: str) -> None:
    world.fabric.on(QUERIES.get(fault, "dig * MX"), host="r1", stdout=seen)
    with pytest.raises(LabError, match=f"{fault.name} has not taken effect") as raised:
        fault.verify(lab)
    assert f"La panne {fault.name} n'a pas pris effet" in raised.value.text.fr


def test_a_refusal_is_seen_from_the_client(lab: LabDriver, world: World) -> None:
    world.fabric.on("dig * @192.168.20.10 intranet.pair.example A", host="pc1", stdout=answer(status="REFUSED"))
    REFUSED.verify(lab)
    world.fabric.on("dig * @192.168.20.10 intranet.pair.example A", host="pc1", stdout=answer("192.168.20.10"))
    with pytest.raises(LabError, match="has not taken effect"):
        REFUSED.verify(lab)


def test_a_name_server_that_does_not_come_back_is_told(lab: LabDriver, world: World) -> None:
    world.fabric.on("dig * localhost A", stdout=TIMED_OUT)
    with pytest.raises(LabError, match="does not answer after its restart"):
        SYNTAX.inject(lab)


def test_a_name_server_that_cannot_be_restarted_is_told(lab: LabDriver, world: World) -> None:
    world.fabric.on("systemctl restart named", status=1, stderr="Job for named.service failed")
    with pytest.raises(LabError, match="systemctl restart named") as raised:
        SYNTAX.inject(lab)
    assert "Job for named.service failed" in raised.value.evidence


def test_a_name_server_that_starts_slowly_is_waited_for(
    lab: LabDriver, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns, "_SETTLE", 10.0)
    answers = iter([TIMED_OUT, TIMED_OUT])
    real = world.fabric.run

    def run(target: HostRef, argv: tuple[str, ...], **more: Any) -> Any:  # noqa: ANN401
        done = real(target, argv, **more)
        late = next(answers, None) if argv[0] == "dig" else None
        return done if late is None else dataclasses.replace(done, stdout=late.encode())

    monkeypatch.setattr(world.fabric, "run", run)
    SYNTAX.inject(lab)
    assert next(answers, None) is None


@pytest.mark.parametrize(
    ("output", "means"),
    [
        (answer("192.168.20.10"), "192.168.20.10"),
        (answer("r1.pair.example.", "192.168.20.10"), "r1.pair.example. 192.168.20.10"),
        (answer(status="NXDOMAIN"), "NXDOMAIN"),
        (answer(), "NOERROR"),
        (TIMED_OUT, "TIMEOUT"),
        ("", "TIMEOUT"),
    ],
)
def test_digs_output_is_understood(lab: LabDriver, world: World, output: str, means: str) -> None:
    world.fabric.on("dig *", stdout=output, status=9)
    assert dns.dig(lab, "r1", "r1.pair.example", "A") == means


def test_a_fault_must_say_how_it_is_undone() -> None:
    wanted: list[Callable[..., object]] = [Fault.inject, Fault.verify, Fault.revert, Fault.explain]
    assert all(getattr(method, "__isabstractmethod__", False) for method in wanted)


# Waiting for an effect ------------------------------------------------------------------------------------


def looks(*answers: str | LabError) -> Callable[[], str]:
    """Return a look that says these one after the other, and the last one again and again."""
    left = list(answers)

    def look() -> str:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, LabError):
            raise answer
        return answer

    return look


def no_answer() -> LabError:
    return LabError(Text(fr="dc1 : sans réponse", en="dc1: no answer"))


def test_a_look_that_fails_is_repeated() -> None:
    fault_module.wait_for_effect(UNPLUGGED, looks(no_answer(), "it still answers", no_answer(), ""))


def test_a_look_that_fails_to_the_end_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_module, "SETTLE", 0.1)
    with pytest.raises(LabError, match=r"^dc1: no answer$"):
        fault_module.wait_for_effect(UNPLUGGED, looks("it still answers", no_answer()))
    with pytest.raises(LabError, match=r"has not taken effect: it still answers$"):
        fault_module.wait_for_effect(UNPLUGGED, looks(no_answer(), "it still answers"))
    with pytest.raises(FaultMistakeError):
        fault_module.wait_for_effect(UNPLUGGED, looks(FaultMistakeError(Text(fr="erreur", en="mistake")), ""))


WAITS = {
    "has not taken effect": fault_module.wait_for_effect,
    "is not sound beforehand": fault_module.wait_until_sound,
    "has been undone, but still shows": fault_module.wait_until_undone,
}


@pytest.mark.parametrize("says", WAITS)
def test_what_a_wait_saw_last_is_told_in_both_languages(monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    WAITS[says](UNPLUGGED, looks("carrier 1", no_answer(), ""))
    monkeypatch.setattr(fault_module, "SETTLE", 0.1)
    with pytest.raises(LabError, match=f"link-unplugged .*{says}: carrier 1$") as raised:
        WAITS[says](UNPLUGGED, looks(no_answer(), "carrier 1"))
    assert raised.value.text.fr.endswith(" : carrier 1")


PROBE = EffectProbe(run=("curl", "intranet"), prints="403")


def scripted(monkeypatch: pytest.MonkeyPatch, world: World, *outputs: str | LabError) -> list[float]:
    """Have commands print these one after the other, the last one again and again; return their time-outs."""
    say, limits = looks(*outputs), list[float]()

    def run(*_: object, timeout: float, **__: object) -> Completed:
        limits.append(timeout)
        return Completed(0, say().encode(), b"")

    monkeypatch.setattr(world.fabric, "run", run)
    return limits


def test_an_effect_that_is_seen_just_before_the_fault_may_go(
    driver: LabDriver, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = scripted(monkeypatch, world, "403", CommandTimeoutError(same("pc1: not done after 120 s")), "200")
    PROBE.require_absent(UNPLUGGED, driver, "pc1")
    assert limits == [120.0] * 3


def test_an_effect_that_is_there_before_the_fault_is_no_effect_of_it(
    driver: LabDriver, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_module, "SETTLE", 0.1)
    scripted(monkeypatch, world, "200", "403")
    PROBE.require_absent(UNPLUGGED, driver, "pc1")
    with pytest.raises(LabError, match=r"not sound beforehand: curl intranet → 0: 403$"):
        PROBE.require_absent(UNPLUGGED, driver, "pc1")


# Connections ----------------------------------------------------------------------------------------------


class Server:
    """A PostgreSQL server whose role may have so many connections, held until the first look; some come too early."""

    def __init__(self, limit: int, late: int) -> None:
        self._lock = threading.Lock()
        self._looked = threading.Event()
        self._limit = limit
        self._late = late
        self.held = 0
        self.looks: list[int] = []

    def run(self, _target: HostRef, argv: Sequence[str], *, stdin: bytes = b"", **_: object) -> Completed:
        if argv[0] == "runuser":
            return Completed(0, f"{self.held}\n".encode(), b"")
        held = b"pg_sleep" in stdin
        with self._lock:
            if not held:
                self.looks.append(self.held)
                self._looked.set()
            self._late -= held
            if self.held >= self._limit or (held and self._late >= 0):
                return Completed(2, b"", b'FATAL:  too many connections for role "shop"')
            self.held += held
        if held:
            self._looked.wait(10)
            with self._lock:
                self.held -= 1
        return Completed(0, b"1\n", b"")


CROWDED = DatabaseConnectionLimit(host="r1", database="shop", role="shop", password="shop", limit=2)


def test_connections_that_find_no_place_yet_are_made_again(
    driver: LabDriver, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look's connection, or an application's, may still be there when the first of them is made."""
    server = Server(limit=2, late=3)
    monkeypatch.setattr(world.fabric, "run", server.run)
    CROWDED.verify(driver)
    assert server.looks[0] == 2, "nobody looks before the role has as many as it may"
    assert server.held == 0, "none is left"


def test_a_limit_that_is_not_there_is_told(driver: LabDriver, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_module, "SETTLE", 0.0)
    monkeypatch.setattr(world.fabric, "run", Server(limit=100, late=0).run)
    with pytest.raises(LabError, match="database-connection-limit has not taken effect: the application works"):
        CROWDED.verify(driver)
