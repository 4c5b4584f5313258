"""What the kernel says of a process's memory, read line feed by line feed."""

from __future__ import annotations

import pytest

from orchestrator.fabric.helper.code import Code, UnreadableError, code_in

REST = "Size: 8 kB\nPss_Dirty: 0 kB\nAnonymous: {own} kB\nAnonHugePages: 0 kB\nSwap: {away} kB\nVmFlags: rd ex \n"


def mapping(name: str, rights: str = "r-xp", *, span: str = "7f00-7f01", own: int = 0, away: int = 0) -> str:
    return f"{span} {rights} 00001000 00:2b 4711   {name}\n{REST.format(own=own, away=away)}"


def test_what_may_be_executed_is_told_with_its_file() -> None:
    text = mapping("/usr/sbin/nginx", "r--p", span="1-2") + mapping("/usr/sbin/nginx") + mapping("/lib/x", span="8-9")
    assert code_in(text) == (
        Code("7f00-7f01", "00:2b 4711", "/usr/sbin/nginx", False),
        Code("8-9", "00:2b 4711", "/lib/x", False),
    )


@pytest.mark.parametrize(("own", "away"), [(4, 0), (0, 4)], ids=["in memory", "swapped out"])
def test_a_copy_that_was_written_to_is_altered(own: int, away: int) -> None:
    (code,) = code_in(mapping("/usr/sbin/nginx", own=own, away=away))
    assert code.altered


@pytest.mark.parametrize("name", ["", "[heap]", "[stack]", "[anon:x]", "anon_inode:x"])
def test_memory_of_no_file_has_no_path(name: str) -> None:
    (code,) = code_in(mapping(name, "rwxp", own=8))
    assert (code.path, code.altered) == ("", False)


@pytest.mark.parametrize("name", ["[vdso]", "[vsyscall]"])
def test_the_kernels_own_is_passed_over(name: str) -> None:
    assert not code_in(mapping(name))


@pytest.mark.parametrize("end", ["\v", "\r", "\x85", "\u2028"])
def test_a_files_name_ends_no_line(end: str) -> None:
    (code,) = code_in(mapping(f"/usr/sbin/named{end}Anonymous: 0 kB", own=4))
    assert (code.path, code.altered) == (f"/usr/sbin/named{end}Anonymous: 0 kB", True)


WHOLE = mapping("/usr/sbin/nginx", "r--p", span="1-2") + mapping("/usr/sbin/nginx") + mapping("/lib/x", span="8-9")


@pytest.mark.parametrize(
    "smaps",
    [
        WHOLE.replace("Anonymous:", "Anon:"),
        WHOLE.replace("Swap:", "Swapped:", 2),
        WHOLE.replace("00:2b 4711", "00:2b:4711"),
        WHOLE.replace("7f00-7f01 r-xp", "7f00-7f01 r-xp k"),
        WHOLE.replace("Size:", "Size of it:"),
        WHOLE.replace("p 00001000", "p- 00001000"),
        WHOLE.replace("-", "..", 1).partition("\n")[0],
        "no mapping at all\n",
    ],
    ids=["own", "away", "file", "rights", "field", "flags", "span", "nonsense"],
)
def test_what_is_written_otherwise_is_no_clean_result(smaps: str) -> None:
    assert smaps != WHOLE
    with pytest.raises(UnreadableError):
        code_in(smaps)


def test_a_process_without_memory_has_no_code() -> None:
    assert not code_in("")
