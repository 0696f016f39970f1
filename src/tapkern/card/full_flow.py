"""One debit/credit transaction: from its GPO to the next one, SELECT or reset (CS-044).

GENERATE AC, EXTERNAL and INTERNAL AUTHENTICATE, VERIFY. What is decided is in `card_action`, script
commands are in `scripts`. Every command changes the memory in one step and before it is answered;
only VERIFY takes two, so that a try is spent before anybody can see how it ends.
"""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Mapping
from enum import Enum
from typing import Protocol

from tapkern.card import answers, card_action, log, pin, rules, tlv
from tapkern.card.bits import ONE_SCRIPT, Ada, Aip, Cvr
from tapkern.card.card_action import Asked, Online
from tapkern.card.files import Branch
from tapkern.card.memory import Counters
from tapkern.card.profile import ApplicationProfile
from tapkern.card.rules import Cryptogram
from tapkern.card.status import CardStatus, Status

KINDS = {kind.value: kind for kind in Cryptogram}
TYPE, SIGNED = 0xC0, 0x10
"""Bits of P1 of GENERATE AC."""
NOT_COMPARED = frozenset({0x95, 0x9B, 0x9F37})
"""EC-043: what may differ between PDOL and CDOL1."""
AUTHENTICATION_SIZE = 10
"""Tag 91: ARPC and response code."""
AC_SIZE = 8
ONLY_CHOICE = 0x01
"""9F7A of a terminal that offers electronic cash."""


class Phase(Enum):
    """How far the transaction is."""

    OPEN = "no GENERATE AC yet"
    ONLINE = "ARQC given"
    CLOSED = "final cryptogram given"


class Home(Protocol):
    """What a transaction sees of its application."""

    @property
    def profile(self) -> ApplicationProfile:
        """The profile with all that scripts have changed."""

    @property
    def counters(self) -> Counters:
        """What the application remembers."""

    def keep(self, counters: Counters) -> None:
        """Remember this, in one step (CS-042)."""


