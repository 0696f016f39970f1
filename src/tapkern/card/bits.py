"""Bits of TTQ (9F66), CAP (9F68), CTQ (9F6C) and CVR as masks over the whole object.

The names follow the meaning; the comment gives byte and bit. Big-endian integers throughout.
"""

from __future__ import annotations

from enum import IntEnum


class Ttq(IntEnum):
    """Terminal transaction qualifiers, 4 bytes: what the card looks at."""

    DEBIT_CREDIT = 0x40000000  # B1b7
    QPBOC = 0x20000000  # B1b6
    CONTACT = 0x10000000  # B1b5
    OFFLINE_ONLY = 0x08000000  # B1b4
    ONLINE_PIN = 0x04000000  # B1b3
    SIGNATURE = 0x02000000  # B1b2
    ONLINE_ODA = 0x01000000  # B1b1
    ONLINE_REQUIRED = 0x00800000  # B2b8
    CVM_REQUIRED = 0x00400000  # B2b7
    CDCVM = 0x00004000  # B3b7
    FDDA_01 = 0x00000080  # B4b8


class Cap(IntEnum):
    """Card additional processes, 4 bytes."""

    LOW_VALUE = 0x80000000  # B1b8
    LOW_VALUE_AND_CTTA = 0x40000000  # B1b7
    LOW_VALUE_OR_CTTA = 0x20000000  # B1b6
    NEW_CARD_CHECK = 0x10000000  # B1b5
    PIN_TRIES_CHECK = 0x08000000  # B1b4
    OFFLINE_MISMATCH = 0x04000000  # B1b3
    CONTACT_FOR_ONLINE = 0x02000000  # B1b2
    RETURN_AOSA = 0x01000000  # B1b1
    PREPAID = 0x00800000  # B2b8
    NO_MISMATCH = 0x00400000  # B2b7
    DECLINE_NEW_OFFLINE = 0x00200000  # B2b6
    LOG = 0x00100000  # B2b5
    PIN_MATCH = 0x00008000  # B3b8
    PIN_MISMATCH = 0x00004000  # B3b7
    CVM_MISMATCH = 0x00002000  # B3b6
    SIGNATURE = 0x00001000  # B3b5


class Ctq(IntEnum):
    """Card transaction qualifiers, 2 bytes: those that the card sets during a tap."""

    ONLINE_PIN = 0x8000  # B1b8
    SIGNATURE = 0x4000  # B1b7
    CDCVM = 0x0080  # B2b8


class Cvr(IntEnum):
    """Card verification results, 4 bytes; the first one is the length 03."""

    LENGTH = 0x03000000
    SECOND_NOT_REQUESTED = 0x00800000  # B2b8-b7 = 10
    TC = 0x00100000  # B2b6-b5 = 01
    ARQC = 0x00200000  # B2b6-b5 = 10
    PIN_TRIES_EXCEEDED = 0x00004000  # B3b7
    VELOCITY = 0x00002000  # B3b6
    NEW_CARD = 0x00001000  # B3b5
