"""An image's description that does not hold together is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from orchestrator.core.errors import ContentError
from orchestrator.loader.survey import problems_of, select
from orchestrator.model.image import ImageSpec

if TYPE_CHECKING:
    from tests.unit.content.conftest import Folder, Golden

SOUND = {"contract": 1, "name": "host", "summary": {"fr": "Machine", "en": "Machine"}}
BROKEN = {
    "name": ("name: router", "name: routr"),
    "parent": ("parent: host", "parent: hots"),
    "no-parent": ("parent: host\n", ""),
    "itself": ("parent: host", "parent: router"),
    "capability": ("[NET_ADMIN]", "[NET_ADMIN, SYS_ADMIN]"),
    "capability-prefix": ("[NET_ADMIN]", "[CAP_NET_ADMIN]"),
    "device": ("[NET_ADMIN]", "[NET_ADMIN]\ndevices: [/dev/net/tun, /dev/sda]"),
    "memory": ("[NET_ADMIN]", "[NET_ADMIN]\nmemory: 99999999999999999999G"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str, folder: Folder, golden: Golden) -> None:
    folder.edit("images/router/image.yaml", *BROKEN[name])
    with pytest.raises(ContentError) as caught:
        folder.content.image("router")
    golden(f"image-{name}", caught.value)


@pytest.mark.parametrize(
    "capability",
    [
        *(
            "SYS_ADMIN",
            "CAP_SYS_ADMIN",
            "DAC_READ_SEARCH",
            "ALL",
            "CAP_ALL",
            "SYS_PTRACE",
            "BPF",
            "PERFMON",
            "SYS_BOOT",
        ),
        *("SYS_TIME", "SYSLOG", "MAC_ADMIN", "CHECKPOINT_RESTORE", "SYS_NICE", "CAP_NET_ADMIN", "net_admin", ""),
    ],
)
def test_no_image_asks_for_power_over_the_machine(capability: str) -> None:
    """In the model itself: what is started is read by it as well."""
    with pytest.raises(ValidationError, match="capabilities"):
        ImageSpec.model_validate({**SOUND, "capabilities": ["NET_ADMIN", capability]})


@pytest.mark.parametrize("device", ["/dev/sda", "/dev/mem", "/dev/kvm", "/dev/loop-control", "/", "/dev/net/../mem"])
def test_no_image_asks_for_a_device_of_the_machine(device: str) -> None:
    with pytest.raises(ValidationError, match="devices"):
        ImageSpec.model_validate({**SOUND, "devices": ["/dev/net/tun", device]})


def test_what_an_image_may_ask_for() -> None:
    asked = {"capabilities": ["NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE"], "devices": ["/dev/net/tun"]}
    assert ImageSpec.model_validate({**SOUND, **asked}).devices == ("/dev/net/tun",)


def test_images_in_a_circle_are_refused_before_anything_is_built(folder: Folder, golden: Golden) -> None:
    folder.edit("images/host/image.yaml", "parent: base", "parent: router")
    problems = problems_of(folder.content, select(folder.content, []), lambda *_: ())
    golden("image-circle", ContentError(problems))


def test_without_dockerfile(folder: Folder, golden: Golden) -> None:
    folder.remove("images/router/Dockerfile")
    with pytest.raises(ContentError) as caught:
        folder.content.image("router")
    golden("image-dockerfile", caught.value)


def test_sound_images(folder: Folder) -> None:
    assert [folder.content.image(name).parent for name in folder.content.images()] == [None, "base", "host"]
