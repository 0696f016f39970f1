"""A terminal configuration, read from the document that docs/configuration.md describes."""

from __future__ import annotations

import dataclasses
import decimal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.oracle.terminal import cakeys, names

Bits = Mapping[str, tuple[int, int]]


def bits(value: str | list[str], known: Bits, length: int) -> bytes:
    """A bit field from its names, or the whole of it as hexadecimal text."""
    if isinstance(value, str):
        if len(whole := bytes.fromhex(value)) != length:
            raise ValueError(f"{value}: {length} bytes are needed")
        return whole
    field = bytearray(length)
    for name in value:
        at, bit = known[name]
        field[at] |= bit
    return bytes(field)


def amount(value: str | int | None, exponent: int) -> int | None:
    """Minor units; text is major units."""
    if value is None or isinstance(value, int):
        return value
    minor = decimal.Decimal(value).scaleb(exponent)
    if minor != minor.to_integral_value():
        raise ValueError(f"{value}: fractions of a minor unit")
    return int(minor)


def digits(value: str | int, length: int) -> bytes:
    """Packed BCD of this many bytes (format n)."""
    text = str(value).rjust(2 * length, "0")
    if len(text) != 2 * length or not text.isdecimal():
        raise ValueError(f"{value}: at most {2 * length} digits are needed")
    return bytes.fromhex(text)


@dataclasses.dataclass(frozen=True)
class Combination:
    """An AID with its kernel: 20 section 1.2. None is absent, which is not 0."""

    aid: bytes
    kernel: bytes
    ttq: bytes | None
    ttq_oda: bytes | None
    ttq_old: bytes | None
    version: bytes | None
    partial: bool
    floor_limit: int | None
    terminal_floor_limit: int | None
    transaction_limit: int | None
    cvm_limit: int | None
    ec_limit: int | None
    types: frozenset[int]
    status_check: bool
    zero_amount: bool
    extended: bool
    switches: Mapping[str, bool | str]

    @property
    def is_k7(self) -> bool:
        return self.kernel == b"\x07"

    def on(self, switch: str) -> bool:
        return self.switches[switch] is True

    def word(self, switch: str) -> str:
        return str(self.switches[switch])

    @property
    def p12(self) -> bool:
        """Selection by 20 section 9."""
        return self.word("ep.selection") == "p12"


@dataclasses.dataclass(frozen=True)
class Exceptional:
    """An entry of the exception file; psn None is every card of the number."""

    pan: str
    psn: str | None


@dataclasses.dataclass(frozen=True)
class Configuration:
    """Terminal data by tag, combinations, CA keys, revoked certificates, exception file.

    retap, torn: FF803A and FF803C in seconds (TT-016).
    """

    values: Mapping[str, bytes]
    passes: int
    retap: int
    torn: int
    lookup: bool
    combinations: tuple[Combination, ...]
    keys: Mapping[tuple[bytes, int], Mapping[str, Any]]
    revoked: tuple[bytes, ...]
    exceptions: tuple[Exceptional, ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any], base: Path | None = None) -> Configuration:
        """From a parsed TOML file; base is the folder of relative key files."""
        terminal = document["terminal"]
        exponent = int(terminal.get("exponent", 2))
        return cls(
            values=_terminal_values(terminal),
            passes=int(terminal.get("passes", 3)),
            retap=int(terminal.get("retap_time", 10)),
            torn=int(terminal.get("torn_time", 60)),
            lookup=bool(terminal.get("exception_lookup", False)),
            combinations=tuple(_combination(c, exponent) for c in document["combination"]),
            keys=cakeys.read(document.get("ca_key", []), base or Path()),
            revoked=tuple(
                bytes.fromhex(entry["rid"] + entry["index"] + entry["serial"])
                for entry in document.get("revoked", [])
            ),
            exceptions=tuple(
                Exceptional(entry["pan"], f"{int(entry['psn']):02}" if "psn" in entry else None)
                for entry in document.get("exception", [])
            ),
        )


def _terminal_values(terminal: Mapping[str, Any]) -> dict[str, bytes]:
    values = {
        "9F1A": digits(terminal["country"], 2),
        "9F33": bits(terminal["capabilities"], names.CAPABILITIES, 3),
    }
    numbers = {"type": ("9F35", 1), "merchant_category": ("9F15", 2), "acquirer": ("9F01", 6)}
    texts = {"serial": ("9F1E", 8), "terminal_id": ("9F1C", 8), "merchant_id": ("9F16", 15)}
    for key, (tag, length) in numbers.items():
        if key in terminal:
            values[tag] = digits(terminal[key], length)
    for key, (tag, length) in texts.items():
        if key in terminal:
            values[tag] = str(terminal[key]).ljust(length).encode("ascii")
    if "merchant_name" in terminal:
        values["9F4E"] = str(terminal["merchant_name"]).encode("utf-8")
    if "additional_capabilities" in terminal:
        values["9F40"] = bits(terminal["additional_capabilities"], names.ADDITIONAL, 5)
    return values


