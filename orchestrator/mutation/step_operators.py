"""Mutation operators that need nothing but the steps of a repair."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from orchestrator.core.text import Text
from orchestrator.model.scenario import Step
from orchestrator.mutation.mutant import NOT_HERE, Mutant, PlayedRepair, handed_in, repaired_then

_TAKES_EFFECT: Final = re.compile(
    r"\s*(?:systemctl\s+(?:-\S+\s+)*(?:re)?(?:start|load|load-or-restart)\b"
    r"|systemctl\s+(?:-\S+\s+)*(?:try-restart|try-reload-or-restart|daemon-reload)\b"
    r"|service\s+\S+\s+(?:re)?(?:start|load)\b|postfix\s+(?:reload|start)\b|rndc\s|doveadm\s+reload\b"
    r"|nft\s+-f\b|nginx\s+-s\b|if(?:up|down|reload)\s|sysctl\s+(?:-p|--system)|smbcontrol\s|exportfs\s"
    r"|ip\s+(?:-\S+\s+)*(?:addr|address|link|route)\s)[^|&;]*"
)
"""A line that makes a running service take up what stands in files; one command alone, so that no block is cut."""
_UNITS: Final = re.compile(
    r"\bsystemctl\s+(?:-\S+\s+)*(?:(?:re)?start|reload|reload-or-restart|try-restart|enable|unmask)\s+"
    r"((?:-\S+\s+)*)([\w@][\w@.:-]*(?:[ \t]+[\w@][\w@.:-]*)*)"
)
_RULE: Final = re.compile(
    r"\b(?:nft|iptables|allow\w*|accept|permit\w*|[sd]addr|dport|mynetworks|acl|host(?:no)?ssl|hosts\s+allow)\b", re.I
)
_ADDRESS: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?![\w.])")
_LOOP: Final = re.compile(r"\s*for\s+\w+\s+in\s+(?P<words>[\w@./: -]+?)\s*(?:;|$)")
"""A loop over words that stand there; one over what a command prints is none."""
_JOINED: Final = re.compile(r"\\$|^\s|<<|^(?:if|for|while|do|done|fi|else|then|case|esac)\b|^[^=\s]+=")
"""A line that cannot be left out alone: of a block, or a text that is typed in."""
_LOOKS: Final = re.compile(
    r"(?:cat|ls|grep|head|tail|diff|stat|getent|id|host|dig|ping|curl|find|df|du|ps|ss|journalctl)\b"
    r"|\S+\s+(?:-\S+\s+)*(?:\S*list|show|status|\S*info|dumpxml|is-\w+|cat)\b"
)
"""A line that only looks: without it, a repair is as good."""
_PORT: Final = re.compile(r"\b((?:dport|sport|--dport|--sport)\s+)(?:\d+|\{[^}]*\})")


def dropped_steps(repair: PlayedRepair) -> Iterator[Mutant]:
    """Leave out each step that does something."""
    steps = repair.solution.steps
    for place, step in enumerate(steps):
        if step.action is not None and any(other.action for other in steps if other is not step):
            yield Mutant(
                "dropped-step",
                f"step {place + 1}",
                repair.solution.name,
                Text(fr=f"L'étape {place + 1} est oubliée.", en=f"Step {place + 1} is forgotten."),
                (*steps[:place], *steps[place + 1 :]),
                omits=True,
            )


def forgotten_host(repair: PlayedRepair) -> Iterator[Mutant]:
    """Leave out all that is done on one of several hosts."""
    acted = list(dict.fromkeys(step.action.host for step in repair.solution.steps if step.action is not None))
    for host in acted if len(acted) > 1 else ():
        kept = tuple(s for s in repair.solution.steps if s.action is None or s.action.host != host)
        summary = Text(fr=f"Rien n'est fait sur {host}.", en=f"Nothing is done on {host}.")
        yield Mutant("forgotten-host", host, repair.solution.name, summary, kept, omits=True)


def forgotten_one(repair: PlayedRepair) -> Iterator[Mutant]:
    """Leave out one of several users, records, files or machines that a step treats alike."""
    for place, step in enumerate(repair.solution.steps):
        for word, script in _without_one(step.shell.script if step.shell is not None else ""):
            summary = Text(
                fr=f"À l'étape {place + 1}, « {word} » est oublié.", en=f'In step {place + 1}, "{word}" is forgotten.'
            )
            steps = (*repair.solution.steps[:place], _typing(step, script), *repair.solution.steps[place + 1 :])
            yield Mutant("forgotten-one", f"step {place + 1} {word}", repair.solution.name, summary, steps, omits=True)


def _without_one(script: str) -> Iterator[tuple[str, str]]:
    """Yield a script without one word of a loop, or one of several lines that begin alike, and what is left out."""
    lines = script.split("\n")
    for number, line in enumerate(lines):
        before, after = lines[:number], lines[number + 1 :]
        if (loop := _LOOP.match(line)) is not None:
            words = loop["words"].split()
            for word in words if len(words) > 1 else ():
                kept = " ".join(other for other in words if other != word)
                shorter = f"{line[: loop.start('words')]}{kept}{line[loop.end('words') :]}"
                yield word, "\n".join([*before, shorter, *after])
        if _is_one_of_several(lines, number):
            yield " ".join(line.split()[1:]), "\n".join([*before, *after])


def file_only(repair: PlayedRepair) -> Iterator[Mutant]:
    """Change the files, and have no running service take them up."""
    summary = Text(
        fr="Les fichiers sont réparés, rien n'est rechargé ni redémarré.",
        en="The files are repaired, nothing is reloaded or restarted.",
    )
    for mutant in _rewritten(repair, "file-only", summary, lambda line: "" if _TAKES_EFFECT.fullmatch(line) else line):
        yield replace(mutant, omits=True)


def wider_rule(repair: PlayedRepair) -> Iterator[Mutant]:
    """Open to every address what the repair opens to one."""
    summary = Text(
        fr="Ce qui est ouvert à une adresse l'est à toutes.", en="What is opened to one address is opened to all."
    )
    yield from _rewritten(
        repair, "wider-rule", summary, lambda line: _ADDRESS.sub("0.0.0.0/0", line) if _RULE.search(line) else line
    )


def wider_port(repair: PlayedRepair) -> Iterator[Mutant]:
    """Open every port where the repair opens one."""
    summary = Text(fr="Tous les ports sont ouverts au lieu d'un seul.", en="Every port is opened instead of one.")
    yield from _rewritten(repair, "wider-port", summary, lambda line: _PORT.sub(r"\g<1>1-65535", line))


def repair_of_another_cause(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair what is not broken here: what mends another case of the faults."""
    mine = tuple(step for step in repair.solution.steps if step.action is not None)
    for case, other in repair.others.items():
        steps = tuple(step for step in other.steps if step.action is not None)
        if repair.solution.reference and steps and steps != mine:
            summary = Text(
                fr=f"C'est une autre panne qui est réparée ({case}).", en=f"Another fault is repaired ({case})."
            )
            kept = handed_in(repair.solution.steps)
            yield Mutant("another-cause", case, repair.solution.name, summary, (*steps, *kept), omits=True)


