"""How this machine reaches Debian's packages, for builds on it; nothing of this stays in an image.

A mirror of the classroom, a proxy, or a frozen mirror whose index has expired: what apt needs here, apt needs
in a build as well. Proxies travel as build arguments, which Docker keeps out of the image. The rest is a file
that is copied in when a build begins and removed when it ends, and only where this machine has such settings.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from orchestrator.images import rootfs
from orchestrator.images.context import ContextEntry

_CARRIED = re.compile(r"Acquire::(Check-Valid-Until|Check-Date|https?::(Verify-Peer|Verify-Host))")
_PROXY = re.compile(r"Acquire::(https?)::Proxy(::(?P<host>[^:]+))?")
_SETTING = re.compile(r'^(?P<key>\S+) "(?P<value>.*)";$')

_ENVIRONMENT = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy")
_TREE = ".build-machine"
_CONFIGURATION = "etc/apt/apt.conf.d/99build-machine"
_SOURCES = "etc/apt/build-machine.list"


@dataclass(frozen=True)
class MachineApt:
    """apt's settings that matter for reaching packages.

    Attributes:
        options: apt's settings, key -> value, such as ``Acquire::Check-Valid-Until`` -> ``false``.
        proxies: ``http_proxy`` and the like -> value.
        mirror: where Debian's archive is reached.
        security: where its security updates are.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    proxies: Mapping[str, str] = field(default_factory=dict)
    mirror: str = rootfs.MIRROR
    security: str = rootfs.SECURITY_MIRROR

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the sources to use on this machine, one line each."""
        return rootfs.sources(self.mirror, self.security)

    def prepared(self, context: tuple[ContextEntry, ...]) -> tuple[ContextEntry, ...]:
        """Return a build's context with this machine's settings in it, unchanged where it needs none."""
        files = self._files()
        if not files:
            return context
        added = tuple(
            ContextEntry(f"{_TREE}/{path}", executable=False, link=False, content=content.encode())
            for path, content in files.items()
        )
        return (*(self._with_settings(entry, files) for entry in context), *added)

    def _files(self) -> dict[str, str]:
        options = dict(self.options)
        files = {}
        if self.sources != rootfs.sources():
            options["Dir::Etc::SourceList"] = f"/{_SOURCES}"
            files[_SOURCES] = "".join(f"{line}\n" for line in self.sources)
        if options:
            files[_CONFIGURATION] = "".join(f'{key} "{value}";\n' for key, value in options.items())
        return files

    def _with_settings(self, entry: ContextEntry, files: Iterable[str]) -> ContextEntry:
        if entry.path != "Dockerfile":
            return entry
        text = _around_build(entry.content.decode(), " ".join(f"/{path}" for path in files))
        return ContextEntry(entry.path, executable=False, link=False, content=text.encode())


def _around_build(dockerfile: str, files: str) -> str:
    lines: list[str] = []
    user = ""
    continued = False
    for line in dockerfile.splitlines():
        lines.append(line)
        word, _, rest = line.strip().partition(" ")
        if not continued and word.upper() == "FROM":
            lines.append(f"COPY {_TREE}/ /")
            user = ""
        if not continued and word.upper() == "USER":
            user = rest.strip()
        continued = line.rstrip().endswith("\\")
    last = f"RUN rm -f {files}"
    lines += ["USER root", last, f"USER {user}"] if user else [last]
    return "\n".join(lines) + "\n"


def of_this_machine(environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> MachineApt:
    """Return this machine's settings; where it has no apt, those of its environment."""
    settings = dict(parse_settings(_apt_config()))
    return MachineApt(
        options={key: value for key, value in settings.items() if _CARRIED.fullmatch(key)},
        proxies=_proxies(settings, environment),
        **dict(_mirrors(root)),
    )


def parse_settings(dump: str) -> Iterator[tuple[str, str]]:
    """Yield the settings that ``apt-config dump`` prints."""
    for line in dump.splitlines():
        if match := _SETTING.match(line):
            yield match["key"], match["value"]


def parse_sources(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (URI, suite, component) of a file in apt's one-line or deb822 format (sources.list(5))."""
    for paragraph in re.split(r"\n\s*\n", re.sub(r"(?m)^\s*#.*\n?", "", text)):
        fields = {
            match[1].lower(): match[2].split()
            for match in re.finditer(r"(?m)^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)", paragraph)
        }
        if "deb" in fields.get("types", ()) and fields.get("enabled") != ["no"]:
            yield from (
                (uri, suite, component)
                for uri in fields.get("uris", ())
                for suite in fields.get("suites", ())
                for component in fields.get("components", ())
            )
        for line in paragraph.splitlines():
            if match := re.match(r"\s*deb\s+(?:\[.*?\]\s+)?(\S+)\s+(\S+)\s+(.+)", line):
                yield from ((match[1], match[2], component) for component in match[3].split())


def _apt_config() -> str:
    try:
        return subprocess.run(
            ["apt-config", "dump"],  # noqa: S607 - found where the user's PATH says
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _proxies(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    proxies: dict[str, str] = {}
    direct: list[str] = []
    for key, value in settings.items():
        if not (match := _PROXY.fullmatch(key)):
            continue
        if match["host"]:
            direct += [match["host"]] if value.upper() == "DIRECT" else []
        elif value and value.upper() != "DIRECT":
            proxies[f"{match[1]}_proxy"] = value
    if proxies and direct:
        proxies["no_proxy"] = ",".join(direct)
    for name in _ENVIRONMENT:
        if own := environment.get(name) or environment.get(name.upper()):
            proxies[name] = own
    return proxies


def _mirrors(root: Path) -> Iterator[tuple[str, str]]:
    """Yield this machine's own mirror and security mirror, if it is a Debian that has them over HTTP."""
    release = root / "etc/os-release"
    if not release.is_file() or not re.search(r'(?m)^ID="?debian"?$', release.read_text(encoding="utf-8")):
        return
    folder = root / "etc/apt"
    files = (
        folder / "sources.list",
        *sorted(folder.glob("sources.list.d/*.list")),
        *folder.glob("sources.list.d/*.sources"),
    )
    found: dict[str, str] = {}
    for path in files:
        if path.is_file() and os.access(path, os.R_OK):
            for uri, suite, component in parse_sources(path.read_text(encoding="utf-8", errors="replace")):
                if component == "main" and (kind := _kind(uri, suite)):
                    found.setdefault(kind, uri.rstrip("/"))
    yield from found.items()


def _kind(uri: str, suite: str) -> str | None:
    """Return which of our mirrors a source is; a password in an address stays where it is."""
    parts = urlsplit(uri)
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        return None
    if suite.endswith("-security"):
        return "security"
    return "mirror" if parts.path.rstrip("/").endswith("/debian") and "-" not in suite else None
