"""A keeper in its process, real terminals, and clients that come and go."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.assessment.asciicast import transcript
from orchestrator.core.waiting import wait_until
from orchestrator.keeper.keeper_client import (
    Attachment,
    KeeperClient,
    KeeperDownError,
    KeeperRefusedError,
    NoTerminalError,
    TooManyError,
)
from orchestrator.keeper.keeper_protocol import Ended, Resized
from orchestrator.keeper.scrollback import KEPT
from tests.unit.keeper.terminals import (
    BASH,
    ENVIRONMENT,
    WITHIN,
    Running,
    Terminals,
    about,
    new_lab,
    next_of,
    of_lab,
    run,
    shown_to,
    shown_until,
    until,
)

pytestmark = pytest.mark.slow


def begun(viewer: Attachment) -> tuple[int, bool, int, int, bool]:
    """Return an opening without its end: how much a program has shown by now is its own affair."""
    opening = viewer.opening
    assert opening.end >= opening.at
    return opening.at, opening.reset, opening.rows, opening.columns, opening.ended


def test_a_shell_is_seen_and_typed_to(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        kept, _ = await terminals.keep(keeper.client, new_lab(), *BASH)
        async with keeper.client.attach(kept, None) as viewer:
            assert begun(viewer) == (0, True, 24, 80, False)
            await viewer.type(b"echo $((6 * 7)) $(stty size) $(tty)\n")
            assert b"42 24 80 /dev/pts/" in await shown_until(viewer, b"/pts/")

    run(test())


def test_terminals_are_listed_the_oldest_first(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        lab = new_lab()
        kept = [(await terminals.keep_bare(keeper.client, lab))[0] for _ in range(3)]
        listed = await of_lab(keeper.client, lab)
        assert [one.id for one in listed] == kept
        assert all(len(one.id) == 16 and int(one.id, 16) >= 0 for one in listed)
        assert listed[0].about == about(lab)
        assert listed[0].since.endswith("+00:00")
        assert not listed[0].ended

    run(test())


def test_a_viewer_that_comes_again_gets_exactly_what_it_lacks(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        kept, slave = await terminals.keep_bare(keeper.client, new_lab())
        os.write(slave, b"before")
        async with keeper.client.attach(kept, None) as viewer:
            assert await shown_to(viewer, 6) == b"before"
        os.write(slave, b" and after")
        async with keeper.client.attach(kept, 6) as viewer:
            assert begun(viewer) == (6, False, 24, 80, False)
            assert await shown_to(viewer, 16) == b" and after"
        async with keeper.client.attach(kept, 17) as viewer:
            assert viewer.opening.end == 16, "all of it was shown before"
            assert begun(viewer) == (0, True, 24, 80, False), "the future is not known"
            assert await shown_to(viewer, 16) == b"before and after"

    run(test())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.tuples(st.binary(max_size=300), st.integers(0, 400)), max_size=6))
def test_what_is_read_over_many_connections_is_the_whole(
    keeper: Running, terminals: Terminals, pieces: list[tuple[bytes, int]]
) -> None:
    async def test() -> None:
        lab = new_lab()
        kept, slave = await terminals.keep_bare(keeper.client, lab)
        shown, got = b"", b""
        for output, wanted in pieces:
            os.write(slave, output)
            shown += output
            async with keeper.client.attach(kept, len(got)) as viewer:
                assert viewer.opening.at == len(got)
                got += await shown_to(viewer, min(len(got) + wanted, len(shown)))
        async with keeper.client.attach(kept, len(got)) as viewer:
            got += await shown_to(viewer, len(shown))
        assert got == shown
        await keeper.client.forget_lab(lab)
        terminals.close(slave)

    run(test())


def test_who_has_too_little_begins_anew_at_a_line_with_the_modes(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        kept, slave = await terminals.keep_bare(keeper.client, new_lab())
        whole = b"\x1b[?1049h\x1b[?1006h" + b"".join(b"\x1b[3%dmline %d\n" % (n % 8, n) for n in range(100_000))
        async with keeper.client.attach(kept, None) as viewer:
            writing = asyncio.to_thread(os.write, slave, whole)
            written, _ = await asyncio.gather(writing, shown_until(viewer, b"line 99999\n"))
        assert written == len(whole)
        async with keeper.client.attach(kept, 5) as viewer:
            opening = viewer.opening
            assert opening.reset
            assert opening.at > 0
            seen = await shown_to(viewer, len(whole))
        modes = b"\x1b[?1049h\x1b[?1006h"
        assert seen.startswith(modes + b"\x1b[3")
        assert len(seen) >= KEPT
        assert whole.endswith(seen.removeprefix(modes))
        assert opening.at + len(seen) == len(whole)

    run(test())


def test_the_last_to_resize_decides_and_the_others_are_told(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        kept, slave = await terminals.keep_bare(keeper.client, new_lab())
        async with keeper.client.attach(kept, None) as one, keeper.client.attach(kept, None) as other:
            await one.resize(40, 120)
            assert await next_of(other, Resized) == Resized(40, 120)
            await other.resize(30, 100)
            assert await anext(one) == Resized(30, 100), "of its own it is not told"
            assert os.get_terminal_size(slave) == (100, 30)
            os.write(slave, b"both")
            assert await shown_until(one, b"both") == await shown_until(other, b"both")
        async with keeper.client.attach(kept, None) as late:
            assert (late.opening.rows, late.opening.columns) == (30, 100)

    run(test())


def test_a_program_that_fills_the_screen_draws_it_for_a_new_viewer(keeper: Running, terminals: Terminals) -> None:
    program = (
        "import os, signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])\n"
        "print('begun', flush=True)\n"
        "while signal.sigwait([signal.SIGWINCH]):\n"
        "    print('drawn', flush=True)\n"
    )

    async def test() -> None:
        kept, _ = await terminals.keep(keeper.client, new_lab(), sys.executable, "-IS", "-c", program)
        async with keeper.client.attach(kept, None) as viewer:
            await shown_until(viewer, b"begun")
            await viewer.resize(30, 100)
            await shown_until(viewer, b"drawn")
        async with keeper.client.attach(kept, None) as viewer:
            assert viewer.opening.reset
            seen = await shown_until(viewer, b"drawn\r\n")
            assert b"drawn\r\ndrawn" in seen + await shown_until(viewer, b"drawn")

    run(test())


def test_all_that_a_program_showed_comes_before_its_end(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        lab = new_lab()
        kept, process = await terminals.keep(keeper.client, lab, "seq", "20000")
        wanted = b"".join(b"%d\r\n" % number for number in range(1, 20001))
        seen = b""
        async with keeper.client.attach(kept, None) as viewer:
            while isinstance(event := await anext(viewer), bytes):
                seen += event
            assert event == Ended()
            assert seen == wanted
            assert process.wait(WITHIN) == 0
            assert [one.ended for one in await of_lab(keeper.client, lab)] == [True]
            async with keeper.client.attach(kept, len(wanted) - 3) as late:
                assert late.opening.ended
                assert [await anext(late), await anext(late)] == [b"0\r\n", Ended()]
            await viewer.type(b"to nobody")
            await viewer.resize(3, 3)
            await keeper.client.close(kept)
            assert [event async for event in viewer] == []
            await viewer.type(b"to nobody")
        with pytest.raises(NoTerminalError, match=f"^The terminal {kept} is gone"):
            await keeper.client.close(kept)
        with pytest.raises(KeyError):
            async with keeper.client.attach(kept, None):
                pass

    run(test())


def test_closing_hangs_up(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        lab = new_lab()
        kept, process = await terminals.keep(keeper.client, lab, "cat")
        other, cat = await terminals.keep(keeper.client, lab, "cat")
        await is_there(keeper.client, other)
        await is_there(keeper.client, kept)
        async with keeper.client.attach(kept, 0) as viewer:
            await shown_until(viewer, b"there?\r\nthere?\r\n")
            await keeper.client.close(kept)
            assert [event async for event in viewer] == []
        assert process.wait(WITHIN) == -signal.SIGHUP
        assert [one.id for one in await of_lab(keeper.client, lab)] == [other]
        await keeper.client.forget_lab(lab)
        assert cat.wait(WITHIN) == -signal.SIGHUP
        assert await of_lab(keeper.client, lab) == []

    run(test())


async def is_there(client: KeeperClient, cat: str) -> None:
    """Wait until a program has its terminal: one that is hung up before would not be told."""
    async with client.attach(cat, None) as viewer:
        await viewer.type(b"there?\n")
        await shown_until(viewer, b"there?\r\nthere?\r\n")


CLIENT = """
import asyncio, os, sys
from pathlib import Path
from orchestrator.keeper.keeper_client import KeeperClient

