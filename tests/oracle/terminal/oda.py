"""fDDA through tests.oracle.chain: 30 section 10, files 50 and 60."""

from __future__ import annotations

from typing import Any

from tests.oracle import chain
from tests.oracle.dataset import SWITCHES
from tests.oracle.terminal.session import Session

CARD = ["82", "8F", "90", "92", "9F32", "9F46", "9F47", "9F48", "9F4A", "9F4B", "9F69", "9F08"]
CARD += ["5A", "57", "9F36"]


def perform(session: Session) -> bool:
    """Sets oda, oda_rule and 9F4C; true when the card is authenticated."""
    verdict = chain.verify(_data_set(session))
    rule = verdict.failed_rule
    if session.static_bad and (rule is None or rule[0] != "F"):
        rule = "ODA-021"  # FDA-001: the rules of the version come first
    session.oda, session.oda_rule = ("failed", rule) if rule else ("successful", None)
    if rule is None:
        session.number = verdict.number  # FD-010
    return rule is None


def _data_set(session: Session) -> dict[str, Any]:
    index = session.card.get("8F", b"\x00")
    missing = {"index": f"{index[0] ^ 0xFF:02X}", "algorithm": "rsa", "modulus": "", "exponent": ""}
    # CK-008: a key that is not there is one of another index.
    key = session.configuration.keys.get((session.rid, index[0]), missing)
    card = {tag: session.card[tag].hex() for tag in CARD if tag in session.card}
    if session.ctq is not None:
        card["9F6C"] = session.ctq.hex()
    sent = session.transaction.values()
    return {
        "method": "fdda",
        "rid": session.rid.hex(),
        "ca_key": key,
        "card": card | {"9F38": session.fci["9F38"].hex()},
        "static_data": session.static.hex(),
        "terminal": {tag: sent[tag].hex() for tag in ("9F37", "9F02", "5F2A")}
        | {"9F66": session.candidate.ttq.hex(), "DF60": "00"},
        "date": session.transaction.date,
        "revoked": [entry.hex() for entry in session.configuration.revoked],
        "options": {name: session.on(name) for name in SWITCHES},
    }
