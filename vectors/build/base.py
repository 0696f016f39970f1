"""Terminals, cards and hosts that the suites share; a suite names them and changes parts."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from tapkern.card import names
from tapkern.issuer.authority import ca_toml
from vectors.build.documents import Document, merged, plain

DATE, TIME, SEQUENCE = "261121", "101112", 7
UNPREDICTABLE = "2B29EBE45D0C77A1"
TTQ = ["emv_mode", "contact_chip", "online_pin", "signature", "cdcvm", "fdda_01"]
DEBIT, CREDIT = "A000000333010101", "A000000333010102"


NO_RECOVERY = {"tt.recovery": False}
"""Recovery needs a store; the cases that are about it ask for both."""


@cache
def ca_keys(algorithm: str = "") -> list[Document]:
    """The keys of the test authority, of one algorithm or all."""
    keys: list[Document] = tomllib.loads(ca_toml())["ca_key"]
    return [key for key in keys if algorithm in ("", key.get("algorithm", "rsa"))]


def combination(aid: str = "A000000333", **changes: Any) -> Document:
    """A [[combination]]: floor limit 200.00, CVM limit 300.00, transaction limit 5000.00.

    A change to None takes the key out.
    """
    found: Document = {
        "aid": aid,
        "kernel": 7,
        "profile": "uics-2018",
        "version": "0030",
        "ttq": TTQ,
        "floor_limit": 20000,
        "transaction_limit": 500000,
        "cvm_limit": 30000,
        "ec_limit": 100000,
        "switches": NO_RECOVERY,
    }
    result: Document = merged(found, changes)
    return result


RETAIL: Document = {
    "terminal": {
        "country": 156,
        "currency": "CNY",
        "exponent": 2,
        "type": "22",
        "capabilities": "E0F8C8",
        "additional_capabilities": "6000F0A001",
        "serial": "VECTOR01",
        "terminal_id": "TERM0001",
        "merchant_category": 5411,
        "merchant_id": "TAPKERN VECTORS",
        "merchant_name": "tapkern vectors",
        "acquirer": "00000000001",
    },
    "combination": [combination()],
}


def terminals() -> dict[str, tuple[str | None, Document]]:
    """Ready terminals by name, the parents of all others: one with RSA keys, one with SM2 too."""
    return {
        "cn-retail": (None, {**RETAIL, "ca_key": ca_keys("rsa")}),
        "cn-retail-sm": ("cn-retail", {"ca_key": ca_keys()}),
    }


def cards() -> dict[str, tuple[str | None, Document]]:
    """The ready cards by their names; a suite holds only those that it uses."""
    found: dict[str, tuple[str | None, Document]] = {}
    for name in names():
        document = whole(name)
        document.pop("title", None)
        found[name] = (None, plain(document) if "base" in document else {"base": name})
    return found


def whole(name: str) -> Document:
    """A ready card told in full, so that keys can be taken out of it."""
    text = files("tapkern.card").joinpath(f"cards/{name}.toml").read_text("utf-8")
    found: Document = tomllib.loads(text)
    return found


HOSTS: dict[str, Document] = {
    "approves": {"answer": "00"},
    "declines": {"answer": "51"},
    "refuses": {"answer": "05"},
    "silent": {"answer": ""},
}


def transaction(amount: int = 1250, **changes: Any) -> Document:
    """A purchase in yuan on 2026-11-21; amounts in minor units."""
    found: Document = {
        "amount": amount,
        "other": 0,
        "type": 0,
        "currency": 156,
        "exponent": 2,
        "date": DATE,
        "time": TIME,
        "sequence": SEQUENCE,
        "unpredictable": UNPREDICTABLE,
    }
    return {**found, **changes}
