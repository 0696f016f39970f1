"""The transit gate: opens on an authenticated card, authorises later (76 sections 5 and 6).

The kernel decides about the card. Here are the things around it: lists of cards that are refused,
who the rider is, records that wait for the host, and the gate that opens only when one was kept.
Nothing here talks to a network.
"""

from tapkern.transit.denylist import DenyList, build
from tapkern.transit.gate import Gate, GateRules, Passage
from tapkern.transit.local import LocalDenyList
from tapkern.transit.record import FareRecord, record_of
from tapkern.transit.rider import card_hash, rider_identity
from tapkern.transit.store import FareStore, Kept

__all__ = [
    "DenyList",
    "FareRecord",
    "FareStore",
    "Gate",
    "GateRules",
    "Kept",
    "LocalDenyList",
    "Passage",
    "build",
    "card_hash",
    "record_of",
    "rider_identity",
]
