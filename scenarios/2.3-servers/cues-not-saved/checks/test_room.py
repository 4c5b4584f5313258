"""Can everybody save again, are the doors written down, and will they be after the next night?"""

import bz2
import gzip
import io
import lzma
import secrets
from contextlib import contextmanager

import pytest

from grader import check, reason, scaled_timeout
from lab_tools import SHARES, assert_folder_opens, said

LOGS = "/var/log"
FOLDER = f"{LOGS}/passages"
LOG = f"{FOLDER}/passages.log"
PORT = 8082
MARK = "essai-"
"""How what a check makes is called."""
SAVED = (
    "regie/conduite-lumiere.txt",
    "regie/plateau.txt",
    "billetterie/reservations.csv",
    "billetterie/abonnes.csv",
    "administration/contrat-tournee.txt",
    "administration/subventions.csv",
)
ENOUGH = 200 << 20
"""Bytes that are free on a sound server, and more."""
LARGEST = 64 << 20
"""Bytes of a log that is never rotated; such a one is neither read nor copied."""
A_DAY = "200M"
"""What the readers at the doors send in a day, as truncate(1) takes it."""
_NIGHT_BEFORE, _NIGHT = "2027-3-16-3:0:0", "2027-03-17 03:00:00"
"""Two nights of one week, month and year: what is rotated every week or month is not yet due."""
_DELETE_OLD = "find %s -name 'passages.log?*' -delete"
_OPENS = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}


def written(file):
    """Return what a log says, or nothing where it is no file that can be read."""
    return file.content_string if file.exists and file.is_file and file.size < LARGEST else ""


def assert_is_written_down(lab, when_fr, when_en):
    """What a door reads stands in the log that is there; return the ticket that does."""
    log, last = lab.host("srv1").file(LOG), [""]
    door = f"curl --silent --show-error --max-time {scaled_timeout(5)} http://srv1.{lab.domain}:{PORT}/ --data %s"

    def ticket():
        number = f"{MARK}{secrets.token_hex(6)}"
        last[:] = [said(lab.host("pc1").run(door, number))]
        return number if number in written(log) else ""

    def refused():
        if "non noté" in last[0]:
            return reason(fr=f"le serveur a dit : {last[0]}", en=f"the server said: {last[0]}")
        if not lab.listener("srv1", PORT):
            return reason(fr=f"personne n'écoute sur le port {PORT}", en=f"nobody listens at port {PORT}")
        return ""

    nowhere = reason(
        fr=f"srv1, {when_fr} : un billet lu à une porte n'est pas dans {LOG}",
        en=f"srv1, {when_en}: a ticket that a door has read is not in {LOG}",
    )
    return lab.wait(ticket, within=3, every=0.2, what=nowhere, unless=refused)


def is_kept(srv1, ticket):
    """Return whether a ticket stands in one of the logs of before."""
    for one in srv1.file(LOGS).tree():
        folder, _, name = one.path.rpartition("/")
        if one.kind != "file" or not name.startswith("passages.log") or folder.startswith(MARK):
            continue
        path = f"{LOGS}/{one.path}"
        if one.size > LARGEST:
            found = srv1.run("grep --quiet --text --fixed-strings %s %s", ticket, path).rc == 0
        else:
            found = ticket.encode() in unpacked(name, srv1.file(path).content)
        if found:
            return True
    return False


def unpacked(name, content):
    """Return the beginning of what a file holds, which may be compressed."""
    opens = _OPENS.get(name.rpartition(".")[2])
    try:
        return opens(io.BytesIO(content)).read(LARGEST) if opens else content
    except (OSError, EOFError, lzma.LZMAError):
        return b""


@contextmanager
def put_back_afterwards(srv1):
    """Run the block with the log alone, without the old ones; then they are all what they were. Yield a folder."""
    kept = f"{LOGS}/{MARK}{secrets.token_hex(4)}"  # on the same disk: the old ones are linked, whatever their size
    srv1.run("cp -al %s %s", FOLDER, kept)
    srv1.run("cp -p --remove-destination %s %s/passages.log", LOG, kept)
    srv1.run(_DELETE_OLD, FOLDER)
    failed = True
    try:
        yield kept
        failed = False
    finally:
        srv1.run(_DELETE_OLD, FOLDER)
        srv1.run("cp -p %s/passages.log %s", kept, LOG)  # into the same file, which the service has open
        srv1.run("rm -f %s/passages.log %s/etat", kept, kept)
        srv1.run("cp -al --remove-destination %s/. %s/", kept, FOLDER)
        srv1.run("rm -rf %s", kept)
        if failed:  # the service holds a log that is gone by now: it gets back the one of before
            srv1.run("systemctl restart passages")


def rotates_at_night(srv1, kept, line):
    """Play a night's rotation, of a log last rotated the night before; return whether a line has left it, and why not.

    Where its size decides and not its age, it is given what a day brings.
    """
    state = f'logrotate state -- version 2\n"{LOG}" {_NIGHT_BEFORE}\n'
    srv1.run("sh -c %s", f"umask 077; printf %s '{state}' >{kept}/etat")
    clock = f"LD_PRELOAD=$(echo /usr/lib/*/faketime/libfaketime.so.1) FAKETIME='@{_NIGHT}'"
    for size in ("+0", A_DAY):
        srv1.run("truncate --no-create --size %s %s", size, LOG)
        done = srv1.run("sh -c %s", f"{clock} timeout 60 logrotate --state {kept}/etat /etc/logrotate.conf")
        log = srv1.file(LOG)
        if not log.exists or (log.size < LARGEST and line not in written(log)):
            return True, ""
    return False, said(done)


