"""Status words of the card, CS-001 and CS-034."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """SW1 SW2."""

    OK = 0x9000
    BLOCKED = 0x6283
    MEMORY = 0x6581
    LENGTH = 0x6700
    CONDITIONS = 0x6985
    DATA = 0x6A80
    CARD_BLOCKED = 0x6A81
    NO_FILE = 0x6A82
    NO_RECORD = 0x6A83
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