def _combination(table: Mapping[str, Any], exponent: int) -> Combination:
    kernel = table.get("kernel", 7)
    profile = table.get("profile", "uics-2018")
    switches = _switches(profile, table.get("switches", {}))
    floor, limit = "floor_limit", "transaction_limit"  # DF19, DF20
    if switches["param.swap_df19_df20"] is True:
        floor, limit = limit, floor  # QP-012
    combination = Combination(
        aid=bytes.fromhex(table["aid"]),
        kernel=bytes([kernel]) if isinstance(kernel, int) else bytes.fromhex(kernel),
        ttq=_ttq(table, "ttq"),
        ttq_oda=_ttq(table, "ttq_oda"),
        ttq_old=_ttq(table, "ttq_old"),
        version=bytes.fromhex(table["version"]) if "version" in table else None,
        partial=bool(table.get("partial_match", True)),
        floor_limit=amount(table.get(floor), exponent),
        terminal_floor_limit=amount(table.get("terminal_floor_limit"), exponent),
        transaction_limit=amount(table.get(limit), exponent),
        cvm_limit=amount(table.get("cvm_limit"), exponent),
        ec_limit=amount(table.get("ec_limit"), exponent),
        types=frozenset(int(text, 16) for text in table.get("types", ["00"])),
        status_check=bool(table.get("status_check", False)),
        zero_amount=bool(table.get("zero_amount", True)),
        extended=bool(table.get("extended_selection", False)),
        switches=switches,
    )
    _agree(combination, profile)
    return combination


def _ttq(table: Mapping[str, Any], key: str) -> bytes | None:
    return bits(table[key], names.TTQ, 4) if key in table else None


def _agree(combination: Combination, profile: str) -> None:
    """Raises ValueError for settings that contradict each other."""
    every = (combination.ttq, combination.ttq_oda, combination.ttq_old)
    if profile == "jrt0025-2013" and any(ttq[0] & 0x01 for ttq in every if ttq):
        raise ValueError("oda_for_online: 30 section 2.1, an RFU bit in jrt0025-2013")
    _by_card(combination)
    new = combination.ttq_oda or combination.ttq or bytes(4)
    oda_for_online, offline_only = bool(new[0] & 0x01), bool(new[0] & 0x08)
    computed = combination.ttq is not None and combination.ttq[1] & 0xC0
    if computed and not combination.on("ep.start_b_fixed"):
        raise ValueError("ttq: TTQ-001: B2b8 and B2b7 are computed")
    if combination.on("qp.deferred_auth"):
        if not oda_for_online or offline_only:
            raise ValueError("qp.deferred_auth: QP-125, QP-130: no ODA for online")
        if combination.on("fd.allow_v00"):
            raise ValueError("qp.deferred_auth: TK-035: fDDA 00 does not cover the amount")


def _by_card(combination: Combination) -> None:
    """TR-005: the choice after SELECT is about byte 1 and B2b8; TR-002: B1b6 and B1b1."""
    ttq, new, old = combination.ttq, combination.ttq_oda, combination.ttq_old
    for chosen in (new, old):
        if chosen is None:
            continue
        same = ttq is not None and chosen[2:] == ttq[2:] and chosen[1] & 0x7F == ttq[1] & 0x3F
        if not same or not chosen[0] & 0x60:
            raise ValueError("ttq_oda, ttq_old: more than TR-005 allows, or EP-026")
    if new is not None and new[0] & 0x21 != 0x21:
        raise ValueError("ttq_oda: TR-002: B1b6 and B1b1")


def _switches(profile: str, changes: Mapping[str, bool | str]) -> dict[str, bool | str]:
    if profile not in names.PROFILES:
        raise ValueError(f"profile {profile} is not there")
    switches = names.SWITCHES | names.PROFILES[profile]
    for name, value in changes.items():
        wanted = names.WORDS.get(name, (False, True))
        if name not in switches or value not in wanted:
            raise ValueError(f"switch {name} = {value}")
        if (profile, name) in names.FIXED and value != switches[name]:
            raise ValueError(f"switch {name} is fixed in {profile}")
        switches[name] = value
    return switches
