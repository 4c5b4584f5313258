"""Running the helper's own tools on a lab's network: from an observer of its own, or from where a host is.

None of what runs here is a trainee's: the tools are the helper image's. They run as ``nobody``, who may do no more than
open raw sockets (ping, arping), and are out of the hosts' sight: in no PID namespace of theirs.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import secrets
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from . import kernel, root_files, rtnetlink
from .exec_agent import ENVIRONMENT
from .interface_names import bridge_name
from .messages import HelperError, Observe, Tool
from .outcome import Outcome, collect

_NOBODY = 65534
_INTERFACE = "eth0"
"""What an observer calls its interface."""
_SECRET = secrets.token_bytes(16)
"""What the MAC addresses of observers are made from: one for all processes of the helper."""
_STAGE = "/mnt"
"""Where a host's resolver files are laid before they cover ours."""
_RESOLVER_FILES = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf")
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def observe(request: Observe) -> Outcome:
    """Run a tool in a fresh network namespace that is plugged into a segment."""
    bridge = _bridge(request)
    unshared_read, unshared_write = os.pipe()
    wired_read, wired_write = os.pipe()

    def prepare() -> None:
        with socket.socket() as outside:
            kernel.unshare(kernel.NEWNET)
            os.write(unshared_write, b"1")
            os.close(wired_write)
            if not os.read(wired_read, 1):
                os._exit(125)
            _configure(request.address, request.gateway)
            rtnetlink.see_carrier(_port_of(os.getpid()), outside)
        with open("/proc/sys/net/ipv4/ping_group_range", "w") as pings:
            pings.write(f"{_NOBODY} {_NOBODY}")

    child, pipes = _start(request.argv, prepare)
    os.close(unshared_write)
    os.close(wired_read)
    name, network = _port_of(child), -1
    try:
        os.read(unshared_read, 1)
        network = os.open(f"/proc/{child}/ns/net", os.O_RDONLY)
        rtnetlink.add_veth(name, bridge, peer=_INTERFACE, mac=_mac_of(request.address), pid=child)
        os.write(wired_write, b"1")
    finally:
        os.close(unshared_read)
        os.close(wired_write)
        outcome = collect(child, *pipes, b"", request.timeout)
        rtnetlink.remove(name)  # at once: the kernel takes its time to end a network namespace
        if network >= 0:
            os.close(network)  # not before: Linux 6.18 has crashed over a link whose far end's namespace was ending
    return _ended(outcome, request.argv)


def _port_of(process: int) -> str:
    """Return the name of the fabric's end of an observer's cable."""
    return f"o{process}"


def _bridge(request: Observe) -> int:
    try:
        return socket.if_nametoindex(bridge_name(request.instance, request.segment))
    except OSError as error:
        message = f"no segment {request.segment}"
        raise LookupError(message) from error


def _mac_of(address: str) -> str:
    """Return the MAC address of an observer: always the same, so that no host remembers another one (ARP).

    It looks like a host's, and cannot be known before it is seen.
    """
    return "02:bf:" + hashlib.sha256(_SECRET + address.encode()).digest()[:4].hex(":")


def _configure(address: str, gateway: str) -> None:
    """Give an observer its address and default gateway (either may be empty), from inside its namespace."""
    own = socket.if_nametoindex(_INTERFACE)
    for index in (rtnetlink.LOOPBACK, own):
        rtnetlink.bring_up(index)
    with socket.socket() as inside:
        rtnetlink.see_carrier(_INTERFACE, inside)
    if address:
        rtnetlink.add_address(own, address)
    if gateway:
        rtnetlink.add_default_route(gateway)


def use(request: Tool, pidfd: int, root: int | None) -> Outcome:
    """Run a tool in a host's network, with the host's name servers, hosts file and certification authorities.

    Args:
        request: the tool.
        pidfd: holds the host's first process.
        root: the host's root; None for a tool that asks the kernel alone, for which it needs a capability, and
            resolves no name.

    Raises:
        HelperError: the host's files cannot be read, or the tool did not end.
    """
    laid = {} if root is None else _resolver_files(root)
    capability = kernel.CAP_NET_ADMIN if root is None else kernel.CAP_NET_RAW

    def prepare() -> None:
        if laid:
            _lay(laid)
        kernel.enter_pidfd(pidfd, kernel.NEWNET)

    child, pipes = _start(request.argv, prepare, capability)
    return _ended(collect(child, *pipes, b"", request.timeout), request.argv)


def packet_filters(pidfd: int, deadline: float) -> list[dict[str, Any]]:
    """Return the rules of a host's packet filters, as nft(8) prints them in JSON.

    Args:
        pidfd: holds the host's first process.
        deadline: of ``time.monotonic``.

    Raises:
        HelperError: it prints none.
    """
    request = Tool("", "", ["nft", "-json", "list", "ruleset"], max(0.1, deadline - time.monotonic()))
    done = use(request, pidfd, None)
    try:
        listed: list[dict[str, Any]] = json.loads(done.stdout)["nftables"]
    except (ValueError, KeyError) as error:
        raise HelperError("failed", f"nft: {done.stderr.decode(errors='replace').strip()}") from error
    return listed


def _resolver_files(root: int) -> dict[str, bytes]:
    """Return by their paths the files of a host that decide who a name is, and who may prove to be it."""
    found = {path: root_files.content(root, path, 1 << 20) or b"" for path in _RESOLVER_FILES}
    authorities = root_files.content(root, _CERTIFICATES, 4 << 20)
    return found if authorities is None else {**found, _CERTIFICATES: authorities}


def _lay(laid: dict[str, bytes]) -> None:
    """Cover our own files by others, for this process and what it executes."""
    kernel.unshare(kernel.NEWNS)
    kernel.keep_mounts_to_oneself()
    kernel.mount_memory(_STAGE)
    for number, (path, data) in enumerate(laid.items()):
        if os.path.exists(path):
            place = f"{_STAGE}/{number}"
            with open(place, "wb") as file:
                file.write(data)
            kernel.bind(place, path)


def _start(
    argv: list[str], prepare: Callable[[], None], capability: int = kernel.CAP_NET_RAW
) -> tuple[int, tuple[int, int, int]]:
    """Fork a child that prepares its place and becomes a tool; return it with its three pipes."""
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            kernel.die_with_parent()
            for target, source in enumerate((in_read, out_write, err_write)):
                os.dup2(source, target)
            prepare()
            _become(argv, capability)
        except OSError as error:
            os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
            os._exit(127 if isinstance(error, FileNotFoundError) else 126)
        finally:
            os._exit(125)
    for fd in (in_read, out_write, err_write):
        os.close(fd)
    return child, (in_write, out_read, err_read)


def _ended(outcome: Outcome, argv: list[str]) -> Outcome:
    if outcome.timed_out:
        raise HelperError("timeout", f"{argv[0]} did not end")
    return outcome


def _become(argv: list[str], capability: int) -> None:
    """Give up every right but a capability, then execute the tool."""
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    os.chdir("/")
    os.setgroups([])
    kernel.keep_capabilities()
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    kernel.keep_only((capability,))
    kernel.no_new_privileges()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvpe(argv[0], argv, {"PATH": ENVIRONMENT["PATH"], "LANG": "C.UTF-8", "HOME": "/"})
