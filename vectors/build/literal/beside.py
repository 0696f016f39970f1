"""Settings that the digest makes no matter of in a row, so that rows alike meet different terminals.

A suite in which many cases take the very same way through a kernel proves little for its length:
rows that would take one way have a setting of their own here. None of them changes what a row
expects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vectors.build.documents import merged
from vectors.build.literal.beside_of import OF
from vectors.build.literal.row import Row

Setting = Mapping[str, Mapping[str, Any]]

THIRD = {"aid": "A000000333010103", "ttq": "36004080", "floor_limit": 20000}

SETTINGS: dict[str, Setting] = {
    # No limit where the amount is below it (QP-011).
    "no-cvm-limit": {"combo": {"cvm_limit": None}},
    "no-transaction-limit": {"combo": {"transaction_limit": None}},
    # The other floor limit of the same height (EP-016).
    "terminal-floor": {"combo": {"floor_limit": None, "terminal_floor_limit": 20000}},
    # Amounts other than one unit and 0 (EP-012, EP-013).
    "status-check": {"combo": {"status_check": True}},
    "no-zero": {"combo": {"zero_amount": False}},
    # ADF names that are equal, directories without 9F29 (EP-050, EP-063).
    "exact": {"combo": {"partial_match": False}},
    "extended-selection": {"combo": {"extended_selection": True}},
    # An application that the card does not have.
    "third": {"more": THIRD},
    # Lists of other cards and certificates (QP-095, CK-020).
    "listed-other": {"config": {"exception": [{"pan": "6200000000000009993"}]}},
    "listed-psn": {"config": {"exception": [{"pan": "6200000000000009993", "psn": 3}]}},
    "asked": {"term": {"exception_lookup": True}, "around": {"listed": []}},
    "revoked-other": {
        "config": {"revoked": [{"rid": "A000000333", "index": "E2", "serial": "0BAD77"}]}
    },
    # Checks that such a card passes (FD-010, DDA-004, QP-094, CK-005).
    "check-atc": {"switches": {"fd.check_atc": True}},
    "strict-number": {"switches": {"fda.idn_strict": True}},
    "check-effective": {"switches": {"qp.check_effective": True}},
    "ignore-expiry": {"switches": {"ck.ignore_expiry": True}},
    # Other cards in the field before the one that stays (EP-032).
    "two-cards": {"around": {"detections": ["collision", "card"]}},
    "two-cards-twice": {"around": {"detections": ["collision", "collision", "card"]}},
    "two-cards-thrice": {"around": {"detections": ["collision"] * 3 + ["card"]}},
    # Other status words than 6984, 6985 and 6986 mean the same to every policy (QP-055).
    "policy-p12": {"switches": {"qp.gpo_sw_policy": "p12"}},
    "policy-k3": {"switches": {"qp.gpo_sw_policy": "k3style"}},
    # What a card may send as well or leave out (30 section 6).
    "type-told": {"app": {"cid_in_gpo": True}},
    "no-psn": {"app": {"psn_in_gpo": False}},
    "product": {"app": {"product": "00112233445566778899AABBCCDDEEFF"}},
}


def varied(row: Row) -> Row:
    """The row with its settings."""
    for name in OF.get(row.id, ()):
        row = _with(row, SETTINGS[name])
    return row


def _with(row: Row, setting: Setting) -> Row:
    changes = {
        name: merged(getattr(row, name), setting[name])
        for name in ("combo", "switches", "term", "config", "around", "app")
        if name in setting
    }
    if "more" in setting:
        changes["more"] = (*row.more, setting["more"])
    return replace(row, **changes)
