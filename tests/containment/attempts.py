"""What root in a lab host tries in order to get out of it, as data: one Perl block each.

Perl is in every Debian image and makes any system call. The same blocks run where nothing forbids them, and each must
succeed there: an attempt that could not succeed anywhere would prove nothing. What a kernel may lack is named with the
attempt; where it does, nothing is said of that attempt.
"""

from __future__ import annotations

import errno
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_X86_64: Mapping[str, int] = {
    "mount": 165, "umount2": 166, "pivot_root": 155, "unshare": 272, "setns": 308, "init_module": 175,
    "delete_module": 176, "kexec_load": 246, "bpf": 321, "perf_event_open": 298, "open_by_handle_at": 304,
    "name_to_handle_at": 303, "add_key": 248, "swapon": 167, "acct": 163, "reboot": 169, "syslog": 103,
    "adjtimex": 159, "fsopen": 430, "open_tree": 428, "setxattr": 188,
    "ioprio_set": 251, "sethostname": 170,
    "setrlimit": 160, "request_key": 249, "keyctl": 250,
}  # fmt: skip
_AARCH64: Mapping[str, int] = {
    "mount": 40, "umount2": 39, "pivot_root": 41, "unshare": 97, "setns": 268, "init_module": 105,
    "delete_module": 106, "kexec_load": 104, "bpf": 280, "perf_event_open": 241, "open_by_handle_at": 265,
    "name_to_handle_at": 264, "add_key": 217, "swapon": 224, "acct": 89, "reboot": 142, "syslog": 116,
    "adjtimex": 171, "fsopen": 430, "open_tree": 428, "setxattr": 5,
    "ioprio_set": 30, "sethostname": 161,
    "setrlimit": 164, "request_key": 218, "keyctl": 219,
}  # fmt: skip
NUMBERS = _AARCH64 if platform.machine() == "aarch64" else _X86_64

DONE, REFUSED, ABSENT, BROKEN = "done", "refused", "absent", "broken"
"""What comes of an attempt; a broken one has a mistake in its own code, and says nothing."""


@dataclass(frozen=True)
class Attempt:
    """One way out.

    Attributes:
        name: what is tried.
        code: a Perl block that gives true where it succeeded; ``$P{...}`` are the environment's parameters.
        passed: errors (errno's names) that only come once the permission was given.
        capability: without which the machine itself could not do it.
        needs: what not every machine has, without which the attempt cannot be made; empty where each has it.
        beside: made at the same time as the others that are, since it may have to wait.
    """

    name: str
    code: str
    passed: tuple[str, ...] = ()
    capability: int = 21
    needs: str = ""
    beside: bool = False


def _unshared(name: str, flag: int) -> Attempt:
    return Attempt(f"a {name} namespace of its own", f"call('unshare', {flag})")


def _device(name: str, kind: str, numbers: str, mode: str = "O_RDONLY", needs: str = "") -> Attempt:
    return Attempt(name, f"device('{kind}', {numbers}, {mode})", needs=needs)


def _kept(path: str, name: str = "", needs: str = "") -> Attempt:
    """Write into a file of the kernel's what it holds already."""
    return Attempt(name or f"writing {path}", f"rewrite('{path}')", needs=needs)


def _socket(whose: str, *paths: str) -> tuple[Attempt, ...]:
    """Knock at a socket by each of its paths, and by those below the root of another process."""
    below = Attempt(f"{whose} socket by a process's root", f"scalar grep {{ knock($_ . '{paths[0]}') }} roots()")
    return (*(Attempt(f"{whose} socket at {path}", f"knock('{path}')") for path in paths), below)


def _reached(name: str, kind: str, address: str, port: int) -> Attempt:
    needs = IPV6 if ":" in address else ""
    return Attempt(name, f"reach({kind}, '{address}', {port})", needs=needs, beside=True)


