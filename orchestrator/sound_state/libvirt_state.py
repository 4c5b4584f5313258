"""What state libvirt is in: its guests and their disks, its networks, its storage pools, and what starts by itself.

It is read from libvirt's own files, which tell it whether libvirtd runs or not. What a guest writes to its disk is no
change; that the disk is still the one that it was, its file system's UUID tells.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from xml.etree import ElementTree as ET

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.provider import Objects, RunInHost, Thought, json_printed

_HEAD: Final = "libvirt"
_GUEST, _DISK, _NETWORK, _POOL, _SPARE = "guest ", "disk of ", "network ", "pool ", "image "
_DEFINED, _RUNS = "/etc/libvirt/qemu/", "/run/libvirt/qemu/"
_NETWORKS, _NETWORKS_RUN = "/etc/libvirt/qemu/networks/", "/run/libvirt/network/"
_POOLS: Final = "/etc/libvirt/storage/"
_SNAPSHOTS: Final = "/var/lib/libvirt/qemu/snapshot/"
_SAVED: Final = "/var/lib/libvirt/qemu/save/"
_MOST: Final = 262144
"""Bytes that are read of a file: libvirt's own are far smaller."""
_SCRIPT: Final = r"""
encoded() { printf '%s' "$1" | base64 -w 0; }
for file in /etc/libvirt/qemu/*.xml /etc/libvirt/qemu/networks/*.xml /etc/libvirt/storage/*.xml \
    /run/libvirt/qemu/*.xml /run/libvirt/network/*.xml /var/lib/libvirt/qemu/snapshot/*/*.xml; do
  [ -f "$file" ] && printf 'file %s %s\n' "$(encoded "$file")" "$(head -c @MOST@ "$file" | base64 -w 0)"
done
for file in /etc/libvirt/qemu/autostart/* /etc/libvirt/qemu/networks/autostart/* /etc/libvirt/storage/autostart/* \
    /var/lib/libvirt/qemu/save/*; do
  [ -f "$file" ] && printf 'there %s %s\n' "$(encoded "$file")" "$(readlink -f "$file" | base64 -w 0)"
done
rest=$(mktemp -d)
{
  cat /etc/libvirt/qemu/*.xml | sed -n "s/.*<source file='\([^']*\)'.*/\1/p"
  ls -d /var/lib/libvirt/images/*
} 2>/dev/null | sort -u | head -n 40 | while read -r file; do
  [ -f "$file" ] || continue
  told=$(timeout 10 qemu-img info --force-share --output=json "$file" 2>/dev/null | base64 -w 0)
  for format in qcow2 raw; do
    rm -f "$rest/start"
    timeout 10 qemu-img dd -U -f "$format" -O raw bs=1024 count=2 "if=$file" "of=$rest/start" 2>/dev/null
    id=$(dd "if=$rest/start" bs=1 skip=1128 count=16 2>/dev/null | base64 -w 0)
    [ -z "$id" ] || break
  done
  printf 'disk %s %s %s\n' "$(encoded "$file")" "${told:--}" "${id:--}"
done
rm -rf "$rest"
echo whole
""".replace("@MOST@", str(_MOST))
"""Each line has a word and values in base64, so that no name and no content can pass for another line."""
_TAKEN: Final = {"name", "uuid", "memory", "currentMemory", "vcpu", "os", "title", "description", "metadata"}
"""Parts of a definition that have fields of their own, or that only people read; disks and interfaces have too."""
_FRENCH: Final = {
    "uuid": "identifiant", "state": "état", "starts by itself": "démarrage automatique", "memory": "mémoire",
    "processors": "processeurs", "machine": "type de machine", "boot": "noyau", "disks": "disques",
    "interfaces": "cartes réseau", "running disks": "disques en service", "running interfaces": "cartes en service",
    "the rest": "le reste de sa définition", "snapshots": "instantanés", "saved": "mémoire gardée sur le disque",
    "file": "fichier", "format": "format", "size": "taille", "backing file": "image de base",
    "file system": "système de fichiers", "active": "actif", "definition": "définition", "folder": "dossier",
}  # fmt: skip


