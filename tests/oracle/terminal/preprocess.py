"""Before the field is on. Start A: 20 section 3 and 30 section 4; Start B: 20 section 2."""

from __future__ import annotations

from tests.oracle.terminal.configuration import Combination, Configuration
from tests.oracle.terminal.outcome import CallRefused, End
from tests.oracle.terminal.session import Transaction, day

Usable = list[tuple[Combination, bytes]]
# TTQ-002: what 30 section 2.1 names; every other bit is sent as 0.
NAMED = bytes.fromhex("FFE0C080")


def preprocess(configuration: Configuration, transaction: Transaction) -> Usable:
    """The combinations that may be used, each with its copy of the TTQ."""
    if day(transaction.date) is None:
        raise End("end_application", "clock_not_set", "QP-176")
    usable: Usable = []
    for combination in configuration.combinations:
        if transaction.type in combination.types:
            ttq = _ttq_copy(combination, transaction)
            if ttq is not None:
                usable.append((combination, ttq))
    if not usable:
        raise End("try_another_interface", "not_allowed", "EP-024")
    return usable


def fixed(configuration: Configuration, transaction: Transaction) -> Usable:
    """Start B called by the reader: the combinations with their configured TTQ (EP-002, EP-003).

    Raises CallRefused when one of the type is not made for this amount (EP-004).
    """
    usable: Usable = []
    for combination in configuration.combinations:
        if transaction.type not in combination.types:
            continue
        if not combination.on("ep.start_b_fixed") or combination.ttq is None:
            raise CallRefused("EP-004: a combination that is not of a fixed amount")
        ttq = _named(combination.ttq)
        if _ttq_copy(combination, transaction) != ttq:
            raise CallRefused("EP-004: section 3 does not make the configured TTQ")
        usable.append((combination, ttq))
    if not usable:
        raise CallRefused("EP-004: no combination of the type")
    if day(transaction.date) is None:
        raise End("end_application", "clock_not_set", "QP-176")
    return usable


def _named(ttq: bytes) -> bytes:
    """TTQ-002."""
    return bytes(a & b for a, b in zip(ttq, NAMED, strict=True))


def _ttq_copy(combination: Combination, transaction: Transaction) -> bytes | None:
    """EP-010 ... EP-026; None is app_not_allowed."""
    amount, ttq = transaction.amount, combination.ttq
    if combination.is_k7 and (ttq is None or not ttq[0] & 0x60):
        return None  # EP-026
    floors = (combination.floor_limit, combination.terminal_floor_limit)
    if combination.is_k7 and combination.p12 and floors == (None, None):
        return None  # EP-017
    offline_only = ttq is not None and bool(ttq[0] & 0x08)
    online = _floor_exceeded(combination, amount)  # EP-019
    if combination.status_check and amount == 10**transaction.exponent:
        online = True  # EP-012, EP-020
    if amount == 0:
        if not combination.zero_amount:
            return None  # EP-013
        if ttq is not None and offline_only:
            return None  # EP-021
        online = True  # EP-021
    if combination.transaction_limit is not None and amount >= combination.transaction_limit:
        return None  # EP-014
    if ttq is None:
        return bytes(4)  # EP-023: nothing to set in a combination without TTQ
    copy = bytearray(_named(ttq))
    copy[1] &= 0x3F  # EP-011
    if online:
        copy[1] |= 0x80
    if combination.cvm_limit is not None and amount >= combination.cvm_limit:
        copy[1] |= 0x40  # EP-018, EP-022
    return bytes(copy)


def _floor_exceeded(combination: Combination, amount: int) -> bool:
    """EP-015, EP-016, EP-017 with ep.floor_cmp_ge."""
    limit = combination.floor_limit
    if limit is None:
        limit = combination.terminal_floor_limit
    if limit is None:
        return combination.is_k7
    return amount > limit or (combination.on("ep.floor_cmp_ge") and amount == limit)
