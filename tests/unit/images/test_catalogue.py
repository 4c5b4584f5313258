from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.errors import ContentError, UsageError
from orchestrator.images import rootfs
from orchestrator.images.catalogue import Catalogue, ImageSource

MakeSource = Callable[..., ImageSource]


def refusal(*sources: ImageSource) -> str:
    with pytest.raises(ContentError) as caught:
        Catalogue({one.spec.name: one for one in sources})
    assert all("image.yaml" in str(problem.place) for problem in caught.value.problems)
    return caught.value.text.en


def test_images_come_after_their_parents(catalogue: Catalogue) -> None:
    assert catalogue.ordered(["web", "router"]) == ("base", "host", "web", "router")
    assert catalogue.lineage("web") == ("web", "host", "base")


def test_tags_and_parents(catalogue: Catalogue) -> None:
    assert catalogue.tag("host") == f"breakfix/host:{catalogue.fingerprint('host')}"
    assert catalogue.parent_tag("host") == catalogue.tag("base")
    assert catalogue.parent_tag("base") == rootfs.TAG
    assert set(catalogue.tags) == set(catalogue.names)


def test_a_parents_change_changes_its_descendants_alone(source: MakeSource) -> None:
    def make() -> Catalogue:
        sources = (
            source("base", bootstrap="debian"),
            source("host", parent="base"),
            source("web", parent="host"),
            source("fabric", parent="base"),
        )
        return Catalogue({one.spec.name: one for one in sources})

    before = make()
    tags = dict(before.tags)
    after = make()
    (after.source("host").folder / "files/new").touch()
    changed = {name for name in tags if after.tags[name] != tags[name]}
    assert changed == {"host", "web"}


def test_an_unknown_image_is_refused_with_the_nearest(catalogue: Catalogue) -> None:
    with pytest.raises(UsageError) as caught:
        catalogue.ordered(["ruter"])
    assert 'did you mean "router"' in caught.value.text.en


def test_an_unknown_parent_is_refused_with_the_nearest(source: MakeSource) -> None:
    assert 'did you mean "base"' in refusal(source("base", bootstrap="debian"), source("host", parent="bases"))


def test_a_circle_is_refused(source: MakeSource) -> None:
    text = refusal(source("a", parent="b"), source("b", parent="a"), source("c", parent="a"))
    assert "a → b → a" in text
    assert text.count("form a circle") == 2


def test_an_image_has_one_origin(source: MakeSource) -> None:
    text = refusal(source("a"), source("b", bootstrap="debian"), source("c", parent="b", bootstrap="debian"))
    assert text.count("not both") == 2


@pytest.mark.parametrize(
    "include",
    [
        {"helper": "orchestrator/nothing"},
        {"helper": "os/path"},
        {"helper": "orchestrator/../tests"},
        {"../helper": "orchestrator/images"},
        {"files": "orchestrator/images"},
    ],
)
def test_includes_are_plain_names_of_program_folders(source: MakeSource, include: dict[str, str]) -> None:
    assert "include" in refusal(source("a", bootstrap="debian", include=include))


def test_an_unreadable_file_is_a_content_error(source: MakeSource) -> None:
    one = source("a", bootstrap="debian")
    Path(one.folder, "files/motd").unlink()
    Path(one.folder, "files/motd").mkdir()
    catalogue = Catalogue({"a": one})
    assert catalogue.fingerprint("a")
