"""What the keys of an ``authorized_keys`` open (sshd(8)), and to what ``rrsync`` restricts one (rrsync(1))."""

from __future__ import annotations

import argparse
import posixpath
import re
import shlex
from dataclasses import dataclass
from typing import Final, NoReturn

from grader.lines import lines_in

_NO_OPTIONS: Final = re.compile(r"(?:ssh|ecdsa|sk)-\S+[ \t]+AAAA")
_OPTIONS: Final = re.compile(r'(?:"(?:\\"|[^"])*+"|[^" \t])+')
_OPTION: Final = re.compile(r'(?P<name>[A-Za-z0-9-]+)(?:="(?P<value>(?:\\"|[^"])*+)")?(?:,|$)')
_BY_THE_SHELL: Final = re.compile(r"[$`\n;|&<>(){}*?\[\]~!]")
"""What would have the shell do more than run one program with the words that are written."""
_RRSYNC: Final = ("rrsync", "/bin/rrsync", "/usr/bin/rrsync")
_FLAGS: Final = ("-munge", "-absolute", "-no-del", "-no-lock", "-no-overwrite")


@dataclass(frozen=True)
class AuthorizedKey:
    """A key that opens an account.

    Attributes:
        command: the one command that it runs; None where it runs any, or where its options cannot be read.
        forwards_ports: whether it may open tunnels.
    """

    command: str | None
    forwards_ports: bool


@dataclass(frozen=True)
class RrsyncCommand:
    """What an rrsync command permits.

    Attributes:
        folder: the one folder that rsync reads and writes.
        options: its options by their full names, such as ``-no-lock``; ``-ro`` implies ``-no-del`` and ``-no-lock``.
    """

    folder: str
    options: frozenset[str]


def authorized_keys(text: str) -> list[AuthorizedKey]:
    """Return what each key of an ``authorized_keys`` file opens; options count in their order, as for sshd."""
    lines = (line.strip(" \t\r") for line in lines_in(text))
    return [_key(line) for line in lines if line and not line.startswith("#")]


def _key(line: str) -> AuthorizedKey:
    written = None if _NO_OPTIONS.match(line) else _OPTIONS.match(line)
    options, read, commands, forwards = written[0] if written else "", 0, [], True
    while read < len(options):
        option = _OPTION.match(options, read)
        if option is None:
            return AuthorizedKey(None, forwards_ports=True)
        read = option.end()
        match option["name"].lower():
            case "command":
                commands.append((option["value"] or "").replace('\\"', '"'))
            case "restrict" | "no-port-forwarding":
                forwards = False
            case "port-forwarding":
                forwards = True
    return AuthorizedKey(commands[0] if len(commands) == 1 else None, forwards)


def rrsync_command(command: str, home: str = "/root") -> RrsyncCommand | None:
    """Return what a forced command permits where it is nothing but rrsync with options that rrsync takes; else None.

    Args:
        command: the command, as the account's shell reads it.
        home: the account's home folder, where a relative folder begins.
    """
    try:
        words = [] if _BY_THE_SHELL.search(command) else shlex.split(command)
    except ValueError:  # a quote that is not closed
        return None
    words = words[: next((place for place, word in enumerate(words) if word.startswith("#")), None)]
    words = words[1:] if words[:1] == ["exec"] else words
    if not words or words[0] not in _RRSYNC:
        return None
    try:
        given = vars(_parser().parse_args(words[1:]))
    except ValueError:
        return None
    folder = posixpath.normpath(posixpath.join(home, given.pop("dir")))
    options = {f"-{name.replace('_', '-')}" for name, is_given in given.items() if is_given}
    if "-help" in options:
        return None
    return RrsyncCommand(f"/{folder.lstrip('/')}", frozenset(options | _implied(options)))


def _implied(options: set[str]) -> set[str]:
    return {"-no-del", "-no-lock"} if "-ro" in options else set()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise instead of ending the program."""
        raise ValueError(message)


def _parser() -> argparse.ArgumentParser:
    """Return rrsync's own parser, which takes options behind the folder and shortened ones as well."""
    parser = _Parser(add_help=False)
    direction = parser.add_mutually_exclusive_group()
    for name in ("-ro", "-wo"):
        direction.add_argument(name, action="store_true")
    for name in _FLAGS:
        parser.add_argument(name, action="store_true")
    parser.add_argument("-help", "-h", action="store_true")
    parser.add_argument("dir")
    return parser