class LibvirtState:
    """The provider of libvirt's state."""

    name = "libvirt"
    program = "/usr/sbin/libvirtd"
    always = _HEAD

    def look(self, run: RunInHost) -> Objects:
        """Return the guests, disks, networks and pools that libvirt has.

        Raises:
            LabError: the host's tools are not its image's.
        """
        found = _Found(run(("sh", "-c", _SCRIPT), b""))
        objects: dict[str, dict[str, str]] = {_HEAD: {"answers": "yes" if found.whole else "no"}}
        if not found.whole:
            return objects
        objects |= {_GUEST + name: fields for name, fields in _guests(found)}
        objects |= dict(_disks(found))
        objects |= {_NETWORK + name: fields for name, fields in _networks(found)}
        objects |= {_POOL + name: fields for name, fields in _pools(found)}
        return {name: {field: value for field, value in fields.items() if value} for name, fields in objects.items()}

    def think(self, change: StateChange) -> Thought:
        """See ``Provider.think``."""
        name, field = change.object, change.field
        if name == _HEAD:
            return _forbidden("L'état de libvirt ne se lit plus.", "The state of libvirt can no longer be read.")
        if name.startswith(_GUEST) and field == "uuid" and change.before is not None:
            return _of_identity(change, name.removeprefix(_GUEST))
        if name.startswith(_DISK) and field == "file system" and change.before is not None:
            disk = name.removeprefix(_DISK)
            return _forbidden(
                f"Le disque de {disk} n'est plus celui qu'il était : ses données n'y sont pas.",
                f"The disk of {disk} is not the one that it was: its data are not on it.",
            )
        if field == "snapshots" and _lines(change.before) <= _lines(change.now):
            return Thought("harmless", Text(fr="Un instantané est nouveau.", en="A snapshot is new."))
        return Thought(
            "unexplained",
            Text(
                fr=f"Dans libvirt, « {name} » a changé : {_FRENCH.get(field, field)}.",
                en=f"In libvirt, '{name}' has changed: {field}.",
            ),
        )


class _Found:
    """What the script printed, decoded."""

    def __init__(self, printed: str) -> None:
        self.files: dict[str, str] = {}
        self.there: dict[str, str] = {}
        self.disks: dict[str, tuple[str, str]] = {}
        rows = [line.split(" ") for line in printed.split("\n") if line]
        self.whole = bool(rows) and rows[-1] == ["whole"]
        for word, *values in rows if self.whole else ():
            if word == "file":
                self.files[_text(values[0])] = _text(values[1])
            elif word == "there":
                self.there[_text(values[0])] = _text(values[1]).strip()
            elif word == "disk":
                self.disks[_text(values[0])] = (_text(values[1]), _hexadecimal(values[2]))

    def below(self, folder: str) -> Iterator[tuple[str, ET.Element]]:
        """Yield the definitions that lie in a folder, by their file's name; what is no XML is an empty element."""
        for path, content in self.files.items():
            if path.startswith(folder) and "/" not in path.removeprefix(folder):
                yield path.removeprefix(folder).removesuffix(".xml"), _parsed(content)

    def starts(self, folder: str, name: str) -> str:
        """Return whether what has a name is started with the machine."""
        link = self.there.get(f"{folder}autostart/{name}.xml")
        return "yes" if link == f"{folder}{name}.xml" else "no"


