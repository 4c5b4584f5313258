"""What a domain controller hands out as files: policies, logon scripts, and who may change them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from orchestrator.core.errors import LabError
from orchestrator.fabric.fabric_interface import ObjectChange, StateChange
from orchestrator.sound_state.differences import Expectations, differences
from orchestrator.sound_state.explained import VariantWords
from orchestrator.sound_state.sysvol_state import SysvolState

POLICY = "/var/lib/samba/sysvol/brocelia.internal/Policies/{31B2F340}/GPT.INI"
ACL = "group:3000000:r-x\nmask::rwx\nother::---\nuser::rw-"


def test_what_the_host_tells_is_the_state() -> None:
    def run(argv: Sequence[str], _stdin: bytes) -> str:
        assert argv[:2] == ("/usr/bin/python3", "-I")
        compile(argv[3], "script", "exec")
        return json.dumps({POLICY: {"kind": "-", "mode": "0660"}})

    assert SysvolState().look(run) == {POLICY: {"kind": "-", "mode": "0660"}}


@pytest.mark.parametrize("printed", ["", "Traceback (most recent call last):", '{"a":'])
def test_what_cannot_be_read_is_said_in_words(printed: str) -> None:
    with pytest.raises(LabError) as raised:
        SysvolState().look(lambda _argv, _stdin: printed)
    assert raised.value.text.en == f"what /usr/bin/python3 printed cannot be read: '{printed}'"


@pytest.mark.parametrize(
    ("field", "before", "now", "standing", "said"),
    [
        ("kind", "-", None, "forbidden", "is gone"),
        ("kind", None, "-", "unexplained", "is new"),
        ("kind", "-", "l", "unexplained", "owner or the permissions"),
        ("text", "Version=0", "Version=1", "unexplained", "What is in"),
        ("owner", "0:0", "10001:0", "unexplained", "(owner)"),
        ("mode", "0770", "0772", "forbidden", "Other accounts"),
        ("mode", "0770", "0750", "unexplained", "(mode)"),
        ("mode", None, "0666", "forbidden", "Other accounts"),
        ("mode", None, "0660", "unexplained", "(mode)"),
        ("rights", ACL, ACL.replace("0000:r-x", "0000:rwx"), "forbidden", "Other accounts"),
        ("rights", ACL, f"{ACL}\nuser:10004:rw-", "forbidden", "Other accounts"),
        ("rights", ACL, f"{ACL}\nuser:10004:r--", "unexplained", "(rights)"),
        ("rights", ACL, None, "unexplained", "(rights)"),
        ("rights", None, f"{ACL}\nuser:10004:rw-", "unexplained", "(rights)"),
        ("rights handed down", ACL, f"{ACL}\nuser:10004:rwx", "forbidden", "Other accounts"),
    ],
)
def test_what_is_thought_of_a_change(field: str, before: str | None, now: str | None, standing: str, said: str) -> None:
    thought = SysvolState().think(StateChange("dc1", "sysvol", POLICY, field, before, now))
    assert thought.standing == standing
    assert POLICY in thought.sentence.en
    assert said in thought.sentence.en


@pytest.mark.parametrize(
    ("before", "now", "standing"),
    [
        ({"kind": "-", "mode": "0660", "rights": ACL}, {}, "forbidden"),
        ({}, {"kind": "-", "mode": "0660", "rights": ACL}, "unexplained"),
        ({}, {"kind": "-", "mode": "0662", "rights": ACL}, "forbidden"),
    ],
)
def test_a_file_that_has_come_or_gone_is_told_once(before: dict[str, str], now: dict[str, str], standing: str) -> None:
    (told,) = differences([ObjectChange("dc1", "sysvol", POLICY, before, now)], Expectations(VariantWords({})))
    assert (told.field, told.standing) == ("presence", standing)
