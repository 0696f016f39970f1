"""What one presentment knows: the transaction, the link to the card, and the card's data."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable

from tests.oracle.terminal import tags
from tests.oracle.terminal.configuration import Combination, Configuration, digits
from tests.oracle.terminal.outcome import End, Lost

Transmit = Callable[[bytes], bytes]
MOST_COMMANDS = 128
MOST_DATA = 4096
LONGEST_ANSWER = 258


def day(text: str) -> datetime.date | None:
    """YYMMDD, 00 to 49 are 2000 to 2049 (00-index section 4); None when it is no calendar date."""
    if len(text) != 6 or not (text.isascii() and text.isdecimal()):
        return None
    year = int(text[:2])
    try:
        return datetime.date(year + (2000 if year < 50 else 1900), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None


@dataclasses.dataclass(frozen=True)
class Transaction:
    """One transaction of the POS: amounts in minor units, type is 9C as a byte (0x20 refund).

    date YYMMDD, time HHMMSS; unpredictable: 8 bytes that each event carries, 9F37 is the first 4.
    """

    amount: int
    other: int = 0
    type: int = 0
    currency: int = 156
    exponent: int = 2
    date: str = ""
    time: str = "000000"
    sequence: int = 0
    unpredictable: bytes = bytes(8)

    def values(self) -> dict[str, bytes]:
        """By tag. 81 and 9F04 are left out when the amount does not fit (FMT-002)."""
        values = {
            "9F02": digits(self.amount, 6),
            "9F03": digits(self.other, 6),
            "9C": bytes([self.type]),
            "5F2A": digits(self.currency, 2),
            "5F36": digits(self.exponent, 1),
            "9A": bytes.fromhex(self.date),
            "9F21": bytes.fromhex(self.time),
            "9F41": digits(self.sequence, 4),
            "9F37": self.unpredictable[:4],
        }
        for tag, value in (("81", self.amount), ("9F04", self.other)):
            if value <= 0xFFFFFFFF:
                values[tag] = value.to_bytes(4, "big")
        return values


class Link:
    """Sends commands of one presentment and keeps them. follow: apdu.follow_61_6c counts now."""

    def __init__(self, transmit: Transmit, log: list[bytes], follow: bool) -> None:
        self._transmit, self._log = transmit, log
        self.follow = follow
        self._count = self._stored = self._directory = 0

    def need_room(self) -> None:
        """Raises End when no further command may be sent."""
        if self._count >= MOST_COMMANDS:
            raise End("end_application", "too_many_commands", "QP-070")

    def send(self, command: bytes) -> tuple[bytes, int]:
        """Final data and status word. Raises Lost, or End when there were too many commands.

        APDU-003: one GET RESPONSE (CMD-014) and one repetition with another Le at most.
        """
        left = {0x61, 0x6C} if self.follow else set()
        data, status = self._exchange(command)
        while not data and status >> 8 in left:
            left.remove(status >> 8)
            asked = status & 0xFF
            command = b"\x00\xc0\x00\x00\x00" if status >> 8 == 0x61 else command
            command = command[:-1] + bytes([asked])
            data, status = self._exchange(command)
        return data, status

    def _exchange(self, command: bytes) -> tuple[bytes, int]:
        """One command and its answer."""
        self.need_room()
        self._count += 1
        self._log.append(bytes(command))
        answer = self._transmit(command)
        if not 2 <= len(answer) <= LONGEST_ANSWER:
            raise Lost  # APDU-004; APDU-001: Le asked for no more
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def store(self, data: bytes, directory: bool = False) -> None:
        """ODA-082: answers are stored for the tap; raises End when there are too many."""
        self._stored += len(data)
        if directory:
            self._directory = self._stored
        if self._stored > MOST_DATA:
            raise End("end_application", "too_much_data", "ODA-082")

    def forget(self) -> None:
        """TLV-024: another application; only the directory stays."""
        self._stored = self._directory


@dataclasses.dataclass(frozen=True)
class Candidate:
    """An application of the card with the combination that takes it (EP-056)."""

    name: bytes
    combination: Combination
    ttq: bytes
    priority: int
    extension: bytes
    entry: dict[str, bytes]


@dataclasses.dataclass
class Session:
    """One selected application, from SELECT to outcome.

    answer: to GPO. record_psn: 5F34 as a record gave it. blocked: the application is (LG-004).
    sent: values that took the place of the terminal's own in an earlier GPO (TT-020). stored: a
    record of this tap is kept.
    """

    configuration: Configuration
    transaction: Transaction
    link: Link
    candidate: Candidate
    fci: dict[str, bytes]
    pdol: list[tuple[str, int]]
    card: dict[str, bytes] = dataclasses.field(default_factory=dict)
    seen: set[str] = dataclasses.field(default_factory=set)
    in_gpo: frozenset[str] = frozenset()
    kind: str = ""
    afl: list[tuple[int, int, bool]] = dataclasses.field(default_factory=list)
    read: bool = False
    static: bytes = b""
    static_bad: bool = False
    online_oda: bool = False
    names_tc: bool = False
    paid: bool = False
    cvm: str = "n_a"
    oda: str = "not_performed"
    oda_rule: str | None = None
    number: bytes | None = None
    answer: bytes = b""
    record_psn: bytes | None = None
    blocked: bool = False
    sent: dict[str, bytes] = dataclasses.field(default_factory=dict)
    stored: bool = False

    @property
    def combination(self) -> Combination:
        return self.candidate.combination

    @property
    def rid(self) -> bytes:
        """CK-008: of the selected application."""
        return self.candidate.name[:5]

    def on(self, switch: str) -> bool:
        return self.combination.on(switch)

    def ttq(self, byte: int, bit: int) -> bool:
        """A bit of 9F66 of this transaction: ttq(1, 4) is B1b4."""
        return bool(self.candidate.ttq[byte - 1] >> (bit - 1) & 1)

    @property
    def ctq(self) -> bytes | None:
        """9F6C, None when absent. CTQ-001; CTQ-002 with qp.bad_ctq_absent."""
        value = self.card.get("9F6C")
        return value if value and len(value) == 2 else None

    def ctq_bit(self, byte: int, bit: int) -> bool:
        value = self.ctq
        return value is not None and bool(value[byte - 1] >> (bit - 1) & 1)

    def terminate(self, reason: str, rule: str) -> End:
        """OUT-013: "terminate" without another word; never approved, never online."""
        contact = self.ttq(1, 5) and self.on("qp.missing_data_try_contact")
        return End("try_another_interface" if contact else "end_application", reason, rule)

    def good(self, tag: str) -> bytes | None:
        """A value of the card that has a possible length."""
        value = self.card.get(tag)
        return value if value and tags.fits(tag, value) else None

    @property
    def pan(self) -> str | None:
        """QP-084: 5A, else the digits of 57 before its D."""
        if self.card.get("5A"):
            return self.card["5A"].hex().upper().rstrip("F")
        return self.track_pan

    @property
    def track_pan(self) -> str | None:
        if self.card.get("57"):
            return self.card["57"].hex().upper().partition("D")[0]
        return None
