"""An image's description that does not hold together is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.errors import ContentError

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder, Golden

BROKEN = {
    "name": ("name: router", "name: routr"),
    "parent": ("parent: host", "parent: hots"),
    "no-parent": ("parent: host\n", ""),
    "itself": ("parent: host", "parent: router"),
    "capability": ("[NET_ADMIN]", "[NET_ADMIN, SYS_ADMIN]"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str, folder: Folder, golden: Golden) -> None:
    folder.edit("images/router/image.yaml", *BROKEN[name])
    with pytest.raises(ContentError) as caught:
        folder.content.image("router")
    golden(f"image-{name}", caught.value)


def test_without_dockerfile(folder: Folder, golden: Golden) -> None:
    folder.remove("images/router/Dockerfile")
    with pytest.raises(ContentError) as caught:
        folder.content.image("router")
    golden("image-dockerfile", caught.value)


def test_sound_images(folder: Folder) -> None:
    assert [folder.content.image(name).parent for name in folder.content.images()] == [None, "base", "host"]
