"""The process labd: its options, its parts on this machine, its signals."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from grader.runner import prepare
from orchestrator.app import App
from orchestrator.assessment.reserved_places import ReservedPlaces
from orchestrator.core.errors import BreakfixError
from orchestrator.core.open_files import raise_limit
from orchestrator.core.paths import state_folder
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.labd.calls import VERSION
from orchestrator.labd.command_door import CommandDoor, close_door, open_door
from orchestrator.labd.keeper_start import KeeperStart
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.labd_server import LabdPlaces, LabdServer
from orchestrator.labd.labd_socket import labd_socket
from orchestrator.labd.log_lines import LogLines
from orchestrator.labd.machine_room import no_room
from orchestrator.labd.pool_wishes import PoolWishes
from orchestrator.labd.portal_accounts import PortalAccounts
from orchestrator.labd.privacy_desk import PrivacyParts
from orchestrator.labd.proof_folder import left_over, proof_folder
from orchestrator.labd.proof_runs import ProofCommand
from orchestrator.labd.scenario_shelf import ScenarioShelf
from orchestrator.labs import Labs
from orchestrator.model.lab import bytes_of
from orchestrator.model.plan import Plan
from orchestrator.model.serve_settings import RECORDINGS_DAYS, Limits, Pool
from orchestrator.practice.standings import Standing
from orchestrator.privacy.kept_recordings import KeptRecordings

_CANNOT_START = 3


def main(argv: Sequence[str] | None = None, program: Callable[[Sequence[Path], str | None], App] | None = None) -> int:
    """Run labd until SIGTERM, and return its exit status.

    Args:
        argv: its options.
        program: returns the program on content roots and the store's address; None: the usual one.

    It prints ``ready`` on a line once it answers; behind it, where nobody can sign in as an administrator yet, a line
    of JSON, ``{"first_link": {...}}``, with the link for the first one.
    """
    options = options_of(argv)
    shown = logging.StreamHandler(sys.stderr)
    shown.setFormatter(LogLines("labd: %(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[shown])
    raise_limit()
    app = App(options.content, options.database) if program is None else program(options.content, options.database)
    try:
        with labd_socket(options.socket, options.socket_gid) as listener:
            _run(app, options, listener)
    except BreakfixError as error:
        hint = f" {error.hint.en}" if error.hint else ""
        print(f"labd: {error.text.en}{hint}", file=sys.stderr)  # noqa: T201 - its one sentence
        return _CANNOT_START
    finally:
        app.close()
    return 0


def options_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of a command line, those of ``limits_of`` among them."""
    parser = argparse.ArgumentParser(prog="python -m orchestrator.labd", description="Serves labs.")
    parser.add_argument("--socket", type=Path, required=True, help="where it listens")
    parser.add_argument("--keeper", type=Path, required=True, help="where the keeper of terminals listens, or shall")
    parser.add_argument("--recordings", type=Path, required=True, help="the folder for recordings of terminals")
    parser.add_argument("--content", type=Path, action="append", default=[], help="a folder with more content")
    parser.add_argument("--database", help="the address of the store of people and results")
    parser.add_argument("--recordings-days", type=int, default=RECORDINGS_DAYS, help="days for which these are kept")
    parser.add_argument("--socket-gid", type=int, help="the group that may connect besides the owner")
    usual = Limits()
    parser.add_argument(
        "--labs-per-person", type=int, default=usual.labs_per_person, help="labs that somebody may have"
    )
    parser.add_argument("--labs-per-class", type=int, help="labs that are launched for a class at once")
    parser.add_argument("--labs", type=int, help="labs on the machine at once")
    parser.add_argument("--memory-per-person", type=bytes_of, help="what somebody's labs may take, such as 2G")
    parser.add_argument("--memory-per-class", type=bytes_of, help="what a class's labs may take, such as 12G")
    parser.add_argument("--memory", type=bytes_of, help="what labs may take of the machine's memory, such as 24G")
    parser.add_argument("--processors-per-host", type=float, help="what each host of a lab may take of the processors")
    parser.add_argument("--starts-at-once", type=int, default=usual.starts_at_once, help="labs that start at once")
    parser.add_argument("--freeze-after", type=int, default=usual.freeze_after, help="minutes; 0: never")
    parser.add_argument("--save-after", type=int, default=usual.save_after, help="hours of being frozen; 0: never")
    parser.add_argument("--pool", type=_pooled, action="append", default=[], help="labs that stand ready: SCENARIO=N")
    parser.add_argument("--pool-at", type=_pooled, action="append", default=[], help="the same, by lab: LAB=N")
    parser.add_argument("--pool-by-use", type=int, default=0, help="labs that stand ready of what is used most")
    parser.add_argument("--pool-reserve", type=bytes_of, help="the memory that stays free of them, such as 4G")
    parser.add_argument("--pool-renew-after", type=int, default=Pool().renew_after, help="hours")
    return parser.parse_args(argv)


