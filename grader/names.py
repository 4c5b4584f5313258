"""Names of hosts as resolvers compare them, and what a host believes of a name without asking DNS."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from grader.bilingual import reason
from grader.lines import lines_in, words_in

if TYPE_CHECKING:
    import testinfra.host

    from grader.testinfra_modules.file import File

_HOSTS, _SOURCES = "/etc/hosts", "/etc/nsswitch.conf"
_KNOWN = frozenset({"files", "dns", "myhostname"})
"""Where names of hosts come from: that file, DNS, and a module that knows the host's own name alone."""


def plain_name(name: str) -> str:
    """Return a name as it is compared: in small letters, without the final dot."""
    return name.lower().removesuffix(".")


def same_name(one: str, other: str) -> bool:
    """Return whether two names are one for a resolver: neither capitals nor a final dot count."""
    return plain_name(one) == plain_name(other)


def names_by_hand(host: testinfra.host.Host, *names: str) -> str:
    """Return in words (``reason``) how a host knows one of some names without DNS, or an empty text.

    That is a line of ``/etc/hosts``, or another source of names in ``/etc/nsswitch.conf``; ``/etc/host.conf`` adds
    none.

    Args:
        host: the host, as ``lab.host(...)`` gives it; its files are read from outside.
        names: the names; one without a dot stands for itself in any domain.
    """
    wanted = {plain_name(name) for name in names}
    for line in _lines(host, _HOSTS):
        own = {plain_name(name) for name in words_in(line)[1:]}
        if wanted & (own | {name.partition(".")[0] for name in own}):
            shown = " ".join(words_in(line))
            return reason(fr=f"{_HOSTS} dit « {shown} »", en=f'{_HOSTS} says "{shown}"')
    for line in () if _file(host, _SOURCES).is_the_images else _lines(host, _SOURCES):
        database, _, sources = line.partition(":")
        others = [word for word in words_in(_without_actions(sources)) if word not in _KNOWN]
        if database.strip() == "hosts" and others:
            listed = " ".join(others)
            return reason(
                fr=f"d'après {_SOURCES}, les noms viennent aussi de {listed}",
                en=f"by {_SOURCES}, names come from {listed} as well",
            )
    return ""


def _without_actions(sources: str) -> str:
    """Return the sources without what follows an answer of theirs, such as ``[NOTFOUND=return]``."""
    return " ".join(part.rpartition("]")[2] for part in sources.split("["))


def _lines(host: testinfra.host.Host, path: str) -> list[str]:
    """Return the lines of a file that may not be there, without comments."""
    file = _file(host, path)
    return [line.partition("#")[0] for line in lines_in(file.content_string)] if file.exists else []


def _file(host: testinfra.host.Host, path: str) -> File:
    return cast("File", host.file(path))  # type: ignore[call-arg]  # testinfra finds the module when it is asked
