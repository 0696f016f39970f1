"""What a table of the TOML file may hold, and how each value becomes the value of a TLV object.

An encoder takes the TOML value and the exponent of the currency and returns bytes, or raises
ValueError with one clause. Lengths and allowed values are checked by the kernel's own builder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tapkern.data.bits import encode_bits, tables
from tapkern.data.dates import parse_mmyy
from tapkern.data.money import bcd, parse_amount
from tapkern.params import names

Encoder = Callable[[object, int], bytes]

CURRENCIES: Mapping[str, int] = {
    "CNY": 156, "HKD": 344, "MOP": 446, "TWD": 901, "JPY": 392, "KRW": 410, "SGD": 702,
    "THB": 764, "USD": 840, "EUR": 978, "GBP": 826, "RUB": 643,
}  # fmt: skip
KEY_ALGORITHMS: Mapping[str, int] = {"rsa": 1, "sm2": 4}  # DF07
WITHOUT_DECIMALS = frozenset({392, 410})  # of these: JPY and KRW


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a table: its tag in the entry, its encoder, whether it must be there."""

    tag: int
    encode: Encoder
    required: bool = False


def flag(value: object, _: int) -> bytes:
    """true or false as 01 or 00."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")
    return bytes((value,))


def inverted_flag(value: object, exponent: int) -> bytes:
    """true as 00: the ASI says exact match with 01."""
    return bytes((1 - flag(value, exponent)[0],))


def hex_bytes(value: object, _: int = 0) -> bytes:
    """Hexadecimal text, spaces allowed."""
    if not isinstance(value, str):
        raise ValueError(f"must be hexadecimal text in quotes, not {value!r}")
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise ValueError(f"is not hexadecimal: {value!r}") from None


def digits(length: int) -> Encoder:
    """n: decimal digits, right aligned in length bytes of BCD; an int or digits in quotes."""

    def encode(value: object, _: int) -> bytes:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not (text.isascii() and text.isdigit()):
            raise ValueError(f"must be decimal digits, not {value!r}")
        if len(text) > 2 * length:
            raise ValueError(f"has more than {2 * length} digits: {value!r}")
        return bytes.fromhex(text.rjust(2 * length, "0"))

    return encode


def small(low: int, high: int) -> Encoder:
    """A whole number in one byte."""

    def encode(value: object, _: int) -> bytes:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}, not {value!r}")
        return bytes((value,))

    return encode


def characters(length: int) -> Encoder:
    """an, ans: text, filled with spaces to length bytes; length 0 leaves it as it is."""

    def encode(value: object, _: int) -> bytes:
        if not isinstance(value, str):
            raise ValueError(f"must be text in quotes, not {value!r}")
        raw = value.encode("ascii" if length else "utf-8", errors="replace")
        if length and (not value.isascii() or len(raw) > length):
            raise ValueError(f"must be at most {length} ASCII characters, not {value!r}")
        return raw.ljust(length)

    return encode


def _minor(value: object, exponent: int) -> int:
    """Minor units from text in major units or a whole number of minor units."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(
            f'must be text in major units ("100.00") or whole minor units, not {value!r}'
        )
    return parse_amount(value, exponent=exponent)


def amount_n12(value: object, exponent: int) -> bytes:
    """An amount as n12."""
    return bcd(_minor(value, exponent), 6)


def amount_b4(value: object, exponent: int) -> bytes:
    """An amount as 4 binary bytes (9F1B)."""
    amount = _minor(value, exponent)
    if amount > 0xFFFFFFFF:
        raise ValueError(f"is more than 4294967295 minor units: {value!r}")
    return amount.to_bytes(4, "big")


def currency(value: object, exponent: int) -> bytes:
    """A currency as ISO 4217 letters or number."""
    if isinstance(value, str) and value.upper() in CURRENCIES:
        value = CURRENCIES[value.upper()]
    elif isinstance(value, str) and value.isalpha():
        raise ValueError(f"unknown currency {value!r}; write its ISO 4217 number")
    return digits(2)(value, exponent)


def usual_exponent(number: int) -> int:
    """Digits behind the point of a currency when nobody says otherwise."""
    return 0 if number in WITHOUT_DECIMALS else 2


