"""The ferries' virtual machines, as the landing stage sees them: departures, logbook."""

import html
import json
import re
import secrets
from contextlib import contextmanager, suppress

from grader import lines_in, reason, scaled_timeout

ADDRESSES = {"horaires": "192.168.90.21", "carnet": "192.168.90.22"}
MACS = {"horaires": "52:54:00:5a:90:21", "carnet": "52:54:00:5a:90:22"}
"""Each guest's network card: what answers for its address must be it."""
DEPARTURES = ("6 h 40", "7 h 10", "7 h 40", "12 h 15", "17 h 50", "18 h 20")
CROSSINGS = (
    "2026-11-27;la Sterne;6 h 40;12;RAS",
    "2026-11-27;la Sterne;7 h 10;31;RAS",
    "2026-11-27;le Courlis;7 h 40;38;une voiture restée à quai",
    "2026-11-27;la Sterne;18 h 20;44;complet",
    "2026-11-28;la Sterne;6 h 40;9;brume, dix minutes de retard",
    "2026-11-28;la Sterne;7 h 10;27;RAS",
    "2026-11-28;le Courlis;12 h 15;15;un vélo oublié, gardé à la Cale Nord",
    "2026-11-28;le Courlis;17 h 50;40;RAS",
    "2026-11-29;la Sterne;6 h 40;11;RAS",
    "2026-11-29;le Courlis;7 h 40;41;courant fort, deux rotations de moins",
    "2026-11-29;la Sterne;18 h 20;39;RAS",
)
"""What the logbook holds from the start."""
_BOOT = 60
"""Seconds until a guest that has been started must answer: without KVM it needs some seconds to boot."""


def console(lab, guest):
    """Return what a guest last said of itself on its serial console, as the hypervisor logs it."""
    log = lab.host("hv1").file(f"/var/log/libvirt/qemu/{guest}-console.log")
    if not log.exists:
        return ""
    told = [line for line in lines_in(log.content_string) if "NO SYSTEM" in line or f"{guest}: " in line]
    return told[-1].strip() if told else ""


def hopeless(lab, guest):
    """Return why a guest will not answer however long one waits, or nothing."""
    if not lab.host("hv1").file(f"/run/libvirt/qemu/{guest}.xml").exists:
        return reason(fr=f"{guest} est éteinte", en=f"{guest} is off")
    told = console(lab, guest)
    return told if "NO SYSTEM" in told else ""


def opened(lab, guest, path="/"):
    """Return a page of a guest as pc2 gets it, once it answers; the guest's own network card must have given it."""
    pc2, url = lab.client("pc2"), f"http://{guest}.{lab.domain}{path}"

    def answers():
        if hopeless(lab, guest):  # nobody holds the address: a request would only wait
            return None
        page = pc2.http_get(url, timeout=3.0)
        return page if page.status else None

    silent = reason(fr=f"pc2 : {url} ne répond pas", en=f"pc2: {url} does not answer")
    page = lab.wait(answers, within=_BOOT, every=0.4, what=silent, unless=lambda: hopeless(lab, guest))
    assert page.status == 200, reason(fr=f"pc2 : {url} répond {page.status}", en=f"pc2: {url} answers {page.status}")
    assert page.peer == ADDRESSES[guest], reason(
        fr=f"pc2 : {url} est servie par {page.peer}, et non par {guest}",
        en=f"pc2: {url} is served by {page.peer}, not by {guest}",
    )
    shown = pc2.ask(("ip", "-json", "neighbour", "show", ADDRESSES[guest])).stdout or "[]"
    macs = sorted({one["lladdr"] for one in json.loads(shown) if "lladdr" in one})
    assert macs == [MACS[guest]], reason(
        fr=f"{ADDRESSES[guest]} est tenue par {' '.join(macs) or 'personne'}, et non par la carte de {guest}",
        en=f"{ADDRESSES[guest]} is held by {' '.join(macs) or 'nobody'}, not by the card of {guest}",
    )
    return page


def assert_departures_are_shown(lab):
    """The landing stage sees all the day's departures."""
    shown = html.unescape(opened(lab, "horaires").body)
    missing = [hour for hour in DEPARTURES if hour not in shown]
    assert not missing, reason(
        fr=f"pc2 : le départ de {missing[0]} n'est pas affiché",
        en=f"pc2: the departure at {missing[0]} is not shown",
    )


