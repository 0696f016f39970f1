"""Card action analysis of the debit/credit flow: what GENERATE AC gives, CS-043, EC-043 to EC-048.

Pure functions over the profile and what the card remembers; `full_flow` has the commands. What
earlier transactions left for the CVR is `Counters.history`, in the positions of the CVR.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from tapkern.card.bits import HISTORY, Ada, Aip, Cvr, Tvr
from tapkern.card.memory import Counters
from tapkern.card.profile import ApplicationProfile
from tapkern.card.rules import Cryptogram, account

DEFAULT_ACTION = 0xE338
"""9F52 of a card whose profile has none: what leaves the issuer out declines or goes online."""
MANDATORY = 0x80
"""9F56: issuer authentication is mandatory. A profile without 9F56 means the same."""
UNABLE = (b"Y3", b"Z3")
"""Response codes of a terminal that could not go online."""
MOST = 0xFF

ADVICE = 0x08
REASON_PIN = 0x02
REASON_ISSUER = 0x03


@dataclass(frozen=True, slots=True)
class Asked:
    """What a terminal asks for in GENERATE AC; amounts in minor units.

    electronic: 9F7A = 01 was in the PDOL data. consistent: what PDOL and CDOL1 both ask for was the
    same twice (EC-043).
    """

    kind: Cryptogram
    amount: int
    currency: bytes
    country: bytes
    tvr: int
    electronic: bool
    consistent: bool


@dataclass(frozen=True, slots=True)
class Online:
    """What the second GENERATE AC knows of the issuer: 8A, and whether tag 91 was right."""

    code: bytes
    authenticated: bool | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The card's answer: type, findings for the CVR, low bits of the CID, and what lasts."""

    kind: Cryptogram
    found: int
    after: Counters
    reason: int = 0


def default_action(profile: ApplicationProfile) -> int:
    """9F52."""
    raw = profile.risk.default_action
    return DEFAULT_ACTION if raw is None else int.from_bytes(raw, "big")


def must_authenticate(profile: ApplicationProfile) -> bool:
    """Whether an online answer without tag 91 is not enough for this card."""
    indicator = profile.risk.issuer_authentication
    aip = int.from_bytes(profile.aip, "big")
    return bool(aip & Aip.ISSUER_AUTHENTICATION and (indicator is None or indicator & MANDATORY))


def first(profile: ApplicationProfile, counters: Counters, asked: Asked) -> Answer:
    """The first GENERATE AC."""
    action = default_action(profile)
    electronic = asked.electronic and profile.purse is not None
    online, found = _history(counters, action)
    if not electronic:  # EC-044
        online |= bool(over := _velocity(profile, counters, asked))
        found |= over
    if counters.last_online_atc == 0:
        found |= Cvr.NEW_CARD
        online |= bool(action & Ada.NEW_ONLINE)
    decline = bool(counters.blocked) or asked.kind is Cryptogram.AAC
    decline |= electronic and not asked.consistent  # EC-043
    if counters.pin_tries == 0:
        found |= Cvr.PIN_TRIES_EXCEEDED
        online |= bool(action & Ada.PIN_ONLINE)
        decline |= bool(action & Ada.PIN_DECLINE)
    if decline:
        return _declined(action, found, _with_failures(counters, asked.tvr))
    if asked.kind is Cryptogram.TC and not online:
        paid = _pay(profile, counters, asked) if electronic else _count(profile, counters, asked)
        if paid is not None:
            return Answer(Cryptogram.TC, found, _with_failures(paid, asked.tvr))
    opened = dataclasses.replace(counters, history=counters.history | Cvr.ONLINE_OPEN)
    return Answer(Cryptogram.ARQC, found, opened)


def second(
    profile: ApplicationProfile, counters: Counters, asked: Asked, found: int, online: Online
) -> Answer:
    """The second GENERATE AC after an ARQC whose findings were `found`: CS-043."""
    if online.code in UNABLE:
        return _offline(profile, counters, asked, found | Cvr.NOT_ONLINE)
    return _completed(profile, counters, asked, found, online.authenticated)


def _offline(profile: ApplicationProfile, counters: Counters, asked: Asked, found: int) -> Answer:
    """CS-043: unable to go online; upper limits, new card and PIN tries by 9F52."""
    action, risk = default_action(profile), profile.risk
    matches = asked.currency == profile.currency
    over = risk.upper_limit is not None and _offline_count(counters) > risk.upper_limit
    if matches and risk.cumulative_upper is not None:
        over |= counters.cumulative + asked.amount > risk.cumulative_upper
    decline = asked.kind is Cryptogram.AAC or bool(counters.blocked)
    if over:
        found |= Cvr.VELOCITY
        decline = True
    decline |= counters.last_online_atc == 0 and bool(action & Ada.NEW_DECLINE)
    decline |= counters.pin_tries == 0 and bool(action & Ada.PIN_DECLINE_OFFLINE)
    if decline:
        return _declined(action, found, _with_failures(counters, asked.tvr))
    spent = _count(profile, counters, asked)
    return Answer(Cryptogram.TC, found, _with_failures(spent, asked.tvr))