def _pooled(text: str) -> tuple[str, int]:
    """Return the name and the number of ``SCENARIO=N`` or ``LAB=N``; argparse tells of a ValueError."""
    name, _, count = text.partition("=")
    return name, int(count)


def limits_of(options: argparse.Namespace) -> LabLimits:
    """Return the limits that the options say."""
    return LabLimits(
        options.labs_per_person,
        options.labs,
        options.memory,
        options.starts_at_once,
        options.freeze_after * 60.0,
        options.memory_per_person,
        options.labs_per_class,
        options.memory_per_class,
        options.processors_per_host,
        options.save_after * 3600.0,
        PoolWishes(
            dict(options.pool),
            dict(options.pool_at),
            options.pool_by_use,
            options.pool_reserve,
            options.pool_renew_after * 3600.0,
        ),
    )


def _run(app: App, options: argparse.Namespace, listener: socket.socket) -> None:
    keeper = KeeperStart(options.keeper, options.recordings)
    keeper.ensure()
    accounts = PortalAccounts(app.database)
    first_link = accounts.first_link()  # makes the store too, before several threads use it
    prepare()
    places = LabdPlaces(options.keeper, state_folder() / "labd")
    privacy = PrivacyParts(
        KeptRecordings(options.recordings), DeliverablesStore(state_folder() / "deliverables"), options.recordings_days
    )
    parts = parts_of(app, _proving(options.content), _supervising(options))
    server = LabdServer(parts, accounts, places, privacy, keeper.ensure, limits_of(options))

    door = CommandDoor(str(options.socket.absolute()), VERSION, server.command_key)

    def ready() -> None:
        open_door(state_folder(), door)
        print("ready", flush=True)  # noqa: T201 - it is waited for
        if first_link is not None:
            link = {"handle": first_link.handle, "link": first_link.link, "until": first_link.until}
            print(json.dumps({"first_link": link}), flush=True)  # noqa: T201 - for whoever serves, to show it once

    async def serve() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, server.end)
        await server.serve(listener, ready)

    try:
        asyncio.run(serve())
    finally:
        close_door(state_folder(), door)


def _proving(content: Sequence[Path]) -> ProofCommand:
    """Return the process of a proof, with the content that labd has."""
    more = [word for folder in content for word in ("--content", str(folder.absolute()))]
    words = [sys.executable, "-P", "-m", "orchestrator.labd.proof_process", *more]
    return ProofCommand(words, lambda: left_over(proof_folder()), no_room)


def _supervising(options: argparse.Namespace) -> Sequence[str]:
    """Return the command line of a session's supervisor, with the content and the store that labd has."""
    more = [word for folder in options.content for word in ("--content", str(folder.absolute()))]
    if options.database:
        more += ["--database", options.database]
    return (sys.executable, "-P", "-m", "orchestrator", "--lang", "en", *more, "session", "run", "--session")


def parts_of(app: App, proving: ProofCommand, supervising: Sequence[str]) -> LabParts:
    """Return what labd serves of the program."""
    making = threading.Lock()
    reserved = ReservedPlaces(app.registry)

    def labs() -> Labs:
        with making:  # several threads ask for it first
            _ = app.instances
            return app.labs

    def board(group: str) -> tuple[Standing, ...]:
        labs()  # made under the lock
        return app.standings.board(group)

    def missing(names: Collection[str]) -> tuple[str, ...]:
        with making:
            builder = app.builder
        return builder.missing(names)

    def made_of(plan: Plan) -> str:
        with making:
            return app.made_of(plan)

    return LabParts(
        labs=labs,
        database=app.database,
        shelf=ScenarioShelf(app.content, lambda: app.proofs),
        practice_of=app.practice_of,
        hints_shown=lambda lab: app.instance_records.get(lab).hints_shown,
        board=board,
        registry=lambda: app.registry,
        missing_images=missing,
        proving=proving,
        jury_places=reserved.wanted,
        supervising=supervising,
        made_of=made_of,
    )
