"""A sitting whose evidence is really sealed: recordings, files, gradings, what was handed in and said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from grader.report import CheckResult, Report
from orchestrator.assessment.asciicast import TerminalRecorder
from orchestrator.assessment.collecting import HostFiles, keep
from orchestrator.assessment.desktop_pictures import PictureFolder, folder_of
from orchestrator.assessment.events import Draft
from orchestrator.assessment.evidence import seal
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.session_folder import sha256, write_whole
from orchestrator.core.png_pixels import png_of
from orchestrator.core.text import Text, same
from orchestrator.deliverables.deliverables_store import CONVERSATION
from orchestrator.fabric.fabric_interface import FileState
from orchestrator.model.turns import PersonaAct, Turn
from orchestrator.personas.conversation_file import line_of
from tests.unit.assessment.sessions import RELIED
from tests.unit.differences import FORBIDDEN, UNEXPLAINED

START: Final = 4_100_000_000
"""When the phase began: seconds since 1970, on a day in 2099."""
EVIL: Final = "<img src=x onerror=alert(1)>"
ESCAPES: Final = f"\x1b]0;title\x07\x1b]52;c;aGVsbG8=\x07\x1b]8;;javascript:alert(1)\x07{EVIL}\x1b]8;;\x07\x1b[2J"
SECRET: Final = "Sapin-4417"


def record(path: Path, began: float, events: Iterable[tuple[float, str, bytes]]) -> None:
    """Write a recording as a candidate's terminal does: seconds, ``o`` or ``i``, and the bytes."""
    now = [began]
    path.parent.mkdir(parents=True, exist_ok=True)
    recorder = TerminalRecorder(path, rows=24, columns=80, now=lambda: now[0], title="pc1")
    for at, kind, data in events:
        now[0] = began + at
        (recorder.shown if kind == "o" else recorder.typed)(data)
    recorder.close()


def sitting(session: JurySession, phase: str, number: str, scenario: str, *, handed_in: bool = True) -> Path:
    """Have a candidate's sitting be over, graded and sealed, and return the evidence's path."""
    folder = session.folder.sitting(phase, number)
    terminals = folder / "recordings"
    record(
        terminals / f"{scenario}.pc1-1.cast",
        START + 60.0,
        [(0.5, "o", b"root@pc1:~# "), *keys(2, "ip route"), (3, "o", ESCAPES.encode()), *keys(600, f"echo '{EVIL}'")],
    )
    record(
        terminals / f"{scenario}.srv1-1.cast",
        START + 300.0,
        [(0.1, "o", b"srv1$ "), *keys(4, f"passwd {SECRET}"), (5, "o", b"\x1b[5;1HAccess den\x1b[31mied\x1b[0m\r\n")],
    )
    cut_off = terminals / f"{scenario}.srv1-2.cast"
    record(cut_off, START + 900.0, [(0.1, "o", b"first\r\n"), (9, "o", b"never whole\r\n")])
    cut_off.write_bytes(cut_off.read_bytes()[:-7])
    pictured(terminals, scenario)
    keep(folder / f"{scenario}.start.json.gz", {"pc1": files(START - 9, hosts=b"one\n")})
    keep(
        folder / f"{scenario}.end.json.gz", {"pc1": files(START + 630, hosts=b"two\n", **{EVIL.replace("/", ""): b""})}
    )
    said = Turn(
        "anne",
        "2099-12-03T17:05:00.000Z",
        "fr",
        f"Votre mot de passe est {SECRET}. {EVIL}",
        reply="D'accord.",
        acts=(PersonaAct("2099-12-03T17:05:01.000Z", "reboot", "pc1", ""),),
        secrets=(SECRET,),
    )
    (folder / f"{scenario}.{CONVERSATION}").write_text(line_of(said))
    looks = same(f"1. red: {EVIL}\n2. green")
    sentence = Text(fr="pc1 a le réseau.", en="pc1 has the network.")
    checks = (
        CheckResult("test_a.py::a", "symptom", 1, "1.3", sentence, "pass"),
        CheckResult("test_a.py::b", "symptom", 1, "1.3", same("It answers."), "error", looks),
        CheckResult("test_a.py::c", "guard", 1, None, same("It stays."), "fail", same(ESCAPES)),
    )
    report = Report(
        f"lab-{number}",
        scenario,
        1,
        "d" * 64,
        "2099-12-03T18:09:00Z",
        0.1,
        checks,
        differences=(FORBIDDEN, UNEXPLAINED),
    )
    before = Report(f"lab-{number}", scenario, 1, "d" * 64, "2099-12-03T16:40:00Z", 0.1, checks[1:])
    (folder / f"{scenario}.start-report.json").write_text(before.to_json())
    graded: dict[str, Any] = {
        "verdict": report.verdict,
        "report": write_whole(folder / f"{scenario}.report.json", report.to_json().encode()),
        "asked_again": ["test_a.py::b", "test_a.py::c"],
        "disagreed": [{"check": "test_a.py::b", "fr": "It answers.", "en": "It answers."}],
        "pass": 1,
        "fail": 1,
        "error": 1,
        "forbidden": 1,
        "unexplained": 1,
    }
    if handed_in:
        graded["answers.yaml"] = write_whole(folder / f"{scenario}.answers.yaml", f'cause: "{EVIL}"\n'.encode())
        graded["report.md"] = write_whole(folder / f"{scenario}.report.md", f"# Fait\n{ESCAPES}".encode())
    happened(session, phase, number, scenario, graded)
    state = session.state()
    path = session.folder.sealed(phase, number)
    made = seal(path, state, state.sittings[phase, number], session.folder, {})
    details = {"file": path.name, "sha256": made.sha256, "size": made.size, "files": made.files}
    session.keep(Draft("sealed", "breakfix", START + 4600, number, phase, details, made.sha256))
    return path


