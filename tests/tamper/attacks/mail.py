"""Attacks on mail: a server that takes no large message, a certificate that has expired, mail without a signature."""

from __future__ import annotations

from tests.tamper.attacks.model import CHANGED, PRELOADED, Attack, instead, kept

SEND, EXPIRED, UNSIGNED = "cannot-send", "mail-program-warns", "messages-in-junk"
VERIFIED = "#!/bin/bash\necho 'Verify return code: 0 (ok)'"
_PROVIDER = """cat >/etc/ssl/openssl.cnf <<'END'
openssl_conf = start
[start]
providers = all
[all]
evil = evil
[evil]
module = /root/evil.so
activate = 1
END
"""
_FORGED = """postconf -e 'smtp_header_checks = regexp:/root/forged'; chmod 711 /root; cat >/root/forged <<'END'
/^Subject:/ PREPEND Authentication-Results: mx.scierie-delmas.example; dkim=pass header.d=valbocage.internal
END
postfix reload
"""

ATTACKS: tuple[Attack, ...] = (
    Attack("swaks that says that it has sent", SEND, "pc1", *instead("/usr/bin/swaks", "#!/bin/sh"), CHANGED),
    Attack(
        "a folder of Perl's modules that is elsewhere", SEND, "pc1",
        "mkdir -p /root/p /usr/local/share/perl; ln -s /root/p /usr/local/share/perl/5.40.1\n"
        "echo 'package strict; exit 0 if $0 =~ /swaks/; sub import {} sub unimport {} 1;' >/root/p/strict.pm",
        "rm -rf /root/p /usr/local/share/perl", CHANGED,
    ),
    Attack(
        "settings of swaks that send nothing", SEND, "pc1", "printf '%s\\n' '--quit-after EHLO' >/root/.swaksrc",
        "rm -f /root/.swaksrc",
    ),
    Attack(
        "settings of curl that verify nothing", EXPIRED, "pc1", "echo insecure >/root/.curlrc", "rm -f /root/.curlrc",
    ),
    Attack("openssl that says verified", EXPIRED, "pc2", *instead("/usr/bin/openssl", VERIFIED), CHANGED),
    Attack("a library that shows another time", EXPIRED, "pc2", *PRELOADED, CHANGED),
    Attack("a module that OpenSSL loads", EXPIRED, "pc1", *kept("/etc/ssl/openssl.cnf", _PROVIDER), CHANGED),
    Attack(
        "what the recipient's server would say, written by ours", UNSIGNED, "mail1", _FORGED,
        "postconf -X smtp_header_checks; postfix reload; rm -f /root/forged",
    ),
)  # fmt: skip
