"""Attacks in the office: a workstation without network, two machines with one address, a name server's zone."""

from __future__ import annotations

from tests.tamper.attacks.model import (
    CHANGED,
    ELSEWHERE,
    FAKE_NAMES,
    FAKE_SITE,
    GONE,
    NAMES_GONE,
    PRELOADED,
    TAKEN,
    Attack,
    beside,
    ended,
    instead,
)

MOVED, CONFLICT, ZONE = "no-network-after-move", "intranet-comes-and-goes", "intranet-not-found"
WELCOME = "Bienvenue sur l'intranet de la clinique des Tilleuls."
INTRANET = "192.168.20.20"
PAGE = f"#!/bin/bash\nprintf 'HTTP/1.1 200 OK\\r\\n\\r\\n{WELCOME}'"
IP = """#!/bin/bash
echo '[{"ifname":"eth0","dst":"default","gateway":"192.168.10.1","dev":"eth0","addr_info":[
{"family":"inet","local":"192.168.10.51","prefixlen":24,"scope":"global","dynamic":true}]}]'"""
FOR_ANOTHER = r"""cat >/root/conf.pl <<'END'
use Socket;
my ($index, %values) = @ARGV;
sub attribute { my ($kind, $data) = @_; pack("S S a*", 4 + length $data, $kind, $data) }
my $values = join "", map { attribute($_, pack("L", $values{$_})) } keys %values;
my $body = pack("C x S l L L", 0, 0, $index, 0, 0) . attribute(26, attribute(2, attribute(1, $values)));
socket(my $s, 16, SOCK_RAW, 0) or die;
send($s, pack("L S S L L", 16 + length $body, 19, 5, 1, 0) . $body, 0, pack("S x10", 16)) or die;
recv($s, my $answer, 4096, 0); $! = -unpack("x16 l", $answer); die "$!" if $!;
END
perl /root/conf.pl $(cat /sys/class/net/eth0/ifindex) 1 1 3 1; grep -qx 1 /proc/sys/net/ipv4/conf/eth0/proxy_arp
ip ntable change name arp_cache dev eth0 proxy_delay 0
ip addr add 192.168.20.10/32 dev eth0; ip route add 192.168.20.1 dev eth0 src 192.168.20.10
ip neigh flush to 192.168.20.1; echo >/dev/udp/192.168.20.1/9; sleep 0.5
ip route del 192.168.20.1; ip addr del 192.168.20.10/32 dev eth0
ip link add away type veth peer name lost; ip link set lost up; ip link set away arp off up
ip route add 192.168.20.10 dev away
cat >/root/frames.pl <<'END'
use Socket;
socket(my $in, 17, SOCK_DGRAM, 8) or die; socket(my $out, PF_INET, SOCK_RAW, 255) or die;
my $own = inet_aton("192.168.20.10");
while (recv($in, my $q, 1500, 0)) {
  my ($kind, $from, $to, $port, $at) = unpack("x9 C x2 a4 a4 n n", $q);
  next unless $kind == 17 && $to eq $own && $at == 53;
  $q = substr($q, 28); my $end = 12; $end += 1 + ord(substr($q, $end, 1)) while ord(substr($q, $end, 1)); $end += 5;
  my $told = substr($q, 0, 2) . pack("n5", 0x8580, 1, 1, 0, 0) . substr($q, 12, $end - 12)
    . pack("n n n N n a4", 0xc00c, 1, 1, 60, 4, inet_aton("192.168.20.20"));
  my $size = 8 + length $told;
  my $head = pack("C2 n3 C2 n a4 a4", 0x45, 0, 20 + $size, 0, 0, 64, 17, 0, $to, $from);
  send($out, $head . pack("n4", 53, $port, $size, 0) . $told, 0, sockaddr_in(0, $from));
}
END
setsid perl /root/frames.pl >/dev/null 2>&1 </dev/null &
"""
"""Has the kernel answer ARP in the name server's place: forwarding (1) and proxy_arp (3) of IFLA_INET_CONF."""
STANZA = "#!/bin/bash\nprintf 'auto eth0\\niface eth0 inet dhcp\\nnameserver 192.168.20.10\\n'"