def _text(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode(errors="backslashreplace")
    except binascii.Error:
        return ""


def _hexadecimal(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).hex()
    except binascii.Error:
        return ""


def _parsed(content: str) -> ET.Element:
    """Return a definition's root. libvirt writes no DOCTYPE: a file with one could hold entities without end."""
    if "<!DOCTYPE" in content or "<!ENTITY" in content:
        return ET.Element("unreadable")
    try:
        return ET.fromstring(content)  # noqa: S314 - without a DOCTYPE there are no entities to expand
    except ET.ParseError:
        return ET.Element("unreadable")


def _guests(found: _Found) -> Iterator[tuple[str, dict[str, str]]]:
    running = dict(found.below(_RUNS))
    defined = dict(found.below(_DEFINED))
    snapshots: dict[str, list[str]] = defaultdict(list)
    for path in found.files:
        if path.startswith(_SNAPSHOTS):
            guest, _, snapshot = path.removeprefix(_SNAPSHOTS).partition("/")
            snapshots[guest].append(snapshot.removesuffix(".xml"))
    for name in sorted(defined.keys() | running.keys()):
        status = running.get(name)
        live = None if status is None else status.find("domain")
        fields = _definition(defined[name]) if name in defined else {"the rest": "defined nowhere"}
        fields["state"] = "shut off" if status is None else status.get("state", "unknown")
        fields["starts by itself"] = found.starts(_DEFINED, name)
        fields["snapshots"] = "\n".join(sorted(snapshots.get(name, ())))
        fields["saved"] = "yes" if f"{_SAVED}{name}.save" in found.there else ""
        if live is not None:
            fields["running disks"] = _told_disks(live)
            fields["running interfaces"] = _told_interfaces(live)
        yield name, fields


def _definition(domain: ET.Element) -> dict[str, str]:
    system = domain.find("os")
    boot = (
        () if system is None else (f"{part.tag} {(part.text or '').strip()}" for part in system if part.tag != "type")
    )
    kind = domain.find("os/type")
    memory = {part: _kibibytes(domain.find(part)) for part in ("memory", "currentMemory")}
    return {
        "uuid": domain.findtext("uuid", ""),
        "memory": "\n".join(f"{part}: {size}" for part, size in memory.items() if size),
        "processors": domain.findtext("vcpu", ""),
        "machine": "" if kind is None else f"{kind.get('arch')} {kind.get('machine')}",
        "boot": "\n".join(boot),
        "disks": _told_disks(domain),
        "interfaces": _told_interfaces(domain),
        "the rest": _digest_of_rest(domain),
    }


def _kibibytes(size: ET.Element | None) -> str:
    return "" if size is None else f"{(size.text or '').strip()} {size.get('unit', 'KiB')}"


def _told_disks(domain: ET.Element) -> str:
    return "\n".join(sorted(_told_disk(disk) for disk in domain.iterfind("devices/disk")))


def _told_disk(disk: ET.Element) -> str:
    told = [_attribute(disk, "target", "dev"), disk.get("type", ""), _path(disk), _attribute(disk, "driver", "type")]
    told += [_attribute(disk, "target", "bus"), disk.get("device", ""), f"snapshot {disk.get('snapshot', 'default')}"]
    told += sorted(part.tag for part in disk if part.tag in {"readonly", "shareable", "transient"})
    return " ".join(filter(None, told))


def _path(disk: ET.Element) -> str:
    source = disk.find("source")
    return "" if source is None else " ".join(source.get(key, "") for key in ("file", "dev", "pool", "volume")).strip()


def _attribute(parent: ET.Element, child: str, key: str) -> str:
    found = parent.find(child)
    return "" if found is None else found.get(key, "")


def _told_interfaces(domain: ET.Element) -> str:
    return "\n".join(sorted(_told_interface(card) for card in domain.iterfind("devices/interface")))


def _told_interface(card: ET.Element) -> str:
    source = card.find("source")
    where = ""
    if source is not None:
        where = next((f"{key} {source.get(key)}" for key in ("network", "bridge", "dev") if source.get(key)), "")
    link = "down" if _attribute(card, "link", "state") == "down" else "up"
    told = (_attribute(card, "mac", "address"), where, _attribute(card, "model", "type"), f"link {link}")
    return " ".join(filter(None, told))


def _digest_of_rest(domain: ET.Element) -> str:
    rest = ET.fromstring(ET.tostring(domain))  # noqa: S314 - our own copy
    for part in [part for part in rest if part.tag in _TAKEN]:
        rest.remove(part)
    devices = rest.find("devices")
    for device in [] if devices is None else list(devices):
        if devices is not None and device.tag in {"disk", "interface"}:
            devices.remove(device)
    told = ET.canonicalize(ET.tostring(rest, encoding="unicode"), strip_text=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _disks(found: _Found) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the disks, by the guest that has them: one may move and still be the guest's."""
    used: set[str] = set()
    for name, domain in found.below(_DEFINED):
        for disk in domain.iterfind("devices/disk"):
            path = _path(disk)
            used.add(path)
            yield f"{_DISK}{name}: {_attribute(disk, 'target', 'dev')}", {"file": path, **_image(found, path)}
    for path in found.disks.keys() - used:
        yield _SPARE + path, {"file": path, **_image(found, path)}


def _image(found: _Found, path: str) -> Mapping[str, str]:
    told, identity = found.disks.get(path, ("", ""))
    if not told:
        return {}
    image = json_printed(told, "qemu-img")
    return {
        "format": str(image.get("format", "")),
        "size": str(image.get("virtual-size", "")),
        "backing file": str(image.get("backing-filename", "")),
        "snapshots": "\n".join(sorted(str(one.get("name", "")) for one in image.get("snapshots", ()))),
        "file system": identity,
    }


def _networks(found: _Found) -> Iterator[tuple[str, dict[str, str]]]:
    active = {name for name, _ in found.below(_NETWORKS_RUN)}
    defined = dict(found.below(_NETWORKS))
    for name in sorted(defined.keys() | active):
        yield (
            name,
            {
                "active": "yes" if name in active else "no",
                "starts by itself": found.starts(_NETWORKS, name),
                "definition": _flat(defined[name].iter()) if name in defined else "defined nowhere",
            },
        )


def _pools(found: _Found) -> Iterator[tuple[str, dict[str, str]]]:
    for name, pool in found.below(_POOLS):
        told = {"folder": pool.findtext("target/path", ""), "definition": pool.get("type", "")}
        yield name, {"starts by itself": found.starts(_POOLS, name), **told}


def _flat(parts: Iterable[ET.Element]) -> str:
    """Return elements with their attributes, one a line; what libvirt makes up by itself is left out."""

    def row(part: ET.Element) -> str:
        attributes = (f"{key}={value}" for key, value in sorted(part.attrib.items()))
        return " ".join(filter(None, (part.tag, *attributes, (part.text or "").strip())))

    return "\n".join(row(part) for part in parts if part.tag not in {"uuid", "mac"})


def _lines(value: str | None) -> set[str]:
    return set((value or "").split("\n")) - {""}


def _of_identity(change: StateChange, guest: str) -> Thought:
    if change.now is None:
        return _forbidden(
            f"La machine virtuelle {guest} n'existe plus.", f"The virtual machine {guest} no longer exists."
        )
    return _forbidden(
        f"La machine virtuelle {guest} a été refaite : ce n'est plus la même.",
        f"The virtual machine {guest} was made again: it is no longer the same one.",
    )


def _forbidden(fr: str, en: str) -> Thought:
    return Thought("forbidden", Text(fr=fr, en=en))
