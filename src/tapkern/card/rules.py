"""What the card decides at GET PROCESSING OPTIONS: CS-002 to CS-039, pure functions.

Nothing here has a memory or bytes; `application` carries the decision out. The rules are tried in
the order of their numbers, CS-039 first, and the first one that decides ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tapkern.card.bits import Cap, Ctq, Cvr, Ttq
from tapkern.card.memory import Counters
from tapkern.card.profile import ApplicationProfile
from tapkern.card.status import CardStatus, Status


class Path(Enum):
    """Which of the two contactless ways the card takes."""

    DEBIT_CREDIT = "debit/credit"
    QPBOC = "qPBOC"


class Cryptogram(Enum):
    """The type of cryptogram; `value` is 9F27, and `cvr` the same in the CVR."""

    AAC = 0x00
    TC = 0x40
    ARQC = 0x80

    @property
    def cvr(self) -> int:
        """Bits B2b6-b5 of the CVR."""
        return self.value << 14


@dataclass(frozen=True, slots=True)
class Request:
    """What the terminal asks for; the amount in minor units."""

    ttq: int
    amount: int
    currency: bytes


@dataclass(frozen=True, slots=True)
class Decision:
    """The card's answer to a request.

    cvr: the whole 4 bytes. ctq: only the bits decided now. balance: after the purchase with a TC,
    else unchanged. available: what 9F5D shows.
    """

    kind: Cryptogram
    cvr: int
    ctq: int
    balance: int
    available: int


def choose_path(ttq: int) -> Path:
    """CS-002: debit/credit if the terminal offers it, else qPBOC, else refuse with 6985."""
    if ttq & Ttq.DEBIT_CREDIT:
        return Path.DEBIT_CREDIT
    if ttq & Ttq.QPBOC:
        return Path.QPBOC
    raise CardStatus(Status.CONDITIONS)


def available_offline(profile: ApplicationProfile, balance: int) -> int:
    """What 9F5D tells. CS-024: nothing when the card has no check to spend offline by."""
    return balance if profile.cap & Cap.LOW_VALUE else 0


def decide(profile: ApplicationProfile, counters: Counters, request: Request) -> Decision:
    """The qPBOC decision. Raises CardStatus 6985 where the card refuses."""
    kind, found, ctq = _decide(profile, counters, request)
    prefers_contact = profile.cap & Cap.CONTACT_FOR_ONLINE and request.ttq & Ttq.CONTACT
    if kind is Cryptogram.ARQC and prefers_contact:  # CS-025
        raise CardStatus(Status.CONDITIONS)
    balance = counters.balance
    if kind is Cryptogram.TC:
        balance -= request.amount  # CS-021
    return Decision(
        kind=kind,
        cvr=Cvr.LENGTH | Cvr.SECOND_NOT_REQUESTED | kind.cvr | found,  # CS-003
        ctq=ctq,
        balance=balance,
        available=available_offline(profile, balance),
    )


def _decide(
    profile: ApplicationProfile, counters: Counters, request: Request
) -> tuple[Cryptogram, int, int]:
    """Type, findings for the CVR, and CTQ bits."""
    cap = profile.cap
    match = request.currency == profile.currency
    offline_only = bool(request.ttq & Ttq.OFFLINE_ONLY)
    if not match and (cap & Cap.NO_MISMATCH or offline_only):  # CS-039; B1b3 is not simulated
        return Cryptogram.AAC, 0, 0
    new = counters.last_online_atc == 0
    locked = counters.pin_tries == 0
    if offline_only:
        if new and cap & Cap.DECLINE_NEW_OFFLINE:  # CS-010
            return Cryptogram.AAC, Cvr.NEW_CARD, 0
        if locked and cap & Cap.PIN_TRIES_CHECK:  # CS-011
            return Cryptogram.AAC, Cvr.PIN_TRIES_EXCEEDED, 0
    ctq = _holder_check(profile, request, match)
    if not offline_only:
        if ctq & Ctq.ONLINE_PIN:  # CS-013
            return Cryptogram.ARQC, 0, ctq
        if request.ttq & Ttq.ONLINE_REQUIRED or not match:  # CS-014
            return Cryptogram.ARQC, 0, ctq
        if new and cap & Cap.NEW_CARD_CHECK:  # CS-015
            return Cryptogram.ARQC, Cvr.NEW_CARD, ctq
        if locked and cap & Cap.PIN_TRIES_CHECK:
            return Cryptogram.ARQC, Cvr.PIN_TRIES_EXCEEDED, ctq
    refusal = Cryptogram.AAC if offline_only else Cryptogram.ARQC
    if profile.purse is None or not cap & Cap.LOW_VALUE:  # CS-024
        return refusal, 0, ctq
    # CS-020
    needed = request.amount if offline_only else request.amount + profile.purse.reset
    if request.amount > profile.purse.single or needed > counters.balance:
        return refusal, Cvr.VELOCITY, ctq
    return Cryptogram.TC, 0, ctq


def _holder_check(profile: ApplicationProfile, request: Request, match: bool) -> int:
    """CS-012 and CS-013: the CTQ bit of the cardholder check that the card wants, 0 for none."""
    cap, ttq = profile.cap, request.ttq
    over = request.amount > profile.cvm_limit if match else bool(cap & Cap.CVM_MISMATCH)
    if not (ttq & Ttq.CVM_REQUIRED or over):
        return 0
    pin = cap & (Cap.PIN_MATCH if match else Cap.PIN_MISMATCH)
    if pin and ttq & Ttq.ONLINE_PIN and not ttq & Ttq.OFFLINE_ONLY:
        return Ctq.ONLINE_PIN
    if cap & Cap.SIGNATURE and ttq & Ttq.SIGNATURE:
        return Ctq.SIGNATURE
    raise CardStatus(Status.CONDITIONS)
