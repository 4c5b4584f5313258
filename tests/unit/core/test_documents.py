"""Documents are read by several threads at once from the first one on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import pytest

from orchestrator.core.documents import document_of, read_as, read_json_as

FIRST_READ_BY_SEVERAL = """
import sys
import threading
from dataclasses import make_dataclass

from orchestrator.core.documents import {name} as read

SAID = {said}
sys.setswitchinterval(1e-6)
together = threading.Barrier(4)
found = []


def look(kind):
    together.wait()
    found.append(read(SAID, kind).one.f7)


for number in range(200):
    inner = make_dataclass(f"Inner{{number}}", [(f"f{{field}}", int, 0) for field in range(20)])
    outer = make_dataclass(f"Outer{{number}}", [("one", inner), ("many", list[inner]), ("named", dict[str, inner])])
    threads = [threading.Thread(target=look, args=(outer,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(len(found), set(found))
"""


@dataclass(frozen=True)
class Cable:
    length: int
    plugged: tuple[str, ...] = ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("read_as", '{"one": {"f7": 4}, "many": [{}], "named": {"x": {}}}'),
        ("read_json_as", """'{"one": {"f7": 4}, "many": [{}], "named": {"x": {}}}'"""),
    ],
)
def test_a_type_is_read_for_the_first_time_by_several_threads(name: str, said: str) -> None:
    # in a process of its own: what this is about ends the process
    program = FIRST_READ_BY_SEVERAL.format(name=name, said=said)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "800 {4}\n"), done.stderr


def test_what_was_written_is_read() -> None:
    cable = Cable(3, ("pc1", "sw1"))
    assert document_of(cable) == {"length": 3, "plugged": ["pc1", "sw1"]}
    assert read_as(document_of(cable), Cable) == cable
    assert read_as([document_of(cable)], tuple[Cable, ...] | None) == (cable,)
    assert read_json_as('{"length": 3, "plugged": ["pc1", "sw1"]}', Cable) == cable


@pytest.mark.parametrize("_again", ["first", "second"])
def test_what_is_none_names_its_field(_again: str) -> None:
    with pytest.raises(ValueError, match=r"\$\.length"):
        read_as({"length": "long"}, Cable)
    with pytest.raises(ValueError, match=r"\$\.length"):
        read_json_as('{"length": "long"}', Cable)
