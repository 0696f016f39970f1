"""The JSON object of one authentication data set, read and checked for form.

A wrong form (not card data) raises BadSet: the caller's mistake, never a verdict. An element of
length 0 is an absent element (TLV-020).
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from tests.oracle import tlv

METHODS = ("chain", "sda", "dda", "fdda", "cda")
SWITCHES = {
    "fd.allow_v00": False,
    "fd.v01_needs_0030": True,
    "fd.check_ctq": True,
    "fd.check_atc": False,
    "fda.idn_strict": False,
    "ck.ignore_expiry": False,
}
_NAMES = {"ddol_data", "pdol_data", "cdol1_data", "cdol2_data", "response_tlvs"}


class BadSet(Exception):
    """The object is not an authentication data set."""


class Fail(Exception):
    """Authentication failed; the argument is the rule id."""

    @property
    def rule(self) -> str:
        return str(self.args[0])


def need(holds: bool, rule: str) -> None:
    """Ends the verification with this rule unless the condition holds."""
    if not holds:
        raise Fail(rule)


@dataclasses.dataclass(frozen=True)
class Key:
    """The CA key of the set: body is the modulus, or the point X || Y."""

    index: int
    algorithm: str
    body: bytes
    exponent: bytes
    expiry: datetime.date | None


@dataclasses.dataclass(frozen=True)
class DataSet:
    """One data set; card and terminal hold values by upper-case hex tag or by name."""

    method: str
    rid: bytes
    key: Key
    card: Mapping[str, bytes]
    static: bytes
    terminal: Mapping[str, bytes]
    date: datetime.date
    revoked: frozenset[bytes]
    options: Mapping[str, bool]

    def get(self, tag: str) -> bytes | None:
        """A card element, None when absent or empty."""
        return self.card.get(tag) or None

    def sent(self, tag: str, length: int) -> bytes:
        """A terminal value that has one possible length."""
        value = self.terminal.get(tag, b"")
        if len(value) != length:
            raise BadSet(f"terminal.{tag}: {length} bytes are needed")
        return value


def _hex(where: str, value: object, length: int | None = None) -> bytes:
    if not isinstance(value, str):
        raise BadSet(f"{where}: a hex string is needed")
    try:
        data = bytes.fromhex(value)
    except ValueError as error:
        raise BadSet(f"{where}: {error}") from None
    if length is not None and len(data) != length:
        raise BadSet(f"{where}: {length} bytes are needed")
    return data


def _date(where: str, text: object, digits: int) -> datetime.date:
    """YYMMDD (00-49 is 2000-2049, 50-99 is 1950-1999) or YYYYMMDD."""
    if not isinstance(text, str) or len(text) != digits or not (text.isascii() and text.isdigit()):
        raise BadSet(f"{where}: {digits} digits are needed")
    year = int(text[:-4])
    if digits == 6:
        year += 2000 if year < 50 else 1900
    try:
        return datetime.date(year, int(text[-4:-2]), int(text[-2:]))
    except ValueError as error:
        raise BadSet(f"{where}: {error}") from None


def _mapping(where: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadSet(f"{where}: an object is needed")
    return value


def _values(where: str, value: object) -> dict[str, bytes]:
    pairs = _mapping(where, value).items()
    return {
        name if name in _NAMES else name.upper(): _hex(f"{where}.{name}", v) for name, v in pairs
    }


def _key(value: object) -> Key:
    entry = _mapping("ca_key", value)
    index = _hex("ca_key.index", entry.get("index"), 1)[0]
    algorithm = entry.get("algorithm")
    if algorithm not in ("rsa", "sm2"):
        raise BadSet("ca_key.algorithm: rsa or sm2 is needed")
    part = "modulus" if algorithm == "rsa" else "point"
    body = _hex(f"ca_key.{part}", entry.get(part))
    exponent = _hex("ca_key.exponent", entry.get("exponent")) if algorithm == "rsa" else b""
    expiry = _date("ca_key.expiry", entry["expiry"], 8) if entry.get("expiry") else None
    return Key(index, algorithm, body, exponent, expiry)


def _signature_of(answer: bytes) -> dict[str, bytes]:
    """9F4B of a GENERATE AC answer, for a data set that gives it there alone."""
    try:
        found = tlv.objects(answer)
    except tlv.Malformed:
        return {}
    return {tag: value for tag, value, _ in found if tag == "9F4B"}


def read(data: Mapping[str, Any]) -> DataSet:
    """Takes the JSON object apart; raises BadSet."""
    if data.get("method") not in METHODS:
        raise BadSet(f"method: one of {', '.join(METHODS)} is needed")
    options = dict(SWITCHES)
    for name, value in _mapping("options", data.get("options", {})).items():
        if name not in SWITCHES or not isinstance(value, bool):
            raise BadSet(f"options.{name}: no such switch, or not true or false")
        options[name] = value
    revoked = data.get("revoked", [])
    if not isinstance(revoked, list):
        raise BadSet("revoked: a list is needed")
    card = _values("card", data.get("card", {}))
    terminal = _values("terminal", data.get("terminal", {}))
    if data["method"] == "cda" and "9F4B" not in card:
        card |= _signature_of(terminal.get("response_tlvs", b""))
    return DataSet(
        method=str(data["method"]),
        rid=_hex("rid", data.get("rid"), 5),
        key=_key(data.get("ca_key")),
        card=card,
        static=_hex("static_data", data.get("static_data", "")),
        terminal=terminal,
        date=_date("date", data.get("date"), 6),
        revoked=frozenset(_hex("revoked", entry, 9) for entry in revoked),
        options=options,
    )
