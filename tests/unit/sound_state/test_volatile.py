"""What changes by itself, or concerns nobody: no difference is told of it."""

from __future__ import annotations

import pytest

from orchestrator.model.image import VolatilePath
from orchestrator.sound_state.volatile import EVERYWHERE, is_volatile, pattern


@pytest.mark.parametrize("one", EVERYWHERE, ids=lambda one: one.path)
def test_each_has_a_reason_and_matches_itself_and_what_is_below(one: VolatilePath) -> None:
    assert one.why.strip()
    path = one.path.replace("*", "alice")
    assert pattern(one.path).match(path)
    assert pattern(one.path).match(f"{path}/below")
    assert not pattern(one.path).match(f"{path}x") or one.path.endswith("*")
    assert not pattern(one.path).match(f"/srv{path}")


@pytest.mark.parametrize(
    ("path", "field", "was_there", "volatile"),
    [
        ("/home/alice/note", "presence", False, True),
        ("/home/alice/note", "content", True, False),
        ("/home", "presence", False, False),
        ("/root/.bash_history", "content", True, True),
        ("/etc/krb5.keytab", "content", True, True),
        ("/etc/krb5.keytab", "mode", True, False),
        ("/etc/passwd-", "content", True, True),
        ("/etc/passwd", "content", True, False),
        ("/opt/app/cache/x", "content", True, True),
        ("/opt/app/data", "content", True, False),
        ("/opt/app/data", "presence", False, True),
    ],
)
def test_it_depends_on_the_path_and_the_field(path: str, field: str, was_there: bool, volatile: bool) -> None:
    own = (
        VolatilePath(path="/opt/*/cache", why="its cache"),
        VolatilePath(path="/opt/app/data", what="new", why="its data"),
    )
    assert is_volatile(path, field, own, was_there=was_there) is volatile


@pytest.mark.parametrize(
    "name",
    [
        ".ssh/authorized_keys",
        ".ssh/rc",
        ".forward",
        ".rhosts",
        ".xsessionrc",
        ".bashrc",
        ".config/autostart/x.desktop",
    ],
)
@pytest.mark.parametrize("home", ["/root", "/home/alice"])
def test_by_what_others_come_in_is_always_told(home: str, name: str) -> None:
    own = (VolatilePath(path=home, why="whatever an image says"),)
    assert not is_volatile(f"{home}/{name}", "presence", own, was_there=False)
    assert is_volatile(f"{home}/other", "content", own, was_there=True)


def test_by_what_others_come_in_is_left_out_where_an_image_names_it() -> None:
    own = (VolatilePath(path="/home/*/.xsessionrc", what="new", why="it is brought from elsewhere"),)
    assert is_volatile("/home/alice/.xsessionrc", "presence", own, was_there=False)
    assert not is_volatile("/home/alice/.xsessionrc", "content", own, was_there=True)
    assert not is_volatile("/home/alice/.xprofile", "presence", own, was_there=False)
