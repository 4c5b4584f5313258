"""The two controllers, each asked by itself: whom it knows, and what is changed on it."""

import contextlib
import secrets

from grader import concurrently, reason

CONTROLLERS = ("dc1", "dc2")
PEOPLE = {
    "hmarchand": ("Velin-7310", {"direction", "comptabilite"}),
    "ylegoff": ("Offset-4625", {"fabrication"}),
    "nbrunet": ("Cyan-58147", {"prepresse"}),
    "mcarre": ("Magenta-930", {"prepresse", "fabrication"}),
    "sdasilva": ("Pantone-286", {"comptabilite"}),
}
ARRIVES = 40
"""Seconds in which a change has surely reached the other controller: what was missed is asked for twice a minute."""
_TICKET = """
file=$(mktemp)
trap 'rm "$file"' EXIT
printf '[libdefaults]\\ndns_lookup_kdc = false\\n[realms]\\n%s = {\\nkdc = %s\\n}\\n' "$1" "$2" >"$file"
printf '%s\\n' "$4" | KRB5_CONFIG=$file SSSD_KRB5_LOCATOR_DISABLE=1 kinit -c MEMORY: "$3@$1"
"""
"""Without SSSD's locator, which would name the workstation's own controller instead."""


def ticket(lab, host, controller, login, password):
    """Ask one controller, and no other, for a ticket; return what kinit did on a workstation."""
    argv = ["sh", "-c", _TICKET, "sh", lab.domain.upper(), lab.address(controller), login, password]
    return lab.client(host).run(argv, timeout=40)


def words_of(done):
    """Return the last line of what a tool said: where it failed, that is why."""
    lines = (done.stderr.strip() or done.stdout.strip()).split("\n")
    return lines[-1].strip() or reason(fr="aucun message", en="no message")


def end_of(done):
    """Return how a login by SSH ended, in words."""
    return done.problem or reason(fr=f"curl a rendu {done.status}", en=f"curl returned {done.status}")


def listed(names):
    """Return names in their order, with commas."""
    return ", ".join(sorted(names)) or reason(fr="rien", en="nothing")


@contextlib.contextmanager
def newcomer(lab, controller):
    """Make an account on one controller for as long as a ``with`` lasts; give its login and its password.

    It is deleted on both, where it has arrived: the other one would show it for as long as the deletion is on its way.
    """
    login, password = f"essai-{secrets.token_hex(4)}", f"Essai-{secrets.token_hex(4)}"
    made = lab.client(controller).run(["samba-tool", "user", "create", login, password], timeout=90)
    assert made.status == 0, reason(
        fr=f"aucun compte ne peut être créé sur {controller} : {words_of(made)}",
        en=f"no account can be made on {controller}: {words_of(made)}",
    )
    try:
        yield login, password
    finally:
        delete = ["samba-tool", "user", "delete", login]
        concurrently(lambda one: lab.client(one).run(delete, timeout=90), CONTROLLERS)


def arrives(lab, source, target, unless=None):
    """See that an account which is made on one controller is let in by the other.

    To be unknown for a while is what a sound replication looks like: only ``unless``, which tells in words what keeps
    the two apart for good, or nothing, ends the wait early.
    """
    with newcomer(lab, source) as (login, password):

        def known():
            done = ticket(lab, "pc1", target, login, password)
            assert done.status == 0, reason(
                fr=f"{target} ne connaît pas un compte créé sur {source} : {words_of(done)}",
                en=f"{target} does not know an account made on {source}: {words_of(done)}",
            )
            return True

        lab.wait(known, within=ARRIVES, every=0.5, unless=unless)