class FullFlow:
    """A transaction. Commands raise CardStatus where they end without data."""

    def __init__(self, home: Home, branch: Branch, asked: Mapping[int, bytes], pdol: bytes) -> None:
        """asked: what the PDOL asked for, by tag; pdol: the same as the terminal sent it."""
        self.home = home
        self.branch = branch
        self.phase = Phase.OPEN
        self.authenticated: bool | None = None
        self.ac = b""
        """The first cryptogram, which scripts are bound to (LD-008)."""
        self.refuses_scripts = False
        self.completed = False
        """Whether the second GENERATE AC was answered."""
        self.seals: set[bytes] = set()
        """MACs of the scripts that were carried out."""
        self._asked = asked
        self._values: dict[int, bytes] = {}
        self._signed = pdol
        self._first: int | None = None
        """CVR bits of the first cryptogram."""
        self._flags = 0
        self._verified = False

    @property
    def profile(self) -> ApplicationProfile:
        """The profile with all that scripts have changed."""
        return self.home.profile

    @property
    def atc(self) -> int:
        """ATC of this transaction."""
        return self.home.counters.atc

    def _supports(self, bit: Aip) -> bool:
        return bool(int.from_bytes(self.profile.aip, "big") & bit)

    # GENERATE AC

    def generate(self, p1: int, data: bytes) -> bytes:
        """GENERATE AC with its CDOL data. GA-012: one first, and after an ARQC one second."""
        kind = KINDS.get(p1 & TYPE)
        signed = bool(p1 & SIGNED)
        if kind is None or p1 & ~(TYPE | SIGNED) or (signed and not self._supports(Aip.CDA)):
            raise CardStatus(Status.PARAMETERS)
        if self.phase is Phase.OPEN:
            return self._generate_first(kind, data, signed)
        if self.phase is Phase.ONLINE and kind is not Cryptogram.ARQC:
            return self._generate_second(kind, data, signed)
        raise CardStatus(Status.CONDITIONS)

    def _generate_first(self, kind: Cryptogram, data: bytes, signed: bool) -> bytes:
        values = _filled(self.profile.flow.cdol1, data)
        asked = self._request(kind, values)
        answer = card_action.first(self.profile, self.home.counters, asked)
        cvr = Cvr.LENGTH | Cvr.SECOND_NOT_REQUESTED | answer.kind.cvr | answer.found | self._flags
        response, ac = self._answer(answer, cvr, values, self._signed + data, signed)
        self.home.keep(self._logged(answer, values))
        self.phase = Phase.ONLINE if answer.kind is Cryptogram.ARQC else Phase.CLOSED
        self.ac, self._values = ac, values
        self._signed += data
        self._first = answer.kind.cvr | answer.found
        return response

    def _generate_second(self, kind: Cryptogram, data: bytes, signed: bool) -> bytes:
        assert self._first is not None
        found = self._first
        own = _filled(self.profile.flow.cdol2, data)
        values = {**self._values, **own}
        asked = self._request(kind, values)
        online = Online(own[0x8A], self._authenticated_within(own))
        answer = card_action.second(self.profile, self.home.counters, asked, found, online)
        chosen = Cvr.SECOND_TC if answer.kind is Cryptogram.TC else 0
        cvr = Cvr.LENGTH | chosen | answer.found | self._flags
        response, _ = self._answer(answer, cvr, values, self._signed + data, signed)
        self.home.keep(self._logged(answer, values))
        self.phase, self.completed = Phase.CLOSED, True
        self.authenticated = online.authenticated
        return response

    def _request(self, kind: Cryptogram, values: Mapping[int, bytes]) -> Asked:
        """What `card_action` looks at. CS-001: an amount that is not BCD is wrong data."""
        known = {**self._asked, **values}
        amount = known.get(0x9F02, b"").hex() or "0"
        if not amount.isdecimal():
            raise CardStatus(Status.DATA)
        electronic = self._asked.get(0x9F7A) == bytes([ONLY_CHOICE])
        shared = (self._asked.keys() & values.keys()) - NOT_COMPARED
        return Asked(
            kind=kind,
            amount=int(amount),
            currency=known.get(0x5F2A, b""),
            country=known.get(0x9F1A, b""),
            tvr=int.from_bytes(known.get(0x95, b""), "big"),
            electronic=electronic,
            consistent=all(self._asked[tag] == values[tag] for tag in shared),
        )

    def _answer(
        self,
        answer: card_action.Answer,
        cvr: int,
        values: Mapping[int, bytes],
        signed_data: bytes,
        signed: bool,
    ) -> tuple[bytes, bytes]:
        """The answer to GENERATE AC, and its cryptogram: format 80, or 77 with a signature."""
        profile, branch, atc = self.profile, self.branch, self.atc
        inputs = {tag: bytes(size) for tag, size in answers.CRYPTOGRAM_DATA.items()}
        inputs |= {tag: value for tag, value in self._asked.items() if tag in inputs}
        inputs |= {tag: value for tag, value in values.items() if tag in inputs}
        ac = answers.cryptogram(profile, branch, inputs, atc, cvr.to_bytes(4, "big"))
        after = answer.after
        used = rules.account(profile, after, inputs[0x5F2A])
        second = used is not None and used.second
        decision = rules.Decision(
            kind=answer.kind,
            cvr=cvr,
            ctq=0,
            after=after,
            balance=after.second_balance if second else after.balance,
            available=rules.available_offline(profile, after, second),
        )
        iad = answers.issuer_data(profile, branch, atc, decision)
        cid = bytes([answer.kind.value | answer.reason])
        if not signed or answer.kind is Cryptogram.AAC:  # CDA-002
            return tlv.encode(0x80, cid + atc.to_bytes(2, "big") + ac + iad), ac
        head = tlv.encode(0x9F27, cid) + tlv.encode(0x9F36, atc.to_bytes(2, "big"))
        tail = tlv.encode(0x9F10, iad)
        digest = branch.digest(signed_data + head + tail)  # CDA-005
        number = values.get(0x9F37, b"")
        sdad = branch.sign(atc.to_bytes(2, "big"), number, cid + ac + digest)
        return tlv.encode(0x77, head + tlv.encode(0x9F4B, sdad) + tail), ac

    def _logged(self, answer: card_action.Answer, values: Mapping[int, bytes]) -> Counters:
        """The counters to keep: with a TC, in the same step, a record in the log (EC-048)."""
        after, file = answer.after, self.profile.log
        if answer.kind is not Cryptogram.TC or file is None:
            return after
        known = {**self.log_values(), **values, 0x9F27: bytes([answer.kind.value])}
        written = log.append(file, after.log, log.record(file, known))
        return dataclasses.replace(after, log=written)

    def log_values(self) -> dict[int, bytes]:
        """What a log record of this transaction is made of."""
        return {**self._asked, **self._values, 0x9F36: self.atc.to_bytes(2, "big")}

    # issuer authentication

    def authenticate_issuer(self, data: bytes) -> None:
        """EXTERNAL AUTHENTICATE: once, after an ARQC; 6300 when the ARPC is wrong (CS-038)."""
        if len(data) != AUTHENTICATION_SIZE:
            raise CardStatus(Status.LENGTH)
        supported = self._supports(Aip.ISSUER_AUTHENTICATION)
        if not supported or self.phase is not Phase.ONLINE or self.authenticated is not None:
            raise CardStatus(Status.CONDITIONS)
        right = self._is_right(data)
        self.authenticated = False  # until what follows from it is kept
        counters = self.home.counters
        if not right:
            history = counters.history | Cvr.ISSUER_FAILED_LAST
            self.home.keep(dataclasses.replace(counters, history=history))
            raise CardStatus(Status.NOT_AUTHENTIC)
        history = counters.history & ~Cvr.ISSUER_FAILED_LAST
        self.home.keep(dataclasses.replace(counters, history=history))
        self.authenticated = True

    def _is_right(self, data: bytes) -> bool:
        """Whether tag 91 is of this ARQC."""
        suite, code = self.branch.suite, data[AC_SIZE:]
        key = suite.session_key(self.branch.udk_ac, self.atc)
        return hmac.compare_digest(suite.arpc(key, self.ac, code), data[:AC_SIZE])

    def _authenticated_within(self, values: Mapping[int, bytes]) -> bool | None:
        """DC-051: CDOL2 may bring tag 91 instead of a command; zeros are its absence."""
        data = values.get(0x91, b"")[:AUTHENTICATION_SIZE]
        if self.authenticated is not None or not data.strip(b"\x00"):
            return self.authenticated
        return len(data) == AUTHENTICATION_SIZE and self._is_right(data)

    @property
    def takes_scripts(self) -> bool:
        """File 74 §3: after the first cryptogram, unless issuer authentication failed or lacks."""
        if self.phase is Phase.OPEN or self.refuses_scripts or self.authenticated is False:
            return False
        went_online = bool((self._first or 0) & Cvr.ARQC)
        missing = went_online and self.authenticated is None
        return not (missing and card_action.must_authenticate(self.profile))

    def count_script(self, counters: Counters) -> Counters:
        """File 74 §3: commands behind the second GENERATE AC are counted, up to 15."""
        if not self.completed or counters.history & Cvr.SCRIPTS == Cvr.SCRIPTS:
            return counters
        return dataclasses.replace(counters, history=counters.history + ONE_SCRIPT)

    # signature and PIN

    def sign(self, data: bytes) -> bytes:
        """INTERNAL AUTHENTICATE with its DDOL data: the dynamic signature, format 80."""
        if self.phase is not Phase.OPEN or not self._supports(Aip.DDA):
            raise CardStatus(Status.CONDITIONS)
        ddol = self.profile.flow.ddol
        if ddol and len(data) != sum(length for _, length in tlv.decode_dol(ddol)):
            raise CardStatus(Status.LENGTH)
        signature = self.branch.sign(self.atc.to_bytes(2, "big"), data, b"")
        self._flags |= Cvr.DDA_DONE
        return tlv.encode(0x80, signature)

    def verify(self, block: bytes) -> None:
        """VERIFY of a plaintext PIN block: the try is spent before it is compared."""
        if len(block) != pin.BLOCK:
            raise CardStatus(Status.LENGTH)
        if self.phase is not Phase.OPEN:
            raise CardStatus(Status.CONDITIONS)
        counters = self.home.counters
        before, self._verified = self._verified, True
        if counters.pin_tries == 0:
            self._flags |= Cvr.PIN_DONE | Cvr.PIN_FAILED
            raise CardStatus(Status.PIN_BLOCKED if before else Status.PIN_UNUSABLE)
        self._flags = self._flags & ~Cvr.PIN_FAILED | Cvr.PIN_DONE | Cvr.PIN_FAILED
        left = counters.pin_tries - 1
        spent = dataclasses.replace(counters, pin_tries=left)
        if left == 0 and card_action.default_action(self.profile) & Ada.PIN_BLOCK:
            history = spent.history | Cvr.BLOCKED_BY_PIN
            spent = dataclasses.replace(spent, blocked=1, history=history)
        self.home.keep(spent)
        if not pin.matches(counters.pin, block):
            raise CardStatus(Status.PIN_WRONG | left)
        self.home.keep(dataclasses.replace(counters, pin_tries=self.profile.pin_limit))
        self._flags &= ~Cvr.PIN_FAILED


def _filled(dol: bytes, data: bytes) -> dict[int, bytes]:
    """The values of a list by tag; 6700 when they are not as long as it says."""
    entries = tlv.decode_dol(dol)
    if len(data) != sum(length for _, length in entries):
        raise CardStatus(Status.LENGTH)
    values, at = {}, 0
    for tag, length in entries:
        values[tag] = data[at : at + length]
        at += length
    return values
