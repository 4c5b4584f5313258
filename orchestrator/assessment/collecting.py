"""What a candidate changed: the files of each host at the end against those at the start, looked at from outside."""

from __future__ import annotations

import base64
import difflib
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from orchestrator.assessment.session_folder import write_whole
from orchestrator.core.control_characters import in_one_line
from orchestrator.core.errors import LabError
from orchestrator.fabric.fabric_interface import Fabric, FileState, HostRef

CONFIGURATION: Final = ("/etc",)
"""Where the content of files is kept, so that differences can be shown line by line."""
PLACES: Final = (*CONFIGURATION, "/home", "/opt", "/root", "/srv", "/usr/local", "/var/www", "/var/spool/cron")
"""Where files are looked at."""
_MOST: Final = 64 << 10
"""Bytes of the largest file whose content is kept."""
_MOST_OF_ALL: Final = 16 << 20
"""Bytes of content that are kept of one host: a candidate may have filled it."""
_LONGEST_NAME: Final = 4096
_TIME: Final = 30.0
"""Seconds for one look at a place."""

Change = Literal["added", "changed", "removed"]


@dataclass(frozen=True)
class HostFiles:
    """The files of one host.

    Attributes:
        states: what is at each path, without the inode, which says nothing.
        contents: the content of small files of the configuration.
        unseen: the places that could not be looked at, with the reason.
    """

    states: Mapping[str, FileState] = field(default_factory=dict)
    contents: Mapping[str, bytes] = field(default_factory=dict)
    unseen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileChange:
    """One file that is not as it was.

    Attributes:
        host: the host.
        path: the file.
        change: what became of it.
        before: what was there.
        after: what is there.
        difference: the unified difference of a text of the configuration; empty where there is none to show.
    """

    host: str
    path: str
    change: Change
    before: FileState | None
    after: FileState | None
    difference: str = ""


def look_at(fabric: Fabric, instance: str, hosts: Sequence[str]) -> dict[str, HostFiles]:
    """Return the files of hosts; a host that cannot be looked at has none, and says why."""
    return {host: _files_of(fabric, HostRef(instance, host)) for host in hosts}


def _files_of(fabric: Fabric, target: HostRef) -> HostFiles:
    states: dict[str, FileState] = {}
    contents: dict[str, bytes] = {}
    unseen: dict[str, str] = {}
    for place in PLACES:
        try:
            found, rows = fabric.look(target, place, "tree", timeout=_TIME)
            if found.exists:
                base = found.path
                for row in json.loads(rows):
                    state = FileState(**row)
                    states[f"{base}/{state.path}"] = replace(state, inode=0, path="")
        except LabError as error:
            unseen[place] = error.text.en
    left = _MOST_OF_ALL
    for path, state in states.items():
        if path.startswith(tuple(f"{place}/" for place in CONFIGURATION)) and _is_small_file(state):
            left -= state.size
            if left < 0:
                unseen[path] = "too much to keep"
                continue
            try:
                contents[path] = fabric.look(target, path, "content", follow=False)[1]
            except LabError as error:
                unseen[path] = error.text.en
    return HostFiles(states, contents, unseen)


def _is_small_file(state: FileState) -> bool:
    return state.kind == "file" and state.size <= _MOST


def changes(before: Mapping[str, HostFiles], after: Mapping[str, HostFiles]) -> tuple[FileChange, ...]:
    """Return what changed in each host, by host and path; what could not be seen afterwards counts as unchanged."""
    found: list[FileChange] = []
    for host, old in before.items():
        new = after.get(host, HostFiles())
        hidden = tuple(f"{place}/" for place in new.unseen)
        for path in sorted({*old.states, *new.states}):
            if path in new.unseen or path.startswith(hidden):
                continue
            if change := _change(host, path, old, new):
                found.append(change)
    return tuple(found)


def _change(host: str, path: str, old: HostFiles, new: HostFiles) -> FileChange | None:
    was, now = old.states.get(path), new.states.get(path)
    if was is None or now is None:
        kind: Change = "added" if was is None else "removed"
        return FileChange(host, path, kind, was, now, _difference(path, old, new))
    told = path in old.contents and path in new.contents
    same_content = old.contents[path] == new.contents[path] if told else (was.size, was.mtime) == (now.size, now.mtime)
    if was.kind == "directory":  # its size and time tell of what is in it, which is told of itself
        same_content = True
    same_rest = (was.kind, was.mode, was.uid, was.gid) == (now.kind, now.mode, now.uid, now.gid)
    if same_content and same_rest:
        return None
    return FileChange(host, path, "changed", was, now, _difference(path, old, new))


def _difference(path: str, old: HostFiles, new: HostFiles) -> str:
    try:
        before = old.contents.get(path, b"").decode().splitlines(keepends=True)
        after = new.contents.get(path, b"").decode().splitlines(keepends=True)
    except UnicodeDecodeError:
        return ""
    named = in_one_line(path, _LONGEST_NAME)  # a name with ends of lines in it would add lines to what is compared
    lines = difflib.unified_diff(before, after, f"start{named}", f"end{named}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def keep(path: Path, hosts: Mapping[str, HostFiles]) -> str:
    """Keep the files of hosts, compressed, and return the SHA-256 of what is kept."""
    document = {
        host: {
            "states": {at: asdict(state) for at, state in files.states.items()},
            "contents": {at: base64.b64encode(content).decode() for at, content in files.contents.items()},
            "unseen": dict(files.unseen),
        }
        for host, files in hosts.items()
    }
    return write_whole(path, gzip.compress(json.dumps(document).encode(), 6, mtime=0))


def kept(path: Path) -> dict[str, HostFiles]:
    """Return what ``keep`` wrote."""
    document: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return {
        host: HostFiles(
            states={at: FileState(**state) for at, state in files["states"].items()},
            contents={at: base64.b64decode(content) for at, content in files["contents"].items()},
            unseen=files["unseen"],
        )
        for host, files in document.items()
    }


def to_document(found: Sequence[FileChange]) -> list[dict[str, Any]]:
    """Return changes as JSON's types, without the differences, which are files of their own."""
    return [
        {
            "number": number,
            "host": change.host,
            "path": change.path,
            "change": change.change,
            "before": _state_out(change.before),
            "after": _state_out(change.after),
            "difference": bool(change.difference),
        }
        for number, change in enumerate(found, 1)
    ]


def _state_out(state: FileState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {"kind": state.kind, "mode": f"{state.mode:04o}", "uid": state.uid, "gid": state.gid, "size": state.size}
