"""Terminals over the socket: typed and shown, seen again, and closed to whoever may see them no longer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from orchestrator.keeper.keeper_client import KeeperClient
from orchestrator.labd import account_contract, lab_contract, lab_work_contract
from orchestrator.labd.calls import Nothing
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.lab_work_contract import OpenTerminal
from orchestrator.labd.labd_client import LabdClient
from tests.labd_talk import closing_code, events_until, shown, stopped, told

from .conftest import Member, Site, Stations, refusal_of, started

pytestmark = pytest.mark.slow


async def opened(client: LabdClient, member: Member) -> tuple[str, lab_contract.TerminalView]:
    lab = await started(client, member)
    return lab, await client.call(
        lab_work_contract.OPEN_TERMINAL, OpenTerminal(lab, "pc1", "root", 30, 100), member.token
    )


def test_what_is_typed_is_shown_and_can_be_seen_again(site: Site) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab, terminal = await opened(client, lea)
            assert (terminal.host, terminal.kind, terminal.ended) == ("pc1", "root", False)
            async with client.terminal(lab, terminal.id, lea.token, None) as viewer:
                opening = await told(viewer)
                assert opening.pop("end") >= 0
                assert opening == {"at": 0, "reset": True, "rows": 30, "columns": 100, "ended": False}
                await viewer.send(b"hello\r")
                seen = len(await shown(viewer, b"hello\r\nhello\r\n"))
                async with client.terminal(lab, terminal.id, lea.token, seen) as other:
                    opening = await told(other)
                    assert (opening["at"], opening["reset"]) == (seen, False)
                    await viewer.send(json.dumps({"resize": [40, 120]}))
                    assert await told(other) == {"rows": 40, "columns": 120}
                    await viewer.send("what nobody understands")
                    assert await closing_code(viewer) == 1008
                    await other.send(b"again\r")
                    await shown(other, b"again\r\nagain\r\n")
                    await other.send(b"\x04")
                    assert await told(other) == {"ended": True}
            view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
            assert [(one.id, one.ended) for one in view.terminals] == [(terminal.id, True)]

    asyncio.run(play())


def test_a_device_has_its_own_command_line(site: Site) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            await client.call(lab_work_contract.OPEN_TERMINAL, OpenTerminal(lab, "r1", "device"), lea.token)
            assert isinstance(site.world.fabric, Stations)
            assert site.world.fabric.commands == [("r1", ("/bin/su", "--login", "admin"))]
            no_device = await refusal_of(
                client, lab_work_contract.OPEN_TERMINAL, OpenTerminal(lab, "pc1", "device"), lea.token
            )
            assert no_device.field == "kind"
            no_size = await refusal_of(
                client, lab_work_contract.OPEN_TERMINAL, OpenTerminal(lab, "pc1", "root", 0), lea.token
            )
            assert no_size.kind == "wrong"

    asyncio.run(play())


def test_a_terminal_is_for_its_labs_owner_only(site: Site) -> None:
    lea, tom = site.member("lea"), site.member("tom")

    async def play() -> None:
        async with site.labd() as client:
            lab, terminal = await opened(client, lea)
            toms = await started(client, tom)
            for place, token, code in (
                (lab, tom.token, 4404),
                (toms, tom.token, 4404),
                (lab, "no token", 4401),
                ("moved-desks-0000", lea.token, 4404),
            ):
                async with client.terminal(place, terminal.id, token, None) as viewer:
                    assert await closing_code(viewer) == code
            closing = lab_work_contract.CloseTerminal(toms, terminal.id)
            assert (await refusal_of(client, lab_work_contract.CLOSE_TERMINAL, closing, tom.token)).kind == "missing"

    asyncio.run(play())


def test_a_terminal_closes_with_what_it_hangs_on(site: Site) -> None:
    """Somebody closes it, the sign-in ends, or the lab is stopped."""
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab, terminal = await opened(client, lea)
            async with client.terminal(lab, terminal.id, lea.token, None) as viewer:
                await told(viewer)
                await client.call(
                    lab_work_contract.CLOSE_TERMINAL, lab_work_contract.CloseTerminal(lab, terminal.id), lea.token
                )
                assert await closing_code(viewer) == 4409
            await events_until(client, lab, lea.token, "closed", terminal=terminal.id)
            terminal = await client.call(lab_work_contract.OPEN_TERMINAL, OpenTerminal(lab, "pc1", "root"), lea.token)
            async with client.terminal(lab, terminal.id, lea.token, None) as viewer:
                await told(viewer)
                await stopped(client, lab, lea.token)
                assert await closing_code(viewer) in {4409, 4404}
            lab, terminal = await opened(client, lea)
            async with client.terminal(lab, terminal.id, lea.token, None) as viewer:
                await told(viewer)
                await client.call(account_contract.SIGN_OUT, Nothing(), lea.token)
                assert await closing_code(viewer) == 4401

    asyncio.run(play())


def test_terminals_of_a_lab_that_the_command_line_removed_are_forgotten(site: Site) -> None:
    lea = site.member("lea")

    async def play(lab: str = "") -> str:
        async with site.labd() as client:
            if not lab:
                return (await opened(client, lea))[0]
            assert await KeeperClient(site.folder / "keeper.sock").terminals() == ()
            return lab

    lab = asyncio.run(play())
    site.labs.lifecycle.stop(lab)
    asyncio.run(play(lab))


def test_terminals_outlive_labd(site: Site) -> None:
    lea = site.member("lea")
    known: dict[str, Any] = {}

    async def before() -> None:
        async with site.labd() as client:
            known["lab"], known["terminal"] = await opened(client, lea)
            async with client.terminal(known["lab"], known["terminal"].id, lea.token, None) as viewer:
                await viewer.send(b"kept\r")
                known["seen"] = len(await shown(viewer, b"kept\r\nkept\r\n"))

    async def after() -> None:
        async with site.labd() as client:
            view = await client.call(lab_contract.LAB, OfLab(known["lab"]), lea.token)
            assert view.terminals == (known["terminal"],)
            async with client.terminal(known["lab"], known["terminal"].id, lea.token, 0) as viewer:
                assert len(await shown(viewer, b"kept\r\nkept\r\n")) == known["seen"]

    asyncio.run(before())
    asyncio.run(after())
