"""What an OpenVPN configuration says, read as OpenVPN 2.6 reads it (``parse_line`` and what calls it, options.c).

Words are parted by blanks; ``'…'`` and ``"…"`` hold words with blanks; outside ``'…'`` a backslash keeps the quote,
backslash or blank behind it; where a word would begin, ``#`` and ``;`` begin a comment. ``<cert>`` begins a text that
stands in place of a file, up to the line ``</cert>``. ``config`` reads another file, and relative names are looked for
where the last ``cd`` went.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from grader.bilingual import reason
from grader.lines import BLANKS, lines_in

if TYPE_CHECKING:
    import testinfra.host
    import testinfra.modules.file

_MOST_LEVELS: Final = 10
"""How deep files may include one another."""
_SAME: Final = {"ncp-ciphers": "data-ciphers"}
"""Older names of options."""


@dataclass(frozen=True)
class _Option:
    words: tuple[str, ...]
    file: str
    inline: bool = False


@dataclass
class OpenvpnOptions:
    """The options of a configuration; where one may be given once, the last counts."""

    host: testinfra.host.Host
    file: str
    folder: str
    options: dict[str, list[_Option]] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        """Return whether an option is given."""
        return name in self.options

    def get(self, name: str, default: str = "") -> str:
        """Return an option's first argument, empty where it has none; the default where the option is not given."""
        return next(iter(self.options[name][-1].words), "") if name in self.options else default

    def every(self, name: str) -> list[tuple[str, ...]]:
        """Return the arguments of an option each time that it is given."""
        return [option.words for option in self.options.get(name, ())]

    def content(self, name: str) -> bytes:
        """Return what the file says that an option names, or the text that stands in its place.

        Raises:
            AssertionError: the option or the file is missing.
        """
        option = self._named(name)
        if option.inline:
            return option.words[0].encode()
        return cast("bytes", _file(self.host, self.holder(name)).content)

    def holder(self, name: str) -> str:
        """Return the path of the file that holds what an option names: the configuration's own for a text within it.

        Raises:
            AssertionError: the option is missing.
        """
        option = self._named(name)
        return option.file if option.inline else posixpath.join(self.folder, option.words[0])

    def _named(self, name: str) -> _Option:
        option = self.options.get(name, [_Option((), self.file)])[-1]
        if not option.words or not option.words[0]:
            raise AssertionError(
                reason(
                    fr=f"dans {self.file}, l'option « {name} » manque, ou ne nomme rien",
                    en=f'in {self.file} the option "{name}" is missing, or names nothing',
                )
            )
        return option


def openvpn_options(host: testinfra.host.Host, path: str) -> OpenvpnOptions:
    """Return the options of an OpenVPN configuration, for a service that works in the configuration's folder.

    Args:
        host: the host, as ``lab.host(...)`` gives it; its files are read from outside.
        path: the configuration's path.

    Raises:
        AssertionError: a file is missing, or OpenVPN would refuse a line.
    """
    found = OpenvpnOptions(host, path, posixpath.dirname(path))
    _read_file(found, path, 1)
    return found


def _read_file(found: OpenvpnOptions, path: str, level: int) -> None:
    if level > _MOST_LEVELS:
        raise _refused(path, 1, reason(fr="trop de fichiers imbriqués", en="files include one another too deeply"))
    text = _file(found.host, path).content_string.removeprefix("\ufeff")
    _read_lines(found, enumerate(lines_in(text), 1), path, level)


def _read_lines(found: OpenvpnOptions, lines: Iterator[tuple[int, str]], path: str, level: int) -> None:
    for number, line in lines:
        name, *words = _words(line, path, number) or [""]
        if len(name) > 2:  # noqa: PLR2004 (the dashes)
            name = name.removeprefix("--")
        if (name, *words[:1]) == ("setenv", "opt") and len(words) > 1:
            _, name, *words = words
        match name, words:
            case "", _:
                continue
            case "config", [other]:
                _read_file(found, posixpath.join(found.folder, other), level + 1)
            case "<connection>", []:
                _read_lines(found, iter([*_block(lines, name, path, number)]), path, level)
            case _ if name[0] == "<" and name[-1] == ">" and not words:
                text = "".join(f"{inner}\n" for _, inner in _block(lines, name, path, number))
                found.options.setdefault(name[1:-1], []).append(_Option((text,), path, inline=True))
            case _:
                if name == "cd" and words:
                    found.folder = posixpath.normpath(posixpath.join(found.folder, words[0]))
                found.options.setdefault(_SAME.get(name, name), []).append(_Option(tuple(words), path))


def _block(lines: Iterator[tuple[int, str]], tag: str, path: str, start: int) -> Iterator[tuple[int, str]]:
    """Yield the lines up to a tag's end."""
    for number, line in lines:
        if line.lstrip(BLANKS).startswith(f"</{tag[1:]}"):
            return
        yield number, line
    raise _refused(path, start, reason(fr=f"{tag} n'est pas refermé", en=f"{tag} is not closed"))


def _words(line: str, path: str, number: int) -> list[str]:
    """Return the words of a line, without its comment."""
    words, word, within, kept = [], "", "", False  # within a word, or a quote
    for sign in f"{line}\n\0":
        if sign == "\\" and not kept and within != "'":
            kept = True
            continue
        blank = sign in f"{BLANKS}\0"
        taken = ended = False
        if not within:
            if sign in "#;":
                break
            taken = not blank and (kept or sign not in "\"'")
            within = "" if blank else "word" if taken else sign
        else:
            ended = sign == within or (within == "word" and blank)
            ended = ended and not kept
            taken = not ended
        if taken and kept and sign not in f'\\"{BLANKS}\0':
            raise _refused(path, number, reason(fr=f"« \\{sign} » n'a pas de sens", en=f'"\\{sign}" has no meaning'))
        word += sign if taken else ""
        if ended:
            words.append(word)
            word = within = ""
        kept = False
    if within:
        raise _refused(path, number, reason(fr="un guillemet n'est pas refermé", en="a quote is not closed"))
    return words


def _refused(path: str, number: int, what: str) -> AssertionError:
    return AssertionError(
        reason(fr=f"OpenVPN refuse la ligne {number} de {path} : {what}", en=f"OpenVPN refuses {path}:{number}: {what}")
    )


def _file(host: testinfra.host.Host, path: str) -> testinfra.modules.file.File:
    return cast("testinfra.modules.file.File", host.file(path))  # type: ignore[call-arg]  # found when it is asked
