"""From changes to differences: what is told, in which order, and how each stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.fabric.fabric_interface import ObjectChange
from orchestrator.model.image import VolatilePath
from orchestrator.model.scenario import MayChange
from orchestrator.sound_state import differences as module
from orchestrator.sound_state.differences import Expectations, differences
from orchestrator.sound_state.explained import VariantWords

FILE = {"kind": "file", "mode": "0644", "owner": "0:0", "content": "x 10.0.0.7\n"}
WORDS = VariantWords({"address": "10.0.0.7"})
NONE = Expectations(WORDS)


def new(path: str, host: str = "pc1", **changes: str) -> ObjectChange:
    return ObjectChange(host, "files", path, {}, {**FILE, **changes})


def seen(*changes: ObjectChange, expected: Expectations = NONE) -> list[tuple[str, str, str]]:
    return [(one.object, one.field, one.standing) for one in differences(changes, expected)]


LOST = ObjectChange(
    "pc2", "services", "ssh.service", {"runs": "yes", "wanted-by": "x"}, {"wanted-by": "x", "masked": "yes"}
)


def test_forbidden_differences_come_first_and_harmless_ones_are_left_out() -> None:
    comes = ObjectChange("pc1", "services", "a.scope", {"runs": "yes"}, {})
    explained = frozenset({WORDS.told(differences([new("/etc/c")], NONE)[0]).key()})
    found = seen(
        new("/etc/c"), new("/etc/b"), LOST, comes, new("/etc/a", "srv"), expected=replace(NONE, explained=explained)
    )
    assert found == [
        ("ssh.service", "masked", "forbidden"),
        ("ssh.service", "runs", "forbidden"),
        ("/etc/b", "presence", "unexplained"),
        ("/etc/a", "presence", "unexplained"),
        ("/etc/c", "presence", "explained"),
    ]


def test_a_difference_says_what_was_and_what_is() -> None:
    masked = differences([LOST], NONE)[0]
    assert (masked.host, masked.provider, masked.before, masked.now) == ("pc2", "services", None, "yes")
    assert masked.sentence.en == "ssh.service is masked."


def of_network(what: str, before: dict[str, str], now: dict[str, str]) -> ObjectChange:
    return ObjectChange("hv1", "network", what, before, now)


def test_an_interface_that_comes_or_goes_is_told_once() -> None:
    gone, come, value = {"kind": "tun", "up": "yes"}, {"kind": "vlan", "up": "yes"}, {"value": "1"}
    told = differences(
        (
            of_network("link tap0", gone, {}),
            of_network("queue tap0", {"kind": "noqueue"}, {}),
            of_network("sysctl net.ipv4.conf.tap0.forwarding", value, {}),
            of_network("link eth0.10", {}, come),
            of_network("sysctl net.ipv6.conf.eth0/10.accept_ra", {}, value),
            of_network("sysctl net.ipv4.conf.eth0.forwarding", {}, value),
            of_network("queue eth0", {"kind": "noqueue"}, {"kind": "netem"}),
            replace(of_network("queue tap0", {"kind": "noqueue"}, {}), host="hv2"),
        ),
        NONE,
    )
    assert sorted((one.host, one.object) for one in told) == [
        ("hv1", "link eth0.10"),
        ("hv1", "link tap0"),
        ("hv1", "queue eth0"),
        ("hv1", "sysctl net.ipv4.conf.eth0.forwarding"),
        ("hv2", "queue tap0"),
    ]
    sentences = {one.object: one.sentence for one in told}
    assert sentences["link tap0"].en == "The interface tap0 is gone (kind: tun)."
    assert sentences["link eth0.10"].fr == "L'interface eth0.10 est nouvelle (type : vlan)."


def test_what_is_volatile_is_left_out_unless_it_is_forbidden() -> None:
    own = replace(NONE, volatile={"pc1": (VolatilePath(path="/srv", why="its data"),)})
    assert seen(new("/srv/x"), new("/root/x"), expected=own) == []
    assert seen(new("/srv/x", "pc2"), expected=own) == [("/srv/x", "presence", "unexplained")]
    assert seen(new("/srv/x", mode="4755"), expected=own) == [("/srv/x", "set-id", "forbidden")]


def test_a_change_is_explained_in_the_words_of_another_seed() -> None:
    other = VariantWords({"address": "10.0.0.99"})
    learnt = other.told(differences([new("/etc/x", content="x 10.0.0.99\n")], Expectations(other))[0])
    expected = replace(NONE, explained={learnt.key()})
    assert seen(new("/etc/x"), expected=expected) == [("/etc/x", "presence", "explained")]
    for one in (
        new("/etc/x", content="x 10.0.0.99\n"),
        new("/etc/x", "pc2"),
        new("/etc/y"),
        new("/etc/x", owner="1:0"),
    ):
        assert [standing for *_, standing in seen(one, expected=expected)] == ["unexplained"]


def test_what_is_forbidden_no_solution_explains() -> None:
    explained = {WORDS.told(one).key() for one in differences([LOST], NONE)}
    task = (MayChange(host="pc1", path="/etc"),)
    expected = replace(NONE, explained=explained, may_change=task)
    assert {standing for *_, standing in seen(LOST, expected=expected)} == {"forbidden"}
    assert ("/etc/x", "set-id", "forbidden") in seen(new("/etc/x", mode="4755"), expected=expected)


@pytest.mark.parametrize(
    ("host", "path", "standing"),
    [
        ("pc1", "/srv/a/x", "explained"),
        ("pc1", "/srv/a/x/y", "explained"),
        ("pc1", "/srv/a/xy", "unexplained"),
        ("pc2", "/srv/a/x", "unexplained"),
    ],
)
def test_a_task_may_change_what_it_is_about(host: str, path: str, standing: str) -> None:
    expected = replace(NONE, may_change=(MayChange(host="pc1", path="/srv/*/x"),))
    assert seen(new(path, host), expected=expected) == [(path, "presence", standing)]
    strict = replace(expected, strict=True)
    hard = "forbidden" if standing == "unexplained" else standing
    assert seen(new(path, host), expected=strict) == [(path, "presence", hard)]


@pytest.mark.parametrize(
    ("host", "name", "standing"),
    [
        ("pc1", "uid=a,ou=People,dc=x", "explained"),
        ("pc1", "ou=people,dc=x", "explained"),
        ("pc1", "uid=a,ou=groups,dc=x", "unexplained"),
        ("pc1", "uid=a,ou=other-people,dc=x", "unexplained"),
        ("pc2", "uid=a,ou=people,dc=x", "unexplained"),
    ],
)
def test_a_task_may_change_the_entries_that_it_is_about(host: str, name: str, standing: str) -> None:
    expected = replace(NONE, may_change=(MayChange(host="pc1", entry="ou=people,dc=x"),))
    changed = ObjectChange(host, "openldap", name, {"cn": "a"}, {"cn": "b"})
    assert seen(changed, expected=expected) == [(name, "cn", standing)]
    assert seen(new("/uid=a,ou=people,dc=x"), expected=expected)[0][2] == "unexplained", "a file is no entry"


def test_where_there_are_too_many_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert module._MOST == 200
    many = [new(f"/etc/{number:03}") for number in range(203)]
    found = differences([*many, LOST], NONE)
    assert len(found) == 201
    assert (found[0].object, found[-1].now, found[-1].standing) == ("ssh.service", "5", "unexplained")
    assert len(differences(many[:200], NONE)) == 200
    monkeypatch.setattr(module, "_MOST", 1)
    assert differences([LOST, *many], NONE)[-1].standing == "forbidden", "none of these is lost among others"


def test_a_task_that_names_a_file_of_accounts_may_give_rights_by_it() -> None:
    gained = ObjectChange(
        "pc1",
        "files",
        "/etc/group",
        {"kind": "file", "mode": "0644", "owner": "0:0", "content": "adm:x:4:\n"},
        {"kind": "file", "mode": "0644", "owner": "0:0", "content": "adm:x:4:ann\n"},
    )
    for path, standing in (("/etc/group", "explained"), ("/etc", "forbidden"), ("/etc/passwd", "forbidden")):
        expected = replace(NONE, may_change=(MayChange(host="pc1", path=path),))
        assert ("/etc/group", "rights", standing) in seen(gained, expected=expected)


def test_a_link_leads_where_it_leads_however_it_is_written() -> None:
    link = {"kind": "symlink", "mode": "0777", "owner": "0:0", "content": "/etc/nginx/sites-available/shop"}
    enabled = "/etc/nginx/sites-enabled/shop"
    relative, elsewhere = ({**link, "content": to} for to in ("../sites-available/shop", "../shop"))
    assert seen(ObjectChange("web1", "files", enabled, link, relative)) == []
    assert seen(ObjectChange("web1", "files", enabled, link, elsewhere)) == [(enabled, "content", "unexplained")]
    gone = ObjectChange("web1", "files", enabled, link, {})
    assert seen(gone, ObjectChange("web1", "files", f"{enabled}-site", {}, relative)) == []
    assert len(seen(gone, ObjectChange("web1", "files", f"{enabled}-site", {}, elsewhere))) == 2


JOB = "34 5 * * * guest list\n"
TONIGHT = "/etc/cron.d/tonight"


@pytest.mark.parametrize(
    ("gone", "come", "told"),
    [
        ("/etc/cron.d/guests", {"path": TONIGHT, "content": f"# Tonight.\n{JOB}"}, 0),
        ("/etc/cron.d/guests", {"path": f"{TONIGHT}.new", "content": JOB}, 2),
        ("/etc/cron.d/guests", {"path": TONIGHT, "content": JOB.replace("5", "6")}, 2),
        ("/etc/cron.d/guests", {"path": TONIGHT, "content": JOB, "owner": "7:7"}, 2),
        ("/etc/a", {"path": "/etc/b", "content": JOB}, 2),
    ],
)
def test_a_file_whose_name_does_not_count_may_have_another(gone: str, come: dict[str, str], told: int) -> None:
    former = ObjectChange("pc1", "files", gone, {**FILE, "content": JOB}, {})
    entry = dict(come)
    assert len(seen(former, new(entry.pop("path"), **entry))) == told
    other_host = new(come["path"], "pc2", **entry)
    assert len(seen(former, other_host)) == 2


@pytest.mark.parametrize(
    ("before", "now", "standing"),
    [
        ("server app1:80;\n", "server app1.lab.internal:80;\n", "explained"),
        ("server app1.lab.internal:80;\n", "server app1:80;\n", "unexplained"),
        ("server app1:80;\n", "server app1.lab.internal:81;\n", "unexplained"),
        ("server app1:80;\n", "server app1.lab.internal.example:80;\n", "unexplained"),
        ("server app1:80;\n", "server my-app1.lab.internal:80;\n", "unexplained"),
    ],
)
def test_a_host_may_be_called_by_its_full_name(before: str, now: str, standing: str) -> None:
    change = ObjectChange("pc1", "files", "/etc/x", {**FILE, "content": before}, {**FILE, "content": now})
    known = replace(NONE, full_names={"app1.lab.internal": "app1"})
    assert seen(change, expected=known) == [("/etc/x", "content", standing)]
