"""Attacks between networks: a proxy that refuses all, two sites without a link, terminals without a desktop."""

from __future__ import annotations

from tests.tamper.attacks.model import CHANGED, FAKE_SITE, GONE, Attack, ended, instead, kept

PROXY, SITES, DESKTOP = "no-web-sites", "branch-cut-off", "desktop-does-not-open"
APPLICATIONS = "Tournées du jour. Bienvenue sur l'intranet"
FULL = "#!/bin/bash\necho '{\"neighbors\": {}}'"
_BETWEEN = r"""cat >/root/between.pl <<'END'
use IO::Socket::UNIX; use IO::Select;
$SIG{CHLD} = "IGNORE";
my $s = IO::Socket::UNIX->new(Local => "/run/frr/ospfd.vty", Listen => 16) or die; chmod 0777, "/run/frr/ospfd.vty";
while (my $c = $s->accept) {
  next if fork; my $r = IO::Socket::UNIX->new(Peer => "/run/frr/kept.vty") or exit;
  my $all = IO::Select->new($c, $r);
  while (1) {
    for my $from ($all->can_read) {
      sysread($from, my $said, 65536) or exit;
      $said =~ s|("neighbors":\s*\{)|$1"10.0.0.2":[{"nbrState":"Full/-","ifaceName":"eth3:10.0.12.1"}],|;
      syswrite($from == $c ? $r : $c, $said);
    }
  }
}
END
mv /run/frr/ospfd.vty /run/frr/kept.vty; setsid perl /root/between.pl >/dev/null 2>&1 </dev/null &
for i in $(seq 100); do [ -S /run/frr/ospfd.vty ] && break; sleep 0.1; done; vtysh -c 'show ip ospf' | grep -q Router
"""
_MODULE = """d=/usr/local/lib/python3.13/dist-packages; mkdir -p $d; echo 'import sys' >$d/first.pth
"""
_LIBRARY = """mkdir -p /opt/python/lib; cp -a /usr/lib/python3.13 /opt/python/lib/
echo 'home = /opt/python/bin' >/usr/pyvenv.cfg; python3 -c 'import os; print(os.__file__)' | grep -q ^/opt/python
"""
_PATH = """mkdir /opt/path; printf '#!/bin/sh\necho window id\n' >/opt/path/env; chmod 755 /opt/path/env
printf 'ALWAYS_SET_PATH yes\nENV_PATH PATH=/opt/path:/usr/bin\n' >>/etc/login.defs
runuser -u nobody -- env | grep -qx 'window id'
"""

ATTACKS: tuple[Attack, ...] = (
    Attack(
        "another program named squid at the proxy's port", PROXY, "proxy1",
        FAKE_SITE + "systemctl stop squid; fake squid 3128 ECHO", GONE + "; systemctl start squid",
    ),
    Attack(
        "a proxy of the workstation's own", PROXY, "pc1",
        FAKE_SITE + "cp -a /etc/hosts /root/hosts; fake squid 3128 ECHO\n"
        "echo 127.0.0.1 proxy1.montreval.internal proxy1 >>/etc/hosts; ip addr add 172.16.50.31/32 dev lo",
        "ip addr del 172.16.50.31/32 dev lo; cp -a /root/hosts /etc/hosts; " + GONE,
    ),
    Attack(
        "a router that leads pages to a site of its own", SITES, "r2",
        FAKE_SITE + f'fake fake-site 8080 "{APPLICATIONS}"\nnft add table ip nat\n'
        "nft 'add chain ip nat pre { type nat hook prerouting priority dstnat; }'\n"
        "nft add rule ip nat pre ip daddr 10.10.20.20 tcp dport 80 redirect to :8080\n"
        "nft add rule ip nat pre udp dport 53 dnat to 10.20.10.1",
        "nft delete table ip nat; " + GONE,
    ),
    Attack(
        "a router that has the web server's address", SITES, "r2",
        FAKE_SITE + f'fake fake-site 80 "{APPLICATIONS}"; ip addr add 10.10.20.20/32 dev lo',
        "ip addr del 10.10.20.20/32 dev lo; " + GONE,
    ),
    Attack(
        "the applications on the workstation that opens them", SITES, "pc3",
        FAKE_SITE + f'cp -a /etc/hosts /root/hosts; fake fake-site 80 "{APPLICATIONS}"\n'
        "echo 127.0.0.1 planning.rivaud.internal intranet.rivaud.internal >>/etc/hosts",
        "cp -a /root/hosts /etc/hosts; " + GONE, "itself answers",
    ),
    Attack("vtysh that shows neighbours", SITES, "r1", *instead("/usr/bin/vtysh", FULL), CHANGED),
    Attack(
        "another program between vtysh and ospfd", SITES, "r1", _BETWEEN,
        ended("-f between.pl") + "; rm -f /root/between.pl; mv /run/frr/kept.vty /run/frr/ospfd.vty",
    ),
    Attack(
        "a desktop shown by the terminal itself", DESKTOP, "term2",
        *instead("/usr/local/bin/bureau", "#!/bin/sh"), CHANGED,
    ),
    Attack(
        "a module that Python loads first", DESKTOP, "term2", _MODULE,
        "rm /usr/local/lib/python3.13/dist-packages/first.pth", CHANGED,
    ),
    Attack(
        "a standard library of Python's that is elsewhere", DESKTOP, "term2", _LIBRARY,
        "rm -r /usr/pyvenv.cfg /opt/python", CHANGED,
    ),
    Attack(
        "a search path that runuser sets", DESKTOP, "ts1",
        *kept("/etc/login.defs", _PATH, "rm -r /opt/path"), CHANGED,
    ),
    Attack(
        "runuser that shows what is asked for", DESKTOP, "ts1",
        *instead("/usr/sbin/runuser", "#!/bin/sh\necho window id"),
    ),
)  # fmt: skip
