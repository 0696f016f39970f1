"""CA keys as the TLV records of acquirers: parameter download (RSA, SM2) and self-signed SM2 roots.

    9F06 RID, 9F22 index, DF05 expiry, DF06 hash, DF07 algorithm, DF02 modulus or point,
    DF04 exponent, DF03 check sum
    DF35 31, DF36 service, 9F06, 9F22, DF37 expiry MMYY, DF07 04, DF38 11, DF02, DF39 signature,
    perhaps DF28 slot and DF25 version, which belong to the host and are passed over

Records stand behind each other; a record begins with DF35, or with 9F06. A file is binary, or
hexadecimal text with # for comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tapkern.data import tlv
from tapkern.errors import TlvError, UsageError

_HEADER, _RID = 0xDF35, 0x9F06
_KNOWN = frozenset({
    0x9F06, 0x9F22, 0xDF02, 0xDF03, 0xDF04, 0xDF05, 0xDF06, 0xDF07, 0xDF25, 0xDF28, 0xDF35, 0xDF36,
    0xDF37, 0xDF38, 0xDF39,
})  # fmt: skip
_SEPARATORS = re.compile(r"[\s:,;-]")
_HEX = re.compile(r"[0-9A-Fa-f]*", re.ASCII)
_RSA, _SM2 = b"\x01", b"\x04"  # DF07


@dataclass(frozen=True, slots=True)
class _Bytes:
    """The bytes of a file. lines: the first offset and the number of each line, if it was text."""

    data: bytes
    label: str
    lines: tuple[tuple[int, int], ...]

    def where(self, offset: int) -> str:
        if not self.lines:
            return f"{self.label}, offset {offset}"
        number = max((n for first, n in self.lines if first <= offset), default=1)
        return f"{self.label}:{number}"


def read(raw: bytes, label: str) -> Iterator[tuple[str, dict[str, object]]]:
    """(place, table of a [[ca_key]]) of every record. Errors: UsageError with the place."""
    source = _bytes(raw, label)
    try:
        items = tlv.read(source.data, skip_ff=False)
    except TlvError as error:
        raise UsageError(error.what, source.where(error.offset)) from None
    if not items:
        raise UsageError("there is no key record", label)
    for record in _records(items, source):
        where = source.where(record[0].offset)
        yield where, _table(_values(record, source), where)


def _bytes(raw: bytes, label: str) -> _Bytes:
    """Binary as it is; text of hexadecimal digits as what it says."""
    if any(byte > 0x7E for byte in raw):  # the first byte of a record is 9F or DF
        return _Bytes(raw, label, ())
    data = bytearray()
    lines = []
    odd = ""
    for number, line in enumerate(raw.decode("ascii").splitlines(), 1):
        digits = odd + _SEPARATORS.sub("", line.split("#", 1)[0])
        if not _HEX.fullmatch(digits):
            raise UsageError("not hexadecimal", f"{label}:{number}", "TLV as digits, or binary")
        odd = digits[len(digits) // 2 * 2 :]
        lines.append((len(data), number))
        data += bytes.fromhex(digits[: len(digits) // 2 * 2])
    if odd:
        raise UsageError("an odd number of hexadecimal digits", label)
    return _Bytes(bytes(data), label, tuple(lines))


def _records(items: tuple[tlv.Item, ...], source: _Bytes) -> Iterator[list[tlv.Item]]:
    """The objects of each record."""
    record: list[tlv.Item] = []
    for item in items:
        tags = {old.tag for old in record}
        opens = item.tag == _HEADER or (
            item.tag == _RID and not (_HEADER in tags and _RID not in tags)
        )
        if opens and record:
            yield record
            record = []
        if not opens and not record:
            what = f"a record begins with 9F06 or DF35, not with {item.tag:X}"
            raise UsageError(what, source.where(item.offset))
        record.append(item)
    yield record


def _values(record: list[tlv.Item], source: _Bytes) -> dict[int, bytes]:
    """Tag and value; an object of length 0 is an absent one (TLV-020)."""
    found: dict[int, bytes] = {}
    for item in record:
        where = source.where(item.offset)
        if item.tag not in _KNOWN:
            raise UsageError(f"tag {item.tag:X} does not belong to a key record", where)
        if item.tag in found:
            raise UsageError(f"tag {item.tag:X} stands twice in one record", where)
        found[item.tag] = item.value
    return {tag: value for tag, value in found.items() if value}


def _hex(value: bytes) -> str:
    return value.hex().upper()


def _table(values: Mapping[int, bytes], where: str) -> dict[str, object]:
    """A record as the table of a [[ca_key]]."""
    algorithm = values.get(0xDF07)
    if algorithm not in (_RSA, _SM2):
        told = "is missing" if algorithm is None else f"is {_hex(algorithm)}"
        raise UsageError(f"the algorithm DF07 {told}", where, "01 is RSA, 04 is SM2")
    table: dict[str, object] = {"algorithm": "rsa" if algorithm == _RSA else "sm2"}
    for tag, name in ((0x9F06, "rid"), (0x9F22, "index")):
        if tag in values:
            # 9F06 may hold a whole AID; its first five bytes are the RID.
            table[name] = _hex(values[tag][:5] if tag == _RID else values[tag])
    if 0xDF05 in values:
        table["expiry"] = _expiry(values[0xDF05], where)
    if algorithm == _RSA:
        table |= _rsa(values, where)
    else:
        table |= _sm2(values, where)
    return table


def _rsa(values: Mapping[int, bytes], where: str) -> dict[str, object]:
    if values.get(0xDF06, b"\x01") != b"\x01":
        what = f"the hash DF06 is {_hex(values[0xDF06])}"
        raise UsageError(what, where, "an RSA key has 01, SHA-1")
    if any(tag in values for tag in (0xDF35, 0xDF36, 0xDF37, 0xDF38, 0xDF39)):
        raise UsageError("a self-signed record holds an SM2 key (DF07 04)", where)
    names = {0xDF02: "modulus", 0xDF04: "exponent", 0xDF03: "checksum"}
    return {name: _hex(values[tag]) for tag, name in names.items() if tag in values}


def _sm2(values: Mapping[int, bytes], where: str) -> dict[str, object]:
    for tag, what in ((0xDF04, "an exponent"), (0xDF03, "a check sum that nobody has defined")):
        if tag in values:
            raise UsageError(f"an SM2 key with {what} ({tag:X}) [SM-021]", where)
    if values.get(0xDF35, b"\x31") != b"\x31":
        raise UsageError(f"the record header DF35 is {_hex(values[0xDF35])}, not 31", where)
    if values.get(0xDF38, b"\x11") != b"\x11":
        raise UsageError(f"the curve DF38 is {_hex(values[0xDF38])}, not 11", where)
    if (0xDF35 in values) != (0xDF39 in values):
        raise UsageError("half a self-signed record: DF35 and DF39 belong together", where)
    names = {0xDF02: "point", 0xDF36: "service", 0xDF37: "month", 0xDF39: "self_signature"}
    return {name: _hex(values[tag]) for tag, name in names.items() if tag in values}


def _expiry(value: bytes, where: str) -> str:
    """DF05 in BCD or ASCII as YYYYMMDD; whether it is a day is for the kernel's builder."""
    text = value.decode("latin-1") if len(value) == 8 else value.hex()
    if len(value) not in (4, 8) or not (text.isascii() and text.isdigit()):
        hint = "4 bytes of BCD or 8 digits in ASCII"
        raise UsageError("the expiry DF05 is no YYYYMMDD [CK-009]", where, hint)
    return text