ATTACKS: tuple[Attack, ...] = (
    Attack(
        "a name server of the workstation's own", ZONE, "pc1",
        FAKE_NAMES + f"ip addr add 192.168.20.10/32 dev lo; names fake-names 53 {INTRANET}",
        "ip addr del 192.168.20.10/32 dev lo; " + NAMES_GONE, TAKEN,
    ),
    Attack("replaced curl", MOVED, "{pc}", *instead("/usr/bin/curl", PAGE)),
    Attack("replaced ip", MOVED, "{pc}", *instead("/usr/bin/ip", IP)),
    Attack("replaced cat", MOVED, "{pc}", *instead("/usr/bin/cat", STANZA)),
    Attack("replaced sh", MOVED, "{pc}", *instead("/usr/bin/dash", STANZA)),
    Attack("tools before the host's in the search path", MOVED, "{pc}", *beside("curl ip cat dig getent ping", PAGE)),
    Attack(
        "ld.so.preload", MOVED, "{pc}",
        *PRELOADED,
    ),
    Attack(
        "a line in hosts and a fake site", MOVED, "{pc}",
        FAKE_SITE + f'cp -a /etc/hosts /root/hosts; fake fake-site 80 "{WELCOME}"; ip link set lo up\n'
        "echo 127.0.0.1 intranet.tilleuls.internal >>/etc/hosts",
        "cp -a /root/hosts /etc/hosts; " + GONE,
    ),
    Attack(
        "the web server's address on the workstation", MOVED, "{pc}",
        FAKE_SITE + f'cp -a /etc/hosts /root/hosts; fake fake-site 80 "{WELCOME}"\n'
        "ip addr add 192.168.20.20/32 dev lo; echo 192.168.20.20 intranet.tilleuls.internal >>/etc/hosts",
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
        ("test_connection.py::test_other_workstations",),
    ),
    Attack(
        "a repair that waits for the grader's commands", MOVED, "{pc}",
        "setsid bash -c 'while :; do for p in /proc/[0-9]*; do grep -qs \"^PPid:.0$\" $p/status && [ $p != /proc/1 ] "
        "&& printf \"auto eth0\\niface eth0 inet dhcp\\n\" >/etc/network/interfaces; done; done' watcher "
        ">/dev/null 2>&1 </dev/null & cp -a /etc/network/interfaces /root/interfaces; true",
        ended("-f watcher") + "; cp -a /root/interfaces /etc/network/interfaces",
    ),
    Attack("arping that hears nobody", CONFLICT, "{pc}", *instead("/usr/bin/arping", "#!/bin/sh\necho Sent 2 probes")),
    Attack("ip that shows what it should", CONFLICT, "r1", *beside("ip cat find", IP)),
    Attack(
        "another program named named on port 53", ZONE, "srv1",
        FAKE_NAMES + f"systemctl stop named; names named 53 {INTRANET}", NAMES_GONE + "; systemctl start named",
    ),
    Attack(
        "the image's named with other settings", ZONE, "srv1",
        "mkdir -p /var/cache/bind/other; cat >/root/other.conf <<'END'\n"
        'options { directory "/var/cache/bind/other"; pid-file none; session-keyfile none; listen-on-v6 { none; }; };\n'
        'controls { };\nzone "tilleuls.internal" { type master; file "/var/cache/bind/other/zone"; };\nEND\n'
        "printf '$TTL 60\\n@ SOA srv1 root 1 60 60 60 60\\n@ NS srv1\\nsrv1 A 192.168.20.10\\nintranet A "
        "192.168.20.20\\n' >/var/cache/bind/other/zone; cp /root/other.conf /etc/bind/other.conf\n"
        "systemctl stop named\n"
        "setsid named -c /etc/bind/other.conf >/dev/null 2>&1 </dev/null\n"
        "dig +short +tries=5 @127.0.0.1 intranet.tilleuls.internal | grep -qx 192.168.20.20",
        ended("-x named")
        + "; rm -rf /root/other.conf /etc/bind/other.conf /var/cache/bind/other; systemctl restart named",
    ),
    Attack(
        "a router that leads questions to a name server of its own", ZONE, "r1",
        FAKE_NAMES + f"names fake-names 5353 {INTRANET}\nnft add table ip nat\n"
        "nft 'add chain ip nat pre { type nat hook prerouting priority dstnat; }'\n"
        "nft add rule ip nat pre udp dport 53 redirect to :5353",
        "nft delete table ip nat; " + NAMES_GONE, ELSEWHERE,
    ),
    Attack(
        "another server that takes the name server's address", ZONE, "web1",
        FAKE_NAMES + f"names fake-names 53 {INTRANET}; ip addr add 192.168.20.10/32 dev eth0\n"
        "setsid arping -q -U -w 300 -I eth0 192.168.20.10 >/dev/null 2>&1 </dev/null &",
        ended("-x arping") + "; ip addr del 192.168.20.10/32 dev eth0; " + NAMES_GONE, TAKEN,
        ("test_names.py::test_reverse_zones",),
    ),
    Attack(
        "a library in named whose name ends a line after that of named", ZONE, "srv1",
        "cp /lib/*-linux-gnu/libm.so.6 $'/usr/sbin/named\\vx'; printf '/usr/sbin/named\\vx' >/etc/ld.so.preload\n"
        "systemctl restart named; rm /etc/ld.so.preload",
        "rm $'/usr/sbin/named\\vx'; systemctl restart named", r"named runs code of /usr/sbin/named\sx",
        ("test_names.py::test_named_is_a_service",),
    ),
    Attack(
        "checkconf that finds nothing wrong", ZONE, "srv1",
        *instead("/usr/bin/named-checkconf", "#!/bin/sh"), CHANGED,
    ),
    Attack(
        "a FIFO for the settings of named", ZONE, "srv1",
        "cd /etc/bind; mv named.conf.local named.conf.kept; mkfifo named.conf.local",
        "cd /etc/bind; rm named.conf.local; mv named.conf.kept named.conf.local; pkill named-checkconf || true",
        "did not end|killed|timed? ?out|time",
    ),
    Attack(
        "a server for which the kernel answers in the name server's place", ZONE, "web1",
        FOR_ANOTHER,
        "ip link del away; ip ntable change name arp_cache dev eth0 proxy_delay 800\n"
        "perl /root/conf.pl $(cat /sys/class/net/eth0/ifindex) 1 0 3 0\n"
        + ended("-f frames.pl") + "; rm /root/conf.pl /root/frames.pl",
        "web1 answers in the place of others",
    ),
)  # fmt: skip
