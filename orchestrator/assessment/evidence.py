"""A candidate's sealed evidence of one phase: a .zip to be read without this program, with a manifest of hashes."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator import __version__
from orchestrator.assessment.asciicast import TypedLine, timeline, timeline_file, transcript
from orchestrator.assessment.collecting import FileChange, changes, kept, to_document
from orchestrator.assessment.desktop_pictures import sealed_pictures
from orchestrator.assessment.evidence_page import index_of
from orchestrator.assessment.session_folder import SessionFolder, sha256, write_whole
from orchestrator.assessment.state import SessionLab, SessionState, Sitting
from orchestrator.core.errors import UsageError
from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.deliverables.deliverables_store import CONVERSATION
from orchestrator.model.plan import Plan
from orchestrator.personas.conversation_file import turns_in, without_passwords
from orchestrator.personas.terminal_masks import masked_recording

SCHEMA: Final = 1
MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
"""The hashes of all other files, the manifest's as well, as ``sha256sum --check`` reads them."""
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, NotImplementedError, RuntimeError)
"""What reading a damaged archive may raise; RuntimeError: a flipped bit says that a file is encrypted."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time on every file of the .zip: when things happened is said inside, and not twice."""


@dataclass(frozen=True)
class Sealed:
    """What was sealed: the hash and size of the .zip, and how many files are in it."""

    sha256: str
    size: int
    files: int


