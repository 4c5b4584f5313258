"""What root in a lab host tries in order to get out of it, as data: one Perl block each.

Perl is in every Debian image and makes any system call. The same blocks run in a privileged container, where each must
succeed: an attempt that could not succeed anywhere would prove nothing.
"""

from __future__ import annotations

import errno
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_X86_64: Mapping[str, int] = {
    "mount": 165, "umount2": 166, "pivot_root": 155, "unshare": 272, "setns": 308, "init_module": 175,
    "delete_module": 176, "kexec_load": 246, "bpf": 321, "perf_event_open": 298, "open_by_handle_at": 304,
    "name_to_handle_at": 303, "add_key": 248, "swapon": 167, "acct": 163, "reboot": 169, "syslog": 103,
    "adjtimex": 159, "fsopen": 430, "open_tree": 428, "setxattr": 188,
    "ioprio_set": 251, "sethostname": 170,
    "setrlimit": 160,
}  # fmt: skip
_AARCH64: Mapping[str, int] = {
    "mount": 40, "umount2": 39, "pivot_root": 41, "unshare": 97, "setns": 268, "init_module": 105,
    "delete_module": 106, "kexec_load": 104, "bpf": 280, "perf_event_open": 241, "open_by_handle_at": 265,
    "name_to_handle_at": 264, "add_key": 217, "swapon": 224, "acct": 89, "reboot": 142, "syslog": 116,
    "adjtimex": 171, "fsopen": 430, "open_tree": 428, "setxattr": 5,
    "ioprio_set": 30, "sethostname": 161,
    "setrlimit": 164,
}  # fmt: skip
NUMBERS = _AARCH64 if platform.machine() == "aarch64" else _X86_64

DONE, REFUSED, ABSENT = "done", "refused", "absent"


@dataclass(frozen=True)
class Attempt:
    """One way out.

    Attributes:
        name: what is tried.
        code: a Perl block that gives true where it succeeded; ``$P{...}`` are the surroundings' parameters.
        passed: errors (errno's names) that only come once the permission was given.
        capability: without which the machine itself could not do it.
    """

    name: str
    code: str
    passed: tuple[str, ...] = ()
    capability: int = 21


def _unshared(name: str, flag: int) -> Attempt:
    return Attempt(f"a {name} namespace of its own", f"call('unshare', {flag})")


def _device(name: str, kind: str, numbers: str, mode: str = "O_RDONLY") -> Attempt:
    return Attempt(name, f"device('{kind}', {numbers}, {mode})")


def _kept(path: str, name: str = "") -> Attempt:
    """Write into a file of the kernel's what it holds already."""
    return Attempt(name or f"writing {path}", f"rewrite('{path}')")


ATTEMPTS: tuple[Attempt, ...] = (
    # Mounts
    Attempt("mounting memory", "call('mount', 'none', '/dev/shm', 'tmpfs', 0, 0)"),
    Attempt("mounting proc", "call('mount', 'none', '/dev/shm', 'proc', 0, 0)"),
    Attempt("a bind mount", "call('mount', '/', '/dev/shm', 0, 4096, 0)"),
    Attempt("mounting the machine's disk", "disk() && 1", ("EBUSY",)),
    Attempt("remounting /proc/sys writable", "call('mount', 'none', $P{sysctls}, 0, 4096 | 32, 0)", ("EINVAL",)),
    Attempt("unmounting", "call('umount2', '/dev/mqueue', 2)"),
    Attempt("pivot_root", "call('pivot_root', '/', '/')", ("EINVAL", "EBUSY")),
    Attempt("the new mount interface", "call('fsopen', 'tmpfs', 0)"),
    Attempt("cloning a mount", "call('open_tree', -100, '/', 1)"),
    # Namespaces
    _unshared("mount", 0x20000), _unshared("network", 0x40000000), _unshared("process", 0x20000000),
    _unshared("user", 0x10000000), _unshared("host name", 0x4000000), _unshared("control group", 0x2000000),
    Attempt("entering a namespace", "open(my $f, '<', '/proc/self/ns/net'); call('setns', fileno($f), 0)"),
    Attempt("the machine's host name", "call('sethostname', $P{name}, length $P{name})"),
    # Devices
    _device("a disk of the machine's", "b", "7, 0"),
    _device("the machine's memory", "c", "1, 1"),
    _device("the kernel's messages", "c", "1, 11", "O_RDONLY | O_NONBLOCK"),
    _device("the loop control", "c", "10, 237"),
    _device("the FUSE device", "c", "10, 229"),
    # The machine's kernel
    _kept("/proc/sys/kernel/core_pattern"), _kept("/proc/sys/kernel/modprobe"), _kept("/proc/sys/vm/swappiness"),
    _kept("/proc/sys/fs/file-max"), _kept("/proc/sys/kernel/panic"),
    Attempt("sysrq", "there('/proc/sysrq-trigger') && sysopen(my $f, '/proc/sysrq-trigger', O_WRONLY)"),
    _kept("/sys/kernel/mm/transparent_hugepage/enabled"),
    Attempt("the kernel's memory by /proc", "first_byte('/proc/kcore')"),
    Attempt("the firmware's tables", "opendir(my $d, '/sys/firmware'); scalar grep(!/^[.]/, readdir $d)"),
    Attempt("loading a module", "call('init_module', 'none', 4, '')", ("ENOEXEC",)),
    Attempt("unloading a module", "call('delete_module', 'breakfix_none', 0x800)", ("ENOENT",)),
    Attempt("another kernel", "call('kexec_load', 0, 0, 0, 0xffffff)", ("EINVAL",)),
    Attempt("rebooting the machine", "call('reboot', 0, 0, 0, 0)", ("EINVAL",)),
    Attempt("a program in the kernel", "my $a = pack('L18', 2, 4, 4, 1); call('bpf', 0, $a, length $a)"),
    Attempt("watching all processors", "my $a = pack('L2 Q15', 1, 128); call('perf_event_open', $a, -1, 0, -1, 0)"),
    Attempt("the kernel's log", "call('syslog', 3, ' ' x 4096, 4096)"),
    Attempt("the kernel's keys", "call('add_key', 'user', 'breakfix', 'x', 1, -3)"),
    Attempt("swapping", "call('swapon', '/none', 0)", ("ENOENT",)),
    Attempt("process accounting", "call('acct', '/none')", ("ENOENT",)),
    Attempt("the clock", "clock()"),
    Attempt("files by their handles", "by_handle()"),
    Attempt("attributes of the overlay", "touched() && call('setxattr', '/dev/shm/t', 'trusted.x', 'x', 1, 0)"),
    # Limits
    Attempt("its memory's limit", "rewrite($P{limit})", ("EINVAL",)),
    Attempt("the devices that it may use", "allow_devices()"),
    _kept("/sys/fs/cgroup/memory/notify_on_release", "a program of the machine's at the end of a group"),
    Attempt("before all others", "setpriority(0, 0, -20)"),
    Attempt("the disk before all others", "call('ioprio_set', 1, 0, 1 << 13)"),
    Attempt("never killed for want of memory", "spared()", capability=24),
    Attempt("more open files than it may", "call('setrlimit', 7, pack('Q2', 900000, 900000))", capability=24),
    # The machine's programs and files
    Attempt("Docker's socket", "knock('/run/docker.sock') || knock('/var/run/docker.sock')"),
    Attempt("the fabric helper's socket", "knock('/run/breakfix/fabric.sock')"),
    Attempt("processes of the machine's", "strangers()"),
    Attempt("a file of the machine's", "scalar grep { -e $_.$P{note} } '', '/proc/1/root', '/proc/1/cwd', '/..' x 40"),
    # Networks
    Attempt("a server on the machine", "scalar grep { reach($_, $P{port}) } @{$P{addresses}}"),
    Attempt("the virtual machine's host", "socket(my $s, 40, 1, 0)"),
)  # fmt: skip

