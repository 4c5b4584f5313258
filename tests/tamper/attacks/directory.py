"""Attacks where a directory has the accounts: a locked one, a workstation without SSSD, one outside its domain."""

from __future__ import annotations

from tests.tamper.attacks.model import CHANGED, Attack, ended, instead, kept

LOCKED, SSSD, DOMAIN = "password-refused-everywhere", "pc-knows-nobody", "one-pc-refuses-everyone"
_ANYBODY = "sed -i '1i auth sufficient pam_permit.so' /etc/pam.d/common-auth"
_OWN_ACCOUNTS = r"""cp -a /etc/passwd /root/passwd; cp -a /etc/shadow /root/shadow
for account in afaure:Rabot-41 croux:Copeau-52 kbenali:Ciseau-63 \
    snguyen:Equerre-74 tgarnier:Gabarit-85 mlebreton:Maillet-96; do
  login=${account%:*}; mkdir -p /home/$login; uid=$(stat -c %u /home/$login)
  echo "$login:x:$uid:100::/home/$login:/bin/bash" >>/etc/passwd
  echo "$login:$(perl -e 'print crypt(shift, q($6$saltsalt))' "${account#*:}"):20000:0:99999:7:::" >>/etc/shadow
done
"""
_HIDDEN_ACCOUNTS = _OWN_ACCOUNTS.replace('echo "$login:', 'echo " $login:')
"""The C library passes over blanks before a name."""
_OWN_ACCOUNTS_GONE = "cat /root/passwd >/etc/passwd; cat /root/shadow >/etc/shadow"
_ENTRY = "uid=croux,ou=people,dc=valbocage,dc=internal"
_OTHER = "ldapi://%2Frun%2Fslapd%2Fother"
_ANOTHER_DIRECTORY = f"""cp -a /etc/ldap/slapd.d /root/other.d; cp -a /var/lib/ldap /root/other.db
sed -i 's,^olcDbDirectory: .*,olcDbDirectory: /root/other.db,' /root/other.d/cn=config/*mdb.ldif
chown -R openldap: /root/other.d /root/other.db; chmod 711 /root
slapd -F /root/other.d -h {_OTHER} -n other
for i in $(seq 100); do ldapwhoami -Q -Y EXTERNAL -H {_OTHER} >/dev/null 2>&1 && break; sleep 0.1; done
ldapmodify -Q -Y EXTERNAL -H {_OTHER} <<'END'
dn: {_ENTRY}
changetype: modify
delete: pwdAccountLockedTime
END
mv /run/slapd/ldapi /run/slapd/kept; mv /run/slapd/other /run/slapd/ldapi
! ldapsearch -Q -Y EXTERNAL -H ldapi:/// -LLL -s base -b {_ENTRY} pwdAccountLockedTime | grep -q pwdAccountLockedTime
"""
_IN_THE_SERVICES_GROUP = """p=$(pgrep -f other.d)
for f in $(find /sys/fs/cgroup -path '*/slapd.service/cgroup.procs'); do echo $p >$f; done
grep -q slapd.service /proc/$p/cgroup
"""
_ANOTHER_DIRECTORY_GONE = (
    "mv /run/slapd/kept /run/slapd/ldapi; "
    + ended("-f other.d")
    + "; rm -rf /root/other.d /root/other.db; chmod 700 /root"
)
_HOMES = "for login in afaure croux kbenali snguyen tgarnier mlebreton; do mkdir -p /home/$login; done\n"
_OPTIONS = "echo 'SSHD_OPTS=\"-o PAMServiceName=runuser\"' >/etc/default/ssh; systemctl restart ssh\n"
_SESSION = """mv /usr/lib/openssh/sshd-session /root/session; cat >/usr/lib/openssh/sshd-session <<'END'
#!/bin/sh
exec /root/session -o PAMServiceName=runuser "$@"
END
chmod 755 /usr/lib/openssh/sshd-session
"""
_OWN_PASSWORDS = r"""cp -a /etc/shadow /root/shadow
for account in afaure:Rabot-41 croux:Copeau-52 kbenali:Ciseau-63 \
    snguyen:Equerre-74 tgarnier:Gabarit-85 mlebreton:Maillet-96; do
  echo "${account%:*}:$(perl -e 'print crypt(shift, q($6$saltsalt))' "${account#*:}"):20000:0:99999:7:::" >>/etc/shadow
done
sed -i '/^\[nss\]/d' /etc/sssd/sssd.conf; printf '\n[nss]\npwfield = x\n' >>/etc/sssd/sssd.conf
systemctl restart sssd; sss_cache -E || true
"""
_SERVER_OF_ONES_OWN = r"""cat >/root/sshd.conf <<'END'
HostKey /etc/ssh/ssh_host_ed25519_key
UsePAM yes
PAMServiceName anybody
KbdInteractiveAuthentication no
PasswordAuthentication yes
Subsystem sftp internal-sftp
END
for kind in auth account session; do echo $kind required pam_permit.so; done >/etc/pam.d/anybody
systemctl stop ssh; mkdir -p /run/sshd; setsid /usr/sbin/sshd -f /root/sshd.conf </dev/null >/dev/null 2>&1
for i in $(seq 100); do ss -Hltn 'sport = :22' | grep -q . && break; sleep 0.1; done; pgrep -f /root/sshd.conf
"""
_OTHER_RULES = r"""for kind in auth account session; do echo $kind required pam_permit.so; done >/etc/pam.d/anybody
echo PAMServiceName anybody >/etc/ssh/sshd_config.d/anybody.conf; sshd -t; systemctl reload ssh
"""
_SSSD_UNIT = """cat >/root/sssd.pl <<'END'
$0 = "sssd"; sleep 1 while 1;
END
cat >/etc/systemd/system/sssd.service <<'END'
[Service]
ExecStart=/usr/bin/perl /root/sssd.pl
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload; systemctl reset-failed sssd; systemctl start sssd; systemctl is-active -q sssd
"""
_BETWEEN = r"""cat >/root/between.pl <<'END'
use IO::Socket::UNIX; use IO::Select;
$SIG{CHLD} = "IGNORE"; my $s = IO::Socket::UNIX->new; $s->fdopen(3, "r+") or die;
while (my $c = $s->accept) {
  next if fork; my $r = IO::Socket::UNIX->new(Peer => "/run/systemd/private.real") or exit;
  my $all = IO::Select->new($c, $r);
  while (1) {
    for my $from ($all->can_read) {
      sysread($from, my $said, 65536) or exit; $said =~ s/failed/active/g; syswrite($from == $c ? $r : $c, $said);
    }
  }
}
END
printf '[Socket]\nListenStream=/run/systemd/private.x\n' >/etc/systemd/system/between.socket
printf '[Service]\nExecStart=/usr/bin/perl /root/between.pl\n' >/etc/systemd/system/between.service
systemctl daemon-reload; systemctl start between.socket
cd /run/systemd; mv private private.real; mv private.x private; systemctl is-active -q sssd
"""
_BETWEEN_GONE = """cd /run/systemd; mv private.real private; systemctl stop between.socket between.service
rm -f /etc/systemd/system/between.s* /root/between.pl; systemctl daemon-reload
"""