def assert_is_the_box_offices(lab):
    """Nobody but the box office writes to the log, and the service that does has no more power than that."""
    log = lab.host("srv1").file(LOG)
    assert log.exists, reason(fr=f"{LOG} a disparu", en=f"{LOG} is gone")
    assert log.is_file, reason(fr=f"{LOG} n'est pas un fichier", en=f"{LOG} is no file")
    assert not log.mode & 0o002, reason(
        fr=f"n'importe qui peut écrire dans {LOG} (droits {log.mode:04o})",
        en=f"anybody may write to {LOG} (mode {log.mode:04o})",
    )
    powerful = [one for one in lab.listener("srv1", PORT).processes if one.uid == 0]
    assert not powerful, reason(
        fr=f"srv1, port {PORT} : ce qui reçoit les billets tourne sous le compte root",
        en=f"srv1, port {PORT}: what takes the tickets runs as root",
    )


def assert_outlives_a_night(lab, when_fr, when_en):
    """The night's rotation rotates the log, loses nothing of it, and the doors are written down in the new one."""
    srv1 = lab.host("srv1")
    before = assert_is_written_down(lab, when_fr, when_en)
    with put_back_afterwards(srv1) as kept:
        rotated, why = rotates_at_night(srv1, kept, before)
        assert rotated, reason(
            fr=f"srv1, {when_fr} : {LOG} n'est pas tourné, ni pour son âge ni pour sa taille : {why}",
            en=f"srv1, {when_en}: {LOG} is not rotated, neither for its age nor for its size: {why}",
        )
        assert_is_written_down(lab, f"{when_fr}, après la rotation", f"{when_en}, after the rotation")
        assert is_kept(srv1, before), reason(
            fr=f"srv1, {when_fr} : ce qui était noté avant la rotation n'est plus nulle part dans {LOGS}",
            en=f"srv1, {when_en}: what was written down before the rotation is nowhere left in {LOGS}",
        )
        assert_is_the_box_offices(lab)


@pytest.mark.parametrize("pc", ["pc1", "pc2"])
@check(
    "symptom",
    points=2,
    competence="2.3",
    fr="{{ {'pc1': 'La billetterie', 'pc2': 'La régie'}[pc] }} enregistre dans son dossier partagé.",
    en="{{ {'pc1': 'The box office', 'pc2': 'Stage management'}[pc] }} saves to its shared folder.",
    before_fr="{{ {'pc1': 'La billetterie', 'pc2': 'La régie'}[pc] }} ne peut plus rien enregistrer.",
    before_en="{{ {'pc1': 'The box office', 'pc2': 'Stage management'}[pc] }} cannot save anything any longer.",
    because="refuses|does not open|free",
    host="{{ pc }}",
    lock="",
    timeout=60,
)
def test_saves(lab, pc):
    assert_folder_opens(lab, pc)
    done = lab.host("srv1").run("stat --file-system --format %s %s", "%a %S", SHARES)
    blocks, size = map(int, done.stdout.split())
    free = blocks * size
    assert free > ENOUGH, reason(
        fr=f"srv1 : il reste {free >> 20} Mo de libre sous {SHARES}",
        en=f"srv1: {free >> 20} MB are free below {SHARES}",
    )


@check(
    "symptom",
    points=1,
    competence="2.3",
    fr="Un billet lu à une porte est noté.",
    en="A ticket that a door reads is written down.",
    before_fr="Les portes refusent les billets, ou personne ne les note.",
    before_en="The doors refuse tickets, or nobody writes them down.",
    because="is not in /var/log/passages",
    host="pc1",
    lock="doors",
    timeout=60,
)
def test_doors(lab):
    assert_is_written_down(lab, "maintenant", "now")


@check(
    "objective",
    points=4,
    competence="2.3",
    fr="Après chaque nuit, les billets sont toujours notés, rien n'est perdu et le disque ne se remplit pas.",
    en="After each night tickets are still written down, nothing is lost, and the disk does not fill up.",
    before_fr="Dans quelques jours, tout recommencerait.",
    before_en="In some days it would all begin again.",
    because="is not in /var/log/passages",
    host="srv1",
    lock="doors",
    timeout=240,
)
def test_lasts(lab):
    timer = lab.host("srv1").service("logrotate.timer")
    assert timer.is_running, reason(
        fr="srv1 : logrotate.timer ne tourne plus, et plus aucun journal n'est tourné",
        en="srv1: logrotate.timer no longer runs, and no log is rotated any more",
    )
    assert_outlives_a_night(lab, "cette nuit", "tonight")
    lab.host("srv1").run("timeout %s systemctl restart passages", "30")
    assert_outlives_a_night(lab, "la nuit après un redémarrage du service", "the night after a restart of the service")


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Les documents des dossiers partagés sont tous là, et le journal des portes n'est qu'à la billetterie.",
    en="The documents of the shared folders are all there, and the doors' log is the box office's alone.",
    host="srv1",
    lock="doors",
)
def test_nothing_lost(lab):
    for path in SAVED:
        document = lab.host("srv1").file(f"{SHARES}/{path}")
        assert document.exists, reason(fr=f"{path} a disparu", en=f"{path} is gone")
        assert document.is_the_images, reason(fr=f"{path} a changé", en=f"{path} has changed")
    assert_is_the_box_offices(lab)
