"""One UnionPay application at work: GPO, records, data; what it prepares and when it commits.

Volatile is only what a tap has prepared; it is gone with the next SELECT, GPO or reset (CS-044).
Everything that lasts is in `memory` and changes in single steps (CS-042).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import Enum

from tapkern.card import answers, full_files, log, objects, rules, tlv
from tapkern.card.bits import Aip, Cap, Ttq
from tapkern.card.extended import Extension
from tapkern.card.faults import Misbehaviour
from tapkern.card.files import (
    ANSWER_ROOM,
    Branch,
    Place,
    application_fci,
    build_last_record,
    personalise,
)
from tapkern.card.full_files import FullFiles, personalise_full, rule_records
from tapkern.card.full_flow import FullFlow
from tapkern.card.layouts import CARD_AUTHENTICATION
from tapkern.card.memory import Counters, Memory
from tapkern.card.phone import Phone
from tapkern.card.profile import TERMINAL_DATA, ApplicationProfile
from tapkern.card.scripts import Script, execute
from tapkern.card.status import CardStatus, Status
from tapkern.errors import UsageError
from tapkern.issuer.certificates import fdda_tail

LAST_ATC = 0xFFFF
CHALLENGE_SIZE = 8
CDA_OVERHEAD = 3 + 4 + 5 + 4 + 27
"""Template, 9F27, 9F36, tag and length of 9F4B, and the longest 9F10 in an answer with CDA."""
FULL_SFIS = (full_files.SFI, full_files.SM_SFI)


class Phase(Enum):
    """Where a tap is between two commands."""

    SELECTED = "selected, no GPO yet"
    DEBIT_CREDIT = "debit/credit records are open"
    ANSWERED = "AAC or ARQC given"
    PURCHASE = "TC given, not yet final"
    FINAL = "purchase final"


class Signed:
    """A tap with a signature from its GPO on: what its last record is and what it will change.

    after: the counters that the last record makes final, None behind an ARQC (online ODA), which
    changes nothing. place: where 9F4B is read, None when that was in the GPO answer.
    """

    def __init__(
        self, after: Counters | None, record: bytes, place: Place | None, sign: Callable[[], bytes]
    ) -> None:
        self.after = after
        self.record = record
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
        faults: Misbehaviour,
        phone: Phone | None = None,
    ) -> None:
        self._issued = profile = faults.profile(profile)
        self._effective: tuple[tuple[bytes, ...], ApplicationProfile] = ((), profile)
        self.files = personalise(profile, faults)
        self._memory = memory
        self._random = random
        self._faults = faults
        self._phone = phone
        self._phase = Phase.SELECTED
        self._signed: Signed | None = None
        self._branch = self.files.branches[0]
        self._second = False
        self.extension = Extension(profile, memory, lambda: self.profile.df61)
        self._flow: FullFlow | None = None
        self._full: FullFiles | None = None
        self._check_answer_size()
        self._check_signature_size()
        rule_records(profile, self.files.track2)

    @property
    def aid(self) -> bytes:
        """DF name."""
        return self._issued.aid

    @property
    def profile(self) -> ApplicationProfile:
        """The profile with everything in it that scripts have changed."""
        changes = self.counters.objects
        if self._effective[0] is not changes:
            self._effective = changes, objects.effective(self._issued, changes)
        return self._effective[1]

    @property
    def full_files(self) -> FullFiles:
        """The files of the debit/credit path, made when they are first needed."""
        if self._full is None:
            self._full = personalise_full(self._issued, self.files, self._faults)
        return self._full

    @property
    def flow(self) -> FullFlow:
        """The debit/credit transaction that its GPO has begun; 6985 when there is none."""
        if self._flow is None:
            raise CardStatus(Status.CONDITIONS)
        return self._flow

    @property
    def counters(self) -> Counters:
        """What the application remembers now."""
        return self._memory[self.aid]

    @property
    def blocked(self) -> bool:
        """By the issuer, or for good because the ATC has reached FFFF (CS-001)."""
        return bool(self.counters.blocked) or self._spent

    @property
    def _spent(self) -> bool:
        return self.counters.atc == LAST_ATC

    def keep(self, counters: Counters) -> None:
        """Remember this, in one step and before it is answered (CS-042)."""
        self._memory[self.aid] = counters

    def _check_signature_size(self) -> None:
        """Refuse a card whose combined signature would not fit the answer to GENERATE AC."""
        aip = int.from_bytes(self._issued.aip, "big")
        keys = self._issued.keys
        if aip & Aip.CDA and keys and keys.icc.size + CDA_OVERHEAD > ANSWER_ROOM:
            raise UsageError(
                "the answer with a combined signature is longer than one answer",
                f"application {self.aid.hex().upper()}",
                "take a shorter ICC key or clear B1b1 of the AIP",
            )

    def _check_answer_size(self) -> None:
        """Refuse a card whose longest GPO answer would not fit one short answer."""
        longest = rules.Decision(rules.Cryptogram.TC, 0, 0, self.counters, 0, 0)
        nothing = {tag: bytes(length) for tag, length in TERMINAL_DATA.items()}
        for branch in self.files.branches:
            found = answers.gpo_objects(
                self.profile, self.files, branch, nothing, 0, longest, branch.afl
            )
            if branch.signature_record is None and self.profile.signs:
                found += tlv.encode(0x9F4B, bytes(branch.signature_size))
            if len(tlv.encode(0x77, found)) > ANSWER_ROOM:
                raise UsageError(
                    "the GPO answer is longer than one answer",
                    f"application {self.aid.hex().upper()}",
                    "leave out an optional object or take a shorter ICC key",
                )

    def discard(self) -> None:
        """CS-044: forget what was prepared and not committed, and what was read for it."""
        self._forget()
        self.extension.deselect()

    def _forget(self) -> None:
        self.extension.forget()
        self._phase = Phase.SELECTED
        self._signed = None
        self._second = False
        self._flow = None

    def select(self) -> tuple[bytes, int]:
        """FCI and status word; CS-034: 6283 when blocked."""
        same = self.profile.df61 == self._issued.df61
        fci = self.files.fci if same else application_fci(self.profile)
        return fci, Status.BLOCKED if self.blocked else Status.OK

    def process(self, data: bytes) -> bytes:
        """GET PROCESSING OPTIONS with its command data; P1 P2 and Lc are checked already.

        A blocked application refuses qPBOC. It takes debit/credit, where it gives nothing but an
        AAC, because only a transaction brings the script that unblocks it.
        """
        self._forget()
        if self._spent:
            raise CardStatus(Status.CONDITIONS)
        inputs = self._inputs(data)
        request = _request(inputs)
        if self.blocked and not request.ttq & Ttq.DEBIT_CREDIT:
            raise CardStatus(Status.CONDITIONS)
        branch = self._branch = self.files.branch(inputs[0xDF69])
        self._count()
        if self._phone is not None:
            if not self._phone.verify():
                raise CardStatus(Status.SEE_PHONE)
            request = dataclasses.replace(request, cdcvm=True)
        used = rules.account(self.profile, self.counters, request.currency)
        self._second = used is not None and used.second
        if rules.choose_path(request.ttq) is rules.Path.DEBIT_CREDIT:  # CS-002
            self._phase = Phase.DEBIT_CREDIT
            self._flow = self._begin(branch, inputs, data)
            return tlv.encode(0x80, self.profile.aip + self.full_files.afl(branch))
        charge = self.extension.begin(inputs[0xDF60][0])
        request = dataclasses.replace(request, charge=charge)
        counters = self.counters
        decision = rules.decide(self.profile, counters, request)
        self._signed = self._sign(branch, inputs, request.ttq, decision)
        answer = answers.gpo_objects(
            self.profile,
            self.files,
            branch,
            inputs,
            counters.atc,
            decision,
            afl=self._afl(branch, decision),
            silent=self._accept(inputs, request, decision),
        )
        if self._signed and branch.signature_record is None:  # CS-032
            answer += tlv.encode(0x9F4B, self._signed.signature)
        if decision.kind is rules.Cryptogram.TC:
            self._phase = Phase.PURCHASE
        else:
            self._phase = Phase.ANSWERED
            if decision.after is not counters:  # CS-026, CS-042: before the ARQC leaves the card
                self.keep(decision.after)
        return tlv.encode(0x77, answer)

    def _begin(self, branch: Branch, inputs: answers.Inputs, data: bytes) -> FullFlow:
        """A debit/credit transaction with what the PDOL asked for."""
        ((_, sent),) = tlv.decode(data)
        asked = {tag: inputs[tag] for tag in self.files.pdol if tag in inputs}
        return FullFlow(self, branch, asked, sent)

    def _afl(self, branch: Branch, decision: rules.Decision) -> bytes:
        """What the terminal may read: all with a signature, the token's record with an ARQC."""
        if self._signed:
            return branch.afl
        return self.files.token_afl if decision.kind is rules.Cryptogram.ARQC else b""

    def _accept(
        self, inputs: answers.Inputs, request: rules.Request, decision: rules.Decision
    ) -> bool:
        """CS-041: let the updates of an accepted charge come. Whether there is no 9F26 to show."""
        charge = request.charge
        if charge is None or decision.kind is not rules.Cryptogram.TC:
            return False
        cvr = decision.cvr.to_bytes(4, "big")
        proof = answers.cryptogram(self.profile, self._branch, inputs, self.counters.atc, cvr)
        return self.extension.accept(charge, request.amount, proof)

    def _inputs(self, data: bytes) -> answers.Inputs:
        """CS-001: the terminal's values by tag; what the PDOL does not ask for is zero."""
        try:
            found = tlv.decode(data)
        except ValueError:
            raise CardStatus(Status.DATA) from None
        if len(found) != 1 or found[0][0] != 0x83:
            raise CardStatus(Status.DATA)
        values = found[0][1]
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
        self.keep(dataclasses.replace(counters, atc=self._faults.count(counters.atc + 1)))
        if self._spent:
            raise CardStatus(Status.CONDITIONS)
        self.extension.count()

    def _sign(
        self, branch: Branch, inputs: answers.Inputs, ttq: int, decision: rules.Decision
    ) -> Signed | None:
        """What a tap with a signature has in store, None for one without.

        CS-021: everything that the last record of a purchase will make final, and nothing of it
        yet. TR-002: an ARQC is signed for a terminal that asks for it, in version 01 alone, because
        version 00 does not cover the amount.
        """
        purchase = decision.kind is rules.Cryptogram.TC
        asked = decision.kind is rules.Cryptogram.ARQC and ttq & Ttq.ONLINE_ODA
        card_data = self._card_authentication(ttq, decision)
        if not purchase and not (asked and self.profile.online_oda and card_data):
            return None
        tail = fdda_tail(inputs[0x9F37], inputs[0x9F02], inputs[0x5F2A], card_data)
        atc = self.counters.atc.to_bytes(2, "big")
        record = build_last_record(self.profile, card_data, approved=purchase)
        after = self._final(inputs, decision.after, record) if purchase else None
        return Signed(after, record, branch.signature_record, lambda: branch.sign(atc, tail, b""))

    def _final(self, inputs: answers.Inputs, after: Counters, record: bytes) -> Counters:
        """CS-030: what an offline purchase leaves behind: counters, its last record, its log."""
        written = after.log
        if self.profile.cap & Cap.LOG and self.profile.log:
            values = {**inputs, 0x9F36: after.atc.to_bytes(2, "big"), 0x9F27: b"\x40"}
            newest = log.record(self.profile.log, values)
            written = log.append(self.profile.log, written, newest)
        return dataclasses.replace(after, last_record=record, log=written)

    def _card_authentication(self, ttq: int, decision: rules.Decision) -> bytes | None:
        """CS-033: 9F69 of fDDA version 01, None for version 00."""
        if not (ttq & Ttq.FDDA_01 and self.profile.fdda_01):
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
        fixed = self.fixed_record(place)
        if fixed is not None:
            return fixed
        if place == self.files.last_record:
            return self._read_last()
        if any(place == branch.signature_record for branch in self.files.branches):
            if self._signed is None or self._signed.place != place:
                raise CardStatus(Status.CONDITIONS)
            return tlv.encode(0x70, tlv.encode(0x9F4B, self._signed.signature))
        slot = self.extension.slot(sfi, number)
        return self._read_log(sfi, number) if slot is None else slot

    def fixed_record(self, place: Place) -> bytes | None:
        """A record that no tap changes: as UPDATE RECORD has left it, else as it was made."""
        for written in self.counters.records:
            if written[:2] == bytes(place):
                return written[2:]
        fixed = self.files.records.get(place)
        if fixed is None and place[0] in FULL_SFIS:
            fixed = self.full_files.records.get(place)
        return fixed

    def execute(self, script: Script) -> None:
        """A command of an issuer script."""
        execute(self.flow, script, {**self.files.records, **self.full_files.records})

    def challenge(self) -> bytes:
        """GET CHALLENGE."""
        return self._random(CHALLENGE_SIZE)

    def _read_last(self) -> bytes:
        if self._phase is Phase.DEBIT_CREDIT and self.profile.purse:
            return build_last_record(self.profile, None)
        if self._phase is Phase.ANSWERED:
            if self._signed is None:
                raise CardStatus(Status.CONDITIONS)
            return self._signed.record  # TR-003: nothing becomes final behind an ARQC
        if self._phase is Phase.PURCHASE and self._signed and self._signed.after:
            self.keep(self.extension.committed(self._signed.after))  # CS-030, CS-042
            self.extension.finish()
            self._phase = Phase.FINAL
        stored = self.counters.last_record  # CS-031, CS-042: a copy, nothing is deducted again
        if not stored:
            raise CardStatus(Status.NO_RECORD)
        return stored

    def _read_log(self, sfi: int, number: int) -> bytes:
        """LG-003, LG-004, LG-007: a log record, at any time; number 0 is all loads (LG-006)."""
        profile, counters = self.profile, self.counters
        logs = ((profile.log, counters.log), (profile.load_log, counters.load_log))
        for file, records in logs:
            if file and file.sfi == sfi and 1 <= number <= len(records):
                return records[number - 1]
        if number == 0 and profile.load_log and profile.load_log.sfi == sfi:
            return log.read_all(counters.load_log, counters.atc, self._mac)
        raise CardStatus(Status.NO_RECORD if number else Status.PARAMETERS)

    def _mac(self, data: bytes) -> bytes:
        """4 bytes with the MAC session key of this ATC, in the family of the last GPO."""
        suite = self._branch.suite
        return suite.message_mac(suite.session_key(self._branch.udk_mac, self.counters.atc), data)

    def get_data(self, tag: int) -> bytes:
        """GET DATA: the object with this tag, 6A88 when there is none (CS-034)."""
        value = answers.data_objects(self.profile, self.counters, self._second).get(tag)
        if value is None:
            raise CardStatus(Status.NO_DATA)
        return tlv.encode(tag, value)


def _request(inputs: answers.Inputs) -> rules.Request:
    """What the rules look at; an amount that is not BCD is wrong data."""
    amount = inputs[0x9F02].hex()
    if not amount.isdecimal():
        raise CardStatus(Status.DATA)
    return rules.Request(int.from_bytes(inputs[0x9F66], "big"), int(amount), inputs[0x5F2A])
