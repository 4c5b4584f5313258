"""What the doctor says of the limits of labs: what they come to on this machine."""

from __future__ import annotations

import re
from pathlib import Path

from orchestrator.core.text import Text
from orchestrator.doctor.finding import Finding
from orchestrator.model.lab import bytes_of
from orchestrator.model.serve_settings import Limits, usual_memory

_GIB = 1 << 30
_SUBJECT = Text(fr="Portail : limites des labs", en="Portal: limits of labs")


def limits_finding(limits: Limits, machine: Path) -> Finding:
    """Return what is found of the limits of labs; ``machine``: where /proc is."""
    total = _memory(machine)
    memory = bytes_of(limits.memory) if limits.memory else usual_memory(total)
    fr, en = [f"{_gib(memory).replace('.', ',')} Gio de mémoire"], [f"{_gib(memory)} GiB of memory"]
    if limits.labs is not None:
        fr.append(f"{limits.labs} labs à la fois")
        en.append(f"{limits.labs} labs at once")
    fr.append(f"{limits.labs_per_person} par personne")
    en.append(f"{limits.labs_per_person} for each person")
    if limits.memory_per_person is not None:
        fr.append(f"{limits.memory_per_person} de mémoire par personne")
        en.append(f"{limits.memory_per_person} of memory for each person")
    if limits.labs_per_class is not None:
        fr.append(f"{limits.labs_per_class} labs par classe")
        en.append(f"{limits.labs_per_class} labs for each class")
    if limits.memory_per_class is not None:
        fr.append(f"{limits.memory_per_class} de mémoire par classe")
        en.append(f"{limits.memory_per_class} of memory for each class")
    if limits.processors_per_host is not None:
        fr.append(f"{limits.processors_per_host:g} processeur par hôte".replace(".", ","))
        en.append(f"{limits.processors_per_host:g} processors for each host")
    fr.append(f"{limits.starts_at_once} démarrages à la fois")
    en.append(f"{limits.starts_at_once} starts at once")
    fr.append(f"mis en pause après {limits.freeze_after} min" if limits.freeze_after else "jamais mis en pause")
    en.append(f"frozen after {limits.freeze_after} min" if limits.freeze_after else "never frozen")
    if limits.freeze_after:
        fr.append(f"sauvegardés {limits.save_after} h plus tard" if limits.save_after else "jamais sauvegardés")
        en.append(f"saved {limits.save_after} h later" if limits.save_after else "never saved")
    seen = Text(fr=", ".join(fr), en=", ".join(en))
    if memory <= total:
        return Finding("portal-limits", _SUBJECT, "ok", seen)
    remedy = Text(
        fr=f"La machine n'a que {_gib(total).replace('.', ',')} Gio : si tous les labs prennent ce qu'ils peuvent, "
        "elle en tue. Baissez « memory » de [limits], ou gardez-le en connaissance de cause.",
        en=f"The machine has {_gib(total)} GiB only: if all labs take what they may, it kills some. "
        'Lower "memory" of [limits], or keep it knowingly.',
    )
    return Finding("portal-limits", _SUBJECT, "warn", seen, remedy)


def _memory(machine: Path) -> int:
    """Return the bytes of memory that a machine has; 0 where it does not tell."""
    try:
        said = (machine / "proc/meminfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = re.search(r"^MemTotal:\s+(\d+) kB", said, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _gib(size: int) -> str:
    return f"{size / _GIB:.1f}"
