"""What PUT DATA may change (file 74 §3), and a profile with such changes in it.

The card keeps a changed object as its 2-byte tag and value in `Counters.objects`. `effective` lays
them over the profile, so that GET DATA, the qPBOC rules and the debit/credit flow see the same. The
balances are counters and change there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from tapkern.card.profile import RISK, ApplicationProfile, Purse
from tapkern.card.status import CardStatus, Status

AMOUNT = 6
TAG = 2

Change = Callable[[ApplicationProfile, bytes], ApplicationProfile]
"""A profile with an object changed; CardStatus 6A80 when the card has no place for it."""


def amount(value: bytes) -> int:
    """An n12 value in minor units; CardStatus 6A80 when it is no number."""
    digits = value.hex()
    if not digits.isdecimal():
        raise CardStatus(Status.DATA)
    return int(digits)


def _purse(member: str) -> Change:
    """A member of the purse."""

    def change(profile: ApplicationProfile, value: bytes) -> ApplicationProfile:
        return dataclasses.replace(profile, purse=_with(profile.purse, member, value))

    return change


def _second_purse(member: str) -> Change:
    """A member of the purse in the second currency."""

    def change(profile: ApplicationProfile, value: bytes) -> ApplicationProfile:
        if profile.second is None:
            raise CardStatus(Status.DATA)
        purse = _with(profile.second.purse, member, value)
        second = dataclasses.replace(profile.second, purse=purse)
        return dataclasses.replace(profile, second=second)

    return change


def _with(purse: Purse | None, member: str, value: bytes) -> Purse:
    if purse is None:
        raise CardStatus(Status.DATA)
    changes: dict[str, Any] = {member: amount(value)}
    return dataclasses.replace(purse, **changes)


def _second_cvm_limit(profile: ApplicationProfile, value: bytes) -> ApplicationProfile:
    if profile.second is None:
        raise CardStatus(Status.DATA)
    second = dataclasses.replace(profile.second, cvm_limit=amount(value))
    return dataclasses.replace(profile, second=second)


def _cvm_limit(profile: ApplicationProfile, value: bytes) -> ApplicationProfile:
    return dataclasses.replace(profile, cvm_limit=amount(value))


def _indicator(profile: ApplicationProfile, value: bytes) -> ApplicationProfile:
    """DF61 of a card that has one; what has no extended files gets none by a script."""
    if profile.df61 is None:
        raise CardStatus(Status.DATA)
    return dataclasses.replace(profile, df61=value[0])


def _risk(member: str, kind: str) -> Change:
    """A limit of the card's risk management, whether the card had it or not."""

    def change(profile: ApplicationProfile, value: bytes) -> ApplicationProfile:
        changes: dict[str, Any] = {member: _KINDS[kind](value)}
        return dataclasses.replace(profile, risk=dataclasses.replace(profile.risk, **changes))

    return change


def _number(value: bytes) -> int:
    return int.from_bytes(value, "big")


_KINDS: dict[str, Callable[[bytes], Any]] = {"hex": bytes, "amount": amount, "number": _number}

BY_SCRIPT = (0x9F53, 0x9F54, 0x9F58, 0x9F59, 0x9F5C, 0x9F72, 0x9F73, 0x9F75)
"""Members of `Risk` that PUT DATA may change."""

OBJECTS: dict[int, tuple[int, Change]] = {
    0x9F6B: (AMOUNT, _cvm_limit),
    0x9F6D: (AMOUNT, _purse("reset")),
    0x9F77: (AMOUNT, _purse("limit")),
    0x9F78: (AMOUNT, _purse("single")),
    0xDF61: (1, _indicator),
    0xDF72: (AMOUNT, _second_cvm_limit),
    0xDF76: (AMOUNT, _second_purse("reset")),
    0xDF77: (AMOUNT, _second_purse("limit")),
    0xDF78: (AMOUNT, _second_purse("single")),
}
"""Length and effect of every object that PUT DATA takes, the balances apart."""
OBJECTS |= {
    tag: (length, _risk(member, kind))
    for member, (tag, kind, length) in RISK.items()
    if tag in BY_SCRIPT
}


def effective(profile: ApplicationProfile, changes: Iterable[bytes]) -> ApplicationProfile:
    """The profile with all changes in it."""
    for change in changes:
        _, apply = OBJECTS[int.from_bytes(change[:TAG], "big")]
        profile = apply(profile, change[TAG:])
    return profile


def replaced(changes: tuple[bytes, ...], tag: int, value: bytes) -> tuple[bytes, ...]:
    """The changes with one more, in the place of an earlier one to the same object."""
    name = tag.to_bytes(TAG, "big")
    return (*(change for change in changes if change[:TAG] != name), name + value)