def _completed(
    profile: ApplicationProfile,
    counters: Counters,
    asked: Asked,
    found: int,
    authenticated: bool | None,
) -> Answer:
    """CS-043: an online answer; what the card still wants of it is issuer authentication."""
    action = default_action(profile)
    decline, reason = asked.kind is Cryptogram.AAC or bool(counters.blocked), 0
    failed = authenticated is False
    if failed or (authenticated is None and must_authenticate(profile)):
        found |= Cvr.ISSUER_FAILED if failed else Cvr.ISSUER_MISSING
        refused = bool(action & (Ada.FAILED_DECLINE if failed else Ada.MISSING_DECLINE))
        after = dataclasses.replace(counters, history=counters.history | Cvr.ISSUER_FAILED_LAST)
    else:
        refused = False
        after = dataclasses.replace(
            counters,
            last_online_atc=counters.atc,
            history=counters.history & ~HISTORY | counters.history & Cvr.BLOCKED_BY_PIN,
            cumulative=0,
            foreign=0,
            foreign_country=0,
        )
    if refused:
        reason = REASON_ISSUER | (ADVICE if action & Ada.ADVICE_ISSUER else 0)
    if decline or refused:
        return Answer(Cryptogram.AAC, found, after, reason)
    return Answer(Cryptogram.TC, found, after)


def _history(counters: Counters, action: int) -> tuple[bool, int]:
    """Whether earlier transactions send this one online, and their bits."""
    history = counters.history
    online = bool(history & Cvr.ONLINE_OPEN)
    online |= bool(history & Cvr.ISSUER_FAILED_LAST and action & Ada.FAILED_NEXT_ONLINE)
    online |= bool(history & Cvr.SCRIPT_FAILED_LAST and action & Ada.SCRIPT_ONLINE)
    return online, history


def _offline_count(counters: Counters) -> int:
    """Transactions since the last online one, this one included."""
    return counters.atc - counters.last_online_atc


def _velocity(profile: ApplicationProfile, counters: Counters, asked: Asked) -> int:
    """CVR B3b6 when a lower limit is passed: 9F58, 9F53, 9F72, 9F54."""
    risk = profile.risk
    matches = asked.currency == profile.currency
    checks = [
        (True, _offline_count(counters), risk.lower_limit),
        (not matches, counters.foreign + 1, risk.foreign_currency_limit),
        (_abroad(profile, asked), counters.foreign_country + 1, risk.foreign_country_limit),
        (matches, counters.cumulative + asked.amount, risk.cumulative_limit),
    ]
    over = any(applies and limit is not None and seen > limit for applies, seen, limit in checks)
    return Cvr.VELOCITY if over else 0


def _abroad(profile: ApplicationProfile, asked: Asked) -> bool:
    return asked.country != profile.country


def _pay(profile: ApplicationProfile, counters: Counters, asked: Asked) -> Counters | None:
    """CS-043, EC-048: electronic cash is deducted with this TC; None when it does not suffice."""
    used = account(profile, counters, asked.currency)
    if used is None or used.purse is None:
        return None
    if asked.amount > used.purse.single or asked.amount > used.balance:
        return None
    balance = used.balance - asked.amount
    if used.second:  # EC-046
        return dataclasses.replace(counters, second_balance=balance)
    return dataclasses.replace(counters, balance=balance)


def _count(profile: ApplicationProfile, counters: Counters, asked: Asked) -> Counters:
    """An offline approval that is no electronic cash moves the velocity counters."""
    if asked.currency == profile.currency:
        cumulative = min(counters.cumulative + asked.amount, 10**12 - 1)
        counters = dataclasses.replace(counters, cumulative=cumulative)
    else:
        counters = dataclasses.replace(counters, foreign=min(counters.foreign + 1, MOST))
    if _abroad(profile, asked):
        country = min(counters.foreign_country + 1, MOST)
        counters = dataclasses.replace(counters, foreign_country=country)
    return counters


def _with_failures(counters: Counters, tvr: int) -> Counters:
    """Failed authentication of a transaction that ends offline is told in the next one."""
    history = counters.history
    if tvr & Tvr.SDA_FAILED:
        history |= Cvr.SDA_FAILED_LAST
    if tvr & Tvr.DDA_FAILED:
        history |= Cvr.DDA_FAILED_LAST
    return dataclasses.replace(counters, history=history)


def _declined(action: int, found: int, after: Counters) -> Answer:
    """An AAC and its CID bits."""
    reason = 0
    if found & Cvr.PIN_TRIES_EXCEEDED:
        reason = REASON_PIN | (ADVICE if action & Ada.ADVICE_PIN else 0)
    if action & Ada.ADVICE_DECLINED:
        reason |= ADVICE
    return Answer(Cryptogram.AAC, found, after, reason)
