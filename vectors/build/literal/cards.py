"""Cards of the literal cases that are no ready cards, as card files."""

from __future__ import annotations

from typing import Any

_CREDIT = {
    "aid": "A000000333010102",
    "label": "UnionPay Credit",
    "priority": 2,
    "pan": "6200000000000007013",
    "expiry": "2049-12-31",
    "ctq": "0000",
    "cap": "1800F000",
}
_DEBIT = {
    "aid": "A000000333010101",
    "label": "UnionPay Debit",
    "priority": 1,
    "pan": "6200000000000007021",
    "expiry": "2049-12-31",
    "ctq": "0000",
    "cap": "9900F000",
    "cvm_limit": 30000,
    "idd": 1,
    "purse": {"balance": 20000, "limit": 100000, "single": 50000, "reset": 1000},
}


def _without(card: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in card.items() if name not in names}


CARDS: dict[str, dict[str, Any]] = {
    # Credit stands first in the directory, debit has the higher priority.
    "two": {"title": "Credit first, debit preferred", "application": [_CREDIT, _DEBIT]},
    "two-equal": {
        "title": "Credit first, equal priorities",
        "application": [_CREDIT | {"priority": 3}, _DEBIT | {"priority": 3}],
    },
    "two-lowest": {
        "title": "Credit first, debit of priority 15",
        "application": [_CREDIT, _DEBIT | {"priority": 15}],
    },
    "two-unnamed": {
        "title": "Credit first without a priority, debit of priority 15",
        "application": [_without(_CREDIT, "priority"), _DEBIT | {"priority": 15}],
    },
    "two-without": {
        "title": "Credit first, no priorities at all",
        "application": [_without(_CREDIT, "priority"), _without(_DEBIT, "priority")],
    },
    "foreign": {
        "title": "Another scheme alone",
        "application": [
            {"foreign": True, "aid": "A0000000031010", "label": "FOREIGN CREDIT", "priority": 1}
        ],
    },
    # The debit card with more money: 1000.00, at most 1000.00 at once.
    "rich": {
        "base": "debit",
        "title": "Debit card with 1000.00",
        "application": [
            {
                "pan": "6200000000000007039",
                "purse": {"balance": 100000, "single": 100000, "reset": 1000},
            }
        ],
    },
    "other": {
        "base": "debit",
        "title": "Somebody else's debit card",
        "application": [{"pan": "6200000000000007047"}],
    },
    # The transit card with SM2 keys besides.
    "sm-gate": {
        "base": "transit",
        "title": "Transit card with RSA and SM2",
        "application": [{"pan": "6200000000000007054", "sm": {"ca": "ca-sm2"}}],
    },
}
