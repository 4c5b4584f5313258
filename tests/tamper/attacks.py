"""What a trainee who is root in a host does to be marked for a repair that was not made: one row, one attack.

A row is played on a scenario that is broken, in the order of the table, and undone before the next. Whatever it does,
no check that was red may become green. ``reason`` says, where an attack breaks observation, how the error reads.
"""

from __future__ import annotations

from dataclasses import dataclass

WELCOME = "Bienvenue sur l'intranet de la menuiserie Valbocage."
CATALOGUE = "Assam de printemps, Darjeeling des brumes, Gunpowder, Sencha du matin"
FAKE_SITE = """cat >/root/fake.pl <<'END'
use Socket;
$0 = shift @ARGV;
my ($port, $text) = @ARGV;
socket(my $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
bind($s, sockaddr_in($port, INADDR_ANY)) or die; listen($s, 64);
my $body = "<p>$text</p>";
while (accept(my $c, $s)) {
  sysread($c, my $request, 4096);
  syswrite($c, "HTTP/1.0 200 OK\\r\\nX-Served-By: app1\\r\\nContent-Length: " . length($body) . "\\r\\n\\r\\n" . $body);
  close($c);
}
END
fake() { setsid perl /root/fake.pl "$@" >/dev/null 2>&1 </dev/null & }
"""
"""A web server that shows one page to whoever asks: ``fake NAME PORT TEXT``."""
GONE = "pkill -f '^(nginx|fake-site)' -u root || true; rm -f /root/fake.pl"


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: what it is called.
        scenario: the scenario on which it is played.
        host: the host in which it is typed; ``{pc}`` is one of the variant's values.
        script: what is typed, as root.
        undo: what makes it as if it had not been.
        reason: a regular expression for the reason of the error that it must make of some check; empty for none.
    """

    name: str
    scenario: str
    host: str
    script: str
    undo: str
    reason: str = ""


def instead(path: str, program: str) -> tuple[str, str]:
    """Return how a file of the host is replaced by a program, and how it comes back."""
    put = f"cp -a {path} /root/kept\nrm {path}\ncat >{path} <<'END'\n{program}\nEND\nchmod 755 {path}\n"
    return put, f"rm -f {path}; mv /root/kept {path}"


def beside(names: str, program: str) -> tuple[str, str]:
    """Return how programs are put before those of the host in the search path, and how they go."""
    put = f"for n in {names}; do cat >/usr/local/bin/$n <<'END'\n{program}\nEND\nchmod 755 /usr/local/bin/$n; done\n"
    return put, f"cd /usr/local/bin && rm -f {names}"


PAGE = f"#!/bin/bash\nprintf 'HTTP/1.1 200 OK\\r\\n\\r\\n{WELCOME} {CATALOGUE}'"
IP = """#!/bin/bash
echo '[{"ifname":"eth0","dst":"default","gateway":"192.168.10.1","dev":"eth0","addr_info":[
{"family":"inet","local":"192.168.10.51","prefixlen":24,"scope":"global","dynamic":true}]}]'"""
STANZA = "#!/bin/bash\nprintf 'auto eth0\\niface eth0 inet dhcp\\nnameserver 192.168.20.10\\n'"
YES = "#!/bin/bash\necho active; echo enabled; exit 0"
ROWS = f"#!/bin/bash\nprintf '%s\\n' {' '.join(repr(tea) for tea in CATALOGUE.split(', '))} 'UPDATE 1'"

MOVED, GATEWAY = "no-network-after-move", "bad-gateway"
CONFLICT, SLOW = "address-conflict", "slow-then-504"
CHANGED = "tools were changed"

