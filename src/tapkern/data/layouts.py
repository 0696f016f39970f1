"""Layouts of elements that are records in themselves: 9F10, 94, 9F69, 8E, 9F4D, track 2, logs.

Used to explain bytes, never to decide. ``construct`` is imported at first use. Each function
takes a value and gives its parts, or None when the value does not have that layout.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tapkern.data import bits, codes, mask, money, tlv
from tapkern.data.codes import Text
from tapkern.data.nodes import Detail

#: IDD ids whose data are amounts of 5 bytes each, and how many.
_IDD_AMOUNTS = {1: 1, 2: 1, 3: 2, 4: 2, 5: 1}


@cache
def _shapes() -> dict[str, Any]:
    """The layouts by name; every part keeps its raw bytes and offsets."""
    from construct import (
        Array,
        Bitwise,
        Bytes,
        GreedyBytes,
        GreedyRange,
        Int16ub,
        Nibble,
        RawCopy,
        RepeatUntil,
        Struct,
        Terminated,
    )

    def part(name: str, size: int) -> Any:
        return name / RawCopy(Bytes(size))

    return {
        "iad": Struct(
            part("fixed", 1),
            part("dki", 1),
            part("cvn", 1),
            part("cvr", 4),
            part("algorithm", 1),
            "rest" / RawCopy(GreedyBytes),
        ),
        "afl": Struct("entries" / GreedyRange(RawCopy(Bytes(4))), Terminated),
        "9F69": Struct(
            part("version", 1),
            part("card_random", 4),
            part("ctq", 2),
            part("indicator", 1),
            "reserved" / RawCopy(GreedyBytes),
        ),
        "cvm": Struct(
            part("amount_x", 4),
            part("amount_y", 4),
            "rules" / GreedyRange(RawCopy(Bytes(2))),
            Terminated,
        ),
        "log": Struct(part("sfi", 1), part("count", 1), Terminated),
        "load": Struct(
            "tag" / Int16ub,
            "before" / Bytes(6),
            "after" / Bytes(6),
            "fields" / GreedyBytes,
        ),
        "track2": Bitwise(
            Struct(
                "pan" / RepeatUntil(lambda nibble, _list, _context: nibble == 0xD, Nibble),
                "expiry" / Array(4, Nibble),
                "service_code" / Array(3, Nibble),
                "discretionary" / GreedyRange(Nibble),
            )
        ),
    }


def _parse(shape: str, value: bytes) -> Any:
    """The parsed value, None when it does not have this shape."""
    from construct import ConstructError

    try:
        return _shapes()[shape].parse(value)
    except ConstructError:
        return None


def place(offset: int, size: int) -> str:
    """Bytes of a value as people count them: B1, B4-7."""
    return f"B{offset + 1}" if size == 1 else f"B{offset + 1}-{offset + size}"


def _detail(key: str, raw: Any, meaning: Text | None = None) -> Detail:
    at = place(raw.offset1, max(1, len(raw.data)))
    return Detail(at, codes.text("part", key), raw.data.hex().upper(), meaning)


def bit_details(table: bits.Table, data: bytes, shift: int = 0) -> tuple[Detail, ...]:
    """The set bits and the fields of a bit table; ``shift`` bytes stand before it."""

    def at(part: bits.Bit | bits.Field) -> str:
        return part.at if not shift else f"B{part.byte + shift}{part.at[2:]}"

    found: list[tuple[tuple[int, int], Detail]] = []
    for bit in bits.decode_bits(table, data):
        found.append(((bit.byte, -bit.bit), Detail(at(bit), Text(bit.en, bit.zh))))
    for field, value in bits.decode_fields(table, data):
        choice = field.choice(value)
        if choice is None and value == 0:
            continue
        meaning = Text(choice.en, choice.zh) if choice else codes.plain(str(value))
        detail = Detail(at(field), Text(field.en, field.zh), "", meaning)
        found.append(((field.byte, -field.high), detail))
    return tuple(detail for _, detail in sorted(found, key=lambda pair: pair[0]))


def iad(value: bytes) -> tuple[tuple[Detail, ...], tuple[Text, ...]] | None:
    """9F10: parts and notes. Without issuer discretionary data there is nothing or 00 behind."""
    parsed = _parse("iad", value)
    if parsed is None or parsed.fixed.data != b"\x07" or parsed.cvr.data[0] != 3:
        return None
    details = [_detail("fixed", parsed.fixed), _detail("dki", parsed.dki)]
    details += [_detail("cvn", parsed.cvn), _detail("cvr", parsed.cvr)]
    details += bit_details(bits.tables()["cvr"], parsed.cvr.data, 3)[1:]
    algorithm = codes.find("algorithm", parsed.algorithm.data.hex().upper())
    details.append(_detail("algorithm", parsed.algorithm, algorithm))
    idd, notes = _idd(parsed.rest.data, 8)
    return tuple(details) + idd, notes


def _idd(rest: bytes, start: int) -> tuple[tuple[Detail, ...], tuple[Text, ...]]:
    """Issuer discretionary data behind the fixed part (QP-008)."""

    def at(key: str, offset: int, data: bytes, meaning: Text | None = None) -> Detail:
        return Detail(
            place(start + offset, len(data)), codes.text("part", key), data.hex().upper(), meaning
        )

    if len(rest) <= 1 and not any(rest):
        length = (at("idd_length", 0, rest),) if rest else ()
        return length, (codes.text("note", "iad_short"),)
    details = [at("idd_length", 0, rest[:1])]
    body = rest[1:]
    if rest[0] > len(body) or rest[0] == 0:
        return (*details, at("rest", 1, body)), (codes.text("note", "iad_length"),)
    data, behind = body[: rest[0]], body[rest[0] :]
    key = f"{data[0]:02X}"
    name = codes.find("idd", key)
    details.append(at("idd_id", 1, data[:1], name))
    amounts = _IDD_AMOUNTS.get(data[0], 0)
    if name is not None and len(data) == 1 + 5 * amounts + 4:
        for number in range(amounts):
            details.append(_idd_amount(data, number, amounts, name, start))
        details.append(at("mac", 2 + 5 * amounts, data[-4:]))
    elif len(data) > 1:
        details.append(at("idd_data", 2, data[1:]))
    if behind:
        details.append(at("rest", 1 + rest[0], behind))
    return tuple(details), ()


def _idd_amount(data: bytes, number: int, amounts: int, name: Text, start: int) -> Detail:
    """One amount of the IDD: the low 5 bytes of an n12 value."""
    offset = 1 + 5 * number
    part = data[offset : offset + 5]
    if amounts > 1:
        name = codes.text("part", "second_amount" if number else "first_amount", name=name)
    try:
        meaning: Text | None = codes.plain(money.format_amount(money.from_bcd(part)))
    except ValueError:
        meaning = codes.text("note", "not_bcd")
    return Detail(place(start + 1 + offset, 5), name, part.hex().upper(), meaning)


def afl(value: bytes) -> tuple[Detail, ...] | None:
    """94: entries SFI, first and last record, records for authentication (QP-065)."""
    parsed = _parse("afl", value)
    if parsed is None or not value:
        return None
    details = []
    for entry in parsed.entries:
        sfi, first, last, oda = entry.data
        name = codes.plain(f"SFI {sfi >> 3}")
        if _afl_entry_is_possible(sfi, first, last, oda):
            meaning = codes.text("part", "records", first=first, last=last, oda=oda)
        else:
            meaning = codes.text("note", "bad_afl")
        details.append(Detail(place(entry.offset1, 4), name, entry.data.hex().upper(), meaning))
    return tuple(details)


def _afl_entry_is_possible(sfi: int, first: int, last: int, oda: int) -> bool:
    good_sfi = not sfi & 7 and 1 <= sfi >> 3 <= 30
    return good_sfi and 1 <= first <= last and oda <= last - first + 1


def afl_is_possible(value: bytes) -> bool:
    """Whether every entry passes QP-065."""
    rows = [value[at : at + 4] for at in range(0, len(value), 4)]
    return bool(rows) and all(len(row) == 4 and _afl_entry_is_possible(*row) for row in rows)


def card_authentication_data(value: bytes) -> tuple[Detail, ...] | None:
    """9F69: fDDA version, card random number, copy of the CTQ, DF61."""
    parsed = _parse("9F69", value)
    if parsed is None or len(value) > 16:
        return None
    details = [_detail("version", parsed.version), _detail("card_random", parsed.card_random)]
    details.append(_detail("ctq", parsed.ctq))
    details += bit_details(bits.tables()["ctq"], parsed.ctq.data, 5)
    details.append(_detail("indicator", parsed.indicator))
    details += bit_details(bits.tables()["card_indicator"], parsed.indicator.data, 7)
    if parsed.reserved.data:
        details.append(_detail("reserved", parsed.reserved))
    return tuple(details)


def cvm_rule(method: int, condition: int) -> Text:
    """One CVM rule in words: method, condition, what a failure means."""
    code = codes.find("cvm_code", f"{method & 0x3F:02X}") or codes.plain(f"{method & 0x3F:02X}")
    when = codes.find("cvm_condition", f"{condition:02X}") or codes.plain(f"{condition:02X}")
    then = codes.find("cvm_next", f"{method >> 6 & 1:02X}") or codes.plain("")
    return Text(f"{code.en}; {when.en}; {then.en}", f"{code.zh}；{when.zh}；{then.zh}")


def cvm_list(value: bytes) -> tuple[Detail, ...] | None:
    """8E: amounts X and Y (binary minor units), then rules of 2 bytes."""
    parsed = _parse("cvm", value)
    if parsed is None:
        return None
    details = []
    for key in ("amount_x", "amount_y"):
        amount = int.from_bytes(parsed[key].data, "big")
        details.append(_detail(key, parsed[key], codes.plain(money.format_amount(amount))))
    for number, rule in enumerate(parsed.rules, start=1):
        name = codes.text("part", "rule", number=number)
        meaning = cvm_rule(*rule.data)
        details.append(Detail(place(rule.offset1, 2), name, rule.data.hex().upper(), meaning))
    return tuple(details)


def cvm_results(value: bytes) -> tuple[Detail, ...] | None:
    """9F34: method, condition, result."""
    if len(value) != 3:
        return None
    spaces = (("method", "cvm_code"), ("condition", "cvm_condition"), ("result", "cvm_result"))
    details = []
    for at, (key, space) in enumerate(spaces):
        code = value[at] & 0x3F if key == "method" else value[at]
        meaning = codes.find(space, f"{code:02X}")
        name = codes.text("part", key)
        details.append(Detail(place(at, 1), name, f"{value[at]:02X}", meaning))
    return tuple(details)


def log_entry(value: bytes) -> tuple[Detail, ...] | None:
    """9F4D and DF4D: SFI and number of records of a log (LG-001, LG-005)."""
    parsed = _parse("log", value)
    if parsed is None:
        return None
    return (
        _detail("sfi", parsed.sfi, codes.plain(str(value[0]))),
        _detail("count", parsed.count, codes.plain(str(value[1]))),
    )


def log_fields(layout: bytes, record: bytes) -> tuple[tuple[int, bytes], ...] | None:
    """Tags and values of a log record by its 9F4F or DF4F (LG-002).

    None when the layout is malformed (DOL-014) or does not have the length of the record (LG-003).
    """
    from construct import Bytes, ConstructError, Sequence, Terminated

    try:
        entries = tlv.read_dol(layout)
        parts = Sequence(*(Bytes(entry.length) for entry in entries), Terminated).parse(record)
    except (tlv.CodingError, ConstructError):
        return None
    return tuple((entry.tag, part) for entry, part in zip(entries, parts, strict=False))


def load_fields(record: bytes) -> tuple[int, bytes, bytes, bytes] | None:
    """LG-005: 9F79 or DF79, balance before, after, fields of DF4F; None for any other record."""
    parsed = _parse("load", record)
    if parsed is None or parsed.tag not in (0x9F79, 0xDF79):
        return None
    return parsed.tag, parsed.before, parsed.after, parsed.fields


def track2(value: bytes, unmask: bool) -> tuple[Detail, ...] | None:
    """57: PAN, expiry, service code, discretionary data; masked unless asked otherwise."""
    parsed = _parse("track2", value)
    if parsed is None or len(parsed.pan) > 20:
        return None

    def digits(nibbles: list[int]) -> str:
        return "".join(f"{nibble:X}" for nibble in nibbles)

    pan, rest = digits(parsed.pan[:-1]), digits(parsed.discretionary)
    whole = pan + "D" + digits(parsed.expiry) + digits(parsed.service_code) + rest
    if not unmask:
        whole = mask.mask_track2(whole)
    start = len(pan) + 1
    slices = {
        "pan": whole[: len(pan)],
        "expiry": whole[start : start + 4],
        "service_code": whole[start + 4 : start + 7],
        "discretionary": whole[start + 7 :],
    }
    return tuple(Detail("", codes.text("part", key), text) for key, text in slices.items() if text)
