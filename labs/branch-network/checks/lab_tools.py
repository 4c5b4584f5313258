"""What the own daemons of a router or a switch say, and how a router filters by the way back (reverse path)."""

import json
import re

from grader import lines_in

FILTER = {"0": "off", "1": "strict", "2": "loose"}
"""What a value of rp_filter means; where an interface's and that of all differ, the kernel takes the greater one."""
SWITCHING = "/usr/lib/openvswitch-switch/ovs-vswitchd"
"""What Debian's alternatives choose for ``ovs-vswitchd``."""
SOON = 15
"""Seconds that the neighbours, the routes or a lease may need after the last action."""
NO_STATEMENT = re.compile(
    r"!|#|end$|exit$|frr |hostname |log |service |description |no ipv6 |Building |Current |password |agentx"
)


def asked(lab, router, command):
    """Return what a router answers in JSON; another program on the daemons' sockets could say anything."""
    answer = json.loads(lab.host(router).check_output("vtysh -c %s", f"{command} json"))
    for daemon in ("zebra", "ospfd"):
        heard = lab.listener(router, f"/run/frr/{daemon}.vty", f"/usr/lib/frr/{daemon}")
        assert heard.is_genuine, f"{router}, {daemon}: {'; '.join(heard.doubts)}"
    return answer


def route(lab, router, network):
    """Return the gateway by which a router goes to a network, as OSPF has told it; else what it has, in words."""
    known = asked(lab, router, f"show ip route {network}").get(network, [])
    learnt = [entry for entry in known if entry.get("selected") and entry["protocol"] == "ospf"]
    hops = [hop for entry in learnt for hop in entry["nexthops"] if hop.get("fib")]
    if len(hops) == 1:
        return hops[0].get("ip", "")
    return ", ".join(entry["protocol"] for entry in known) or "no route"


def statements(text, unsaid=()):
    """Return the statements of a router's configuration, each with its block, but for some that need no saying."""
    block, found = "", set()
    for line in lines_in(text):
        words = re.sub(r"\barea 0$", "area 0.0.0.0", line.strip())
        if not words or words in unsaid or NO_STATEMENT.match(words):
            continue
        block = block if line.startswith(" ") else words
        found.add((block, words))
    return found


def switch_ports(lab, switch, columns):
    """Return what a switch's own database says of its ports, a row each; its flows are those of a plain switch."""
    listed = json.loads(lab.host(switch).check_output("ovs-vsctl --format=json --columns=%s list port", columns))[
        "data"
    ]
    flows = lab.host(switch).check_output("ovs-ofctl --no-stats dump-flows br0").split("\n")
    for socket, program in (("db.sock", "/usr/sbin/ovsdb-server"), ("br0.mgmt", SWITCHING)):
        heard = lab.listener(switch, f"/run/openvswitch/{socket}", program)
        assert heard.is_genuine, f"{switch}, {program}: {'; '.join(heard.doubts)}"
    assert [flow.strip() for flow in flows] == ["priority=0 actions=NORMAL"], f"{switch} has flows: {'; '.join(flows)}"
    return listed


def reverse_path(lab, router, interface):
    """Return how an interface filters by the way back now: off, strict or loose."""
    shown = lab.client(router).ask(("ip", "-4", "netconf", "show")).stdout
    values = dict(re.findall(r"^inet (\S+) .*\brp_filter (\w+)", shown, re.MULTILINE))
    return _greater(values["all"], values[interface])


def reverse_path_at_boot(host, interface):
    """Return how an interface will filter by the way back at the next boot, as the files of /etc/sysctl.d say."""
    names = sorted(f.path for f in host.file("/etc/sysctl.d").tree() if f.kind == "file" and f.path.endswith(".conf"))
    text = "\n".join(host.file(f"/etc/sysctl.d/{name}").content_string for name in names)
    setting = rf"^\s*-?net[./]ipv4[./]conf[./](all|{interface})[./]rp_filter\s*=\s*([012])\s*$"
    values = dict(re.findall(setting, text, re.MULTILINE))  # the last one counts
    return _greater(*(FILTER[values.get(name, "0")] for name in ("all", interface)))


def assert_branch_opens_the_applications(lab):
    """The branch's applications open by their names on pc3, and web1 serves them."""
    pc3 = lab.client("pc3")
    lab.wait(lambda: pc3.addresses("eth0"), within=SOON, what="pc3 has an address")
    for name, words in (("planning", "Tournées du jour"), ("intranet", "Bienvenue sur l'intranet")):

        def opens(name=name, words=words):
            page = pc3.http_get(f"http://{name}.{lab.domain}/")
            assert page.status == 200, f"{name} does not open on pc3: {page.status or page.problem}"
            assert words in page.body, f"{name} does not open on pc3: the page is another one"
            assert page.peer == lab.address("web1"), f"{name} does not open on pc3: {page.peer} serves the page"
            return True

        lab.wait(opens, within=SOON)


def _greater(one, other):
    return max(one, other, key=tuple(FILTER.values()).index)