def record(table: Mapping[str, str]) -> bytes:
    """The table of a [[ca_key]] as a record, self-signed when it has a self-signature."""
    signed = "self_signature" in table
    order: tuple[tuple[int, str], ...]
    if table["algorithm"] == "rsa":
        order = ((0x9F06, table["rid"]), (0x9F22, table["index"]),
                 (0xDF05, table.get("expiry", "")), (0xDF06, "01"), (0xDF07, "01"),
                 (0xDF02, table["modulus"]), (0xDF04, table["exponent"]),
                 (0xDF03, table.get("checksum", "")))  # fmt: skip
    elif signed:
        order = ((0xDF35, "31"), (0xDF36, table.get("service", "")), (0x9F06, table["rid"]),
                 (0x9F22, table["index"]), (0xDF37, table.get("month", "")), (0xDF07, "04"),
                 (0xDF38, "11"), (0xDF02, table["point"]), (0xDF39, table["self_signature"]),
                 (0xDF05, table.get("expiry", "")))  # fmt: skip
    else:
        order = ((0x9F06, table["rid"]), (0x9F22, table["index"]),
                 (0xDF05, table.get("expiry", "")), (0xDF07, "04"),
                 (0xDF02, table["point"]))  # fmt: skip
    return b"".join(tlv.write(tag, bytes.fromhex(text)) for tag, text in order if text)
