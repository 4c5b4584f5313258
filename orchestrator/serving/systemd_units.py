"""The texts of the systemd units: keeper, labd, portal and its socket, and the certificate's renewal."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.serving import portal_account, process_commands
from orchestrator.serving.listen_address import ListenAddress
from orchestrator.serving.process_entry import hidden_top
from orchestrator.serving.serve_folders import ServeFolders
from orchestrator.serving.serve_plan import ServePlan

KEEPER, LABD, PORTAL = "breakfix-keeper.service", "breakfix-labd.service", "breakfix-portal.service"
SOCKET, CERTIFICATE = "breakfix-portal.socket", "breakfix-certificate.service"
UNITS = (KEEPER, LABD, SOCKET, PORTAL, CERTIFICATE)
_HOMES = tuple(map(Path, ("/home", "/root", "/run/user")))
_FIRST_PASSED = 3
"""The descriptor by which systemd hands over a socket."""


@dataclass(frozen=True)
class UnitInputs:
    """What units are written from.

    Attributes:
        plan: how the portal is served.
        folders: where sockets and state are.
        group: who besides root may speak to labd.
        environment_file: has what no command line shows, the database's address.
        tls: where certificate and key are; None: plain HTTP.
        program: the folders that the program is read from.
    """

    plan: ServePlan
    folders: ServeFolders
    group: int
    environment_file: Path
    tls: tuple[Path, Path] | None
    program: tuple[Path, ...]


def unit_texts(inputs: UnitInputs) -> Mapping[str, str]:
    """Return each unit's name and text."""
    texts = {
        KEEPER: _keeper(inputs),
        LABD: _labd(inputs),
        SOCKET: _socket(inputs.plan.listen),
        PORTAL: _portal(inputs),
    }
    if inputs.plan.self_made:
        texts[CERTIFICATE] = _certificate(inputs)
    return texts


def told_by_labd(folders: ServeFolders) -> Path:
    """Return the file with what labd says at its start, its first link among it; root's alone."""
    return folders.state / "labd.out"


def _keeper(inputs: UnitInputs) -> str:
    folders = inputs.folders
    return f"""\
# Written by "breakfix serve --install"; it writes this file again.
[Unit]
Description=Breakfix: the keeper of terminals, which outlives labd and portal

[Service]
Type=exec
ExecStart={_line(process_commands.keeper_command(folders))}
Environment={_quoted(f"BREAKFIX_HOME={folders.state}")} PYTHONUNBUFFERED=1{_python_path()}
Restart=on-failure
RestartSec=1
OOMScoreAdjust=-500
UMask=0077
{_run_folder(folders)}
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={_quoted(str(folders.state))}
PrivateNetwork=yes
PrivateTmp=yes
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
"""


def _labd(inputs: UnitInputs) -> str:
    folders, plan = inputs.folders, inputs.plan
    command = process_commands.labd_command(
        folders, plan.content, plan.limits, inputs.group, recordings_days=plan.recordings_days, pool=plan.pool
    )
    return f"""\
# Written by "breakfix serve --install"; it writes this file again.
[Unit]
Description=Breakfix: labd, which starts, grades and stops labs
Wants=docker.service network-online.target {KEEPER}
After=docker.service network-online.target {KEEPER}
StartLimitIntervalSec=0

[Service]
Type=exec
# root: whoever may use Docker is as powerful.
ExecStart={_line(command)}
Environment={_quoted(f"BREAKFIX_HOME={folders.state}")} HOME=/root PYTHONUNBUFFERED=1{_python_path()}
EnvironmentFile=-{_escaped(str(inputs.environment_file))}
StandardOutput=truncate:{_escaped(str(told_by_labd(folders)))}
Restart=always
RestartSec=2
KillMode=mixed
TimeoutStopSec=60
UMask=0077
{_run_folder(folders)}

[Install]
WantedBy=multi-user.target
"""


def _socket(listen: ListenAddress) -> str:
    where = str(listen.path) if listen.path else str(ListenAddress(_number_of(listen.host), listen.port))
    mode = "SocketMode=0666\nRemoveOnStop=yes\n" if listen.path else ""
    return f"""\
# Written by "breakfix serve --install"; it writes this file again.
[Unit]
Description=Breakfix: where the portal listens

[Socket]
ListenStream={_escaped(where)}
Backlog=1024
{mode}
[Install]
WantedBy=sockets.target
"""


