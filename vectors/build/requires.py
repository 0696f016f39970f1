"""What a terminal has to support for a case: the capabilities of an ICS file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vectors.build.documents import Document
from vectors.build.play import Played, PlayedTap

CVM = {"online_pin": (0, 0x04), "signature": (0, 0x02), "cdcvm": (2, 0x80)}
"""Bits of the TTQ (byte from 0, mask)."""


def requires(terminal: Document, taps: Sequence[Document], played: Played) -> list[str]:
    """Names in a fixed order; from the configuration, the transactions and what happened."""
    ours = [one for one in terminal["combination"] if _kernel(one) == 7]
    found = {f"profile.{one.get('profile', 'uics-2018')}" for one in ours}
    for one in ours:
        found |= _of_combination(one)
    if any(key.get("algorithm") == "sm2" for key in terminal.get("ca_key", ())):
        found.add("oda.sm2")
    for tap in played.taps:
        found |= _of_tap(tap)
    if terminal.get("exception") or terminal["terminal"].get("exception_lookup"):
        found.add("exception_file")
    if any(tap.get("recovers") for tap in taps):
        found.add("torn")
    for spec in taps:
        purpose = spec["transaction"].get("purpose", "payment")
        if purpose != "payment":
            found.add(purpose)
    return sorted(found)


def _kernel(combination: Document) -> int:
    kernel = combination.get("kernel", 7)
    return kernel if isinstance(kernel, int) else int(kernel[:2] or "0", 16)


def _of_combination(one: Document) -> set[str]:
    found = set()
    ttq = one.get("ttq", [])
    for name, (at, mask) in CVM.items():
        if name in ttq if isinstance(ttq, list) else bytes.fromhex(ttq)[at] & mask:
            found.add(f"cvm.{name}")
    switches: dict[str, Any] = one.get("switches", {})
    if switches.get("tt.recovery"):
        found.add("torn")
    if "ttq_oda" in one or "ttq_old" in one or switches.get("qp.deferred_auth"):
        found.add("transit")
    if one.get("extended_selection"):
        found.add("extended_selection")
    return found


def _of_tap(tap: PlayedTap) -> set[str]:
    found: set[str] = set()
    result = tap.result
    if not result:
        return found
    if result["oda"] != "not_performed":
        found.add("oda.sm2" if _sm(tap) else "oda.rsa")
    if result["status"] == "approved" and result["reason"] != "deferred":
        found.add("offline")
    return found


def _sm(tap: PlayedTap) -> bool:
    """9F10 byte 8 of the data record is 04 (SM-003)."""
    issuer = next((value for tag, value in tap.result["data_record"] if tag == "9F10"), "")
    return bool(issuer[14:16] == "04")