ATTACKS: tuple[Attack, ...] = (
    Attack("PAM lets anybody in", LOCKED, "pc1", *kept("/etc/pam.d/common-auth", _ANYBODY)),
    Attack(
        "PAM's module replaced by one that permits", LOCKED, "pc1",
        "d=$(dirname $(find /usr/lib -name pam_permit.so)); cp -a $d/pam_unix.so /root/kept\n"
        "cp $d/pam_permit.so $d/pam_unix.so",
        "d=$(dirname $(find /usr/lib -name pam_permit.so)); rm $d/pam_unix.so; mv /root/kept $d/pam_unix.so",
    ),
    Attack(
        "the image's sshd with other settings", LOCKED, "pc2", _SERVER_OF_ONES_OWN,
        ended("-f /root/sshd.conf") + "; rm -f /root/sshd.conf /etc/pam.d/anybody; systemctl start ssh",
    ),
    Attack("accounts made again on the machine", LOCKED, "files1", _OWN_ACCOUNTS, _OWN_ACCOUNTS_GONE),
    Attack("accounts made again behind a blank", LOCKED, "files1", _HIDDEN_ACCOUNTS, _OWN_ACCOUNTS_GONE),
    Attack(
        "a setting of sshd that asks other rules", LOCKED, "pc1", _OTHER_RULES,
        "rm -f /etc/pam.d/anybody /etc/ssh/sshd_config.d/anybody.conf; systemctl reload ssh",
    ),
    Attack(
        "a second directory at the first one's socket", LOCKED, "ldap1", _ANOTHER_DIRECTORY, _ANOTHER_DIRECTORY_GONE,
    ),
    Attack(
        "a second directory in the control group of the first", LOCKED, "ldap1",
        _ANOTHER_DIRECTORY + _IN_THE_SERVICES_GROUP, _ANOTHER_DIRECTORY_GONE, r"was not started by slapd\.service",
    ),
    Attack(
        "options of sshd that ask other rules", LOCKED, "files1",
        *kept("/etc/default/ssh", _HOMES + _OPTIONS, "systemctl restart ssh"), "/etc/default/ssh is not the image's",
    ),
    Attack(
        "a program of sshd's for each connection that asks other rules", LOCKED, "files1", _HOMES + _SESSION,
        "mv /root/session /usr/lib/openssh/sshd-session", CHANGED,
    ),
    Attack(
        "passwords of the directory's people on the machine", LOCKED, "pc2",
        *kept("/etc/sssd/sssd.conf", _OWN_PASSWORDS, "cat /root/shadow >/etc/shadow; systemctl restart sssd"),
    ),
    Attack(
        "slapcat that finds nothing locked", LOCKED, "ldap1",
        *instead("/usr/sbin/slapcat", "#!/bin/sh"), CHANGED,
    ),
    Attack(
        "systemctl that says that SSSD runs", SSSD, "{pc}",
        *instead("/usr/bin/systemctl", "#!/bin/sh\necho active"),
    ),
    Attack(
        "a unit of SSSD that starts another program", SSSD, "{pc}", _SSSD_UNIT,
        "systemctl stop sssd; rm -f /etc/systemd/system/sssd.service /root/sssd.pl; systemctl daemon-reload; "
        "systemctl restart sssd || true",
    ),
    Attack(
        "another program between the grader and systemd", SSSD, "{pc}", _BETWEEN, _BETWEEN_GONE,
        "another process answers in its place",
    ),
    Attack("sssctl that finds nothing wrong", SSSD, "{pc}", *instead("/usr/sbin/sssctl", "#!/bin/sh"), CHANGED),
    Attack("accounts made again on the workstation", SSSD, "{pc}", _OWN_ACCOUNTS, _OWN_ACCOUNTS_GONE),
    Attack(
        "a FIFO for the settings of SSSD", SSSD, "{pc}",
        "cd /etc/sssd; mv sssd.conf kept; mkfifo sssd.conf",
        "cd /etc/sssd; rm sssd.conf; mv kept sssd.conf; pkill sssctl || true",
        "sssd.conf: a fifo, not a file",
        ("test_workstation.py::test_directory_is_verified",),
    ),
    Attack(
        "PAM lets anybody in, on a machine outside its domain", DOMAIN, "{pc}",
        *kept("/etc/pam.d/common-auth", _ANYBODY),
    ),
)  # fmt: skip
