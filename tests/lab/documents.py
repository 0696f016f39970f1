"""A small suite of each kind, as documents that tests may change."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

from tapkern.issuer.authority import ca_toml

Document = dict[str, Any]

KEYS = tomllib.loads(ca_toml())["ca_key"]

SUITE: Document = {
    "format": "tapkern-suite/1",
    "suite": "small",
    "version": "1.0.0",
    "title": {"en": "Small", "zh": "小"},
    "licence": "Apache-2.0",
    "made_by": "hand",
    "seed": 1,
    "flags": {},
    "groups": {"JYJG": {"en": "Outcomes", "zh": "交易结果"}},
    "terminals": {
        "retail": {
            "configuration": {
                "terminal": {"country": 156, "currency": 156, "capabilities": "E0F8C8"},
                "combination": [
                    {
                        "aid": "A0000003330101",
                        "ttq": ["emv_mode", "online_pin", "signature", "fdda_01"],
                        "floor_limit": "200.00",
                        "transaction_limit": "1000.00",
                        "cvm_limit": "100.00",
                    }
                ],
                "ca_key": KEYS,
            }
        }
    },
    "cards": {"debit": {"personalisation": {"base": "debit"}}},
    "hosts": {"approves": {"answer": "00"}, "silent": {"answer": ""}},
    "cases": [
        {
            "id": "QP-JYJG-0001",
            "title": {"en": "A purse pays offline", "zh": "电子现金脱机消费"},
            "requirements": ["QP-120"],
            "source": "digest",
            "terminal": "retail",
            "card": "debit",
            "surroundings": {"store": "kept"},
            "taps": [{"transaction": {"amount": 1250}}],
            "expect": [
                {"id": "1", "field": "outcome", "is": "approved"},
                {"id": "2", "field": "reason", "is": "approved_offline"},
                {"id": "3", "field": "rule", "is": "QP-120"},
                {"id": "4", "no_apdu": "80AE*"},
                {"id": "5", "in": "field55", "tag": "9F02", "is": "000000001250"},
            ],
        }
    ],
}

PRIMITIVES: Document = {
    "format": "tapkern-primitives/1",
    "suite": "small-sm2",
    "version": "1.0.0",
    "title": {"en": "SM2", "zh": "SM2"},
    "licence": "Apache-2.0",
    "made_by": "hand",
    "operation": "sm2_verify",
    "flags": {},
    "groups": {"GMYS": {"en": "SM algorithms", "zh": "国密运算"}},
    "cases": [
        {
            "id": "SM-GMYS-0001",
            "title": {"en": "A signature of zeros", "zh": "全零签名"},
            "requirements": ["SM-020"],
            "source": "digest",
            "input": {"point": "00" * 64, "message": "00", "signature": "00" * 64},
            "result": "invalid",
        }
    ],
}


def suite() -> Document:
    """A suite of one case, that of a card which pays offline."""
    return copy.deepcopy(SUITE)


def primitives() -> Document:
    """A suite of one operation."""
    return copy.deepcopy(PRIMITIVES)
