"""The logs of an application: transactions (9F4D, 9F4F) and loads (DF4D, DF4F).

A log is cyclic and its newest record is number 1; `memory` keeps the records in that order. A
record is the values of its format one behind the other, without a template (LG-003). Everything
here is a pure function; who calls decides when the record is kept, in the same step as the balance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tapkern.card import tlv
from tapkern.card.profile import LogFile

AMOUNT_SIZE = 6
READ_ALL, ROOM = 10, 256 - 7
"""LG-006: most load records in one answer, and the bytes that ATC, number and MAC leave them."""


def record(log: LogFile, values: Mapping[int, bytes]) -> bytes:
    """LG-002: a transaction record; what nobody gave is zeros, what is too long is cut."""
    return b"".join(
        values.get(tag, b"")[:length].ljust(length, b"\x00")
        for tag, length in tlv.decode_dol(log.format)
    )


def load_record(
    log: LogFile, tag: int, before: int, after: int, values: Mapping[int, bytes]
) -> bytes:
    """LG-005: a load record about a PUT DATA of `tag` (9F79 or DF79); amounts in minor units."""
    amounts = b"".join(bytes.fromhex(f"{amount:012}") for amount in (before, after))
    return tag.to_bytes(2, "big") + amounts + record(log, values)


def append(log: LogFile, records: tuple[bytes, ...], newest: bytes) -> tuple[bytes, ...]:
    """The records after one more was written; the oldest one makes room for it (LG-001)."""
    return (newest, *records)[: log.records]


def read_all(records: tuple[bytes, ...], atc: int, mac: Callable[[bytes], bytes]) -> bytes:
    """LG-006: the load log in one answer: ATC, number of records, the newest ten, and their MAC.

    mac: 4 bytes over everything before them, with the MAC session key.
    """
    fitting = ROOM // len(records[0]) if records else 0
    shown = records[: min(READ_ALL, fitting)]
    data = atc.to_bytes(2, "big") + bytes([len(shown)]) + b"".join(shown)
    return data + mac(data)


def decode(log: LogFile, data: bytes) -> list[tuple[int, bytes]] | None:
    """The objects of a transaction record in order; None when the length is wrong (LG-003)."""
    fields = tlv.decode_dol(log.format)
    if len(data) != sum(length for _, length in fields):
        return None
    found, at = [], 0
    for tag, length in fields:
        found.append((tag, data[at : at + length]))
        at += length
    return found


def decode_load(log: LogFile, data: bytes) -> tuple[int, int, int, list[tuple[int, bytes]]] | None:
    """Tag, balance before and after, and the objects of a load record; None when malformed."""
    head = 2 + 2 * AMOUNT_SIZE
    fields = decode(log, data[head:])
    amounts = data[2:head].hex()
    if len(data) < head or fields is None or not amounts.isdecimal():
        return None
    tag = int.from_bytes(data[:2], "big")
    return tag, int(amounts[: 2 * AMOUNT_SIZE]), int(amounts[2 * AMOUNT_SIZE :]), fields
