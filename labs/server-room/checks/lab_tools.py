"""The theatre's server as its people use it: pages, shared folders, printers, backups."""

import html
import re
import secrets

from grader import lines_in, reason, scaled_timeout

FOLDERS = {"pc1": "billetterie", "pc2": "regie"}
"""Each workstation's shared folder."""
QUEUES = {"pc1": "guichet", "pc2": "plateau"}
"""Each workstation's printer."""
SEATS = 308
SHARES = "/srv/partages"
CUES = f"{SHARES}/regie/conduite-lumiere.txt"
WEEK = tuple(f"srv1-2026-11-{day}" for day in (23, 24, 25, 26, 27))
"""The backups that are there from the start."""


def listed(values):
    """Return values in words: one after another, or that there is none."""
    return ", ".join(values) or reason(fr="rien", en="nothing")


def said(done):
    """Return the last thing that a command wrote."""
    lines = [line.strip() for line in lines_in(done.stderr or done.stdout) if line.strip()]
    return [*lines[-1:], reason(fr="rien", en="nothing")][0]


def as_user(lab, pc, command):
    """Run a command as the workstation's user does, in a login shell; return testinfra's result."""
    return lab.host(pc).run("runuser -l utilisateur -c %s", f"timeout {scaled_timeout(20)} {command}")


def assert_seats_are_shown(lab):
    """The box office sees this evening's free seats: as many as the reservations leave."""
    url = f"http://guichet.{lab.domain}:8080/"
    page = lab.client("pc1").http_get(url)
    assert page.status == 200, reason(
        fr=f"pc1 : {url} ne répond pas ({page.status or page.problem})",
        en=f"pc1: {url} does not answer ({page.status or page.problem})",
    )
    taken = {
        tuple(row.split(";")[:2])
        for row in lines_in(lab.host("srv1").file(f"{SHARES}/billetterie/reservations.csv").content_string)
        if row.count(";") == 2
    }
    wanted = f"Places libres : <strong>{SEATS - len(taken)}</strong> sur {SEATS}"
    assert wanted in page.body, reason(
        fr=f"pc1 : {url} ne montre pas les {SEATS - len(taken)} places libres de ce soir",
        en=f"pc1: {url} does not show this evening's {SEATS - len(taken)} free seats",
    )
    server = lab.address("srv1")
    assert page.peer == server, reason(
        fr=f"pc1 : {url} est servie par {page.peer}, et non par srv1",
        en=f"pc1: {url} is served by {page.peer}, not by srv1",
    )


def assert_cues_are_shown(lab):
    """The stage sees its cue sheet, as it is in the shared folder."""
    url = f"http://conduite.{lab.domain}:8081/"
    page = lab.client("pc2").http_get(url)
    assert page.status == 200, reason(
        fr=f"pc2 : {url} ne répond pas ({page.status or page.problem})",
        en=f"pc2: {url} does not answer ({page.status or page.problem})",
    )
    cues = [line for line in lines_in(lab.host("srv1").file(CUES).content_string) if line[:1].isdigit()]
    shown = html.unescape(page.body)
    missing = [cue for cue in cues if cue not in shown]
    assert cues, reason(fr=f"{CUES} n'a plus de top", en=f"{CUES} has no cues left")
    assert not missing, reason(
        fr=f"pc2 : {url} ne montre pas le top « {missing[0]} »", en=f'pc2: {url} does not show the cue "{missing[0]}"'
    )


def assert_has_come_up_by_itself(lab, name):
    """A service of srv1 runs since the machine was started, and nobody had to help it."""
    service = lab.host("srv1").service(name)
    assert service.is_running, reason(fr=f"{name} ne tourne pas sur srv1", en=f"{name} does not run on srv1")

    def started():
        return int(lab.host("srv1").service("multi-user.target").systemd_property(_ENTERED))

    late = reason(fr="srv1 n'a pas fini de démarrer", en="srv1 has not finished starting")
    whole = lab.wait(started, within=20, every=0.2, what=late)
    again = int(lab.host("srv1").service("multi-user.target").systemd_property(_LEFT))
    assert not again, reason(
        fr="multi-user.target a été relancé à la main : cela ne dit plus rien du démarrage. Redémarrez srv1",
        en="multi-user.target was restarted by hand: it no longer tells anything about the boot. Restart srv1",
    )
    after = int(service.systemd_property(_ENTERED)) - whole
    assert after <= 0, reason(
        fr=f"{name} n'est pas venu avec srv1 : il a démarré {_seconds(after)} après la fin du démarrage. "
        "Redémarrez srv1, et n'y touchez plus : on verra",
        en=f"{name} has not come up with srv1: it was started {_seconds(after)} after the machine was up. "
        "Restart srv1 and leave it alone: then we shall see",
    )


_ENTERED, _LEFT = "Unit.ActiveEnterTimestampMonotonic", "Unit.ActiveExitTimestampMonotonic"


def _seconds(microseconds):
    return f"{microseconds / 1e6:.1f} s"


