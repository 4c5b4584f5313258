"""Settings that no repair may bring."""

from __future__ import annotations

import pytest

from orchestrator.sound_state.file_state import file_changes

FILE = {"kind": "file", "mode": "0644", "owner": "0:0"}


def forbidden(path: str, before: str, now: str) -> list[str]:
    changes = file_changes(path, {**FILE, "content": before}, {**FILE, "content": now})
    return [one.thought.sentence.en for one in changes if one.thought.standing == "forbidden"]


@pytest.mark.parametrize(
    ("path", "before", "now", "said"),
    [
        ("/etc/postfix/main.cf", "message_size_limit = 9\n", "message_size_limit=0\n", "messages of any size"),
        (
            "/etc/postfix/master.cf",
            "submission inet n - n - - smtpd -o syslog_name=x\n",
            "submission inet n - n - - smtpd -o syslog_name=x\n  -o message_size_limit=0\n",
            "messages of any size",
        ),
        ("/etc/ssh/sshd_config", "", "PermitRootLogin yes\n", "lets more people in"),
        ("/etc/ssh/sshd_config.d/own.conf", "", "permitemptypasswords   yes\n", "lets more people in"),
        ("/etc/sssd/sssd.conf", "[domain/a]\n", "[domain/a]\nldap_tls_reqcert=never\n", "need not prove"),
        ("/etc/ldap/ldap.conf", "TLS_REQCERT demand\n", "TLS_REQCERT allow\n", "need not prove"),
        ("/etc/dovecot/dovecot.conf", "auth_allow_cleartext = no\n", "auth_allow_cleartext = yes\n", "clear text"),
        ("/etc/systemd/system/a.service.d/x.conf", "", "[Service]\nGroup=root\n", "gained rights"),
        ("/etc/systemd/system/a.service.d/x.conf", "", "[Service]\nSupplementaryGroups=www disk\n", "gained rights"),
        ("/etc/systemd/system/a.service.d/x.conf", "", "[Service]\nAmbientCapabilities=CAP_SETUID\n", "gained rights"),
        ("/etc/systemd/system/a.service.d/x.conf", "", "[Service]\nExecStart=\nExecStart=+/bin/a\n", "gained rights"),
        ("/etc/systemd/system/service.d/x.conf", "", "[Service]\nUser=root\n", "gained rights"),
        ("/etc/nginx/nginx.conf", "user www-data;\n", "user root;\n", "root's rights"),
        (
            "/etc/systemd/system/a.service",
            "[Service]\nUser=shop\nExecStart=/bin/a\n",
            "[Service]\nUser=root\nExecStart=/bin/a\n",
            "root's rights",
        ),
        (
            "/etc/systemd/system/a.service",
            "[Service]\nDynamicUser=yes\nExecStart=/bin/a\n",
            "[Service]\nExecStart=/bin/b\n",
            "root's rights",
        ),
        ("/etc/postgresql/17/main/start.conf", "# how\nauto\n", "manual\n", "no longer starts with the host"),
        ("/etc/samba/smb.conf", "[global]\n", "[global]\nLDAP server require strong auth = No\n", "without a proof"),
        ("/etc/samba/smb.conf", "[global]\n", "[global]\nmap to guest = Bad User\n", "without a proof"),
        ("/etc/pam.d/sshd", "auth required pam_unix.so\n", "auth sufficient pam_permit.so\n", "without a password"),
        ("/etc/openvpn/server/server.conf", "port 1194\n", "port 1194\nverify-client-cert none\n", "does not verify"),
        ("/etc/apt/sources.list", "deb http://a b c\n", "deb [trusted=yes] http://a b c\n", "without verifying"),
        (
            "/etc/apt/sources.list.d/a.sources",
            "Types: deb\nURIs: http://a\nSuites: b\n",
            "Types: deb\nURIs: http://a\nSuites: b\nTrusted: yes\n",
            "without verifying",
        ),
        ("/etc/apt/apt.conf.d/99x", "", 'APT::Get::AllowUnauthenticated "true";\n', "without verifying"),
        ("/etc/apt/apt.conf", "", 'Acquire { AllowInsecureRepositories "yes"; };\n', "without verifying"),
        ("/etc/dpkg/dpkg.cfg.d/x", "force-confold\n", "force-confold\nforce-depends\n", "overrides"),
    ],
)
def test_what_weakens_is_forbidden(path: str, before: str, now: str, said: str) -> None:
    (sentence,) = forbidden(path, before, now)
    assert said in sentence
    assert path in sentence


@pytest.mark.parametrize(
    ("path", "before", "now"),
    [
        ("/etc/postfix/main.cf", "message_size_limit = 9\n", "message_size_limit = 10485760\n"),
        ("/etc/postfix/main.cf", "message_size_limit = 0\n", "# mine\nmessage_size_limit=0\n"),
        ("/etc/ssh/sshd_config", "", "PermitRootLogin prohibit-password\n"),
        ("/etc/sssd/sssd.conf", "[domain/a]\n", "[domain/a]\nldap_tls_reqcert = demand\n"),
        ("/etc/pam.d/common-auth", "auth required pam_unix.so nullok\n", "auth required pam_unix.so nullok nodelay\n"),
        ("/etc/samba/smb.conf", "[global]\n", "[global]\nldap server require strong auth = yes\n"),
        ("/etc/systemd/system/a.service.d/x.conf", "", "[Service]\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n"),
        ("/etc/systemd/system/a.service.d/x.conf", "", "[Service]\nUser=shop\nGroup=shop\nRestart=always\n"),
        ("/etc/systemd/system/a.service.d/x.conf", "", "[Service]\nExecStartPost=+/bin/a\nExecStopPost=+/bin/b\n"),
        ("/etc/systemd/system/a.service", "", "[Service]\nUser=root\n"),
        ("/etc/systemd/system/a.service", "[Service]\nUser=shop\nExecStart=/bin/a\n", ""),
        (
            "/etc/systemd/system/a.service",
            "[Service]\nUser=shop\nExecStart=/bin/a\n",
            "[Service]\nUser=till\nExecStart=/bin/a\n",
        ),
        ("/etc/systemd/system/a.service", "[Service]\nExecStart=/bin/a\n", "[Service]\nUser=root\nExecStart=/bin/a\n"),
        ("/etc/nginx/nginx.conf", "user www-data;\n", "user www-data www-data;\n"),
        ("/etc/apt/apt.conf.d/99x", "", 'Acquire::AllowInsecureRepositories "false";\n'),
        ("/etc/dpkg/dpkg.cfg.d/x", "", "force-confold\n"),
        ("/opt/notes", "", "PermitRootLogin yes\n"),
    ],
)
def test_what_does_not_is_not(path: str, before: str, now: str) -> None:
    assert forbidden(path, before, now) == []