CAPABILITIES: Mapping[int, str] = {21: "CAP_SYS_ADMIN", 24: "CAP_SYS_RESOURCE"}
IPV6 = "IPv6 in the kernel"
MODULES = "loadable modules (CONFIG_MODULES)"
GROUPS = "control groups of version 1"
DOCKER_PORTS = (2375, 2376)
"""Where Docker's API is, if it is offered by TCP: plain, and with TLS."""


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
    _device("the machine's memory", "c", "1, 1", needs="/dev/mem (CONFIG_DEVMEM)"),
    _device("the kernel's messages", "c", "1, 11", "O_RDONLY | O_NONBLOCK"),
    _device("the loop control", "c", "10, 237"),
    _device("the FUSE device", "c", "10, 229"),
    # The machine's kernel
    _kept("/proc/sys/kernel/core_pattern"), _kept("/proc/sys/kernel/modprobe", needs=MODULES),
    _kept("/proc/sys/vm/swappiness"), _kept("/proc/sys/fs/file-max"), _kept("/proc/sys/kernel/panic"),
    Attempt("sysrq", "there('/proc/sysrq-trigger') && sysopen(my $f, '/proc/sysrq-trigger', O_WRONLY)",
            needs="the sysrq key (CONFIG_MAGIC_SYSRQ)"),
    _kept("/sys/kernel/mm/transparent_hugepage/enabled"),
    Attempt("the kernel's memory by /proc", "first_byte('/proc/kcore')", needs="/proc/kcore (CONFIG_PROC_KCORE)"),
    Attempt("the firmware's tables", "opendir(my $d, '/sys/firmware'); scalar grep(!/^[.]/, readdir $d)"),
    Attempt("loading a module", "call('init_module', 'none', 4, '')", ("ENOEXEC",), needs=MODULES),
    Attempt("unloading a module", "call('delete_module', 'breakfix_none', 0x800)", ("ENOENT",), needs=MODULES),
    Attempt("another kernel", "call('kexec_load', 0, 0, 0, 0xffffff)", ("EINVAL",), needs="kexec (CONFIG_KEXEC)"),
    Attempt("rebooting the machine", "call('reboot', 0, 0, 0, 0)", ("EINVAL",)),
    Attempt("a program in the kernel", "my $a = pack('L18', 2, 4, 4, 1); call('bpf', 0, $a, length $a)"),
    Attempt("watching all processors", "my $a = pack('L2 Q15', 1, 128); call('perf_event_open', $a, -1, 0, -1, 0)"),
    Attempt("the kernel's log", "call('syslog', 3, ' ' x 4096, 4096)"),
    Attempt("a key of its own in the kernel", "call('add_key', 'user', 'breakfix', 'x', 1, -3)"),
    Attempt("asking for a key of the kernel's", "call('request_key', 'user', 'breakfix_none', 0, 0)", ("ENOKEY",)),
    Attempt("the keyring of its session", "call('keyctl', 0, -3, 0)"),
    Attempt("the keyring of the machine's root", "call('keyctl', 0, -4, 1)"),
    Attempt("the list of the kernel's keys", "first_byte('/proc/keys')"),
    Attempt("swapping", "call('swapon', '/none', 0)", ("ENOENT",)),
    Attempt("process accounting", "call('acct', '/none')", ("ENOENT",)),
    Attempt("the clock", "clock()"),
    Attempt("files by their handles", "by_handle()"),
    Attempt("attributes of the overlay", "touched() && call('setxattr', '/dev/shm/t', 'trusted.x', 'x', 1, 0)"),
    # Limits
    Attempt("its memory's limit", "rewrite($P{limit})", ("EINVAL",)),
    Attempt("the devices that it may use", "allow_devices()", needs=GROUPS),
    _kept("/sys/fs/cgroup/memory/notify_on_release", "a program of the machine's at the end of a group", GROUPS),
    Attempt("before all others", "setpriority(0, 0, -20)"),
    Attempt("the disk before all others", "call('ioprio_set', 1, 0, 1 << 13)"),
    Attempt("never killed for want of memory", "spared()", capability=24),
    Attempt("more open files than it may", "call('setrlimit', 7, pack('Q2', 900000, 900000))", capability=24),
    # The machine's programs and files
    *_socket("Docker's", "/run/docker.sock", "/var/run/docker.sock"),
    *_socket("the fabric helper's", "/run/breakfix/fabric.sock", "/var/run/breakfix/fabric.sock"),
    Attempt("containerd's socket by a process's root", "scalar grep { knock($_) } map { containerds($_) } roots()"),
    Attempt("the fabric helper's socket by an abstract name", r'knock("\0/run/breakfix/fabric.sock")'),
    Attempt("processes of the machine's", "strangers()"),
    Attempt("a file of the machine's", "-e $P{note}"),
    Attempt("a file of the machine's by a process's root", "scalar grep { -e $_ . $P{note} } roots()"),
    Attempt("a file of the machine's by a process's folder",
            "scalar grep { -e $_ . '/..' x 40 . $P{note} } map { s/root$/cwd/r } roots()"),
    Attempt("a file of the machine's above the root", "-e '/..' x 40 . $P{note}"),
    # Networks; by_network() and beyond() have the addresses
    Attempt("the virtual machine's host", "socket(my $s, 40, 1, 0)", needs="vsock (CONFIG_VSOCKETS)"),
)  # fmt: skip

_LIBRARY = Path(__file__).with_name("library.pl").read_text()
_MKNODAT = {"x86_64": 259, "aarch64": 33}


@dataclass(frozen=True)
class Environment:
    """What the attempts aim at.

    Attributes:
        disk: major and minor number of a disk of the machine.
        note: a file of the machine's.
        addresses: the machine's own addresses, those of its links (fe80::) with the link's name.
        port: where a server of ours listens on them, by TCP and UDP.
        network: the machine's network namespace, as the kernel names it.
    """

    disk: tuple[int, int]
    note: str
    addresses: tuple[str, ...]
    port: int
    network: str