def bit_field(table: str) -> Encoder:
    """A list of bit names (data/bits.toml), or the whole field as hexadecimal text."""

    def encode(value: object, exponent: int) -> bytes:
        if isinstance(value, list):
            known = tables()[table].names
            for name in value:
                if name not in known:
                    raise ValueError(f"unknown bit {name!r}; {names.closest(str(name), known)}")
            return encode_bits(table, value)
        if isinstance(value, str):
            return hex_bytes(value)
        raise ValueError(f"must be a list of bit names or hexadecimal text, not {value!r}")

    return encode


def profile(value: object, _: int) -> bytes:
    """A specification profile by name."""
    if not isinstance(value, str) or value not in names.PROFILES:
        raise ValueError(f"must be one of {', '.join(names.PROFILES)}, not {value!r}")
    return bytes((names.PROFILES[value],))


def kernel_id(value: object, _: int) -> bytes:
    """A short kernel identifier (1 to 63) or up to 3 bytes as hexadecimal text."""
    if isinstance(value, str):
        return hex_bytes(value)
    return small(1, 63)(value, 0)


def types(value: object, _: int) -> bytes:
    """A list of transaction types (9C), two hexadecimal digits each."""
    if not isinstance(value, list):
        raise ValueError(f'must be a list such as ["00", "01"], not {value!r}')
    return b"".join(hex_bytes(item) for item in value)


def switch_pairs(value: object, _: int) -> bytes:
    """A table of switches as pairs of number and value."""
    if not isinstance(value, dict):
        raise ValueError("must be a table [combination.switches]")
    known = names.switches()
    pairs = bytearray()
    for name, setting in value.items():
        if name not in known:
            raise ValueError(f"unknown switch {name!r}; {names.closest(name, list(known))}")
        pairs += bytes((known[name].number, known[name].parse(setting)))
    return bytes(pairs)


def pan(value: object, _: int) -> bytes:
    """A primary account number, 8 to 19 digits in quotes, padded with F."""
    text = value.replace(" ", "") if isinstance(value, str) else ""
    if not (text.isascii() and text.isdigit() and 8 <= len(text) <= 19):
        # The value is not repeated: it is most of a card number.
        raise ValueError("must be 8 to 19 digits in quotes")
    return bytes.fromhex(text + "F" * (len(text) % 2))


def date_8(value: object, _: int) -> bytes:
    """A day as YYYYMMDD digits or a TOML date, in 4 bytes of BCD."""
    text = value if isinstance(value, str) else str(value)
    text = text.replace("-", "")
    if not (text.isascii() and text.isdigit() and len(text) == 8):
        raise ValueError(f'must be a day such as "20301231", not {value!r}')
    return bytes.fromhex(text)


def key_algorithm(value: object, _: int) -> bytes:
    """The algorithm of a CA key by name (DF07)."""
    if not isinstance(value, str) or value not in KEY_ALGORITHMS:
        raise ValueError(f"must be one of {', '.join(KEY_ALGORITHMS)}, not {value!r}")
    return bytes((KEY_ALGORITHMS[value],))


def month(value: object, _: int) -> bytes:
    """A month as MMYY digits (DF37)."""
    if not isinstance(value, str) or not (value.isascii() and value.isdigit() and len(value) == 4):
        raise ValueError(f'must be MMYY in quotes, such as "1230", not {value!r}')
    parse_mmyy(bytes.fromhex(value))
    return bytes.fromhex(value)


def tag_list(value: object, _: int) -> bytes:
    """Tags of data elements behind each other; the kernel checks that it knows them."""
    if not isinstance(value, list) or not value:
        raise ValueError(f'must be a list of tags such as ["9F24"], not {value!r}')
    found = b""
    for item in value:
        try:
            tag = bytes.fromhex(item) if isinstance(item, str) else b""
        except ValueError:
            tag = b""
        if not 1 <= len(tag) <= 3 or any(byte.isspace() for byte in str(item)):
            raise ValueError(f"{item!r} is no tag; tags are hex in quotes, such as 9F24")
        found += tag
    return found


