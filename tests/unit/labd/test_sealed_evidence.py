"""Sealed evidence in labd: the time line, pieces, searching, what was seen; nothing but what was sealed."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.assessment.asciicast import TypedLine, read_timeline, shown_lines, timeline_file
from orchestrator.assessment.evidence import MANIFEST
from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.errors import MachineError
from orchestrator.labd import evidence_contract as e
from orchestrator.labd import evidence_view, sealed_copy, sealed_recordings
from orchestrator.labd.calls import Call
from orchestrator.labd.desktop_contract import SITTING_PICTURE, SealedPictureOf
from orchestrator.labd.labd_client import RefusedError
from orchestrator.labd.rules import EVIDENCE
from orchestrator.labd.sealed_copy import SealedCopy
from orchestrator.labd.sealed_recordings import activity_of
from orchestrator.privacy import recording_pieces
from tests.unit.records.test_journal import tamper

from .conftest import SCENARIO, Site, refusal_of
from .sealed_sitting import EVIL, SECRET, START, keys, lines_of, record, resealed
from .test_deliberation import Room, archive, play, sealed_file, site

pytestmark = pytest.mark.slow

__all__ = ["site"]
MINE = e.OfSitting("december", "reseau", "C-01")
ASKED: tuple[tuple[Call[Any, Any], Any], ...] = (
    (e.SITTING_REPLAY, MINE),
    (e.SITTING_PIECE, e.SealedPieceOf("december", "reseau", "C-01", 0, 0)),
    (SITTING_PICTURE, SealedPictureOf("december", "reseau", "C-01", 0, 0)),
    (e.SEARCH_SITTING, e.SearchSitting("december", "reseau", "C-01", "ip route")),
    (e.SEALED_EVIDENCE, MINE),
)


def scene_of(site: Site, look: Callable[[Room], Awaitable[None]]) -> None:
    """Play something in a session whose evidence is sealed."""

    async def scene(room: Room) -> None:
        await room.sealed()
        await look(room)

    play(site, scene)


async def replay(room: Room) -> e.SittingReplay:
    return await room.client.call(e.SITTING_REPLAY, MINE, room.anne.token)


def test_everything_stands_on_one_time_line(site: Site) -> None:
    async def look(room: Room) -> None:
        view = await replay(room)
        assert [(one.host, one.scenario, one.seconds, one.whole) for one in view.terminals] == [
            ("pc1", SCENARIO, 600.5, True), ("srv1", SCENARIO, 5.0, True), ("srv1", SCENARIO, 0.1, True),
        ]  # fmt: skip
        assert view.terminals[0].busy == ((0.5, 3.0), (600.0, 600.5))
        assert view.terminals[0].typed == (2.0, 600.0)
        assert (view.began, view.ended) == ("2099-12-03T17:53:20+01:00", "2099-12-03T19:08:20+01:00")
        assert view.cut == view.ended
        assert view.pauses == (("2099-12-03T18:00:00+01:00", "2099-12-03T18:01:00+01:00"),)
        said = [(one.kind, one.text.en) for one in view.marks]
        assert [kind for kind, _ in said] == [
            "grading", "step", "step", "presence", "command", "command", "pause", "incident", "pause", "announcement",
            "intervention", "cable", "incident", "file", "file", "command", "talk", "act", "incident", "cut", "step",
            "grading", "difference", "difference", "step",
        ]  # fmt: skip
        assert ("command", "ip route") in said
        assert ("intervention", f"The organisers intervened on {SCENARIO} (exec): {EVIL} (ines)") in said
        assert ("act", "anne restarts pc1.") in said
        assert ("file", "pc1: /etc/hosts: file changed") in said
        (file,) = [one for one in view.marks if one.text.en == "pc1: /etc/hosts: file changed"]
        assert file.at == "2099-12-03T18:03:50+01:00"
        assert file.detail is not None
        assert "+two" in file.detail.en
        (typed,) = [one for one in view.marks if one.text.en == "ip route"]
        assert (typed.at, typed.where) == ("2099-12-03T17:54:22.500000+01:00", 0)
        assert not any(CONTROLS.search(f"{one.text.fr}{one.text.en}") for one in view.marks)
        assert SECRET not in repr(view)

    scene_of(site, look)


def test_a_recording_comes_in_pieces_masked_as_it_was_sealed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_pieces, "PIECE", 200)

    async def whole(room: Room, recording: int) -> tuple[str, int]:
        lines, at, pieces = "", 0, 0
        while True:
            asked = e.SealedPieceOf("december", "reseau", "C-01", recording, at)
            piece = await room.client.call(e.SITTING_PIECE, asked, room.paul.token)
            lines, at, pieces = lines + piece.lines, piece.next, pieces + 1
            if piece.end:
                return lines, pieces

    async def look(room: Room) -> None:
        with zipfile.ZipFile(sealed_file(room)) as sealed:
            stated = sealed.read(f"recordings/{SCENARIO}.srv1-1.cast").decode()
        lines, pieces = await whole(room, 1)
        assert (lines, pieces > 1) == (stated, True)
        assert "•" * len(SECRET) in lines
        assert SECRET not in lines
        cut_off, _ = await whole(room, 2)
        assert lines_of(cut_off)[-1] == [0.1, "o", "first\r\n"]
        for recording, at in ((0, 10**9), (0, -1), (3, 0), (-1, 0)):
            asked = e.SealedPieceOf("december", "reseau", "C-01", recording, at)
            assert (await refusal_of(room.client, e.SITTING_PIECE, asked, room.paul.token)).kind == "missing"

    scene_of(site, look)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("IP ROUTE", [(True, "ip route"), (False, "root@pc1:~# ip route")]),
        ("access denied", [(False, "Access denied")]),
        ("first", [(False, "first")]),
        ("never whole", []),
        (SECRET, []),
        (".*", []),
    ],
)
def test_what_was_typed_and_what_was_shown_is_searched(site: Site, words: str, found: list[tuple[bool, str]]) -> None:
    async def look(room: Room) -> None:
        asked = e.SearchSitting("december", "reseau", "C-01", words)
        answer = await room.client.call(e.SEARCH_SITTING, asked, room.anne.token)
        assert ([(one.typed, one.line) for one in answer.lines], answer.more) == (found, False)

    scene_of(site, look)


def test_a_search_ends_and_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_recordings, "_SEARCH_S", -1.0)

    async def look(room: Room) -> None:
        asked = e.SearchSitting("december", "reseau", "C-01", "root@")
        assert (await room.client.call(e.SEARCH_SITTING, asked, room.anne.token)).more
        for words in ("", "  ", "x" * 201, "a\x1b"):
            wrong = e.SearchSitting("december", "reseau", "C-01", words)
            assert (await refusal_of(room.client, e.SEARCH_SITTING, wrong, room.anne.token)).field == "words"

    scene_of(site, look)


def test_what_was_seen_has_both_looks(site: Site) -> None:
    async def look(room: Room) -> None:
        view = await room.client.call(e.SEALED_EVIDENCE, MINE, room.anne.token)
        (one,) = view.scenarios
        assert [(check.before, check.outcome, check.looked) for check in one.checks] == [
            (None, "pass", "once"), ("error", "error", "disagreed"), ("fail", "fail", "twice"),
        ]  # fmt: skip
        assert one.checks[1].seen is not None
        assert one.checks[1].seen.en == f"1. red: {EVIL}\n2. green"
        assert [(two.forbidden, two.sentence.en) for two in one.differences] == [
            (True, "The firewall lets everything through."), (False, "ssh no longer starts."),
        ]  # fmt: skip
        assert ("/etc/hosts", "changed") in [(file.path, file.change) for file in one.files]
        assert one.answers == f'cause: "{EVIL}"\n'
        assert one.report.startswith("# Fait\n")
        assert one.talk is not None
        assert "anne restarts pc1." in one.talk.en
        assert (one.typed, one.files_left, view.size) == (3, 0, sealed_file(room).stat().st_size)
        assert not CONTROLS.search(f"{one.answers}{one.report}{one.talk.fr}{one.checks}")
        assert SECRET not in repr(view)

    scene_of(site, look)


def test_differences_are_shown_as_far_as_there_is_room(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_view, "MOST_DIFFERENCES", 10)
    monkeypatch.setattr(evidence_view, "MOST_FILES", 1)

    async def look(room: Room) -> None:
        (one,) = (await room.client.call(e.SEALED_EVIDENCE, MINE, room.anne.token)).scenarios
        assert (len(one.files), one.files_left) == (1, 1)
        assert (await replay(room)).left_out == 1
        monkeypatch.setattr(evidence_view, "MOST_FILES", 9)
        (one,) = (await room.client.call(e.SEALED_EVIDENCE, MINE, room.anne.token)).scenarios
        assert [(file.path, file.difference, file.left_out) for file in one.files][1:] == [("/etc/hosts", "", True)]

    scene_of(site, look)


def test_nobody_but_the_members_of_this_jury_looks(site: Site) -> None:
    async def look(room: Room) -> None:
        other, planner = site.member("olga", "jury"), site.member("nora", "organiser")
        ada = site.member("ada", "administrator", "trainer")
        for who, kind in ((other, "missing"), (planner, "forbidden"), (ada, "forbidden"), (room.ines, "forbidden")):
            for call, asked in ASKED:
                assert (await refusal_of(room.client, call, asked, who.token)).kind == kind, (who, call.name)
        for wrong in (("december", "reseau", "C-99"), ("december", "..", "C-01"), ("nowhere", "reseau", "C-01")):
            for call in (e.SITTING_REPLAY, e.SEALED_EVIDENCE):
                refusal = await refusal_of(room.client, call, e.OfSitting(*wrong), room.anne.token)
                assert refusal.kind in {"missing", "wrong"}

    scene_of(site, look)


def test_nothing_is_shown_before_it_is_sealed(site: Site) -> None:
    async def scene(room: Room) -> None:
        await room.planned()
        assert (await refusal_of(room.client, e.SITTING_REPLAY, MINE, room.anne.token)).kind == "missing"

    play(site, scene)


def _flipped(content: bytes) -> bytes:
    return content[:500] + bytes([content[500] ^ 1]) + content[501:]


def _emptied(_content: bytes) -> bytes:
    return b""


def _added(content: bytes) -> bytes:
    made = io.BytesIO(content)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("recordings/more.pc1-1.cast", b"{}\n")
    return made.getvalue()


@pytest.mark.parametrize("forge", [_flipped, _emptied, _added])
@pytest.mark.parametrize("seen", [False, True], ids=["at first", "while it is looked at"])
def test_evidence_that_was_changed_is_not_shown(site: Site, forge: Callable[[bytes], bytes], seen: bool) -> None:
    async def look(room: Room) -> None:
        if seen:
            await replay(room)
        path = sealed_file(room)
        content = path.read_bytes()
        path.write_bytes(forge(content))
        for call, asked in ASKED:
            refusal = await refusal_of(room.client, call, asked, room.anne.token)
            assert (refusal.kind, "not the file that was sealed" in refusal.text.en) == ("machine", True), call.name
        with pytest.raises(RefusedError, match="not the file that was sealed"):
            await archive(room.client, f"{EVIDENCE}/december/reseau/C-01", room.anne.token)
        path.write_bytes(content)
        await replay(room)

    scene_of(site, look)


def test_a_change_that_hides_its_time_is_found_at_the_next_look(site: Site) -> None:
    async def look(room: Room) -> None:
        await replay(room)
        path = sealed_file(room)
        file, content = path.stat(), path.read_bytes()
        path.write_bytes(_flipped(content))
        os.utime(path, ns=(file.st_atime_ns, file.st_mtime_ns))
        refusal = await refusal_of(room.client, e.SITTING_REPLAY, MINE, room.anne.token)
        assert refusal.kind == "machine"

    scene_of(site, look)


def test_a_journal_that_was_changed_stops_it(site: Site) -> None:
    async def look(room: Room) -> None:
        await replay(room)
        tamper(site.store, "UPDATE journal SET content_hash = 'f' WHERE seq = (SELECT MAX(seq) FROM journal)")
        for call, asked in ASKED:
            refusal = await refusal_of(room.client, call, asked, room.anne.token)
            assert "is not what was written" in refusal.text.en, call.name

    scene_of(site, look)


# The copy -----------------------------------------------------------------------------------------------------


def archive_of(path: Path, files: dict[str, bytes], stated: set[str]) -> str:
    """Write an archive whose manifest states some files, and return its hash."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        listed = ", ".join(f'"{name}": {{}}' for name in sorted(stated))
        archive.writestr(MANIFEST, f'{{"files": {{{listed}}}, "labs": {{}}}}')
        for name, data in files.items():
            archive.writestr(name, data)
    return resealed(path, made.getvalue())