async def look() -> None:
    async with KeeperClient(Path(sys.argv[1])).attach(sys.argv[2], None) as viewer:
        await viewer.type(b"kept=still-here\\n")
        print("attached", flush=True)
        async for _ in viewer:
            pass

asyncio.run(look())
"""


def test_a_killed_client_leaves_the_shell(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        kept, shell = await terminals.keep(keeper.client, new_lab(), *BASH)
        command = [sys.executable, "-P", "-c", CLIENT, str(keeper.socket), kept]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as client:
            assert client.stdout
            assert client.stdout.readline() == "attached\n"
            client.kill()
        assert shell.poll() is None
        async with keeper.client.attach(kept, None) as viewer:
            await viewer.type(b"echo it is $kept\n")
            await shown_until(viewer, b"it is still-here")

    run(test())


def test_a_read_that_is_cancelled_loses_nothing(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        kept, slave = await terminals.keep_bare(keeper.client, new_lab())
        async with keeper.client.attach(kept, None) as viewer:
            for number in range(20):
                reading = asyncio.ensure_future(anext(viewer))
                await of_lab(keeper.client, "nobodys")
                reading.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reading
                os.write(slave, b"%d " % number)
                assert await shown_until(viewer, b" ") == b"%d " % number

    run(test())


def test_a_recording_is_beside_others_and_stays_until_it_is_erased(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        lab = new_lab()
        kept, slave = await terminals.keep_bare(keeper.client, lab)
        path = keeper.recordings / lab / f"{kept}.cast"
        async with keeper.client.attach(kept, None) as viewer:
            await viewer.type(b"secret")
            assert os.read(slave, 99) == b"secret"
            os.write(slave, "bientôt là\r\n".encode())
            await shown_until(viewer, b"\n")
        assert wait_until(lambda: "bientôt" in transcript(path), within=WITHIN), "it is written before its end"
        await keeper.client.forget_lab(lab)
        assert transcript(path).splitlines() == ["bientôt là"]
        assert "secret" not in path.read_text()
        another, other_slave = await terminals.keep_bare(keeper.client, lab)
        await keeper.client.erase_recordings(lab)
        assert not path.parent.exists()
        os.write(other_slave, b"not recorded")
        async with keeper.client.attach(another, None) as viewer:
            await shown_until(viewer, b"not recorded")
        await keeper.client.forget_lab(lab)
        assert not path.parent.exists()

    run(test())


def test_what_is_no_master_is_refused(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        _, slave = terminals.bare()
        with pytest.raises(KeeperRefusedError) as refused:
            await keeper.client.keep(slave, about(new_lab()))
        assert "master" in refused.value.evidence

    run(test())


def test_a_lab_that_has_too_many_is_told_how_many_there_may_be(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        lab = new_lab()
        for _ in range(24):
            await terminals.keep_bare(keeper.client, lab)
        before = keeper.descriptors()
        with pytest.raises(TooManyError, match="24"):
            await terminals.keep_bare(keeper.client, lab)
        await until(lambda: _no_more(keeper, before))
        await keeper.client.forget_lab(lab)

    run(test())


async def _no_more(keeper: Running, descriptors: int) -> bool:
    await keeper.client.terminals()
    return keeper.descriptors() <= descriptors


def test_a_thousand_viewers_leave_no_descriptor(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        kept, slave = await terminals.keep_bare(keeper.client, new_lab())
        os.write(slave, b"x")
        await until(lambda: _has(keeper.client, kept))
        before = keeper.descriptors()
        for _ in range(1000):
            async with keeper.client.attach(kept, None) as viewer:
                assert await anext(viewer) == b"x"
        await until(lambda: _no_more(keeper, before))

    run(test())


async def _has(client: KeeperClient, kept: str) -> bool:
    async with client.attach(kept, None) as viewer:
        return await anext(viewer) == b"x"


def test_where_no_keeper_is_it_is_down(tmp_path: Path) -> None:
    client = KeeperClient(tmp_path / "nowhere")

    async def test() -> None:
        with pytest.raises(KeeperDownError):
            await client.terminals()
        with pytest.raises(KeeperDownError):
            async with client.attach("0" * 16, None):
                pass

    run(test())