def assert_folder_opens(lab, pc):
    """The workstation's user opens the shared folder, and writes to it."""
    name = f"essai-{secrets.token_hex(4)}.tmp"
    done = as_user(lab, pc, f"partage -c 'put /etc/hostname {name}; rm {name}; ls'")
    assert done.rc == 0, reason(
        fr=f"{pc} : le dossier partagé {FOLDERS[pc]} ne s'ouvre pas : {said(done)}",
        en=f"{pc}: the shared folder {FOLDERS[pc]} does not open: {said(done)}",
    )
    wrong = [line for line in lines_in(done.stdout + done.stderr) if "NT_STATUS" in line]
    assert not wrong, reason(
        fr=f"{pc} : le dossier partagé {FOLDERS[pc]} refuse : {listed(wrong)}",
        en=f"{pc}: the shared folder {FOLDERS[pc]} refuses: {listed(wrong)}",
    )
    server = lab.listener("srv1", 445, "/usr/sbin/smbd")
    doubts = "; ".join(server.doubts)
    assert server.is_genuine, reason(fr=f"srv1, port 445 : {doubts}", en=f"srv1, port 445: {doubts}")


_STUCK = ("disabled since", "job-hold-until-specified", "Connecting to printer", "not responding")
"""What CUPS says of a queue from which nothing will come."""


def assert_prints(lab, pc):
    """A page that the workstation's user prints comes out of its printer as a PDF."""
    mark, srv1 = f"essai-{secrets.token_hex(4)}", lab.host("srv1")
    done = as_user(lab, pc, f"sh -c 'echo Théâtre {mark} | LC_ALL=C.UTF-8 lp -t {mark}'")
    assert done.rc == 0, reason(
        fr=f"{pc} : impossible d'imprimer : {said(done)}", en=f"{pc}: cannot print: {said(done)}"
    )

    def pages():
        found = [one.path for one in srv1.file("/srv/impressions").tree() if mark in one.path]
        return [path for path in found if path.endswith("pdf")]

    def stuck():
        shown = srv1.run("env LC_ALL=C lpstat -l -p %s -o %s", QUEUES[pc], QUEUES[pc]).stdout
        return next((f"CUPS : {sign}" for sign in _STUCK if sign in shown), "")

    nothing = reason(fr=f"{pc} : la page ne sort d'aucune imprimante", en=f"{pc}: the page comes out of no printer")
    try:
        (page, *_) = lab.wait(pages, within=20, every=0.2, what=nothing, unless=stuck)
    except AssertionError:  # it would come out after the repair, between the pages of others
        srv1.run("cancel -x %s", (re.findall(r"[a-z]+-[0-9]+", done.stdout) or ["-"])[0])
        raise
    where = page.rpartition("/")[0].rpartition("/")[2]
    assert where == QUEUES[pc], reason(
        fr=f"{pc} : la page sort de {where}, et non de {QUEUES[pc]}",
        en=f"{pc}: the page comes out of {where}, not of {QUEUES[pc]}",
    )
    server = lab.listener("srv1", 631, "/usr/sbin/cupsd")
    doubts = "; ".join(server.doubts)
    assert server.is_genuine, reason(fr=f"srv1, port 631 : {doubts}", en=f"srv1, port 631: {doubts}")


def depot(lab, *words):
    """Ask borg about the backups, as the house's own command does; return testinfra's result."""
    command = " ".join(["timeout", str(scaled_timeout(40)), "env", "LC_ALL=C.UTF-8", "depot", *["%s"] * len(words)])
    return lab.host("srv1").run(command, *words)


def archives(lab):
    """Return the names of the backups, the oldest first."""
    done = depot(lab, "list", "--format", "{archive}{NL}")
    assert done.rc == 0, reason(
        fr=f"les sauvegardes ne se lisent pas : {said(done)}", en=f"the backups cannot be read: {said(done)}"
    )
    return [line.strip() for line in lines_in(done.stdout) if line.strip()]


def assert_backup_can_be_restored(lab, folders=("billetterie", "regie", "administration")):
    """What is put into the shared folders now is in the backup that is made now, and comes out of it."""
    srv1, mark = lab.host("srv1"), secrets.token_hex(8)
    probes = {folder: f"{SHARES}/{folder}/essai-{mark}.txt" for folder in folders}
    before = set(archives(lab))
    try:
        for folder, path in probes.items():
            srv1.run("sh -c %s", f"echo {mark}-{folder} >{path}")
        done = srv1.run("timeout %s sauvegarde", str(scaled_timeout(60)))
        assert done.rc == 0, reason(fr=f"la sauvegarde échoue : {said(done)}", en=f"the backup fails: {said(done)}")
        made = [name for name in archives(lab) if name not in before]
        assert made, reason(fr="la sauvegarde n'a rien laissé", en="the backup has left nothing")
        newest = made[-1]
        out = depot(lab, "extract", "--stdout", f"::{newest}", *(path.lstrip("/") for path in probes.values()))
        lost = [f"{SHARES}/{folder}" for folder in folders if f"{mark}-{folder}" not in out.stdout]
        assert not lost, reason(
            fr=f"un fichier de {listed(lost)} ne ressort pas de la sauvegarde {newest}",
            en=f"a file of {listed(lost)} does not come out of the backup {newest}",
        )
    finally:
        srv1.run("rm -f " + " ".join(["%s"] * len(probes)), *probes.values())


def assert_week_is_kept(lab):
    """The backups of the week are all there, on bak1, where nobody but their account may read them."""
    there = set(archives(lab))
    missing = [name for name in WEEK if name not in there]
    assert not missing, reason(
        fr=f"des sauvegardes ont disparu : {listed(missing)}", en=f"backups are gone: {listed(missing)}"
    )
