"""What is thought of a file that is not as it was: the provider ``files``, of which the fabric's helper tells."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from orchestrator.core.text import Text
from orchestrator.sound_state.account_rights import rights_gained
from orchestrator.sound_state.backup_copies import is_backup_copy, original_of
from orchestrator.sound_state.certificate_meaning import certificate_statements
from orchestrator.sound_state.meaning import meaning_of, statements_changed
from orchestrator.sound_state.provider import Thought
from orchestrator.sound_state.weakened_settings import weakened

NAME: Final = "files"
_OTHERS_READ, _OTHERS_WRITE, _SET_ID, _STICKY = 0o004, 0o002, 0o6000, 0o1000
_TOLD_ELSEWHERE = re.compile(r"/etc/systemd/system/(?:[^/]+\.(?:wants|requires|upholds)(?:/|$))")
"""Links that say what starts with what: the provider ``services`` tells of them."""
_PEM = re.compile(r"\(a private key\)|-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----")
_SECRETS = re.compile(r"/etc/(?:g?shadow-?|krb5\.keytab|sssd/sssd\.conf|.*\.(?:key|secret))")
"""Files whose content opens something to whoever can read them."""
_DIGEST = re.compile(r"sha256 [0-9a-f]{64}|\d+ bytes")


class FileFinding(NamedTuple):
    """One thing that has changed of a file: the field, both values, and what is thought of it."""

    field: str
    before: str | None
    now: str | None
    thought: Thought


def link_from_the_root(path: str, entry: Mapping[str, str]) -> Mapping[str, str]:
    """Return a file's fields; of a link with what it leads to from the root, however it is written."""
    if entry.get("kind") != "symlink" or "content" not in entry:
        return entry
    return {**entry, "content": posixpath.normpath(posixpath.join(path, "..", entry["content"]))}