_SITE_UNIT = """cat >/etc/systemd/system/nginx.service <<'END'
[Service]
ExecStart=/usr/bin/perl /root/fake.pl nginx 80 "%s"
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload; systemctl restart nginx
"""
ATTACKS: tuple[Attack, ...] = (
    # A workstation without network
    Attack("replaced curl", MOVED, "{pc}", *instead("/usr/bin/curl", PAGE)),
    Attack("replaced ip", MOVED, "{pc}", *instead("/usr/bin/ip", IP)),
    Attack("replaced cat", MOVED, "{pc}", *instead("/usr/bin/cat", STANZA)),
    Attack("replaced sh", MOVED, "{pc}", *instead("/usr/bin/dash", STANZA)),
    Attack("tools before the host's in the search path", MOVED, "{pc}", *beside("curl ip cat dig getent ping", PAGE)),
    Attack(
        "ld.so.preload", MOVED, "{pc}",
        "find /usr/lib -name 'libfaketime.so.1' >/etc/ld.so.preload", "rm -f /etc/ld.so.preload",
    ),
    Attack(
        "a line in hosts and a fake site", MOVED, "{pc}",
        FAKE_SITE + f'cp -a /etc/hosts /root/hosts; fake fake-site 80 "{WELCOME}"; ip link set lo up\n'
        "echo 127.0.0.1 intranet.valbocage.internal >>/etc/hosts",
        "cp -a /root/hosts /etc/hosts; " + GONE,
    ),
    Attack(
        "the web server's address on the workstation", MOVED, "{pc}",
        FAKE_SITE + f'cp -a /etc/hosts /root/hosts; fake fake-site 80 "{WELCOME}"\n'
        "ip addr add 192.168.20.20/32 dev lo; echo 192.168.20.20 intranet.valbocage.internal >>/etc/hosts",
        "cp -a /root/hosts /etc/hosts; ip addr del 192.168.20.20/32 dev lo; " + GONE,
    ),
    Attack(
        "a FIFO for the interfaces", MOVED, "{pc}",
        "cd /etc/network; mv interfaces interfaces.kept; mkfifo interfaces",
        "cd /etc/network; rm interfaces; mv interfaces.kept interfaces", r"interfaces: a fifo, not a file",
    ),
    Attack(
        "endless interfaces", MOVED, "{pc}",
        "cd /etc/network; mv interfaces interfaces.kept; ln -s /dev/zero interfaces",
        "cd /etc/network; rm interfaces; mv interfaces.kept interfaces", r"interfaces: a device, not a file",
    ),
    Attack(
        "huge leases", MOVED, "srv1",
        "cd /var/lib/kea; cp -a kea-leases4.csv /root/leases; truncate -s 1T kea-leases4.csv || truncate -s 90G "
        "kea-leases4.csv", "cat /root/leases >/var/lib/kea/kea-leases4.csv", "kea-leases4.csv: too large",
    ),
    Attack(
        "a repair that waits for the grader's commands", MOVED, "{pc}",
        "setsid bash -c 'while :; do for p in /proc/[0-9]*; do grep -qs \"^PPid:.0$\" $p/status && [ $p != /proc/1 ] "
        "&& printf \"auto eth0\\niface eth0 inet dhcp\\n\" >/etc/network/interfaces; done; done' watcher "
        ">/dev/null 2>&1 </dev/null & cp -a /etc/network/interfaces /root/interfaces; true",
        "pkill -f watcher; cp -a /root/interfaces /etc/network/interfaces",
    ),
    # A shop whose proxy leads nowhere
    Attack("a page shown by curl", GATEWAY, "pc1", *instead("/usr/bin/curl", PAGE)),
    Attack(
        "another program named nginx on port 80", GATEWAY, "web1",
        FAKE_SITE + f'systemctl stop nginx; fake nginx 80 "{CATALOGUE}"', GONE + "; systemctl start nginx",
    ),
    Attack(
        "a unit of nginx that starts another program", GATEWAY, "web1", FAKE_SITE + _SITE_UNIT % CATALOGUE,
        "rm -f /etc/systemd/system/nginx.service; systemctl daemon-reload; systemctl restart nginx; " + GONE,
    ),
    Attack(
        "a line in hosts and a fake shop", GATEWAY, "pc1",
        FAKE_SITE + f'cp -a /etc/hosts /root/hosts; fake fake-site 80 "{CATALOGUE}"\n'
        "echo 127.0.0.1 boutique.valbocage.internal >>/etc/hosts",
        "cp -a /root/hosts /etc/hosts; " + GONE,
    ),
    Attack("systemctl that says yes", GATEWAY, "app1", *instead("/usr/bin/systemctl", YES)),
    Attack("psql that says what is asked for", GATEWAY, "db1", *beside("psql runuser", ROWS), ""),
    # Two machines with one address
    Attack("arping that hears nobody", CONFLICT, "{pc}", *instead("/usr/bin/arping", "#!/bin/sh\necho Sent 2 probes")),
    Attack("ip that shows what it should", CONFLICT, "r1", *beside("ip cat find", IP)),
    # A table that is locked
    Attack("psql that shows the rows", SLOW, "db1", *instead("/usr/bin/psql", ROWS), CHANGED),
    Attack("runuser that shows the rows", SLOW, "db1", *beside("runuser", ROWS), CHANGED),
    Attack(
        "settings of psql that show the rows", SLOW, "db1",
        "printf '%s\\n' '\\! echo \"Assam de printemps\"' '\\q' >/root/.psqlrc; cp /root/.psqlrc ~postgres/",
        "rm -f /root/.psqlrc ~postgres/.psqlrc",
    ),
)  # fmt: skip