_LIBRARY = Path(__file__).with_name("library.pl").read_text()
_MKNODAT = {"x86_64": 259, "aarch64": 33}


@dataclass(frozen=True)
class Surroundings:
    """What the attempts aim at.

    Attributes:
        disk: major and minor number of a disk of the machine.
        note: a file of the machine's.
        addresses: the machine's own IPv4 addresses, and those that it alone could answer.
        port: where a server of ours listens on them.
    """

    disk: tuple[int, int]
    note: str
    addresses: tuple[str, ...]
    port: int


def script(around: Surroundings) -> bytes:
    """Return the program that makes all attempts, each in a process of its own, and prints a line for each."""
    numbers = ", ".join(f"{name} => {number}" for name, number in NUMBERS.items())
    addresses = ", ".join(f"'{address}'" for address in around.addresses)
    head = f"""
our %N = ({numbers}); our %K = (mknodat => {_MKNODAT[platform.machine()]});
our %P = (disk => [{around.disk[0]}, {around.disk[1]}], note => '{around.note}', addresses => [{addresses}],
  port => {around.port}, name => do {{ open my $f, '<', '/proc/sys/kernel/hostname'; my $n = <$f>; chomp $n; $n }},
  sysctls => '/proc/sys', limit => (grep {{ -e }} '/sys/fs/cgroup/memory/memory.limit_in_bytes',
  '/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/cgroup.max.depth')[0]);
"""
    calls = []
    for attempt in ATTEMPTS:
        passed = ", ".join(str(getattr(errno, name)) for name in attempt.passed)
        calls.append(f'attempt("{attempt.name}", [{passed}], sub {{ {attempt.code} }});')
    return "\n".join((head, _LIBRARY, *calls)).encode()


def results(output: bytes) -> dict[str, tuple[str, str]]:
    """Return what came of each attempt, and the number of the error."""
    rows = (line.split("\t") for line in output.decode().splitlines() if line.count("\t") == 2)
    return {name: (said, error) for name, said, error in rows}


def got_out(found: Mapping[str, tuple[str, str]]) -> list[str]:
    """Return the attempts that succeeded, or of which nothing is known."""
    wrong = [attempt.name for attempt in ATTEMPTS if found.get(attempt.name, (DONE, ""))[0] == DONE]
    return [f"{name}: {found.get(name)}" for name in wrong]


def unproven(control: Mapping[str, tuple[str, str]]) -> list[str]:
    """Return the attempts that did not succeed where nothing forbids them, although this machine could do them."""
    has = int(control["CapBnd"][0], 16)
    possible = [a.name for a in ATTEMPTS if has >> a.capability & 1]
    return [f"{name}: {control.get(name)}" for name in possible if control.get(name, (REFUSED, ""))[0] == REFUSED]


def in_container(*arguments: str, program: bytes) -> dict[str, tuple[str, str]]:
    """Run the attempts by the docker command, and return what came of them."""
    done = subprocess.run(["docker", *arguments], input=program, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    return results(done.stdout)
