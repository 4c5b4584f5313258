"""What a controller of a Samba domain hands out as files: policies and logon scripts, and who may change them.

They lie in ``/var/lib/samba/sysvol``, where Debian has it, and are read by every machine and at every login. With two
controllers, each has a copy of its own.
"""

from __future__ import annotations

import re
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.provider import Objects, RunInHost, Thought, json_printed

_FOLDER: Final = "/var/lib/samba/sysvol"
_PYTHON: Final = "/usr/bin/python3"
_SCRIPT: Final = rf"""
import hashlib, json, os, stat, struct
TAGS = {{1: "user:", 2: "user:%d", 4: "group:", 8: "group:%d", 16: "mask:", 32: "other:"}}
def acl(path, kind):
    try:
        data = os.getxattr(path, "system.posix_acl_" + kind, follow_symlinks=False)
    except OSError:
        return ""
    rows = struct.iter_unpack("<HHI", data[4:])
    tell = lambda tag: TAGS.get(tag, "?%d")
    return "\n".join(sorted(
        (tell(tag) % number if "%" in tell(tag) else tell(tag)) + ":"
        + "".join(sign if mode & bit else "-" for sign, bit in zip("rwx", (4, 2, 1)))
        for tag, mode, number in rows))
def shown(name):
    return os.fsencode(name).decode(errors="backslashreplace")
def content(path, state):
    if stat.S_ISLNK(state.st_mode):
        return shown(os.readlink(path))
    if not stat.S_ISREG(state.st_mode):
        return ""
    if state.st_size > 1 << 20:
        return "%d bytes" % state.st_size
    with open(path, "rb") as file:
        data = file.read()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    return "sha256 " + hashlib.sha256(data).hexdigest() if "\0" in text or len(data) > 1 << 14 else text
def told(path):
    state = os.lstat(path)
    row = {{"kind": stat.filemode(state.st_mode)[0], "mode": "%04o" % stat.S_IMODE(state.st_mode),
           "owner": "%d:%d" % (state.st_uid, state.st_gid), "text": content(path, state),
           "rights": acl(path, "access"), "rights handed down": acl(path, "default")}}
    return {{name: value for name, value in row.items() if value}}
found = {{}}
for folder, folders, files in os.walk("{_FOLDER}"):
    for path in (folder, *(os.path.join(folder, name) for name in (*files, *folders))):
        if len(found) < 5000 and shown(path) not in found:
            try:
                found[shown(path)] = told(path)
            except FileNotFoundError:
                pass
print(json.dumps(found))
"""
"""Tells each file and folder with its rights, of both kinds that the kernel knows, and with what is in it."""
_OTHERS_WRITE: Final = 0o002
_WRITES: Final = re.compile(r".*:.w.")


class SysvolState:
    """The provider of what a domain controller hands out as files."""

    name = "sysvol"
    program = _FOLDER
    always = _FOLDER

    def look(self, run: RunInHost) -> Objects:
        """Return each file and folder with its kind, owner, rights and content.

        The rights that Windows machines see are kept in a database of Samba's, by numbers of files that differ from
        one start of a host to the next: they are not told.

        Raises:
            LabError: the host cannot be asked, or what it says cannot be read.
        """
        found: dict[str, dict[str, str]] = json_printed(run((_PYTHON, "-I", "-c", _SCRIPT), b""), _PYTHON)
        return found

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``."""
        path = change.object
        if change.field == "kind" and change.now is None:
            return Thought("forbidden", Text(fr=f"{path} n'est plus là.", en=f"{path} is gone."))
        if change.now is not None and _lets_write(change):
            said = Text(
                fr=f"D'autres comptes qu'avant peuvent modifier {path}, que lisent toutes les machines du domaine.",
                en=f"Other accounts than before may change {path}, which all machines of the domain read.",
            )
            return Thought("forbidden", said)
        if change.field == "kind" and change.before is None:
            return Thought("unexplained", Text(fr=f"{path} est nouveau.", en=f"{path} is new."))
        if change.field == "text":
            said = Text(fr=f"Le contenu de {path} a changé.", en=f"What is in {path} has changed.")
        else:
            said = Text(
                fr=f"Le propriétaire ou les droits de {path} ont changé ({change.field}).",
                en=f"The owner or the permissions of {path} have changed ({change.field}).",
            )
        return Thought("unexplained", said)


def _lets_write(change: StateChange) -> bool:
    """Return whether somebody may write who could not: everybody, or an account or group that an ACL names.

    A new file has the entries of its folder's ACL: these are none's gain.
    """
    now = change.now or ""
    if change.field == "mode":
        return bool(int(now, 8) & ~int(change.before or "0", 8) & _OTHERS_WRITE)
    if change.field not in {"rights", "rights handed down"} or change.before is None:
        return False
    return bool({line for line in now.split("\n") if _WRITES.fullmatch(line)} - set(change.before.split("\n")))
