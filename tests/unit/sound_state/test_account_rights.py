"""Rights that somebody gains by the files of a host's accounts."""

from __future__ import annotations

import pytest

from orchestrator.sound_state.account_rights import rights_gained

ROOT = "root:x:0:0:root:/root:/bin/bash\n"


def said(path: str, before: str, now: str) -> list[str]:
    return [sentence.en for sentence in rights_gained(path, before, now)]


@pytest.mark.parametrize(
    ("path", "before", "now", "words"),
    [
        ("/etc/passwd", ROOT, f"{ROOT}bob:x:0:0::/:/bin/sh\n", "The account bob has root's rights."),
        ("/etc/passwd", f"{ROOT}bob:x:7:7::/:/bin/sh\n", f"{ROOT}bob:x:0:7::/:/bin/sh\n", "has root's rights"),
        ("/etc/passwd", ROOT, f"{ROOT}bob:x:7:27::/:/bin/sh\n", "bob now has the group number 27, which administers"),
        ("/etc/passwd", f"{ROOT}bob:x:7:7::/:\n", f"{ROOT}bob:x:7:0::/:\n", "bob now has the group number 0"),
        ("/etc/group", "sudo:x:27:\n", "sudo:x:27:bob\n", "bob is in the group sudo now."),
        ("/etc/group", "sudo:x:27:ann\n", "sudo:x:27:ann,bob\n", "bob is in the group sudo now."),
        ("/etc/group", "", "helpers:x:27:bob\n", "bob is in the group helpers now."),
        ("/etc/shadow", "bob:$y$h:1:::::\n", "bob::1:::::\n", "no password any more"),
        ("/etc/sudoers", "", "bob ALL=(ALL)\\\n  NOPASSWD: ALL\n", "grants now: bob ALL=(ALL) NOPASSWD: ALL"),
        ("/etc/sudoers", "", "Defaults:ann  !authenticate\n", "grants now: Defaults:ann !authenticate"),
        ("/etc/sudoers.d/own", "", "#includedir /tmp\n", "grants now: #includedir /tmp"),
    ],
)
def test_who_gains_rights_is_told(path: str, before: str, now: str, words: str) -> None:
    (sentence,) = said(path, before, now)
    assert words in sentence


@pytest.mark.parametrize(
    ("path", "before", "now"),
    [
        ("/etc/passwd", ROOT, ROOT + "bob:x:1001:1001::/home/bob:/bin/bash\n"),
        ("/etc/passwd", ROOT, ROOT.replace("/bin/bash", "/bin/sh")),
        ("/etc/group", "sudo:x:27:bob\n", "sudo:x:27:\nteam:x:1002:bob\n"),
        ("/etc/shadow", "bob:$y$h:1:::::\n", "bob:!$y$h:1:::::\n"),
        ("/etc/sudoers", "ann ALL=(ALL) ALL\n", "# why\nann   ALL=(ALL) ALL\nDefaults lecture\n"),
        ("/etc/sudoers.d/left.bak", "", "bob ALL=(ALL) ALL\n"),
        ("/etc/motd", "", "bob::0:\n"),
        ("/etc/passwd", ROOT, "not:a row\n" + ROOT),
        ("/etc/passwd", f"{ROOT}bob:x:7:0::/:/bin/sh\n", f"{ROOT}bob:x:7:0::/srv:/bin/sh\n"),
    ],
)
def test_what_grants_nothing_is_not(path: str, before: str, now: str) -> None:
    assert said(path, before, now) == []