def file_changes(path: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[FileFinding]:
    """Yield what has changed of a file; nothing where what has changed means the same.

    Args:
        path: the file's.
        before: its fields in the sound state, empty where there was none.
        now: its fields now, empty where there is none.
    """
    if _TOLD_ELSEWHERE.match(path):
        return
    yield from _forbidden(path, before, now)
    if not now:
        gone = Text(fr=f"{path} n'est plus là.", en=f"{path} is gone.")
        yield FileFinding("presence", _whole(path, before), None, Thought("unexplained", gone))
        return
    if is_backup_copy(path, before, now):
        return
    if not before:
        new = Text(fr=f"{path} est nouveau.", en=f"{path} is new.")
        yield FileFinding("presence", None, _whole(path, now), Thought("unexplained", new))
        return
    words = {
        "kind": Text(fr=f"{path} est d'une autre sorte qu'avant.", en=f"{path} is of another kind than before."),
        "mode": Text(fr=f"Les droits d'accès de {path} ont changé.", en=f"The permissions of {path} have changed."),
        "acl": Text(fr=f"La liste d'accès de {path} a changé.", en=f"The access list of {path} has changed."),
        "owner": Text(fr=f"Le propriétaire de {path} a changé.", en=f"The owner of {path} has changed."),
    }
    for field, sentence in words.items():
        if before.get(field) != now.get(field):
            yield FileFinding(field, before.get(field), now.get(field), Thought("unexplained", sentence))
    if "key" in before and "key" in now:  # whether a key and what belongs to it fit, their users find out
        before, now = ({**entry, "content": _around_keys(entry["content"])} for entry in (before, now))
    yield from _content(path, before.get("content"), now.get("content"))


def _around_keys(content: str) -> str:
    """Return what stands around a file's keys: no block of PEM, and not what the helper tells in a key's place."""
    return _PEM.sub("", content)


def _content(path: str, before: str | None, now: str | None) -> Iterator[FileFinding]:
    """Yield the change of what a file says, as the statements that are gone and those that are new."""
    if before == now:
        return
    sentence = Text(fr=f"Le contenu de {path} a changé.", en=f"What is in {path} has changed.")
    if before is None or now is None or _DIGEST.fullmatch(before) or _DIGEST.fullmatch(now):
        yield FileFinding("content", before, now, Thought("unexplained", sentence))
        return
    gone, new = _changed(path, before, now)
    if gone or new:
        yield FileFinding("content", "\n".join(gone) or None, "\n".join(new) or None, Thought("unexplained", sentence))


def _changed(path: str, before: str, now: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the statements that are gone from a file and those that are new."""
    was, said = certificate_statements(before), certificate_statements(now)
    if was is not None and said is not None:
        return ((), ()) if was == said else (was, said)
    return statements_changed(path, before, now)


def _whole(path: str, entry: Mapping[str, str]) -> str:
    """Return a file that has come or gone in words: what it is, then what it says."""
    head = " ".join(entry[field] for field in ("kind", "mode", "owner", "acl") if field in entry)
    content = entry.get("content")
    if content is None or "key" in entry or "passwords" in entry:  # a key that is made anew is another one each time
        return head
    if _DIGEST.fullmatch(content):
        return f"{head}\n{content}"
    said = certificate_statements(content)
    return "\n".join((head, *(meaning_of(path, content) if said is None else said)))


def _forbidden(path: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[FileFinding]:
    """Yield what no repair may bring: a secret that all can read, rights that a program or everybody gains."""
    was, mode, kind = _mode(before), _mode(now), now.get("kind")
    for field, said in _secrets_in(path).items():
        if field in now and mode & _OTHERS_READ and not (field in before and was & _OTHERS_READ):
            yield FileFinding("readable", None, "others", Thought("forbidden", said))
    if kind == "file" and mode & _SET_ID & ~was:
        said = Text(
            fr=f"{path} s'exécute désormais avec les droits de son propriétaire ou de son groupe.",
            en=f"{path} now runs with the rights of its owner or group.",
        )
        yield FileFinding("set-id", before.get("mode"), now["mode"], Thought("forbidden", said))
    if (given := now.get("capabilities")) and given != before.get("capabilities"):
        yield FileFinding(
            "capabilities", before.get("capabilities"), given, Thought("forbidden", capabilities_given(path, given))
        )
    original = original_of(path)
    is_secret = (_SECRETS.fullmatch(path) and before) or (original and _SECRETS.fullmatch(original))
    if is_secret and mode & _OTHERS_READ & ~was:
        said = Text(
            fr=f"Tout le monde peut lire {path}, qui contient des secrets.",
            en=f"Everybody can read {path}, which holds secrets.",
        )
        yield FileFinding("readable", before.get("mode"), now["mode"], Thought("forbidden", said))
    for said in weakened(path, *_statements(path, before.get("content", ""), now.get("content", ""))):
        yield FileFinding("weakened", None, said.en, Thought("forbidden", said))
    for said in rights_gained(path, before.get("content", ""), now.get("content", "")):
        yield FileFinding("rights", None, said.en, Thought("forbidden", said))
    writable = mode & _OTHERS_WRITE and not was & _OTHERS_WRITE and not mode & _STICKY
    is_own = not before and path.startswith(("/home/", "/root/"))  # people share as they like what they make
    if kind in ("file", "directory") and writable and not is_own:
        said = Text(fr=f"Tout le monde peut écrire dans {path}.", en=f"Everybody can write to {path}.")
        yield FileFinding("writable", before.get("mode"), now["mode"], Thought("forbidden", said))


def _secrets_in(path: str) -> Mapping[str, Text]:
    """Return in words that everybody can read a secret of a file, by the field that tells of the secret."""
    return {
        "key": Text(
            fr=f"Une clé privée est dans {path}, que tout le monde peut lire.",
            en=f"A private key is in {path}, which everybody can read.",
        ),
        "passwords": Text(
            fr=f"Des mots de passe hachés sont dans {path}, que tout le monde peut lire.",
            en=f"Hashed passwords are in {path}, which everybody can read.",
        ),
    }


def capabilities_given(path: str, capabilities: str) -> Text:
    """Return in words that a program may do what else only root may, whoever starts it."""
    return Text(
        fr=f"{path} peut désormais ce que root seul peut, qui que ce soit qui le lance : {capabilities}.",
        en=f"{path} may now do what only root may, whoever starts it: {capabilities}.",
    )


def _statements(path: str, before: str, now: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return ((), ()) if before == now or _DIGEST.fullmatch(now) else _changed(path, before, now)


def _mode(entry: Mapping[str, str]) -> int:
    return int(entry.get("mode", "0"), 8)