@contextmanager
def noted(lab, guest):
    """Note a line in the logbook that nobody else has, and give it; strike it out at the end, whatever came of it."""
    mark = f"essai-{secrets.token_hex(4)}"
    try:
        opened(lab, guest, f"/cgi-bin/noter?ligne={mark}")
        yield mark
    finally:
        with suppress(AssertionError):  # what cannot be opened now has not taken it
            opened(lab, guest, f"/cgi-bin/rayer?ligne={mark}")


def assert_not_paused(lab, guest):
    """A guest runs: QEMU has not paused it."""
    status = lab.host("hv1").file(f"/run/libvirt/qemu/{guest}.xml")
    text = status.content_string if status.exists else ""
    assert "<domstatus state='paused'" not in text, reason(fr=f"{guest} est en pause", en=f"{guest} is paused")
    off = hopeless(lab, guest)
    assert not off, off


def assert_logbook_is_kept(lab):
    """The logbook has all the crossings that it had, and a new one can be noted in it."""
    kept = lines_in(opened(lab, "carnet", "/carnet.csv").body)
    missing = [line for line in CROSSINGS if line not in kept]
    assert not missing, reason(
        fr=f"la traversée « {missing[0]} » n'est plus dans le carnet",
        en=f'the crossing "{missing[0]}" is no longer in the logbook',
    )
    with noted(lab, "carnet") as mark:
        now = lines_in(opened(lab, "carnet", "/carnet.csv").body)
        assert mark in now, reason(
            fr="ce qu'on note dans le carnet n'y reste pas", en="what is noted in the logbook does not stay in it"
        )


SHOWN = {"horaires": assert_departures_are_shown, "carnet": assert_logbook_is_kept}
"""What each guest is for."""


def assert_starts_with_the_machine(lab, guest):
    """libvirt starts a guest, and the network that it is on, when the hypervisor starts."""
    hv1 = lab.host("hv1")
    for folder, name in (("qemu", guest), ("qemu/networks", "quais")):
        link = hv1.file(f"/etc/libvirt/{folder}/autostart/{name}.xml")
        leads = link.exists and link.is_symlink and link.linked_to == f"/etc/libvirt/{folder}/{name}.xml"
        assert leads, reason(
            fr=f"sur hv1, rien ne démarre {name} avec la machine",
            en=f"on hv1 nothing starts {name} with the machine",
        )
    assert hv1.service("libvirtd").is_enabled, reason(
        fr="sur hv1, libvirtd ne démarre pas avec la machine", en="on hv1 libvirtd does not start with the machine"
    )


_LASTING = (r"<memory [^<]*<", r" machine='[^']*'", r"<driver name='qemu' type='[a-z0-9]+'", r"<source file='[^']*'")
"""What a start of the guest depends on, in its definition."""


def assert_runs_as_defined(lab, guest):
    """A guest runs from its own disk, as it is defined: its next start will be like this one."""
    hv1 = lab.host("hv1")
    runs = hv1.file(f"/run/libvirt/qemu/{guest}.xml")
    assert runs.exists, reason(fr=f"{guest} est éteinte", en=f"{guest} is off")

    def says():
        told = console(lab, guest)
        return told if "NO SYSTEM" in told or "started," in told or told.endswith("console") else None

    nothing = reason(fr=f"{guest} ne dit rien sur sa console", en=f"{guest} says nothing on its console")
    told = lab.wait(says, within=_BOOT, every=0.4, what=nothing)
    assert "NO SYSTEM" not in told, reason(
        fr=f"{guest} tourne sans système : {told}", en=f"{guest} runs without a system: {told}"
    )
    defined = hv1.file(f"/etc/libvirt/qemu/{guest}.xml")
    assert defined.exists, reason(
        fr=f"{guest} tourne, mais n'est définie nulle part", en=f"{guest} runs, but is defined nowhere"
    )
    live = runs.content_string.partition("<domain ")[2]
    for part in _LASTING:
        wanted, now = (re.findall(part, text) for text in (defined.content_string, live))
        assert wanted == now, reason(
            fr=f"{guest} tourne avec d'autres réglages que ceux qui sont enregistrés : au prochain démarrage, "
            "elle ne sera pas comme maintenant",
            en=f"{guest} runs with other settings than those that are kept: at its next start it will not be "
            "as it is now",
        )


