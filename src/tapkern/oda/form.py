"""The object of `tapkern oda` as bytes: names, types and lengths of what a caller writes.

What a card says may have any length; a wrong one is the kernel's verdict. Everything else that does
not fit is a UsageError whose `where` is the path of the value, such as terminal.9F37.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tapkern import _kernel
from tapkern._numbers import KeyAlgorithm, OdaMethod
from tapkern.data.dates import parse_yymmdd
from tapkern.errors import UsageError
from tapkern.params.names import closest

METHODS: Mapping[str, OdaMethod] = {method.name.lower(): method for method in OdaMethod}
# The switches of a combination that authentication reads (struct tapk_oda_options).
OPTIONS = (
    "fd.allow_v00", "fd.v01_needs_0030", "fd.check_ctq", "fd.check_atc", "fda.idn_strict",
    "ck.ignore_expiry",
)  # fmt: skip
PROFILE = 1  # uics-2018, in the order of _kernel.switches

_TOP = (
    "method", "rid", "ca_key", "card", "static_data", "terminal", "date", "revoked", "options",
    "comment",
)  # fmt: skip
_KEY = {
    "rsa": ("index", "algorithm", "modulus", "exponent", "expiry", "checksum"),
    "sm2": ("index", "algorithm", "point", "expiry"),
}
_LISTS = ("ddol_data", "pdol_data", "cdol1_data", "cdol2_data", "response_tlvs")
_TERMINAL_LENGTHS = {0x9F37: 4, 0x9F02: 6, 0x5F2A: 2, 0x9F66: 4, 0xDF60: 1, 0xDF61: 1}
_TAG = re.compile(r"(?:[0-9A-F]{2}){1,4}", re.ASCII)
REVOKED = 9  # bytes of an entry: RID, CA key index, serial number (CK-020)


@dataclass(frozen=True, slots=True, repr=False)
class DataSet:
    """One data set as bytes. options: every switch of OPTIONS with its value."""

    method: OdaMethod
    rid: bytes
    date: bytes
    key: _kernel.CaKeyTuple
    card: Mapping[int, bytes]
    terminal: Mapping[int, bytes]
    lists: Mapping[str, bytes]
    static_data: bytes
    revoked: bytes
    options: Mapping[str, bool]

    def __repr__(self) -> str:
        return f"<DataSet {self.method.name} {self.rid.hex().upper()}, {len(self.card)} card tags>"

    @property
    def pan(self) -> bytes:
        """10 bytes cn of 5A, without 5A of 57; empty when there is none (QP-084)."""
        whole, track = self.card.get(0x5A, b""), self.card.get(0x57, b"")
        if whole:
            return _kernel.pan_of_5a(whole) or b""
        return (_kernel.pan_of_57(track) or b"") if track else b""


def parse(data: object) -> DataSet:
    """The data set of a JSON object as the documentation gives it. Errors: UsageError."""
    top = _object(data, "")
    _known(top, _TOP, "")
    method = _method(_need(top, "method", ""))
    terminal, lists = _terminal(top.get("terminal", {}))
    card = _tags(_need(top, "card", ""), "card", ())
    _needed(method, terminal, card)
    rid = _hex(_need(top, "rid", ""), "rid", 5)
    return DataSet(
        method=method,
        rid=rid,
        date=_date(_need(top, "date", "")),
        key=_ca_key(_need(top, "ca_key", ""), rid),
        card=card,
        terminal=terminal,
        lists=lists,
        static_data=_hex(top.get("static_data", ""), "static_data"),
        revoked=_revoked(top.get("revoked", [])),
        options=_options(top.get("options", {})),
    )


# --- single values -------------------------------------------------------------------------------


def _path(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _object(value: object, path: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise UsageError(f"must be an object, not {_kind(value)}", path or "data set")
    return value


def _kind(value: object) -> str:
    """The JSON type of a value; the value itself may be most of a card number."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def _known(table: Mapping[str, object], known: Iterable[str], path: str) -> None:
    names = list(known)
    for key in table:
        if key not in names:
            raise UsageError(f"unknown key {key!r}", _path(path, key), closest(key, names))


def _need(table: Mapping[str, object], key: str, path: str) -> object:
    if key not in table:
        raise UsageError(f"{key} is missing", _path(path, key))
    return table[key]


def _hex(value: object, path: str, length: int | None = None) -> bytes:
    if not isinstance(value, str):
        raise UsageError(f"must be hexadecimal text, not {_kind(value)}", path)
    try:
        found = bytes.fromhex(value)
    except ValueError:
        raise UsageError("is not hexadecimal", path, "give pairs of the digits 0 to F") from None
    if length is not None and len(found) != length:
        raise UsageError(f"must have {length} bytes, not {len(found)}", path)
    return found


