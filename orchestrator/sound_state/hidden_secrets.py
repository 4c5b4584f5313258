"""Secrets that somebody makes up while repairing, in what a report shows of files: who reads it need not know them.

A candidate may well write a password there that opens something else. Those of the lab itself are shown: whether the
right one stands in a file is what a reader may want to see.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from grader.report import Difference
from orchestrator.sound_state import file_state

HIDDEN: Final = "(a secret)"
"""What is shown in place of one."""
_SETTING: Final = re.compile(
    r"""(?P<name>\b[\w.-]*(?:password|passwd|passphrase|passwort|motdepasse|mot_de_passe|_pass|_pwd|secret|token|authtok
    |bindpw)\d*["']?[ \t]*(?:=>?|(?<!\bpasswd)(?<!NOPASSWD):)[ \t]*)
    (?P<value>(?P<quote>["']?)(?![ \t]*(?:\$|/|[a-z]+:/|<any>))[^\s"'][^\n"']*(?P=quote))""",
    re.IGNORECASE | re.VERBOSE,
)
"""A setting whose name says that its value is one; no path, no table of them and nothing that is worked out."""
_PLAIN: Final = re.compile(r"(?:yes|no|on|off|true|false|none|\d{1,3})[;,]?", re.IGNORECASE)
"""A value of a setting that only has such a name: whether passwords are kept, how long they are."""
_ADDRESS: Final = re.compile(r"(?P<name>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)(?P<value>[^\s/@]+)(?=@)")
"""The password of an address that holds one (RFC 3986, 3.2.1)."""
_LOGINS: Final = re.compile(r".*/(?:\.pgpass|\.netrc|\.git-credentials|\.my\.cnf|[^/]*(?:sasl_passw|credentials)[^/]*)")
"""Files of logins, of which no line tells what is a secret."""


def without_secrets(difference: Difference, known: Collection[str] = ()) -> Difference:
    """Return a difference as a report may show it.

    Args:
        difference: what was seen.
        known: values that are no secret: what the variant has drawn.
    """
    if difference.provider != file_state.NAME:
        return difference
    before, now = (_shown(difference, text, known) for text in (difference.before, difference.now))
    return replace(difference, before=before, now=now)


def _shown(difference: Difference, text: str | None, known: Collection[str]) -> str | None:
    if text is None or difference.field not in {"content", "presence"}:
        return text
    if _LOGINS.fullmatch(difference.object):
        head, _, said = text.partition("\n") if difference.field == "presence" else ("", "", text)
        return "\n".join(filter(None, (head, HIDDEN if said else "")))

    def hidden(found: re.Match[str]) -> str:
        value = found["value"]
        word = value.strip("\"' \t;,")
        return found[0] if word in known or _PLAIN.fullmatch(word) else f"{found['name']}{HIDDEN}"

    return _ADDRESS.sub(hidden, _SETTING.sub(hidden, text))
