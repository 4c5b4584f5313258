"""A mail server's state: what moves is no change; what people had is there still, and closed to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from orchestrator.fabric.fabric_interface import StateChange
from orchestrator.sound_state.mail_state import MailState

FOLDERS = {".": "0700", "./ann": "0750", "./ann/Maildir": "0750", "./ann/Maildir/cur": "0750", "./bob": "0750"}
FIRST, SECOND = "1" * 32, "2" * 32
MINE = "./ann/Maildir/cur/1.x:2,S"
SEEN = f"{FIRST}  {MINE}"


def told(
    *messages: str,
    modes: Mapping[str, str] | None = None,
    owners: Mapping[str, str] | None = None,
    subjects: Mapping[str, str] | None = None,
    queue: tuple[str, str] = ("0", ""),
) -> Mapping[str, Mapping[str, str]]:
    """Return the state that a script's output comes to."""
    paths = [message.partition("  ")[2] for message in messages]
    rights = {**dict.fromkeys(paths, "0640"), **FOLDERS, **(modes or {})}
    entries = [
        f"{'f' if path in paths or path.endswith('.rc') else 'd'} {mode[1:]} {(owners or {}).get(path, 'vmail:vmail')} "
        f"{path}"
        for path, mode in rights.items()
    ]
    named = [part for path, said in (subjects or {}).items() for part in (path, f"Subject: {said}")]
    output = "\0".join([*entries, *messages, *named, f"held {queue[0]}", queue[1]])
    asked: list[tuple[Sequence[str], bytes]] = []

    def run(argv: Sequence[str], stdin: bytes) -> str:
        asked.append((argv, stdin))
        return output

    state = MailState().look(run)
    assert [argv[:2] for argv, _ in asked] == [("sh", "-c")]
    return state


def thought(mailbox: str, field: str, before: str | None, now: str | None) -> tuple[str, str]:
    found = MailState().think(StateChange("mail1", "mail", mailbox, field, before, now))
    return found.standing, found.sentence.en


def test_mailboxes_messages_and_queue_are_told() -> None:
    state = told(SEEN, f"{SECOND}  ./bob/new/2", subjects={MINE: " The  stairs "}, queue=("2", "1\n3\n"))
    assert state == {
        "queue": {"held": "2", "removed": "4"},
        "mailbox ann": {"owners": "vmail:vmail", "open": "no", "messages": f"{FIRST} The stairs"},
        "mailbox bob": {"owners": "vmail:vmail", "open": "no", "messages": SECOND},
    }


@pytest.mark.parametrize(
    "messages",
    [
        (f"{FIRST}  ./ann/Maildir/cur/1.x:2,RS",),
        (f"{FIRST}  ./ann/Maildir/.Archive/new/7",),
        (f"{FIRST}  ./ann/Maildir/new/1.x", SEEN),
        (SEEN, SEEN),
    ],
)
def test_a_message_that_is_filed_or_read_is_the_same(messages: tuple[str, ...]) -> None:
    assert told(*messages)["mailbox ann"]["messages"] == FIRST


@pytest.mark.parametrize(
    ("modes", "opened"),
    [
        ({}, "no"),
        ({"./ann/Maildir/tmp": "0755"}, "no"),
        ({".": "0711", "./ann": "0755"}, "yes"),
        ({".": "0711", "./ann": "0751", "./ann/Maildir": "0751", "./ann/Maildir/cur": "0751", MINE: "0644"}, "yes"),
        ({".": "0711", "./ann": "0751", "./ann/Maildir": "0751", "./ann/Maildir/cur": "0751", MINE: "0640"}, "no"),
        ({".": "0711", "./ann": "0751", "./ann/x.rc": "0644"}, "no"),
        ({".": "0711", "./ann": "0750", "./ann/Maildir": "0777"}, "no"),
    ],
)
def test_a_mailbox_is_open_where_others_reach_what_they_may_read(modes: dict[str, str], opened: str) -> None:
    assert told(SEEN, modes=modes)["mailbox ann"]["open"] == opened


def test_files_beside_the_mailboxes_are_none() -> None:
    assert set(told(modes={"./.rc": "0644"})) == {"queue", "mailbox ann", "mailbox bob"}


def test_whoever_owns_a_part_is_told() -> None:
    state = told(SEEN, owners={MINE: "root:root"})
    assert state["mailbox ann"]["owners"] == "root:root\nvmail:vmail"


def test_without_mailboxes_the_queue_is_told() -> None:
    def run(_argv: Sequence[str], _stdin: bytes) -> str:
        return "held 0\0"

    assert MailState().look(run) == {"queue": {"held": "0", "removed": "0"}}


@pytest.mark.parametrize(
    ("mailbox", "field", "before", "now", "standing", "said"),
    [
        ("mailbox ann", "messages", "", FIRST, "harmless", ""),
        ("mailbox ann", "messages", FIRST, f"{FIRST} The stairs\n{SECOND}", "harmless", ""),
        ("mailbox ann", "messages", None, FIRST, "harmless", ""),
        ("mailbox ann", "open", None, "no", "harmless", ""),
        ("mailbox ann", "owners", None, "vmail:vmail", "harmless", ""),
        ("mailbox ann", "owners", "root:root\nvmail:vmail", "vmail:vmail", "harmless", ""),
        ("mailbox ann", "owners", "vmail:vmail", "root:root\nvmail:vmail", "unexplained", "Owners or permissions"),
        ("mailbox ann", "open", "no", "yes", "forbidden", "can be read by"),
        ("mailbox ann", "open", "yes", "no", "unexplained", "Owners or permissions"),
        ("mailbox ann", "messages", f"{FIRST} The stairs", SECOND, "forbidden", "are gone: 1 (The stairs)."),
        ("mailbox ann", "messages", FIRST, "", "forbidden", "are gone: 1."),
        ("mailbox ann", "messages", "\n".join(f"{n} s{n}" for n in "abcd"), None, "forbidden",
         "are gone: 4 (sa, sb, sc, …)."),
        ("queue", "held", "0", "2", "unexplained", "on hold in Postfix's queue: 2."),
        ("queue", "held", "2", "0", "harmless", ""),
        ("queue", "removed", "1", "4", "unexplained", "(postsuper -d): 3."),
        ("queue", "removed", "4", "0", "harmless", ""),
    ],
)  # fmt: skip
def test_what_is_thought_of_a_change(
    mailbox: str, field: str, before: str | None, now: str | None, standing: str, said: str
) -> None:
    found, sentence = thought(mailbox, field, before, now)
    assert found == standing
    assert said in sentence
