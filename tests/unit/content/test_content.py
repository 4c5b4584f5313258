"""Content roots: what is found, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import ContentError, ExitCode, UsageError
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root, content_roots

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder, Golden


def test_everything_is_found_by_looking(folder: Folder) -> None:
    content = folder.content
    assert content.labs() == ("pair",)
    assert content.images() == ("base", "host", "router")
    assert content.scenarios() == ("cable-out",)
    assert content.scenario_folder("cable-out").parent.name == "1.3-network-connection"
    assert content.lab_folder("pair") == folder.root / "labs/pair"
    assert content.image_folder("host") == folder.root / "images/host"


def test_scenarios_may_lie_deeper_and_folders_inside_one_are_not_looked_at(folder: Folder) -> None:
    folder.write("scenarios/mine/2.1-tcpip/lost/scenario.yaml", "")
    folder.write("scenarios/mine/2.1-tcpip/lost/old/scenario.yaml", "")
    folder.write("scenarios/flat/scenario.yaml", "")
    folder.write("scenarios/.git/x/scenario.yaml", "")
    assert folder.content.scenarios() == ("cable-out", "flat", "lost")


def test_links_in_a_circle_end(folder: Folder) -> None:
    (folder.root / "scenarios/again").symlink_to(folder.root / "scenarios")
    assert folder.content.scenarios() == ("cable-out",)


def test_listing_reads_no_document(folder: Folder) -> None:
    folder.write("scenarios/broken/scenario.yaml", "\t")
    folder.write("labs/broken/lab.yaml", "\t")
    content = folder.content
    assert "broken" in content.scenarios()
    assert content.scenario("cable-out").id == "cable-out"


def test_the_folders_above_may_be_typed(folder: Folder) -> None:
    assert folder.content.scenario("1.3-network-connection/cable-out/").id == "cable-out"


def test_labs_and_images_are_loaded_once(folder: Folder) -> None:
    content = folder.content
    lab = content.lab("pair")
    assert content.lab("pair") is lab
    assert set(content.images_of(lab)) == {"host", "router"}
    assert content.image("host") is content.images_of(lab)["host"]


def test_a_document_alone_is_read_without_the_rest(folder: Folder) -> None:
    folder.remove("ticket.en.md")
    assert folder.content.scenario_document("cable-out").difficulty == 1
    folder.edit("scenario.yaml", "difficulty: 1", "difficulty: 9")
    with pytest.raises(ContentError):
        folder.content.scenario_document("cable-out")


@pytest.mark.parametrize(
    ("kind", "name"),
    [("scenario", "cable-outt"), ("scenario", "mail-lost"), ("lab", "pari"), ("image", "rooter")],
)
def test_unknown_names(kind: str, name: str, folder: Folder, golden: Golden) -> None:
    with pytest.raises(UsageError) as caught:
        getattr(folder.content, kind)(name)
    golden(f"unknown-{kind}-{name}", caught.value)
    assert caught.value.exit_code is ExitCode.WRONG_USE


def test_one_id_in_two_roots(folder: Folder, golden: Golden) -> None:
    other = folder.write("other/scenarios/2.1-x/cable-out/scenario.yaml", "").parents[3]
    content = Content((folder.root, other))
    for ask in (content.scenarios, lambda: content.scenario("cable-out")):
        with pytest.raises(ContentError) as caught:
            ask()
        golden("id-twice", caught.value)
    assert content.labs() == ("pair",)


def test_a_second_root_adds(folder: Folder) -> None:
    other = folder.write("other/images/mail/image.yaml", "").parents[2]
    assert Content((folder.root, other)).images() == ("base", "host", "router", "mail")


def test_roots_in_order_and_each_once(folder: Folder) -> None:
    other = folder.write("other/images/mail/image.yaml", "").parents[2]
    roots = content_roots((folder.root,), {"BREAKFIX_CONTENT": f"{other}:{folder.root}/../{folder.root.name}"})
    assert roots == (built_in_root(), folder.root, other)
    assert content_roots((built_in_root(),), {}) == (built_in_root(),)


def test_the_built_in_root_is_the_checkout() -> None:
    assert (built_in_root() / "pyproject.toml").is_file()


def test_roots_that_are_none(tmp_path: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        content_roots((Path("nowhere"),), {})
    golden("root-missing", caught.value)
    Path("empty").mkdir()
    with pytest.raises(UsageError) as caught:
        content_roots((), {"BREAKFIX_CONTENT": "empty"})
    golden("root-empty", caught.value)