TERMINAL: Mapping[str, Field] = {
    "country": Field(0x9F1A, digits(2), required=True),
    "currency": Field(0x5F2A, currency, required=True),
    "exponent": Field(0x5F36, small(0, 9)),
    "capabilities": Field(0x9F33, bit_field("terminal_capabilities"), required=True),
    "type": Field(0x9F35, digits(1)),
    "additional_capabilities": Field(0x9F40, bit_field("additional_terminal_capabilities")),
    "serial": Field(0x9F1E, characters(8)),
    "terminal_id": Field(0x9F1C, characters(8)),
    "merchant_category": Field(0x9F15, digits(2)),
    "merchant_id": Field(0x9F16, characters(15)),
    "merchant_name": Field(0x9F4E, characters(0)),
    "acquirer": Field(0x9F01, digits(6)),
    "passes": Field(0xDF8F20, small(0, 9)),
    "retap_time": Field(0xDF8F26, digits(2)),
    "torn_time": Field(0xDF8F27, digits(2)),
    "exception_lookup": Field(0xDF8F21, flag),
    "online_tags": Field(0xDF8F22, tag_list),
    "offline_tags": Field(0xDF8F23, tag_list),
    "record_tags": Field(0xDF8F24, tag_list),
    "reversal_tags": Field(0xDF8F25, tag_list),
}

COMBINATION: Mapping[str, Field] = {
    "aid": Field(0x9F06, hex_bytes, required=True),
    "kernel": Field(0x96, kernel_id, required=True),
    "profile": Field(0xDF8F01, profile, required=True),
    "ttq": Field(0x9F66, bit_field("ttq")),
    "ttq_oda": Field(0xDF8F09, bit_field("ttq")),
    "ttq_old": Field(0xDF8F0A, bit_field("ttq")),
    "version": Field(0x9F09, hex_bytes),
    "partial_match": Field(0xDF01, inverted_flag),
    "terminal_floor_limit": Field(0x9F1B, amount_b4),
    "floor_limit": Field(0xDF19, amount_n12),
    "transaction_limit": Field(0xDF20, amount_n12),
    "cvm_limit": Field(0xDF21, amount_n12),
    "ec_limit": Field(0x9F7B, amount_n12),
    "types": Field(0xDF8F03, types),
    "status_check": Field(0xDF8F04, flag),
    "zero_amount": Field(0xDF8F05, flag),
    "extended_selection": Field(0xDF8F06, flag),
    "receipt": Field(0xDF8F07, flag),
    "switches": Field(0xDF8F02, switch_pairs),
}

CA_KEY: Mapping[str, Field] = {
    "algorithm": Field(0xDF07, key_algorithm),
    "rid": Field(0x9F06, hex_bytes, required=True),
    "index": Field(0x9F22, hex_bytes, required=True),
    "modulus": Field(0xDF02, hex_bytes, required=True),
    "exponent": Field(0xDF04, hex_bytes, required=True),
    "checksum": Field(0xDF03, hex_bytes),
    "expiry": Field(0xDF05, date_8),
    "without_checksum": Field(0xDF8F32, flag),
}

# A CA key with algorithm "sm2": a point, and the self-signature of the record it came in.
SM2_KEY: Mapping[str, Field] = {
    "algorithm": Field(0xDF07, key_algorithm, required=True),
    "rid": Field(0x9F06, hex_bytes, required=True),
    "index": Field(0x9F22, hex_bytes, required=True),
    "point": Field(0xDF02, hex_bytes, required=True),
    "expiry": Field(0xDF05, date_8),
    "service": Field(0xDF36, hex_bytes),
    "month": Field(0xDF37, month),
    "self_signature": Field(0xDF39, hex_bytes),
    "trust": Field(0xDF8F32, flag),
}

REVOKED: Mapping[str, Field] = {
    "rid": Field(0x9F06, hex_bytes, required=True),
    "index": Field(0x9F22, hex_bytes, required=True),
    "serial": Field(0xDF8F31, hex_bytes, required=True),
}

EXCEPTION: Mapping[str, Field] = {
    "pan": Field(0x5A, pan, required=True),
    "psn": Field(0x5F34, digits(1)),
}
