"""The contract between labd and who calls it, whole: its parts, and every call by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.labd.account_contract import ACCOUNT_CALLS
from orchestrator.labd.appeal_contract import APPEAL_CALLS
from orchestrator.labd.calls import Call
from orchestrator.labd.catalogue_contract import CATALOGUE_CALLS
from orchestrator.labd.class_contract import CLASS_CALLS
from orchestrator.labd.command_contract import COMMAND_CALLS
from orchestrator.labd.day_contract import DAY_CALLS
from orchestrator.labd.day_screen_contract import DAY_SCREEN_CALLS
from orchestrator.labd.deliberation_contract import DELIBERATION_CALLS
from orchestrator.labd.evidence_contract import EVIDENCE_CALLS
from orchestrator.labd.help_contract import HELP_CALLS
from orchestrator.labd.lab_contract import LAB_CALLS
from orchestrator.labd.lab_work_contract import LAB_WORK_CALLS
from orchestrator.labd.path_contract import PATH_CALLS
from orchestrator.labd.plan_contract import PLAN_CALLS
from orchestrator.labd.privacy_contract import PRIVACY_CALLS
from orchestrator.labd.seat_contract import SEAT_CALLS
from orchestrator.labd.seat_talk_contract import SEAT_TALK_CALLS
from orchestrator.labd.seat_terminal_contract import SEAT_TERMINAL_CALLS
from orchestrator.labd.session_contract import SESSION_CALLS
from orchestrator.labd.sitting_contract import SITTING_CALLS
from orchestrator.labd.talk_contract import TALK_CALLS

PARTS: Mapping[str, tuple[Call[Any, Any], ...]] = {
    "people": ACCOUNT_CALLS,
    "the path": PATH_CALLS,
    "labs": LAB_CALLS,
    "work in a lab": LAB_WORK_CALLS,
    "talk": TALK_CALLS,
    "classes": CLASS_CALLS,
    "privacy and replay": PRIVACY_CALLS,
    "help": HELP_CALLS,
    "catalogue and proofs": CATALOGUE_CALLS,
    "jury sessions": (*SESSION_CALLS, *PLAN_CALLS, *DAY_CALLS, *DAY_SCREEN_CALLS),
    "candidates' seats": (*SEAT_CALLS, *SITTING_CALLS, *SEAT_TALK_CALLS, *SEAT_TERMINAL_CALLS),
    "a jury's deliberation": (*DELIBERATION_CALLS, *EVIDENCE_CALLS, *APPEAL_CALLS),
    "the command line": COMMAND_CALLS,
}
"""What a part is about -> its calls."""

BY_NAME: Mapping[str, Call[Any, Any]] = {call.name: call for part in PARTS.values() for call in part}
