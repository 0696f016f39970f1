"""One UnionPay application at work: GPO, records, data; what it prepares and when it commits.

Volatile is only what a tap has prepared; it is gone with the next SELECT, GPO or reset (CS-044).
Everything that lasts is in `memory` and changes in single steps (CS-042).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Set
from enum import Enum

from tapkern.card import answers, rules, tlv
from tapkern.card.bits import Ttq
from tapkern.card.faults import Fault
from tapkern.card.files import ANSWER_ROOM, Branch, Place, build_last_record, personalise
from tapkern.card.layouts import CARD_AUTHENTICATION
from tapkern.card.memory import Counters, Memory
from tapkern.card.profile import TERMINAL_DATA, ApplicationProfile
from tapkern.card.status import CardStatus, Status
from tapkern.errors import UsageError
from tapkern.issuer.certificates import fdda_tail

LAST_ATC = 0xFFFF
VERSION_30 = b"\x00\x30"


class Phase(Enum):
    """Where a tap is between two commands."""

    SELECTED = "selected, no GPO yet"
    DEBIT_CREDIT = "debit/credit records are open"
    ANSWERED = "AAC or ARQC given"
    PURCHASE = "TC given, not yet final"
    FINAL = "purchase final"


class Purchase:
    """An offline purchase from its TC on: what its last record will be and will change.

    place: where its 9F4B is read, None when that was in the GPO answer.
    """

    def __init__(self, after: Counters, place: Place | None, sign: Callable[[], bytes]) -> None:
        self.after = after
        self.place = place
        self._sign = sign
        self._signature: bytes | None = None

    @property
    def signature(self) -> bytes:
        """9F4B, computed when it is first asked for."""
        if self._signature is None:
            self._signature = self._sign()
        return self._signature


class Application:
    """An application of the card. Commands raise CardStatus where they end without data."""

    def __init__(
        self,
        profile: ApplicationProfile,
        memory: Memory,
        random: Callable[[int], bytes],
        faults: Set[Fault],
    ) -> None:
        self.profile = profile
        self.files = personalise(profile)
        self._memory = memory
        self._random = random
        self._faults = faults
        self._phase = Phase.SELECTED
        self._purchase: Purchase | None = None
        self._check_answer_size()

    @property
    def aid(self) -> bytes:
        """DF name."""
        return self.profile.aid

    @property
    def counters(self) -> Counters:
        """What the application remembers now."""
        return self._memory[self.aid]

    @property
    def blocked(self) -> bool:
        """CS-001: an application whose ATC has reached FFFF is blocked for good."""
        return self.profile.blocked or self.counters.atc == LAST_ATC

    def _check_answer_size(self) -> None:
        """Refuse a card whose longest GPO answer would not fit one short answer."""
        longest = rules.Decision(rules.Cryptogram.TC, 0, 0, 0, 0)
        nothing = {tag: bytes(length) for tag, length in TERMINAL_DATA.items()}
        for branch in self.files.branches:
            objects = answers.gpo_objects(self.profile, self.files, branch, nothing, 0, longest)
            if branch.signature_record is None:
                objects += tlv.encode(0x9F4B, bytes(branch.signature_size))
            if len(tlv.encode(0x77, objects)) > ANSWER_ROOM:
                raise UsageError(
                    "the GPO answer is longer than one answer",
                    f"application {self.aid.hex().upper()}",
                    "leave out an optional object or take a shorter ICC key",
                )

    def discard(self) -> None:
        """CS-044: forget what was prepared and not committed."""
        self._phase = Phase.SELECTED
        self._purchase = None

    def select(self) -> tuple[bytes, int]:
        """FCI and status word; CS-034: 6283 when blocked."""
        return self.files.fci, Status.BLOCKED if self.blocked else Status.OK

    def process(self, data: bytes) -> bytes:
        """GET PROCESSING OPTIONS with its command data; P1 P2 and Lc are checked already."""
        self.discard()
        if self.blocked:
            raise CardStatus(Status.CONDITIONS)
        inputs = self._inputs(data)
        request = _request(inputs)
        branch = self.files.branch(inputs[0xDF69])
        self._count()
        if rules.choose_path(request.ttq) is rules.Path.DEBIT_CREDIT:  # CS-002
            self._phase = Phase.DEBIT_CREDIT
            return tlv.encode(0x80, self.profile.aip + branch.afl_full)
        counters = self.counters
        decision = rules.decide(self.profile, counters, request)
        objects = answers.gpo_objects(
            self.profile, self.files, branch, inputs, counters.atc, decision
        )
        self._phase = Phase.ANSWERED
        if decision.kind is rules.Cryptogram.TC:
            self._purchase = self._prepare(branch, inputs, request.ttq, decision)
            self._phase = Phase.PURCHASE
            if branch.signature_record is None:  # CS-032
                objects += tlv.encode(0x9F4B, self._purchase.signature)
        return tlv.encode(0x77, objects)

    def _inputs(self, data: bytes) -> answers.Inputs:
        """CS-001: the terminal's values by tag; what the PDOL does not ask for is zero."""
        try:
            objects = tlv.decode(data)
        except ValueError:
            raise CardStatus(Status.DATA) from None
        if len(objects) != 1 or objects[0][0] != 0x83:
            raise CardStatus(Status.DATA)
        values = objects[0][1]
        if len(values) != self.files.pdol_length:
            raise CardStatus(Status.LENGTH)
        pdol = self.files.pdol
        return {
            tag: values[pdol[tag]] if tag in pdol else bytes(length)
            for tag, length in TERMINAL_DATA.items()
        }

    def _count(self) -> None:
        """CS-001: a new ATC, kept before anything is computed with it."""
        counters = self.counters
        self._memory[self.aid] = dataclasses.replace(counters, atc=counters.atc + 1)
        if self.blocked:
            raise CardStatus(Status.CONDITIONS)

    def _prepare(
        self, branch: Branch, inputs: answers.Inputs, ttq: int, decision: rules.Decision
    ) -> Purchase:
        """CS-021: everything that the last record will make final, and nothing of it yet."""
        counters = self.counters
        card_data = self._card_authentication(ttq, decision)
        tail = fdda_tail(inputs[0x9F37], inputs[0x9F02], inputs[0x5F2A], card_data)
        atc = counters.atc.to_bytes(2, "big")

        def sign() -> bytes:
            signature = branch.sign(atc, tail)
            if Fault.SDAD_BIT in self._faults:
                return signature[:-1] + bytes([signature[-1] ^ 1])
            return signature

        record = build_last_record(self.profile, card_data)
        after = dataclasses.replace(counters, balance=decision.balance, last_record=record)
        return Purchase(after, branch.signature_record, sign)

    def _card_authentication(self, ttq: int, decision: rules.Decision) -> bytes | None:
        """CS-033: 9F69 of fDDA version 01, None for version 00."""
        if not (ttq & Ttq.FDDA_01 and self.profile.fdda and self.profile.version >= VERSION_30):
            return None
        ctq = 0 if self.profile.ctq is None else self.profile.ctq | decision.ctq
        data: bytes = CARD_AUTHENTICATION.build(
            {
                "version": 1,
                "number": self._random(4),
                "ctq": ctq.to_bytes(2, "big"),
                "indicator": self.profile.df61 or 0,
            }
        )
        return data

    def read(self, sfi: int, number: int) -> bytes:
        """READ RECORD. The last record of a purchase makes it final before it is answered."""
        place = (sfi, number)
        fixed = self.files.records.get(place)
        if fixed is not None:
            return fixed
        if place == self.files.last_record:
            return self._read_last()
        if any(place == branch.signature_record for branch in self.files.branches):
            if self._purchase is None or self._purchase.place != place:
                raise CardStatus(Status.CONDITIONS)
            return tlv.encode(0x70, tlv.encode(0x9F4B, self._purchase.signature))
        raise CardStatus(Status.NO_RECORD)

    def _read_last(self) -> bytes:
        if self._phase is Phase.DEBIT_CREDIT:
            return build_last_record(self.profile, None)
        if self._phase is Phase.ANSWERED:
            raise CardStatus(Status.CONDITIONS)
        if self._phase is Phase.PURCHASE and self._purchase is not None:
            self._memory[self.aid] = self._purchase.after  # CS-030, CS-042
            self._phase = Phase.FINAL
        stored = self.counters.last_record  # CS-031, CS-042: a copy, nothing is deducted again
        if not stored:
            raise CardStatus(Status.NO_RECORD)
        return stored

    def get_data(self, tag: int) -> bytes:
        """GET DATA: the object with this tag, 6A88 when there is none."""
        value = answers.data_object(self.profile, self.counters, tag)
        if value is None:
            raise CardStatus(Status.NO_DATA)
        return tlv.encode(tag, value)


def _request(inputs: answers.Inputs) -> rules.Request:
    """What the rules look at; an amount that is not BCD is wrong data."""
    amount = inputs[0x9F02].hex()
    if not amount.isdecimal():
        raise CardStatus(Status.DATA)
    return rules.Request(int.from_bytes(inputs[0x9F66], "big"), int(amount), inputs[0x5F2A])
