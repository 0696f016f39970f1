"""The terminals of the literal cases, as their configuration files hold them."""

from __future__ import annotations

from typing import Any

RSA_KEYS = {"file": "tapkern:params/capk/test.toml"}
SM2_KEYS = {"file": "tapkern:params/capk/test-sm2.toml"}


def _terminal(capabilities: list[str], kind: str) -> dict[str, Any]:
    return {
        "country": 156,
        "currency": "CNY",
        "exponent": 2,
        "type": kind,
        "capabilities": capabilities,
    }


def _combination(aid: str, ttq: str, **limits: int) -> dict[str, Any]:
    return {
        "aid": aid,
        "kernel": 7,
        "profile": "uics-2018",
        "version": "0030",
        "partial_match": True,
        "ttq": ttq,
        **limits,
    }


DEBIT, CREDIT = "A000000333010101", "A000000333010102"
_SHOP = {"floor_limit": 20000, "transaction_limit": 500000, "cvm_limit": 30000, "ec_limit": 100000}
_COUNTER = _terminal(["contact_chip", "enciphered_online_pin", "signature", "no_cvm", "dda"], "22")

TERMINALS: dict[str, dict[str, Any]] = {
    # A counter terminal: contact chip, online PIN, signature, CDCVM, fDDA 01. Floor limit 200.00,
    # CVM limit 300.00, transaction limit 5000.00.
    "retail": {
        "terminal": _COUNTER,
        "combination": [_combination(aid, "36004080", **_SHOP) for aid in (DEBIT, CREDIT)],
        "ca_key": [RSA_KEYS],
    },
    # The same with SM2 keys besides.
    "retail-sm": {
        "terminal": _COUNTER,
        "combination": [_combination(aid, "36004080", **_SHOP) for aid in (DEBIT, CREDIT)],
        "ca_key": [RSA_KEYS, SM2_KEYS],
    },
    # A domestic terminal of 2013: no CDCVM.
    "p12": {
        "terminal": _COUNTER,
        "combination": [
            _combination(aid, "36000080", **_SHOP) | {"profile": "jrt0025-2013"}
            for aid in (DEBIT, CREDIT)
        ],
        "ca_key": [RSA_KEYS],
    },
    # A vending machine: offline only, no contact chip, no cardholder verification.
    "kiosk": {
        "terminal": _terminal(["no_cvm", "dda"], "26"),
        "combination": [
            _combination(
                DEBIT, "28000080", floor_limit=10000, transaction_limit=20000, ec_limit=20000
            )
        ],
        "ca_key": [RSA_KEYS],
    },
    # A gate: ODA for online authorisation for new cards, offline approvals of old ones.
    "gate": {
        "terminal": _terminal(["no_cvm", "dda"], "25"),
        "combination": [
            _combination(
                "A000000333", "20000080", floor_limit=5000, transaction_limit=5000, ec_limit=5000
            )
            | {"ttq_oda": "21800080", "ttq_old": "20000080"}
        ],
        "ca_key": [RSA_KEYS],
    },
}
