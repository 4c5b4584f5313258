"""A name server's state: the zones that it has as it runs, and what is thought of each change of one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orchestrator.fabric.fabric_interface import ObjectChange, StateChange
from orchestrator.sound_state.bind_state import BindState
from orchestrator.sound_state.differences import Expectations, differences
from orchestrator.sound_state.explained import VariantWords
from orchestrator.sound_state.found_applications import without_news

STATUS = """\
version: BIND 9.20.18-1~deb13u1-Debian (Stable Release) <id:>
boot time: Mon, 30 Nov 2026 09:00:00 GMT
last configured: Mon, 30 Nov 2026 09:00:00 GMT
configuration file: /etc/bind/named.conf
server is up and running
"""
DUMP = """\
;
; Zone dump of '10.in-addr.arpa/IN'
;
10.in-addr.arpa.\t\t\t      86400 IN SOA\t10.in-addr.arpa. . 0 28800 7200 604800 86400
10.in-addr.arpa.\t\t\t      86400 IN NS\t10.in-addr.arpa.
20.10.in-addr.arpa.\t\t\t      86400 IN NS\t.
;
; Zone dump of 'tilleuls.internal/IN'
;
tilleuls.internal.\t  300 IN SOA\tsrv1.Tilleuls.internal. support.tilleuls.internal. 2026090101 3600 900 604800 60
tilleuls.internal.\t\t\t      300 IN NS\tSRV1.tilleuls.internal.
tilleuls.internal.\t\t\t      300 IN RRSIG\tNS 13 2 300 20261215 20261201 7 tilleuls.internal. c2ln
intranet.tilleuls.internal.\t      300 IN CNAME\tweb1.tilleuls.internal.
Web1.tilleuls.internal.\t\t      300 IN A\t192.168.20.20
Web1.tilleuls.internal.\t\t      300 IN A\t192.168.20.19
;
; Zone dump of 'broken.example/IN'
;
; Zone dump of 'tilleuls.internal/IN/inside'
;
tilleuls.internal.\t\t\t      60 IN TXT\t"v=DKIM1; k=rsa; p=MIIB" "Ij\\;AN"
tilleuls.internal.\t\t\t      60 IN TXT\t"one" "two"
;
; Zone dump of 'version.bind/CH'
;
version.bind.\t\t\t      0 CH TXT\t"9.20"
; Dump complete
"""


def looked(status: str = STATUS, dump: str = DUMP, unread: str = "") -> dict[str, dict[str, str]]:
    def run(argv: Sequence[str], _stdin: bytes) -> str:
        assert argv[:2] == ("sh", "-c")
        return f"{status}\0{unread}\0{dump}" if status else ""

    return {name: dict(fields) for name, fields in BindState().look(run).items()}


def test_zones_are_told_by_name_as_they_are_served() -> None:
    assert looked() == {
        "server": {
            "answers": "yes",
            "configuration": "/etc/bind/named.conf",
            "not read": "",
        },
        "zone tilleuls.internal": {
            "(served)": "yes",
            "tilleuls.internal": "NS srv1.tilleuls.internal. ttl=300\n"
            "SOA srv1.tilleuls.internal. support.tilleuls.internal. 3600 900 604800 60 ttl=300",
            "intranet.tilleuls.internal": "CNAME web1.tilleuls.internal. ttl=300",
            "web1.tilleuls.internal": "A 192.168.20.19 ttl=300\nA 192.168.20.20 ttl=300",
        },
        "zone tilleuls.internal (view inside)": {
            "(served)": "yes",
            "tilleuls.internal": 'TXT "one" "two" ttl=60\nTXT "v=DKIM1; k=rsa; p=MIIBIj; AN" ttl=60',
        },
    }


@pytest.mark.parametrize(
    ("was", "said"),
    [
        ("2026090101", "2026112501"),
        ("IN NS\tSRV1.tilleuls", "IN NS\tsrv1.Tilleuls"),
        ("20261215 20261201", "20270115 20270101"),
        ('p=MIIB" "Ij', 'p=MI" "IBIj'),
        ("192.168.20.20\nWeb1.tilleuls.internal.\t\t      300 IN A\t192.168.20.19",
         "192.168.20.19\nweb1.tilleuls.internal. 300 IN A 192.168.20.20"),
    ],
)  # fmt: skip
def test_what_means_the_same_is_the_same(was: str, said: str) -> None:
    assert was in DUMP
    assert looked(dump=DUMP.replace(was, said)) == looked()


@pytest.mark.parametrize(
    ("status", "dump"), [("", DUMP), (STATUS, ""), (STATUS, DUMP.replace("; Dump complete\n", ""))]
)
def test_a_server_that_does_not_answer_says_so(status: str, dump: str) -> None:
    assert looked(status, dump=dump) == {"server": {"answers": "no"}}


@pytest.mark.parametrize(
    ("field", "before", "now", "standing", "said"),
    [
        ("answers", "yes", "no", "unexplained", "does not answer rndc any more"),
        ("answers", "yes", None, "unexplained", "does not answer rndc any more"),
        ("answers", "no", "yes", "harmless", ""),
        ("configuration", "/etc/bind/named.conf", "/tmp/x", "unexplained", "it was started with /tmp/x."),
        ("not read", "", "/etc/bind/named.conf", "unexplained", "since they were written: /etc/bind/named.conf."),
        ("not read", "/etc/bind/named.conf", "", "harmless", ""),
    ],
)
def test_what_is_thought_of_a_change_of_the_server(
    field: str, before: str, now: str | None, standing: str, said: str
) -> None:
    thought = BindState().think(StateChange("srv1", "bind", "server", field, before, now))
    assert thought.standing == standing
    assert said in thought.sentence.en


@pytest.mark.parametrize(
    ("field", "before", "now", "standing", "said"),
    [
        ("web1.x", "A 10.0.0.1 ttl=9", "A 10.0.0.2 ttl=9", "unexplained",
         "changed: + A 10.0.0.2 ttl=9; - A 10.0.0.1 ttl=9."),
        ("web1.x", "A 10.0.0.1 ttl=9", 'A 10.0.0.1 ttl=9\nTXT "a" ttl=9', "unexplained", 'changed: + TXT "a" ttl=9.'),
        ("web1.x", None, "A 10.0.0.2 ttl=9", "unexplained", "the name 'web1.x' is new: A 10.0.0.2 ttl=9."),
        ("web1.x", "A 10.0.0.1 ttl=9", None, "forbidden", "the name 'web1.x' is gone."),
        ("k.x", 'TXT "v=DKIM1" ttl=9', None, "unexplained", "the name 'k.x' is gone."),
        ("(served)", "yes", None, "forbidden", "does not serve the zone x any more"),
        ("(served)", None, "yes", "unexplained", "serves a zone that it did not: x."),
    ],
)  # fmt: skip
def test_what_is_thought_of_a_change_of_a_zone(
    field: str, before: str | None, now: str | None, standing: str, said: str
) -> None:
    thought = BindState().think(StateChange("srv1", "bind", "zone x", field, before, now))
    assert thought.standing == standing
    assert said in thought.sentence.en


def test_a_zone_that_is_gone_is_told_once() -> None:
    zone = {"(served)": "yes", "*.x": "A 10.0.0.1 ttl=9", "x": "NS a. ttl=9"}
    (told,) = differences([ObjectChange("srv1", "bind", "zone x", zone, {})], Expectations(VariantWords({})))
    assert (told.field, told.standing) == ("presence", "forbidden")
    assert told.sentence.en == "named does not serve the zone x any more."


def test_of_a_server_that_does_not_answer_no_zones_are_missed() -> None:
    answers, silent = {"answers": "yes"}, {"answers": "no"}
    zone = {"(served)": "yes"}
    head = ObjectChange("srv1", "bind", "server", answers, silent)
    later = ObjectChange("srv2", "bind", "server", silent, answers)
    gone = ObjectChange("srv1", "bind", "zone x", zone, {})
    come = ObjectChange("srv2", "bind", "zone x", {}, zone)
    other = ObjectChange("srv3", "bind", "zone x", zone, {})
    assert without_news([head, gone, later, come, other]) == (head, later, other)