def disabled_unit(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, and have a unit that the repair names start no more by itself.

    One that something else starts, as Debian's generator does a PostgreSQL cluster, would start all the same.
    """
    for host, unit in units_of(repair):
        summary = Text(
            fr=f"Après la réparation, {unit} est désactivé sur {host}.",
            en=f"After the repair, {unit} is disabled on {host}.",
        )
        script = f'[ "$(systemctl is-enabled {unit})" = enabled ] || exit {NOT_HERE}\nsystemctl disable {unit}'
        yield repaired_then(repair, "disabled-unit", host, script, summary, f"{host} {unit}")


def stopped_unit(repair: PlayedRepair) -> Iterator[Mutant]:
    """Repair, then stop what was repaired; what has done its work and ended cannot be stopped."""
    for host, unit in units_of(repair):
        summary = Text(
            fr=f"Après la réparation, {unit} est arrêté sur {host}.",
            en=f"After the repair, {unit} is stopped on {host}.",
        )
        script = f"systemctl is-active --quiet {unit} || exit {NOT_HERE}\nsystemctl stop {unit}"
        yield repaired_then(repair, "stopped-unit", host, script, summary, f"{host} {unit}")


def units_of(repair: PlayedRepair) -> tuple[tuple[str, str], ...]:
    """Return the units that a repair starts, reloads or enables, each with its host."""
    found = []
    for step in repair.solution.steps:
        if step.shell is not None:
            for options, names in _UNITS.findall(step.shell.script):
                if "--help" not in options:
                    found += [(step.shell.host, name) for name in names.split()]
    return tuple(dict.fromkeys(found))


def _is_one_of_several(lines: Sequence[str], number: int) -> bool:
    """Return whether a line does what the one above or below does to something else; no part of a longer command."""
    words = lines[number].split()
    if len(words) <= 1 or _JOINED.search(lines[number]) or _LOOKS.match(lines[number]):
        return False
    beside = [lines[n] for n in (number - 1, number + 1) if 0 <= n < len(lines)]
    return any(one.split()[:1] == words[:1] and not _JOINED.search(one) for one in beside)


def _rewritten(repair: PlayedRepair, operator: str, summary: Text, rewrite: Callable[[str], str]) -> Iterator[Mutant]:
    """Yield a repair of which each line was rewritten; nothing where none is another one then."""
    steps = tuple(_step_rewritten(step, rewrite) for step in repair.solution.steps)
    if steps != repair.solution.steps:
        yield Mutant(operator, "", repair.solution.name, summary, steps)


def _typing(step: Step, script: str) -> Step:
    """Return a step that types other lines."""
    shell = None if step.shell is None else step.shell.model_copy(update={"script": script})
    return step.model_copy(update={"shell": shell})


def _step_rewritten(step: Step, rewrite: Callable[[str], str]) -> Step:
    if step.shell is not None:
        return _typing(step, "\n".join(map(rewrite, step.shell.script.split("\n"))))
    if step.file is not None:
        content = "\n".join(map(rewrite, step.file.content.split("\n")))
        return step.model_copy(update={"file": step.file.model_copy(update={"content": content})})
    return step
