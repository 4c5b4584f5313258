"""What the checks of a lab or a scenario may say: their roles, and what check files get from ``grader``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

Role = Literal["symptom", "guard", "objective"]
"""What a check stands for: the trouble is gone, nothing else was harmed, the task is done."""

ROLES: Final[tuple[Role, ...]] = get_args(Role)

OFFERED: Final = (
    "Allowed",
    "Article",
    "CheckMistakeError",
    "Conversation",
    "DeskSnapshot",
    "Firewall",
    "FoundMail",
    "HiddenFile",
    "Link",
    "Mailbox",
    "Message",
    "NtpAnswer",
    "ObservationError",
    "RequestTracker",
    "ServiceDesk",
    "Ticket",
    "account_names",
    "ask_ntp",
    "ask_postgresql",
    "authorized_keys",
    "certificate_key_ids",
    "check",
    "chrony_directives",
    "chrony_serves",
    "concurrently",
    "directory_rights_gained",
    "eventually",
    "find_mail",
    "ifupdown_interfaces",
    "ifupdown_methods",
    "ifupdown_stanzas",
    "ldap_entries",
    "ldap_values",
    "lines_in",
    "message_ids",
    "names_by_hand",
    "open_webmail",
    "openvpn_options",
    "password_policy_weaknesses",
    "plain_name",
    "play_cron",
    "policy_differences",
    "read_in_webmail",
    "reason",
    "rrsync_command",
    "ruleset_differences",
    "same_name",
    "scaled_timeout",
    "send_by_webmail",
    "send_mail",
    "undelivered",
    "webmail_contacts",
)
"""The names that a check file may import from ``grader``."""

KEYWORDS: Final = (
    "role", "points", "competence", "fr", "en", "host", "timeout", "because", "lock", "before_fr", "before_en",
)  # fmt: skip
"""What ``@check`` takes, by name."""

TOOLS: Final = "lab_tools"
"""The module of a lab, ``labs/<lab>/checks/lab_tools.py``, that its checks and its scenarios' checks may import."""

Asked = Literal["host", "segment", "value", "persona"]
"""What a check asks of a lab by its name."""

LAB_FIXTURE: Final[Mapping[str, Mapping[str, Asked]]] = {
    "values": {},
    "domain": {},
    "host": {"name": "host"},
    "listener": {"host": "host"},
    "not_kept": {"host": "host"},
    "connected": {"host": "host"},
    "altered": {"host": "host"},
    "login": {"segment": "segment", "host": "host"},
    "client": {"name": "host"},
    "probe": {"segment": "segment"},
    "workspace": {"host": "host"},
    "device": {"name": "host"},
    "address": {"host": "host"},
    "conversation": {"persona": "persona"},
    "wait": {},
}
"""What the fixture ``lab`` has, and which of a method's first parameters name a host or a segment of the lab, or a
persona of the scenario."""
