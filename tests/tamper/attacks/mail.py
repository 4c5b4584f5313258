"""Attacks on mail: a server that takes no large message, a certificate that has expired."""

from __future__ import annotations

from tests.tamper.attacks.model import CHANGED, PRELOADED, Attack, instead

SEND, EXPIRED = "cannot-send", "tls-expired"
VERIFIED = "#!/bin/bash\necho 'Verify return code: 0 (ok)'"

ATTACKS: tuple[Attack, ...] = (
    Attack("swaks that says that it has sent", SEND, "pc1", *instead("/usr/bin/swaks", "#!/bin/sh"), CHANGED),
    Attack(
        "settings of swaks that send nothing", SEND, "pc1", "printf '%s\\n' '--quit-after EHLO' >/root/.swaksrc",
        "rm -f /root/.swaksrc",
    ),
    Attack(
        "settings of curl that verify nothing", EXPIRED, "pc1", "echo insecure >/root/.curlrc", "rm -f /root/.curlrc",
    ),
    Attack("openssl that says verified", EXPIRED, "pc2", *instead("/usr/bin/openssl", VERIFIED), CHANGED),
    Attack("a library that shows another time", EXPIRED, "pc2", *PRELOADED, CHANGED),
)  # fmt: skip