@pytest.mark.parametrize(
    ("files", "stated"),
    [
        ({"a": b"1", "../../etc/passwd": b"x"}, {"a"}),
        ({"a": b"1"}, {"a", "b"}),
        ({"recordings/x.cast": b""}, set()),
    ],
)
def test_members_that_do_not_belong_there_are_refused(
    tmp_path: Path, files: dict[str, bytes], stated: set[str]
) -> None:
    digest = archive_of(tmp_path / "e.zip", files, stated)
    with pytest.raises(MachineError, match="not what this program seals"):
        SealedCopy(tmp_path / "e.zip", digest)


@pytest.mark.parametrize("content", [b"", b"PK", b"x" * 5000])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    digest = resealed(tmp_path / "e.zip", content)
    with pytest.raises(MachineError, match="not what this program seals"):
        SealedCopy(tmp_path / "e.zip", digest)


def test_of_what_unpacks_to_very_much_the_beginning_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_copy, "MOST_RECORDED", 1000)
    name = "cut.pc1-1"
    record(tmp_path / f"{name}.cast", 100.0, [(float(at), "o", b"yes\r\n" * 20) for at in range(50)])
    cast = (tmp_path / f"{name}.cast").read_bytes()
    held = {f"recordings/{name}.cast": cast, "cut/report.md": b"x" * 5000, "..": b"y"}
    sealed = SealedCopy(tmp_path / "e.zip", archive_of(tmp_path / "e.zip", held, set(held)))
    assert (sealed.recordings, sealed.whole(name)) == ((name,), False)
    with sealed.recording(name) as file:
        assert file.read() == cast[:1000]
    assert activity_of(sealed, name).seconds < 10
    assert sealed.read("cut/report.md", 100) == (b"x" * 100, False)
    assert sealed.read("nothing", 100) == (b"", True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.cast", "e.zip"], "nothing lies about unpacked"


def test_a_time_line_is_read_whatever_was_typed(tmp_path: Path) -> None:
    lines = [
        TypedLine(1.5, "cut.pc1-1", "x" * 200_000),
        TypedLine(2.0, "cut.pc1-1", 'a,"b"\x00'),
        TypedLine(3.0, "t", ""),
    ]
    content = timeline_file(lines)
    assert list(read_timeline(content)) == lines
    assert list(read_timeline(content[:-3])) == lines[:-1]
    assert list(read_timeline(b"a,b\r\nnan,x,y\r\n1e9,x,y\r\n")) == []
    assert not tmp_path.joinpath("x").exists()


def test_lines_are_read_as_the_screen_had_them() -> None:
    events = [(1.0, "a\x1b[31mb"), (2.0, "c\x1b[0m\r\nx\x1b[3;1Hy\x1b[2Jz"), (3.0, "q" * 20_000), (4.0, "\n")]
    assert [(at, line[:5]) for at, line in shown_lines(events)] == [
        (2.0, "abc"), (2.0, "x"), (2.0, "y"), (3.0, "zqqqq"),
    ]  # fmt: skip
    assert keys(1, "a")[0] == (1, "i", b"a")
    assert START > 0