def _portal(inputs: UnitInputs) -> str:
    plan, folders = inputs.plan, inputs.folders
    tls = ("%d/tls.pem", "%d/tls.key") if inputs.tls else None
    marked = tuple(f"\0{way}" for way in tls) if tls else None  # the specifier is systemd's to read
    command = process_commands.portal_command(
        folders,
        _FIRST_PASSED,
        plan.origins(plan.listen.port),
        (marked[0], marked[1]) if marked else None,
        trust_proxy=plan.behind_proxy,
        pages=plan.pages(plan.listen.port),
    )
    credentials = ""
    if inputs.tls:
        pairs = zip(("tls.pem", "tls.key"), inputs.tls, strict=True)
        credentials = "".join(f"LoadCredential={name}:{_escaped(str(path))}\n" for name, path in pairs)
    renewal = f"Requires={CERTIFICATE}\nAfter={CERTIFICATE}\n" if plan.self_made else ""
    environment = f"PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1{_python_path()}"
    return f"""\
# Written by "breakfix serve --install"; it writes this file again.
[Unit]
Description=Breakfix: the portal, labs in the browser
Requires={SOCKET}
Wants={LABD}
After={SOCKET} {LABD}
{renewal}StartLimitIntervalSec=0

[Service]
Type=exec
User={portal_account.NAME}
Group={portal_account.NAME}
ExecStart={_line(command)}
Environment={environment}
{credentials}Restart=always
RestartSec=1
TimeoutStopSec=15
UMask=0077
{_shown(inputs.program)}NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
PrivateTmp=yes
PrivateDevices=yes
PrivateNetwork=yes
PrivateIPC=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
InaccessiblePaths=-/run/docker.sock -/run/breakfix

[Install]
WantedBy=multi-user.target
"""


def _certificate(inputs: UnitInputs) -> str:
    command = [sys.executable, "-P", "-m", "orchestrator.serving.certificate_renewal"]
    command += ["--folder", str(inputs.folders.certificate)]
    command += [word for host in inputs.plan.hosts for word in ("--host", host)]
    return f"""\
# Written by "breakfix serve --install"; it writes this file again.
[Unit]
Description=Breakfix: renew the portal's certificate where it is due

[Service]
Type=oneshot
ExecStart={_line(command)}
Environment=PYTHONDONTWRITEBYTECODE=1{_python_path()}
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={_quoted(str(inputs.folders.certificate))}
PrivateNetwork=yes
"""


def _run_folder(folders: ServeFolders) -> str:
    return f"""\
RuntimeDirectory={folders.sockets.name}
RuntimeDirectoryMode=0711
RuntimeDirectoryPreserve=yes"""


def _shown(program: Sequence[Path]) -> str:
    """Return the lines that close homes to the portal, but for the folders that its program is read from."""
    below_home = [path for path in program if any(path.is_relative_to(home) for home in _HOMES)]
    hidden = [path for path in program if path not in below_home and hidden_top(path)]
    tops = dict.fromkeys(str(hidden_top(path)) for path in hidden)
    lines = [f"ProtectHome={'tmpfs' if below_home else 'yes'}"]
    lines += [f"TemporaryFileSystem={_escaped(top)}:ro" for top in tops]
    lines += [f"BindReadOnlyPaths={_quoted(str(path))}" for path in (*below_home, *hidden)]
    return "".join(f"{line}\n" for line in lines)


def _python_path() -> str:
    """Return the variable by which a program is found that is in no environment of Python's, as in a test."""
    return f" {_quoted('PYTHONPATH=' + os.environ['PYTHONPATH'])}" if os.environ.get("PYTHONPATH") else ""


def _number_of(host: str) -> str:
    """Return the address of a host's name: systemd listens at addresses only."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return str(found[0][4][0])


def _line(words: Sequence[str]) -> str:
    return " ".join(word.removeprefix("\0") if word.startswith("\0") else _word(word) for word in words)


def _word(word: str) -> str:
    return _quoted(word.replace("$", "$$"))


def _quoted(text: str) -> str:
    escaped = _escaped(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if escaped != text or any(letter in text for letter in " '\t;") else text


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
