"""Running the helper's own tools on a lab's network: from a station of their own, or from where a host is.

None of what runs here is a trainee's: the tools are the helper image's. They run as ``nobody``, who may do no more than
open raw sockets (ping, arping), and are out of the hosts' sight: in no PID namespace of theirs.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Callable

from . import files, kernel
from .inside import ENVIRONMENT
from .outcome import Outcome, collect
from .protocol import HelperError, Observe, Tool

_NOBODY = 65534
_STAGE = "/mnt"
"""Where a host's resolver files are laid before they cover ours."""
_RESOLVER_FILES = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf")
_MORE = {"steering": (kernel.CAP_NET_ADMIN,)}
"""What a tool cannot do without even to look."""
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def observe(request: Observe) -> Outcome:
    """Run a tool in a fresh network namespace that is plugged into a segment."""
    from .links import Links, configure_station  # noqa: PLC0415 - already there where observers are served

    unshared_read, unshared_write = os.pipe()
    wired_read, wired_write = os.pipe()

    def prepare() -> None:
        kernel.unshare(kernel.NEWNET)
        os.write(unshared_write, b"1")
        os.close(wired_write)
        if not os.read(wired_read, 1):
            os._exit(125)
        configure_station(request.address, request.gateway)
        with open("/proc/sys/net/ipv4/ping_group_range", "w") as pings:
            pings.write(f"{_NOBODY} {_NOBODY}")

    child, pipes = _start(request.argv, prepare)
    os.close(unshared_write)
    os.close(wired_read)
    with contextlib.closing(Links()) as links:
        try:
            os.read(unshared_read, 1)
            links.station(request.instance, request.segment, child, f"o{child}", request.address)
            os.write(wired_write, b"1")
        finally:
            os.close(unshared_read)
            os.close(wired_write)
            outcome = collect(child, *pipes, b"", request.timeout)
            links.remove(f"o{child}")  # at once: the kernel takes its time to end a network namespace
    return _ended(outcome, request.argv)


def use(request: Tool, pidfd: int, root: int) -> Outcome:
    """Run a tool in a host's network, with the host's name servers, hosts file and certification authorities.

    Raises:
        HelperError: the host's files cannot be read, or the tool did not end.
    """
    laid = {path: files.content(root, path, 1 << 20) or b"" for path in _RESOLVER_FILES}
    authorities = files.content(root, _CERTIFICATES, 4 << 20)
    if authorities is not None:
        laid[_CERTIFICATES] = authorities

    def prepare() -> None:
        kernel.unshare(kernel.NEWNS)
        kernel.keep_mounts_to_oneself()
        kernel.mount_memory(_STAGE)
        for number, (path, data) in enumerate(laid.items()):
            if os.path.exists(path):
                place = f"{_STAGE}/{number}"
                with open(place, "wb") as file:
                    file.write(data)
                kernel.bind(place, path)
        kernel.enter_pidfd(pidfd, kernel.NEWNET)

    child, pipes = _start(request.argv, prepare, (kernel.CAP_NET_RAW, *_MORE.get(request.argv[0], ())))
    return _ended(collect(child, *pipes, b"", request.timeout), request.argv)


def _start(
    argv: list[str], prepare: Callable[[], None], capabilities: tuple[int, ...] = (kernel.CAP_NET_RAW,)
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
            _become(argv, capabilities)
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


def _become(argv: list[str], capabilities: tuple[int, ...]) -> None:
    """Give up every right but some capabilities, then execute the tool."""
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    os.chdir("/")
    os.setgroups([])
    kernel.keep_capabilities()
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    kernel.keep_only(capabilities)
    kernel.no_new_privileges()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvpe(argv[0], argv, {"PATH": ENVIRONMENT["PATH"], "LANG": "C.UTF-8", "HOME": "/"})