def pictured(recordings: Path, scenario: str) -> None:
    """Keep pictures of a desktop as labd does: open twice, the second time until a killed program's end."""
    made = PictureFolder(folder_of(recordings, scenario, "pc1"))
    made.note(START + 100.25, "opened")
    for seconds, colour in ((101.5, 1), (102.5, 2), (400.0, 3)):
        made.picture(START + seconds, png_of(4, 3, bytes((colour, 0, 0, 0)) * 12), 4, 3)
    made.note(START + 399.0, "used")
    made.note(START + 410.0, "trouble", "gone")
    made.note(START + 420.0, "closed")
    made.note(START + 800.0, "opened")
    made.note(START + 801.0, "paced", 3)
    made.picture(START + 802.0, png_of(2, 2, bytes(16)), 2, 2)


def happened(session: JurySession, phase: str, number: str, scenario: str, graded: Mapping[str, Any]) -> None:
    """Have the journal say all that happens before evidence is sealed."""
    opened = {"scenario": scenario, "instance": f"lab-{number}", "variant": 0, "hosts": ["pc1", "srv1"]}
    by = "ines"
    session.keep(
        Draft("opened", "breakfix", START - 600, number, phase, {**opened, "proof": RELIED.to_document()}, "d" * 64),
        Draft("started", by, START, number, phase),
        Draft("arrived", by, START + 30, number, phase),
        Draft("paused", by, START + 400, number, phase, {"reason": f"Alarme {EVIL}"}),
        Draft("resumed", by, START + 460, number, phase),
        Draft("announced", by, START + 500, number, "", {"text": "Le bâtiment ferme à 18 h."}),
        Draft("intervened", by, START + 550, number, phase, {"scenario": scenario, "act": "exec", "reason": EVIL}),
        Draft("cabled", number, START + 560, number, phase, {"scenario": scenario, "act": "pc1:eth0 plug"}),
        Draft("incident", by, START + 570, number, phase, {"text": "Une machine a disparu"}),
        Draft("cut", "breakfix", START + 4500, number, phase, {"deadline": START + 4500, "not_paused": {}}),
        Draft("collected", "breakfix", START + 4510, number, phase, {"files": {}}),
        Draft("graded", "breakfix", START + 4550, number, phase, {"labs": {scenario: dict(graded)}}),
    )


def keys(at: float, line: str) -> list[tuple[float, str, bytes]]:
    """Return what a terminal records of a line that is typed and shown."""
    shown = line.encode()
    return [(at, "i", shown), (at, "o", shown), (at + 0.5, "i", b"\r"), (at + 0.5, "o", b"\r\n")]


def files(at: int, **contents: bytes) -> HostFiles:
    """Return the files of a host, all changed at a time."""
    states = {
        f"/etc/{name}": FileState(kind="file", mode=0o644, size=len(data), mtime=1, ctime=float(at))
        for name, data in contents.items()
    }
    return HostFiles(states, {f"/etc/{name}": data for name, data in contents.items()})


def resealed(path: Path, content: bytes) -> str:
    """Write other bytes in the place of evidence, and return their SHA-256."""
    path.write_bytes(content)
    return sha256(content)


def lines_of(cast: str) -> list[Any]:
    """Return the events of a recording's lines."""
    return [json.loads(line) for line in cast.splitlines()]
