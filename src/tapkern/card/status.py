"""Status words of the card: CS-001, CS-034, CS-041, of CMD-011 and of the scripts."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """SW1 SW2."""

    OK = 0x9000
    NO_PROOF = 0x9406
    BLOCKED = 0x6283
    NOT_AUTHENTIC = 0x6300
    PIN_WRONG = 0x63C0
    MEMORY = 0x6581
    LENGTH = 0x6700
    TOO_MANY_HOLDS = 0x6971
    HOLD_IS_OPEN = 0x6972
    NO_HOLD = 0x6973
    NOT_UPDATED = 0x6974
    HOLDS_ABOVE_LIMIT = 0x6976
    PIN_BLOCKED = 0x6983
    PIN_UNUSABLE = 0x6984
    CONDITIONS = 0x6985
    SEE_PHONE = 0x6986
    WRONG_MAC = 0x6988
    DATA = 0x6A80
    CARD_BLOCKED = 0x6A81
    NO_FILE = 0x6A82
    NO_RECORD = 0x6A83
    NO_ROOM = 0x6A84
    PARAMETERS = 0x6A86
    NO_DATA = 0x6A88
    EXACT_LENGTH = 0x6C00
    INSTRUCTION = 0x6D00
    CLASS = 0x6E00


class CardStatus(Exception):
    """A command ends here with this status word and no data."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status
