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
    SECOND_TC = 0x00400000  # B2b8-b7 = 01
    TC = 0x00100000  # B2b6-b5 = 01
    ARQC = 0x00200000  # B2b6-b5 = 10
    ISSUER_FAILED = 0x00080000  # B2b4
    PIN_DONE = 0x00040000  # B2b3
    PIN_FAILED = 0x00020000  # B2b2
    NOT_ONLINE = 0x00010000  # B2b1
    ONLINE_OPEN = 0x00008000  # B3b8, the last online transaction was not completed
    PIN_TRIES_EXCEEDED = 0x00004000  # B3b7
    VELOCITY = 0x00002000  # B3b6
    NEW_CARD = 0x00001000  # B3b5
    ISSUER_FAILED_LAST = 0x00000800  # B3b4
    ISSUER_MISSING = 0x00000400  # B3b3, an online answer without issuer authentication
    BLOCKED_BY_PIN = 0x00000200  # B3b2
    SDA_FAILED_LAST = 0x00000100  # B3b1
    SCRIPTS = 0x000000F0  # B4b8-b5, number of script commands
    SCRIPT_FAILED_LAST = 0x00000008  # B4b4
    DDA_FAILED_LAST = 0x00000004  # B4b3
    DDA_DONE = 0x00000002  # B4b2


HISTORY = (
    Cvr.ONLINE_OPEN
    | Cvr.ISSUER_FAILED_LAST
    | Cvr.BLOCKED_BY_PIN
    | Cvr.SDA_FAILED_LAST
    | Cvr.SCRIPTS
    | Cvr.SCRIPT_FAILED_LAST
    | Cvr.DDA_FAILED_LAST
)
"""What a card carries over from one debit/credit transaction into the CVR of the next."""
ONE_SCRIPT = 0x10


class Aip(IntEnum):
    """Application interchange profile, 2 bytes."""

    SDA = 0x4000  # B1b7
    DDA = 0x2000  # B1b6
    ISSUER_AUTHENTICATION = 0x0400  # B1b3
    CDA = 0x0100  # B1b1


class Tvr(IntEnum):
    """Terminal verification results, 5 bytes: what the card looks at."""

    SDA_FAILED = 0x4000000000  # B1b7
    DDA_FAILED = 0x0800000000  # B1b4


class Ada(IntEnum):
    """Application default action, 9F52, 2 bytes.

    The digest names 9F52 and its checks (CS-043) but not its bits; these are those of PBOC part 5.
    """

    FAILED_NEXT_ONLINE = 0x8000  # B1b8, issuer authentication failed: next transaction online
    FAILED_DECLINE = 0x4000  # B1b7, issuer authentication failed: decline
    MISSING_DECLINE = 0x2000  # B1b6, it is mandatory and was not done: decline
    ADVICE_DECLINED = 0x1000  # B1b5, advice of an offline decline
    ADVICE_PIN = 0x0800  # B1b4, advice of a decline with PIN tries exceeded
    ADVICE_ISSUER = 0x0400  # B1b3, advice of a decline for issuer authentication
    NEW_ONLINE = 0x0200  # B1b2, new card: online
    NEW_DECLINE = 0x0100  # B1b1, new card and not online: decline
    PIN_BLOCK = 0x0080  # B2b8, PIN tries exceeded now: block the application
    PIN_DECLINE = 0x0040  # B2b7, PIN tries exceeded before: decline
    PIN_ONLINE = 0x0020  # B2b6, PIN tries exceeded before: online
    PIN_DECLINE_OFFLINE = 0x0010  # B2b5, PIN tries exceeded before and not online: decline
    SCRIPT_ONLINE = 0x0008  # B2b4, a script failed before: online
