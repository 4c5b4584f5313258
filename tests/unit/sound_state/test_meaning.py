"""What configuration files say, however they are written."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

import pytest

from orchestrator.sound_state.meaning import _BY_PATH, meaning_of, statements_changed
from tests.unit.sound_state import test_meaning_ovsdb as ovsdb

NGINX: Final = "/etc/nginx/sites-available/default"
MAIN: Final = "/etc/postfix/main.cf"
MASTER: Final = "/etc/postfix/master.cf"
UNIT: Final = "/etc/systemd/system/shop.service"
ROUNDCUBE: Final = "/etc/roundcube/config.inc.php"
NAMED: Final = "/etc/bind/named.conf.options"
ZONE: Final = "/etc/bind/zones/db.rivaud.internal"
KEA: Final = "/etc/kea/kea-dhcp4.conf"
SSHD: Final = "/etc/ssh/sshd_config"
SMB: Final = "/etc/samba/smb.conf"
PG: Final = "/etc/postgresql/17/main/postgresql.conf"
HBA: Final = "/etc/postgresql/17/main/pg_hba.conf"
NFT: Final = "/etc/nftables.conf"
VPN: Final = "/etc/openvpn/server/vpn.conf"
FRR: Final = "/etc/frr/frr.conf"
KEYS: Final = "/root/.ssh/authorized_keys"
SCRIPT: Final = "/usr/local/bin/night"
SSSD: Final = "/etc/sssd/sssd.conf"
DOVECOT: Final = "/etc/dovecot/dovecot.conf"
SOURCES: Final = "/etc/apt/sources.list.d/site.sources"
LIST: Final = "/etc/apt/sources.list"
APT: Final = "/etc/apt/apt.conf.d/90site"
KEYRING: Final = "/etc/apt/keyrings/site.asc"
CUPS: Final = "/etc/cups/printers.conf"
STANZA: Final = "Types: deb\nURIs: http://a/b\nSuites: c\nComponents: main\nSigned-By: /k.asc\n"
SOA: Final = "$TTL 300\n@ IN SOA a. b. ( {} 3600 900 604800 60 )\n@ IN NS srv1\n"


def armour(body: str, comment: str = "") -> str:
    """Return a public key in ASCII armour."""
    return f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n{comment}\n{body}\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n"


SAME: Final = [
    (NGINX, "server { listen 80; }\nserver { listen [::]:80; }",
     "server {listen 0.0.0.0:80;} server {listen [::]:80;}"),
    ("/etc/nginx/upkeep.conf", "server { listen 8088; }", "server {\n  listen *:8088;\n}"),
    (MAIN, "a = $b/c ${d}e", "a = ${b}/c ${d}e"),
    (MAIN, "a = $b, $c", "a = $(b), ${c}"),
    (DOVECOT, "service a {\n  unix_listener /run/b {\n    mode = 0600\n  }\n}\n",
     "service a {\n  unix_listener c {\n    path = /run/b\n    mode = 0600\n  }\n}\n"),
    (ROUNDCUBE, "<?php\n$config = [];\ninclude_once '/etc/roundcube/debian-db-roundcube.php';\n"
     "$config['imap_host'] = 'ssl://mail:993'; // ours\n$config['plugins'] = ['a', 'b'];\n$config['x'] = true;\n",
     "<?php\n# whole\n$config = [\n  'x' => true, /* so */\n  \"plugins\" => [\"a\", 'b',],\n"
     "  'imap_host' => 'ssl://mail:993',\n];\ninclude_once '/etc/roundcube/debian-db-roundcube.php';\n"),
    (VPN, "data-ciphers AES-256-GCM:CHACHA20-POLY1305\n", "data-ciphers CHACHA20-POLY1305:AES-256-GCM\n"),
    (ROUNDCUBE, "<?php\n$config['a'] = 1;\n$config['b'] = -2;\n", "<?php $config['b']=-2;$config['a']=1;"),
    (NAMED, "acl a { 10.0.0.0/8; localhost; };", "acl a { localhost; 10/8; localhost; };"),
    (NAMED, "acl a { 10/8; };\noptions { allow-query { a; localhost; }; };",
     "options { allow-query { localhost; 10/8; }; };"),
    (NAMED, "acl a { 10/8; };\nacl b { a; 192.168.1.1; };\nview v { match-clients { b; }; };",
     'acl "x" { 192.168.1.1; 10/8; };\nview v { match-clients { x; }; };'),
    (NAMED, "acl a { 10/8; };\noptions { listen-on { a; }; allow-query { a; }; };",
     "acl a { 10/8; };\noptions { listen-on { a; }; allow-query { 10/8; }; };"),
    (NAMED, "options { allow-query { 127.0.0.0/8; 10.1.0.0/16; 10.2.3.4; }; };",
     "options { allow-query { 127/8; 10.1/16; 10.2.3.4/32; }; };"),
    (ZONE, SOA.format(1) + 'k TXT ( "v=DKIM1; k=rsa; p=AB" "CD" )',
     SOA.format(1) + 'k TXT "v=DKIM1;k = rsa\\;" " p=A BCD;"'),
    (ZONE, SOA.format(1) + '@ TXT "v=spf1 mx " "-all"', SOA.format(1) + '@ TXT "v=spf1 mx -all"'),
    (HBA, 'host shop "web" all md5', 'host "shop" web all md5'),
    (SMB, "[a]\nread only = no\nguest ok = yes", "[a]\n  public = 1\n  writable = yes"),
    (SMB, "[a]\nread only = yes\ncreate mask = 0640\npath = /b",
     "[a]\ndirectory = /b\nwrite ok = No\ncreate mode = 0640"),
    (SSSD, "[sssd]\nservices = nss\n[domain/a]\nb = c\n", "[domain/a]\nb=c\n\n[sssd]\nservices=nss\n"),
    (KEYS, 'restrict,command="a b" ssh-ed25519 AAAA pc1', '# c\ncommand="a b",no-pty,no-user-rc,No-Port-Forwarding,'
     "no-agent-forwarding,no-X11-forwarding  ssh-ed25519  AAAA somebody else"),
    (KEYS, 'restrict,pty,from="a,b" ssh-rsa AAAA\nssh-rsa BBBB', 'ssh-rsa BBBB x\nfrom="a,b",no-user-rc,'
     "no-port-forwarding,no-agent-forwarding,no-x11-forwarding ssh-rsa AAAA"),
    (SCRIPT, "#!/bin/sh\nset -eu\ncp a b\n", "#!/bin/sh\n# Copies a.\n\nset -eu\n  # to b\ncp a b \n"),
    ("/etc/sauvegarde/sauvegarde.conf", "A=b\nC='d'\n", '# e\nC=d\nA="b"\n'),
    (NGINX, "server { listen 80; root /a; }", "# a\nserver\n{\n\troot '/a'; # b\n\tlisten 80;\n}\n"),
    (NGINX, "location / { proxy_read_timeout 1m; }", "location / { proxy_read_timeout 60s; }"),
    (NGINX, "client_max_body_size 12m;", "client_max_body_size 12288k;"),
    (NGINX, "location / { }\nroot /a;", "root /a;\nlocation / { }"),
    (NGINX, 'location ~ "a{2}" { }\nset $a ${b}c;', 'location  ~  "a{2}" {}\nset $a ${b}c;'),
    (NGINX, "server_tokens off;\nallow a;", "allow a;\nserver_tokens off;"),
    (MAIN, "a = 1\nb = 2\na = 3\n", "b=2\n\n# c\na   =\n  3\n"),
    (MAIN, "mynetworks = 10.0.0.0/8, 127.0.0.0/8", "mynetworks = 127.0.0.0/8\n# c\n  10.0.0.0/8"),
    (MAIN, "smtpd_relay_restrictions = a, b", "smtpd_relay_restrictions =\n  a\n  b"),
    (MAIN, "maximal_backoff_time = 1h", "maximal_backoff_time = 60m"),
    (MASTER, "smtp inet n - n - - smtpd\nqmgr unix n - n 300 1 qmgr",
     "qmgr unix n - n 300 1\n  qmgr\nsmtp  inet n - n - - smtpd"),
    ("/etc/postfix/virtual", "a@b c@d\ne@f g@h\n", "# x\ne@f   g@h\na@b\tc@d\n"),
    (DOVECOT, "a = 1\nb = 2\nservice x {\n  port = 0\n}\n", "b=2\n# c\nservice  x {\nport = 0 # d\n}\na = 1\n"),
    (NAMED, "options { recursion yes; notify no; };", "// a\noptions {\n/* b */ notify no; # c\n recursion yes;\n};"),
    (NAMED, 'zone "a" IN { type primary; file "/f"; };\nzone "b" {};',
     'zone b {};\nzone "a" { file "/f"; type primary; };'),
    (NAMED, "options { allow-query { any; }; };", "options { allow-query{any;}; };"),
    (ovsdb.PATH, ovsdb.log(ovsdb.port("a"), ovsdb.port("b")), ovsdb.log(ovsdb.port("b"), ovsdb.port("a"))),
    (ZONE, SOA.format(1), SOA.format(2)),
    (ZONE, SOA.format(1) + "www 1h A 1.2.3.4\n    IN TXT x ; c\n",
     SOA.format(1) + 'WWW IN 3600 A 1.2.3.4\nwww 5m TXT "x"\n'),
    (ZONE, "$TTL 1h\n$ORIGIN a.b.\nw CNAME x\n", "$TTL 3600\nw.a.b. IN CNAME x.A.B.\n"),
    (ZONE, "$TTL 1\na AAAA 2001:db8:0::1\nb A 1.2.3.4", "$TTL 1s\nb ( A\n 1.2.3.4 )\na AAAA 2001:DB8::1"),
    (ZONE, "$TTL 1\n@ NS srv1\nintranet CNAME web1\n@ MX 10 mx1",
     "$TTL 1\nRivaud.internal. NS srv1.rivaud.internal.\nintranet.rivaud.internal. CNAME web1.rivaud.internal.\n"
     "$ORIGIN internal.\nrivaud MX 10 mx1.rivaud\n"),
    (KEA, '{"pools": [{"pool": "10.0.0.1 - 10.0.0.15"}]}',
     '{"pools": [{"pool":"10.0.0.1-10.0.0.7"},{"pool": "10.0.0.8/29"}]}'),
    (KEA, '{"pools": [{"pool": "2001:db8::/127", "x": 1}]}', '{"pools": [{"x": 1, "pool":"2001:db8::-2001:db8::1"}]}'),
    (KEA, '{"reservations": [{"hw-address": "02:ab", "x": 1}, {"hw-address": "02:aa", "x": 2}]}',
     '{"reservations": [{"x": 2, "hw-address": "02:AA"}, {"hw-address": "02:AB", "x": 1}]}'),
    (KEA, '{"option-data": [{"name": "b"}, {"name": "a"}]}', '{"option-data": [{"name": "a"}, {"name": "b"}]}'),
    (KEA, '{"a": 1, "b": [1, 2]}', '// x\n{ # y\n "b": [ 1,\n 2 ], /* z */ "a": 1 }'),
    (KEA, '{"a": "http://x # y"}', '{ "a" : "http://x # y" }'),
    ("/etc/squid/squid.conf", "http_access deny all\n", "# a\n\nhttp_access \t deny all"),
    ("/etc/squid/squid.conf", "acl a src 10.0.0.0/24 10.1.0.1\n", "acl a src  10.0.0.0-10.0.0.255 10.1.0.1/32"),
    ("/etc/squid/squid.conf", "http_port 3128 accel\n", "http_port 0.0.0.0:3128  accel"),
    ("/etc/squid/squid.conf", "dns_nameservers 10.0.0.1 10.0.0.2\n", "dns_nameservers 10.0.0.1 10.0.0.2 10.0.0.1"),
    ("/etc/squid/squid.conf", "acl a dst 10.0.0.0/24\n", "acl a dst 10.0.0.0/255.255.255.0"),
    ("/etc/squid/squid.conf", "acl p port 80 443\nhttp_access deny !p\n",
     "acl p port 443\nacl p port 80\nacl p port 443\nhttp_access deny !p\n"),
    (NGINX, "upstream a { server b:1; server c:1 weight=1; }",
     "upstream a { server c:1 fail_timeout=10s; server b:1; }"),
    (DOVECOT, 'quota "A" {\n  storage_size = 30M\n}\n', 'quota "A" {\n  quota_storage_size = 31457280\n}\n'),
    (DOVECOT, "a_size = 1g\n", "a_size = 1024M\n"),
    ("/etc/cups/client.conf", "ServerName a.b\n", "# c\nservername  a.b:631\n"),
    (SSHD, "Port 22\nPermitRootLogin no\n", "# a\npermitrootlogin=no\n\nPORT   22\n"),
    ("/etc/ssh/ssh_config.d/a.conf", "Host a\n  User b\n  Port 1\n", "host a\nPort 1\nUser b\n"),
    (SMB, "[global]\n\tread only = No\n\tworkgroup = A\n", "# a\n[GLOBAL]\nWORKGROUP=A\n; b\nReadOnly = false\n"),
    ("/etc/sssd/sssd.conf", "[sssd]\nservices = nss, pam\ndomains = a\n", "[sssd]\n#b\ndomains=a\nservices=nss,pam"),
    ("/etc/sssd/sssd.conf", "[sssd]\ndomains = a\n[domain/a]\nldap_uri = ldap://b, ldaps://c\n"
     "ldap_tls_reqcert = hard\n",
     "[domain/a]\nldap_tls_reqcert = demand\nldap_uri = ldap://b:389/,ldaps://c:636\n[sssd]\ndomains = a\n"),
    ("/etc/sssd/sssd.conf", "[domain/a]\ncache_credentials = TRUE\n", "[domain/a]\ncache_credentials = true\n"),
    ("/etc/krb5.conf", "[libdefaults]\n\trdns = false\n", "# a\n[libdefaults]\nrdns=false\n"),
    ("/etc/ssl/montreval/vpn.cnf", "[server]\nkeyUsage = a\n", "[server]\nkeyUsage=a"),
    ("/etc/xrdp/xrdp.ini", "[Globals]\nport=3389\nfork=true\n", "; a\n[Globals]\nfork=true\nport=3389\n"),
    (UNIT, "[Service]\nType=simple\nRestartSec=1min 30s\n", "# a\n[Service]\nRestartSec = 90\nType = simple"),
    (UNIT, "[Unit]\nAfter=a b\n", "[Unit]\nAfter=b\nAfter=a\n"),
    (UNIT, "[Service]\nExecStart=/a \\\n# b\n  c\n", "[Service]\nExecStart=/a c\n"),
    (UNIT, "[Service]\nTimeoutStopSec=10m\n", "[Service]\nTimeoutStopSec=600s\n"),
    (UNIT, "[Unit]\nOnFailure=call@%p.service\nAfter=%n %%p\n",
     f"[Unit]\nOnFailure=call@{Path(UNIT).stem}.service\nAfter=%%p {Path(UNIT).name}\n"),
    ("/etc/network/interfaces", "auto a\niface a inet static\n  address 10.0.0.1/24\n  gateway 10.0.0.2\n",
     "auto a\niface a  inet static\n# b\n gateway 10.0.0.2\n netmask 255.255.255.0\n address 10.0.0.1\n"),
    ("/etc/network/interfaces", "auto lo a\n", "allow-auto lo\nauto a\n"),
    ("/etc/network/interfaces", "auto lo a\niface lo inet loopback\niface a inet dhcp\n",
     "auto lo\niface lo inet loopback\nauto a\niface a inet dhcp\n"),
    ("/etc/hosts", "1.1.1.1 a b\n1.1.1.1 c\n", "1.1.1.1 a\n1.1.1.1 c b\n"),
    ("/etc/hosts", "1.1.1.1 a\n2.2.2.2 b\n", "2.2.2.2 b\n1.1.1.1 a\n1.1.1.1 a\n"),
    ("/etc/dhcpcd.conf", "nodelay\nreboot 0\n", "# a\nnodelay\n\nreboot  0"),
    ("/etc/resolv.conf", "nameserver 1.1.1.1\nsearch a\n", "; x\nsearch  a\nnameserver 1.1.1.1\n"),
    ("/etc/hosts", "127.0.0.1\tlocalhost\n", "# a\n127.0.0.1 localhost # b\n\n"),
    ("/etc/nsswitch.conf", "passwd: files sss\ngroup: files\n", "group:   files\npasswd:\tfiles  sss # a\n"),
    (FRR, "interface a\n ip ospf cost 1\n ip ospf passive\nexit\n!\ninterface b\nexit\n",
     "! x\ninterface b\ninterface a\n ip ospf passive\n ip ospf cost 1\n"),
    (FRR, "router ospf\n network 10.0.0.0/8 area 0\n", "frr version 10.3\nno ipv6 forwarding\nrouter ospf\n"
     " network 10.0.0.0/8 area 0.0.0.0\nexit\n!\nend\n"),
    (VPN, "proto udp4\nport 1194\nca ca.crt # a\n", 'ca "ca.crt"\n; b\n\nport  1194\nproto udp4\n'),
    (VPN, "<ca>\nAB\n</ca>\nport 1\n", "port 1\n<ca>\nAB\n</ca>\n"),
    (NFT, "table ip a { chain b { policy drop; tcp dport { 80, 443 } accept; } }",
     "#!/usr/sbin/nft -f\ntable a {\n chain b {\n  policy drop\n  tcp dport {443,\n80} accept # c\n }\n}\n"),
    (NFT, "define L = eth0\ndefine A = { 10.0.0.1,\n 10.0.0.2 }\ndefine B = $A\ntable ip a {\n chain b {\n"
     "  type filter hook input priority 0\n  iifname $L ip daddr $B counter reject with icmp type host-prohibited\n }\n"
     "}\n",
     'table ip a {\n\tchain b {\n\t\ttype filter hook input priority 0; policy accept;\n\t\tiifname "eth0" ip daddr '
     "{ 10.0.0.2, 10.0.0.1 } counter packets 4 bytes 240 reject with icmp host-prohibited\n\t}\n}\n"),
    (NFT, "table ip a { counter c { packets 1 bytes 2\n }\n }", "table ip a { counter c { }\n }"),
    ("/etc/passwd", "a:x:0:0::/:/b\nc:x:1:1::/:/b\n", "c:x:1:1::/:/b\na:x:0:0::/:/b\n"),
    ("/etc/group", "a:x:1:b,c\n", "a:x:1:c,b\n"),
    ("/etc/sudoers.d/netadmin", "%a ALL=(ALL) /x,/y\n", "# c\n%a  ALL=(ALL) /x, \\\n  /y\n"),
    ("/etc/cron.d/a", "0 5 * * * root /a  b\n", "# c\n0\t5 * *  * root  /a  b\n"),
    ("/etc/sssd/sssd.conf", "[sssd]\nservices = nss, pam\n", "[sssd]\nservices = pam,nss\n"),
    (VPN, 'push "route 10.1.0.0 255.255.0.0"\n', 'push "route 10.1.0.0 255.255.0.0 vpn_gateway"\n'),
    (VPN, "route 10.1.0.0 255.255.0.0\n", "route 10.1.0.0 255.255.0.0 default default\n"),
    (HBA, "host a,b c 10.0.0.0/8 scram-sha-256\n",
     "host a c 10.0.0.0/8 scram-sha-256\nhost b c 10.0.0.0/8 scram-sha-256\n"),
    (MAIN, "smtpd_milters = inet:localhost:8891\nrelayhost = [localhost]:26\n",
     "smtpd_milters = inet:127.0.0.1:8891\nrelayhost = [127.0.0.1]:26\n"),
    ("/etc/cron.d/a", "SHELL=/bin/sh\n@daily root x\n", "@daily root x\n"),
    ("/etc/cron.d/a", "PATH=/a:/b\n@daily root x\n", 'PATH = "/a:/b"\n@daily root x\n'),
    ("/var/spool/cron/crontabs/a", "@daily /a\n", "\n@daily   /a\n"),
    ("/etc/fstab", "/a /b ext4 ro\n", "# c\n/a\t/b ext4 ro 0 0\n"),
    ("/etc/tmpfiles.d/a.conf", "d /run/a 0755 root root\n", "# c\nd\t/run/a 755 root root - -\n"),
    ("/etc/sysctl.d/50-vpn.conf", "net.ipv4.ip_forward=1\n", "; a\nnet/ipv4/ip_forward = 1"),
    (PG, "work_mem = 1GB\nstatement_timeout = 10min\n", "# a\nStatement_Timeout '600s'\nwork_mem = 1024MB # b\n"),
    (PG, "jit = off\nwork_mem = 4096\nwork_mem = 4MB\n", "work_mem=4096kB\njit = false\n"),
    (PG, "jit = on\nfsync = on\ninclude_dir = 'conf.d'\n", "fsync=on\njit=on\ninclude_dir 'conf.d'\n"),
    (HBA, "host all all 10.0.0.0/8 scram-sha-256\n", "# a\nhost  all all 10.0.0.0 255.0.0.0 scram-sha-256 # b\n"),
    ("/etc/ldap/slapd.d/cn=config.ldif", "# CRC32 1\ndn: cn=config\nolcA: xy\nolcB: z\nentryCSN: 1\n",
     "# CRC32 2\ndn: cn=config\nolcB:: eg==\nolcA: x\n y\nentryCSN: 2\n"),
    ("/etc/pam.d/sshd", "auth required a.so\n", "# x\nauth\trequired   a.so"),
    ("/etc/security/bureaux.conf", "- : ALL : ALL\n", "# x\n-  : ALL : ALL"),
    ("/etc/opendkim.conf", "Mode sv\nUMask 007\n", "umask   007\n# x\nMode sv\n"),
    ("/etc/shop/shop.env", 'A="b"\nC=d\n', "# x\nC=d\nA=b\n"),
    ("/opt/shop/shop.py", "a\n\nb  \n", "a\nb"),
    (SOURCES, STANZA, "# a\nSuites: c\nTypes:  deb\n# b\nURIs: http://a/b/\nSigned-By: /k.asc\nComponents: main\n\n"),
    (SOURCES, STANZA, f"{STANZA}Enabled: yes\n\n{STANZA.replace('http://a', 'http://z')}Enabled: no\n"),
    (LIST, "deb [signed-by=/k.asc arch=amd64] http://a/b c main x\n",
     "# a\ndeb  [arch=amd64 signed-by=/k.asc]  http://a/b/ c x main # b"),
    (APT, 'Acquire::Retries "3";\nAPT::Install-Recommends "FALSE";\n',
     '// a\nacquire::retries  "3" ;\nAPT::install-recommends "false";'),
    (KEYRING, armour("QUJD"), armour("QUJD", "Comment: mine\n")),
    (KEYRING, armour("QUJDREVG"), armour("QUJD\nREVG")),
    ("/etc/cups/lpoptions", "Default cave a=1 b=2\nDest c/d\n", "Dest c/d\nDefault cave b=2 a=1\n"),
    (CUPS, "<Printer a>\nDeviceURI x:/a\nStateTime 1\nState Idle\n</Printer>\n",
     "# b\n<Printer a>\nState Idle\nDeviceURI x:/a\nStateTime 2\nConfigTime 3\n</Printer>\n"),
    ("/etc/localtime", "/usr/share/zoneinfo/Europe/Paris", "../usr/share/zoneinfo/Europe/Paris"),
]  # fmt: skip

OTHER: Final = [
    (NGINX, "server { listen 80; }", "server { listen 127.0.0.1:80; }"),
    (NGINX, "server { listen 80; }", "server { listen [::]:80; }"),
    (MAIN, "a = $bc", "a = ${b}c"),
    (DOVECOT, "service a {\n  unix_listener b {\n    path = /c\n  }\n}\n",
     "service a {\n  unix_listener b {\n  }\n}\n"),
    (NAMED, "options { allow-query { 127/8; }; };", "options { allow-query { 127.0.0.0/9; }; };"),
    (NAMED, "options { allow-query { !10/8; any; }; };", "options { allow-query { any; !10/8; }; };"),
    (NAMED, "options { forwarders { 10.0.0.1; 10.0.0.2; }; };", "options { forwarders { 10.0.0.2; 10.0.0.1; }; };"),
    (ZONE, SOA.format(1) + 'k TXT "a" "b"', SOA.format(1) + 'k TXT "ab"'),
    (ZONE, SOA.format(1) + 'k TXT "v=DKIM1; p=AB"', SOA.format(1) + 'k TXT "v=DKIM1; t=y; p=AB"'),
    (HBA, 'host "all" web all md5', "host all web all md5"),
    (SMB, "[a]\nread only = no", "[a]\nwritable = no"),
    (SMB, "[a]\nread only = no\nwritable = no", "[a]\nwritable = no\nread only = no"),
    (SSSD, "[sssd]\na = b\n[SSSD]\na = c\n", "[SSSD]\na = c\n[sssd]\na = b\n"),
    (KEYS, "restrict ssh-rsa AAAA", "ssh-rsa AAAA"),
    (KEYS, "restrict,pty ssh-rsa AAAA", "pty,restrict ssh-rsa AAAA"),
    (KEYS, 'command="a" ssh-rsa AAAA', 'command="a # b" ssh-rsa AAAA'),
    (KEYS, "ssh-rsa AAAA", "ssh-rsa AAAB"),
    (SCRIPT, "#!/bin/sh\ncat <<END\n# a\nEND\n", "#!/bin/sh\ncat <<END\nEND\n"),
    (SCRIPT, "#!/bin/sh\necho 'a\n# b\n'\n", "#!/bin/sh\necho 'a\n'\n"),
    (SCRIPT, "#!/bin/sh\ncp a b\n", "#!/bin/sh\n# cp a b\n"),
    (SCRIPT, "#!/usr/bin/perl\n# a\nprint 1;\n", "#!/usr/bin/perl\nprint 1;\n"),
    (NGINX, "location ~ a { }\nlocation ~ b { }", "location ~ b { }\nlocation ~ a { }"),
    (NGINX, "server { listen 80; } server { root /a; }", "server { listen 80; root /a; }"),
    (NGINX, "allow a; deny all;", "deny all; allow a;"),
    (NGINX, "listen 80;", "listen 80; } deny all;"),
    (NGINX, "location /a#b { deny all; }", "location /a { }"),
    (MAIN, "smtpd_relay_restrictions = a, b", "smtpd_relay_restrictions = b, a"),
    (MAIN, "mynetworks = !10.0.0.1, 10.0.0.0/8", "mynetworks = 10.0.0.0/8, !10.0.0.1"),
    (MAIN, "a = 1\na = 2\n", "a = 2\na = 1\n"),
    (MASTER, "submission inet n - n - - smtpd", "submission inet n - n - - smtpd -o message_size_limit=0"),
    ("/etc/postfix/virtual", "/a/ b\n/c/ d\n", "/c/ d\n/a/ b\n"),
    (DOVECOT, "passdb a {\n}\npassdb b {\n}\n", "passdb b {\n}\npassdb a {\n}\n"),
    (DOVECOT, "a = x  y\n", "a = x y\n"),
    (NAMED, "options { allow-query { !a; any; }; };", "options { allow-query { any; !a; }; };"),
    (NAMED, "view a { };\nview b { };", "view b { };\nview a { };"),
    (NAMED, "options { recursion no; };", "options { /* recursion no; */ };"),
    (NAMED, "options { directory a; };", "options { directory a#b; };"),
    (ZONE, SOA.format(1), SOA.format(1).replace("900", "901")),
    (ZONE, "$TTL 1\na A 1.2.3.4\n", "$TTL 1\na A 1.2.3.4\n  A 1.2.3.5\n"),
    (ZONE, "$TTL 1\n$ORIGIN a.\nb A 1.2.3.4\n", "$TTL 1\n$ORIGIN b.\nb A 1.2.3.4\n"),
    (ZONE, '$TTL 1\na TXT "x;y"\n', "$TTL 1\na TXT x\n"),
    (ZONE, "$TTL 1h\na A 1.2.3.4\n", "$TTL 2h\na A 1.2.3.4\n"),
    (KEA, '{"a": [1, 2]}', '{"a": [2, 1]}'),
    (KEA, '{"a": [{"name": "x"}, {"name": "y"}]}', '{"a": [{"name": "y"}, {"name": "x"}]}'),
    (KEA, '{"option-data": [{"name": "b", "x": 1}, {"name": "b"}]}',
     '{"option-data": [{"name":"b"}, {"name":"b", "x":1}]}'),
    (KEA, '{"a": "1"}', '{"a": 1}'),
    ("/etc/squid/squid.conf", "http_access deny a\nhttp_access allow b\n", "http_access allow b\nhttp_access deny a\n"),
    (NAMED, "acl a { 10/8; };\noptions { allow-query { a; }; };", "acl a { 10/9; };\noptions { allow-query { a; }; };"),
    (NAMED, "acl a { 10/8; };", "acl a { 10/9; };"),
    (VPN, "data-ciphers AES-256-GCM:AES-128-CBC\n", "data-ciphers AES-256-GCM\n"),
    (VPN, "tls-cipher A:B\n", "tls-cipher B:A\n"),
    (ROUNDCUBE, "<?php\n$config['a'] = 1;\n$config['a'] = 2;\n", "<?php\n$config['a'] = 2;\n$config['a'] = 1;\n"),
    (ROUNDCUBE, "<?php\n$config['a'] = 1;\n$config = [];\n", "<?php\n$config = [];\n$config['a'] = 1;\n"),
    (ROUNDCUBE, "<?php\n$config = ['a' => ['b' => 1]];\n", "<?php\n$config = ['a' => 1, 'b' => 1];\n"),
    (ROUNDCUBE, "<?php\n$config['a'] = 'b';\n", "<?php\n$config['a'] = b;\n"),
    (ROUNDCUBE, "<?php\n$config['a'] = 1;\n", "<?php\nif ($x) $config['a'] = 1;\n"),
    (ROUNDCUBE, "<?php\n$config['a'] = 1;\n", "<?php\n$config['a'] = 1;\ninclude_once '/tmp/x.php';\n"),
    (ROUNDCUBE, "<?php\n$config['db_dsnw'] = 'x';\ninclude_once '/etc/roundcube/debian-db-roundcube.php';\n",
     "<?php\ninclude_once '/etc/roundcube/debian-db-roundcube.php';\n$config['db_dsnw'] = 'x';\n"),
    (NAMED, "acl a { 10/8; };\nacl a { 11/8; };\noptions { allow-query { a; }; };",
     "acl a { 11/8; };\nacl a { 10/8; };\noptions { allow-query { a; }; };"),
    (NAMED, "acl a { !10/8; any; };\noptions { allow-query { a; 10/8; }; };",
     "options { allow-query { !10/8; any; 10/8; }; };"),
    (NAMED, "acl a { 10/8; };\noptions { allow-query { !a; any; }; };", "options { allow-query { !a; any; }; };"),
    (NAMED, "acl a { key k; };\noptions { allow-query { a; }; };",
     "acl a { key l; };\noptions { allow-query { a; }; };"),
    ("/etc/squid/squid.conf", "acl a src 10.0.0.0-10.0.0.254\n", "acl a src 10.0.0.0/24\n"),
    ("/etc/squid/squid.conf", "http_port 10.0.0.0:3128\n", "http_port 3128\n"),
    ("/etc/squid/squid.conf", "dns_nameservers 10.0.0.1 10.0.0.2\n", "dns_nameservers 10.0.0.2 10.0.0.1\n"),
    ("/etc/squid/squid.conf", "acl a dstdomain 10.0.0.1/32\n", "acl a dstdomain 10.0.0.1\n"),
    (ZONE, "$TTL 1\na A 1.2.3.4", "$TTL 1\na.internal. A 1.2.3.4"),
    (ZONE, "$TTL 1\na CNAME b", "$TTL 1\na CNAME b.internal."),
    ("/etc/bind/zones/db.192.168.10", "$TTL 1\n1 PTR a.", "$TTL 1\n1.192.168.10. PTR a."),
    (KEA, '{"pools": [{"pool": "10.0.0.1 - 10.0.0.9"}]}',
     '{"pools": [{"pool": "10.0.0.1 - 10.0.0.4"}, {"pool": "10.0.0.6 - 10.0.0.9"}]}'),
    (KEA, '{"pools": [{"pool": "10.0.0.0 - 10.0.0.7"}]}',
     '{"pools": [{"pool": "10.0.0.0 - 10.0.0.3"}, {"pool": "10.0.0.4/30", "x": 1}]}'),
    (KEA, '{"pools": [{"pool": "10.0.0.1"}]}', '{"pools": [{"pool": "10.0.0.1 - 10.0.0.1"}]}'),
    ("/etc/cups/client.conf", "ServerName a.b\n", "ServerName a.b:80\n"),
    ("/etc/squid/squid.conf", "# a \\\nhttp_access deny all\n", "# a\nhttp_access deny all\n"),
    ("/etc/squid/squid.conf", "acl p port 80\nhttp_access deny !p\n", "http_access deny !p\nacl p port 80\n"),
    ("/etc/squid/squid.conf", "acl p url_regex -i a b\n", "acl p url_regex -i b a\n"),
    ("/etc/squid/squid.conf", 'acl p dstdomain a "/b"\n', 'acl p dstdomain "/b" a\n'),
    (NGINX, "upstream a { ip_hash; server b:1; server c:1; }", "upstream a { ip_hash; server c:1; server b:1; }"),
    (NGINX, "upstream a { server b:1; server c:1 weight=2; }", "upstream a { server b:1; server c:1; }"),
    (NGINX, "upstream a { server b:1; server c:1 down; }", "upstream a { server b:1 down; server c:1; }"),
    (DOVECOT, 'quota "A" {\n  storage_size = 30M\n}\n', 'quota "A" {\n  storage_size = 30G\n}\n'),
    (DOVECOT, "service a {\n  service_b = 1\n}\n", "service a {\n  b = 1\n}\n"),
    (SSHD, "PermitRootLogin no\nPermitRootLogin yes\n", "PermitRootLogin yes\nPermitRootLogin no\n"),
    (SSHD, "Match User a\nX11Forwarding no\n", "X11Forwarding no\nMatch User a\n"),
    (SSHD, "Include a\nPort 22\n", "Port 22\nInclude a\n"),
    ("/etc/ssh/ssh_config", "Host a\nUser b\nHost *\nUser c\n", "Host *\nUser c\nHost a\nUser b\n"),
    (SMB, "[a]\nread only = no\nwritable = no\n", "[a]\nwritable = no\nread only = no\n"),
    (SMB, "[a]\npath = /A\n", "[a]\npath = /a\n"),
    ("/etc/sssd/sssd.conf", "[sssd]\ndomains = a, b\n", "[sssd]\ndomains = b, a\n"),
    (VPN, 'push "route 10.1.0.0 255.255.0.0"\n', 'push "route 10.1.0.0 255.255.0.0 net_gateway"\n'),
    (VPN, "route 10.1.0.0 255.255.0.0 10.8.0.1\n", "route 10.1.0.0 255.255.0.0 vpn_gateway\n"),
    (HBA, "host a,b c 10.0.0.0/8 trust\n", "host a c 10.0.0.0/8 trust\n"),
    (HBA, 'host "a,b" c 10.0.0.0/8 trust\n', "host a c 10.0.0.0/8 trust\nhost b c 10.0.0.0/8 trust\n"),
    (MAIN, "smtpd_milters = inet:localhost:1\n", "smtpd_milters = inet:localhost:2\n"),
    (MAIN, "relayhost = localhost:25\n", "relayhost = 127.0.0.1:25\n"),
    (MAIN, "relayhost = [a.localhost]\n", "relayhost = [a.127.0.0.1]\n"),
    ("/etc/cron.d/a", "SHELL=/bin/bash\n@daily root x\n", "@daily root x\n"),
    ("/etc/cron.d/a", "SHELL=/a\n@daily root x\nSHELL=/bin/sh\n@daily root y\n",
     "SHELL=/a\n@daily root x\n@daily root y\n"),
    ("/etc/sssd/sssd.conf", "[a]\nb = 1\n", "[c]\nb = 1\n"),
    ("/etc/sssd/sssd.conf", "[a]\nldap_uri = ldap://b\n", "[a]\nldap_uri = ldap://b:390\n"),
    ("/etc/sssd/sssd.conf", "[a]\nldap_uri = ldap://b\n", "[a]\nldap_uri = ldaps://b\n"),
    ("/etc/sssd/sssd.conf", "[a]\nldap_tls_reqcert = allow\n", "[a]\nldap_tls_reqcert = hard\n"),
    ("/etc/sssd/sssd.conf", "[a]\nb = 1\n[c]\n[a]\nb = 2\n", "[a]\nb = 2\n[c]\n[a]\nb = 1\n"),
    ("/etc/xrdp/xrdp.ini", "[a]\n[b]\n", "[b]\n[a]\n"),
    (UNIT, "[Service]\nExecStart=a\nExecStart=\n", "[Service]\nExecStart=\nExecStart=a\n"),
    (UNIT, "[Service]\nTimeoutStartSec=1\nTimeoutSec=2\n", "[Service]\nTimeoutSec=2\nTimeoutStartSec=1\n"),
    (UNIT, "[Service]\nexecstart=a\n", "[Service]\nExecStart=a\n"),
    (UNIT, "[Service]\nRestartSec=1m\n", "[Service]\nRestartSec=1M\n"),
    ("/etc/network/interfaces", "iface a inet dhcp\nup x\nup y\n", "iface a inet dhcp\nup y\nup x\n"),
    ("/etc/resolv.conf", "nameserver 1.1.1.1\nnameserver 2.2.2.2\n", "nameserver 2.2.2.2\nnameserver 1.1.1.1\n"),
    ("/etc/resolv.conf", "nameserver 1.1.1.1\n", " nameserver 1.1.1.1\n"),
    ("/etc/hosts", "1.1.1.1 a\n2.2.2.2 a\n", "2.2.2.2 a\n1.1.1.1 a\n"),
    ("/etc/hosts", "1.1.1.1 a b\n", "1.1.1.1 a\u2003b\n"),
    ("/etc/hosts", "1.1.1.1 a b\n", "1.1.1.1 b a\n"),
    ("/etc/hosts", "1.1.1.1 a\n1.1.1.1 b\n", "1.1.1.1 b\n1.1.1.1 a\n"),
    ("/etc/network/interfaces", "auto a b\n", "auto b a\n"),
    ("/etc/network/interfaces", "auto a\nsource b\n", "source b\nauto a\n"),
    ("/etc/network/interfaces", "auto a\n", "allow-hotplug a\n"),
    ("/etc/nsswitch.conf", "passwd: files sss\n", "passwd: sss files\n"),
    (FRR, "interface a\n ip ospf cost 1\ninterface b\n", "interface a\ninterface b\n ip ospf cost 1\n"),
    (FRR, "interface a\n ip ospf cost 1\n ip ospf cost 2\n", "interface a\n ip ospf cost 2\n ip ospf cost 1\n"),
    (FRR, "router ospf\n network 10.0.0.0/8 area 0\n", "router ospf\n network 10.0.0.0/8 area 0.0.0.1\n"),
    (FRR, "ipv6 route ::/0 fe80::1\n", "no ipv6 forwarding\nipv6 route ::/0 fe80::1\n"),
    ("/etc/systemd/system/a@.service", "[Service]\nExecStart=/a %p\n", "[Service]\nExecStart=/a a@\n"),
    (FRR, "route-map a permit 1\nroute-map a deny 2\n", "route-map a deny 2\nroute-map a permit 1\n"),
    (VPN, "remote a\nremote b\n", "remote b\nremote a\n"),
    (VPN, "port 1\nlport 2\n", "lport 2\nport 1\n"),
    (VPN, "<ca>\nAB\n</ca>\n", "<ca>\nAC\n</ca>\n"),
    (NFT, "table ip a { chain b { drop; accept; } }", "table ip a { chain b { accept; drop; } }"),
    (NFT, "table ip a { chain b { counter tcp dport { 80 } drop; } }",
     "table ip a { chain b { counter tcp dport { 81 } drop; } }"),
    (NFT, "table ip a { }", "table ip a { } }\ntable ip b { }"),
    (NFT, "define L = eth0\ntable ip a { chain b { iifname $L drop; } }",
     "define L = eth1\ntable ip a { chain b { iifname $L drop; } }"),
    (NFT, "define L = eth0\ntable ip a { chain b { iifname $L drop; } }",
     "define L = eth0\ntable ip a { define L = eth1\nchain b { iifname $L drop; } }"),
    (NFT, "table ip a { chain b { type filter hook input priority 0; policy drop; } }",
     "table ip a { chain b { type filter hook input priority 0; policy drop; } chain b { policy accept; } }"),
    (NFT, "table ip a { chain b { limit rate 4/second accept; } }",
     "table ip a { chain b { limit rate 5/second accept; } }"),
    ("/etc/passwd", "a:x:0:0::/:/b\nc:x:0:0::/:/d\n", "c:x:0:0::/:/d\na:x:0:0::/:/b\n"),
    ("/etc/group", "a:x:1:b\n", "a:x:1:b,c\n"),
    ("/etc/sudoers", "a ALL=ALL\na ALL=!/x\n", "a ALL=!/x\na ALL=ALL\n"),
    ("/etc/sudoers", "#includedir /a\n", "# x\n"),
    ("/etc/sudoers", "#1000 ALL=ALL\n", "\n"),
    ("/etc/cron.d/a", "0 5 * * * root echo 'a  b'\n", "0 5 * * * root echo 'a b'\n"),
    ("/etc/cron.d/a", 'A=" b"\n', "A=b\n"),
    ("/etc/cron.d/a", 'A=""\n', "A=\n"),
    ("/etc/cron.d/a", "A='b\"\n", "A=b\n"),
    ("/etc/cron.d/a", "A=1\n@daily root x\n", "@daily root x\nA=1\n"),
    ("/etc/fstab", "/a /b ext4 ro\n", "/a /b ext4 rw\n"),
    ("/etc/tmpfiles.d/a.conf", "d /run/a 0755 root root\n", "d /run/a 0775 root root\n"),
    ("/etc/tmpfiles.d/a.conf", "d /run/a 0755 root root\n", "d /run/a 0755 root root 1d\n"),
    ("/etc/sysctl.conf", "a.b = 1\na.b = 0\n", "a.b = 0\na.b = 1\n"),
    (PG, "fsync = on\n", "fsync = off\n"),
    (PG, "include_dir = 'conf.d'\nport = 1\n", "port = 1\ninclude_dir = 'conf.d'\n"),
    (ovsdb.PATH, ovsdb.log(ovsdb.port("a", tag=1)), ovsdb.log(ovsdb.port("a", tag=2))),
    ("/etc/openvswitch/startup.conf", "set port a tag=1\nset port b tag=1\n", "set port b tag=1\nset port a tag=1\n"),
    (PG, "work_mem = 1\n", "work_mem = 1MB\n"),
    (PG, "log_line_prefix = ''\n", "log_line_prefix = ''''\n"),
    (PG, "log_line_prefix = 'a # b'\n", "log_line_prefix = 'a # c'\n"),
    (HBA, "host all a 1.1.1.1/32 trust\nhost all all all reject\n",
     "host all all all reject\nhost all a 1.1.1.1/32 trust\n"),
    (HBA, 'host "a  b" all all trust\n', 'host "a b" all all trust\n'),
    ("/etc/ldap/slapd.d/a.ldif", "dn: a\nolcAccess: {0}x\nolcAccess: {1}y\n",
     "dn: a\nolcAccess: {0}y\nolcAccess: {1}x\n"),
    ("/etc/pam.d/sshd", "auth required a.so\nauth required b.so\n", "auth required b.so\nauth required a.so\n"),
    ("/etc/shop/shop.env", "A=1\n", "A=2\n"),
    ("/etc/default/profils", "A=$B\n# c\n", "A=$B\n"),
    ("/opt/shop/shop.py", "# a\nb\n", "b\n"),
    ("/opt/shop/run", "a \\\nb\n", "a \\ \nb\n"),
    ("/opt/shop/run", "a \\\n\nb\n", "a \\\nb\n"),
    ("/opt/shop/run", "a\r\n", "a\n"),
    (SOURCES, STANZA, STANZA.replace("Signed-By: /k.asc\n", "")),
    (SOURCES, STANZA, f"{STANZA}Trusted: yes\n"),
    (SOURCES, STANZA, STANZA.replace("Suites: c", "Suites: c d")),
    (SOURCES, STANZA, f"{STANZA}Enabled: no\n"),
    (LIST, "deb http://a/b c main\n", "deb [trusted=yes] http://a/b c main\n"),
    (LIST, "deb http://a/b c main\n", "# deb http://a/b c main\n"),
    (APT, 'A "1";\nA "2";\n', 'A "2";\nA "1";\n'),
    (APT, 'A "x";\n', 'A "X";\n'),
    (KEYRING, armour("QUJD"), armour("QUJE")),
    ("/etc/cups/lpoptions", "Default a\nDest b\n", "Dest a\nDefault b\n"),
    (CUPS, "<Printer a>\nState Idle\n</Printer>\n", "<Printer a>\nState Stopped\n</Printer>\n"),
    (CUPS, "<DefaultPrinter a>\n</Printer>\n", "<Printer a>\n</Printer>\n"),
    ("/etc/localtime", "/usr/share/zoneinfo/Europe/Paris", "/usr/share/zoneinfo/Etc/UTC"),
]  # fmt: skip

HASHES: Final = [
    (MAIN, "a = 1\nb =\n  2\n"),
    (MASTER, "smtp inet n - n - - smtpd\n"),
    (SSHD, "Port 22\nMatch User a\n  X11Forwarding no\n"),
    (UNIT, "[Unit]\nAfter=a\n[Service]\nExecStart=/a b\n"),
    (SMB, "[global]\nworkgroup = A\n[a]\npath = /a\n"),
    (VPN, "dev tun\nremote a\nremote b\n"),
    (FRR, "hostname a\ninterface b\n ip ospf passive\n"),
    (HBA, "local all all peer\nhost all all all reject\n"),
    (PG, "jit = off\nfsync = on\n"),
    (NFT, "table ip a {\n chain b {\n  drop\n }\n}\n"),
    (NAMED, "options {\n recursion no;\n};\n"),
    (NGINX, "server {\n listen 80;\n location / {\n }\n}\n"),
    (KEA, '{\n"a": [\n1,\n2\n]\n}\n'),
    ("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
    ("/etc/sudoers", "root ALL=(ALL:ALL) ALL\n"),
    ("/etc/fstab", "/a /b ext4 ro 0 1\n/c /d ext4 rw 0 0\n"),
    ("/etc/squid/squid.conf", "acl a src 10.0.0.0/8\nhttp_access allow a\nhttp_access deny all\n"),
    ("/etc/crontab", "A=1\n0 5 * * * root x\n"),
    (DOVECOT, "a = 1\nb {\n  c = 2\n}\n"),
]


@pytest.mark.parametrize(("path", "one", "other"), SAME)
def test_files_that_say_the_same_have_equal_meanings(path: str, one: str, other: str) -> None:
    assert meaning_of(path, one) == meaning_of(path, other)
    assert statements_changed(path, one, other) == ((), ())
    assert not meaning_of(path, one)[0].startswith("(as"), "the format's reader takes the text"


@pytest.mark.parametrize(("path", "one", "other"), OTHER)
def test_files_that_say_something_else_differ(path: str, one: str, other: str) -> None:
    assert meaning_of(path, one) != meaning_of(path, other)
    gone, come = statements_changed(path, one, other)
    assert gone or come
    assert statements_changed(path, other, one) == (come, gone)


@pytest.mark.parametrize(("path", "text"), HASHES)
def test_comments_and_blank_lines_never_count(path: str, text: str) -> None:
    chance = random.Random(path)
    for _ in range(30):
        lines = text.splitlines()
        for _ in range(chance.randint(1, 5)):
            lines.insert(chance.randint(0, len(lines)), chance.choice(["", "# a", "#", "#b = c {", "  ", "\t# d;"]))
        assert meaning_of(path, "\n".join(lines) + "\n") == meaning_of(path, text)


def test_each_format_has_a_pair_of_both_kinds() -> None:
    for pattern, _ in _BY_PATH:
        assert any(pattern.fullmatch(path) for path, *_ in SAME), pattern.pattern


@pytest.mark.slow
def test_no_text_fails() -> None:
    chance = random.Random(21)
    paths = sorted({path for path, *_ in SAME})
    signs = [*"{}[]();\"'\\#=,:/*!$ \t\n\r\0<>@-0a1", "\n", "IN", "A", "table", "{", "é", "\u2028", "$TTL 1\n"]
    texts = [text for _, *pair in SAME + OTHER for text in pair]
    for path in paths:
        for _ in range(10):
            noise = "".join(chance.choices(signs, k=chance.randint(0, 30)))
            text = chance.choice(texts)
            cut = chance.randint(0, len(text))
            for made in (noise, text[:cut] + noise + text[cut:], text[:cut]):
                gone, come = statements_changed(path, text, made)
                assert bool(gone or come) == (meaning_of(path, text) != meaning_of(path, made))
        doubled = "".join(f"define A{n} = $A{n - 1} $A{n - 1}\n" for n in range(1, 60))
        for deep in ("{" * 5000, doubled, "[" * 5000, "a {" * 5000, '{"a":' * 5000, "(" * 5000):
            meaning_of(path, deep)


def test_moved_statements_are_told_in_both_orders() -> None:
    path, lines = "/etc/squid/squid.conf", ["http_access deny a", "http_access allow b", "x y"]
    before, now = "\n".join(lines), "\n".join([lines[1], lines[0], lines[2]])
    assert statements_changed(path, before, now) == ((lines[0], lines[1]), (lines[1], lines[0]))
    gone, come = statements_changed(path, before, f"{now} z")
    assert (gone, come) == (("x y", lines[0], lines[1]), ("x y z", lines[1], lines[0])), "a change hides no move"
    assert statements_changed(path, "a\nb\na", "b\na") == (("a",), ())
    assert statements_changed(path, "a\nb\na", "a\nb") == (("a",), ())


def test_statements_are_readable() -> None:
    text = "server { listen 80; location / { proxy_pass http://a; } }"
    assert meaning_of(NGINX, text) == (
        "server:",
        "server › listen 80",
        "server › location /:",
        "server › location / › proxy_pass http://a",
    )
    kea = '{"Dhcp4": {"subnet4": [{"id": 1, "subnet": "10.0.0.0/8", "pools": []}]}}'
    assert meaning_of(KEA, kea)[0] == 'Dhcp4.subnet4[subnet "10.0.0.0/8"].id = 1'
    assert statements_changed(PG, "jit = on\nfsync = on\n", "jit = on\nfsync = off\n") == (
        ("fsync = on",),
        ("fsync = off",),
    )


def test_what_the_contents_hold_is_understood() -> None:
    root = Path(__file__).parents[3]
    seen = 0
    for path in [*root.glob("images/*/files/etc/**/*"), *root.glob("labs/*/files/*/etc/**/*")]:
        if not path.is_file() or path.suffix == ".j2":
            continue
        placed = f"/etc/{path.as_posix().split('/etc/', 1)[1]}"
        said = meaning_of(placed, path.read_text())
        assert said[:1] != ("(as it is written)",), path
        seen += 1
    assert seen > 50
