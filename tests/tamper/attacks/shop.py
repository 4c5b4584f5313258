"""Attacks on the web shop: a proxy that leads nowhere, a table that is locked."""

from __future__ import annotations

from tests.tamper.attacks.model import CHANGED, FAKE_SITE, GONE, Attack, beside, instead, kept

GATEWAY, SLOW = "bad-gateway", "slow-then-504"
CATALOGUE = "Assam de printemps, Darjeeling des brumes, Gunpowder, Sencha du matin"
PAGE = f"#!/bin/bash\nprintf 'HTTP/1.1 200 OK\\r\\n\\r\\n{CATALOGUE}'"
YES = "#!/bin/bash\necho active; echo enabled; exit 0"
ROWS = f"#!/bin/bash\nprintf '%s\\n' {' '.join(repr(tea) for tea in CATALOGUE.split(', '))} 'UPDATE 1'"

_SITE_UNIT = """cat >/etc/systemd/system/nginx.service <<'END'
[Service]
ExecStart=/usr/bin/perl /root/fake.pl nginx 80 "%s"
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload; systemctl restart nginx
"""
_SITE = "/etc/nginx/sites-available/default"
_PAGE_FROM_BEFORE = f"""cat >{_SITE} <<'END'
server {{ listen 80 default_server; add_header X-Served-By app1 always;
  location / {{ default_type text/html; return 200 "{CATALOGUE}"; }} }}
END
nginx -t -q; systemctl reload nginx
"""
_ANOTHER_SYSTEMD = """cp -a /usr/lib/systemd/systemd /root/kept; cp /usr/lib/systemd/systemd /root/other
echo more >>/root/other; chmod 755 /root/other; mv /root/other /usr/lib/systemd/systemd; systemctl daemon-reexec
"""
_NOBODY_ANSWERS = """cat >/root/mute.pl <<'END'
use Socket;
socket(my $s, PF_UNIX, SOCK_STREAM, 0); bind($s, sockaddr_un("/run/systemd/private")) or die; listen($s, 64);
my @held; while (accept(my $c, $s)) { push @held, $c }
END
mv /run/systemd/private /run/systemd/private.kept; setsid perl /root/mute.pl >/dev/null 2>&1 </dev/null &
for i in $(seq 100); do [ -S /run/systemd/private ] && break; sleep 0.1; done; [ -S /run/systemd/private ]
"""

ATTACKS: tuple[Attack, ...] = (
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
    Attack(
        "another program at nginx's own path", GATEWAY, "web1",
        FAKE_SITE + "systemctl stop nginx; cp -a /usr/sbin/nginx /root/kept; cp /usr/bin/perl /usr/sbin/nginx\n"
        f'setsid /usr/sbin/nginx /root/fake.pl nginx 80 "{CATALOGUE}" >/dev/null 2>&1 </dev/null & waits 80',
        GONE + "; rm -f /usr/sbin/nginx; mv /root/kept /usr/sbin/nginx; systemctl start nginx",
    ),
    Attack(
        "a site that answers only the observer", GATEWAY, "web1",
        FAKE_SITE + f'systemctl stop nginx; fake nginx 80 "{CATALOGUE}" 200', GONE + "; systemctl start nginx",
    ),
    Attack(
        "nginx shows a page from before the fault", GATEWAY, "web1",
        *(a + b for a, b in zip(kept(_SITE, _PAGE_FROM_BEFORE), ("", "; systemctl reload nginx"), strict=True)),
    ),
    Attack(
        "another systemd", GATEWAY, "web1", _ANOTHER_SYSTEMD,
        "mv /root/kept /usr/lib/systemd/systemd; systemctl daemon-reexec", "systemd",
    ),
    Attack(
        "a D-Bus that takes calls and never answers", GATEWAY, "web1", _NOBODY_ANSWERS,
        "pkill -f mute.pl; mv /run/systemd/private.kept /run/systemd/private; rm -f /root/mute.pl",
        "another process|did not answer|cannot be asked",
    ),
    Attack(
        "a page from before the fault on the way to the database", SLOW, "web1",
        *(a + b for a, b in zip(kept(_SITE, _PAGE_FROM_BEFORE), ("", "; systemctl reload nginx"), strict=True)),
    ),
    Attack(
        "tables of the same names before the real ones", SLOW, "db1",
        "runuser -u postgres -- psql -q -d shop <<'END'\nCREATE SCHEMA copy;\n"
        "CREATE TABLE copy.product AS SELECT unnest(string_to_array("
        f"'{CATALOGUE}', ', ')) AS name;\n"
        "ALTER ROLE postgres SET search_path = copy, public;\nEND\n"
        "runuser -u postgres -- psql -d shop -Atc 'SELECT name FROM product' | grep -q Assam",
        "runuser -u postgres -- psql -q -d shop -c 'ALTER ROLE postgres RESET search_path' "
        "-c 'DROP SCHEMA copy CASCADE'",
    ),
    Attack("psql that shows the rows", SLOW, "db1", *instead("/usr/bin/psql", ROWS), CHANGED),
    Attack("runuser that shows the rows", SLOW, "db1", *beside("runuser", ROWS), CHANGED),
    Attack(
        "settings of psql that show the rows", SLOW, "db1",
        "printf '%s\\n' '\\! echo \"Assam de printemps\"' '\\q' >/root/.psqlrc; cp /root/.psqlrc ~postgres/",
        "rm -f /root/.psqlrc ~postgres/.psqlrc",
    ),
)  # fmt: skip