def by_network(around: Environment) -> tuple[Attempt, ...]:
    """Return the attempts to reach the machine; from the machine itself, each must succeed."""
    docker = [
        _reached(f"Docker's API on the machine: {address} port {port}", "SOCK_STREAM", address, port)
        for address in around.addresses
        for port in DOCKER_PORTS
    ]
    ours = [
        _reached(f"a server on the machine: {address} by {name}", kind, address, around.port)
        for address in around.addresses
        for name, kind in KINDS.items()
    ]
    return (*docker, *ours)


KINDS: Mapping[str, str] = {"TCP": "SOCK_STREAM", "UDP": "SOCK_DGRAM"}
BEYOND: Mapping[str, str] = {
    "where a cloud keeps its secrets": "169.254.169.254",
    "where a cloud keeps its secrets, by IPv6": "fd00:ec2::254",
    "an address on the Internet": "198.51.100.1",
    "an address on the Internet, by IPv6": "2001:db8::1",
}
"""Whom to reach past the machine. The last two are for documentation (RFC 5737, RFC 3849): nobody has them."""
BEYOND_PORT = 80


def beyond() -> tuple[Attempt, ...]:
    """Return the attempts to reach what lies past the machine; each must succeed where these addresses are at home."""
    return tuple(
        _reached(f"{what}: {address} by {name}", kind, address, BEYOND_PORT)
        for what, address in BEYOND.items()
        for name, kind in KINDS.items()
    )


def script(around: Environment, attempts: Sequence[Attempt], *, at_home: bool = False) -> bytes:
    """Return the program that makes attempts, each in a process of its own, and prints a line for each.

    Args:
        around: what they aim at.
        attempts: the attempts.
        at_home: whether the addresses beyond the machine are taken for one's own, and answered there; without
            attempts, until it is ended.
    """
    numbers = ", ".join(f"{name} => {number}" for name, number in NUMBERS.items())
    head = f"""
our %N = ({numbers}); our %K = (mknodat => {_MKNODAT[platform.machine()]});
our %P = (disk => [{around.disk[0]}, {around.disk[1]}], note => '{around.note}', network => '{around.network}',
  name => do {{ open my $f, '<', '/proc/sys/kernel/hostname'; my $n = <$f>; chomp $n; $n }},
  sysctls => '/proc/sys', limit => (grep {{ -e }} '/sys/fs/cgroup/memory/memory.limit_in_bytes',
  '/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/cgroup.max.depth')[0]);
"""
    calls = []
    if at_home:
        calls.append(f"answer({BEYOND_PORT}, {_listed(BEYOND.values())});")
    by_ipv6 = _listed(a for a in (*around.addresses, *BEYOND.values()) if ":" in a and "%" not in a)
    calls.append(f"routes('add', {by_ipv6});")
    for attempt in attempts:
        passed = ", ".join(str(getattr(errno, name)) for name in attempt.passed)
        made = "beside" if attempt.beside else "attempt"
        calls.append(f'{made}("{attempt.name}", [{passed}], sub {{ {attempt.code} }});')
    end = f"ended(); routes('del', {by_ipv6});" if attempts else "wait();"
    return "\n".join((head, _LIBRARY, *calls, end)).encode()


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def results(output: bytes) -> dict[str, tuple[str, str]]:
    """Return what came of each attempt, and the number of the error."""
    rows = (line.split("\t") for line in output.decode().splitlines() if line.count("\t") == 2)
    return {name: (said, error) for name, said, error in rows}


def got_out(found: Mapping[str, tuple[str, str]], attempts: Sequence[Attempt]) -> list[str]:
    """Return the attempts that succeeded, or of which nothing is known."""
    wrong = [attempt.name for attempt in attempts if found.get(attempt.name, (DONE, ""))[0] in {DONE, BROKEN}]
    return [f"{name}: {found.get(name)}" for name in wrong]


def untried(
    found: Mapping[str, tuple[str, str]], control: Mapping[str, tuple[str, str]], attempts: Sequence[Attempt]
) -> list[str]:
    """Return the attempts that met nothing to be refused by, although the control did."""
    names = [attempt.name for attempt in attempts]
    return [name for name in names if found[name][0] == ABSENT and control[name][0] == DONE]


def lacking(control: Mapping[str, tuple[str, str]], attempt: Attempt) -> str:
    """Return what this machine itself lacks for an attempt, by name; nothing where the attempt must succeed."""
    if not int(control["CapBnd"][0], 16) >> attempt.capability & 1:
        return CAPABILITIES[attempt.capability]
    return attempt.needs if control.get(attempt.name, (REFUSED, ""))[0] == ABSENT else ""


def unproven(control: Mapping[str, tuple[str, str]], attempts: Sequence[Attempt]) -> list[str]:
    """Return the attempts that did not succeed where nothing forbids them, although this machine can make them."""
    possible = [attempt.name for attempt in attempts if not lacking(control, attempt)]
    return [f"{name}: {control.get(name)}" for name in possible if control.get(name, (REFUSED, ""))[0] != DONE]


def in_container(*arguments: str, program: bytes) -> dict[str, tuple[str, str]]:
    """Run the attempts by the docker command, and return what came of them."""
    done = subprocess.run(["docker", *arguments], input=program, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    return results(done.stdout)
