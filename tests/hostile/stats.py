"""What a run has to have reached, so that what it did not find means something."""

from __future__ import annotations

from typing import Any

from tapkern._numbers import StepKind

STATUS = {
    0x10: "approved", 0x20: "declined", 0x30: "online request", 0x40: "end application",
    0x50: "select next", 0x60: "another interface", 0x70: "try again",
}  # fmt: skip
WANTED = (
    "approved", "approved offline", "declined", "online request", "end application",
    "another interface", "approved by the host", "declined by the host", "authenticated",
    "authentication failed", "a record was kept", "torn at the last record", "recovered",
    "perhaps paid", "re-tap with a record", "listed", "judged by the oracle",
    "too many commands", "too much data",
)  # fmt: skip


def situations(seat: Any) -> set[str]:
    """What the end of a tap shows."""
    told = seat.kernel.outcome()
    reason = seat.reached[-1]
    found = {STATUS[told[2]]}
    if reason == "approved_offline":
        found.add("approved offline")
    words = {
        "host_approved": "approved by the host", "host_declined": "declined by the host",
        "recovered": "recovered", "exception_file": "listed", "deferred": "deferred",
        "too_many_commands": "too many commands", "too_much_data": "too much data",
    }  # fmt: skip
    if reason in words:
        found.add(words[reason])
    found |= {"authentication failed"} if told[12] == 1 else set()
    found |= {"authenticated"} if told[12] == 2 else set()
    found |= {"perhaps paid"} if told[14] else set()
    if any(c.gave[0] == StepKind.STORE and c.gave[1] for c in seat.calls):
        found.add("a record was kept")
    return found
