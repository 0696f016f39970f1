"""What the card decides at GET PROCESSING OPTIONS: CS-002 to CS-039, pure functions.

Nothing here has a memory or bytes; `application` carries the decision out. The rules are tried in
the order of their numbers, CS-039 first, and the first one that decides ends it. A decision holds
the counters as they are once it is final: with a TC when the last record is read, at once with the
ARQC of a prepaid card.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from tapkern.card.bits import Cap, Ctq, Cvr, Ttq
from tapkern.card.extended import Charge
from tapkern.card.memory import Counters
from tapkern.card.profile import ApplicationProfile, Purse
from tapkern.card.status import CardStatus, Status

CTTA_CHECKS = Cap.LOW_VALUE_AND_CTTA | Cap.LOW_VALUE_OR_CTTA
LOW_VALUE_CHECKS = Cap.LOW_VALUE | CTTA_CHECKS


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
    """What the terminal asks for; the amount in minor units.

    cdcvm: the holder was verified on the device. charge: when it is extended.
    """

    ttq: int
    amount: int
    currency: bytes
    cdcvm: bool = False
    charge: Charge | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What a purchase in one of the card's currencies is measured against.

    second: it is the second one. cvm_limit: 9F6B or DF72. purse: None without electronic cash.
    """

    second: bool
    cvm_limit: int
    purse: Purse | None
    balance: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The card's answer to a request.

    cvr: the whole 4 bytes. ctq: only the bits decided now. after: the counters once it is final,
    `counters` unchanged unless there is something to spend. balance: what 9F10 shows, after a
    purchase. available: what 9F5D shows.
    """

    kind: Cryptogram
    cvr: int
    ctq: int
    after: Counters
    balance: int
    available: int


class Finding(NamedTuple):
    """Type of cryptogram, findings for the CVR, and the counters after it."""

    kind: Cryptogram
    cvr: int
    after: Counters


def choose_path(ttq: int) -> Path:
    """CS-002: debit/credit if the terminal offers it, else qPBOC, else refuse with 6985."""
    if ttq & Ttq.DEBIT_CREDIT:
        return Path.DEBIT_CREDIT
    if ttq & Ttq.QPBOC:
        return Path.QPBOC
    raise CardStatus(Status.CONDITIONS)


def account(profile: ApplicationProfile, counters: Counters, currency: bytes) -> Account | None:
    """By 5F2A: the first one for 9F51, the second one for DF71, None for any other currency."""
    if currency == profile.currency:
        return Account(False, profile.cvm_limit, profile.purse, counters.balance)
    second = profile.second
    if second is not None and currency == second.currency:
        return Account(True, second.cvm_limit, second.purse, counters.second_balance)
    return None


def available_offline(profile: ApplicationProfile, counters: Counters, second: bool = False) -> int:
    """What 9F5D tells: the largest purchase that the card can pay offline, limits apart.

    CS-024: nothing when the card has no check to spend offline by. CTTA counts in the first
    currency only (CS-022).
    """
    if not profile.cap & LOW_VALUE_CHECKS:
        return 0
    if second:
        return counters.second_balance
    if not profile.cap & CTTA_CHECKS:
        return counters.balance
    left = max(0, _cumulative_limit(profile, offline_only=True) - counters.cumulative)
    both = profile.cap & Cap.LOW_VALUE_AND_CTTA
    return min(counters.balance, left) if both else max(counters.balance, left)


def decide(profile: ApplicationProfile, counters: Counters, request: Request) -> Decision:
    """The qPBOC decision. Raises CardStatus 6985 where the card refuses."""
    used = account(profile, counters, request.currency)
    ctq, (kind, found, after) = _decide(profile, counters, request, used)
    prefers_contact = profile.cap & Cap.CONTACT_FOR_ONLINE and request.ttq & Ttq.CONTACT
    if kind is Cryptogram.ARQC and prefers_contact:  # CS-025
        raise CardStatus(Status.CONDITIONS)
    if kind is Cryptogram.ARQC and profile.cap & Cap.PREPAID:
        kind, found, after = _prepaid(counters, request, used, found)
    second = used is not None and used.second
    return Decision(
        kind=kind,
        cvr=Cvr.LENGTH | Cvr.SECOND_NOT_REQUESTED | kind.cvr | found,  # CS-003
        ctq=ctq | (Ctq.CDCVM if request.cdcvm else 0),
        after=after,
        balance=after.second_balance if second else after.balance,
        available=available_offline(profile, after, second),
    )


def _decide(
    profile: ApplicationProfile, counters: Counters, request: Request, used: Account | None
) -> tuple[int, Finding]:
    """CTQ bits, and what was found."""
    cap = profile.cap
    offline_only = bool(request.ttq & Ttq.OFFLINE_ONLY)
    allowed = cap & Cap.OFFLINE_MISMATCH
    if used is None and (cap & Cap.NO_MISMATCH or (offline_only and not allowed)):  # CS-039
        return 0, Finding(Cryptogram.AAC, 0, counters)
    new = counters.last_online_atc == 0
    locked = counters.pin_tries == 0
    if offline_only:
        if new and cap & Cap.DECLINE_NEW_OFFLINE:  # CS-010
            return 0, Finding(Cryptogram.AAC, Cvr.NEW_CARD, counters)
        if locked and cap & Cap.PIN_TRIES_CHECK:  # CS-011
            return 0, Finding(Cryptogram.AAC, Cvr.PIN_TRIES_EXCEEDED, counters)
    ctq = _holder_check(profile, request, used)
    if not offline_only:
        if ctq & Ctq.ONLINE_PIN:  # CS-013
            return ctq, Finding(Cryptogram.ARQC, 0, counters)
        if request.ttq & Ttq.ONLINE_REQUIRED or (used is None and not allowed):  # CS-014
            return ctq, Finding(Cryptogram.ARQC, 0, counters)
        if new and cap & Cap.NEW_CARD_CHECK:  # CS-015
            return ctq, Finding(Cryptogram.ARQC, Cvr.NEW_CARD, counters)
        if locked and cap & Cap.PIN_TRIES_CHECK:
            return ctq, Finding(Cryptogram.ARQC, Cvr.PIN_TRIES_EXCEEDED, counters)
    return ctq, _velocity(profile, counters, request, used)


def _velocity(
    profile: ApplicationProfile, counters: Counters, request: Request, used: Account | None
) -> Finding:
    """The checks that end in a TC: other currency, low value, CTTA."""
    offline_only = bool(request.ttq & Ttq.OFFLINE_ONLY)
    refusal = Cryptogram.AAC if offline_only else Cryptogram.ARQC
    if used is None and request.charge:  # CS-041: its money is in the first purse alone
        return Finding(refusal, Cvr.VELOCITY, counters)
    if used is None:  # CS-023
        if counters.foreign >= (profile.risk.foreign_currency_limit or 0):
            return Finding(refusal, Cvr.VELOCITY, counters)
        after = dataclasses.replace(counters, foreign=counters.foreign + 1)
        return Finding(Cryptogram.TC, 0, after)
    if used.purse is None or not profile.cap & LOW_VALUE_CHECKS:  # CS-024
        return Finding(refusal, 0, counters)
    paid = _pay(counters, used, request, offline_only)
    ctta = 0 if used.second else profile.cap & CTTA_CHECKS
    within = counters.cumulative + request.amount <= _cumulative_limit(profile, offline_only)
    if ctta & Cap.LOW_VALUE_AND_CTTA:  # CS-022
        if paid and within:
            return Finding(Cryptogram.TC, 0, _counted(paid, request))
    elif paid:  # CS-020, CS-021
        return Finding(Cryptogram.TC, 0, paid)
    elif ctta and within and not request.charge:  # CS-022, the purse is left alone
        return Finding(Cryptogram.TC, 0, _counted(counters, request))
    return Finding(refusal, Cvr.VELOCITY, counters)


def _pay(
    counters: Counters, used: Account, request: Request, offline_only: bool
) -> Counters | None:
    """CS-020: the counters after the low value check has let the purse pay, else None.

    Within the limit of one purchase and the balance; online, the threshold stays. CS-041: an
    extended transaction has its own rule for the balance, without the threshold.
    """
    assert used.purse is not None
    amount = request.amount
    if amount > used.purse.single:
        return None
    if request.charge:
        return None if used.second else request.charge.paid(counters, amount)
    needed = amount if offline_only else amount + used.purse.reset
    return _paid(counters, used, request) if needed <= used.balance else None


def _cumulative_limit(profile: ApplicationProfile, offline_only: bool) -> int:
    """CS-022: 9F54; an offline-only terminal gets up to 9F5C when the card has it."""
    risk = profile.risk
    if offline_only and risk.cumulative_upper is not None:
        return risk.cumulative_upper
    return risk.cumulative_limit or 0


def _paid(counters: Counters, used: Account, request: Request) -> Counters:
    """CS-021: the purse after it has paid."""
    balance = used.balance - request.amount
    if used.second:
        return dataclasses.replace(counters, second_balance=balance)
    return dataclasses.replace(counters, balance=balance)


def _counted(counters: Counters, request: Request) -> Counters:
    """CS-022: CTTA after a purchase."""
    return dataclasses.replace(counters, cumulative=counters.cumulative + request.amount)


def _prepaid(counters: Counters, request: Request, used: Account | None, found: int) -> Finding:
    """CS-026: the ARQC of a prepaid card pays at once, or there is none."""
    if used is None or request.amount == 0 or request.amount > used.balance:
        return Finding(Cryptogram.AAC, found, counters)
    return Finding(Cryptogram.ARQC, found, _paid(counters, used, request))


def _holder_check(profile: ApplicationProfile, request: Request, used: Account | None) -> int:
    """CS-012 and CS-013: the CTQ bit of the cardholder check that the card wants, 0 for none."""
    cap, ttq = profile.cap, request.ttq
    over = bool(cap & Cap.CVM_MISMATCH) if used is None else request.amount > used.cvm_limit
    if (request.cdcvm and ttq & Ttq.CDCVM) or not (ttq & Ttq.CVM_REQUIRED or over):
        return 0
    pin = cap & (Cap.PIN_MISMATCH if used is None else Cap.PIN_MATCH)
    if pin and ttq & Ttq.ONLINE_PIN and not ttq & Ttq.OFFLINE_ONLY:
        return Ctq.ONLINE_PIN
    if cap & Cap.SIGNATURE and ttq & Ttq.SIGNATURE:
        return Ctq.SIGNATURE
    raise CardStatus(Status.CONDITIONS)