def _method(value: object) -> OdaMethod:
    if not isinstance(value, str) or value not in METHODS:
        raise UsageError(f"must be one of {', '.join(METHODS)}", "method")
    return METHODS[value]


def _date(value: object) -> bytes:
    found = _hex(value, "date", 3)
    try:
        parse_yymmdd(found)
    except ValueError as error:
        raise UsageError(str(error), "date", "write YYMMDD") from None
    return found


def _day(value: object, path: str) -> bytes:
    """A day YYYYMMDD as 4 bytes of BCD."""
    found = _hex(value, path, 4)
    try:
        datetime.strptime(found.hex(), "%Y%m%d")
    except ValueError:
        raise UsageError("is no day of the calendar", path, "write YYYYMMDD") from None
    return found


# --- parts ---------------------------------------------------------------------------------------


def _tags(value: object, path: str, others: Iterable[str]) -> dict[int, bytes]:
    """Tags in hexadecimal with their values; others are keys that are no tags."""
    found: dict[int, bytes] = {}
    for key, text in _object(value, path).items():
        if key in others:
            continue
        name = key.upper()
        if not _TAG.fullmatch(name):
            raise UsageError(f"{key!r} is no tag", _path(path, key), "write a tag such as 9F46")
        tag = int(name, 16)
        if tag in found:
            raise UsageError(f"the tag {name} stands twice", _path(path, key))
        found[tag] = _hex(text, _path(path, key))
    return found


def _terminal(value: object) -> tuple[dict[int, bytes], dict[str, bytes]]:
    table = _object(value, "terminal")
    found = _tags(table, "terminal", _LISTS)
    for tag, length in _TERMINAL_LENGTHS.items():
        if tag in found and len(found[tag]) != length:
            what = f"must have {length} bytes, not {len(found[tag])}"
            raise UsageError(what, f"terminal.{tag:X}")
    lists = {name: _hex(table.get(name, ""), f"terminal.{name}") for name in _LISTS}
    return found, lists


def _needed(method: OdaMethod, terminal: Mapping[int, bytes], card: Mapping[int, bytes]) -> None:
    """What the terminal sent has to be told, where it is signed; nothing stands for it."""
    wanted = [0x9F37] if method in (OdaMethod.FDDA, OdaMethod.CDA) else []
    if method is OdaMethod.FDDA and card.get(0x9F69):
        wanted += [0x9F02, 0x5F2A]
    for tag in wanted:
        if tag not in terminal:
            raise UsageError(f"{tag:X} is missing: the signature covers it", f"terminal.{tag:X}")


def _ca_key(value: object, rid: bytes) -> _kernel.CaKeyTuple:
    table = _object(value, "ca_key")
    name = _need(table, "algorithm", "ca_key")
    if not isinstance(name, str) or name not in _KEY:
        raise UsageError("must be rsa or sm2", "ca_key.algorithm")
    _known(table, _KEY[name], "ca_key")
    index = _hex(_need(table, "index", "ca_key"), "ca_key.index", 1)
    expiry = _day(table["expiry"], "ca_key.expiry") if "expiry" in table else b""
    if name == "sm2":
        point = _hex(_need(table, "point", "ca_key"), "ca_key.point")
        return rid, index[0], KeyAlgorithm.SM2, expiry, point, b""
    modulus = _hex(_need(table, "modulus", "ca_key"), "ca_key.modulus")
    exponent = _hex(_need(table, "exponent", "ca_key"), "ca_key.exponent")
    if "checksum" in table:
        told = _hex(table["checksum"], "ca_key.checksum", 20)
        if hashlib.sha1(rid + index + modulus + exponent).digest() != told:
            raise UsageError("the check sum of the key is wrong [CK-002]", "ca_key.checksum")
    return rid, index[0], KeyAlgorithm.RSA, expiry, modulus, exponent


def _revoked(value: object) -> bytes:
    if not isinstance(value, list):
        raise UsageError(f"must be a list, not {_kind(value)}", "revoked")
    return b"".join(_hex(entry, f"revoked[{n}]", REVOKED) for n, entry in enumerate(value))


def _options(value: object) -> dict[str, bool]:
    """All options; what is not given has the value of the profile uics-2018."""
    table = _object(value, "options")
    _known(table, OPTIONS, "options")
    found = {row[1]: bool(row[3][PROFILE]) for row in _kernel.switches() if row[1] in OPTIONS}
    for name, setting in table.items():
        if not isinstance(setting, bool):
            what = f"must be true or false, not {_kind(setting)}"
            raise UsageError(what, _path("options", name))
        found[name] = setting
    return found
