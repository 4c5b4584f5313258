"""Grades an instance: checks are pytest-testinfra functions that run outside the trainee's reach.

A check file imports what is listed here, and nothing else of the program::

    from grader import check, eventually, reason

These modules import no more than they need: the command line imports this package as well.
"""

from grader.accounts import account_names
from grader.authorized_keys import authorized_keys, rrsync_command
from grader.bilingual import reason
from grader.certificates import certificate_key_ids
from grader.chrony import chrony_directives, chrony_serves
from grader.concurrency import concurrently
from grader.conversation import Conversation
from grader.cron import play_cron
from grader.directory import directory_rights_gained, ldap_entries, ldap_values, password_policy_weaknesses
from grader.errors import CheckMistakeError, ObservationError
from grader.firewall_place import Firewall
from grader.ifupdown import ifupdown_interfaces, ifupdown_methods, ifupdown_stanzas
from grader.inputs import HiddenFile
from grader.lines import lines_in
from grader.load import scaled_timeout
from grader.mail import (
    FoundMail,
    Mailbox,
    find_mail,
    message_ids,
    open_webmail,
    read_in_webmail,
    send_by_webmail,
    send_mail,
    undelivered,
    webmail_contacts,
)
from grader.marks import check
from grader.names import names_by_hand, plain_name, same_name
from grader.nftables import ruleset_differences
from grader.ntp import NtpAnswer, ask_ntp
from grader.openvpn import openvpn_options
from grader.packet_policy import Allowed, policy_differences
from grader.polling import eventually
from grader.postgresql import ask_postgresql
from grader.request_tracker import RequestTracker
from grader.service_desk import Article, DeskSnapshot, Link, Message, ServiceDesk, Ticket

__all__ = [
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
]