def assert_trial_guest_is_off(lab):
    """The trial guest is there, off, and nothing starts it."""
    hv1 = lab.host("hv1")
    assert hv1.file("/etc/libvirt/qemu/essai.xml").exists, reason(
        fr="la machine d'essai n'existe plus", en="the trial machine no longer exists"
    )
    on = hv1.file("/run/libvirt/qemu/essai.xml").exists or hv1.file("/etc/libvirt/qemu/autostart/essai.xml").exists
    assert not on, reason(
        fr="la machine d'essai tourne, ou démarre avec hv1 : elle doit rester éteinte",
        en="the trial machine runs, or starts with hv1: it is to stay off",
    )


def said(done):
    """Return the last thing that a command wrote."""
    lines = [line.strip() for line in lines_in(done.stderr or done.stdout) if line.strip()]
    return [*lines[-1:], reason(fr="rien", en="nothing")][0]


def virsh(lab, *words):
    """Run one of libvirt's commands on the hypervisor; return testinfra's result."""
    line = " ".join(["timeout", str(scaled_timeout(30)), "env", "LC_ALL=C", "/usr/bin/virsh", *["%s"] * len(words)])
    return lab.host("hv1").run(line, *words)


def snapshot_on_disk(lab, guest, name):
    """Return what a guest's disk says of one of its snapshots; nothing if it has none of that name."""
    hv1 = lab.host("hv1")
    defined = hv1.file(f"/etc/libvirt/qemu/{guest}.xml")
    paths = re.findall(r"<source file='([^']*)'", defined.content_string) if defined.exists else []
    for path in paths:
        done = hv1.run("timeout %s /usr/bin/qemu-img info -U --output=json %s", str(scaled_timeout(20)), path)
        held = json.loads(done.stdout).get("snapshots", []) if done.rc == 0 else []
        for one in held:
            if one.get("name") == name:
                return one
    return {}


_TAKEN = "/var/lib/libvirt/qemu/instantane"
"""What is there once the procedure's snapshot was taken, when the machine was put into service."""


def assert_snapshot_is_on_disk(lab, guest, name):
    """A guest's snapshot is in its disk, with the memory that it had; the lab's own may be about to be taken."""
    none = reason(
        fr=f"le disque de {guest} n'a pas d'instantané {name}", en=f"the disk of {guest} has no snapshot {name}"
    )
    stamp = lab.host("hv1").file(_TAKEN)
    lab.wait(lambda: stamp.exists or snapshot_on_disk(lab, guest, name), within=20, every=0.5, what=none)
    held = snapshot_on_disk(lab, guest, name)
    assert held, none
    assert held.get("vm-state-size", 0) > 0, reason(
        fr=f"l'instantané {name} de {guest} n'a pas la mémoire de la machine",
        en=f"the snapshot {name} of {guest} does not have the machine's memory",
    )


def assert_snapshot_brings_back(lab, guest, name):
    """Going back to a snapshot undoes what was noted in the logbook since, and that alone; what is now is put back."""
    assert_snapshot_is_on_disk(lab, guest, name)
    now = f"controle-{secrets.token_hex(4)}"
    opened(lab, guest)
    done = virsh(lab, "snapshot-create-as", guest, now)
    assert done.rc == 0, reason(
        fr=f"{guest} ne peut pas prendre d'instantané : {said(done)}",
        en=f"{guest} cannot take a snapshot: {said(done)}",
    )
    try:  # what is noted from here on goes with the last revert
        with noted(lab, guest) as mark:
            assert mark in lines_in(opened(lab, guest, "/carnet.csv").body), reason(
                fr="ce qu'on note dans le carnet n'y reste pas", en="what is noted in the logbook does not stay in it"
            )
            done = virsh(lab, "snapshot-revert", guest, name)
            assert done.rc == 0, reason(
                fr=f"{guest} ne revient pas à {name} : {said(done)}",
                en=f"{guest} does not go back to {name}: {said(done)}",
            )
            kept = lines_in(opened(lab, guest, "/carnet.csv").body)
            assert mark not in kept, reason(
                fr=f"revenue à {name}, {guest} a encore ce qu'on a noté depuis",
                en=f"back at {name}, {guest} still has what was noted since",
            )
        missing = [line for line in CROSSINGS if line not in kept]
        assert not missing, reason(
            fr=f"revenue à {name}, {guest} n'a plus la traversée « {missing[0]} »",
            en=f'back at {name}, {guest} no longer has the crossing "{missing[0]}"',
        )
    finally:
        virsh(lab, "snapshot-revert", guest, now)
        virsh(lab, "snapshot-delete", guest, now)
