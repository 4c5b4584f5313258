"""Sealed pictures of desktops in labd: on the time line, one by one, and nothing but what was sealed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from orchestrator.assessment.desktop_pictures import LIST
from orchestrator.assessment.evidence import read_evidence
from orchestrator.core.png_pixels import SIGNATURE
from orchestrator.labd import evidence_contract as e
from orchestrator.labd import sealed_desktops
from orchestrator.labd.desktop_contract import SITTING_PICTURE, SealedPictureOf
from orchestrator.labd.sealed_copy import SealedCopy
from orchestrator.labd.sealed_desktops import desktops_of, picture_in

from .conftest import SCENARIO, Site, refusal_of
from .test_deliberation import Room, sealed_file, site
from .test_sealed_evidence import MINE, archive_of, replay, scene_of

pytestmark = pytest.mark.slow

__all__ = ["site"]


def test_a_desktop_is_a_lane_of_the_time_line(site: Site) -> None:
    async def look(room: Room) -> None:
        view = await replay(room)
        (one,) = view.desktops
        assert (one.id, one.host, one.scenario) == (0, "pc1", SCENARIO)
        assert (one.began, one.seconds) == ("2099-12-03T17:55:00.250+01:00", 701.75)
        assert one.opened == ((0.0, 319.75), (699.75, 701.75)), "what was never closed ends with what is known"
        assert one.busy == ((1.25, 2.25), (299.75, 299.75), (701.75, 701.75))
        assert one.used == (298.75,)
        assert one.pictures == (1.25, 2.25, 299.75, 701.75)
        assert one.sizes == ((4, 3), (4, 3), (4, 3), (2, 2))
        said = [mark.text for mark in view.marks if mark.kind == "incident"]
        assert [text.en for text in said if text.en.startswith("Desktop")] == [
            "Desktop of pc1 not recorded: the screen hangs up.",
            "Desktop of pc1: from here a picture every 3 s at most, for want of room.",
        ]
        seen = await room.client.call(e.SEALED_EVIDENCE, MINE, room.paul.token)
        assert seen.desktops == view.desktops

    scene_of(site, look)


def test_a_picture_is_what_was_sealed(site: Site) -> None:
    async def look(room: Room) -> None:
        with zipfile.ZipFile(sealed_file(room)) as sealed:
            stated = sealed.read(f"desktops/{SCENARIO}.pc1/000002.png")
            assert sealed.getinfo(f"desktops/{SCENARIO}.pc1/000002.png").compress_type == zipfile.ZIP_STORED
        asked = SealedPictureOf("december", "reseau", "C-01", 0, 1)
        assert (await room.client.call(SITTING_PICTURE, asked, room.paul.token)).png == stated
        assert stated.startswith(SIGNATURE)
        for desktop, picture in ((0, 4), (0, -1), (1, 0), (-1, 0), (10**30 % 2**31, 0)):
            wrong = SealedPictureOf("december", "reseau", "C-01", desktop, picture)
            assert (await refusal_of(room.client, SITTING_PICTURE, wrong, room.paul.token)).kind == "missing"

    scene_of(site, look)


def test_the_archive_is_read_without_this_program(site: Site) -> None:
    async def look(room: Room) -> None:
        evidence = read_evidence(sealed_file(room))
        folder = f"desktops/{SCENARIO}.pc1"
        assert sorted(name for name in evidence.files if name.startswith("desktops/")) == [
            *(f"{folder}/{number:06}.png" for number in (1, 2, 3, 4)), f"{folder}/{LIST}",
        ]  # fmt: skip
        for name, said in (
            ("index.html", "Bureau de pc1 pas enregistré : l&#39;écran raccroche."),
            ("index.en.html", "Desktop of pc1 not recorded: the screen hangs up."),
        ):
            page = evidence.files[name].decode()
            assert f'href="{folder}/000004.png"' in page
            assert said in page.replace("\u202f", " ").replace("\u00a0", " ").replace("\u2019", "&#39;"), name

    scene_of(site, look)


def test_what_is_no_list_of_ours_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "e.zip"
    lines = b'[5, "opened"]\n[6, "picture", 1, 4, 3, 9]\n[7, "picture", 2, 4, 3, 9]\n[1e300, "closed"]\n'
    files = {
        "desktops/cut.pc1/pictures.jsonl": lines, "desktops/cut.pc1/000002.png": b"x" * 50,
        "desktops/cut.pc2/pictures.jsonl": b"{}\n\xff", "desktops/pictures.jsonl": lines, "desktops/cut.pc1/more": b"",
    }  # fmt: skip
    sealed = SealedCopy(path, archive_of(path, files, set(files)))
    (one,) = [found for found in desktops_of(sealed) if found.host == "pc1"]
    assert [picture.number for picture in one.pictures] == [2], "the other one is not there"
    assert one.seconds == 2.0
    assert picture_in(sealed, one, 0) == b"x" * 50
    monkeypatch.setattr(sealed_desktops, "_MOST_PICTURE", 49)
    assert picture_in(sealed, one, 0) is None