@dataclass(frozen=True)
class Evidence:
    """Evidence that was read: its manifest and its files."""

    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]

    def document(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return a JSON file's content; None where there is no such file."""
        return json.loads(self.files[name]) if name in self.files else None


def seal(path: Path, state: SessionState, sitting: Sitting, folder: SessionFolder, plans: Mapping[str, Plan]) -> Sealed:
    """Write a candidate's evidence of one phase.

    Args:
        path: the .zip, replaced whole where it is there.
        state: the session.
        sitting: the candidate in the phase.
        folder: the session's files.
        plans: the plan of each lab that is still there, by its scenario.
    """
    files = dict(_files(state, sitting, folder.sitting(sitting.phase, sitting.candidate), plans))
    manifest = {
        "schema": SCHEMA,
        "made_by": f"breakfix {__version__}",
        "session": state.id,
        "candidate": sitting.candidate,
        "phase": sitting.phase,
        "rehearsal": state.rehearsal,
        "labs": {lab.scenario: _lab_out(state, sitting, lab, plans.get(lab.scenario)) for lab in sitting.labs},
    }
    for language in ("fr", "en"):
        name = "index.html" if language == "fr" else f"index.{language}.html"
        files[name] = index_of(state, sitting, manifest, files, language).encode(errors="backslashreplace")
    stated = {name: {"sha256": sha256(data), "size": len(data)} for name, data in sorted(files.items())}
    manifest["files"] = stated
    head = _json(manifest)
    content = _zipped({SUMS: _sums_of(stated, sha256(head)), MANIFEST: head, **files})
    return Sealed(write_whole(path, content), len(content), len(files))


def read_evidence(path: Path, sealed: str = "") -> Evidence:
    """Return evidence whose files are what the manifest says.

    Args:
        path: the .zip.
        sealed: as for ``problems_of``.

    Raises:
        UsageError: it cannot be read, or ``problems_of`` finds something.
    """
    found = problems_of(path, sealed)
    if found:
        listed = found[:5]
        raise UsageError(
            Text(
                fr=f"Ces preuves ne sont pas intactes : {' ; '.join(p.fr for p in listed)}",
                en=f"This evidence is not intact: {'; '.join(p.en for p in listed)}",
            ),
            Text(
                fr="Prenez une autre copie ; le journal garde l'empreinte du fichier scellé.",
                en="Take another copy; the journal holds the hash of the sealed file.",
            ),
        )
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        return Evidence(manifest, {name: archive.read(name) for name in manifest["files"]})


def problems_of(path: Path, sealed: str = "") -> tuple[Text, ...]:
    """Return what is wrong with evidence: nothing where every byte is as it was sealed.

    Args:
        path: the .zip.
        sealed: the SHA-256 of the whole file as the journal has it, or empty where it is not known.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        return (
            Text(fr=f"{path} : lecture impossible ({error.strerror})", en=f"{path}: unreadable ({error.strerror})"),
        )
    found = []
    if sealed and sha256(content) != sealed:
        found.append(
            Text(
                fr=f"{path.name} n'est pas le fichier scellé : son empreinte n'est pas celle du journal",
                en=f"{path.name} is not the file that was sealed: its hash is not the journal's",
            )
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found += _inside(archive)
    except (*_DAMAGE, ValueError, TypeError) as error:
        found.append(
            Text(fr=f"{path.name} n'est plus une archive lisible ({error})", en=f"{path.name} cannot be read ({error})")
        )
    return tuple(found)


def _inside(archive: zipfile.ZipFile) -> Iterator[Text]:
    manifest = json.loads(archive.read(MANIFEST))
    if manifest["schema"] != SCHEMA:
        yield Text(
            fr=f"ces preuves suivent le schéma {manifest['schema']}, ce programme lit le {SCHEMA}",
            en=f"this evidence follows schema {manifest['schema']}, this program reads {SCHEMA}",
        )
    stated = manifest["files"]
    if SUMS in archive.namelist():  # evidence that was sealed before it was invented has none
        try:
            if archive.read(SUMS) != _sums_of(stated, sha256(archive.read(MANIFEST))):
                yield Text(fr=f"{SUMS} a été changé", en=f"{SUMS} was changed")
        except _DAMAGE as error:
            yield Text(fr=f"{SUMS} est abîmé ({error})", en=f"{SUMS} is damaged ({error})")
    for name in sorted({*stated, *archive.namelist()} - {MANIFEST, SUMS}):
        if name not in stated:
            yield Text(fr=f"{name} est en trop", en=f"{name} does not belong there")
            continue
        try:
            data = archive.read(name)
        except _DAMAGE as error:
            yield Text(fr=f"{name} manque ou est abîmé ({error})", en=f"{name} is missing or damaged ({error})")
            continue
        if sha256(data) != stated[name]["sha256"]:
            yield Text(fr=f"{name} a été changé", en=f"{name} was changed")


def _sums_of(stated: Mapping[str, Mapping[str, Any]], manifest: str) -> bytes:
    hashes = {MANIFEST: manifest, **{name: file["sha256"] for name, file in stated.items()}}
    return "".join(f"{hash_}  {name}\n" for name, hash_ in sorted(hashes.items())).encode()


def _lab_out(state: SessionState, sitting: Sitting, lab: SessionLab, plan: Plan | None) -> dict[str, Any]:
    opened = next(
        event
        for event in reversed(state.of("opened"))
        if event.details["instance"] == lab.instance and event.candidate == sitting.candidate
    )
    return {
        "instance": lab.instance,
        "title": {"fr": plan.title.fr, "en": plan.title.en} if plan else None,
        "digest": lab.digest,
        "variant": lab.variant,
        "seed": str(plan.seed) if plan else None,
        "lab": plan.lab if plan else None,
        "hosts": opened.details["hosts"],
        "proof": opened.details["proof"],
    }


def _files(
    state: SessionState, sitting: Sitting, folder: Path, plans: Mapping[str, Plan]
) -> Iterator[tuple[str, bytes]]:
    events = [
        event.to_document() for event in state.about(sitting.candidate, sitting.phase) if event.kind != "identity"
    ]
    yield "journal.json", _json(events)
    secrets, typed = _secrets(sitting, folder, plans), list[TypedLine]()
    for recording in sorted((folder / "recordings").glob("*.cast")):
        content = masked_recording(recording.read_bytes().decode(errors="replace"), secrets)
        yield f"recordings/{recording.name}", content.encode()
        yield f"recordings/{recording.stem}.txt", transcript(recording, content).encode(errors="backslashreplace")
        typed += timeline(recording, content)
    yield from sealed_pictures(folder / "recordings")
    typed.sort(key=lambda line: line.at)
    yield "timeline.csv", timeline_file(typed)
    for lab in sitting.labs:
        yield from _lab_files(folder, lab.scenario, plans.get(lab.scenario))


def _secrets(sitting: Sitting, folder: Path, plans: Mapping[str, Plan]) -> tuple[str, ...]:
    """Return the passwords in what is sealed: those that variants drew, and those that were told to somebody."""
    found = [secret for lab in sitting.labs if lab.scenario in plans for secret in plans[lab.scenario].passwords]
    for lab in sitting.labs:
        path = folder / f"{lab.scenario}.{CONVERSATION}"
        turns = turns_in(path.read_bytes() if path.is_file() else None)
        found += [secret for turn in turns for secret in turn.secrets]
    return tuple(dict.fromkeys(found))


_LAB_FILES: Final = (
    *("start-report.json", "report.json", "start.json.gz", "end.json.gz"),
    *("answers.yaml", "report.md", CONVERSATION),
)
"""What is kept of each lab of a sitting, where there is any."""


def _lab_files(folder: Path, scenario: str, plan: Plan | None) -> Iterator[tuple[str, bytes]]:
    for name in _LAB_FILES:
        path = folder / f"{scenario}.{name}"
        if path.is_file():
            data = path.read_bytes()
            yield f"{scenario}/{name}", without_passwords(data) if name == CONVERSATION else data
    if plan is not None and plan.ticket is not None:
        only = plan.ticket_language
        languages: tuple[Language, ...] = ("fr", "en") if only is None else (only,)
        for language in languages:
            yield f"{scenario}/ticket.{language}.md", plan.ticket.in_(language).encode()
    found = _changes(folder, scenario)
    if found is not None:
        yield f"{scenario}/changes.json", _json(to_document(found))
        for number, change in enumerate(found, 1):
            if change.difference:
                yield f"{scenario}/differences/{number}.diff", change.difference.encode(errors="backslashreplace")


def _changes(folder: Path, scenario: str) -> tuple[FileChange, ...] | None:
    start, end = folder / f"{scenario}.start.json.gz", folder / f"{scenario}.end.json.gz"
    return changes(kept(start), kept(end)) if start.is_file() and end.is_file() else None


def _json(value: Any) -> bytes:  # noqa: ANN401 - JSON
    # A file's name in a host need not be UTF-8: what is not stays readable as JSON's own escape.
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode(errors="backslashreplace")


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            stored = name.endswith((".gz", ".png"))
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()
