"""A sealed image back into the tables of a configuration file.

What the image does not hold does not come back: names of keys in a set, comments, the name. A
value that no table can say (written by a device) is refused; tables that are given are those of
which `load_tables` makes the same image again, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tapkern import _kernel
from tapkern._numbers import Entry
from tapkern.data.bits import decode_bits, encode_bits, tables
from tapkern.data.money import from_bcd
from tapkern.errors import UsageError
from tapkern.params import fields, names
from tapkern.params.fields import Field
from tapkern.params.image import entries
from tapkern.params.loader import load_tables

Table = dict[str, Any]
Decoder = Callable[[bytes], Any]

_PROFILES = {number: name for name, number in names.PROFILES.items()}
_ALGORITHMS = {number: name for name, number in fields.KEY_ALGORITHMS.items()}


def tables_of(image: bytes) -> Table:
    """The tables of an image, as TOML or JSON take them; amounts are minor units.

    Errors: UsageError when the image holds something that a configuration file cannot say.
    """
    found: Table = {}
    try:
        for kind, body in entries(image):
            if kind is Entry.TERMINAL:
                found["terminal"] = _table(body, fields.TERMINAL)
            elif kind is Entry.COMBINATION:
                found.setdefault("combination", []).append(_combination(body))
            elif kind is Entry.CA_KEY:
                found.setdefault("ca_key", []).append(_ca_key(body))
            elif kind is Entry.REVOKED:
                found.setdefault("revoked", []).append(_table(body, fields.REVOKED))
            elif kind is Entry.EXCEPTION:
                found.setdefault("exception", []).append(_table(body, fields.EXCEPTION))
        same = load_tables(found).image == image
    except (ValueError, KeyError):
        same = False
    if not same:
        raise UsageError("this configuration image holds what no configuration file can say")
    return found


def _table(body: _kernel.Message, known: Mapping[str, Field]) -> Table:
    found: Table = {}
    for key, field in known.items():
        value = body.get(field.tag)
        if value is not None:
            found[key] = _DECODERS.get(field.tag, _hex)(value)
    return found


def _combination(body: _kernel.Message) -> Table:
    found = _table(body, fields.COMBINATION)
    profile = names.PROFILES[found["profile"]] - 1
    values = body.get(fields.COMBINATION["switches"].tag) or b""
    switches: Table = {}
    for switch in names.switches().values():
        if switch.number < len(values) and values[switch.number] != switch.defaults[profile]:
            value = values[switch.number]
            words = names.SWITCH_VALUES.get(switch.name)
            switches[switch.name] = bool(value) if words is None else words[value]
    found.pop("switches", None)
    return {**found, "switches": switches} if switches else found


def _ca_key(body: _kernel.Message) -> Table:
    algorithm = _ALGORITHMS[(body.get(0xDF07) or b"\x00")[0]]
    return _table(body, fields.SM2_KEY if algorithm == "sm2" else fields.CA_KEY)


def _hex(value: bytes) -> str:
    return value.hex().upper()


def _flag(value: bytes) -> bool:
    return value != b"\x00"


def _text(value: bytes) -> str:
    return value.decode("utf-8").rstrip(" ")


def _bits(table: str) -> Decoder:
    """Names of bits; the whole field in hexadecimal when a bit has no name."""

    def decode(value: bytes) -> Any:
        found = [bit.name for bit in decode_bits(tables()[table], value)]
        try:
            named = encode_bits(table, found) == value
        except (KeyError, ValueError):
            named = False
        return found if named else _hex(value)

    return decode


def _tags(value: bytes) -> list[str]:
    """Tags that stand behind each other."""
    found, at = [], 0
    while at < len(value):
        end = at + 1
        if value[at] & 0x1F == 0x1F:
            while value[end] & 0x80:
                end += 1
            end += 1
        found.append(_hex(value[at:end]))
        at = end
    return found


def _kernel_id(value: bytes) -> Any:
    return value[0] if len(value) == 1 and 1 <= value[0] <= 63 else _hex(value)


_DECODERS: Mapping[int, Decoder] = {
    0x9F1A: from_bcd,
    0x5F2A: from_bcd,
    0x5F36: lambda value: value[0],
    0x9F33: _bits("terminal_capabilities"),
    0x9F40: _bits("additional_terminal_capabilities"),
    0x9F1E: _text,
    0x9F1C: _text,
    0x9F15: from_bcd,
    0x9F16: _text,
    0x9F4E: _text,
    0xDF8F20: lambda value: value[0],
    0xDF8F26: from_bcd,
    0xDF8F27: from_bcd,
    0xDF8F21: _flag,
    0xDF8F22: _tags,
    0xDF8F23: _tags,
    0xDF8F24: _tags,
    0xDF8F25: _tags,
    0x96: _kernel_id,
    0xDF8F01: lambda value: _PROFILES[value[0]],
    0x9F66: _bits("ttq"),
    0xDF8F09: _bits("ttq"),
    0xDF8F0A: _bits("ttq"),
    0xDF01: lambda value: value == b"\x00",
    0x9F1B: lambda value: int.from_bytes(value, "big"),
    0xDF19: from_bcd,
    0xDF20: from_bcd,
    0xDF21: from_bcd,
    0x9F7B: from_bcd,
    0xDF8F03: lambda value: [f"{one:02X}" for one in value],
    0xDF8F04: _flag,
    0xDF8F05: _flag,
    0xDF8F06: _flag,
    0xDF8F07: _flag,
    0xDF07: lambda value: _ALGORITHMS[value[0]],
    0xDF8F32: _flag,
    0x5A: lambda value: value.hex().rstrip("f"),
    0x5F34: lambda value: int(value.hex()),
}
"""By tag; everything else is hexadecimal."""
