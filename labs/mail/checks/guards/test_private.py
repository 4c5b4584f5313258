"""Are the mailboxes closed to other accounts of the mail server, and its inner services to the network?"""

from pathlib import PurePosixPath

from grader import check, reason

MAILBOXES = "/var/vmail"
PUBLIC = {"22", "25", "587", "993"}


def open_to_all(mailboxes):
    """Return what is writable by other accounts, or open to them where no folder above it keeps them out."""
    entries = mailboxes.tree()
    entered = {entry.path for entry in entries if entry.kind == "directory" and entry.mode & 0o001}
    entered |= {"."} if mailboxes.mode & 0o001 else set()
    for entry in entries:
        reached = all(str(folder) in entered for folder in PurePosixPath(entry.path).parents)
        if entry.kind != "symlink" and (entry.mode & 0o002 or (entry.mode & 0o005 and reached)):
            yield f"{MAILBOXES}/{entry.path} (mode {entry.mode:04o})"


@check(
    "guard",
    points=1,
    competence="3.3",
    fr="Les boîtes ne sont ouvertes à aucun autre compte de mail1, ni ses services internes au réseau.",
    en="No other account of mail1 can get at the mailboxes, nor the network at its internal services.",
    host="mail1",
    lock="",
)
def test_private(lab):
    mail1 = lab.host("mail1")
    loose = sorted(open_to_all(mail1.file(MAILBOXES)))
    assert not loose, reason(
        fr=f"tous les comptes ont des droits sur {loose[0]}", en=f"every account has rights on {loose[0]}"
    )
    listening = [place.removeprefix("tcp://") for place in mail1.socket.get_listening_sockets() if "tcp://" in place]
    ports = {place.rpartition(":")[2] for place in listening if not place.startswith(("127.", "::1"))} - PUBLIC
    assert not ports, reason(
        fr=f"mail1 écoute le réseau aussi sur le port {', '.join(sorted(ports))}",
        en=f"mail1 listens to the network on port {', '.join(sorted(ports))} as well",
    )
